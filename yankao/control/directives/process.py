"""The way of a directive, from the meeting that gave it to the one that releases it (functional spec C2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, Accept, Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.docket import Link
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.casework.steps import own_rows
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import Standing, holders, standing
from yankao.kernel.progress.models import wanted_changes
from yankao.kernel.session.actions import Settled, settled

from . import rules
from .models import (
    Class,
    Contribution,
    CoOwner,
    Directive,
    Disposition,
    DueChange,
    Erratum,
    Meeting,
    Progress,
)


class Stage(TextChoices):
    """階段"""

    RECORDED = "recorded", gettext_lazy("已錄案")
    ASSIGNED = "assigned", gettext_lazy("待受理")
    DISPUTED = "disputed", gettext_lazy("主責爭議")
    ACCEPTED = "accepted", gettext_lazy("已受理")
    IN_PROGRESS = "in_progress", gettext_lazy("辦理中")
    REPORTED = "reported", gettext_lazy("已填報")
    PROPOSED = "proposed_release", gettext_lazy("提請市政會議")
    CONTINUED = "continued", gettext_lazy("繼續列管")
    RELEASED = "released", gettext_lazy("解除列管")
    SELF_CONTROLLED = "self_controlled", gettext_lazy("自行列管")
    MERGED = "merged", gettext_lazy("已併案")


OWNED = (Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REPORTED, Stage.PROPOSED, Stage.CONTINUED)
"""An owner has taken it and reports every month."""
OPEN = (Stage.RECORDED, Stage.ASSIGNED, Stage.DISPUTED, *OWNED)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────


def _taking_part(who: Standing) -> Q:
    agencies = who.agencies()
    return _helping(agencies)


def _helping(agencies: Iterable[int]) -> Q:
    found = tuple(agencies)
    return Q(pk__in=CoOwner.objects.filter(agency_id__in=found).values("directive_id")) if found else NONE


owner = duties.agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)
co_owners = Duty(gettext_lazy("協辦機關"), _taking_part)
FILING = (Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)
helpers = Duty(gettext_lazy("協辦機關"), lambda who: _helping(who.agencies(*FILING)))
"""Who files for an agency that takes part."""
onlookers = duties.agency() | co_owners | duties.commission | duties.overseers


def owners(directive: Directive, mark: str = "") -> Iterable[Any]:
    """Who hears of a directive: its officer, else the owner's controllers."""
    case = directive.case
    if case.officer is not None and case.officer.is_active:
        return [case.officer]
    return holders(case.agency_id, Role.CONTROLLER)


def controllers(directive: Directive, mark: str = "") -> Iterable[Any]:
    """The owner's controllers, and those of the agencies that take part."""
    found = list(holders(directive.case.agency_id, Role.CONTROLLER))
    for row in co_owners_of(directive):
        found += holders(row.agency_id, Role.CONTROLLER)
    return found


def commission_controllers(directive: Directive, mark: str = "") -> Iterable[Any]:
    return holders(None, Role.RDEC_CONTROLLER)


def co_owners_of(directive: Directive) -> list[CoOwner]:
    """The agencies that take part, those of this history not yet saved included."""
    docket = getattr(directive, "docket", None)
    fresh = [row for row in (docket.added if docket else ()) if isinstance(row, CoOwner) and row.pk is None]
    kept = (
        list(CoOwner.objects.filter(directive_id=directive.pk).select_related("agency"))
        if directive.pk
        else []
    )
    return kept + fresh


# ── Deadlines ───────────────────────────────────────────────────────────────────────────────────────


def _day_before_due(directive: Directive) -> date | None:
    """The due day is the whole of that day: one day counted from the day before."""
    return directive.due_on - timedelta(days=1) if directive.due_on else None


ACCEPTING = Deadline(
    "accepting", gettext_lazy("受理裁示"), rules.ACCEPTING, "assigned_on", law=rules.CITY, remind=(1, 0),
    owed_by=controllers,
)  # fmt: skip
DISPUTE = Deadline(
    "dispute", gettext_lazy("裁決主責爭議"), rules.DISPUTE, "disputed_on", law=rules.CITY, remind=(1, 0),
    owed_by=commission_controllers,
)  # fmt: skip
DUE = Deadline(
    "due", gettext_lazy("裁示辦理期限"), rules.DUE_DAY, _day_before_due, law=rules.CITY, remind=(30, 7, 1),
    owed_by=owners,
)  # fmt: skip


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────


