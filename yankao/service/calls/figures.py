"""What the report counts about calls (functional spec F-S5-1, F-S5-2; check E19)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, rate
from yankao.kernel.journal.rollup import differences
from yankao.kernel.period import Period

from . import levels, rules
from .journal import calls
from .levels import ABANDONED, ANSWERED
from .models import Call, Queue, State
from .parts import slots_of

SECTIONS = (("五(五)", "paragraph"),)
COLUMNS = ("day", "entered", "queue__name", "state", "wait", "talk")
"""What a list of calls shows; who called stands nowhere."""


def came(period: Period) -> QuerySet[Call]:
    """Calls that came in the period, by its half-hours (the index of the table)."""
    return Call.objects.filter(slot__range=slots_of(*period.days))


def total(*names: str) -> Any:
    """A figure's value from the sums kept by half-hour."""

    def tally(period: Period) -> Decimal:
        found = levels.sums(levels.within(period.days), names)
        return Decimal(sum(found.values()))

    return tally


BY_CHANNEL = {
    "channel": Dimension(
        "queue__channel", gettext_lazy("管道"), names=lambda code: Queue.Channel(code).label
    ),
}


@figure(
    gettext_lazy("電話服務處理總量"),
    unit="通",
    kind=Kind.FLOW,
    basis=rules.CITY,
    columns=COLUMNS,
    dimensions=BY_CHANNEL,
    tally=total("answered"),
    definition=gettext_lazy("進線時間在期間內且由話務員接聽者。"),
)
def handled(period: Period) -> QuerySet[Call]:
    return came(period).filter(ANSWERED)


@figure(
    gettext_lazy("未接即掛斷通數"),
    unit="通",
    kind=Kind.FLOW,
    columns=COLUMNS,
    tally=total("abandoned"),
    definition=gettext_lazy("進線時間在期間內，未經接聽即由來電者掛斷者。"),
    headline=False,
)
def abandoned(period: Period) -> QuerySet[Call]:
    return came(period).filter(ABANDONED)


@figure(
    gettext_lazy("無結束紀錄通數"),
    unit="通",
    kind=Kind.FLOW,
    columns=COLUMNS,
    tally=total("lost"),
    definition=gettext_lazy("進線時間在期間內，交換機重新啟動或逾時而無結束紀錄者。"),
    headline=False,
)
def lost(period: Period) -> QuerySet[Call]:
    return came(period).filter(state=State.LOST)


def _part(period: Period) -> Decimal:
    return Decimal(levels.level(period)[0])


def _base(period: Period) -> Decimal:
    return Decimal(levels.level(period)[1])


@figure(
    gettext_lazy("門檻內接聽通數"),
    unit="通",
    kind=Kind.FLOW,
    columns=COLUMNS,
    tally=_part,
    counting=levels.counted,
    definition=gettext_lazy("服務水準的分子。"),
    headline=False,
)
def within_threshold(period: Period) -> QuerySet[Call]:
    choice = levels.chosen(period.as_of)
    return came(period).filter(choice.level.part(choice.limit))


@figure(
    gettext_lazy("服務水準計算母數"),
    unit="通",
    kind=Kind.FLOW,
    columns=COLUMNS,
    tally=_base,
    counting=levels.counted,
    definition=gettext_lazy("服務水準的分母。"),
    headline=False,
)
def base(period: Period) -> QuerySet[Call]:
    choice = levels.chosen(period.as_of)
    return came(period).filter(choice.level.base(choice.limit, choice.short))


service_level = rate(
    "service_level",
    within_threshold,
    base,
    gettext_lazy("服務水準平均"),
    precision=2,
    counting=levels.counted,
    definition=gettext_lazy("期間內全部半小時合計後相除。"),
)


@check("E19", gettext_lazy("服務水準與通數由半小時集計加總，與逐通紀錄相符；每日通數合理"))
def level_from_intervals(period: Period) -> Iterator[str]:
    for one in (handled, within_threshold, base):
        own = period_for(one.full_name, period)
        kept, records = one.raw(own), one(own).count()
        if kept != records:
            yield _("%(figure)s集計為%(kept)s，逐通紀錄為%(records)s。") % {
                "figure": one.label, "kept": kept, "records": records,
            }  # fmt: skip
    own = period_for(handled.full_name, period)
    a_day = handled.raw(own) / own.length
    most = rules.PLAUSIBLE.at(own.as_of)
    if a_day > most:
        yield _("每日平均%(count)s通，超過合理上限%(most)s通。") % {"count": f"{a_day:.0f}", "most": most}
    changes = {
        (rules.THRESHOLD.at(day), levels.LEVELS.at(day).code) for day in (own.first, own.last, own.as_of)
    }
    if len(changes) > 1:
        yield _("期間內服務水準的定義或門檻曾變更，不能合併為一個數字。")


def unequal() -> list[tuple[Any, ...]]:
    """Half-hours whose kept sums are not those of their calls; the nightly watch asks."""
    return differences(calls)
