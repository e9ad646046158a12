"""What citizens bring, from the telephone or the counter to the reply: with the mouse, by keyboard, without
script.
"""

from __future__ import annotations

import itertools
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect

from yankao.kernel.evidence.tests.test_evidence import GOOD, jpeg, tiff_block

from .axe import PHONE
from .conftest import Product
from .hands import KEYS, MOUSE, PLAIN, WATCH, Hands, hands, odt, photo

type At = Callable[..., Hands]
WAYS = [MOUSE, KEYS, PLAIN]
TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()
EXIF = {"name": "坑洞.jpg", "mimeType": "image/jpeg", "buffer": jpeg(tiff_block())}
"""A picture that says it was taken at 22.621333, 120.312."""
WEBP = {"name": "坑洞.webp", "mimeType": "image/webp", "buffer": GOOD["照.webp"][1]}
HUGE = {**EXIF, "buffer": jpeg() + bytes(21_000_000)}
NAME, MOBILE = "歐陽測試", "0912345678"
numbers = itertools.count(1)


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


@pytest.fixture
def citizen(browser: Browser, product: Product) -> Iterator[At]:
    """`citizen(way)`: somebody at the public site with a telephone, or by keyboard at a desk."""
    kept: list[Hands] = []

    def come(way: str = MOUSE) -> Hands:
        context = browser.new_context(
            locale="zh-TW", timezone_id="Asia/Taipei", viewport=PHONE, reduced_motion="reduce",
            java_script_enabled=way != PLAIN,
        )  # fmt: skip
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(60000)
        told: list[str] = []
        page.on("pageerror", lambda error: told.append(str(error)))
        kept.append(Hands(page, product.url, way, told))
        return kept[-1]

    yield come
    for one in kept:
        one.page.context.close()


# ── At the counter ──────────────────────────────────────────────────────────────────────────────────


def answer(person: Hands, title: str, /, **given: Any) -> None:
    """Answer the question that stands open and go on."""
    expect(person.page.locator("h1")).to_have_text(title)
    form = person.page.locator("#question")
    for name, value in given.items():
        person.put(form, name, value)
    person.send(form)


def take_away(who: Hands) -> tuple[str, str]:
    """The number and the code of what was sent."""
    expect(who.page.locator("#number")).to_be_visible()
    return who.page.locator("#number").inner_text(), who.page.locator("#code").inner_text()


def written(citizen: At, journey: str, content: str, **more: str) -> tuple[str, str]:
    """A letter sent without looking at its pages: number and code."""
    who = citizen(PLAIN)
    who.go(f"/counter/{journey}/")
    given = {"category": "drainage", "parties": "public", "who": "named", "name": NAME, "mobile": MOBILE}
    given |= {"subject": f"{content[:20]}", "content": content, **more}
    asked = [
        ("", ()), ("matter/", ("subject", "content")), ("category/", ("category",)),
        ("parties/", ("parties",)), ("where/", ()), ("files/", ()), ("who/", ("who",)),
        ("contact/", ("name", "mobile")), ("check/", ()),
    ]  # fmt: skip
    for page, names in asked:
        who.quick(f"/counter/{journey}/{page}", **{name: given[name] for name in names})
    who.go(f"/counter/{journey}/done/")
    return take_away(who)


def case_of(product: Product, number: str) -> int:
    return int(product.one("SELECT id FROM casework_case WHERE number = ?", number))


def controller_of(product: Product, agency: str) -> int:
    return int(product.one(
        "SELECT u.id FROM people_user u JOIN people_post p ON p.user_id = u.id"
        " JOIN people_agency a ON a.id = p.agency_id"
        " WHERE a.code = ? AND p.role = 'controller' AND p.valid_to IS NULL", agency
    ))  # fmt: skip


def stage_of(product: Product, case: int) -> str:
    return str(product.one("SELECT stage FROM casework_case WHERE id = ?", case))


def follow(who: Hands, number: str, code: str) -> None:
    """Open the case by its number and code."""
    who.go("/counter/follow/")
    form = who.page.locator("main form.form")
    who.put(form, "number", number)
    who.put(form, "code", code.lower())
    who.send(form)
    expect(who.page.locator("h1")).to_contain_text(number)


