"""The design language in a real browser: accessible in every look, alive by keyboard, whole without
script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .axe import DESKTOP, PHONE, every_look, violations


@pytest.fixture
def guide(live_server: Any) -> str:
    return f"{live_server.url}/desk/guide"


def wait_until(page: Page, condition: str) -> None:
    """Poll from outside: the policy forbids the evaluation that Playwright's own waiting needs."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_every_part_is_accessible_and_fits(browser: Browser, guide: str, language: str) -> None:
    context = browser.new_context(locale=language, viewport=DESKTOP, reduced_motion="reduce")
    page = context.new_page()
    page.goto(guide)
    assert every_look(page) == []
    page.locator("button[popovertarget=me-menu]").click()
    expect(page.locator("#me-menu")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.locator("#hits a").first).to_be_visible()
    assert violations(page) == []
    context.close()


def test_high_contrast_large_and_dark_by_the_reader_s_choice_stay_accessible(
    page: Page, guide: str, assert_clean: Callable[[Page], None]
) -> None:
    look = "theme-dark.density-compact.size-large.contrast-high.keys-on"
    page.context.add_cookies([{"name": "yk_look", "value": look, "url": guide}])
    page.set_viewport_size(PHONE)
    page.goto(guide)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []
    assert_clean(page)


def test_rows_are_picked_by_keyboard_and_in_ranges(
    page: Page, guide: str, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(guide)
    expect(page.locator("[data-bulk]")).to_be_hidden()
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator("[data-picked]")).to_have_text("3")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("2")
    page.locator("[data-pick-all]").check()
    expect(page.locator("[data-picked]")).to_have_text("4")
    page.locator("[data-pick-none]").click()
    expect(page.locator("[data-bulk]")).to_be_hidden()
    assert_clean(page)


def test_single_keys_rest_in_fields_and_while_a_character_is_being_chosen(page: Page, guide: str) -> None:
    page.goto(guide)
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("jx?")
    expect(page.locator("#find")).to_have_value("jx?")
    expect(page.locator("#help")).to_be_hidden()
    page.locator("#find").blur()
    page.evaluate(
        """document.body.dispatchEvent(
            new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"""
    )
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.context.add_cookies([{"name": "yk_look", "value": "keys-off", "url": guide}])
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.locator("#help")).to_be_hidden()
    assert page.locator("tr.at").count() == 0
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_a_figure_opens_in_place_and_gives_the_focus_back(
    page: Page, guide: str, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(guide)
    figure = page.locator("a.fig").first
    figure.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pop .big")).to_be_visible()
    expect(figure).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    box = page.locator("#pop").bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= DESKTOP["height"]
    page.keyboard.press("Escape")
    expect(page.locator("#pop")).to_be_hidden()
    expect(figure).to_be_focused()
    expect(figure).to_have_attribute("aria-expanded", "false")
    with page.context.expect_page() as opened:
        figure.click(modifiers=["Control"])
    expect(opened.value.locator("h1")).to_be_visible()
    expect(page.locator("#pop")).to_be_hidden()
    assert_clean(page)


def test_the_palette_finds_and_is_walked_by_arrows(
    page: Page, guide: str, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(guide)
    page.keyboard.press("Control+k")
    expect(page.locator("#hits a")).to_have_count(3)
    page.keyboard.type("P115")
    expect(page.locator("#hits a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#hits a")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert_clean(page)


def test_a_fragment_is_swapped_and_its_address_is_the_page_s(
    page: Page, guide: str, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(guide)
    page.evaluate("window.sameDocument = true")
    asked: list[dict[str, str]] = []
    page.on("request", lambda request: asked.append(request.headers) if "again" in request.url else None)
    page.locator("a[href*='again=1']").click()
    wait_until(page, "location.search === '?again=1'")
    expect(page.locator("#worklist table")).to_have_count(1)
    expect(page.get_by_role("status").get_by_text("清單已更新")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    assert asked[0]["hx-request"] == "true"
    assert asked[0]["hx-request-type"] == "partial"
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("1")
    assert_clean(page)


def test_fields_answer_while_one_types_and_rows_are_added(
    page: Page, guide: str, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(guide)
    expect(page.locator("[data-echo-for=id_due]")).to_have_text("民國115年11月23日（星期一）")
    page.locator("#id_due").fill("115/2/30")
    expect(page.locator("[data-echo-for=id_due]")).to_have_text("")
    page.locator("#id_budget").fill("1,140.5萬")
    expect(page.locator("[data-echo-for=id_budget]")).to_have_text("1,140萬5,000元")
    page.locator("#id_reason").fill("用地")
    expect(page.locator("[data-left-for=id_reason]")).to_have_text("還可輸入198字")
    page.locator("[data-add-row]").click()
    expect(page.locator("#id_months-2-item")).to_be_focused()
    expect(page.locator("#id_months-TOTAL_FORMS")).to_have_value("3")
    assert_clean(page)


def test_an_injected_attribute_without_the_page_s_nonce_asks_nothing(
    page: Page, guide: str, faults: list[str]
) -> None:
    page.goto(guide)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    refused = page.evaluate(
        """() => { try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return false }
        catch { return true } }"""
    )
    assert refused
    stripped = page.evaluate(
        """() => { const evil = document.createElement('button'); evil.id = 'evil';
        evil.setAttribute('hx-get', '/desk/guide?evil=1'); document.querySelector('main').append(evil);
        window.htmx.process(evil); evil.click(); return !evil.hasAttribute('hx-get') }"""
    )
    assert stripped
    page.wait_for_timeout(300)
    assert not [url for url in asked if "evil" in url]
    assert any("TrustedHTML" in told for told in faults)
    assert any("no hx-nonce" in told for told in faults)
    faults.clear()


def test_the_journeys_work_without_script(browser: Browser, guide: str) -> None:
    context = browser.new_context(locale="zh-TW", java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(guide)
    page.locator("a.fig").first.click()
    expect(page.locator(".big")).to_be_visible()
    page.goto(guide)
    expect(page.locator("[data-bulk]")).to_be_visible()
    page.locator(".builder summary").click()
    expect(page.locator("#filter_since")).to_be_visible()
    page.locator("button[popovertarget=me-menu]").click()
    page.locator("#me-menu button[name=theme][value=dark]").click()
    expect(page.locator("html.theme-dark")).to_have_count(1)
    page.locator("button[popovertarget=me-menu]").click()
    page.locator("#me-menu button[name=language][value=en]").click()
    expect(page.locator("html[lang=en].theme-dark")).to_have_count(1)
    page.locator("#forms form [type=submit]").click()
    expect(page.locator("#forms .errors a").first).to_have_attribute("href", "#id_title")
    context.close()
