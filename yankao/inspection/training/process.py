"""The way of a training, from its plan to the filed result (functional spec Q3, D17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, PERSONAL, Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import Standing, holders, standing
from yankao.kernel.roc import RocError, date_text, plain
from yankao.kernel.session.roll import name_key, over_quota

from . import rules
from .invitations import invite, withdraw
from .models import Course, Quota, Seat, Sitting, Training


class Stage(TextChoices):
    """階段"""

    PLANNED = "planned", gettext_lazy("規劃中")
    NOMINATING = "nominating", gettext_lazy("受理薦送")
    INVITED = "invited", gettext_lazy("已通知")
    HELD = "held", gettext_lazy("已辦理")
    CLOSED = "closed", gettext_lazy("已結案")
    CANCELLED = "cancelled", gettext_lazy("已取消")


BEFORE = (Stage.PLANNED, Stage.NOMINATING, Stage.INVITED)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────


def _with_places(who: Standing) -> Q:
    agencies = who.agencies(Role.OFFICER, Role.CONTROLLER, Role.PERSONNEL, Role.MANAGER, Role.HEAD)
    if not agencies:
        return NONE
    return Q(pk__in=Quota.objects.filter(agency_id__in=agencies).values("training_id"))


organiser = (
    duties.agency(Role.OFFICER, Role.CONTROLLER, Role.RDEC_CONTROLLER)
    | duties.commission
    | duties.role(Role.INSPECTION_SECRETARY)
)
nominators = Duty(gettext_lazy("有薦送名額的機關"), _with_places)
onlookers = organiser | duties.agency() | nominators | duties.overseers


def organisers(training: Training, mark: str = "") -> Iterable[Any]:
    """The officer in charge, else the controllers of the organising agency and the commission's."""
    case = training.case
    if case.officer is not None and case.officer.is_active:
        return [case.officer]
    return holders(case.agency_id, Role.CONTROLLER, Role.RDEC_CONTROLLER)


def controllers_with_places(training: Training) -> list[Any]:
    """Who nominates in the agencies that have places."""
    found: list[Any] = []
    for agency in {quota.agency_id for quota in quotas_of(training)}:
        found += holders(agency, Role.CONTROLLER, Role.PERSONNEL)
    return found


# ── Children, those not yet saved included ──────────────────────────────────────────────────────────


def _children(training: Training, kind: type[Any]) -> list[Any]:
    """The rows of a table that belong to the training, with those this move or history adds."""
    kept = list(kind._default_manager.filter(training_id=training.pk)) if training.pk else []
    docket = getattr(training, "docket", None)
    step = getattr(training, "step", None)
    fresh = [*(docket.added if docket else ()), *(step.added if step else ())]
    unsaved = {id(row): row for row in fresh if isinstance(row, kind) and row.pk is None}
    return kept + list(unsaved.values())


def quotas_of(training: Training) -> list[Quota]:
    return _children(training, Quota)


def seats_of(training: Training) -> list[Seat]:
    """The roster without those withdrawn."""
    return [seat for seat in _children(training, Seat) if seat.withdrawn_on is None]


def sittings_of(training: Training) -> list[Sitting]:
    """The sittings that stand."""
    return [one for one in _children(training, Sitting) if one.cancelled_on is None]


# ── Deadlines ───────────────────────────────────────────────────────────────────────────────────────

FILING = Deadline(
    "filing",
    gettext_lazy("訓練成果結案"),
    rules.FILING,
    counted_from="held_on",
    law=rules.CITY,
    remind=(7, 1),
    owed_by=organisers,
)


# ── Guards ──────────────────────────────────────────────────────────────────────────────────────────


def unscheduled(training: Training) -> str:
    if training.starts_on:
        return ""
    return _("還沒有排定場次，請先「排定場次」。")


def nobody_nominated(training: Training) -> str:
    if training.seats.filter(withdrawn_on=None).exists():
        return ""
    return _("名單上還沒有學員。")


def rolls_open(training: Training) -> str:
    """Every sitting's attendance is closed before the training counts as held."""
    still = training.sittings.filter(cancelled_on=None, closed_at=None).order_by("held_on").first()
    if still is None:
        return ""
    return _("%(day)s場次的出席尚未結算。") % {"day": date_text(still.held_on)}


# ── The process ─────────────────────────────────────────────────────────────────────────────────────

process = Process(
    Training,
    "inspection.training",
    Stage,
    Stage.PLANNED,
    "訓{roc}-{seq:04d}",
    sees=onlookers,
    opened_by=organiser,
    asks=("course", "partner", "lecturer", "summary"),
    amended_by=organiser,
    assigned_by=organiser,
    path=(Stage.PLANNED, Stage.NOMINATING, Stage.INVITED, Stage.HELD, Stage.CLOSED),
)


