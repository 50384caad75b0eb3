// Follows a print job: asks for its page again until the sheets are there. Without scripts the page reloads itself.
const progress = document.querySelector("[data-job] progress");

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-job='working'] progress");
    if (!answer.ok || !fresh) {
      location.reload();
      return;
    }
    progress.value = fresh.value;
  } catch {
    // The network went away for a moment: ask again.
  }
  setTimeout(look, 700);
}

if (progress) setTimeout(look, 700);
