"""服務水準 What the level of service means: named, versioned definitions over the same sums.

With the threshold T and the short wait S of the day: answered within T, over a base that each definition
names. Intervals are pooled: all answered within T over the whole base, never a mean of means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.journal.counting import Counting, Countings
from yankao.kernel.period import Period
from yankao.kernel.rules.values import Seed

from . import rules
from .models import CallInterval, State

ANSWERED = Q(connected__isnull=False)
ABANDONED = Q(state=State.ABANDONED)


@dataclass(frozen=True)
class Level(Counting):
    """One definition: what stands above and below the line, for calls (Q) and for sums (columns)."""

    over: str = "offered"
    """`offered`, `answered`, or offered less those who hung up within `T` or `S`."""
    with_abandoned: bool = False

    def part(self, limit: int) -> Q:
        """The calls above the line."""
        quick = ANSWERED & Q(wait__lte=limit)
        return quick | ABANDONED & Q(wait__lte=limit) if self.with_abandoned else quick

    def base(self, limit: int, short: int) -> Q:
        """The calls below the line."""
        match self.over:
            case "answered":
                return ANSWERED
            case "T":
                return ~(ABANDONED & Q(wait__lte=limit))
            case "S":
                return ~(ABANDONED & Q(wait__lte=short))
        return Q()

    def of(self, sums: dict[str, int], limit: int, short: int) -> tuple[int, int]:
        """(part, base) from sums of intervals."""
        part = sums[f"in_{limit}"] + (sums[f"out_{limit}"] if self.with_abandoned else 0)
        base = {
            "offered": sums["offered"],
            "answered": sums["answered"],
            "T": sums["offered"] - sums[f"out_{limit}"],
            "S": sums["offered"] - sums[f"out_{short}"],
        }[self.over]
        return part, base


LEVELS: Countings[Level] = Countings(
    "service.calls.level",
    gettext_lazy("服務水準定義"),
    (
        Level("SL_a", 1, gettext_lazy("T秒內接聽數÷進線數")),
        Level("SL_b", 1, gettext_lazy("T秒內接聽數÷（進線數－T秒內掛斷數）"), "T"),
        Level("SL_c", 1, gettext_lazy("T秒內接聽數÷（進線數－短暫放棄數）"), "S"),
        Level("SL_d", 1, gettext_lazy("（T秒內接聽數＋T秒內掛斷數）÷進線數"), "offered", True),
        Level("SL_e", 1, gettext_lazy("T秒內接聽數÷接聽數"), "answered"),
    ),
    Seed("SL_b/1", basis=rules.CITY),
)


@dataclass(frozen=True)
class Chosen:
    """The definition, threshold and short wait that hold on a day."""

    level: Level
    limit: int
    short: int

    def __str__(self) -> str:
        return _("%(code)s：%(words)s，T＝%(limit)s秒，按通數加權") % {
            "code": self.level.code, "words": self.level.words, "limit": self.limit,
        }  # fmt: skip


def chosen(day: date) -> Chosen:
    """What holds on the day; a figure takes the day of reference of its period."""
    return Chosen(LEVELS.at(day), rules.THRESHOLD.at(day), rules.SHORT.at(day))


def counted(period: Period) -> str:
    """The words that are printed with a figure of the level."""
    return str(chosen(period.as_of))


# ── From the sums ───────────────────────────────────────────────────────────────────────────────────


def sums(intervals: Any, names: Iterable[str]) -> dict[str, int]:
    """Sums over intervals, nought where there are none."""
    found = intervals.order_by().aggregate(**{f"s_{name}": Sum(name) for name in names})
    return {name: found[f"s_{name}"] or 0 for name in names}


def needed(choice: Chosen) -> tuple[str, ...]:
    """The sums a level is made of."""
    limit, short = choice.limit, choice.short
    return tuple(dict.fromkeys(("offered", "answered", f"in_{limit}", f"out_{limit}", f"out_{short}")))


def within(days: tuple[date, date]) -> Any:
    """The intervals of these days."""
    return CallInterval.objects.filter(day__range=days)


def level(period: Period, choice: Chosen | None = None) -> tuple[int, int]:
    """(part, base) of a period, pooled."""
    choice = choice or chosen(period.as_of)
    return choice.level.of(sums(within(period.days), needed(choice)), choice.limit, choice.short)


def percent(part: int, base: int) -> Decimal | None:
    return Decimal(100 * part) / base if base else None


def averaged(period: Period, choice: Chosen, way: str) -> Decimal | None:
    """The level by a way of averaging (`rules.AVERAGING`)."""
    if way == "pooled":
        return percent(*level(period, choice))
    names = needed(choice)
    groups = within(period.days).order_by()
    groups = (
        groups.annotate(month=TruncMonth("day")).values("month") if way == "months" else groups.values("slot")
    )
    told = []
    for row in groups.annotate(**{f"s_{name}": Sum(name) for name in names}):
        one = percent(
            *choice.level.of({name: row[f"s_{name}"] for name in names}, choice.limit, choice.short)
        )
        if one is not None:
            told.append(one)
    return sum(told, Decimal(0)) / len(told) if told else None
