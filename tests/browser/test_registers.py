"""Registers from beginning to end: a name, a badge, a hotspot, a wrong sign told without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Product
from .hands import KEYS, MOUSE, Hands, hands, photo

type At = Callable[..., Hands]
TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()


def roc(day: date) -> str:
    return f"{day.year - 1911}/{day.month:02}/{day.day:02}"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def opened(desk: Hands, room: str, **given: Any) -> int:
    desk.go(f"/rooms/{room}/new/")
    form = desk.page.locator("main form.form")
    for name, value in given.items():
        desk.put(form, name, value)
    desk.send(form)
    expect(desk.page).to_have_url(re.compile(r"/cases/\d+/$"))
    return int(desk.page.url.rstrip("/").rsplit("/", 1)[1])


def test_an_agency_proposes_a_name_the_committee_decides_and_anybody_finds_it_by_its_alias(
    at: At, browser: Browser, product: Product
) -> None:
    """Agency: proposes by keyboard. Committee: meets and resolves. Commission: carries it to the register."""
    officer, rdec = at("demo.officer", KEYS), at("demo.rdec", MOUSE)
    name = opened(
        officer, "research.english", title="鳳山溪自行車道", agency=None, zh="鳳山溪自行車道",
        english="Fongshan River Bikeway", category="landmark", way="mixed",
    )  # fmt: skip
    rdec.go("/rooms/research.english/committee/meeting/")
    form = rdec.page.locator("main form.form")
    number = product.one("SELECT max(number) + 1 FROM english_meeting")
    met = {"number": number, "title": f"推動委員會第{number}次會議", "held_on": roc(TODAY)}
    for field, value in met.items():
        rdec.put(form, field, value)
    rdec.send(form)
    rdec.press(rdec.page.locator("main a", has_text=f"第{number}次會議"))
    rdec.press(rdec.page.get_by_role("link", name="登錄決議"))
    form = rdec.page.locator("main form.form")
    said = {"text": "鳳山溪自行車道譯名", "resolution": "照案通過，並汰換現場標示。", "due_on": roc(TODAY)}
    water = product.one("SELECT id FROM people_agency WHERE name = '水利局' AND valid_to IS NULL")
    for field, value in {**said, "owner": str(water)}.items():
        rdec.put(form, field, value)
    rdec.send(form)
    expect(rdec.page.locator("main table")).to_contain_text("並汰換現場標示")
    owed = product.one("SELECT agency_id FROM casework_case c JOIN directives_directive d ON d.case_id = c.id"
                       " WHERE d.text LIKE '%汰換現場標示%'")  # fmt: skip
    assert owed == water  # the resolution is under control with the others
    rdec.move(name, "review_name", review=f"推動委員會第{number}次會議照案通過。")
    rdec.move(name, "refer", meeting_on=roc(TODAY))
    rdec.do(name, "approve", "已核定", valid_from=roc(TODAY), letter="高市府研發字第1150000001號")
    rdec.move(name, "notify", notice_letter="高市研發字第1150000001號")
    rdec.do(name, "add_alias", alias="Fengshan Creek Trail")
    rdec.check()
    context = browser.new_context(locale="zh-TW", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{product.url}/register/english/")
    page.locator("main form [name=q]").fill("fengshan creek")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Fongshan River Bikeway")
    context.close()


def test_a_citizen_tells_of_a_wrong_sign_without_script_and_the_agency_mends_it(
    at: At, browser: Browser, product: Product
) -> None:
    context = browser.new_context(locale="zh-TW", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{product.url}/register/signs/")
    page.locator("[name=place]").fill("鳳山溪自行車道入口")
    page.locator("[name=fault][value=spelling]").check()
    page.locator("[name=photo]").set_input_files(photo(90))
    send = page.locator("main form .doing button[type=submit]")
    send.click()
    expect(page.locator("main")).to_contain_text("照片90.png")  # refused for what is missing; nothing is lost
    page.locator("[name=wording]").fill("Fongshan Liver")
    send.click()
    expect(page).to_have_url(re.compile(r"/register/signs/[0-9a-f]{16}/$"))
    number = re.search(r"誌\d+-\d+", page.locator("h1").inner_text())
    assert number
    case = product.one("SELECT id FROM casework_case WHERE number = ?", number[0])
    rdec, officer = at("demo.rdec"), at("demo.officer")
    rdec.do(case, "assign_keeper", "已交辦", keeper="水利局", approved_name="Fongshan River Bikeway")
    page.reload()
    expect(page.locator("main")).to_contain_text("Fongshan River Bikeway")
    officer.do(case, "mend", "已改善", fixed_on=roc(TODAY), answer="已更換面板。")
    rdec.do(case, "close", "已結案")
    page.reload()
    expect(page.locator("main")).to_contain_text("已更換面板。")
    context.close()


def test_a_business_is_coached_assessed_and_certified(at: At) -> None:
    rdec = at("demo.rdec")
    shop = opened(
        rdec, "research.english.badges", title="測試茶屋", agency="研究發展考核委員會",
        name_en="Test Tea House", sector="food", address="高雄市鹽埕區大勇路1號",
    )  # fmt: skip
    form = rdec.form(shop, "coach")  # a further visit stays possible, so its form is there again
    for name, value in {"visited_on": roc(TODAY), "coach": "輔導團", "advice": "菜單附英文"}.items():
        rdec.put(form, name, value)
    rdec.send(form)
    expect(rdec.page.locator("#case .stages [aria-current=step]")).to_contain_text("輔導中")
    rdec.do(shop, "assess", "評核及格", signs="35", staff="25", printed="12", web="12")
    rdec.do(shop, "certify", "已認證", badge_no="KES1150001")
    rdec.check()
    rdec.go("/register/badges/?q=KES1150001")
    expect(rdec.page.locator("main")).to_contain_text("測試茶屋")


def test_a_hotspot_is_proposed_approved_and_opened_and_stands_on_the_map(at: At) -> None:
    officer, rdec = at("demo.officer"), at("demo.rdec")
    site = opened(
        officer, "information.hotspots", title="鳳山溪自行車驛站", agency=None,
        name_en="Fongshan River Bike Stop", setting="park", address="高雄市鳳山區維新路1號",
    )  # fmt: skip
    rdec.do(site, "approve", "已核定")
    yesterday = roc(TODAY - timedelta(days=1))
    officer.do(site, "open_site", "已啟用", opened_on=yesterday, points__0__name="iTW-TEST-1")
    rdec.go("/register/hotspots/")
    expect(rdec.page.locator("main svg.chart")).to_be_visible()
    expect(rdec.page.locator("main")).to_contain_text("鳳山溪自行車驛站")
    rdec.check()


def test_whoever_keeps_the_hotspots_mends_a_record_that_could_not_be_read(at: At, product: Product) -> None:
    letter = product.one(
        "SELECT l.id FROM journal_deadletter l JOIN journal_source s ON s.id = l.source_id"
        " WHERE s.journal = 'information.hotspots' AND l.handled_at IS NULL ORDER BY l.id DESC"
    )
    before = product.one("SELECT count(*) FROM hotspots_wifisession")
    rdec = at("demo.rdec")
    rdec.go("/")
    expect(rdec.page.locator("main").get_by_text("無法讀取的上網紀錄")).to_be_attached()
    rdec.go("/rooms/information.hotspots/sources/")
    rdec.check()
    rdec.go(f"/office/journals/letters/{letter}/")
    form = rdec.page.locator("main form.form").first
    mended = (
        'Acct-Status-Type = Start\nTimestamp = 1326160000\nAcct-Session-Id = "walk"\n'
        'NAS-Identifier = "iTW-001-1"\nUser-Name = "walker"'
    )
    rdec.put(form, "text", mended)
    rdec.send(form)
    expect(rdec.page.get_by_text("已更正並讀入").first).to_be_visible()
    assert product.one("SELECT count(*) FROM hotspots_wifisession") == before + 1
    assert product.ask("SELECT 1 FROM hotspots_wifisession WHERE account LIKE '%walker%'") == []
