"""How alike two short texts are: the share of the pairs of letters they have in common (Dice over bigrams).

Chinese has no spaces between words, and two ways of saying one instruction differ in a few letters; pairs of
letters tell that well enough to warn, and cost nothing to keep.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable


def pairs(text: str) -> Counter[str]:
    """The pairs of neighbouring letters, without width, case, spaces or punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("台", "臺")
    letters = "".join(letter for letter in folded if letter.isalnum())
    return Counter(letters[i : i + 2] for i in range(len(letters) - 1)) or Counter(
        [letters] if letters else []
    )


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """0 for nothing in common, 1 for the same pairs."""
    both = sum(one.values()) + sum(other.values())
    return 2 * sum((one & other).values()) / both if both else 0.0


def nearest[Key](
    text: str, among: Iterable[tuple[Key, str]], floor: float, most: int = 5
) -> list[tuple[Key, float]]:
    """The most alike of the texts with their likeness, the nearest first; none below `floor`."""
    own = pairs(text)
    found = [(key, likeness(own, pairs(other))) for key, other in among]
    return sorted((one for one in found if one[1] >= floor), key=lambda one: -one[1])[:most]