def say(who: Hands, what: str, **given: Any) -> None:
    """Fill in one of the forms of the followed case."""
    form = who.page.locator(f"form:has(input[name=what][value={what}])")
    for name, value in given.items():
        who.put(form, f"{what}-{name}", value)
    who.send(form)
    expect(who.page.locator(".flash")).to_be_visible()


# ── A pothole ───────────────────────────────────────────────────────────────────────────────────────


def reported(who: Hands, *, alone: bool = True) -> tuple[str, str]:
    """A pothole, photo first; the place comes from the picture."""
    who.go("/counter/report/")
    who.press(who.page.get_by_role("button", name="開始"))
    answer(who, "先拍一張照片", files=EXIF)
    expect(who.page.locator(".mapbox")).to_contain_text("已用照片裡的位置")
    answer(who, "在哪裡")
    answer(who, "是什麼情形", service="pothole")
    if not alone:
        expect(who.page.locator(".near")).to_contain_text("約0公尺")
        answer(who, "附近已經有人通報", same="other")
    answer(who, "再說清楚一點", size="plate")
    answer(who, "還有什麼要說的", content="下雨後變大。")
    answer(who, "怎麼告訴您進度", mobile=MOBILE)
    expect(who.page.locator("main")).to_contain_text("22.62133, 120.31200")
    who.press(who.page.get_by_role("button", name="送出通報"))
    return take_away(who)


def outdoors(at: At, way: str) -> Hands:
    """The crew with a telephone."""
    crew = at("demo.crew", way)
    crew.page.set_viewport_size(PHONE)
    return crew


def step(crew: Hands, act: str, stage: str, **given: Any) -> None:
    """Take a step outside, and see that it was taken."""
    form = crew.page.locator(f"form[data-act={act}]")
    for name, value in given.items():
        crew.put(form, name, value)
    crew.send(form)
    if stage:
        expect(crew.page.locator("[data-stage]")).to_have_attribute("data-stage", stage)


@pytest.mark.parametrize("way", WAYS)
def test_a_pothole_goes_from_a_telephone_to_the_crew_and_back_with_a_reply_and_a_rating(
    at: At, citizen: At, product: Product, way: str
) -> None:
    told = citizen(way)
    first = not product.ask(
        "SELECT 1 FROM petitions_petition p JOIN casework_case c ON c.id = p.case_id WHERE p.latitude ="
        " 22.621333 AND p.service_id = 'pothole' AND c.closed_on IS NULL"
    )
    number, code = reported(told, alone=first)
    if first:  # whoever comes next is shown this one
        number, code = reported(citizen(way), alone=False)
    case = case_of(product, number)
    at("demo.agent", way).do(case, "dispatch", "已派工", agency="水利局", crew=None)
    crew = outdoors(at, way)
    crew.go("/rooms/service.petitions/crew/")
    crew.press(crew.page.locator(".orders a", has_text=number))
    step(crew, "set_out", "en_route")
    step(crew, "arrive", "on_site", before=EXIF)
    step(crew, "complete", "" if way == PLAIN else "completed", text="熱拌瀝青填補完成", after=photo(80))
    expect(crew.page.locator("main")).to_contain_text("今天完成" if way == PLAIN else "您已經做完")
    assert stage_of(product, case) == "completed"
    officer = at("demo.officer", way)
    officer.move(case, "verify")
    officer.do(case, "reply_dispatch", "已答復", text="坑洞已填補，謝謝您的通報。")
    officer.move(case, "close")
    follow(told, number, code)
    expect(told.page.locator("main")).to_contain_text("坑洞已填補，謝謝您的通報。")
    say(told, "rating", score="4", comment="很快")
    assert product.one("SELECT score FROM petitions_rating WHERE petition_id = ?", case) == 4
    if way == MOUSE:
        told.check()
        officer.go(f"/cases/{case}/")
        officer.check()


