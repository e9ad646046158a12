"""即時 What the queues do now, and how old that knowledge is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, Sum, Window
from django.db.models.functions import Lead
from django.utils import timezone
from django.utils.translation import get_language

from yankao.kernel.journal.declare import AtHand, Pulse
from yankao.kernel.journal.models import Source
from yankao.kernel.period import Period

from . import levels, rules
from .models import SLOT, UNENDED, Agent, AgentEvent, Call, CallInterval, Queue, State
from .parts import EAST, slots_of

FRESH = timedelta(seconds=5)
"""Older than this, what is shown is called stale."""


@dataclass(frozen=True)
class Line:
    """One queue now and since midnight."""

    name: str
    waiting: int
    longest: int
    talking: int
    offered: int
    answered: int
    abandoned: int
    level: Decimal | None


@dataclass(frozen=True)
class Board:
    """Everything the wall shows. `heard_at` is when a source was last heard of; None when there is none."""

    lines: list[Line]
    whole: Line
    free: int
    busy: int
    paused: int
    heard_at: datetime | None
    stale: bool
    target: int
    rule: str


def heard_at() -> datetime | None:
    """When one of the feeds of calls was last read or told something."""
    found: datetime | None = Source.objects.filter(journal="service.calls").aggregate(at=Max("read_at"))["at"]
    return found


def _name(queue: Queue) -> str:
    return queue.name_en or queue.name if get_language() == "en" else queue.name


def _line(name: str, calls: list[Any], sums: dict[str, int], choice: levels.Chosen, now: int) -> Line:
    waits = [now - entered for state, entered in calls if state == State.WAITING]
    return Line(
        name, len(waits), max(waits, default=0), len(calls) - len(waits), sums["offered"], sums["answered"],
        sums["abandoned"], levels.percent(*choice.level.of(sums, choice.limit, choice.short)),
    )  # fmt: skip


def board(now: datetime | None = None) -> Board:
    """The board at this moment: five queries, whatever the number of calls."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    choice = levels.chosen(today)
    second = int(now.timestamp())
    names = dict.fromkeys((*levels.needed(choice), "abandoned"))
    rows: Any = (
        CallInterval.objects.filter(day=today)
        .order_by()
        .values("queue")
        .annotate(**{f"s_{name}": Sum(name) for name in names})
    )
    kept = {row["queue"]: {name: row[f"s_{name}"] or 0 for name in names} for row in rows}
    nothing = dict.fromkeys(names, 0)
    open_: dict[int, list[tuple[str, int]]] = {}
    at_work: set[int] = set()
    alive: Any = Call.objects.filter(UNENDED)
    for queue, state, entered, agent in alive.values_list("queue_id", "state", "entered", "agent_id"):
        open_.setdefault(queue, []).append((state, int(entered.timestamp())))
        if state == State.TALKING and agent:
            at_work.add(agent)
    queues = list(Queue.objects.order_by("pk"))
    lines = [
        _line(_name(one), open_.get(one.pk, []), kept.get(one.pk, nothing), choice, second) for one in queues
    ]
    everything = [call for calls in open_.values() for call in calls]
    together = {name: sum(sums[name] for sums in kept.values()) for name in names}
    here, paused = _agents(now)
    heard = heard_at()
    return Board(
        lines, _line("", everything, together, choice, second),
        len(here - paused - at_work), len(at_work), len((here & paused) - at_work),
        heard, heard is None or now - heard > FRESH, rules.TARGET.at(today), str(choice),
    )  # fmt: skip


def _agents(now: datetime) -> tuple[set[int], set[int]]:
    """Who is at a seat and who paused, from the events of the last day."""
    here: set[int] = set()
    paused: set[int] = set()
    since = now - timedelta(hours=24)
    for agent, kind in (
        AgentEvent.objects.filter(at__gte=since, at__lte=now)
        .order_by("at", "pk")
        .values_list("agent_id", "kind")
    ):
        match kind:
            case AgentEvent.Kind.IN:
                here.add(agent)
            case AgentEvent.Kind.OUT:
                here.discard(agent)
                paused.discard(agent)
            case AgentEvent.Kind.PAUSE:
                paused.add(agent)
            case _:
                paused.discard(agent)
    return here, paused


def at_hand(user: Any) -> AtHand | None:
    """The call that the person is talking on, by the seats that are hers."""
    seats = Agent.objects.filter(user=user)
    call = (
        Call.objects.filter(UNENDED, state=State.TALKING, agent__in=seats)
        .select_related("queue")
        .order_by("-entered")
        .first()
    )
    if call is None:
        return None
    return AtHand(
        call.source_id,
        call.external_id,
        call.caller,
        _name(call.queue),
        call.queue.channel,
        call.connected or call.entered,
        call.queue.code,
        call.wait or 0,
        rules.THRESHOLD.at(timezone.localdate()),
    )


