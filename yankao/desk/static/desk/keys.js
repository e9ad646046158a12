// The keyboard: a palette for commands, single keys for lists. Single keys rest while one writes and when switched off.
import { all, one, writing } from "./dom.js";
import { current, open, pick, step } from "./lists.js";

const on = () => !document.documentElement.classList.contains("keys-off");
let going = 0; // when "g" was pressed

function openPalette() {
  const palette = one("#palette");
  const box = one("input", palette);
  if (!box.getAttributeNames().some((name) => name.startsWith("hx-get"))) return one("#find")?.focus();
  if (palette.open) return;
  palette.showModal();
  box.select();
  window.htmx?.trigger(box, "palette:open");
}

const hits = () => all("#hits a");

function walkHits(event) {
  const list = hits(), here = list.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && list.length) list[Math.min(here + 1, list.length - 1)].focus();
  else if (event.key === "ArrowUp") here > 0 ? list[here - 1].focus() : one("#palette input").focus();
  else if (event.key === "Enter" && here < 0 && list.length && event.target.matches("#palette input")) list[0].click();
  else return;
  event.preventDefault();
}

function find() {
  const box = one("[data-search]") ?? one("#find");
  box?.focus();
  box?.select?.();
}

function go(key) {
  const link = one(`[data-go="${CSS.escape(key)}"]`);
  going = 0;
  if (link) location.assign(link.href);
  return Boolean(link);
}

const single = {
  "/": find,
  "?": () => one("#help")?.showModal(),
  j: () => step(1),
  k: () => step(-1),
  x: () => pick(false),
  X: () => pick(true),
  g: () => (going = Date.now()),
  Enter: open,
};

function press(event) {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.target.closest?.("#palette")) return walkHits(event);
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event) || !on()) return;
  if (one("dialog[open]") || one(":popover-open")) return;
  if (going && Date.now() - going < 1500 && go(event.key)) return event.preventDefault();
  const act = single[event.key];
  if (!act) return;
  // Enter belongs to whatever has the focus; only a row without a focused control is opened by it.
  if (event.key === "Enter" && (!current() || event.target.closest?.("a, button, summary, input"))) return;
  if ("jkxXEnter".includes(event.key) && !one("[data-list]")) return;
  event.preventDefault();
  act();
}

export function startKeys() {
  document.addEventListener("keydown", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-opens]");
    if (!button) return;
    button.closest("[popover]")?.hidePopover();
    one(`#${CSS.escape(button.dataset.opens)}`)?.showModal();
  });
}
