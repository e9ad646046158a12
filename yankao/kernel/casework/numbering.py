"""Case numbers: a running number per kind and ROC year.

Given inside the opening transaction, so that none is skipped or doubled.
"""

from __future__ import annotations

from datetime import date

from .models import Sequence


def take(code: str, count: int = 1) -> int:
    """Reserve `count` running numbers of `code`; the first of them."""
    Sequence.objects.get_or_create(pk=code)
    row = Sequence.objects.select_for_update().get(pk=code)
    row.last += count
    row.save(update_fields=["last"])
    return row.last - count + 1


def next_number(kind: str, pattern: str, opened_on: date) -> str:
    roc = opened_on.year - 1911
    return pattern.format(roc=roc, seq=take(f"{kind}:{roc}"))
