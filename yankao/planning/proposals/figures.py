"""先期作業的數據 What the report counts about the proposals for the year after the report's (spec P2; checks
E8–E10, E23).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Figure, Kind, figure, period_for
from yankao.kernel.money.models import Source
from yankao.kernel.period import Period

from . import models
from .budget import over_ceilings
from .models import Cost, Meeting, Proposal, Round, Trainee

SECTIONS = (("二(二)", "paragraph"),)
BASIS = gettext_lazy("施政計畫先期作業要點")
HUNDRED_MILLION = 10**8


def plan_year(period: Period) -> int:
    """The year the proposals of a report are for: the ROC year after that of the day of reference."""
    return period.as_of.year - 1911 + 1


GROUPS: dict[str, tuple[Any, tuple[Source, ...]]] = {
    "city": (gettext_lazy("本府公務預算（含一般性補助款）"),
             (Source.CITY_GENERAL, Source.CENTRAL_GENERAL_GRANT)),
    "funds": (gettext_lazy("基金或附屬單位預算"), (Source.CITY_FUND,)),
    "central": (gettext_lazy("中央公務預算"), (Source.CENTRAL_GENERAL,)),
    "special": (gettext_lazy("中央特別預算"), (Source.CENTRAL_SPECIAL,)),
    "private": (gettext_lazy("民間投資"), (Source.PRIVATE,)),
    "other": (gettext_lazy("其他"), (Source.OTHER,)),
}  # fmt: skip
"""How planning shows sources: the general grant inside the city's own budget (B6)."""

BY_SOURCE = Dimension(
    Case(
        *(When(source__in=sources, then=Value(code)) for code, (_label, sources) in GROUPS.items()),
        default=Value("other"),
        output_field=CharField(max_length=12),
    ),
    gettext_lazy("經費來源"),
    lambda code: GROUPS[code][0] if code in GROUPS else code,
)
BY_TYPE = Dimension("kind", gettext_lazy("計畫類別"), lambda code: models.Kind(code).label)
TYPE_OF_LINE = Dimension("proposal__kind", gettext_lazy("計畫類別"), lambda code: models.Kind(code).label)


def proposed(period: Period) -> QuerySet[Proposal]:
    """Submitted by the day of reference for the plan year, and not withdrawn by then."""
    standing = Q(withdrawn_on=None) | Q(withdrawn_on__gt=period.as_of)
    return Proposal.objects.filter(standing, year=plan_year(period), submitted_on__lte=period.as_of)


@figure(
    gettext_lazy("研提計畫案數"),
    unit="案",
    kind=Kind.COHORT,
    basis=BASIS,
    dimensions={"type": BY_TYPE},
    definition=gettext_lazy("次一年度之計畫，截至資料截止日已提送且未撤回者。"),
)
def submitted(period: Period) -> QuerySet[Proposal]:
    return proposed(period)


@figure(
    gettext_lazy("提送中央公共建設計畫案數"),
    unit="案",
    kind=Kind.COHORT,
    basis=BASIS,
    definition=gettext_lazy("研提計畫中，經府內審查並已提送中央主管機關者；含於公共建設計畫案數內。"),
)
def central(period: Period) -> QuerySet[Proposal]:
    return proposed(period).filter(central=True, sent_on__lte=period.as_of)


def lines(period: Period) -> QuerySet[Cost]:
    """The cost lines of what was proposed, in force on the day of reference."""
    found: QuerySet[Cost] = Cost.objects.on(period.as_of).filter(proposal__in=proposed(period))
    return found


MONEY: dict[str, Any] = {
    "unit": "億元",
    "kind": Kind.COHORT,
    "measure": Sum("amount"),
    "scale": HUNDRED_MILLION,
    "precision": 2,
    "columns": ("proposal__case__number", "proposal__case__title", "year", "source", "amount"),
}


@figure(
    gettext_lazy("總經費需求"),
    basis=BASIS,
    dimensions={"source": BY_SOURCE, "type": TYPE_OF_LINE},
    definition=gettext_lazy(
        "研提計畫之各年度經費需求，依經費來源以元加總後再換算億元；截至資料截止日有效者。"
    ),
    **MONEY,
)
def demand(period: Period) -> QuerySet[Cost]:
    return lines(period)


OWN = GROUPS["city"][1] + GROUPS["funds"][1]


@figure(
    gettext_lazy("本府自籌經費需求"),
    headline=False,
    definition=gettext_lazy("總經費需求中，來自本府公務預算（含一般性補助款）及基金者。"),
    **MONEY,
)
def own(period: Period) -> QuerySet[Cost]:
    return lines(period).filter(source__in=OWN)


@figure(
    gettext_lazy("府外經費需求"),
    headline=False,
    definition=gettext_lazy("總經費需求中，來自中央、民間及其他者。"),
    **MONEY,
)
def outside(period: Period) -> QuerySet[Cost]:
    return lines(period).exclude(source__in=OWN)


@figure(
    gettext_lazy("計畫年度經費需求"),
    headline=False,
    definition=gettext_lazy("總經費需求中，屬計畫年度當年者。"),
    **MONEY,
)
def year_demand(period: Period) -> QuerySet[Cost]:
    return lines(period).filter(year=plan_year(period))


