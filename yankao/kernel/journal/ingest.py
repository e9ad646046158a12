"""Taking blocks in: raw kept, facts merged, dead records set aside, the roll-up brought up to date.

One block is one transaction. The same block again does nothing; the same records in another block merge into
the facts that are there already and change nothing either.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField
from django.db.models.functions import Cast
from django.utils import timezone

from ..calendar import local_day
from . import sealing
from .declare import Batch, Journal, Row, journal_of
from .models import Block, DeadLetter, Instant, Named, Source
from .rollup import refresh

ASKED = 20_000
"""So many external ids are looked up by one statement."""
BESIDE = 1 << 16
"""Blocks longer than this are compressed by a second thread while they are read."""
TOGETHER = 200
"""So many rows are inserted by one statement of SQLite."""


@dataclass
class Taken:
    """What a block brought: records read, facts new and changed, records set aside; `repeated` when the very
    block was here before.
    """

    records: int = 0
    new: int = 0
    changed: int = 0
    dead: int = 0
    repeated: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def take(source: Source, data: bytes, *, at: datetime | None = None, offset: int = 0) -> Taken:
    """Take a block of whole records in; `at` is when it arrived, now by default."""
    if not data:
        return Taken()
    at = at or timezone.now()
    mark = sealing.digest(data)
    if Block.objects.filter(source=source, digest=mark).exists():
        return Taken(repeated=1)
    with _uncollected():
        return _taken(source, data, mark, at, offset)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """A block makes many thousands of small things and no cycles among them: looking for some meanwhile would
    cost a third of the time.
    """
    watched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if watched:
            gc.enable()


def _taken(source: Source, data: bytes, mark: str, at: datetime, offset: int) -> Taken:
    journal = journal_of(source)
    key = sealing.month_key(f"{local_day(at):%Y-%m}")
    # All that needs no lock is done before it is asked for; compressing needs no interpreter either.
    with ThreadPoolExecutor(1) as hand:
        packing = hand.submit(sealing.pack, data, key) if len(data) > BESIDE else None
        batch = journal.format_of(source).read(data, source)
        sealed = packing.result() if packing else sealing.pack(data, key)
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.keeper.pk)  # one writer a source
        if Block.objects.filter(source=source, digest=mark).exists():
            return Taken(repeated=1)
        block = Block.objects.create(
            source=source, digest=mark, received_at=at, offset=offset, size=len(data), records=batch.records,
            dead=len(batch.dead), first_at=batch.first_at, last_at=batch.last_at, key=key, data=sealed,
        )  # fmt: skip
        if batch.last_at and (source.last_at is None or batch.last_at > source.last_at):
            source.last_at = batch.last_at
        taken = _apply(journal, source, block.pk, batch)
        DeadLetter.objects.bulk_create(
            DeadLetter(source=source, block=block, number=dead.number, raw=sealing.seal(_text(dead.raw)),
                       reason=dead.reason[:300], arrived_at=at)
            for dead in batch.dead
        )  # fmt: skip
        source.read_at = at
        Source.objects.filter(pk=source.pk).update(last_at=source.last_at, read_at=at)
    return taken


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()


def _apply(journal: Journal, source: Source, block: int | None, batch: Batch) -> Taken:
    """Merge a batch into the facts and bring what hangs on them up to date."""
    new, changed, slots = merge_rows(journal, source, batch.rows, block)
    if journal.note and batch.beside:
        journal.note(source.keeper, batch.beside)
    if journal.settle:
        slots.update(journal.settle(source.keeper))
    if journal.rollup:
        refresh(journal, slots)
    return Taken(batch.records, new, changed, len(batch.dead))


def merge_rows(
    journal: Journal, source: Source, rows: dict[str, Row], block: int | None
) -> tuple[int, int, set[int]]:
    """Write new facts and change those that know less than was told: (new, changed, intervals touched)."""
    slot, merge = journal.slot, journal.merge
    slots: set[int] = set()
    keeper = source.keeper.pk
    known = known_rows(journal, keeper, rows)
    changes: list[tuple[Any, ...]] = []
    for name, (pk, before) in known.items():
        after = merge(before, rows[name])
        if after == before:
            continue
        changes.append((*after, pk))
        if slot is not None:
            slots.update((before[slot], after[slot]))
    fresh = {name: row for name, row in rows.items() if name not in known} if known else rows
    if slot is not None:
        slots.update({row[slot] for row in fresh.values()})
    _hold(journal, (*fresh.values(), *changes))
    _insert(journal, keeper, block, fresh)
    _update(journal, changes)
    return len(fresh), len(changes), slots


def known_rows(journal: Journal, keeper: int, rows: Iterable[str]) -> dict[str, tuple[int, Row]]:
    """The facts of these external ids that are here already, as rows."""
    found: dict[str, tuple[int, Row]] = {}
    by_name = {field.attname: field for field in journal.model._meta.concrete_fields}
    columns = [
        Cast(name, BigIntegerField()) if isinstance(by_name.get(name), Instant) else name
        for name in ("external_id", "pk", *journal.columns)
    ]  # instants stay the whole numbers that readers give
    for names in batched(rows, ASKED, strict=False):
        facts = journal.model._default_manager.filter(source_id=keeper)
        named = facts.extra(where=[LISTED[connection.vendor]], params=[_listed(names)])  # noqa: S610
        for row in named.values_list(*columns):
            found[row[0]] = (row[1], tuple(row[2:]))
    return found


LISTED = {
    "sqlite": "external_id IN (SELECT value FROM json_each(%s))",
    "postgresql": "external_id = ANY(%s)",
}
"""One parameter for thousands of names: a statement with as many holes takes longer to write than to run."""


def _listed(names: tuple[str, ...]) -> Any:
    return json.dumps(names) if connection.vendor == "sqlite" else list(names)


def _hold(journal: Journal, rows: Collection[Row]) -> None:
    """See that what rows name without a constraint of the database is there: once a block, not once a row.

    Raises IntegrityError as the constraint would.
    """
    by_name = {field.attname: field for field in journal.model._meta.concrete_fields}
    for place, name in enumerate(journal.columns):
        field = by_name[name]
        if not isinstance(field, Named):
            continue
        named = {row[place] for row in rows} - {None}
        there = set(field.related_model._default_manager.filter(pk__in=named).values_list("pk", flat=True))
        if named - there:
            lost = ", ".join(map(str, sorted(named - there)[:5]))
            raise IntegrityError(f"{journal.name}: {name} names what is not there: {lost}")


def _insert(journal: Journal, keeper: int, block: int | None, rows: dict[str, Row]) -> None:
    """Many rows at once, past the building of model instances (a fifth of the time)."""
    if not rows:
        return
    columns = ("source_id", "external_id", "block_id", *journal.columns)
    table, names, fields = _table(journal, columns)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for name, row in rows.items():
                copy.write_row((keeper, name, block, *row))
        return
    order = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608  (names from the models, values bound)
    row_holes = f"({', '.join('?' * len(columns))})"
    width, odd, raw = len(columns), _odd(fields), connection.connection
    # So many rows a statement, past the cursor: to SQLite a row of its own costs twice as much.
    with connection.wrap_database_errors:
        for some in batched(rows.items(), TOGETHER, strict=False):
            values: list[Any] = []
            for name, row in some:
                values += (keeper, name, block, *row)
            for place, told in odd:
                values[place::width] = [told[value] for value in values[place::width]]
            raw.execute(order + ", ".join([row_holes] * len(some)), values)


def _update(journal: Journal, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    table, _names, fields = _table(journal, journal.columns)
    sets = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    odd = _odd(fields)
    with connection.cursor() as cursor:
        # Only names of our own table and columns go into the text.
        text = f"UPDATE {table} SET {sets} WHERE id = %s"  # noqa: S608  (names from the models, values bound)
        cursor.executemany(text, [_adapted(odd, row) for row in rows])


def _table(journal: Journal, columns: Iterable[str]) -> tuple[str, str, list[Any]]:
    quote, meta = connection.ops.quote_name, journal.model._meta
    by_name = {field.attname: field for field in meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    return quote(meta.db_table), ", ".join(quote(str(field.column)) for field in fields), fields


class _Told(dict[Any, Any]):
    """Values of a column in the database's form, each worked out once: days and times repeat."""

    def __init__(self, field: Any) -> None:
        super().__init__({None: None})
        self.field = field

    def __missing__(self, value: Any) -> Any:
        found = self[value] = self.field.get_db_prep_save(value, connection)
        return found


