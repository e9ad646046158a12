"""What the report counts about inspections (functional spec F-Q1-1 to F-Q1-5; checks E15 and E26)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, CharField, Count, F, Max, Min, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, rate
from yankao.kernel.people.agencies import agency_name
from yankao.kernel.period import Period

from . import rules
from .models import Deficiency, FaultCode, Inspection, QualityGrade, QuarterlyReturn
from .models import Kind as Way

SECTIONS = (("四(一)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""

WAYS = {"inspection": gettext_lazy("查核"), "reinspection": gettext_lazy("複查")}
BY_WAY = Case(
    When(kind=Way.REINSPECTION, then=Value("reinspection")),
    default=Value("inspection"),
    output_field=CharField(max_length=12),
)


SLICES = {
    "kind": Dimension(
        BY_WAY,
        gettext_lazy("查核或複查"),
        names=lambda code: WAYS[code],
        differs=lambda code: {"unit": "件"},  # of one kind the report counts cases
    ),
    "agency": Dimension("case__agency__code", gettext_lazy("主辦機關"), names=agency_name),
}
GRADES = {"grade": Dimension("grade", gettext_lazy("等第"), names=lambda code: QualityGrade(code).label)}


@figure(
    gettext_lazy("查核及複查件次"),
    unit="件次",
    kind=Kind.FLOW,
    basis=rules.PROCEDURE,
    dimensions=SLICES,
    definition=gettext_lazy("查核日在期間內，且當時工程尚在施工中者，含複查。"),
)
def inspected(period: Period) -> QuerySet[Inspection]:
    return Inspection.objects.carried_out(*period.days)


def seated(period: Period) -> QuerySet[Any]:
    """Inspections with the number of commissioners from outside who were on the site."""
    stayed = Q(seats__left_on=None) | Q(seats__left_on__gt=F("inspected_on"))
    found = Inspection.objects.carried_out(*period.days)
    return found.annotate(externals=Count("seats", filter=stayed & Q(seats__external=True)))


@figure(
    gettext_lazy("每案外聘委員最少人數"),
    unit="人",
    kind=Kind.FLOW,
    basis=rules.CITY,
    measure=Min("externals"),
    definition=gettext_lazy("期間內各次查核的外聘委員人數，取其最少者。"),
    headline=False,
)
def externals_least(period: Period) -> QuerySet[Inspection]:
    return seated(period)


@figure(
    gettext_lazy("每案外聘委員最多人數"),
    unit="人",
    kind=Kind.FLOW,
    basis=rules.CITY,
    measure=Max("externals"),
    definition=gettext_lazy("期間內各次查核的外聘委員人數，取其最多者。"),
    headline=False,
)
def externals_most(period: Period) -> QuerySet[Inspection]:
    return seated(period)


@figure(
    gettext_lazy("已通知成績件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=rules.PROCEDURE,
    dimensions=GRADES,
    definition=gettext_lazy("查核日在期間內，且至資料截止日已通知成績者。"),
    headline=False,
)
def graded(period: Period) -> QuerySet[Inspection]:
    return inspected(period).filter(issued_on__lte=period.as_of)


@figure(
    gettext_lazy("改善完成並備查件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=rules.PROCEDURE,
    definition=gettext_lazy("查核日在期間內，且至資料截止日已備查者。"),
    headline=False,
)
def filed(period: Period) -> QuerySet[Inspection]:
    return inspected(period).filter(filed_on__lte=period.as_of)


filing_rate = rate("filing_rate", filed, inspected, gettext_lazy("改善備查率"), precision=1, headline=False)


def fault_name(code: str) -> str:
    """The deficiency's code and words in the reader's language."""
    return str(FaultCode.objects.filter(pk=code).first() or code)


@figure(
    gettext_lazy("查核缺失項數"),
    unit="項",
    kind=Kind.FLOW,
    basis=rules.PROCEDURE,
    columns=("inspection__case__number", "number", "code", "severity", "points"),
    dimensions={"code": Dimension("code_id", gettext_lazy("缺失編號"), names=fault_name)},
    definition=gettext_lazy("查核日在期間內、成績已通知之查核案的缺失，不含撤銷者。"),
    headline=False,
)
def faults(period: Period) -> QuerySet[Deficiency]:
    """Only of results that were told: a deficiency noted on a secret visit is nobody's to count."""
    told = inspected(period).filter(issued_on__lte=period.as_of)
    return Deficiency.objects.filter(inspection__in=told, withdrawn_on=None)


