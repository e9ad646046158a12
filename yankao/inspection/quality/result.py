"""The score of an inspection: the mean of the commissioners, and what forces the lowest grade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from yankao.kernel.review.scoring import mean
from yankao.kernel.roc import half_up

from . import rules
from .models import Assay, Deficiency, Ground, Party, Sample, Seat

FORCING = {
    Assay.CONCRETE: Ground.CONCRETE,
    Assay.ASPHALT: Ground.ASPHALT,
    Assay.COMPACTION: Ground.COMPACTION,
}
"""The tests whose failure forces the lowest grade, and the ground each gives (作業辦法 §8)."""


@dataclass(frozen=True)
class Verdict:
    """What the scores come to: mean with two places, score as counted, grade, the forcing ground."""

    mean: Decimal
    raw: int
    score: int
    grade: str
    ground: str
    pending: bool

    @property
    def withheld(self) -> bool:
        """A passing score is told only when every test is judged."""
        return self.pending and self.raw >= self.passing

    passing: int = 70


def failed_ground(samples: list[Sample]) -> tuple[str, Sample | None]:
    """The first ground a failed test gives, with the sample."""
    for sample in samples:
        if sample.passed is False and sample.test in FORCING:
            return FORCING[Assay(sample.test)], sample
    return "", None


def verdict(seats: list[Seat], samples: list[Sample], ground: str, day: date) -> Verdict:
    """Mean of the scores rounded half up; capped where a ground forces the lowest grade.

    Raises ValueError when nobody has scored.
    """
    scores = [seat.score for seat in seats if seat.score is not None]
    bands = rules.GRADE_BANDS.at(day)
    exact, raw = mean(scores, 2), int(mean(scores))
    ground = ground or failed_ground(samples)[0]
    score = min(raw, rules.FORCED_SCORE.at(day)) if ground else raw
    pending = any(sample.passed is None and sample.test in FORCING for sample in samples)
    return Verdict(exact, raw, score, bands.of(score), ground, pending, int(bands.least("fair")))


def per_point(party: str, contract: Decimal, day: date) -> Decimal:
    """What a point costs the party under a contract of that size; 0 where no fine is laid down."""
    table = {Party.CONTRACTOR: rules.CONTRACTOR_FINE, Party.SUPERVISOR: rules.SUPERVISOR_FINE}
    asked = table.get(Party(party))
    return Decimal(asked.at(day).of(contract)) if asked else Decimal(0)


def fine(points: int, each: Decimal, contract: Decimal, day: date) -> Decimal:
    """Points times the amount, up to its share of the contract."""
    cap = half_up(contract * rules.FINE_CAP.at(day) / 100)
    return min(points * each, cap)


def points_by_party(faults: list[Deficiency]) -> dict[str, int]:
    """The points deducted from each party."""
    found: dict[str, int] = {}
    for fault in faults:
        found[fault.party] = found.get(fault.party, 0) + fault.points
    return {party: points for party, points in found.items() if points}
