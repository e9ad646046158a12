"""The way of a trip, its report and its suggestions, through the process (functional spec R8)."""

from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework import contract
from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.models import Case, CaseEvidence, Clock, ClockChange
from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.research.trips import process as p
from yankao.research.trips.models import (
    Destination,
    Kind,
    Publicity,
    ReportKind,
    Submission,
    Suggestion,
    Traveller,
    Trip,
)

from .conftest import WHOLE, at, odt

pytestmark = pytest.mark.django_db


def due(trip, code="report"):
    clock = Clock.objects.filter(case=trip.case, code=code).latest("pk")
    return timezone.localtime(clock.due_at)


def stage(trip):
    return Case.objects.get(pk=trip.pk).stage


def test_the_process_is_as_written_down():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


@pytest.mark.parametrize(
    ("back", "ends"),
    [
        (date(2012, 3, 15), (2012, 6, 15, 23, 59)),
        (date(2012, 3, 31), (2012, 7, 2, 12, 0)),  # 30 June is a Saturday: Monday noon
        (date(2012, 3, 6), (2012, 6, 6, 23, 59)),
    ],
)
def test_a_report_is_due_three_months_after_return(desk, back, ends):
    assert due(desk.returned(on=back)).timetuple()[:5] == ends


def test_a_trip_leaves_only_with_places_and_people(desk):
    trip = desk.trip()
    with pytest.raises(Refused, match="前往地點"):
        desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    desk.party(trip, names=())
    with pytest.raises(Refused, match="出國人員"):
        desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    desk.party(trip)
    desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    assert stage(trip) == "travelling"


def test_a_journey_to_hong_kong_is_notified_first(desk):
    trip = desk.party(desk.trip(), codes=("JP", "HK"))
    with pytest.raises(Refused, match="通報"):
        desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    desk.do(trip, p.record_notice, desk.cast.registrar, on=date(2012, 2, 24), notified_on=date(2012, 2, 24))
    desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))


def test_a_dropped_place_no_longer_asks_for_notice_and_stays_on_record(desk):
    trip = desk.party(desk.trip(), codes=("JP", "CN"))
    china = Destination.objects.get(trip=trip, country="CN")
    desk.do(trip, p.drop_destination, on=date(2012, 3, 1), destination=china, reason="行程縮減")
    desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    assert Destination.objects.get(pk=china.pk).dropped_on == date(2012, 3, 1)


def test_a_place_of_another_trip_cannot_be_dropped_here(desk):
    trip, other = desk.party(desk.trip()), desk.party(desk.trip(trip_no="C2"))
    with pytest.raises(ValidationError, match="不在可選的範圍"):
        desk.do(trip, p.drop_destination, destination=other.destinations.get(), reason="x")
    assert not Destination.objects.exclude(dropped_on=None).exists()


def test_one_who_is_not_back_yet_cannot_be_registered_as_back(desk):
    trip = desk.party(desk.trip())
    desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    with pytest.raises(Refused, match="不能晚於今天"):
        desk.do(trip, p.come_back, on=date(2012, 3, 14), returned_on=date(2012, 3, 15))
    with pytest.raises(ValidationError, match="不能早於出國日"):
        desk.do(trip, p.come_back, on=date(2012, 3, 14), returned_on=date(2012, 3, 4))
    assert stage(trip) == "travelling"


@pytest.mark.parametrize("kind", [k for k in Kind if k != Kind.OTHER])
def test_every_kind_but_other_and_every_mixture_owes_the_full_report(kind):
    assert Trip(kind=kind).report_kind == ReportKind.FULL


def test_other_trips_owe_the_summary_form_only(desk):
    trip = desk.returned(kind="other")
    assert trip.report_kind == ReportKind.SUMMARY
    desk.do(
        trip, p.submit, on=date(2012, 4, 2), report=desk.file(), paper_copies=2, abstract="參展", signed=True
    )
    assert stage(trip) == "submitted"


def test_a_full_report_names_the_parts_that_are_missing(desk):
    trip = desk.returned()
    with pytest.raises(Refused, match="過程、建議"):
        desk.do(
            trip,
            p.submit,
            on=date(2012, 4, 2),
            abstract="x",
            **desk.submission(has_course=False, has_suggestions=False),
        )
    assert stage(trip) == "returned" and not Submission.objects.exists()


def test_a_report_needs_two_paper_copies_and_all_signatures(desk):
    trip = desk.returned()
    with pytest.raises(Refused, match="2份，目前只有1份"):
        desk.do(trip, p.submit, on=date(2012, 4, 2), abstract="x", **desk.submission(paper_copies=1))
    with pytest.raises(Refused, match="全體出國人員"):
        desk.do(trip, p.submit, on=date(2012, 4, 2), abstract="x", **desk.submission(signed=False))


