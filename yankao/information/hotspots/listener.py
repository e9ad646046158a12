"""Accounting as it comes: `detail` files followed as they grow, and packets answered once they are kept.

A packet is answered only after its record is durably written; who sent it and got no answer sends it again,
and nothing is counted twice. Senders and their shared secrets are lines `network secret` of a file in the
keys folder (`keys/radius-clients`, or `YANKAO_RADIUS_CLIENTS`).
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.journal.ingest import Taken, take
from yankao.kernel.journal.models import Source
from yankao.kernel.journal.tailing import read_file

from .journal import journal

PACKET = 4096
TOGETHER = 256
"""So many packets at most become one block and one transaction."""
EVERY = 1.0
"""Seconds between two looks at a file."""
ATTRIBUTES = (
    "User-Name", "NAS-Identifier", "NAS-IP-Address", "NAS-IPv6-Address", "NAS-Port", "Calling-Station-Id",
    "Acct-Status-Type", "Acct-Session-Id", "Acct-Session-Time", "Acct-Delay-Time", "Acct-Input-Octets",
    "Acct-Output-Octets", "Acct-Input-Gigawords", "Acct-Output-Gigawords", "Event-Timestamp",
)  # fmt: skip
DICTIONARY = Path(__file__).parent / "data" / "radius.dictionary"


class BadClients(ValueError):
    """The file of senders cannot be used; the message says why."""


@dataclass(frozen=True)
class Client:
    """Who may send, and the secret shared with them."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    secret: bytes


def clients_file() -> Path:
    given = os.environ.get("YANKAO_RADIUS_CLIENTS", "")
    return Path(given) if given else Path(settings.DATA) / "keys" / "radius-clients"


def clients(path: Path | None = None) -> list[Client]:
    """The senders of the file, the narrowest network first. Raises BadClients."""
    path = path or clients_file()
    try:
        lines = path.read_text("utf-8").splitlines()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise BadClients(_("無法讀取%(file)s：%(why)s") % {"file": path, "why": error.strerror}) from error
    if mode & 0o077:
        raise BadClients(_("%(file)s含共用密碼，只能由本帳號讀取（chmod 600）。") % {"file": path})
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        network, _space, secret = text.partition(" ")
        try:
            found.append(Client(ipaddress.ip_network(network, strict=False), secret.strip().encode()))
        except ValueError as error:
            raise BadClients(_("第%(number)s行的網段看不懂。") % {"number": number}) from error
        if len(secret.strip()) < 8:
            raise BadClients(_("第%(number)s行的共用密碼太短，至少8個字元。") % {"number": number})
    if not found:
        raise BadClients(_("%(file)s沒有任何來源；每行寫「網段 共用密碼」。") % {"file": path})
    return sorted(found, key=lambda one: -one.network.prefixlen)


