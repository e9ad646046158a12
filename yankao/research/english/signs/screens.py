"""標示通報的畫面 What the desk shows of reports of wrong signs beside the derived pages."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.screens import Action, Panel, Screens
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.register import english

from .models import SignReport
from .process import Stage, process
from .public import public_urlpatterns as public_urlpatterns


def words(report: SignReport, user: Any) -> dict[str, Any]:
    """What the register of names says to the words on the sign: names in force that one of the texts has."""
    said = f"{report.place} {report.wording} {report.suggestion}"
    key, folded = english.key_of(said), said.casefold()
    found = [
        (zh, text)
        for (_category, zh), text in english.approved().items()
        if (len(zh) > 1 and zh in key) or (len(text) > 3 and text.casefold() in folded)
    ]
    return {"names": sorted(found, key=lambda pair: -len(pair[0]))[:8]}


def first(user: Any) -> list[dict[str, Any]]:
    """First screen: reports to check and to confirm for the commission, signs to mend for an agency."""
    who, place, now = standing(user), reverse("desk:list", args=[process.kind]), timezone.now()

    def item(label: str, stage: Stage, where: Q) -> dict[str, Any]:
        rows = SignReport.objects.filter(where, case__stage=stage)
        late = rows.filter(case__due_at__lt=now).exists()
        return {
            "label": label,
            "count": rows.count(),
            "url": f"{place}?stage={stage}",
            "tone": "red" if late else "",
        }

    if who.has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        return [
            item(_("標示通報待查證"), Stage.REPORTED, Q()),
            item(_("標示改善待確認"), Stage.FIXED, Q()),
        ]
    mine = who.agencies(Role.OFFICER, Role.CONTROLLER, Role.MANAGER)
    if mine and SignReport.objects.filter(keeper_id__in=mine, case__stage=Stage.ASSIGNED).exists():
        return [item(_("雙語標示待改善"), Stage.ASSIGNED, Q(keeper_id__in=mine))]
    return []


screens = Screens(
    columns=("fault", "wording", "keeper", "assigned_on", "fixed_on"),
    filters=("fault", "keeper", "assigned_on", "fixed_on"),
    facts=(
        "place",
        "fault",
        "wording",
        "suggestion",
        "details",
        "checked_on",
        "approved_name",
        "keeper",
        "assigned_on",
        "fixed_on",
        "answer",
        "dismissed_on",
    ),
    panels=(Panel(gettext_lazy("名冊怎麼寫"), "signs/panel_names.html", words),),
    public=(Action(gettext_lazy("通報雙語標示錯誤"), "signs_public:report"),),
    first=first,
    words={
        "tones": {
            "reported": "amber",
            "assigned": "blue",
            "fixed": "violet",
            "closed": "green",
            "dismissed": "",
        },
        "empty": gettext_lazy("還沒有標示通報。民眾由公開表單通報，不必登入。"),
    },
)
