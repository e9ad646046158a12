"""列管計畫的畫面 What the desk shows of items under control beside the derived pages."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk import charts
from yankao.desk.jinja import format_date, format_money, format_number
from yankao.desk.parts import Tag
from yankao.desk.screens import Action, Column, Filter, Panel, Screens
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import boards, handover, monthly  # noqa: F401  (here the house learns what this room hears and does)
from .models import Light, Month, Programme, Project, month_text
from .process import Stage

TONES = {Light.GREEN: "green", Light.YELLOW: "amber", Light.RED: "red"}


def percent(value: Any) -> str:
    """12.5%, or nothing."""
    return "" if value is None else f"{format_number(value)}%"


def points(value: Any) -> str:
    """Percentage points, or nothing."""
    return "" if value is None else format_number(value)


def light_words(value: str) -> str:
    return str(Light(value).label) if value else ""


def light_tag(value: str) -> Tag | None:
    return Tag(light_words(value), TONES[Light(value)]) if value else None


def month_words(value: Any) -> str:
    return month_text(value) if value else ""


def programmes(_user: Any) -> list[tuple[str, str]]:
    return list(Programme.objects.values_list("code", "name"))


# ── Panels of the case page ─────────────────────────────────────────────────────────────────────────


def progress(project: Project, user: Any) -> dict[str, Any]:
    """S-curve and the monthly table; for a programme kept elsewhere published and computed variances."""
    months = list(project.months.select_related("submitted_by").order_by("month"))
    for month in months:
        month.project = project
    planned = {p.month: p.planned for p in project.planned_months.filter(plan_no=project.plan_no)}
    actual = {m.month: m.actual for m in months if m.submitted_at}
    steps = sorted({*planned, *actual})
    curve = ""
    if planned and steps:
        level: Any = 0
        plan: list[Any] = []
        for step in steps:
            level = planned.get(step, level)
            plan.append(level)
        last = max(actual, default=None)
        sentence = (
            _("截至%(month)s，預定%(planned)s%%，實際%(actual)s%%")
            % {
                "month": month_text(last),
                "planned": _at(steps, plan, last),
                "actual": format_number(actual[last] or 0),
            }
            if last
            else _("預定進度，尚未填報")
        )
        names = [f"{step.year - 1911}/{step.month}" for step in steps]
        curve = charts.s_curve(
            names, plan, [actual.get(step) for step in steps], sentence=sentence, lag=_limit(months)
        )
    return {
        "curve": curve,
        "months": [_row(month) for month in reversed(months)],
        "published": [
            _published(month)
            for month in months
            if month.variance is not None or month.schedule_days is not None
        ],
    }


def _at(steps: list[Any], plan: list[Any], month: Any) -> str:
    return format_number(plan[steps.index(month)])


def _limit(months: list[Month]) -> Any:
    return months[-1].lag_limit if months else 5


def _row(month: Month) -> dict[str, Any]:
    return {
        "month": month_text(month.month),
        "state": month.state_label,
        "late": month.late,
        "planned": percent(month.planned),
        "actual": percent(month.actual),
        "lag": points(month.lag),
        "use_rate": percent(month.use_rate),
        "light": light_tag(month.light),
        "paid": format_money(month.paid) if month.submitted_at else "",
        "allotted": format_money(month.allotted) if month.submitted_at else "",
        "cause": str(month.get_cause_display()),
        "reason": month.reason,
        "measure": month.measure,
        "recover": format_date(month.recover_on) if month.recover_on else "",
        "help": month.help_needed,
    }


def _published(month: Month) -> dict[str, str]:
    days, computed = month.schedule_days, month.computed_schedule_days
    return {
        "month": month_text(month.month),
        "published": percent(month.variance),
        "computed": percent(month.computed_variance),
        "days": "" if days is None else str(days),
        "computed_days": "" if computed is None else str(computed),
    }


def plan(project: Project, user: Any) -> dict[str, Any]:
    """Work items with weights, checkpoints and plan changes."""
    return {
        "work": [(w.name, percent(w.weight)) for w in project.work_items.filter(plan_no=project.plan_no)],
        "checks": [
            (c.name, format_date(c.due_on), format_date(c.met_on) if c.met_on else "", c.proof)
            for c in project.checkpoints.filter(plan_no=project.plan_no)
        ],
        "changes": [
            (
                format_date(c.requested_on),
                c.reason,
                {True: _("核准"), False: _("不准"), None: _("待核定")}[c.approved],
            )
            for c in project.plan_changes.order_by("pk")
        ],
        "errata": [
            (
                month_text(e.report.month),
                "、".join(e.changes),
                e.reason,
                {True: _("核准"), False: _("不准"), None: _("待核定")}[e.approved],
            )
            for e in project.errata.select_related("report").order_by("pk")
        ],
    }


def money(project: Project, user: Any) -> dict[str, Any]:
    """The funding split in force, its history, and the tender's state."""
    lines = list(project.funding.order_by("pk"))
    now = [line for line in lines if line.until is None]
    shares = [(str(line.get_source_display()), line.amount) for line in now]
    return {
        "status": str(project.tender_status.label),
        "chart": charts.stacked_share(shares, sentence=_("經費來源")) if len(shares) > 1 else "",
        "lines": [
            (
                str(line.year),
                str(line.get_source_display()),
                format_money(line.amount),
                format_date(line.since),
                format_date(line.until) if line.until else "",
                line.reason,
            )
            for line in lines
        ],
    }


