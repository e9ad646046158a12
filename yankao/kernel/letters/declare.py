"""A room declares its letters: a typed function that gives what one says, and a text template beside it.

    @letter("research.trips.overdue", _("逾期催繳函"), Kind.LETTER, Trip, by=duties.commission)
    def overdue(trip: Trip, *, until: Annotated[date, Label(_("補交期限"))]) -> Content:
        return Content(to=[trip.case.agency], say={"trip": trip, "until": until})

in the room's `letters.py`, with its text in ``templates/trips/letters/overdue.txt`` (English: ``.en.txt``).
The keyword-only parameters are the form, as with moves. `text` says how a template is written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Concatenate, Literal

from django.utils.translation import gettext as _

from ..casework.asks import Ask, asks_of
from ..casework.duties import NONE, Duty
from ..casework.steps import Refused
from ..roc import format_money
from .kinds import NUMBERED, Kind, Secrecy, Urgency
from .pictures import picture_size

CODE = re.compile(r"[a-z_]+(\.[a-z_]+)+")


@dataclass(frozen=True)
class Column:
    """A column of a table: its words, its share of the width, and how its cells stand."""

    label: Any
    width: float = 1.0
    kind: Literal["text", "number", "money", "sign"] = "text"
    """``sign`` is left empty for a signature."""


@dataclass(frozen=True, eq=False)
class Table:
    """表 Rows of values; in a template its name on a line of its own puts it there. `total` adds up money."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    caption: Any = ""
    total: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"A row has {len(row)} cells, the table {len(self.columns)} columns.")
        for at, column in enumerate(self.columns):
            for row in self.rows:
                if column.kind == "money" and row[at] != int(row[at]):
                    raise Refused(_("「%(what)s」須為整數元。") % {"what": row[0]})

    @property
    def sums(self) -> tuple[int | None, ...]:
        """The exact sum of each column of money."""
        return tuple(
            sum(int(row[at]) for row in self.rows) if column.kind == "money" else None
            for at, column in enumerate(self.columns)
        )


