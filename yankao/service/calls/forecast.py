"""預測 The calls of the half-hours to come, and how far this foretelling would have been wrong.

A half-hour is foretold by the mean of its weekday's half-hours over the last eight weeks, times how the
last two weeks stand to those eight; a day off counts as a Sunday. The baseline says simply: as a week
before. Both are tried on the past, one week at a time with what was known then; the smaller error is the
one that is used.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from yankao.kernel.rules.office import office_calendar

from .models import CallInterval
from .parts import slots_of

WEEKS = 8
RECENT = 2
TRIED = 4
"""So many past weeks are foretold again to know the error."""
HALVES = 48
SUNDAY = 6

type Volumes = dict[date, list[int]]
"""Calls that came by day and half-hour."""


@dataclass(frozen=True)
class Tried:
    """The errors of both ways over the weeks tried: the sum of the deviations over the sum of the calls."""

    weeks: int
    model: float | None
    baseline: float | None

    @property
    def model_used(self) -> bool:
        """Whether the model did at least as well as "as a week before"."""
        return self.model is not None and (self.baseline is None or self.model <= self.baseline)


def volumes(first: date, last: date) -> Volumes:
    """Calls offered by half-hour of these days; a day without any is left out."""
    rows = (
        CallInterval.objects.filter(day__range=(first, last))
        .order_by()
        .values_list("day", "slot")
        .annotate(calls=Sum("offered"))
    )
    found: Volumes = {}
    for day, slot, calls in rows:
        found.setdefault(day, [0] * HALVES)[slot - slots_of(day, day)[0]] += calls
    return found


def kind_of(day: date) -> int:
    """The weekday whose profile a day follows: a day off is a Sunday, a day made up is what it replaces."""
    weekday = day.weekday()
    calendar = office_calendar()
    try:
        open_ = calendar.is_open(day, "am", None)
    except (LookupError, ValueError):
        return weekday
    if weekday < 5 and not open_:
        return SUNDAY
    return 4 if weekday >= 5 and open_ else weekday


def foretell(known: Volumes, day: date, before: date) -> list[float] | None:
    """The calls of each half-hour of `day` from what was known before `before`; None when nothing like it
    was.
    """
    start = before - timedelta(weeks=WEEKS)
    past = {one: halves for one, halves in known.items() if start <= one < before}
    alike = [halves for one, halves in past.items() if kind_of(one) == kind_of(day)]
    if not alike:
        return None
    recent = [one for one in past if one >= before - timedelta(weeks=RECENT)]
    grown = 1.0
    if len(recent) >= 7:
        usual: dict[int, list[int]] = defaultdict(list)
        for one, halves in past.items():
            usual[kind_of(one)].append(sum(halves))
        expected = sum(sum(usual[kind_of(one)]) / len(usual[kind_of(one)]) for one in recent)
        grown = sum(sum(past[one]) for one in recent) / expected if expected else 1.0
    return [grown * sum(halves[half] for halves in alike) / len(alike) for half in range(HALVES)]


def as_before(known: Volumes, day: date, before: date) -> list[float] | None:
    """As a week before; the same weekday of the last week that was known."""
    while day >= before:
        day -= timedelta(weeks=1)
    halves = known.get(day)
    return [float(one) for one in halves] if halves else None


def tried(known: Volumes, before: date, weeks: int = TRIED) -> Tried:
    """Foretell past weeks anew and compare; a day that either way cannot foretell is left out for both."""
    off_model = off_baseline = total = 0.0
    counted = 0
    for back in range(1, weeks + 1):
        start = before - timedelta(weeks=back)
        any_day = False
        for offset in range(7):
            day = start + timedelta(days=offset)
            actual = known.get(day)
            model, baseline = foretell(known, day, start), as_before(known, day, start)
            if actual is None or model is None or baseline is None:
                continue
            any_day = True
            off_model += sum(abs(a - b) for a, b in zip(actual, model, strict=True))
            off_baseline += sum(abs(a - b) for a, b in zip(actual, baseline, strict=True))
            total += sum(actual)
        counted += any_day
    if not total:
        return Tried(0, None, None)
    return Tried(counted, off_model / total, off_baseline / total)


def predicted(known: Volumes, day: date, before: date, trial: Tried) -> list[float] | None:
    """The better of both ways for a day to come."""
    ways = (foretell, as_before) if trial.model_used else (as_before, foretell)
    for way in ways:
        if (found := way(known, day, before)) is not None:
            return found
    return None
