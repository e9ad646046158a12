"""Pages of a list by key, not by counting: every page costs what the first one costs.

A page is asked for by the key of the row before it (`after`), of the row behind it (`before`), or by its
number. A number is found through *landmarks*: the keys of every fifth page, read once by a pass over the
index and kept for a minute under the very SQL of the list, parameters included, so that two people share them
only when they may see the same rows.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import add, or_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext_lazy as _

from yankao.kernel import prepared
from yankao.kernel.casework.models import Case

from . import apart

SIZE = 50
CAP = 1000
"""A list is counted as far as this and said to hold "1,000+" beyond."""
STRIDE = 5
"""Pages from one landmark to the next."""
AHEAD = 400
"""Landmarks read at a time: two thousand pages."""
SECONDS = 60
TRAILS = 256

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Key(NamedTuple):
    """Where a row stands: the value it is sorted by (None when it has none) and its id."""

    value: date | datetime | None
    pk: int

    def __str__(self) -> str:
        if self.value is None:
            return f"-.{self.pk}"
        if isinstance(self.value, datetime):
            return f"t{(self.value - _EPOCH) // timedelta(microseconds=1)}.{self.pk}"
        return f"{self.value.isoformat()}.{self.pk}"

    @classmethod
    def read(cls, text: str) -> Key | None:
        """The key written in an address; None when it is none."""
        value, dot, pk = text.partition(".")
        try:
            if not dot or len(pk) > 18:
                return None
            if value == "-":
                return cls(None, int(pk))
            if value.startswith("t"):
                return cls(_EPOCH + timedelta(microseconds=int(value[1:])), int(pk))
            return cls(date.fromisoformat(value), int(pk))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True)
class Order:
    """One way to sort a list of cases: by `column`, then by id. Rows without a value stand last going up,
    first going down.
    """

    code: str
    label: Any
    column: str
    down: bool = False
    sparse: bool = False

    def takes(self, key: Key) -> bool:
        """Whether a key read from an address can be one of this order."""
        if key.value is None:
            return self.sparse
        return isinstance(key.value, datetime) == (self.column == "due_at")

    def parts(self, forward: bool) -> list[bool | None]:
        """The stretches of the list in the direction of travel: with a value (True), without (False), or all
        (None).
        """
        if not self.sparse:
            return [None]
        return [True, False] if self.down != forward else [False, True]


ORDERS = {
    order.code: order
    for order in (
        Order("-opened", _("立案日，新的在前"), "opened_on", down=True),
        Order("opened", _("立案日，舊的在前"), "opened_on"),
        Order("due", _("期限最近"), "due_at", sparse=True),
        Order("-due", _("期限最遠"), "due_at", down=True, sparse=True),
    )
}
NEWEST, NEAREST = ORDERS["-opened"], ORDERS["due"]


class Capped(Subquery):
    """How many rows a query has, counted no further than its slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()
    empty_result_set_value = 0


def capped(rows: QuerySet[Any]) -> Capped:
    """The count of these rows as far as the cap."""
    return Capped(rows.order_by().values("pk")[: CAP + 1])


@dataclass(frozen=True)
class Window:
    """The rows of one page and whether more stand before and behind it; `total` up to CAP + 1, or None when
    not counted.
    """

    rows: Sequence[tuple[Any, ...]]
    earlier: bool
    later: bool
    first: int | None
    total: int | None

    @property
    def last(self) -> int | None:
        return None if self.first is None else self.first + len(self.rows) - 1


@dataclass(frozen=True)
class Where:
    """The place asked for: by key, by number, or the beginning."""

    after: Key | None = None
    before: Key | None = None
    number: int = 1


@dataclass(frozen=True)
class Recipe:
    """How the list is made from plain values: the name of its shape, its values, and the making."""

    name: Hashable
    values: Sequence[Any]
    made: Callable[[Sequence[Any]], tuple[QuerySet[Any], Sequence[Q]]]
    """The list without its branches, and the branches."""