def test_a_group_hands_in_one_report(desk):
    trip = desk.party(desk.trip(), names=("林怡君", "陳冠廷", "黃詩涵"))
    desk.do(trip, p.depart, on=date(2012, 3, 5), departed_on=date(2012, 3, 5))
    desk.do(trip, p.come_back, on=date(2012, 3, 15), returned_on=date(2012, 3, 15))
    author = Traveller.objects.get(trip=trip, name="陳冠廷")
    desk.do(trip, p.name_author, on=date(2012, 3, 16), author=author)
    assert trip.author == "陳冠廷"
    desk.do(trip, p.submit, on=date(2012, 4, 2), abstract="x", **desk.submission())
    with pytest.raises(Refused, match="目前在"):
        desk.do(trip, p.submit, on=date(2012, 4, 3), abstract="x", **desk.submission())
    assert Submission.objects.count() == 1


def test_revision_goes_round_and_every_submission_is_kept(desk):
    trip = desk.submitted(on=date(2012, 5, 2))
    assert due(trip, "review").date() == date(2012, 5, 16)
    desk.do(trip, p.take_up, desk.cast.controller, on=date(2012, 5, 3))
    desk.do(trip, p.send_back, desk.cast.controller, on=date(2012, 5, 7), reason="補充數據")
    assert due(trip, "revision").date() == date(2012, 5, 17)
    assert not Clock.objects.filter(case=trip.case, code="review", stopped_at=None).exists()
    desk.do(trip, p.resubmit, on=date(2012, 5, 14), **desk.submission())
    assert due(trip, "review").date() == date(2012, 5, 28)
    desk.do(trip, p.accept, desk.cast.controller, on=date(2012, 5, 18))
    assert due(trip, "entry").date() == date(2012, 5, 31)
    rounds = list(Submission.objects.filter(trip=trip))
    assert [row.number for row in rounds] == [1, 2]
    assert rounds[0].report != rounds[1].report == Trip.objects.get().report
    assert CaseEvidence.objects.filter(case=trip.case).count() == 2
    assert [e.act for e in Entry.objects.filter(case=trip.case).order_by("seq")] == [
        "open",
        "list_party",
        "depart",
        "come_back",
        "submit",
        "take_up",
        "send_back",
        "resubmit",
        "accept",
    ]


def test_the_writer_does_not_accept_the_report(desk):
    trip = desk.submitted()
    with pytest.raises(Refused, match="機關研考"):
        p.take_up(trip, desk.cast.officer)


def test_a_public_report_has_no_ground_and_a_withheld_one_names_it(desk):
    trip = desk.accepted()
    with pytest.raises(Refused, match="依據"):
        desk.do(
            trip,
            p.register,
            desk.cast.registrar,
            on=date(2012, 5, 20),
            url="https://r.example/1",
            publicity=Publicity.WITHHELD,
        )
    with pytest.raises(ValidationError):
        desk.do(
            trip,
            p.register,
            desk.cast.registrar,
            on=date(2012, 5, 20),
            url="not a link",
            publicity=Publicity.PUBLIC,
        )
    desk.do(
        trip,
        p.register,
        desk.cast.registrar,
        on=date(2012, 5, 20),
        url="https://r.example/1",
        publicity=Publicity.WITHHELD,
        ground="政府資訊公開法第18條",
    )
    assert (stage(trip), trip.publicity) == ("registered", "withheld")
    desk.do(trip, p.change_publicity, desk.cast.registrar, publicity=Publicity.PUBLIC, reason="限制原因消失")
    assert (trip.publicity, trip.ground) == ("public", "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Trip.objects.filter(pk=trip.pk).update(publicity="withheld")


def test_a_damaged_file_is_not_entered_in_the_register(desk):
    import io
    import zipfile

    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(odt())) as whole, zipfile.ZipFile(broken, "w") as box:
        for entry in whole.infolist():
            if entry.filename != "content.xml":
                box.writestr(entry, whole.read(entry))
    trip = desk.returned()
    desk.do(
        trip,
        p.submit,
        on=date(2012, 5, 2),
        abstract="x",
        **desk.submission(report=desk.file(broken.getvalue())),
    )
    desk.do(trip, p.take_up, desk.cast.controller, on=date(2012, 5, 3))
    desk.do(trip, p.accept, desk.cast.controller, on=date(2012, 5, 4))
    given = {"url": "https://r.example/1", "publicity": Publicity.PUBLIC}
    with pytest.raises(Refused, match="ODF檔案不完整"):
        desk.do(trip, p.register, desk.cast.registrar, on=date(2012, 5, 7), **given)
    desk.do(trip, p.reopen_review, desk.cast.controller, on=date(2012, 5, 8), reason="檔案損壞")
    desk.do(trip, p.resubmit, on=date(2012, 5, 9), **desk.submission())
    desk.do(trip, p.accept, desk.cast.controller, on=date(2012, 5, 10))
    desk.do(trip, p.register, desk.cast.registrar, on=date(2012, 5, 11), **given)
    assert stage(trip) == "registered"


