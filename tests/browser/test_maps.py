"""The map that can be moved: asked for, drawn under the strict policy, with its numbers from the server."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Product

SMALL = "64000060"
"""新興區, two kilometres wide: its map opens so near that villages are shown."""
SOON = 60_000
"""A processor draws what a graphics card would: slow beside other work."""


def test_the_map_is_a_picture_until_it_is_asked_for_and_then_moves(
    product: Product, page: Page, assert_clean: Callable[[Page], None]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{product.url}/counter/petitions/map/")
    picture, live = page.locator("[data-map-picture]"), page.locator("[data-map]")
    expect(picture).to_be_visible()
    expect(live).to_be_hidden()
    page.get_by_role("button", name="載入可移動的地圖").click()
    expect(live).to_have_attribute("data-shown", re.compile(r"\d+"), timeout=SOON)
    expect(picture).to_be_hidden()
    assert_clean(page)


def test_the_map_of_a_district_shows_its_villages(
    product: Product, page: Page, assert_clean: Callable[[Page], None]
) -> None:
    page.set_viewport_size({"width": 1360, "height": 900})
    page.goto(f"{product.url}/counter/petitions/map/?district={SMALL}")
    expect(page.locator("[data-map-picture] path.land")).not_to_have_count(1)
    page.get_by_role("button", name="載入可移動的地圖").click()
    expect(page.locator("[data-map]")).to_have_attribute("data-villages", re.compile(r"[1-9]"), timeout=SOON)
    expect(page.locator(".mapname.village").first).to_contain_text("里")
    assert_clean(page)
