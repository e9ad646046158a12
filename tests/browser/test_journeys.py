"""What people do from beginning to end, with the mouse, by keyboard alone and without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from .axe import every_look
from .conftest import Product
from .hands import KEYS, MOUSE, PLAIN, Hands, hands, odt, photo

type At = Callable[..., Hands]
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


def roc(day: date) -> str:
    return f"{day.year - 1911}/{day.month:02}/{day.day:02}"


TODAY = datetime.now(ZoneInfo("Asia/Taipei")).date()
AGO = [roc(TODAY - timedelta(days=n)) for n in range(60)]


SHEET = ("signed", "has_purpose", "has_course", "has_findings", "has_suggestions")


def opened(desk: Hands, room: str, **given: Any) -> int:
    """A new case opened by this person, by its number in the address."""
    desk.go(f"/rooms/{room}/new/")
    form = desk.page.locator("main form.form")
    for name, value in given.items():
        desk.put(form, name, value)
    desk.send(form)
    expect(desk.page).to_have_url(re.compile(r"/cases/\d+/$"))
    return int(desk.page.url.rstrip("/").rsplit("/", 1)[1])


# ── A trip ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", [MOUSE, PLAIN])
def test_a_trip_goes_from_approval_to_the_public_register_and_its_suggestion_is_answered(
    at: At, product: Product, way: str
) -> None:
    title = f"赴日本考察雨水花園（{way}）"
    registrar = at("demo.registrar", way)
    trip = opened(
        registrar, "research.trips", title=title, agency=None, trip_no=f"T-{way}", kind="inspection",
        purpose="了解雨水花園之作法", letter="高市府人力字第1150000001號", budget="100000",
        source="city_general", departs_on=AGO[20], returns_on=AGO[10],
    )  # fmt: skip
    registrar.do(
        trip, "list_party", "已核准", destinations__0__country="日本", destinations__0__place="東京",
        travellers__0__name="王小明", travellers__0__title="科長",
    )  # fmt: skip
    registrar.do(trip, "depart", "出國中", departed_on=AGO[20])
    registrar.do(trip, "come_back", "已返國", returned_on=AGO[10])
    registrar.do(trip, "name_author", "待繳報告", author=None)
    sheet = dict.fromkeys(SHEET, True)
    registrar.do(trip, "submit", "已繳報告", report=odt(), paper_copies="3", abstract="摘要。", **sheet)
    reviewer = at("demo.controller", way)
    reviewer.do(trip, "take_up", "審查中")
    reviewer.do(trip, "send_back", "修正中", reason="請補充心得。")
    registrar.do(trip, "resubmit", "審查中", report=odt("修正後"), paper_copies="3", **sheet)
    reviewer.do(trip, "accept", "審查通過")
    registrar.do(trip, "register", "已登錄", url="https://report.example.gov.tw/1", publicity="public")
    reader = at("demo.councillor", way)
    reader.go("/register/trips/")
    expect(reader.page.get_by_text(title)).to_be_visible()
    reader.go(f"/register/trips/{trip}/")
    expect(reader.page.locator("h1")).to_contain_text(title)
    registrar.do(
        trip, "dispatch", "建議事項參辦中", suggestions__0__text="試辦雨水花園三處",
        suggestions__0__addressee="水利局",
    )  # fmt: skip
    at("demo.officer", way).do(
        trip, "answer", "建議事項已回復", suggestion=None, result="done", done_on=AGO[0], reason="已試辦。"
    )  # fmt: skip
    registrar.do(trip, "consolidate", "已彙整", sent_letter="高市水字第1150000002號")
    rdec = at("demo.rdec", way)
    rdec.do(trip, "close", "已結案")
    assert product.one("SELECT closed_on FROM casework_case WHERE id = ?", trip) == TODAY.isoformat()
    if way == MOUSE:
        rdec.check()


# ── A month under control ───────────────────────────────────────────────────────────────────────────


def executing(at: At, way: str) -> int:
    """An item under way whose plan wants half by last month, with that month open for filing."""
    last = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    year = TODAY.year - 1911
    rdec = at("demo.rdec")
    item = opened(
        rdec, "control.programme", title=f"排水改善示範工程（{way}）", agency="水利局",
        programme=None, year=str(year), budget="12000000", source="年度施政計畫",
    )  # fmt: skip
    plan = {"work__0__name": "工程施作", "work__0__weight": "100"}
    plan |= {"curve__0__month": roc(last), "curve__0__planned": "50"}
    plan |= {"curve__1__month": roc(TODAY.replace(day=1)), "curve__1__planned": "100"}
    plan |= {"funding__0__year": str(year), "funding__0__source": "city_general"}
    at("demo.officer").do(item, "submit_plan", "作業計畫已提報", **plan, funding__0__amount="12000000")
    rdec.do(item, "approve_plan", "作業計畫已核定")
    at("demo.officer").do(item, "start", "執行中", started_on=roc(last))
    rdec.do(item, "open_month", "執行中", month=roc(last))
    return item


@pytest.mark.parametrize("way", [MOUSE, KEYS, PLAIN])
def test_a_month_behind_without_analysis_is_refused_and_nothing_typed_is_lost(
    at: At, product: Product, way: str
) -> None:
    item = executing(at, way)
    officer = at("demo.officer", way)
    form = officer.form(item, "submit_month")
    typed = {"actual": "20", "allotted": "6000000", "paid": "2400000", "note": "用地尚未點交。"}
    for name, value in {"month": None, **typed}.items():
        officer.put(form, name, value)
    officer.send(form)
    errors = officer.page.locator(".errors")
    expect(errors).to_contain_text("請填改善措施")
    form = officer.page.locator("#move-submit_month form")
    for name, value in typed.items():
        kept = form.locator(f"[name={name}]").input_value().replace(",", "")
        assert kept == value, name
    if way == MOUSE:
        officer.check()
    officer.put(form, "cause", "land")
    officer.put(form, "reason", "部分用地尚未完成點交")
    officer.put(form, "measure", "分段施工")
    officer.put(form, "recover_on", roc(TODAY + timedelta(days=40)))
    officer.send(form)
    expect(form).to_have_count(0)
    at("demo.controller", way).do(item, "check_month", "執行中", month=None)
    rdec = at("demo.rdec", way)
    rdec.do(item, "confirm_month", "執行中", month=None)
    rdec.do(item, "lock_month", "執行中", month=None)
    ((lag, locked),) = product.ask(
        "SELECT planned - actual, locked_at IS NOT NULL FROM programme_month WHERE project_id = ?", item
    )
    assert (lag, locked) == (3000, 1)  # hundredths of a point


# ── An inspection stays secret until the agency is told ─────────────────────────────────────────────


def test_an_inspection_is_unknown_to_the_agency_before_the_notice(at: At, product: Product) -> None:
    pk, title = product.ask(
        "SELECT c.id, c.title FROM casework_case c JOIN people_agency a ON a.id = c.agency_id "
        "WHERE c.kind = 'inspection.quality' AND c.closed_on IS NULL AND c.stage IN "
        "('candidate', 'scheduled', 'advance_notified', 'team_formed') ORDER BY (a.code = 'KCG-WR') DESC"
    )[0]
    host, secretary = at("demo.head"), at("demo.secretary")
    secretary.go(f"/cases/{pk}/")
    expect(secretary.page.locator("h1")).to_contain_text(title)
    host.go(f"/cases/{pk}/", status=404)
    for place in ("/palette/?", "/work/?tab=open&", "/rooms/inspection.quality/?"):
        host.go(f"{place}q={title}")
        assert host.page.locator(f"main a[href*='/cases/{pk}/'], #hits a[href*='/cases/{pk}/']").count() == 0
    answer = host.page.request.get(f"{product.url}/rooms/inspection.quality/export.csv")
    assert answer.status == 200
    number = product.one("SELECT number FROM casework_case WHERE id = ?", pk)
    assert number not in answer.text()
    assert number in secretary.page.request.get(f"{product.url}/rooms/inspection.quality/export.csv").text()


def test_faults_are_mended_with_photographs_reviewed_filed_and_closed(at: At, product: Product) -> None:
    pk = product.one(
        "SELECT c.id FROM casework_case c JOIN people_agency a ON a.id = c.agency_id "
        "WHERE c.kind = 'inspection.quality' AND c.stage = 'correcting' AND a.code = 'KCG-WR'"
    )
    unmended = product.ask(
        "SELECT id FROM quality_deficiency WHERE inspection_id = ? AND fixed_on IS NULL",
        pk,
    )
    host, secretary = at("demo.controller"), at("demo.secretary")
    for shade, (fault,) in enumerate(unmended):
        host.do(
            pk, "report_fix", "改善中", fault=fault, remedy="已敲除重做。", fixed_on=AGO[0],
            before=photo(50 + shade), during=photo(100 + shade), after=photo(200 + shade),
        )  # fmt: skip
    form = host.form(pk, "review_fixes")
    for box in form.locator("[name=faults]").all():
        box.check()
    host.send(form)
    expect(form).to_have_count(0)
    host.do(
        pk, "submit_corrections", "已報改善", corrected_letter="高市水工字第1150000003號",
        late_measures="撤換工地負責人一人。",
    )  # fmt: skip
    secretary.do(pk, "file_corrections", "已備查")
    secretary.go(f"/cases/{pk}/")
    secretary.check()
    secretary.do(pk, "close", "已結案")
    left = "SELECT COUNT(*) FROM quality_deficiency WHERE inspection_id = ? AND reviewed_on IS NULL"
    assert product.one(left, pk) == 0


# ── The report and its figures ──────────────────────────────────────────────────────────────────────


def test_a_figure_of_the_report_opens_exactly_as_many_records_as_it_counts(at: At) -> None:
    reader = at("demo.rdec")
    reader.go("/report/101H1/")
    figure = reader.page.locator("a.fig[href*='research.trips.filed']").first
    printed = int(figure.inner_text().replace(",", "").strip("件篇 "))
    figure.click()
    card = reader.page.locator("#pop")
    expect(card.locator(".big")).to_contain_text(str(printed))
    card.locator("a[href*='/figures/research.trips.filed/']").first.click()
    expect(reader.page.locator("main")).to_contain_text(f"{printed}")
    answer = reader.page.request.get(f"{reader.url}/figures/research.trips.filed/101H1/records.csv")
    assert len(answer.text().strip().splitlines()) == printed + 1
    assert reader.told == []


def test_a_frozen_report_keeps_its_figures_and_tells_what_moved_since(at: At, product: Product) -> None:
    rdec, chief, commissioner = at("demo.rdec"), at("demo.chief"), at("demo.commissioner")
    rdec.go("/report/101H1/open/")
    rdec.page.locator("main form button[type=submit]").click()
    expect(rdec.page).to_have_url(re.compile(r"/report/101H1/\d+/desk/$"), timeout=60000)
    desk = rdec.page.url.removeprefix(product.url)
    written = [(rdec, "begin"), (rdec, "submit_all"), (chief, "review_all"), (rdec, "check")]
    for who, step in [*written, (commissioner, "approve"), (chief, "freeze")]:
        who.page.set_default_timeout(60000)
        who.go(desk)
        who.page.locator(f"form.stepform:has([name=step][value={step}]) button").click()
        expect(who.page.locator(f"form.stepform:has([name=step][value={step}])")).to_have_count(
            0, timeout=60000
        )
    drift = desk.replace("/desk/", "/drift/")
    rdec.go(drift)
    expect(rdec.page.locator("main table")).to_have_count(0)
    case = product.one(
        "SELECT p.case_id FROM programme_project p JOIN programme_programme g ON g.id = p.programme_id "
        "WHERE g.code = 'morakot' AND p.completed_on IS NULL AND p.tendered_on IS NOT NULL ORDER BY p.case_id"
    )
    rdec.go(f"/cases/{case}/amend/")
    form = rdec.page.locator("main form:has([name=completed_on])")
    rdec.put(form, "completed_on", "101/06/20")
    rdec.put(form, "reason", "補登完工日")
    rdec.send(form)
    rdec.page.get_by_role("button", name="確認更正").click()  # after what would change has been shown
    expect(rdec.page).to_have_url(re.compile(f"/cases/{case}/$"))
    rdec.go(drift)
    number = product.one("SELECT number FROM casework_case WHERE id = ?", case)
    expect(rdec.page.locator("main")).to_contain_text("莫拉克")
    expect(rdec.page.locator("main")).to_contain_text(number)
    rdec.check()


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────────


def test_rows_that_cannot_be_taken_in_come_back_as_a_file_with_the_reason(at: At) -> None:
    rdec = at("demo.rdec")
    rdec.go("/rooms/control.programme/import/")
    form = rdec.page.locator("main form[enctype]")
    rdec.put(form, "code", "projects")
    sample = rdec.page.request.get(f"{rdec.url}/rooms/control.programme/import/projects/sample.csv").text()
    head = sample.splitlines()[0]
    broken = f"{head}\n" + ",".join("？" for _ in head.split(",")) + "\n"
    rdec.put(form, "file", {"name": "列管.csv", "mimeType": "text/csv", "buffer": broken.encode()})
    form.locator("button[type=submit]").first.click()
    link = rdec.page.locator("a[href*='/refused.']").first
    expect(link).to_be_visible()
    answer = rdec.page.request.get(rdec.url + str(link.get_attribute("href")))
    assert answer.status == 200
    assert "？" in answer.body().decode("utf-8", "replace") or len(answer.body()) > 500
    rdec.check()


def test_a_search_is_kept_as_a_view_and_found_in_the_menu(at: At) -> None:
    rdec = at("demo.rdec")
    rdec.go("/rooms/control.programme/?q=學校")
    rdec.page.get_by_role("link", name="存成檢視").click()
    form = rdec.page.locator("main form:has([name=name])")
    form.locator("[name=name]").fill("學校工程")
    form.locator("[name=pinned]").check()
    form.locator("button[type=submit]").click()
    rdec.go("/work/")
    entry = rdec.page.locator("nav.nav").get_by_role("link", name="學校工程")
    expect(entry).to_be_visible()
    entry.click()
    expect(rdec.page).to_have_url(re.compile(r"q="))


def pick(desk: Hands, number: str) -> None:
    """Mark a row of the list: by clicking its box, or by going there with j and k and pressing x."""
    box = desk.page.locator(f"#rows input[name=id][value='{number}']")
    if desk.way != KEYS:
        box.check()
        return
    for key in "j" * 60 + "k" * 120:
        if desk.page.locator(f"tr.at input[value='{number}']").count():
            break
        desk.page.keyboard.press(key)
    desk.page.keyboard.press("x")
    expect(box).to_be_checked()


@pytest.mark.parametrize("way", [MOUSE, KEYS])
def test_several_cases_are_picked_and_each_is_answered_for(at: At, product: Product, way: str) -> None:
    (ready,), (other,) = (
        product.ask(
            "SELECT number FROM casework_case WHERE kind = 'control.programme' AND stage = ? ORDER BY id",
            stage,
        )[0]
        for stage in ("plan_submitted", "selected")
    )
    rdec = at("demo.rdec", way)
    rdec.go("/rooms/control.programme/?stage=plan_submitted&stage=selected")
    for number in (ready, other):
        pick(rdec, number)
    expect(rdec.page.locator("[data-picked]")).to_have_text("2")
    rdec.press(rdec.page.locator("[data-bulk]").get_by_role("button", name="核定作業計畫"))
    expect(rdec.page.locator("main")).to_contain_text("將辦理1件")
    expect(rdec.page.locator("main tr", has_text=other)).to_contain_text("案件目前在「已選列」")
    if way == MOUSE:
        rdec.check()
    rdec.press(rdec.page.get_by_role("button", name="確認辦理"))
    expect(rdec.page.locator("main")).to_contain_text("已辦理1件，未辦理1件")
    stage = "SELECT stage FROM casework_case WHERE number = ?"
    assert (product.one(stage, ready), product.one(stage, other)) == ("plan_approved", "selected")


@pytest.mark.parametrize("way", [KEYS])
def test_the_palette_leads_to_a_case_by_keyboard_alone(at: At, product: Product, way: str) -> None:
    number, pk = product.ask(
        "SELECT number, id FROM casework_case WHERE kind = 'control.programme' ORDER BY id DESC"
    )[0]
    rdec = at("demo.rdec", way)
    rdec.go("/work/")
    rdec.page.keyboard.press("Control+k")
    expect(rdec.page.locator("#palette")).to_be_visible()
    rdec.page.keyboard.type(number)
    expect(rdec.page.locator(f"#hits a[href*='/cases/{pk}/']")).to_be_visible()
    for _ in range(5):
        rdec.page.keyboard.press("ArrowDown")
        if rdec.page.locator(f"#hits a[href*='/cases/{pk}/']").evaluate("e => e === document.activeElement"):
            break
    rdec.page.keyboard.press("Enter")
    expect(rdec.page).to_have_url(re.compile(f"/cases/{pk}/"))


# ── English ─────────────────────────────────────────────────────────────────────────────────────────

CHROME = """() => {
  const data = '.crumbs, .head p, td, th[scope=row], dd, h1, option, textarea, .sub, .who, .ava, .brand, '
    + '.chip b, .me, .nav ul a, blockquote, .hits, [lang|=zh], script, style';
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), at = walk.currentNode.parentElement;
    if (/[\\u3400-\\u9fff]/.test(text) && !at.closest(data)) found.push(text.slice(0, 60));
  }
  return found;
}"""
"""Texts with Han characters outside what people typed and the names of things."""


def test_an_english_reader_finds_no_chinese_in_the_words_of_the_house(
    browser: Browser, product: Product, personas: dict[str, int]
) -> None:
    case = product.one("SELECT MAX(id) FROM casework_case WHERE stage = 'reviewing'")
    with hands(browser, product.url, personas, "en") as at:
        rdec = at("demo.rdec")
        faults = []
        for place in ("/work/", "/inbox/", "/views/", "/figures/", f"/cases/{case}/amend/", "/office/",
                      "/rooms/control.programme/lagging/", "/desk/preferences"):  # fmt: skip
            rdec.go(place)
            faults += [f"{place}: {text}" for text in rdec.page.evaluate(CHROME)]
        assert not faults, "\n".join(faults)


# ── A session that ended while a form was being filled ──────────────────────────────────────────────


@pytest.mark.parametrize("way", [MOUSE, PLAIN])
def test_what_was_typed_in_an_ended_session_is_there_again_after_signing_in(
    at: At, product: Product, personas: dict[str, int], way: str
) -> None:
    item = product.one(
        "SELECT MAX(c.id) FROM casework_case c JOIN people_user u ON u.id = c.officer_id "
        "WHERE u.username = 'demo.officer' AND c.kind = 'control.programme' AND c.stage = 'executing'"
    )
    words = f"用地協調會議紀錄（{way}）\n第二行"
    officer = at("demo.officer", way)
    officer.go(f"/cases/{item}/")
    form = officer.page.locator("form:has(#comment-text)")
    form.locator("textarea").fill(words)
    officer.page.context.clear_cookies(name="sessionid")
    officer.send(form)
    expect(officer.page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fagain%2F"))
    expect(officer.page.locator(".flash")).to_contain_text("已保留")
    officer.page.locator("main .note a").click()
    officer.page.locator(f"button[name=user][value='{personas['demo.officer']}']").click()
    expect(officer.page.locator("main .talk")).to_contain_text("用地協調會議紀錄")
    if way == MOUSE:
        assert every_look(officer.page) == []
    officer.page.get_by_role("button", name="送出", exact=True).click()
    expect(officer.page).to_have_url(re.compile(f"/cases/{item}/$"))
    expect(officer.page.locator("#case .talk")).to_contain_text(f"用地協調會議紀錄（{way}）")
    row = product.one("SELECT text FROM casework_comment WHERE case_id = ? ORDER BY id DESC", item)
    assert row == words


def test_a_form_in_the_case_page_whose_session_ended_leads_to_signing_in(at: At, product: Product) -> None:
    item = product.one(
        "SELECT MAX(id) FROM casework_case WHERE kind = 'control.programme' AND stage = 'plan_submitted'"
    )
    rdec = at("demo.rdec")
    form = rdec.form(item, "return_plan")
    rdec.put(form, "reason", "請補分年經費")
    rdec.page.context.clear_cookies(name="sessionid")
    rdec.send(form)
    expect(rdec.page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fagain%2F"))


# ── The score of an inspection ──────────────────────────────────────────────────────────────────────


def at_stage(product: Product, stage: str) -> int:
    return int(
        product.one(
            "SELECT MAX(id) FROM casework_case WHERE kind = 'inspection.quality' AND stage = ?", stage
        )
    )


VERDICT = "SELECT withheld, score, grade, mean FROM quality_inspection WHERE case_id = ?"


def test_a_score_waits_for_the_core_and_a_failed_core_forces_the_lowest_grade(
    at: At, product: Product
) -> None:
    pk = at_stage(product, "on_site")
    inspector, secretary = at("demo.inspector", KEYS), at("demo.secretary")
    inspector.do(pk, "enter_score", "查核中", seat=None, score="85")
    left = [
        seat
        for (seat,) in product.ask(
            "SELECT id FROM quality_seat WHERE inspection_id = ? AND score IS NULL AND left_on IS NULL", pk
        )
    ]
    secretary.do(pk, "take_sample", "查核中", test="concrete", place="橋墩P3")
    secretary.go(f"/cases/{pk}/")
    expect(secretary.page.locator("#case")).to_contain_text("尚未評分")
    rows = {f"scores__{n}__seat": seat for n, seat in enumerate(left)}
    rows |= {f"scores__{n}__score": "82.5" for n, _seat in enumerate(left)}
    secretary.do(pk, "enter_forms", "查核中", **rows, form=photo(9))
    secretary.do(pk, "conclude", "待試驗結果")
    assert product.ask(VERDICT, pk)[0][:3] == (1, None, "")
    secretary.go(f"/cases/{pk}/")
    expect(secretary.page.locator("#case")).to_contain_text("保留")
    secretary.check()
    secretary.do(pk, "enter_test", "已評分", sample=None, report=photo(8), result_on=AGO[0])
    secretary.do(pk, "issue_result", "已送紀錄", result_letter="高市研品字第1150000009號")
    withheld, score, grade, mean = product.ask(VERDICT, pk)[0]
    assert (withheld, score, grade) == (0, 69, "poor")
    assert float(mean) > 80, "the commissioners thought better of it"
    secretary.go(f"/cases/{pk}/")
    expect(secretary.page.locator("#case")).to_contain_text("丙等")


def test_a_passed_test_sets_the_withheld_mean_free(at: At, product: Product) -> None:
    pk = at_stage(product, "tests_pending")
    secretary = at("demo.secretary", PLAIN)
    assert product.ask(VERDICT, pk)[0][:3] == (1, None, "")
    secretary.do(pk, "enter_test", "已評分", sample=None, report=photo(7), result_on=AGO[0], passed=True)
    secretary.do(pk, "issue_result", "已送紀錄", result_letter="高市研品字第1150000010號")
    withheld, score, _grade, mean = product.ask(VERDICT, pk)[0]
    scores = [
        Decimal(str(one))
        for (one,) in product.ask(
            "SELECT score FROM quality_seat WHERE inspection_id = ? AND score IS NOT NULL "
            "AND left_on IS NULL",
            pk,
        )
    ]
    rounded = (sum(scores) / len(scores)).quantize(Decimal(1), ROUND_HALF_UP)
    assert (withheld, score) == (0, int(rounded)), (mean, scores)
