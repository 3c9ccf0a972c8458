// Pages last seen, in one cache that belongs to one person: it goes when somebody else's page comes, and at a 401.
const PREFIX = "pages-";
const READER = "Campanile-Reader"; // whose page it is; the controller says so on pages of the console
const KEPT_AT = "Campanile-Kept-At";
const MOST = 60;
const PATIENCE_MS = 6_000;
const OFFLINE_PAGE = "/static/offline.html";

/** The page from the controller; the one last seen when the line is away or too slow. Rejects when there is neither. */
export async function page(request) {
  const fresh = fetch(request).then((answer) => noted(request, answer));
  if (request.mode !== "navigate") return fresh;
  const kept = await keptPage(request);
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  return Promise.race([fresh.catch(() => undefined), late]).then((answer) => answer ?? asOf(kept));
}

/** Said instead of a page never seen on this phone: what can be read, and how to come back. */
export async function fallback() {
  const plain = await caches.match(OFFLINE_PAGE);
  if (!plain) return Response.error();
  const text = await plain.text();
  return html(text.replace("<!-- pages -->", await links()));
}

export async function clearPages() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name);
}

async function noted(request, answer) {
  if (answer.status === 401) await clearPages();
  const reader = answer.headers.get(READER);
  if (reader && answer.status === 200) await keepPage(request, answer.clone(), PREFIX + reader);
  return answer;
}

async function keepPage(request, answer, name) {
  const text = await answer.text();
  if (!text.startsWith("<!doctype")) return; // a part of a page
  for (const other of await caches.keys()) if (other.startsWith(PREFIX) && other !== name) await caches.delete(other);
  const cache = await caches.open(name);
  const key = keyOf(request);
  await cache.delete(key); // so that it is the newest of the list
  await cache.put(key, html(text, { [KEPT_AT]: String(Date.now()) }));
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST)).map((old) => cache.delete(old)));
}

async function keptPage(request) {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX)) return (await caches.open(name)).match(keyOf(request));
  }
  return undefined;
}

/** The page says itself when it was seen: app.js reads the mark. */
async function asOf(kept) {
  const text = await kept.text();
  return html(text.replace("<html ", `<html data-kept-at="${kept.headers.get(KEPT_AT)}" `));
}

async function links() {
  const found = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX)) continue;
    const cache = await caches.open(name);
    for (const key of (await cache.keys()).reverse()) {
      const title = /<title>([^<]*?) ·/.exec(await (await cache.match(key)).text())?.[1];
      const { pathname, search } = new URL(key.url);
      if (title) found.push(`<li><a href="${(pathname + search).replaceAll("&", "&amp;").replaceAll('"', "%22")}">${title}</a></li>`);
    }
  }
  return found.join("");
}

function keyOf(request) {
  const url = new URL(request.url);
  url.searchParams.delete("said"); // a page that thanks is the page it thanks on
  url.hash = "";
  return url.href;
}

function html(text, headers = {}) {
  return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", ...headers } });
}
