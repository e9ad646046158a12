"""英語生活環境的畫面 What the desk shows of names beside the derived pages."""

from __future__ import annotations

from typing import Any

from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.jinja import format_date
from yankao.desk.screens import Action, Panel, Screens
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import committee, public
from .models import BilingualName
from .process import Stage, process


def history(name: BilingualName, user: Any) -> dict[str, Any]:
    """Every English name the Chinese one ever had, and the aliases."""
    same = BilingualName.objects.filter(
        category=name.category, key=name.key, valid_from__isnull=False
    ).select_related("case")
    return {
        "names": [
            (
                one.english,
                format_date(one.valid_from),
                format_date(one.valid_to) if one.valid_to else _("現行"),
                one.case.number,
                reverse("desk:case", args=[one.pk]),
            )
            for one in same.order_by("-valid_from")
        ],
        "aliases": [
            (alias.name, format_date(alias.valid_from), format_date(alias.valid_to))
            for alias in name.aliases.order_by("-valid_from")
        ],
    }


def first(user: Any) -> list[dict[str, Any]]:
    """First screen of the commission: proposals to review, names to put before the city meeting and to
    notify; of an agency: proposals sent back to it.
    """
    who, place = standing(user), reverse("desk:list", args=[process.kind])
    now = timezone.now()

    def item(label: str, stage: Stage, rows: Any) -> dict[str, Any]:
        found = rows.filter(case__stage=stage)
        late = found.filter(case__due_at__lt=now).exists()
        return {
            "label": label,
            "count": found.count(),
            "url": f"{place}?stage={stage}",
            "tone": "red" if late else "",
        }

    everything = BilingualName.objects.all()
    if who.has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        return [
            item(_("譯名提案待審查"), Stage.PROPOSED, everything),
            item(_("譯名待提市政會議"), Stage.REVIEWED, everything),
            item(_("核定譯名待函知"), Stage.APPROVED, everything),
        ]
    mine = everything.filter(case__agency_id__in=who.agencies(Role.OFFICER, Role.CONTROLLER))
    if mine.filter(case__stage=Stage.RETURNED).exists():
        return [item(_("譯名提案待補正"), Stage.RETURNED, mine)]
    return []


screens = Screens(
    columns=("english", "category", "approved_on", "valid_from", "valid_to"),
    filters=("category", "way", "approved_on", "zh"),
    facts=(
        "zh",
        "english",
        "category",
        "way",
        "basis",
        "replaces",
        "reviewed_on",
        "review",
        "meeting_on",
        "approved_on",
        "letter",
        "valid_from",
        "valid_to",
        "notified_on",
        "notice_letter",
        "rejected_on",
    ),
    panels=(
        Panel(
            gettext_lazy("歷次英文名稱"),
            "english/panel_history.html",
            history,
            shown=lambda name, user: name.approved_on is not None,
        ),
    ),
    actions=(
        Action(gettext_lazy("推動委員會"), "english:committee"),
        Action(gettext_lazy("公開名冊"), "english_public:list"),
    ),
    public=(
        Action(gettext_lazy("英語譯名"), "english_public:list"),
        Action(gettext_lazy("地址英譯"), "english_public:address"),
    ),
    first=first,
    words={
        "tones": {
            "proposed": "amber",
            "returned": "amber",
            "reviewed": "blue",
            "city_meeting": "violet",
            "approved": "green",
            "notified": "green",
            "superseded": "",
            "rejected": "",
        },
        "empty": gettext_lazy("還沒有譯名提案。各機關可以提案，既有核定譯名由研考會匯入。"),
    },
)

urlpatterns = [
    path("committee/", committee.committee, name="committee"),
    path("committee/member/", committee.add_member, name="add_member"),
    path("committee/member/<int:pk>/leave/", committee.leave, name="leave"),
    path("committee/meeting/", committee.add_meeting, name="add_meeting"),
    path("committee/meeting/<int:pk>/", committee.meeting, name="meeting"),
    path("committee/meeting/<int:pk>/resolution/", committee.add_resolution, name="add_resolution"),
    path("committee/resolution/<int:pk>/done", committee.done, name="done"),
]
public_urlpatterns = [path("address/", public.address, name="address"), *public.NAMES.urls()]
