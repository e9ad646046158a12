"""列管計畫的數據 What the report counts about items under control (functional spec C1, C4–C6; checks
E12–E14, E23, E25).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, FilteredRelation, Q, QuerySet, Sum, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Figure, Kind, figure, period_for, rate
from yankao.kernel.people.models import Agency
from yankao.kernel.period import Period
from yankao.kernel.progress.cycles import closed_month
from yankao.kernel.register.english import called

from .models import Grant, LagCause, Light, Month, Programme, Project, SteeringMeeting, counted, latest_months

SECTIONS = (
    ("三(一)", "paragraph_annual"),
    ("三(四)", "paragraph_investment"),
    ("三(五)", "paragraph_reconstruction"),
    ("三(六)", "paragraph_grant"),
)
"""The outline's sections this room writes, each with the stem of its template."""

BASIS = gettext_lazy("施政計畫列管作業規定")


def programme_name(code: str) -> str:
    """The programme's name in the reader's language."""
    found = Programme.objects.filter(code=code).first()
    if found is None:
        return code
    return called(found)


def counting(code: str) -> dict[str, Any]:
    """Whether the programme's items are a stock or a cohort, and their measure word: the programme says."""
    found = Programme.objects.filter(code=code).first()
    return {"kind": Kind(found.counting), "unit": found.unit} if found else {}


def unit(code: str) -> dict[str, Any]:
    """The programme's measure word."""
    return {"unit": told["unit"]} if (told := counting(code)) else {}


def by_programme(lookup: str, **more: Any) -> Dimension:
    """The slice by programme, of records whose programme lies behind `lookup`."""
    return Dimension(lookup, gettext_lazy("列管方案"), names=programme_name, **more)


OF_ITEM = {
    "programme": by_programme("programme__code", differs=counting),
    "section": Dimension(
        "programme__section", gettext_lazy("報告章節"), lambda code: Programme.Section(code).label
    ),
}
OF_COHORT = {"programme": by_programme("programme__code", differs=unit)}
OF_ROW = {"programme": by_programme("programme__code")}
OF_MONTH = {"programme": by_programme("project__programme__code")}


@figure(
    gettext_lazy("列管案數"),
    unit="案",
    kind=Kind.COHORT,
    basis=BASIS,
    dimensions=OF_ITEM,
    definition=gettext_lazy(
        "截至資料截止日已選列且未撤案者；以期末列管數計之方案，不含已解除列管及已結案者。"
    ),
)
def items(period: Period) -> QuerySet[Project]:
    return Project.objects.under_control(period.as_of)


@figure(
    gettext_lazy("列管經費"),
    unit="元",
    kind=Kind.COHORT,
    measure=Sum("budget"),
    dimensions=OF_ROW,
    definition=gettext_lazy("列管案之總經費合計。"),
)
def budget(period: Period) -> QuerySet[Project]:
    return items(period)


@figure(
    gettext_lazy("執行機關數"),
    unit="個",
    kind=Kind.COHORT,
    dimensions={"programme": by_programme("item__programme__code", whole=False)},
    columns=("code", "name"),
    definition=gettext_lazy("有列管案之主辦機關，每一機關計一次。"),
)
def agencies(period: Period) -> QuerySet[Agency]:
    found = Agency.objects.alias(item=FilteredRelation("cases__project"))
    return found.filter(counted(period.as_of, "item__"), item__isnull=False).distinct()


@figure(
    gettext_lazy("已完工結案案數"),
    unit="案",
    kind=Kind.COHORT,
    dimensions=OF_COHORT,
    definition=gettext_lazy("列管案中依方案之認定已完工或已結案者。"),
)
def finished(period: Period) -> QuerySet[Project]:
    return Project.objects.under_control(period.as_of).finished(period.as_of)


@figure(
    gettext_lazy("未完工案數"),
    unit="案",
    kind=Kind.COHORT,
    dimensions=OF_COHORT,
    definition=gettext_lazy("列管案中尚未完工或結案者。"),
)
def unfinished(period: Period) -> QuerySet[Project]:
    return items(period).exclude(pk__in=finished(period).order_by().values("pk"))


@figure(
    gettext_lazy("未發包案數"),
    unit="案",
    kind=Kind.COHORT,
    dimensions=OF_COHORT,
    definition=gettext_lazy("未完工案中尚未公告招標者。"),
)
def untendered(period: Period) -> QuerySet[Project]:
    return unfinished(period).filter(Q(tendered_on=None) | Q(tendered_on__gt=period.as_of))


