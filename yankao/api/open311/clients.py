"""Keys of other systems: made and ended by the administrator, shown once, only their SHA-256 is kept."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from yankao.api.models import Client
from yankao.api.tokens import digest_of
from yankao.kernel.audit import ledger

PREFIX = "yo_"


def make(actor: Any, name: str) -> tuple[str, Client]:
    """A new client: its key, to be shown once, and its row. Raises ValidationError by field."""
    key = PREFIX + secrets.token_urlsafe(32)
    row = Client(name=name.strip(), hint=key[:8], digest=digest_of(key), made_by=actor)
    row.full_clean(exclude=["digest", "made_by"])
    with transaction.atomic():
        row.save(force_insert=True)
        ledger.note("open311.client", f"client:{row.pk}", actor, name=row.name)
    return key, row


def revoke(actor: Any, row: Client) -> bool:
    """End a key for good; whether it was still living. What it sent stays."""
    with transaction.atomic():
        ended = Client.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now())
        if ended:
            ledger.note("open311.revoke", f"client:{row.pk}", actor, name=row.name)
    return bool(ended)


def holder(key: str) -> Client | None:
    """The living client of a key; the day of use is noted."""
    if not key.startswith(PREFIX) or len(key) > 100:
        return None
    row = Client.objects.filter(digest=digest_of(key), revoked_at=None).first()
    today = timezone.localdate()
    if row is not None and row.used_on != today:
        Client.objects.filter(pk=row.pk).update(used_on=today)
    return row
