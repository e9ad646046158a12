"""列管流程 The way of an item under control, and of its monthly reports, plan changes, errata and year-end
evaluation (C1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, Accept, Among, Chosen, Label, Reason, Text
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.casework.steps import own_rows
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import Portion, lay, misfit
from yankao.kernel.people.models import Role, User
from yankao.kernel.progress.cycles import first_of, last_of, month_before
from yankao.kernel.progress.models import wanted_changes

from . import rules
from .models import (
    HUNDRED,
    AgendaItem,
    Checkpoint,
    Erratum,
    FundingLine,
    LagCause,
    Light,
    Month,
    MonthPhoto,
    PlanChange,
    PlanGrade,
    PlannedMonth,
    Programme,
    Project,
    WorkItem,
    month_text,
)


class Stage(TextChoices):
    """階段"""

    SELECTED = "selected", gettext_lazy("已選列")
    PLAN_SUBMITTED = "plan_submitted", gettext_lazy("作業計畫已提報")
    PLAN_APPROVED = "plan_approved", gettext_lazy("作業計畫已核定")
    EXECUTING = "executing", gettext_lazy("執行中")
    CHANGE_REQUESTED = "change_requested", gettext_lazy("申請計畫變更")
    CHANGED = "changed", gettext_lazy("變更後執行中")
    SUSPENDED = "suspended", gettext_lazy("暫停執行")
    COMPLETED = "completed", gettext_lazy("已完成")
    EVALUATED = "evaluated", gettext_lazy("已考核")
    CLOSED = "closed", gettext_lazy("已結案")
    WITHDRAWN = "withdrawn", gettext_lazy("已撤案")


UNDER_WAY = (Stage.EXECUTING, Stage.CHANGE_REQUESTED, Stage.CHANGED)
REPORTING = (*UNDER_WAY, Stage.SUSPENDED, Stage.COMPLETED, Stage.EVALUATED)
ONGOING = (Stage.SELECTED, Stage.PLAN_SUBMITTED, Stage.PLAN_APPROVED, *REPORTING)

owner = duties.officer | duties.agency(Role.OFFICER, Role.CONTROLLER)
checker = duties.agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD)


def month_reported(project: Any) -> date | None:
    """The month a report is about; each owed month runs a clock of its own, marked with it."""
    found: date | None = project.reported_month
    return found


MONTHLY = Deadline(
    "monthly",
    gettext_lazy("月報"),
    rules.MONTHLY_DUE,
    counted_from=month_reported,
    law=rules.GUIDE,
    remind=(3, 1),
)

process = Process(
    Project,
    kind="control.programme",
    stages=Stage,
    opens_at=Stage.SELECTED,
    number="控{roc}-{seq:04d}",
    opened_by=duties.commission,
    repeats=(MONTHLY,),
    asks=("programme", "year", "level", "source", "budget", "central_no", "longitude", "latitude"),
    amendable=(
        "year",
        "level",
        "source",
        "central_no",
        "contract_no",
        "contractor",
        "longitude",
        "latitude",
        "tendered_on",
        "awarded_on",
        "award_amount",
        "commenced_on",
        "completed_on",
        "accepted_on",
        "settled_on",
        "settled_amount",
    ),
    path=(
        Stage.SELECTED,
        Stage.PLAN_SUBMITTED,
        Stage.PLAN_APPROVED,
        Stage.EXECUTING,
        Stage.COMPLETED,
        Stage.EVALUATED,
        Stage.CLOSED,
    ),
)


# ── What the bodies read ────────────────────────────────────────────────────────────────────────────


def children[M: models.Model](project: Project, model: type[M]) -> list[M]:
    """The item's own rows of a kind."""
    return own_rows(project, model, "project")


def own(project: Project, row: Any) -> None:
    """Refuse a row of another item; read a saved one again, now that the item is locked."""
    if row.project is not project and row.project_id != project.pk:
        raise Refused(_("這一筆不屬於本計畫。"))
    if row.pk and project.pk:
        row.refresh_from_db()
        row.project = project


def some(among: Among, sentence: Any) -> Any:
    """A guard: the move is open only while there is a row to choose."""

    def guard(project: Project) -> str:
        return "" if among.rows(project, None).exists() else str(sentence)

    return guard


def months_that(**step: bool) -> models.Q:
    """The items with a month in that state, for the lists of what waits: `submitted_at__isnull=True`."""
    return models.Q(pk__in=Month.objects.filter(**step).order_by().values("project"))


def controllers(project: Any) -> Iterable[Any]:
    """機關研考 of the item's agency."""
    return _holding(project, Role.CONTROLLER)


def heads(project: Any) -> Iterable[Any]:
    """機關首長 of the item's agency."""
    return _holding(project, Role.HEAD)


def _holding(project: Any, role: Role) -> Iterable[Any]:
    return User.objects.filter(posts__agency=project.case.agency_id, posts__role=role).distinct()


def officer_of(project: Any) -> Iterable[Any]:
    return [project.case.officer]


# ── Plan ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class PlannedWork:
    """A row of the operations plan."""

    name: Annotated[str, Label(gettext_lazy("工作項目"))]
    weight: Annotated[Decimal, Label(gettext_lazy("權重（%）"))]


