// Shows what the city pushes; a press opens the page where a case is followed.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => {
  const { title, body, lang } = event.data?.json() ?? {};
  if (title) event.waitUntil(self.registration.showNotification(title, { body, lang }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(new URL("follow/", self.registration.scope)));
});
