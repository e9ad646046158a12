"""What one matter asks of everybody in it: a directive, a training, a year of grants."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from .city import ROOT, surroundings
from .conftest import Product
from .hands import KEYS, PLAIN, Hands, as_anybody, hands, odt

type At = Callable[..., Hands]
TAIPEI = ZoneInfo("Asia/Taipei")
TODAY = datetime.now(TAIPEI).date()


def roc(day: Any) -> str:
    return f"{day.year - 1911}/{day.month:02}/{day.day:02}"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


# ── A directive ─────────────────────────────────────────────────────────────────────────────────────

OPENING = """
import sys
from datetime import date

from yankao.site import installation

installation.up()
from django.utils import timezone

from yankao.control.directives.models import Directive
from yankao.control.directives.monthly import by_calendar, open_month

month = date.fromisoformat(sys.argv[2])
by_calendar(open_month, Directive.objects.all(), int(sys.argv[1]), timezone.now(), month=month)
"""
"""What the nightly round does on the first of a month, for one directive."""


def under_control(mayor: Hands) -> int:
    """How many directives the mayor's page counts, by following it from the first screen."""
    mayor.go("/work/")
    link = mayor.page.locator("main a[href$='/ageing/']")
    mayor.go(link.get_attribute("href") or "")
    said = re.search(r"列管中(\d+)案", mayor.page.locator("main").inner_text())
    assert said
    return int(said[1])


def test_a_directive_goes_from_the_meeting_to_its_release_and_the_mayor_sees_it(
    at: At, product: Product
) -> None:
    """Secretary: captures, assigns, proposes. Owner: reports, cannot release. Mayor: sees it come and go."""
    mayor, secretary, owner = at("demo.mayor"), at("demo.rdec"), at("demo.controller", PLAIN)
    before = under_control(mayor)
    meeting = product.one(
        "SELECT id FROM directives_meeting WHERE held_on <= ? AND cancelled_on IS NULL"
        " ORDER BY held_on DESC", TODAY.isoformat(),
    )  # fmt: skip
    secretary.go(f"/rooms/control.directives/meetings/{meeting}/")
    words = "請於滯洪池周邊設置夜間照明及反光護欄"
    line = secretary.page.locator("main form.form").first
    given = {"text": words, "owners": "水利局", "due": roc(TODAY + timedelta(days=40))}
    for name, value in given.items():
        secretary.put(line, name, value)
    secretary.page.keyboard.press("Enter")
    expect(secretary.page.locator("main table")).to_contain_text(words)
    case = product.one("SELECT case_id FROM directives_directive WHERE text = ?", words)
    secretary.move(case, "assign_owner")
    assert under_control(mayor) == before + 1

    owner.do(case, "accept", "已受理")
    owner.move(case, "begin", plan="十二月進場施作。")
    month = TODAY.replace(day=1).isoformat()
    subprocess.run(
        [sys.executable, "-c", OPENING, str(case), month], cwd=ROOT, check=True,
        env={**surroundings(product.data), "DJANGO_SETTINGS_MODULE": "yankao.site.settings"},
    )  # fmt: skip
    form = owner.form(case, "report_month")
    report = product.one("SELECT id FROM directives_progress WHERE directive_id = ?", case)
    for name, value in {"month": str(report), "text": "照明與護欄均已完成。", "suggested": "release"}.items():
        owner.put(form, name, value)
    owner.send(form)
    expect(owner.page.locator(".errors")).to_contain_text("佐證資料")  # refused; nothing typed is lost
    form = owner.page.locator("#move-report_month form")
    expect(form.locator("[name=text]")).to_have_value("照明與護欄均已完成。")
    owner.put(form, "proof", odt("完工照片"))
    owner.send(form)
    expect(owner.page.locator("#case .stages [aria-current=step]")).to_contain_text("已填報")
    secretary.do(case, "propose", "提請市政會議", suggested="release", opinion="辦理情形符合裁示。")
    owner.go(f"/cases/{case}/moves/release/")
    expect(owner.page.locator("main")).to_contain_text("研考會")
    expect(owner.page.locator("main form.form")).to_have_count(0)
    secretary.do(case, "release", "解除列管", meeting=str(meeting), note="照案解除列管。")
    expect(secretary.page.locator("main")).to_contain_text("已鎖定")
    assert under_control(mayor) == before
    expect(mayor.page.locator("main")).not_to_contain_text(words)
    mayor.go("/rooms/control.directives/?stage=released")
    mayor.press(mayor.page.locator("#rows a.sub", has_text=words))
    expect(mayor.page.locator("main")).to_contain_text("照案解除列管。")
    expect(mayor.page.locator("[id^=move-]")).to_have_count(0)
    mayor.check()


