"""A figure's own past: the figure in earlier periods of the same length, and whether it is out of line.

Values are measured from the records and kept by each process for some minutes: what is over changes seldom.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from yankao.kernel.audit.models import Entry, Head
from yankao.kernel.figures.declare import Figure
from yankao.kernel.period import Period

from .readings import Readings, whole_of

STEPS = 5
"""Earlier periods in a sparkline."""
LONG = 12
"""Earlier periods an anomaly is judged by, when there are as many."""
LEAST = 8
LIMIT = Decimal("3.5")
"""Robust z-score beyond which a value is out of line (Iglewicz and Hoaglin)."""
SCALE = Decimal("0.6745")
KEPT = 5000
SECONDS = 600.0

_kept: OrderedDict[tuple[str, str, str], tuple[float, Decimal]] = OrderedDict()


def forget() -> None:
    """Measure everything afresh."""
    _kept.clear()


def ledger_head() -> str:
    """Where the ledger stands."""
    found = Head.objects.filter(pk=1).values_list("seq", "hash").first()
    return f"{found[0]}:{found[1]}" if found else ""


def ledger_root() -> str:
    """Which ledger it is: the hash of its first entry; "" for an empty one."""
    return Entry.objects.order_by("seq").values_list("hash", flat=True).first() or ""


def value_of(figure: Figure, period: Period, root: str) -> Decimal:
    """The figure in a period, measured at most once in some minutes."""
    key = (figure.full_name, str(period), root)
    kept = _kept.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    value = figure.value(Readings(period).dates(figure).period)
    if root:
        _kept[key] = (time.monotonic() + SECONDS, value)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return value


def before(figure: Figure, period: Period, steps: int = STEPS) -> list[tuple[Period, Decimal]]:
    """The figure in the periods before, oldest first."""
    root, found = ledger_root(), list[tuple[Period, Decimal]]()
    for _step in range(steps):
        period = period.previous()
        found.append((period, value_of(figure, period, root)))
    return found[::-1]


@dataclass(frozen=True)
class Anomaly:
    """A value out of line with its own history: its distance in robust standard deviations, and the usual
    value.
    """

    figure: str
    value: Decimal
    usual: Decimal
    score: Decimal


def robust_score(value: Decimal, past: Sequence[Decimal]) -> Decimal | None:
    """How far the value lies from the median, in median absolute deviations scaled to the normal
    distribution.

    None with fewer than eight values, or when more than half of them are alike (no spread to judge by).
    """
    if len(past) < LEAST:
        return None
    usual = median(past)
    spread = median([abs(one - usual) for one in past])
    return SCALE * (value - usual) / spread if spread else None


def anomaly(figure: Figure, value: Decimal, period: Period) -> Anomaly | None:
    """Whether the figure is out of line with its past. Periods before its first record are no past."""
    if not _old_enough(figure, period):
        return None
    values = [one for _period, one in before(figure, period, LONG)]
    while values and values[0] == 0:
        values = values[1:]
    score = robust_score(value, values)
    if score is None or abs(score) <= LIMIT:
        return None
    return Anomaly(figure.full_name, value, median(values), score)


def _old_enough(figure: Figure, period: Period) -> bool:
    """Whether any record reaches back as far as a judgement needs: one question instead of a dozen."""
    last = first = period
    for step in range(1, LONG + 1):
        first = first.previous()
        if step <= LEAST:
            last = first
    return whole_of(figure)(Period.between(first.first, last.last)).exists()
