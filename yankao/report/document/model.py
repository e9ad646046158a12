"""The block model of a report (中性區塊模型) and the facts behind its figures.

A `Report` is a tree of chapters and blocks; the text of a block is a tuple of runs. A number enters the
text as a `Fact` run, which names a `FactRecord`, or as an `External` run, which names its source. All
values are immutable and round-trip through `to_dict` / `from_dict` as plain JSON, so that a frozen
edition can be stored and rendered again.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from django.utils.translation import gettext as _

type Language = Literal["zh-hant", "en"]
type Status = Literal["draft", "frozen"]

FACT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~\[\]=,:@-]*")
"""Fact ids travel as link parts, field names and JSON keys; `#` and `/` are kept free for our own
suffixes.
"""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that neither XML nor a page can hold; a pasted text may bring them."""

ANCHOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Anchors and the ids of tables are link targets, file names and names of sheets."""


def _require_anchor(anchor: str) -> None:
    if not ANCHOR.fullmatch(anchor):
        raise ValueError(f"{anchor!r} cannot be an anchor: letters, digits and ._- only.")


@dataclass(frozen=True, slots=True)
class Said:
    """One saying in both languages; `zh` is Traditional Chinese."""

    zh: str
    en: str = ""

    def in_language(self, language: Language) -> str:
        """The text in the report's language, or the other one when it was never written."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)


@dataclass(frozen=True, slots=True)
class Text:
    """Prose. It holds no untraced number (see `lint`)."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure in the text: the id of its record and the words shown, measure word included
    (「97,699件」).
    """

    fact_id: str
    display: str

    def __post_init__(self) -> None:
        if _UNPRINTABLE.search(self.display) or re.search(r"[\t\n]", self.display):
            raise ValueError(f"The words of the figure {self.fact_id} must be one line of plain text.")


@dataclass(frozen=True, slots=True)
class External:
    """A typed number that no record here produces, with the source it was taken from."""

    text: str
    source: str


type Run = Text | Fact | External
type Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the chapter. `number` has one part per level: (1,) is 一、, (1, 2) is (二), (1, 2,
    3) is 3.
    """

    level: Literal[1, 2, 3]
    number: tuple[int, ...]
    text: str
    anchor: str

    def __post_init__(self) -> None:
        _require_anchor(self.anchor)
        if len(self.number) != self.level or min(self.number, default=0) < 1:
            raise ValueError(
                f"A heading of level {self.level} needs {self.level} numbers from 1 up, not {self.number}."
            )


@dataclass(frozen=True, slots=True)
class Para:
    runs: Runs


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered item of a list: level 1 is 1., level 2 is (1)."""

    level: Literal[1, 2]
    number: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are runs; every row has as many cells as the header. The first cell of a row names the row."""

    id: str
    caption: str
    header: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]
    footer: tuple[tuple[Runs, ...], ...] = ()
    units: str = ""

    def __post_init__(self) -> None:
        _require_anchor(self.id)
        if not self.header:
            raise ValueError(f"Table {self.id} has no columns.")
        for row in (*self.rows, *self.footer):
            if len(row) != len(self.header):
                raise ValueError(
                    f"Table {self.id} has {len(self.header)} columns, but a row has {len(row)} cells."
                )


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture (SVG with presentation attributes), the sentence that says what it shows, and its numbers."""

    id: str
    svg: str
    sentence: str
    data: Table

    def __post_init__(self) -> None:
        _require_anchor(self.id)


@dataclass(frozen=True, slots=True)
class Note:
    """A set-apart line: `absent` (本項尚未於本系統管理), `break` (break in series), `late` (補登), `note`."""

    kind: Literal["absent", "break", "late", "note"]
    runs: Runs


