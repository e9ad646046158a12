"""研究經費補助的畫面 What the desk shows of the grants beside the derived pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.screens import Column, Panel, Screens
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.review.models import Round
from yankao.kernel.review.rounds import comments_of, until

from .models import KIND, Subsidy
from .process import Stage


def of_result(subsidy: Any, user: Any) -> dict[str, Any]:
    """What was announced, and the reviewers' words to the applicant."""
    return {"subsidy": subsidy, "comments": comments_of(subsidy.case.sheet)}


def shows_result(subsidy: Any, user: Any) -> bool:
    return subsidy.announced_on is not None


def first(user: Any) -> Sequence[dict[str, Any]]:
    """First-screen items (functional spec part G): the applicant's own plans and the open call; the
    commission's screenings, overdue reports and settlements."""
    who, today = standing(user), timezone.localdate()
    place = reverse("desk:list", args=[KIND])
    found: list[dict[str, Any]] = []
    if who.has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        words = {
            Stage.APPLIED: _("研究補助待形式審查"),
            Stage.SCREENED: _("研究補助待送審"),
            Stage.DELIVERED: _("研究補助待核銷"),
        }
        stages = list(Subsidy.objects.filter(case__stage__in=words).values_list("case__stage", flat=True))
        found += [
            {"label": label, "count": n, "url": f"{place}?stage={stage}"}
            for stage, label in words.items()
            if (n := stages.count(stage))
        ]
        late = Subsidy.objects.filter(case__stage=Stage.EXECUTING, case__due_at__lt=timezone.now()).count()
        if late:
            url = f"{place}?stage={Stage.EXECUTING}&due=late"
            found.append({"label": _("研究補助報告逾期"), "count": late, "url": url, "tone": "red"})
    if who.has(Role.OFFICER):
        mine = Subsidy.objects.filter(case__officer=user, case__closed_on=None).count()
        if mine:
            found.append(
                {"label": _("我的研究補助"), "count": mine, "url": f"{place}?officer={user.username}"}
            )
        for one in Round.objects.filter(kind=KIND).open_on(today)[:1]:
            label = _("%(title)s收件中（%(window)s）") % {"title": one.title, "window": until(one)}
            found.append({"label": label, "url": reverse("desk:open", args=[KIND])})
    return found


screens = Screens(
    columns=(
        "year",
        "requested",
        "applied_on",
        Column("amount", gettext_lazy("核定金額"), number=True, show=lambda sum: f"{sum:,}" if sum else ""),
    ),
    filters=("year", "outcome", "applied_on", "announced_on"),
    facts=(
        "year", "abstract", "method", "requested", "plan", "blind_copy", "declared", "applied_on",
        "returned_on",
        "screened_on", "admitted_on", "announced_on", "outcome", "amount", "score", "started_on", "report",
        "delivered_on", "spent", "settled_on", "revoked_on", "withdrawn_on",
    ),
    panels=(
        Panel(gettext_lazy("評審結果"), "subsidies/panel_result.html", of_result, shown=shows_result),
    ),
    first=first,
    words={
        "tones": {
            "draft": "", "applied": "blue", "returned": "amber", "screened": "blue", "reviewing": "violet",
            "approved": "green", "rejected": "", "executing": "blue", "delivered": "violet",
            "settled": "green",
            "revoked": "", "withdrawn": "",
        },
        "empty": gettext_lazy("還沒有研究補助申請。收件期間內由申請人新增案件並申請。"),
    },
)  # fmt: skip
