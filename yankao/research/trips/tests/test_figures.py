"""What the report counts: dated facts, judged at the period's own as-of."""

from datetime import date, timedelta

import pytest

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.figures.checks import checks
from yankao.kernel.period import Period
from yankao.research.trips import figures
from yankao.research.trips import process as p
from yankao.research.trips.models import Publicity, Suggestion, Trip

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
PUBLIC = {"url": "https://r.example/1", "publicity": Publicity.PUBLIC}


def counts(period=HALF):
    return tuple(
        int(getattr(figures, name).value(period)) for name in ("controlled", "filed", "pending", "overdue")
    )


def test_a_report_counts_once_it_is_in_time_and_in_the_register(desk):
    trip = desk.accepted()
    assert counts() == (1, 0, 1, 0)
    desk.do(trip, p.register, desk.cast.registrar, on=date(2012, 5, 20), **PUBLIC)
    assert counts() == (1, 1, 0, 0)
    assert counts(HALF.with_as_of(date(2012, 5, 19))) == (1, 0, 1, 0)


def test_a_report_registered_after_the_day_of_judgement_is_still_pending(desk):
    trip = desk.accepted()
    desk.do(trip, p.register, desk.cast.registrar, on=date(2012, 7, 1), **PUBLIC)
    assert counts() == (1, 0, 1, 0)


def test_a_late_report_is_not_in_time_and_fails_the_check(desk):
    trip = desk.returned()  # due on 15 June
    assert counts(HALF.with_as_of(date(2012, 6, 15))) == (1, 0, 1, 0)
    assert counts(HALF.with_as_of(date(2012, 6, 16))) == (1, 0, 1, 1)
    assert "逾期未繳報告" in checks["research.trips.E4"].faults(HALF)[0]
    desk.do(trip, p.submit, on=date(2012, 6, 18), abstract="x", **desk.submission())
    assert counts() == (1, 0, 1, 0)
    faults = checks["research.trips.E4"].faults(HALF)
    assert len(faults) == 1 and "逾期後才繳交" in faults[0]


def test_a_deadline_at_noon_is_missed_in_the_afternoon(desk):
    for hour, in_time in ((11, 1), (13, 0)):
        trip = desk.returned(on=date(2012, 3, 31))  # ends on Monday 2 July at noon
        p.submit.run(
            trip,
            desk.cast.officer,
            {"abstract": "x", **desk.submission()},
            at=hour_of(date(2012, 7, 2), hour),
        )
        assert Trip.objects.filter(pk=trip.pk).reported_in_time().count() == in_time


def hour_of(day, hour):
    from .conftest import at

    return at(day, hour)


def test_a_cancelled_trip_leaves_the_count_on_its_day(desk):
    trip = desk.returned()
    desk.do(trip, p.cancel, desk.cast.registrar, on=date(2012, 7, 3), reason="重複登錄")
    assert counts() == (1, 0, 1, 1)
    assert counts(HALF.with_as_of(date(2012, 7, 3))) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("back", "counted"), [("2011-12-31", 0), ("2012-01-01", 1), ("2012-06-30", 1), ("2012-07-01", 0)]
)
def test_a_trip_counts_by_the_day_of_return(desk, back, counted):
    day = date.fromisoformat(back)
    trip = desk.party(desk.trip())
    desk.do(trip, p.depart, on=day, departed_on=day - timedelta(days=5))
    desk.do(trip, p.come_back, on=day, returned_on=day)
    assert counts()[0] == counted


def test_the_slices_by_agency_and_kind_add_up(desk):
    desk.returned()
    desk.returned(kind="other")
    assert figures.controlled.only(kind="other").value(HALF) == 1
    assert figures.controlled.only(agency="T-WATER").value(HALF) == 2
    assert "水利局" in figures.controlled.only(agency="T-WATER").label_in("zh-hant")
    assert "Water Resources Bureau" in figures.controlled.only(agency="T-WATER").label_in("en")


def test_the_adoption_rate_counts_what_was_dispatched_and_adopted_by_the_day(desk):
    trip = desk.sent_out(on=date(2012, 6, 1), agencies=("works", "water"))
    one, two = Suggestion.objects.order_by("number")
    desk.do(
        trip,
        p.answer,
        desk.cast.works_officer,
        on=date(2012, 6, 20),
        suggestion=one,
        result=Answer.DONE,
        done_on=date(2012, 6, 18),
    )
    desk.do(
        trip,
        p.forward,
        desk.cast.controller,
        on=date(2012, 6, 21),
        suggestion=two,
        to=desk.cast.rdec,
        reason="x",
    )
    assert (figures.suggestions.value(HALF), figures.suggestions_adopted.value(HALF)) == (2, 1)
    assert str(figures.adoption_rate.value(HALF)) == "50.0"
    assert figures.suggestions_adopted.value(HALF.with_as_of(date(2012, 6, 19))) == 0


def test_counters_that_differ_from_the_rows_are_found(desk):
    trip = desk.sent_out()
    check = checks["research.trips.suggestions"]
    assert check.faults(HALF) == []
    Trip.objects.filter(pk=trip.pk).update(suggested=5)
    assert trip.case.number in check.faults(HALF)[0]


def test_a_register_day_after_the_as_of_breaks_the_order_of_days(desk):
    trip = desk.registered(on=date(2012, 5, 20))
    check = checks["research.trips.E23"]
    assert check.faults(HALF) == []
    Trip.objects.filter(pk=trip.pk).update(submitted_on=date(2012, 6, 1))
    assert trip.case.number in check.faults(HALF)[0]
