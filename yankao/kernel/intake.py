"""What a room takes in from files: the profile that reads a row and the function that keeps it.

A room's `imports.py` names `IMPORTS = (Import(...), ...)`; desk, command line and API use the same. Every
row of a file is
either kept or comes back with its reason: `keep` gets the accepted rows one by one and raises Refusal to
send one back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation

from .casework.process import Refused as MoveRefused
from .people import cells
from .sheets.intake import Accepted, Column, Problem, Profile, Refusal, Refused, Values, judge
from .sheets.sheet import Sheet


class Keeper(Protocol):
    """Keeps the rows of one file, a stretch at a time."""

    def __call__(self, rows: list[Accepted], /) -> list[Refused]:
        """Keep them; those that cannot be kept come back."""

    def ending(self) -> list[str]:
        """What is to be said of the whole file."""


@dataclass(frozen=True)
class Import:
    """One kind of file a room takes: `code` names it on the command line.

    `keep(actor, values)` keeps one row (inside a savepoint) and may raise Refusal; `keep_all(actor, rows)`
    instead takes every accepted row at once for bulk files, or so many at a time as `stretch` says, so that
    memory stays small, and returns the refused ones with their problems. A row kept twice must do nothing the
    second time: find it by its key and say so or leave it alone. What is doubtful about a row that is kept
    all the same goes into the list `values["notes"]` and is reported with its number.

    `keeper(actor, header, name of the file)` makes such a function anew for each file, where it must remember
    something from one stretch to the next, and what it has to say at the end.

    `take_place(actor, path, dry, progress)` is for what is no table at all (a box of mails): at a terminal
    only.
    """

    code: str
    title: Any
    profile: Profile
    keep: Callable[[Any, Values], Any] | None = None
    keep_all: Callable[[Any, list[Accepted]], list[Refused]] | None = None
    keeper: Callable[[Any, list[str], str], Keeper] | None = None
    stretch: int = 0
    take_place: Callable[[Any, Path, bool, Callable[[int], None]], Outcome] | None = None
    may: Callable[[Any], bool] = lambda user: True
    example: tuple[str, ...] = ()
    records: Callable[[Any], Iterable[Any]] | None = None
    """What of it is on record and this person may see, to be taken out in the same columns. A file taken out
    and taken in again where its records are not known yet makes them anew; where they are, it changes
    nothing.
    """

    @property
    def at_desk(self) -> bool:
        """Whether a file of it can be handed in on a page."""
        return self.take_place is None

    def out(self, user: Any) -> tuple[list[str], Iterator[list[Any]]]:
        """The header in the reader's language, and a row for each record. Raises ValueError without
        `records`.
        """
        if self.records is None:
            raise ValueError(f"{self.code} cannot be taken out")
        last = -1 if (translation.get_language() or "").startswith("en") else 0
        columns = self.profile.columns
        rows = ([_cell(column, record) for column in columns] for record in self.records(user))
        return [str(column.names[last]) for column in columns], rows


def _cell(column: Column, record: Any) -> Any:
    """A cell that the column's own parser reads back: labels of choices, names of agencies and districts.

    What the record does not hold itself is looked for on its docket.
    """
    if column.told is not None:
        return column.told(record)
    label = getattr(record, f"get_{column.field}_display", None)
    if label is not None:
        return str(label())
    value = getattr(record if hasattr(record, column.field) else record.case, column.field)
    plain = value is None or isinstance(value, str | int | Decimal | date)
    return value if plain else cells.written(value)


@dataclass
class Outcome:
    """What became of a file: how many rows were read and kept, and those refused, with reasons."""

    read: int = 0
    kept: int = 0
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)


class _Undo(Exception):
    """Leaves a dry run without a trace."""


def take(
    sheet: Sheet,
    wanted: Import,
    actor: Any,
    *,
    dry: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Read, judge and keep the rows; `dry` does everything and then undoes it. kept + refused = read,
    always.
    """
    outcome = Outcome(header=list(sheet.header))
    try:
        with transaction.atomic():
            accepted: list[Accepted] = []
            keeper = wanted.keeper(actor, list(sheet.header), sheet.name) if wanted.keeper else None
            keep_all = keeper or (partial(wanted.keep_all, actor) if wanted.keep_all else None)
            for row in judge(sheet, wanted.profile):
                outcome.read += 1
                if isinstance(row, Refused):
                    outcome.refused.append(row)
                elif keep_all:
                    accepted.append(row)
                    if len(accepted) == wanted.stretch:
                        _keep_all(keep_all, accepted, outcome)
                        accepted = []
                else:
                    _keep(wanted, actor, row, outcome)
                if progress:
                    progress(outcome.read)
            if keep_all and (accepted or not wanted.stretch):
                _keep_all(keep_all, accepted, outcome)
            outcome.notes += keeper.ending() if keeper else []
            outcome.refused.sort(key=lambda row: row.number)
            if dry:
                raise _Undo
    except _Undo:
        pass
    return outcome


def _keep_all(
    keep_all: Callable[[list[Accepted]], list[Refused]], accepted: list[Accepted], outcome: Outcome
) -> None:
    back = keep_all(accepted)
    outcome.refused += back
    outcome.kept += len(accepted) - len(back)
    sent_back = {row.number for row in back}
    for row in accepted:
        if row.number not in sent_back:
            outcome.notes += _said(row)


def _keep(wanted: Import, actor: Any, row: Accepted, outcome: Outcome) -> None:
    assert wanted.keep
    try:
        with transaction.atomic():
            wanted.keep(actor, row.values)
        outcome.kept += 1
        outcome.notes += _said(row)
    except Exception as error:
        outcome.refused.append(Refused(row.number, row.cells, tuple(_problems(row.number, error))))


def _said(row: Accepted) -> list[str]:
    """What was doubtful about a row that was kept: by the reader, and by the room (in `values["notes"]`)."""
    return [f"{row.number}: {note}" for note in (*row.notes, *row.values.get("notes", ()))]


def _problems(number: int, error: Exception) -> list[Problem]:
    """The sentences of a refusal; an error that is none of ours is not swallowed."""
    if isinstance(error, Refusal):
        return [Problem(number, error.column, error.value, error.sentence)]
    if isinstance(error, MoveRefused):
        return [Problem(number, "", "", str(error))]
    if isinstance(error, ValidationError):
        if hasattr(error, "error_dict"):
            return [Problem(number, k, "", " ".join(v)) for k, v in error.message_dict.items()]
        return [Problem(number, "", "", " ".join(error.messages))]
    raise error
