// Notices of alerts on this phone: shown by the service worker, opening the alert when touched.

/** Show what the controller sent: {title, body, url, tag}. A push that cannot be read is told all the same. */
export function notify(event) {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    told = { body: event.data?.text() };
  }
  return self.registration.showNotification(told.title || "Campanile", {
    body: told.body || "",
    tag: told.tag || told.url || "alert",
    icon: "/static/dist/icon-192.png",
    badge: "/static/dist/badge-96.png",
    data: { url: told.url || "/mine" },
  });
}

/** Bring the app forward on the alert, or open it. */
export async function opened(event) {
  event.notification.close();
  const target = new URL(event.notification.data?.url || "/mine", self.location.origin);
  if (target.origin !== self.location.origin) target.href = new URL("/mine", self.location.origin).href;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const window = windows.find((each) => each.url === target.href) ?? windows[0];
  if (!window) return self.clients.openWindow(target.href);
  await window.focus();
  return window.url === target.href ? window : window.navigate(target.href);
}
