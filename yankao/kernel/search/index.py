"""Keeping texts, in the transaction of whoever writes the record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import tables
from .grams import grams_of, tokens
from .models import Entry

if TYPE_CHECKING:
    from .corpus import Corpus


def keep(corpus: Corpus[Any], texts: Iterable[tuple[int, str | None]], *, fresh: bool = False) -> None:
    """What is searched of these records from now on: their keys, and their texts (`Corpus.text`) or None.

    `fresh`: none of them was ever kept.
    """
    now = {corpus.base + key: text for key, text in texts}
    before: dict[int, str] = {}
    if not fresh:
        before = dict(Entry.objects.filter(pk__in=now).values_list("pk", "text"))
    changed = {pk: text for pk, text in now.items() if before.get(pk) != text}
    gone = [(pk, tokens(grams_of(before[pk]), corpus.letter)) for pk in changed if pk in before]
    if gone:
        tables.remove(gone)
    left = [pk for pk, text in changed.items() if text is None and pk in before]
    if left:
        Entry.objects.filter(pk__in=left).delete()
    entries = [Entry(pk=pk, text=text) for pk, text in changed.items() if text is not None]
    if not entries:
        return
    if fresh:
        Entry.objects.bulk_create(entries, batch_size=500)
    else:
        Entry.objects.bulk_create(
            entries, batch_size=500, update_conflicts=True, update_fields=["text"], unique_fields=["id"]
        )
    tables.add((entry.pk, tokens(grams_of(entry.text), corpus.letter)) for entry in entries)


def clear() -> None:
    """Forget everything."""
    Entry.objects.all().delete()
    tables.clear()
