"""立案 What somebody asked of the city by word of mouth is to be a case: any room tells it, that of petitions
takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..events import Event
from ..vault.persons import Person
from .models import Case


@dataclass(frozen=True)
class Asked:
    """A matter as it was told to `actor`, who wrote it down; `key` makes one that is told twice one case.

    `channel` is phone or counter; `read_back`: the record was read to whoever asked, who agreed (行政程序法
    §169).
    """

    actor: Any
    key: str
    channel: str
    content: str = field(repr=False)
    place: str = ""
    person: Person = field(default=Person(), repr=False)
    language: str = "zh-hant"
    read_back: bool = False


class Opened(NamedTuple):
    """The case, and the code by which whoever asked follows it."""

    case: Case
    code: str


asked: Event[Asked, Opened | None] = Event("casework.asked")


def open_case(fact: Asked) -> Opened | None:
    """Tell it; the case that was opened, or None where no room takes such matters."""
    return next((one for one in asked.tell(fact) if one is not None), None)