@dataclass
class CurvePoint:
    """A point of the planned curve."""

    month: Annotated[date, Label(gettext_lazy("月份"), help=gettext_lazy("該月任一日"))]
    planned: Annotated[Decimal, Label(gettext_lazy("預定累計進度"))]


@dataclass
class PlannedCheck:
    """A checkpoint of the plan."""

    name: Annotated[str, Label(gettext_lazy("查核點"))]
    due_on: Annotated[date, Label(gettext_lazy("預定完成日"))]
    proof: Annotated[str, Label(gettext_lazy("佐證資料"))] = ""


def plan_faults(work: list[PlannedWork], curve: list[CurvePoint]) -> dict[str, str]:
    """What is wrong with a plan: weights that do not sum to 100, a curve that falls or ends below 100."""
    faults = {}
    total = sum((row.weight for row in work), Decimal(0))
    if total != HUNDRED:
        faults["work"] = _("工作項目權重合計%(total)s%%，應為100%%。") % {"total": total}
    points = sorted(curve, key=lambda point: point.month)
    values = [point.planned for point in points]
    if not points or values != sorted(values) or values[-1] != HUNDRED:
        faults["curve"] = _("預定進度應逐月累計不減，最後一個月為100%。")
    elif len({first_of(point.month) for point in points}) != len(points):
        faults["curve"] = _("同一個月只能有一個預定進度。")
    return faults


def _lay_plan(
    project: Project,
    plan_no: int,
    work: list[PlannedWork],
    curve: list[CurvePoint],
    checks: list[PlannedCheck],
) -> None:
    if faults := plan_faults(work, curve):
        raise ValidationError(dict(faults.items()))
    of = {"project": project, "plan_no": plan_no}
    project.step.add(
        *(WorkItem(**of, position=i, name=row.name, weight=row.weight) for i, row in enumerate(work, 1)),
        *(PlannedMonth(**of, month=first_of(row.month), planned=row.planned) for row in curve),
        *(Checkpoint(**of, name=row.name, due_on=row.due_on, proof=row.proof) for row in checks),
    )


def _lay_funding(project: Project, funding: list[Portion]) -> None:
    if sentence := misfit(funding, project.budget):
        raise ValidationError({"funding": sentence})
    standing = children(project, FundingLine)
    lay(project.step, standing, funding, partial(FundingLine, project=project), _("作業計畫重新提報"))


@process.move(Stage.SELECTED, Stage.PLAN_SUBMITTED, by=owner, label=gettext_lazy("提報作業計畫"))
def submit_plan(
    project: Project,
    *,
    work: Annotated[list[PlannedWork], Label(gettext_lazy("工作項目與權重"))],
    curve: Annotated[list[CurvePoint], Label(gettext_lazy("預定進度"))],
    funding: Annotated[list[Portion], Label(gettext_lazy("經費來源"))],
    checkpoints: Annotated[list[PlannedCheck], Label(gettext_lazy("查核點"))] = [],  # noqa: B006
) -> None:
    project.plan_no += 1
    project.plan_submitted_on = project.step.today
    _lay_plan(project, project.plan_no, work, curve, checkpoints)
    _lay_funding(project, funding)


@process.move(
    Stage.PLAN_SUBMITTED,
    Stage.PLAN_APPROVED,
    by=duties.commission,
    label=gettext_lazy("核定作業計畫"),
    tells=(Tell(officer_of, gettext_lazy("{number}「{title}」作業計畫已核定。")),),
)
def approve_plan(project: Project) -> None:
    project.plan_approved_on = project.step.today


@process.move(
    Stage.PLAN_SUBMITTED,
    Stage.SELECTED,
    by=duties.commission,
    label=gettext_lazy("退回作業計畫"),
    main=False,
    tells=(Tell(officer_of, gettext_lazy("{number}「{title}」作業計畫退回，請重新提報。"), "return"),),
)
def return_plan(project: Project, *, reason: Reason) -> None:
    project.plan_submitted_on = None


@process.move(
    Stage.PLAN_APPROVED, Stage.EXECUTING, by=owner | duties.commission, label=gettext_lazy("開始執行")
)
def start(project: Project, *, started_on: date) -> None:
    project.started_on = started_on


@process.move(
    Stage.SELECTED,
    Stage.EXECUTING,
    by=duties.commission,
    label=gettext_lazy("承接他處列管案"),
    main=False,
    hint=gettext_lazy("原在其他系統列管、已在執行中的案件，直接進入執行。"),
)
def take_over(
    project: Project, *, started_on: date, origin: Annotated[str, Label(gettext_lazy("原列管系統"))]
) -> None:
    project.started_on = started_on


