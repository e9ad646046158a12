"""RADIUS accounting read: records of FreeRADIUS's `detail` files, and what becomes of them.

A record is a line with the time, then lines `Name = value`, and an empty line. The same record twice, in
another order or in other pieces gives the same session: the earliest start, the latest word, the end a Stop
told, the highest counters (whose upper half is in the Gigawords).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import blake2b
from typing import Any

from django.utils.translation import gettext as _

from yankao.kernel.journal import sealing
from yankao.kernel.journal.declare import Batch, Dead, Row
from yankao.kernel.journal.models import Source

from .models import AccessPoint

TAIPEI = timezone(timedelta(hours=8))
LINE = re.compile(r"\s*([A-Za-z][\w.:-]*)\s*(?::?=|\+=)\s*(.*?)\s*$")
MOST_LIVED = 400 * 24 * 3600
"""A session that would have lasted longer than this many seconds is not believed."""


class Unreadable(ValueError):
    """Why a record cannot be counted, in words."""


@dataclass(frozen=True)
class Told:
    """What one record says of its session; times in whole seconds since 1970."""

    session: str
    nas: str
    user: str
    kind: str
    at: int
    started_at: int
    octets_in: int
    octets_out: int


def records(text: str) -> Iterator[tuple[int, str]]:
    """(Number from 1, text) of each record of a `detail` file."""
    number = 0
    for block in re.split(r"\r?\n[ \t]*\r?\n", text):
        if block.strip():
            number += 1
            yield number, block


def whole_records(data: bytes) -> int:
    """How many bytes are whole records: to the end of the last empty line."""
    ends = [found.end() for found in re.finditer(rb"\n[ \t]*\r?\n", data)]
    return ends[-1] if ends else 0


def attributes(block: str) -> dict[str, str]:
    """The record's attributes, the last of a name winning; quotes taken off."""
    found: dict[str, str] = {}
    for line in block.splitlines():
        if match := LINE.fullmatch(line):
            value = match[2]
            if len(value) > 1 and value[0] == value[-1] == '"':
                value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            found[match[1]] = value
    return found


def _number(given: dict[str, str], name: str, most: int = 2**32 - 1) -> int:
    text = given.get(name, "0")
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise Unreadable(_("「%(name)s」不是可用的數值：%(value)s") % {"name": name, "value": text[:40]})
    return int(text)


def octets(given: dict[str, str], way: str) -> int:
    """The whole counter: Acct-Input-Octets rolls over at 2^32, Acct-Input-Gigawords counts how often."""
    return (_number(given, f"Acct-{way}-Gigawords", 2**30) << 32) + _number(given, f"Acct-{way}-Octets")


def _time(block: str, given: dict[str, str]) -> int:
    """When it happened: the server's time less the delay the sender reports, else the record's head line."""
    if given.get("Timestamp"):
        moment = _number(given, "Timestamp", 2**33)
    else:
        head = " ".join(block.strip().splitlines()[0].split())
        try:
            moment = int(datetime.strptime(head, "%a %b %d %H:%M:%S %Y").replace(tzinfo=TAIPEI).timestamp())
        except ValueError:
            raise Unreadable(_("沒有可辨識的時間。")) from None
    return moment - _number(given, "Acct-Delay-Time")


KINDS = {"start": "start", "stop": "stop", "interim-update": "interim", "alive": "interim"}
KINDS |= {"1": "start", "2": "stop", "3": "interim"}
BESIDE = {"accounting-on", "accounting-off", "7", "8"}


def told(block: str) -> Told | None:
    """What the record says; None for a word about the access point itself. Raises Unreadable."""
    given = attributes(block)
    status = given.get("Acct-Status-Type", "").casefold()
    if status in BESIDE:
        return None
    if status not in KINDS:
        raise Unreadable(_("不是連線紀錄：Acct-Status-Type為「%(value)s」。") % {"value": status[:40]})
    nas = given.get("NAS-Identifier") or given.get("NAS-IP-Address") or given.get("NAS-IPv6-Address") or ""
    session = given.get("Acct-Session-Id", "")
    user = given.get("User-Name", "")
    if not nas or not session:
        raise Unreadable(_("缺少NAS-Identifier或Acct-Session-Id。"))
    at = _time(block, given)
    lived = _number(given, "Acct-Session-Time") if KINDS[status] != "start" else 0
    if lived > MOST_LIVED:
        raise Unreadable(_("連線時間不合理：%(seconds)s秒。") % {"seconds": lived})
    unique = given.get("Acct-Unique-Session-Id") or _unique(user, nas, session, given)
    return Told(
        unique[:80], nas[:64], user.strip().casefold(), KINDS[status], at, at - lived,
        octets(given, "Input"), octets(given, "Output"),
    )  # fmt: skip


def _unique(user: str, nas: str, session: str, given: dict[str, str]) -> str:
    """One name a session where the server gives none, of what FreeRADIUS makes its own from."""
    parts = (user, nas, session, given.get("NAS-Port", ""), given.get("Calling-Station-Id", ""))
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def day_of(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(TAIPEI).date()


class Places:
    """Which site an access point stood at on a day; read once a block."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[date, date | None, int]]] = {}
        points = AccessPoint.objects.filter(valid_from__isnull=False)
        for key, first, last, hotspot in points.values_list("key", "valid_from", "valid_to", "hotspot_id"):
            assert first
            self.rows.setdefault(key, []).append((first, last, hotspot))

    def of(self, nas: str, day: date) -> int | None:
        for first, last, hotspot in self.rows.get(nas.casefold(), ()):
            if first <= day and (last is None or day <= last):
                return hotspot
        return None


COLUMNS = (
    "day", "nas", "hotspot_id", "account", "started_at", "stopped_at", "last_at",
    "octets_in", "octets_out",
)  # fmt: skip
FAR = 2**40
BLANK: Row = (date.max, "", None, "", FAR, None, 0, 0, 0)


def _earliest(row: Row) -> tuple[Any, ...]:
    """Orders tellings by start, then place, so that the choice never depends on who spoke first."""
    return (row[4], not row[1], row[1], row[2] is None, row[2] or 0)


def merge(one: Row, other: Row) -> Row:
    """Two tellings of one session: earliest start with its day and place, latest word, highest counters."""
    first = min(one, other, key=_earliest)
    stops = [row[5] for row in (one, other) if row[5] is not None]
    return (
        first[0],
        first[1],
        first[2],
        max(one[3], other[3]),
        first[4],
        max(stops, default=None),
        max(one[6], other[6]),
        max(one[7], other[7]),
        max(one[8], other[8]),
    )


def read(data: bytes, source: Source) -> Batch:
    """Sessions of a piece of a `detail` file, by their unique id; records that make no sense set aside."""
    batch, places, word = Batch(), Places(), sealing.pseudonyms()
    for number, block in records(data.decode("utf-8", "surrogateescape")):
        batch.records += 1
        try:
            found = told(block)
        except Unreadable as error:
            batch.dead.append(Dead(number, block.encode("utf-8", "surrogateescape"), str(error)))
            continue
        if found is None:
            continue
        day = day_of(found.started_at)
        row: Row = (
            day, found.nas, places.of(found.nas, day), word(found.user), found.started_at,
            found.at if found.kind == "stop" else None, found.at, found.octets_in, found.octets_out,
        )  # fmt: skip
        before = batch.rows.get(found.session)
        batch.rows[found.session] = row if before is None else merge(before, row)
        moment = datetime.fromtimestamp(found.at, UTC)
        batch.first_at = min(batch.first_at or moment, moment)
        batch.last_at = max(batch.last_at or moment, moment)
    return batch
