"""陳情 What a citizen tells one room and is a petition as well: any room tells it, that of petitions takes
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Event
from .models import Case, Link


@dataclass(frozen=True)
class Concern:
    """What somebody without an account has said. `origin` is the case it was told to; `key` names it for
    ever: told twice, it makes one petition. `category` is a code of the register of petitions, if one fits.
    """

    origin: Case
    key: str
    subject: str
    content: str
    category: str = ""
    place: str = ""
    district: Any = None
    language: str = "zh-hant"
    files: Sequence[Any] = ()


concern: Event[Concern, Case | None] = Event("casework.concern")


def hand_over(fact: Concern) -> Case | None:
    """Tell it; the petition, following the case it was told to, or None where no room takes petitions."""
    taken = next((case for case in concern.tell(fact) if case is not None), None)
    if taken is not None:
        Link.objects.get_or_create(source=taken, target=fact.origin, kind=Link.Kind.FOLLOWS)
    return taken