def test_every_number_of_the_mayor_s_tiles_opens_its_records(at: At) -> None:
    mayor = at("demo.mayor", PLAIN)
    mayor.go("/work/")
    tiles = mayor.page.locator("section.city > ul > li")
    expect(tiles.locator("h3")).to_have_text(["施政承諾", "預算執行", "工程", "市民", "安全"])
    told = [
        (one.get_attribute("href") or "", one.locator("b").inner_text(), one.locator(".l").inner_text())
        for one in tiles.locator("a").all()
    ]
    assert len(told) > 12
    for href, value, label in told:
        mayor.go(href)
        text = mayor.page.locator("main").inner_text()
        if value.replace(",", "").isdecimal() and (many := re.search(r"共([\d,]+)[件筆]", text)):
            assert many[1] == value, label
        else:
            assert value in text or value == "0", label


# ── A training ──────────────────────────────────────────────────────────────────────────────────────


def just_over() -> tuple[str, str]:
    """Hours of a sitting today that ended a minute ago; just after midnight it waits for there to be one."""
    now = datetime.now(TAIPEI)
    if (now.hour, now.minute) < (0, 3):
        time.sleep(180)
        now = datetime.now(TAIPEI)
    first = max(now - timedelta(minutes=6), now.replace(hour=0, minute=0))
    return f"{first:%H:%M}", f"{now - timedelta(minutes=1):%H:%M}"


