// Looks again every second while something runs in the background; without scripts the page reloads itself.
const look = async () => {
  const shown = document.querySelector('[data-live]');
  if (!shown) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const next = page.querySelector('[data-live]');
    if (!next) { location.replace(location.pathname); return; }
    shown.replaceChildren(...next.childNodes);
  } catch {
    // No answer: the next look may get one.
  }
  setTimeout(look, 1000);
};
setTimeout(look, 1000);
