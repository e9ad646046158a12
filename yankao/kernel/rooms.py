"""The rooms in use: what each brings, found by name. Deleting a room is deleting its folder and its line in
`site/rooms.py`.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from .casework.openings import openings
from .casework.process import Process, processes
from .intake import Import

PARTS = ("process", "journal", "figures", "letters", "screens", "imports", "events")


@dataclass(frozen=True)
class Room:
    """One system: its dotted name without the house's, its two titles and the modules it brings."""

    name: str
    package: ModuleType
    zh: str
    en: str
    parts: dict[str, ModuleType] = field(default_factory=dict, compare=False, hash=False)

    @property
    def chapter(self) -> str:
        return self.name.partition(".")[0]

    @property
    def label(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def title(self) -> str:
        return self.en if get_language() == "en" else self.zh

    @property
    def process(self) -> Process[Any] | None:
        return processes.get(self.name)

    @property
    def imports(self) -> tuple[Import, ...]:
        """The files it takes in and gives out: its own `IMPORTS`, else the file of its openings."""
        declared = self.part("imports")
        if declared is not None:
            return tuple(declared.IMPORTS)
        derived = openings(self.process) if self.process else None
        return (derived,) if derived else ()

    def part(self, name: str) -> ModuleType | None:
        """An optional module of the room (`demo`, `imports`, …), imported when first asked for."""
        return self.parts.get(name) or _part(self.package.__name__, name)


def _part(package: str, name: str) -> ModuleType | None:
    full = f"{package}.{name}"
    return importlib.import_module(full) if importlib.util.find_spec(full) else None


def _room(package_name: str) -> Room:
    package = importlib.import_module(package_name)
    title = (package.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    zh, _sep, en = title.partition(" ")
    parts = {name: found for name in PARTS if (found := _part(package_name, name))}
    return Room(package_name.removeprefix("yankao."), package, zh, en, parts)


@cache
def rooms() -> tuple[Room, ...]:
    """Every room of `settings.ROOMS`, in the order of the council report, with its modules loaded."""
    return tuple(_room(name) for name in settings.ROOMS)


def room(name: str) -> Room:
    """A room by its name, `research.trips`. Raises LookupError."""
    for one in rooms():
        if one.name == name:
            return one
    raise LookupError(name)
