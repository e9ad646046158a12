"""How a room shows itself at the desk. Everything is derived from the record; a room says only what should
differ.

    screens = Screens(columns=("destination", "returned_on"), filters=("trip_kind",), panels=(Panel(...),))

in the room's `screens.py`. Any single page can be replaced: a template of the same name under the room's own
`templates/<room>/`, or a view listed first in the module's `urlpatterns` (mounted at `/rooms/<room>/`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from yankao.kernel.rooms import Room

from .parts import Fact, Stat


@dataclass(frozen=True, eq=False)  # a key of what is made of it: its words are translated when it is hashed
class Column:
    """A column of the room's list: what is read (a lookup from the record) and how the value is shown.

    `show(value)` gives text; `number` aligns right; `export` gives the typed value for CSV/ODS when it
    differs.
    """

    lookup: str
    label: Any
    show: Callable[[Any], Any] | None = None
    number: bool = False


@dataclass(frozen=True, eq=False)
class Filter:
    """A filter chip: its name in the address, the lookup on the record, its words, and the choices (code,
    label).

    Where there are too many to choose from, `find` tells which are meant by what was written: their keys
    and names, none when it is not understood. `where` is the condition when it is more than a value of the
    lookup.
    """

    name: str
    lookup: str
    label: Any
    choices: Callable[[Any], Sequence[tuple[str, Any]]] | None = None
    find: Callable[[str], Mapping[str, str]] | None = None
    hint: Any = ""
    where: Callable[[Sequence[str]], Q] | None = None


@dataclass(frozen=True)
class Panel:
    """A part of the case page that is the room's own: a template, and what it is given."""

    title: Any
    template: str
    context: Callable[[Any, Any], dict[str, Any]] = lambda record, user: {}
    shown: Callable[[Any, Any], bool] = lambda record, user: True


@dataclass(frozen=True)
class Action:
    """A link in the head of the room's list: its words, its address name, who sees it.

    A room's own views are named after its last part: `trips:register` for the view `register` of
    `research.trips`.
    """

    label: Any
    url_name: str
    shown: Callable[[Any], bool] = lambda user: True


@dataclass(frozen=True)
class Screens:
    """What differs from the derived screens. Empty fields mean: as derived from the record's own fields."""

    columns: tuple[str | Column, ...] = ()
    filters: tuple[str | Filter, ...] = ()
    facts: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    actions: tuple[Action, ...] = ()
    public: tuple[Action, ...] = ()
    """Pages of the room that anybody may read; the front page links them."""
    opens: Callable[[Any], bool] = lambda user: False
    """Who finds the room in the menu when it has no cases; its own view at "" is then its first page."""
    works: Callable[[Any], bool] | None = None
    """Who works in a room without cases; for all others whom it lets in it stands among the other rooms."""
    first: Callable[[Any], Sequence[dict[str, Any]]] | None = None
    """First-screen items of its actors (spec part G): dicts of label, count, url, tone."""
    city: Callable[[Any], Mapping[str, Sequence[Stat]]] | None = None
    """What it tells the mayor of the whole city, by tile (`city_board.TILES`)."""
    begins: Mapping[str, Callable[[Any, Any], Mapping[str, Any]]] = field(default_factory=dict)
    """With what the form of a move begins, by the move's name: (record, user) to values by field, as of the
    last draft.
    """
    decided: Mapping[str, Callable[[Any, Any], Sequence[Fact]]] = field(default_factory=dict)
    """What a move decides, by its name: (record, user) to what stands above its form."""
    words: dict[str, Any] = field(default_factory=dict)
    """`tones`: a tone of `parts.Tag` by stage; `empty`: what to say when the list has no case yet."""


PLAIN = Screens()


def screens_of(room: Room) -> Screens:
    """The room's own wishes, or none."""
    module = room.parts.get("screens")
    return getattr(module, "screens", PLAIN) if module else PLAIN
