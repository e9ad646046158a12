"""Rows into values by a profile: each row is either accepted or refused with its reasons, never lost."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .sheet import Row, Sheet, SheetError
from .writing import write_csv, write_ods

type Values = dict[str, Any]
type Text = str | Promise

REASON_NAMES = ("原因", "Reason")
"""The added column of a refused file in either language; ignored when such a file comes back corrected."""


class Refusal(Exception):
    """A value or a row cannot be taken; `sentence` says why and what to do; `column` where, when known."""

    def __init__(self, sentence: str, column: str = "", value: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.column, self.value = sentence, column, value


@dataclass(frozen=True)
class Column:
    """One field: the headers it may stand under, how its text becomes a value.

    `parse` raises Refusal (or ValueError) for text it cannot take; it is not called for a blank cell:
    that gives `default`, or a problem when `required`. `told` goes the other way: what an export in these
    columns writes for a record; without it the record's attribute of this name.
    """

    field: str
    names: tuple[str, ...]
    parse: Callable[[str], object] = str.strip
    required: bool = False
    default: object = None
    told: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Problem:
    """Why a row was refused: its number, the column's header (may be empty), the text given, the sentence."""

    row: int
    column: str
    value: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.column}：{self.sentence}" if self.column else self.sentence


@dataclass(frozen=True)
class Profile:
    """How a table is read: its columns, a check across them, the fields that name a record.

    `check(values)` yields (field or "", sentence). Two rows of one file with the same `key` cannot both be
    meant: the later one is refused. `refuse_damaged`: rows that lost characters or cells are refused.
    """

    title: Text
    columns: tuple[Column, ...]
    check: Callable[[Values], Iterable[tuple[str, str]]] | None = None
    key: tuple[str, ...] = ()
    refuse_damaged: bool = True