@process.move(
    (Stage.PLAN_APPROVED, *REPORTING),
    None,
    by=owner,
    label=gettext_lazy("登錄標案進度"),
    main=False,
    hint=gettext_lazy("登錄招標、決標、開工等日期，標案狀態隨之更新。"),
)
def record_tender(
    project: Project,
    *,
    tendered_on: date | None = None,
    awarded_on: date | None = None,
    award_amount: Decimal | None = None,
    contract_no: str = "",
    contractor: str = "",
    commenced_on: date | None = None,
) -> None:
    if awarded_on and not (tendered_on or project.tendered_on):
        raise ValidationError({"awarded_on": _("尚未登錄招標公告日，不能登錄決標。")})
    facts = {
        "tendered_on": tendered_on,
        "awarded_on": awarded_on,
        "award_amount": award_amount,
        "contract_no": contract_no,
        "contractor": contractor,
        "commenced_on": commenced_on,
    }
    for name, value in facts.items():
        if value not in (None, ""):
            setattr(project, name, value)


def unmet_checkpoints(project: Any, user: Any) -> Any:
    return project.checkpoints.filter(met_on=None, plan_no=project.plan_no)


UNMET = Among(unmet_checkpoints)


@process.move(
    REPORTING,
    None,
    by=owner,
    label=gettext_lazy("查核點完成"),
    main=False,
    unless=some(UNMET, gettext_lazy("沒有尚未完成的查核點。")),
)
def meet_checkpoint(
    project: Project,
    *,
    checkpoint: Annotated[Checkpoint, Chosen, UNMET],
    met_on: Annotated[date, Label(gettext_lazy("實際完成日"))],
    proof: Annotated[Evidence | None, Label(gettext_lazy("佐證資料"))] = None,
) -> None:
    own(project, checkpoint)
    if met_on > project.step.today:
        raise ValidationError({"met_on": _("實際完成日不可晚於今日。")})
    checkpoint.met_on = met_on
    project.step.keep(checkpoint)


def open_funding(project: Any, user: Any) -> Any:
    return project.funding.filter(until=None)


@process.move(
    ONGOING,
    None,
    by=owner | duties.commission,
    label=gettext_lazy("改列經費來源"),
    main=False,
    hint=gettext_lazy("原經費來源保留於歷史。"),
)
def switch_funding(
    project: Project,
    *,
    line: Annotated[FundingLine, Chosen, Label(gettext_lazy("原經費來源")), Among(open_funding)],
    source: Annotated[Source, Label(gettext_lazy("新經費來源"))],
    since: Annotated[date, Label(gettext_lazy("改列日"))],
    reason: Reason,
) -> None:
    own(project, line)
    if line.until is not None:
        raise Refused(_("這筆經費來源已經改列。"))
    if source == line.source:
        raise ValidationError({"source": _("新經費來源與原經費來源相同。")})
    if since < line.since:
        raise ValidationError({"since": _("改列日不可早於原經費來源的起日。")})
    line.until, line.reason = since, reason
    project.step.keep(line)
    project.step.add(
        FundingLine(
            project=project, year=line.year, source=source, amount=line.amount, since=since, reason=reason
        )
    )


# ── Monthly reports ─────────────────────────────────────────────────────────────────────────────────


def planned_at(project: Project, month: date) -> Decimal | None:
    """The plan's cumulative % at the end of a month: that of the month, or of the last one before it; 0
    before the first.
    """
    points = sorted(
        (p for p in children(project, PlannedMonth) if p.plan_no == project.plan_no), key=lambda p: p.month
    )
    if not points:
        return None
    return next((Decimal(p.planned) for p in reversed(points) if p.month <= month), Decimal(0))


def missed_days(project: Project, day: date) -> int:
    """Days the most overdue checkpoint of the plan is past."""
    checks = [c for c in children(project, Checkpoint) if c.plan_no == project.plan_no]
    return max((check.missed_on(day) for check in checks), default=0)


def take_limits(month: Month) -> None:
    """Write into the row the limits in force on the last day of its month."""
    day = last_of(month.month)
    month.lag_limit, month.use_floor = rules.LAG_LIMIT.at(day), rules.USE_FLOOR.at(day)
    month.red_lag, month.red_use = rules.RED_LAG.at(day), rules.RED_USE.at(day)
    month.red_missed = rules.RED_MISSED.at(day)
    month.variance_limit = rules.VARIANCE_LIMIT.at(day) if month.project.programme.explains_variance else None


def mark(month: date) -> str:
    return f"{month:%Y-%m}"


@process.move(UNDER_WAY, None, by=duties.commission, label=gettext_lazy("開放月報"), main=False)
def open_month(project: Project, *, month: Annotated[date, Label(gettext_lazy("月份"))]) -> None:
    """每月開放填報 Opens one month; the job of the 1st does it for every item under way."""
    first = first_of(month)
    if any(one.month == first for one in children(project, Month)):
        raise Refused(_("%s的月報已經開放。") % month_text(first))
    row = Month(
        project=project,
        month=first,
        opened_at=project.step.at,
        due_at=rules.MONTHLY.window(first).due_at,
        planned=planned_at(project, first),
    )
    take_limits(row)
    project.step.add(row)
    project.step.begin(MONTHLY, first, mark(first))


def owed_months(project: Any, user: Any) -> Any:
    return project.months.filter(submitted_at=None).order_by("month")


