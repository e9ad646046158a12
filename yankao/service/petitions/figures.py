"""What the report counts of petitions, mailbox and dispatch (functional spec F-S2-1 to F-S2-3; checks E18
and E23).

On time is told twice and never mixed: of the cases that ended, and of the cases whose time ran out; both
open their lists. A case is judged by the clock that the citizen was promised: the answer's, a fault's by its
repair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Avg,
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.docket import Clock
from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, rate
from yankao.kernel.figures.median import Median
from yankao.kernel.people.models import Agency, District
from yankao.kernel.period import Period
from yankao.kernel.register.english import called

from . import (
    asked,  # noqa: F401  (here the room hears what is asked by word of mouth)
    registers,
    rules,
)
from .models import Bounce, Channel, Petition, Rating, Reply
from .models import Kind as CaseKind

SECTIONS = (("五(二)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""
BASIS = rules.APA
COLUMNS = ("case__number", "kind", "channel", "category", "received_at", "replied_at", "ended_on")


def agency_name(code: str) -> str:
    """The agency's name in the reader's language."""
    found = Agency.objects.filter(code=code).first()
    return code if found is None else called(found)


def district_name(code: str) -> str:
    found = District.objects.filter(pk=code).first()
    return code if found is None else called(found)


def category_name(code: str) -> str:
    return str(registers.categories().get(code) or code)


@dataclass(frozen=True)
class Classes(Dimension):
    """案件類別 Disjoint classes; a rule makes the mailbox a part of the petitions (check E18)."""

    def only(self, records: QuerySet[Any], code: str) -> QuerySet[Any]:
        if code == CaseKind.PETITION and nested():
            return records.filter(kind__in=[str(CaseKind.PETITION), str(CaseKind.MAILBOX)])
        return records.filter(kind=code)

    def codes(self, records: QuerySet[Any]) -> list[str]:
        found = super().codes(records)
        return [code for code in found if code != CaseKind.MAILBOX] if nested() else found


def nested(day: date | None = None) -> bool:
    return rules.CLASSES.at(day or timezone.localdate()) == "nested"


def counting(period: Period) -> str:
    """How the classes are counted, as it is printed with the definition."""
    if nested(period.as_of):
        return _("市長信箱併計於人民陳情。")
    return _("人民陳情、市長信箱、派工通報互斥，一案只計一類。")


SLICES = {
    "class": Classes("kind", gettext_lazy("案件類別"), names=lambda code: CaseKind(code).label),
    "agency": Dimension("case__agency__code", gettext_lazy("主辦機關"), names=agency_name),
    "channel": Dimension("channel", gettext_lazy("受理管道"), names=lambda code: Channel(code).label),
    "category": Dimension("category", gettext_lazy("案件分類"), names=category_name, whole=False),
    "district": Dimension("case__district", gettext_lazy("行政區"), names=district_name, whole=False),
}


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def during(period: Period) -> tuple[datetime, datetime]:
    """From the first moment of the period to the first moment after it."""
    return midnight(period.first), midnight(period.last + timedelta(days=1))


def _in(name: str, period: Period) -> dict[str, datetime]:
    first, after = during(period)
    return {f"{name}__gte": first, f"{name}__lt": after}


PROMISED = ("answer", "fix")
"""The clocks the citizen was promised; a case has one of them."""


def promised(**more: Any) -> Coalesce:
    """Whether the promised clock of the case has these properties: the one begun last. One that began anew
    (sorted otherwise, work done again) took the place of the one before, which is neither met nor missed.

    Asked of one case after the other, as a value: told as a clock that exists, PostgreSQL may try every clock
    with every case (three minutes for two thousand).
    """
    last = Clock.objects.filter(case=OuterRef("pk"), code__in=PROMISED).order_by("-pk")
    held = ExpressionWrapper(Q(**more), output_field=BooleanField())
    return Coalesce(Subquery(last.annotate(held=held).values("held")[:1]), Value(value=False))


@figure(
    gettext_lazy("受理案件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=SLICES,
    counting=counting,
    definition=gettext_lazy("受理時間在期間內者。"),
)
def received(period: Period) -> QuerySet[Petition]:
    return Petition.objects.filter(**_in("received_at", period))


@figure(
    gettext_lazy("結案件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("首次結案日在期間內者，含移轉與不予處理。"),
    headline=False,
)
def closed(period: Period) -> QuerySet[Petition]:
    return Petition.objects.filter(ended_on__range=period.days)


@figure(
    gettext_lazy("如期結案件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("結案件數中，於答復（派工為修復）期限內辦畢者。"),
    headline=False,
)
def closed_on_time(period: Period) -> QuerySet[Petition]:
    return closed(period).filter(promised(stopped_at__lte=F("due_at")))


on_time_rate = rate(
    "on_time_rate",
    closed_on_time,
    closed,
    gettext_lazy("結案案件準時率"),
    precision=1,
    definition=gettext_lazy("如期結案件數÷結案件數；仍未辦結的逾期案件不在內。"),
    headline=False,
)


@figure(
    gettext_lazy("期限屆至件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("答復（派工為修復）期限在期間內屆至者，不論是否辦結。"),
    headline=False,
)
def fell_due(period: Period) -> QuerySet[Petition]:
    return Petition.objects.filter(promised(**_in("due_at", period)))


@figure(
    gettext_lazy("期限內辦畢件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("期限屆至件數中，於期限內辦畢者。"),
    headline=False,
)
def due_on_time(period: Period) -> QuerySet[Petition]:
    return Petition.objects.filter(promised(stopped_at__lte=F("due_at"), **_in("due_at", period)))


on_time_due_rate = rate(
    "on_time_due_rate",
    due_on_time,
    fell_due,
    gettext_lazy("期限屆至案件準時率"),
    precision=1,
    definition=gettext_lazy("期限內辦畢件數÷期限屆至件數；逾期未結者計為不準時。"),
    headline=False,
)


@figure(
    gettext_lazy("答復日數中位數"),
    unit="日",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions={name: one.__class__(one.by, one.label, one.names, False) for name, one in SLICES.items()},
    measure=Median("days"),
    precision=1,
    definition=gettext_lazy("期間內首次答復者，自受理至答復之日曆天數的中位數。"),
    headline=False,
)
def median_days(period: Period) -> QuerySet[Petition]:
    return Petition.objects.filter(**_in("replied_at", period))


@figure(
    gettext_lazy("展延案件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=rules.DIRECTIONS,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("受理案件中，至資料截止日曾經核准展延者。"),
    headline=False,
)
def extended(period: Period) -> QuerySet[Petition]:
    return received(period).filter(extended_on__lte=period.as_of)


extension_rate = rate(
    "extension_rate", extended, received, gettext_lazy("展延率"), precision=1, headline=False
)


@figure(
    gettext_lazy("重啟案件數"),
    unit="件",
    kind=Kind.FLOW,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("結案件數中，至資料截止日曾經重啟者。"),
    headline=False,
)
def reopened(period: Period) -> QuerySet[Petition]:
    return closed(period).filter(reopened_on__lte=period.as_of)


reopen_rate = rate("reopen_rate", reopened, closed, gettext_lazy("重啟率"), precision=1, headline=False)


@figure(
    gettext_lazy("移轉其他機關件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=(*COLUMNS, "transferred_to"),
    dimensions=SLICES,
    definition=gettext_lazy("移轉日在期間內者。"),
    headline=False,
)
def transferred(period: Period) -> QuerySet[Petition]:
    return Petition.objects.filter(transferred_on__range=period.days)


@figure(
    gettext_lazy("退回改分次數"),
    unit="次",
    kind=Kind.FLOW,
    columns=("petition", "agency", "proposed", "at"),
    definition=gettext_lazy("期間內機關退回分文或派工的次數。"),
    headline=False,
)
def returned(period: Period) -> QuerySet[Bounce]:
    return Bounce.objects.filter(**_in("at", period))


@figure(
    gettext_lazy("未結案件數"),
    unit="件",
    kind=Kind.STOCK,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("至資料截止日已受理而未曾結案者。"),
    headline=False,
)
def open_cases(period: Period) -> QuerySet[Petition]:
    after = midnight(period.as_of + timedelta(days=1))
    return Petition.objects.filter(received_at__lt=after).filter(
        Q(ended_on=None) | Q(ended_on__gt=period.as_of)
    )


@figure(
    gettext_lazy("逾期未結件數"),
    unit="件",
    kind=Kind.STOCK,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("未結案件中，至資料截止日期限已過而未辦畢者。"),
    headline=False,
)
def overdue(period: Period) -> QuerySet[Petition]:
    after = midnight(period.as_of + timedelta(days=1))
    late = Clock.objects.filter(
        Q(stopped_at=None) | Q(stopped_at__gte=after),
        case=OuterRef("pk"),
        code__in=PROMISED,
        due_at__lt=after,
    )
    return open_cases(period).filter(Exists(late))


@figure(
    gettext_lazy("滿意度抽樣件數"),
    unit="件",
    kind=Kind.FLOW,
    columns=("petition", "sampled_on", "score", "rated_at"),
    definition=gettext_lazy("抽樣日在期間內者；由已答復案件隨機抽出。"),
    headline=False,
)
def sampled(period: Period) -> QuerySet[Rating]:
    return Rating.objects.filter(sampled_on__range=period.days)


@figure(
    gettext_lazy("滿意度填答件數"),
    unit="件",
    kind=Kind.FLOW,
    columns=("petition", "sampled_on", "score", "rated_at"),
    definition=gettext_lazy("抽樣件數中，至資料截止日已填答者。"),
    headline=False,
)
def rated(period: Period) -> QuerySet[Rating]:
    return sampled(period).filter(rated_at__lt=midnight(period.as_of + timedelta(days=1)))


response_rate = rate(
    "response_rate", rated, sampled, gettext_lazy("滿意度填答率"), precision=1, headline=False
)


@figure(
    gettext_lazy("滿意度平均"),
    unit="分",
    kind=Kind.FLOW,
    columns=("petition", "sampled_on", "score", "rated_at"),
    measure=Avg("score"),
    precision=2,
    definition=gettext_lazy("抽樣且填答者，1分至5分的平均；自行填答而非抽樣者不計，並與填答率並列。"),
    headline=False,
)
def satisfaction(period: Period) -> QuerySet[Rating]:
    return rated(period)


# ── Checks ──────────────────────────────────────────────────────────────────────────────────────────


@check("E18", gettext_lazy("人民陳情、市長信箱與派工通報之和為總數，類別互斥或載明併計"))
def classes_add_up(period: Period) -> Iterator[str]:
    own = period_for(received.full_name, period)
    whole = received.value(own)
    codes = [str(CaseKind.PETITION), str(CaseKind.DISPATCH)]
    if not nested():
        codes.append(str(CaseKind.MAILBOX))
    parts = sum(received.only(**{"class": code}).value(own) for code in codes)
    if whole != parts:
        yield _("各類合計%(parts)s件，與受理總數%(whole)s件不符。") % {"parts": parts, "whole": whole}


@check("replies", gettext_lazy("結案者皆已答復，移轉、不予處理者除外"))
def nothing_closed_without_reply(period: Period) -> Iterator[str]:
    own = period_for(closed.full_name, period)
    sent = Reply.objects.filter(petition=OuterRef("pk"), sent_at__isnull=False)
    bare = closed(own).filter(transferred_on=None, no_action_on=None).filter(~Exists(sent))
    for number in bare.values_list("case__number", flat=True)[:20]:
        yield _("%s已結案而沒有答復。") % number


@check("E23", gettext_lazy("受理、答復與結案日依序發生，且不在資料截止日之後"))
def days_in_order(period: Period) -> Iterator[str]:
    own = period_for(closed.full_name, period)
    wrong = closed(own).filter(
        Q(replied_at__lt=F("received_at")) | Q(ended_on__gt=own.as_of) | Q(ended_on__lt=F("case__opened_on"))
    )
    for number in wrong.values_list("case__number", flat=True)[:20]:
        yield _("%s的受理、答復與結案日順序不合。") % number


@check("ceiling", gettext_lazy("展延後的期限不逾處理上限"))
def none_past_the_ceiling(period: Period) -> Iterator[str]:
    own = period_for(received.full_name, period)
    late = Clock.objects.filter(case=OuterRef("pk"), code="answer").values("due_at")[:1]
    for one in extended(own).annotate(due=late).select_related("case").iterator(chunk_size=500):
        if one.due and one.due > rules.ceiling_of(one):
            yield _("%s展延後逾越處理上限。") % one.case.number
