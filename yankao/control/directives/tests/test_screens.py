"""Capturing at the table, boards, first screens, files out and in again, letters."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.control.directives import capture, imports, letters
from yankao.control.directives import process as p
from yankao.control.directives.models import CoOwner, Directive, DueChange, Meeting, Progress
from yankao.control.directives.screens import first_screen
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.intake import take
from yankao.kernel.letters import issuing
from yankao.kernel.letters.models import Dispatch
from yankao.kernel.letters.tests.test_writing import needs_fonts
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.writing import write_csv

from .conftest import TUESDAY

pytestmark = pytest.mark.django_db
KIND = "control.directives"


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def test_a_line_is_kept_by_enter_and_a_retry_keeps_it_once(council):
    client, address = (
        signed_in(council.cast.rdec_controller),
        reverse("directives:capture", args=[council.meeting.pk]),
    )
    sent = {"act": "line", "text": "請加強空地髒亂清除", "owners": "水利、工務局",
            "due": "下週三", "category": "action", "key": "a" * 32}  # fmt: skip
    for _twice in range(2):
        client.post(address, {**sent, "act": "anyway"})
    one = Directive.objects.get()
    assert (one.due_on, one.case.agency) == (date(2012, 5, 9), council.cast.water)
    assert "請加強空地髒亂清除" in client.get(address).text


def test_what_is_not_understood_is_told_at_its_field_and_stays(council):
    client, address = (
        signed_in(council.cast.rdec_controller),
        reverse("directives:capture", args=[council.meeting.pk]),
    )
    sent = {"act": "line", "text": "請檢討", "owners": "沒有局", "due": "改天", "category": "action"}
    page = client.post(address, sent)
    assert page.status_code == 422 and not Directive.objects.exists()
    assert "沒有「沒有局」這個機關" in page.text and "看不懂期限「改天」" in page.text
    assert 'value="請檢討"' in page.text and 'value="改天"' in page.text
    for person in (council.cast.controller, council.cast.mayor, council.cast.stranger):
        assert signed_in(person).post(address, sent).status_code == 403


def test_a_nearly_same_directive_is_shown_before_it_is_kept(council):
    first = council.given()
    client, address = (
        signed_in(council.cast.rdec_controller),
        reverse("directives:capture", args=[council.later.pk]),
    )
    sent = {"text": "請水利局於汛期前完成雨水下水道清淤", "owners": "水利局", "due": "", "category": "action"}
    page = client.post(address, {**sent, "act": "line"})
    assert page.status_code == 422 and first.case.number in page.text and "仍要錄案" in page.text
    assert client.post(address, {**sent, "act": "anyway"}).status_code == 302
    assert Directive.objects.count() == 2


def test_a_pasted_sheet_keeps_what_it_understands_and_leaves_the_rest(council):
    client, address = (
        signed_in(council.cast.rdec_controller),
        reverse("directives:capture", args=[council.meeting.pk]),
    )
    lines = "請完成清淤 ｜ 水利局、工務局 ｜ 6月底\n請檢討號誌 | 火星局 | 下週\n\n請盤點校舍\t工務局\t兩週內"
    page = client.post(address, {"act": "sheet", "lines": lines})
    assert page.status_code == 422 and "火星局" in page.text and Directive.objects.count() == 2
    assert "請完成清淤" not in page.text.split('name="lines"')[1].split("</textarea>")[0]


def test_an_agency_is_found_by_what_people_call_it(council):
    agencies = capture.Agencies()
    for said in ("水利局", "水利", "T-WATER", "water resources bureau"):
        assert agencies.find(said) == council.cast.water
    with pytest.raises(capture.Refused, match="可能是"):
        agencies.find("局")


def test_boards_open_for_who_may_and_first_screens_count(council):
    council.proposed()
    council.assigned(text="請檢討路口號誌時制。")
    for name in ("meetings", "filing", "ageing"):
        for who in ("rdec_controller", "controller", "mayor"):
            assert signed_in(getattr(council.cast, who)).get(reverse(f"directives:{name}")).status_code == 200
    counts = {item["label"]: item["count"] for item in first_screen(council.cast.rdec_controller)}
    page = signed_in(council.cast.mayor).get(reverse("directives:meetings")).content.decode()
    assert '<td class="num">2</td>' in page
    assert page.index("第76次") < page.index("第71次")  # the newest first
    days = (timezone.localdate() - council.meeting.held_on).days
    assert counts["提請市政會議的裁示"] == 1 and counts[f"列管中裁示，最久{days}日"] == 2
    mine = {item["label"]: item["count"] for item in first_screen(council.cast.controller)}
    assert mine["待受理裁示"] == 1
    told = {item["label"]: item["count"] for item in first_screen(council.cast.mayor)}
    assert told[f"列管中裁示，最久{days}日"] == 2 and told["提請市政會議的裁示"] == 1
    assert told["七日內市政會議"] == 0
    Meeting.objects.create(number=999, title="下週", held_on=timezone.localdate() + timedelta(days=7))
    Meeting.objects.create(number=998, title="再下週", held_on=timezone.localdate() + timedelta(days=8))
    told = {item["label"]: item["count"] for item in first_screen(council.cast.mayor)}
    assert told["七日內市政會議"] == 1
    assert first_screen(council.cast.stranger) == []


def test_helpers_see_a_directive_and_others_do_not(council):
    one = council.assigned()
    page = reverse("desk:case", args=[one.pk])
    assert signed_in(council.cast.works_controller).get(page).status_code == 200
    assert signed_in(council.cast.stranger).get(page).status_code in (403, 404)
    lone = council.assigned(text="請檢討路口號誌時制。", owners="水利局")
    assert signed_in(council.cast.works_controller).get(reverse("desk:case", args=[lone.pk])).status_code in (
        403,
        404,
    )


def test_what_is_given_out_can_be_taken_in_and_comes_out_the_same(council):
    council.do(council.proposed(), p.release, on=date(2012, 6, 12), meeting=council.later, note="照案")
    council.do(council.given(text="請檢討路口號誌時制。", due=""), p.assign_owner)
    council.given(text="請盤點校舍耐震。", owners="工務局")
    actor = council.cast.rdec_controller

    def out():
        return {
            wanted.code: [list(map(str, row)) for row in wanted.out(actor)[1]] for wanted in imports.IMPORTS
        }

    before = out()
    sheets = {w.code: b"".join(write_csv(*w.out(actor))) for w in imports.IMPORTS}
    for table in (CoOwner, DueChange, Progress, Directive, Meeting):
        table.objects.all().delete()
    Clock.objects.filter(case__kind=KIND).delete()
    for n, case in enumerate(Case.objects.filter(kind=KIND)):
        Case.objects.filter(pk=case.pk).update(kind="gone", number=f"gone{n}")
    for _twice in range(2):
        for wanted in imports.IMPORTS:
            outcome = take(read(sheets[wanted.code], f"{wanted.code}.csv"), wanted, actor)
            assert not outcome.refused and outcome.kept == outcome.read
    assert out() == before and Directive.objects.count() == 3


def test_letters_say_what_is_under_control_and_what_is_released(council, settings, tmp_path):
    settings.DATA = tmp_path
    one, actor = council.proposed(), council.cast.rdec_controller
    for language in ("zh-hant", "en"):
        paper = issuing.draft(letters.control_table, list(letters.open_ones(actor)), actor, language=language)
        assert paper is not None
    with pytest.raises(issuing.Refused, match="尚未經市政會議"):
        issuing.draft(letters.closing, one, actor)
    one = council.do(one, p.release, on=date(2012, 6, 12), meeting=council.later)
    assert issuing.draft(letters.closing, one, actor) is not None
    with pytest.raises(issuing.Refused):
        issuing.draft(letters.closing, one, council.cast.controller)
    late_one = council.under_way(text="請檢討路口號誌時制。")
    council.month(late_one)
    assert issuing.draft(letters.reminder, late_one, actor, {"until": date(2012, 6, 20)}) is not None


def test_a_capture_page_costs_no_question_a_row(council, django_assert_max_num_queries):
    for n in range(12):
        council.given(text=f"第{n}項：" + chr(0x4E00 + 97 * n) * 8)
    client, address = (
        signed_in(council.cast.rdec_controller),
        reverse("directives:capture", args=[council.meeting.pk]),
    )
    client.get(address)
    with django_assert_max_num_queries(14):
        client.get(address)
    assert TUESDAY


@needs_fonts
def test_the_control_table_is_made_kept_and_taken_as_odt_pdf_and_ods(council, settings, tmp_path):
    settings.DATA = tmp_path
    council.given()
    client, staff = signed_in(council.cast.rdec_controller), council.cast.rdec_controller
    address = reverse("desk:room_letter", args=["control.directives", "control_table"])
    assert signed_in(council.cast.controller).get(address).status_code == 404
    assert "文書" in client.get(reverse("desk:list", args=["control.directives"])).text
    given = {"id": Directive.objects.get().pk, "dated": "101/6/12", "language": "zh-hant", "key": "k" * 32}
    for _twice in range(2):
        assert client.post(address, {**given, "issue": "1"}).status_code == 302
    sent = Dispatch.objects.get()
    for form, begins in (("odt", b"PK"), ("pdf", b"%PDF"), ("ods", b"PK")):
        file = client.get(reverse("desk:letter_file", args=[sent.pk, form]))
        assert b"".join(file.streaming_content).startswith(begins)
    closing = reverse("desk:room_letter", args=["control.directives", "closing"])
    assert "目前沒有可以核發的對象" in client.get(closing).text
    assert letters.closing.may(staff) and not letters.closing.may(council.cast.controller)
