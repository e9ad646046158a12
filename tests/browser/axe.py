"""axe-core over a page, within the strict policy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parent.parent.parent / ".tools" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules whose answer another colour scheme can change."""
LAYOUT = [*COLOURS, "target-size", "scrollable-region-focusable"]
"""The rules whose answer another width can change where the same elements are seen."""
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
ALIKE = ["table.wl tbody > tr:nth-child(n+16)", "main table tbody > tr:nth-child(n+31)"]
"""Rows of a long table beyond the first: they are drawn by the same lines as those above them."""
FRAME = ["nav.nav", "nav.tabs", "header.bar", "dialog", "footer"]
"""What stands around every page of a person."""

DRAWN = """([known, passed]) => {
  // What contrast is reckoned from: colour, size and weight of a text; what lies behind it, up to the root.
  const before = new Set(known), found = [], grounds = new Map();
  const outside = passed.join(', ');
  const ground = element => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const style = getComputedStyle(element), own = [];
      if (!/^rgba\\(\\d+, \\d+, \\d+, 0\\)$/.test(style.backgroundColor)) own.push(style.backgroundColor);
      if (style.backgroundImage !== "none") own.push(style.backgroundImage.slice(0, 80));
      if (style.opacity !== "1") own.push(`o${style.opacity}`);
      if (style.filter !== "none") own.push(style.filter);
      if (style.mixBlendMode !== "normal") own.push(style.mixBlendMode);
      if (style.clipPath !== "none" || style.clip !== "auto") own.push("clipped");
      if (["absolute", "fixed", "sticky"].includes(style.position)) own.push(style.position);
      const above = ground(element.parentElement);
      grounds.set(element, own.length ? `${above}/${own.join("+")}` : above);
    }
    return grounds.get(element);
  };
  for (const element of document.body.querySelectorAll("*")) {
    element.removeAttribute("data-drawn");
    const texts = [...element.childNodes].filter(node => node.nodeType === 3);
    const text = texts.some(node => /[\\p{L}\\p{N}]/u.test(node.data));
    const field = element.matches("textarea, select, input:not([type=checkbox], [type=radio])");
    if (!text && !field) continue;
    if (!element.checkVisibility({visibilityProperty: true}) || element.closest(outside)) continue;
    const control = element.control ?? element.closest("button, input, select, textarea, fieldset");
    if (control?.disabled || element.closest("[aria-disabled=true]")) continue;
    if (ground(element).includes("clipped") || element.getBoundingClientRect().right <= 0) continue;
    const style = getComputedStyle(element), above = element.parentElement;
    const link = element.matches("a") && above.matches("p, li, dd, td, span, small");
    const way = [style.color, style.fontSize, style.fontWeight, style.textDecorationLine, style.textShadow,
      link ? getComputedStyle(above).color : "", ground(element)].join("|");
    if (before.has(way)) continue;
    before.add(way);
    element.setAttribute("data-drawn", found.length);
    found.push(way);
  }
  return found;
}"""
SEEN = """passed => [...document.body.querySelectorAll("*")].filter(one => !one.closest(passed.join(", ")))
  .map(one => Number(one.checkVisibility({visibilityProperty: true}))).join("")"""
RUN = """async ([only, passed]) => {
  const exclude = passed.filter(one => document.querySelector(one)).map(one => [one]);
  const found = await axe.run({exclude},
    {runOnly: only, resultTypes: ["violations", "passes", "incomplete"], selectors: false, elementRef: true});
  const reckoned = [...found.passes, ...found.incomplete].filter(one => one.id === "color-contrast");
  return {
    wrong: found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 160)}`)),
    reckoned: reckoned.flatMap(one => one.nodes.map(node => Number(node.element.dataset.drawn ?? -1))),
  };
}"""
seen: dict[tuple[int, str], set[str]] = {}
"""By width and scheme: the ways of drawing text whose contrast was found sufficient in this run."""


@cache
def _source() -> str:
    return AXE.read_text()


def _bring(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())


def _run(page: Page, rules: list[str] | None, frame: bool) -> dict[str, Any]:
    _bring(page)
    only: dict[str, Any] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    answer: dict[str, Any] = page.evaluate(RUN, [only, _passed(frame)])
    return answer


def _passed(frame: bool) -> list[str]:
    return ALIKE if frame else [*ALIKE, *FRAME]


def violations(page: Page, rules: list[str] | None = None, *, frame: bool = True) -> list[str]:
    """What axe finds wrong: rule and the start of the element, one a line. `rules`: those alone; without
    `frame` what stands inside the page.
    """
    return list(_run(page, rules, frame)["wrong"])


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _look(page: Page, rules: list[str] | None, frame: bool) -> list[str]:
    """What is wrong with the page as it is drawn now. Contrast is reckoned once for each way of drawing."""
    size = page.viewport_size
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    known = seen.setdefault((size["width"] if size else 0, scheme), set())
    fresh = page.evaluate(DRAWN, [sorted(known), _passed(frame)])
    if rules == COLOURS and not fresh:
        return []
    found = _run(page, rules, frame)
    known.update(fresh[one] for one in found["reckoned"] if not found["wrong"])
    return [f"{size and size['width']} px, {scheme}: {one}" for one in found["wrong"]]


def _drawn_alone(page: Page) -> None:
    """Bring axe in; contrast is reckoned for the elements that `DRAWN` marks."""
    _bring(page)
    page.evaluate("axe.configure({rules: [{id: 'color-contrast', selector: '[data-drawn]'}]})")


def this_look(page: Page) -> list[str]:
    """What is wrong inside the page that stands open, by every rule, in the look it has."""
    _drawn_alone(page)
    return _look(page, None, frame=False)


def every_look(page: Page, *, frame: bool = True) -> list[str]:
    """What is wrong with the page that stands open: at both widths every rule and the width itself, in light
    and in dark the colours. Scheme and width change under it, as on a reader's screen; it is loaded once.

    Contrast is two thirds of axe's work, and most pages draw text in the ways of others: each way (what the
    ratio is reckoned from, see `DRAWN`) is reckoned once for each look in a run of tests. Where a telephone
    shows the very elements a wide window shows, only what depends on the layout is asked again.
    """
    faults, shown = [], ""
    _drawn_alone(page)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        if (wider := overflow(page)) > 0:
            faults.append(f"{size['width']} px: {wider} px wider than the window")
        before, shown = shown, page.evaluate(SEEN, _passed(frame))
        for scheme, rules in (("light", LAYOUT if shown == before else None), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            faults += _look(page, rules, frame)
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    return faults
