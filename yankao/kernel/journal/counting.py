"""計數規則 Named and versioned ways of counting: which one holds is a rule with a date, and a figure prints
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..rules.values import Declared, Seed, declare


@dataclass(frozen=True)
class Counting:
    """One way of counting: its name, version and words. A change of meaning is a new version, never an
    edit.
    """

    name: str
    version: int
    words: Any

    @property
    def code(self) -> str:
        return f"{self.name}/{self.version}"

    def __str__(self) -> str:
        return self.code


class Countings[C: Counting]:
    """The ways of counting one thing and the effective-dated rule that chooses among them."""

    def __init__(self, rule: str, label: Any, ways: Iterable[C], *seeds: Seed) -> None:
        self.ways: dict[str, C] = {way.code: way for way in ways}
        self.rule: Declared[C] = declare(rule, self._read, label, *seeds)

    def _read(self, text: str) -> C:
        try:
            return self.ways[text.strip()]
        except KeyError:
            raise ValueError(text) from None

    def at(self, day: date) -> C:
        """The way of counting in force on the day."""
        return self.rule.at(day)
