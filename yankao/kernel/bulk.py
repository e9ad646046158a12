"""Many rows at once, several times faster than `bulk_create`: whole columns are made ready, not single
values.

`write` keeps instances of a model and gives them their keys; `copy` takes plain tuples and makes no instances
at all. Both write what `bulk_create` would write: the same conversions, constraints and triggers, in the
caller's transaction (PostgreSQL by COPY, SQLite by one prepared statement). Fields the database fills in
itself (generated columns) are left to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from itertools import count
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ObjectNotUpdated
from django.db import DEFAULT_DB_ALIAS, connections, models, router, transaction
from django.db.models.base import ModelState
from django.db.models.fields.json import JSONField

_AS_THEY_ARE: frozenset[type] = frozenset({int, str, float, type(None)})
"""Types both drivers take unchanged."""
_BYTES: frozenset[type] = frozenset({bytes, type(None)})
_TRUTH: frozenset[type] = frozenset({bool, type(None)})
_MOMENTS = frozenset({datetime, type(None)})
_CONVERTED = (JSONField, models.BinaryField, models.DecimalField, models.DurationField, models.UUIDField)
"""Fields whose plain values need a conversion all the same."""

_ABSENT = object()
FEW = 8
"""So few rows are cheaper in one statement than with keys fetched for them."""


@cache
def _usual(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...], dict[str, str]]:
    """What a new instance begins with: plain defaults, defaults to be called, and its relations' columns."""
    plain: dict[str, Any] = {}
    called = []
    for field in model._meta.concrete_fields:
        if field.generated:
            continue
        if field.has_default() and callable(field.default):
            called.append((field.attname, field.get_default))
        else:
            plain[field.attname] = None if field.is_relation else field.get_default()
    return plain, tuple(called), {f.name: f.attname for f in model._meta.concrete_fields if f.is_relation}


def made[M: models.Model](model: type[M], **given: Any) -> M:
    """A new instance as the model's own constructor would make it, ten times as fast: nothing listens, and
    names are not looked at (a wrong one is found when the row is written).
    """
    plain, called, relations = _usual(model)
    one = model.__new__(model)
    told = one.__dict__
    told["_state"] = state = ModelState()
    told.update(plain)
    for name, default in called:
        if name not in given:
            told[name] = default()
    for name, value in given.items():
        if name in relations and isinstance(value, models.Model):
            state.fields_cache[name] = value
            told[relations[name]] = value.pk
        elif name in relations:
            told[relations[name]] = value
        else:
            told[name] = value
    return one


def _database(alias: str) -> Any:
    """One of our own backends (`kernel.sqlite`, `kernel.postgres`)."""
    return connections[alias]


def _can_hurry(connection: Any) -> bool:
    if connection.vendor != "postgresql":
        return False
    connection.ensure_connection()
    return True


@contextmanager
def unawaited() -> Iterator[None]:
    """Statements whose answer nobody asks for are sent without waiting, on PostgreSQL; what they were refused
    for is told by the next answer asked for, or at the end. For a few statements of one transaction, inside
    its innermost `atomic`; within another one it is part of that.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if not _can_hurry(connection) or connection.connection.pgconn.pipeline_status:
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


@contextmanager
def at_once() -> Iterator[None]:
    """A transaction whose statements nobody waits for (`unawaited`). On PostgreSQL its end is sent behind
    them, so that what it has locked is not held until somebody has heard that they went well.
    """
    if transaction.get_connection().in_atomic_block:  # what is refused must be told inside the savepoint
        with transaction.atomic(), unawaited():
            yield
    else:
        with unawaited(), transaction.atomic():
            yield


def write(
    model: type[models.Model], rows: Iterable[models.Model], *, step: int = 20_000, keyed: bool = True
) -> None:
    """Insert instances that have no row yet; those without a key are given the next ones (a few that nobody
    will name, `keyed=False`, are not told theirs).

    Their relations must have rows already. Nothing is validated beyond what the database holds.
    """
    kept = list(rows)
    if len(kept) <= FEW:
        if kept:
            _write_few(model, kept, keyed=keyed)
        return
    for start in range(0, len(kept), step):
        _write(model, kept[start : start + step])


def write_new(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert a few instances, leaving out those whose key or unique word is there already; none is given its
    key.
    """
    for start in range(0, len(rows), FEW):
        _write_few(model, list(rows[start : start + FEW]), new=True)


