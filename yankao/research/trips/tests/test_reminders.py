"""Who is reminded of what: L01 for the report, the addressed agency for its answer."""

from datetime import date, timedelta

import pytest

from yankao.kernel.notice.models import Notice
from yankao.kernel.notice.remind import remind
from yankao.research.trips import process as p
from yankao.research.trips.models import Suggestion

from .conftest import at

pytestmark = pytest.mark.django_db
DUE = date(2012, 6, 15)


def heard(user, day):
    """What the person reads after the round of this day."""
    before = set(Notice.objects.values_list("pk", flat=True))
    remind(at(day, 7))
    return [notice.text for notice in Notice.objects.exclude(pk__in=before).filter(user=user)]


def test_the_officer_is_reminded_thirty_seven_and_one_day_before_and_weekly_after(desk):
    desk.returned()
    told = [days for days in range(-40, 16) if heard(desk.cast.officer, DUE + timedelta(days=days))]
    assert told == [-30, -7, -1, 1, 7, 14]


def test_after_fourteen_days_a_letter_reminds(desk):
    desk.returned()
    assert "請儘速繳交" in heard(desk.cast.officer, DUE + timedelta(days=14))[0]
    (letter,) = heard(desk.cast.officer, DUE + timedelta(days=21))
    assert (
        letter.startswith("【函催】")
        and "101年6月15日" in letter
        and "逾期21日" in letter
        and "研考會" in letter
    )


def test_a_report_handed_in_is_no_longer_asked_for(desk):
    trip = desk.returned()
    desk.do(trip, p.submit, on=date(2012, 6, 1), abstract="x", **desk.submission())
    assert heard(desk.cast.officer, DUE + timedelta(days=7)) == [
        f"{trip.case.number}「{trip.case.title}」的「報告審查期限」已於101年6月15日屆期，逾期7日。"
    ]


def test_the_addressed_agency_is_reminded_of_its_own_suggestion_only(desk):
    trip = desk.sent_out(on=date(2012, 6, 1), agencies=("works", "water"))
    day = date(2012, 6, 25)  # seven days before 2 July
    assert len(heard(desk.cast.works_controller, day)) == 1
    assert Notice.objects.filter(user=desk.cast.controller, key__startswith="remind").count() == 1
    one = Suggestion.objects.get(addressee=desk.cast.works)
    desk.do(
        trip,
        p.answer,
        desk.cast.works_officer,
        on=date(2012, 6, 26),
        suggestion=one,
        result="done",
        done_on=date(2012, 6, 20),
    )
    assert heard(desk.cast.works_controller, date(2012, 7, 1)) == []
    assert Notice.objects.filter(user=desk.cast.controller, key__contains=":-1:").count() == 1


def test_the_letter_after_days_is_a_rule(desk):
    from yankao.kernel.rules.values import change

    change(desk.cast.rdec_chief, "research.trips.letter_after", "3", date(2012, 1, 1), "試行")
    desk.returned()
    assert heard(desk.cast.officer, DUE + timedelta(days=7))[0].startswith("【函催】")
