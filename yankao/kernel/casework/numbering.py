"""Case numbers: a running number per kind and ROC year.

Given inside the opening transaction, so that none is skipped or doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model

from .models import Sequence

TAKEN = (
    "INSERT INTO casework_sequence (code, last) VALUES (%s, %s) "
    "ON CONFLICT (code) DO UPDATE SET last = casework_sequence.last + excluded.last RETURNING last"
)
"""Counts on (from nothing for the first of a year) and tells in one statement; the row is held until the
transaction ends. A row put in apart would be waited for by those who hold the end of the ledger already.
"""


def take(code: str, count: int = 1) -> int:
    """Reserve `count` running numbers of `code`; the first of them."""
    return Taking(code, count).first()


class Taking:
    """Running numbers asked for; the answer is waited for when the first of them is needed.

    `rows` are instances without a key that are written next. PostgreSQL gives them theirs in the same answer,
    so that nobody has to wait for them when they are written; SQLite tells a key for nothing.
    """

    def __init__(self, code: str, count: int = 1, rows: Iterable[Model] = ()) -> None:
        self.code, self.count = code, count
        self.rows = list(rows) if connection.vendor == "postgresql" else []
        ours: Any = connection
        self.cursor = ours.planned()
        told = [(row._meta.db_table, row._meta.pk) for row in self.rows]
        sql = TAKEN + ", nextval(pg_get_serial_sequence(%s, %s))" * len(told)
        places = [one for table, key in told for one in (connection.ops.quote_name(table), key.column)]
        self.cursor.execute(sql, [self.code, self.count, *places])
        # As of the end of the ledger (`ledger.End`): what SQLite was asked is not left open.
        self._told = self._fetched() if connection.vendor == "sqlite" else None

    def _fetched(self) -> Any:
        with self.cursor as cursor:
            return cursor.fetchone()

    def first(self) -> int:
        """The first of the numbers; the rows have their keys."""
        told = self._told or self._fetched()
        for row, key in zip(self.rows, told[1:], strict=True):
            row.pk = key
        return int(told[0]) - self.count + 1


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
