"""Corpora: which texts are searched, and whether the index holds them as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from . import grams, index, tables
from .models import Entry

STRETCH = 1 << 48
"""Ids of entries: so many keys to a corpus."""
AT_ONCE = 2000


@dataclass(frozen=True, eq=False)
class Corpus[M: Model]:
    """One kind of records that are searched.

    `fields` gives the texts of a record in a fixed order, or None where the record must not be found at all;
    `weights` say how much a word counts in each of them. `rows` are all records, with what `fields` reads.
    """

    number: int
    name: str
    model: type[M]
    fields: Callable[[M], Sequence[str] | None]
    weights: tuple[float, ...]
    rows: Callable[[], QuerySet[M]]

    def __post_init__(self) -> None:
        corpora[self.name] = self

    @property
    def base(self) -> int:
        """The id of an entry less the key of its record."""
        return self.number * STRETCH

    def entry_of(self, key: Any) -> Any:
        """The id of the entry of the record with this key (an expression)."""
        return key + self.base if self.base else key

    def key_of(self, entry: Any) -> Any:
        """The key of the record of the entry with this id (an expression)."""
        return entry - self.base if self.base else entry

    @property
    def letter(self) -> str:
        """What stands before every token of this corpus."""
        return chr(0x100 + self.number)

    def text(self, record: M) -> str | None:
        """What is searched of a record; None where nothing is."""
        fields = self.fields(record)
        return None if fields is None else grams.joined(fields)

    def entries(self) -> QuerySet[Entry]:
        return Entry.objects.filter(pk__gte=self.base, pk__lt=self.base + STRETCH)


corpora: dict[str, Corpus[Any]] = {}


@dataclass(frozen=True)
class Difference:
    """One entry and what it should say (None: it should not be there)."""

    corpus: Corpus[Any]
    key: int
    text: str | None


def differences(corpus: Corpus[Any], newest: int = 0) -> Iterator[list[Difference]]:
    """What the index says otherwise than the records, in batches (empty ones too, to tell how far it went);
    only among the `newest` records when that is given.
    """
    rows = corpus.rows().order_by("-pk")
    keys = rows.values_list("pk", flat=True)
    least = keys[newest : newest + 1].first() if newest else None
    if least is not None:
        rows = rows.filter(pk__gt=least)
    met: set[int] = set()
    for batch in batched(rows.iterator(chunk_size=AT_ONCE), AT_ONCE, strict=False):
        held = dict(
            Entry.objects.filter(pk__in=[corpus.base + row.pk for row in batch]).values_list("pk", "text")
        )
        told = [(row.pk, corpus.text(row)) for row in batch]
        met.update(pk for pk, text in told if text is not None)
        yield [Difference(corpus, pk, text) for pk, text in told if held.get(corpus.base + pk) != text]
    stray = corpus.entries() if least is None else corpus.entries().filter(pk__gt=corpus.base + least)
    for batch in batched(stray.values_list("pk", flat=True).iterator(AT_ONCE), AT_ONCE, strict=False):
        gone = [Difference(corpus, pk - corpus.base, None) for pk in batch if pk - corpus.base not in met]
        yield [one for one in gone if not corpus.model._default_manager.filter(pk=one.key).exists()]


def mend(corpus: Corpus[Any], found: Iterable[Difference]) -> int:
    """Put right what differs; how many entries that were."""
    told = list(found)
    if told:
        with transaction.atomic():
            index.keep(corpus, [(one.key, one.text) for one in told])
    return len(told)


def anew(told: Callable[[int], None] = lambda done: None) -> int:
    """Write the whole index anew, in one transaction: searching goes on in the old one until it is done."""
    done = 0
    with transaction.atomic():
        Entry.objects.all().delete()
        tables.clear()
        with tables.filling():
            for corpus in corpora.values():
                rows = corpus.rows().order_by("pk").iterator(chunk_size=AT_ONCE)
                for batch in batched(rows, AT_ONCE, strict=False):
                    index.keep(corpus, [(row.pk, corpus.text(row)) for row in batch], fresh=True)
                    done += len(batch)
                    told(done)
    return done
