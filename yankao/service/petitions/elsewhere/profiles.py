"""How a source's columns become the fields of a request: declared in `profiles/*.json`, one file a source.

    columns               field → header; every other column is kept under its own header in `more`
    zone, moments         the clock of the source, and how it writes a moment
    missing               what stands for nothing ("null", "0")
    whole_degrees_missing a coordinate in whole degrees is a rounded one and no place
    closed_when           `closed_at` counts only with one of these statuses
    same_signs            signs that are written for one another: names that differ by them alone are one
    same_names            further names that are one, each with what it is called

A name that was merged is told of at its first row, and kept as it was given beside what it became.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yankao.kernel.sheets.intake import Column, Profile, Refusal

FOLDER = Path(__file__).with_name("profiles")
MOMENTS = ("opened_at", "due_at", "closed_at")
DEGREES = ("latitude", "longitude")
LONGEST = {
    "number": 40, "status": 40, "category": 80, "detail": 80, "agency": 60, "channel": 20, "district": 60,
    "place": 200, "words": 300,
}  # fmt: skip
"""Characters of the fields that are text; what is longer is kept whole in `more`."""


@dataclass(frozen=True)
class Mapping:
    """One source's profile."""

    code: str
    title: str
    title_en: str
    source: str
    zone: ZoneInfo
    moments: tuple[str, ...]
    missing: frozenset[str]
    columns: dict[str, str]
    same_signs: dict[str, str]
    same_names: dict[str, str]
    closed_when: frozenset[str] = frozenset()
    whole_degrees_missing: bool = False

    def __str__(self) -> str:
        return self.title_en if get_language() == "en" else self.title

    @property
    def rule(self) -> str:
        """The rule by which names are merged, in words; empty when there is none."""
        signs = [f"{one}＝{other}" for one, other in self.same_signs.items()]
        names = [f"{one}＝{other}" for one, other in self.same_names.items()]
        return "、".join([*signs, *names])

    def name(self, given: str) -> str:
        """What a category is called: width and spaces do not matter, nor do signs written for one another."""
        folded = " ".join(unicodedata.normalize("NFKC", given).split())
        for sign, usual in self.same_signs.items():
            folded = folded.replace(sign, usual)
        return self.same_names.get(folded, folded)

    def moment(self, given: str) -> datetime:
        """A moment as the source writes it. Raises Refusal."""
        for form in self.moments:
            try:
                return datetime.strptime(given, form).replace(tzinfo=self.zone)
            except ValueError:
                continue
        raise Refusal(_("「%(text)s」不是這個來源的日期時間寫法。") % {"text": given[:40]})

    def degree(self, given: str, most: int) -> float | None:
        """A coordinate; None for a missing one. Raises Refusal."""
        try:
            value = float(given)
        except ValueError:
            raise Refusal(_("「%(text)s」不是座標。") % {"text": given[:40]}) from None
        if not -most <= value <= most:
            raise Refusal(_("座標%(text)s不在地球上。") % {"text": given[:40]})
        return None if self.whole_degrees_missing and value == int(value) else round(value, 6)

    def profile(self) -> Profile:
        """How its table is read: every cell as text, judged when it is kept."""
        columns = tuple(
            Column(field, (header,), str.strip, required=field in ("number", "opened_at"), default="")
            for field, header in self.columns.items()
        )
        return Profile(str(self), columns, refuse_damaged=False)


@cache
def mappings() -> dict[str, Mapping]:
    """Every profile by its code."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.json"))}


def _read(path: Path) -> Mapping:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Mapping(
        code=path.stem,
        title=told["title"],
        title_en=told["title_en"],
        source=told["source"],
        zone=ZoneInfo(told["zone"]),
        moments=tuple(told["moments"]),
        missing=frozenset(told["missing"]),
        columns=told["columns"],
        same_signs=told["same_signs"],
        same_names=told["same_names"],
        closed_when=frozenset(told.get("closed_when", ())),
        whole_degrees_missing=bool(told.get("whole_degrees_missing")),
    )