# ── A petition with everything ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
def test_a_petition_is_supplemented_extended_and_handled_jointly(
    at: At, citizen: At, product: Product, way: str
) -> None:
    number, code = written(citizen, "petition", f"側溝淤積，請清理（{way}{next(numbers)}）。")
    case = case_of(product, number)
    agent, officer, head = at("demo.agent", MOUSE), at("demo.officer", way), at("demo.head", way)
    agent.move(case, "triage", kind="petition", category="側溝與水溝蓋", complexity="simple", nature="rights")
    agent.move(case, "assign", agency="水利局")
    officer.move(case, "accept")
    officer.do(case, "ask_supplement", "待補正", wanted="請補充淤積處的照片。")
    who = citizen(way)
    follow(who, number, code)
    expect(who.page.locator("main")).to_contain_text("請補充淤積處的照片。")
    say(who, "supplement", text="照片如附件。", files=photo(70))
    form = officer.form(case, "ask_extension")
    officer.put(form, "days", "3")
    officer.put(form, "reason", "須與管線單位會勘。")
    officer.send(form)
    head.do(case, "decide_extension", approved=True)
    officer.do(case, "join", agencies="KCG-PW", question="請就路面部分表示意見。")
    joined = citizen(way)
    joined.go("/accounts/demo/")
    joined.quick("/accounts/demo/", user=controller_of(product, "KCG-PW"))
    joined.do(case, "co_reply", joint=None, answer="路面已列入下月刨鋪。")
    officer.go(f"/cases/{case}/")
    expect(officer.page.locator("#case")).to_contain_text("路面已列入下月刨鋪。")
    paused, extended, supplement = product.ask(
        "SELECT k.paused_at, p.extensions, s.text FROM petitions_petition p"
        " JOIN casework_clock k ON k.case_id = p.case_id AND k.code = 'answer'"
        " JOIN petitions_supplement s ON s.petition_id = p.case_id WHERE p.case_id = ?", case
    )[0]  # fmt: skip
    assert (paused, extended, supplement) == (None, 1, "照片如附件。")


# ── An accusation ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
def test_an_accusation_is_sealed_from_everybody_but_its_custodians(
    at: At, citizen: At, product: Product, way: str
) -> None:
    who, secret = citizen(way), f"承辦人收受廠商招待{next(numbers)}"
    who.go("/counter/petition/")
    who.press(who.page.get_by_role("button", name="開始"))
    answer(who, "您要說的事", subject="檢舉收受招待", content=secret)
    answer(who, "和哪一方面有關", category="conduct")
    answer(who, "在哪裡發生的")
    answer(who, "有要附的檔案嗎", files=odt())
    answer(who, "具名、保密或匿名", who="named")
    answer(who, "怎麼答復您", name=NAME, mobile=MOBILE)
    expect(who.page.locator("main")).to_contain_text("只有政風保管人員可以打開")
    who.press(who.page.get_by_role("button", name="送出陳情"))
    number, code = take_away(who)
    case = case_of(product, number)
    custodian = at("demo.ethics", way)
    custodian.go(f"/cases/{case}/")
    expect(custodian.page.locator("main")).to_contain_text(secret)
    for username in ("demo.agent", "demo.officer", "demo.rdec", "demo.auditor", "demo.mayor"):
        other = at(username, MOUSE)
        for address in (f"/cases/{case}/", f"/cases/{case}/moves/assign/", f"/cases/{case}/ledger/"):
            assert other.page.context.request.get(other.url + address).status == 404, (username, address)
        found = other.page.context.request.get(f"{other.url}/palette/?q={secret[:9]}").text()
        listed = other.page.context.request.get(f"{other.url}/rooms/service.petitions/?q={number}").text()
        assert number not in found and f"/cases/{case}/" not in listed, username
    follow(who, number, code)
    expect(who.page.locator("main")).to_contain_text("我們收到了")
    if way == MOUSE:
        who.check()