def test_a_trip_without_suggestions_closes_after_registration(desk):
    trip = desk.registered()
    desk.do(trip, p.close_without_suggestions, desk.cast.rdec_controller, on=date(2012, 5, 25))
    assert Case.objects.get(pk=trip.pk).closed_on == date(2012, 5, 25)


def test_suggestions_go_to_their_agencies_and_are_answered_within_a_month(desk):
    trip = desk.sent_out(on=date(2012, 6, 1))
    one, two = Suggestion.objects.filter(trip=trip).order_by("number")
    assert due(trip, "answer:1").date() == date(2012, 7, 2)  # 1 July is a Sunday
    assert Notice.objects.filter(user=desk.cast.works_controller, case=trip.case).exists()
    seen = Case.objects.filter(p.process.visible(desk.cast.works_officer))
    assert list(seen) == [trip.case]
    assert [m.name for m in p.process.open_to(trip, desk.cast.works_officer)] == ["answer", "forward"]
    desk.do(
        trip,
        p.answer,
        desk.cast.works_officer,
        on=date(2012, 6, 20),
        suggestion=one,
        result=Answer.DONE,
        done_on=date(2012, 6, 18),
    )
    assert stage(trip) == "suggestions_out"
    assert p.process.open_to(trip, desk.cast.works_officer)[0].name == "report_further"
    with pytest.raises(Refused, match="參辦機關"):
        desk.do(trip, p.answer, desk.cast.works_officer, suggestion=two, result=Answer.DONE)
    desk.do(
        trip,
        p.answer,
        desk.cast.officer,
        on=date(2012, 6, 21),
        suggestion=two,
        result=Answer.NOT_ADOPTED,
        reason="現行法令未允許",
    )
    assert stage(trip) == "suggestions_answered"
    assert not Clock.objects.filter(case=trip.case, stopped_at=None).exists()


def test_an_agency_answers_only_what_was_sent_to_it(desk):
    trip = desk.sent_out()
    water = Suggestion.objects.get(addressee=desk.cast.water)
    with pytest.raises(ValidationError, match="不在可選的範圍"):
        desk.do(
            trip,
            p.answer,
            desk.cast.works_officer,
            suggestion=water,
            result=Answer.DONE,
            done_on=date(2012, 6, 18),
        )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"result": Answer.DONE}, "完成日"),
        ({"result": Answer.PLANNED}, "預定完成"),
        ({"result": Answer.UNDER_STUDY, "reason": "研議"}, "續報日"),
        ({"result": Answer.NOT_ADOPTED}, "理由"),
        ({"result": Answer.PARTLY, "reason": ""}, "理由"),
    ],
)
def test_an_answer_says_what_its_kind_asks_for(desk, given, sentence):
    trip = desk.sent_out()
    one = Suggestion.objects.get(addressee=desk.cast.works)
    with pytest.raises(ValidationError, match=sentence):
        desk.do(trip, p.answer, desk.cast.works_officer, suggestion=one, **given)
    assert Trip.objects.get().answered == 0


def test_an_agency_passes_on_what_is_not_its_own_and_the_month_begins_anew(desk):
    trip = desk.sent_out(on=date(2012, 6, 1), agencies=("works",))
    one = Suggestion.objects.get()
    with pytest.raises(Refused, match="移請其他機關"):
        desk.do(trip, p.answer, desk.cast.works_officer, suggestion=one, result=Answer.NOT_OURS, reason="x")
    desk.do(
        trip,
        p.forward,
        desk.cast.works_officer,
        on=date(2012, 6, 11),
        suggestion=one,
        to=desk.cast.water,
        reason="屬水利局權責",
    )
    passed = Suggestion.objects.get(forwarded_from=one)
    assert (passed.addressee, passed.number, stage(trip)) == (desk.cast.water, 2, "suggestions_out")
    assert due(trip, "answer:2").date() == date(2012, 7, 11)
    desk.do(
        trip,
        p.answer,
        desk.cast.controller,
        on=date(2012, 6, 20),
        suggestion=passed,
        result=Answer.PLANNED,
        promised_on=date(2012, 12, 31),
    )
    assert stage(trip) == "suggestions_answered"
    desk.do(
        trip,
        p.report_further,
        desk.cast.controller,
        on=date(2012, 12, 20),
        suggestion=passed,
        result=Answer.DONE,
        done_on=date(2012, 12, 19),
    )
    passed.refresh_from_db()
    assert (passed.answered_on, passed.renewed_on, passed.adopted_on) == (
        date(2012, 6, 20),
        date(2012, 12, 20),
        date(2012, 6, 20),
    )


