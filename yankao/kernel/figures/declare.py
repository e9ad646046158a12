"""A figure is a set of records and a measure of it. A number without records cannot be declared.

    @figure(_("因公出國列管件數"), unit="件", kind=Kind.FLOW, definition=_("返國日在期間內且未取消者。"))
    def controlled(period: Period) -> QuerySet[Trip]: ...

Figures filter on dated facts, never on today's stage, so the same period gives the same number next year.
They use ORM
expressions only, so that one definition serves every engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, QuerySet, TextChoices
from django.db.models.aggregates import Aggregate
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from ..period import Period
from ..roc import half_up


class Kind(TextChoices):
    """What a figure counts over time (functional spec, part E)."""

    FLOW = "flow", _("期間發生數")
    STOCK = "stock", _("期末存量")
    CUMULATIVE = "cumulative", _("累計數")
    COHORT = "cohort", _("年度案件數")


@dataclass(frozen=True)
class Dimension:
    """A way to slice a figure: a lookup on its records or an expression, and the words for its codes.

    `whole` says that the slices partition the figure and must sum to it.
    """

    by: Any
    label: Any
    names: Callable[[str], Any] | None = None
    whole: bool = True
    differs: Callable[[str], Mapping[str, Any]] | None = None
    """What a slice says otherwise than the figure, by its code: a kind (a stock here, a cohort there), a
    unit.
    """

    def only(self, records: QuerySet[Any], code: str) -> QuerySet[Any]:
        if isinstance(self.by, str):
            return records.filter(**{self.by: code})
        found: QuerySet[Any] = records.alias(_slice=self.by).filter(_slice=code)
        return found

    def name_of(self, code: str) -> Any:
        """The words for a code."""
        return self.names(code) if self.names else code

    def measured(self, records: QuerySet[Any], measure: Any) -> dict[str, Decimal]:
        """The measure of each code that occurs among the records, in one question."""
        by = F(self.by) if isinstance(self.by, str) else self.by
        rows = records.order_by().annotate(_slice=by).values("_slice").annotate(_value=measure)
        return {
            str(code): Decimal(value or 0)
            for code, value in rows.values_list("_slice", "_value")
            if code is not None
        }

    def codes(self, records: QuerySet[Any]) -> list[str]:
        """The codes that occur among the records."""
        if isinstance(self.by, str):
            rows = records.order_by().values_list(self.by, flat=True).distinct()
        else:
            rows = records.order_by().annotate(_slice=self.by).values_list("_slice", flat=True).distinct()
        return sorted(str(code) for code in rows if code is not None)


Records = Callable[[Period], "QuerySet[Any]"]


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure. `value(period)` measures `records(period)`; `only(programme="…")` is one slice of it."""

    records: Records
    name: str
    label: Any
    unit: str
    kind: Kind
    definition: Any = ""
    basis: Any = ""
    measure: Aggregate = field(default_factory=lambda: Count("pk"))
    precision: int = 0
    scale: int = 1
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    slice: tuple[tuple[str, str], ...] = ()
    versions: tuple[date, ...] = ()
    approximate: bool = False
    columns: tuple[str, ...] = ()
    counting: Callable[[Period], Any] | None = None
    """The named and versioned counting rule of a period, printed after the definition."""
    tally: Callable[[Period], Decimal] | None = None
    """The measure of the whole figure from sums that a journal keeps equal to its records; a check of the
    room compares both. Without it the records are measured.
    """
    headline: bool = True
    """One of the report's figures; otherwise it supports one of them in a sentence or a table."""

    def __call__(self, period: Period) -> QuerySet[Any]:
        found = self.records(period)
        for name, code in self.slice:
            found = self.dimensions[name].only(found, code)
        return found

    @property
    def full_name(self) -> str:
        return self.name + "".join(f"[{key}={code}]" for key, code in self.slice)

    def only(self, **slice: str) -> Figure:
        unknown = set(slice) - set(self.dimensions)
        if unknown:
            raise LookupError(f"{self.name} has no dimension {', '.join(sorted(unknown))}")
        return replace(self, slice=(*self.slice, *slice.items()), **self.differing(slice))

    def differing(self, slice: Mapping[str, str]) -> dict[str, Any]:
        """What the slice's dimensions say otherwise than the figure."""
        told: dict[str, Any] = {}
        for name, code in slice.items():
            if differs := self.dimensions[name].differs:
                told |= differs(code)
        return told

    def value(self, period: Period) -> Decimal:
        return self.rounded(self.raw(period))

    def raw(self, period: Period) -> Decimal:
        """The exact measure, before scale and rounding."""
        if self.tally is not None and not self.slice:
            return self.tally(period)
        return Decimal(self(period).order_by().aggregate(value=self.measure)["value"] or 0)

    def rounded(self, raw: Decimal) -> Decimal:
        """The printed value: scaled, rounded half up; to the hundred when it is approximate."""
        value = half_up(raw / self.scale, self.precision)
        return half_up(value / 100) * 100 if self.approximate else value

    def defined(self, period: Period) -> str:
        """The definition as it is printed with a value of the period."""
        words = str(self.definition)
        return words if self.counting is None else f"{words}{_('計數規則')} {self.counting(period)}"

    def parts(self) -> tuple[Figure, ...]:
        return (self,)

    def version_at(self, day: date) -> int:
        """Which definition was in force on the day (1 for the first)."""
        return 1 + sum(since <= day for since in self.versions[1:])

    def label_in(self, language: str) -> str:
        with translation.override(language):
            words = str(self.label)
            shown = [str(self.dimensions[key].name_of(code)) for key, code in self.slice]
        if not shown:
            return words
        return f"{words} ({', '.join(shown)})" if language == "en" else f"{words}（{'、'.join(shown)}）"


