"""The live connection to Asterisk's manager interface: log in, listen, keep what tells of calls.

A plain socket: the published clients of the interface are stale. A connection that breaks is made anew after
1, 2, 4 … at most 60 seconds. What was heard is taken in every half second, each message with the second it
arrived; a ping every two seconds proves that silence is silence, so that the wallboard knows how old it is.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.journal.ingest import Taken, take
from yankao.kernel.journal.models import Source

from .ami import AT, WANTED, fields_of

END = b"\r\n\r\n"
PORT = 5038
GATHER, PING, SILENCE, LONGEST = 0.5, 2.0, 10.0, 60.0
"""Seconds: between two blocks, between two pings, until a silent exchange is given up, between two
attempts.
"""


class Refused(ConnectionError):
    """The exchange refused the log-in; the message is what it said."""


class Feed:
    """One connection of a source whose address is `host:port`; user and password by environment.

    `source.settings["secret"]` names the variable with the password, `source.settings["user"]` is the user.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        host, _sep, port = source.address.rpartition(":")
        self.place = (host or source.address, int(port) if host else PORT)
        self.left = b""
        self.socket: socket.socket | None = None

    def __enter__(self) -> Feed:
        self.socket = socket.create_connection(self.place, timeout=SILENCE)
        self.left = b""
        settings = self.source.settings
        secret = os.environ.get(settings.get("secret", ""), "")
        self.send(Action="Login", Username=settings.get("user", ""), Secret=secret, Events="call,agent")
        until = time.monotonic() + SILENCE
        while time.monotonic() < until:
            for message in self.heard(SILENCE):
                if (answer := message.get("Response")) is not None:
                    if answer != "Success":
                        raise Refused(message.get("Message", answer))
                    return self
        raise Refused(_("交換機未回應登入。"))

    def __exit__(self, *_error: object) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def send(self, **fields: str) -> None:
        """One action. Line ends in a value would make another field of it: they are left out."""
        assert self.socket
        lines = [f"{name}: {value}".replace("\r", "").replace("\n", "") for name, value in fields.items()]
        self.socket.sendall("\r\n".join(lines).encode() + END)

    def heard(self, wait: float) -> list[dict[str, str]]:
        """The messages that came within `wait` seconds; ConnectionError when the other side has gone."""
        assert self.socket
        self.socket.settimeout(wait)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return []
        if not data:
            raise ConnectionError(_("交換機中斷連線。"))
        *whole, self.left = (self.left + data).split(END)
        return [fields_of(message.decode("utf-8", "replace")) for message in whole]

    def listen(self, going: Callable[[], bool]) -> Taken:
        """Take in what is heard until `going()` says no. ConnectionError when the exchange falls silent."""
        kept: list[str] = []
        try:
            return self._listened(going, kept)
        finally:  # what was heard before the line broke is kept, too
            if kept:
                take(self.source, "".join(kept).encode())

    def _listened(self, going: Callable[[], bool], kept: list[str]) -> Taken:
        total = Taken()
        flushed = pinged = heard = time.monotonic()
        while going():
            for message in self.heard(GATHER):
                heard = time.monotonic()
                if message.get("Event") in WANTED:
                    kept.append(text_of(message, int(time.time())))
            now = time.monotonic()
            if now - heard > SILENCE:
                raise ConnectionError(_("交換機沒有回應。"))
            if now - flushed >= GATHER and (kept or now - pinged >= PING):
                if kept:
                    total += take(self.source, "".join(kept).encode())
                    kept.clear()
                elif now - heard < PING:
                    alive(self.source)
                flushed = now
            if now - pinged >= PING:
                self.send(Action="Ping")
                pinged = now
        if kept:
            total += take(self.source, "".join(kept).encode())
            kept.clear()
        return total


def text_of(message: dict[str, str], at: int) -> str:
    """A message as the journal keeps it."""
    lines = [f"{name}: {value}" for name, value in message.items()]
    return "\n".join([*lines, f"{AT}: {at}"]) + "\n\n"


def alive(source: Source) -> None:
    """The exchange answers: what is known is as old as this moment."""
    Source.objects.filter(pk=source.pk).update(read_at=timezone.now(), fault="")


def follow(
    source: Source, going: Callable[[], bool], *, sleep: Callable[[float], None] = time.sleep
) -> Taken:
    """Listen for as long as `going()` says; a broken connection is made anew, later and later."""
    total, wait = Taken(), 1.0
    while going():
        try:
            with Feed(source) as feed:
                wait = 1.0
                alive(source)
                total += feed.listen(going)
        except OSError as error:
            sentence = _("即時連線中斷：%(why)s") % {"why": error}
            Source.objects.filter(pk=source.pk).update(fault=sentence[:300])
            sleep(wait)
            wait = min(2 * wait, LONGEST)
    return total
