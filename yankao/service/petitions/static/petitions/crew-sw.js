// Keeps the crews' pages that were seen, so that they open without a network. Newer always wins; nothing is kept for long.
const KEPT = "yankao-crew-1";
const LIFE = 18 * 3600 * 1000;
const PATIENCE = 5000;
const scope = new URL(self.registration.scope).pathname;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const fixed = (url) => url.pathname.includes("/static/");
const ours = (url) => url.origin === location.origin && (fixed(url) || url.pathname.startsWith(scope));

async function keep(request, answer) {
  if (!answer.ok || answer.redirected || answer.type !== "basic") return;
  await (await caches.open(KEPT)).put(request, answer);
}

async function kept(request) {
  const found = await caches.match(request, { ignoreVary: true });
  if (!found) return undefined;
  const url = new URL(request.url ?? request, location.href);
  const age = Date.now() - Date.parse(found.headers.get("Date") ?? "");
  return fixed(url) || !(age > LIFE) ? found : undefined;
}

async function answer(event) {
  const { request } = event;
  if (fixed(new URL(request.url))) {
    const found = await kept(request);
    if (found) return found;
  }
  const slow = new AbortController();
  const old = await kept(request);
  const timer = old && setTimeout(() => slow.abort(), PATIENCE);
  try {
    const fresh = await fetch(request, { signal: slow.signal });
    if (fresh.status >= 500 && old) return old;
    event.waitUntil(keep(request, fresh.clone()));
    return fresh;
  } catch (fault) {
    if (old) return old;
    if (request.mode !== "navigate") throw fault;
    const words = "沒有網路，這一頁還沒有存在這支手機。No network, and this page is not on this telephone yet.";
    return new Response(`<!doctype html><html lang="zh-Hant-TW"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>沒有網路 Offline</title><p>${words}</p><p><a href="${scope}">今日派工 Today's orders</a></p></html>`, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
  } finally {
    clearTimeout(timer);
  }
}

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && ours(new URL(event.request.url))) event.respondWith(answer(event));
});

// What a page says it needs (its own files, the orders it lists), and forgetting when somebody leaves.
self.addEventListener("message", (event) => {
  const { keep: wanted, forget } = event.data ?? {};
  if (forget) event.waitUntil(caches.delete(KEPT).then(() => event.ports[0]?.postMessage("done")));
  if (wanted)
    event.waitUntil(
      Promise.allSettled(
        wanted.filter((one) => ours(new URL(one))).map(async (one) => {
          if (fixed(new URL(one)) && (await caches.match(one))) return;
          await keep(one, await fetch(one));
        }),
      ).then(() => event.ports[0]?.postMessage("done")),
    );
});
