"""列管計畫的文書 Lag notice and monthly bulletin (L06), notice of the steering meeting (L04)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Label
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.standing import standing

from . import rules
from .models import LagCause, Light, Month, Programme, Project, SteeringMeeting, month_text
from .process import REPORTING, process


def latest(project: Project) -> Month | None:
    """The last month that was submitted."""
    return project.months.filter(submitted_at__isnull=False).order_by("-month").first()


def not_behind(project: Project) -> str:
    """The lag notice is for items whose last report is behind or short of use."""
    month = latest(project)
    if month is None:
        return _("還沒有已提報的月報。")
    return "" if month.is_behind else _("最近一次月報沒有落後。")


def behind(user: Any) -> QuerySet[Project]:
    """Items with a yellow or red light, of those this person may know of."""
    late = Project.objects.filter(
        process.sees.records(user), case__stage__in=REPORTING, light__in=(Light.RED, Light.YELLOW)
    )
    return late.select_related("case__agency", "programme").order_by("case__agency_id", "pk")


def points(value: Any) -> str:
    return "" if value is None else f"{value:.2f}"


@letter(
    "control.programme.lag",
    gettext_lazy("進度落後改善函"),
    Kind.LETTER,
    Project,
    by=duties.commission,
    unless=not_behind,
    among=behind,
    hint=gettext_lazy("月報落後或支用率不足者，函請主辦機關改善。"),
)
def lag(project: Project, *, until: Annotated[date, Label(gettext_lazy("函復期限"))]) -> Content:
    month = latest(project)
    assert month
    return Content(
        to=[project.case.agency],
        say={
            "project": project,
            "month": month,
            "name": month_text(month.month),
            "lag": points(month.lag_now),
            "use": points(month.use_rate_now),
            "limit": f"{rules.LAG_LIMIT.at(month.month):f}",
            "floor": f"{rules.USE_FLOOR.at(month.month):f}",
            "basis": rules.LAG_LIMIT.row(month.month).basis,
            "cause": str(LagCause(month.cause).label) if month.cause else "",
            "until": until,
        },
    )


def programmes(user: Any) -> QuerySet[Programme]:
    """The programmes that run today, for the commission."""
    today = timezone.localdate()
    rows = Programme.objects.filter(starts_on__lte=today, ends_on__gte=today).order_by("pk")
    return rows if standing(user).has(*RDEC) else rows.none()


@letter(
    "control.programme.bulletin",
    gettext_lazy("列管計畫管制月報"),
    Kind.TABLE,
    Programme,
    by=duties.commission,
    among=programmes,
    hint=gettext_lazy("各方案一份：燈號統計與落後計畫。"),
)
def bulletin(
    programme: Programme, *, month: Annotated[date, Label(gettext_lazy("月份（該月任一日）"))]
) -> Content:
    first = month.replace(day=1)
    items = Project.objects.filter(programme=programme)
    rows = list(
        Month.objects.filter(project__in=items, month=first, submitted_at__isnull=False)
        .select_related("project__case__agency")
        .order_by("project__case__agency_id", "project_id")
    )
    late = [one for one in rows if one.is_behind]
    lights = {light: sum(1 for one in rows if one.light == light) for light in Light}
    columns = (
        Column(_("案號"), 1.2),
        Column(_("計畫名稱"), 3),
        Column(_("主辦機關"), 2),
        Column(_("預定進度"), 1, "number"),
        Column(_("實際進度"), 1, "number"),
        Column(_("落後"), 0.8, "number"),
        Column(_("支用率"), 0.9, "number"),
        Column(_("燈號"), 0.7),
        Column(_("落後原因"), 1.2),
    )
    table = Table(
        columns,
        [
            (
                one.project.case.number,
                one.project.case.title,
                one.project.case.agency.name,
                points(one.planned),
                points(one.actual),
                points(one.lag_now),
                points(one.use_rate_now),
                str(Light(one.light).label) if one.light else "",
                str(LagCause(one.cause).label) if one.cause else "",
            )
            for one in late
        ],
        caption=_("落後計畫"),
    )
    say = {
        "programme": programme,
        "name": month_text(first),
        "total": len(rows),
        "late": len(late),
        "lights": [(str(light.label), number) for light, number in lights.items()],
        "table": table,
    }
    return Content(say=say, title=f"{programme.name}{month_text(first)}")


def coming(user: Any) -> QuerySet[SteeringMeeting]:
    """Meetings that are still to be held, for the commission."""
    rows = SteeringMeeting.objects.filter(held_on__gte=timezone.localdate(), cancelled_on=None)
    return rows.order_by("held_on", "pk") if standing(user).has(*RDEC) else rows.none()


@letter(
    "control.programme.steering",
    gettext_lazy("督導會報開會通知單"),
    Kind.MEETING,
    SteeringMeeting,
    by=duties.commission,
    among=coming,
)
def steering(
    meeting: SteeringMeeting,
    *,
    at: Annotated[datetime, Label(gettext_lazy("開會時間"))],
    place: Annotated[str, Label(gettext_lazy("開會地點"))],
    chair: Annotated[str, Label(gettext_lazy("主持人"))],
) -> Content:
    items = list(meeting.agenda.select_related("project__case__agency", "owner").order_by("pk"))
    agencies = {
        agency.pk: agency
        for item in items
        if (agency := item.owner or (item.project.case.agency if item.project else None))
    }
    say = {
        "meeting": meeting,
        "at": at,
        "place": place or meeting.place,
        "chair": chair,
        "agencies": [agency.name for agency in agencies.values()],
        "items": [item.text for item in items],
    }
    return Content(to=list(agencies.values()), say=say)