def month_with(
    *,
    submitted: bool = True,
    agency: bool | None = None,
    city: bool | None = None,
    locked: bool | None = False,
) -> Among:
    """Months of the item by which steps they have taken."""

    def rows(project: Any, user: Any) -> Any:
        found = project.months.filter(submitted_at__isnull=not submitted).order_by("month")
        for name, wanted in (("agency_checked_at", agency), ("city_checked_at", city), ("locked_at", locked)):
            if wanted is not None:
                found = found.filter(**{f"{name}__isnull": not wanted})
        return found

    return Among(rows)


OWED = Among(owed_months)
FOR_AGENCY = month_with(agency=False)
FOR_CITY = month_with(agency=True, city=False)
RETURNABLE = month_with(city=False)
LOCKABLE = month_with(city=True)
LOCKED = month_with(locked=True)


def behind_sentence(month: Month) -> str:
    told = []
    if month.lag_now is not None and month.lag_now >= Decimal(month.lag_limit):
        told.append(
            _("進度落後%(lag)s個百分點，達門檻%(limit)s")
            % {"lag": month.lag_now, "limit": Decimal(month.lag_limit)}
        )
    if (used := month.use_rate_now) is not None and used < Decimal(month.use_floor):
        told.append(
            _("支用率%(rate)s%%，未達%(floor)s%%") % {"rate": used, "floor": Decimal(month.use_floor)}
        )
    return "；".join(told)


def explanation_faults(month: Month) -> dict[str, str]:
    """What an explanation still lacks, by field; the same rule as the database constraint, in words."""
    if month.varies and not month.reason.strip():
        why = _("年度經費差異%(variance)s%%，超過%(limit)s%%") % {
            "variance": Decimal(month.variance),
            "limit": Decimal(month.variance_limit),
        }
        return {"reason": _("%(why)s，%(what)s。") % {"why": why, "what": _("請填說明")}}
    if not month.is_behind:
        return {}
    why = behind_sentence(month)
    words = {"cause": _("請選落後原因"), "reason": _("請填落後說明"), "measure": _("請填改善措施")}
    return {
        name: _("%(why)s，%(what)s。") % {"why": why, "what": what}
        for name, what in words.items()
        if not str(getattr(month, name) or "").strip()
    }


@process.move(
    REPORTING,
    None,
    by=owner,
    label=gettext_lazy("填報月報"),
    unless=some(OWED, gettext_lazy("目前沒有待填報的月報。")),
    hint=gettext_lazy("落後達門檻或支用率未達門檻時，須填原因、說明及改善措施。"),
    waits=months_that(submitted_at__isnull=True),
)
def submit_month(
    project: Project,
    *,
    month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), OWED],
    actual: Annotated[Decimal, Label(gettext_lazy("實際累計進度"))],
    allotted: Annotated[Decimal, Label(gettext_lazy("累計分配數"))],
    paid: Annotated[Decimal, Label(gettext_lazy("實支數"))],
    payable: Annotated[Decimal, Label(gettext_lazy("應付數"))] = Decimal(0),
    prepaid: Annotated[Decimal, Label(gettext_lazy("預付數"))] = Decimal(0),
    reserved: Annotated[Decimal, Label(gettext_lazy("保留數"))] = Decimal(0),
    surplus: Annotated[Decimal, Label(gettext_lazy("節餘數"))] = Decimal(0),
    note: Annotated[str, Label(gettext_lazy("執行情形")), LONG] = "",
    cause: Annotated[LagCause | None, Label(gettext_lazy("落後原因"))] = None,
    reason: Annotated[str, Label(gettext_lazy("落後說明")), LONG] = "",
    measure: Annotated[str, Label(gettext_lazy("改善措施")), LONG] = "",
    recover_on: Annotated[date | None, Label(gettext_lazy("預定趕上日"))] = None,
    problems: Annotated[str, Label(gettext_lazy("遭遇困難")), LONG] = "",
    help_needed: Annotated[str, Label(gettext_lazy("需協助事項")), LONG] = "",
    photos: Annotated[list[Evidence], Label(gettext_lazy("施工照片")), Accept("jpeg", "png", "webp")] = [],  # noqa: B006
) -> None:
    own(project, month)
    if month.submitted_at is not None:
        raise Refused(_("%s的月報已經送出。") % month_text(month.month))
    month.actual, month.allotted, month.paid, month.payable = actual, allotted, paid, payable
    month.prepaid, month.reserved, month.surplus, month.note = prepaid, reserved, surplus, note
    month.cause, month.reason, month.measure, month.recover_on = cause or "", reason, measure, recover_on
    month.problems, month.help_needed = problems, help_needed
    _submit(project, month)
    project.step.add(*(MonthPhoto(month=month, evidence=photo) for photo in photos))


