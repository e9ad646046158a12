"""Text messages by SMPP 3.4, one bound connection a process; receipts are fetched by one of their own.

The key is given as `user_message_reference` (16 bits of it), which is all that SMPP has for a repetition. The
library's log is held back to warnings: below, it writes whole packets, with numbers and words.
"""

from __future__ import annotations

import contextlib
import logging
import re
import select
import socket
import ssl
import time
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from django.conf import settings
from smpplib import consts, exceptions
from smpplib.client import Client

from . import receipts
from .gateway import NotTaken, Outgoing, Refused, Unclear
from .segments import GSM

logger = logging.getLogger("yankao.smpp")
logger.setLevel(logging.WARNING)

FOR_GOOD = frozenset(
    {
        consts.SMPP_ESME_RINVDSTADR, consts.SMPP_ESME_RINVMSGLEN, consts.SMPP_ESME_RINVDSTTON,
        consts.SMPP_ESME_RINVDSTNPI,
    }
)  # fmt: skip
"""What no repetition mends: the address or the length is refused."""
ARRIVED = frozenset({"DELIVRD"})
LOST = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD"})
_FIELD = re.compile(r"(id|stat):(\S+)", re.IGNORECASE)
STILL = 30.0
"""Seconds after which an unused connection is not trusted."""
STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}


class Line(Client):  # type: ignore[misc]  # smpplib has no types
    """The library's client, whose TLS checks the name of the host."""

    def _create_socket(self) -> socket.socket:
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.settimeout(self.timeout)
        if self._ssl_context is None:
            return raw
        wrapped: socket.socket = self._ssl_context.wrap_socket(raw, server_hostname=self.host)
        return wrapped

    def __del__(self) -> None:
        if self._socket is not None:
            self._socket.close()


