"""Scores into results: weighted criteria, means, half-up rounding, grade bands, ranks with ties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from yankao.kernel.roc import half_up

type Score = int | Decimal


@dataclass(frozen=True)
class Criterion:
    """What is judged and how much it weighs in the total, in percent."""

    code: str
    label: object
    weight: Decimal


def exact_mean(scores: Iterable[Score]) -> Fraction:
    """The arithmetic mean without rounding. Raises ValueError when nobody has scored."""
    given = [Fraction(score) for score in scores]
    if not given:
        raise ValueError("no score to take the mean of")
    return sum(given, Fraction(0)) / len(given)


def mean(scores: Iterable[Score], places: int = 0) -> Decimal:
    """The mean rounded half up once, from its exact value: 79.5 gives 80, 79.4999 gives 79."""
    return _rounded(exact_mean(scores), places)


def trimmed_mean(scores: Iterable[Score], cut: int = 1, places: int = 0) -> Decimal:
    """The mean without the `cut` highest and lowest scores. Raises ValueError when none would be left."""
    ordered = sorted(scores)
    return mean(ordered[cut : len(ordered) - cut] if cut else ordered, places)


def weighted(scores: Mapping[str, Score], criteria: Sequence[Criterion], places: int = 2) -> Decimal:
    """The weighted total. Raises ValueError when a criterion has no score or the weights are not 100."""
    if sum(criterion.weight for criterion in criteria) != 100:
        raise ValueError("the weights of the criteria must sum to 100")
    missing = [criterion.code for criterion in criteria if criterion.code not in scores]
    if missing:
        raise ValueError(f"no score for {', '.join(missing)}")
    parts = (Fraction(scores[c.code]) * Fraction(c.weight) / 100 for c in criteria)
    return _rounded(sum(parts, Fraction(0)), places)


def _rounded(value: Fraction, places: int) -> Decimal:
    # A fraction has no exact decimal: the half is decided in whole numbers, which do not lose it.
    scaled = value * 10**places * 2
    doubled = scaled.numerator // scaled.denominator
    return half_up(Decimal((doubled + 1) // 2).scaleb(-places), places)


@dataclass(frozen=True)
class Bands:
    """Steps of a scale, the highest first: (least value, its name). As a rule: "90 excellent, 80 good"."""

    steps: tuple[tuple[Decimal, str], ...]

    @classmethod
    def parse(cls, text: str) -> Bands:
        """Read "90 excellent, 80 good, 0 poor". Raises ValueError for text that is none."""
        steps = []
        for part in text.split(","):
            words = part.split()
            if len(words) != 2:
                raise ValueError(f"not a band: {part.strip()!r}")
            steps.append((Decimal(words[0]), words[1]))
        return cls(tuple(sorted(steps, reverse=True)))

    def of(self, value: Score) -> str:
        """The highest band the value reaches. Raises ValueError below the lowest."""
        for least, code in self.steps:
            if value >= least:
                return code
        raise ValueError(f"{value} is below every band")

    def least(self, code: str) -> Decimal:
        """Where a band begins. Raises LookupError for an unknown one."""
        for least, name in self.steps:
            if name == code:
                return least
        raise LookupError(code)

    def __str__(self) -> str:
        return ", ".join(f"{least} {code}" for least, code in self.steps)


def ranks(scores: Mapping[str, Score]) -> dict[str, int]:
    """The rank of each, the highest score first; equals share one (1, 2, 2, 4)."""
    return {name: 1 + sum(other > score for other in scores.values()) for name, score in scores.items()}


def deviation(score: Score, scores: Sequence[Score]) -> Decimal | None:
    """How far a score stands from the mean of all, in standard deviations; None when they do not differ.

    For the question whether one judge is milder than the others.
    """
    middle = exact_mean(scores)
    spread = sum(((Fraction(s) - middle) ** 2 for s in scores), Fraction(0)) / len(scores)
    if not spread:
        return None
    return half_up(Decimal(float(Fraction(score) - middle)) / Decimal(float(spread)).sqrt(), 2)
