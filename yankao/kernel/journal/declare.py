"""What a room says of its journal.

    calls = Journal(
        "service.calls", _("話務紀錄"), Call,
        columns=("day", "slot", "queue_id", …), formats={"queue_log": Format(read)},
        merge=merge, blank=(…), rollup=Rollup(CallInterval, ("slot", "queue_id"), {…}, Q(…)),
    )

A format reads bytes into partial rows by external id; `merge` puts two tellings of one thing together. It is
the heart of the matter: because it is idempotent, commutative and associative (the room's property test says
so), a log that is read twice, in another order, in other pieces, or late gives the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.db.models.aggregates import Aggregate

from .models import Fact, Source

type Row = tuple[Any, ...]
"""The values of a fact in the order of its journal's columns."""


class Dead(NamedTuple):
    """A record that could not be read: its number in the block, its bytes, and the sentence why."""

    number: int
    raw: bytes
    reason: str


@dataclass
class Batch:
    """What was read from a block: rows by external id, dead records, and the span of time they tell of."""

    rows: dict[str, Row] = field(default_factory=dict)
    dead: list[Dead] = field(default_factory=list)
    records: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    beside: list[Any] = field(default_factory=list)
    """What the block tells beside its facts (states of agents, restarts); `Journal.note` keeps it."""


def whole_lines(data: bytes) -> int:
    """How many bytes of `data` are whole records: to the end of the last line."""
    return data.rfind(b"\n") + 1


@dataclass(frozen=True)
class Format:
    """A way in which facts arrive. `read(data, source)` reads whole records; `cut(data)` says how many
    bytes of a growing file are whole.
    """

    read: Callable[[bytes, Source], Batch]
    label: Any = ""
    cut: Callable[[bytes], int] = whole_lines
    live: bool = False
    """A connection that is listened to, not a file that is read."""
    compared: bool = True
    """Whether the journal's second source tells of what comes this way, too."""


@dataclass(frozen=True)
class Rollup:
    """集計 Sums by interval, kept beside the facts and always equal to them.

    `keys` are columns that the facts and the table of sums share, the interval (a number) first; `sums` maps
    its other columns to aggregates of the facts that `counted` admits.
    """

    model: type[Any]
    keys: tuple[str, ...]
    sums: Mapping[str, Aggregate]
    counted: Q = field(default_factory=Q)


class AtHand(NamedTuple):
    """A thing of a journal that is before a person at this moment: a call on the line.

    It names the fact (source and external id), who it is with as a pseudonym, where it came in (words and
    code), since when, and how long it waited before, of how long it might (seconds).
    """

    source: int
    external_id: str
    party: str
    place: str
    channel: str
    since: datetime
    line: str = ""
    waited: int = 0
    limit: int = 0


class Pulse(NamedTuple):
    """What a live journal does at this moment. `heard_at` is when a feed was last heard of (None: never);
    `stale`: too long ago to be called the present. `longest` is in seconds.
    """

    waiting: int
    longest: int
    talking: int
    free: int
    busy: int
    paused: int
    heard_at: datetime | None
    stale: bool


@dataclass(frozen=True)
class Journal:
    """One table of facts and how it is filled. `may(user)` says who looks after its sources."""

    name: str
    label: Any
    model: type[Fact]
    columns: tuple[str, ...]
    formats: Mapping[str, Format]
    merge: Callable[[Row, Row], Row]
    blank: Row
    """A row that says nothing: `merge(blank, row) == row`."""
    rollup: Rollup | None = None
    note: Callable[[Source, list[Any]], None] | None = None
    """Keeps what a batch tells beside its facts; called inside the transaction, before `settle`."""
    settle: Callable[[Source], Iterable[int]] | None = None
    """Closes what will never end by itself; gives the intervals it touched."""
    may: Callable[[Any], bool] = lambda user: False
    keepers: Callable[[], Iterable[Any]] = tuple
    """Who is told when a day does not agree with the second source."""
    second: str = ""
    """The journal of a second source, with which each day is compared every night."""
    at_hand: Callable[[Any], AtHand | None] = lambda user: None
    """What is before the person now; other rooms ask it by the journal's name."""
    pulse: Callable[[], Pulse | None] = lambda: None
    """What its feed does now, asked the same way."""
    lines: Callable[[], list[tuple[str, str]]] = list
    """By which lines things come in: codes with their words."""

    def __post_init__(self) -> None:
        journals[self.name] = self

    @property
    def slot(self) -> int | None:
        """Where the interval stands in a row."""
        return self.columns.index(self.rollup.keys[0]) if self.rollup else None

    def format_of(self, source: Source) -> Format:
        """The format of a source. Raises LookupError for one this journal does not know."""
        return self.formats[source.format]


journals: dict[str, Journal] = {}
"""Every journal by its name; a room's `journal.py` puts its own here."""


def journal_of(source: Source) -> Journal:
    """The journal a source feeds. Raises LookupError when its room is not in use."""
    return journals[source.journal]
