"""A move under way: what its body may ask for, and the case in memory with everything that changes about
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, KeysView
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .. import bulk, prepared
from ..audit import ledger
from ..calendar import NoCalendar, local_day
from ..evidence.models import Evidence
from ..rules.values import NotInForce
from ..span import Counted
from . import clocks, searched
from .clocks import Deadline
from .models import Case, CaseEvidence, Clock, ClockChange, Receipt, Record

Checked = tuple[models.Model, list[str], bool]
"""A row, the fields not asked about, and whether it is asked for being the only one of its kind."""


class Refused(Exception):
    """The move is not open to this actor, from this stage, or with what was given. `str()` is the sentence
    to show.
    """


@contextmanager
def counted() -> Iterator[None]:
    """A deadline that would fall into a year without a calendar, or before its rule, refuses what would
    begin it.
    """
    try:
        yield
    except NotInForce as found:
        raise Refused(str(found)) from found
    except NoCalendar as found:
        told = {"year": found.year, "roc": found.year - 1911}
        raise Refused(
            _("%(year)s年（民國%(roc)s年）沒有辦公日曆，算不出期限；請檢查日期，或先匯入該年的日曆。") % told
        ) from found


@dataclass(frozen=True)
class Tell:
    """Who hears of a move: `to(record)` gives the people, `text` the subject (may use {number} and
    {title}).
    """

    to: Callable[[Any], Iterable[Any]]
    text: Any
    kind: str = "result"


class Step:
    """One move under way: who, when, and what the body wants saved besides its own record."""

    def __init__(self, actor: Any, at: datetime, case: Case, *, history: bool = False) -> None:
        self.actor, self.at, self.case = actor, at, case
        self.history = history
        """Told of the past, many at once (`Archive`): what nobody kept then is not asked now."""
        self.running: dict[str, Clock] = {}
        """The clocks that run when the move begins, by code; none before its body."""
        self.added: list[models.Model] = []
        self.kept: list[models.Model] = []
        self.target: str | None = None
        self.told: list[tuple[Iterable[Any], Any, str]] = []
        self.linked: list[tuple[Case, str]] = []
        self.begun: list[tuple[Deadline, date | datetime, str]] = []
        self.ended: list[tuple[Deadline, str]] = []
        self.prolonged: list[tuple[Deadline, Counted, str, str, datetime | None]] = []
        self.after: list[Callable[[], None]] = []

    @cached_property
    def today(self) -> date:
        """The day of the move in local time."""
        return local_day(self.at)

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

    def prolong(
        self, deadline: Deadline, by: Counted, reason: str, mark: str = "", *, asked: datetime | None = None
    ) -> None:
        """Extend a running clock within its policy, which may refuse; `asked` is when it was asked for, if
        not now.
        """
        self.prolonged.append((deadline, by, reason, mark, asked))

    def then(self, act: Callable[[], None]) -> None:
        """What follows once this move is written, in the same transaction: moves of other cases. A history
        played in bulk does not ask it; it plays those moves itself.
        """
        self.after.append(act)

    def link(self, other: Case, kind: str) -> None:
        """Tie the case to another one."""
        self.linked.append((other, kind))


class Deadlines(dict[str, Deadline]):
    """Deadlines by code; that of a marked clock (`monthly:2012-06`) is found by what stands before the
    colon.
    """

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
    first: list[models.Model] = field(default_factory=list)
    """Rows that the record points to: written after its case and before itself."""
    added: list[models.Model] = field(default_factory=list)
    kept: list[models.Model] = field(default_factory=list)
    evidence: list[CaseEvidence] = field(default_factory=list)
    fresh: bool = False
    """The case is being opened."""

    def __post_init__(self) -> None:
        self.was_searched = None if self.fresh else searched.text_of(self.case, self.record)

    def begin(self, deadline: Deadline, since: date | datetime | None = None, mark: str = "") -> None:
        since = deadline.start_of(self.record) if since is None else since
        clock = clocks.start(deadline, self.case, since, self.record)
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


def write(docket: Docket) -> None:
    """Validate and keep everything a move changed, in the caller's transaction; the ledger last.

    Constraints are the database's to refuse: asking them one by one beforehand cost more statements than the
    whole move. Only when it refuses are they asked, for the sentence (`told`).
    """
    with told(checked(docket)):
        put(docket)


def checked(docket: Docket) -> list[Checked]:
    """What a move writes, with the fields that are not asked about."""
    return [
        (docket.record, ["case"], True),
        (docket.case, ["number", "agency", "officer", "district"], False),
        *((row, _relations(row), False) for row in [*docket.added, *docket.kept]),
    ]


@contextmanager
def told(rows: list[Checked]) -> Iterator[None]:
    """What the database refuses of these rows is told as a ValidationError by field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        for row, exclude, unique in rows:
            row.full_clean(exclude=exclude, validate_unique=unique)
        raise