def test_an_agency_nominates_within_its_places_and_its_people_go_home_with_certificates(
    at: At, browser: Browser, product: Product, page: Page, faults: list[str]
) -> None:
    """Organiser: course, places, invitations, roll. Agency: nominates. Trainee: signs in by phone, is vouched
    for by a certificate that anybody verifies.
    """
    organiser, agency = at("demo.rdec"), at("demo.personnel")
    organiser.go("/rooms/inspection.training/new/")
    form = organiser.page.locator("main form.form")
    course = product.one("SELECT id FROM training_course WHERE code = 'safety'")
    given = {"title": "薦送學員工安研習", "agency": "研究發展考核委員會", "course": str(course)}
    for name, value in given.items():
        organiser.put(form, name, value)
    organiser.send(form)
    expect(organiser.page).to_have_url(re.compile(r"/cases/\d+/$"))
    case = int(organiser.page.url.rstrip("/").rsplit("/", 1)[1])
    starts, ends = just_over()
    hours = {"held_on": roc(TODAY), "starts": starts, "ends": ends, "place": "禮堂"}
    organiser.do(case, "schedule", **{f"sittings__0__{name}": value for name, value in hours.items()})
    water = {"quotas__0__agency": "水利局", "quotas__0__places": "2"}
    organiser.do(case, "give_places", "受理薦送", nominate_by=roc(TODAY), **water)

    agency.go("/work/")
    expect(agency.page.locator("main").get_by_text("待薦送學員的訓練").first).to_be_attached()
    names = ("林怡君", "陳冠廷", "黃雅婷")
    quota = product.one("SELECT id FROM training_quota WHERE training_id = ?", case)
    many = {f"people__{n}__name": name for n, name in enumerate(names)}
    form = agency.form(case, "nominate")
    for name, value in {"quota": str(quota), **many, "people__0__email": "lin@city.example"}.items():
        while not form.locator(f"[name='{name.replace('__', '-')}']").count():
            agency.press(form.get_by_role("button", name=re.compile("^(再加|新增|加)")).first)
        agency.put(form, name.replace("__", "-"), value)
    agency.send(form)
    expect(agency.page.locator(".errors").first).to_contain_text("已超出1人")
    form = agency.page.locator("#move-nominate form")
    expect(form.locator("[name=people-0-email]")).to_have_value("lin@city.example")
    agency.put(form, "people-2-name", "")
    agency.send(form)
    expect(agency.page.locator("#case h1")).to_be_visible()
    organiser.do(case, "send_invitations", "已通知")
    calendar = product.one("SELECT calendar FROM jobs_mail WHERE \"to\" = 'lin@city.example'")
    assert "BEGIN:VEVENT" in calendar and "陳冠廷" not in calendar

    sitting = product.one("SELECT id FROM training_sitting WHERE training_id = ?", case)
    organiser.go(f"/rooms/inspection.training/sittings/{sitting}/screen/")
    address = organiser.page.locator(".typed").inner_text()
    phone = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 780}, locale="zh-TW"
    )
    try:
        hand = phone.new_page()
        hand.goto(address)
        hand.get_by_label("姓名").fill("林 怡君")
        hand.locator("[name=agency]").select_option(label="水利局")
        hand.get_by_role("button", name="簽到", exact=True).click()
        expect(hand.get_by_role("heading", level=1)).to_have_text("已簽到")
    finally:
        phone.close()
    organiser.go(f"/rooms/inspection.training/sittings/{sitting}/")
    expect(organiser.page.get_by_role("rowheader", name="林怡君")).to_be_visible()
    organiser.press(organiser.page.get_by_role("button", name="結算出席"))
    expect(organiser.page.get_by_text("出席已於")).to_be_visible()
    organiser.move(case, "hold")
    organiser.go(f"/rooms/inspection.training/letters/certificate/?of={case}")
    expect(organiser.page.locator("main input[name=id]")).to_have_count(1)  # who did not come is not offered
    organiser.page.get_by_role("button", name="核發", exact=True).click()
    expect(organiser.page.get_by_text("已核發1件")).to_be_visible()
    organiser.page.locator("main table a").first.click()
    href = organiser.page.get_by_role("link", name=re.compile(r"\.odt")).first.get_attribute("href")
    data = organiser.page.request.get(f"{organiser.url}{href}").body()
    text = zipfile.ZipFile(io.BytesIO(data)).read("content.xml").decode()
    code = re.search(r"([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})", text)
    assert code and "林怡君" in text

    page.goto(f"{product.url}/")
    page.get_by_role("link", name="證書驗證").first.click()
    page.locator("main [name=code]").fill("AAAAA-AAAAA-AAAAA-AAAAA")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("查無此驗證碼")
    faults.clear()  # the browser says itself that a wrong code answered 404
    page.locator("main [name=code]").fill(code[1].lower())
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("仍有效")
    expect(page.locator("main")).to_contain_text("工地職業安全衛生")


# ── A year of grants ────────────────────────────────────────────────────────────────────────────────

VOTE = {"validity": "72", "difficulty": "70", "relevance": "74"}


