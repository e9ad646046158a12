"""The plain values that the macros draw: what a view hands over instead of markup.

Every class is a small frozen record of text that is ready to show. Views fill them from ``values_list``
rows; the macros only arrange them, so a list of fifty rows costs no query and no formatting in the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Tag(NamedTuple):
    """A status in a word. ``tone``: "" red amber green violet blue; ``shape``: "" (dot), "late" (diamond),
    "plain"."""

    text: str
    tone: str = ""
    shape: str = ""


class Due(NamedTuple):
    """A deadline in words. ``tone``: "" soon late; ``share``: used part of the time, 0 to 1, or None for no
    meter."""

    words: str
    date: str = ""
    tone: str = ""
    share: float | None = None


class Person(NamedTuple):
    """Somebody with a face: ``name`` as written, ``unit`` below it when it matters."""

    name: str
    unit: str = ""


class Link(NamedTuple):
    """Text that leads somewhere. ``beside`` is a number or small print next to it;
    ``current`` marks the place where the reader is."""

    label: str
    href: str
    beside: int | str | None = None
    current: bool = False
    icon: str = ""


class NavGroup(NamedTuple):
    """A part of the side navigation; the first group needs no label. ``folded``: only its label stands there
    until it is opened; ``open`` when the reader is inside."""

    label: str
    links: Sequence[Link]
    folded: bool = False
    open: bool = False


class Stat(NamedTuple):
    """A tile of the stat strip: a number that opens its list. ``bad`` colours it red."""

    value: str
    label: str
    href: str
    aside: str = ""
    bad: bool = False


class Chip(NamedTuple):
    """A filter in force, in words; ``remove`` is the address of the same list without it."""

    name: str
    words: str
    remove: str


class Column(NamedTuple):
    """A column of a worklist.

    ``kind`` is one of subject, tag, due, person, number, date, text. ``sort``: address that sorts by it, or
    "";
    ``sorted``: "" ascending descending.
    """

    label: str
    kind: str = "text"
    sort: str = ""
    sorted: str = ""


class Row(NamedTuple):
    """A row of a worklist: ``cells`` in the order of the columns.

    Cell by kind of column: subject, number, date and text take text; tag takes Tag; due takes Due; person
    takes Person; None leaves the cell empty. ``meta`` is the small print under the subject. ``note`` is the
    answer to a bulk move (a Tag).
    """

    key: str
    href: str
    cells: Sequence[Any]
    meta: Sequence[str] = ()
    picked: bool = False
    note: Tag | None = None


class Group(NamedTuple):
    """Rows under one heading; an empty label draws no heading row. ``size`` in words, such as 2件."""

    label: str
    rows: Sequence[Row]
    size: str = ""


class Action(NamedTuple):
    """A button of a form: ``name``/``value`` are what it sends; ``tone``: "" primary danger ghost."""

    label: str
    name: str = ""
    value: str = ""
    tone: str = ""
    icon: str = ""


class Fact(NamedTuple):
    """A line of a summary list. ``change``: address where it can be changed; ``value`` may be text, Tag,
    Due or Person."""

    label: str
    value: Any
    change: str = ""


class Event(NamedTuple):
    """A line of the timeline (ledger). ``details`` are facts beneath it; ``tone`` as in Tag."""

    when: str
    iso: str
    who: str
    what: str
    text: str = ""
    details: Sequence[Fact] = ()
    tone: str = ""
    proof: str = ""


class Comment(NamedTuple):
    """A remark in the conversation. ``inside``: for the own unit only."""

    who: str
    when: str
    iso: str
    text: str
    inside: bool = False


class Attachment(NamedTuple):
    """A piece of evidence: ``size`` in words, ``digest`` the first digits of its hash, ``state`` a Tag or
    None."""

    name: str
    href: str
    size: str
    kind: str = ""
    digest: str = ""
    state: Tag | None = None
    who: str = ""


class Change(NamedTuple):
    """One field before and after."""

    label: str
    before: str
    after: str


class Step(NamedTuple):
    """A stage on the stage line. ``state``: done current "" (to come) skipped."""

    label: str
    state: str = ""
    note: str = ""


class Card(NamedTuple):
    """A card on a board."""

    title: str
    href: str
    meta: Sequence[str] = ()
    tag: Tag | None = None
    due: Due | None = None
    who: Person | None = None


class Lane(NamedTuple):
    """A column of a board; ``total`` is the whole number behind it, of which ``cards`` may show only the
    first; ``many`` says it in words when it was not counted to the end."""

    label: str
    cards: Sequence[Card]
    total: int
    href: str = ""
    many: str = ""


class Check(NamedTuple):
    """A line of the checks beside a report. ``state``: ok warn bad."""

    title: str
    text: str
    state: str = "ok"
    href: str = ""
    link: str = ""
