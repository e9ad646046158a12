"""Who may sit on a panel: the share of outsiders, conflicts with reasons, and the load shared fairly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Conflict[P]:
    """A person who should not judge, and why, in words. `declared`: said by the person, else computed."""

    person: P
    reason: str
    declared: bool = False


def conflicts[P](people: Iterable[P], *asked: Callable[[P], Iterable[Conflict[P]]]) -> list[Conflict[P]]:
    """Every conflict of every person, in the order of the people and of the questions asked."""
    return [found for person in people for ask in asked for found in ask(person)]


def share_is_met(outsiders: int, members: int, least: Fraction) -> bool:
    """Whether outsiders are at least that share of the members; an empty panel meets no share."""
    return members > 0 and Fraction(outsiders, members) >= least


def by_load[P](people: Iterable[P], load: Mapping[P, int], name: Callable[[P], str] = str) -> Sequence[P]:
    """People in the order to be asked: the least used first, then by name."""
    return sorted(people, key=lambda person: (load.get(person, 0), name(person)))