def _time(text: str) -> time:
    """09:00, 9:00, 0900 or 9時30分."""
    body = plain(text).replace("時", ":").replace("點", ":").replace("分", "").rstrip(":")
    body = body if ":" in body else f"{body[:-2]}:{body[-2:]}" if len(body) > 2 else f"{body}:00"
    try:
        hour, minute = body.split(":")
        return time(int(hour), int(minute))
    except (ValueError, RocError):
        raise Refused(_("看不懂時間「%(text)s」，請寫成09:00。") % {"text": text}) from None


@dataclass(frozen=True)
class SittingRow:
    """One sitting as it is typed."""

    held_on: date
    starts: Annotated[str, Label(gettext_lazy("開始"), gettext_lazy("如09:00"))]
    ends: Annotated[str, Label(gettext_lazy("結束"), gettext_lazy("如16:00"))]
    place: str
    recess: Annotated[int, Label(gettext_lazy("休息分鐘"))] = 0


@process.move(
    (Stage.PLANNED, Stage.NOMINATING),
    None,
    by=organiser,
    label=gettext_lazy("排定場次"),
    hint=gettext_lazy("重排時，原場次取消，改用新的場次。"),
)
def schedule(
    training: Training, *, sittings: Annotated[list[SittingRow], Label(gettext_lazy("場次"))]
) -> None:
    """Keep the days and hours; former sittings are cancelled."""
    if not sittings:
        raise Refused(_("至少要有一個場次。"))
    for old in sittings_of(training):
        old.cancelled_on = training.step.today
        training.step.keep(old)
    for row in sittings:
        starts, ends = _time(row.starts), _time(row.ends)
        if ends <= starts:
            raise Refused(_("結束時間須晚於開始時間。"))
        training.step.add(
            Sitting(
                training=training,
                held_on=row.held_on,
                starts_at=starts,
                ends_at=ends,
                place=row.place,
                recess=row.recess,
            )
        )
    training.starts_on = min(row.held_on for row in sittings)
    training.ends_on = max(row.held_on for row in sittings)


@dataclass(frozen=True)
class QuotaRow:
    """How many one agency may send."""

    agency: Agency
    places: int


@process.move(
    Stage.PLANNED,
    Stage.NOMINATING,
    by=organiser,
    label=gettext_lazy("分配名額"),
    unless=unscheduled,
    tells=(Tell(controllers_with_places, gettext_lazy("{number}「{title}」請薦送學員。"), "assignment"),),
)
def give_places(
    training: Training,
    *,
    nominate_by: date,
    quotas: Annotated[list[QuotaRow], Label(gettext_lazy("各機關名額"))],
) -> None:
    """Give each agency its places and ask it to nominate."""
    if training.starts_on and nominate_by > training.starts_on:
        raise Refused(_("薦送截止日不能晚於開課日。"))
    if len({row.agency.pk for row in quotas}) < len(quotas):
        raise Refused(_("同一機關只能列一次。"))
    training.nominate_by, training.places_told_on = nominate_by, training.step.today
    training.step.add(*(Quota(training=training, agency=row.agency, places=row.places) for row in quotas))


def own_quotas(training: Any, user: Any) -> Any:
    """The places this person may fill: of the agencies of the posts, every one for the organiser."""
    found = Quota.objects.filter(training=training).select_related("agency").order_by("agency__code")
    if organiser.held_by(user, training.case):
        return found
    return found.filter(agency_id__in=standing(user).agencies())


@dataclass(frozen=True)
class Nominee:
    """One person an agency sends."""

    name: Annotated[str, Label(gettext_lazy("姓名"))]
    email: Annotated[str, Label(gettext_lazy("電子郵件"), gettext_lazy("用來寄送通知"))] = ""


@process.move(
    Stage.NOMINATING,
    None,
    by=nominators | organiser,
    label=gettext_lazy("薦送學員"),
    hint=gettext_lazy("在各機關的名額內。"),
)
def nominate(
    training: Training,
    *,
    quota: Annotated[Quota, Chosen, Label(gettext_lazy("機關")), Among(own_quotas)],
    people: Annotated[list[Nominee], Label(gettext_lazy("學員")), PERSONAL],
) -> None:
    """Put people of an agency on the roster, within its places."""
    step = training.step
    if training.nominate_by and step.today > training.nominate_by:
        raise Refused(_("薦送已於%(day)s截止。") % {"day": date_text(training.nominate_by)})
    mine = [seat for seat in seats_of(training) if seat.agency_id == quota.agency_id]
    if excess := over_quota(len(mine), people, quota.places):
        raise Refused(
            _("%(agency)s的名額是%(places)s人，已超出%(excess)s人。")
            % {"agency": quota.agency, "places": quota.places, "excess": excess}
        )
    known = {(name_key(seat.name), seat.email) for seat in mine}
    for row in people:
        if not name_key(row.name):
            raise Refused(_("請填姓名。"))
        if (name_key(row.name), row.email.strip()) in known:
            raise Refused(_("名單上已有同名同信箱的學員；同名者請以電子郵件區別。"))
        known.add((name_key(row.name), row.email.strip()))
        step.add(
            Seat(
                training=training,
                name=row.name.strip(),
                email=row.email.strip(),
                agency=quota.agency,
                nominated_on=step.today,
                nominated_by=step.actor,
            )
        )


