// The service worker: the shell from a versioned cache, pages last seen when there is no line, the outbox sent when it is
// back, and notices of alerts. `SHELL` and `VERSION` come from the build.
import { clearPages, fallback, page } from "./kept_pages.js";
import { sendAll } from "./outbox.js";
import { notify, opened } from "./notices.js";

const SHELL_CACHE = `shell-${VERSION}`;
const KEPT_SHELLS = 2; // pages last seen name the files of the version that made them

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL_CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

async function dropOldShells() {
  const others = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== SHELL_CACHE);
  await Promise.all(others.slice(0, Math.max(0, others.length - KEPT_SHELLS + 1)).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === "/leave") event.respondWith(fetch(request).finally(clearPages));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(shellFile(request));
  else if (request.mode === "navigate") event.respondWith(page(request).catch(fallback));
  else if (request.headers.has("HX-Request")) event.respondWith(page(request));
});

/** Built files have their content in their names: what is kept is right for ever. Others are asked for anew. */
async function shellFile(request) {
  const kept = await caches.match(request);
  if (kept && request.url.includes("/static/dist/")) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok && request.url.includes("/static/dist/")) {
      const copy = answer.clone();
      caches.open(SHELL_CACHE).then((cache) => cache.put(request, copy));
    }
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(sendAll(null));
});

self.addEventListener("push", (event) => event.waitUntil(notify(event)));
self.addEventListener("notificationclick", (event) => event.waitUntil(opened(event)));
