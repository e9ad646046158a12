"""The call centre: an agent writes down what a caller got; the board of the hall opens by a link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Product
from .hands import KEYS, MOUSE, PLAIN, Hands, hands

type At = Callable[..., Hands]


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


OPEN = """SELECT p.service_id, p.latitude, p.longitude, c.number FROM petitions_petition p
JOIN casework_case c ON c.id = p.case_id
WHERE p.latitude IS NOT NULL AND p.service_id IS NOT NULL AND c.closed_on IS NULL
AND c.security IN ('open', 'agency') AND c.stage = 'received' ORDER BY p.received_at DESC LIMIT 1"""


def with_alt(page: Page, digit: str) -> None:
    """Alt and a digit, as a keyboard sends them: Playwright's own press leaves out what access keys go by."""
    keyboard = page.context.new_cdp_session(page)
    told = {"modifiers": 1, "key": digit, "code": f"Digit{digit}", "windowsVirtualKeyCode": ord(digit)}
    down = {"type": "keyDown", "text": digit, "unmodifiedText": digit, **told}
    keyboard.send("Input.dispatchKeyEvent", down)
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})


def test_an_agent_under_pressure_counts_finds_and_joins_by_keyboard(at: At, product: Product) -> None:
    """An incident is counted with one key as soon as it is put up; the script fits; a like case is joined."""
    where = "前鎮區一心路"
    chief, agent = at("demo.callchief", MOUSE), at("demo.agent", KEYS)
    now = datetime.now(ZoneInfo("Asia/Taipei"))
    put_up = {
        "what": "瓦斯外洩", "where": where, "since": f"{now:%Y-%m-%d %H:%M}",
        "until": f"{now + timedelta(hours=2):%Y-%m-%d %H:%M}", "say": "請勿靠近，消防局處理中。",
        "say_en": "Keep away; the fire bureau is at work.",
    }  # fmt: skip
    agent.go("/rooms/service.enquiries/")
    agent.reach(agent.page.locator("#know"))
    agent.page.keyboard.type("路燈")
    expect(agent.page.locator("#answers")).to_contain_text("A-102", timeout=30000)  # without pressing a key
    agent.page.keyboard.press("Enter")
    expect(agent.page.locator(".agent-script li").first).to_contain_text("燈桿")
    expect(agent.page.locator("dl.strip")).to_contain_text("最久等候")
    agent.put(agent.page.locator("#contact"), "channel", "chat")
    agent.put(agent.page.locator("#contact"), "note", "問能不能通行")
    place = chief.quick("/rooms/service.enquiries/incidents/new", **put_up)
    expect(agent.page.locator(".incident").first).to_contain_text(where, timeout=30000)  # it came by itself
    expect(agent.page.locator("#contact [name=note]")).to_be_focused()
    expect(agent.page.locator("#contact [name=note]")).to_have_value("問能不能通行")
    key = agent.page.locator(".incident kbd").first.inner_text()
    with_alt(agent.page, key)
    expect(agent.page.locator("main")).to_contain_text("計入「瓦斯外洩」")
    assert product.one("SELECT count(*) FROM enquiries_contact WHERE note = '問能不能通行'") == 1
    chief.go("/rooms/service.calls/wall/")
    expect(chief.page.locator("#wall")).to_contain_text("請勿靠近")
    chief.quick(f"{place}end")

    service, latitude, longitude, number = product.ask(OPEN)[0]
    form = agent.page.locator("#contact")
    agent.press(form.locator("#where summary"))
    agent.put(form, "service", service)
    agent.put(form, "place", f"{latitude}, {longitude}")
    agent.page.keyboard.press("Enter")
    expect(agent.page.locator(".near")).to_contain_text(number)
    expect(agent.page.locator("input[name=map]")).to_be_visible()
    agent.check()
    agent.press(agent.page.locator(".near li", has_text=number).get_by_role("button"))
    expect(agent.page.locator("main")).to_contain_text(f"已加入{number}，沒有另外立案")


