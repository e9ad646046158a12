"""What a move asks, told to those who draw or describe it: columns, words, rows to choose from, JSON schema.

Forms (desk) and the programming interface (api) read these same functions, so that they cannot ask
differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..audit.ledger import plain
from ..people.models import Agency, User
from .asks import LONG, Among, Ask
from .models import Case
from .process import Move, Process, visible

# ── Columns ─────────────────────────────────────────────────────────────────────────────────────────


def _column(model: type[models.Model], name: str) -> models.Field[Any, Any] | None:
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) else None


def column_of(
    name: str, model: type[models.Model], asked: Iterable[Ask] = ()
) -> models.Field[Any, Any] | None:
    """The column a value of this name will be kept in, as far as names tell."""
    named = [ask.type for ask in asked if isinstance(ask.type, type) and issubclass(ask.type, models.Model)]
    own = [one for one in named if one._meta.app_label == model._meta.app_label]
    others = [one for one in apps.get_app_config(model._meta.app_label).get_models() if one is not model]
    for one in (model, *own, *others):
        if (found := _column(one, name)) is not None:
            return found
    return None


def ask_of_column(column: models.Field[Any, Any]) -> Ask:
    """A column of a record as something asked: for opening and correcting a case."""
    kind: Any = str
    marks: tuple[Any, ...] = ()
    if column.is_relation:
        kind = column.related_model
    elif isinstance(column, models.BooleanField):
        kind = bool
    elif isinstance(column, models.DateTimeField):
        kind = datetime
    elif isinstance(column, models.DateField):
        kind = date
    elif isinstance(column, models.DecimalField):
        kind = Decimal
    elif isinstance(column, models.IntegerField):
        kind = int
    elif isinstance(column, models.TextField):
        marks = (LONG,)
    optional = column.blank or column.null or column.has_default()
    default = column.get_default() if column.has_default() else None
    return Ask(column.name, kind, optional, default, False, column.verbose_name, column.help_text, marks)


def fits(ask: Ask, column: models.Field[Any, Any] | None) -> bool:
    """Whether the column is of the kind that is asked, so that its rules apply."""
    if column is None:
        return False
    if column.is_relation:
        return isinstance(ask.type, type) and issubclass(ask.type, models.Model)
    wanted: Any = ask_of_column(column).type
    kind: Any = ask.type
    return bool(kind is wanted or (isinstance(kind, type) and issubclass(kind, str) and wanted is str))


def words(ask: Ask, column: models.Field[Any, Any] | None) -> tuple[Any, Any]:
    """The label and the hint: the ask's own words first, then the column's."""
    label = ask.label or (column.verbose_name if column is not None else "") or ask.name
    return label, ask.help or (column.help_text if column is not None and not ask.label else "")


# ── Rows to choose from ─────────────────────────────────────────────────────────────────────────────


def rows_for(ask: Ask, record: Any, user: Any) -> Any:
    """The rows a model ask may be answered with."""
    if among := ask.find(Among):
        return among.rows(record, user)
    kind: Any = ask.type
    manager = kind._default_manager
    if record is not None:
        for column in kind._meta.concrete_fields:
            if column.is_relation and column.related_model is type(record):
                return manager.filter(**{column.name: record})
    if kind is Agency:
        return agencies_today()
    if kind is User:
        return manager.filter(is_active=True, posts__isnull=False).distinct().order_by("sort_key", "pk")
    if kind is Case:
        return manager.filter(visible(user)).order_by("-pk")
    return manager.all() if kind._meta.ordering else manager.order_by("pk")


def agencies_today() -> models.QuerySet[Agency]:
    """The agencies that exist today."""
    today = timezone.localdate()
    alive = Q(valid_to=None) | Q(valid_to__gte=today)
    return Agency.objects.filter(alive, valid_from__lte=today).order_by("code")


# ── The schema ──────────────────────────────────────────────────────────────────────────────────────


def schema_of(move: Move[Any, ...]) -> dict[str, Any]:
    """The JSON schema of what the move asks, from the same asks as the form.

    Rows are named by their ids, files by the ids of evidence already uploaded; decimals are strings, so that
    no digit is lost.
    """
    return object_schema(move.asks, move.process.record, str(move.label))


def record_asks(process: Process[Any], names: Iterable[str]) -> dict[str, Ask]:
    """Columns of the record as something asked: for opening and correcting a case."""
    found: dict[str, Ask] = {}
    for name in names:
        column: Any = process.record._meta.get_field(name)
        found[name] = ask_of_column(column)
    return found


def object_schema(asks: Mapping[str, Ask], model: type[models.Model], title: str) -> dict[str, Any]:
    """The JSON schema of an object with these asks."""
    asked = tuple(asks.values())
    return {
        "type": "object",
        "title": title,
        "properties": {name: _property(ask, model, asked) for name, ask in asks.items()},
        "required": [name for name, ask in asks.items() if not ask.optional],
        "additionalProperties": False,
    }


def _property(ask: Ask, model: type[models.Model], asked: Sequence[Ask]) -> dict[str, Any]:
    named = column_of(ask.name, model, asked)
    column = named if fits(ask, named) else None
    label, hint = words(ask, column or named)
    found = _kind(ask, column, model)
    if ask.many:
        found = {"type": "array", "items": found}
    if ask.optional and ask.default is None:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    elif ask.optional and not ask.many:
        found["default"] = plain(ask.default)
        if "enum" in found and found["default"] not in found["enum"]:
            found["enum"] = [*found["enum"], found["default"]]
    found["title"] = str(label)
    if hint:
        found["description"] = str(hint)
    return found


def _kind(ask: Ask, column: models.Field[Any, Any] | None, model: type[models.Model]) -> dict[str, Any]:
    kind = ask.type
    if isinstance(kind, type) and issubclass(kind, models.Model):
        counted = isinstance(kind._meta.pk, models.AutoField | models.OneToOneField)
        return {"type": "integer" if counted else "string", "x-row-of": kind._meta.label}
    if ask.row is not None:
        return object_schema(ask.row, model, str(ask.label or ask.name))
    if isinstance(kind, type) and issubclass(kind, models.Choices):
        return {
            "type": "string",
            "enum": list(kind.values),
            "x-labels": [str(label) for label in kind.labels],
        }
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        return {"type": "integer"}
    if kind is Decimal:
        found: dict[str, Any] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
        if isinstance(column, models.DecimalField):
            found["x-decimal-places"] = column.decimal_places
        return found
    if kind is datetime:
        return {"type": "string", "format": "date-time"}
    if kind is date:
        return {"type": "string", "format": "date"}
    found = {"type": "string"}
    if isinstance(column, models.CharField) and column.max_length:
        found["maxLength"] = column.max_length
    if column is not None and column.choices:
        found["enum"] = [value for value, _label in column.flatchoices]
    return found
