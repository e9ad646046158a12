"""A process is the stages of a record and the moves between them.

A move is a typed function. Its keyword-only parameters are what the actor must give; from them come the form, the API
schema and the ledger line, so nothing about a move is said twice. The kernel does the rest in one transaction: row
lock, duty, guard, clocks, evidence, notices, ledger, and the receipt that makes a retried request harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Concatenate

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..audit import ledger
from ..evidence.models import Evidence
from ..notice import send
from ..span import Days, ExtensionRefused
from . import clocks, numbering
from .asks import PERSONAL, Ask, Label, Reason, asks_of
from .clocks import Deadline
from .duties import Duty, agency, commission, nobody, overseers
from .models import Case, CaseEvidence, Clock, ClockChange, Follow, Receipt, Record, Security


class Refused(Exception):
    """The move is not open to this actor, from this stage, or with what was given. `str()` is the sentence to show."""


@dataclass(frozen=True)
class Tell:
    """Who hears of a move: `to(record)` gives the people, `text` the subject (may use {number} and {title})."""

    to: Callable[[Any], Iterable[Any]]
    text: Any
    kind: str = "result"


class Step:
    """One move under way: who, when, and what the body wants saved besides its own record."""

    def __init__(self, actor: Any, at: datetime, case: Case) -> None:
        self.actor, self.at, self.case = actor, at, case
        self.added: list[models.Model] = []
        self.kept: list[models.Model] = []
        self.target: str | None = None
        self.told: list[tuple[Iterable[Any], Any, str]] = []
        self.linked: list[tuple[Case, str]] = []
        self.begun: list[tuple[Deadline, date | datetime, str]] = []
        self.ended: list[tuple[Deadline, str]] = []

    @property
    def today(self) -> date:
        return timezone.localtime(self.at).date()

    def add(self, *rows: models.Model) -> None:
        """New rows of the room, saved after the record."""
        self.added.extend(rows)

    def keep(self, *rows: models.Model) -> None:
        """Changed rows of the room, saved after the record."""
        self.kept.extend(rows)

    def go(self, stage: str) -> None:
        """Choose among the move's declared targets."""
        self.target = str(stage)

    def tell(self, to: Iterable[Any], text: Any, kind: str = "result") -> None:
        """A notice that depends on what was given."""
        self.told.append((to, text, kind))

    def begin(self, deadline: Deadline, since: date | datetime, mark: str = "") -> None:
        """Start a clock from the body; `mark` tells apart several of one deadline (`monthly:2012-06`)."""
        self.begun.append((deadline, since, mark))

    def end(self, deadline: Deadline, mark: str = "") -> None:
        """Stop such a clock."""
        self.ended.append((deadline, mark))

    def link(self, other: Case, kind: str) -> None:
        """Tie the case to another one."""
        self.linked.append((other, kind))


class Deadlines(dict[str, Deadline]):
    """Deadlines by code; that of a marked clock (`monthly:2012-06`) is found by what stands before the colon."""

    def __missing__(self, code: str) -> Deadline:
        base, mark, _rest = code.partition(":")
        if not mark:
            raise KeyError(code)
        return self[base]


def marked(deadline: Deadline, mark: str) -> str:
    """The code of a clock: the deadline's own, or with what it is for behind a colon."""
    return f"{deadline.code}:{mark}" if mark else deadline.code


