"""已知地點 Where something is that people name without its address: rooms tell the places they know."""

from __future__ import annotations

from typing import NamedTuple

from ..events import Event


class Place(NamedTuple):
    """A place in words, its point (WGS84 degrees) and the code of its district, "" where it is not known."""

    words: str
    longitude: float
    latitude: float
    district: str = ""


named: Event[str, list[Place]] = Event("people.places.named")
"""Which places are called so; a listener answers with a few, none for words that name none of its own."""


def places(words: str) -> list[Place]:
    """What the rooms in use know by these words; nothing for less than two characters."""
    words = words.strip()
    return [one for found in named.tell(words) for one in found] if len(words) > 1 else []
