"""What a text is searched by: its characters and pairs of characters. Plain Python."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

LONGEST_WORD = 60
MOST_WORDS = 8

_VARIANTS = str.maketrans("臺裏峯衞羣着", "台裡峰衛群著")
"""Two writings of one character; a name is found by either."""
# Marks of ASCII would part the tokens of FTS5: each has a stand-in nobody writes.
_STAND_IN = 0x10FF00
_MARKS = {code: chr(_STAND_IN + code) for code in range(128) if not chr(code).isalnum()}
_STRANGE = re.compile(f"[\ud800-\udfff{chr(_STAND_IN)}-{chr(_STAND_IN + 127)}]")
_WHITE = re.compile(r"[\s\x00-\x1f\x7f]+")
_PERSONAL = re.compile(
    r"(?<![a-z0-9])[a-z][1289a-d]\d{8}(?!\d)"  # numbers of identity and residence cards
    r"|(?<!\d)(?:\+?886[- ]?|0)9\d{2}[- ]?\d{3}[- ]?\d{3}(?!\d)"  # mobile phones
    r"|[a-z0-9_.+-]+@[a-z0-9-]+\.[a-z0-9.-]+"
)


def stand_ins() -> dict[str, str]:
    """What stands in the tokens for each mark of ASCII."""
    return {chr(code): stand_in for code, stand_in in _MARKS.items()}


def normal(text: str) -> str:
    """The text as it is compared: width, case and variants of characters folded, white space single."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_VARIANTS)
    return _WHITE.sub(" ", _STRANGE.sub(" ", plain)).strip()


def joined(fields: Iterable[str]) -> str:
    """The fields of a record as one text, a line each: what is kept and searched.

    Numbers of identity cards and mobile phones and mail addresses, wherever a citizen wrote them, are left
    out: no search finds a person by them.
    """
    return "\n".join(_PERSONAL.sub(" ", normal(field)) for field in fields)


def words_of(query: str) -> list[str]:
    """What is looked for: the words between white space, each once, as they are compared."""
    words = dict.fromkeys(word[:LONGEST_WORD] for word in normal(query).split(" ") if word)
    return list(words)[:MOST_WORDS]


def grams_of(text: str) -> set[str]:
    """The characters and the pairs of neighbours in a text; none over a space or the end of a field."""
    found: set[str] = set()
    for run in text.split():
        found.update(run)
        found.update(map(str.__add__, run, run[1:]))
    return found


def asked_of(words: Sequence[str]) -> set[str]:
    """The grams a text must have to hold all of these words; a word of one or two is told by its gram."""
    found: set[str] = set()
    for word in words:
        found.update(map(str.__add__, word, word[1:]) if len(word) > 1 else word)
    return found


def tokens(grams: Iterable[str], letter: str) -> list[str]:
    """Grams as the databases keep them, before each the letter of its corpus."""
    return sorted((letter + gram).translate(_MARKS) for gram in grams)


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether every word stands in a text (both as compared): what a full scan says."""
    return all(word in text for word in words)
