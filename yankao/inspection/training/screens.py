"""訓練班的畫面 What the desk shows of trainings beside the derived pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.jinja import english, format_date
from yankao.desk.screens import Action, Column, Filter, Panel, Screens
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.people.standing import standing
from yankao.kernel.session.opinions import summary
from yankao.kernel.session.roll import hours

from . import pages
from .imports import keeps
from .models import ROLL, Course, Seat, Training
from .pages import doors, keeps_roll
from .process import Stage, organiser, process


def _name(agency: Any) -> str:
    if agency is None:
        return _("（非市府機關）")
    return str(agency.name_en or agency.name if english() else agency.name)


def sittings(training: Training, user: Any) -> dict[str, Any]:
    """The days with how many came; rolls and codes for who keeps them."""
    keeper = keeps_roll(user, training)
    rows = [
        {
            "day": format_date(one.held_on, True),
            "time": f"{one.starts_at:%H:%M}–{one.ends_at:%H:%M}",
            "place": one.place,
            "came": one.came,
            "state": _state(one),
            "roll": doors.inside_address("roll", one.pk) if keeper else "",
        }
        for one in training.sittings.annotate(came=Count("presences")).order_by("held_on", "starts_at")
    ]
    return {
        "rows": rows,
        "calendar": reverse("training:calendar", args=[training.pk]) if rows else "",
        "certificates": _certificates(training, user),
        "roster": reverse("training:roster", args=[training.pk, "ods"]) if keeper else "",
    }


def _certificates(training: Training, user: Any) -> str:
    """The page of certificates, once the training was held and gives any."""
    gives = training.held_on and training.course.certified and keeps(user)
    place = reverse("desk:room_letter", args=[process.kind, "certificate"])
    return f"{place}?of={training.pk}" if gives else ""


def _state(sitting: Any) -> str:
    if sitting.cancelled_on:
        return _("已取消")
    return _("已結算") if sitting.closed_at else ""


def roster(training: Training, user: Any) -> dict[str, Any]:
    """Names for the organiser; an agency's own for who nominates there; for others counts by agency."""
    seats = ROLL.seats_of(training).select_related("agency").order_by("agency__code", "pk")
    keeper = keeps_roll(user, training)
    own = standing(user).agencies()
    shown = [seat for seat in seats if keeper or seat.agency_id in own]
    minutes, shares = training.minutes, training.shares
    places = dict(training.quotas.values_list("agency", "places"))
    counts: dict[Any, int] = {}
    names: dict[Any, str] = {}
    for quota in training.quotas.select_related("agency").order_by("agency__code"):
        counts[quota.agency_id], names[quota.agency_id] = 0, _name(quota.agency)
    for seat in seats:
        counts[seat.agency_id] = counts.get(seat.agency_id, 0) + 1
        names.setdefault(seat.agency_id, _name(seat.agency))
    return {
        "people": [
            (
                seat.name,
                _name(seat.agency),
                _("現場報名") if seat.walk_in else "",
                f"{hours(minutes[seat.pk])}" if seat.pk in minutes else "",
                f"{shares[seat.pk]}%" if seat.pk in shares else "",
                "" if seat.score is None else f"{seat.score.normalize():f}",
            )
            for seat in shown
        ],
        "agencies": [(names[pk], str(places.get(pk, "")), str(n)) for pk, n in counts.items()],
        "whole": keeper,
    }


def opinions(training: Training, user: Any) -> dict[str, Any]:
    """The response rate beside the scores."""
    told = summary(ROLL, training)
    return {
        "told": told,
        "rows": [(str(label), str(mean)) for label, mean in told.means],
    }


def courses(_user: Any) -> list[tuple[str, str]]:
    return [(one.code, str(one)) for one in Course.objects.all()]


def first_screen(user: Any) -> list[dict[str, Any]]:
    """First screens (part G): names to send, places to fill, sittings of the day, trainings to file."""
    today = timezone.localdate()
    seen = Case.objects.filter(visible(user), kind=process.kind, closed_on=None)
    mine = standing(user)
    open_ones = Training.objects.filter(case__in=seen)
    listed = reverse("desk:list", args=[process.kind])
    found = []
    asked = open_ones.filter(
        case__stage=Stage.NOMINATING, nominate_by__gte=today, quotas__agency_id__in=mine.agencies()
    )
    if n := asked.distinct().count():
        found.append(
            {"label": _("待薦送學員的訓練"), "count": n, "url": f"{listed}?stage=nominating", "tone": "amber"}
        )
    kept = Case.objects.filter(organiser.cases(user), kind=process.kind, closed_on=None)
    if organiser.cases(user) == Q() or kept.exists():
        own = open_ones.filter(case__in=kept)
        now = own.filter(sittings__held_on=today, sittings__cancelled_on=None).distinct().count()
        over = own.filter(case__stage=Stage.INVITED, ends_on__lt=today).count()
        ended = own.filter(case__stage=Stage.NOMINATING, nominate_by__lt=today).count()
        week = (today + timedelta(days=1), today + timedelta(days=7))
        soon = own.filter(case__stage=Stage.INVITED, starts_on__range=week).count()
        file = own.filter(case__stage=Stage.HELD).count()
        found += [
            {
                "label": _("薦送截止待通知的訓練"),
                "count": ended,
                "url": f"{listed}?stage=nominating",
                "tone": "amber",
            },
            {"label": _("七日內開課的訓練"), "count": soon, "url": f"{listed}?stage=invited", "tone": ""},
            {"label": _("已辦理待結案的訓練"), "count": file, "url": f"{listed}?stage=held", "tone": ""},
            {"label": _("今日訓練"), "count": now, "url": f"{listed}?stage=invited", "tone": ""},
            {
                "label": _("待登錄辦理完成的訓練"),
                "count": over,
                "url": f"{listed}?stage=invited",
                "tone": "amber",
            },
        ]
    return found


def scheduled(one: Training, _user: Any) -> bool:
    return bool(one.starts_on)


def asked_for(one: Training, _user: Any) -> bool:
    return bool(one.places_told_on)


def over(one: Training, _user: Any) -> bool:
    return bool(one.held_on)


screens = Screens(
    columns=(
        Column("course__name", gettext_lazy("課程")),
        "starts_on",
        "ends_on",
        Column("partner", gettext_lazy("合辦單位")),
    ),
    filters=(Filter("course", "course__code", gettext_lazy("課程"), courses), "starts_on"),
    facts=(
        "course", "partner", "lecturer", "summary", "starts_on", "ends_on", "nominate_by", "places_told_on",
        "invited_on", "held_on", "lessons", "cancelled_on", "cancelled_for",
    ),
    panels=(
        Panel(gettext_lazy("場次"), "training/sittings.html", sittings, scheduled),
        Panel(
            gettext_lazy("學員"), "training/roster.html", roster, asked_for
        ),
        Panel(gettext_lazy("滿意度"), "training/opinions.html", opinions, over),
    ),
    actions=(
        Action(gettext_lazy("課程與需求"), "training:needs"),
    ),
    first=first_screen,
    words={
        "tones": {Stage.CANCELLED: "", Stage.HELD: "amber", Stage.CLOSED: "green"},
        "empty": gettext_lazy("由研考會或查核小組執行秘書開立訓練班。"),
    },
)  # fmt: skip

urlpatterns = [
    path("needs/", pages.needs_page, name="needs"),
    path("<int:pk>/calendar.ics", pages.calendar, name="calendar"),
    path("<int:pk>/roster.<slug:form>", pages.roster_file, name="roster"),
    *doors.inside_pages(),
]
public_urlpatterns = doors.public_pages()

__all__ = ["Seat", "screens"]
