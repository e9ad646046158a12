"""Asterisk's call detail records (`Master.csv`), the second source a day is compared with."""

from __future__ import annotations

import csv
from datetime import date, datetime

from django.utils.translation import gettext as _

from yankao.kernel.journal.declare import Batch, Dead
from yankao.kernel.journal.models import Source

LAST_APP, START, BILLED, UNIQUE = 7, 9, 13, 16


def read(data: bytes, source: Source) -> Batch:
    """Calls that went into a queue, by their unique id; the day of their start in local time, as written."""
    batch = Batch()
    rows: dict[str, tuple[date, int]] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        batch.records += 1
        try:
            part = next(csv.reader([line]))
            if part[LAST_APP] not in ("Queue", "AppQueue"):
                continue
            told = (datetime.fromisoformat(part[START]).date(), int(part[BILLED]))
            name = part[UNIQUE]
        except (ValueError, IndexError, csv.Error):
            batch.dead.append(Dead(number, line.encode(), _("欄位不足或時間、秒數無法辨識。")))
            continue
        known = rows.get(name)
        if known is None or told[1] > known[1]:
            rows[name] = told
    batch.rows = dict(rows)
    return batch
