"""市政要覽 The mayor's first screen: five tiles (functional spec part G), told by the rooms they are about.

A tile is a few numbers of the whole city; each opens its records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy

from yankao.kernel.figures.declare import Figure, period_for
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.period import Period, roc_text

from . import nav
from .jinja import format_measure, format_money
from .parts import Stat
from .screens import screens_of

TILES = {
    "promises": gettext_lazy("施政承諾"),
    "money": gettext_lazy("預算執行"),
    "works": gettext_lazy("工程"),
    "citizens": gettext_lazy("市民"),
    "safety": gettext_lazy("安全"),
}


@dataclass(frozen=True)
class Tile:
    """One of the five; without numbers it says that no room in use has any."""

    title: Any
    numbers: tuple[Stat, ...]


def tiles(user: Any) -> list[Tile]:
    """What the rooms the mayor may enter tell of the city; nothing for anybody else."""
    if not standing(user).has(Role.MAYOR):
        return []
    told: dict[str, list[Stat]] = {name: [] for name in TILES}
    for room in nav.rooms_for(user):
        city = screens_of(room).city
        for name, numbers in city(user).items() if city is not None else ():
            told[name] += numbers
    return [Tile(title, tuple(told[name])) for name, title in TILES.items()]


def half_year(today: date) -> Period:
    """The half-year of a day: what the report of the time will be about."""
    return Period.of_half(today.year - 1911, 1 if today.month <= 6 else 2)


def of_figures(figures: Iterable[Figure], today: date, *, bad: bool = False) -> list[Stat]:
    """Figures of this half-year as the report prints them, each opening its page; `bad`: red where there is
    any.
    """
    half, language = half_year(today), get_language() or ""
    since = roc_text(half, "en" if language == "en" else "zh", "name")
    found = []
    for figure in figures:
        value = figure.value(period_for(figure.full_name, half))
        words = format_money(value) if figure.unit == "元" else format_measure(value, figure.unit)
        page = reverse("report:figure", args=[figure.full_name, half.code])
        found.append(Stat(words, figure.label_in(language), page, since, bad and value > 0))
    return found
