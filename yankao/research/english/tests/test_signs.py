"""Anybody reports a wrong sign at the counter, without a name or JavaScript; a form sent twice is one."""

import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework import contract
from yankao.kernel.casework.models import Case, Link
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import keep as keep_file
from yankao.kernel.intake import take
from yankao.kernel.review.tests.files import png
from yankao.kernel.sheets import read as read_sheet
from yankao.kernel.sheets import write_csv, write_ods
from yankao.research.english.signs import imports
from yankao.research.english.signs import process as p
from yankao.research.english.signs.models import SignReport

pytestmark = pytest.mark.django_db
PLACE = "/register/signs/"


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


@pytest.fixture(autouse=True)
def nobody_called_yet():
    cache.clear()


def filled(client, **more):
    page = client.get(PLACE).content.decode()
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert key
    return {"place": "蓮池潭步道", "fault": "spelling", "wording": "Lotus Pound", "key": key[1], **more}


def test_a_report_is_taken_without_a_name_and_looked_up_by_its_code(client, cast):
    answer = client.post(PLACE, filled(client, suggestion="Lotus Pond"))
    report = SignReport.objects.get()
    assert answer.status_code == 302 and answer["Location"] == reverse(
        "signs_public:standing", args=[report.code]
    )
    shown = client.get(answer["Location"]).content.decode()
    assert report.case.number in shown and "蓮池潭步道" in shown
    assert client.get(f"{PLACE}{'0' * 16}/").status_code == 404
    assert (report.case.agency, report.case.officer) == (cast.rdec, None)


def test_a_report_is_a_petition_as_well_and_the_citizen_is_told_its_number(client, cast):
    given = filled(client, details="字母寫錯")
    for _twice in range(2):
        where = client.post(PLACE, given)["Location"]
    report, petition = SignReport.objects.get(), Case.objects.get(kind="service.petitions")
    link = Link.objects.get(source=petition)
    assert (link.target, link.kind) == (report.case, Link.Kind.FOLLOWS)
    assert petition.number in client.get(where).content.decode()
    assert "Lotus Pound" not in petition.title and "Lotus Pound" in petition.petition.content


def test_a_form_sent_twice_is_one_report_even_at_the_limit(client, cast):
    given = filled(client)
    places = {client.post(PLACE, given)["Location"] for _number in range(9)}
    assert len(places) == SignReport.objects.count() == 1


def test_the_same_caller_may_send_a_few_an_hour_and_loses_nothing(client, cast):
    for _number in range(6):
        assert client.post(PLACE, filled(client)).status_code == 302
    refused = client.post(PLACE, filled(client, details="橋頭站二號出口"))
    assert refused.status_code == 429 and "橋頭站二號出口" in refused.content.decode()
    assert SignReport.objects.count() == 6
    other = client.post(PLACE, filled(client), REMOTE_ADDR="192.0.2.9")
    assert other.status_code == 302


def test_what_is_missing_is_told_and_what_was_typed_stays(client, cast):
    refused = client.post(PLACE, filled(client, wording="", details="靠近售票口"))
    assert refused.status_code == 422 and "靠近售票口" in refused.content.decode()
    assert client.post(PLACE, filled(client, website="http://spam.example")).status_code == 422
    assert not SignReport.objects.exists()


def test_the_keeper_mends_and_the_commission_confirms(client, cast):
    client.post(PLACE, filled(client))
    report = SignReport.objects.get()
    rdec = cast.rdec_controller
    p.assign_keeper(report, rdec, keeper=cast.water, approved_name="Lotus Pond")
    today = report.assigned_on
    with pytest.raises(Refused):
        p.mend(report, cast.works_officer, fixed_on=today, answer="已更換")
    p.mend(report, cast.officer, fixed_on=today, answer="已更換面板")
    p.close(report, rdec)
    assert (report.case.stage, report.case.closed_on) == ("closed", today)
    assert "已更換面板" in client.get(reverse("signs_public:standing", args=[report.code])).content.decode()


def test_a_sign_of_another_agency_goes_back_to_the_commission(client, cast):
    client.post(PLACE, filled(client))
    report = SignReport.objects.get()
    p.assign_keeper(report, cast.rdec_controller, keeper=cast.water, approved_name="Lotus Pond")
    p.disown(report, cast.officer, reason="為觀光局所設")
    assert (report.keeper, report.case.stage) == (None, "reported")
    assert report.case.clocks.filter(stopped_at=None, code="check").exists()


def test_the_panel_finds_the_approved_names_the_sign_speaks_of(client, cast, names):
    from yankao.kernel.register import english
    from yankao.research.english.signs.screens import words

    names.approve(names.propose("蓮池潭", "Lotus Pond"))
    english.forget()
    client.post(PLACE, filled(client))
    assert words(SignReport.objects.get(), cast.rdec_controller) == {"names": [("蓮池潭", "Lotus Pond")]}


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────

REPORTS = imports.IMPORTS[0]


