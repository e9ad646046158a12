"""Case numbers: a running number per kind and ROC year.

Given inside the opening transaction, so that none is skipped or doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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


def passed(kind: str, pattern: str, numbers: Iterable[str]) -> None:
    """Numbers that came with their cases from elsewhere: those of our own pattern are not given out again."""
    parts = re.split(r"\{(roc|seq)[^}]*\}", pattern)
    shape = "".join(rf"(?P<{part}>\d+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    highest: dict[str, int] = {}
    for number in numbers:
        if found := re.fullmatch(shape, number):
            code = f"{kind}:{int(found['roc'])}"
            highest[code] = max(highest.get(code, 0), int(found["seq"]))
    for code, last in highest.items():
        Sequence.objects.get_or_create(pk=code)
        Sequence.objects.filter(pk=code, last__lt=last).update(last=last)