@dataclass
class Pages:
    """A list of cases cut into pages.

    `cases` is the filtered list without order; `lookups` are what each row brings, the first three of them
    the id, `opened_on` and `due_at`; `counted` is the same list in the form that counts best (default:
    `cases`). `branches` are disjoint conditions that together make the list: each then walks an index of its
    own and the page is the best of them. They may repeat what `cases` says; when the list is `apart`, they
    say more: `cases` is all of the list, `ground` the list without them, and each is counted by itself.
    A list with a `recipe` has its statements put together once for all lists of its shape, and makes `cases`
    only when something else needs them.
    """

    cases: QuerySet[Any]
    order: Order
    lookups: Sequence[str]
    size: int = SIZE
    counted: QuerySet[Any] | None = None
    branches: Sequence[Q] = ()
    recipe: Recipe | None = None
    apart: bool = False
    ground: QuerySet[Any] | None = None

    def key(self, row: Sequence[Any]) -> Key:
        return Key(row[2] if self.order.column == "due_at" else row[1], row[0])

    def at(self, where: Where) -> Window:
        """The page asked for. Keys that cannot belong to this order mean the beginning."""
        if where.before and self.order.takes(where.before):
            return self._before(where.before, where.number)
        if where.after and self.order.takes(where.after):
            return self._after(where.after, where.number)
        if where.number > 1:
            return self._numbered(where.number)
        return self._first()

    def _first(self) -> Window:
        rows = self._walk(None, True, self.size + 1, count=True)
        total = rows[0][-1] if rows else 0
        return Window([row[:-1] for row in rows[: self.size]], False, len(rows) > self.size, 1, total)

    def _after(self, key: Key, number: int) -> Window:
        rows = self._walk(key, True, self.size + 1)
        return Window(rows[: self.size], True, len(rows) > self.size, self._place(number), None)

    def _before(self, key: Key, number: int) -> Window:
        rows = self._walk(key, False, self.size + 1)
        earlier = len(rows) > self.size
        kept = rows[: self.size][::-1]
        if not earlier and len(kept) < self.size:
            return self._first()
        return Window(kept, earlier, True, self._place(number) if earlier else 1, None)

    def _place(self, number: int) -> int | None:
        return (number - 1) * self.size + 1 if number > 1 else None

    def _numbered(self, number: int) -> Window:
        landmark, beyond = divmod(number - 1, STRIDE)
        trail = _trail(self)
        key = trail.reach(self, landmark)
        if landmark and key is None:
            return Window([], True, False, self._place(number), None)
        rows = self._walk(key, True, self.size + 1, skip=beyond * self.size)
        return Window(rows[: self.size], True, len(rows) > self.size, self._place(number), None)

    def _walk(
        self, key: Key | None, forward: bool, count_to: int, *, skip: int = 0, count: bool = False
    ) -> list[tuple[Any, ...]]:
        """Up to `count_to` rows beyond `key`, in the direction of travel."""
        found: list[tuple[Any, ...]] = []
        parts = self._parts(key, forward)
        for place, part in enumerate(parts):
            bound = key if place == 0 else None
            end = skip + count_to - len(found)
            rows = self._rows(bound, forward, part, slice(skip, end), count)
            if skip and not rows:
                skip -= self._stretch(self.cases, bound, forward, part).values("pk")[:skip].count()
            else:
                skip = 0
            found += rows
            if len(found) >= count_to:
                break
        return found

    def _rows(
        self, key: Key | None, forward: bool, part: bool | None, cut: slice, count: bool
    ) -> list[tuple[Any, ...]]:
        """The rows of one stretch between two places."""
        if self.recipe is None:
            ground = self.cases if self.ground is None else self.ground
            return list(self._wanted(ground, self.branches, key, forward, part, cut, count))
        recipe, behind = self.recipe, len(self.recipe.values)

        def build(values: Sequence[Any]) -> QuerySet[Any]:
            beyond = None if key is None else Key(None if key.value is None else values[behind], values[-1])
            cases, branches = recipe.made(values[:behind])
            return self._wanted(cases, branches, beyond, forward, part, cut, count)

        bounds = [] if key is None else [one for one in key if one is not None]
        name = (
            recipe.name, self.order.code, forward, part, tuple(self.lookups),
            cut.start, cut.stop, count, len(bounds), self.apart,
        )  # fmt: skip
        return prepared.rows(name, [*recipe.values, *bounds], build)

    def _wanted(
        self,
        cases: QuerySet[Any],
        branches: Sequence[Q],
        key: Key | None,
        forward: bool,
        part: bool | None,
        cut: slice,
        count: bool,
    ) -> QuerySet[Any]:
        if self.apart and self.recipe is not None and len(branches) > 1:
            wanted = self._put_together(branches, key, forward, part, cut.stop)
        else:
            wanted = self._merged(self._stretch(cases, key, forward, part), branches, cut.stop)
        if cut.start:
            wanted, cut = _passed(wanted, cut), slice(cut.stop - cut.start)
        lookups = tuple(self.lookups)
        if count:
            wanted = wanted.annotate(total_=self._total(cases, branches))
            lookups = (*lookups, "total_")
        return wanted.values_list(*lookups)[cut]

    def _total(self, cases: QuerySet[Any], branches: Sequence[Q]) -> Any:
        if self.apart and self.recipe is not None:
            return apart.number(apart.counted([apart.cases(branch) for branch in branches], CAP + 1))
        if self.apart:
            return reduce(add, [capped(cases.filter(branch)) for branch in branches])
        return capped(self.counted if self.counted is not None and self.recipe is None else cases)

    def _merged(self, stretch: QuerySet[Any], branches: Sequence[Q], reach: int) -> QuerySet[Any]:
        """The same rows, found branch by branch: SQLite would sort all that several values of one column
        match, and no database walks an index through conditions of several kinds.
        """
        lite = connection.vendor == "sqlite"
        if self.apart and len(branches) == 1:
            return stretch.filter(branches[0])
        if len(branches) < 2 or not (lite or self.apart):
            return stretch
        walks = [stretch.filter(branch).values("pk")[:reach] for branch in branches]
        if lite:
            picked = reduce(or_, [Q(pk__in=walk) for walk in walks])
        else:
            picked = Q(pk__in=walks[0].union(*walks[1:], all=True))
        merged: QuerySet[Any] = stretch.model._default_manager.filter(picked)
        return merged.order_by(*stretch.query.order_by)

    def _put_together(
        self, branches: Sequence[Q], key: Key | None, forward: bool, part: bool | None, reach: int
    ) -> QuerySet[Any]:
        """The rows of `_merged` from the words of the parts."""
        bounds = [] if key is None else [one for one in key if one is not None]

        def build(values: Sequence[Any]) -> QuerySet[Any]:
            beyond = None if key is None else Key(None if key.value is None else values[0], values[-1])
            return self._stretch(Case.objects.all(), beyond, forward, part).values_list("pk")[:reach]

        name = (self.order.code, forward, part, reach, len(bounds))
        texts = [apart.cases(branch) for branch in branches]
        walks = [walk for text in texts if text and (walk := apart.among(text, name, bounds, build))]
        if not walks:
            return Case.objects.none()
        if connection.vendor == "sqlite":  # walks one index after the other; a union it would sort
            picked = reduce(or_, [Q(pk__in=apart.ids([walk])) for walk in walks])
        else:
            picked = Q(pk__in=apart.ids(walks))
        whole = self._stretch(Case.objects.all(), None, forward, None)
        return Case.objects.filter(picked).order_by(*whole.query.order_by)

    def stretches(self, cases: QuerySet[Any], key: Key | None, forward: bool = True) -> list[QuerySet[Any]]:
        """The ordered rest of the list beyond `key`, as one query or (when some rows have no value) two."""
        parts = self._parts(key, forward)
        return [
            self._stretch(cases, key if place == 0 else None, forward, part)
            for place, part in enumerate(parts)
        ]

    def _parts(self, key: Key | None, forward: bool) -> list[bool | None]:
        parts = self.order.parts(forward)
        if key is not None and self.order.sparse:
            parts = parts[parts.index(key.value is not None) :]
        return parts

    def _stretch(
        self, cases: QuerySet[Any], key: Key | None, forward: bool, part: bool | None
    ) -> QuerySet[Any]:
        column, down = self.order.column, self.order.down == forward
        rows = cases if part is None else cases.filter(**{f"{column}__isnull": not part})
        if key is not None:
            rows = rows.filter(_beyond(column, key, down))
        return rows.order_by(*((f"-{column}", "-pk") if down else (column, "pk")))