@pytest.fixture
def four(client, cast):
    """Reports as far as they go: closed with photographs, sent back, disowned, and dismissed."""
    rdec, after = cast.rdec_controller, keep_file(png("after"), "after.png", cast.officer)
    for number, photo in enumerate(
        (SimpleUploadedFile("before.png", png("before"), "image/png"), "", "", "")
    ):
        client.post(PLACE, filled(client, place=f"站{number}", details="字太小", photo=photo))
    closed, back, lost, none = SignReport.objects.order_by("place")
    for one, shown in ((closed, after), (back, None)):
        p.assign_keeper(one, rdec, keeper=cast.water, approved_name="Lotus Pond")
        p.mend(one, cast.officer, fixed_on=one.assigned_on, fixed_photo=shown, answer="已更換面板。")
    p.close(closed, rdec)
    p.send_back(back, rdec, reason="仍有錯字")
    p.assign_keeper(lost, rdec, keeper=cast.water, approved_name="Lotus Pond")
    p.disown(lost, cast.officer, reason="為觀光局所設")
    p.dismiss(none, rdec, answer="與核定譯名相符。")
    return closed, back, lost, none


def rows_of(user):
    return {row[0]: row for row in REPORTS.out(user)[1]}


def standing_of(reports):
    """Stage and running deadlines by place."""
    return {
        one.place: (one.case.stage, sorted(one.case.clocks.filter(stopped_at=None).values_list("code")))
        for one in reports
    }


@pytest.mark.parametrize(("form", "language"), [("csv", "zh-hant"), ("csv", "en"), ("ods", "zh-hant")])
def test_reports_come_back_from_their_file_without_loss(four, cast, form, language):
    rdec = cast.rdec_controller
    stood = standing_of(SignReport.objects.select_related("case"))
    with translation.override(language):
        header, rows = REPORTS.out(rdec)
        kept = list(rows)
        data = b"".join(write_csv(header, kept)) if form == "csv" else write_ods(header, kept, "x")
        before, sheet = rows_of(rdec), read_sheet(data, f"n.{form}")
        lines = Entry.objects.count()
        again = take(sheet, REPORTS, rdec)
        assert (again.kept, again.refused, Entry.objects.count()) == (4, [], lines)
        for one in SignReport.objects.all():  # as on another installation
            Case.objects.filter(pk=one.pk).update(number=f"x{one.pk}")
            SignReport.objects.filter(pk=one.pk).update(code=f"x{one.pk}")
        outcome = take(sheet, REPORTS, rdec)
        assert [str(one.problems[0]) for one in outcome.refused] == []
        after = {number: row for number, row in rows_of(rdec).items() if number in before}
    assert after == before and len(before) == 4
    new = SignReport.objects.filter(case__number__in=before).select_related("case")
    assert standing_of(new) == stood


def changed(user, column, value, number=0):
    """The file of one report with one cell changed."""
    header, rows = REPORTS.out(user)
    row = list(rows)[number]
    row[header.index(column)] = value
    return read_sheet(b"".join(write_csv(header, [row])), "n.csv")


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [("標示上的文字", "Lotus Pont", "更正"), ("照片", "", "更正"), ("改善日", "90/1/1", "順序"),
     ("結案日", "199/1/1", "今天"), ("標示管理機關", "", "同時"), ("應有的英文", "", "應有的英文"),
     ("處理情形", "", "處理情形"), ("地點", "", "地點"), ("地點", "長" * 201, "200"),
     ("標示管理機關", "沒有這局", "沒有這局")],
)  # fmt: skip
def test_a_row_that_cannot_be_comes_back_with_its_reason(four, cast, column, value, sentence):
    outcome = take(changed(cast.rdec_controller, column, value), REPORTS, cast.rdec_controller)
    assert outcome.kept == 0 and sentence in " ".join(map(str, outcome.refused[0].problems))


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [("照片", "0" * 64, "照片"), ("陳情案號", "陳000-1", "陳情"), ("查詢碼", "", "")],
)
def test_what_a_new_report_names_must_be_there(four, cast, column, value, sentence):
    sheet = changed(cast.rdec_controller, column, value)
    Case.objects.filter(pk=four[0].pk).update(number="x")
    SignReport.objects.filter(pk=four[0].pk).update(code="x")
    outcome = take(sheet, REPORTS, cast.rdec_controller)
    assert outcome.kept == (0 if sentence else 1)
    assert not sentence or sentence in str(outcome.refused[0].problems[0])
    assert SignReport.objects.filter(code="").count() == 0


def test_only_the_commission_takes_reports_in_and_an_agency_takes_out_its_own(four, cast):
    assert REPORTS.may(cast.rdec_controller) and not REPORTS.may(cast.officer)
    assert set(rows_of(cast.officer)) == {one.case.number for one in four[:2]}


def test_a_number_taken_in_is_not_given_out_again(four, cast, client):
    number = f"誌{four[0].case.opened_on.year - 1911}-00005"
    sheet = changed(cast.rdec_controller, "案號", number)
    Case.objects.filter(pk=four[0].pk).update(number="x")
    SignReport.objects.filter(pk=four[0].pk).update(code="x")
    assert take(sheet, REPORTS, cast.rdec_controller).kept == 1
    assert client.post(PLACE, filled(client, place="站9")).status_code == 302
    assert SignReport.objects.get(place="站9").case.number.endswith("-00006")
