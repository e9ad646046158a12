"""立案 What somebody asked of the city by word of mouth is to be a case: any room tells it, that of petitions
takes it. Before that the room asks which open cases may be the same, and adds the caller to one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ..events import Event
from ..vault.persons import Person
from .models import Case


@dataclass(frozen=True)
class Asked:
    """A matter as it was told to `actor`, who wrote it down; `key` makes one that is told twice one case.

    `channel` is phone or counter; `read_back`: the record was read to whoever asked, who agreed (行政程序法
    §169). `service` is a code of `offered`: somebody is sent there; longitude and latitude are WGS84 degrees.
    """

    actor: Any
    key: str
    channel: str
    content: str = field(repr=False)
    place: str = ""
    person: Person = field(default=Person(), repr=False)
    language: str = "zh-hant"
    read_back: bool = False
    service: str = ""
    district: Any = None
    longitude: Decimal | None = None
    latitude: Decimal | None = None


class Opened(NamedTuple):
    """The case, and the code by which whoever asked follows it."""

    case: Case
    code: str


asked: Event[Asked, Opened | None] = Event("casework.asked")


def open_case(fact: Asked) -> Opened | None:
    """Tell it; the case that was opened, or None where no room takes such matters."""
    return next((one for one in asked.tell(fact) if one is not None), None)


# ── What is open already ────────────────────────────────────────────────────────────────────────────

offered: Event[date, Sequence[tuple[str, str]]] = Event("casework.offered")
"""For what somebody is sent out on a day: codes with their words in the reader's language."""


@dataclass(frozen=True)
class Spot:
    """A service at a place: a point (WGS84 degrees), or a road of a district where no point is known."""

    service: str
    point: tuple[float, float] | None = None
    district: str = ""
    road: str = ""


class Beside(NamedTuple):
    """An open case that may be the same: nothing of a person. `metres` None: of the same road, without a
    point.
    """

    case: int
    number: str
    what: str
    place: str
    metres: int | None
    since: datetime
    stage: str
    joined: int


beside: Event[Spot, list[Beside]] = Event("casework.beside")
"""Which open cases of the service lie near, the nearest first."""


@dataclass(frozen=True)
class Joining:
    """Whoever asked has the same trouble as `case` and hears how it goes on; `key` makes one told twice one.

    `person` empty: counted, and nobody is told anything.
    """

    actor: Any
    key: str
    case: int
    person: Person = field(default=Person(), repr=False)


joining: Event[Joining, Case | None] = Event("casework.joining")


def services(day: date) -> list[tuple[str, str]]:
    """What the rooms in use offer on the day."""
    return [one for found in offered.tell(day) for one in found]


def near(spot: Spot) -> list[Beside]:
    """What the rooms in use have open there."""
    return [one for found in beside.tell(spot) for one in found]


def join(fact: Joining) -> Case | None:
    """Add the caller; the case that was joined, None where no room knows it. Raises ValidationError."""
    return next((one for one in joining.tell(fact) if one is not None), None)
