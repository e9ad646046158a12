"""The columns of a list: what each reads from the docket or the record, how it is shown and how it is
exported.

Rows are plain tuples: the docket's columns in the order of `DOCKET`, then one value for each further column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.calendar import local_day
from yankao.kernel.casework.models import Security
from yankao.kernel.casework.process import Process, processes
from yankao.kernel.rooms import Room, room
from yankao.kernel.sheets import Cell

from . import reference
from .addresses import case_address
from .deadlines import due_cell
from .jinja import MONTHS, english
from .parts import Person, Row, Tag
from .screens import Column as Wish
from .screens import screens_of

DOCKET = (
    "pk",
    "opened_on",
    "due_at",
    "number",
    "title",
    "kind",
    "stage",
    "agency_id",
    "officer_id",
    "closed_on",
    "district_id",
    "security",
)
PK, OPENED, DUE, NUMBER, TITLE, KIND, STAGE, AGENCY, OFFICER, CLOSED, DISTRICT, SECURITY = range(len(DOCKET))
DERIVED = 2
"""So many columns of the record are shown when a room says nothing."""
SHORT = 80

type Values = Sequence[Any]


@dataclass
class Ground:
    """What the cells of one page share: the hour, the language, names and the words of stages."""

    now: datetime = field(default_factory=timezone.now)
    started: dict[int, datetime] = field(default_factory=dict)
    people: dict[int, reference.Named] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.today = local_day(self.now)
        self.english = english()
        self.agencies = reference.agency_names()
        self._stages: dict[tuple[str, str], Tag] = {}
        self._days: dict[date, str] = {}
        self.case_address = case_address()

    def stage(self, kind: str, stage: str) -> Tag:
        kept = self._stages.get((kind, stage))
        if kept is None:
            kept = self._stages[kind, stage] = stage_tag(kind, stage)
        return kept

    def person(self, pk: int | None) -> str:
        found = self.people.get(pk) if pk is not None else None
        if found is None:
            return ""
        return found.en if self.english and found.en else found.zh

    def day(self, value: date | None) -> str:
        """115/11/23, or 23 Nov 2026; days repeat down a list, so each is written once."""
        if value is None:
            return ""
        told = self._days.get(value)
        if told is None:
            told = self._days[value] = self._day(value)
        return told

    def _day(self, value: date) -> str:
        if isinstance(value, datetime):
            value = local_day(value)
        if self.english:
            return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
        return (
            f"{value.year - 1911}/{value.month:02}/{value.day:02}"
            if value.year >= 1912
            else value.isoformat()
        )


def stage_tag(kind: str, stage: str) -> Tag:
    """The words of a stage; closing stages are green, others blue, unless the room names a tone in
    `Screens.words["tones"]`.
    """
    process = processes.get(kind)
    if process is None:
        return Tag(stage)
    closing = {target for move in process.moves.values() if move.closes for target in move.targets}
    tone = _tones(kind).get(stage, "green" if stage in closing else "blue")
    return Tag(process.stage_label(stage), tone)


def _tones(kind: str) -> dict[str, str]:
    try:
        tones = screens_of(room(kind)).words.get("tones", {})
    except LookupError:
        return {}
    return {str(stage): tone for stage, tone in tones.items()}


@dataclass(frozen=True)
class Shown:
    """One column of a list.

    `cell` makes what the macro draws, `plain` the typed values of an export, one for each of `heads`; both
    get the whole row, or the one value when the column has a `lookup` of its own.
    """

    key: str
    label: Any
    kind: str
    cell: Callable[[Any, Ground], Any]
    plain: Callable[[Any, Ground], Sequence[Cell]]
    heads: tuple[Any, ...] = ()
    lookup: str = ""
    sorts: tuple[str, str] | None = None
    tells: int | None = None
    """The one column of the docket it tells: rows that hold the same there share their cell."""

    @property
    def headings(self) -> tuple[Any, ...]:
        return self.heads or (self.label,)


def _person_cell(row: Values, ground: Ground) -> Person | None:
    name = ground.person(row[OFFICER])
    return Person(name) if name else None


def _source(row: Values, ground: Ground) -> str:
    process = processes.get(row[KIND])
    return _room_title(row[KIND]) or (process.title if process else row[KIND])


def _room_title(kind: str) -> str:
    try:
        return room(kind).title
    except LookupError:
        return ""


SUBJECT = Shown(
    "subject",
    gettext_lazy("主旨"),
    "subject",
    lambda row, g: row[TITLE],
    lambda row, g: (row[NUMBER], row[TITLE], g.agencies.get(row[AGENCY], "")),
    heads=(gettext_lazy("案號"), gettext_lazy("案名"), gettext_lazy("主辦機關")),
)
SOURCE = Shown("source", gettext_lazy("來源"), "text", _source, lambda row, g: (_source(row, g),))
STAGED = Shown(
    "stage",
    gettext_lazy("階段"),
    "tag",
    lambda row, g: g.stage(row[KIND], row[STAGE]),
    lambda row, g: (g.stage(row[KIND], row[STAGE]).text,),
)
DEADLINE = Shown(
    "due",
    gettext_lazy("期限"),
    "due",
    lambda row, g: (
        due_cell(row[DUE], g.now, g.today, g.started.get(row[PK])) if row[CLOSED] is None else None
    ),
    lambda row, g: (row[DUE] if row[CLOSED] is None else None,),
    sorts=("due", "-due"),
)
HANDLER = Shown(
    "officer",
    gettext_lazy("承辦"),
    "person",
    _person_cell,
    lambda row, g: (g.person(row[OFFICER]),),
    tells=OFFICER,
)
OPENED_ON = Shown(
    "opened",
    gettext_lazy("立案日"),
    "date",
    lambda row, g: g.day(row[OPENED]),
    lambda row, g: (row[OPENED],),
    sorts=("opened", "-opened"),
    tells=OPENED,
)
CLOSED_ON = Shown(
    "closed",
    gettext_lazy("結案日"),
    "date",
    lambda row, g: g.day(row[CLOSED]),
    lambda row, g: (row[CLOSED],),
    tells=CLOSED,
)
PLACE = Shown(
    "district",
    gettext_lazy("行政區"),
    "text",
    lambda row, g: _district(row),
    lambda row, g: (_district(row),),
    tells=DISTRICT,
)


def _district(row: Values) -> str:
    found = reference.districts().get(row[DISTRICT]) if row[DISTRICT] else None
    return found.name if found else ""


SECRECY = Shown(
    "security",
    gettext_lazy("安全等級"),
    "text",
    lambda row, g: str(Security(row[SECURITY]).label),
    lambda row, g: (str(Security(row[SECURITY]).label),),
    tells=SECURITY,
)
OF_THE_DOCKET = (SUBJECT, STAGED, DEADLINE, HANDLER, OPENED_ON, CLOSED_ON, PLACE, SECRECY)
USUAL = ("subject", "stage", "due", "officer", "opened")
WORK = (SUBJECT, SOURCE, DEADLINE, STAGED, HANDLER)


# ── The record's own ──────────────────────────────────────────────────────────────────────────────


def _shows(column: Any) -> Callable[[Any, Ground], str]:
    """How a value of this column is written."""
    if column is not None and column.choices:
        words = dict(column.flatchoices)
        return lambda value, ground: str(words.get(value, "" if value is None else value))
    return _show


def _own_words(own: Callable[[Any], Any]) -> Callable[[Any, Ground], str]:
    return lambda value, ground: str(own(value))


def _show(value: Any, ground: Ground) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, date):
        return ground.day(value)
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return str(value)


def _typed(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | Decimal | date)


def _of_record(record: type[models.Model], key: str, lookup: str, label: Any, wish: Wish | None) -> Shown:
    column = _field(record, lookup)
    number = wish.number if wish else isinstance(column, models.IntegerField | models.DecimalField)
    kind = "number" if number else "date" if isinstance(column, models.DateField) else "text"
    show = _shows(column)
    if wish is not None and wish.show is not None:
        show = _own_words(wish.show)
    chosen = bool(column is not None and column.choices)

    def plain(value: Any, ground: Ground) -> Sequence[Cell]:
        return (value,) if _typed(value) and not chosen else (show(value, ground),)

    path = f"{record._meta.model_name}__{lookup}"
    return Shown(key, label, kind, show, plain, lookup=path)


def _field(record: type[models.Model], lookup: str) -> Any:
    model, found = record, None
    for part in lookup.split("__"):
        try:
            found = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        model = found.related_model if found.is_relation else model  # type: ignore[assignment]
    return found


def _plain_column(record: type[models.Model], name: str) -> Shown | None:
    """A column of the record by its name; one that points elsewhere shows the other's name."""
    found = _field(record, name)
    if not isinstance(found, models.Field):
        return None
    lookup = name
    if found.is_relation:
        other: Any = found.related_model
        text = next((n for n in ("name", "title", "number", "code") if _field(other, n) is not None), None)
        if text is None:
            return None
        lookup = f"{name}__{text}"
    return _of_record(record, name, lookup, found.verbose_name, None)


