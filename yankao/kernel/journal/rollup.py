"""Keeping sums by interval equal to the facts: whole intervals are summed anew, never added to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from .declare import Journal, Rollup

ASKED = 512
SIZES = (1, 8, 64, ASKED)
"""So many intervals are asked for at once; fewer are filled up with the last of them."""


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
    with transaction.atomic():
        if slots is None:
            rollup.model._default_manager.all().delete()
            _put(*_statement(rollup, summed(journal)))
            return
        for some in batched(sorted(slots), ASKED, strict=False):
            size = next(size for size in SIZES if size >= len(some))
            asked = [*some, *[some[-1]] * (size - len(some))]
            rollup.model._default_manager.filter(**{f"{rollup.keys[0]}__in": asked}).delete()
            sql, params = _kept(journal, size)
            _put(sql, (*params, *asked))


_statements: dict[tuple[str, str, int], tuple[str, tuple[Any, ...]]] = {}


def _kept(journal: Journal, size: int) -> tuple[str, tuple[Any, ...]]:
    """The statement that sums so many intervals, without their numbers, which come last: worked out once,
    because the ORM takes as long for it as the database for the sums of a block.
    """
    name = (journal.name, connection.vendor, size)
    if name not in _statements:
        assert journal.rollup
        marks = list(range(-size, 0))
        some = summed(journal).filter(**{f"{journal.rollup.keys[0]}__in": marks})
        sql, params = _statement(journal.rollup, some)
        if sorted(params[-size:]) != marks:
            raise AssertionError(sql)
        _statements[name] = sql, params[:-size]
    return _statements[name]


def _statement(rollup: Rollup, sums: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """The database writes its own sums."""
    quote, meta = connection.ops.quote_name, rollup.model._meta
    names = (*rollup.keys, *rollup.sums)
    by_name = {field.attname: field.column for field in meta.concrete_fields}
    by_name |= {field.name: field.column for field in meta.concrete_fields}
    sql, params = sums.values_list(*names).query.sql_with_params()
    columns = ", ".join(quote(by_name[name]) for name in names)
    return f"INSERT INTO {quote(meta.db_table)} ({columns}) {sql}", tuple(params)


def _put(sql: str, params: tuple[Any, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


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