type Block = Heading | Para | Item | Table | Chart | Note


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the council's book: 25 is 貳拾伍、. The number is given by the book, not by our order."""

    number: int
    title: str
    anchor: str
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        _require_anchor(self.anchor)
        depth = 0
        for block in self.blocks:
            if isinstance(block, Heading):
                if block.level > depth + 1:
                    raise ValueError(
                        f"The heading {block.anchor} skips a level; screen readers need every level."
                    )
                depth = block.level


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report in one language.

    `dated` is the fixed date of the document (its metadata use no clock). `site` is put before the
    permalinks where a file leaves the site, for example ``https://rdec.example``. `notice` is a line
    shown on every page, such as the one that says the records are a scaled demonstration; `status` is
    stamped 草稿 or 定稿.
    """

    title: str
    session: str
    language: Language
    agency: str
    period: str
    edition: int
    as_of: str
    dated: date
    chapters: tuple[Chapter, ...]
    status: Status = "draft"
    notice: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class FactRecord:
    """What stands behind a figure: value, meaning, period and the set of records counted.

    `concept` is the figure's name with its slice (``control.programme.items[programme=morakot]``).
    `value` is the exact decimal as text, or "" when the value is withheld. `start` is None for a stock,
    whose moment is `end`. `records` is the number of records behind it and `digest` the SHA-256 over
    their keys in order.
    """

    id: str
    concept: str
    label: Said
    value: str
    display: Said
    unit: Said
    decimals: int
    start: date | None
    end: date
    as_of: date
    kind: Literal["flow", "stock", "cumulative", "cohort"]
    definition: Said
    definition_version: int
    legal_basis: str
    records: int
    digest: str
    source: str
    href: str
    footnotes: tuple[str, ...] = ()
    approximate: bool = False
    previous: str | None = None

    def __post_init__(self) -> None:
        if not FACT_ID.fullmatch(self.id):
            raise ValueError(f"{self.id!r} cannot be the id of a fact: letters, digits and ._~[]=,:@- only.")
        if self.value and not re.fullmatch(r"-?\d+(\.\d+)?", self.value, re.ASCII):
            raise ValueError(f"The value of {self.id} must be a plain decimal number, not {self.value!r}.")


@dataclass(frozen=True, slots=True)
class Facts:
    """All fact records of an edition, unique by id, in the order of the outline."""

    records: tuple[FactRecord, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for record in self.records:
            if record.id in seen:
                raise ValueError(f"The fact {record.id} is given twice.")
            seen.add(record.id)

    def by_id(self) -> dict[str, FactRecord]:
        return {record.id: record for record in self.records}


def block_runs(block: Block) -> Iterator[Runs]:
    """Every tuple of runs in a block, in reading order; of a table cell by cell."""
    match block:
        case Para(runs) | Item(runs=runs) | Note(runs=runs):
            yield runs
        case Table():
            for row in (block.header, *block.rows, *block.footer):
                yield from row
        case Chart():
            yield from block_runs(block.data)
        case Heading():
            return


def fact_runs(report: Report) -> Iterator[Fact]:
    """Every figure as it stands in the report, in reading order, repetitions included."""
    for chapter in report.chapters:
        for block in chapter.blocks:
            for runs in block_runs(block):
                yield from (run for run in runs if isinstance(run, Fact))


def tables(report: Report) -> Iterator[Table]:
    """Every table in reading order, those behind charts included."""
    for chapter in report.chapters:
        for block in chapter.blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Chart):
                yield block.data


def anchors(report: Report) -> Iterator[str]:
    """The names of all chapters, headings, tables and charts, in order."""
    for chapter in report.chapters:
        yield chapter.anchor
        for block in chapter.blocks:
            match block:
                case Heading(anchor=anchor):
                    yield anchor
                case Table(id=anchor):
                    yield anchor
                case Chart(id=anchor, data=data):
                    yield from (anchor, data.id)


def missing_facts(report: Report, facts: Facts) -> list[str]:
    """Ids that the text uses and no record explains, each once, in reading order. Outputs refuse such a
    report.
    """
    known = facts.by_id()
    return list(dict.fromkeys(run.fact_id for run in fact_runs(report) if run.fact_id not in known))


def require_printable(report: Report, facts: Facts) -> None:
    """Raise ValueError when the text uses a figure without a record, holds a control character, or names two
    places alike.
    """
    if missing := missing_facts(report, facts):
        raise ValueError(_("下列數字沒有紀錄可循：%(facts)s。") % {"facts": "、".join(missing)})
    seen = {"appendix"}  # the outputs' own
    for anchor in anchors(report):
        if anchor in seen:
            raise ValueError(f"Two places of the report are named {anchor}.")
        seen.add(anchor)
    for text in _texts((to_dict(report), to_dict(facts))):
        if bad := _UNPRINTABLE.search(text):
            found = {"character": f"U+{ord(bad[0]):04X}", "text": text[: bad.start()][-20:]}
            raise ValueError(_("「%(text)s」之後有無法列印之控制字元%(character)s，請刪除。") % found)


def _texts(plain: Any) -> Iterator[str]:
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, dict):
        for part in plain.values():
            yield from _texts(part)
    elif isinstance(plain, list | tuple):
        for part in plain:
            yield from _texts(part)


# --- storing
# ---------------------------------------------------------------------------------------------------------

_TAGGED: dict[str, type[Any]] = {
    cls.__name__.lower(): cls for cls in (Text, Fact, External, Heading, Para, Item, Table, Chart, Note)
}
_TAGS = {cls: tag for tag, cls in _TAGGED.items()}


def to_dict(value: Report | Facts) -> dict[str, Any]:
    """The whole model as JSON-ready plain values; blocks and runs carry their kind under ``"is"``."""
    plain: dict[str, Any] = _plain(value)
    return plain


def from_dict[T: (Report, Facts)](cls: type[T], stored: Mapping[str, Any]) -> T:
    """The model again from what `to_dict` gave. Raises ValueError for unknown or missing parts."""
    made: T = _made(cls, stored)
    return made


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        tag = {"is": _TAGS[type(value)]} if type(value) in _TAGS else {}
        return tag | {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


@cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    return get_type_hints(cls)


def _made(hint: Any, stored: Any) -> Any:
    hint = getattr(hint, "__value__", hint)
    if get_origin(hint) in (Union, types.UnionType):
        if stored is None:
            return None
        choices = [choice for choice in get_args(hint) if choice is not type(None)]
        return _made(choices[0] if len(choices) == 1 else _choice(choices, stored), stored)
    if get_origin(hint) is tuple:
        return tuple(_made(get_args(hint)[0], part) for part in stored)
    if is_dataclass(hint):
        return _made_dataclass(hint, stored)
    if hint is date:
        return date.fromisoformat(stored)
    if get_origin(hint) is Literal:
        if stored not in get_args(hint):
            raise ValueError(f"{stored!r} is none of {get_args(hint)}.")
        return stored
    if not isinstance(stored, hint) or (hint is int and isinstance(stored, bool)):
        raise ValueError(f"{stored!r} is not of type {hint.__name__}.")
    return stored


def _choice(choices: list[Any], stored: Any) -> Any:
    found = _TAGGED.get(stored.get("is", "")) if isinstance(stored, Mapping) else None
    if found not in choices:
        raise ValueError(
            f"A stored part of the report is none of {[choice.__name__ for choice in choices]}: {stored!r}"
        )
    return found


def _made_dataclass(cls: Any, stored: Mapping[str, Any]) -> Any:
    names = {field.name for field in fields(cls)}
    given = {key: part for key, part in stored.items() if key != "is"}
    if unknown := given.keys() - names:
        raise ValueError(f"A stored {cls.__name__} has unknown parts: {', '.join(sorted(unknown))}.")
    hints = _hints(cls)
    try:
        return cls(**{key: _made(hints[key], part) for key, part in given.items()})
    except TypeError as error:
        raise ValueError(f"A stored {cls.__name__} is incomplete: {error}") from error
