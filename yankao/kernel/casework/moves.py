"""Moves: the typed functions of a process, carried out by the kernel in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Concatenate

from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import prepared
from ..audit import ledger
from ..notice import send
from ..people.models import User
from ..span import Days, ExtensionRefused
from . import clocks, steps
from .asks import BY_DIGEST, PERSONAL, STANDING, Ask, Label, Reason, asks_of, refuse_strangers
from .clocks import Deadline
from .duties import Duty
from .models import Case, CaseEvidence, Clock, Follow, Record
from .steps import (
    Docket,
    Refused,
    Step,
    Tell,
    changes_of,
    counted,
    evidence_in,
    facts_of,
    marked,
    reason_in,
    write,
)

if TYPE_CHECKING:
    from .process import Process

Guard = Callable[[Any], str]


@dataclass(frozen=True, eq=False)
class Move[R: Record, **P]:
    """辦理動作 One step of a process; call it as `move(record, actor, given=…)`."""

    body: Callable[Concatenate[R, P], None]
    process: Process[Any]
    sources: frozenset[str]
    targets: tuple[str, ...]
    by: Duty
    label: Any
    starts: tuple[Deadline, ...] = ()
    stops: tuple[Deadline, ...] = ()
    pauses: tuple[Deadline, ...] = ()
    resumes: tuple[Deadline, ...] = ()
    closes: bool = False
    reopens: bool = False
    unless: tuple[Guard, ...] = ()
    tells: tuple[Tell, ...] = ()
    hint: Any = ""
    main: bool = True
    waits: Q | None = None

    @property
    def name(self) -> str:
        return self.body.__name__

    @property
    def asks(self) -> dict[str, Ask]:
        """What the actor is asked for, by parameter name."""
        kept: dict[str, Ask] | None = self.__dict__.get("_asks")
        if kept is None:
            kept = asks_of(self.body)
            object.__setattr__(self, "_asks", kept)
        return kept

    def refusal(self, record: R, actor: Any) -> str:
        """The sentence why this move is not open now, or an empty one."""
        case = record.case
        if case.stage not in self.sources:
            return _("案件目前在「%(stage)s」，不能「%(move)s」。") % {
                "stage": self.process.stage_label(case.stage),
                "move": self.label,
            }
        if not self.by.held_by(actor, case):
            return _("「%(move)s」由%(duty)s辦理。") % {"move": self.label, "duty": self.by.name}
        return next((sentence for guard in self.unless if (sentence := guard(record))), "")

    def play(self, docket: Docket, actor: Any, at: datetime, given: dict[str, Any]) -> Step:
        """Carry the move out in memory: body, stage, clocks and the ledger draft. Nothing is read or
        written.
        """
        case, record = docket.case, docket.record
        step = record.step = Step(actor, at, case, history=docket.fresh)
        step.running = docket.running
        source, before = case.stage, facts_of(record)
        body: Callable[..., None] = self.body
        body(record, **given)
        if len(self.targets) > 1 and step.target not in self.targets:
            raise RuntimeError(f"{self.name} must choose one of {self.targets}")
        case.stage = step.target or (self.targets[0] if self.targets else source)
        if self.closes:
            case.closed_on = step.today
        if self.reopens:
            case.closed_on = None
        for deadline in self.stops:
            docket.end(deadline, at)
        for deadline in self.starts:
            docket.end(deadline, at)
            docket.begin(deadline)
        for deadline, mark in step.ended:
            docket.end(deadline, at, mark)
        for deadline, since, mark in step.begun:
            docket.end(deadline, at, mark)
            docket.begin(deadline, since, mark)
        for deadline, by, reason, mark, asked in step.prolonged:
            prolonged = docket.running[marked(deadline, mark)]
            try:
                docket.change(clocks.prolong(deadline, prolonged, by, at, actor, reason, record, asked))
            except ExtensionRefused as refused:
                raise Refused(clocks.refusal(refused)) from refused
        for deadline in self.pauses:
            if (clock := docket.running.get(deadline.code)) and not clock.paused_at:
                docket.change(clocks.pause(clock, at, actor, reason_in(given)))
        for deadline in self.resumes:
            if (clock := docket.running.get(deadline.code)) and clock.paused_at:
                docket.change(clocks.resume(clock, at, actor, reason_in(given)))
        if self.closes:
            for clock in list(docket.running.values()):
                clocks.stop(clock, at)
                docket._touch(clock)
            docket.running.clear()
        docket.settle()
        docket.added += step.added
        docket.kept += step.kept
        for ask in self.asks.values():
            for file in evidence_in(given.get(ask.name)):
                docket.evidence.append(
                    CaseEvidence(case=case, evidence=file, act=self.name, purpose=ask.name)
                )
        docket.drafts.append(
            ledger.Draft(
                self.name,
                "",
                at,
                actor.pk if actor else None,
                case.pk,
                source,
                case.stage,
                {"given": self._said(given), "changed": self.process.quiet(changes_of(before, record))},
            )
        )
        return step

    def _said(self, given: dict[str, Any]) -> dict[str, Any]:
        return {name: self._told(self.asks[name], value) if value else value for name, value in given.items()}

    def _told(self, ask: Ask, value: Any) -> Any:
        if ask.has(PERSONAL):
            return ledger.withhold(value)
        return ledger.by_digest(value) if ask.has(BY_DIGEST) else value

    def __call__(self, record: R, actor: Any, /, *args: P.args, **given: P.kwargs) -> None:
        self.run(record, actor, given)

    def run(
        self, record: R, actor: Any, given: dict[str, Any], *, key: str = "", at: datetime | None = None
    ) -> bool:
        """Carry the move out and keep it. `key` names the request: a second run with the same key does
        nothing.

        Returns whether anything was done. Raises Refused with the sentence, or ValidationError by field.
        """
        at = at or timezone.now()
        with transaction.atomic():
            case = prepared.one(Case, record.pk, lock=True)
            if key and steps.done(key):
                return False
            prepared.reread(record)
            record.case = case
            record.step = Step(actor, at, case)  # guards judge by the time of the move
            if sentence := self.refusal(record, actor):
                raise Refused(sentence)
            refuse_strangers(self.asks, record, actor, given)
            running = steps.running(case)
            docket = Docket(case, record, running)
            with counted():
                step = self.play(docket, actor, at, {**self._defaults(), **self._standing(record), **given})
            write(docket)
            if key:
                steps.remember(key, case, self.name)
            for other, kind in step.linked:
                case.links_out.get_or_create(target=other, kind=kind)
            self._tell(record, step)
            if self.process.on_move:
                self.process.on_move(record, self.name, step)
            for act in step.after:
                act()
        return True

    def _defaults(self) -> dict[str, Any]:
        kept: dict[str, Any] | None = self.__dict__.get("_usual")
        if kept is None:
            kept = {ask.name: ask.default for ask in self.asks.values() if ask.optional}
            object.__setattr__(self, "_usual", kept)
        return kept

    def _standing(self, record: R) -> dict[str, Any]:
        """Of choices with a usual answer (`STANDING`), what the record holds already."""
        asks = (
            ask for ask in self.asks.values() if ask.has(STANDING) and isinstance(ask.default, TextChoices)
        )
        return {ask.name: value for ask in asks if (value := getattr(record, ask.name))}

    def _tell(self, record: R, step: Step) -> None:
        case = record.case
        told = [(tell.to(record), tell.text, tell.kind) for tell in self.tells] + step.told
        followers = _followers(case)
        if followers:
            told.append(
                (
                    followers,
                    format_lazy("{}{}", gettext_lazy("{number}「{title}」有新進展："), self.label),
                    "follow",
                )
            )
        for people, text, kind in told:
            others = [person for person in people if person is not None and person != step.actor]
            send.to(others, kind=kind, case=case, text=text)


def _followers(case: Case) -> list[Any]:
    """Who wants to hear of the case."""
    found = prepared.rows(
        (__name__, "followers"),
        [case.pk],
        lambda given: Follow.objects.filter(case_id=given[0]).order_by("pk").values_list("user_id"),
    )
    people = User.objects.in_bulk([pk for (pk,) in found]) if found else {}
    return [people[pk] for (pk,) in found]


def extend_clock(
    record: Record, *, days: Annotated[int, Label(gettext_lazy("展延日數"))], reason: Reason
) -> None:
    """What an extension asks; `Extend.play` moves the deadline."""


def running(deadline: Deadline) -> Guard:
    def guard(record: Any) -> str:
        if Clock.objects.filter(case_id=record.pk, code=deadline.code, stopped_at=None).exists():
            return ""
        return str(_("「%s」目前沒有計時。") % deadline.label)

    return guard


@dataclass(frozen=True, eq=False)
class Extend[R: Record, **P](Move[R, P]):
    """展期 The move that prolongs one running deadline within its policy."""

    deadline: Deadline | None = None

    @property
    def name(self) -> str:
        return f"extend_{self.deadline.code}" if self.deadline else self.body.__name__

    def play(self, docket: Docket, actor: Any, at: datetime, given: dict[str, Any]) -> Step:
        assert self.deadline
        case = docket.case
        step = docket.record.step = Step(actor, at, case)
        clock = docket.running[self.deadline.code]
        try:
            days, reason = Days(given["days"]), given["reason"]
            change = clocks.prolong(self.deadline, clock, days, at, actor, reason, docket.record)
        except ExtensionRefused as refused:
            raise Refused(clocks.refusal(refused)) from refused
        docket.change(change)
        docket.settle()
        docket.drafts.append(
            ledger.Draft(
                self.name,
                "",
                at,
                actor.pk if actor else None,
                case.pk,
                case.stage,
                case.stage,
                {"given": given, "changed": {"due_at": [change.due_before, change.due_after]}},
            )
        )
        return step
