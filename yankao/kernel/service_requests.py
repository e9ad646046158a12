"""Reports of faults as other systems see them (Open311 GeoReport v2): what a room offers, tells and takes in.

A room's `open311.py` has one object `desk` that answers as `Desk` says; the programming interface asks each
in turn and knows no room. Whatever comes out here anybody may read: no person, no word a person wrote. Only
the client that sent a report hears those back, and the reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from .vault.persons import Person


class Refused(ValueError):
    """What was sent cannot be taken; `str()` is the sentence, `name` the parameter it is about."""

    def __init__(self, sentence: str, name: str = "") -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True)
class Question:
    """What is asked besides with a service; `kind` is a datatype of GeoReport, `choices` its (key, name)."""

    code: str
    kind: str
    required: bool
    order: int
    words: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Offer:
    """A service one may ask for."""

    code: str
    name: str
    description: str
    group: str
    keywords: str = ""
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Reported:
    """A report as anybody may read it; `description` and `address` are fuller for who sent it."""

    number: str
    closed: bool
    stage: str
    notes: str
    service_code: str
    service_name: str
    description: str
    agency: str
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    address: str
    latitude: Decimal | None
    longitude: Decimal | None


@dataclass(frozen=True)
class Change:
    """A public step of a report."""

    id: str
    number: str
    closed: bool
    stage: str
    description: str
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which reports: by number, else received from `since` before `until`, of the services, the districts
    (by code) and the state.
    """

    since: datetime | None = None
    until: datetime | None = None
    numbers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    closed: bool | None = None
    first: int = 0
    most: int = 1000


@dataclass(frozen=True)
class Sent:
    """A report from outside. `key` names the submission: once more with it is the same report."""

    key: str
    service: str
    description: str
    person: Person
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    answers: tuple[tuple[str, str], ...] = ()
    media: tuple[str, ...] = ()
    files: tuple[object, ...] = ()
    language: str = "zh-hant"


@dataclass(frozen=True)
class Taken:
    """What became of a report sent in: its number, the access code for the citizen, whether it is new."""

    number: str
    code: str
    fresh: bool


@dataclass(frozen=True)
class Written:
    """A later word on a report by the client that sent it; `reopen` when it is said to be open again."""

    key: str
    number: str
    text: str
    reopen: bool = False
    at: datetime | None = field(default=None)


class Desk(Protocol):
    """What the room answers. `client` is the number of the asking system, None for anybody."""

    def offers(self) -> Sequence[Offer]: ...

    def reports(self, wanted: Wanted, client: int | None) -> Sequence[Reported]: ...

    def changes(self, wanted: Wanted, client: int | None) -> Sequence[Change]: ...

    def take(self, sent: Sent, client: int) -> Taken:
        """Raises Refused."""
        ...

    def number_of(self, key: str) -> str | None:
        """The number of the report a submission became."""
        ...

    def write(self, written: Written, client: int) -> Change | None:
        """None when this client sent no such report. Raises Refused."""
        ...
