"""Codes that rotate, invitations that calendars understand, and events between rooms."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from yankao.kernel.events import Event
from yankao.kernel.session import code, ical

NOON = datetime(2012, 4, 30, 4, 0, tzinfo=UTC)


def test_a_code_is_good_for_some_rounds_and_for_its_sitting_only():
    shown = code.code_at("a.room", 7, NOON)
    assert code.good("a.room", 7, shown, NOON)
    assert code.good("a.room", 7, shown.upper(), NOON + timedelta(seconds=code.EVERY * code.TAKEN))
    assert not code.good("a.room", 7, shown, NOON + timedelta(seconds=code.EVERY * (code.TAKEN + 1)))
    assert not code.good("a.room", 7, shown, NOON - timedelta(seconds=code.EVERY))
    assert not code.good("a.room", 8, shown, NOON) and not code.good("b.room", 7, shown, NOON)
    assert shown != code.code_at("a.room", 7, NOON + timedelta(seconds=code.EVERY))
    assert not code.good("a.room", 7, "", NOON)


def test_a_ticket_opens_the_form_of_its_sitting_only():
    given = code.ticket("a.room", 7)
    assert code.ticket_good("a.room", 7, given)
    assert not code.ticket_good("a.room", 8, given) and not code.ticket_good("a.room", 7, given + "x")
    assert code.opinion_seat("a.room", code.opinion_ticket("a.room", 3)) == 3
    assert code.opinion_seat("b.room", code.opinion_ticket("a.room", 3)) is None
    assert code.opinion_seat("a.room", given) is None


def test_the_picture_of_a_code_names_itself_and_escapes_its_words():
    drawn = code.picture("https://city.example/x", 'a"b')
    assert drawn.startswith("<svg") and 'aria-label="a&#34;b"' in drawn and "style=" not in drawn


def entry(**more):
    given = {"number": "a.room.7", "sequence": 2, "title": "訓練", "start": NOON, "end": NOON} | more
    return ical.Invited(**given)


def calendar(*entries, **more):
    given = {"method": ical.REQUEST, "organiser": "研考會", "stamp": NOON} | more
    return Calendar.from_ical(ical.calendar_of(entries, **given))


def test_an_invitation_keeps_its_uid_and_counts_its_changes():
    first = calendar(entry(), attendee=("林怡君", "lin@city.example"))
    (event,) = first.walk("VEVENT")
    assert str(first["METHOD"]) == "REQUEST" and event["SEQUENCE"] == 2
    assert str(event["UID"]) == ical.uid("a.room.7")
    assert str(event["ATTENDEE"]) == "mailto:lin@city.example"
    called_off = calendar(entry(sequence=3), method=ical.CANCEL)
    (event,) = called_off.walk("VEVENT")
    assert str(called_off["METHOD"]) == "CANCEL" and str(event["STATUS"]) == "CANCELLED"
    assert str(event["UID"]) == ical.uid("a.room.7") and "ATTENDEE" not in event


def test_an_invitation_survives_hard_words_and_long_lines():
    title = "防汛；設施,\n「養護」\\" + "長" * 120
    (event,) = calendar(entry(title=title)).walk("VEVENT")
    assert str(event["SUMMARY"]) == title
    raw = ical.calendar_of([entry(title=title)], method=ical.REQUEST, organiser="研考會", stamp=NOON)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))


def test_a_listener_is_heard_once_and_answers():
    event: Event[int, int] = Event("counted")

    @event.hear
    def double(fact: int) -> int:
        return 2 * fact

    event.hear(double)
    assert event.tell(4) == [8]

    @event.hear
    def refuse(fact: int) -> int:
        raise ValueError(fact)

    with pytest.raises(ValueError):
        event.tell(4)
