"""重複與分割 Proposals that may be one plan cut in pieces, or the same work asked twice: plain Python.

A warning is no verdict: it names the other proposal and each reason, and the reviewers judge.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from yankao.kernel.likeness import likeness, pairs

_NOISE = re.compile(r"[第期一二三四五六七八九十0-9]|年度|計畫|工程|改善|興建|辦理")


@dataclass(frozen=True)
class Plan:
    """What is compared of a proposal. `near` says that its amount lies just under the threshold."""

    key: int
    title: str
    agency: int
    year: int
    place: tuple[float, float] | None = None
    total: Decimal = Decimal(0)
    near: bool = False
    words: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Warning:
    """Two proposals and why they are shown together: `alike` in %, `metres` between them."""

    one: int
    other: int
    alike: int
    metres: int | None
    same_agency: bool
    split: bool


def words_of(title: str) -> Counter[str]:
    """Pairs of letters of a title without years, numbers and the words every plan has."""
    return pairs(_NOISE.sub("", title))


def plan(
    key: int,
    title: str,
    agency: int,
    year: int,
    place: tuple[float, float] | None,
    total: Decimal,
    near: bool,
) -> Plan:
    return Plan(key, title, agency, year, place, total, near, words_of(title))


def alike(one: Plan, other: Plan) -> int:
    """How alike the titles are, in %."""
    return round(100 * likeness(one.words, other.words))


def metres(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Between two points of longitude and latitude, over distances of a city."""
    middle = math.radians((one[1] + other[1]) / 2)
    x = (one[0] - other[0]) * 111_320 * math.cos(middle)
    y = (one[1] - other[1]) * 110_540
    return round(math.hypot(x, y))


def judge(one: Plan, other: Plan, *, least: int, within: int, years: int) -> Warning | None:
    """The warning about two proposals, or None.

    Splitting: the same agency within `years`, titles alike or places close, and an amount just under the
    threshold on either side. Overlap: titles alike and of the same agency, or places close and titles half
    as alike.
    """
    if abs(one.year - other.year) > years:
        return None
    words = alike(one, other)
    apart = metres(one.place, other.place) if one.place and other.place else None
    close = apart is not None and apart <= within
    same = one.agency == other.agency
    if not ((words >= least and same) or (close and words * 2 >= least) or (close and same)):
        return None
    split = same and one.near and other.near
    return Warning(one.key, other.key, words, apart, same, split)


def warnings(
    plans: Sequence[Plan], others: Iterable[Plan] = (), *, least: int, within: int, years: int
) -> list[Warning]:
    """Every pair among `plans`, and of them with `others`; the likest first."""
    found = []
    beyond = list(others)
    for place, one in enumerate(plans):
        for other in [*plans[place + 1 :], *beyond]:
            if other.key != one.key and (told := judge(one, other, least=least, within=within, years=years)):
                found.append(told)
    return sorted(found, key=lambda told: (not told.split, -told.alike, told.one, told.other))
