"""Keeping sums by interval equal to the facts: whole intervals are summed anew, never added to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from .declare import Journal, Rollup

ASKED = 500


def summed(journal: Journal) -> QuerySet[Any]:
    """The sums as the facts give them now, by the keys of the roll-up."""
    rollup = journal.rollup
    assert rollup
    facts: QuerySet[Any] = journal.model._default_manager.filter(rollup.counted)
    found: QuerySet[Any] = facts.order_by().values(*rollup.keys).annotate(**rollup.sums)
    return found


def refresh(journal: Journal, slots: Iterable[int] | None) -> None:
    """Sum the intervals anew; None means all of them."""
    rollup = journal.rollup
    assert rollup
    interval = rollup.keys[0]
    with transaction.atomic():
        if slots is None:
            rollup.model._default_manager.all().delete()
            _put(rollup, summed(journal))
            return
        for some in batched(sorted(slots), ASKED, strict=False):
            asked = {f"{interval}__in": some}
            rollup.model._default_manager.filter(**asked).delete()
            _put(rollup, summed(journal).filter(**asked))


def _put(rollup: Rollup, sums: QuerySet[Any]) -> None:
    """Written by the database itself from its own sums."""
    quote, meta = connection.ops.quote_name, rollup.model._meta
    names = (*rollup.keys, *rollup.sums)
    by_name = {field.attname: field.column for field in meta.concrete_fields}
    by_name |= {field.name: field.column for field in meta.concrete_fields}
    sql, params = sums.values_list(*names).query.sql_with_params()
    columns = ", ".join(quote(by_name[name]) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(meta.db_table)} ({columns}) {sql}", params)


def differences(journal: Journal) -> list[tuple[Any, ...]]:
    """Intervals whose kept sums are not those of the facts, as (keys…, kept, summed); none in a sound
    house.
    """
    rollup = journal.rollup
    assert rollup
    keys, sums = rollup.keys, tuple(rollup.sums)
    width = len(keys)
    kept = {
        row[:width]: row[width:] for row in rollup.model._default_manager.values_list(*keys, *sums).iterator()
    }
    told = {row[:width]: row[width:] for row in summed(journal).values_list(*keys, *sums).iterator()}
    return [
        (*key, kept.get(key), told.get(key))
        for key in sorted(kept.keys() | told.keys())
        if kept.get(key) != told.get(key)
    ]
