"""What rooms bring to the counter: each says so in its `public.py`.

    JOURNEYS = (REPORT, PETITION)            forms that citizens fill in (`journey.Journey`)
    counter_urlpatterns = [path(…)]          further public pages, at /counter/<room>/…, named <room>_counter
    @asked.hear                              answers a search: a function of the words, giving hits
    @followed.hear                           opens a case by its number and access code

The counter knows no room and no room another.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from yankao.kernel.events import Event
from yankao.kernel.rooms import rooms

from .journey import Journey


@dataclass(frozen=True)
class Hit:
    """Something found: its words, where it is, one line about it, who answers for it."""

    title: str
    href: str
    text: str = ""
    owner: str = ""
    service: bool = False
    """Something to do (before something to read)."""
    mark: str = ""


NUMBER = re.compile(r"([A-Z]+\d{3})(\d{6,})")


def plain_number(text: str) -> str:
    """A case number as cases carry it, however it was typed: p115000038, P115 000038, with any dash."""
    plain = unicodedata.normalize("NFKC", text).upper().strip()
    parts = NUMBER.fullmatch(re.sub(r"[\s\-\u00ad\u2010-\u2015\u2212\u30fc]", "", plain))
    return f"{parts[1]}-{parts[2]}" if parts else plain


@dataclass(frozen=True)
class Pair:
    """A number and an access code, as somebody typed them."""

    number: str
    code: str


@dataclass(frozen=True)
class Opened:
    """A case that the pair opens: the address of its page and its key there."""

    address: str
    key: int


asked: Event[str, list[Hit]] = Event("counter.asked")
"""Somebody searches: the words. Each listener answers with its hits, the best first."""
followed: Event[Pair, Opened | None] = Event("counter.followed")
"""Somebody wants to follow a case. None for a pair that opens nothing; which half is wrong nobody says."""


@cache
def modules() -> tuple[tuple[str, Any], ...]:
    """(label, `public.py`) of each room that has one; loading them makes their listeners known."""
    return tuple((room.label, found) for room in rooms() if (found := room.part("public")) is not None)


@cache
def journeys() -> dict[str, Journey]:
    """Every form by its name, in the order of the rooms."""
    return {one.name: one for _label, module in modules() for one in getattr(module, "JOURNEYS", ())}
