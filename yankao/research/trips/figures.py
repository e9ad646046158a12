"""出國報告的數據 What the report counts about trip reports (functional spec F-R8-1 to F-R8-4; checks E4 and
E23).
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, rate
from yankao.kernel.people.agencies import agency_name
from yankao.kernel.period import Period

from .models import Kind as TripKind
from .models import Suggestion, Trip, Trips, day_over
from .rules import GUIDE

SECTIONS = (("一(八)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""


SLICES = {
    "agency": Dimension("case__agency__code", gettext_lazy("主辦機關"), names=agency_name),
    "kind": Dimension("kind", gettext_lazy("出國類別"), names=lambda code: TripKind(code).label),
}


def under_control(period: Period) -> Trips:
    """Came back in the period and not called off by the day it is judged."""
    return Trip.objects.returned_in(*period.days, period.as_of)


@figure(
    gettext_lazy("因公出國列管件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=GUIDE,
    dimensions=SLICES,
    definition=gettext_lazy("返國日在期間內，且至資料截止日未取消者。"),
)
def controlled(period: Period) -> QuerySet[Trip]:
    return under_control(period)


@figure(
    gettext_lazy("已依限提出並登錄報告件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=GUIDE,
    dimensions=SLICES,
    definition=gettext_lazy("列管件數中，報告於期限內繳交，且至資料截止日已登錄者。"),
)
def filed(period: Period) -> QuerySet[Trip]:
    return under_control(period).filter(registered_on__lte=period.as_of).reported_in_time()


@figure(
    gettext_lazy("未屆期尚未繳交件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=GUIDE,
    dimensions=SLICES,
    definition=gettext_lazy("列管件數扣除已依限提出並登錄者；其中無逾期者由檢核E4確認。"),
)
def pending(period: Period) -> QuerySet[Trip]:
    return under_control(period).exclude(pk__in=filed(period).values("pk"))


@figure(
    gettext_lazy("逾期未繳件數"),
    unit="件",
    kind=Kind.STOCK,
    basis=GUIDE,
    dimensions=SLICES,
    definition=gettext_lazy("列管件數中，至資料截止日報告期限已過而仍未繳交者。"),
)
def overdue(period: Period) -> QuerySet[Trip]:
    return under_control(period).overdue_on(period.as_of)


@figure(
    gettext_lazy("出國報告建議事項分送數"),
    unit="項",
    kind=Kind.FLOW,
    basis=GUIDE,
    definition=gettext_lazy("期間內分送參辦機關的建議事項；移請其他機關者只計最後一次。"),
    columns=("trip", "text", "addressee", "answer"),
)
def suggestions(period: Period) -> QuerySet[Suggestion]:
    passed_on = Q(answer=Answer.NOT_OURS, answered_on__lte=period.as_of)
    return Suggestion.objects.filter(dispatched_on__range=period.days).exclude(passed_on)


@figure(
    gettext_lazy("出國報告建議事項採行數"),
    unit="項",
    kind=Kind.FLOW,
    basis=GUIDE,
    definition=gettext_lazy("期間內分送者中，至資料截止日回復採行、定期採行或部分採行者。"),
    columns=("trip", "text", "addressee", "answer"),
)
def suggestions_adopted(period: Period) -> QuerySet[Suggestion]:
    return suggestions(period).filter(adopted_on__lte=period.as_of)


adoption_rate = rate(
    "adoption_rate", suggestions_adopted, suggestions, gettext_lazy("出國報告建議事項採行率"), precision=1
)


@check("E4", gettext_lazy("列管件數為已繳與未繳之和，且無逾期未繳者"))
def reports_add_up(period: Period) -> Iterator[str]:
    own = period_for(controlled.full_name, period)
    whole, parts = controlled.value(own), filed.value(own) + pending.value(own)
    if whole != parts:
        yield _("列管%(whole)s件，已繳與未繳合計%(parts)s件，不符。") % {"whole": whole, "parts": parts}
    for number, title in overdue(own).values_list("case__number", "case__title"):
        yield _("%(number)s「%(title)s」至%(day)s逾期未繳報告。") % {
            "number": number,
            "title": title,
            "day": own.as_of.isoformat(),
        }
    for number in late(own).values_list("case__number", flat=True):
        yield _("%(number)s的報告逾期後才繳交，卻計入未屆期尚未繳交。") % {"number": number}


def late(period: Period) -> QuerySet[Trip]:
    """Reports handed in by the day, but after their deadline: neither in time nor still to come."""
    end = day_over(period.as_of)
    return (
        under_control(period)
        .filter(case__clocks__code="report", case__clocks__stopped_at__lt=end)
        .exclude(pk__in=under_control(period).reported_in_time().values("pk"))
    )


@check("E23", gettext_lazy("返國、繳交與登錄日依序發生，且不在資料截止日之後"))
def days_in_order(period: Period) -> Iterator[str]:
    own = period_for(filed.full_name, period)
    wrong = filed(own).filter(
        Q(submitted_on__gt=F("registered_on"))
        | Q(registered_on__gt=own.as_of)
        | Q(returned_on__gt=F("submitted_on"))
    )
    for number in wrong.values_list("case__number", flat=True):
        yield _("%(number)s的返國、繳交與登錄日順序不合。") % {"number": number}


@check("suggestions", gettext_lazy("建議事項數與逐項紀錄相符"))
def suggestions_add_up(period: Period) -> Iterator[str]:
    counted = controlled(period).annotate(
        rows=Count("suggestions"),
        answers=Count("suggestions", filter=Q(suggestions__answered_on__isnull=False)),
    )
    for number in counted.exclude(rows=F("suggested"), answers=F("answered")).values_list(
        "case__number", flat=True
    ):
        yield _("%(number)s的建議事項數與逐項紀錄不符。") % {"number": number}
