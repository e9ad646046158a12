"""標章的畫面 What the desk shows of businesses beside the derived pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.jinja import format_date
from yankao.desk.screens import Action, Panel, Screens
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import public
from .models import Badge
from .process import Stage, process

SOON = 90
"""Badges that end within so many days stand on the first screen."""


def coaching(badge: Badge, user: Any) -> dict[str, Any]:
    """Visits and assessments."""
    return {
        "visits": [(format_date(one.on), one.coach, one.advice) for one in badge.visits.all()],
        "assessments": [
            (
                format_date(one.on),
                str(one.signs),
                str(one.staff),
                str(one.printed),
                str(one.web),
                str(one.score),
                _("及格") if one.passed else _("未及格"),
                one.note,
            )
            for one in badge.assessments.all()
        ],
    }


def commission(user: Any) -> bool:
    return standing(user).has(*RDEC)


def first(user: Any) -> list[dict[str, Any]]:
    """First screen of the commission: badges that end soon, businesses waiting for a coach."""
    if not standing(user).has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        return []
    place, today = reverse("desk:list", args=[process.kind]), timezone.localdate()
    held = Badge.objects.filter(case__stage=Stage.CERTIFIED)
    ending = held.filter(expires_on__lte=today + timedelta(days=SOON))
    return [
        {
            "label": _("英語服務標章%(days)s日內期滿") % {"days": SOON},
            "count": ending.count(),
            "url": f"{place}?stage={Stage.CERTIFIED}&due=%3C{SOON}d",
            "tone": "red" if ending.filter(expires_on__lt=today).exists() else "",
        },
        {
            "label": _("英語服務標章待輔導業者"),
            "count": Badge.objects.filter(case__stage=Stage.APPLIED).count(),
            "url": f"{place}?stage={Stage.APPLIED}",
        },
    ]


screens = Screens(
    columns=("name_en", "sector", "visited_on", "certified_on", "expires_on"),
    filters=("sector", "route", "certified_on", "expires_on", "badge_no"),
    facts=(
        "name_en",
        "sector",
        "address",
        "tax_no",
        "route",
        "contact",
        "phone",
        "visits_made",
        "visited_on",
        "score",
        "badge_no",
        "first_certified_on",
        "certified_on",
        "expires_on",
        "lapsed_on",
        "withdrawn_on",
        "dropped_on",
    ),
    panels=(
        Panel(
            gettext_lazy("輔導與評核"),
            "badges/panel_coaching.html",
            coaching,
            shown=lambda badge, user: badge.visits.exists(),
        ),
    ),
    actions=(Action(gettext_lazy("公開名冊"), "badges_public:list"),),
    public=(Action(gettext_lazy("英語服務標章業者"), "badges_public:list"),),
    first=first,
    words={
        "tones": {
            "applied": "amber",
            "coaching": "blue",
            "passed": "violet",
            "certified": "green",
            "lapsed": "",
            "withdrawn": "red",
            "dropped": "",
        },
        "empty": gettext_lazy("還沒有業者。受理申請後由研考會立案，既有標章可以匯入。"),
    },
)

public_urlpatterns = public.BADGES.urls()
