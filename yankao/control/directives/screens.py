"""裁示事項的畫面 What the desk shows of directives beside the derived pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Min
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.jinja import format_date
from yankao.desk.screens import Action, Column, Filter, Panel, Screens
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.session.models import late_minutes

from . import monthly, pages
from .models import Class, Directive, Disposition, Erratum, Meeting, Progress
from .monthly import REPORTING
from .process import FILING, Stage, helpers, owner, process

WEEK = 7


def _day(value: Any) -> str:
    return format_date(value) if value else ""


def category_words(value: str) -> str:
    return str(Class(value).label) if value else ""


def disposition_words(value: str) -> str:
    return str(Disposition(value).label) if value else ""


def progress(directive: Directive, user: Any) -> dict[str, Any]:
    """Month by month, the newest first; who takes part; changes of due."""
    return {
        "meeting": str(directive.meeting or directive.source),
        "co_owners": [str(row.agency) for row in directive.co_owners.select_related("agency")],
        "months": [
            {
                "month": str(one),
                "text": one.text,
                "suggested": disposition_words(one.suggested),
                "filed": _day(timezone.localtime(one.submitted_at).date()) if one.submitted_at else "",
                "late": one.late,
                "locked": one.locked,
                "parts": [(str(agency), text) for agency, text in parts_of(one)],
            }
            for one in directive.months.prefetch_related("contributions__agency").order_by("-month")
        ],
        "errata": [
            (
                str(one.report),
                one.changes.get("text", ["", ""])[0],
                one.changes.get("text", ["", ""])[1],
                one.reason,
                {True: _("核准"), False: _("不准"), None: _("待核定")}[one.approved],
            )
            for one in directive.errata.select_related("report").order_by("pk")
        ],
        "changes": [
            (
                _day(one.asked_on),
                _day(one.before),
                _day(one.wanted),
                one.reason,
                {True: _("核准"), False: _("不准"), None: _("待核定")}[one.approved],
            )
            for one in directive.due_changes.order_by("pk")
        ],
    }


def parts_of(month: Progress) -> list[tuple[Any, str]]:
    """What each agency that takes part filed last for the month."""
    newest = {one.agency: one.text for one in month.contributions.all()}
    return list(newest.items())


def meetings(_user: Any) -> list[tuple[str, str]]:
    return [(str(number), title) for number, title in Meeting.objects.values_list("number", "title")[:60]]


def first_screen(user: Any) -> list[dict[str, Any]]:
    """First screens (part G): to accept, to report, late; the commission's disputes, proposals, minutes; the
    mayor's ageing.
    """
    who, today, now = standing(user), timezone.localdate(), timezone.now()
    open_ones = pages.seen(user).filter(case__closed_on=None)
    listed = reverse("desk:list", args=[process.kind])
    found: list[dict[str, Any]] = []

    def add(label: str, count: int, url: str, tone: str = "") -> None:
        found.append({"label": label, "count": count, "url": url, "tone": tone})

    owed = Progress.objects.filter(directive__in=open_ones, submitted_at=None)
    if who.has(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD):
        mine = open_ones.filter(owner.records(user))
        add(
            _("待受理裁示"),
            mine.filter(case__stage=Stage.ASSIGNED).count(),
            f"{listed}?stage=assigned",
            "amber",
        )
        add(_("待填裁示辦理情形"), owed.filter(directive__in=mine).count(), f"{listed}?stage=in_progress")
        taking = open_ones.filter(helpers.records(user), case__stage__in=REPORTING)
        unsaid = Progress.objects.filter(directive__in=taking, locked_at=None, submitted_at=None).exclude(
            contributions__agency_id__in=who.agencies(*FILING)
        )
        add(_("待填協辦情形"), unsaid.count(), f"{listed}?stage=in_progress")
    late = owed.filter(due_at__lt=now)
    if pages.of_commission(user):
        add(
            _("主責爭議待裁決"),
            open_ones.filter(case__stage=Stage.DISPUTED).count(),
            f"{listed}?stage=disputed",
            "red",
        )
        add(_("待分派裁示"), open_ones.filter(case__stage=Stage.RECORDED).count(), f"{listed}?stage=recorded")
        add(
            _("提請市政會議的裁示"),
            open_ones.filter(case__stage=Stage.PROPOSED).count(),
            f"{listed}?stage=proposed_release",
        )
        add(_("待核定裁示勘誤"), Erratum.objects.filter(decided_at=None).count(), listed, "amber")
        minutes = late_minutes(Meeting.objects.all(), today).count()
        add(_("逾期未發會議紀錄"), minutes, reverse("directives:meetings"), "red")
    elif who.has(Role.MAYOR):
        add(_("主責爭議待裁決"), open_ones.filter(case__stage=Stage.DISPUTED).count(),
            f"{listed}?stage=disputed", "red")  # fmt: skip
        add(_("提請市政會議的裁示"), open_ones.filter(case__stage=Stage.PROPOSED).count(),
            f"{listed}?stage=proposed_release")  # fmt: skip
    if found:
        add(_("逾期未填裁示"), late.count(), reverse("directives:filing"), "red")
        oldest = open_ones.aggregate(first=Min("directed_on"))["first"]
        label = _("列管中裁示，最久%s日") % (today - oldest).days if oldest else _("列管中裁示")
        add(label, open_ones.count(), reverse("directives:ageing"))
    if pages.of_commission(user) or who.has(Role.MAYOR):
        week = (today, today + timedelta(days=WEEK))
        coming = Meeting.objects.filter(cancelled_on=None, held_on__range=week).count()
        add(_("七日內市政會議"), coming, reverse("directives:meetings"))
    return found


screens = Screens(
    columns=(
        Column("category", gettext_lazy("裁示類別"), show=category_words),
        "directed_on",
        "due_on",
        Column("suggested", gettext_lazy("處理建議"), show=disposition_words),
    ),
    filters=(
        Filter("meeting", "meeting__number", gettext_lazy("市政會議"), meetings),
        "category",
        "suggested",
        "directed_on",
        "due_on",
    ),
    facts=(
        "text", "category", "meeting", "item_no", "source", "directed_on", "due_on", "due_said",
        "assigned_on", "accepted_on", "plan", "disputed_on", "disputed_for", "proposed_owner",
        "dispute_decided_on", "suggested", "suggested_on", "opinion", "decided_in", "decision_note",
        "continued_on", "released_on", "self_controlled_on", "merged_into", "merged_on",
    ),
    panels=(Panel(gettext_lazy("辦理情形"), "directives/progress.html", progress),),
    actions=(
        Action(gettext_lazy("市政會議"), "directives:meetings"),
        Action(gettext_lazy("列管時間"), "directives:ageing"),
        Action(gettext_lazy("逾期未填"), "directives:filing"),
    ),
    first=first_screen,
    words={
        "tones": {
            Stage.DISPUTED: "red", Stage.PROPOSED: "violet", Stage.RELEASED: "green",
            Stage.SELF_CONTROLLED: "green", Stage.MERGED: "",
        },
        "empty": gettext_lazy("在「市政會議」選一次會議，即可現場錄案。"),
    },
)  # fmt: skip

urlpatterns = [
    path("meetings/", pages.meetings, name="meetings"),
    path("meetings/<int:pk>/", pages.capture_page, name="capture"),
    path("filing/", pages.filing, name="filing"),
    path("ageing/", pages.ageing, name="ageing"),
]

__all__ = ["monthly", "screens", "urlpatterns"]
