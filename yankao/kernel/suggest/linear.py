"""A linear model on single characters and pairs of characters, trained and asked in plain Python.

Two linear classifiers over the same weighted grams are added: a support vector machine, one label against the
others, by dual coordinate descent (Hsieh et al. 2008), and complement naive Bayes (Rennie et al. 2003), which
helps labels with few texts. Runs of three characters were measured, too: they cost twice the room and found
less. No dictionary of words is needed.
"""

from __future__ import annotations

import gzip
import json
import math
import random
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from ..search.grams import joined

ROUNDS = 12
SHARE = 0.55
"""How much naive Bayes says in the sum."""
SMOOTH = 0.3
FOLDS = 5
TOP = 3
LONGEST = 600
"""Characters of a text that are read."""
FORM = 1

type Grams = dict[str, float]
type Rows = dict[str, list[float]]


@dataclass(frozen=True)
class Measured:
    """What cross-validation over the training texts found: how often the first suggestion, and one of the
    first three, was the label; shares of 1."""

    texts: int
    labels: int
    folds: int
    top1: float
    top3: float


@dataclass(frozen=True)
class Suggestion:
    """A label, how sure it is (0 to 1, calibrated on texts not trained on), and the runs of characters that
    spoke for it most."""

    label: str
    sure: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """What was learned. `rows` has for each gram its weight for each label."""

    labels: tuple[str, ...]
    rarity: Grams
    rows: Rows
    bias: tuple[float, ...]
    heat: float
    measured: Measured | None

    def weigh(self, text: str) -> Grams:
        """The known grams of a text, weighted by how rare they are, of length 1 in all."""
        return _weighted(counted(text), self.rarity)

    def scores(self, grams: Grams) -> list[float]:
        return _scores(self.rows, self.bias, grams)

    def suggest(self, text: str, most: int = TOP) -> list[Suggestion]:
        """The likeliest labels, the likeliest first; none for a text without a known gram."""
        plain = joined([text])[:LONGEST]
        grams = self.weigh(plain)
        if not grams:
            return []
        sure = softened(self.scores(grams), self.heat)
        return [Suggestion(self.labels[n], sure[n], self._words(plain, grams, n)) for n in _best(sure, most)]

    @cached_property
    def _means(self) -> Grams:
        return {gram: sum(row) / len(row) for gram, row in self.rows.items()}

    def _words(self, text: str, grams: Grams, label: int) -> tuple[str, ...]:
        """The runs of two to six characters that spoke for a label more than for the others on average."""
        said = [0.0] * len(text)
        for n in (1, 2):
            for at in range(len(text) - n + 1):
                gram = text[at : at + n]
                if gram in grams:
                    part = grams[gram] * (self.rows[gram][label] - self._means[gram]) / n
                    for place in range(at, at + n):
                        said[place] += part
        sums = [0.0, *accumulate(said)]
        runs = sorted(
            (
                (sums[end] - sums[at]) / math.sqrt(end - at), at, end
            )
            for at in range(len(text)) for end in range(at + 2, min(at + 6, len(text)) + 1)
            if text[at:end].isalnum()
        )  # fmt: skip
        found: list[tuple[int, int]] = []
        for value, at, end in reversed(runs):
            if value <= 0 or len(found) == TOP:
                break
            if all(end <= other or at >= stop for other, stop in found):
                found.append((at, end))
        return tuple(dict.fromkeys(text[at:end] for at, end in found))

    # ── Keeping ────────────────────────────────────────────────────────────────────────────────────

    def keep(self, place: Path, **more: object) -> None:
        """Write the model to a file, whole or not at all."""
        head = {
            "form": FORM, "labels": self.labels, "bias": self.bias, "heat": self.heat,
            "measured": asdict(self.measured) if self.measured else None,
            "grams": list(self.rarity), "rarity": list(self.rarity.values()), **more,
        }  # fmt: skip
        weights = array("f")
        for gram in self.rarity:
            weights.extend(self.rows[gram])
        draft = place.with_suffix(".part")
        with gzip.open(draft, "wb", compresslevel=3) as out:
            out.write(json.dumps(head, ensure_ascii=False).encode() + b"\n" + weights.tobytes())
        draft.replace(place)

    @classmethod
    def read(cls, place: Path) -> tuple[Model, dict[str, object]]:
        """The model of a file and what else was written with it. Raises ValueError for another form."""
        with gzip.open(place, "rb") as stream:
            head = json.loads(stream.readline())
            weights = array("f", stream.read())
        if head["form"] != FORM:
            raise ValueError(place)
        wide = len(head["labels"])
        rows = {gram: weights[n * wide : (n + 1) * wide].tolist() for n, gram in enumerate(head["grams"])}
        measured = Measured(**head["measured"]) if head["measured"] else None
        rarity = dict(zip(head["grams"], head["rarity"], strict=True))
        return cls(tuple(head["labels"]), rarity, rows, tuple(head["bias"]), head["heat"], measured), head


