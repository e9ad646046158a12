"""重大事件 What many ask about at this hour: one room keeps it, every screen where it matters shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .events import Event


@dataclass(frozen=True)
class Incident:
    """What happened, where, since and until when, what to say to whoever asks, and how many have asked.

    `what`, `where` and `say` are in the reader's language where they were written in it.
    """

    key: int
    code: str
    what: str
    where: str
    since: datetime
    until: datetime
    say: str
    say_zh: str
    say_en: str
    asked: int


known: Event[datetime, list[Incident]] = Event("incidents.known")
"""Which incidents hold at a moment, the newest first."""


def at(moment: datetime) -> list[Incident]:
    """The incidents of the rooms in use."""
    return [one for found in known.tell(moment) for one in found]
