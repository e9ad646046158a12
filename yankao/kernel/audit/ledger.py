"""Appending to the ledger and proving that nobody changed it.

Each entry is hashed over all of its columns and the hash before it (SHA-256 of canonical JSON). A daily
checkpoint,
signed with Ed25519 and published as a file, lets anybody holding an old checkpoint find a cut tail or a
rewritten chain.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import bulk
from ..vault import keys, sealing
from .models import Checkpoint, Entry, Head, Withheld

GENESIS = "0" * 64
SALT = 32
"""Characters before a withheld value, sealed with it."""
COLUMNS = (
    "seq", "at", "recorded_at", "actor_id", "subject", "case_id",
    "act", "source", "target", "body", "prev", "hash",
)  # fmt: skip
"""Of an entry, in the order in which they are hashed; the hash itself is last."""


def plain(value: Any) -> Any:
    """A value as the ledger writes it: JSON with exact decimals, ISO dates and named records."""
    if isinstance(value, date):  # and moments, which are most of what JSON does not know
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return {"id": value.pk, "is": value._meta.label_lower, "text": str(value)}
    if isinstance(value, Held):
        if value.row.pk is None:
            raise ValueError("a withheld value stands in the body of its entry or directly in a part of it")
        return {"withheld": value.row.pk, "digest": value.digest}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return str(value)


_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain)


def canonical(value: Any) -> str:
    """One text for one value: JSON with its keys in order; what JSON does not know is written `plain`."""
    return _WRITER.encode(value)


@dataclass(frozen=True)
class Held:
    """A personal value outside the chain: its row is written together with the entry that names it."""

    row: Withheld
    digest: str


@dataclass
class Draft:
    """An entry before it has its place in the chain."""

    act: str
    subject: str
    at: datetime
    actor_id: int | None = None
    case_id: int | None = None
    source: str = ""
    target: str = ""
    body: dict[str, Any] = field(default_factory=dict)


def _digest(row: Sequence[Any]) -> str:
    """The hash of an entry, of its row in the order of `COLUMNS`: over `canonical` of all of them but the
    hash, moments in UTC.

    The text is put together here because its parts are known: a load of the city hashes half a million.
    """
    seq, at, recorded_at, actor, subject, case, act, source, target, body, prev = row[:11]
    text = canonical
    whole = (
        f'[{seq},"{_instant(at)}","{_instant(recorded_at)}",{_number(actor)},{text(subject)},{_number(case)},'
        f'{text(act)},{text(source)},{text(target)},{text(body)},"{prev}"]'
    )
    return sha256(whole.encode()).hexdigest()


def _number(key: int | None) -> str:
    return "null" if key is None else str(key)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(entry: Entry) -> str:
    return _digest([getattr(entry, name) for name in COLUMNS])


_HEAD = {
    "sqlite": "SELECT seq, hash FROM audit_head WHERE id = 1",  # whoever writes there is alone
    "postgresql": "SELECT seq, hash FROM audit_head WHERE id = 1 FOR UPDATE",
}


class End:
    """The end of the chain, locked until the caller's transaction ends; where it stands is waited for when it
    is needed. Whoever asks early has the answer together with that of the next statement.

    SQLite answers at once, and a question whose answer is never fetched would go on reading behind a
    transaction that failed: whoever writes next on that connection would be told that it is locked.
    """

    def __init__(self) -> None:
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("the ledger is written inside the transaction of what it records")
        ours: Any = connection
        self._cursor = ours.planned()
        self._cursor.execute(_HEAD[connection.vendor])
        self._told = self._fetched() if connection.vendor == "sqlite" else None

    def _fetched(self) -> tuple[int, str]:
        with self._cursor as cursor:
            seq, digest = cursor.fetchone()
        return seq, digest

    def read(self) -> tuple[int, str]:
        return self._told or self._fetched()


def append(drafts: Iterable[Draft], end: End | None = None) -> None:
    """Write entries at the end of the chain, inside the caller's transaction. The head row is locked until
    commit; `end` is where it was locked before.
    """
    drafts = list(drafts)
    if drafts:
        _append(drafts, end)


def _append(drafts: Sequence[Draft], end: End | None = None) -> list[list[Any]]:
    """The rows as they were written, in the order of `COLUMNS`."""
    seq, prev = (end or End()).read()
    bulk.write(Withheld, _held(drafts))
    now = timezone.now()
    rows = []
    for draft in drafts:
        seq += 1
        body = canonical(draft.body)
        row = [
            seq, draft.at, now, draft.actor_id, draft.subject, draft.case_id,
            draft.act, draft.source, draft.target, body, prev,
        ]  # fmt: skip
        prev = _digest(row)
        rows.append([*row, prev])
    bulk.copy(Entry, COLUMNS, rows)
    ours: Any = connection
    with ours.planned() as cursor:
        cursor.execute("UPDATE audit_head SET seq = %s, hash = %s WHERE id = 1", [seq, prev])
    return rows


def _held(drafts: Sequence[Draft]) -> list[Withheld]:
    """The rows of withheld values that are still to be written: those in the bodies and in their parts."""
    found: list[Withheld] = []
    for draft in drafts:
        for part in draft.body.values():
            for value in part.values() if type(part) is dict else (part,):
                if type(value) is Held and value.row.pk is None:
                    found.append(value.row)
    return found


def note(act: str, subject: str, actor: models.Model | None, **body: Any) -> Entry:
    """One entry that belongs to no case: a rule changed, an edition frozen, a person given a post."""
    with transaction.atomic():
        draft = Draft(act, subject, timezone.now(), actor.pk if actor else None, body=body)
        return Entry(**dict(zip(COLUMNS, _append([draft])[0], strict=True)))


def withhold(value: Any) -> Held:
    """A personal value to be kept outside the chain, sealed; the entry that names it holds a salted digest
    and the reference. The salt is sealed, too: nobody guesses a telephone number from its digest.
    """
    text = value if isinstance(value, str) else canonical(plain(value))
    salt = secrets.token_hex(16)
    sealed = sealing.seal(f"{salt}{text}".encode(), keys.ring(keys.ORDINARY))
    row = bulk.made(Withheld, key_id=sealed.key_id, wrapped=sealed.wrapped, text=sealed.text)
    return Held(row, sha256((salt + text).encode()).hexdigest())


def by_digest(value: Any) -> Any:
    """What the chain says of a text that stands on the record only: that it was given, and its digest."""
    if value in (None, "", [], ()):
        return value
    if isinstance(value, models.Model):
        return {"id": value.pk, "is": value._meta.label_lower}
    text = value if isinstance(value, str) else canonical(plain(value))
    return {"sha256": sha256(text.encode()).hexdigest()}


def withheld(reference: int) -> str:
    """The value that an entry withholds, "" once it was shredded; for the proof of a disputed entry. Raises
    sealing.Damaged or keys.KeyMissing."""
    envelope = Withheld.objects.get(pk=reference).envelope
    return "" if envelope is None else sealing.unseal(envelope).decode()[SALT:]


def shred(*references: int) -> None:
    """Forget withheld values. The chain stays whole: it never held the values themselves."""
    found = Withheld.objects.filter(pk__in=references, shredded_at=None)
    found.update(wrapped=None, text=None, shredded_at=timezone.now())


# --- checkpoints
# -----------------------------------------------------------------------------------------------


def _key() -> Ed25519PrivateKey:
    path = Path(settings.DATA) / "keys" / "ledger.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.touch(mode=0o600)
        path.write_bytes(pem)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("keys/ledger.pem is not an Ed25519 key")
    return key


def public_key() -> bytes:
    """The key with which anybody checks the signatures of checkpoints, as PEM."""
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def published() -> Path:
    """The folder of published checkpoints, outside the database."""
    return Path(settings.DATA) / "checkpoints"


def _statement(day: date, seq: int, digest: str) -> bytes:
    return canonical({"day": day.isoformat(), "hash": digest, "seq": seq}).encode()


def checkpoint(day: date | None = None) -> Checkpoint:
    """Sign where the chain stands and publish it as a file. A second call on the same day moves that day's
    checkpoint on.
    """
    day = day or timezone.localdate()
    with transaction.atomic():
        head = Head.objects.select_for_update().filter(pk=1).first() or Head(seq=0, hash=GENESIS)
        signature = _key().sign(_statement(day, head.seq, head.hash)).hex()
        made, _created = Checkpoint.objects.update_or_create(
            day=day,
            defaults={
                "seq": head.seq,
                "hash": head.hash,
                "signature": signature,
                "signed_at": timezone.now(),
            },
        )
    folder = published()
    folder.mkdir(parents=True, exist_ok=True)
    statement = {"day": day.isoformat(), "seq": made.seq, "hash": made.hash, "signature": signature}
    draft = folder / f".{day.isoformat()}.json"
    draft.write_text(canonical(statement) + "\n")
    draft.replace(folder / f"{day.isoformat()}.json")
    return made


# --- verification
# ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """What is wrong with the ledger and where."""

    seq: int
    sentence: str


def _statements() -> Iterator[tuple[date, int, str, str]]:
    seen: set[tuple[date, int, str]] = set()
    for made in Checkpoint.objects.order_by("day"):
        seen.add((made.day, made.seq, made.hash))
        yield made.day, made.seq, made.hash, made.signature
    for path in sorted(published().glob("*.json")):
        row = json.loads(path.read_text())
        key = (date.fromisoformat(row["day"]), int(row["seq"]), str(row["hash"]))
        if key not in seen:
            yield (*key, str(row["signature"]))


def verify(progress: Any = None) -> list[Fault]:
    """Walk the whole chain; every fault found, in order. An empty list means an intact ledger.

    `progress(done)` is called now and then with the number of entries read.
    """
    faults: list[Fault] = []
    expected, prev = 1, GENESIS
    hashes: dict[int, str] = {}
    marks = list(_statements())
    wanted = {seq for _day, seq, _hash_, _sig in marks}
    last = 0
    for entry in Entry.objects.order_by("seq").iterator(chunk_size=5000):
        if entry.seq != expected:
            faults.append(
                Fault(expected, _("第%(a)s筆至第%(b)s筆不見了。") % {"a": expected, "b": entry.seq - 1})
            )
            prev = entry.prev
        if entry.prev != prev:
            faults.append(Fault(entry.seq, _("第%s筆不接前一筆，次序被動過。") % entry.seq))
        if _hash(entry) != entry.hash:
            faults.append(Fault(entry.seq, _("第%s筆的內容與其雜湊值不符，被改過。") % entry.seq))
        prev, expected, last = entry.hash, entry.seq + 1, entry.seq
        if entry.seq in wanted:
            hashes[entry.seq] = entry.hash
        if progress and entry.seq % 5000 == 0:
            progress(entry.seq)
    head = Head.objects.filter(pk=1).first() or Head(seq=0, hash=GENESIS)
    if (head.seq, head.hash) != (last, prev if last else GENESIS):
        faults.append(
            Fault(
                last, _("帳本止於第%(last)s筆，首頁卻記到第%(head)s筆。") % {"last": last, "head": head.seq}
            )
        )
    public = _key().public_key()
    for day, seq, digest, signature in marks:
        try:
            public.verify(bytes.fromhex(signature), _statement(day, seq, digest))
        except (InvalidSignature, ValueError):
            faults.append(Fault(seq, _("%s 的查核點簽章不符。") % day.isoformat()))
        if seq > last:
            faults.append(
                Fault(
                    last,
                    _("%(day)s 公布的查核點在第%(seq)s筆，帳本卻只到第%(last)s筆：尾端被截斷。")
                    % {"day": day.isoformat(), "seq": seq, "last": last},
                )
            )
        elif seq and hashes.get(seq) != digest:
            faults.append(
                Fault(
                    seq, _("第%(seq)s筆與 %(day)s 公布的查核點不符。") % {"seq": seq, "day": day.isoformat()}
                )
            )
    return faults
