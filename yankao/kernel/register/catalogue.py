"""開放資料集 Sets of open data that a room makes from its cases: counts by week and place, never a person.

A room's `open_data.py` lists them in `DATASETS`. One line a cell; a cell of fewer cases than the rule
`open_data.smallest` says is printed without its number, so that nobody is found by being alone in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..rooms import Room, rooms
from ..rules.values import Seed, declare
from .open_data import Field

SMALLEST = declare(
    "open_data.smallest", int, _("開放資料每格最少件數"), Seed("3", basis="個人資料保護法第2條第1款"),
)  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """One set. `rows` gives a year's lines in the language in force; `years` which years there are, the
    latest first. `every` is how often it changes, a code of the EU's frequency list (WEEKLY, MONTHLY, …).
    """

    code: str
    title: Any
    about: Any
    fields: tuple[Field, ...]
    rows: Callable[[int], Iterable[Any]]
    years: Callable[[], Sequence[int]]
    keywords: tuple[Any, ...] = ()
    every: str = "WEEKLY"


def datasets() -> Iterator[tuple[Room, Dataset]]:
    """Every set of every room, in the order of the rooms."""
    for room in rooms():
        for one in getattr(room.part("open_data"), "DATASETS", ()):
            yield room, one


def dataset(code: str) -> Dataset | None:
    return next((one for _room, one in datasets() if one.code == code), None)
