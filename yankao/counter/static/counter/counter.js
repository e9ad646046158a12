// The counter's behaviour; every page works without it. Faults are focused, a form goes once, a phone tells where it is.
import { startFields } from "../desk/fields.js";

document.documentElement.classList.add("js");
startFields();

for (const form of document.querySelectorAll("form[data-once]"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// A change of language keeps what is typed on pages of several forms, too: in this tab, until the page is there again.
const fields = () =>
  document.querySelectorAll("main :is(input:not([type=hidden], [type=file], [type=image]), textarea, select)");
const isChoice = ({ type }) => type === "radio" || type === "checkbox";
document.querySelector("form.switch")?.addEventListener("submit", () => {
  const told = [...fields()].map((field) => [field.name, field.value, field.checked]);
  sessionStorage.setItem("typed", JSON.stringify({ at: location.pathname, told }));
});
const typed = JSON.parse(sessionStorage.getItem("typed") ?? "null");
sessionStorage.removeItem("typed");
for (const field of typed?.at === location.pathname ? fields() : []) {
  const found = typed.told.find(([name, value]) => name === field.name && (!isChoice(field) || value === field.value));
  if (found && isChoice(field)) field.checked = found[2];
  else if (found) field.value = found[1];
}

// The map fits the window; where it is clicked is told in the pixels it is shown in.
for (const wide of document.querySelectorAll("[data-map-wide]"))
  wide.form.querySelector("input[name=map]").addEventListener("click", ({ target }) => (wide.value = target.clientWidth));

const here = document.querySelector("[data-here]");
if (here && !navigator.geolocation) here.hidden = true;
here?.addEventListener("click", (event) => {
  const { form } = here;
  if (!navigator.geolocation || form.elements.longitude.value) return;
  event.preventDefault();
  const told = document.querySelector("[data-here-told]");
  told.textContent = here.dataset.looking;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.longitude.value = coords.longitude.toFixed(6);
      form.elements.latitude.value = coords.latitude.toFixed(6);
      form.requestSubmit(here);
    },
    () => (told.textContent = here.dataset.failed),
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
  );
});

// Being told by this browser: offered where the browser can, and only asked for when the button is pressed.
const asking = document.querySelector("[data-push]");
const policy = asking && window.trustedTypes?.createPolicy("yk", { createScriptURL: (url) => url });

async function subscribe({ push, pushTo, pushScript }) {
  const told = asking.querySelector("[data-push-told]");
  if ((await Notification.requestPermission()) !== "granted") {
    told.textContent = told.dataset.refused;
    return;
  }
  try {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL(pushScript) : pushScript);
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: push });
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(pushTo, { method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: JSON.stringify(subscription) });
    told.textContent = (await answer.json()).said;
  } catch {
    told.textContent = told.dataset.failed;
  }
}

if (asking && navigator.serviceWorker && "PushManager" in window && "Notification" in window) {
  asking.hidden = false;
  document.querySelector("[data-push-none]").hidden = true;
  asking.querySelector("button").addEventListener("click", () => subscribe(asking.dataset));
}
