"""Watching over the ledger in the background."""

from __future__ import annotations

from typing import Any

from django.tasks import task

from ..jobs.schedule import every
from . import ledger
from .models import Head

MOST_FAULTS = 50
"""So many faults are told; of a broken chain the first ones say where."""


@task
def verify_ledger() -> dict[str, Any]:
    """Walk the whole chain: how many entries there were, and the faults found (an empty list: intact)."""
    head = Head.objects.filter(pk=1).first()
    faults = ledger.verify()
    return {
        "entries": head.seq if head else 0,
        "faults": len(faults),
        "told": [{"seq": fault.seq, "sentence": fault.sentence} for fault in faults[:MOST_FAULTS]],
    }


@every("23:50")
@task
def sign_checkpoint() -> int:
    """Every evening: sign where the chain stands and publish it. See `ledger.checkpoint`."""
    return ledger.checkpoint().seq
