"""Letters that came in and the budget file in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Product
from .hands import MOUSE, Hands, hands

type At = Callable[..., Hands]
TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()


def roc(day: Any) -> str:
    return f"{day.year - 1911}/{day.month}/{day.day}"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def test_whoever_draws_up_the_budget_takes_the_file_of_the_decided_year(at: At, product: Product) -> None:
    year = product.one("SELECT year FROM proposals_proposal WHERE decision IN ('keep', 'cut') LIMIT 1")
    staff = at("demo.rdec", MOUSE)
    staff.go(f"/rooms/planning.proposals/simulate/?year={year}")
    link = staff.page.locator("a[href*='/budget.csv']").first
    with staff.page.expect_download() as taken:
        link.click()
    rows = taken.value.path().read_text("utf-8-sig").splitlines()
    assert "年度合計" in rows[0] and len(rows) > 1
    assert staff.page.request.get(f"{staff.url}/rooms/planning.proposals/budget.ods").status == 200


def test_a_letter_that_came_in_is_entered_found_and_dealt_with(at: At) -> None:
    staff = at("demo.rdec", MOUSE)
    staff.go("/letters/received/new/")
    form = staff.page.locator("main form.form")
    yesterday = TODAY - timedelta(days=1)
    for name, value in (("received_on", roc(yesterday)), ("sender", "內政部"), ("title", "函轉法規修正")):
        staff.put(form, name, value)
    staff.send(form)
    expect(staff.page.locator("h1")).to_have_text("函轉法規修正")
    staff.check()
    done = staff.page.locator("main form.form")
    staff.put(done, "outcome", "存查")
    staff.send(done)
    expect(staff.page.locator("main")).to_contain_text("已辦結")


def test_a_list_wider_than_its_card_is_scrolled_to_its_last_column(at: At) -> None:
    staff = at("demo.rdec", MOUSE)
    for room, width in (("planning.proposals", 1024), ("control.directives", 1600)):
        staff.page.set_viewport_size({"width": width, "height": 800})
        staff.go(f"/rooms/{room}/")
        last = staff.page.locator("table.wl thead th").last
        last.scroll_into_view_if_needed()
        place = last.bounding_box()
        assert place and place["x"] + place["width"] <= width, room
        head = last.evaluate("e => getComputedStyle(e).position")
        assert head == ("sticky" if width == 1600 else "static"), room
    staff.page.set_viewport_size({"width": 1360, "height": 900})
    staff.go("/rooms/control.directives/")
    expect(staff.page.locator(".card.fits > table.wl")).to_be_visible()