# ── By telephone ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
def test_an_agent_writes_down_a_call_and_reads_it_back_before_it_is_on_record(
    at: At, citizen: At, product: Product, way: str
) -> None:
    agent, words = at("demo.agent", way), f"公車站牌被樹遮住，看不到班次{next(numbers)}。"
    agent.go("/rooms/service.petitions/new/")
    form = agent.page.locator("#entry")
    given = {"subject": "站牌被遮住", "content": words, "category": "transport", "name": NAME}
    for name, value in {**given, "mobile": MOBILE}.items():
        agent.put(form, name, value)
    agent.press(form.get_by_role("button", name="下一步"))
    expect(agent.page.locator("#read")).to_contain_text(words)
    before = product.one("SELECT count(*) FROM petitions_petition")
    agent.press(agent.page.get_by_role("button", name="陳情人已確認，登錄"))
    expect(agent.page.locator("#read .errors")).to_contain_text("朗讀")
    assert product.one("SELECT count(*) FROM petitions_petition") == before
    agent.put(agent.page.locator("#read"), "read_back", "read")
    agent.press(agent.page.get_by_role("button", name="陳情人已確認，登錄"))
    number, code = take_away(agent)
    if way == MOUSE:
        agent.check()
    case = case_of(product, number)
    assert product.ask(
        "SELECT channel, read_back, petitioner_id IS NOT NULL FROM petitions_petition WHERE case_id = ?", case
    ) == [("phone", "read", 1)]
    assert stage_of(product, case) == "registered"
    caller = citizen(way)
    follow(caller, number, code)
    expect(caller.page.locator("main")).to_contain_text(words)


# ── The reply ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
def test_a_reply_is_drafted_returned_approved_by_another_and_sent(
    at: At, citizen: At, product: Product, way: str
) -> None:
    number, code = written(citizen, "petition", f"水溝蓋鬆動（{way}{next(numbers)}）。")
    case = case_of(product, number)
    agent, officer, manager = at("demo.agent", MOUSE), at("demo.officer", way), at("demo.manager", way)
    agent.move(case, "triage", kind="petition", category="側溝與水溝蓋", complexity="simple", nature="rights")
    agent.move(case, "assign", agency="水利局")
    officer.move(case, "accept")
    reply = {"disposition": "done", "text": "已處理。", "basis": "下水道法第17條"}
    officer.move(case, "draft_reply", **reply)
    manager.do(case, "return_draft", "辦理中", reason="請說明處理日期。")
    officer.do(case, "draft_reply", "陳核中", **{**reply, "text": "已於今日固定水溝蓋。"})
    manager.do(case, "approve_reply", "已核定")
    officer.do(case, "send_reply", "已答復", sent_by="phone")  # no e-mail address was left
    who = citizen(way)
    follow(who, number, code)
    expect(who.page.locator(".replytext")).to_have_text("已於今日固定水溝蓋。")
    expect(who.page.locator("main")).to_contain_text("下水道法第17條")
    assert product.ask(
        "SELECT returned_for <> '', approved_by_id <> drafted_by_id FROM petitions_reply"
        " WHERE petition_id = ? ORDER BY number", case
    ) == [(1, None), (0, 1)]  # fmt: skip
    if way == MOUSE:
        officer.check()


# ── One letter, two matters ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS)
def test_a_letter_to_the_mayor_about_two_matters_is_split(
    at: At, citizen: At, product: Product, way: str
) -> None:
    number, code = written(citizen, "mailbox", f"路燈不亮，又有積水（{way}{next(numbers)}）。")
    case = case_of(product, number)
    agent = at("demo.agent", way)
    form = agent.form(case, "split")
    agent.put(form, "matters-0-content", "巷口每逢大雨就積水。")
    agent.put(form, "matters-0-category", "積淹水")
    agent.send(form)
    expect(agent.page.locator("#case h1")).to_be_visible()
    (part, part_number), = product.ask(
        "SELECT c.id, c.number FROM petitions_petition p JOIN casework_case c ON c.id = p.case_id"
        " WHERE p.split_from_id = ?", case
    )  # fmt: skip
    for one in (case, part):
        assert (
            product.one("SELECT count(*) FROM casework_clock WHERE case_id = ? AND code = 'answer'", one) == 1
        )
    who = citizen(way)
    for one, words in ((number, "路燈不亮"), (part_number, "巷口每逢大雨就積水。")):
        follow(who, one, code)
        expect(who.page.locator("main")).to_contain_text(words)
    assert re.search(r"P\d+-\d{6}", part_number)


