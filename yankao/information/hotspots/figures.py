"""無線熱點的數據 Sites, users and sessions (functional spec F-I4.7-1 to F-I4.7-3; checks E21 and E22)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for
from yankao.kernel.people.models import District
from yankao.kernel.period import Period
from yankao.kernel.register.english import called

from . import rules
from .models import Hotspot, Setting, WifiSession

SECTIONS = (("六(四)7", "paragraph"),)
"""The outline's section this room writes."""


def district_name(code: str) -> str:
    """The district in the reader's language."""
    found = District.objects.filter(pk=code).first()
    return called(found) if found else code


@figure(
    gettext_lazy("無線熱點數"),
    unit="處",
    kind=Kind.CUMULATIVE,
    basis=rules.OURS,
    dimensions={
        "district": Dimension("case__district__code", gettext_lazy("行政區"), names=district_name),
        "setting": Dimension("setting", gettext_lazy("場所類別"), names=lambda code: Setting(code).label),
    },
    definition=gettext_lazy("累計至資料截止日曾啟用的熱點；停用者仍計入累計。"),
)
def sites(period: Period) -> QuerySet[Hotspot]:
    return Hotspot.objects.opened_by(period.as_of)


@figure(
    gettext_lazy("使用中無線熱點數"),
    unit="處",
    kind=Kind.STOCK,
    basis=rules.OURS,
    definition=gettext_lazy("資料截止日啟用中的熱點。"),
    headline=False,
)
def sites_open(period: Period) -> QuerySet[Hotspot]:
    return Hotspot.objects.open_on(period.as_of)


def counted(period: Period) -> QuerySet[WifiSession]:
    """Sessions at registered sites begun by the cut-off, by the way of counting in force then."""
    found = WifiSession.objects.filter(day__lte=period.as_of, hotspot__isnull=False)
    least = rules.COUNTING.at(period.as_of).least
    # Moments are whole seconds in the database: their difference is one, too.
    return found.filter(last_at__gte=F("started_at") + least) if least else found


@figure(
    gettext_lazy("無線上網服務人數"),
    unit="人",
    kind=Kind.CUMULATIVE,
    basis=rules.OURS,
    measure=Count("account", distinct=True),
    definition=gettext_lazy(
        "累計至資料截止日，於已登錄熱點上網的不同使用者帳號代碼；不是每日人數的加總。"
        "計數規則依生效日，預設every_session/1。"
    ),
    columns=("day", "hotspot", "started_at", "last_at"),
)
def users(period: Period) -> QuerySet[WifiSession]:
    return counted(period)


@figure(
    gettext_lazy("無線上網使用次數"),
    unit="次",
    kind=Kind.CUMULATIVE,
    basis=rules.OURS,
    dimensions={
        "setting": Dimension(
            "hotspot__setting", gettext_lazy("場所類別"), names=lambda code: Setting(code).label
        )
    },
    definition=gettext_lazy(
        "累計至資料截止日，於已登錄熱點的不同連線識別碼；沒有結束紀錄者依規則逾時結束，仍計一次。"
        "計數規則依生效日，預設every_session/1。"
    ),
    columns=("day", "hotspot", "started_at", "last_at"),
)
def sessions(period: Period) -> QuerySet[WifiSession]:
    return counted(period)


@check("E21", gettext_lazy("使用次數不少於服務人數，服務人數不少於零"))
def sessions_cover_users(period: Period) -> Iterator[str]:
    times = sessions.value(period_for(sessions.full_name, period))
    people = users.value(period_for(users.full_name, period))
    if not times >= people >= 0:
        yield _("使用次數%(times)s少於服務人數%(people)s。") % {"times": times, "people": people}
    if times and not sites.value(period_for(sites.full_name, period)):
        yield _("有使用紀錄，卻沒有熱點。")


@check("E22", gettext_lazy("累計數不低於六個月前的同一紀錄"))
def never_fall(period: Period) -> Iterator[str]:
    """What was counted half a year before is counted now: nothing that was told has been lost."""
    before = period.previous()
    for found in (sites, users, sessions):
        own = period_for(found.full_name, period)
        old, new = found.value(before), found.value(own)
        if old > new:
            yield _("%(label)s由%(old)s降為%(new)s。") % {"label": found.label, "old": old, "new": new}


@check("unplaced", gettext_lazy("每一筆使用紀錄的基地台都已登錄"))
def every_point_known(period: Period) -> Iterator[str]:
    lost = WifiSession.objects.filter(day__lte=period.as_of, hotspot=None)
    for nas, count in lost.values_list("nas").annotate(n=Count("pk")).order_by("-n")[:20]:
        yield _("基地台「%(nas)s」未登錄，有%(count)s次連線未計入。") % {"nas": nas, "count": count}
