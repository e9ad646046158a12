"""會議邀請 Invitations as RFC 5545: METHOD:REQUEST, a change with SEQUENCE one higher, METHOD:CANCEL.
The UID stays the same for ever, so that a calendar changes its entry instead of adding one.

Each calendar names one attendee only: nobody learns from an invitation who else is invited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings

REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True)
class Invited:
    """One entry: times are aware; `number` tells it from every other one of the platform."""

    number: str
    sequence: int
    title: str
    start: datetime
    end: datetime
    place: str = ""
    words: str = ""
    cancelled: bool = False


def uid(number: str) -> str:
    """The lasting name of an entry."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"{number}@{domain}"


def _person(name: str, email: str) -> Any:
    from icalendar import vCalAddress, vText  # noqa: PLC0415  (a tenth of a second of every start; few processes need it)

    person = vCalAddress(f"mailto:{email}")
    person.params["CN"] = vText(name)
    return person


def calendar_of(
    entries: Iterable[Invited],
    *,
    method: str,
    organiser: str,
    stamp: datetime,
    attendee: tuple[str, str] | None = None,
) -> bytes:
    """The calendar for one attendee (name, address), or for nobody by name. UTF-8, lines folded, CRLF."""
    from icalendar import Calendar, Event, vText  # noqa: PLC0415  (a tenth of a second of every start; few processes need it)

    calendar = Calendar()
    calendar.add("prodid", "-//yankao//session//ZH-TW")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for entry in entries:
        event = Event()
        event.add("uid", uid(entry.number))
        event.add("sequence", entry.sequence)
        event.add("dtstamp", stamp)
        event.add("dtstart", entry.start)
        event.add("dtend", entry.end)
        event.add("summary", entry.title)
        if entry.place:
            event.add("location", entry.place)
        if entry.words:
            event.add("description", entry.words)
        event.add("status", "CANCELLED" if entry.cancelled or method == CANCEL else "CONFIRMED")
        event.add("organizer", _person(organiser, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
        if attendee and attendee[1]:
            who = _person(*attendee)
            who.params["RSVP"] = vText("FALSE")
            who.params["PARTSTAT"] = vText("NEEDS-ACTION")
            event.add("attendee", who, encode=False)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