@figure(
    gettext_lazy("初審會議場次"),
    unit="場次",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=("held_on", "title", "place"),
    definition=gettext_lazy("期間內召開且未取消之初審會議。"),
)
def meetings(period: Period) -> QuerySet[Meeting]:
    held = Meeting.objects.filter(round=Round.FIRST, held_on__range=period.days)
    return held.filter(Q(cancelled_on=None) | Q(cancelled_on__gt=period.as_of))


@figure(
    gettext_lazy("先期作業研習人數"),
    unit="人",
    kind=Kind.FLOW,
    columns=("session__held_on", "session__title", "agency__name"),
    definition=gettext_lazy("期間內舉辦且未取消之先期作業研習，實際出席者，每場每人計一次。"),
)
def trained(period: Period) -> QuerySet[Trainee]:
    held = Trainee.objects.filter(present=True, session__held_on__range=period.days)
    return held.filter(Q(session__cancelled_on=None) | Q(session__cancelled_on__gt=period.as_of))


@figure(
    gettext_lazy("初審完成案數"),
    unit="案",
    kind=Kind.COHORT,
    headline=False,
    definition=gettext_lazy("研提計畫中，截至資料截止日已完成初審者。"),
)
def reviewed(period: Period) -> QuerySet[Proposal]:
    return proposed(period).filter(first_reviewed_on__lte=period.as_of)


@figure(
    gettext_lazy("納入預算案數"),
    unit="案",
    kind=Kind.COHORT,
    headline=False,
    definition=gettext_lazy("研提計畫中，截至資料截止日已納入預算者。"),
)
def budgeted(period: Period) -> QuerySet[Proposal]:
    return proposed(period).filter(budgeted_on__lte=period.as_of)


# ── Checks ──────────────────────────────────────────────────────────────────────────────────────────


def _raw(found: Figure, period: Period) -> Decimal:
    return found.raw(period_for(found.full_name, period))


@check("E8", gettext_lazy("研提案數等於三類之和；提送中央者為公共建設計畫"))
def types_make_the_whole(period: Period) -> Iterator[str]:
    whole = _raw(submitted, period)
    parts = sum(_raw(submitted.only(type=code), period) for code in models.Kind.values)
    if whole != parts:
        yield _("研提%(whole)s案，三類合計%(parts)s案。") % {"whole": whole, "parts": parts}
    sent, built = _raw(central, period), _raw(submitted.only(type=models.Kind.CONSTRUCTION), period)
    if sent > built:
        yield _("提送中央%(sent)s案多於公共建設計畫%(built)s案。") % {"sent": sent, "built": built}


@check("E9", gettext_lazy("總經費需求以元計等於各來源之和，且每一案的來源合計等於其總經費"))
def sources_make_the_demand(period: Period) -> Iterator[str]:
    whole = _raw(demand, period)
    parts = sum(_raw(demand.only(source=code), period) for code in GROUPS)
    if whole != parts:
        yield _("總經費需求%(whole)s元，各來源合計%(parts)s元。") % {"whole": whole, "parts": parts}
    yield from _unbalanced(period)


def _unbalanced(period: Period) -> Iterator[str]:
    """Proposals whose standing lines do not sum to their total: the database refuses them, so that any is
    a sign of a database tampered with.
    """
    asked = dict(
        Cost.objects.filter(proposal__in=proposed(period), until=None)
        .order_by().values_list("proposal").annotate(total=Sum("amount"))
    )  # fmt: skip
    for pk, number, total in proposed(period).values_list("pk", "case__number", "total"):
        if asked.get(pk, 0) != total:
            yield _("%(number)s經費來源合計%(told)s元，與總經費%(total)s元不符。") % {
                "number": number,
                "told": asked.get(pk, 0),
                "total": total,
            }


@check("E10", gettext_lazy("本府自籌與府外經費之和等於總經費需求"))
def own_and_outside(period: Period) -> Iterator[str]:
    whole, inside, beyond = _raw(demand, period), _raw(own, period), _raw(outside, period)
    if inside + beyond != whole:
        yield _("本府自籌%(own)s元與府外%(outside)s元之和，與總經費需求%(whole)s元不符。") % {
            "own": inside, "outside": beyond, "whole": whole,
        }  # fmt: skip


@check("E23", gettext_lazy("初審會議及研習日期在期間內，或該數據標明自有統計期間"))
def meetings_in_period(period: Period) -> Iterator[str]:
    own_dates = period_for(meetings.full_name, period)
    for meeting in meetings(own_dates):
        if not own_dates.first <= meeting.held_on <= own_dates.last:
            yield _("「%(title)s」不在期間內。") % {"title": meeting.title}


@check("ceilings", gettext_lazy("核定計畫之計畫年度經費，各來源不超過額度"))
def decided_within_ceilings(period: Period) -> Iterator[str]:
    year = plan_year(period)
    for source, over in over_ceilings(year, period.as_of).items():
        yield _("%(source)s核定數超過額度%(over)s元。") % {"source": source.label, "over": f"{over:,}"}