def test_answers_are_drawn_together_and_sent_to_the_commission_before_closing(desk):
    trip = desk.sent_out(agencies=("works",))
    with pytest.raises(Refused):
        desk.do(trip, p.consolidate, desk.cast.registrar, sent_letter="水研字第1號")
    desk.do(
        trip,
        p.answer,
        desk.cast.works_officer,
        suggestion=Suggestion.objects.get(),
        result=Answer.DONE,
        done_on=date(2012, 6, 18),
    )
    with pytest.raises(Refused):
        p.close(trip, desk.cast.rdec_controller)
    desk.do(trip, p.consolidate, desk.cast.registrar, on=date(2012, 7, 3), sent_letter="水研字第1號")
    assert Notice.objects.filter(user=desk.cast.rdec_controller, text__contains="彙整函送").exists()
    with pytest.raises(Refused, match="研考會"):
        p.close(trip, desk.cast.registrar)
    desk.do(trip, p.close, desk.cast.rdec_controller, on=date(2012, 7, 10))
    assert (stage(trip), trip.consolidated_on) == ("closed", date(2012, 7, 3))


def test_a_suggestion_answered_behind_the_process_does_not_let_the_case_close(desk):
    trip = desk.sent_out(agencies=("works", "water"))
    Trip.objects.filter(pk=trip.pk).update(answered=2, consolidated_on=date(2012, 7, 1))
    Case.objects.filter(pk=trip.pk).update(stage="consolidated")
    trip.case.refresh_from_db()
    with pytest.raises(Refused, match="尚有2項"):
        p.close(trip, desk.cast.rdec_controller)


def test_a_trip_is_called_off_before_its_report_and_never_after(desk):
    trip = desk.party(desk.trip())
    desk.do(trip, p.cancel, desk.cast.registrar, on=date(2012, 3, 1), reason="簽准取消")
    assert (stage(trip), trip.cancelled_on) == ("cancelled", date(2012, 3, 1))
    with pytest.raises(Refused):
        desk.do(desk.submitted(), p.cancel, desk.cast.registrar, reason="x")


def test_a_number_is_given_once(desk):
    desk.trip(trip_no="C10100001")
    with pytest.raises(ValidationError, match="已經登錄過"):
        desk.trip(trip_no="C10100001")
    desk.trip()
    desk.trip()


def test_a_corrected_return_moves_the_deadline_and_says_why(desk):
    trip = desk.returned(on=date(2012, 3, 15))
    p.process.amend(
        trip, desk.cast.registrar, reason="班機延誤", at=at(date(2012, 3, 20)), returned_on=date(2012, 3, 16)
    )
    assert due(trip).date() == date(2012, 6, 18)  # 16 June is a Saturday
    change = ClockChange.objects.get()
    assert (change.kind, change.reason) == ("recalculate", "班機延誤")
    assert Case.objects.get(pk=trip.pk).due_at == change.due_after


def test_a_return_corrected_after_the_report_still_decides_whether_it_was_in_time(desk):
    trip = desk.returned(on=date(2012, 3, 20))
    desk.do(trip, p.submit, on=date(2012, 6, 18), abstract="x", **desk.submission())
    assert Trip.objects.reported_in_time().count() == 1
    p.process.amend(trip, desk.cast.registrar, reason="誤植", returned_on=date(2012, 3, 10))
    assert Trip.objects.reported_in_time().count() == 0
    assert Case.objects.get(pk=trip.pk).due_at == Clock.objects.get(case=trip.case, code="review").due_at


def test_the_self_check_sheet_is_kept_with_its_round(desk):
    desk.submitted()
    row = Submission.objects.get()
    assert {name: getattr(row, name) for name in WHOLE} == WHOLE and not row.has_annexes
    assert (row.paper_copies, row.by) == (2, desk.cast.officer)
