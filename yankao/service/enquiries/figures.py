"""What the report counts about enquiries (functional spec F-S1-1; check E18)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for, register
from yankao.kernel.period import Period

from .models import Channel, Contact, Outcome

SECTIONS = (("五(一)", "paragraph"),)
COLUMNS = ("day", "at", "channel", "outcome", "article__code", "agency__name")
COUNTED = (Channel.COUNTER, Channel.PHONE)
BASIS = "市府聯合服務作業規定"
BY_CHANNEL = {"channel": Dimension("channel", gettext_lazy("管道"), names=lambda code: Channel(code).label)}


@figure(
    gettext_lazy("立即服務案件數"),
    unit="件",
    kind=Kind.FLOW,
    basis=BASIS,
    columns=COLUMNS,
    dimensions=BY_CHANNEL,
    definition=gettext_lazy("期間內由服務台或1999當場答復、未另立案亦未轉接者。"),
)
def immediate(period: Period) -> QuerySet[Contact]:
    return Contact.objects.filter(
        day__range=period.days, outcome=Outcome.IMMEDIATE, channel__in=[str(one) for one in COUNTED]
    )


@figure(
    gettext_lazy("立即服務中可對應來電者"),
    unit="件",
    kind=Kind.FLOW,
    columns=COLUMNS,
    definition=gettext_lazy("立即服務案件中，連結到1999話務紀錄者。"),
    headline=False,
)
def linked(period: Period) -> QuerySet[Contact]:
    return immediate(period).exclude(call_id="")


@check("E18", gettext_lazy("諮詢與其他聯合服務類別互斥：一通來電只計一件立即服務，且確有這通來電"))
def classes_disjoint(period: Period) -> Iterator[str]:
    own = period_for(immediate.full_name, period)
    twice = (
        linked(own)
        .order_by()
        .values("call_source", "call_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .count()
    )
    if twice:
        yield _("%(n)s通來電計入一件以上的立即服務。") % {"n": twice}
    bare = linked(own).filter(call_source=None).count()
    if bare:
        yield _("%(n)s件立即服務的來電沒有來源。") % {"n": bare}
    calls = register.get("service.calls.handled")
    if calls is None:
        return
    # A call may have come in on the day before its contact was written down.
    around = Period.between(own.first.replace(day=1), own.last)
    known = calls(around).filter(source=OuterRef("call_source"), external_id=OuterRef("call_id"))
    lost = linked(own).filter(~Exists(known)).count()
    if lost:
        yield _("%(n)s件立即服務連結的來電不在接聽的話務紀錄中。") % {"n": lost}
