"""承商 The names contractors go by: the same in an order and in the link that opens it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import ContractorLink, Work

KNOWN_FOR = timedelta(days=365)
MOST = 200
_FRESH = 60.0
_kept: tuple[float, list[str]] = (0.0, [])


def firm_name(text: str) -> str:
    """A name as it is kept: single blanks, none around it."""
    return " ".join(text.split())


def known(record: Any = None, user: Any = None) -> list[str]:
    """Contractors with a link that holds or an order of the last year, to choose from; read every minute."""
    global _kept
    if _kept[0] < time.monotonic():
        orders = Work.objects.filter(dispatched_at__gte=timezone.now() - KNOWN_FOR).exclude(contractor="")
        links = ContractorLink.objects.filter(revoked_at=None, expires_on__gte=timezone.localdate())
        names = {
            name for rows in (links, orders)
            for (name,) in rows.order_by().values_list("contractor").distinct()[:MOST]
        }  # fmt: skip
        _kept = (time.monotonic() + _FRESH, sorted(names))
    return _kept[1]


def forget() -> None:
    """Read the names again at the next question."""
    global _kept
    _kept = (0.0, [])