def clean(row: models.Model, exclude: list[str], *, unique: bool = False) -> None:
    """Fields and the model's own rule; with all that is wrong beside it when one of them is."""
    try:
        row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError:
        row.full_clean(exclude=exclude, validate_unique=unique)
        raise


def done(key: str) -> bool:
    """Whether the request of that key was carried out before."""
    return bool(
        prepared.rows(
            (__name__, "done"), [key], lambda given: Receipt.objects.filter(pk=given[0]).values_list("act")
        )
    )


def remember(key: str, case: Case, act: str) -> None:
    """The request of that key is carried out; a retry finds it so."""
    bulk.save(bulk.made(Receipt, key=key, case=case, act=act))


def running(case: Case) -> dict[str, Clock]:
    """The running clocks of a case by their codes."""
    found = prepared.instances(Clock, Q(case_id=case.pk, stopped_at=None))
    for clock in found:
        clock.case = case
    return {clock.code: clock for clock in found}


def put(docket: Docket) -> None:
    """What `write` does within `told`."""
    case, record = docket.case, docket.record
    for row, exclude, unique in checked(docket)[:2]:
        clean(row, exclude, unique=unique)
    bulk.save(record)
    bulk.save(case)
    for row in [*docket.added, *docket.kept]:
        clean(row, _relations(row))
        bulk.save(row)
    # A clock that is stopped goes first: a deadline that starts anew runs only one clock at a time.
    for clock in [*docket.touched, *docket.new_clocks]:
        bulk.save(clock)
    for change in docket.changes:
        bulk.save(change)
    for link in docket.evidence:
        CaseEvidence.objects.get_or_create(
            case=case, evidence=link.evidence, purpose=link.purpose, defaults={"act": link.act}
        )
    for draft in docket.drafts:
        draft.case_id, draft.subject = case.pk, f"case:{case.pk}"
    searched.keep(case, record, docket.was_searched, fresh=docket.fresh)
    ledger.append(docket.drafts)


def moment_of(record: Any) -> datetime:
    """When a guard is to judge: the time of the move under way; the present, where none is."""
    step: Step | None = getattr(record, "step", None)
    return timezone.now() if step is None else step.at


def _relations(row: models.Model) -> list[str]:
    return [f.name for f in row._meta.concrete_fields if f.is_relation]


@cache
def _facts(model: type[Record]) -> KeysView[str]:
    return dict.fromkeys(f.attname for f in model._meta.concrete_fields if not f.generated).keys()


def facts_of(record: Record) -> dict[str, Any]:
    """The columns of the record as they stand (and what else it holds in memory)."""
    names = _facts(type(record))
    if not record.__dict__.keys() >= names:
        for name in names:  # a column that was not read yet is read now
            getattr(record, name)
    return record.__dict__.copy()


def changes_of(before: dict[str, Any], record: Record) -> dict[str, Any]:
    after = record.__dict__
    return {
        name: [before[name], after[name]]
        for name in _facts(type(record))
        if after[name] is not before[name] and after[name] != before[name] and name != "case_id"
    }


_NO_FILES = frozenset({str, int, bool, type(None), date, datetime})


def evidence_in(value: Any) -> list[Evidence]:
    if type(value) in _NO_FILES:
        return []
    values = value if isinstance(value, list) else [value]
    found = [one for one in values if isinstance(one, Evidence)]
    for one in values:
        if hasattr(one, "__dataclass_fields__"):
            found += [v for n in one.__dataclass_fields__ if isinstance(v := getattr(one, n), Evidence)]
    return found


def reason_in(given: dict[str, Any]) -> str:
    return str(given.get("reason") or "")


def own_rows[M: models.Model](record: Any, model: type[M], by: str) -> list[M]:
    """The record's rows of a kind, `by` naming their key to it: from the database, or those of a history
    still in memory; with the changes of the move under way, if there is one (a guard may ask, too).
    """
    step: Step | None = getattr(record, "step", None)
    if record.pk:
        waiting = {row.pk: row for row in (step.kept if step else ()) if isinstance(row, model)}
        field: Any = model._meta.get_field(by)
        name = field.remote_field.get_accessor_name()  # by the record's own name for them, where it has one
        rows = getattr(record, name).all() if name else model._default_manager.filter(**{by: record})
        return [waiting.get(row.pk, row) for row in rows]
    docket: Docket | None = getattr(record, "docket", None)
    known = [*(docket.added if docket else []), *(step.added if step else [])]
    return [row for row in known if isinstance(row, model)]
