"""Statements put together once: the ORM works out the SQL of a list's shape, later requests only bind values.

A shape is everything about a query but its scalar values: which conditions, in which order, which columns,
how many rows. Visibility is part of the shape and of the values like any other condition. Before a shape is
kept, the same query is built twice, with the values of this request and with marks in their places; only when
both have the same text and every mark stands exactly where its value does is the text used again. Any other
query goes through the ORM as ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet, FieldError, FullResultSet, ValidationError
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, Q, QuerySet

SHAPES = 2048
MOST_VALUES = 1024

type Build = Callable[[Sequence[Any]], QuerySet[Any]]


class Unplain(Exception):
    """A condition holds something that is no plain value."""


def shape(q: Q) -> tuple[Hashable, list[Any]]:
    """The condition without its scalar values, and those values; a condition on other rows keeps its SQL in
    the shape. Raises Unplain for what is neither.
    """
    kept = _shapes.get(id(q))
    if kept is not None and kept[0] is q and kept[1] == connection.vendor:
        return kept[2], list(kept[3])
    values: list[Any] = []
    return _shape(q, values), values


_shapes: OrderedDict[int, tuple[Q, str, Hashable, Sequence[Any]]] = OrderedDict()


def remember(q: Q) -> Q:
    """The same condition, whose shape is found once; for conditions that are themselves kept."""
    with suppress(Unplain):
        _shapes[id(q)] = (q, connection.vendor, *shape(q))
        if len(_shapes) > SHAPES:
            _shapes.popitem(last=False)
    return q


def _shape(q: Q, values: list[Any]) -> Hashable:
    told: list[Hashable] = [q.connector, q.negated]
    for child in q.children:
        if isinstance(child, Q):
            told.append(_shape(child, values))
        elif isinstance(child, tuple):
            told.append((child[0], _leaf(child[1], values)))
        else:
            raise Unplain
    return tuple(told)


def _leaf(value: Any, values: list[Any]) -> Hashable:
    kind = type(value)
    if kind is str or kind is int:  # what most conditions hold
        values.append(value)
        return kind.__name__
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return ("is", value)
    if _scalar(value):
        values.append(value.value if isinstance(value, Enum) else value)
        return type(value).__name__
    if isinstance(value, list | tuple | set | frozenset):
        members = _members(value)
        values += members
        return ("of", *(type(one).__name__ for one in members))
    if isinstance(value, QuerySet):
        return _told(value)
    raise Unplain


_queries: WeakKeyDictionary[QuerySet[Any], tuple[str, Hashable]] = WeakKeyDictionary()
"""What other rows were asked for: a room's standing conditions are the same objects for ever."""


def _told(rows: QuerySet[Any]) -> Hashable:
    kept = _queries.get(rows)
    if kept is not None and kept[0] == connection.vendor:
        return kept[1]
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        raise Unplain from None
    told = ("rows", sql, tuple(map(repr, params)))
    _queries[rows] = (connection.vendor, told)
    return told


def _plain(value: Any) -> Any:
    """A person or an agency is asked for by its key."""
    return value.pk if isinstance(value, Model) else value


def _scalar(value: Any) -> bool:
    return isinstance(value, int | str | date)


def _members(value: Any) -> list[Any]:
    if not all(_scalar(one) and not isinstance(one, bool) for one in value):
        raise Unplain
    try:
        return sorted({one.value if isinstance(one, Enum) else one for one in value})
    except TypeError:
        raise Unplain from None


def filled(q: Q, values: Iterator[Any]) -> Q:
    """The same condition with other values, in the order in which `shape` gave them."""
    children: list[Any] = []
    for child in q.children:
        if isinstance(child, Q):
            children.append(filled(child, values))
            continue
        name, value = child[0], _plain(child[1])  # type: ignore[index]
        if value is None or isinstance(value, bool | QuerySet):
            children.append((name, value))
        elif _scalar(value):
            children.append((name, next(values)))
        else:
            children.append((name, [next(values) for _one in _members(value)]))
    return Q(*children, _connector=q.connector, _negated=q.negated)