def _write_few(
    model: type[models.Model], rows: list[models.Model], *, new: bool = False, keyed: bool = True
) -> None:
    """One statement whose text is kept: for a few rows the ORM takes longer to write it than the database to
    carry it out.
    """
    meta, alias = model._meta, router.db_for_write(model)
    connection, key = _database(alias), meta.pk
    keyless = isinstance(key, models.AutoField) and all(row.pk is None for row in rows)
    fields = [one for one in _fields(model, connection.vendor) if not (keyless and one.field is key)]
    values = [value for row in rows for value in _row(fields, row, alias)]
    text = _few_text(model, connection.vendor, len(rows), keyless, new, keyed)
    with transaction.atomic(using=alias, savepoint=False), connection.planned() as cursor:
        cursor.execute(text, values)
        given = cursor.fetchall() if keyless and keyed and not new else []
    for row, (pk,) in zip(rows, given, strict=bool(given)):
        row.pk = pk
    for row in rows:
        row._state.adding, row._state.db = False, alias


class _Field(NamedTuple):
    """A column, and what need not be asked of it for every value."""

    field: Any
    name: str
    plain: frozenset[type]
    """Of these types a value goes to the driver as it is."""
    writes: dict[type, Callable[[Any], Any]]
    """How a value of a type is written, where that is known without asking the field; choices are added when
    they are first met.
    """


@cache
def _fields(model: type[models.Model], vendor: str) -> tuple[_Field, ...]:
    return tuple(
        _Field(one, one.attname, _plain(one), {} if _sets_itself(one) else _writes(one, vendor))
        for one in model._meta.concrete_fields
        if not one.generated
    )


def _writes(field: Any, vendor: str) -> dict[type, Callable[[Any], Any]]:
    """What the field itself would do with a value of its own type, without its way there."""
    lite, kind = vendor == "sqlite", type(field)
    found: dict[type, Callable[[Any], Any]] = {}
    if kind is models.DateTimeField:
        found[datetime] = _moment if lite else _zoned
    elif kind is models.DateField:
        found[date] = date.isoformat if lite else _itself
    elif kind is models.UUIDField:
        found[UUID] = _hex if lite else _itself
    elif kind is JSONField and field.encoder is None and lite:
        found |= dict.fromkeys((dict, list), json.dumps)
    if kind in _EMPTY_IS_NULL:
        found[type(None)] = _itself
    return found


_EMPTY_IS_NULL = (models.DecimalField, models.DurationField, models.UUIDField, JSONField)


def _told_by_choice(field: Any, kind: type) -> Callable[[Any], Any] | None:
    """How a choice of this kind is written to a column of texts."""
    return _value_of if type(field) is models.CharField and issubclass(kind, models.TextChoices) else None


_value_of: Callable[[Any], Any] = attrgetter("value")


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment


def _itself(value: Any) -> Any:
    return value


def _hex(value: UUID) -> str:
    return value.hex


@cache
def _plain(field: Any) -> frozenset[type]:
    """An empty relation is not: the instance it was set to may have a key by now."""
    if _sets_itself(field):
        return frozenset()
    if isinstance(field, models.BinaryField):
        return _BYTES
    if isinstance(field, _CONVERTED):
        return frozenset()
    found = _TRUTH if isinstance(field, models.BooleanField) else _AS_THEY_ARE
    return found - {type(None)} if field.is_relation else found


def _row(fields: Iterable[_Field], row: models.Model, alias: str, *, add: bool = True) -> list[Any]:
    """The values of one row as the driver takes them: most are plain and go as they are."""
    known, values = row.__dict__, []
    for field, name, plain, writes in fields:
        value = known.get(name, _ABSENT)
        kind = type(value)
        if kind not in plain:
            write = writes.get(kind)
            if write is None and (write := _told_by_choice(field, kind)) is not None:
                writes[kind] = write
            if write is not None:
                value = write(value)
            elif value is not None or not field.is_relation or field.name in row._state.fields_cache:
                if field.is_relation:
                    _follow(field, [row])
                value = _column(field, [row], alias, add=add)[0]
        values.append(value)
    return values


def save(row: models.Model) -> None:
    """Insert the instance or write all of its columns, as its own `save` would, by a statement whose text is
    kept. Raises ObjectNotUpdated where its row is gone.

    An instance of which not all was read saves itself, and so does one with columns that the database fills
    in: it reads them back.
    """
    if _fills_in(type(row)):
        row.save()
    elif row._state.adding:
        _write_few(type(row), [row])
    elif row.get_deferred_fields():
        row.save()
    else:
        _update(row)


@cache
def _fills_in(model: type[models.Model]) -> bool:
    return any(field.generated for field in model._meta.concrete_fields)


