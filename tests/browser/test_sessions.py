"""Journeys of sessions: a hall signs in by phone, a meeting's directives are captured and followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from playwright.sync_api import Browser, Page, expect

from .conftest import Product

type Enter = Callable[[Page, str], None]


def roc(day: date) -> str:
    return f"{day.year - 1911}/{day.month}/{day.day}"


def today_of(product: Product) -> date:
    return date.fromisoformat(product.one("SELECT date('now', '+8 hours')"))


def test_a_hall_signs_in_by_phone_without_script(
    page: Page, browser: Browser, product: Product, sign_in: Enter
) -> None:
    """Organiser: opens, schedules, gives places, nominates, invites, shows the code. Participant: a phone."""
    day = roc(today_of(product))
    sign_in(page, "demo.rdec")
    page.goto(f"{product.url}/rooms/inspection.training/new/")
    page.get_by_label("案名").fill("現場簽到演練")
    for name in ("agency", "course"):
        choose_first(page, name)
    page.locator("main button[type=submit].primary").first.click()
    page.wait_for_url(re.compile(r"/cases/\d+/"))
    case = re.search(r"/cases/(\d+)/", page.url)
    assert case
    row = f"{product.url}/cases/{case[1]}"
    page.goto(f"{row}/moves/schedule/")
    for name, value in (("held_on", day), ("starts", "00:00"), ("ends", "23:59"), ("place", "禮堂")):
        page.locator(f"[name='sittings-0-{name}']").fill(value)
    page.locator("main button[type=submit].primary").first.click()
    page.wait_for_url(re.compile(r"/cases/\d+/$"))
    sitting = product.one("SELECT id FROM training_sitting WHERE training_id = ?", int(case[1]))
    page.goto(f"{product.url}/rooms/inspection.training/sittings/{sitting}/screen/")
    address = page.locator(".typed").inner_text()
    expect(page.locator(".qrbox svg")).to_be_visible()

    phone = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 780}, locale="zh-TW"
    )
    try:
        hand = phone.new_page()
        hand.goto(address)
        hand.get_by_label("姓名").fill("現場王大同")
        hand.get_by_role("button", name="簽到", exact=True).click()
        expect(hand.get_by_role("heading", level=1)).to_have_text("已簽到")
        hand.get_by_role("link", name="填寫問卷").click()
        for name in ("content", "teaching", "useful", "arrangement"):
            hand.locator(f"input[name={name}][value='5']").check()
        hand.get_by_role("button", name="送出").click()
        expect(hand.get_by_role("heading", level=1)).to_have_text("謝謝您的意見")
    finally:
        phone.close()
    page.goto(f"{product.url}/rooms/inspection.training/sittings/{sitting}/")
    expect(page.get_by_role("rowheader", name="現場王大同")).to_be_visible()


def choose_first(page: Page, name: str) -> None:
    """The first real answer of a field, whether it is a select, buttons or a box to search in."""
    box = page.locator(f"select[name='{name}']")
    if box.count():
        box.select_option(index=1)
        return
    radio = page.locator(f"input[type=radio][name='{name}']")
    if radio.count():
        radio.first.check()
        return
    listed = page.locator(f"[name='{name}']")
    option = page.locator(f"datalist#{listed.get_attribute('list')} option").first.get_attribute("value")
    listed.fill(option or "")


def test_a_directive_is_captured_by_keyboard_and_accepted(
    page: Page, product: Product, sign_in: Enter
) -> None:
    """Secretary: a line and Enter, warned of a near-duplicate. Owner: finds it first thing, accepts."""
    sign_in(page, "demo.rdec")
    meeting = product.one("SELECT id FROM directives_meeting ORDER BY held_on DESC LIMIT 1")
    page.goto(f"{product.url}/rooms/control.directives/meetings/{meeting}/")
    expect(page.locator("[name=text]")).to_be_focused()
    for words in ("請檢討輪椅通行的人行道坡道與路緣高差", "請檢討輪椅通行人行道之坡道及路緣高差"):
        page.locator("[name=text]").fill(words)
        page.keyboard.press("Tab")
        page.keyboard.type("水利局")
        page.keyboard.press("Tab")
        page.keyboard.type("下週三")
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    expect(page.get_by_role("alert").first).to_contain_text("列管中有相近的裁示")
    expect(page.locator("[name=text]")).to_have_value("請檢討輪椅通行人行道之坡道及路緣高差")
    case = product.one("SELECT case_id FROM directives_directive WHERE text LIKE '%輪椅通行的人行道%'")
    page.goto(f"{product.url}/cases/{case}/moves/assign_owner/")
    page.locator("main button[type=submit].primary").first.click()
    page.wait_for_url(re.compile(r"/cases/\d+/$"))
    page.context.clear_cookies()
    sign_in(page, "demo.controller")
    page.goto(f"{product.url}/work/")
    expect(page.locator("main")).to_contain_text("待受理裁示")
    page.goto(f"{product.url}/cases/{case}/moves/accept/")
    page.locator("main button[type=submit].primary").first.click()
    page.wait_for_url(re.compile(r"/cases/\d+/$"))
    assert product.one("SELECT stage FROM casework_case WHERE id = ?", case) == "accepted"