# ── Outside ─────────────────────────────────────────────────────────────────────────────────────────

TWICE = """() => new Promise((done) => {
  const opened = indexedDB.open("yankao-crew");
  opened.onsuccess = () => {
    const deal = opened.result.transaction("queue", "readwrite");
    const rows = deal.objectStore("queue");
    rows.getAll().onsuccess = ({ target }) => target.result.forEach(({ n, ...row }) => rows.add(row));
    deal.oncomplete = () => done(true);
  };
})"""
"""Every report of the queue a second time, as after an answer that was lost."""


def faulted(citizen: At, product: Product, words: str) -> int:
    """A pothole reported without looking at its pages: its case."""
    who = citizen(PLAIN)
    who.go("/counter/report/")
    told: list[tuple[str, dict[str, str]]] = [
        ("", {}), ("photo/", {}), ("place/", {"address": words}), ("what/", {"service": "pothole"}),
        ("more/", {"size": "plate"}), ("details/", {"content": words}), ("contact/", {}), ("check/", {}),
    ]  # fmt: skip
    for page, given in told:
        who.quick(f"/counter/report/{page}", **given)
    who.go("/counter/report/done/")
    return case_of(product, take_away(who)[0])


def test_a_crew_without_a_network_goes_on_and_everything_arrives_once(
    at: At, citizen: At, product: Product, personas: dict[str, int]
) -> None:
    case = faulted(citizen, product, "地下道內坑洞")
    at("demo.agent").move(case, "dispatch", agency="水利局", crew=personas["demo.crew"])
    crew = outdoors(at, MOUSE)
    page = crew.page
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 120.3012, "latitude": 22.6271, "accuracy": 9})
    crew.go(f"/rooms/service.petitions/crew/{case}/")
    expect(page.locator("html[data-kept=yes]")).to_be_attached()
    page.context.set_offline(True)
    page.reload()
    for unfit, words in ((WEBP, "JPEG或PNG"), (HUGE, "照片太大")):  # told while another can still be taken
        step(crew, "arrive", "", before=unfit)
        expect(page.locator("[data-act=arrive] [data-fault]")).to_contain_text(words)
    expect(page.locator("[data-queue]")).to_be_hidden()
    step(crew, "arrive", "", before=EXIF)
    expect(page.locator("[data-queue-title]")).to_contain_text("待送1筆")
    step(crew, "complete", "", text="已填補")
    expect(page.locator("[data-act=complete] [data-fault]")).to_be_visible()  # the picture is missing
    step(crew, "complete", "", after=photo(60))
    expect(page.locator("[data-queue-title]")).to_contain_text("待送2筆")
    assert stage_of(product, case) == "dispatched"
    page.goto(f"{product.url}/rooms/service.petitions/crew/")  # from the telephone's own store
    expect(page.locator("[data-queue-rows] li")).to_have_count(2)
    page.evaluate(TWICE)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-queue]")).to_be_hidden(timeout=60000)
    assert stage_of(product, case) == "completed"
    assert product.ask(
        "SELECT act, longitude, within, refused FROM petitions_fieldreport WHERE petition_id = ? ORDER BY id",
        case,
    ) == [("arrive", 120.3012, 9, ""), ("complete", 120.3012, 9, "")]
    assert product.one("SELECT count(*) FROM audit_entry WHERE case_id = ? AND act = 'complete'", case) == 1
    assert crew.told == []