def agenda(project: Project, user: Any) -> dict[str, Any]:
    """What of this item was or will be before the steering meeting."""
    return {
        "items": [
            (item.text, format_date(item.raised_on), str(item.session or _("待下次會議")), item.resolution)
            for item in project.agenda.select_related("session").order_by("-pk")
        ]
    }


def owes(user: Any) -> bool:
    """Whether the person may have months to fill in."""
    return standing(user).has(Role.OFFICER, Role.CONTROLLER)


def of_commission(user: Any) -> bool:
    return standing(user).has(*RDEC)


screens = Screens(
    columns=(
        Column("programme__name", gettext_lazy("列管方案")),
        Column("light", gettext_lazy("燈號"), show=light_words),
        Column("lag", gettext_lazy("落後"), show=points, number=True),
        Column("use_rate", gettext_lazy("支用率"), show=percent, number=True),
        Column(
            "cause",
            gettext_lazy("落後原因"),
            show=lambda value: dict(Month._meta.get_field("cause").flatchoices).get(value, ""),
        ),
        Column("reported_month", gettext_lazy("最近填報"), show=month_words),
    ),
    filters=(
        Filter("programme", "programme__code", gettext_lazy("列管方案"), programmes),
        "light",
        "cause",
        "level",
        "completed_on",
    ),
    facts=(
        "programme",
        "year",
        "level",
        "source",
        "central_no",
        "budget",
        "award_amount",
        "contract_no",
        "contractor",
        "light",
        "lag",
        "use_rate",
        "cause",
        "published_rating",
        "published_from",
        "planned_to",
        "expected_to",
        "plan_approved_on",
        "started_on",
        "tendered_on",
        "awarded_on",
        "commenced_on",
        "completed_on",
        "accepted_on",
        "settled_on",
        "settled_amount",
        "self_score",
        "initial_score",
        "review_score",
        "grade",
        "released_on",
        "concluded_on",
        "withdrawn_on",
    ),
    panels=(
        Panel(gettext_lazy("進度"), "programme/progress.html", progress),
        Panel(gettext_lazy("作業計畫"), "programme/plan.html", plan, lambda record, user: record.plan_no > 0),
        Panel(gettext_lazy("經費與標案"), "programme/money.html", money),
        Panel(
            gettext_lazy("督導會報"), "programme/agenda.html", agenda, lambda record, user: record.reds > 1
        ),
    ),
    actions=(
        Action(gettext_lazy("月報填報情形"), "programme:filing"),
        Action(gettext_lazy("落後原因統計"), "programme:lagging"),
        Action(gettext_lazy("經費來源統計"), "programme:funding"),
        Action(gettext_lazy("督導會報"), "programme:steering"),
        Action(gettext_lazy("整批填報月報"), "programme:entry", owes),
    ),
    first=boards.first_screen,
    city=boards.city,
    words={
        "tones": {Stage.SUSPENDED: "amber", Stage.CHANGE_REQUESTED: "violet", Stage.WITHDRAWN: ""},
        "empty": gettext_lazy("由研考會選列，或以檔案匯入列管計畫。"),
    },
)

urlpatterns = [
    path("filing/", boards.filing, name="filing"),
    path("filed/", boards.filed, name="filed"),
    path("lagging/", boards.lagging, name="lagging"),
    path("funding/", boards.funding, name="funding"),
    path("steering/", boards.steer, name="steering"),
    path("entry/", boards.entry, name="entry"),
]
