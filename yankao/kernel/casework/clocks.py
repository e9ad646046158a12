"""Deadlines as a process declares them, and the running clocks that come of them (functional spec D4).

A clock is started, stopped, paused, resumed and extended by moves; where it stands is kept on the row, why
it moved is a
row of `ClockChange`. `explain` lists every day counted and passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

from .. import bulk
from ..calendar import TAIPEI, Calendar, local_day
from ..rules.office import office_calendar
from ..rules.values import Declared
from ..span import Counted, Due, ExtensionRefused, Hours, Span, Step, due, extend, parse_span, paused, trace
from .models import Case, Clock, ClockChange


@dataclass(frozen=True)
class Extending:
    """How a deadline may be extended: how often, how far in all, until when at most, and who approves.

    Without `by` no move of its own is derived: the room asks and approves by moves of its own, whose bodies
    call `Step.prolong`.
    """

    by: Any = None
    times: int | None = None
    longest: Counted | None = None
    until: Callable[[Any], datetime] | None = None


@dataclass(frozen=True)
class ByPolicy:
    """A limit that depends on the record: `choose(record, day)` gives the span in force, `words` says how
    for the handbook, `rule` names where it is kept.
    """

    choose: Callable[[Any, date], Span]
    words: Any
    rule: str = ""


@dataclass(frozen=True, eq=False)
class Deadline:
    """期限 A time limit of a process: how long, from which fact, by which rule, and how one is reminded of
    it.

    `within` is a span, a rule that gives one on the day it starts, or a policy that
    tells classes of records apart; `counted_from` names a date of the record (or is a function of it).
    `remind` are days before the deadline; a late one is reminded weekly. `words(days left, today)` gives
    the sentence of a reminder (it may use {number}, {title}, {due} and {days}; days are negative when late)
    and
    `owed_by(record, mark)` the people reminded, when they are not those of the case.
    """

    code: str
    label: Any
    within: Span | Declared[Span] | ByPolicy
    counted_from: str | Callable[[Any], date | datetime | None]
    law: Any = ""
    remind: tuple[int, ...] = ()
    weekly_when_late: bool = True
    extending: Extending | None = None
    words: Callable[[int, date], Any] | None = None
    owed_by: Callable[[Any, str], Iterable[Any]] | None = None

    def span_at(self, day: date, record: Any = None) -> Span:
        within = self.within
        if isinstance(within, Declared):
            return within.at(day)
        return within.choose(record, day) if isinstance(within, ByPolicy) else within

    def start_of(self, record: Any) -> date | datetime:
        since = (
            self.counted_from(record) if callable(self.counted_from) else getattr(record, self.counted_from)
        )
        if since is None:
            raise ValueError(f"{self.code}: nothing to count from")
        return since


def _day(moment: date | datetime) -> date:
    return local_day(moment) if isinstance(moment, datetime) else moment


def _moment(start: date | datetime) -> datetime:
    if isinstance(start, datetime):
        return start
    return datetime.combine(start, time.min, TAIPEI)


def start(deadline: Deadline, case: Case, since: date | datetime, record: Any = None) -> Clock:
    """A new clock, not yet saved, due by the rule in force on the day it starts."""
    span = deadline.span_at(_day(since), record)
    reached = _reached(span, since, office_calendar(), case.district_id)
    return bulk.made(
        Clock,
        case=case,
        code=deadline.code,
        started_at=_moment(since),
        span=str(span),
        due_at=reached.at,
        calendar=reached.edition,
    )


def _reached(span: Span, since: date | datetime, calendar: Calendar, district: str | None) -> Due:
    if isinstance(since, datetime) and not isinstance(span, Hours):
        since = local_day(since)
    return _counted(span, since, calendar, district if calendar.closures else None)


@lru_cache(maxsize=4096)
def _counted(span: Span, since: date | datetime, calendar: Calendar, district: str | None) -> Due:
    """Counted once for all cases that start on one day; where nothing is closed, districts do not differ."""
    return due(span, since, calendar, district=district)


def restart(
    deadline: Deadline,
    clock: Clock,
    since: date | datetime,
    at: datetime,
    by: Any,
    reason: str,
    record: Any = None,
) -> ClockChange:
    """The fact it counts from was corrected: the clock is recalculated, with the reason kept."""
    before, fresh = clock.due_at, start(deadline, clock.case, since, record)
    clock.started_at, clock.span, clock.due_at, clock.calendar = (
        fresh.started_at,
        fresh.span,
        fresh.due_at,
        fresh.calendar,
    )
    return ClockChange(
        clock=clock,
        kind=ClockChange.Kind.RECALCULATE,
        at=at,
        by=by,
        reason=reason,
        due_before=before,
        due_after=clock.due_at,
    )


def stop(clock: Clock, at: datetime) -> None:
    clock.stopped_at = at


def pause(clock: Clock, at: datetime, by: Any, reason: str) -> ClockChange:
    clock.paused_at = at
    return ClockChange(
        clock=clock,
        kind=ClockChange.Kind.PAUSE,
        at=at,
        by=by,
        reason=reason,
        due_before=clock.due_at,
        due_after=clock.due_at,
    )


def resume(clock: Clock, at: datetime, by: Any, reason: str) -> ClockChange:
    """The paused time, in the clock's own counting unit, is added to the deadline."""
    if clock.paused_at is None:
        raise ValueError(f"{clock.code} is not paused")
    before = clock.due_at
    stopped = (timezone.localtime(clock.paused_at), timezone.localtime(at))
    clock.due_at = paused(_standing(clock), [stopped], office_calendar()).at
    clock.paused_at = None
    return ClockChange(
        clock=clock,
        kind=ClockChange.Kind.RESUME,
        at=at,
        by=by,
        reason=reason,
        due_before=before,
        due_after=clock.due_at,
    )


