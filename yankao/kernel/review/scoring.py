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


def spread(scores: Sequence[Score]) -> Decimal:
    """How far the highest lies above the lowest; 0 for fewer than two."""
    return Decimal(max(scores) - min(scores)) if len(scores) > 1 else Decimal(0)


def total(scores: Sequence[Score], way: str, places: int = 2) -> Decimal:
    """The scores as one: `mean`, or `trimmed` where three or more leave something to trim."""
    if way not in ("mean", "trimmed"):
        raise ValueError(f"no way to take several scores as one: {way!r}")
    return trimmed_mean(scores, 1, places) if way == "trimmed" and len(scores) > 2 else mean(scores, places)


@dataclass(frozen=True)
class Quotas:
    """Grades, the best first: how many may have it, its code, the least score. "9 first 85, 22 second 80"."""

    steps: tuple[tuple[int, str, Decimal], ...]

    @classmethod
    def parse(cls, text: str) -> Quotas:
        """Raises ValueError for text that is none."""
        steps = []
        for part in text.split(","):
            words = part.split()
            if len(words) != 3:
                raise ValueError(f"not a quota: {part.strip()!r}")
            steps.append((int(words[0]), words[1], Decimal(words[2])))
        return cls(tuple(steps))

    def __str__(self) -> str:
        return ", ".join(f"{most} {code} {least}" for most, code, least in self.steps)

    def exceeded(self, grades: Iterable[str]) -> list[tuple[str, int, int]]:
        """(grade, how many have it, how many may) of each quota that is overrun."""
        given = list(grades)
        return [(code, n, most) for most, code, _least in self.steps if (n := given.count(code)) > most]


def proposed(scores: Mapping[str, Score], quotas: Quotas) -> tuple[dict[str, str], set[str]]:
    """Grades by rank within the quotas, and those whose tie lies across a quota's edge.

    Equals are never parted by a quota: when not all of them fit, all of them wait for the next grade, and the
    meeting decides. Who gets no grade is "" in the answer.
    """
    order = sorted(scores, key=lambda name: (-scores[name], name))
    left = list(order)
    found, torn = dict.fromkeys(order, ""), set[str]()
    for most, code, least in quotas.steps:
        taken = 0
        while left and scores[left[0]] >= least:
            equals = [name for name in left if scores[name] == scores[left[0]]]
            if taken + len(equals) > most:
                if taken < most:
                    torn.update(equals)
                break
            for name in equals:
                found[name] = code
            taken += len(equals)
            left = left[len(equals) :]
    return found, torn


def over(amounts: Iterable[Score], ceiling: Score) -> Decimal:
    """By how much the amounts exceed the ceiling; 0 within it."""
    return max(Decimal(sum(amounts, Decimal(0))) - Decimal(ceiling), Decimal(0))


@dataclass(frozen=True)
class Calibration[P]:
    """How one judge scores beside the others of the same subjects."""

    judge: P
    count: int
    mean: Decimal
    least: Decimal
    most: Decimal
    milder_by: Decimal | None
    """Mean distance to the mean of the others who scored the same subjects; None when nobody else did."""


def calibration[P](scores: Mapping[str, Mapping[P, Score]]) -> list[Calibration[P]]:
    """Every judge's statistics over `scores[subject][judge]`, in the order in which they first appear."""
    judges = list(dict.fromkeys(judge for given in scores.values() for judge in given))
    found = []
    for judge in judges:
        own = [given[judge] for given in scores.values() if judge in given]
        apart = [
            Fraction(given[judge]) - exact_mean([score for other, score in given.items() if other != judge])
            for given in scores.values()
            if judge in given and len(given) > 1
        ]
        milder = _signed(sum(apart, Fraction(0)) / len(apart)) if apart else None
        found.append(Calibration(judge, len(own), mean(own, 2), Decimal(min(own)), Decimal(max(own)), milder))
    return found


def _signed(value: Fraction) -> Decimal:
    """Half up away from zero, so that a milder and a stricter judge are treated alike."""
    rounded = _rounded(abs(value), 2)
    return -rounded if value < 0 else rounded


def parse_criteria(text: str) -> tuple[tuple[Decimal, str], ...]:
    """Weights in percent and codes: "40 method, 60 use". Raises ValueError unless they sum to 100."""
    found = tuple((Decimal(part.split()[0]), part.split()[1]) for part in text.split(",") if part.split()[1:])
    if sum((weight for weight, _code in found), Decimal(0)) != 100:
        raise ValueError("the weights of the criteria must sum to 100")
    return found
