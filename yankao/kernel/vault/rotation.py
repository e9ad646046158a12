"""Changing the master keys: new ones wrap what is new at once, and every old data key is wrapped anew.

The sealed texts themselves are not touched: only the few bytes of their wrapped keys change. A key that wraps
nothing any more may be destroyed (`retire`); whoever then holds an old backup without it holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count

from ..audit import ledger
from . import keys, sealing
from .rows import Sealed

BATCH = 1000


@dataclass
class Rewrapped:
    """How many data keys were wrapped anew, and how many could not be."""

    done: int = 0
    faulty: int = 0


def tables() -> list[type[Sealed]]:
    """Every table that keeps sealed texts."""
    return [model for model in apps.get_models() if issubclass(model, Sealed)]


def rotate(actor: Any = None) -> list[str]:
    """Make a new master key for each ring and note it in the ledger; their ids. `rewrap` does the rest."""
    made = [keys.add(ring) for ring in keys.RINGS]
    ledger.note("vault.rotate", "vault:keys", actor, keys=made)
    return made


def old() -> Iterator[tuple[type[Sealed], str, int]]:
    """(table, key id, rows) of what is not wrapped by its ring's newest key."""
    newest = {ids[-1] for ring in keys.RINGS if (ids := keys.ids(ring))}
    for key_id, rows in used().items():
        if key_id not in newest:
            yield from ((model, key_id, count) for model, count in rows)


def used() -> dict[str, list[tuple[type[Sealed], int]]]:
    """For each key id, the tables that name it and in how many rows."""
    found: dict[str, list[tuple[type[Sealed], int]]] = {}
    for model in tables():
        rows: Any = model._default_manager.filter(wrapped__isnull=False).values_list("key_id")
        for key_id, count in rows.annotate(n=Count("pk")).order_by("key_id"):
            found.setdefault(key_id, []).append((model, count))
    return found


def rewrap(progress: Callable[[int], None] | None = None) -> Rewrapped:
    """Wrap every data key by the newest master key of its ring, a thousand a transaction; it may be stopped
    and called again at any time. What does not fit its key is left as it is and counted."""
    told = Rewrapped()
    for model, key_id, _rows in list(old()):
        last: Any = None
        while True:
            found: Any = model._default_manager.filter(key_id=key_id, wrapped__isnull=False)
            if last is not None:
                found = found.filter(pk__gt=last)
            batch = list(found.order_by("pk")[:BATCH])
            if not batch:
                break
            last = batch[-1].pk
            _rewrap(model, key_id, batch, told)
            if progress:
                progress(told.done)
    return told


def _rewrap(model: type[Sealed], key_id: str, batch: list[Any], told: Rewrapped) -> None:
    changes = []
    for row in batch:
        try:
            fresh = sealing.rewrap(row.envelope)
        except (sealing.Damaged, keys.KeyMissing):
            told.faulty += 1
            continue
        pk = model._meta.pk.get_db_prep_value(row.pk, connection)
        changes.append((fresh.key_id, fresh.wrapped, pk, key_id))
    table, column = model._meta.db_table, model._meta.pk.column
    sql = f'UPDATE "{table}" SET key_id = %s, wrapped = %s WHERE "{column}" = %s AND key_id = %s'  # noqa: S608  (names from the models, values bound)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, changes)
    told.done += len(changes)


def retire(actor: Any = None) -> list[str]:
    """Destroy the master keys that wrap nothing any more, except the newest of each ring; their ids. Backups
    that were taken before their data was wrapped anew can then be opened with a copy of the key only."""
    needed = used()
    gone = [name for ring in keys.RINGS for name in keys.ids(ring)[:-1] if name not in needed]
    for name in gone:
        keys.destroy(name)
    if gone:
        ledger.note("vault.retire", "vault:keys", actor, keys=gone)
    return gone


def missing() -> list[str]:
    """The key ids that records name and the folder has not."""
    here = {name for ring in keys.RINGS for name in keys.ids(ring)}
    return sorted(set(used()) - here)
