// The console as an app on a phone: the service worker, what is said about pages last seen, and leaving without a trace.
import { startCommands } from "./commands.js";
import * as outbox from "./outbox.js";

const PHONE = "(max-width: 760px), (display-mode: standalone)";
const RELOAD_MS = 60_000;
const root = document.documentElement;

export function startApp(htmx) {
  sayWhenSeen();
  askBeforeLeaving();
  startCommands(htmx);
  startTicks();
  if (matchMedia(PHONE).matches) for (const fold of document.querySelectorAll("details[data-fold]")) fold.open = false;
  if (matchMedia(PHONE).matches) window.addEventListener("load", () => navigator.serviceWorker?.register("/service-worker.js").catch(() => {}));
  // The page is from the phone and the line is back: the controller's own is better, unless somebody is writing. On a line
  // that is only slow the live parts are enough: no reloading again and again.
  document.body.addEventListener("htmx:afterOnLoad", () => {
    if (!root.dataset.keptAt || isWriting() || Date.now() - Number(sessionStorage.reloadedAt ?? 0) < RELOAD_MS) return;
    sessionStorage.reloadedAt = Date.now();
    location.reload();
  });
}

/** A page the service worker had kept says as of when it is. */
function sayWhenSeen() {
  const place = document.querySelector("#as-of");
  if (!place || !root.dataset.keptAt) return;
  const at = new Date(Number(root.dataset.keptAt));
  const time = at.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = at.toDateString() === new Date().toDateString() ? "" : `${at.toLocaleDateString(root.lang, { month: "short", day: "numeric" })} `;
  place.querySelector("span").textContent = place.dataset.text.replace("{when}", day + time);
  place.hidden = false;
}

function isWriting() {
  return [...document.querySelectorAll("textarea, input[type=text], input[type=number]")].some((field) => field.value !== field.defaultValue);
}

/** Signing out takes along what this phone kept: pages, ticks, what waits to be sent (after asking), notices. */
function askBeforeLeaving() {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[action='/leave']");
    if (!form) return;
    event.preventDefault();
    const waiting = await outbox.commands(document.body.dataset.user).catch(() => []);
    if (waiting.length && !window.confirm(document.querySelector("#outbox").dataset.ask.replace("{n}", waiting.length))) return;
    await forget().catch(() => {});
    HTMLFormElement.prototype.submit.call(form);
  });
}

async function forget() {
  localStorage.clear();
  await outbox.empty(document.body.dataset.user);
  const worker = await navigator.serviceWorker?.getRegistration();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
  for (const name of await caches.keys()) if (name.startsWith("pages-")) await caches.delete(name);
}

/** Steps that can be ticked off; the phone remembers which. Ticks survive the live renewal of the page. */
function startTicks() {
  const key = (box) => `tick ${box.dataset.tick}`;
  const show = () => {
    for (const box of document.querySelectorAll("[data-tick]")) box.checked = localStorage.getItem(key(box)) !== null;
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-tick]")) return;
    if (event.target.checked) localStorage.setItem(key(event.target), "1");
    else localStorage.removeItem(key(event.target));
  });
  document.body.addEventListener("htmx:afterSwap", show);
  show();
}