def recorded(directive: Directive) -> None:
    """A directive's due day runs from the meeting on."""
    if directive.due_on is not None:
        if directive.due_on < directive.directed_on:
            raise Refused(_("辦理期限不能早於裁示日。"))
        directive.step.begin(DUE, directive.due_on - timedelta(days=1))


process = Process(
    Directive,
    "control.directives",
    Stage,
    Stage.RECORDED,
    "裁{roc}-{seq:04d}",
    sees=onlookers,
    opened_by=duties.commission,
    repeats=(DUE,),
    asks=("text", "category", "meeting", "item_no", "source", "directed_on", "due_on"),
    amendable=("text", "category", "item_no", "source", "directed_on"),
    path=(
        Stage.RECORDED, Stage.ASSIGNED, Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REPORTED, Stage.PROPOSED,
        Stage.RELEASED,
    ),
    on_open=recorded,
)  # fmt: skip


# ── Assigning, accepting, disputing ─────────────────────────────────────────────────────────────────


@process.move(
    Stage.RECORDED,
    Stage.ASSIGNED,
    by=duties.commission,
    label=gettext_lazy("分派主責機關"),
    starts=(ACCEPTING,),
    tells=(Tell(controllers, gettext_lazy("{number}市政會議裁示：{title}"), "assignment"),),
)
def assign_owner(directive: Directive) -> None:
    """Send it to its owner and to those who take part."""
    directive.assigned_on = directive.step.today


@process.move(Stage.ASSIGNED, Stage.ACCEPTED, by=owner, label=gettext_lazy("受理"), stops=(ACCEPTING,))
def accept(directive: Directive) -> None:
    """The owner takes it."""
    directive.accepted_on = directive.step.today


@process.move(
    Stage.ASSIGNED,
    Stage.DISPUTED,
    by=owner,
    label=gettext_lazy("提出主責爭議"),
    stops=(ACCEPTING,),
    starts=(DISPUTE,),
    tells=(Tell(commission_controllers, gettext_lazy("{number}「{title}」主責爭議待裁決。"), "escalation"),),
    main=False,
)
def dispute(
    directive: Directive,
    *,
    reason: Reason,
    proposed_owner: Annotated[Agency | None, Label(gettext_lazy("建議主責機關"))] = None,
) -> None:
    """Say why the directive is another's; the commission decides in two working days."""
    directive.disputed_on, directive.disputed_for = directive.step.today, reason
    directive.proposed_owner = proposed_owner


@process.move(
    Stage.DISPUTED,
    Stage.ASSIGNED,
    by=duties.commission,
    label=gettext_lazy("裁決主責機關"),
    stops=(DISPUTE,),
    starts=(ACCEPTING,),
)
def decide_dispute(
    directive: Directive,
    *,
    decided_owner: Annotated[Agency, Chosen, Label(gettext_lazy("主責機關"))],
    reason: Reason,
) -> None:
    """Decide whose it is; nobody disputes a second time without new grounds."""
    step = directive.step
    directive.dispute_decided_on = directive.assigned_on = step.today
    if directive.case.agency_id != decided_owner.pk:
        directive.case.agency, directive.case.officer = decided_owner, None
    step.tell(
        holders(decided_owner.pk, Role.CONTROLLER),
        gettext_lazy("{number}市政會議裁示：{title}"),
        "assignment",
    )


@process.move(Stage.ACCEPTED, Stage.IN_PROGRESS, by=owner, label=gettext_lazy("開始辦理"))
def begin(directive: Directive, *, plan: Annotated[str, Label(gettext_lazy("辦理規劃")), LONG]) -> None:
    """Say how it will be done."""
    directive.plan = plan


# ── Every month ─────────────────────────────────────────────────────────────────────────────────────


def owed_months(directive: Any, user: Any) -> Any:
    """The months this directive still owes."""
    return Progress.objects.filter(directive=directive, submitted_at=None).order_by("month")


@process.move(
    (Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REPORTED, Stage.CONTINUED),
    Stage.IN_PROGRESS,
    by=duties.nobody,
    label=gettext_lazy("開放填報"),
    main=False,
)
def open_month(directive: Directive, *, month: date) -> None:
    """The calendar opens the report of a month that is over."""
    window = rules.MONTHLY.window(month)
    directive.step.add(
        Progress(directive=directive, month=month, opened_at=directive.step.at, due_at=window.due_at)
    )


