"""Telling a citizen: the messages and their jobs, written in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.tasks import Task
from django.utils import timezone

from .. import bulk
from ..jobs import enqueue_all
from ..vault import keys, sealing
from ..vault.models import Identity
from . import quiet, segments
from .models import Channel, Device, Message
from .sending import deliver
from .wording import Wording, Words

PRIORITY = {True: 50, False: 0}


def channels_for(
    identity: Identity, wording: Wording, *, urgent: bool = False, fresh: bool = False
) -> list[str]:
    """By which ways the person is reached: mail where there is an address; a text message where there is a
    mobile and the matter is urgent, worth it, or there is no mail; push where a browser asked for it.

    Never by one the person no longer wants. Told from the marks alone: nothing is opened. Of a fresh identity
    no browser can have asked yet.
    """
    if identity.shredded_at:
        return []
    used = [name for name in Channel.values if settings.MESSAGES.get(name)]
    mail = identity.email_mark is not None and Channel.EMAIL in used
    found: list[str] = [Channel.EMAIL] if mail else []
    wanted = urgent or wording.sms == "always" or (wording.sms == "instead" and not mail)
    if identity.mobile_mark and Channel.SMS in used and wanted:
        found.append(Channel.SMS)
    if Channel.PUSH in used and not fresh and Device.objects.filter(identity=identity, gone_at=None).exists():
        found.append(Channel.PUSH)
    # Taken out at the end: who wants no more mail is not sent texts instead.
    unwanted = identity.unwanted.split(",") if identity.unwanted else ()
    return [name for name in found if name not in unwanted]


def tell(
    identity: Identity | None,
    wording: Wording,
    *,
    case: Any = None,
    say: Mapping[str, Any],
    key: str,
    language: str = "zh-hant",
    urgent: bool = False,
    fresh: bool = False,
    now: datetime | None = None,
) -> list[Message]:
    """Write what is to be told, by every way the person is reached; nobody to tell is no error. The same
    `key` again adds nothing. Two statements, and one more where push is in use.

    The words are made now, so that every attempt says the same. `say` must name no person.
    """
    ways = channels_for(identity, wording, urgent=urgent, fresh=fresh) if identity is not None else []
    if identity is None or not ways:
        return []
    now = now or timezone.now()
    words = wording.words(language, say)
    ring = keys.ring(keys.SEALED if identity.sealed else keys.ORDINARY)
    made = []
    for channel in ways:
        text, parts = _put(channel, words)
        envelope = sealing.seal(text, ring)
        made.append(
            bulk.made(
                Message,
                key=f"{key}:{channel}", channel=channel, identity=identity, case=case, wording=wording.code,
                language=language, urgent=urgent, parts=parts, queued_at=now,
                key_id=envelope.key_id, wrapped=envelope.wrapped, text=envelope.text,
            )
        )  # fmt: skip
    bulk.write_new(Message, made)
    enqueue_all(
        _delivery(urgent),
        (([one.key], f"message:{one.key}"[:200], quiet.held_until(one.channel, urgent, now)) for one in made),
    )
    return made


@cache
def _delivery(urgent: bool) -> Task[..., Any]:
    return deliver.using(priority=PRIORITY[urgent])


def _put(channel: str, words: Words) -> tuple[bytes, int]:
    """What is sealed of a message, and how many parts it takes."""
    told = {"subject": words.subject, "text": words.body if channel == Channel.EMAIL else words.short}
    parts = len(segments.counted(words.short).parts) if channel == Channel.SMS else 1
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), parts
