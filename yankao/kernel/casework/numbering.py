"""Case numbers: a running number per kind and ROC year.

Given inside the opening transaction, so that none is skipped or doubled.
"""

from __future__ import annotations

from datetime import date

from django.db import connection

from .models import Sequence

TAKEN = "UPDATE casework_sequence SET last = last + %s WHERE code = %s RETURNING last"
"""Counts on and tells in one statement; the row is held until the transaction ends."""


def take(code: str, count: int = 1) -> int:
    """Reserve `count` running numbers of `code`; the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [count, code])
        row = cursor.fetchone()
        if row is None:
            Sequence.objects.get_or_create(pk=code)
            cursor.execute(TAKEN, [count, code])
            row = cursor.fetchone()
    return int(row[0]) - count + 1


def next_number(kind: str, pattern: str, opened_on: date) -> str:
    roc = opened_on.year - 1911
    return pattern.format(roc=roc, seq=take(f"{kind}:{roc}"))