def _beyond(column: str, key: Key, down: bool) -> Any:
    if key.value is None:
        return Q(pk__lt=key.pk) if down else Q(pk__gt=key.pk)
    lookup = TupleLessThan if down else TupleGreaterThan
    return lookup(Tuple(column, "pk"), (key.value, key.pk))


def _passed(wanted: QuerySet[Any], cut: slice) -> QuerySet[Any]:
    """The rows of the cut alone: those before it are passed in the index, before anything is joined."""
    picked: QuerySet[Any] = wanted.model._default_manager.filter(pk__in=wanted.values("pk")[cut])
    return picked.order_by(*wanted.query.order_by)


@dataclass
class Trail:
    """The landmarks of one list as far as they were needed; `ended` when the list holds no further one."""

    until: float
    keys: list[Key] = field(default_factory=list)
    ended: bool = False

    def reach(self, pages: Pages, landmark: int) -> Key | None:
        """The key of the last row before page `landmark × STRIDE + 1`; None at the beginning or beyond the
        end.
        """
        while len(self.keys) < landmark and not self.ended:
            self._extend(pages)
        return self.keys[landmark - 1] if 0 < landmark <= len(self.keys) else None

    def _extend(self, pages: Pages) -> None:
        step, before = STRIDE * pages.size, len(self.keys)
        short = 0
        for stretch in pages.stretches(pages.cases, self.keys[-1] if self.keys else None):
            found = _every(stretch, pages.order, step, short, (before + AHEAD - len(self.keys)) * step)
            self.keys += found
            if len(self.keys) - before >= AHEAD:
                return
            if pages.order.sparse:
                short = _left_over(stretch, pages.order, found, short, step)
        self.ended = True