@dataclass(frozen=True, eq=False)
class Rate(Figure):
    """A percentage of two figures; it opens part and whole, and its records are those of the whole."""

    part: Figure | None = None
    whole: Figure | None = None

    def only(self, **slice: str) -> Rate:
        assert self.part and self.whole
        return replace(
            self,
            slice=(*self.slice, *slice.items()),
            part=self.part.only(**slice),
            whole=self.whole.only(**slice),
        )

    def __call__(self, period: Period) -> QuerySet[Any]:
        assert self.whole
        return self.whole(period)

    def raw(self, period: Period) -> Decimal:
        assert self.part and self.whole
        whole = self.whole.raw(period)
        return 100 * self.part.raw(period) / whole if whole else Decimal(0)

    def parts(self) -> tuple[Figure, ...]:
        assert self.part and self.whole
        return (self.part, self.whole)


register: dict[str, Figure] = {}
"""Every declared figure by its name without slice."""


def room_of(module: str) -> str:
    return module.removeprefix("yankao.").removesuffix(".figures")


def figure(label: Any, *, unit: str, kind: Kind, **more: Any) -> Callable[[Records], Figure]:
    """Declare a figure over the records the function gives for a period; its name is
    `<chapter>.<room>.<function>`.
    """

    def declare(records: Records) -> Figure:
        made = Figure(records, f"{room_of(records.__module__)}.{records.__name__}", label, unit, kind, **more)
        register[made.name] = made
        return made

    return declare


def rate(name: str, part: Figure, whole: Figure, label: Any, *, precision: int = 2, **more: Any) -> Rate:
    """Declare a percentage `part / whole`; `name` is its last word, its room that of the whole."""
    room = whole.name.rpartition(".")[0]
    made = Rate(
        whole.records,
        f"{room}.{name}",
        label,
        "%",
        more.pop("kind", whole.kind),
        precision=precision,
        dimensions={k: replace(d, whole=False, differs=None) for k, d in whole.dimensions.items()},
        part=part,
        whole=whole,
        **more,
    )
    register[made.name] = made
    return made


_SLICE = re.compile(r"\[([a-z_]+)=([^\]]+)\]")


def resolve(name: str) -> Figure:
    """A figure by its name, with or without slices. Raises LookupError for an unknown one."""
    base = name.partition("[")[0]
    found = register.get(base)
    if found is None:
        raise LookupError(name)
    for key, code in _SLICE.findall(name):
        found = found.only(**{key: code})
    return found


@dataclass(frozen=True)
class Reading:
    """A figure as read for a period: value, unit, dates, and the identity of the records behind it."""

    figure: str
    value: Decimal
    unit: str
    decimals: int
    start: date
    end: date
    as_of: date
    label: dict[str, str]
    records: int
    digest: str
    kind: str
    version: int
    own_period: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "value": f"{self.value:f}",
            "unit": self.unit,
            "decimals": self.decimals,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "as_of": self.as_of.isoformat(),
            "label": self.label,
            "records": self.records,
            "digest": self.digest,
            "kind": self.kind,
            "version": self.version,
        }


def digest_of(keys: Iterable[Any]) -> tuple[int, str]:
    """How many records, and SHA-256 over their keys in order: the identity of the set."""
    ordered = sorted(map(str, keys))
    return len(ordered), sha256("\n".join(ordered).encode()).hexdigest()


def period_for(name: str, period: Period) -> Period:
    """The period the figure is read with: its own when the city set one for this report."""
    from .models import OwnPeriod  # noqa: PLC0415  (models load after the rooms' figures)

    own = OwnPeriod.objects.filter(period=period.code, figure=name).first()
    return Period(own.start, own.end, own.as_of, period.code) if own else period


def read(found: Figure, period: Period) -> Reading:
    """Measure a figure now, with its own period where one is set."""
    own = period_for(found.full_name, period)
    count, digest = digest_of(found(own).order_by().values_list("pk", flat=True))
    return Reading(
        found.full_name,
        found.value(own),
        found.unit,
        found.precision,
        own.first,
        own.last,
        own.as_of,
        {"zh": found.label_in("zh-hant"), "en": found.label_in("en")},
        count,
        digest,
        str(found.kind),
        found.version_at(own.as_of),
        own != period,
    )
