"""研究經費補助的數據 What the report counts about the grants (functional spec F-R2-4 to F-R2-6; check E2)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, rate
from yankao.kernel.people.agencies import agency_name
from yankao.kernel.period import Period

from . import rules
from .models import Subsidies, Subsidy

SECTIONS = (("一(二)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""


SLICES = {"agency": Dimension("case__agency__code", gettext_lazy("機關"), names=agency_name)}


def of_the_year(period: Period) -> Subsidies:
    """The applications of the period's year, judged on its day."""
    return Subsidy.objects.of_year(period.roc_year, period.as_of)


@figure(
    gettext_lazy("研究經費補助申請案數"), unit="案", kind=Kind.COHORT, basis=rules.GUIDE, dimensions=SLICES,
    definition=gettext_lazy("本年度的補助申請，至資料截止日已申請且未撤回者。"),
)  # fmt: skip
def applied(period: Period) -> QuerySet[Subsidy]:
    return of_the_year(period)


@figure(
    gettext_lazy("核予補助案數"), unit="案", kind=Kind.COHORT, basis=rules.GUIDE, dimensions=SLICES,
    definition=gettext_lazy("本年度的補助申請，至資料截止日已公布核予補助者。"),
)  # fmt: skip
def approved(period: Period) -> QuerySet[Subsidy]:
    return of_the_year(period).approved_by(period.as_of)


@figure(
    gettext_lazy("補助經費"), unit="元", kind=Kind.COHORT, basis=rules.GUIDE, dimensions=SLICES,
    measure=Sum("amount"), definition=gettext_lazy("核予補助案的核定金額合計。"),
)  # fmt: skip
def granted(period: Period) -> QuerySet[Subsidy]:
    return approved(period)


approval_rate = rate(
    "approval_rate", approved, applied, gettext_lazy("補助核准率"), precision=1, headline=False
)


@check("E2", gettext_lazy("核予補助案數不多於申請案數，補助經費為各案之和且未超過預算"))
def grants_add_up(period: Period) -> Iterator[str]:
    own = period_for(approved.full_name, period)
    some, whole = approved.value(own), applied.value(own)
    if some > whole:
        yield _("核予補助%(some)s案，多於申請%(whole)s案。") % {"some": some, "whole": whole}
    sheets = approved(own).aggregate(
        grants=Sum("amount"), decided=Sum("case__sheet__amount", filter=Q(case__sheet__decided=True))
    )
    if (sheets["grants"] or 0) != (sheets["decided"] or 0):
        told = {"sum": f"{sheets['grants'] or 0:,}", "decided": f"{sheets['decided'] or 0:,}"}
        yield _("補助經費%(sum)s元，決審會議核定%(decided)s元，不符。") % told
    budgets = approved(own).order_by().values_list("round", "round__appropriation").distinct()
    for round, budget in budgets:
        given = approved(own).filter(round=round).aggregate(sum=Sum("amount"))["sum"] or 0
        if given > budget:
            yield _("補助經費%(sum)s元，超過預算%(most)s元。") % {"sum": f"{given:,}", "most": f"{budget:,}"}


@check("days", gettext_lazy("申請、公布、執行、繳交與核銷日依序發生"))
def days_in_order(period: Period) -> Iterator[str]:
    own = period_for(approved.full_name, period)
    wrong = approved(own).filter(
        Q(applied_on__gt=F("announced_on"))
        | Q(started_on__lt=F("announced_on"))
        | Q(settled_on__lt=F("delivered_on"))
    )
    for number in wrong.values_list("case__number", flat=True):
        yield _("%(number)s的申請、公布、執行與核銷日順序不合。") % {"number": number}
