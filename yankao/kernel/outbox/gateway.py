"""What a gateway is given and what may come of it; the drivers speak this, the sending knows nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from ..jobs import mail
from ..jobs.mail import Breaker
from .models import Channel
from .segments import Counted


class NotTaken(Exception):
    """The gateway did not take it, for now. Says what kind of failure it was, never to whom."""

    def __init__(self, said: str, wait: timedelta | None = None) -> None:
        super().__init__(said)
        self.wait = wait


class Unclear(NotTaken):
    """The gateway was given it and did not answer: it may have taken it."""


class Refused(Exception):
    """The gateway will never take it."""


class Gone(Refused):
    """The address no longer exists."""


@dataclass(frozen=True)
class Outgoing:
    """One part of a message on its way: where to, the words, and the key by which the gateway knows a
    repetition. `number` of `total` parts share a `group`."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    key: str
    subject: str = field(default="", repr=False)
    language: str = "zh-hant"
    urgent: bool = False
    counted: Counted | None = field(default=None, repr=False)
    number: int = 1
    total: int = 1
    group: int = 0


class Driver(Protocol):
    """A way to a gateway."""

    honours_key: bool
    """Whether the gateway drops a repetition of the key: only then is an unclear outcome tried again."""

    def hand_over(self, part: Outgoing) -> str:
        """Give one part to the gateway; its own number for it. Raises NotTaken, Unclear, Refused or Gone."""


breakers: dict[str, Breaker] = {}


def breaker(gateway: str) -> Breaker:
    """The breaker of a gateway, one a process: one that fails is left alone for a while, and no other.

    A gateway goes by the name of its channel, a push service by its host's. The mail server is the one that
    officers' letters go by, with the same breaker.
    """
    return mail.breaker if gateway == Channel.EMAIL else breakers.setdefault(gateway, Breaker())


def driver(channel: str) -> Driver | None:
    """The driver of a channel as settings name it (`MESSAGES`); None where the channel is not in use."""
    place = settings.MESSAGES.get(channel, "")
    if not place:
        return None
    made: Callable[[], Driver] = import_string(place)
    return made()
