"""The figures of one period, each measured once: a query for the value, one streamed for the keys of its
records.

A `Readings` is what a report is built from: the prose asks it for figures, and whatever was asked for is
what the report prints. The same figure asked for twice costs nothing; a rate reuses its part and whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Model, QuerySet
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yankao.kernel.figures.declare import Figure, Kind, Rate, Reading, digest_of, resolve
from yankao.kernel.figures.models import OwnPeriod
from yankao.kernel.period import Period

CHUNK = 10_000


@dataclass(frozen=True)
class Dates:
    """The dates a figure is read with, and why they are its own when they differ from the report's."""

    period: Period
    reason: str = ""

    @property
    def own(self) -> bool:
        return bool(self.reason)


_still: ContextVar[dict[Period, Readings] | None] = ContextVar("still", default=None)


@contextmanager
def still() -> Iterator[None]:
    """While nothing is recorded, what was measured once holds for every draft: for several steps over the
    same records in one transaction or one look at the report.
    """
    if _still.get() is not None:
        yield
        return
    token = _still.set({})
    try:
        yield
    finally:
        _still.reset(token)


@dataclass
class Readings:
    """Everything measured for `period`; `keys` are kept when asked for (freezing stores them)."""

    period: Period
    keep_keys: bool = False
    _own: dict[str, OwnPeriod] | None = None
    _raw: dict[tuple[str, Period], Decimal] = field(default_factory=dict)
    _sets: dict[tuple[str, Period], tuple[int, str, list[str]]] = field(default_factory=dict)
    _models: dict[str, type[Model]] = field(default_factory=dict)
    _read: dict[str, Reading] = field(default_factory=dict)
    _names: dict[tuple[str, str, str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = _still.get()
        if kept is not None and not self.keep_keys:
            known = kept.setdefault(self.period, self)
            self._raw, self._sets, self._read = known._raw, known._sets, known._read
            self._models, self._names = known._models, known._names

    def dates(self, figure: Figure) -> Dates:
        """The figure's own period in this report, or the report's."""
        if self._own is None:
            self._own = {own.figure: own for own in OwnPeriod.objects.filter(period=self.period.code)}
        own = self._own.get(figure.full_name)
        if own is None:
            return Dates(self.period)
        return Dates(
            Period(own.start, own.end, own.as_of, self.period.code), own.reason or str(_("自有統計期間"))
        )

    def figure(self, name: str) -> Reading:
        """A figure by its full name, measured now or before. Raises LookupError."""
        return self.read(resolve(name))

    def read(self, found: Figure) -> Reading:
        if (known := self._read.get(found.full_name)) is not None:
            return known
        dates = self.dates(found)
        count, digest, _keys = self.records(found, dates.period)
        made = Reading(
            found.full_name,
            self.value(found, dates.period),
            found.unit,
            found.precision,
            dates.period.first,
            dates.period.last,
            dates.period.as_of,
            {"zh": self.label(found, "zh-hant"), "en": self.label(found, "en")},
            count,
            digest,
            str(found.kind),
            found.version_at(dates.period.as_of),
            dates.own,
        )
        self._read[found.full_name] = made
        return made

    def code_name(self, found: Figure, dimension: str, code: str, language: str) -> str:
        """The words for a code of one of the figure's dimensions, asked for once."""
        key = (found.name, dimension, code, language)
        if key not in self._names:
            with translation.override(language):
                self._names[key] = str(found.dimensions[dimension].name_of(code))
        return self._names[key]

    def label(self, found: Figure, language: str) -> str:
        """The figure's words with those of its slice, as `Figure.label_in` writes them."""
        with translation.override(language):
            words = str(found.label)
        shown = [self.code_name(found, key, code, language) for key, code in found.slice]
        if not shown:
            return words
        return f"{words} ({', '.join(shown)})" if language == "en" else f"{words}（{'、'.join(shown)}）"

    def value(self, found: Figure, period: Period) -> Decimal:
        return found.rounded(self.raw(found, period))

    def raw(self, found: Figure, period: Period) -> Decimal:
        key = (found.full_name, period)
        if key not in self._raw:
            if isinstance(found, Rate):
                assert found.part and found.whole
                whole = self.raw(found.whole, period)
                self._raw[key] = 100 * self.raw(found.part, period) / whole if whole else Decimal(0)
            elif counts_rows(found) and (found.tally is None or found.slice):
                self._raw[key] = Decimal(self.records(found, period)[0])
            else:
                self._raw[key] = found.raw(period)
        return self._raw[key]

    def records(self, found: Figure, period: Period) -> tuple[int, str, list[str]]:
        """How many records, their digest and (when kept) their keys; those of a rate are those of its
        whole.
        """
        found = whole_of(found)
        key = (found.full_name, period)
        if key not in self._sets:
            rows = found(period)
            self._models[found.full_name] = rows.model
            keys = [str(pk) for pk in keys_of(rows)]
            count, digest = digest_of(keys)
            self._sets[key] = (count, digest, sorted(keys) if self.keep_keys else [])
        return self._sets[key]

    def model(self, found: Figure) -> type[Model]:
        """What the records of a figure are that was read."""
        return self._models[whole_of(found).full_name]

    @property
    def done(self) -> Iterable[Reading]:
        """Everything read so far, in the order of first use."""
        return self._read.values()


def whole_of(found: Figure) -> Figure:
    """The figure whose records are listed: the whole of a rate, else the figure itself."""
    while isinstance(found, Rate):
        assert found.whole
        found = found.whole
    return found


def counts_rows(found: Figure) -> bool:
    """Whether the figure is the number of its records, so that counting the keys measures it."""
    measure: Any = found.measure
    sources = [str(getattr(source, "name", "")) for source in measure.get_source_expressions() if source]
    return sources == ["pk"] and measure.filter is None and not measure.distinct and type(measure) is Count


def keys_of(records: QuerySet[Any]) -> Iterator[Any]:
    """The primary keys of the records, streamed."""
    return records.order_by().values_list("pk", flat=True).iterator(chunk_size=CHUNK)


def said(figure: Figure, words: str) -> tuple[str, str]:
    """A text of the figure (`definition`, `basis`) in both languages."""
    found = []
    for language in ("zh-hant", "en"):
        with translation.override(language):
            found.append(str(getattr(figure, words)))
    return found[0], found[1]


def defined(figure: Figure, period: Period) -> tuple[str, str]:
    """The definition as printed with a value of the period, in both languages."""
    found = []
    for language in ("zh-hant", "en"):
        with translation.override(language):
            found.append(figure.defined(period))
    return found[0], found[1]


def moment(kind: str) -> bool:
    """Whether a figure of this kind has a moment and no span of days."""
    return kind != Kind.FLOW


def start_of(reading: Reading) -> date | None:
    return None if moment(reading.kind) else reading.start


def end_of(reading: Reading) -> date:
    return reading.as_of if moment(reading.kind) else reading.end
