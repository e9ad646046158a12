"""推播裝置 Browsers that asked to be told: their addresses are a person's data and sealed like one's."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from ..vault import keys, sealing
from ..vault.models import Identity
from .models import Device
from .push import endpoint_refusal

FIELDS = ("endpoint", "p256dh", "auth")


class NoDevice(ValueError):
    """What the browser sent is no subscription we may use; the message says why."""


def register(identity: Identity, subscription: dict[str, Any]) -> Device:
    """Keep a browser's subscription (`PushSubscription.toJSON()`) for a person; asking twice is harmless."""
    told = {"endpoint": subscription.get("endpoint"), **(subscription.get("keys") or {})}
    wanted = {name: told.get(name) for name in FIELDS}
    if not all(isinstance(value, str) and 0 < len(value) <= 1000 for value in wanted.values()):
        raise NoDevice("endpoint, keys.p256dh and keys.auth are wanted")
    if sentence := endpoint_refusal(str(wanted["endpoint"])):
        raise NoDevice(sentence)
    ring = keys.ring(keys.SEALED if identity.sealed else keys.ORDINARY)
    envelope = sealing.seal(json.dumps(wanted, sort_keys=True).encode(), ring)
    kept = {
        "key_id": envelope.key_id, "wrapped": envelope.wrapped, "text": envelope.text, "gone_at": None,
    }  # fmt: skip
    mark = sealing.mark(b"device", str(wanted["endpoint"]), ring)
    made, _new = Device.objects.update_or_create(identity=identity, mark=mark, defaults=kept)
    return made


def forget(identity: Identity, endpoint: str) -> bool:
    """The browser asks no more; whether it was known."""
    ring = keys.ring(keys.SEALED if identity.sealed else keys.ORDINARY)
    mark = sealing.mark(b"device", endpoint, ring)
    return bool(Device.objects.filter(identity=identity, mark=mark).delete()[0])


def of(identity: Identity) -> list[tuple[int, str]]:
    """(id, subscription as JSON) of the person's browsers."""
    found = []
    for device in Device.objects.filter(identity=identity, gone_at=None).order_by("pk"):
        if (envelope := device.envelope) is not None:
            found.append((device.pk, sealing.unseal(envelope).decode()))
    return found


def gone(pk: int) -> None:
    """The push service knows the browser no more: its address is forgotten."""
    Device.objects.filter(pk=pk).update(gone_at=timezone.now(), wrapped=None, text=None)
