"""Case numbers: a running number per kind and ROC year.

Given inside the opening transaction, so that none is skipped or doubled.
"""

from __future__ import annotations

from datetime import date

from django.db.models import F

from .models import Sequence


def take(code: str, count: int = 1) -> int:
    """Reserve `count` running numbers of `code`; the first of them."""
    known = Sequence.objects.filter(pk=code)
    if not known.update(last=F("last") + count):
        Sequence.objects.get_or_create(pk=code)
        known.update(last=F("last") + count)
    # The update holds the row until the transaction ends: what is read now is this request's own.
    return known.values_list("last", flat=True).get() - count + 1


def next_number(kind: str, pattern: str, opened_on: date) -> str:
    roc = opened_on.year - 1911
    return pattern.format(roc=roc, seq=take(f"{kind}:{roc}"))
