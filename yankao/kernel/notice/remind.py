"""提醒階梯 Reminders of running deadlines: each step of the ladder once, to whom it concerns.

Before a deadline: on the days the deadline names (-30, -7, -1), to whoever owes the work. After it: on the
first day and every week (D9). Once it is late by more than the rules allow, the manager, the agency's
controller and the head hear of it, too (D4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy

from ..casework.clocks import Deadline
from ..casework.models import Clock
from ..casework.process import processes
from ..people.models import Role, User
from ..people.standing import holders
from ..roc import english_date, format_roc
from ..rules.values import Declared, Seed, declare
from . import send

DEFAULT = "平台預設值"
ESCALATION: tuple[tuple[Role, Declared[int]], ...] = (
    (
        Role.MANAGER,
        declare(
            "kernel.notice.tell_manager", int, gettext_lazy("逾期幾日知會主管"), Seed("7", basis=DEFAULT)
        ),
    ),
    (
        Role.CONTROLLER,
        declare(
            "kernel.notice.tell_controller",
            int,
            gettext_lazy("逾期幾日知會機關研考"),
            Seed("14", basis=DEFAULT),
        ),
    ),
    (
        Role.HEAD,
        declare(
            "kernel.notice.tell_head", int, gettext_lazy("逾期幾日知會機關首長"), Seed("30", basis=DEFAULT)
        ),
    ),
)
"""Who hears of a late case after how many days, in the order of the ladder."""

FARTHEST = timedelta(days=100)
"""No deadline reminds earlier than this."""


@dataclass(frozen=True)
class Rung:
    """One step of the ladder a clock has reached: its mark, and the role above the owner who hears of it."""

    mark: str
    role: Role | None = None


def due_day(clock: Clock) -> date:
    """The day in Taipei on which the deadline falls."""
    return timezone.localtime(clock.due_at).date()


def rungs(deadline: Deadline, clock: Clock, now: datetime) -> Iterator[Rung]:
    """The steps reached by `now`: at most one reminder, and each escalation.

    A worker that stood still does not send what it missed: only the nearest reminder is left.
    """
    today, due = timezone.localtime(now).date(), due_day(clock)
    begun = timezone.localtime(clock.started_at).date()
    if clock.due_at >= now:
        left = (due - today).days
        reached = [n for n in deadline.remind if left <= n and due - timedelta(days=n) >= begun]
        if reached:
            yield Rung(f"-{min(reached)}")
        return
    late = max((today - due).days, 0)
    if deadline.weekly_when_late or not late:
        yield Rung(f"+{late // 7}w")
    for role, after in ESCALATION:
        if late > after.at(today):
            yield Rung(f"^{role}", role)


def usual_words(days: int) -> Any:
    """The sentence of a reminder where the deadline has none of its own."""
    if days < 0:
        return gettext_lazy("{number}「{title}」的「{deadline}」已於{due}屆期，逾期{days}日。")
    return gettext_lazy("{number}「{title}」的「{deadline}」將於{due}屆期，剩{days}日。")


def words(deadline: Deadline, clock: Clock, now: datetime) -> Any:
    """The sentence, with {number} and {title} left for the sending."""
    today, due = timezone.localtime(now).date(), due_day(clock)
    days = (due - today).days
    if clock.due_at < now and days >= 0:
        days = -1
    said = deadline.words(days, today) if deadline.words else usual_words(days)
    told_due = lazy(lambda: english_date(due) if get_language() == "en" else format_roc(due, "short"), str)()
    return format_lazy(
        said, number="{number}", title="{title}", deadline=deadline.label, due=told_due, days=abs(days)
    )


def owners(deadline: Deadline, clock: Clock) -> Iterable[User]:
    """Who owes the work: those the deadline names, else the officer, else the agency's controllers."""
    case = clock.case
    if deadline.owed_by:
        record = processes[case.kind].record._default_manager.select_related("case").get(pk=case.pk)
        return deadline.owed_by(record, clock.code.partition(":")[2])
    if case.officer is not None and case.officer.is_active:
        return [case.officer]
    return holders(case.agency_id, Role.CONTROLLER)


def running(now: datetime) -> QuerySet[Clock]:
    """The clocks that may have something to say: running, not paused, due soon or late, of a room in use."""
    return (
        Clock.objects.filter(
            stopped_at=None,
            paused_at=None,
            due_at__lt=now + FARTHEST,
            case__closed_on=None,
            case__kind__in=processes,
        )
        .select_related("case__officer")
        .order_by("pk")
    )


def remind(now: datetime | None = None) -> int:
    """Send every reminder that is due and not yet sent; how many notices were written.

    Each is written once: its key names clock, deadline, step and person, so a second run adds nothing.
    """
    now = now or timezone.now()
    return sum(_remind(clock, now) for clock in running(now).iterator(chunk_size=500))


def _remind(clock: Clock, now: datetime) -> int:
    deadline = processes[clock.case.kind].deadlines.get(clock.code.partition(":")[0])
    if deadline is None:
        return 0
    made = 0
    for rung in rungs(deadline, clock, now):
        people: Iterable[Any] = (
            holders(clock.case.agency_id, rung.role) if rung.role else owners(deadline, clock)
        )
        sees = processes[clock.case.kind].sees
        knowing = [person for person in people if sees.held_by(person, clock.case)]
        with transaction.atomic():
            made += len(
                send.to(
                    knowing,
                    kind="overdue" if clock.due_at < now else "reminder",
                    case=clock.case,
                    text=words(deadline, clock, now),
                    key=f"remind:{clock.pk}:{due_day(clock):%Y%m%d}:{rung.mark}",
                )
            )
    return made