@process.move(
    (Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REPORTED, Stage.CONTINUED),
    Stage.REPORTED,
    by=owner,
    label=gettext_lazy("填報辦理情形"),
    waits=Q(pk__in=Progress.objects.filter(submitted_at=None).values("directive_id")),
)
def report_month(
    directive: Directive,
    *,
    month: Annotated[Progress, Chosen, Label(gettext_lazy("月份")), Among(owed_months)],
    text: Annotated[str, Label(gettext_lazy("辦理情形")), LONG],
    suggested: Annotated[Disposition, Label(gettext_lazy("處理建議"))] = Disposition.CONTINUE,
    proof: Annotated[
        Evidence | None, Label(gettext_lazy("佐證資料")), Accept("pdf", "odt", "ods", "jpeg", "png")
    ] = None,
) -> None:
    """What was done in the month, and what the owner suggests to the meeting."""
    if not text.strip():
        raise Refused(_("請填辦理情形。"))
    if suggested == Disposition.RELEASE and directive.category == Class.ACTION and proof is None:
        raise Refused(_("建議解除列管的辦理類裁示，須附佐證資料。"))
    step = directive.step
    month.text, month.suggested, month.proof = text, suggested, proof
    month.submit(step.actor, step.at)
    step.keep(month)
    directive.suggested, directive.suggested_on = suggested, step.today


def months_to_add_to(directive: Any, user: Any) -> Any:
    """The months the meeting has not seen yet."""
    return Progress.objects.filter(directive=directive, locked_at=None).order_by("-month")


def own_places(directive: Any, user: Any) -> Any:
    """For which of the agencies that take part this person files."""
    found = CoOwner.objects.filter(directive=directive, agency_id__in=standing(user).agencies(*FILING))
    return found.select_related("agency").order_by("pk")


@process.move(
    (Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REPORTED, Stage.CONTINUED),
    None,
    by=helpers,
    label=gettext_lazy("填報協辦情形"),
    hint=gettext_lazy("會議看到之前可以再填，以最後一次為準；主責機關另填全案辦理情形。"),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」的協辦機關已填報協辦情形。")),),
)
def add_part(
    directive: Directive,
    *,
    place: Annotated[CoOwner, Chosen, Label(gettext_lazy("協辦機關")), Among(own_places)],
    month: Annotated[Progress, Chosen, Label(gettext_lazy("月份")), Among(months_to_add_to)],
    text: Annotated[str, Label(gettext_lazy("協辦情形")), LONG],
) -> None:
    """What an agency that takes part did in the month; it stands beside the owner's report."""
    if not text.strip():
        raise Refused(_("請填協辦情形。"))
    step = directive.step
    step.add(
        Contribution(
            month=month, agency=place.agency, text=text.strip(), filed_at=step.at, filed_by=step.actor
        )
    )


def last_filed(directive: Any, user: Any) -> Any:
    return Progress.objects.filter(
        directive=directive, submitted_at__isnull=False, city_checked_at=None, locked_at=None
    ).order_by("-month")


@process.move(
    (Stage.REPORTED, Stage.PROPOSED),
    Stage.IN_PROGRESS,
    by=duties.commission,
    label=gettext_lazy("退回補填"),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」的辦理情形退回補填。"), "return"),),
    main=False,
)
def return_report(
    directive: Directive,
    *,
    month: Annotated[Progress, Chosen, Label(gettext_lazy("月份")), Among(last_filed)],
    reason: Reason,
) -> None:
    """A report that does not say enough goes back."""
    month.hand_back()
    directive.step.keep(month)


@process.move(
    Stage.REPORTED,
    Stage.PROPOSED,
    by=duties.commission,
    label=gettext_lazy("提請市政會議"),
    hint=gettext_lazy("研考會審核後，提請解除列管或自行列管；解除由市政會議決定。"),
)
def propose(
    directive: Directive,
    *,
    suggested: Annotated[Disposition, Label(gettext_lazy("處理建議"))],
    opinion: Annotated[str, Label(gettext_lazy("研考會意見")), LONG] = "",
) -> None:
    """Put it before the meeting with the commission's own suggestion."""
    if suggested == Disposition.CONTINUE:
        raise Refused(_("繼續列管者不須提請解除，請用「繼續列管」登錄會議決定。"))
    directive.suggested, directive.suggested_on = suggested, directive.step.today
    directive.opinion = opinion


# ── The meeting decides ─────────────────────────────────────────────────────────────────────────────


def deciding_meetings(directive: Any, user: Any) -> Any:
    """The meetings held after the directive was given, the newest first."""
    return Meeting.objects.filter(held_on__gte=directive.directed_on, cancelled_on=None).order_by("-held_on")


MeetingAsked = Annotated[Meeting, Chosen, Label(gettext_lazy("市政會議")), Among(deciding_meetings)]
NoteAsked = Annotated[str, Label(gettext_lazy("會議決定")), LONG]


