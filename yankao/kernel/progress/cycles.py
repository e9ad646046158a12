"""報告週期 Which months a report is due for, and when: opened, due, warned of, escalated (functional spec
D10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..rules.office import office_calendar
from ..rules.values import Declared
from ..span import Span, due


def first_of(day: date) -> date:
    """The first day of the month: how a month is written everywhere."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    return first_of(month.replace(day=28) + timedelta(days=4))


def last_of(month: date) -> date:
    """The month's last day."""
    return next_month(month) - timedelta(days=1)


def month_before(day: date) -> date:
    """The month that ended before this day's month."""
    return first_of(first_of(day) - timedelta(days=1))


def months(first: date, last: date) -> Iterator[date]:
    """Every month from one to the other, both included."""
    month = first_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def closed_month(as_of: date) -> date:
    """The last month that is over on a day: June on 30 June and in July, May on 29 June."""
    return first_of(as_of) if as_of == last_of(as_of) else month_before(as_of)


@dataclass(frozen=True)
class Window:
    """When the report of one month is due, and when those who did not file hear of it."""

    month: date
    due_at: datetime
    warn_at: datetime
    escalate_at: datetime

    def rung(self, now: datetime) -> str:
        """Where an unfiled report stands: "" running, late, warned or escalated."""
        if now >= self.escalate_at:
            return "escalated"
        if now >= self.warn_at:
            return "warned"
        return "late" if now > self.due_at else ""


@dataclass(frozen=True)
class Cycle:
    """A monthly cycle by rules: the spans are counted from the month reported, such as "day 5 of next
    month".
    """

    due: Declared[Span]
    warn: Declared[Span]
    escalate: Declared[Span]

    def window(self, month: date) -> Window:
        """The dates of one month, by the rules in force on its last day and the office calendar."""
        day = last_of(month)
        at = [due(rule.at(day), month, office_calendar()).at for rule in (self.due, self.warn, self.escalate)]
        return Window(month, *at)