def put(row: models.Model, by: str) -> None:
    """Insert the instance, or write all of its columns where a row with the same unique `by` stands already;
    one statement whose answer nobody needs. The instance is not told its key.
    """
    model = type(row)
    alias = router.db_for_write(model)
    connection, key = _database(alias), model._meta.pk
    fields = [one for one in _fields(model, connection.vendor) if one.field is not key]
    with connection.planned() as cursor:
        cursor.execute(_put_text(model, by, connection.vendor), _row(fields, row, alias))


@cache
def _put_text(model: type[models.Model], by: str, vendor: str) -> str:
    meta, quote = model._meta, connections[router.db_for_write(model)].ops.quote_name
    unique: Any = meta.get_field(by)
    if not unique.unique:
        raise TypeError(f"{meta.label}.{by} is not unique")
    written = _few_text(model, vendor, 1, True, False, False)
    names = [str(one.column) for one in meta.concrete_fields if not one.generated and one is not meta.pk]
    new = ", ".join([f"{quote(one)} = excluded.{quote(one)}" for one in names if one != unique.column])
    return f"{written} ON CONFLICT ({quote(unique.column)}) DO UPDATE SET {new}"


def _update(row: models.Model) -> None:
    model = type(row)
    meta, alias = model._meta, router.db_for_write(model)
    connection = _database(alias)
    key, text = _update_text(model, connection.vendor)
    fields = [one for one in _fields(model, connection.vendor) if one.field is not key]
    values = _row(fields, row, alias, add=False)
    with connection.planned() as cursor:
        cursor.execute(text, [*values, _ready(key, [row.pk], alias)[0]])
        if not cursor.rowcount:
            raise ObjectNotUpdated(f"{meta.label} {row.pk} has no row any more")


@cache
def _update_text(model: type[models.Model], vendor: str) -> tuple[Any, str]:
    meta, quote = model._meta, connections[router.db_for_write(model)].ops.quote_name
    key: Any = meta.pk
    fields: list[Any] = [one for one in meta.concrete_fields if not one.generated and one is not key]
    # Only names of our own tables and columns go into the text; every value stays a parameter.
    holes = ", ".join([f"{quote(one.column)} = %s" for one in fields])
    text = "".join(("UPDATE ", quote(meta.db_table), f" SET {holes} WHERE {quote(key.column)} = %s"))
    return key, text


@cache
def _few_text(
    model: type[models.Model], vendor: str, many: int, keyless: bool, new: bool, keyed: bool
) -> str:
    meta, quote = model._meta, connections[router.db_for_write(model)].ops.quote_name
    key: Any = meta.pk
    fields: list[Any] = [one for one in meta.concrete_fields if not one.generated]
    columns = [quote(str(one.column)) for one in fields if not (keyless and one is key)]
    holes = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * many)
    ending = (
        " ON CONFLICT DO NOTHING" if new else f" RETURNING {quote(key.column)}" if keyless and keyed else ""
    )
    return "".join(("INSERT INTO ", quote(meta.db_table), f" ({', '.join(columns)}) VALUES {holes}", ending))


def _write(model: type[models.Model], rows: list[models.Model]) -> None:
    meta, alias = model._meta, router.db_for_write(model)
    if meta.parents:
        raise TypeError(f"{meta.label} is kept in several tables")
    fields = [field for field in meta.concrete_fields if not field.generated]
    for field in fields:
        if field.is_relation:
            _follow(field, rows)
    key = meta.pk
    assert key is not None
    fresh = [row for row in rows if row.pk is None] if isinstance(key, models.AutoField) else []
    with transaction.atomic(using=alias, savepoint=False):
        if fresh:
            for row, number in zip(fresh, _next_keys(model, alias, len(fresh)), strict=False):
                row.pk = number
        _insert(model, alias, fields, [_column(field, rows, alias) for field in fields])
    for row in rows:
        row._state.adding, row._state.db = False, alias


