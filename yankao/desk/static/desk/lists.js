// Picking rows of a worklist and moving among them.
import { all, one } from "./dom.js";

let last = null; // the row picked last, from which Shift+x reaches

const table = () => one("[data-list]");
const rows = () => all("[data-list] tr.r");
const boxes = () => all("[data-list] tr.r input[type=checkbox]");
const boxOf = (row) => one("input[type=checkbox]", row);

function show() {
  const picked = boxes().filter((box) => box.checked).length;
  for (const bar of all("[data-bulk]")) {
    bar.hidden = picked === 0;
    const count = one("[data-picked]", bar);
    if (count && count.textContent !== String(picked)) count.textContent = String(picked);
  }
  for (const every of all("[data-pick-all]")) {
    every.checked = picked > 0 && picked === boxes().length;
    every.indeterminate = picked > 0 && !every.checked;
  }
}

function pickUpTo(row, on) {
  const list = rows();
  const from = list.indexOf(last), to = list.indexOf(row);
  if (from < 0 || to < 0) return;
  for (const between of list.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    const box = boxOf(between);
    if (box) box.checked = on;
  }
}

export const current = () => one("[data-list] tr.at");

export function step(by) {
  const list = rows();
  if (!list.length) return;
  const here = list.indexOf(current());
  const next = list[Math.max(0, Math.min(list.length - 1, here < 0 ? (by > 0 ? 0 : list.length - 1) : here + by))];
  current()?.classList.remove("at");
  next.classList.add("at");
  (one("a.sub", next) ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

export function pick(range) {
  const row = current(), box = row && boxOf(row);
  if (!box) return;
  box.checked = range || !box.checked;
  if (range) pickUpTo(row, true);
  last = row;
  show();
}

export const open = () => one("a.sub", current() ?? document.createElement("i"))?.click();

// A list that fits its card keeps its head in sight; a wider one is scrolled sideways instead.
function fit() {
  for (const list of all(".card > .wl")) {
    const card = list.parentElement;
    card.classList.toggle("fits", list.offsetWidth <= card.clientWidth);
  }
}

export function startLists() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-pick-none]")) {
      for (const box of boxes()) box.checked = false;
      show();
      one("[data-pick-all]")?.focus();
    }
    const box = event.target.closest("[data-list] tr.r input[type=checkbox]");
    if (!box) return;
    const row = box.closest("tr");
    if (event.shiftKey) pickUpTo(row, box.checked);
    last = row;
    show();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.closest("[data-list]")) show();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-list] tr.r");
    if (row && row !== current()) {
      current()?.classList.remove("at");
      row.classList.add("at");
    }
  });
  document.addEventListener("htmx:after:swap", () => {
    last = null;
    if (table()) show();
    fit();
  });
  window.addEventListener("resize", fit);
  window.addEventListener("pageshow", show); // the browser may restore ticks when one comes back
  show();
  fit();
}
