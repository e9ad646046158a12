"""出國報告的畫面 What the desk shows of trips beyond what it derives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.screens import Action, Filter, Panel, Screens
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import public, tables
from .models import Area, Country, Destination, Trip
from .process import Stage, process
from .rules import LOOK_BACK

SOON = 30
"""Reports due within so many days stand on the first screen."""
DUE = (Stage.RETURNED, Stage.REPORT_PENDING)


# ── Panels of the case page ─────────────────────────────────────────────────────────────────────────


def same_places(trip: Trip, user: Any) -> list[Destination]:
    """重複出國地點 Earlier journeys to the same countries within the years of the rule."""
    since = trip.departs_on - timedelta(days=365 * LOOK_BACK.at(trip.departs_on))
    countries = trip.destinations.filter(dropped_on=None).values("country")
    known = process.sees.records(user) | Q(registered_on__isnull=False)
    earlier = Trip.objects.filter(
        known, cancelled_on=None, departs_on__gte=since, departs_on__lt=trip.departs_on
    ).exclude(pk=trip.pk)
    rows = Destination.objects.filter(country__in=countries, dropped_on=None, trip__in=earlier)
    return list(rows.select_related("country", "trip__case__agency").order_by("-trip__departs_on")[:5])


def party(trip: Any, user: Any) -> dict[str, Any]:
    """Who and where; and the journeys already made there, while this one can still be thought over."""
    return {
        "destinations": trip.destinations.select_related("country").order_by("pk"),
        "travellers": trip.travellers.order_by("pk"),
        "earlier": same_places(trip, user) if trip.case.stage == Stage.APPROVED else [],
    }


def rounds(trip: Any, user: Any) -> dict[str, Any]:
    """Every round of the report with its self-check sheet."""
    return {"rounds": trip.submissions.select_related("report", "by").order_by("number")}


def answers(trip: Any, user: Any) -> dict[str, Any]:
    """The suggestions with their answers."""
    rows = trip.suggestions.select_related("addressee", "answered_by", "forwarded_from").order_by("number")
    return {"suggestions": rows, "table": reverse("trips:adoption", args=[trip.pk])}


# ── First screens (functional spec part G) ──────────────────────────────────────────────────────────


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def first(user: Any) -> Sequence[dict[str, Any]]:
    """Trips due and suggestions unanswered, for those who look after either."""
    who = standing(user)
    if not who.has(Role.REGISTRAR, Role.CONTROLLER, Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        return []
    mine = Trip.objects.filter(process.sees.records(user), case__kind=process.kind, case__closed_on=None)
    soon = _midnight(timezone.localdate() + timedelta(days=SOON))
    due = mine.filter(case__stage__in=DUE, case__due_at__lt=soon).count()
    late = mine.filter(case__stage__in=DUE, case__due_at__lt=timezone.now()).count()
    waiting = mine.filter(case__stage=Stage.SUGGESTIONS_OUT).count()
    place = reverse("desk:list", args=[process.kind])
    stages = "&".join(f"stage={stage}" for stage in DUE)
    return [
        {
            "label": _("出國報告%(days)s日內到期") % {"days": SOON},
            "count": due,
            "url": f"{place}?{stages}&due=%3C{SOON}d",
            "tone": "red" if late else "",
        },
        {
            "label": _("出國報告建議事項待回復"),
            "count": waiting,
            "url": f"{place}?stage={Stage.SUGGESTIONS_OUT}",
        },
    ]


def countries(user: Any) -> list[tuple[str, Any]]:
    """The countries somebody travelled to."""
    return [
        (one.code, str(one)) for one in Country.objects.filter(pk__in=Destination.objects.values("country"))
    ]


screens = Screens(
    columns=("kind", "returned_on", "submitted_on", "registered_on"),
    filters=(
        "kind",
        Filter("country", "destinations__country", gettext_lazy("前往國家"), choices=countries),
        Filter(
            "area", "destinations__country__area", gettext_lazy("地區"), choices=lambda user: Area.choices
        ),
        "publicity",
        "returned_on",
        "registered_on",
        "trip_no",
    ),
    facts=(
        "trip_no",
        "kind",
        "purpose",
        "letter",
        "budget",
        "source",
        "departs_on",
        "returns_on",
        "notified_on",
        "departed_on",
        "returned_on",
        "author",
        "submitted_on",
        "abstract",
        "accepted_on",
        "registered_on",
        "url",
        "publicity",
        "ground",
        "dispatched_on",
        "consolidated_on",
        "consolidation",
        "sent_letter",
        "cancelled_on",
    ),
    panels=(
        Panel(gettext_lazy("行程與人員"), "trips/panel_party.html", party),
        Panel(
            gettext_lazy("報告繳交"),
            "trips/panel_rounds.html",
            rounds,
            shown=lambda trip, user: trip.rounds > 0,
        ),
        Panel(
            gettext_lazy("建議事項"),
            "trips/panel_suggestions.html",
            answers,
            shown=lambda trip, user: trip.suggested > 0,
        ),
    ),
    actions=(Action(gettext_lazy("登錄表與採行表"), "trips:tables"),),
    public=(Action(gettext_lazy("公務出國報告"), "trips_public:list"),),
    first=first,
    words={
        "tones": {
            "approved": "",
            "travelling": "blue",
            "returned": "amber",
            "report_pending": "amber",
            "submitted": "blue",
            "reviewing": "blue",
            "revising": "amber",
            "accepted": "violet",
            "registered": "green",
            "suggestions_out": "violet",
            "suggestions_answered": "violet",
            "consolidated": "green",
            "closed": "green",
            "cancelled": "",
        },
        "empty": gettext_lazy("還沒有公務出國案。核准後由登錄人員立案。"),
    },
)

urlpatterns = [
    path("tables/", tables.tables, name="tables"),
    path("tables/adoption/<int:pk>.ods", tables.adoption, name="adoption"),
]
public_urlpatterns = [
    path("", public.show_list, name="list"),
    re_path(r"^open-data\.(?P<form>csv|json)$", public.open_data, name="open_data"),
    path("<int:pk>/", public.show_report, name="report"),
    path("<int:pk>/file", public.download, name="file"),
]
