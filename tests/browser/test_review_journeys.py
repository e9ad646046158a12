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
from .hands import KEYS, MOUSE, Hands, as_anybody, hands, odt

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


def test_an_agency_hands_in_the_report_of_a_colleague(at: At, product: Product) -> None:
    """The contact of the agency, who nominates what its officers wrote; the commission finds it at once."""
    contact = at("demo.controller", MOUSE)
    contact.go("/rooms/research.papers/new/")
    form = contact.page.locator("main form.form")
    given: dict[str, Any] = {"title": "路口行人時相之研究", "agency": None, "year": str(ROC)}
    for name, value in {**given, "category": "works", "abstract": "比較三種行人時相。"}.items():
        contact.put(form, name, value)
    contact.send(form)
    expect(contact.page).to_have_url(re.compile(r"/cases/\d+/$"))
    paper = int(contact.page.url.rstrip("/").rsplit("/", 1)[1])
    rows = {"authors__0__name": "陳冠廷", "authors__0__share": "100"}
    files = {"manuscript": odt("作者：陳冠廷"), "blind_copy": odt("行人時相")}
    contact.do(paper, "submit", "已送件", **rows, **files, declared=True)
    staff = at("demo.rdec", MOUSE)
    staff.go("/")
    waiting = staff.page.locator("main a", has_text="自行研究報告待形式審查").first  # perhaps folded
    staff.go(waiting.get_attribute("href") or "")
    expect(staff.page.locator("#rows")).to_contain_text("路口行人時相之研究")
    staff.do(paper, "pass_form", "形式審查通過")


def test_a_grant_goes_from_the_plan_to_the_payment_list_and_the_certificate(at: At, product: Product) -> None:
    """Applicant: plan and report. Commission: check of form, list of payments, settlement, certificate."""
    author, staff = at("demo.officer", MOUSE), at("demo.rdec", MOUSE)
    author.go("/rooms/research.subsidies/new/")
    form = author.page.locator("main form.form")
    given: dict[str, Any] = {
        "title": "公車到站資訊準確度之研究", "agency": None, "year": str(ROC), "abstract": "比對到站時間。",
        "method": "三個月實測。", "requested": "5000",
    }  # fmt: skip
    for name, value in given.items():
        author.put(form, name, value)
    author.send(form)
    expect(author.page).to_have_url(re.compile(r"/cases/\d+/$"))
    plan = int(author.page.url.rstrip("/").rsplit("/", 1)[1])
    author.do(plan, "apply", "已申請", plan=odt("計畫"), blind_copy=odt("到站時間"), declared=True)
    staff.do(plan, "screen", "形式審查通過")
    staff.do(plan, "admit", "評審中")

    granted, agency = product.ask(
        "SELECT id, agency_id FROM casework_case WHERE kind = 'research.subsidies' AND stage = 'approved'"
    )[0]
    contact = product.one(
        "SELECT user_id FROM people_post WHERE agency_id = ? AND role = 'controller' LIMIT 1", agency
    )
    keeper = at("demo.controller", MOUSE)
    as_anybody(keeper, contact)
    keeper.do(granted, "start", "執行中", started_on=DAY)
    keeper.do(granted, "deliver", "已繳報告", report=odt("成果報告"))
    staff.go("/rooms/research.subsidies/letters/payment/")
    staff.page.locator(f"main input[name=id][value='{granted}']").check()
    staff.page.locator("main button[name=preview]").click()
    expect(staff.page.locator("main")).to_contain_text("元整")
    staff.do(granted, "settle", "已結案核銷", spent="1000")
    staff.go("/rooms/research.subsidies/letters/certificate/")
    expect(staff.page.locator("h1")).to_contain_text("研究完成證明書")
    only = "(boxes, one) => boxes.forEach(box => { box.checked = box.value === one; })"
    staff.page.locator("main input[name=id]").evaluate_all(only, str(granted))
    staff.page.get_by_role("button", name="核發", exact=True).click()
    expect(staff.page.get_by_text("已核發1件")).to_be_visible()
    staff.check()
