"""Subsidies, directives, trainings, signs and the budget file in a browser: each actor's way to the end."""

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
from .hands import MOUSE, Hands, hands, odt

type At = Callable[..., Hands]
TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()
ROC = TODAY.year - 1911


def roc(day: Any) -> str:
    return f"{day.year - 1911}/{day.month}/{day.day}"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def as_anybody(hands_: Hands, user: int) -> None:
    """Sign in as a demonstration person whom the page of log-ins does not list."""
    page = hands_.page
    page.context.clear_cookies()
    hands_.go("/accounts/demo/")
    button = page.locator("button[name=user]").first
    button.evaluate("(button, user) => { button.value = user; }", str(user))
    button.click()
    page.wait_for_load_state()


def test_an_agency_s_contact_takes_in_a_list_of_reports_and_hands_one_in(at: At, product: Product) -> None:
    contact = at("demo.controller", MOUSE)
    agency = product.one(
        "SELECT a.name FROM people_agency a JOIN people_post p ON p.agency_id = a.id"
        " JOIN people_user u ON u.id = p.user_id WHERE u.username = 'demo.controller' LIMIT 1"
    )
    contact.go("/rooms/research.papers/import/")
    form = contact.page.locator("main form[enctype]")
    rows = (
        "年度,題目,機關,作者帳號,研究類別,摘要,英文摘要\n"
        f"{ROC},水質監測點配置之研究,{agency},,環境與防災,檢討監測點的分布。,\n"
        f"{ROC},沒有摘要的研究,{agency},,環境與防災,,\n"
    )
    if form.locator("[name=code]").count():
        contact.put(form, "code", "papers")
    contact.put(form, "file", {"name": "報告.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    form.locator("button[type=submit]").first.click()
    expect(contact.page.locator("main")).to_contain_text("摘要")
    contact.check()
    contact.page.locator("main button[type=submit].primary").last.click()
    contact.page.wait_for_load_state()
    case = product.one("SELECT id FROM casework_case WHERE title = '水質監測點配置之研究'")
    assert not product.ask("SELECT id FROM casework_case WHERE title = '沒有摘要的研究'")
    people = {"authors__0__name": "王小明", "authors__0__share": "100"}
    files = {"manuscript": odt("作者：王小明"), "blind_copy": odt("研究發現")}
    contact.do(case, "submit", "已送件", **people, **files, declared=True)


def test_a_subsidy_from_the_call_to_the_payment_list(at: At, product: Product) -> None:
    staff = at("demo.rdec", MOUSE)
    staff.go("/rooms/research.subsidies/letters/call/")
    staff.put(staff.page.locator("main form.form"), "contact", "研考會 3368333")
    staff.page.get_by_role("button", name="預覽草稿").click()
    expect(staff.page.locator("pre.said")).to_contain_text("研究價值的妥適性")
    staff.check()

    applicant = at("demo.officer", MOUSE)
    applicant.go("/rooms/research.subsidies/new/")
    form = applicant.page.locator("main form.form")
    given = {
        "title": "雨水花園滯洪成效之研究", "agency": None, "year": str(ROC), "abstract": "比較三處滯洪成效。",
        "method": "現地監測與訪談。", "requested": "5000",
    }  # fmt: skip
    for name, value in given.items():
        applicant.put(form, name, value)
    applicant.send(form)
    expect(applicant.page).to_have_url(re.compile(r"/cases/\d+/$"))
    case = int(applicant.page.url.rstrip("/").rsplit("/", 1)[1])
    files = {"plan": odt("計畫書"), "blind_copy": odt("研究方法")}
    applicant.do(case, "apply", "已申請", **files, declared=True)
    staff.do(case, "screen", "形式審查通過")
    staff.do(case, "admit", "評審中")

    round = product.one(
        "SELECT id FROM review_round WHERE kind = 'research.subsidies' AND code = ?", str(ROC - 1)
    )
    staff.go(f"/rounds/{round}/meeting/")
    meeting = staff.page.locator("main form.form")
    for at_, one in enumerate(meeting.locator("select[name^=grade-]").all()):
        one.select_option("approved" if at_ < 2 else "")
    staff.put(meeting, "met_on", roc(TODAY))
    staff.put(meeting, "present", "主任委員、外聘委員三人")
    staff.put(meeting, "minutes", "依審查平均核定。")
    meeting.get_by_role("button", name="登錄決審").click()
    staff.page.get_by_role("button", name="公布結果").click()
    expect(staff.page.get_by_text("已公布4件結果")).to_be_visible()
    won, writer = product.ask(
        "SELECT c.id, c.officer_id FROM casework_case c JOIN subsidies_subsidy s ON s.case_id = c.id"
        " WHERE s.round_id = ? AND c.stage = 'approved' LIMIT 1", round,
    )[0]  # fmt: skip
    as_anybody(applicant, writer)
    applicant.do(won, "start", "執行中", started_on=roc(TODAY))
    applicant.do(won, "deliver", "已繳報告", report=odt("研究報告"))

    staff.go("/rooms/research.subsidies/letters/payment/")
    staff.page.get_by_role("button", name="核發", exact=True).click()
    expect(staff.page.locator("h1")).to_contain_text("補助核銷清冊")
    expect(staff.page.get_by_role("link", name=re.compile("ODT|odt")).first).to_be_visible()
    staff.check()


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
    at: At, product: Product, page: Page
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