def last_reports(period: Period) -> QuerySet[Month]:
    """The last submitted report of each item for a month that is over on the day of judgement."""
    return latest_months(items(period), closed_month(period.as_of))


@figure(
    gettext_lazy("執行數"),
    unit="元",
    kind=Kind.COHORT,
    dimensions=OF_MONTH,
    measure=Sum(F("paid") + F("payable") + F("prepaid") + F("surplus")),
    columns=("project__case__title", "month", "paid", "payable", "prepaid", "surplus"),
    definition=gettext_lazy("各案最近一期月報之實支、應付、預付及節餘合計。"),
    headline=False,
)
def spent(period: Period) -> QuerySet[Month]:
    return last_reports(period)


@figure(
    gettext_lazy("可支用數"),
    unit="元",
    kind=Kind.COHORT,
    dimensions=OF_MONTH,
    measure=Sum(
        Case(
            When(project__programme__denominator=Programme.Denominator.BUDGET, then=F("project__budget")),
            default=F("allotted"),
            output_field=DecimalField(max_digits=16, decimal_places=0),
        )
    ),
    columns=("project__case__title", "month", "allotted", "project__budget"),
    definition=gettext_lazy("執行率之分母：依方案所定，為累計分配數或總經費。"),
)
def available(period: Period) -> QuerySet[Month]:
    return last_reports(period)


@figure(
    gettext_lazy("累計分配數"),
    unit="元",
    kind=Kind.COHORT,
    dimensions=OF_MONTH,
    measure=Sum("allotted"),
    columns=("project__case__title", "month", "allotted"),
    definition=gettext_lazy("各案最近一期月報之累計分配數合計。"),
)
def allotted(period: Period) -> QuerySet[Month]:
    return last_reports(period)


@figure(
    gettext_lazy("實支數"),
    unit="元",
    kind=Kind.COHORT,
    dimensions=OF_MONTH,
    measure=Sum("paid"),
    columns=("project__case__title", "month", "paid"),
    definition=gettext_lazy("各案最近一期月報之實支數合計。"),
)
def paid(period: Period) -> QuerySet[Month]:
    return last_reports(period)


execution_rate = rate(
    "execution_rate",
    spent,
    available,
    gettext_lazy("執行率"),
    definition=gettext_lazy("（實支數＋應付數＋預付數＋節餘數）÷累計分配數或可支用預算數"),
)
achievement_rate = rate(
    "achievement_rate",
    spent,
    budget,
    gettext_lazy("達成率"),
    definition=gettext_lazy("（實支數＋應付數＋預付數＋節餘數）÷總經費"),
)
use_rate = rate(
    "use_rate",
    paid,
    allotted,
    gettext_lazy("支用率"),
    definition=gettext_lazy("實支數÷累計分配數"),
    headline=False,
)
finished_rate = rate("finished_rate", finished, items, gettext_lazy("完工結案比率"), kind=Kind.COHORT)


@figure(
    gettext_lazy("補助款"),
    unit="元",
    kind=Kind.COHORT,
    measure=Sum("amount"),
    dimensions=OF_ROW,
    columns=("name", "amount", "approved_on", "document"),
    definition=gettext_lazy("截至資料截止日核定之補助款。"),
)
def grant(period: Period) -> QuerySet[Grant]:
    return Grant.objects.filter(approved_on__lte=period.as_of)


@figure(
    gettext_lazy("公共工程督導會報次數"),
    unit="次",
    kind=Kind.FLOW,
    dimensions=OF_ROW,
    columns=("held_on", "title", "place"),
    definition=gettext_lazy("期間內召開且未取消之督導會報。"),
)
def steering_meetings(period: Period) -> QuerySet[SteeringMeeting]:
    held = SteeringMeeting.objects.filter(held_on__range=period.days)
    return held.filter(Q(cancelled_on=None) | Q(cancelled_on__gt=period.as_of))