@dataclass(frozen=True, eq=False)
class Picture:
    """圖片 A drawing (SVG) or a photograph (JPEG or PNG); in a template its name on a line of its own puts it
    there. `alt` says it in words; `width` in centimetres.
    """

    data: bytes
    alt: str
    caption: Any = ""
    width: float = 12.0

    @property
    def kind(self) -> Literal["svg", "jpeg", "png"]:
        if self.data[:3] == b"\xff\xd8\xff":
            return "jpeg"
        return "png" if self.data[:4] == b"\x89PNG" else "svg"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels. Raises ValueError for what is no picture of the three kinds."""
        return picture_size(self.data, self.kind)


@dataclass(frozen=True)
class To:
    """受文者 Somebody outside the house's own tables; a person's name is kept out of the register.

    `hidden` stands on a preview in the place of name and address: whoever writes need not know them.
    """

    name: str
    personal: bool = False
    address: str = ""
    hidden: str = ""


@dataclass(frozen=True)
class Content:
    """What one letter says. `say` is what its template may name; `to` are agencies, people, `To` or text.

    `vouches` (certificates): the pairs shown to whoever holds the code. `amount`: what a payment list must
    come to. `title`: its line in the register, without personal data; by default the letter's label.
    """

    to: Sequence[Any] = ()
    copies: Sequence[Any] = ()
    attachments: Sequence[str] = ()
    say: Mapping[str, Any] = field(default_factory=dict)
    agency: Any = None
    unit: Any = None
    signer: str = ""
    urgency: Urgency = Urgency.ORDINARY
    secrecy: Secrecy = Secrecy.NONE
    vouches: Sequence[tuple[Any, Any]] = ()
    amount: int | Decimal | None = None
    title: str = ""

    def tables(self) -> list[Table]:
        return [value for value in self.say.values() if isinstance(value, Table)]


type Guard = Callable[[Any], str]


@dataclass(frozen=True, eq=False)
class Letter[**P]:
    """範本 One kind of letter of a room. `about` is a record, or a sequence of them when `many`."""

    body: Callable[Concatenate[Any, P], Content]
    code: str
    label: Any
    kind: Kind
    about: type[Any]
    by: Duty
    many: bool = False
    once: bool = False
    """Sent once about one thing, until it is revoked."""
    unless: tuple[Guard, ...] = ()
    among: Callable[[Any], Any] | None = None
    """For whom a batch offers it: person → queryset of `about`."""
    of: str = ""
    """The foreign key of `about` by which the page of a batch is narrowed to one parent: ``?of=12``; "pk"
    narrows it to one record.
    """
    sees: Duty | None = None
    """Who may read it, when not everybody who may know of its case."""
    languages: tuple[str, ...] = ("zh-hant",)
    hint: Any = ""
    speaks: Callable[[Any], str] | None = None
    """In which of the languages one about this record is written when nobody chooses another."""
    opened: Callable[[Any, Any, str], None] | None = None
    """Hears of everybody who opens a file of it and so sees its persons: (record, who, which). It refuses
    whoever may not (`Refused`)."""

    def language_for(self, about: Any) -> str:
        """The language one about this is written in, when nobody chooses another."""
        spoken = self.speaks(about) if self.speaks and isinstance(about, self.about) else ""
        return spoken if spoken in self.languages else self.languages[0]

    @property
    def name(self) -> str:
        return self.code.rpartition(".")[2]

    @property
    def room(self) -> str:
        return self.code.rpartition(".")[0]

    @property
    def numbered(self) -> bool:
        return self.kind in NUMBERED

    @property
    def asks(self) -> dict[str, Ask]:
        """What the sender is asked for, by parameter name."""
        return asks_of(self.body)

    @property
    def folder(self) -> Path:
        """The templates of the package that declares it."""
        return Path(str(sys.modules[self.body.__module__].__file__)).parent / "templates"

    def template(self, language: str) -> str:
        ending = ".en.txt" if language == "en" else ".txt"
        return f"{self.room.rpartition('.')[2]}/letters/{self.name}{ending}"

    def may(self, user: Any) -> bool:
        """Whether the person may write it about anything at all, told from the posts alone."""
        found = self.by.cases(user)
        return not found or found.children != NONE.children

    def guarded(self, about: Any) -> str:
        """The first guard's sentence of refusal, or an empty one."""
        return next((sentence for guard in self.unless if (sentence := guard(about))), "")


letters: dict[str, Letter[...]] = {}
"""Every letter of the rooms in use, by code."""


def letter[**P](
    code: str,
    label: Any,
    kind: Kind,
    about: type[Any],
    *,
    by: Duty,
    many: bool = False,
    once: bool | None = None,
    unless: Guard | Sequence[Guard] = (),
    among: Callable[[Any], Any] | None = None,
    of: str = "",
    sees: Duty | None = None,
    languages: Sequence[str] = ("zh-hant",),
    hint: Any = "",
    speaks: Callable[[Any], str] | None = None,
    opened: Callable[[Any, Any, str], None] | None = None,
) -> Callable[[Callable[Concatenate[Any, P], Content]], Letter[P]]:
    """Declare a letter. `code` is the room's name and the letter's own; certificates are issued once each.

    `many`: about a set of records (清冊, 核銷清冊); `unless` and the duty are then asked of every one.
    """
    if not CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no code of a letter: room.name in small letters.")

    def declare(body: Callable[Concatenate[Any, P], Content]) -> Letter[P]:
        made = Letter(
            body, code, label, kind, about, by, many,
            kind == Kind.CERTIFICATE if once is None else once,
            (unless,) if callable(unless) else tuple(unless), among, of, sees, tuple(languages), hint, speaks,
            opened,
        )  # fmt: skip
        letters[code] = made
        return made

    return declare


def of_room(room: str) -> list[Letter[...]]:
    """The letters of a room in the order they were declared."""
    return [one for one in letters.values() if one.room == room]


def formal(amount: int | Decimal) -> str:
    """新臺幣肆拾伍萬陸仟元整"""
    return format_money(amount, "formal")
