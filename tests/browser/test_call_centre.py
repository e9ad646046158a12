"""The call centre: an agent writes down what a caller got; the board of the hall opens by a link."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Product
from .hands import KEYS, MOUSE, Hands, hands

type At = Callable[..., Hands]


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def test_an_agent_finds_the_answer_and_writes_the_contact_down_by_keyboard(at: At, product: Product) -> None:
    agent = at("demo.agent", KEYS)
    before = product.one("SELECT count(*) FROM enquiries_contact WHERE outcome = 'immediate'")
    agent.go("/rooms/service.enquiries/")
    search = agent.page.get_by_role("search").filter(has=agent.page.locator("#know"))
    agent.put(search, "q", "路燈")
    agent.send(search)
    agent.press(agent.page.locator("ul.plainlist a").first)
    form = agent.page.locator("#keys form")
    agent.put(form, "note", "詢問報修方式")
    agent.press(agent.page.locator(".agent-keys").get_by_role("button", name="答復完成"))
    expect(agent.page.locator("main")).to_contain_text("今日諮詢")
    assert product.one("SELECT count(*) FROM enquiries_contact WHERE outcome = 'immediate'") == before + 1
    agent.check()


def test_a_board_opens_by_its_link_without_signing_in_until_the_link_is_taken_back(
    at: At, browser: Browser, product: Product
) -> None:
    chief = at("demo.callchief", MOUSE)
    chief.go("/rooms/service.calls/kiosks/")
    form = chief.page.locator("main form.form").first
    chief.put(form, "label", "大廳看板")
    chief.send(form)
    link = chief.page.locator("main code").first.inner_text()
    chief.check()
    hall = browser.new_context(locale="zh-TW", java_script_enabled=False)
    board = hall.new_page()
    assert (board.goto(link) or pytest.fail("no answer")).status == 200
    expect(board.locator("dl.wall")).to_contain_text("等候中")
    assert board.locator("nav a[href^='/rooms/']").count() == 0
    chief.press(chief.page.get_by_role("button", name="撤銷 大廳看板"))
    assert (board.goto(link) or pytest.fail("no answer")).status in (403, 404, 410)
    hall.close()