# ── Kept statements ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Statement:
    """The text of a query and what to do with its places and columns.

    `places` holds for each parameter the number of the value that goes there and the driver's own type for
    it (or None), or None and the parameter itself; `readers` are the conversions of columns the database
    returns as something else.
    """

    sql: str
    places: tuple[tuple[int | None, Any], ...]
    readers: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]

    def params(self, values: Sequence[Any]) -> list[Any]:
        """The parameters of the text for these values."""
        adapted = [_adapted(value) for value in values]
        return [
            given if place is None else adapted[place] if given is None else given(adapted[place])
            for place, given in self.places
        ]

    def rows(self, values: Sequence[Any], *, once: bool = False) -> list[tuple[Any, ...]]:
        found = fetch(Text(self.sql, self.params(values)), once=once)
        return self._read(found) if found and self.readers else found

    def _read(self, found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        columns = list(zip(*found, strict=True))
        for place, readers, expression in self.readers:
            # One conversion for each different value: days repeat down a list.
            known: dict[Any, Any] = {}
            for value in set(columns[place]):
                read = value
                for reader in readers:
                    read = reader(read, expression, connection)
                known[value] = read
            columns[place] = tuple([known[value] for value in columns[place]])
        return list(zip(*columns, strict=True))


class Text(NamedTuple):
    """A query in the database's words, with its parameters."""

    sql: str
    params: Sequence[Any]


def fetch(text: Text, *, once: bool = False) -> list[tuple[Any, ...]]:
    """The rows of a query as the database returns them; `once`: planned once for each connection, however
    short, because its shape leaves nothing to be chosen by its values.
    """
    with _cursor(text.sql, once) as cursor:
        cursor.execute(text.sql, text.params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


PLANNED_ONCE = 4000
"""Characters of a statement from which PostgreSQL takes longer to plan it than to carry it out."""


def _cursor(sql: str, once: bool) -> Any:
    """A cursor of the connection. A long statement is planned by PostgreSQL once for each connection, not for
    each request (the work list asked for 60,000 characters: 600 ms of planning, 15 of reading).
    """
    ours: Any = connection
    return ours.planned() if once or len(sql) >= PLANNED_ONCE else ours.cursor()


_kept: OrderedDict[Hashable, Statement | None] = OrderedDict()


def forget() -> None:
    """Drop every statement of this process."""
    _kept.clear()


def rows(name: Hashable, values: Sequence[Any], build: Build, *, once: bool = False) -> list[tuple[Any, ...]]:
    """The rows of `build(values)`, a `values_list` of plain columns, `name` its shape (`once`: `fetch`)."""
    kept = _statement(name, values, build)
    return list(build(values)) if kept is None else kept.rows(values, once=once)


def text(name: Hashable, values: Sequence[Any], build: Build) -> Text | None:
    """The text of `build(values)`, for a larger query to hold; None where it can have no rows."""
    kept = _statement(name, values, build)
    if kept is not None:
        return Text(kept.sql, kept.params(values))
    try:
        sql, params, _compiler = _compiled(build(values))
    except EmptyResultSet:
        return None
    return Text(sql, params)


def _statement(name: Hashable, values: Sequence[Any], build: Build) -> Statement | None:
    """The statement kept under this name, made when it is first asked for; None where it cannot be kept."""
    name = (connection.vendor, name, tuple(map(type, values)))
    if name in _kept:
        _kept.move_to_end(name)
        return _kept[name]
    made = _kept[name] = _prepare(values, build)
    if len(_kept) > SHAPES:
        _kept.popitem(last=False)
    return made


def narrowed(
    name: Hashable, q: Q, build: Callable[[Q], QuerySet[Any]], *, once: bool = False
) -> list[tuple[Any, ...]]:
    """The rows of `build(q)`, whose statement is kept where the condition is plain (`once`: `fetch`)."""
    try:
        told, values = shape(q)
    except Unplain:
        return list(build(q))
    return rows((name, told), values, lambda given: build(filled(q, iter(given))), once=once)


# ── Rows of one model ─────────────────────────────────────────────────────────────────────────────


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _whole(model: type[Model], where: Q, *, lock: bool = False) -> list[tuple[Any, ...]]:
    """All columns of the rows that a plain condition finds by a key of theirs, in the order of `_columns`."""

    def build(q: Q) -> QuerySet[Any]:
        found = model._base_manager.filter(q)
        return (found.select_for_update() if lock else found).values_list(*_columns(model))

    return narrowed((model, lock), where, build, once=True)


def instances[M: Model](model: type[M], where: Q, *, lock: bool = False) -> list[M]:
    """The rows of a model that a plain condition finds, by a key of theirs; with `lock` nobody else changes
    them before the transaction ends.
    """
    names = _columns(model)
    return [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in _whole(model, where, lock=lock)]


def one[M: Model](model: type[M], pk: Any, *, lock: bool = False) -> M:
    """The row with this key. Raises the model's DoesNotExist."""
    for found in instances(model, Q(pk=pk), lock=lock):
        return found
    return model._base_manager.get(pk=pk)  # which says that there is none


def reread(row: Model) -> None:
    """Read every column of an instance again, as its `refresh_from_db` does; relations are asked for anew.
    Raises the model's DoesNotExist.
    """
    model = type(row)
    for found in _whole(model, Q(pk=row.pk)):
        row.__dict__.update(zip(_columns(model), found, strict=True))
        row._state.fields_cache.clear()
        getattr(row, "_prefetched_objects_cache", {}).clear()
        return
    row.refresh_from_db()  # which says that there is none


# ── Preparing ─────────────────────────────────────────────────────────────────────────────────────


def _prepare(values: Sequence[Any], build: Build) -> Statement | None:
    if len(values) > MOST_VALUES:
        return None
    marks = [_mark(value, place) for place, value in enumerate(values)]
    try:
        sql, params, compiler = _compiled(build(values))
        again, marked, _compiler = _compiled(build(marks))
    except (EmptyResultSet, FullResultSet, FieldError, ValidationError, TypeError, ValueError):
        return None
    places = _places(values, marks, params, marked)
    if sql != again or places is None:
        return None
    columns = [part[0] for part in compiler.select]
    converters = compiler.get_converters(columns)
    readers = tuple((place, tuple(found), expression) for place, (found, expression) in converters.items())
    return Statement(sql, places, readers)


def _compiled(query: QuerySet[Any]) -> tuple[str, tuple[Any, ...], Any]:
    compiler = query.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    return sql, tuple(params), compiler


def _places(
    values: Sequence[Any], marks: Sequence[Any], params: Sequence[Any], marked: Sequence[Any]
) -> tuple[tuple[int | None, Any], ...] | None:
    """Which value goes into which place; None when that cannot be told beyond doubt."""
    if len(params) != len(marked):
        return None
    adapted = [_adapted(mark) for mark in marks]
    numbers = {mark: n for n, mark in enumerate(adapted)}
    found: list[tuple[int | None, Any]] = []
    for given, sign in zip(params, marked, strict=True):
        place = numbers.get(sign) if isinstance(sign, Hashable) else None
        if given != sign if place is None else given != _adapted(values[place]):
            return None
        if place is None:
            found.append((None, given))
        else:
            found.append((place, None if type(sign) is type(adapted[place]) else type(sign)))
    used = {place for place, _given in found}
    return tuple(found) if used.issuperset(range(len(values))) else None


def _mark(value: Any, place: int) -> Any:
    """A value of the same type that stands nowhere else; marks sort as their places do."""
    if isinstance(value, datetime):
        return datetime(1701, 1, 1, tzinfo=UTC) + timedelta(days=place)
    if isinstance(value, date):
        return date(1601, 1, 1) + timedelta(days=place)
    if isinstance(value, int):
        return 7_770_001_000 + place
    return f"\x02mark {place:06}\x03"


def _adapted(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value


__all__ = [
    "Build", "Statement", "Text", "Unplain", "fetch", "filled", "forget", "instances", "narrowed", "one",
    "reread", "rows", "shape", "text",
]  # fmt: skip
