"""Forms read off what a move asks (`kernel/casework/asks.py`) and the columns it will be kept in.

Nothing is said twice: the label, the length, the decimals and the choices come from the record's column of
the same name, else from a column of that name among the models the move asks for, else of the room's other
models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.asks import LONG, MONEY, PERSONAL, STANDING, Accept, Ask, Known, asks_of_row
from yankao.kernel.casework.process import Move
from yankao.kernel.casework.schema import agencies_today as agencies_today
from yankao.kernel.casework.schema import ask_of_column as ask_of_column
from yankao.kernel.casework.schema import column_of as column_of
from yankao.kernel.casework.schema import fits, rows_for, words
from yankao.kernel.casework.schema import schema_of as schema_of
from yankao.kernel.evidence.models import Evidence

from .fields import MoneyField, RocDateField
from .inputs import (
    FEW,
    MANY,
    EvidenceField,
    NumberField,
    RocMomentField,
    RowField,
    RowsField,
    SearchField,
    SearchInput,
    SearchRowsField,
    TextField,
    WholeNumberField,
)

RADIOS = 5
"""So many choices stand as radio buttons; more in a select."""
MONEY_DIGITS = 12
PERCENT = (6, 2)
"""Digits and decimals of `casework.models.percent()`."""
BLANK_ROWS = 3
MOST_ROWS = 500


@dataclass(frozen=True)
class Asking:
    """Whom a form asks, about which record (none while a case is opened)."""

    model: type[models.Model]
    user: Any
    record: Any = None


# ── One field ───────────────────────────────────────────────────────────────────────────────────────


def field_of(
    ask: Ask, asking: Asking, asked: Sequence[Ask] = (), *, model: type[models.Model] | None = None,
    in_row: bool = False,
) -> forms.Field:  # fmt: skip
    """The form field of one ask."""
    named = column_of(ask.name, model or asking.model, asked)
    column = named if fits(ask, named) else None
    label, hint = words(ask, column or named)
    common: dict[str, Any] = {"label": label, "required": not ask.optional, "help_text": hint}
    if ask.type is Evidence:
        accept = ask.find(Accept)
        kinds = accept.kinds if accept else ()
        if kinds and not hint:
            common["help_text"] = _("接受%(kinds)s檔") % {
                "kinds": _("、").join(kind.upper() for kind in kinds)
            }
        return EvidenceField(asking.user, many=ask.many, kinds=kinds, **common)
    if isinstance(ask.type, type) and issubclass(ask.type, models.Model):
        return _row_field(ask, asking, common)
    if isinstance(ask.type, type) and issubclass(ask.type, models.Choices):
        return _choice_field(ask, list(ask.type.choices), common, in_row, ask.type)
    if column is not None and column.choices and ask.type is not bool:
        return _choice_field(ask, list(column.flatchoices), common, in_row, ask.type)
    field = _plain_field(ask, column, common, in_row)
    if known := ask.find(Known):
        field.widget = SearchInput(attrs=field.widget.attrs)
        field.widget.words = known.words(asking.record, asking.user)
    return field


def _plain_field(
    ask: Ask, column: models.Field[Any, Any] | None, common: dict[str, Any], in_row: bool
) -> forms.Field:
    if ask.type is bool:
        if ask.optional and ask.default is None:
            yes_no = [("1", _("是")), ("0", _("否"))]
            return forms.TypedChoiceField(
                choices=[("", _("（不選）")), *yes_no],
                coerce=lambda text: text == "1",
                empty_value=None,
                **common,
            )
        return forms.BooleanField(**{**common, "required": False})
    if ask.type is int:
        least = (
            0 if isinstance(column, models.PositiveIntegerField | models.PositiveSmallIntegerField) else None
        )
        return WholeNumberField(min_value=least, **common)
    if ask.type is Decimal:
        if ask.has(MONEY):
            return MoneyField(**common)
        if isinstance(column, models.DecimalField):
            if column.decimal_places == 0 and (column.max_digits or 0) >= MONEY_DIGITS:
                return MoneyField(**common)
            if (column.max_digits, column.decimal_places) == PERCENT and not common["help_text"]:
                common["help_text"] = _("以%計，例如72.4")
            return NumberField(max_digits=column.max_digits, decimal_places=column.decimal_places, **common)
        return NumberField(**common)
    if ask.type is datetime:
        return RocMomentField(**common)
    if ask.type is date:
        if not common["help_text"]:
            del common["help_text"]
        return RocDateField(**common)
    if ask.type is str:
        return _text_field(ask, column, common, in_row)
    raise TypeError(f"{ask.name}: a move cannot ask for {ask.type!r}")


def _text_field(
    ask: Ask, column: models.Field[Any, Any] | None, common: dict[str, Any], in_row: bool
) -> forms.Field:
    long = (ask.has(LONG) or isinstance(column, models.TextField)) and not in_row
    most = column.max_length if isinstance(column, models.CharField) else None
    if ask.has(PERSONAL) and not common["help_text"]:
        common["help_text"] = _("個人資料；歷程只記載已填，不顯示內容。")
    field = TextField(
        max_length=most, widget=forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput(), **common
    )
    if ask.has(PERSONAL):
        field.widget.attrs["autocomplete"] = "off"
    return field


def _choice_field(
    ask: Ask, choices: list[tuple[Any, Any]], common: dict[str, Any], in_row: bool, kind: Any
) -> forms.Field:
    given = [(value, label) for value, label in choices if value not in ("", None)]
    radios = len(given) <= RADIOS and not in_row
    none = _("（不選）") if ask.optional else _("請選擇")
    empty = None if ask.default is None else ask.default
    return forms.TypedChoiceField(
        # Where there is a default, "none" is no answer: the default is chosen beforehand.
        choices=given if radios and (not ask.optional or empty) else [("", none), *given],
        coerce=kind, empty_value=empty,
        widget=forms.RadioSelect() if radios else forms.Select(),
        error_messages={"invalid_choice": gettext_lazy("請從清單中選擇。")}, **common,
    )  # fmt: skip


def _row_field(ask: Ask, asking: Asking, common: dict[str, Any]) -> forms.Field:
    rows = rows_for(ask, asking.record, asking.user)
    if not ask.many:
        return choose_among(rows, **common)
    if isinstance(rows, models.QuerySet) and rows[FEW:].exists():
        return SearchRowsField(rows, list(rows[:MANY]), **common)
    return RowsField(list(rows), **common)


def choose_among(queryset: Any, **options: Any) -> forms.Field:
    """A select for few rows, a box to type in for many."""
    if not isinstance(queryset, models.QuerySet):
        return RowField(list(queryset), **options)
    rows = list(queryset[: FEW + 1])
    if len(rows) <= FEW:
        if len(rows) == 1 and options.get("required", True):
            options["initial"] = rows[0]  # nothing to choose
        return RowField(rows, **options)
    return SearchField(queryset, list(queryset[:MANY]), **options)


def say_what_to_do(fields: Mapping[str, forms.Field]) -> None:
    """An empty answer is told what to do, not that it is obligatory."""
    for field in fields.values():
        if field.error_messages.get("required") != forms.Field.default_error_messages["required"]:
            continue
        if isinstance(field, forms.FileField):
            field.error_messages["required"] = _("請選擇檔案。")
        elif isinstance(field.widget, forms.Select | forms.RadioSelect | forms.CheckboxSelectMultiple):
            field.error_messages["required"] = _("請選擇。")
        else:
            field.error_messages["required"] = _("請填寫。")


# ── Rows of inputs ──────────────────────────────────────────────────────────────────────────────────


class RowForm(forms.Form):
    """One row of a table of inputs: the fields of a dataclass."""

    use_required_attribute = False

    def __init__(self, *args: Any, ask: Ask, asking: Asking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row_type: Any = ask.type
        self.asks = asks_of_row(self.row_type)
        for name, one in self.asks.items():
            field = self.fields[name] = field_of(one, asking, tuple(self.asks.values()), in_row=True)
            # A cell has no room for a line of its own: the hint stands in the empty box.
            if field.help_text and isinstance(field.widget, forms.TextInput | forms.DateInput):
                short = _("如115/11/23") if isinstance(field, RocDateField) and not one.help else ""
                field.widget.attrs["placeholder"] = short or str(field.help_text)
            if one.optional and one.default not in (None, ""):
                self.fields[name].initial = one.default
        say_what_to_do(self.fields)

    def row(self) -> Any:
        """The dataclass of a sound row."""
        return self.row_type(**_given(self.cleaned_data, self.asks))


class RowSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """The table: empty rows count for nothing."""

    required = False

    def clean(self) -> None:
        if self.required and not any(form.has_changed() for form in self.forms):
            raise ValidationError(_("請至少填一列。"))

    def rows(self) -> list[Any]:
        return [form.row() for form in self.forms if form.has_changed()]

    def tell(self, message: Any) -> None:
        """A fault of the table as a whole, found by the move."""
        self.non_form_errors().append(str(message))


def _rowset(ask: Ask, asking: Asking, prefix: str, data: Any, files: Any, more: bool) -> RowSet:
    made: Any = forms.formset_factory(
        RowForm, formset=RowSet, extra=BLANK_ROWS, max_num=MOST_ROWS, validate_max=True
    )
    if data is not None:
        data = data.copy()
        total = f"{prefix}-TOTAL_FORMS"
        data.setdefault(total, "0")
        data.setdefault(f"{prefix}-INITIAL_FORMS", "0")
        if more and str(data[total]).isdigit():
            data[total] = str(min(int(data[total]) + 1, MOST_ROWS))
    table: RowSet = made(
        data, files, prefix=prefix, form_kwargs={"ask": ask, "asking": asking},
        error_messages={"too_many_forms": _("最多%(num)s列。") % {"num": MOST_ROWS}},
    )  # fmt: skip
    table.required = not ask.optional
    return table


# ── The form ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Part:
    """A piece of the form in the order asked: a bound field, or a table of inputs with its words."""

    bound: Any = None
    table: Any = None
    label: Any = ""
    hint: Any = ""


class AskForm(forms.Form):
    """The form of what is asked, one field or one table for each ask, in their order.

    `given()` is what the move takes: empty optional answers are left to their defaults.
    """

    use_required_attribute = False

    def __init__(
        self, asks: Mapping[str, Ask], asking: Asking, data: Any = None, files: Any = None, *, more: str = "",
        first: Mapping[str, forms.Field] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, files, **kwargs)
        self.first = tuple(first or ())
        self.fields.update(first or {})
        self.asks, self.asking = dict(asks), asking
        self.tables: dict[str, RowSet] = {}
        asked = tuple(self.asks.values())
        for name, ask in self.asks.items():
            if ask.row is not None:
                prefix = self.add_prefix(name)
                self.tables[name] = _rowset(ask, asking, prefix, data, files, more == prefix)
                continue
            self.fields[name] = field_of(ask, asking, asked)
            if ask.optional and ask.default not in (None, "", []):
                self.fields[name].initial = ask.default
            if ask.has(STANDING) and (held := getattr(asking.record, name, None)) not in (None, ""):
                self.fields[name].initial = held
        say_what_to_do(self.fields)

    @property
    def parts(self) -> Iterator[Part]:
        """Fields and tables as they are to be drawn: those put first, what is asked, what was added."""
        drawn = set(self.first)
        for name in self.first:
            yield Part(bound=self[name])
        for name, ask in self.asks.items():
            drawn.add(name)
            if name in self.tables:
                label, hint = words(ask, column_of(name, self.asking.model))
                yield Part(table=self.tables[name], label=label, hint=hint)
            else:
                yield Part(bound=self[name])
        for bound in self:
            if bound.name not in drawn:
                yield Part(bound=bound)

    def is_multipart(self) -> bool:
        return super().is_multipart() or any(table.is_multipart() for table in self.tables.values())

    def is_valid(self) -> bool:
        tables = [table.is_valid() for table in self.tables.values()]
        return super().is_valid() and all(tables)

    def given(self) -> dict[str, Any]:
        """The answers by name, for `Move.run`."""
        given = _given(self.cleaned_data, self.asks)
        for name, table in self.tables.items():
            given[name] = table.rows()
        return given

    def blame(self, error: ValidationError) -> None:
        """Put what the move or the record found at the field it names, else above the form."""
        named = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        for name, faults in named.items():
            messages = [str(text) for fault in faults for text in fault.messages]
            if name in self.tables:
                for message in messages:
                    self.tables[name].tell(message)
            elif name in self.fields:
                self.add_error(name, messages)
            else:
                column = column_of(name, self.asking.model) if name != NON_FIELD_ERRORS else None
                label = f"{column.verbose_name}{_('：')}" if column is not None else ""
                self.add_error(None, [f"{label}{message}" for message in messages])

    def forgive(self) -> None:
        """Show the form as typed, without its faults: the person only asked for one more row."""
        self.is_valid()
        self._errors = ErrorDict()
        table: Any
        for table in self.tables.values():
            table._errors = [{} for _form in table.forms]
            table._non_form_errors = table.error_class()
            for form in table.forms:
                form._errors = ErrorDict()

    @cached_property
    def has_tables(self) -> bool:
        return bool(self.tables)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Every fault with the id of where it is to be mended; "" when it concerns the whole form."""
        if not self.is_bound:
            return []
        found = [("", str(message)) for message in self.non_field_errors()]
        for part in self.parts:
            if part.table is not None:
                found += list(_faults_of(part))
            else:
                bound = part.bound
                anchor = bound.id_for_label or f"{bound.auto_id}_0"
                found += [(anchor, f"{bound.label}{_('：')}{message}") for message in bound.errors]
        return found


