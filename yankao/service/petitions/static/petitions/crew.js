// The crew's queue: a step is kept on the telephone first, and leaves it when the server acknowledges its digest.
// Without this script the forms are plain ones.
const { body } = document;
const said = body.dataset;
const all = (what, root = document) => [...root.querySelectorAll(what)];
const one = (what, root = document) => root.querySelector(what);
const ASIDE = { waiting: 0, refused: 1, taken: 2 };

document.documentElement.classList.add("js");
one("[data-errors]")?.focus();

// ── The store ───────────────────────────────────────────────────────────────────────────────────────

const opened = new Promise((done, fail) => {
  if (!isSecureContext || !crypto.subtle) return fail(new Error("no digest here"));
  const asked = indexedDB.open("yankao-crew", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => fail(asked.error);
});
opened.catch(() => {});

async function store(mode, act) {
  const database = await opened;
  return new Promise((done, fail) => {
    const deal = database.transaction("queue", mode, { durability: "strict" });
    const asked = act(deal.objectStore("queue"));
    deal.oncomplete = () => done(asked?.result);
    deal.onerror = deal.onabort = () => fail(deal.error);
  });
}

const rows = async () => (await store("readonly", (queue) => queue.getAll())).filter((row) => row.worker === said.worker);
const put = (row) => store("readwrite", (queue) => queue.put(row));
const drop = (n) => store("readwrite", (queue) => queue.delete(n));

// ── Writing a report down ───────────────────────────────────────────────────────────────────────────

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));
const chosen = (form, name) => form.elements[name]?.files?.[0] ?? null;

// Where the telephone is, if it tells within a moment; a step never waits long for it.
function place() {
  if (!navigator.geolocation) return Promise.resolve({});
  return new Promise((done) => {
    const late = setTimeout(() => done({}), 4000);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(late);
        done({ longitude: coords.longitude.toFixed(6), latitude: coords.latitude.toFixed(6), within: Math.round(coords.accuracy) });
      },
      () => {
        clearTimeout(late);
        done({});
      },
      { enableHighAccuracy: true, timeout: 3500, maximumAge: 60000 },
    );
  });
}

async function lacking(form, waiting) {
  for (const field of all("[data-needed]", form)) {
    const missing = form.elements.missing?.checked;
    if (field.dataset.needed === "after" && missing) continue;
    if (field.dataset.needed === "before" && waiting.some((row) => row.before)) continue;
    if (!field.value.trim()) return field;
  }
  return null;
}

// What a picture is, by its first bytes: told while the crew can still take another.
async function unfit(form) {
  for (const name of ["before", "after"]) {
    const file = chosen(form, name);
    if (!file) continue;
    if (file.size > Number(said.largest)) return [form.elements[name], said.toobig];
    const head = hex(await file.slice(0, 4).arrayBuffer());
    if (!head.startsWith("ffd8ff") && head !== "89504e47") return [form.elements[name], said.unfit];
  }
  return null;
}

async function write(form) {
  const at = new Date();
  const number = Number(one("[data-case]").dataset.case);
  const waiting = (await rows()).filter((row) => row.number === number);
  const missing = await lacking(form, waiting);
  const [field, words] = missing ? [missing, said.wanted] : (await unfit(form)) ?? [];
  const fault = one("[data-fault]", form);
  fault.hidden = !field;
  if (field) {
    fault.textContent = words;
    field.focus();
    return;
  }
  const files = {};
  const told = { act: form.dataset.act, case: number, worker: said.worker, at: at.toISOString() };
  for (const name of ["before", "after"]) {
    const file = chosen(form, name);
    if (!file) continue;
    // Read now: a picture may be gone from the telephone by the time it is sent.
    const bytes = await file.arrayBuffer();
    files[name] = new Blob([bytes], { type: file.type });
    files[`${name}_name`] = file.name;
    told[name] = await digest(bytes);
  }
  if (form.elements.text) told.text = form.elements.text.value.trim();
  if (form.elements.missing?.checked) told.found = false;
  Object.assign(told, await place());
  const text = JSON.stringify(told);
  await put({
    worker: said.worker, number, act: told.act, told: text, digest: await digest(new TextEncoder().encode(text)), ...files,
    url: form.action, label: form.dataset.label, title: one("h1").textContent, at: at.toISOString(), state: "waiting", why: "",
  });
  form.reset();
  navigator.storage?.persist?.();
  await show();
  send();
}

// ── Sending ─────────────────────────────────────────────────────────────────────────────────────────

let trouble = "";
let again;
const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