@dataclass
class Docket:
    """A case in memory with what a move changes about it; one is written at once, many by an `Archive`."""

    case: Case
    record: Any
    running: dict[str, Clock]
    new_clocks: list[Clock] = field(default_factory=list)
    touched: list[Clock] = field(default_factory=list)
    changes: list[ClockChange] = field(default_factory=list)
    drafts: list[ledger.Draft] = field(default_factory=list)
    added: list[models.Model] = field(default_factory=list)
    kept: list[models.Model] = field(default_factory=list)
    evidence: list[CaseEvidence] = field(default_factory=list)

    def begin(self, deadline: Deadline, since: date | datetime | None = None, mark: str = "") -> None:
        clock = clocks.start(deadline, self.case, deadline.start_of(self.record) if since is None else since)
        clock.code = marked(deadline, mark)
        self.running[clock.code] = clock
        self.new_clocks.append(clock)

    def end(self, deadline: Deadline, at: datetime, mark: str = "") -> None:
        if clock := self.running.pop(marked(deadline, mark), None):
            clocks.stop(clock, at)
            self._touch(clock)

    def _touch(self, clock: Clock) -> None:
        if clock.pk and clock not in self.touched:
            self.touched.append(clock)

    def change(self, change: ClockChange) -> None:
        self.changes.append(change)
        self._touch(change.clock)

    def settle(self) -> None:
        """The docket's deadline is the earliest of its running clocks."""
        self.case.due_at = min((clock.due_at for clock in self.running.values()), default=None)


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
                "stage": self.process.stage_label(case.stage), "move": self.label,
            }  # fmt: skip
        if not self.by.held_by(actor, case):
            return _("「%(move)s」由%(duty)s辦理。") % {"move": self.label, "duty": self.by.name}
        return next((sentence for guard in self.unless if (sentence := guard(record))), "")

    def play(self, docket: Docket, actor: Any, at: datetime, given: dict[str, Any]) -> Step:
        """Carry the move out in memory: body, stage, clocks and the ledger draft. Nothing is read or written."""
        case, record = docket.case, docket.record
        step = record.step = Step(actor, at, case)
        source, before = case.stage, _facts(record)
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
        for deadline in self.pauses:
            if clock := docket.running.get(deadline.code):
                docket.change(clocks.pause(clock, at, actor, _words(given)))
        for deadline in self.resumes:
            if (clock := docket.running.get(deadline.code)) and clock.paused_at:
                docket.change(clocks.resume(clock, at, actor, _words(given)))
        if self.closes:
            for clock in list(docket.running.values()):
                clocks.stop(clock, at)
                docket._touch(clock)
            docket.running.clear()
        docket.settle()
        docket.added += step.added
        docket.kept += step.kept
        for ask in self.asks.values():
            for file in _evidence(given.get(ask.name)):
                docket.evidence.append(
                    CaseEvidence(case=case, evidence=file, act=self.name, purpose=ask.name)
                )
        docket.drafts.append(
            ledger.Draft(
                self.name, "", at, actor.pk if actor else None, case.pk, source, case.stage,
                {"given": self._said(given), "changed": _changed(before, record)},
            )
        )  # fmt: skip
        return step

    def _said(self, given: dict[str, Any]) -> dict[str, Any]:
        return {
            name: ledger.withhold(value) if value and self.asks[name].has(PERSONAL) else value
            for name, value in given.items()
        }

    def __call__(self, record: R, actor: Any, /, *args: P.args, **given: P.kwargs) -> None:
        self.run(record, actor, given)

    def run(
        self, record: R, actor: Any, given: dict[str, Any], *, key: str = "", at: datetime | None = None
    ) -> bool:
        """Carry the move out and keep it. `key` names the request: a second run with the same key does nothing.

        Returns whether anything was done. Raises Refused with the sentence, or ValidationError by field.
        """
        at = at or timezone.now()
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=record.pk)
            if key and Receipt.objects.filter(pk=key).exists():
                return False
            record.refresh_from_db()
            record.case = case
            if sentence := self.refusal(record, actor):
                raise Refused(sentence)
            running = {clock.code: clock for clock in Clock.objects.filter(case=case, stopped_at=None)}
            for clock in running.values():
                clock.case = case
            docket = Docket(case, record, running)
            step = self.play(docket, actor, at, {**self._defaults(), **given})
            write(docket)
            if key:
                Receipt.objects.create(key=key, case=case, act=self.name)
            for other, kind in step.linked:
                case.links_out.get_or_create(target=other, kind=kind)
            self._tell(record, step)
        return True

    def _defaults(self) -> dict[str, Any]:
        return {ask.name: ask.default for ask in self.asks.values() if ask.optional}

    def _tell(self, record: R, step: Step) -> None:
        case = record.case
        told = [(tell.to(record), tell.text, tell.kind) for tell in self.tells] + step.told
        followers = [f.user for f in Follow.objects.filter(case=case).select_related("user")]
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


def write(docket: Docket) -> None:
    """Validate and keep everything a move changed, in the caller's transaction; the ledger last."""
    case, record = docket.case, docket.record
    record.full_clean(exclude=["case"])
    case.full_clean(exclude=["number", "agency", "officer", "district"], validate_unique=False)
    record.save(force_update=True)
    case.save(force_update=True)
    for row in [*docket.added, *docket.kept]:
        row.full_clean(validate_unique=False, exclude=_parents(row))
        row.save()
    for clock in [*docket.new_clocks, *docket.touched]:
        clock.save()
    for change in docket.changes:
        change.save()
    for link in docket.evidence:
        CaseEvidence.objects.get_or_create(
            case=case, evidence=link.evidence, purpose=link.purpose, defaults={"act": link.act}
        )
    for draft in docket.drafts:
        draft.case_id, draft.subject = case.pk, f"case:{case.pk}"
    ledger.append(docket.drafts)