def columns_of(room: Room) -> tuple[Sequence[Shown], Sequence[str]]:
    """Every column a room's list can show, and the keys of those it shows unless asked otherwise."""
    process = room.process
    if process is None:
        return OF_THE_DOCKET, USUAL
    return _columns_of(process, screens_of(room).columns)


@cache
def _columns_of(
    process: Process[Any], wishes: tuple[str | Wish, ...]
) -> tuple[tuple[Shown, ...], tuple[str, ...]]:
    own, wished = _own_columns(process, wishes)
    return (*OF_THE_DOCKET, *own), (*USUAL[:1], *wished, *USUAL[1:])


def _own_columns(process: Process[Any], wishes: Sequence[str | Wish]) -> tuple[list[Shown], list[str]]:
    record, taken = process.record, {column.key for column in OF_THE_DOCKET} | process.unshown
    made: dict[str, Shown] = {}
    for wish in wishes:
        column = (
            _plain_column(record, wish)
            if isinstance(wish, str)
            else _of_record(record, wish.lookup, wish.lookup, wish.label, wish)
        )
        if column is not None and column.key not in taken:
            made[column.key] = column
    wished = list(made)
    for found in record._meta.concrete_fields:
        if not found.primary_key and found.name not in made and found.name not in taken and _short(found):
            column = _plain_column(record, found.name)
            if column is not None:
                made[column.key] = column
    if not wishes:
        wished = [name for name in process.asks if name in made][:DERIVED]
    return list(made.values()), wished