@process.move(
    REPORTING,
    None,
    by=owner | duties.commission,
    label=gettext_lazy("暫存月報"),
    main=False,
    unless=some(OWED, gettext_lazy("目前沒有待填報的月報。")),
    hint=gettext_lazy("只保存、不送出；送出時才檢查落後說明。"),
)
def save_month(
    project: Project,
    *,
    month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), OWED],
    actual: Annotated[Decimal | None, Label(gettext_lazy("實際累計進度"))] = None,
    allotted: Annotated[Decimal | None, Label(gettext_lazy("累計分配數"))] = None,
    paid: Annotated[Decimal | None, Label(gettext_lazy("實支數"))] = None,
    payable: Annotated[Decimal | None, Label(gettext_lazy("應付數"))] = None,
    prepaid: Annotated[Decimal | None, Label(gettext_lazy("預付數"))] = None,
    reserved: Annotated[Decimal | None, Label(gettext_lazy("保留數"))] = None,
    surplus: Annotated[Decimal | None, Label(gettext_lazy("節餘數"))] = None,
    baseline: Annotated[Decimal | None, Label(gettext_lazy("年度預算"))] = None,
    forecast: Annotated[Decimal | None, Label(gettext_lazy("年度預估"))] = None,
    variance: Annotated[Decimal | None, Label(gettext_lazy("公布之經費差異（%）"))] = None,
    schedule_days: Annotated[int | None, Label(gettext_lazy("公布之時程差異（日）"))] = None,
    schedule_variance: Annotated[Decimal | None, Label(gettext_lazy("公布之時程差異（%）"))] = None,
    note: Annotated[str, Label(gettext_lazy("執行情形")), LONG] = "",
    cause: Annotated[LagCause | None, Label(gettext_lazy("落後原因"))] = None,
    reason: Annotated[str, Label(gettext_lazy("落後說明")), LONG] = "",
    measure: Annotated[str, Label(gettext_lazy("改善措施")), LONG] = "",
) -> None:
    """Keeps what is known so far; what is left empty stays as it was."""
    own(project, month)
    if month.submitted_at is not None:
        raise Refused(_("%s的月報已經送出。") % month_text(month.month))
    facts = {
        "actual": actual,
        "allotted": allotted,
        "paid": paid,
        "payable": payable,
        "prepaid": prepaid,
        "reserved": reserved,
        "surplus": surplus,
        "baseline": baseline,
        "forecast": forecast,
        "variance": variance,
        "schedule_days": schedule_days,
        "schedule_variance": schedule_variance,
        "note": note,
        "cause": cause,
        "reason": reason,
        "measure": measure,
    }
    for name, value in facts.items():
        if value not in (None, ""):
            setattr(month, name, value)
    take_limits(month)
    project.step.keep(month)


@process.move(
    REPORTING,
    None,
    by=owner | duties.commission,
    label=gettext_lazy("送出暫存月報"),
    main=False,
    unless=some(OWED, gettext_lazy("目前沒有待填報的月報。")),
)
def send_month(
    project: Project, *, month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), OWED]
) -> None:
    own(project, month)
    if month.submitted_at is not None:
        raise Refused(_("%s的月報已經送出。") % month_text(month.month))
    _submit(project, month)


def _submit(project: Project, month: Month) -> None:
    """File a month as it stands: limits, checkpoints, rule, clock, and what lists show of the item."""
    step = project.step
    take_limits(month)
    month.missed_days = missed_days(project, min(last_of(month.month), step.today))
    if faults := explanation_faults(month):
        raise ValidationError(faults)
    month.submit(step.actor, step.at)
    step.keep(month)
    step.end(MONTHLY, mark(month.month))
    _show(project, month)


def _show(project: Project, month: Month) -> None:
    """Copy the newest submitted month to the item, where lists filter by it."""
    if project.reported_month is None or month.month >= project.reported_month:
        project.reported_month, project.light = month.month, month.light_now
        project.lag, project.use_rate, project.cause = month.lag_now, month.use_rate_now, month.cause


@process.move(
    (*REPORTING, Stage.CLOSED),
    None,
    by=checker,
    label=gettext_lazy("機關審核月報"),
    unless=some(FOR_AGENCY, gettext_lazy("目前沒有待機關審核的月報。")),
    waits=months_that(submitted_at__isnull=False, agency_checked_at__isnull=True),
)
def check_month(
    project: Project, *, month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), FOR_AGENCY]
) -> None:
    own(project, month)
    if month.submitted_at is None or month.agency_checked_at is not None:
        raise Refused(_("這份月報不在待機關審核的狀態。"))
    month.check_by_agency(project.step.actor, project.step.at)
    project.step.keep(month)


@process.move(
    (*REPORTING, Stage.CLOSED),
    None,
    by=duties.commission,
    label=gettext_lazy("研考會審核月報"),
    unless=some(FOR_CITY, gettext_lazy("目前沒有待研考會審核的月報。")),
    waits=months_that(agency_checked_at__isnull=False, city_checked_at__isnull=True),
)
def confirm_month(
    project: Project, *, month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), FOR_CITY]
) -> None:
    """City check. Two red months in a row put the item on the agenda of the next steering meeting."""
    own(project, month)
    if month.agency_checked_at is None or month.city_checked_at is not None:
        raise Refused(_("這份月報不在待研考會審核的狀態。"))
    month.check_by_city(project.step.actor, project.step.at)
    project.step.keep(month)
    if month.light_now == Light.RED:
        _red(project, month)