class Smpp:
    """`settings.SMS`: host, port, user, password, tls, sender, seconds, honours_key."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told
        self.honours_key = bool(told.get("honours_key", True))
        self.seconds = float(told.get("seconds", 15))
        self._line: Line | None = None
        self._used = 0.0

    def _connected(self, *, receiver: bool = False) -> Line:
        """A bound connection. NotTaken when there is none to be had."""
        context = ssl.create_default_context() if self.told.get("tls") else None
        line = Line(
            self.told["host"], int(self.told["port"]), timeout=self.seconds, ssl_context=context,
            allow_unknown_opt_params=True,
        )  # fmt: skip
        line.logger = logger
        try:
            line.connect()
            bind = line.bind_receiver if receiver else line.bind_transmitter
            bind(system_id=self.told["user"], password=self.told["password"], system_type="")
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
            _close(line)
            raise NotTaken(_said(error)) from None
        return line

    def hand_over(self, part: Outgoing) -> str:
        assert part.counted is not None
        line = self._ready()
        sender = str(self.told.get("sender", ""))
        words = part.counted.encoded(part.text)
        udh = b""
        if part.total > 1:
            udh = bytes([5, 0, 3, part.group, part.total, part.number])
        try:
            sent = line.send_message(
                source_addr_ton=consts.SMPP_TON_UNK if sender.isdecimal() else consts.SMPP_TON_ALNUM,
                source_addr_npi=consts.SMPP_NPI_UNK, source_addr=sender,
                dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=consts.SMPP_NPI_ISDN,
                destination_addr=part.to, short_message=udh + words,
                data_coding=(
                    consts.SMPP_ENCODING_DEFAULT
                    if part.counted.alphabet == GSM
                    else consts.SMPP_ENCODING_ISO10646
                ),
                esm_class=consts.SMPP_GSMFEAT_UDHI if udh else 0,
                registered_delivery=True, user_message_reference=reference_of(part.key),
            )  # fmt: skip
            answer = self._answer(line, sent.sequence)
        except (exceptions.ConnectionError, exceptions.PDUError, OSError, ValueError) as error:
            self._drop()
            raise Unclear(_said(error)) from None
        self._used = time.monotonic()
        if answer.status == consts.SMPP_ESME_ROK:
            return number_of(answer.message_id)
        said = f"SMPP 0x{answer.status:08x}"
        if answer.status in FOR_GOOD:
            raise Refused(said)
        raise NotTaken(said)

    def _ready(self) -> Line:
        """The bound connection, after what came in meanwhile was served; a new one where the old was still
        for long or the gateway has closed it, so that nothing is given to a dead line."""
        if self._line is not None and time.monotonic() - self._used > STILL:
            self.close()
        try:
            while self._line is not None and select.select([self._line._socket], [], [], 0)[0]:
                got = self._line.read_pdu()
                if got.command == "enquire_link":
                    self._line._enquire_link_received(got)
                elif got.command == "unbind":
                    self._drop()
        except (exceptions.ConnectionError, exceptions.PDUError, OSError, ValueError):
            self._drop()
        if self._line is None:
            self._line = self._connected()
        self._used = time.monotonic()
        return self._line

    def _answer(self, line: Line, sequence: int) -> Any:
        """The answer to our own packet; what else comes meanwhile is served."""
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            got = line.read_pdu()
            if got.command == "submit_sm_resp" and got.sequence == sequence:
                return got
            if got.command == "enquire_link":
                line._enquire_link_received(got)
            elif got.command == "unbind":
                raise exceptions.ConnectionError
        raise TimeoutError

    def _drop(self) -> None:
        if self._line is not None:
            _close(self._line)
            self._line = None

    def close(self) -> None:
        """Unbind and close."""
        if self._line is not None:
            with contextlib.suppress(exceptions.ConnectionError, exceptions.PDUError, OSError):
                self._line.unbind()
            self._drop()

    def collect(self, *, longest: float = 45.0) -> int:
        """Fetch the receipts that wait, until none has come for a second; how many were read."""
        line = self._connected(receiver=True)
        read, until = 0, time.monotonic() + longest
        try:
            while time.monotonic() < until:
                if not select.select([line._socket], [], [], self.told.get("still", 1.0))[0]:
                    break
                got = line.read_pdu()
                if got.command == "deliver_sm":
                    _receipt(got)
                    line.set_message_received_handler(_received)
                    line._message_received(got)
                    read += 1
                elif got.command == "enquire_link":
                    line._enquire_link_received(got)
                elif got.command == "unbind":
                    break
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
            raise NotTaken(_said(error)) from None
        finally:
            _close(line)
        return read


def _receipt(got: Any) -> None:
    """Keep what a deliver_sm says; one that is no receipt (an answer of a citizen) is left unread."""
    told = {
        name.lower(): value for name, value in _FIELD.findall((got.short_message or b"").decode("latin-1"))
    }
    number = getattr(got, "receipted_message_id", None) or told.get("id", "")
    if isinstance(number, bytes):
        number = number.rstrip(b"\0").decode("latin-1")
    state = STATES.get(getattr(got, "message_state", None) or 0) or told.get("stat", "").upper()
    if number and state in ARRIVED | LOST:
        receipts.take(number_of(number), state in ARRIVED, said=state)


def _received(pdu: Any) -> int:
    return int(consts.SMPP_ESME_ROK)


def number_of(told: str | bytes | None) -> str:
    """A gateway's number in one writing: without leading zeros, in small letters."""
    text = told.decode("latin-1") if isinstance(told, bytes) else told or ""
    return text.strip("\0 ").lstrip("0").lower()


def reference_of(key: str) -> int:
    """Sixteen bits of the key."""
    return int.from_bytes(blake2b(key.encode(), digest_size=2).digest())


def _said(error: Exception) -> str:
    """The kind of a failure, and SMPP's code where it has one; never the library's own words."""
    code = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else None
    return f"{type(error).__name__}{'' if code is None else f' 0x{code:08x}'}"


def _close(line: Line) -> None:
    if line._socket is not None:
        try:
            line._socket.close()
        finally:
            line._socket = None
    line.state = consts.SMPP_CLIENT_STATE_CLOSED


_kept: dict[int, Smpp] = {}


def driver() -> Smpp:
    """The process's own, with its bound connection."""
    told = settings.SMS
    if id(told) not in _kept:
        for old in _kept.values():
            old.close()
        _kept.clear()
        _kept[id(told)] = Smpp(told)
    return _kept[id(told)]
