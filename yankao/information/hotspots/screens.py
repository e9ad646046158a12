"""熱點的畫面 What the desk shows of sites and of the accounting that comes in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk import nav, parts
from yankao.desk.jinja import format_date, format_time
from yankao.desk.pages import render_page
from yankao.desk.screens import Action, Panel, Screens
from yankao.kernel.journal.models import DeadLetter, Source
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import public
from .journal import journal, keeps
from .models import Hotspot, WifiSession
from .process import Stage, process

QUIET = timedelta(hours=24)
"""A source that told nothing for so long is named on the first screen."""


def use(hotspot: Hotspot, user: Any) -> dict[str, Any]:
    """Access points, and the last twelve months of use: users are distinct within each month."""
    rows = (
        WifiSession.objects.filter(hotspot=hotspot)
        .values("day__year", "day__month")
        .annotate(
            users=Count("account", distinct=True),
            times=Count("pk"),
            octets=Sum("octets_in") + Sum("octets_out"),
        )
        .order_by("-day__year", "-day__month")[:12]
    )
    return {
        "points": [
            (point.name, format_date(point.valid_from), format_date(point.valid_to))
            for point in hotspot.access_points.order_by("pk")
        ],
        "months": [
            (
                f"{row['day__year'] - 1911}/{row['day__month']:02d}",
                f"{row['users']:,}",
                f"{row['times']:,}",
                f"{row['octets'] / 2**20:,.0f}",
            )
            for row in rows
        ],
    }


def first(user: Any) -> list[dict[str, Any]]:
    """First screen of the commission: sites to decide on, sources that fell silent, records not read."""
    if not standing(user).has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        return []
    place = reverse("desk:list", args=[process.kind])
    waiting = Hotspot.objects.filter(case__stage=Stage.PROPOSED)
    late = waiting.filter(case__due_at__lt=timezone.now()).exists()
    found = [
        {
            "label": _("無線熱點提案待核定"),
            "count": waiting.count(),
            "url": f"{place}?stage={Stage.PROPOSED}",
            "tone": "red" if late else "",
        }
    ]
    mine = Source.objects.filter(journal=journal.name, active=True)
    quiet = mine.filter(read_at__lt=timezone.now() - QUIET).count() + mine.exclude(fault="").count()
    dead = DeadLetter.objects.filter(source__journal=journal.name, handled_at=None).count()
    for label, count in ((_("無線上網紀錄來源無聲或異常"), quiet), (_("無法讀取的上網紀錄"), dead)):
        if count:
            found.append({"label": label, "count": count, "url": reverse("hotspots:sources"), "tone": "red"})
    return found


@login_required
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Where accounting comes from, how far it was read, and what could not be read or placed."""
    if not keeps(request.user):
        raise PermissionDenied(_("上網紀錄的來源由研考會管理。"))
    rows = [
        (
            one.name,
            str(journal.formats[one.format].label) if one.format in journal.formats else one.format,
            one.address,
            format_time(one.read_at),
            format_time(one.last_at),
            one.fault or _("正常"),
        )
        for one in Source.objects.filter(journal=journal.name).order_by("pk")
    ]
    dead = DeadLetter.objects.filter(source__journal=journal.name, handled_at=None).select_related("source")
    lost = WifiSession.objects.filter(hotspot=None).values_list("nas").annotate(n=Count("pk")).order_by("-n")
    title = _("上網紀錄來源")
    context = {
        **nav.frame(request),
        "heading": title,
        "crumbs": [
            parts.Link(_("首頁"), reverse("desk:home")),
            parts.Link(str(Hotspot._meta.verbose_name), reverse("desk:list", args=[process.kind])),
            parts.Link(title, ""),
        ],
        "rows": rows,
        "dead": [
            (one.source.name, str(one.number), one.reason, format_time(one.arrived_at)) for one in dead[:50]
        ],
        "lost": [(nas, f"{n:,}") for nas, n in lost[:50]],
        "online": WifiSession.objects.filter(stopped_at=None, timed_out=False).count(),
    }
    return render_page(request, "hotspots/sources.html", context)


screens = Screens(
    columns=("setting", "address", "valid_from", "valid_to"),
    filters=("setting", "ssid", "valid_from"),
    facts=(
        "name_en",
        "setting",
        "address",
        "longitude",
        "latitude",
        "ssid",
        "approved_on",
        "valid_from",
        "valid_to",
        "suspended_on",
        "rejected_on",
    ),
    panels=(
        Panel(
            gettext_lazy("基地台與使用情形"),
            "hotspots/panel_use.html",
            use,
            shown=lambda hotspot, user: hotspot.valid_from is not None,
        ),
    ),
    actions=(
        Action(gettext_lazy("熱點地圖"), "hotspots_public:list"),
        Action(gettext_lazy("上網紀錄來源"), "hotspots:sources", shown=keeps),
    ),
    public=(Action(gettext_lazy("免費無線熱點"), "hotspots_public:list"),),
    first=first,
    words={
        "tones": {
            "proposed": "amber",
            "approved": "blue",
            "open": "green",
            "suspended": "amber",
            "closed": "",
            "rejected": "",
        },
        "empty": gettext_lazy("還沒有熱點。各機關可以提案，既有熱點由研考會匯入。"),
    },
)

urlpatterns = [path("sources/", sources, name="sources")]
public_urlpatterns = public.HOTSPOTS.urls()