def _faults_of(part: Part) -> Iterator[tuple[str, str]]:
    table = part.table
    for message in table.non_form_errors():
        yield f"{table.prefix}-table", f"{part.label}{_('：')}{message}"
    for number, form in enumerate(table.forms, 1):
        for message in form.non_field_errors():
            yield f"{table.prefix}-table", f"{part.label}{_('：')}{message}"
        for bound in form:
            for message in bound.errors:
                where = _("%(table)s第%(row)s列") % {"table": part.label, "row": number}
                yield bound.id_for_label, f"{where}{_('：')}{bound.label}{_('：')}{message}"


def _given(cleaned: Mapping[str, Any], asks: Mapping[str, Ask]) -> dict[str, Any]:
    found = {}
    for name, ask in asks.items():
        if name not in cleaned:
            continue
        value = cleaned[name]
        if ask.optional and value in (None, "", []) and ask.type is not bool:
            continue
        found[name] = value
    return found


def form_of(
    move: Move[Any, ...], record: Any, user: Any, data: Any = None, files: Any = None, **options: Any
) -> AskForm:
    """The form of a move on this record for this person."""
    return AskForm(move.asks, Asking(type(record), user, record), data, files, **options)


def needs_rows(asks: Mapping[str, Ask]) -> bool:
    """Whether drawing the form asks the database for rows to choose from, or draws tables of inputs."""
    for ask in asks.values():
        kind = ask.type
        if ask.find(Known):
            return True
        if (
            isinstance(kind, type)
            and kind is not Evidence
            and (issubclass(kind, models.Model) or is_dataclass(kind))
        ):
            return True
    return False
