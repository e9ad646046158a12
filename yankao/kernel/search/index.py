"""Keeping texts, in the transaction of whoever writes the record."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING, Any

from .. import bulk
from . import tables
from .grams import grams_of, tokens
from .models import Entry

if TYPE_CHECKING:
    from .corpus import Corpus

AT_ONCE = 2000
"""Texts whose grams are in memory at a time."""


def keep(corpus: Corpus[Any], texts: Iterable[tuple[int, str | None]], *, fresh: bool = False) -> None:
    """What is searched of these records from now on: their keys, and their texts (`Corpus.text`) or None.

    `fresh`: none of them was ever kept.
    """
    now = {corpus.base + key: text for key, text in texts}
    before: dict[int, str] = {}
    if not fresh:
        before = dict(Entry.objects.filter(pk__in=now).values_list("pk", "text"))
    changed = {pk: text for pk, text in now.items() if before.get(pk) != text}
    if tables.written_by_us():
        gone = [(pk, tokens(grams_of(before[pk]), corpus.letter)) for pk in changed if pk in before]
        if gone:
            tables.remove(gone)
    left = [pk for pk, text in changed.items() if text is None and pk in before]
    if left:
        Entry.objects.filter(pk__in=left).delete()
    entries = [(pk, text) for pk, text in changed.items() if text is not None]
    if not entries:
        return
    if fresh:
        bulk.copy(Entry, ("id", "text"), entries)
    else:
        Entry.objects.bulk_create(
            [Entry(pk=pk, text=text) for pk, text in entries],
            batch_size=500, update_conflicts=True, update_fields=["text"], unique_fields=["id"],
        )  # fmt: skip
    for some in batched(entries, AT_ONCE, strict=False) if tables.written_by_us() else ():
        tables.add([(pk, tokens(grams_of(text), corpus.letter)) for pk, text in some])


def clear() -> None:
    """Forget everything."""
    Entry.objects.all().delete()
    tables.clear()