def test_an_agent_finds_the_answer_and_writes_the_contact_down_by_keyboard(at: At, product: Product) -> None:
    agent = at("demo.agent", KEYS)
    before = product.one("SELECT count(*) FROM enquiries_contact WHERE outcome = 'immediate'")
    agent.go("/rooms/service.enquiries/")
    search = agent.page.get_by_role("search").filter(has=agent.page.locator("#know"))
    agent.put(search, "q", "路燈")
    agent.send(search)
    agent.press(agent.page.locator("#found ul.plainlist a").first)
    form = agent.page.locator("#keys form")
    agent.put(form, "note", "詢問報修方式")
    agent.press(agent.page.locator(".agent-keys").get_by_role("button", name="答復完成"))
    expect(agent.page.locator("main")).to_contain_text("已登錄：立即答復")
    assert product.one("SELECT count(*) FROM enquiries_contact WHERE outcome = 'immediate'") == before + 1


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


HEAD = "Call ID,Skill,Start Time,Answer Time,End Time,Agent,ANI"
ROWS = (
    "J1,諮詢,101/03/07 10:00:00,101/03/07 10:00:12,101/03/07 10:02:12,A1,0912345678",
    "J2,諮詢,101/03/07 10:01:00,,101/03/07 10:01:44,,",
    "J3,諮詢,tomorrow,,,,0911222333",
)


def test_a_supervisor_takes_in_the_file_of_a_closed_exchange(at: At, product: Product) -> None:
    """The columns are recognised, it is tried, what cannot be read comes back, the rest is taken in once."""
    chief = at("demo.callchief", MOUSE)
    chief.go("/rooms/service.calls/")
    chief.press(chief.page.get_by_role("link", name="交換機檔案"))
    form = chief.page.locator("main form.form").first
    data = "\n".join([HEAD, *ROWS]).encode("cp950")
    chief.put(form, "file", {"name": "acd.csv", "mimeType": "text/csv", "buffer": data})
    chief.send(form)
    form = chief.page.locator("main form.form").first
    expect(form.locator("[name=entered]")).to_have_value("Start Time")
    expect(form.locator("[name=time]")).to_have_value("roc")
    chief.put(form, "name", "測試ACD")
    chief.send(form)
    expect(chief.page.locator("main")).to_contain_text("可新增2通")
    chief.check()
    with chief.page.expect_download() as taken:
        chief.press(chief.page.get_by_role("link", name="下載退回的列（CSV）"))
    back = taken.value.path().read_text("utf-8-sig").splitlines()
    assert len(back) == 2 and back[1].startswith("J3")
    chief.press(chief.page.get_by_role("button", name="讀入2列"))
    expect(chief.page.locator("main")).to_contain_text("新增2通")
    assert product.one("SELECT count(*) FROM calls_call WHERE external_id IN ('J1', 'J2')") == 2
    chief.press(chief.page.get_by_role("link", name="上傳另一個檔案"))
    expect(chief.page.locator("main")).to_contain_text("測試ACD")


def test_a_supervisor_looks_at_the_wall_and_prints_the_month(at: At) -> None:
    chief = at("demo.callchief", MOUSE)
    chief.go("/")
    expect(chief.page.locator("main").get_by_text("等候中的來電").first).to_be_visible()
    chief.go("/rooms/service.calls/wall/")
    expect(chief.page.locator("dl.wall")).to_contain_text("等候中")
    chief.go("/rooms/service.calls/letters/monthly/")
    form = chief.page.locator("main form").last
    chief.put(form, "period", "101-03")
    form.locator("button[name=preview]").click()
    expect(chief.page.locator("main")).to_contain_text("101年3月")
    chief.check()


def test_a_contact_that_waited_gets_its_case(at: At, product: Product) -> None:
    waiting = "SELECT count(*) FROM enquiries_contact WHERE outcome = 'case_wanted' AND case_id IS NULL"
    left = product.one(waiting)
    agent = at("demo.agent", PLAIN)
    agent.go("/rooms/service.enquiries/wanted/")
    agent.press(agent.page.locator("main table a").first)
    form = agent.page.locator("main form.form").first
    agent.put(form, "content", "大勇路12號前路面有坑洞")
    agent.put(form, "read_back", True)
    agent.send(form)
    expect(agent.page.locator("main")).to_contain_text("查詢碼")
    assert product.one(waiting) == left - 1
