"""The records behind a figure as a list: the room's ordinary list where they are cases, else a plain table
by key.

What is counted is what is listed: both walk the figure's own queryset. Records that the reader may not
see are counted and named as such, so that the sum reconciles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.desk.jinja import format_number, format_short_date, format_time
from yankao.kernel.casework.duties import prefixed
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import processes, visible
from yankao.kernel.figures.declare import Figure
from yankao.kernel.period import Period
from yankao.kernel.sheets import Cell

from .readings import whole_of

SIZE = 50
DEPTH = 3
"""How many relations a record may stand away from its case."""


def case_path(model: Any) -> str | None:
    """The look-up from a record to its case ("", "case", "project__case"), by the shortest way; None when
    there is none.
    """
    if model is Case:
        return ""
    level: list[tuple[type[models.Model], tuple[str, ...]]] = [(model, ())]
    for _step in range(DEPTH):
        ahead: list[tuple[type[models.Model], tuple[str, ...]]] = []
        for one, path in level:
            for field in one._meta.concrete_fields:
                target = field.related_model
                if not (field.is_relation and isinstance(target, type) and issubclass(target, models.Model)):
                    continue
                if target is Case:
                    return "__".join((*path, field.name))
                if target._meta.app_label not in ("people", "evidence"):
                    ahead.append((target, (*path, field.name)))
        level = ahead
    return None


def seen(records: QuerySet[Any], user: Any) -> QuerySet[Any]:
    """The records that the person may see: those of cases by the rooms' duties, others by whoever holds a
    post.
    """
    from .access import may_see_drafts  # noqa: PLC0415  (access knows the models of the report)

    path = case_path(records.model)
    if path is None:
        return records if may_see_drafts(user) else records.none()
    allowed = visible(user)
    return records.filter(prefixed(allowed, f"{path}__") if path else allowed)


def cases_of(records: QuerySet[Any]) -> QuerySet[Case] | None:
    """The docket rows of records that are cases themselves; None for all other records."""
    model = records.model
    if model is Case:
        return records
    if isinstance(model._meta.pk, models.OneToOneField) and model._meta.pk.related_model is Case:
        return Case.objects.filter(pk__in=records.order_by().values("pk"))
    return None


@dataclass(frozen=True)
class Shown:
    """One column: the look-up, its words, how a value is written, and whether it is a number."""

    lookup: str
    label: str
    field: models.Field[Any, Any] | None

    @property
    def number(self) -> bool:
        return isinstance(self.field, models.DecimalField | models.IntegerField) and not self.field.choices

    def words(self, value: Any) -> str:
        """A value as it is read."""
        field = self.field
        if value is None or value == "":
            return ""
        if field is not None and field.choices:
            return str(dict(field.flatchoices).get(value, value))
        match value:
            case bool():
                return _("是") if value else _("否")
            case datetime():
                return format_time(value)
            case date():
                return format_short_date(value)
            case int() | Decimal() if self.number:
                return format_number(value)
        return str(value)

    def plain(self, value: Any) -> Cell:
        """A value as it is exported."""
        if self.field is not None and self.field.choices:
            return self.words(value)
        return value if isinstance(value, int | Decimal | date | datetime | str) else self.words(value)


def _field(model: type[models.Model], lookup: str) -> models.Field[Any, Any] | None:
    found: Any = None
    for name in lookup.split("__"):
        try:
            found = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        if found.is_relation and found.related_model is not None:
            model = found.related_model
    return found if isinstance(found, models.Field) else None


def columns_of(figure: Figure, model: type[models.Model]) -> list[Shown]:
    """The columns of a list of records: as the figure says, else the model's own plain fields."""
    lookups: Sequence[str] = whole_of(figure).columns or figure.columns
    unshown = {name for one in processes.values() if one.record is model for name in one.unshown}
    if not lookups:
        lookups = [
            field.name
            for field in model._meta.concrete_fields
            if not field.is_relation
            and not isinstance(field, models.TextField | models.BinaryField | models.JSONField)
            and not field.primary_key
            and field.name not in unshown
        ][:8]
    found = []
    for lookup in lookups:
        field = _field(model, lookup)
        label = str(field.verbose_name) if field is not None else lookup.rpartition("__")[2]
        if field is not None and field.is_relation:
            field = None
        found.append(Shown(lookup, label, field))
    return found


@dataclass
class Records:
    """A page of plain records by key; `after` is the key of the row before."""

    figure: Figure
    period: Period
    user: Any
    after: str = ""

    def __post_init__(self) -> None:
        self.all = self.figure(self.period)
        self.mine = seen(self.all, self.user)
        self.path = case_path(self.all.model)
        self.columns = columns_of(self.figure, self.all.model)

    @property
    def _lookups(self) -> list[str]:
        found = ["pk", *(shown.lookup for shown in self.columns)]
        return [*found, f"{self.path}__pk"] if self.path else found

    def page(self) -> tuple[list[tuple[str, list[str]]], str]:
        """(address or "", the cells in words) of up to fifty rows, and the key of the next page or ""."""
        found = self.mine.order_by("pk")
        if self.after:
            try:
                found = found.filter(pk__gt=self.all.model._meta.pk.to_python(self.after))
            except ValidationError:
                found = found.none()
        rows = list(found.values_list(*self._lookups)[: SIZE + 1])
        shown = [
            (self._address(row), [c.words(v) for c, v in zip(self.columns, row[1:], strict=False)])
            for row in rows[:SIZE]
        ]
        return shown, str(rows[SIZE - 1][0]) if len(rows) > SIZE else ""

    def _address(self, row: tuple[Any, ...]) -> str:
        return reverse("desk:case", args=[row[-1]]) if self.path else ""

    def plain(self) -> Iterator[list[Cell]]:
        """Every row that the reader may see, typed, for export."""
        lookups = [shown.lookup for shown in self.columns]
        for row in self.mine.order_by("pk").values_list(*lookups).iterator(chunk_size=2000):
            yield [column.plain(value) for column, value in zip(self.columns, row, strict=True)]
