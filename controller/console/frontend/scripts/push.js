// "Tell me on this phone": the browser's push service. Asked for on the page of what else there is; renewed at every visit of it,
// for browsers change their addresses.
export async function startPush() {
  const box = document.querySelector("[data-push]");
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const told = await fetch("/push/key").then((answer) => answer.ok && answer.json(), () => null);
  if (!told?.key) return;
  box.hidden = false;
  const button = box.querySelector("button");
  const status = box.querySelector("[role=status]");
  const say = (word) => (status.textContent = box.dataset[word] ?? "");
  const show = (subscription, state) => {
    button.textContent = subscription ? box.dataset.stop : box.dataset.start;
    say(subscription && state === "unnamed" ? "unnamed" : subscription ? "started" : "");
  };
  const current = async () => (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription();
  const toggle = async () => {
    const subscription = await current();
    if (subscription) {
      await post("/push/unsubscribe", { endpoint: subscription.endpoint });
      await subscription.unsubscribe();
      show(null);
      say("stopped");
    } else if ((await Notification.requestPermission()) !== "granted") say("denied");
    else show(true, await subscribe(told.key));
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    await toggle().catch(() => say("failed"));
    button.disabled = false;
  });
  const subscription = await current();
  if (subscription) await post("/push/subscribe", subscription.toJSON()).catch(() => {});
  show(subscription, told.state);
}

const RENEW_MS = 3_600_000;

/** Once an hour, on whatever page: after signing in anew the controller knows this browser no more until it is told. */
export async function renewPush() {
  if (Date.now() - Number(localStorage.pushRenewedAt ?? 0) < RENEW_MS) return;
  const subscription = await (await navigator.serviceWorker?.getRegistration())?.pushManager?.getSubscription();
  if (!subscription) return;
  await post("/push/subscribe", subscription.toJSON());
  localStorage.pushRenewedAt = Date.now();
}

/** Subscribe and tell the controller; resolves to whether notices will come. */
async function subscribe(key) {
  const worker = await navigator.serviceWorker.register("/service-worker.js");
  await navigator.serviceWorker.ready;
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  try {
    return (await (await post("/push/subscribe", subscription.toJSON())).json()).state;
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
}

async function post(address, body) {
  const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}
