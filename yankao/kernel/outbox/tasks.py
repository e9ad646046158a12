"""Receipts are fetched every minute where an SMPP gateway keeps them; old words are forgotten at night."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.tasks import task
from django.utils import timezone

from ..jobs.schedule import every
from . import sms_smpp
from .gateway import NotTaken
from .models import Channel, Message, State

WORDS_KEPT = timedelta(days=90)
SMPP = "yankao.kernel.outbox.sms_smpp.driver"


@every(minutes=1)
@task(queue_name="messages")
def collect_receipts() -> int:
    """Fetch what the gateway has to say; a gateway that does not answer is asked again in a minute."""
    if settings.MESSAGES.get(Channel.SMS) != SMPP:
        return 0
    try:
        return sms_smpp.Smpp(settings.SMS).collect()
    except NotTaken:
        return 0


@every("02:40")
@task
def forget_words() -> int:
    """The words of messages that need no more sending are destroyed after 90 days; how many."""
    done = Message.objects.filter(
        state__in=(State.HANDED, State.DELIVERED, State.SHOWN),
        queued_at__lt=timezone.now() - WORDS_KEPT,
        text__isnull=False,
    )
    return done.update(wrapped=None, text=None)
