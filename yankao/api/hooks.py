"""事件訂閱 Webhooks: systems outside hear of steps of cases, signed, tried again, kept when undeliverable.

The ledger is read on from where each subscription stands, so no step is missed and none costs the person who
makes it anything. A body names the case by number, with room, act, stages, agency and district: no title, no
person. Confidential and secret cases are never told. Only hosts the operator has named are called
(`YANKAO_WEBHOOK_HOSTS`), by https and at public addresses; an entry that is a whole origin
(`http://127.0.0.1:9000`) is taken at its word.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import secrets
import socket
import time
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.tasks import TaskContext, task
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry, Head
from yankao.kernel.casework.models import Security
from yankao.kernel.jobs import GiveUp, Later, attempts, enqueue, enqueue_all
from yankao.kernel.jobs.schedule import every
from yankao.kernel.outbox import calling
from yankao.kernel.outbox.gateway import NotTaken, Unclear

from .models import Delivery, Hook

MOST_TRIES = 12
SECONDS = 10.0
AT_ONCE = 2000
"""So many lines of the ledger are read at a time."""
TOLD = (str(Security.OPEN), str(Security.AGENCY))


class Failed(Exception):
    """Not taken this time; the message says how, never what was in it."""


# ── Subscribing ─────────────────────────────────────────────────────────────────────────────────────


def make(actor: Any, name: str, url: str, rooms: Sequence[str], acts: Sequence[str] = ()) -> tuple[str, Hook]:
    """A new subscription from now on: its secret, to be shown once, and its row. Raises ValidationError."""
    if sentence := refusal(url):
        raise ValidationError({"url": sentence})
    head = Head.objects.values_list("seq", flat=True).first() or 0
    row = Hook(
        name=name.strip(), url=url, rooms=sorted(rooms), acts=sorted(acts), salt=secrets.token_hex(32),
        made_by=actor, after=head,
    )  # fmt: skip
    row.full_clean(exclude=["salt", "made_by"])
    with transaction.atomic():
        row.save(force_insert=True)
        ledger.note("hook.make", f"hook:{row.pk}", actor, name=row.name, url=url, rooms=row.rooms)
    return secret_of(row), row


def end(actor: Any, row: Hook) -> bool:
    """No more events for it; whether it was still living."""
    with transaction.atomic():
        ended = Hook.objects.filter(pk=row.pk, ended_at=None).update(ended_at=timezone.now())
        if ended:
            ledger.note("hook.end", f"hook:{row.pk}", actor, name=row.name)
    return bool(ended)


def secret_of(row: Hook) -> str:
    """What both sides sign with; kept nowhere."""
    return "yh_" + salted_hmac("yankao.hooks", row.salt, algorithm="sha256").hexdigest()


def signature(row: Hook, body: bytes, at: int) -> str:
    """`t=…,v1=…`: HMAC-SHA-256 of "t.body", so that an old message cannot be sent again as new."""
    mark = hmac.new(secret_of(row).encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={mark}"


# ── Where we call ───────────────────────────────────────────────────────────────────────────────────


def refusal(url: str) -> str:
    """Why this address is not called, or an empty string."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _("這不是網址。")
    if parts.username is not None or parts.password is not None:
        return _("網址不得含帳號密碼。")
    if f"{parts.scheme}://{parts.netloc}" in settings.WEBHOOK_HOSTS:
        return ""
    if parts.scheme != "https" or port not in (None, 443):
        return _("網址應以https://開頭，不帶埠號。")
    if not any(host == one or host.endswith(f".{one}") for one in settings.WEBHOOK_HOSTS):
        return _("主機「%s」不在可通知的名單（YANKAO_WEBHOOK_HOSTS）。") % host
    return ""


def address_of(url: str) -> str:
    """The public address to connect to; "" for an origin taken at its word. Raises GiveUp or Failed."""
    if refusal(url):
        raise GiveUp("Host not allowed")
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" in settings.WEBHOOK_HOSTS:
        return ""
    try:
        found = socket.getaddrinfo(parts.hostname, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Failed(type(error).__name__) from None
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(ipaddress.ip_address(one).is_global for one in addresses):
        raise GiveUp("Address is not public")
    return addresses[0]


# ── Telling ─────────────────────────────────────────────────────────────────────────────────────────


@every(minutes=1)
@task(queue_name="webhooks")
def spread() -> int:
    """Read the ledger on for every living subscription and queue what it wants; how many were queued."""
    made = 0
    for pk in Hook.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True):
        while (step := _spread(pk)) is not None:
            made += step
    return made


