// Search as you type: asks for the same page that the button would open, and shows its results in place.
for (const form of document.querySelectorAll("form[data-search]")) {
  const results = document.getElementById(form.dataset.search);
  const count = document.getElementById(`${form.dataset.search}-count`);
  if (results) searchAsYouType(form, results, count);
}

function searchAsYouType(form, results, count) {
  let asked = null;
  let timer = 0;

  function address() {
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(filled).toString();
    return query ? `${form.action}?${query}` : form.action;
  }

  async function search() {
    asked?.abort();
    const mine = (asked = new AbortController());
    const place = address();
    try {
      results.setAttribute("aria-busy", "true");
      const answer = await fetch(place, { signal: mine.signal, headers: { accept: "text/html" } });
      // Whoever was signed out meanwhile is led to the sign-in page by the browser itself.
      if (!answer.ok || answer.redirected) return location.assign(place);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById(results.id);
      if (!found) return location.assign(place);
      results.replaceChildren(...found.childNodes);
      // The region that is read out stays in place; only its text changes.
      if (count) count.textContent = page.getElementById(count.id)?.textContent ?? "";
      history.replaceState(null, "", place);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(place);
    } finally {
      if (asked === mine) results.removeAttribute("aria-busy");
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
}