def test_grants_go_from_the_votes_by_the_ranking_to_the_payment_list(at: At, product: Product) -> None:
    """Conductor: asks one more reviewer. Reviewer: votes on three criteria by keyboard. Meeting: ranks within
    the money. Commission: pays.
    """
    round, code = product.ask(
        "SELECT r.id, s.code FROM review_round r JOIN review_sheet s ON s.round_id = r.id"
        " WHERE r.kind = 'research.subsidies' AND r.met_on IS NULL ORDER BY s.id DESC LIMIT 1"
    )[0]
    staff, reviewer, plain = at("demo.rdec"), at("demo.reviewer", KEYS), at("demo.rdec", PLAIN)
    plain.go(f"/rounds/{round}/sheets/{code}/")
    plain.press(plain.page.get_by_role("button", name=re.compile("^分派")).first)
    expect(plain.page.get_by_text("已分派").first).to_be_visible()
    plain.go(f"/rounds/{round}/")
    with plain.page.expect_download() as taken:
        plain.press(plain.page.get_by_role("link", name="評分表ODT"))
    assert taken.value.path().read_bytes()[:2] == b"PK"
    waiting = product.ask(
        "SELECT a.id, w.user_id FROM review_assignment a JOIN review_sheet s ON s.id = a.sheet_id"
        " JOIN review_reviewer w ON w.id = a.reviewer_id"
        " WHERE s.round_id = ? AND a.scored_on IS NULL AND a.recused_on IS NULL ORDER BY s.code = ?",
        round, code,
    )  # fmt: skip
    for _assignment, user in waiting:  # the last is ours
        as_anybody(reviewer, user)
        reviewer.go("/reviews/")
        links = reviewer.page.locator("table.wl tbody a")
        mine = reviewer.page.locator("table.wl tbody tr.r", has_text=re.compile("研究經費補助.*待評分", re.S))
        assert links.count() and mine.count()
        reviewer.press(mine.locator("a").first)
        form = reviewer.page.locator("main form.form")
        for name, value in {**VOTE, "comment": "方法可行，與業務相關。"}.items():
            reviewer.put(form, name, value)
        reviewer.press(form.locator("button[type=submit]").first)
        expect(reviewer.page.get_by_text("已送出評分")).to_be_visible()

    staff.go(f"/rounds/{round}/meeting/")
    meeting = staff.page.locator("main form.form")
    ranks = meeting.locator("tbody td:first-child").all_inner_texts()
    assert ranks == sorted(ranks, key=int) and len(ranks) == 4
    facts = {"met_on": roc(TODAY), "present": "主任委員、外聘委員三人", "minutes": "依排名於額度內核給。"}
    for name, value in facts.items():
        staff.put(meeting, name, value)
    for row in range(3):
        meeting.locator("select[name^=grade-]").nth(row).select_option("approved")
    meeting.locator("input[name^=amount-]").first.fill("999,999")
    meeting.get_by_role("button", name="登錄決審").click()
    expect(staff.page.locator(".errors")).to_be_visible()  # more than there is
    staff.page.locator("input[name^=amount-]").first.fill("4,500")
    staff.check()
    staff.page.get_by_role("button", name="登錄決審").click()
    expect(staff.page.get_by_text("已登錄決審")).to_be_visible()
    staff.page.get_by_role("button", name="公布結果").click()
    expect(staff.page.get_by_text("已公布4件結果")).to_be_visible()
    granted, agency = product.ask(
        "SELECT c.id, c.agency_id FROM casework_case c JOIN subsidies_subsidy s ON s.case_id = c.id"
        " WHERE s.round_id = ? AND s.amount = 4500", round,
    )[0]  # fmt: skip

    keeper = at("demo.controller", PLAIN)
    post = "SELECT user_id FROM people_post WHERE agency_id = ? AND role = 'controller'"
    signed_in_as(keeper, product.one(post, agency))
    keeper.move(granted, "start", started_on=roc(TODAY))
    keeper.do(granted, "deliver", "已繳報告", report=odt("成果報告"))
    staff.go("/rooms/research.subsidies/letters/payment/")
    only = "(boxes, one) => boxes.forEach(box => { box.checked = box.value === one; })"
    staff.page.locator("main input[name=id]").evaluate_all(only, str(granted))
    staff.page.locator("main button[name=preview]").click()
    expect(staff.page.locator("main")).to_contain_text("元整")
    staff.page.get_by_role("button", name="核發", exact=True).click()
    expect(staff.page.get_by_text("已製作")).to_be_visible()
    files = staff.page.locator("main a", has_text=re.compile(r"\.(odt|pdf|ods)$"))
    expect(files).to_have_count(3)
    staff.do(granted, "settle", "已結案核銷", spent="4321")


def signed_in_as(person: Hands, user: int) -> None:
    """As `as_anybody`, for whoever works without script."""
    person.page.context.clear_cookies()
    person.go("/accounts/demo/")
    mark = person.page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    answer = person.page.context.request.post(
        f"{person.url}/accounts/demo/", form={"csrfmiddlewaretoken": mark, "user": str(user)}
    )
    assert answer.ok
