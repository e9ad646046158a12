"""Form fields of the desk: ROC dates and money as officials write them.

What was typed stays in the form when it is refused; the sentence of refusal says what would be accepted.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from yankao.kernel import roc

from .jinja import english


class RocDateInput(forms.DateInput):
    """A text box; a date already known is shown as 115/11/23, or ISO for English readers."""

    input_type = "text"

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            return value.isoformat() if english() else roc.format_roc(value, "slash")
        return None if value in (None, "") else str(value)


class RocDateField(forms.DateField):
    """A date typed as 115/11/23, 115.11.23, 民國115年11月23日, 1151123 or 2026-11-23."""

    widget = RocDateInput
    default_error_messages = {
        "invalid": _("看不懂這個日期。請輸入民國年月日，例如115/11/23，或西元2026-11-23。"),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("例如115/11/23"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return roc.parse_roc(str(value))
        except roc.RocError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class MoneyInput(forms.TextInput):
    """A text box; an amount already known is shown with thousands separators."""

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, int | Decimal):
            return f"{int(value):,}"
        return None if value in (None, "") else str(value)


class MoneyField(forms.Field):
    """An amount of whole 元: 34億6553萬1000元, 1,140萬, 3.5億, 1140萬5千 or plain digits. Cleans to
    ``Decimal`` without places."""

    widget = MoneyInput
    default_error_messages = {
        "invalid": _("看不懂這個金額。請輸入數字，例如11,400,000或1,140萬；金額以元為單位，不能有小數。"),
        "min_value": _("金額不能少於%(limit)s元。"),
        "max_value": _("金額不能超過%(limit)s元。"),
    }

    def __init__(self, *, min_value: int | None = 0, max_value: int | None = None, **kwargs: Any) -> None:
        self.min_value, self.max_value = min_value, max_value
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        try:
            return Decimal(value if isinstance(value, int) else roc.parse_money(str(value)))
        except roc.RocError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        for name, limit, wrong in (
            ("min_value", self.min_value, self.min_value is not None and value < self.min_value),
            ("max_value", self.max_value, self.max_value is not None and value > self.max_value),
        ):
            if wrong:
                raise ValidationError(self.error_messages[name], code=name, params={"limit": f"{limit:,}"})

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True
