"""What the report counts about directives (functional spec F-C2-1)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for
from yankao.kernel.people.agencies import agency_name
from yankao.kernel.period import Period

from . import rules
from .models import Directive, Meeting

SECTIONS = (("三(二)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""


BY_AGENCY = {"agency": Dimension("case__agency__code", gettext_lazy("主責機關"), names=agency_name)}
COLUMNS = ("case__number", "text", "case__agency__name", "directed_on", "due_on")


@figure(
    gettext_lazy("市政會議裁示列管案數"),
    unit="案",
    kind=Kind.STOCK,
    basis=rules.CITY,
    columns=COLUMNS,
    dimensions=BY_AGENCY,
    definition=gettext_lazy("截止日以前裁示，且當日尚未解除列管、未改為自行列管、未併案者。"),
)
def controlled(period: Period) -> QuerySet[Directive]:
    return Directive.objects.controlled(period.as_of)


@figure(
    gettext_lazy("累計錄案裁示案數"),
    unit="案",
    kind=Kind.CUMULATIVE,
    basis=rules.CITY,
    columns=COLUMNS,
    definition=gettext_lazy("截止日以前裁示者，不含併入另案者。"),
    headline=False,
)
def recorded(period: Period) -> QuerySet[Directive]:
    return Directive.objects.recorded(period.as_of)


@figure(
    gettext_lazy("累計解除列管案數"),
    unit="案",
    kind=Kind.CUMULATIVE,
    basis=rules.CITY,
    columns=(*COLUMNS, "released_on"),
    definition=gettext_lazy("截止日以前經市政會議解除列管者。"),
    headline=False,
)
def released(period: Period) -> QuerySet[Directive]:
    return Directive.objects.recorded(period.as_of).filter(released_on__lte=period.as_of)


@figure(
    gettext_lazy("累計自行列管案數"),
    unit="案",
    kind=Kind.CUMULATIVE,
    basis=rules.CITY,
    columns=(*COLUMNS, "self_controlled_on"),
    definition=gettext_lazy("截止日以前經市政會議改由機關自行列管者。"),
    headline=False,
)
def self_controlled(period: Period) -> QuerySet[Directive]:
    return Directive.objects.recorded(period.as_of).filter(self_controlled_on__lte=period.as_of)


@figure(
    gettext_lazy("期間內裁示案數"),
    unit="案",
    kind=Kind.FLOW,
    basis=rules.CITY,
    columns=COLUMNS,
    definition=gettext_lazy("裁示日在期間內者，不含併入另案者。"),
    headline=False,
)
def given(period: Period) -> QuerySet[Directive]:
    return Directive.objects.recorded(period.as_of).filter(directed_on__range=period.days)


@figure(
    gettext_lazy("期間內解除列管案數"),
    unit="案",
    kind=Kind.FLOW,
    basis=rules.CITY,
    columns=(*COLUMNS, "released_on"),
    definition=gettext_lazy("解除列管日在期間內者。"),
    headline=False,
)
def released_in_period(period: Period) -> QuerySet[Directive]:
    return Directive.objects.recorded(period.as_of).filter(released_on__range=period.days)


@check("C2", gettext_lazy("列管數＝錄案－解除列管－自行列管"))
def stock_adds_up(period: Period) -> Iterator[str]:
    own = period_for(controlled.full_name, period)
    stock, came = controlled.value(own), recorded.value(own)
    gone, left = released.value(own), self_controlled.value(own)
    if stock != came - gone - left:
        yield _("列管%(stock)s案，不等於錄案%(came)s、解除%(gone)s、自行列管%(left)s之差。") % {
            "stock": stock, "came": came, "gone": gone, "left": left,
        }  # fmt: skip


@check("meeting", gettext_lazy("解除列管均由已召開的市政會議決定"))
def released_by_a_meeting_held(period: Period) -> Iterator[str]:
    own = period_for(released.full_name, period)
    held = Meeting.objects.filter(cancelled_on=None)
    for day in ("released_on", "self_controlled_on"):
        ended = recorded(own).filter(**{f"{day}__lte": own.as_of})
        for number, on, meeting in ended.values_list("case__number", day, "decided_in"):
            if not held.filter(pk=meeting, held_on=on).exists():
                yield _("%(number)s的解除日不是市政會議日。") % {"number": number}