def _decide(directive: Directive, meeting: Meeting, note: str) -> date:
    """The day the meeting decided. A meeting still to come decides nothing."""
    if meeting.held_on > directive.step.today:
        raise Refused(_("市政會議尚未召開，不能登錄會議決定。"))
    if meeting.held_on < directive.directed_on:
        raise Refused(_("決定之會議不能早於裁示。"))
    directive.decided_in, directive.decision_note = meeting, note
    _lock(directive)
    return meeting.held_on


def _lock(directive: Directive) -> None:
    """What the meeting has seen stays as it was seen; from then on it changes by erratum alone."""
    step = directive.step
    for month in own_rows(directive, Progress, "directive"):
        if month.submitted_at is None or month.locked:
            continue
        month.check_by_agency(month.submitted_by, month.submitted_at)
        month.check_by_city(step.actor, step.at)
        month.lock(step.at)
        step.keep(month)


def _settle(directive: Directive, on: date) -> None:
    """Tell the room whose action item it was."""
    if directive.origin_key:
        settled.tell(Settled(directive.origin_key, directive.case, on, str(directive.decision_note)))


@process.move(
    Stage.PROPOSED,
    Stage.RELEASED,
    by=duties.commission,
    label=gettext_lazy("解除列管"),
    stops=(DUE,),
    closes=True,
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」經市政會議解除列管。"), "result"),),
)
def release(directive: Directive, *, meeting: MeetingAsked, note: NoteAsked = "") -> None:
    """The meeting released it."""
    directive.released_on = _decide(directive, meeting, note)
    _settle(directive, directive.released_on)


@process.move(
    Stage.PROPOSED,
    Stage.SELF_CONTROLLED,
    by=duties.commission,
    label=gettext_lazy("改為自行列管"),
    stops=(DUE,),
    closes=True,
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」改由機關自行列管。"), "result"),),
)
def leave_to_owner(directive: Directive, *, meeting: MeetingAsked, note: NoteAsked = "") -> None:
    """The meeting left it to the owner's own control."""
    directive.self_controlled_on = _decide(directive, meeting, note)
    _settle(directive, directive.self_controlled_on)


@process.move(
    (Stage.REPORTED, Stage.PROPOSED),
    Stage.CONTINUED,
    by=duties.commission,
    label=gettext_lazy("繼續列管"),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」經市政會議繼續列管。"), "result"),),
)
def keep_on(directive: Directive, *, meeting: MeetingAsked, note: NoteAsked = "") -> None:
    """The meeting keeps it under control."""
    directive.continued_on = _decide(directive, meeting, note)
    directive.suggested = ""


# ── Errata ──────────────────────────────────────────────────────────────────────────────────────────

SEEN = (*OWNED, Stage.RELEASED, Stage.SELF_CONTROLLED)


def locked_months(directive: Any, user: Any) -> Any:
    """The months the meeting has seen, without those whose erratum waits."""
    found = Progress.objects.filter(directive=directive, locked_at__isnull=False)
    return found.exclude(errata__decided_at=None, errata__isnull=False).order_by("-month")


def none_locked(directive: Directive) -> str:
    return "" if locked_months(directive, None).exists() else _("沒有鎖定的月份需要勘誤。")


@process.move(
    SEEN,
    None,
    by=owner,
    label=gettext_lazy("申請勘誤"),
    unless=none_locked,
    hint=gettext_lazy("市政會議看過的月份已鎖定，更正須經研考會核定。"),
    tells=(Tell(commission_controllers, gettext_lazy("{number}「{title}」申請勘誤。"), "assignment"),),
    main=False,
)
def ask_erratum(
    directive: Directive,
    *,
    month: Annotated[Progress, Chosen, Label(gettext_lazy("月份")), Among(locked_months)],
    text: Annotated[str, Label(gettext_lazy("更正後辦理情形")), LONG],
    reason: Reason,
) -> None:
    """Ask for another text of a month the meeting has seen, with the reason."""
    if month.locked_at is None:
        raise Refused(_("只有鎖定的月份需要勘誤；未鎖定的請退回補填。"))
    changes = wanted_changes(month, text=text.strip() or None)
    if not changes:
        raise Refused(_("請填與原來不同的辦理情形。"))
    step = directive.step
    step.add(
        Erratum(
            directive=directive, report=month, changes=changes, reason=reason, requested_at=step.at,
            requested_by=step.actor,
        )
    )  # fmt: skip