def test_a_contractor_comes_by_a_link_without_script_and_sees_its_own_orders_alone(
    at: At, citizen: At, product: Product, personas: dict[str, int]
) -> None:
    mine, other = (faulted(citizen, product, words) for words in ("承商的坑洞", "別人的坑洞"))
    agent, keeper = at("demo.agent"), at("demo.controller", KEYS)
    agent.move(mine, "dispatch", agency="水利局", contractor="大同營造")
    agent.move(other, "dispatch", agency="水利局", crew=personas["demo.crew"])
    keeper.go("/rooms/service.petitions/contractors/")
    form = keeper.page.locator("main form.form").first
    keeper.put(form, "contractor", "大同營造")
    keeper.send(form)
    link = keeper.page.locator("main code").first.inner_text()
    worker = citizen(PLAIN)
    worker.page.goto(link)
    expect(worker.page.locator("main")).to_contain_text("承商的坑洞")
    expect(worker.page.locator("main")).not_to_contain_text("別人的坑洞")
    worker.press(worker.page.locator(".orders a").first)
    step(worker, "arrive", "on_site", before=photo(50))
    worker.go(f"/register/petitions/crew/{other}/", 404)
    worker.go(f"/cases/{mine}/moves/complete/", 200)
    expect(worker.page).to_have_url(re.compile("/accounts/login/"))
    revoke = keeper.page.get_by_role("button", name="撤銷 大同營造")
    keeper.press(revoke)
    expect(revoke).to_have_count(0)  # the answer is there: the link is revoked
    worker.go("/register/petitions/crew/", 403)
    assert stage_of(product, mine) == "on_site"


def test_the_pages_of_a_form_and_of_a_followed_case_are_accessible(citizen: At, product: Product) -> None:
    """Behind a form under way or a code, where no link of the house leads."""
    who = citizen(MOUSE)
    who.go("/counter/report/")
    who.press(who.page.get_by_role("button", name="開始"))
    answer(who, "先拍一張照片", files=EXIF)
    who.check()
    answer(who, "在哪裡")
    who.check()
    who.quick("/counter/report/what/", service="streetlight")
    who.quick("/counter/report/near/", same="other")  # only asked where one is near
    who.quick("/counter/report/more/", fault="out")
    who.quick("/counter/report/details/", content="燈桿漏電，有人觸電")
    who.go("/counter/report/danger/")
    who.check()
    who.quick("/counter/report/danger/")
    who.quick("/counter/report/contact/", mobile=MOBILE)
    who.go("/counter/report/check/")
    who.check()
    who.press(who.page.get_by_role("button", name="送出通報"))
    number, code = take_away(who)
    who.check()
    follow(who, number, code)
    who.check()
    who.go("/counter/report/")
    who.press(who.page.get_by_role("button", name="開始"))
    answer(who, "先拍一張照片", files=EXIF)
    answer(who, "在哪裡")
    answer(who, "是什麼情形", service="streetlight")
    same = who.page.locator("input[name=same]").first.get_attribute("value")
    answer(who, "附近已經有人通報", same=same or "")
    answer(who, "怎麼告訴您進度", mobile=MOBILE)
    who.press(who.page.get_by_role("button", name="送出通報"))
    follow(who, *take_away(who))
    who.check()
    who.press(who.page.get_by_role("button", name="退出關注，刪除我留的資料"))
    expect(who.page.locator("main")).to_contain_text("聯絡資料已刪除")


# ── Where the telephone is ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", [MOUSE, KEYS])
def test_a_telephone_tells_where_it_is_when_it_is_asked_and_may(
    citizen: At, product: Product, way: str
) -> None:
    who = citizen(way)
    who.page.context.grant_permissions(["geolocation"], origin=product.url)
    who.page.context.set_geolocation({"longitude": 120.3021, "latitude": 22.6231, "accuracy": 12})
    _to_the_place(who)
    who.press(who.page.get_by_role("button", name="用我現在的位置"))
    expect(who.page.locator(".mapbox .note.ok")).to_contain_text("已用這支手機的位置")
    who.check()
    answer(who, "在哪裡")
    expect(who.page.locator("h1")).to_have_text("是什麼情形")
    who.quick("/counter/report/what/", service="streetlight")
    who.quick("/counter/report/near/", same="other")  # only asked where one is near
    who.quick("/counter/report/more/", fault="out")
    who.quick("/counter/report/details/", content="燈一直沒亮")
    who.quick("/counter/report/contact/", mobile=MOBILE)
    who.go("/counter/report/check/")
    expect(who.page.locator("main")).to_contain_text("22.62310, 120.30210")


