// Live parts ask again every few seconds while somebody looks; a lost connection is said, not hidden.
const EVERY_MS = 5000;

export function startLive(htmx) {
  const body = document.body;
  const beat = () => {
    if (document.visibilityState === "visible") htmx.trigger(body, "live");
  };
  setInterval(beat, EVERY_MS);
  document.addEventListener("visibilitychange", beat);

  const lost = () => body.classList.add("is-lost");
  const found = () => body.classList.remove("is-lost");
  body.addEventListener("htmx:sendError", lost);
  body.addEventListener("htmx:timeout", lost);
  body.addEventListener("htmx:responseError", (event) => {
    // Signed out meanwhile: the page that explains how to come back is better than a stale one.
    if (event.detail.xhr.status === 401) window.location.reload();
    else lost();
  });
  body.addEventListener("htmx:afterOnLoad", found);
  document.querySelector("[data-retry]")?.addEventListener("click", beat);
}