def own_seats(training: Any, user: Any) -> Any:
    """The people this person may take off the roster."""
    found = Seat.objects.filter(training=training, withdrawn_on=None, presences=None).order_by("pk")
    if organiser.held_by(user, training.case):
        return found
    return found.filter(agency_id__in=standing(user).agencies())


@process.move(
    (Stage.NOMINATING, Stage.INVITED),
    None,
    by=nominators | organiser,
    label=gettext_lazy("取消薦送"),
    main=False,
)
def take_off(
    training: Training,
    *,
    seats: Annotated[list[Seat], Label(gettext_lazy("學員")), Among(own_seats)],
    reason: Reason,
) -> None:
    """Take people off the roster; who was invited gets a cancellation."""
    for seat in seats:
        seat.withdrawn_on = training.step.today
        training.step.keep(seat)
    if training.invited_on:
        withdraw(training, seats, sittings_of(training), at=training.step.at)


@process.move(
    Stage.NOMINATING,
    Stage.INVITED,
    by=organiser,
    label=gettext_lazy("寄發通知"),
    hint=gettext_lazy("有電子郵件的學員會收到行事曆邀請，每份邀請只列本人。"),
    unless=(unscheduled, nobody_nominated),
)
def send_invitations(training: Training) -> None:
    """Invite everybody on the roster."""
    training.invited_on = training.step.today
    invite(training, seats_of(training), sittings_of(training), at=training.step.at)


def open_sittings(training: Any, user: Any) -> Any:
    return Sitting.objects.filter(training=training, cancelled_on=None, closed_at=None)


@process.move(Stage.INVITED, None, by=organiser, label=gettext_lazy("更改場次"), main=False)
def change_sitting(
    training: Training,
    *,
    sitting: Annotated[Sitting, Chosen, Label(gettext_lazy("場次")), Among(open_sittings)],
    held_on: date,
    starts: Annotated[str, Label(gettext_lazy("開始"), gettext_lazy("如09:00"))],
    ends: Annotated[str, Label(gettext_lazy("結束"), gettext_lazy("如16:00"))],
    place: str,
    reason: Reason,
) -> None:
    """Change one sitting; everybody gets the change of the same entry."""
    step = training.step
    others = [one for one in sittings_of(training) if one.pk != sitting.pk]
    sitting.held_on, sitting.starts_at, sitting.ends_at = held_on, _time(starts), _time(ends)
    if sitting.ends_at <= sitting.starts_at:
        raise Refused(_("結束時間須晚於開始時間。"))
    sitting.place, sitting.sequence = place, sitting.sequence + 1
    step.keep(sitting)
    days = [one.held_on for one in [*others, sitting]]
    training.starts_on, training.ends_on = min(days), max(days)
    invite(training, seats_of(training), [sitting], at=step.at)


@process.move(
    Stage.INVITED,
    Stage.HELD,
    by=organiser,
    label=gettext_lazy("辦理完成"),
    unless=rolls_open,
    starts=(FILING,),
)
def hold(training: Training) -> None:
    """The last sitting is over and its attendance closed."""
    training.held_on = training.step.today


@process.move(
    Stage.HELD, Stage.CLOSED, by=organiser, label=gettext_lazy("結案"), stops=(FILING,), closes=True
)
def close(training: Training, *, lessons: Annotated[str, Label(gettext_lazy("檢討")), LONG]) -> None:
    """File the training with what is to be done better."""
    training.lessons = lessons


@process.move(BEFORE, Stage.CANCELLED, by=organiser, label=gettext_lazy("取消訓練"), closes=True, main=False)
def cancel(training: Training, *, reason: Reason) -> None:
    """Call it off; everybody invited gets a cancellation."""
    step = training.step
    if training.invited_on:
        withdraw(training, seats_of(training), sittings_of(training), at=step.at)
    for sitting in sittings_of(training):
        sitting.cancelled_on = step.today
        step.keep(sitting)
    training.cancelled_on, training.cancelled_for = step.today, reason


__all__ = ["Course", "Stage", "process"]