def waiting_errata(directive: Any, user: Any) -> Any:
    return Erratum.objects.filter(directive=directive, decided_at=None).select_related("report")


def no_erratum_waits(directive: Directive) -> str:
    return "" if waiting_errata(directive, None).exists() else _("沒有待核定的勘誤。")


@process.move(
    SEEN,
    None,
    by=duties.commission,
    label=gettext_lazy("核定勘誤"),
    unless=no_erratum_waits,
    tells=(Tell(owners, gettext_lazy("{number}「{title}」的勘誤已核定。"), "result"),),
    waits=Q(pk__in=Erratum.objects.filter(decided_at=None).values("directive_id")),
    main=False,
)
def decide_erratum(
    directive: Directive,
    *,
    erratum: Annotated[Erratum, Chosen, Label(gettext_lazy("勘誤")), Among(waiting_errata)],
    approved: Annotated[bool, Label(gettext_lazy("核准"))],
) -> None:
    """Carry it out or refuse it; what the meeting saw stays in the erratum."""
    step = directive.step
    if erratum.requested_by is not None and erratum.requested_by == step.actor:
        raise Refused(_("申請人不能核定自己的勘誤。"))
    if approved:
        erratum.carry_out(erratum.report)
        step.keep(erratum.report)
    erratum.decide(step.actor, step.at, approved)
    step.keep(erratum)


# ── Changes of due, merging ─────────────────────────────────────────────────────────────────────────


def change_waits(directive: Directive) -> str:
    if directive.due_changes.filter(approved=None).exists():
        return _("已有一件期限變更待核定。")
    return ""


def no_change_waits(directive: Directive) -> str:
    return "" if directive.due_changes.filter(approved=None).exists() else _("沒有待核定的期限變更。")


def open_changes(directive: Any, user: Any) -> Any:
    return DueChange.objects.filter(directive=directive, approved=None)


@process.move(
    OWNED,
    None,
    by=owner,
    label=gettext_lazy("申請變更期限"),
    unless=change_waits,
    tells=(Tell(commission_controllers, gettext_lazy("{number}「{title}」申請變更期限。"), "assignment"),),
    main=False,
)
def ask_due(
    directive: Directive, *, wanted: Annotated[date, Label(gettext_lazy("申請期限"))], reason: Reason
) -> None:
    """Ask for another due day, with the reason."""
    step = directive.step
    if wanted <= step.today:
        raise Refused(_("申請期限須晚於今天。"))
    if not reason.strip():
        raise Refused(_("變更期限須說明理由。"))
    step.add(
        DueChange(
            directive=directive, before=directive.due_on, wanted=wanted, reason=reason, asked_on=step.today,
            asked_by=step.actor,
        )
    )  # fmt: skip


@process.move(
    OWNED,
    None,
    by=duties.commission,
    label=gettext_lazy("核定期限變更"),
    unless=no_change_waits,
    tells=(Tell(owners, gettext_lazy("{number}「{title}」的期限變更已核定。"), "result"),),
    waits=Q(pk__in=DueChange.objects.filter(approved=None).values("directive_id")),
)
def decide_due(
    directive: Directive,
    *,
    change: Annotated[DueChange, Chosen, Label(gettext_lazy("期限變更")), Among(open_changes)],
    approved: Annotated[bool, Label(gettext_lazy("核准"))],
    note: Annotated[str, Label(gettext_lazy("核定說明")), LONG] = "",
) -> None:
    """Approve or refuse it; the clock follows an approval."""
    step = directive.step
    change.approved, change.note, change.decided_on = approved, note, step.today
    step.keep(change)
    if approved:
        directive.due_on, directive.due_said = change.wanted, ""
        step.begin(DUE, change.wanted - timedelta(days=1))


def mergeable(directive: Any, user: Any) -> Any:
    return (
        Directive.objects.filter(case__closed_on=None)
        .exclude(pk=directive.pk)
        .select_related("case")
        .order_by("-directed_on", "-pk")
    )


@process.move(
    (Stage.RECORDED, Stage.ASSIGNED, Stage.ACCEPTED),
    Stage.MERGED,
    by=duties.commission,
    label=gettext_lazy("併入另案"),
    closes=True,
    main=False,
)
def merge(
    directive: Directive,
    *,
    into: Annotated[Directive, Chosen, Label(gettext_lazy("併入")), Among(mergeable)],
    reason: Reason,
) -> None:
    """The same directive given twice is followed once."""
    directive.merged_into, directive.merged_on = into, directive.step.today
    directive.step.link(into.case, Link.Kind.SEE_ALSO)
    _settle(directive, directive.merged_on)
