// A figure opens where it stands: a plain click fetches the inside of its own address into the popover; any other click
// follows the link. Esc, a click outside or the button closes it, and focus goes back to the figure.
import { one, plainClick } from "./dom.js";

let source = null;

async function openFor(link) {
  const pop = one("#pop");
  source?.setAttribute("aria-expanded", "false");
  source = link;
  link.setAttribute("aria-busy", "true");
  pop.setAttribute("aria-label", link.textContent.trim());
  pop.replaceChildren();
  try {
    await window.htmx.ajax("GET", link.getAttribute("href"), { target: pop, swap: "innerHTML" });
  } finally {
    link.removeAttribute("aria-busy");
  }
  if (source !== link) return;
  if (!pop.firstElementChild) {
    location.assign(link.href); // nothing came: let the whole page say why
    return;
  }
  if (pop.matches(":popover-open")) pop.hidePopover();
  source = link;
  pop.showPopover({ source: link });
  link.setAttribute("aria-expanded", "true");
  one("button, a", pop)?.focus({ preventScroll: true });
}

export function startPopover() {
  const pop = one("#pop");
  if (!pop?.showPopover) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-figure]");
    if (!link || !plainClick(event) || !window.htmx) return;
    event.preventDefault();
    openFor(link);
  });
  pop.addEventListener("toggle", (event) => {
    if (event.newState !== "closed" || !source) return;
    source.setAttribute("aria-expanded", "false");
    if (document.activeElement === document.body || pop.contains(document.activeElement)) source.focus({ preventScroll: true });
    source = null;
  });
}
