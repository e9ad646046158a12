"""Every type of page, as its readers see it: accessible, within its window, clean, under the policy.

Nobody lists the pages: `city.py` walks the address book and the links of each person. A pattern to which
nothing leads fails here until a page offers it, or until it stands in `ELSEWHERE` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, Page, expect

from .axe import AXE, DESKTOP, PHONE, every_look, overflow, this_look, violations
from .city import KEEPER, PASSWORD, SECRET
from .conftest import Product

PARTS = 12
ELSEWHERE = {
    "counter:page": "a question of a form under way: test_petitions.py",
    "counter:check": "of a form under way: test_petitions.py",
    "counter:done": "of a form that was sent: test_petitions.py",
    "counter:danger": "of a form that speaks of danger: test_petitions.py",
    "counter:map": "a picture",
    "petitions_counter:joined": "a report somebody joined, behind number and code: test_petitions.py",
    "petitions_counter:stop": "behind the signed address in a message: petitions/tests/test_followed.py",
    "petitions_counter:outlines": "answers the map in JSON",
    "petitions_counter:villages": "answers the map in JSON",
    "petitions:cases": "answers the map in JSON",
    "petitions:draw": "a sample somebody drew: petitions/tests/test_auditing.py",
    "petitions:sample": "a sample somebody drew: petitions/tests/test_auditing.py",
    "petitions:audit": "a case of a sample somebody drew: petitions/tests/test_auditing.py",
    "petitions:analysed": "of a month in which cases were closed: petitions/tests/test_auditing.py",
    "petitions:reveal": "of a case whose petitioner is named: petitions/tests/test_limits.py",
    "petitions:hotspot": "a place reported again and again: petitions/tests/test_hotspots.py",
    "counter:push_script": "a script",
    "petitions_counter:letter": "a file: petitions/tests/test_hearing.py",
    "petitions:crew_map": "a picture",
    "petitions:crew_photo": "a picture",
    "petitions:crew_sw": "a script",
    "petitions_public:crew*": "opened by a contractor's link: test_petitions.py",
    "petitions_counter:case": "opened by number and code: test_petitions.py",
    "api:*": "answers programs in JSON",
    "openapi": "answers programs in JSON",
    "v2/*": "Open311 answers programs in XML and JSON",
    "open311:*": "answers programs in XML and JSON",
    ".*": "answers programs in JSON",
    "healthz": "answers machines in JSON",
    "open_data_*": "files: petitions/tests/test_open_data.py",
    "*_feed": "Atom and iCalendar: petitions/tests/test_open_data.py, site/tests/test_calendar_feed.py",
    "desk:commands": "the address of desk:palette",
    "desk:find": "the address of desk:palette",
    "desk:guide*": "test_guide.py",
    "desk:import_refused": "a file; test_journeys.py fetches it",
    "desk:again": "below: what was typed with an outdated token",
    "desk:inbox_open": "leads on to the case of a notice",
    "desk:letter_file": "a file",
    "desk:letters_zip": "a file",
    "report:card": "the inside of the popover: opened in test_guide.py and test_journeys.py",
    "report:drift": "only of a frozen edition: test_journeys.py",
    "trips_public:file": "a file",
    "calls:wall_board": "the moving part of calls:wall",
    "calls_public:kiosk*": "opened by a link that is shown once: test_call_centre.py",
    "calls:kiosk_revoke": "made by the form of calls:kiosks where there are links",
    "desk:office_journal_again": "made by the form of desk:office_journal",
    "desk:office_letter_act": "made by the forms of desk:office_letter",
    "enquiries:incident_end": "the supervisor's button on enquiries:incident: test_call_centre.py",
    "enquiries:map": "a picture: test_call_centre.py",
    "enquiries:pop": "the moving part of enquiries:home",
    "enquiries:article_act": "made by the forms of enquiries:article",
    "enquiries:nuisance_act": "made by the forms of enquiries:nuisance",
    "training_public:*": "behind a code that changes every half minute: test_sessions.py",
    "quality:reinspect": "made by a form of the case page after a grade of 丙",
    "quality:returns_act": "made by the forms of quality:returns once a return was put together",
    "training:screen": "the wall of a sitting that is open today",
    "calls:kiosk*": "of whoever keeps the wall boards: test_call_centre.py",
    "calls:file": "of a file that was uploaded: test_call_centre.py",
    "calls:file_refused": "a file: test_call_centre.py fetches it",
    "proposals:budget": "a file, of a year whose ranking was decided: test_review_rooms.py",
    "desk:review_copy": "a file: test_review_rooms.py",
    "desk:review_sheet": "a file: test_review_rooms.py",
    "desk:received_file": "a file",
    "account_change_password": "the second factor's journey below",
    "account_reauthenticate": "the second factor's journey below",
    "mfa_*": "the second factor's journey below; passkeys in test_passkeys.py",
}


SOME_DAYS = {"petitions:analysed"}
"""Exempt, and found by the walk as well where the month before the day of the walk has cases."""


def test_every_pattern_of_the_address_book_is_opened_or_exempt_with_a_reason(walk: Any) -> None:
    ours = [re.compile(re.escape(name).replace(r"\*", ".*")) for name in ELSEWHERE]
    unmet = set(walk["patterns"]) - set(walk["met"])
    orphans = [name for name in unmet if not any(one.fullmatch(name) for one in ours)]
    assert sorted(orphans) == [], "no page leads here; link it, or say in ELSEWHERE who opens it"
    known = [name for name in ELSEWHERE if "*" not in name]
    assert [name for name in known if name not in walk["patterns"]] == [], "exempt, but not there any more"
    swept = {sight["kind"].partition(" ")[0] for sight in walk["sights"]} - SOME_DAYS
    assert [name for name in known if name in swept] == [], "exempt, but found by the walk"


def test_no_page_offers_a_link_that_is_refused(walk: Any) -> None:
    assert walk["refused"] == []


def test_an_english_reader_finds_no_chinese_in_labels_buttons_and_columns(walk: Any) -> None:
    assert walk["chinese"] == []


# ── The pages that were found ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def open_as(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[Callable[[str], Page]]:
    """A page on which that person is signed in ("" is nobody); one for each, kept for the module."""
    kept: dict[str, Page] = {}

    def give(username: str) -> Page:
        if username not in kept:
            context = browser.new_context(
                locale="zh-TW", timezone_id="Asia/Taipei", viewport=DESKTOP, reduced_motion="reduce"
            )  # fmt: skip
            context.add_init_script(path=AXE)  # read once by the browser, not sent for every page
            page = kept[username] = context.new_page()
            page.set_default_timeout(30000)
            if username:
                page.goto(f"{product.url}/accounts/demo/")
                page.locator(f"button[name=user][value='{personas[username]}']").click()
                page.wait_for_load_state()
        return kept[username]

    yield give
    for page in kept.values():
        page.context.close()


def looked_at(page: Page, url: str, status: int = 200, *, frame: bool = True) -> list[str]:
    """Open the page and say what is wrong with it."""
    told: list[str] = []

    def heard(message: Any) -> None:
        if message.type == "error" and f"status of {status}" not in message.text:
            told.append(f"console: {message.text}")

    page.on("console", heard)
    answer = page.goto(url)
    faults = [] if answer and answer.status == status else [f"status {answer and answer.status}"]
    policy = answer.headers.get("content-security-policy", "") if answer else ""
    if "script-src" not in policy or "unsafe" in policy:
        faults.append(f"policy {policy!r}")
    faults += every_look(page, frame=frame)
    page.remove_listener("console", heard)
    return faults + told


EMPTY = """form => { for (const one of form.elements)
  if (one.matches("input:not([type=hidden],[type=radio],[type=checkbox],[type=file]), textarea, select"))
    one.value = ""; }"""


def refused(page: Page) -> list[str]:
    """Send the form of the page empty and say what is wrong with how it comes back."""
    form = page.locator("main form.form").first
    if not form.count():
        return ["asks for something, but holds no form"]
    form.evaluate(EMPTY)
    form.locator(".doing button[type=submit]").first.click()
    expect(page.locator(".errors").first).to_be_visible()
    expect(page.locator(".errors").first).to_be_focused()
    return [f"refused: {one}" for one in this_look(page)]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_fits_and_keeps_the_policy(
    product: Product, walk: Any, open_as: Callable[[str], Page], part: int
) -> None:
    sights = sorted(walk["sights"], key=lambda sight: sight["who"])
    share = -(-len(sights) // PARTS)
    faults: list[str] = []
    framed: set[str] = set()
    for sight in sights[part * share : (part + 1) * share]:
        page, address = open_as(sight["who"]), sight["address"]
        found = looked_at(page, product.url + address, 200, frame=sight["who"] not in framed)
        framed.add(sight["who"])  # the bar and the menu of a person are the same on each of their pages
        if sight["asks"] and not found:
            found = refused(page)
        faults += [f"{sight['who']} {address}: {one}" for one in found]
    assert faults == []


def test_the_permission_matrix_of_a_room_is_as_accessible_as_that_of_the_addresses(
    product: Product, open_as: Callable[[str], Page]
) -> None:
    """The walk opens the first part of a page; this one is another table, as wide as there are roles."""
    page = open_as("demo.auditor")
    address = f"{product.url}/office/permissions/?room=service.petitions"
    assert looked_at(page, address) == [] and looked_at(page, f"{address}&role=ethics&verb=export") == []


# ── Somebody with a password and a second factor ────────────────────────────────────────────────────


def code() -> str:
    """What the authenticator shows now."""
    return str(format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time()))))


def test_the_pages_of_the_second_factor_are_accessible(
    open_as: Callable[[str], Page], product: Product
) -> None:
    page = open_as("")
    page.goto(f"{product.url}/accounts/login/")
    page.locator("input[name=login]").fill(KEEPER)
    page.locator("input[name=password]").fill("wrong")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator(".errors")).to_be_visible()
    assert every_look(page) == []
    page.locator("input[name=login]").fill(KEEPER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("input[name=code]")).to_be_visible()
    assert every_look(page) == []
    page.locator("input[name=code]").fill(code())
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("input[name=code]")).to_have_count(0)
    faults = []
    places = ["", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/", "webauthn/add/"]
    places = [*(f"2fa/{one}" for one in places), "reauthenticate/", "2fa/reauthenticate/", "password/change/"]
    for place in places:
        faults += [f"{place}: {one}" for one in looked_at(page, f"{product.url}/accounts/{place}")]
    page.context.clear_cookies()
    assert faults == []


# ── Pages that something goes wrong on, and what opens over a page ──────────────────────────────────


def test_refusals_results_and_what_opens_over_a_page_are_accessible(
    open_as: Callable[[str], Page], product: Product
) -> None:
    faults = [f"404: {one}" for one in looked_at(open_as(""), f"{product.url}/nowhere/", 404)]
    officer, rdec = open_as("demo.officer"), open_as("demo.rdec")
    faults += [
        f"403: {one}" for one in looked_at(officer, f"{product.url}/rooms/control.programme/new/", 403)
    ]
    expect(officer.locator("main .note.bad")).to_contain_text("由")
    rdec.goto(f"{product.url}/rooms/control.programme/new/")
    rdec.locator("input[name=title]").fill("未完成的案名")
    rdec.evaluate("for (const one of document.getElementsByName('csrfmiddlewaretoken')) one.value = 'x'")
    rdec.locator("main form.form .doing button[type=submit]").click()
    expect(rdec.locator("h1")).to_have_text("您填寫的內容還在")
    faults += [f"kept: {one}" for one in every_look(rdec)]
    rdec.get_by_role("button", name="回到表單").click()
    expect(rdec.locator("input[name=title]")).to_have_value("未完成的案名")
    rdec.goto(f"{product.url}/rooms/control.programme/?stage=executing")
    rdec.locator("#rows input[name=id]").first.check()
    faults += [f"picked: {one}" for one in every_look(rdec)]
    rdec.locator("[data-bulk] button[name]").first.click()
    expect(rdec.locator("h1")).to_be_visible()
    faults += [f"bulk: {one}" for one in every_look(rdec)]
    rdec.goto(f"{product.url}/work/")
    rdec.keyboard.press("Control+k")
    rdec.keyboard.type("水利")
    expect(rdec.locator("#hits a").first).to_be_visible()
    faults += [f"palette: {one}" for one in every_look(rdec)]
    rdec.keyboard.press("Escape")
    rdec.set_viewport_size(PHONE)
    rdec.locator(".tabs button").click()
    expect(rdec.locator("#nav")).to_be_visible()
    faults += [f"menu: {one}" for one in violations(rdec)]
    assert faults == []


def test_a_breakdown_is_told_on_an_accessible_page(
    page: Page, live_server: Any, settings: Any, faults: list[str]
) -> None:
    settings.ROOT_URLCONF = "tests.browser.breakdown"
    answer = page.goto(live_server.url)
    assert answer is not None
    assert answer.status == 500
    expect(page.locator("[lang=en]")).to_contain_text("was not saved")
    assert every_look(page) == []
    faults.clear()  # the browser says itself that the page answered 500


def test_pages_hold_at_twice_the_size_and_on_paper(open_as: Callable[[str], Page], product: Product) -> None:
    """Reflow: 1360 pixels at 200 % are 680, at 400 % (the norm) 340; on paper only the work shows."""
    rdec = open_as("demo.rdec")
    case = product.one("SELECT MAX(id) FROM casework_case WHERE kind = 'control.programme'")
    for address in (
        "/work/",
        "/rooms/control.programme/",
        f"/cases/{case}/",
        f"/cases/{case}/amend/",
        "/office/rules/",
    ):
        rdec.goto(product.url + address)
        for width in (680, 340):
            rdec.set_viewport_size({"width": width, "height": 450})
            assert overflow(rdec) <= 0, f"{address} at {width} px"
    rdec.set_viewport_size(DESKTOP)
    rdec.goto(f"{product.url}/cases/{case}/")
    rdec.emulate_media(media="print")
    for hidden in ("header.bar", "nav.nav", ".ribbon", ".foot", "#moves-title"):
        expect(rdec.locator(hidden).first).to_be_hidden()
    expect(rdec.locator("#case h1")).to_be_visible()
    assert rdec.pdf(format="A4", print_background=False)[:5] == b"%PDF-"
    rdec.emulate_media(media="screen")