def copy(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert tuples of values in the order of `names` (column attributes, as `actor_id`); fields not named
    take what the database gives them. Keys are the caller's or the database's.
    """
    if not rows:
        return
    meta, alias = model._meta, router.db_for_write(model)
    by_name = {field.attname: field for field in meta.concrete_fields}
    fields = [by_name[name] for name in names]
    if len(rows) <= FEW:
        _copy_few(meta, alias, fields, rows)
        return
    columns = [
        _ready(field, list(one), alias) for field, one in zip(fields, zip(*rows, strict=True), strict=True)
    ]
    with transaction.atomic(using=alias, savepoint=False):
        _insert(model, alias, fields, columns)


def _copy_few(meta: Any, alias: str, fields: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    connection, values = _database(alias), []
    known = {one.field: one for one in _fields(meta.model, connection.vendor)}
    told = [known[field] for field in fields]
    for row in rows:
        for (field, _name, plain, writes), value in zip(told, row, strict=True):
            kind = type(value)
            if kind not in plain:
                write = writes.get(kind)
                value = write(value) if write is not None else _ready(field, [value], alias)[0]
            values.append(value)
    text = _copy_text(meta.db_table, tuple([field.column for field in fields]), len(rows), connection.vendor)
    with connection.planned() as cursor:
        cursor.execute(text, values)


@cache
def _copy_text(table: str, columns: tuple[str, ...], many: int, vendor: str) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    names, hole = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    # Only names of our own tables and columns go into the text; every value stays a parameter.
    return "".join(("INSERT INTO ", quote(table), f" ({names}) VALUES ", ", ".join([f"({hole})"] * many)))


def _follow(field: Any, rows: list[models.Model]) -> None:
    """An instance set before it had a key has one now."""
    name, target = field.attname, field.target_field.attname
    for row in rows:
        if row.__dict__.get(name) is None and (other := row._state.fields_cache.get(field.name)) is not None:
            if other.pk is None:
                raise ValueError(f"{field.name} of {row!r} has no row yet")
            row.__dict__[name] = getattr(other, target)


def _column(field: Any, rows: list[models.Model], alias: str, *, add: bool = True) -> list[Any]:
    if _sets_itself(field):
        return _ready(field, [field.pre_save(row, add) for row in rows], alias)
    name = field.attname
    try:
        return _ready(field, [row.__dict__[name] for row in rows], alias)
    except KeyError:
        return _ready(field, [getattr(row, name) for row in rows], alias)


@cache
def _sets_itself(field: Any) -> bool:
    """Whether a field makes its value when the row is saved (a file, `auto_now`)."""
    if isinstance(field, models.DateField | models.TimeField):
        return bool(field.auto_now or field.auto_now_add)
    return type(field).pre_save is not models.Field.pre_save


def _ready(field: Any, values: list[Any], alias: str) -> list[Any]:
    """A whole column as the driver takes it; each different value is converted once."""
    types = set(map(type, values))
    if types <= _AS_THEY_ARE and not isinstance(field, _CONVERTED):
        return values
    connection = connections[alias]
    prepare: Callable[..., Any] = field.get_db_prep_save
    if types <= _BYTES and isinstance(field, models.BinaryField):
        return values
    if isinstance(field, JSONField | models.BinaryField):
        ready = [prepare(_value(field, value), connection) for value in values]
    else:
        # Equal values are written alike: a choice and its text, one moment told in two zones.
        if types <= _MOMENTS and type(field) is models.DateTimeField and connection.vendor == "sqlite":
            known = {value: _moment(value) for value in dict.fromkeys(values)}
        else:
            known = {value: prepare(_value(field, value), connection) for value in dict.fromkeys(values)}
        ready = [known[value] for value in values]
    return [one.value if isinstance(one, Enum) else one for one in ready] if Enum in _bases(ready) else ready


def _moment(value: datetime | None) -> str | None:
    """As Django's SQLite backend keeps a moment: UTC, without saying so."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _bases(values: list[Any]) -> set[type]:
    return {Enum for kind in set(map(type, values)) if issubclass(kind, Enum)}


def _value(field: Any, value: Any) -> Any:
    if hasattr(value, "resolve_expression"):
        raise TypeError(f"{field.name}: an expression is not a value")
    return value


def _next_keys(model: type[models.Model], alias: str, many: int) -> Iterable[int]:
    """So many keys nobody else is given."""
    connection, table = connections[alias], model._meta.db_table
    key = model._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), key.column, many],
            )
            return [row[0] for row in cursor.fetchall()]
        # Our transactions on SQLite are IMMEDIATE: nobody else writes until this one ends.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        given = cursor.fetchone()
    last = model._default_manager.using(alias).aggregate(last=models.Max("pk"))["last"]
    return count(max(given[0] if given else 0, last or 0) + 1)


def _insert(
    model: type[models.Model], alias: str, fields: Sequence[Any], columns: Sequence[list[Any]]
) -> None:
    connection = connections[alias]
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(quote(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not connection.connection.pgconn.pipeline_status:
            text = f"COPY {table} ({names}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(text) as stream:
                for row in zip(*columns, strict=True):
                    stream.write_row(row)
            return
        marks = ", ".join(["%s"] * len(fields))
        # Only names of our own tables and columns go into the text; every value stays a parameter.
        text = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  (names from the models, values bound)
        cursor.executemany(text, list(zip(*columns, strict=True)))
