"""A page of a long public list, newest first, found by where the page before it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

PAGE = 50


class BadCursor(ValueError):
    """The address names no place in the list."""


@dataclass(frozen=True)
class Page:
    """Rows of one page; `newer` and `older` are the cursors of its neighbours, empty where there are none."""

    rows: list[Any]
    newer: str
    older: str


def _cursor(row: Any, day: str) -> str:
    return f"{getattr(row, day).isoformat()}.{row.pk}"


def _read(cursor: str) -> tuple[date, int]:
    when, _dot, key = cursor.partition(".")
    try:
        return date.fromisoformat(when), int(key)
    except ValueError:
        raise BadCursor(cursor) from None


def page(rows: QuerySet[Any], day: str, *, older: str = "", newer: str = "", size: int = PAGE) -> Page:
    """One page of `rows` by the date column `day`, latest first, then by key.

    `older` starts below the row the cursor names, `newer` ends above it; one query whatever the page, and
    its neighbours are known from one row more. Raises BadCursor.
    """
    if newer:
        when, key = _read(newer)
        above = Q(**{f"{day}__gt": when}) | Q(**{day: when, "pk__gt": key})
        found = list(rows.filter(above).order_by(day, "pk")[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        first = _cursor(found[0], day) if found and more else ""
        return Page(found, first, _cursor(found[-1], day) if found else "")
    if older:
        when, key = _read(older)
        rows = rows.filter(Q(**{f"{day}__lt": when}) | Q(**{day: when, "pk__lt": key}))
    found = list(rows.order_by(f"-{day}", "-pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(
        found, _cursor(found[0], day) if older and found else "", _cursor(found[-1], day) if more else ""
    )
