"""What a move asks of its actor, read off the keyword-only parameters of its function.

The annotation says everything: `date`, `Decimal`, a `TextChoices`, a model (chosen from its rows),
`Evidence` (a file),
`list[Row]` with a dataclass `Row` (a table of inputs), each optionally `| None` or with a default;
`Annotated` adds
words and ways: `Annotated[str, Label(_("理由")), LONG]`.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Label:
    """The words beside the input; `help` says how to fill it."""

    text: Any
    help: Any = ""


@dataclass(frozen=True)
class Among:
    """The rows to choose from: `Among(lambda record, user: queryset)`."""

    rows: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Known:
    """Words offered while one types; others may be typed as well: `Known(lambda record, user: names)`."""

    words: Callable[[Any, Any], Sequence[str]]


@dataclass(frozen=True)
class Accept:
    """File kinds an upload takes: `Accept("pdf", "odt")`."""

    kinds: tuple[str, ...]

    def __init__(self, *kinds: str) -> None:
        object.__setattr__(self, "kinds", kinds)


class Mark:
    """A plain mark on an annotation."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Chosen:
    """Stands first among the marks of a model: `Annotated[Agency, Chosen, Label(_("…"))]`.

    The type checker's plugin for Django takes the first mark of an annotated model for a type.
    """


LONG = Mark("LONG")
"""Several lines of text."""
MONEY = Mark("MONEY")
"""Whole 元, typed as officials write amounts, where no column of that name says so."""
BY_DIGEST = Mark("BY_DIGEST")
"""A text in which persons may be named: it stands on the record, the ledger holds its digest."""
PERSONAL = Mark("PERSONAL")
"""A person's data: the ledger keeps it by reference only."""

STANDING = Mark("STANDING")
"""The form begins with what the record holds under that name; so does a choice that is left out."""

Reason = Annotated[str, Label(_("理由")), LONG]
Text = Annotated[str, LONG]


@dataclass(frozen=True)
class Ask:
    """One thing asked: its bare type, whether it may be left empty, its words and its ways."""

    name: str
    type: Any
    optional: bool
    default: Any
    many: bool
    label: Any
    help: Any
    marks: tuple[Any, ...]

    @property
    def row(self) -> dict[str, Ask] | None:
        """The asks of one row, when the type is a dataclass."""
        return asks_of_row(self.type) if isinstance(self.type, type) and is_dataclass(self.type) else None

    def has(self, mark: Any) -> bool:
        return mark in self.marks

    def find[T](self, kind: type[T]) -> T | None:
        return next((mark for mark in self.marks if isinstance(mark, kind)), None)


def _ask(name: str, hint: Any, default: Any) -> Ask:
    marks: tuple[Any, ...] = ()
    optional = default is not inspect.Parameter.empty
    many = False
    for _round in range(4):  # Annotated, Optional and list may nest in any order
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            marks += tuple(more)
        if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
            left = [arg for arg in get_args(hint) if arg is not type(None)]
            if len(left) != 1:
                raise TypeError(f"{name}: a parameter is of one type or of that type and None")
            hint, optional = left[0], True
        if get_origin(hint) is list:
            (hint,), many = get_args(hint), True
    label = next((mark for mark in marks if isinstance(mark, Label)), Label(""))
    empty: list[Any] | None = [] if many else None
    return Ask(
        name,
        hint,
        optional,
        empty if default is inspect.Parameter.empty else default,
        many,
        label.text,
        label.help,
        marks,
    )


def asks_of(body: Callable[..., Any]) -> dict[str, Ask]:
    """The keyword-only parameters of a move's function, in order."""
    hints = get_type_hints(body, include_extras=True)
    return {
        p.name: _ask(p.name, hints[p.name], p.default)
        for p in inspect.signature(body).parameters.values()
        if p.kind is p.KEYWORD_ONLY
    }


def asks_of_row(row: type[Any]) -> dict[str, Ask]:
    """The fields of a row dataclass, in order."""
    hints = get_type_hints(row, include_extras=True)
    return {
        f.name: _ask(f.name, hints[f.name], inspect.Parameter.empty if f.default is MISSING else f.default)
        for f in fields(row)
    }


def rows_for(ask: Ask, record: Any, user: Any) -> Any:
    """The rows to choose from: those of `Among`, else the record's own, else all; None for no model."""
    if among := ask.find(Among):
        return among.rows(record, user)
    if not (isinstance(ask.type, type) and issubclass(ask.type, models.Model)):
        return None
    own = [f.name for f in ask.type._meta.concrete_fields if f.related_model is type(record)]
    rows = ask.type._default_manager.all()
    return rows.filter(**{own[0]: record}) if own else rows


def refuse_strangers(asks: dict[str, Ask], record: Any, user: Any, given: dict[str, Any]) -> None:
    """Refuse a row that was not among those to choose from. Raises ValidationError at its name."""
    for ask in asks.values():
        value = given.get(ask.name)
        columns = getattr(getattr(ask.type, "_meta", None), "concrete_fields", ())
        narrowed = ask.find(Among) or any(column.related_model is type(record) for column in columns)
        if not value or not narrowed:
            continue
        rows = rows_for(ask, record, user)
        allowed = {row.pk for row in rows}
        for one in value if isinstance(value, list) else [value]:
            if one.pk not in allowed:
                raise ValidationError({ask.name: _("「%(row)s」不在可選的範圍。") % {"row": one}})
