"""相近文字 How alike texts are: the cosine of their TF-IDF weights over runs of two and three characters.

Chinese has no spaces between words, so runs of characters serve for both languages. Plain Python: an index of
ten thousand abstracts is built in about two seconds and kept by whoever asks.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping

LENGTHS = (2, 3)
NOISE = re.compile(r"[\W_]+")


def runs(text: str) -> Counter[str]:
    """How often each run of characters occurs; case, width, white space and punctuation do not count."""
    plain = NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())
    return Counter(plain[at : at + n] for n in LENGTHS for at in range(len(plain) - n + 1))


class Index[K: Hashable]:
    """Texts by key, ready to be asked which of them a text is like."""

    def __init__(self, texts: Mapping[K, str]) -> None:
        counted = {key: runs(text) for key, text in texts.items()}
        spread = Counter(run for found in counted.values() for run in found)
        self._rare = {run: math.log(1 + len(counted) / many) for run, many in spread.items()}
        self._unknown = math.log(1 + len(counted))
        self._where: dict[str, list[tuple[K, float]]] = defaultdict(list)
        for key, found in counted.items():
            weights = self._weights(found)
            for run, weight in weights.items():
                self._where[run].append((key, weight))

    def _weights(self, found: Counter[str]) -> dict[str, float]:
        """Weights of length 1 in all."""
        raw = {run: (1 + math.log(n)) * self._rare.get(run, self._unknown) for run, n in found.items()}
        length = math.sqrt(sum(weight * weight for weight in raw.values()))
        return {run: weight / length for run, weight in raw.items()} if length else {}

    def near(self, text: str, least: float = 0.2, most: int = 5) -> list[tuple[K, float]]:
        """Keys with their likeness from 0 to 1, the most alike first; none below `least`."""
        found: dict[K, float] = defaultdict(float)
        for run, weight in self._weights(runs(text)).items():
            for key, other in self._where.get(run, ()):
                found[key] += weight * other
        ordered = sorted(((key, min(one, 1.0)) for key, one in found.items() if one >= least), key=_rank)
        return ordered[:most]


def _rank(row: tuple[Hashable, float]) -> tuple[float, str]:
    return -row[1], str(row[0])
