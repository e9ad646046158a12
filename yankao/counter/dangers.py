"""Words of danger: who writes them is told to call 110, 119 or the lifeline 1925 before anything else. The
words are data.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "dangers.csv"


@dataclass(frozen=True)
class Danger:
    """One kind of danger: whom to call, what it is called, and the pattern of its words."""

    number: str
    name: str
    name_en: str
    words: re.Pattern[str]
    but: re.Pattern[str] | None


@cache
def dangers(path: Path = DATA) -> tuple[Danger, ...]:
    """Every kind, in the order of the table. Latin words are met as whole words, Han characters anywhere."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        Danger(row["number"], row["name"], row["name_en"], _pattern(row["words"]),
               _pattern(row["but"]) if row["but"] else None)
        for row in rows
    )  # fmt: skip


def _pattern(words: str) -> re.Pattern[str]:
    parts = (rf"\b{re.escape(one)}\b" if one.isascii() else re.escape(one) for one in words.split("|"))
    return re.compile("|".join(parts), re.IGNORECASE)


def danger_in(text: str) -> Danger | None:
    """The first danger the text speaks of. What only sounds like one (`but`: a fire hydrant) is none."""
    plain = unicodedata.normalize("NFKC", text)
    for one in dangers():
        if one.words.search(one.but.sub(" ", plain) if one.but else plain):
            return one
    return None