def test_a_telephone_that_does_not_tell_says_so_and_the_map_still_serves(citizen: At) -> None:
    who = citizen(MOUSE)
    who.page.context.grant_permissions([])  # asked, and refused
    _to_the_place(who)
    who.press(who.page.get_by_role("button", name="用我現在的位置"))
    expect(who.page.locator("[data-here-told]")).to_have_text("找不到位置，請在地圖上指出或寫地址。")
    who.page.locator("input[name=map]").click()
    expect(who.page.locator(".mapbox .note").first).to_be_visible()  # where it is, or that it is outside
    assert who.told == []


def _to_the_place(who: Hands) -> None:
    who.go("/counter/report/")
    who.press(who.page.get_by_role("button", name="開始"))
    answer(who, "先拍一張照片")
    expect(who.page.locator("h1")).to_have_text("在哪裡")


def test_on_the_narrowest_telephone_the_cross_is_seen_and_no_word_is_broken(
    browser: Browser, product: Product
) -> None:
    """Without script the map keeps its size, and shows its middle."""
    context = browser.new_context(
        locale="en-GB", viewport={"width": 320, "height": 640}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{product.url}/counter/report/")
    page.locator("main form button.primary").click()
    page.locator("#question button.primary").click()
    page.locator("[name=address]").fill("22.6273, 120.3014")
    page.locator("button[value=find]").click()
    expect(page.locator(".mapbox .note.ok")).to_contain_text("22.62730, 120.30140")
    (shown, picture) = (page.locator(one).bounding_box() for one in (".mapscroll", "input[name=map]"))
    assert shown and picture
    middle = picture["x"] + picture["width"] / 2
    assert picture["width"] >= 640 and shown["x"] + 22 < middle < shown["x"] + shown["width"] - 22
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 640})
        for one in page.locator(".bar .seg button[name]").all():
            box = one.bounding_box()
            assert box and box["height"] < 50, "one line"
        name = page.locator(".bar .brand b").bounding_box()
        assert name and name["width"] > 75, "the longest word of the city's name has room"
    context.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_change_of_language_keeps_what_is_typed(citizen: At, way: str) -> None:
    who = citizen(way)
    _to_the_place(who)
    page = who.page
    page.locator("[name=address]").fill("公園南側入口")
    page.locator("[name=district]").select_option(label="前金區")
    who.press(page.get_by_role("button", name="English"))
    expect(page.locator("h1")).to_have_text("Where")
    expect(page.locator("[name=address]")).to_have_value("公園南側入口")
    expect(page.locator("[name=district] option:checked")).to_have_text("Qianjin District")
    page.locator("[name=address]").press("Enter")
    expect(page.locator("h1")).not_to_have_text("Where")  # Enter goes on, and no further language
    assert page.locator("html").get_attribute("lang") == "en"
    if way == PLAIN:
        return
    who.go("/counter/follow/")  # its text is kept by a script
    page.locator("[name=number]").fill("P101-000001")
    who.press(page.get_by_role("button", name="中文"))
    expect(page.locator("h1")).to_have_text("查詢案件進度")
    expect(page.locator("[name=number]")).to_have_value("P101-000001")
    assert page.evaluate("sessionStorage.length") == 0 and who.told == []


# ── Being told by the browser ───────────────────────────────────────────────────────────────────────

SERVICE = """PushManager.prototype.subscribe = async (options) => {
  window.asked = options;
  return { toJSON: () => (SUBSCRIPTION) };
};"""
"""A browser under test has no push service to ask; its answer stands here, and nothing else does."""
TELLS_ME = "用這個瀏覽器通知我"


def waiting(citizen: At, way: str, words: str, script: str = "") -> Hands:
    """Somebody who follows a fault of theirs, at its page."""
    who = citizen(way)
    if script:
        who.page.context.add_init_script(script)
    for page, given in [
        ("", {}), ("photo/", {}), ("place/", {"address": words}), ("what/", {"service": "pothole"}),
        ("more/", {"size": "plate"}), ("details/", {"content": words}), ("contact/", {}), ("check/", {}),
    ]:  # fmt: skip
        if not page:
            who.go("/counter/report/")
        who.quick(f"/counter/report/{page}", **given)
    who.go("/counter/report/done/")
    follow(who, *take_away(who))
    return who