def _red(project: Project, month: Month) -> None:
    follows = project.red_month == month_before(month.month)
    project.reds = project.reds + 1 if follows else 1
    project.red_month = month.month
    if project.reds >= rules.REDS_TO_STEERING.at(last_of(month.month)):
        words = _("%(title)s連續%(months)s個月紅燈") % {"title": project.case.title, "months": project.reds}
        project.step.add(
            AgendaItem(
                text=words[:300],
                raised_on=project.step.today,
                programme=project.programme,
                project=project,
                month=month.month,
                owner=project.case.agency,
            )
        )
        project.step.tell(
            [*officer_of(project), *heads(project)] if project.pk else [],
            gettext_lazy("{number}「{title}」連續紅燈，列入公共工程督導會報。"),
            "escalation",
        )


@process.move(
    REPORTING,
    None,
    by=checker | duties.commission,
    label=gettext_lazy("退回月報"),
    main=False,
    unless=some(RETURNABLE, gettext_lazy("目前沒有可以退回的月報。")),
    tells=(Tell(officer_of, gettext_lazy("{number}「{title}」月報退回，請修正後再送。"), "return"),),
)
def return_month(
    project: Project,
    *,
    month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), RETURNABLE],
    reason: Reason,
) -> None:
    own(project, month)
    if month.submitted_at is None or month.locked_at is not None or month.city_checked_at is not None:
        raise Refused(_("這份月報不能退回。"))
    month.hand_back()
    project.step.keep(month)
    project.step.begin(MONTHLY, month.month, mark(month.month))


@process.move(
    (*REPORTING, Stage.CLOSED),
    None,
    by=duties.commission,
    label=gettext_lazy("鎖定月報"),
    main=False,
    unless=some(LOCKABLE, gettext_lazy("目前沒有可以鎖定的月報。")),
)
def lock_month(
    project: Project, *, month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), LOCKABLE]
) -> None:
    own(project, month)
    if month.city_checked_at is None:
        raise Refused(_("研考會審核後才能鎖定月報。"))
    if month.locked_at is not None:
        raise Refused(_("這份月報已經鎖定。"))
    month.lock(project.step.at)
    project.step.keep(month)


@process.move(
    (*REPORTING, Stage.CLOSED),
    None,
    by=owner | checker,
    label=gettext_lazy("申請月報勘誤"),
    main=False,
    unless=some(LOCKED, gettext_lazy("沒有鎖定的月報需要勘誤。")),
)
def request_erratum(
    project: Project,
    *,
    month: Annotated[Month, Chosen, Label(gettext_lazy("月份")), LOCKED],
    reason: Reason,
    actual: Annotated[Decimal | None, Label(gettext_lazy("實際累計進度"))] = None,
    allotted: Annotated[Decimal | None, Label(gettext_lazy("累計分配數"))] = None,
    paid: Annotated[Decimal | None, Label(gettext_lazy("實支數"))] = None,
    payable: Annotated[Decimal | None, Label(gettext_lazy("應付數"))] = None,
    prepaid: Annotated[Decimal | None, Label(gettext_lazy("預付數"))] = None,
    reserved: Annotated[Decimal | None, Label(gettext_lazy("保留數"))] = None,
    surplus: Annotated[Decimal | None, Label(gettext_lazy("節餘數"))] = None,
    cause: Annotated[LagCause | None, Label(gettext_lazy("落後原因"))] = None,
    lag_reason: Annotated[str | None, Label(gettext_lazy("落後說明")), LONG] = None,
    measure: Annotated[str | None, Label(gettext_lazy("改善措施")), LONG] = None,
) -> None:
    own(project, month)
    if month.locked_at is None:
        raise Refused(_("只有鎖定的月報需要勘誤；未鎖定的請退回修正。"))
    if any(e.report_id == month.pk and e.decided_at is None for e in children(project, Erratum)):
        raise Refused(_("這份月報已有待核定的勘誤。"))
    changes = wanted_changes(
        month,
        actual=actual,
        allotted=allotted,
        paid=paid,
        payable=payable,
        prepaid=prepaid,
        reserved=reserved,
        surplus=surplus,
        cause=cause,
        reason=lag_reason or None,
        measure=measure or None,
    )
    if not changes:
        raise ValidationError(_("請至少填一個要更正的值。"))
    project.step.add(
        Erratum(
            project=project,
            report=month,
            changes=changes,
            reason=reason,
            requested_at=project.step.at,
            requested_by=project.step.actor,
        )
    )


def waiting_errata(project: Any, user: Any) -> Any:
    return project.errata.filter(decided_at=None).select_related("report")


ERRATA = Among(waiting_errata)
some_erratum = some(ERRATA, gettext_lazy("沒有待核定的勘誤。"))


@process.move(
    (*REPORTING, Stage.CLOSED),
    None,
    by=duties.commission,
    label=gettext_lazy("核定月報勘誤"),
    main=False,
    unless=some_erratum,
)
def approve_erratum(
    project: Project, *, erratum: Annotated[Erratum, Chosen, Label(gettext_lazy("勘誤")), ERRATA]
) -> None:
    own(project, erratum)
    if erratum.decided_at is not None:
        raise Refused(_("這項勘誤已經核定。"))
    if erratum.requested_by is not None and erratum.requested_by == project.step.actor:
        raise Refused(_("申請人不能核定自己的勘誤。"))
    report = erratum.report
    own(project, report)
    erratum.carry_out(report)
    if faults := explanation_faults(report):
        raise ValidationError(list(faults.values()))
    erratum.decide(project.step.actor, project.step.at, approved=True)
    project.step.keep(report, erratum)
    _show(project, report)