def _every(stretch: QuerySet[Any], order: Order, step: int, short: int, reach: int) -> list[Key]:
    """Every `step`-th key of an ordered query that follows `short` rows already passed, within `reach` rows.

    The pass stays inside the database and on the index: only the keys kept come out of it.
    """
    sql, params = stretch.values_list("id", order.column)[:reach].query.sql_with_params()
    name, way = connection.ops.quote_name(order.column), "DESC" if order.down else "ASC"
    # Only names of our own columns and the ORM's own SQL go into the text; every value stays a parameter.
    place = f"ROW_NUMBER() OVER (ORDER BY {name} {way}, id {way}) AS place_"
    text = (
        f"SELECT id, {name} FROM (SELECT id, {name}, {place} FROM ({sql}) AS walk_) AS kept_ "  # noqa: S608
        "WHERE (place_ + %s) %% %s = 0 ORDER BY place_"
    )
    rows = stretch.model._default_manager.raw(text, (*params, short, step))
    return [Key(getattr(row, order.column), row.pk) for row in rows]


def _left_over(stretch: QuerySet[Any], order: Order, found: list[Key], short: int, step: int) -> int:
    """How many rows of a stretch come after its last landmark."""
    if found:
        return stretch.filter(_beyond(order.column, found[-1], order.down)).values("pk")[:step].count()
    return short + stretch.values("pk")[:step].count()


_trails: OrderedDict[tuple[Any, ...], Trail] = OrderedDict()


def forget() -> None:
    """Drop every landmark of this process."""
    _trails.clear()


def _trail(pages: Pages) -> Trail:
    """The landmarks of this very list; all of its conditions and values are the name, so visibility is part
    of it.
    """
    order, size = pages.order, pages.size
    name: tuple[Any, ...]
    if pages.recipe is not None:
        name = (pages.recipe.name, repr(pages.recipe.values), order.code, size)
    else:
        sql, params = pages.cases.order_by().values("pk").query.sql_with_params()
        name = (sql, str(params), order.code, size)
    trail = _trails.get(name)
    if trail is None or trail.until < time.monotonic():
        trail = _trails[name] = Trail(time.monotonic() + SECONDS)
    _trails.move_to_end(name)
    while len(_trails) > TRAILS:
        _trails.popitem(last=False)
    return trail
