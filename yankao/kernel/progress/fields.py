"""Percentage points exact to two decimals, on every database."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    Whole = models.IntegerField[Decimal | int | str | None, Decimal | Any]
else:
    Whole = models.IntegerField

CENT = Decimal("0.01")


class Points(Whole):
    """百分點 A Decimal with two decimals in Python, a whole number of hundredths in the database.

    SQLite keeps decimals as floating point, where 50 − 45.01 is not 4.99; differences and limits of
    progress are compared by constraints, so they are whole numbers there. Expressions over the column are
    in hundredths.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any
    _pyi_lookup_exact_type: Any

    description = _("百分點（兩位小數）")

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        try:
            exact = Decimal(str(value))
            kept = exact.quantize(CENT)
        except InvalidOperation as error:
            raise ValidationError(_("「%(value)s」不是百分比。"), params={"value": value}) from error
        if exact != kept:
            raise ValidationError(_("百分比最多兩位小數。"))
        return kept

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return int(Decimal(str(value)).scaleb(2))

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        return models.Field.formfield(
            self, form_class=forms.DecimalField, decimal_places=2, max_digits=9, **kwargs
        )

    def value_to_string(self, obj: Any) -> str:
        return str(self.value_from_object(obj))