@figure(
    gettext_lazy("按季填報次數"),
    unit="次",
    kind=Kind.FLOW,
    basis=rules.ORGANISATION,
    columns=("quarter", "due_on", "sent_on", "cases"),
    definition=gettext_lazy("期間內彙送工程會的季查核結果。"),
)
def quarterly_returns(period: Period) -> QuerySet[QuarterlyReturn]:
    return QuarterlyReturn.objects.filter(sent_on__range=period.days)


@figure(
    gettext_lazy("退回要求修正次數"),
    unit="次",
    kind=Kind.FLOW,
    basis=rules.ORGANISATION,
    columns=("quarter", "sent_on", "returned_for_correction_on", "corrected_on"),
    definition=gettext_lazy("期間內經工程會退回修正的季查核結果。"),
)
def returned(period: Period) -> QuerySet[QuarterlyReturn]:
    return QuarterlyReturn.objects.filter(returned_for_correction_on__range=period.days)


@check("E15", gettext_lazy("查核及複查件次為查核與複查之和"))
def inspections_add_up(period: Period) -> Iterator[str]:
    own = period_for(inspected.full_name, period)
    whole = inspected.value(own)
    parts = {code: inspected.only(kind=code).value(own) for code in WAYS}
    if whole != sum(parts.values()):
        yield _("查核及複查%(whole)s件次，與查核%(inspection)s、複查%(reinspection)s之和不符。") % {
            "whole": whole,
            **parts,
        }
    for number in (
        inspected(own).filter(kind=Way.REINSPECTION, earlier=None).values_list("case__number", flat=True)
    ):
        yield _("%(number)s是複查，卻沒有原查核案。") % {"number": number}


@check("E26", gettext_lazy("期間內應彙送的季查核結果均依限彙送，且無退回"))
def returns_in_time(period: Period) -> Iterator[str]:
    own = period_for(quarterly_returns.full_name, period)
    owed = QuarterlyReturn.objects.filter(due_on__range=own.days)
    for quarter in owed.filter(Q(sent_on=None) | Q(sent_on__gt=F("due_on"))).values_list(
        "quarter", flat=True
    ):
        yield _("%(quarter)s的季查核結果未依限彙送。") % {"quarter": quarter}
    due, sent = owed.count(), quarterly_returns.value(own)
    if due != sent:
        yield _("期間內應彙送%(due)s次，實際彙送%(sent)s次。") % {"due": due, "sent": sent}
    for quarter in returned(own).values_list("quarter", flat=True):
        yield _("%(quarter)s的季查核結果經退回修正。") % {"quarter": quarter}


@check("externals", gettext_lazy("每次查核的外聘委員人數合於規定"))
def externals_within_the_rule(period: Period) -> Iterator[str]:
    own = period_for(inspected.full_name, period)
    for number, day, count in seated(own).values_list("case__number", "inspected_on", "externals"):
        if not rules.EXTERNALS_LEAST.at(day) <= count <= rules.EXTERNALS_MOST.at(day):
            yield _("%(number)s的外聘委員%(count)s人，不合規定。") % {"number": number, "count": count}


@check("grades", gettext_lazy("成績與等第合於查核日的級距，應列丙等者為丙等"))
def grades_follow_scores(period: Period) -> Iterator[str]:
    own = period_for(graded.full_name, period)
    rows = graded(own).values_list("case__number", "inspected_on", "score", "grade", "ground")
    for number, day, score, grade, ground in rows:
        cap = rules.FORCED_SCORE.at(day)
        if rules.GRADE_BANDS.at(day).of(score) != grade or (ground and score > cap):
            yield _("%(number)s的成績%(score)s分與等第不符。") % {"number": number, "score": score}
