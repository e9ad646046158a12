"""A value of a record or of the ledger as the reader sees it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from .inputs import words_of
from .jinja import format_date, format_money, format_number, format_time
from .parts import Person

MONEY_DIGITS = 12
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


def is_money(column: Any) -> bool:
    """Whether a column holds whole 元."""
    return (
        isinstance(column, models.DecimalField)
        and column.decimal_places == 0
        and (column.max_digits or 0) >= MONEY_DIGITS
    )


def shown(value: Any, column: Any = None) -> str:
    """A value in words; "" for nothing."""
    if value is None or value == "":
        return ""
    if column is not None and getattr(column, "choices", None):
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, models.Choices):
        return str(value.label)
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, Decimal):
        return format_money(value) if is_money(column) else format_number(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return _("、").join(shown(one) for one in value)
    if isinstance(value, models.Model):
        return words_of(value)
    return str(value)


def person(user: Any) -> Person | str:
    """A face and a name, or nothing."""
    return Person(words_of(user)) if user is not None else ""


def told(value: Any, column: Any = None, kind: Any = None) -> str:
    """A value as the ledger wrote it (JSON), in words; personal data stay withheld.

    `kind` is the type the move asked for, `column` the column it was kept in.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, dict):
        if "withheld" in value:
            return _("（個人資料，不顯示）")
        if "text" in value:
            return str(value["text"])
        return _("；").join(f"{name} {told(one)}" for name, one in value.items() if one not in (None, ""))
    if isinstance(value, list):
        return "\n".join(told(one, None, kind) for one in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, str):
        return _told_text(value, column, kind)
    return str(value)


def _told_text(value: str, column: Any, kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, models.Choices) and value in kind.values:
        return str(kind(value).label)
    if column is not None and getattr(column, "choices", None):
        return str(dict(column.flatchoices).get(value, value))
    if is_money(column):
        return format_money(Decimal(value))
    if ISO_DAY.fullmatch(value) and (day := parse_date(value)):
        return format_date(day)
    if ISO_MOMENT.fullmatch(value) and (moment := parse_datetime(value)):
        return format_time(moment)
    return value