@figure(
    gettext_lazy("落後案數"),
    unit="案",
    kind=Kind.STOCK,
    dimensions={
        **OF_MONTH,
        "cause": Dimension(
            "cause", gettext_lazy("落後原因"), lambda code: LagCause(code).label if code else ""
        ),
        "light": Dimension("light", gettext_lazy("燈號"), lambda code: Light(code).label),
    },
    columns=("project__case__title", "month", "lag", "use_rate", "cause"),
    definition=gettext_lazy("最近一期月報進度落後達門檻或支用率未達門檻者。"),
    headline=False,
)
def lagging(period: Period) -> QuerySet[Month]:
    return last_reports(period).filter(pk__in=Month.objects.behind().values("pk"))


@figure(
    gettext_lazy("應填月報數"),
    unit="份",
    kind=Kind.FLOW,
    dimensions=OF_MONTH,
    columns=("project__case__title", "month", "due_at", "submitted_at"),
    definition=gettext_lazy("月份在期間內之月報。"),
)
def reports(period: Period) -> QuerySet[Month]:
    return Month.objects.filter(month__range=period.days)


@figure(
    gettext_lazy("逾期月報數"),
    unit="份",
    kind=Kind.FLOW,
    dimensions=OF_MONTH,
    columns=("project__case__title", "month", "due_at", "submitted_at"),
    definition=gettext_lazy("月份在期間內，逾期限始填報者。"),
)
def late_reports(period: Period) -> QuerySet[Month]:
    return reports(period).filter(submitted_at__gt=F("due_at"))


# ── Checks ──────────────────────────────────────────────────────────────────────────────────────────


def _value(found: Figure, period: Period) -> Decimal:
    return found.raw(period_for(found.full_name, period))


@check("E12", gettext_lazy("完工結案加未完工等於列管案；未發包在未完工之內"))
def parts_of_items(period: Period) -> Iterator[str]:
    for code in Programme.objects.values_list("code", flat=True):
        one = {"programme": code}
        own = period_for(finished.only(**one).full_name, period)
        whole, done, open_, unstarted = (
            f.only(**one).raw(own) for f in (items, finished, unfinished, untendered)
        )
        if done + open_ != whole or unstarted > open_:
            yield _(
                "%(programme)s：完工結案%(done)s、未完工%(open)s、未發包%(unstarted)s，與列管案%(whole)s不符。"
            ) % {
                "programme": programme_name(code),
                "done": done,
                "open": open_,
                "unstarted": unstarted,
                "whole": whole,
            }


@check("E13", gettext_lazy("執行率乘以分母，與執行數在四捨五入之內相符"))
def rate_times_whole(period: Period) -> Iterator[str]:
    for code in Programme.objects.values_list("code", flat=True):
        whole, part = available.only(programme=code).raw(period), spent.only(programme=code).raw(period)
        shown = execution_rate.only(programme=code).value(period)
        if abs(shown * whole - 100 * part) > whole * Decimal("0.005"):
            yield _("%(programme)s：執行率%(rate)s%%與執行數不符。") % {
                "programme": programme_name(code),
                "rate": shown,
            }


@check("E14", gettext_lazy("已結案不多於列管案，截止日另有規定者標明"))
def finished_within_items(period: Period) -> Iterator[str]:
    for code in Programme.objects.values_list("code", flat=True):
        done, whole = (
            _value(finished.only(programme=code), period),
            _value(items.only(programme=code), period),
        )
        if done > whole:
            yield _("%(programme)s：已結案%(done)s多於列管案%(whole)s。") % {
                "programme": programme_name(code),
                "done": done,
                "whole": whole,
            }


@check("E23", gettext_lazy("督導會報日期在期間內，或該數據標明自有統計期間"))
def meetings_in_period(period: Period) -> Iterator[str]:
    for code in Programme.objects.values_list("code", flat=True):
        found = steering_meetings.only(programme=code)
        own = period_for(found.full_name, period)
        for meeting in found(own):
            if not own.first <= meeting.held_on <= own.last:
                yield _("「%(title)s」不在期間內。") % {"title": meeting.title}


@check("funding", gettext_lazy("各案有效經費來源合計等於總經費"))
def funding_sums_to_budget(period: Period) -> Iterator[str]:
    wrong = (
        items(period)
        .filter(plan_no__gt=0)
        .annotate(split=Sum("funding__amount", filter=Q(funding__until=None)))
        .exclude(split=F("budget"))
    )
    for project in wrong.select_related("case")[:50]:
        yield _("%(number)s經費來源合計與總經費不符。") % {"number": project.case.number}
