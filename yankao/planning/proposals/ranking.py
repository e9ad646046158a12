"""排序與額度 Who comes first, and who falls in or out under a ceiling for each source: plain Python.

Two rules, both said in words beside every proposal:

截線 cut: a source's money is counted up in the order of the ranking, whoever falls out. A proposal is in when
for every source it asks, the sum up to and with it stays within the ceiling. So each source has one line, no
ceiling can be exceeded, and a higher ceiling never throws anybody out.

遞補 fill (by choice, after the cut): what the cut left over is offered to those who fell out, in their order;
whoever fits into every source wholly comes in. Nothing that would still fit stays out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from yankao.kernel.money.models import Source

ZERO = Decimal(0)


@dataclass(frozen=True)
class Entry:
    """A proposal to be placed: the key, its score, policy mark and place in its agency, and 元 it asks by
    source; `held` says in words why it is not to be placed at all.
    """

    key: int
    needs: Mapping[Source, Decimal]
    score: Decimal | None = None
    policy: Decimal | None = None
    agency: int = 0
    agency_rank: int | None = None
    held: str = ""
    label: str = ""


@dataclass
class Placed:
    """Where a proposal stands: its rank, whether it is in, and by what.

    `how`: "cut" in by the cut, "fill" in by what was left, "over" out for the sources in `over` (元 by which
    the sum up to it exceeds the ceiling), "held" not to be placed. `tied`: as many share its marks.
    """

    entry: Entry
    rank: int
    how: str = ""
    over: dict[Source, Decimal] = field(default_factory=dict)
    upto: dict[Source, Decimal] = field(default_factory=dict)
    tied: int = 1
    split_tie: bool = False

    @property
    def inside(self) -> bool:
        return self.how in ("cut", "fill")


@dataclass
class Outcome:
    """Everybody in the order of the ranking; money by source: asked, granted, left; the rank at which each
    source's line falls (None: everybody fits).
    """

    placed: list[Placed]
    ceilings: dict[Source, Decimal]
    asked: dict[Source, Decimal]
    granted: dict[Source, Decimal]
    lines: dict[Source, int | None]

    @property
    def left(self) -> dict[Source, Decimal]:
        return {source: self.ceilings[source] - self.granted[source] for source in self.ceilings}

    @property
    def inside(self) -> list[Placed]:
        return [one for one in self.placed if one.inside]


def _marks(entry: Entry) -> tuple[Decimal, Decimal]:
    return (entry.score if entry.score is not None else Decimal(-1),
            entry.policy if entry.policy is not None else Decimal(-1))  # fmt: skip


def order(entries: Sequence[Entry]) -> list[Entry]:
    """By score, then policy fit, then the place in its agency, then the case: never by chance."""

    def key(entry: Entry) -> tuple[Any, ...]:
        score, policy = _marks(entry)
        return (-score, -policy, entry.agency_rank or 10**6, entry.key)

    return sorted(entries, key=key)


def against_agencies(ordered: Sequence[Entry]) -> dict[int, int]:
    """Key → key of a proposal that its own agency put after it, but which the ranking puts before it.

    The ranking keeps the order of the agency unless justified: these are to be justified.
    """
    found: dict[int, int] = {}
    worst: dict[int, tuple[int, int]] = {}
    for entry in ordered:
        if entry.agency_rank is None:
            continue
        before = worst.get(entry.agency)
        if before and before[0] > entry.agency_rank:
            found[entry.key] = before[1]
        if before is None or entry.agency_rank > before[0]:
            worst[entry.agency] = (entry.agency_rank, entry.key)
    return found


def allocate(ordered: Sequence[Entry], ceilings: Mapping[Source, Decimal], *, fill: bool = False) -> Outcome:
    """Place proposals in the order given. A source without a ceiling gives nothing."""
    limits = {source: ceilings.get(source, ZERO) for source in Source}
    asked, granted = dict.fromkeys(Source, ZERO), dict.fromkeys(Source, ZERO)
    lines: dict[Source, int | None] = dict.fromkeys(Source)
    placed: list[Placed] = []
    for rank, entry in enumerate(ordered, 1):
        one = Placed(entry, rank)
        placed.append(one)
        if entry.held:
            one.how = "held"
            continue
        for source, amount in entry.needs.items():
            if amount <= 0:
                continue
            asked[source] += amount
            one.upto[source] = asked[source]
            if asked[source] > limits[source]:
                one.over[source] = asked[source] - limits[source]
                if lines[source] is None:
                    lines[source] = rank
        one.how = "over" if one.over else "cut"
        if one.inside:
            for source, amount in entry.needs.items():
                granted[source] += amount
    if fill:
        _fill(placed, limits, granted)
    _tell_ties(placed)
    return Outcome(placed, limits, asked, granted, lines)


def _fill(placed: list[Placed], limits: Mapping[Source, Decimal], granted: dict[Source, Decimal]) -> None:
    for one in placed:
        needs = one.entry.needs
        if one.how == "over" and all(granted[s] + amount <= limits[s] for s, amount in needs.items()):
            one.how = "fill"
            for source, amount in needs.items():
                granted[source] += amount


def _tell_ties(placed: list[Placed]) -> None:
    """Those who share score and policy mark, and whether a line falls between them."""
    groups: dict[tuple[Decimal, Decimal], list[Placed]] = {}
    for one in placed:
        if one.how != "held" and one.entry.score is not None:
            groups.setdefault(_marks(one.entry), []).append(one)
    for group in groups.values():
        for one in group:
            one.tied = len(group)
            one.split_tie = len({other.inside for other in group}) > 1
