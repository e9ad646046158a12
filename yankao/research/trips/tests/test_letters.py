"""L01 and L02: the reminder of an overdue report, the inquiry, the table of adoption."""

from datetime import date
from pathlib import Path

from yankao.kernel.casework.models import Clock
from yankao.kernel.letters import issuing, register, series
from yankao.kernel.letters.testing import reads_as
from yankao.research.trips import letters
from yankao.research.trips.models import Trip

GOLDEN = Path(__file__).with_name("golden")
DAY = date(2012, 7, 17)


def test_a_report_overdue_beyond_the_rule_is_asked_for_by_letter(desk, monkeypatch):
    trip = desk.returned()  # in 2012: overdue for years
    trip.case.refresh_from_db()
    assert issuing.refusal(letters.overdue, trip, desk.cast.rdec_controller) == ""
    assert list(letters.overdue_trips(desk.cast.rdec_controller)) == [trip]
    assert "研考會" in issuing.refusal(letters.overdue, trip, desk.cast.registrar)
    monkeypatch.setattr(letters.timezone, "localdate", lambda *given: DAY)
    for language in ("zh-hant", "en"):
        name = "overdue.en.txt" if language == "en" else "overdue.txt"
        reads_as(
            GOLDEN / name, letters.overdue, trip, desk.cast.rdec_controller, dated=DAY, language=language,
            until=date(2012, 7, 31),
        )  # fmt: skip


def test_a_report_that_is_not_overdue_for_long_gets_no_letter(desk):
    trip = desk.trip()
    assert "14日" in issuing.refusal(letters.overdue, trip, desk.cast.rdec_controller)
    assert not letters.overdue_trips(desk.cast.rdec_controller).exists()


def test_the_inquiry_goes_to_the_agencies_that_have_not_answered(desk):
    trip = desk.sent_out()
    text = reads_as(
        GOLDEN / "inquiry.txt", letters.inquiry, trip, desk.cast.registrar, dated=DAY, until=date(2012, 7, 31)
    )
    assert "工務局" in text and "水利局" in text
    trip.suggestions.filter(addressee=desk.cast.works).update(
        answered_on=DAY, answer="adopted", reason="已列入計畫"
    )
    made = issuing.compose(letters.inquiry, trip, desk.cast.registrar, {"until": DAY}, dated=DAY)
    assert [one.name for one in made.content.to] == ["水利局"]


def test_the_table_of_adoption_is_kept_as_a_document_with_its_sheet(desk):
    trip = desk.sent_out()
    reads_as(GOLDEN / "adoption.txt", letters.adoption, trip, desk.cast.registrar, dated=DAY)
    sent = issuing.issue(letters.adoption, trip, desk.cast.registrar, dated=DAY)
    assert (sent.number, sent.ods is not None) == ("", True)
    assert register.of_case(trip.case, desk.cast.registrar) == [sent]
    assert not register.register(desk.cast.stranger).exists()


def test_overdue_letters_go_out_in_one_batch(desk):
    series.setting(desk.cast.rdec_chief, desk.cast.rdec, word="示市研", since=date(2011, 1, 1))
    trips = [desk.returned(), desk.returned(title="赴新加坡考察")]
    assert Clock.objects.filter(case__in=[trip.pk for trip in trips], code="report").count() == 2
    found = list(letters.overdue_trips(desk.cast.rdec_controller))
    done = issuing.batch(
        letters.overdue, found, desk.cast.rdec_controller, {"until": date(2012, 7, 31)}, key="k", dated=DAY
    )
    assert [one.dispatch.seq for one in done if one.dispatch] == [1, 2]
    assert Trip.objects.count() == 2
