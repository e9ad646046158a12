"""What the report counts of petitions, mailbox and dispatch (functional spec F-S2-1 to F-S2-3; checks E18
and E23).

On time is told twice and never mixed: of the cases that ended, and of the cases whose time ran out; both
open their lists. A case is judged by the clocks that the citizen was promised: the answer's, a fault's by its
repair, and that of a case taken up again.

A clock is read as it stood at the end of the period, from its recorded changes (`Then`): what is asked of the
petitioner, granted or answered later does not change a period that is over. What leaves no change of its own
(a repair done again, a case sorted anew after it was reopened) is said in the figures' words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db.models import (
    Avg,
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.docket import Clock, ClockChange
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
PARTS = {name: one.__class__(one.by, one.label, one.names, False) for name, one in SLICES.items()}
"""Slices of what is no sum."""
BANDS: tuple[tuple[str, int, int | None, Any], ...] = (
    ("b3", 0, 3, gettext_lazy("3日內")),
    ("b7", 4, 7, gettext_lazy("4至7日")),
    ("b15", 8, 15, gettext_lazy("8至15日")),
    ("b30", 16, 30, gettext_lazy("16至30日")),
    ("older", 31, None, gettext_lazy("逾30日")),
)
"""Ages in calendar days since receipt; the last lies past the ceiling of petitions (B2.5)."""
HANDED_ON = ("refuse_assignment", "return_dispatch", "reassign", "transfer_out")
"""Moves by which a case goes from one hand to another."""
AGES = {name: label for name, _least, _most, label in BANDS}
AGED = {"age": Dimension("age", gettext_lazy("案齡"), names=lambda code: AGES.get(code, code))}


def age_on(day: date) -> Case:
    """Which of the bands a case belongs to on the day."""
    whens = [
        When(received_at__gte=midnight(day - timedelta(days=most)), then=Value(name))
        for name, _least, most, _label in BANDS
        if most is not None
    ]
    return Case(*whens, default=Value(BANDS[-1][0]), output_field=CharField())


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def during(period: Period) -> tuple[datetime, datetime]:
    """From the first moment of the period to the first moment after it."""
    return midnight(period.first), midnight(period.last + timedelta(days=1))


def _in(name: str, period: Period) -> dict[str, datetime]:
    first, after = during(period)
    return {f"{name}__gte": first, f"{name}__lt": after}


PROMISED = ("answer", "fix")
"""The clocks the citizen was promised at first; a case has one of them."""
AGAIN = "reopened"
"""The clock of a case taken up again: each its own promise, beside the first one."""
UNTIL_THEN = gettext_lazy(
    "期限以資料截止日當時為準（其後的補正、展延不溯及）；暫停計算中且暫停時未逾期者，期限未屆至。"
    "完工後退回重做、重啟後改分類者，改依另計的期限。"
)
"""How clocks are read, and what cannot be read of the past."""
words_of = partial(format_lazy, "{}{}")


@dataclass(frozen=True)
class Then:
    """The promised clocks of a case as they stood at a moment, told by what changed since.

    Asked of one case after the other, as a value: told as a clock that exists, PostgreSQL may try every clock
    with every case (three minutes for two thousand).
    """

    at: datetime

    @classmethod
    def end_of(cls, period: Period) -> Then:
        """The end of the period's last judged day; of one that still lasts, now."""
        return cls(min(midnight(period.as_of + timedelta(days=1)), timezone.now()))

    @property
    def running(self) -> Q:
        return Q(stopped_at=None) | Q(stopped_at__gte=self.at)

    @property
    def met(self) -> Q:
        return Q(stopped_at__lt=self.at, stopped_at__lte=F("due"))

    @property
    def missed(self) -> Q:
        return self.running | Q(stopped_at__gt=F("due"))

    def due_in(self, period: Period) -> Q:
        """Its time ran out in the period, and by then."""
        first, after = during(period)
        return Q(due__range=(first, min(after, self.at) - timedelta(microseconds=1)))

    def _read(self, clocks: QuerySet[Clock]) -> QuerySet[Any]:
        """With `due`, and whether it had `waited`: paused before it was late, and not resumed."""
        later = ClockChange.objects.filter(clock=OuterRef("pk"), at__gte=self.at).order_by("at", "pk")
        rests = (
            ClockChange.objects.filter(
                clock=OuterRef("pk"), at__lt=self.at,
                kind__in=[str(ClockChange.Kind.PAUSE), str(ClockChange.Kind.RESUME)],
            )
            .order_by("-at", "-pk")
            .annotate(held=_held(Q(kind=str(ClockChange.Kind.PAUSE), at__lte=F("due_after"))))
        )  # fmt: skip
        read: QuerySet[Any] = clocks.annotate(
            due=Coalesce(Subquery(later.values("due_before")[:1]), F("due_at")),
            waited=Coalesce(Subquery(rests.values("held")[:1]), Value(value=False)),
        )
        return read

    def first(self, held: Q) -> Coalesce:
        """Whether the clock promised at first had these properties (`due`, `waited`, `stopped_at`): the one
        that ran then, else the last. One that began anew (sorted otherwise) took the place of the one before,
        which is neither met nor missed.
        """
        ran = Case(When(self.running, then=0), default=1)
        order = (ran, Case(When(self.running, then="pk"), default=-F("pk")))
        clocks = self._read(Clock.objects.filter(case=OuterRef("pk"), code__in=PROMISED).order_by(*order))
        return Coalesce(Subquery(clocks.annotate(held=_held(held)).values("held")[:1]), Value(value=False))

    def again(self, held: Q) -> Q:
        """Whether the clock of a case taken up again by then had these properties."""
        clocks = Clock.objects.filter(case=OuterRef("pk"), code=AGAIN, started_at__lt=self.at)
        return Q(reopened_on__isnull=False) & Q(Exists(self._read(clocks).filter(held)))

    def either(self, held: Q) -> Q:
        return Q(self.first(held)) | self.again(held)


