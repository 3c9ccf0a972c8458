// The outbox: what a person did that the controller has not confirmed yet, in IndexedDB, so that closing the app loses
// nothing. Used by pages and by the service worker alike. A record:
//   {order, id, user, url, page, what, fields: [[name, text | {name, type, bytes}]], made_at, refusal}
// `id` is made here and sent along: the controller does a command once, however often it arrives. `order` is the order of
// sending; a record with a `refusal` is not sent again until the person says so.
const DATABASE = "campanile";
const STORE = "commands";
const LOCK = "campanile-outbox";
const TIMEOUT_MS = 60_000;
const LATER = new Set([408, 421, 425, 429, 502, 503, 504]);

/** Says "message" when the outbox changed, here or in another page or in the service worker. */
export const news = new EventTarget();
const others = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(LOCK);
others?.addEventListener("message", () => news.dispatchEvent(new Event("message")));

/** What the controller answered to a command, as the outbox acts on it. */
export const Outcome = { SENT: "sent", REFUSED: "refused", LATER: "later", SIGNED_OUT: "signed out" };

/** Keep a command for sending; resolves once it is on the phone's disk. */
export async function keep(command) {
  const id = globalThis.crypto.randomUUID?.() ?? fallbackId();
  await act("readwrite", (store) => store.add({ ...command, id, made_at: Date.now(), refusal: "" }));
  tell();
  return id;
}

/** Everything of one person, oldest first. */
export async function commands(user) {
  const found = await act("readonly", (store) => store.getAll());
  return found.filter((command) => command.user === user);
}

export async function discard(order) {
  await act("readwrite", (store) => store.delete(order));
  tell();
}

/** Forget why a command was refused, so that it is sent again. */
export async function retry(order) {
  const command = await act("readonly", (store) => store.get(order));
  if (command) await act("readwrite", (store) => store.put({ ...command, refusal: "" }));
}

/** Forget everything of one person: they signed out of this phone. */
export async function empty(user) {
  for (const command of await commands(user)) await act("readwrite", (store) => store.delete(command.order));
}

/** Whether anything waits at all, whoever's it is. */
export async function isEmpty() {
  return (await act("readonly", (store) => store.count())) === 0;
}

/** Send what waits, one after the other in the order it was done; stops where the line or the session ends.
 *
 * Resolves to the answers by command id. `user` null means everybody's: the controller refuses what is not the signed-in
 * person's, and it stays. Page and service worker may call at once: only one sends.
 */
export function sendAll(user) {
  return locked(async () => {
    const answers = new Map();
    const all = await act("readonly", (store) => store.getAll());
    for (const command of all) {
      if (command.refusal || (user !== null && command.user !== user)) continue;
      const answer = await post(command);
      answers.set(command.id, answer);
      if (answer.outcome === Outcome.LATER) break;
      if (answer.outcome === Outcome.SIGNED_OUT) {
        if (user !== null) break;
        continue;
      }
      if (answer.outcome === Outcome.SENT) await act("readwrite", (store) => store.delete(command.order));
      else await act("readwrite", (store) => store.put({ ...command, refusal: answer.reason }));
      tell();
    }
    return answers;
  });
}

async function post(command) {
  const body = new FormData();
  for (const [name, value] of command.fields) {
    if (typeof value === "string") body.append(name, value);
    else body.append(name, new File([value.bytes], value.name, { type: value.type }));
  }
  body.set("command", command.id);
  body.set("made_at", String(command.made_at));
  try {
    const answer = await fetch(command.url, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "Campanile-User": encodeURIComponent(command.user) },
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    });
    if (answer.ok) return { outcome: Outcome.SENT, page: answer.url };
    if (answer.status === 401) return { outcome: Outcome.SIGNED_OUT };
    if (LATER.has(answer.status)) return { outcome: Outcome.LATER };
    return { outcome: Outcome.REFUSED, reason: await reasonOf(answer) };
  } catch {
    return { outcome: Outcome.LATER };
  }
}

async function reasonOf(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" && detail ? detail : String(answer.status);
  } catch {
    return String(answer.status);
  }
}

function locked(work) {
  return globalThis.navigator?.locks ? navigator.locks.request(LOCK, work) : work();
}

function tell() {
  news.dispatchEvent(new Event("message"));
  others?.postMessage("changed");
}

async function act(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "order", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Pages over plain HTTP in a school's own network have no `randomUUID`, but they have random bytes. */
function fallbackId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
