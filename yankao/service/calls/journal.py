"""The journal of calls: its formats, what hangs on its facts, and the sums kept beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from yankao.kernel.journal.declare import Format, Journal, Rollup, Row
from yankao.kernel.journal.models import Counterpart, Source
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders, standing

from . import rules
from .exchange import ami, cdr, mapped_csv, queue_log
from .live import at_hand, lines, pulse
from .models import THRESHOLDS, UNENDED, AgentEvent, Call, CallInterval, Restart, State
from .parts import BLANK, COLUMNS, merge


def note(source: Source, told: list[Any]) -> None:
    """Keep states of agents and restarts; the same again does nothing."""
    AgentEvent.objects.bulk_create(
        [AgentEvent(source=source, agent_id=agent, at=at, kind=kind, reason=reason[:60])
         for agent, at, kind, reason in told if agent],
        ignore_conflicts=True, batch_size=2000,
    )  # fmt: skip
    Restart.objects.bulk_create(
        [Restart(source=source, at=at) for agent, at, _kind, _reason in told if not agent],
        ignore_conflicts=True,
    )


def settle(source: Source) -> set[int]:
    """Calls open before the last restart, or open longer than any call lasts, have no end: they are lost.

    Of a call that nothing was told of yet (while all is told anew) nothing is known, this neither.
    """
    last = Restart.objects.filter(source=source).aggregate(at=Max("at"))["at"]
    seen = source.last_at
    gone = Q(pk__in=())
    if last is not None:
        gone |= Q(entered__lt=last)
    if seen is not None:
        gone |= Q(entered__lt=int(seen.timestamp()) - 60 * rules.LONGEST.at(seen.date()))
    calls = Call.objects.filter(UNENDED, gone, source=source).exclude(told=BLANK[-1])
    slots = set(calls.values_list("slot", flat=True))
    if slots:
        calls.update(state=State.LOST)
    return slots


ANSWERED = Q(connected__isnull=False)


def _sums() -> dict[str, Any]:
    found: dict[str, Any] = {
        "offered": Count("pk"),
        "answered": Count("pk", filter=ANSWERED),
        "abandoned": Count("pk", filter=Q(state=State.ABANDONED)),
        "left": Count("pk", filter=Q(state=State.LEFT)),
        "lost": Count("pk", filter=Q(state=State.LOST)),
        "waited": Coalesce(Sum("wait", filter=ANSWERED), 0),
        "talked": Coalesce(Sum("talk"), 0),
        "ended": Count("talk"),
    }
    for limit in THRESHOLDS:
        found[f"in_{limit}"] = Count("pk", filter=ANSWERED & Q(wait__lte=limit))
        found[f"out_{limit}"] = Count("pk", filter=Q(state=State.ABANDONED, wait__lte=limit))
    return found


def keeper(user: Any) -> bool:
    """Whether the person looks after the sources of the call centre."""
    return standing(user).has(Role.CALL_SUPERVISOR, Role.ADMIN)


FORMATS = {
    "queue_log": Format(queue_log.read, _("Asterisk queue_log檔")),
    "mapped_csv": Format(mapped_csv.read, _("對應欄位的CSV檔"), compared=False),
    "ami": Format(ami.read, _("Asterisk AMI即時連線"), cut=ami.whole_messages, live=True),
}

calls = Journal(
    "service.calls", _("話務紀錄"), Call, COLUMNS, FORMATS, merge, BLANK,
    Rollup(CallInterval, ("slot", "day", "queue_id"), _sums(), ~Q(entered=0)), note, settle, keeper,
    keepers=lambda: holders(None, Role.CALL_SUPERVISOR), second="service.calls.cdr", at_hand=at_hand,
    pulse=pulse, lines=lines,
)  # fmt: skip


def _longer(one: Row, other: Row) -> Row:
    return max(one, other, key=lambda row: (row[1], row[0]))


counterparts = Journal(
    "service.calls.cdr", _("通聯紀錄（對帳用）"), Counterpart, ("day", "seconds"),
    {"cdr": Format(cdr.read, _("Asterisk CDR檔（Master.csv）"))},
    _longer,
    (date(1970, 1, 1), 0), may=keeper,
)  # fmt: skip
