// Short words in a corner, read out by screen readers. The server sends them with HX-Trigger: {"yk:say": "…"}.
import { one } from "./dom.js";

export function say(words, seconds = 8) {
  const place = one("#toasts");
  if (!place) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(words);
  const close = document.createElement("button");
  close.className = "x";
  close.type = "button";
  close.ariaLabel = one("#help .x")?.ariaLabel ?? "×";
  close.textContent = "×";
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  place.append(toast);
  if (place.children.length > 4) place.firstElementChild.remove();
  let timer = setTimeout(() => toast.remove(), seconds * 1000);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), 3000)));
}

export function startToasts() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toast]");
    if (button) say(button.dataset.toast);
  });
  document.addEventListener("yk:say", (event) => say(event.detail?.value ?? String(event.detail ?? "")));
  document.addEventListener("htmx:error", (event) => {
    if (event.detail?.error) say(document.body.dataset.saidFailed);
  });
}