// One report: "gone" when the server has acknowledged its digest, "later" when it has to wait.
async function hand(row) {
  const form = new FormData();
  form.set("told", row.told);
  form.set("digest", row.digest);
  form.set("sent", new Date().toISOString());
  for (const name of ["before", "after"]) if (row[name]) form.set(name, row[name], row[`${name}_name`]);
  let answer;
  try {
    answer = await fetch(row.url, { method: "POST", body: form, headers: { "X-CSRFToken": cookie("csrftoken"), Accept: "application/json" } });
  } catch {
    trouble = said.offline;
    return "later";
  }
  const plain = answer.headers.get("Content-Type")?.includes("application/json") ? await answer.json() : null;
  if (answer.ok && plain?.digest === row.digest) {
    const stand = one(`[data-case="${row.number}"]`);
    if (stand && plain.stage) stand.dataset.stage = plain.stage;
    const why = [plain.refused, plain.left_out].filter(Boolean).join(" ");
    if (why) await put({ ...row, state: plain.refused ? "refused" : "taken", why });
    else await drop(row.n);
    return "gone";
  }
  if (plain && answer.status === 404) {
    await put({ ...row, state: "refused", why: plain.said });
    return "gone";
  }
  trouble = plain || answer.status >= 500 ? said.trouble : said.login;
  return "later";
}

// Whether somebody is writing: what is half written is never taken away by a reload.
const busy = () => all("form[data-act]").some((form) => form.elements.text?.value.trim() || chosen(form, "before") || chosen(form, "after"));

const alone = (act) => (navigator.locks ? navigator.locks.request("yankao-crew", act) : act());

async function send() {
  clearTimeout(again);
  const moved = await alone(async () => {
    trouble = "";
    let moved = false;
    for (const row of await rows()) {
      if (row.state !== "waiting") continue;
      if ((await hand(row)) === "later") break;
      moved = true;
    }
    return moved;
  });
  const left = await show();
  if (left.some((row) => row.state === "waiting")) again = setTimeout(send, 15000);
  else if (moved && !busy()) location.reload();
}

// ── Showing ─────────────────────────────────────────────────────────────────────────────────────────

// The steps as they stand with what waits here: somebody without a network goes on from step to step.
function unfold(waiting) {
  const stand = one("[data-case]");
  if (!stand) return;
  let { stage } = stand.dataset;
  for (const row of waiting.filter((row) => row.number === Number(stand.dataset.case) && row.state === "waiting"))
    stage = one(`[data-step="${row.act}"]`)?.dataset.to ?? stage;
  for (const step of all("[data-step]")) step.hidden = !step.dataset.from.split(" ").includes(stage);
}

async function show() {
  const found = await rows();
  const box = one("[data-queue]");
  const waiting = found.filter((row) => row.state === "waiting");
  box.hidden = !found.length;
  const aside = found.some((row) => row.state === "refused") ? said.refused : found.length ? said.leftout : "";
  one("[data-queue-title]").textContent = waiting.length ? said.waiting.replace("{}", String(waiting.length)) : aside;
  one("[data-queue-said]").textContent = waiting.length ? (navigator.onLine ? trouble : said.offline) : "";
  one("[data-queue-rows]").replaceChildren(
    ...found.sort((a, b) => ASIDE[a.state] - ASIDE[b.state]).map((row) => {
      const line = document.createElement("li");
      const when = new Date(row.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      line.textContent = `${row.title} ${row.label} ${when}${row.why ? `: ${row.why} ` : ""}`;
      if (row.state !== "waiting") {
        const button = document.createElement("button");
        button.className = "btn sm";
        button.type = "button";
        button.textContent = said.drop;
        button.addEventListener("click", async () => {
          await drop(row.n);
          show();
        });
        line.append(button);
      }
      return line;
    }),
  );
  unfold(found);
  return found;
}

opened.then(
  () => {
    for (const form of all("form[data-act]"))
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = one("[type=submit]", form);
        if (button.disabled) return;
        button.disabled = true;
        try {
          await write(form);
        } finally {
          button.disabled = false;
        }
      });
    show().then(send);
    addEventListener("online", send);
    addEventListener("offline", show);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
  },
  () => {}, // no store in this browser: the forms stay plain ones
);

// ── Pages without a network ─────────────────────────────────────────────────────────────────────────

const policy = window.trustedTypes?.createPolicy("yk", { createScriptURL: (url) => url });
if (navigator.serviceWorker) {
  navigator.serviceWorker.register(policy ? policy.createScriptURL(said.sw) : said.sw).catch(() => {});
  navigator.serviceWorker.ready.then(({ active }) => {
    const files = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => new URL(name).origin === location.origin);
    const orders = all(".orders a, [data-map]").map((link) => link.href);
    const told = new MessageChannel();
    told.port1.onmessage = () => (document.documentElement.dataset.kept = "yes");
    active.postMessage({ keep: [location.href.split("#")[0], new URL(said.list, location.href).href, ...files, ...orders] }, [told.port2]);
  });
}
one("[data-leave]")?.addEventListener("submit", (event) => {
  const active = navigator.serviceWorker?.controller;
  if (!active || event.target.dataset.gone) return;
  event.preventDefault();
  event.target.dataset.gone = "1";
  const told = new MessageChannel();
  const go = () => event.target.submit();
  told.port1.onmessage = go;
  setTimeout(go, 1500);
  active.postMessage({ forget: true }, [told.port2]);
});