# ── Learning ────────────────────────────────────────────────────────────────────────────────────────


def train(texts: Sequence[str], labels: Sequence[str], *, seed: int = 0, folds: int = FOLDS) -> Model:
    """Learn from texts with their labels, and measure how well by cross-validation over the same texts.

    Raises ValueError where there are fewer than two labels.
    """
    docs = [counted(joined([text])[:LONGEST]) for text in texts]
    if len(set(labels)) < 2:
        raise ValueError("there must be two labels at least")
    told: list[tuple[list[float], int]] = []
    hits = Counter[str]()
    for train_on, ask in parts(labels, folds, seed):
        one = _fit([docs[n] for n in train_on], [labels[n] for n in train_on], seed)
        places = {label: n for n, label in enumerate(one.labels)}
        for n in ask:
            scores = one.scores(_weighted(docs[n], one.rarity))
            best = _best(scores, TOP)
            right = places.get(labels[n], -1)
            hits["top1"] += best[0] == right
            hits["top3"] += right in best
            told.append((scores, right))
    whole = _fit(docs, labels, seed)
    measured = Measured(
        len(docs), len(whole.labels), folds, hits["top1"] / len(docs), hits["top3"] / len(docs)
    )
    return Model(whole.labels, whole.rarity, whole.rows, whole.bias, _heat(told), measured)


def parts(labels: Sequence[str], folds: int, seed: int) -> list[tuple[list[int], list[int]]]:
    """Stratified folds: each label's texts are dealt out in turn after a shuffle."""
    rng = random.Random(seed)  # noqa: S311  (which text is in which fold is no secret)
    by_label: dict[str, list[int]] = defaultdict(list)
    for n, label in enumerate(labels):
        by_label[label].append(n)
    fold_of = [0] * len(labels)
    at = 0
    for label in sorted(by_label):
        rng.shuffle(by_label[label])
        for n in by_label[label]:
            fold_of[n] = at % folds
            at += 1
    return [
        (
            [n for n, own in enumerate(fold_of) if own != fold],
            [n for n, own in enumerate(fold_of) if own == fold],
        )
        for fold in range(folds)
    ]


def counted(text: str) -> Counter[str]:
    """The single characters and pairs of neighbours in a text."""
    return Counter(text) + Counter(map(str.__add__, text, text[1:]))


def softened(scores: Sequence[float], heat: float) -> list[float]:
    """Scores as shares that sum to 1."""
    top = max(scores)
    raised = [math.exp((score - top) * heat) for score in scores]
    whole = sum(raised)
    return [one / whole for one in raised]


def _best(scores: Sequence[float], most: int) -> list[int]:
    """The places of the highest scores, the highest first."""
    return sorted(range(len(scores)), key=lambda n: -scores[n])[:most]


def _weighted(counts: Counter[str], rarity: Grams) -> Grams:
    raw = {gram: (1 + math.log(n)) * rarity[gram] for gram, n in counts.items() if gram in rarity}
    length = math.sqrt(sum(one * one for one in raw.values()))
    return {gram: one / length for gram, one in raw.items()} if length else {}


def _scores(rows: Rows, bias: Sequence[float], grams: Grams) -> list[float]:
    found = list(bias)
    for gram, weight in grams.items():
        found = [one + weight * other for one, other in zip(found, rows[gram], strict=True)]
    return found


