"""Sending one message, part by part; what came of it is written down before anything else is tried.

A failure is tried again with growing, scattered waits for some ten hours. While a gateway does not answer it
is left alone for half a minute, then longer, up to five; a message put off so has used up no attempt. Each
attempt gives the gateway the same key. Without a gateway that honours it, an unclear outcome is left to a
person.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.tasks import TaskContext, task
from django.utils import timezone

from ..jobs import GiveUp, Later, attempts, enqueue
from ..jobs.mail import Breaker
from ..vault import keeping, keys, sealing
from . import devices, quiet, receipts, segments
from .gateway import Driver, Gone, NotTaken, Outgoing, Refused, Unclear, breaker, driver
from .models import WANTING, Channel, Handover, Message, State
from .numbers import international

MOST_ATTEMPTS = 20
LONGEST_PAUSE = timedelta(minutes=15)
"""A message that waits for a gateway to come back looks again at least this often."""


@attempts(MOST_ATTEMPTS)
@task(queue_name="messages", takes_context=True)
def deliver(context: TaskContext[..., Any], key: str) -> str:
    """Send the message unless it was sent; the state it is left in."""
    message = Message.objects.select_related("identity").filter(key=key).first()
    if message is None or message.state != State.QUEUED:
        return message.state if message else ""
    now = timezone.now()
    if until := quiet.held_until(message.channel, message.urgent, now):
        raise Later(until - now + timedelta(seconds=random.uniform(0, 600)))  # noqa: S311  (scatters, keeps no secret)
    if message.channel in message.identity.unwanted.split(","):
        return _end(message, State.DEAD, "No longer wanted")
    way = driver(message.channel)
    if way is None:
        return _end(message, State.DEAD, "Channel not in use")
    try:
        breaker(message.channel).check()
    except Later as later:
        raise _put_off(message, later, now) from None
    Message.objects.filter(pk=message.pk).update(attempts=context.attempt)
    try:
        _send(message, way)
    except Later as later:
        raise _put_off(message, later, now) from None
    except (Refused, keeping.Shredded, sealing.Damaged, keys.KeyMissing) as refused:
        _end(message, State.DEAD, str(refused))
        raise GiveUp(type(refused).__name__) from None
    except NotTaken as failed:
        _failed(message, way, failed, last=context.attempt >= MOST_ATTEMPTS)
    return message.state


def _put_off(message: Message, later: Later, now: datetime) -> Later:
    """While the gateway is left alone, come back later: the older the message, the longer, and scattered, so
    that a day's messages do not all come back at once."""
    more = min((now - message.queued_at) / 4, LONGEST_PAUSE)
    # Chance only scatters the returns here; nobody gains by guessing it, so it need not be cryptographic.
    return Later(later.wait + more * random.random())  # noqa: S311  (scatters, no secret)


def _send(message: Message, way: Driver) -> None:
    envelope = message.envelope
    if envelope is None:
        raise Refused("Text no longer kept")
    told = json.loads(sealing.unseal(envelope))
    taken = set(Handover.objects.filter(message=message).values_list("part", flat=True))
    waiting: Later | NotTaken | None = None
    for part in parts_of(message, told):
        if part.number in taken:
            continue
        gate = _breaker_of(message, way, part)
        try:
            gate.check()
            reference = way.hand_over(part)
        except Gone:
            if message.channel != Channel.PUSH:
                raise
            devices.gone(part.number)
            continue
        except (Later, NotTaken) as failed:
            if isinstance(failed, NotTaken) and message.channel != Channel.EMAIL:
                gate.trip()  # of the mail server `jobs.mail` knows better: one full mailbox is no outage
            if message.channel != Channel.PUSH:
                raise
            waiting = failed if isinstance(failed, NotTaken) else waiting or failed
            continue  # the other browsers may have other push services
        gate.reset()
        Handover.objects.get_or_create(
            message=message, part=part.number, defaults={"reference": reference[:80]}
        )
    if waiting is not None:
        raise waiting
    if not Handover.objects.filter(message=message).exists():
        raise Gone("No device left")
    with transaction.atomic():
        now = timezone.now()
        state = State.SHOWN if getattr(way, "shows", False) else State.HANDED
        Message.objects.filter(pk=message.pk).exclude(state=State.DELIVERED).update(
            state=state, handed_at=now, error=""
        )
        message.state = state
        receipts.apply(message)


def _breaker_of(message: Message, way: Driver, part: Outgoing) -> Breaker:
    named = getattr(way, "gateway", None)
    return breaker(named(part) if named else message.channel)


def parts_of(message: Message, told: dict[str, str]) -> list[Outgoing]:
    """The parts of a message with their addresses, as the vault tells them at this moment. Gone where there
    is no address of the kind."""
    key, group = message.pk.hex, (message.pk.int + message.again) % 256
    if message.again:
        key = f"{key}-again{message.again}"
    if message.channel == Channel.PUSH:
        found = devices.of(message.identity)
        if not found:
            raise Gone("No device left")
        return [
            Outgoing(
                device, told["text"], key, subject=told["subject"], language=message.language,
                urgent=message.urgent, number=number, total=len(found),
            )
            for number, device in found
        ]  # fmt: skip
    person = keeping.unsealed(message.identity)
    if message.channel == Channel.EMAIL:
        if not person.email:
            raise Gone("No e-mail address")
        return [Outgoing(person.email, told["text"], key, subject=told["subject"], language=message.language)]
    to = international(person.mobile) or international(person.phone)
    if not to:
        raise Gone("No mobile number")
    counted = segments.counted(told["text"])
    total = len(counted.parts)
    return [
        Outgoing(
            to, text, f"{key}-{number}" if total > 1 else key, counted=counted, urgent=message.urgent,
            language=message.language, number=number, total=total, group=group,
        )
        for number, text in enumerate(counted.parts, 1)
    ]  # fmt: skip


def _failed(message: Message, way: Driver, failed: NotTaken, *, last: bool) -> None:
    """Decide what a failure means, write it down, and leave the job to be tried again where that is right."""
    said = str(failed)[:200]
    if isinstance(failed, Unclear) and not way.honours_key:
        _end(message, State.UNCLEAR, said)
        return
    if last:
        _end(message, State.DEAD, said)
        raise GiveUp(said) from None
    Message.objects.filter(pk=message.pk).exclude(state=State.DELIVERED).update(error=said)
    if failed.wait:
        raise Later(failed.wait) from None
    raise failed


def _end(message: Message, state: State, said: str) -> str:
    Message.objects.filter(pk=message.pk).exclude(state=State.DELIVERED).update(state=state, error=said[:200])
    message.state = state
    return str(state)


def resend(message: Message) -> bool:
    """Send again what is dead, failed or unclear, by a person's decision; False when it is none of these.

    What the gateway said it could not deliver goes anew, under a new key; else the key stays, so that what
    was taken after all is not sent twice.
    """
    with transaction.atomic():
        waiting = Message.objects.filter(pk=message.pk, state__in=WANTING)
        failed = waiting.filter(state=State.FAILED).update(state=State.QUEUED, error="", again=F("again") + 1)
        changed = failed or waiting.update(state=State.QUEUED, error="")
        if failed:
            Handover.objects.filter(message=message).delete()
        if changed:
            enqueue(deliver, message.key, key=f"message:{message.pk.hex}:{timezone.now():%Y%m%d%H%M%S%f}")
    return bool(changed)
