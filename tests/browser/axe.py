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
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
ALIKE = ["table.wl tbody > tr:nth-child(n+16)", "main table tbody > tr:nth-child(n+31)"]
"""Rows of a long table beyond the first: they are drawn by the same lines as those above them."""
FRAME = ["nav.nav", "header.bar", "dialog", "footer"]
"""What stands around every page of a person."""


@cache
def _source() -> str:
    return AXE.read_text()


def violations(page: Page, rules: list[str] | None = None, *, frame: bool = True) -> list[str]:
    """What axe finds wrong: rule and the start of the element, one a line. `rules`: those alone; without
    `frame` what stands inside the page.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    only: dict[str, Any] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    found = page.evaluate(
        "([only, alike]) => axe.run("
        "{exclude: alike.filter(one => document.querySelector(one)).map(one => [one])}, "
        "{runOnly: only, resultTypes: ['violations']})",
        [only, ALIKE if frame else [*ALIKE, *FRAME]],
    )
    return [f"{v['id']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]]


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def every_look(page: Page, *, frame: bool = True) -> list[str]:
    """What is wrong with the page that stands open: at both widths every rule and the width itself, in light
    and in dark the colours. Scheme and width change under it, as on a reader's screen; it is loaded once.
    """
    faults = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        if (wider := overflow(page)) > 0:
            faults.append(f"{size['width']} px: {wider} px wider than the window")
        for scheme, rules in (("light", None), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            faults += [f"{size['width']} px, {scheme}: {one}" for one in violations(page, rules, frame=frame)]
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    return faults