def pulse(now: datetime | None = None) -> Pulse:
    """Who waits, who talks, who is free: three queries, whatever the number of calls. Of a feed that fell
    silent the waits are told as they were then.
    """
    now = now or timezone.now()
    heard = heard_at()
    stale = heard is None or now - heard > FRESH
    seen = heard if stale and heard else now
    waits, at_work, talking = [], set(), 0
    alive: Any = Call.objects.filter(UNENDED).values_list("state", "entered", "agent_id")
    for state, entered, agent in alive:
        if state == State.WAITING:
            waits.append(max(0, int((seen - entered).total_seconds())))
            continue
        talking += 1
        if agent:
            at_work.add(agent)
    here, paused = _agents(now)
    return Pulse(
        len(waits), max(waits, default=0), talking, len(here - paused - at_work), len(at_work),
        len((here & paused) - at_work), heard, stale,
    )  # fmt: skip


def lines() -> list[tuple[str, str]]:
    """The queues by their codes."""
    return [(one.code, _name(one)) for one in Queue.objects.order_by("pk")]


# ── Beyond the level: what else is asked of a period ────────────────────────────────────────────────


@dataclass(frozen=True)
class Measures:
    """Abandonment, mean answer, mean handling, first-contact resolution; None where nothing is counted."""

    abandonment: Decimal | None
    answer: Decimal | None
    handling: Decimal | None
    resolved: Decimal | None
    occupancy: Decimal | None


def measures(period: Period, *, deep: bool = False) -> Measures:
    """Of a period, from the sums; `deep` also walks the calls (first contact, occupancy)."""
    names = ("offered", "answered", "abandoned", "waited", "talked", "ended")
    sums = levels.sums(levels.within(period.days), names)
    return Measures(
        levels.percent(sums["abandoned"], sums["offered"]),
        _mean(sums["waited"], sums["answered"]),
        _mean(sums["talked"], sums["ended"]),
        resolved(period) if deep else None,
        occupancy(period) if deep else None,
    )


def _mean(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def resolved(period: Period) -> Decimal | None:
    """首次解決率 Of the answered calls with a known caller: who did not call again within the days of the
    rule.

    Calls of the last days are left out: whether they call again is not known yet.
    """
    span = rules.AGAIN.at(period.as_of) * 86400
    first, last = slots_of(*period.days)
    rows: Any = (
        Call.objects.filter(slot__range=(first, last), connected__isnull=False)
        .exclude(caller="")
        .annotate(again=Window(Lead("entered"), partition_by="caller", order_by="entered"))
        .values_list(F("entered"), "again")
    )
    known = kept = 0
    end = (last + 1) * SLOT - span
    for entered, again in rows.iterator(chunk_size=20_000):
        at = int(entered.timestamp())
        if at > end:
            continue
        known += 1
        kept += again is None or int(again.timestamp()) - at > span
    return levels.percent(kept, known)


def occupancy(period: Period) -> Decimal | None:
    """占線率 Talking over being at the seat and not paused, for agents whose states the exchange told."""
    start = (period.first.toordinal() - 719163) * 86400 - EAST
    stop = min((period.last.toordinal() - 719162) * 86400 - EAST, int(timezone.now().timestamp()))
    open_: dict[int, int] = {}
    here: set[int] = set()
    ready = 0
    events: Any = AgentEvent.objects.filter(at__gte=start - 86400, at__lt=stop).order_by("at", "pk")
    for agent, kind, moment in events.values_list("agent_id", "kind", "at"):
        at = int(moment.timestamp())
        if agent in open_:
            ready += max(0, at - max(open_.pop(agent), start))
        if kind == AgentEvent.Kind.IN:
            here.add(agent)
        elif kind == AgentEvent.Kind.OUT:
            here.discard(agent)
        if agent in here and kind != AgentEvent.Kind.PAUSE:
            open_[agent] = at
    ready += sum(max(0, stop - max(at, start)) for at in open_.values())
    if not ready:
        return None
    seen = AgentEvent.objects.filter(at__gte=start - 86400, at__lt=stop).values("agent")
    talked = Call.objects.filter(
        agent__in=seen, entered__gte=start, entered__lt=stop, slot__gte=start // SLOT
    ).aggregate(n=Sum("talk"))["n"]
    return min(Decimal(100), Decimal(100 * (talked or 0)) / ready)
