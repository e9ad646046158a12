"""Drift (定稿後異動): frozen figures that would be others today: old, now, records that came and went,
ledger entries between.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import batched
from typing import Any

from django.db.models import Min, QuerySet

from yankao.kernel.audit.models import Entry
from yankao.kernel.figures.declare import Figure, resolve
from yankao.kernel.rooms import rooms

from . import keysets
from .history import ledger_head
from .listing import case_path
from .models import Edition, FrozenFigure
from .readings import Readings, whole_of

SHOWN = 200
"""Ledger entries listed for one figure."""
CHUNK = 500
KEPT = 50

_kept: OrderedDict[tuple[int, str], list[Line]] = OrderedDict()


@dataclass(frozen=True)
class Line:
    """One figure that drifted. Keys are those of its records; `late` are records whose case was opened
    after freezing.
    """

    frozen: FrozenFigure
    old: Decimal
    now: Decimal
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = field(default=(), compare=False)

    @property
    def change(self) -> Decimal:
        return self.now - self.old


def forget() -> None:
    """Compare everything afresh."""
    _kept.clear()


def drift_of(edition: Edition) -> list[Line]:
    """What drifted since the edition was frozen, in the order of the report; kept while the ledger stands
    still.
    """
    if not edition.frozen:
        return []
    key = (edition.pk, ledger_head())
    if key not in _kept:
        _kept[key] = _compare(edition)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _kept[key]


def _compare(edition: Edition) -> list[Line]:
    rooms()
    readings = Readings(edition.days, keep_keys=True)
    moved: list[tuple[FrozenFigure, Figure, Decimal]] = []
    for frozen in FrozenFigure.objects.filter(edition=edition).select_related("edition"):
        try:
            figure = resolve(frozen.figure)
        except LookupError:
            continue  # the room is no longer in use; the frozen report stands for itself
        now = readings.value(figure, frozen.period)
        _count, digest, _keys = readings.records(figure, frozen.period)
        if now != Decimal(frozen.value) or digest != frozen.digest:
            moved.append((frozen, figure, now))
    if not moved:
        return []
    try:
        kept = keysets.read(edition.pk, [frozen.figure for frozen, _figure, _now in moved])
    except FileNotFoundError:
        kept = {}
    return [
        _line(edition, frozen, figure, now, readings, kept.get(frozen.figure, []))
        for frozen, figure, now in moved
    ]


def _line(
    edition: Edition, frozen: FrozenFigure, figure: Figure, now: Decimal, readings: Readings, old: list[str]
) -> Line:
    current = readings.records(figure, frozen.period)[2]
    added, removed = sorted(set(current) - set(old)), sorted(set(old) - set(current))
    records = whole_of(figure)(frozen.period)
    since = edition.ledger_seq or 0
    path = case_path(records.model)
    late: list[str] = []
    entries: list[Entry] = []
    if path is not None:
        by_key = _cases(records.model, path, [*added, *removed])
        opened = _first_entries(by_key.values())
        late = [key for key in added if opened.get(by_key.get(key, 0), 0) > since]
        touched = set(by_key.values()) | _changed(records, path, since)
        entries = _entries(touched, since)
    return Line(frozen, Decimal(frozen.value), now, tuple(added), tuple(removed), tuple(late), tuple(entries))


def _cases(model: Any, path: str, keys: list[str]) -> dict[str, int]:
    """The case of each record."""
    found: dict[str, int] = {}
    for chunk in batched(keys, CHUNK, strict=False):
        rows = model._base_manager.filter(pk__in=chunk).values_list("pk", path or "pk")
        found |= {str(pk): case for pk, case in rows}
    return found


def _first_entries(cases: Iterable[int]) -> dict[int, int]:
    """The first ledger entry of each case."""
    found: dict[int, int] = {}
    for chunk in batched(set(cases), CHUNK, strict=False):
        rows = Entry.objects.filter(case_id__in=chunk).values_list("case_id").annotate(first=Min("seq"))
        found |= dict(rows)
    return found


def _changed(records: QuerySet[Any], path: str, since: int) -> set[int]:
    """The cases of the figure's present records that the ledger names after freezing."""
    named = Entry.objects.filter(seq__gt=since, case__isnull=False).order_by().values("case_id")
    look = path or "pk"
    return set(records.order_by().filter(**{f"{look}__in": named}).values_list(look, flat=True).distinct())


def _entries(cases: set[int], since: int) -> list[Entry]:
    found: list[Entry] = []
    for chunk in batched(sorted(cases), CHUNK, strict=False):
        found += (
            Entry.objects.filter(seq__gt=since, case_id__in=chunk)
            .select_related("actor", "case")
            .order_by("seq")[:SHOWN]
        )
        if len(found) >= SHOWN:
            break
    return sorted(found, key=lambda entry: entry.seq)[:SHOWN]
