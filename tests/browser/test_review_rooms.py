"""Directives, trainings, signs, letters and the budget file in a browser: each actor's way to the end."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from .axe import every_look
from .conftest import Product
from .hands import MOUSE, Hands, as_anybody, hands, odt

type At = Callable[..., Hands]
TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()


def roc(day: Any) -> str:
    return f"{day.year - 1911}/{day.month}/{day.day}"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def test_a_directive_is_reported_and_released_by_the_meeting_which_locks_the_month(
    at: At, product: Product
) -> None:
    month, case, agency = product.ask(
        "SELECT p.id, c.id, c.agency_id FROM directives_progress p"
        " JOIN casework_case c ON c.id = p.directive_id JOIN directives_directive d ON d.case_id = c.id"
        " WHERE p.submitted_at IS NULL AND c.closed_on IS NULL AND d.category = 'action'"
        " ORDER BY p.id LIMIT 1"
    )[0]
    owner_id = product.one(
        "SELECT user_id FROM people_post WHERE agency_id = ? AND role = 'controller' LIMIT 1", agency
    )
    owner = at("demo.controller", MOUSE)
    as_anybody(owner, owner_id)
    owner.do(
        case, "report_month", "已填報", month=str(month), text="現場已改善完成。", suggested="release",
        proof=odt("完工照片說明"),
    )  # fmt: skip
    staff = at("demo.rdec", MOUSE)
    staff.do(case, "propose", "提請市政會議", suggested="release", opinion="辦理情形符合裁示。")
    meeting = product.one(
        "SELECT id FROM directives_meeting WHERE held_on <= ? AND cancelled_on IS NULL"
        " ORDER BY held_on DESC LIMIT 1", TODAY.isoformat(),
    )  # fmt: skip
    staff.do(case, "release", "解除列管", meeting=str(meeting), note="照案通過。")
    expect(staff.page.locator("main")).to_contain_text("已鎖定")
    staff.check()


def test_a_certificate_is_given_and_verified_by_whoever_holds_it(
    at: At, product: Product, page: Page, faults: list[str]
) -> None:
    staff = at("demo.rdec", MOUSE)
    case = product.one(
        "SELECT case_id FROM training_training t JOIN training_course c ON c.id = t.course_id"
        " WHERE t.held_on IS NOT NULL AND c.certified ORDER BY t.held_on DESC LIMIT 1"
    )
    staff.go(f"/cases/{case}/")
    staff.page.get_by_role("link", name="研習證書", exact=True).first.click()
    boxes = staff.page.locator("main input[name=id]:not([disabled])")
    for box in boxes.all()[1:]:
        box.uncheck()
    staff.page.get_by_role("button", name="核發", exact=True).click()
    expect(staff.page.get_by_text("已核發1件")).to_be_visible()
    staff.page.locator("main table a").first.click()
    href = staff.page.get_by_role("link", name=re.compile(r"\.odt")).first.get_attribute("href")
    data = staff.page.request.get(f"{staff.url}{href}").body()
    text = zipfile.ZipFile(io.BytesIO(data)).read("content.xml").decode()
    code = re.search(r"([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})", text)
    assert code

    page.goto(f"{product.url}/")
    page.get_by_role("link", name="證書驗證").first.click()
    page.locator("main [name=code]").fill("AAAAA-AAAAA-AAAAA-AAAAA")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("查無此驗證碼")
    faults.clear()  # the browser says itself that a wrong code answered 404
    page.locator("main [name=code]").fill(code[1].lower())
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("仍有效")
    assert every_look(page) == []


def test_a_citizen_reports_a_wrong_sign_without_script_and_sees_what_becomes_of_it(
    at: At, browser: Browser, product: Product
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-TW")
    try:
        citizen = context.new_page()
        citizen.goto(f"{product.url}/register/signs/")
        citizen.locator("[name=place]").fill("左營高鐵站二號出口")
        citizen.locator("[name=fault][value=spelling]").check()
        citizen.locator("[name=wording]").fill("Lotus Pont")
        citizen.locator("main form button[type=submit]").first.click()
        citizen.wait_for_load_state()
        where = citizen.url
        expect(citizen.locator("main")).to_contain_text("Lotus Pont")
        case = product.one("SELECT case_id FROM signs_signreport WHERE wording = 'Lotus Pont'")
        staff = at("demo.rdec", MOUSE)
        form = staff.form(case, "assign_keeper")
        staff.put(form, "approved_name", "Lotus Pond")
        keeper = form.locator("[name=keeper]")
        if keeper.evaluate("e => e.tagName") == "SELECT":
            staff.choose(keeper, None)
        else:
            listed = form.page.locator(f"datalist#{keeper.get_attribute('list')} option").first
            keeper.fill(str(listed.get_attribute("value")))
        staff.send(form)
        expect(staff.page.locator("#case .stages [aria-current=step]")).to_contain_text("已交辦")
        citizen.goto(where)
        expect(citizen.locator("main")).to_contain_text("Lotus Pond")
    finally:
        context.close()


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
