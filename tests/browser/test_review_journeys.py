"""Blind review from the author's desk to the payment list, each actor in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Product
from .hands import KEYS, MOUSE, Hands, hands, odt

type At = Callable[..., Hands]
TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()
ROC = TODAY.year - 1911
DAY = f"{ROC}/{TODAY.month:02}/{TODAY.day:02}"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def test_an_author_hands_in_a_report_and_is_warned_of_one_like_it(at: At, product: Product) -> None:
    old = product.one(
        "SELECT c.title FROM casework_case c JOIN papers_paper p ON p.case_id = c.id"
        " WHERE p.published_on IS NOT NULL ORDER BY c.id LIMIT 1"
    )
    author = at("demo.officer", MOUSE)
    author.go("/rooms/research.papers/new/")
    form = author.page.locator("main form.form")
    given: dict[str, Any] = {"title": f"{old}（再探）", "agency": None, "year": str(ROC), "category": "works"}
    for name, value in {**given, "abstract": f"本研究再探{old}。"}.items():
        author.put(form, name, value)
    author.send(form)
    expect(author.page).to_have_url(re.compile(r"/cases/\d+/$"))
    paper = int(author.page.url.rstrip("/").rsplit("/", 1)[1])
    expect(author.page.get_by_text("與本件相近")).to_be_visible()
    rows = {"authors__0__name": "王小明", "authors__0__share": "100"}
    files = {"manuscript": odt("作者：王小明"), "blind_copy": odt("研究發現")}
    author.do(paper, "submit", "已送件", **rows, **files, declared=True)
    author.check()


def test_a_reviewer_scores_blind_by_keyboard_and_the_meeting_decides_and_tells(
    at: At, product: Product
) -> None:
    reader = at("demo.reviewer", KEYS)
    reader.go("/reviews/")
    reader.check()
    reader.press(reader.page.locator("table.wl tbody a").first)
    form = reader.page.locator("main form.form")
    expect(form).to_be_visible()
    for name, value in (("topic", "72"), ("method", "70"), ("use", "74")):
        reader.put(form, name, value)
    reader.put(form, "comment", "結論與數據相符。")
    reader.check()
    reader.press(form.locator("button[type=submit]").first)
    expect(reader.page.get_by_text("已送出評分")).to_be_visible()

    round = product.one("SELECT id FROM review_round WHERE kind='research.papers' AND code=?", str(ROC - 1))
    staff = at("demo.rdec", MOUSE)
    staff.go(f"/rounds/{round}/")
    staff.check()
    staff.page.get_by_role("link", name="決審會議").click()
    meeting = staff.page.locator("main form.form")
    staff.put(meeting, "met_on", DAY)
    staff.put(meeting, "present", "主任委員、外聘委員三人")
    staff.put(meeting, "minutes", "依排名決定。")
    staff.check()
    meeting.get_by_role("button", name="登錄決審").click()
    expect(staff.page.get_by_text("已登錄決審")).to_be_visible()
    staff.page.get_by_role("button", name="公布結果").click()
    expect(staff.page.get_by_text("已公布6件結果")).to_be_visible()
    told = product.ask("SELECT grade FROM papers_paper WHERE round_id=? AND announced_on IS NOT NULL", round)
    assert len(told) == 6 and ("first",) in told
    staff.check()


def test_the_prizes_are_listed_for_payment(at: At, product: Product) -> None:
    staff = at("demo.rdec", MOUSE)
    staff.go("/rooms/research.papers/letters/payment/")
    expect(staff.page.locator("h1")).to_contain_text("獎金核銷清冊")
    staff.check()