@dataclass(frozen=True)
class Accepted:
    """A row that can be taken: its number, its values by field, what was doubtful but harmless."""

    number: int
    values: Values
    cells: list[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A row that cannot be taken, as it came, with its problems."""

    number: int
    cells: list[str]
    problems: tuple[Problem, ...]


def _plain(header: str) -> str:
    """A header for comparison: width, case, spaces and 台/臺 do not matter."""
    folded = unicodedata.normalize("NFKC", header).casefold().replace("台", "臺")
    return "".join(character for character in folded if not character.isspace() and character not in "*﹡_")


_REASONS = frozenset(_plain(name) for name in REASON_NAMES)


def places(header: list[str], profile: Profile) -> dict[str, int]:
    """Field → place in the header. SheetError names the required columns that are missing or doubled."""
    plain = [_plain(name) for name in header]
    found: dict[str, int] = {}
    missing: list[str] = []
    for column in profile.columns:
        at = [place for place, name in enumerate(plain) if name in {_plain(n) for n in column.names}]
        if len(at) > 1:
            names = "」「".join(header[place] for place in at)
            raise SheetError(_("標題「%(names)s」指的是同一欄，請只保留一個。") % {"names": names})
        if at:
            found[column.field] = at[0]
        elif column.required:
            missing.append(column.names[0])
    if missing:
        told = {"missing": "、".join(missing), "header": "、".join(filter(None, header)) or _("（空白）")}
        raise SheetError(_("缺少必要的欄位：%(missing)s。檔案的標題是：%(header)s。") % told)
    return found


def ignored(header: list[str], profile: Profile) -> list[str]:
    """Headers nothing reads: shown in the dry run, so that a misspelt column is seen."""
    used = set(places(header, profile).values())
    unread = [name for place, name in enumerate(header) if place not in used and name]
    return [name for name in unread if _plain(name) not in _REASONS]


def judge(sheet: Sheet, profile: Profile) -> Iterator[Accepted | Refused]:
    """Every row of the sheet in its order, accepted or refused; SheetError when the whole is unreadable."""
    at = places(sheet.header, profile)
    columns = [(one, at.get(one.field), _header(sheet.header, at, one.field)) for one in profile.columns]
    seen: dict[tuple[object, ...], int] = {}
    for row in sheet.rows:
        values, problems = _values(row, sheet.header, at, profile, columns)
        if not problems and profile.key:
            key = tuple(values[name] for name in profile.key)
            if key in seen:
                sentence = _("與第%(row)s列重複，同一筆只能出現一次。") % {"row": seen[key]}
                problems.append(Problem(row.number, _header(sheet.header, at, profile.key[0]), "", sentence))
            seen.setdefault(key, row.number)
        if problems:
            yield Refused(row.number, row.cells, tuple(problems))
        else:
            yield Accepted(row.number, values, row.cells, row.notes)


def _header(header: list[str], at: Mapping[str, int], name: str) -> str:
    return header[at[name]] if name in at else ""


def _values(
    row: Row,
    header: list[str],
    at: Mapping[str, int],
    profile: Profile,
    columns: list[tuple[Column, int | None, str]],
) -> tuple[Values, list[Problem]]:
    values: Values = {}
    problems: list[Problem] = []
    if row.damaged and profile.refuse_damaged:
        problems.extend(Problem(row.number, "", "", note) for note in row.notes)
    for column, place, heading in columns:
        text = row.cells[place] if place is not None else ""
        name = heading or column.names[0]
        if not text or text.isspace():
            values[column.field] = column.default
            if column.required:
                problems.append(Problem(row.number, name, text, _("不可空白。")))
            continue
        try:
            values[column.field] = column.parse(text)
        except Refusal as refusal:
            problems.append(Problem(row.number, name, text, refusal.sentence))
        except (ValueError, ArithmeticError):
            sentence = _("無法解讀「%(text)s」。") % {"text": text}
            problems.append(Problem(row.number, name, text, sentence))
    if not problems and profile.check is not None:
        for name, sentence in profile.check(values):
            place = at.get(name)
            text = row.cells[place] if place is not None else ""
            problems.append(Problem(row.number, _header(header, at, name), text, sentence))
    return values, problems


@dataclass
class Outcome:
    """What an import (or its dry run) did: read = accepted + refused, always."""

    header: list[str]
    title: Text = ""
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    row_notes: list[tuple[int, str]] = field(default_factory=list)
    stopped: str = ""

    @property
    def read(self) -> int:
        return self.accepted + len(self.refused)

    @property
    def problems(self) -> list[Problem]:
        return [problem for row in self.refused for problem in row.problems]

    def sentence(self) -> str:
        """One line for the screen: how many were read, accepted, refused."""
        return _("讀取%(read)s列：接受%(accepted)s列，退回%(refused)s列。") % {
            "read": f"{self.read:,}",
            "accepted": f"{self.accepted:,}",
            "refused": f"{len(self.refused):,}",
        }


def take(
    sheet: Sheet,
    profile: Profile,
    save: Callable[[Accepted], object] | None = None,
) -> Outcome:
    """Judge every row and hand the accepted ones to `save`; without `save` it is the dry run.

    `save` may raise Refusal (a rule that only the records know): the row then joins the refused ones, so it
    must have written nothing (give it its own savepoint). A file that breaks off midway sets `stopped` to the
    sentence: what was judged before stands in the outcome, and the caller decides whether it counts.
    """
    outcome = Outcome(sheet.header, profile.title, notes=list(sheet.notes))
    outcome.ignored = ignored(sheet.header, profile)
    try:
        for judged in judge(sheet, profile):
            if isinstance(judged, Refused):
                outcome.refused.append(judged)
                continue
            try:
                if save is not None:
                    save(judged)
            except Refusal as refusal:
                problem = Problem(judged.number, refusal.column, refusal.value, refusal.sentence)
                outcome.refused.append(Refused(judged.number, judged.cells, (problem,)))
                continue
            outcome.accepted += 1
            outcome.row_notes.extend((judged.number, note) for note in judged.notes)
    except SheetError as error:
        outcome.stopped = error.sentence
    return outcome


def refused_table(outcome: Outcome) -> tuple[list[str], list[list[str]]]:
    """(Header, rows) of the refused rows as they came, with a last column 原因 saying why.

    A reason column from an earlier round is replaced; cells beyond the header stand after the reason.
    """
    old = {place for place, name in enumerate(outcome.header) if _plain(name) in _REASONS}
    header = [name for place, name in enumerate(outcome.header) if place not in old]
    width = len(outcome.header)
    rows: list[list[str]] = []
    beyond = 0
    for refused in outcome.refused:
        own = [cell for place, cell in enumerate(refused.cells[:width]) if place not in old]
        extra = refused.cells[width:]
        beyond = max(beyond, len(extra))
        rows.append([*own, " ".join(str(problem) for problem in refused.problems), *extra])
    header = [*header, _("原因"), *([""] * beyond)]
    return header, [[*row, *([""] * (len(header) - len(row)))] for row in rows]


def refused_csv(outcome: Outcome) -> bytes:
    """The refused rows as a CSV file that, once corrected, can be imported as it is."""
    return b"".join(write_csv(*refused_table(outcome)))


def refused_ods(outcome: Outcome) -> bytes:
    """The refused rows as an ODS file; text stays text, so nothing changes on the way."""
    return write_ods(*refused_table(outcome), title=str(outcome.title))