def longer(deadline: Deadline, clock: Clock, by: Counted, asked: datetime, record: Any = None) -> datetime:
    """Until when a running clock would be extended that is asked for at a time, within the deadline's own
    policy. Raises ExtensionRefused, which has the sentence.
    """
    policy = deadline.extending
    if policy is None:
        raise LookupError(f"{deadline.code} is not extendable")
    earlier = clock.changes.filter(kind=ClockChange.Kind.EXTEND).count() if clock.pk else 0
    reached = extend(
        _standing(clock),
        by,
        timezone.localtime(asked),
        office_calendar(),
        times=earlier,
        max_times=policy.times,
        max_length=policy.longest,
        original=_first(clock),
    ).at
    if policy.until and record is not None and reached > policy.until(record):
        raise ExtensionRefused("length", by)
    return reached


def prolong(
    deadline: Deadline,
    clock: Clock,
    by_span: Counted,
    at: datetime,
    by: Any,
    reason: str,
    record: Any = None,
    asked: datetime | None = None,
) -> ClockChange:
    """Extend a running clock; whether in time is judged by when it was asked for, where that is another
    time. Raises ExtensionRefused as `longer` does.
    """
    before = clock.due_at
    clock.due_at = longer(deadline, clock, by_span, asked or at, record)
    return ClockChange(
        clock=clock,
        kind=ClockChange.Kind.EXTEND,
        at=at,
        by=by,
        reason=reason,
        due_before=before,
        due_after=clock.due_at,
    )


def refusal(error: ExtensionRefused) -> str:
    """Why an extension was refused, in the reader's language."""
    return error.sentence("en" if get_language() == "en" else "zh")


def _first(clock: Clock) -> Due:
    """The deadline as first counted, before any change."""
    span = parse_span(clock.span)
    started = timezone.localtime(clock.started_at)
    since: date | datetime = started if isinstance(span, Hours) else started.date()
    return due(span, since, office_calendar(), district=clock.case.district_id)


def _standing(clock: Clock) -> Due:
    """The deadline as it stands now, with its earlier changes."""
    first, stands = _first(clock), timezone.localtime(clock.due_at)
    if first.at == stands:
        return first
    return replace(first, at=stands, day=stands.date(), base=stands.date(), noon=stands.hour == 12)


def explanation(clock: Clock) -> list[Step]:
    """Every day counted or passed over between start and first deadline, with the calendar edition that
    says so.
    """
    return list(trace(_first(clock), office_calendar()))


@dataclass(frozen=True)
class Left:
    """How a deadline stands: late, soon or running; days are calendar days (negative when late)."""

    state: str
    days: int
    hours: int


def left(due_at: datetime, now: datetime, warn: timedelta = timedelta(days=3)) -> Left:
    gap = due_at - now
    days = (timezone.localtime(due_at).date() - timezone.localtime(now).date()).days
    state = "late" if gap < timedelta(0) else "soon" if gap <= warn else "running"
    return Left(state, days, int(abs(gap).total_seconds() // 3600))
