// The live QR code: shows the next one by itself, counts the time down, and says aloud what changed.
const live = document.getElementById("live");
const news = document.getElementById("live-news");

// The server's clock may be another than ours, and a sandbox's always is.
let left = null;

function count() {
  left = live.querySelector(".left");
  if (!left) return;
  left.end = performance.now() + Number(left.dataset.until) - Number(left.dataset.now);
  left.hidden = false;
  tell();
}

function tell() {
  if (!left) return;
  const seconds = Math.max(0, Math.round((left.end - performance.now()) / 1000));
  left.querySelector("b").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function show({ html, news: words }) {
  // Whoever is about to press something finds it again.
  const focused = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  live.innerHTML = html;
  if (focused) live.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  news.textContent = words;
  count();
}

function follow() {
  const source = new EventSource(`${live.dataset.events}?shown=${encodeURIComponent(live.dataset.shown)}`);
  source.addEventListener("card", (event) => {
    live.dataset.shown = event.lastEventId;
    show(JSON.parse(event.data));
  });
  // Signed out: the page leads to where one signs in again.
  source.addEventListener("over", () => {
    source.close();
    location.reload();
  });
  source.addEventListener("error", () => {
    // The browser tries again by itself, unless it was told something else than a stream.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 30_000);
  });
  addEventListener("pagehide", () => source.close());
}

if (live) {
  count();
  setInterval(tell, 1000);
  follow();
  // Out of the browser's memory of pages: the code that it shows may be over.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
