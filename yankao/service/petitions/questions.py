"""What is asked about a fault besides the place: the questions of each service, shipped as data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

DATA = Path(__file__).parent / "data" / "questions.csv"


@dataclass(frozen=True)
class Option:
    """A choice: its code (1, 2, … in the order of the table) and its two wordings."""

    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh


@dataclass(frozen=True)
class Question:
    """One question of a service; without options it is answered in words."""

    service: str
    code: str
    zh: str
    en: str
    required: bool
    options: tuple[Option, ...]

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh

    def answer(self, given: str) -> str:
        """An answer in the words the city reads: of an option its Chinese wording."""
        return next((one.zh for one in self.options if one.code == given), given)


@cache
def _table(path: Path = DATA) -> dict[str, tuple[Question, ...]]:
    found: dict[str, list[Question]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            pairs = zip(row["options"].split("|"), row["options_en"].split("|"), strict=True)
            options = tuple(Option(str(n), zh, en) for n, (zh, en) in enumerate(pairs, 1) if zh)
            one = Question(
                row["service"], row["code"], row["label"], row["label_en"], row["required"] == "1", options
            )
            found.setdefault(one.service, []).append(one)
    return {service: tuple(rows) for service, rows in found.items()}


def questions_of(service: str) -> tuple[Question, ...]:
    """The questions of a service by its code; none for one that asks nothing more."""
    return _table().get(service, ())
