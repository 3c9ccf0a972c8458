// Forms marked `data-command` go through the outbox: kept on the phone first, then sent; without a line they wait, and the
// page says so. Without this script they are plain forms.
import * as outbox from "./outbox.js";
import { shrunk } from "./photo.js";

const AGAIN_MS = 15_000;
const user = document.body.dataset.user ?? "";

export function startCommands(htmx) {
  const list = new OutboxList(document.querySelector("#outbox"), () => send(htmx));
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-command]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    take(form, event.submitter, htmx);
  });
  // Taking the photo is enough: nothing else is to be pressed.
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-command] input[type=file]") && event.target.files.length) event.target.form.requestSubmit();
  });
  outbox.news.addEventListener("message", () => {
    list.show();
    htmx.trigger(document.body, "live");
  });
  window.addEventListener("online", () => send(htmx));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send(htmx));
  setInterval(() => list.waits && send(htmx), AGAIN_MS);
  list.show();
  send(htmx);
}

/** Keep what a form says, empty the form, try to send. */
async function take(form, submitter, htmx) {
  const fields = await fieldsOf(new FormData(form, submitter));
  const command = {
    user,
    url: form.getAttribute("action"),
    page: location.pathname,
    what: submitter?.dataset.what || form.dataset.command,
    fields,
  };
  let id;
  try {
    id = await outbox.keep(command);
  } catch {
    // No room on the phone, or a browser that keeps nothing: as a plain form it at least works with a line.
    HTMLFormElement.prototype.submit.call(form);
    return;
  }
  form.reset();
  form.closest("dialog")?.close();
  form.closest("details.pop")?.removeAttribute("open");
  const answer = (await send(htmx)).get(id);
  const next = answer?.outcome === outbox.Outcome.SENT && form.hasAttribute("data-follow") && answer.page;
  if (next) location.assign(next);
}

async function send(htmx) {
  const answers = await outbox.sendAll(user).catch(() => new Map());
  if ([...answers.values()].some((answer) => answer.outcome === outbox.Outcome.LATER)) await sendInBackground();
  if (answers.size) htmx.trigger(document.body, "live");
  return answers;
}

/** The browser wakes the service worker when the line is back, even if the app is closed then. */
async function sendInBackground() {
  try {
    const worker = await navigator.serviceWorker?.ready;
    await worker?.sync?.register("outbox");
  } catch {
    // Not allowed here: this page sends when it sees the line again.
  }
}

async function fieldsOf(form) {
  const fields = [];
  for (const [name, value] of form) {
    if (typeof value === "string") fields.push([name, value]);
    else if (value.size) {
      const file = value.type.startsWith("image/") ? await shrunk(value) : value;
      fields.push([name, { name: file.name, type: file.type, bytes: await file.arrayBuffer() }]);
    }
  }
  return fields;
}

/** The strip on every page that says what waits and what was refused. */
class OutboxList {
  constructor(place, send) {
    this.place = place;
    this.send = send;
    this.waits = false;
    place?.addEventListener("click", (event) => this.press(event.target.closest("[data-order]")));
  }

  async show() {
    if (!this.place) return;
    const commands = await outbox.commands(user).catch(() => []);
    const waiting = commands.filter((command) => !command.refusal);
    this.waits = waiting.length > 0;
    this.place.hidden = !commands.length;
    this.place.querySelector("[data-waiting]").textContent = waiting.length ? this.counted(waiting.length) : "";
    this.place.querySelector("[data-waiting]").hidden = !waiting.length;
    this.place.querySelector("ul").replaceChildren(...commands.map((command) => this.entry(command)));
  }

  counted(n) {
    const { one, many } = this.place.dataset;
    return (n === 1 ? one : many).replace("{n}", n);
  }

  entry(command) {
    const entry = this.place.querySelector("template").content.firstElementChild.cloneNode(true);
    const text = command.fields.find(([name, value]) => name === "note" && typeof value === "string");
    entry.querySelector("[data-what]").textContent = command.what + (text?.[1] ? `: ${text[1]}` : "");
    entry.querySelector("time").textContent = new Date(command.made_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    entry.querySelector("[data-refusal]").textContent = command.refusal;
    entry.classList.toggle("is-refused", Boolean(command.refusal));
    for (const button of entry.querySelectorAll("button")) button.dataset.order = command.order;
    return entry;
  }

  async press(button) {
    if (!button) return;
    const order = Number(button.dataset.order);
    if (button.dataset.act === "again") await outbox.retry(order);
    else await outbox.discard(order);
    await this.show();
    this.send();
  }
}