def answering(path: str) -> str:
    """A push service that knows this browser by the path."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": urlsafe_b64encode(raw).decode().rstrip("="), "auth": "BTBZMqHH6r4Tts7J_aSIgg"}
    endpoint = f"https://updates.push.services.mozilla.com/wpush/v2/{path}"
    told = {"endpoint": endpoint, "expirationTime": None, "keys": keys}
    return SERVICE.replace("SUBSCRIPTION", json.dumps(told))


def devices(product: Product) -> int:
    return int(product.one("SELECT count(*) FROM outbox_device WHERE gone_at IS NULL"))


@pytest.mark.parametrize("way", [MOUSE, KEYS])
def test_a_browser_asks_to_be_told_and_shows_what_is_pushed(citizen: At, product: Product, way: str) -> None:
    who = waiting(citizen, way, f"要推播的坑洞（{way}）", answering(way))
    page, before = who.page, devices(product)
    page.context.grant_permissions(["notifications"], origin=product.url)
    button = page.get_by_role("button", name=TELLS_ME)
    expect(page.locator("[data-push-none]")).to_be_hidden()
    who.press(button)
    expect(page.locator("[data-push-told]")).to_have_text("有進度時，這個瀏覽器會通知您。")
    assert devices(product) == before + 1
    asked, key = page.evaluate("asked"), page.locator("[data-push]").get_attribute("data-push")
    assert asked == {"userVisibleOnly": True, "applicationServerKey": key}
    assert key and len(key) == 87  # an uncompressed point of P-256
    assert page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.scriptURL)") == (
        f"{product.url}/counter/push.js"
    )
    told = {"title": "1999：您的案件有新進度", "body": "已派工", "lang": "zh-Hant"}
    assert shown_after_a_push(page, product.url, **told) == [told.pop("title"), told]
    who.check()


def shown_after_a_push(page: Page, origin: str, **told: str) -> Any:
    """What the service worker shows when the browser hands it a message. A browser without a screen shows
    nothing, so the last step is written down in its stead.
    """
    (worker,) = page.context.service_workers
    worker.evaluate("registration.showNotification = async (...shown) => { self.seen = shown; }")
    registered: list[str] = []
    tools = page.context.new_cdp_session(page)
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registered.extend(one["registrationId"] for one in event["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.controller")  # by then the event has come
    push = {"origin": origin, "registrationId": registered[0], "data": json.dumps(told)}
    tools.send("ServiceWorker.deliverPushMessage", push)
    return worker.evaluate(SEEN)


SEEN = """async () => {
  for (let tries = 0; !self.seen && tries < 500; tries++) await new Promise((done) => setTimeout(done, 20));
  return self.seen;
}"""


def test_a_browser_that_may_not_tell_says_so(citizen: At, product: Product) -> None:
    who = waiting(citizen, KEYS, "不准推播的坑洞", answering("no"))
    before = devices(product)
    who.page.context.grant_permissions([])  # asked, and refused
    who.press(who.page.get_by_role("button", name=TELLS_ME))
    expect(who.page.locator("[data-push-told]")).to_have_text("瀏覽器沒有允許通知。")
    assert devices(product) == before and who.page.evaluate("window.asked === undefined")
    assert who.told == []


def test_a_browser_without_its_push_service_says_so(citizen: At, product: Product) -> None:
    """As Chromium without a network to its maker's service: allowed, and refused by the browser itself."""
    none = 'PushManager.prototype.subscribe = () => Promise.reject(new DOMException("", "AbortError"))'
    who = waiting(citizen, MOUSE, "推播服務不通的坑洞", none)
    before = devices(product)
    who.page.context.grant_permissions(["notifications"], origin=product.url)
    who.press(who.page.get_by_role("button", name=TELLS_ME))
    expect(who.page.locator("[data-push-told]")).to_contain_text("現在不能收通知")
    assert devices(product) == before and who.told == []


def test_without_script_nothing_is_offered_that_does_nothing(citizen: At, product: Product) -> None:
    who = waiting(citizen, PLAIN, "沒有程式的坑洞")
    expect(who.page.get_by_role("button", name=TELLS_ME)).to_have_count(0)
    expect(who.page.get_by_text("不能由它通知您")).to_be_visible()