@process.move(
    (*REPORTING, Stage.CLOSED),
    None,
    by=duties.commission,
    label=gettext_lazy("不准月報勘誤"),
    main=False,
    unless=some_erratum,
)
def refuse_erratum(
    project: Project,
    *,
    erratum: Annotated[Erratum, Chosen, Label(gettext_lazy("勘誤")), ERRATA],
    reason: Reason,
) -> None:
    own(project, erratum)
    if erratum.decided_at is not None:
        raise Refused(_("這項勘誤已經核定。"))
    erratum.decide(project.step.actor, project.step.at, approved=False)
    project.step.keep(erratum)


# ── Change, suspension, withdrawal ──────────────────────────────────────────────────────────────────


def changes_left(project: Project) -> str:
    """Plan changes are limited a year, and closed in the plan's last month (D)."""
    today = timezone.localdate()
    limit = rules.CHANGES_A_YEAR.at(today)
    made = (
        PlanChange.objects.filter(project=project, requested_on__year=today.year)
        .exclude(approved=False)
        .count()
    )
    if made >= limit:
        return str(_("今年已變更計畫%(made)s次，上限為%(limit)s次。") % {"made": made, "limit": limit})
    last = PlannedMonth.objects.filter(project=project, plan_no=project.plan_no).order_by("-month").first()
    if last and first_of(today) >= last.month:
        return str(_("計畫最後一個月不得變更計畫。"))
    return ""


@process.move(
    (Stage.EXECUTING, Stage.CHANGED),
    Stage.CHANGE_REQUESTED,
    by=owner,
    label=gettext_lazy("申請計畫變更"),
    unless=changes_left,
    main=False,
)
def request_change(
    project: Project,
    *,
    reason: Annotated[str, Label(gettext_lazy("變更理由")), LONG],
    work: Annotated[list[PlannedWork], Label(gettext_lazy("工作項目與權重"))],
    curve: Annotated[list[CurvePoint], Label(gettext_lazy("預定進度"))],
    checkpoints: Annotated[list[PlannedCheck], Label(gettext_lazy("查核點"))] = [],  # noqa: B006
) -> None:
    versions = [change.plan_no for change in children(project, PlanChange)]
    number = max([project.plan_no, *versions]) + 1
    _lay_plan(project, number, work, curve, checkpoints)
    project.step.add(
        PlanChange(project=project, plan_no=number, requested_on=project.step.today, reason=reason)
    )


def waiting_changes(project: Any, user: Any) -> Any:
    return project.plan_changes.filter(decided_on=None)


@process.move(
    Stage.CHANGE_REQUESTED,
    Stage.CHANGED,
    by=duties.commission,
    label=gettext_lazy("核定計畫變更"),
    tells=(Tell(officer_of, gettext_lazy("{number}「{title}」計畫變更已核定。")),),
)
def approve_change(
    project: Project,
    *,
    change: Annotated[PlanChange, Chosen, Label(gettext_lazy("變更案")), Among(waiting_changes)],
) -> None:
    own(project, change)
    if change.decided_on is not None:
        raise Refused(_("這項變更已經核定。"))
    change.decided_on, change.approved = project.step.today, True
    project.plan_no, project.changed_on = change.plan_no, project.step.today
    project.step.keep(change)


@process.move(
    Stage.CHANGE_REQUESTED,
    (Stage.EXECUTING, Stage.CHANGED),
    by=duties.commission,
    label=gettext_lazy("不准計畫變更"),
    main=False,
    tells=(Tell(officer_of, gettext_lazy("{number}「{title}」計畫變更未獲核定。")),),
)
def refuse_change(
    project: Project,
    *,
    change: Annotated[PlanChange, Chosen, Label(gettext_lazy("變更案")), Among(waiting_changes)],
    reason: Reason,
) -> None:
    own(project, change)
    change.decided_on, change.approved = project.step.today, False
    project.step.keep(change)
    project.step.go(Stage.CHANGED if project.changed_on else Stage.EXECUTING)


@process.move(
    (Stage.EXECUTING, Stage.CHANGED),
    Stage.SUSPENDED,
    by=duties.commission,
    label=gettext_lazy("暫停執行"),
    main=False,
)
def suspend(
    project: Project, *, document: Annotated[str, Label(gettext_lazy("核定文號"))], reason: Reason
) -> None:
    project.suspended_on = project.step.today


@process.move(
    Stage.SUSPENDED, (Stage.EXECUTING, Stage.CHANGED), by=duties.commission, label=gettext_lazy("恢復執行")
)
def resume(project: Project, *, reason: Reason) -> None:
    project.suspended_on = None
    project.step.go(Stage.CHANGED if project.changed_on else Stage.EXECUTING)


@process.move(
    ONGOING, Stage.WITHDRAWN, by=duties.chief, label=gettext_lazy("核准撤案"), closes=True, main=False
)
def withdraw(
    project: Project, *, document: Annotated[str, Label(gettext_lazy("核定文號"))], reason: Reason
) -> None:
    project.withdrawn_on = project.step.today


