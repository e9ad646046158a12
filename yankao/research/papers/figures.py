"""自行研究評獎的數據 What the report counts about the awards (functional spec F-R2-1 to F-R2-3; check E1).

A half-year tells of the awards of the year before: reports of a year are handed in when it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, rate
from yankao.kernel.people.agencies import agency_name
from yankao.kernel.period import Period

from . import rules
from .models import AwardGrade, Paper, Papers

SECTIONS = (("一(二)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""


AGENCY = Dimension("case__agency__code", gettext_lazy("機關"), names=agency_name)
SLICES = {"agency": AGENCY}
GRADES = {
    "grade": Dimension("grade", gettext_lazy("等第"), names=lambda code: AwardGrade(code).label),
    **SLICES,
}


def of_last_year(period: Period) -> Papers:
    """The reports of the year before the period's, judged on its day."""
    return Paper.objects.of_year(period.roc_year - 1, period.as_of)


@figure(
    gettext_lazy("自行研究報告提報篇數"), unit="篇", kind=Kind.COHORT, basis=rules.GUIDE, dimensions=SLICES,
    definition=gettext_lazy("前一年度的自行研究報告，至資料截止日已送件且未撤回者。"),
)  # fmt: skip
def submitted(period: Period) -> QuerySet[Paper]:
    return of_last_year(period)


@figure(
    gettext_lazy("獲獎報告篇數"), unit="篇", kind=Kind.COHORT, basis=rules.GUIDE, dimensions=GRADES,
    definition=gettext_lazy("前一年度的自行研究報告，至資料截止日已公布獲獎者。"),
)  # fmt: skip
def awarded(period: Period) -> QuerySet[Paper]:
    return of_last_year(period).awarded_by(period.as_of)


@figure(
    gettext_lazy("核發獎金"), unit="元", kind=Kind.COHORT, basis=rules.GUIDE, dimensions=GRADES,
    measure=Sum("prize"), definition=gettext_lazy("獲獎報告依等第核給的獎金合計。"),
)  # fmt: skip
def prize_money(period: Period) -> QuerySet[Paper]:
    return awarded(period)


award_rate = rate("award_rate", awarded, submitted, gettext_lazy("獲獎率"), precision=2, headline=False)


@check("E1", gettext_lazy("獲獎篇數為各等第之和，獎金為篇數乘以等第獎金，且未超過預算"))
def awards_add_up(period: Period) -> Iterator[str]:
    own = period_for(awarded.full_name, period)
    whole = awarded.value(own)
    by_grade = {code: awarded.only(grade=code).value(own) for code in AwardGrade.values}
    if whole != sum(by_grade.values()):
        yield _("獲獎%(whole)s篇，各等第合計%(parts)s篇，不符。") % {
            "whole": whole, "parts": sum(by_grade.values()),
        }  # fmt: skip
    if whole > submitted.value(own):
        yield _("獲獎%(whole)s篇，多於提報%(all)s篇。") % {"whole": whole, "all": submitted.value(own)}
    rounds = (
        awarded(own).order_by().values_list("round", "round__opens_on", "round__appropriation").distinct()
    )
    owed = Decimal(0)
    for round, opened, appropriation in rounds:
        given = awarded(own).filter(round=round)
        counts = dict(given.order_by().values_list("grade").annotate(n=Count("pk")))
        sums = sum((n * rules.PRIZES[code].at(opened) for code, n in counts.items()), Decimal(0))
        owed += sums
        if sums > appropriation:
            yield _("獎金%(sum)s元，超過預算額度%(most)s元。") % {
                "sum": f"{sums:,}",
                "most": f"{appropriation:,}",
            }
    if owed != prize_money.value(own):
        told = {"sum": f"{prize_money.value(own):,}", "owed": f"{owed:,}"}
        yield _("核發獎金%(sum)s元，依篇數與等第應為%(owed)s元，不符。") % told


@check("days", gettext_lazy("送件、公布、核發與公開日依序發生"))
def days_in_order(period: Period) -> Iterator[str]:
    own = period_for(awarded.full_name, period)
    wrong = awarded(own).filter(submitted_on__gt=F("announced_on")) | awarded(own).filter(
        published_on__lt=F("paid_on")
    )
    for number in wrong.values_list("case__number", flat=True):
        yield _("%(number)s的送件、公布、核發與公開日順序不合。") % {"number": number}
