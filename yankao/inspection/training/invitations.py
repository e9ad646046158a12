"""訓練通知 Invitations by mail with an entry for the calendar; each names its own reader only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from yankao.kernel.jobs.mail import queue_mail
from yankao.kernel.roc import date_text
from yankao.kernel.session import ical
from yankao.kernel.session.roll import begins, ends

from .models import Seat, Sitting, Training


def entry(training: Training, sitting: Sitting, title: str) -> ical.Invited:
    """A sitting as an entry of a calendar."""
    return ical.Invited(
        number=f"inspection.training.{sitting.pk}",
        sequence=sitting.sequence,
        title=title,
        start=begins(sitting),
        end=ends(sitting),
        place=sitting.place,
        words=training.summary,
        cancelled=sitting.cancelled_on is not None,
    )


def calendar_for(
    training: Training,
    sittings: Iterable[Sitting],
    *,
    at: datetime,
    seat: Seat | None = None,
    method: str = ical.REQUEST,
) -> bytes:
    """The sittings as a calendar for one person, or for nobody by name."""
    entries = [entry(training, sitting, training.case.title) for sitting in sittings]
    who = (seat.name, seat.email) if seat else None
    organiser = str(training.case.agency)
    return ical.calendar_of(entries, method=method, organiser=organiser, stamp=at, attendee=who)


def _send(
    training: Training, seats: Iterable[Seat], sittings: Sequence[Sitting], *, at: datetime, method: str
) -> None:
    called_off = method == ical.CANCEL
    mark = "-".join(f"{one.pk}.{one.sequence + called_off}" for one in sittings)
    for seat in seats:
        if not seat.email:
            continue
        language = _language(seat)
        with translation.override(language):
            subject = _("訓練取消：%(title)s") if called_off else _("訓練通知：%(title)s")
            body = _("%(title)s\n時間：%(days)s\n地點：%(place)s\n報到號碼：%(number)s") % {
                "title": training.case.title,
                "days": _days(sittings, language),
                "place": sittings[0].place,
                "number": seat.number,
            }
        told = calendar_for(training, sittings, at=at, seat=seat, method=method)
        queue_mail(
            seat.email,
            subject % {"title": training.case.title},
            body,
            key=f"training:{seat.pk}:{method}:{mark}"[:180],
            language=language,
            calendar=told.decode(),
        )


def _language(seat: Seat) -> str:
    return str(seat.person.language) if seat.person else "zh-hant"


def _days(sittings: Sequence[Sitting], language: str) -> str:
    joint = ", " if language == "en" else "、"
    return joint.join(
        f"{date_text(one.held_on, language, weekday=True)} {one.starts_at:%H:%M}–{one.ends_at:%H:%M}"
        for one in sittings
    )


def invite(training: Training, seats: Iterable[Seat], sittings: Sequence[Sitting], *, at: datetime) -> None:
    """Send the sittings to everybody with an address; a second time it is a change of the same entries."""
    _send(training, seats, sittings, at=at, method=ical.REQUEST)


def withdraw(training: Training, seats: Iterable[Seat], sittings: Sequence[Sitting], *, at: datetime) -> None:
    """Take the sittings out of their calendars again; the version is one above the invitation."""
    for sitting in sittings:
        sitting.sequence += 1
    _send(training, seats, sittings, at=at, method=ical.CANCEL)
    for sitting in sittings:
        sitting.sequence -= 1