def _fit(docs: Sequence[Counter[str]], labels: Sequence[str], seed: int) -> Model:
    spread = Counter(gram for counts in docs for gram in counts)
    rarity = {gram: math.log((1 + len(docs)) / (1 + many)) + 1 for gram, many in spread.items()}
    names = tuple(sorted(set(labels)))
    places = {label: n for n, label in enumerate(names)}
    points = [_weighted(counts, rarity) for counts in docs]
    owners = [places[label] for label in labels]
    machine, bias = _machine(points, owners, len(names), seed)
    bayes = _bayes(points, owners, len(names))
    one, other = _spread(machine, bias, points), _spread(bayes, [0.0] * len(names), points)
    left, right = (1 - SHARE) / one, SHARE / other
    rows = {
        gram: [left * a + right * b for a, b in zip(row, bayes[gram], strict=True)]
        for gram, row in machine.items()
    }
    return Model(names, rarity, rows, tuple(left * one for one in bias), 1.0, None)


def _spread(rows: Rows, bias: Sequence[float], points: Sequence[Grams]) -> float:
    """How far the scores of one text lie apart, on average: the scale on which two models are added."""
    found = []
    for grams in points[:: max(1, len(points) // 500)]:
        scores = _scores(rows, bias, grams)
        mean = sum(scores) / len(scores)
        found.append(math.sqrt(sum((one - mean) ** 2 for one in scores) / len(scores)))
    return sum(found) / len(found) or 1.0


def _machine(
    points: Sequence[Grams], owners: Sequence[int], wide: int, seed: int
) -> tuple[Rows, list[float]]:
    """One label against the others, squared hinge loss, by dual coordinate descent over all labels at once.

    `held[n]` are the dual variables of text n, at least 0; a text of length 1 and the constant 1 for the
    bias make the diagonal 2, and C = 1 adds a half.
    """
    rng = random.Random(seed)  # noqa: S311  (an order of texts is no secret)
    rows: Rows = {}
    for grams in points:
        for gram in grams:
            if gram not in rows:
                rows[gram] = [0.0] * wide
    bias = [0.0] * wide
    held = [[0.0] * wide for _point in points]
    order = list(range(len(points)))
    for _round in range(ROUNDS):
        rng.shuffle(order)
        for n in order:
            grams, own, duals = points[n], owners[n], held[n]
            moved = []
            for label, score in enumerate(_scores(rows, bias, grams)):
                sign = 1.0 if label == own else -1.0
                before = duals[label]
                after = before - (sign * score - 1 + before / 2) / 2.5
                if after < 0:
                    after = 0.0
                if abs(after - before) > 1e-3:
                    duals[label] = after
                    moved.append((label, sign * (after - before)))
            for label, step in moved:
                bias[label] += step
            for gram, weight in grams.items() if moved else ():
                row = rows[gram]
                for label, step in moved:
                    row[label] += weight * step
    return rows, bias


def _bayes(points: Sequence[Grams], owners: Sequence[int], wide: int) -> Rows:
    """Complement naive Bayes: a gram speaks for a label where it is rare among the others."""
    rows: Rows = {}
    for grams, own in zip(points, owners, strict=True):
        for gram, weight in grams.items():
            rows.setdefault(gram, [0.0] * wide)[own] += weight
    whole = {gram: sum(row) for gram, row in rows.items()}
    total = sum(whole.values()) + SMOOTH * len(rows)
    by_label = [total - sum(row[label] for row in rows.values()) for label in range(wide)]
    for gram, row in rows.items():
        rest = whole[gram] + SMOOTH
        rows[gram] = [-math.log(max(rest - one, 1e-9) / by) for one, by in zip(row, by_label, strict=True)]
    return rows


def _heat(told: Sequence[tuple[list[float], int]]) -> float:
    """By how much scores are to be multiplied so that their shares are as likely as can be: found by
    thirds."""

    def lost(heat: float) -> float:
        return -sum(
            math.log(max(softened(scores, heat)[right] if right >= 0 else 0.0, 1e-6))
            for scores, right in told
        )

    low, high = 0.05, 20.0
    for _turn in range(24):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        if lost(one) < lost(other):
            high = other
        else:
            low = one
    return (low + high) / 2
