"""送達回報 What a gateway says afterwards: kept once however often said, believed over our own guess."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from .models import Handover, Message, Receipt, State


def take(reference: str, delivered: bool, *, at: datetime | None = None, said: str = "") -> bool:
    """Keep a gateway's word on one of its numbers; whether we know the number (yet)."""
    with transaction.atomic():
        Receipt.objects.get_or_create(
            reference=reference[:80], delivered=delivered,
            defaults={"at": at or timezone.now(), "said": said[:40]},
        )  # fmt: skip
        found = Handover.objects.filter(reference=reference[:80]).select_related("message").first()
        if found is not None:
            apply(found.message)
    return found is not None


def apply(message: Message) -> None:
    """Bring a message up to what is known of its parts: delivered when every part was, failed when one was
    not. A later "delivered" outweighs an earlier "failed"; nothing outweighs "delivered"."""
    handovers = list(Handover.objects.filter(message=message))
    numbers = [one.reference for one in handovers if one.reference]
    told = Receipt.objects.filter(reference__in=numbers).values_list("reference", "delivered", "at", "said")
    good = {reference: at for reference, delivered, at, _said in told if delivered}
    bad = {reference: said for reference, delivered, _at, said in told if not delivered}
    if not numbers or not (good or bad):
        return
    waiting = Message.objects.filter(pk=message.pk).exclude(state=State.DELIVERED)
    if message.state != State.QUEUED and len(good) == len(handovers):
        waiting.update(state=State.DELIVERED, delivered_at=max(good.values()), error="")
        message.state = State.DELIVERED
    elif message.state in (State.HANDED, State.UNCLEAR) and (lost := [bad[n] for n in bad if n not in good]):
        waiting.update(state=State.FAILED, error=lost[0])
        message.state = State.FAILED