def _parents(row: models.Model) -> list[str]:
    return [f.name for f in row._meta.concrete_fields if f.is_relation]


def _facts(record: Record) -> dict[str, Any]:
    return {f.attname: getattr(record, f.attname) for f in record._meta.concrete_fields if not f.generated}


def _changed(before: dict[str, Any], record: Record) -> dict[str, Any]:
    after = _facts(record)
    return {
        name: [before[name], after[name]]
        for name in after
        if before[name] != after[name] and name != "case_id"
    }


def _evidence(value: Any) -> list[Evidence]:
    values = value if isinstance(value, list) else [value]
    found = [one for one in values if isinstance(one, Evidence)]
    for one in values:
        if hasattr(one, "__dataclass_fields__"):
            found += [v for n in one.__dataclass_fields__ if isinstance(v := getattr(one, n), Evidence)]
    return found


def _words(given: dict[str, Any]) -> str:
    return str(given.get("reason") or "")


@dataclass(eq=False)
class Process[R: Record]:
    """流程 The stages of one kind of record, the moves between them and who may see, open and amend it.

    `number` is the pattern of case numbers: {roc} the ROC year of opening, {seq} the running number of that year.
    `asks` are the record's fields asked when a case is opened; `amends` those that may be corrected (default: the same).
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
    amended_by: Duty = commission
    assigned_by: Duty = agency() | commission
    security: str = Security.AGENCY
    on_open: Callable[[R], None] | None = None
    moves: dict[str, Move[R, ...]] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)

    def __post_init__(self) -> None:
        processes[self.kind] = self
        for deadline in (*self.opens_with, *self.repeats):
            self._know(deadline)

    def stage_label(self, stage: str) -> str:
        return str(self.stages(stage).label) if stage in self.stages.values else stage

    def _know(self, deadline: Deadline) -> None:
        if deadline.code not in self.deadlines:
            self.deadlines[deadline.code] = deadline
            if deadline.extending:
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
    ) -> Callable[[Callable[Concatenate[R, P], None]], Move[R, P]]:
        """Declare a move. `to=None` keeps the stage; a tuple lets the body choose by `record.step.go`."""
        sources = frozenset([str(source)] if isinstance(source, str) else map(str, source))
        targets = () if to is None else (str(to),) if isinstance(to, str) else tuple(map(str, to))
        guards = (unless,) if callable(unless) else tuple(unless)
        for deadline in (*starts, *stops, *pauses, *resumes):
            self._know(deadline)

        def declare(body: Callable[Concatenate[R, P], None]) -> Move[R, P]:
            move = Move(
                body, self, sources, targets, by, label, tuple(starts), tuple(stops), tuple(pauses), tuple(resumes),
                closes, reopens, guards, tuple(tells), hint, main,
            )  # fmt: skip
            self.moves[move.name] = move
            return move

        return declare

    def _extension(self, deadline: Deadline) -> None:
        """A deadline that may be extended brings its own move: `extend_<code>`."""
        policy = deadline.extending
        assert policy
        move: Extend[R, ...] = Extend(
            extend_clock, self, frozenset(self.stages.values), (), policy.by,
            format_lazy("{}：{}", gettext_lazy("展期"), deadline.label), unless=(_running(deadline),), main=False,
            deadline=deadline,
        )  # fmt: skip
        self.moves[move.name] = move

    def open_to(self, record: R, actor: Any) -> list[Move[R, ...]]:
        """The moves open to this person now."""
        return [move for move in self.moves.values() if not move.refusal(record, actor)]

    def refused_to(self, record: R, actor: Any) -> list[tuple[Move[R, ...], str]]:
        """Moves of this stage and of this person's duty that a guard holds back, each with its sentence."""
        found = []
        for move in self.moves.values():
            if record.case.stage in move.sources and move.by.held_by(actor, record.case):
                if sentence := move.refusal(record, actor):
                    found.append((move, sentence))
        return found

    def visible(self, user: Any) -> Q:
        """The cases of this kind the person may know of; the security class narrows the duty further."""
        return Q(kind=self.kind) & self.sees.cases(user)

    def open(
        self, actor: Any, *, title: str, agency: Any, opened_on: date | None = None, officer: Any = None,
        district: Any = None, key: str = "", at: datetime | None = None, **facts: Any,
    ) -> R:  # fmt: skip
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
            case.full_clean(validate_unique=False)
            case.save(force_insert=True)
            record = self.record(case=case, **facts)
            docket = self.begin(case, record, actor, at, facts)
            record.full_clean(exclude=["case"])
            record.save(force_insert=True)
            write(docket)
            if key:
                Receipt.objects.create(key=key, case=case, act="open")
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
        return Case(
            kind=self.kind, title=title, agency=agency, officer=officer, district=district, stage=str(self.opens_at),
            opened_on=opened_on or timezone.localtime(at).date(), security=self.security, number="-",
        )  # fmt: skip

    def begin(self, case: Case, record: R, actor: Any, at: datetime, facts: dict[str, Any]) -> Docket:
        """The opening in memory: what the room adds, the first clocks and the first line of the ledger."""
        docket = Docket(case, record, {})
        step = record.step = Step(actor, at, case)
        if self.on_open:
            self.on_open(record)
        for deadline in self.opens_with:
            docket.begin(deadline)
        docket.settle()
        docket.added += step.added
        said = {"title": case.title, "agency": case.agency, "officer": case.officer, **facts}
        docket.drafts.append(
            ledger.Draft(
                "open", "", at, actor.pk if actor else None, case.pk, "", case.stage, {"given": said}
            )
        )
        for name, value in facts.items():
            for file in _evidence(value):
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
        """更正 Correct facts or docket columns, with the reason and before/after in the ledger; clocks follow.

        Docket columns: title, officer, district, agency. Raises Refused or ValidationError by field.
        """
        at = at or timezone.now()
        if not reason.strip():
            raise ValidationError({"reason": _("更正必須說明理由。")})
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=record.pk)
            if key and Receipt.objects.filter(pk=key).exists():
                return False
            record.refresh_from_db()
            record.case = case
            if not self.amended_by.held_by(actor, case):
                raise Refused(_("更正由%s辦理。") % self.amended_by.name)
            docket = self.amended(case, record, actor, at, reason, changes)
            write(docket)
            if key:
                Receipt.objects.create(key=key, case=case, act="amend")
        return True

    def amended(
        self, case: Case, record: R, actor: Any, at: datetime, reason: str, changes: dict[str, Any]
    ) -> Docket:
        running = {clock.code: clock for clock in Clock.objects.filter(case=case, stopped_at=None)}
        docket = Docket(case, record, running)
        record.step = Step(actor, at, case)
        changed: dict[str, Any] = {}
        for name, value in changes.items():
            target: Any = case if name in ("title", "officer", "district", "agency") else record
            if target is record and name not in self.may_amend():
                raise Refused(_("「%s」不是可以更正的欄位。") % name)
            if getattr(target, name) != value:
                changed[name] = [getattr(target, name), value]
                setattr(target, name, value)
        for deadline in self.deadlines.values():
            clock = running.get(deadline.code)
            if clock and isinstance(deadline.counted_from, str) and deadline.counted_from in changed:
                clock.case = case
                docket.change(clocks.restart(deadline, clock, deadline.start_of(record), at, actor, reason))
        docket.settle()
        docket.drafts.append(
            ledger.Draft(
                "amend", "", at, actor.pk if actor else None, case.pk, case.stage, case.stage,
                {"reason": reason, "changed": changed},
            )
        )  # fmt: skip
        return docket

    def assign(self, record: R, actor: Any, officer: Any, *, key: str = "") -> bool:
        """分派 Give the case to an officer."""
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=record.pk)
            if key and Receipt.objects.filter(pk=key).exists():
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
                Receipt.objects.create(key=key, case=case, act="assign")
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


