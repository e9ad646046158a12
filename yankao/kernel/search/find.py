"""Finding: the hits of a query, narrowed to what may be shown, ranked or as a condition of a list."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from .. import prepared
from ..prepared import Build
from . import tables
from .corpus import Corpus
from .grams import asked_of, tokens, words_of
from .models import Entry, Grams
from .newest import newest

RANKED = 60
"""So many of the newest hits are put in order; when there are fewer, that is all of them."""
FEW = 4000
"""Hits of which a list is told the keys; commoner words are looked for row by row, in the list's order."""


@dataclass(frozen=True)
class Asked:
    """A query put to a corpus: its words, at least one (`grams.words_of`), and the question for the index."""

    corpus: Corpus[Any]
    words: Sequence[str]

    @cached_property
    def tokens(self) -> list[str]:
        return tokens(asked_of(self.words), self.corpus.letter)

    @property
    def question(self) -> str:
        return tables.asked(self.tokens)

    @property
    def values(self) -> list[str]:
        """What `hits` is given: the question, and the words whose pairs might stand apart."""
        return [self.question, *(word for word in self.words if len(word) > 2)]

    def hits(self, given: Iterator[Any] | None = None) -> QuerySet[Grams]:
        """The entries that hold every word."""
        question, *long = self.values
        given = iter([question, *long]) if given is None else given
        found = Grams.objects.filter(held__all_of=next(given))
        for _word in long:
            found = found.filter(entry__text__holds=next(given))
        return found

    def read(self, key: Any) -> Exists:
        """That the text of the record with this key (an expression) holds every word."""
        held = Entry.objects.filter(pk=key)
        for word in self.words:
            held = held.filter(text__holds=word)
        return Exists(held)

    def rows(self, name: Hashable, more: Sequence[Any], build: Build) -> list[tuple[Any, ...]]:
        """Rows of a query made of `values` and `more`, its statement kept by its shape."""
        shape = (__name__, name, self.corpus.number, len(self.values))
        return prepared.rows(shape, [*self.values, *more], build)


@dataclass(frozen=True)
class Found:
    """What a query of at least one word finds in a corpus, as a condition of a list of records."""

    corpus: Corpus[Any]
    words: Sequence[str]

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self.corpus, self.words)

    @cached_property
    def keys(self) -> list[int] | None:
        """The keys of the records when they are few; None when not."""
        asked = self._asked
        if connection.vendor == "postgresql" and tables.guessed(asked.tokens)[0] > FEW:
            return None
        found = asked.rows(
            ("keys", FEW), [], lambda values: asked.hits(iter(values)).values_list("pk")[: FEW + 1]
        )
        return None if len(found) > FEW else [pk - self.corpus.base for (pk,) in found]

    def where(self, also: Sequence[int] = ()) -> Q:
        """The condition in the form that walks a list in its order; `also`: further records that fit."""
        if self.keys is not None:
            return _among([*self.keys, *also])
        walked = Q(self._asked.read(self.corpus.entry_of(OuterRef("pk"))))
        return walked | _among(also) if also else walked

    def counted(self, also: Sequence[int] = ()) -> Q:
        """The same in the form that counts: from the hits."""
        if self.keys is not None:
            return _among([*self.keys, *also])
        keys: Any = self._asked.hits().annotate(key_=self.corpus.key_of(F("pk"))).values("key_")
        counted = Q(pk__in=keys)
        return counted | _among(also) if also else counted


def _among(keys: Sequence[int]) -> Q:
    return Q(pk__among=",".join(map(str, keys)))


def best(
    corpus: Corpus[Any], query: str, seen: Q, limit: int = 8, also: Sequence[tuple[int, str]] = ()
) -> list[int]:
    """The keys of the best hits among the records that may be seen (`seen`), the best first.

    Ranked by where the words stand (weights of the corpus; a field that is the query, or begins with it,
    stands above), then the newest first. Of many hits the newest `RANKED` are ranked. `also`: further
    records as (key, text as kept) to rank among them.
    """
    words = words_of(query)
    if not words:
        return []
    found = dict(also) | _newest(Asked(corpus, words), seen, RANKED)
    whole = " ".join(words)
    told = sorted(found.items(), key=lambda row: (-score(row[1], words, whole, corpus.weights), -row[0]))
    return [key for key, _text in told[:limit]]


def _newest(asked: Asked, seen: Q, limit: int) -> dict[int, str]:
    """The newest hits that may be seen: keys and texts."""
    base = asked.corpus.base
    rows, told = newest(asked, seen, limit)
    if not told:
        # Many hits and few of them to be seen: what may be seen is little, so it is gone through instead.
        rows = _walked(asked, seen, limit)
    return {pk - base: text for pk, text in rows}


def _walked(asked: Asked, seen: Q, limit: int) -> list[tuple[Any, ...]]:
    """The same, going through the records that may be seen, the newest first."""
    base, read = asked.corpus.base, asked.read(asked.corpus.entry_of(OuterRef("pk")))
    records = asked.corpus.model._default_manager.filter(seen).filter(read).order_by("-pk")
    keys = list(records.values_list("pk", flat=True)[:limit])
    return list(Entry.objects.filter(pk__in=[base + one for one in keys]).values_list("pk", "text"))


def score(text: str, words: Sequence[str], whole: str, weights: Sequence[float]) -> float:
    """How well a text answers: for each word the weight of the fields it stands in, more where it stands
    often for the length, and a bonus for a field that is the query or begins with it.
    """
    told = 0.0
    for field, weight in zip(text.split("\n"), weights, strict=False):
        present, letters = 0, 0
        for word in words:
            if often := field.count(word):
                present, letters = present + 1, letters + often * len(word)
        if present:
            told += weight * (present / len(words) + min(letters / len(field), 1))
            if field.startswith(whole):
                told += weight * (4 if field == whole else 1)
    return told
