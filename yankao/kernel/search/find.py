"""Finding: the hits of a query, narrowed to what may be shown, ranked or as a condition of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from .corpus import Corpus
from .grams import asked_of, tokens, words_of
from .models import Entry, Grams

RANKED = 100
"""So many of the newest hits are put in order; when there are fewer, that is all of them."""
FEW = 4000
"""Hits of which a list is told the keys; commoner words are looked for row by row, in the list's order."""
LOOKED_THROUGH = 5000
"""So many of the newest hits are looked through for what may be seen; then, instead, what may be seen."""


def hits(corpus: Corpus[Any], words: Sequence[str]) -> QuerySet[Grams]:
    """The entries that hold every word (`grams.words_of`), at least one."""
    asked = " ".join(tokens(asked_of(words), corpus.letter))
    found = Grams.objects.filter(held__all_of=asked)
    for word in words:
        if len(word) > 2:  # its pairs may stand apart
            found = found.filter(entry__text__holds=word)
    return found


def keyed(corpus: Corpus[Any], name: str) -> Any:
    """The key of a record as the id of its entry, for a query of records that looks at entries (`name`: its
    key there), so that both are found by index.
    """
    return OuterRef(name) + corpus.base if corpus.base else OuterRef(name)


@dataclass(frozen=True)
class Found:
    """What a query of at least one word finds in a corpus, as a condition of a list of records."""

    corpus: Corpus[Any]
    words: Sequence[str]

    @cached_property
    def keys(self) -> list[int] | None:
        """The keys of the records when they are few; None when not."""
        if connection.vendor == "postgresql" and _guessed(hits(self.corpus, self.words)) > FEW:
            return None
        found = list(hits(self.corpus, self.words).values_list("pk", flat=True)[: FEW + 1])
        return None if len(found) > FEW else [pk - self.corpus.base for pk in found]

    def where(self, also: Sequence[int] = ()) -> Q:
        """The condition in the form that walks a list in its order; `also`: further records that fit."""
        if self.keys is not None:
            return _among([*self.keys, *also])
        held = Entry.objects.filter(pk=keyed(self.corpus, "pk"))
        for word in self.words:
            held = held.filter(text__holds=word)
        walked = Q(Exists(held))
        return walked | _among(also) if also else walked

    def counted(self, also: Sequence[int] = ()) -> Q:
        """The same in the form that counts: from the hits."""
        if self.keys is not None:
            return _among([*self.keys, *also])
        told: Any = hits(self.corpus, self.words)
        key = F("pk") - self.corpus.base if self.corpus.base else F("pk")
        counted = Q(pk__in=told.annotate(key_=key).values("key_"))
        return counted | _among(also) if also else counted


def _among(keys: Sequence[int]) -> Q:
    return Q(pk__among=",".join(map(str, keys)))


def _guessed(rows: QuerySet[Any]) -> float:
    """How many rows PostgreSQL expects, by the shares of grams it knows; it is not asked to look."""
    import json  # noqa: PLC0415

    told = rows.order_by().explain(format="json")
    return float(json.loads(told)[0]["Plan"]["Plan Rows"])


def best[M: Model](
    corpus: Corpus[M], query: str, seen: QuerySet[M], limit: int = 8, also: Sequence[tuple[int, str]] = ()
) -> list[int]:
    """The keys of the best hits among the records in `seen` (an unordered query), the best first.

    Ranked by where the words stand (weights of the corpus; a field that is the query, or begins with it,
    stands above), then the newest first. Of many hits the newest `RANKED` are ranked. `also`: further
    records as (key, text as kept) to rank among them.
    """
    words = words_of(query)
    if not words:
        return []
    found = dict(also) | _newest(corpus, words, seen, RANKED)
    whole = " ".join(words)
    told = sorted(found.items(), key=lambda row: (-score(row[1], words, whole, corpus.weights), -row[0]))
    return [key for key, _text in told[:limit]]


def _newest(corpus: Corpus[Any], words: Sequence[str], seen: QuerySet[Any], limit: int) -> dict[int, str]:
    """The newest hits that may be seen: keys and texts."""
    base = corpus.base
    key = OuterRef("pk") - base if base else OuterRef("pk")
    found = hits(corpus, words).order_by("-pk")
    bound = None
    if connection.vendor == "sqlite":
        bound = found.values_list("pk", flat=True)[LOOKED_THROUGH : LOOKED_THROUGH + 1].first()
    near = found if bound is None else found.filter(pk__gt=bound)
    rows = list(near.filter(Exists(seen.filter(pk=key))).values_list("pk", "entry__text")[:limit])
    if bound is None or len(rows) >= limit:
        return {pk - base: text for pk, text in rows}
    # Many hits and few of them to be seen: what may be seen is little, so it is gone through instead.
    held = Entry.objects.filter(pk=keyed(corpus, "pk"))
    for word in words:
        held = held.filter(text__holds=word)
    keys = list(seen.filter(Exists(held)).order_by("-pk").values_list("pk", flat=True)[:limit])
    texts = Entry.objects.filter(pk__in=[base + one for one in keys]).values_list("pk", "text")
    return {pk - base: text for pk, text in texts}


def score(text: str, words: Sequence[str], whole: str, weights: Sequence[float]) -> float:
    """How well a text answers: for each word the weight of the fields it stands in, more where it stands
    often for the length, and a bonus for a field that is the query or begins with it.
    """
    told = 0.0
    for field, weight in zip(text.split("\n"), weights, strict=False):
        if not field:
            continue
        share = sum(field.count(word) * len(word) for word in words) / len(field)
        present = sum(word in field for word in words) / len(words)
        told += weight * (present + min(share, 1))
        if field.startswith(whole):
            told += weight * (4 if field == whole else 1)
    return told