def _held(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


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
    definition=words_of(
        gettext_lazy("結案件數中，於答復（派工為修復）期限內辦畢者；重啟後之期限不計。"), UNTIL_THEN
    ),
    headline=False,
)
def closed_on_time(period: Period) -> QuerySet[Petition]:
    then = Then.end_of(period)
    return closed(period).filter(then.first(then.met | Q(waited=True)))


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
    definition=words_of(
        gettext_lazy("答復（派工為修復）或重啟後答復之期限在期間內屆至者，不論是否辦結。"), UNTIL_THEN
    ),
    headline=False,
)
def fell_due(period: Period) -> QuerySet[Petition]:
    then = Then.end_of(period)
    return Petition.objects.filter(then.either(then.due_in(period) & (Q(waited=False) | then.met)))


@figure(
    gettext_lazy("期限內辦畢件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=words_of(gettext_lazy("期限屆至件數中，在期間內屆至的各期限均於期限內辦畢者。"), UNTIL_THEN),
    headline=False,
)
def due_on_time(period: Period) -> QuerySet[Petition]:
    then = Then.end_of(period)
    met = then.due_in(period) & then.met
    missed = then.due_in(period) & then.missed & Q(waited=False)
    # The rare ones last: of most cases a single clock is read.
    once = Q(then.first(met)) | (then.again(met) & ~Q(then.first(missed)))
    return Petition.objects.filter(once & ~then.again(missed))


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
    dimensions=PARTS,
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
    dimensions=SLICES | AGED,
    definition=gettext_lazy(
        "至資料截止日已受理而尚未答復、移轉、併案或以其他方式辦結者，及重啟後尚未再答復者；其後取消併案者視為未曾併案。"
    ),
    headline=False,
)
def open_cases(period: Period) -> QuerySet[Petition]:
    then, day = Then.end_of(period), period.as_of
    new = Q(replied_at=None) | Q(replied_at__gte=then.at)
    new &= Q(ended_on=None) | Q(ended_on__gt=day)
    apart = Q(merged_on=None) | Q(merged_on__gt=day) | Q(merged_on__lt=F("reopened_on"))
    found = Petition.objects.filter(apart, new | then.again(then.running), received_at__lt=then.at)
    aged: QuerySet[Petition] = found.alias(age=age_on(day))
    return aged


@figure(
    gettext_lazy("逾期未結件數"),
    unit="件",
    kind=Kind.STOCK,
    columns=COLUMNS,
    dimensions=SLICES | AGED,
    definition=words_of(
        gettext_lazy("未結案件中，至資料截止日答復（派工為修復）或重啟後答復期限已過者。"),
        UNTIL_THEN,
    ),
    headline=False,
)
def overdue(period: Period) -> QuerySet[Petition]:
    then = Then.end_of(period)
    return open_cases(period).filter(then.either(then.running & Q(due__lt=then.at, waited=False)))


@figure(
    gettext_lazy("每件改分移轉次數"),
    unit="次",
    kind=Kind.FLOW,
    columns=COLUMNS,
    dimensions=PARTS,
    measure=Avg("handed_on"),
    precision=2,
    definition=gettext_lazy(
        "結案件數中，平均每件至資料截止日退回改分、改派機關與移轉府外機關的次數；依歷程帳本計。"
    ),
    headline=False,
)
def transfers_per_case(period: Period) -> QuerySet[Petition]:
    rows = Entry.objects.filter(case=OuterRef("pk"), act__in=HANDED_ON, at__lt=Then.end_of(period).at)
    many = rows.order_by().values("case").annotate(n=Count("pk")).values("n")
    found: QuerySet[Petition] = closed(period).annotate(handed_on=Coalesce(Subquery(many[:1]), 0))
    return found


@figure(
    gettext_lazy("答復結案件數"),
    unit="件",
    kind=Kind.FLOW,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy("結案件數中，非移轉或不予處理者。"),
    headline=False,
)
def closed_answered(period: Period) -> QuerySet[Petition]:
    day = period.as_of
    return closed(period).filter(
        Q(transferred_on=None) | Q(transferred_on__gt=day), Q(no_action_on=None) | Q(no_action_on__gt=day)
    )


@figure(
    gettext_lazy("歷程完整件數"),
    unit="件",
    kind=Kind.FLOW,
    columns=COLUMNS,
    dimensions=SLICES,
    definition=gettext_lazy(
        "答復結案件數中，登錄、分文、受理、答復（派工為派工、到場、答復）每一步都有紀錄、陳情人查得到者。"
    ),
    headline=False,
)
def milestones_told(period: Period) -> QuerySet[Petition]:
    # Given to another agency later, a case is to be accepted anew; that it was before, the ledger knows.
    accepted = Entry.objects.filter(case=OuterRef("pk"), act="accept", at__lt=Then.end_of(period).at)
    told = Q(registered_at__isnull=False, assigned_at__isnull=False)
    told &= Q(accepted_at__isnull=False) | Q(Exists(accepted))
    done = Q(dispatched_at__isnull=False, arrived_at__isnull=False)
    fault = Q(kind=str(CaseKind.DISPATCH))
    return closed_answered(period).filter(fault & done | ~fault & told, replied_at__isnull=False)


milestone_coverage = rate(
    "milestone_coverage",
    milestones_told,
    closed_answered,
    gettext_lazy("歷程完整率"),
    precision=1,
    definition=gettext_lazy("歷程完整件數÷答復結案件數。"),
    headline=False,
)


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
