"""A file of cases to be opened, for a room that says nothing else of its files: the columns are what opening
asks.

A row is a case. Its number makes a second reading harmless: that of a case on record leaves it alone (or
refuses the row when it differs), any other names the row itself, whatever number the case is given here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from ..intake import Import
from ..people import cells
from ..people.models import Agency, District, User
from ..people.standing import standing
from ..sheets import parsing
from ..sheets.intake import Column, Profile, Refusal, Values
from .models import Case, Receipt, Record
from .process import Process

CHUNK = 500
ROWS: dict[type[models.Model], Callable[[str], object]] = {
    Agency: cells.agency,
    District: cells.district,
    User: cells.officer,
}
PLAIN: dict[str, Callable[[str], object]] = {
    "CharField": parsing.text,
    "TextField": parsing.text,
    "DateField": parsing.day,
    "BooleanField": parsing.yes,
    "IntegerField": parsing.whole,
    "PositiveIntegerField": parsing.whole,
    "PositiveSmallIntegerField": parsing.whole,
}


@cache
def openings(process: Process[Any]) -> Import | None:
    """The import of a process, or None where opening asks what no cell can hold (a file, a row of the
    room's own).
    """
    own = [_column(process.record._meta.get_field(name)) for name in process.asks]
    asked = [column for column in own if column is not None]
    if len(asked) < len(own):
        return None
    columns = (
        Column("number", _names(Case, "number"), parsing.text, required=True),
        Column("title", _names(Case, "title"), parsing.text, required=True),
        Column("agency", _names(Case, "agency"), cells.agency, required=True),
        Column("officer", _names(Case, "officer"), cells.officer),
        Column("district", _names(Case, "district"), cells.district),
        Column("opened_on", _names(Case, "opened_on"), parsing.day),
        *asked,
    )
    title: Any = process.record._meta.verbose_name
    return Import(
        "cases", title, Profile(title, columns, key=("number",)), keep=_keep(process),
        may=_may(process), records=_records(process),
    )  # fmt: skip


def _names(model: type[models.Model], name: str) -> tuple[str, ...]:
    """The words of a column, Chinese first, and its name in code."""
    label: Any = model._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    told = []
    for language in ("zh-hant", "en"):
        with translation.override(language):
            told.append(str(label))
    return tuple(dict.fromkeys(told))


def _column(field: Any) -> Column | None:
    required = not field.blank and not field.null and not field.has_default()
    default = None if field.null or required else field.get_default()
    names = _names(field.model, field.name)
    parse: Callable[[str], object] | None
    if field.is_relation:
        parse = ROWS.get(field.related_model)
    elif field.choices:
        parse = _one_of(field)
    elif isinstance(field, models.DecimalField):
        parse = parsing.decimal if field.decimal_places else parsing.money
    else:
        parse = PLAIN.get(field.get_internal_type())
    return None if parse is None else Column(field.name, names, parse, required, default)


def _one_of(field: Any) -> Callable[[str], object]:
    def parse(given: str) -> str:
        known: dict[str, str] = {}
        for language in ("zh-hant", translation.get_language() or "zh-hant"):
            with translation.override(language):
                known |= {str(label): str(value) for value, label in field.flatchoices}
        return known.get(given.strip()) or parsing.one_of({v: str(label) for v, label in field.flatchoices})(
            given
        )

    return parse


def _keep(process: Process[Any]) -> Callable[[Any, Values], Any]:
    def keep(actor: Any, values: Values) -> Any:
        facts = {name: value for name, value in values.items() if name not in ("notes", "number")}
        key = sha256(f"import:{process.kind}:{values['number']}".encode()).hexdigest()
        told = Receipt.objects.filter(pk=key).values_list("case_id", flat=True).first()
        known = models.Q(pk=told) if told else models.Q(kind=process.kind, number=values["number"])
        found = process.record._default_manager.select_related("case").filter(
            case__in=Case.objects.filter(known)
        )
        if (record := found.first()) is not None:
            _refuse_difference(process, record, facts)
            return record
        if facts["opened_on"] is None:
            del facts["opened_on"]
        return process.open(actor, key=key, **facts)

    return keep


def _refuse_difference(process: Process[Any], record: Record, facts: Values) -> None:
    for name, given in facts.items():
        if given is None:
            continue  # a blank cell says nothing against what is on record
        holder: Any = record.case if name not in process.asks else record
        kept = getattr(holder, name)
        if (kept or None) != (given or None):
            column = str(type(holder)._meta.get_field(name).verbose_name)
            sentence = _("%(number)s已登錄，這一欄現為「%(value)s」；不同者請在案件上更正。")
            shown = {"number": record.case.number, "value": kept or _("（空白）")}
            raise Refusal(sentence % shown, column, str(given))


def _may(process: Process[Any]) -> Callable[[Any], bool]:
    """Whoever may open such a case for one of the agencies where a post is held."""

    def may(user: Any) -> bool:
        return any(
            process.opened_by.held_by(
                user, Case(kind=process.kind, agency_id=agency, officer_id=user.pk, stage="")
            )
            for agency in standing(user).agencies()
        )

    return may


def _records(process: Process[Any]) -> Callable[[Any], Iterator[Any]]:
    def records(user: Any) -> Iterator[Any]:
        seen = process.record._default_manager.filter(case__in=Case.objects.filter(process.visible(user)))
        near = ("case__agency", "case__officer", "case__district")
        yield from seen.select_related(*near).order_by("pk").iterator(chunk_size=CHUNK)

    return records