def _odd(fields: list[Any]) -> list[tuple[int, _Told]]:
    """The columns whose values the database takes in another form, with their places; plain numbers and
    words go as they are.
    """
    kinds = ("DateField", "DateTimeField", "JSONField", "DecimalField")
    return [(place, _Told(field)) for place, field in enumerate(fields) if field.get_internal_type() in kinds]


def _adapted(odd: list[tuple[int, _Told]], row: Row) -> list[Any]:
    made = list(row)
    for place, told in odd:
        made[place] = told[made[place]]
    return made


# ── Again from the raw ──────────────────────────────────────────────────────────────────────────────


def replay(journal: Journal, *, source: Source | None = None) -> Taken:
    """Read every kept block once more and merge it: changes nothing unless a reader has learnt something.

    Raises sealing.Forgotten for a month whose key was destroyed.
    """
    total = Taken()
    for block in _blocks(journal, source):
        data = sealing.unpack(bytes(block.data), block.key)
        batch = journal.format_of(block.source).read(data, block.source)
        with transaction.atomic():
            total += _apply(journal, block.source, block.pk, batch)
    return total


def _blocks(journal: Journal, source: Source | None) -> Iterator[Block]:
    found = Block.objects.filter(source__journal=journal.name).select_related("source__same_as", "key")
    if source is not None:
        found = found.filter(source=source)
    yield from found.order_by("pk").iterator(chunk_size=8)


def rebuild(journal: Journal) -> Taken:
    """Forget what the facts say and tell it anew from the raw, then sum it up anew, in one transaction.

    Facts keep their keys (reports name them). Facts that came without raw stay as they are.
    """
    with transaction.atomic():
        nullable = {field.attname for field in journal.model._meta.concrete_fields if field.null}
        pairs = zip(journal.columns, journal.blank, strict=True)
        blank = {name: value for name, value in pairs if value is not None or name in nullable}
        journal.model._default_manager.filter(block__isnull=False).update(**blank)
        total = replay(journal)
        if journal.rollup:
            refresh(journal, None)
    return total