def secret_of(known: list[Client], host: str) -> bytes | None:
    """The secret shared with an address; None for strangers."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return next((one.secret for one in known if address in one.network), None)


def source_of(code: str, name: str, form: str, address: str = "") -> Source:
    """The source of that code, made at the first call."""
    found, _made = Source.objects.get_or_create(
        journal=journal.name, code=code, defaults={"name": name, "format": form, "address": address}
    )
    return found


# ── Packets ─────────────────────────────────────────────────────────────────────────────────────────


class Listener:
    """A socket on which accounting requests arrive. `turn()` takes what is waiting and answers it."""

    def __init__(self, host: str, port: int, known: list[Client]) -> None:
        from pyrad.dictionary import Dictionary  # noqa: PLC0415  (only where packets are listened to)

        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((host, port))
        self.known, self.dictionary = known, Dictionary(str(DICTIONARY))
        self.refused = 0
        self.source = source_of("packets", str(_("RADIUS計費封包")), "radius_packets")

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def close(self) -> None:
        self.socket.close()

    def turn(self, wait: float = 0.5) -> Taken:
        """Wait for packets, keep all that are there as one block, then answer each."""
        packets = self._waiting(wait)
        read = [found for data, sender in packets if (found := self._read(data, sender))]
        if not read:
            return Taken()
        block = "".join(text for text, _reply, _sender in read).encode("utf-8", "surrogateescape")
        taken = take(self.source, block)
        for _text, reply, sender in read:  # only now: what is answered is kept
            self.socket.sendto(reply, sender)
        return taken

    def _waiting(self, wait: float) -> list[tuple[bytes, Any]]:
        found = []
        self.socket.settimeout(wait)
        try:
            found.append(self.socket.recvfrom(PACKET))
            self.socket.setblocking(False)
            while len(found) < TOGETHER:
                found.append(self.socket.recvfrom(PACKET))
        except (TimeoutError, BlockingIOError):
            pass
        return found

    def _read(self, data: bytes, sender: Any) -> tuple[str, bytes, Any] | None:
        """(Record as a detail file has it, reply, sender); None for strangers and what is no request."""
        from pyrad.packet import AccountingRequest, AcctPacket, PacketError  # noqa: PLC0415

        secret = secret_of(self.known, sender[0])
        try:
            if secret is None:
                raise PacketError
            packet = AcctPacket(secret=secret, dict=self.dictionary, packet=data)
            if packet.code != AccountingRequest or not packet.VerifyAcctRequest():
                raise PacketError
            text = self._text(packet)
        except (PacketError, ValueError, KeyError, IndexError):
            self.refused += 1
            return None
        return text, packet.CreateReply().ReplyPacket(), sender

    def _text(self, packet: Any) -> str:
        """The packet as a record of a `detail` file; a line break in a value cannot begin another."""
        now = timezone.localtime()
        lines = [f"{now:%a %b %d %H:%M:%S %Y}"]
        for name in ATTRIBUTES:
            if name in packet:
                value = " ".join(str(packet[name][0]).split())
                escaped = value.replace("\\", "\\\\").replace('"', '\\"')
                lines.append(f'\t{name} = "{escaped}"')
        lines.append(f"\tTimestamp = {int(now.timestamp())}")
        return "\n".join(lines) + "\n\n"


# ── The command ─────────────────────────────────────────────────────────────────────────────────────


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yankao listen information.hotspots`."""
    parser.add_argument(
        "--detail",
        type=Path,
        action="append",
        default=[],
        help=_("FreeRADIUS的detail檔，可重複；續讀、輪替皆可"),
    )
    parser.add_argument("--host", default="127.0.0.1", help=_("接收封包的位址，預設127.0.0.1"))
    parser.add_argument("--port", type=int, help=_("接收封包的UDP埠，通常是1813"))
    parser.add_argument("--once", action="store_true", help=_("讀完目前的檔案就結束"))


def listen(options: argparse.Namespace, say: Callable[[str], None], going: Callable[[], bool]) -> None:
    """Follow the files and answer packets while `going()`. Raises BadClients."""
    files = [
        source_of(f"detail-{number}", path.name, "radius_detail", str(path.resolve()))
        for number, path in enumerate(options.detail, 1)
    ]
    files = [_moved(source, path) for source, path in zip(files, options.detail, strict=True)]
    listener = Listener(options.host, options.port, clients()) if options.port is not None else None
    if listener:
        say(_("接收RADIUS計費封包：%(host)s UDP %(port)s") % {"host": options.host, "port": listener.port})
    try:
        looked = 0.0
        while True:
            if time.monotonic() - looked >= EVERY:
                looked = time.monotonic()
                for source in files:
                    _tell(say, source, read_file(source))
            if options.once or not going():
                return
            if listener:
                _tell(say, listener.source, listener.turn())
            else:
                time.sleep(0.2)
    finally:
        if listener:
            listener.close()


def _moved(source: Source, path: Path) -> Source:
    """The source with the address given now."""
    address = str(path.resolve())
    if source.address != address:
        source.address = address
        source.save(update_fields=["address"])
    return source


def _tell(say: Callable[[str], None], source: Source, taken: Taken) -> None:
    if taken.records:
        told = {
            "name": source.name,
            "n": taken.records,
            "new": taken.new,
            "changed": taken.changed,
            "dead": taken.dead,
        }
        say(_("%(name)s：%(n)s筆，新連線%(new)s，更新%(changed)s，無法讀取%(dead)s") % told)
    if source.fault:
        say(source.fault)