def extend_clock(
    record: Record, *, days: Annotated[int, Label(gettext_lazy("展延日數"))], reason: Reason
) -> None:
    """What an extension asks; `Extend.play` moves the deadline."""


def _running(deadline: Deadline) -> Guard:
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
            change = clocks.prolong(self.deadline, clock, Days(given["days"]), at, actor, given["reason"])
        except ExtensionRefused as refused:
            raise Refused(clocks.refusal(refused)) from refused
        docket.change(change)
        docket.settle()
        docket.drafts.append(
            ledger.Draft(
                self.name, "", at, actor.pk if actor else None, case.pk, case.stage, case.stage,
                {"given": given, "changed": {"due_at": [change.due_before, change.due_after]}},
            )
        )  # fmt: skip
        return step


def visible(user: Any) -> Q:
    """Every case of every room this person may know of: the one condition of worklist, search, counts and exports."""
    by_duty: dict[Duty, list[str]] = {}
    for process in processes.values():
        by_duty.setdefault(process.sees, []).append(process.kind)
    asked = [(kinds, duty.cases(user)) for duty, kinds in by_duty.items()]
    if not any(q for _kinds, q in asked):
        return Q()
    found = Q(pk__in=())
    for kinds, q in asked:
        found |= Q(kind__in=kinds) & q
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
    "visible",
    "write",
]