# ── Completion, evaluation, closing ─────────────────────────────────────────────────────────────────


@process.move(UNDER_WAY, Stage.COMPLETED, by=owner, label=gettext_lazy("報告完成"), main=False)
def complete(project: Project, *, completed_on: Annotated[date, Label(gettext_lazy("完工日"))]) -> None:
    if completed_on > project.step.today:
        raise ValidationError({"completed_on": _("完工日不可晚於今日。")})
    project.completed_on = completed_on


@process.move((Stage.COMPLETED, Stage.EVALUATED), None, by=owner, label=gettext_lazy("登錄驗收"), main=False)
def accept(
    project: Project,
    *,
    accepted_on: date,
    record: Annotated[Evidence | None, Label(gettext_lazy("驗收紀錄"))] = None,
) -> None:
    project.accepted_on = accepted_on


@process.move((Stage.COMPLETED, Stage.EVALUATED), None, by=owner, label=gettext_lazy("登錄決算"), main=False)
def settle(project: Project, *, settled_on: date, settled_amount: Decimal) -> None:
    if project.accepted_on is None:
        raise Refused(_("登錄驗收後才能登錄決算。"))
    project.settled_on, project.settled_amount = settled_on, settled_amount


def _score(value: Decimal, name: str) -> Decimal:
    if not 0 <= value <= HUNDRED:
        raise ValidationError({name: _("分數應在0與100之間。")})
    return value


@process.move(Stage.COMPLETED, None, by=owner, label=gettext_lazy("年終自評"), main=False)
def self_evaluate(
    project: Project, *, self_score: Decimal, statement: Annotated[Text, Label(gettext_lazy("自評說明"))]
) -> None:
    project.self_score = _score(self_score, "self_score")


def self_evaluated(project: Project) -> str:
    return "" if project.self_score is not None else str(_("承辦人自評後才能初核。"))


@process.move(
    Stage.COMPLETED, None, by=checker, label=gettext_lazy("年終初核"), unless=self_evaluated, main=False
)
def evaluate_first(
    project: Project, *, initial_score: Decimal, opinion: Annotated[Text, Label(gettext_lazy("初核意見"))]
) -> None:
    project.initial_score = _score(initial_score, "initial_score")


def initially_evaluated(project: Project) -> str:
    return "" if project.initial_score is not None else str(_("機關初核後才能複核。"))


def grade_of(score: Decimal, day: date) -> PlanGrade:
    """優甲乙丙 by the bands in force."""
    bands = ((rules.SUPERB, PlanGrade.SUPERB), (rules.GOOD, PlanGrade.GOOD), (rules.FAIR, PlanGrade.FAIR))
    return next((grade for band, grade in bands if score >= band.at(day)), PlanGrade.POOR)


@process.move(
    Stage.COMPLETED,
    Stage.EVALUATED,
    by=duties.commission,
    label=gettext_lazy("年終複核"),
    unless=initially_evaluated,
    waits=models.Q(project__initial_score__isnull=False),
)
def review(
    project: Project, *, review_score: Decimal, opinion: Annotated[Text, Label(gettext_lazy("複核意見"))]
) -> None:
    project.review_score = _score(review_score, "review_score")
    project.grade = grade_of(review_score, project.step.today)
    project.evaluated_on = project.step.today


def months_filed(project: Project) -> str:
    """No report may be owed or wait for its check when the case ends."""
    owed = project.months.filter(city_checked_at=None).order_by("month").first()
    return str(_("%s的月報尚未審核完成。") % month_text(owed.month)) if owed else ""


def closing_rule(project: Project) -> str:
    """What the programme wants before an item is closed."""
    wanted = project.programme.closing
    if wanted == Programme.Closing.EVALUATED and project.evaluated_on is None:
        return str(_("年終考核核定後才能結案。"))
    if wanted == Programme.Closing.SETTLED:
        if project.accepted_on is None:
            return str(_("結案前須有驗收紀錄。"))
        if project.settled_on is None:
            return str(_("結案前須完成決算。"))
    return ""


CLOSABLE = (
    models.Q(project__programme__closing=Programme.Closing.EVALUATED, project__evaluated_on__isnull=False)
    | models.Q(project__programme__closing=Programme.Closing.SETTLED, project__settled_on__isnull=False)
    | models.Q(project__programme__closing=Programme.Closing.COMPLETED)
)
"""`closing_rule` for lists."""


@process.move(
    (Stage.COMPLETED, Stage.EVALUATED),
    Stage.CLOSED,
    by=duties.commission,
    label=gettext_lazy("結案"),
    closes=True,
    unless=(closing_rule, months_filed),
    waits=CLOSABLE & ~months_that(city_checked_at__isnull=True),
)
def close(project: Project, *, note: Annotated[Text, Label(gettext_lazy("結案說明"))] = "") -> None:
    project.concluded_on = project.step.today


@process.move(
    REPORTING,
    Stage.CLOSED,
    by=duties.commission,
    label=gettext_lazy("解除列管"),
    closes=True,
    unless=months_filed,
    main=False,
)
def release(project: Project, *, reason: Reason) -> None:
    """解除列管 Control by the city ends; the agency goes on by itself."""
    project.released_on = project.step.today