def _short(column: models.Field[Any, Any]) -> bool:
    if column.choices or column.is_relation:
        return True
    if isinstance(column, models.TextField | models.JSONField | models.FileField):
        return False
    return not isinstance(column, models.CharField) or (column.max_length or 0) <= SHORT * 2


# ── From tuples to rows ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Layout:
    """The columns of one list in their order, and what they read."""

    columns: tuple[Shown, ...]

    @property
    def lookups(self) -> tuple[str, ...]:
        return (*DOCKET, *(column.lookup for column in self.columns if column.lookup))

    def _bound[T](
        self, side: Callable[[Shown], Callable[[Any, Ground], T]]
    ) -> list[tuple[int | None, Callable[[Any, Ground], T]]]:
        place = len(DOCKET) - 1
        found: list[tuple[int | None, Callable[[Any, Ground], T]]] = []
        for column in self.columns:
            if column.lookup:
                place += 1
            found.append((place if column.lookup else None, side(column)))
        return found

    def rows(
        self, values: Sequence[Values], ground: Ground, *, picked: frozenset[str] = frozenset()
    ) -> list[Row]:
        """What the macro draws."""
        ground.people = reference.people({row[OFFICER] for row in values})
        drawn = []
        for column, (place, cell) in zip(self.columns, self._bound(lambda one: one.cell), strict=True):
            if place is not None:
                own = [row[place] for row in values]
                drawn.append(_told_once(cell, own, own, ground))
            elif column.tells is not None:
                drawn.append(_told_once(cell, [row[column.tells] for row in values], values, ground))
            else:
                drawn.append([cell(row, ground) for row in values])
        address, agencies, security = ground.case_address, ground.agencies, Security.SECRET.value
        secret = Tag(str(Security.SECRET.label), "violet", "plain")
        return [
            Row(
                row[NUMBER],
                address % row[PK],
                cells,
                (row[NUMBER], agencies.get(row[AGENCY], "")),
                row[NUMBER] in picked,
                secret if row[SECURITY] == security else None,
            )
            for row, cells in zip(values, zip(*drawn, strict=True), strict=True)
        ]

    def heads(self) -> list[Cell]:
        return [str(head) for column in self.columns for head in column.headings]

    def plain(self, row: Values, ground: Ground, bound: Any = None) -> list[Cell]:
        """One row of an export."""
        cells: list[Cell] = []
        for place, plain in bound or self.bound_plain():
            cells += plain(row if place is None else row[place], ground)
        return cells

    def bound_plain(self) -> list[tuple[int | None, Callable[[Any, Ground], Sequence[Cell]]]]:
        return self._bound(lambda column: column.plain)


def _told_once(
    cell: Callable[[Any, Ground], Any], values: Sequence[Any], given: Sequence[Any], ground: Ground
) -> list[Any]:
    """The cells of a column on one page, each made from what is `given` for it: those of equal values are
    written once, for most columns hold a few words, people or days, and a translated word costs as much as
    the rest of its cell.
    """
    if not _REPEATED.issuperset(map(type, values)):
        return [cell(one, ground) for one in given]
    told = {value: cell(one, ground) for value, one in dict(zip(values, given, strict=True)).items()}
    return [told[value] for value in values]


_REPEATED = frozenset({str, int, date, type(None)})


def layout(available: Sequence[Shown], usual: Sequence[str], asked: Sequence[str]) -> Layout:
    """The columns asked for in the order of what is available; the subject always leads."""
    wanted = [key for key in asked if any(column.key == key for column in available)] or list(usual)
    keys = dict.fromkeys(["subject", *wanted])
    by_key = {column.key: column for column in available}
    return Layout(tuple(by_key[key] for key in keys if key in by_key))
