"""A process is the stages of a record and the moves between them.

A move is a typed function. Its keyword-only parameters are what the actor must give; from them come the
form, the API
schema and the ledger line, so nothing about a move is said twice. The kernel does the rest in one
transaction: row
lock, duty, guard, clocks, evidence, notices, ledger, and the receipt that makes a retried request harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Concatenate

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import bulk, prepared
from ..audit import ledger
from ..calendar import local_day
from ..labels import said
from ..notice import send
from ..people.standing import Standing, standing
from . import clocks, numbering, searched, steps
from .clocks import Deadline
from .duties import NONE, Duty, agency, commission, nobody, overseers
from .models import Case, CaseEvidence, Clock, Receipt, Record, Security
from .moves import Extend, Guard, Move, extend_clock, running
from .steps import (
    Checked,
    Deadlines,
    Docket,
    Refused,
    Step,
    Tell,
    checked,
    clean,
    counted,
    evidence_in,
    put,
    told,
    write,
)

AMENDABLE = ("title", "agency", "officer", "district")
"""Columns of the docket that may be corrected."""


@dataclass(eq=False)
class Process[R: Record]:
    """流程 The stages of one kind of record, the moves between them and who may see, open and amend it.

    `number` is the pattern of case numbers: {roc} the ROC year of opening, {seq} the running number of that
    year.
    `asks` are the record's fields asked when a case is opened; `amends` those that may be corrected
    (default: the same).
    """

    record: type[R]
    kind: str
    stages: type[TextChoices]
    opens_at: str
    number: str
    sees: Duty = agency() | commission | overseers
    opened_by: Duty = agency() | commission
    opens_with: tuple[Deadline, ...] = ()
    repeats: tuple[Deadline, ...] = ()
    """Deadlines whose clocks the bodies of moves start and stop, several at once (`Step.begin`)."""
    asks: tuple[str, ...] = ()
    amendable: tuple[str, ...] | None = None
    amends_docket: tuple[str, ...] = AMENDABLE
    """Columns of the docket that may be corrected; where the agency changes by moves of its own, not it."""
    amended_by: Duty = commission
    assigned_by: Duty = agency() | commission
    security: str = Security.AGENCY
    on_open: Callable[[R], None] | None = None
    on_move: Callable[[R, str, Step], None] | None = None
    """Hears of every move that was kept, in its transaction: (record, name of the move, step). History
    written in bulk is not told."""
    follows: Callable[[R, Mapping[str, Any]], dict[str, Any]] | None = None
    """What a correction brings with it: (record as it was, what is corrected) to more facts, kept in the same
    line of the ledger."""
    discreet: frozenset[str] = frozenset()
    """Fields of the record whose values the ledger holds by digest only: what a citizen wrote."""
    unshown: frozenset[str] = frozenset()
    """Columns of the record that no list, file or programme is given: keys and marks by which the machine
    knows somebody."""
    path: tuple[str, ...] = ()
    """The stages a case goes through when all goes well; () is every stage. The case page draws these."""
    other_path: Callable[[R], tuple[str, ...]] | None = None
    """The same for records that go another way; () for those that go the usual one."""
    searches: tuple[str, ...] = ()
    """Columns of the record that are searched besides number and title; nothing that names a person."""
    moves: dict[str, Move[R, ...]] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    _labels: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        processes[self.kind] = self
        if self.searches:
            searched.laid_open[self.kind] = (self.record, self.searches)
        for deadline in (*self.opens_with, *self.repeats):
            self._know(deadline)

    def path_of(self, record: R) -> tuple[str, ...]:
        """The stages this record goes through when all goes well."""
        own = self.other_path(record) if self.other_path else ()
        return own or self.path or tuple(self.stages.values)

    def stage_label(self, stage: str) -> str:
        kept = self._labels.get(stage)
        if kept is None:
            if stage not in self.stages:
                return stage
            kept = self._labels[stage] = self.stages(stage).label
        return said(kept)

    def _know(self, deadline: Deadline) -> None:
        if deadline.code not in self.deadlines:
            self.deadlines[deadline.code] = deadline
            if deadline.extending and deadline.extending.by:
                self._extension(deadline)

    def move[**P](
        self,
        source: str | Iterable[str],
        to: str | tuple[str, ...] | None,
        *,
        by: Duty,
        label: Any,
        starts: Sequence[Deadline] = (),
        stops: Sequence[Deadline] = (),
        pauses: Sequence[Deadline] = (),
        resumes: Sequence[Deadline] = (),
        closes: bool = False,
        reopens: bool = False,
        unless: Guard | Sequence[Guard] = (),
        tells: Sequence[Tell] = (),
        hint: Any = "",
        main: bool = True,
        waits: Q | None = None,
    ) -> Callable[[Callable[Concatenate[R, P], None]], Move[R, P]]:
        """Declare a move. `to=None` keeps the stage; a tuple lets the body choose by `record.step.go`.

        `waits`: in which cases (Q on Case) a main move of these stages really waits for somebody; lists of
        what
        is to be done ask it, where a guard could only be asked case by case.
        """
        sources = frozenset([str(source)] if isinstance(source, str) else map(str, source))
        targets = () if to is None else (str(to),) if isinstance(to, str) else tuple(map(str, to))
        guards = (unless,) if callable(unless) else tuple(unless)
        for deadline in (*starts, *stops, *pauses, *resumes):
            self._know(deadline)

        def declare(body: Callable[Concatenate[R, P], None]) -> Move[R, P]:
            move = Move(
                body,
                self,
                sources,
                targets,
                by,
                label,
                tuple(starts),
                tuple(stops),
                tuple(pauses),
                tuple(resumes),
                closes,
                reopens,
                guards,
                tuple(tells),
                hint,
                main,
                waits,
            )
            self.moves[move.name] = move
            return move

        return declare

    def _extension(self, deadline: Deadline) -> None:
        """A deadline that may be extended brings its own move: `extend_<code>`."""
        policy = deadline.extending
        assert policy
        move: Extend[R, ...] = Extend(
            extend_clock,
            self,
            frozenset(self.stages.values),
            (),
            policy.by,
            format_lazy("{}：{}", gettext_lazy("展期"), deadline.label),
            unless=(running(deadline),),
            main=False,
            deadline=deadline,
        )
        self.moves[move.name] = move

    def open_to(self, record: R, actor: Any) -> list[Move[R, ...]]:
        """The moves open to this person now."""
        return [move for move in self.moves.values() if not move.refusal(record, actor)]

    def refused_to(self, record: R, actor: Any) -> list[tuple[Move[R, ...], str]]:
        """Moves of this stage and of this person's duty that a guard holds back, each with its sentence."""
        found = []
        for move in self.moves.values():
            mine = record.case.stage in move.sources and move.by.held_by(actor, record.case)
            if mine and (sentence := move.refusal(record, actor)):
                found.append((move, sentence))
        return found

    def visible(self, user: Any) -> Q:
        """The cases of this kind the person may know of; the security class narrows the duty further."""
        return _visible(self.kind, self.sees, standing(user))

    def open(
        self,
        actor: Any,
        *,
        title: str,
        agency: Any,
        opened_on: date | None = None,
        officer: Any = None,
        district: Any = None,
        key: str = "",
        at: datetime | None = None,
        **facts: Any,
    ) -> R:
        """Open a case. `key` names the request: a second opening with the same key returns the first case."""
        at = at or timezone.now()
        with transaction.atomic():
            if key and (done := Receipt.objects.filter(pk=key).select_related("case").first()):
                return self.record._default_manager.get(pk=done.case_id)
            case = self._case(actor, at, title, agency, opened_on, officer, district)
            if not self.opened_by.held_by(actor, case):
                raise Refused(
                    _("「%(room)s」由%(duty)s立案。") % {"room": self.title, "duty": self.opened_by.name}
                )
            case.number = numbering.next_number(self.kind, self.number, case.opened_on)
            clean(case, [])
            rows: list[Checked] = [(case, [], False)]
            with told(rows):
                bulk.save(case)
                record = self.record(case=case, **facts)
                with counted():
                    docket = self.begin(case, record, actor, at, facts)
                rows += checked(docket)
                put(docket)
            if key:
                steps.remember(key, case, "open")
        return record

    def _case(
        self,
        actor: Any,
        at: datetime,
        title: str,
        agency: Any,
        opened_on: date | None,
        officer: Any,
        district: Any,
    ) -> Case:
        return bulk.made(
            Case,
            kind=self.kind,
            title=title,
            agency=agency,
            officer=officer,
            district=district,
            stage=str(self.opens_at),
            opened_on=opened_on or local_day(at),
            security=self.security,
            number="-",
        )

    def begin(self, case: Case, record: R, actor: Any, at: datetime, facts: dict[str, Any]) -> Docket:
        """The opening in memory: what the room adds, the first clocks and the first line of the ledger."""
        docket = Docket(case, record, {}, fresh=True)
        step = record.step = Step(actor, at, case)
        if self.on_open:
            self.on_open(record)
        for deadline in self.opens_with:
            docket.begin(deadline)
        for deadline, since, mark in step.begun:
            docket.begin(deadline, since, mark)
        docket.settle()
        docket.added += step.added
        told = {
            name: ledger.by_digest(value) if name in self.discreet else value for name, value in facts.items()
        }
        said = {"title": case.title, "agency": case.agency, "officer": case.officer, **told}
        docket.drafts.append(
            ledger.Draft(
                "open", "", at, actor.pk if actor else None, case.pk, "", case.stage, {"given": said}
            )
        )
        for name, value in facts.items():
            for file in evidence_in(value):
                docket.evidence.append(CaseEvidence(case=case, evidence=file, act="open", purpose=name))
        return docket

    @property
    def title(self) -> str:
        return str(self.record._meta.verbose_name)

    def may_amend(self) -> tuple[str, ...]:
        return self.asks if self.amendable is None else self.amendable

    def amend(
        self, record: R, actor: Any, *, reason: str, key: str = "", at: datetime | None = None, **changes: Any
    ) -> bool:
        """更正 Correct facts or docket columns, with the reason and before/after in the ledger; clocks
        follow.

        Docket columns: title, officer, district, agency. Raises Refused or ValidationError by field.
        """
        at = at or timezone.now()
        if not reason.strip():
            raise ValidationError({"reason": _("更正必須說明理由。")})
        with transaction.atomic():
            case = prepared.one(Case, record.pk, lock=True)
            if key and steps.done(key):
                return False
            prepared.reread(record)
            record.case = case
            if not self.amended_by.held_by(actor, case):
                raise Refused(_("更正由%s辦理。") % self.amended_by.name)
            with counted():
                docket = self.amended(case, record, actor, at, reason, changes)
            write(docket)
            if key:
                steps.remember(key, case, "amend")
        return True

    def amended(
        self, case: Case, record: R, actor: Any, at: datetime, reason: str, changes: dict[str, Any]
    ) -> Docket:
        running = steps.running(case)
        docket = Docket(case, record, running)
        record.step = Step(actor, at, case)
        changed: dict[str, Any] = {}
        if self.follows:
            changes = {**changes, **self.follows(record, changes)}
        for name, value in changes.items():
            target: Any = case if name in AMENDABLE else record
            if name not in (self.amends_docket if target is case else self.may_amend()):
                raise Refused(_("「%s」不是可以更正的欄位。") % name)
            if getattr(target, name) != value:
                changed[name] = [getattr(target, name), value]
                setattr(target, name, value)
        for deadline in self.deadlines.values():
            if not isinstance(deadline.counted_from, str) or deadline.counted_from not in changed:
                continue
            clock = running.get(deadline.code)
            if clock is None:  # a deadline already met or missed is judged by the corrected day, too
                clock = Clock.objects.filter(case=case, code=deadline.code).order_by("pk").last()
            if clock and getattr(record, deadline.counted_from) is not None:
                clock.case = case
                docket.change(
                    clocks.restart(deadline, clock, deadline.start_of(record), at, actor, reason, record)
                )
        docket.settle()
        docket.drafts.append(
            ledger.Draft(
                "amend",
                "",
                at,
                actor.pk if actor else None,
                case.pk,
                case.stage,
                case.stage,
                {"reason": reason, "changed": self.quiet(changed)},
            )
        )
        return docket

    def quiet(self, changed: dict[str, Any]) -> dict[str, Any]:
        """Before and after as the ledger may hold them."""
        if not self.discreet:
            return changed
        return {
            name: [ledger.by_digest(one) for one in values] if name in self.discreet else values
            for name, values in changed.items()
        }

    def assign(self, record: R, actor: Any, officer: Any, *, key: str = "") -> bool:
        """分派 Give the case to an officer."""
        with transaction.atomic():
            case = prepared.one(Case, record.pk, lock=True)
            if key and steps.done(key):
                return False
            if not self.assigned_by.held_by(actor, case):
                raise Refused(_("分派由%s辦理。") % self.assigned_by.name)
            before, case.officer = case.officer, officer
            case.save(update_fields=["officer"])
            draft = ledger.Draft(
                "assign", f"case:{case.pk}", timezone.now(), actor.pk, case.pk, case.stage, case.stage
            )
            draft.body = {"changed": {"officer": [before, officer]}}
            ledger.append([draft])
            if key:
                steps.remember(key, case, "assign")
            if officer is not None and officer != actor:
                send.to(
                    [officer],
                    kind="assignment",
                    case=case,
                    text=gettext_lazy("{number}「{title}」分派給您。"),
                )
        record.case = case
        return True

    def chart(self) -> str:
        """The state chart as Mermaid, for the handbook and for the golden test."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.opens_at}"]
        for move in self.moves.values():
            if isinstance(move, Extend):
                continue
            for source in sorted(move.sources):
                for target in move.targets or (source,):
                    lines.append(f"    {source} --> {target}: {move.label}")
            if move.closes:
                lines += [f"    {target} --> [*]" for target in move.targets]
        return "\n".join(dict.fromkeys(lines))


processes: dict[str, Process[Any]] = {}
"""Every process of the rooms in use, by kind."""


@lru_cache(maxsize=8192)
def _visible(kind: str, sees: Duty, who: Standing) -> Q:
    """As a duty's answer for a standing is kept, so is the condition of a room's list."""
    return prepared.remember(Q(kind=kind) & sees.within(who))


def seen_by_duty(user: Any) -> list[Q]:
    """What this person may know of, as conditions without a common case: one for each duty that lets see."""
    by_duty: dict[Duty, list[str]] = {}
    for process in processes.values():
        by_duty.setdefault(process.sees, []).append(process.kind)
    asked = [(kinds, duty.cases(user)) for duty, kinds in by_duty.items()]
    if not any(q for _kinds, q in asked):
        return [Q()]
    return [Q(kind__in=kinds) & q for kinds, q in asked if q.children != NONE.children]


def visible(user: Any) -> Q:
    """Every case of every room this person may know of: the one condition of worklist, search, counts and
    exports.
    """
    found = Q(pk__in=())
    for part in seen_by_duty(user):
        if not part:
            return part
        found |= part
    return found


__all__ = [
    "Docket",
    "Duty",
    "Extend",
    "Move",
    "Process",
    "Refused",
    "Step",
    "Tell",
    "nobody",
    "processes",
    "seen_by_duty",
    "visible",
    "write",
]