def _spread(pk: int) -> int | None:
    """One stretch of the ledger for one subscription; None at its end."""
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=pk)
        rows = list(
            Entry.objects.filter(seq__gt=hook.after)
            .select_related("case__agency", "case__district")
            .order_by("seq")[:AT_ONCE]
        )
        if not rows:
            return None
        now = timezone.now()
        found = [
            Delivery(
                hook=hook, seq=row.seq, event=f"{row.case.kind}.{row.act}", queued_at=now,
                body=json.dumps(told(row), ensure_ascii=False, separators=(",", ":")),
            )
            for row in rows if row.case is not None and wants(hook, row)
        ]  # fmt: skip
        Delivery.objects.bulk_create(found, batch_size=500, ignore_conflicts=True)
        kept = Delivery.objects.filter(hook=hook, seq__in=[one.seq for one in found]).order_by("seq")
        enqueue_all(deliver, [([one.pk], f"hook:{one.pk}", None) for one in kept])
        hook.after = rows[-1].seq
        hook.save(update_fields=["after"])
        return len(found)


def wants(hook: Hook, row: Entry) -> bool:
    """Whether the subscription is told of this line."""
    case = row.case
    assert case is not None
    asked = case.kind in hook.rooms and (not hook.acts or row.act in hook.acts)
    return asked and case.security in TOLD


def told(row: Entry) -> dict[str, Any]:
    """An event: the case by its number, and what happened to it. Nobody is named."""
    case = row.case
    assert case is not None
    return {
        "id": row.seq,
        "event": f"{case.kind}.{row.act}",
        "at": row.at.isoformat(),
        "case": {
            "number": case.number,
            "room": case.kind,
            "agency": case.agency.code,
            "district": case.district_id,
        },
        "from": row.source or None,
        "to": row.target or None,
    }


@attempts(MOST_TRIES)
@task(queue_name="webhooks", takes_context=True)
def deliver(context: TaskContext[..., Any], pk: int) -> None:
    """Hand one event over unless that is done; what is never taken stays as a dead letter."""
    row = Delivery.objects.select_related("hook").filter(pk=pk).first()
    if row is None or row.state == Delivery.State.DONE or row.hook.ended_at:
        return
    try:
        _hand_over(row)
    except GiveUp as error:
        _note(row, str(error), dead=True)
        raise
    except Failed as error:
        _note(row, str(error), dead=context.attempt >= MOST_TRIES)
        raise


def _hand_over(row: Delivery) -> None:
    body, at = row.body.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json", "User-Agent": "yankao",
        "Yankao-Event": row.event, "Yankao-Delivery": f"{row.hook_id}-{row.seq}",
        "Yankao-Signature": signature(row.hook, body, at),
    }  # fmt: skip
    try:
        answer = calling.post(row.hook.url, body, headers, seconds=SECONDS, to=address_of(row.hook.url))
    except (NotTaken, Unclear) as error:
        raise Failed(str(error)) from None
    said = f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        Delivery.objects.filter(pk=row.pk).update(
            state=Delivery.State.DONE, done_at=timezone.now(), said=said, tries=row.tries + 1
        )
    elif answer.status == 410:
        raise GiveUp(said)
    elif answer.status in (429, 503) and (wait := calling.wait_of(answer)):
        _note(row, said, dead=False)
        raise Later(timedelta(seconds=wait))
    else:
        raise Failed(said)


def _note(row: Delivery, said: str, *, dead: bool) -> None:
    state = Delivery.State.DEAD if dead else Delivery.State.QUEUED
    Delivery.objects.filter(pk=row.pk).update(state=state, said=said[:80], tries=row.tries + 1)


def replay(actor: Any, rows: Sequence[Delivery]) -> int:
    """Send once more, by a person's decision, dead letters and what was taken already alike; how many."""
    mark = f"{timezone.now():%Y%m%d%H%M%S%f}"
    with transaction.atomic():
        for row in rows:
            Delivery.objects.filter(pk=row.pk).update(state=Delivery.State.QUEUED, said="")
            enqueue(deliver, row.pk, key=f"hook:{row.pk}:{mark}")
        if rows:
            ledger.note("hook.replay", f"hook:{rows[0].hook_id}", actor, deliveries=[one.pk for one in rows])
    return len(rows)
