"""Envelopes: bytes sealed by a data key made for them alone, which a master key wraps (AES-256-GCM both)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from . import keys

NONCE = 12
BLOCK = 64
"""Texts are filled up to a multiple of this many bytes, so that their length tells little."""


class Damaged(ValueError):
    """What is kept does not fit its key: it was changed, exchanged or spoilt."""


@dataclass(frozen=True)
class Envelope:
    """A sealed text: the id of the master key, the wrapped data key, the text under the data key."""

    key_id: str
    wrapped: bytes
    text: bytes

    def __repr__(self) -> str:
        return f"<Envelope by {self.key_id}>"


def seal(text: bytes, ring: keys.Ring) -> Envelope:
    """Seal a text under a new data key. The nonce of the text may be fixed: no data key seals twice."""
    data_key, nonce = os.urandom(keys.SIZE), os.urandom(NONCE)
    filled = len(text).to_bytes(4) + text
    filled += bytes(-len(filled) % BLOCK)
    wrapped = nonce + ring.master.encrypt(nonce, data_key, ring.id.encode())
    return Envelope(ring.id, wrapped, AESGCM(data_key).encrypt(bytes(NONCE), filled, _class(ring.id)))


def unseal(envelope: Envelope) -> bytes:
    """The text. Damaged when a single bit was changed, keys.KeyMissing without its master key."""
    try:
        data_key = _unwrapped(envelope)
        filled = AESGCM(data_key).decrypt(bytes(NONCE), envelope.text, _class(envelope.key_id))
    except (InvalidTag, ValueError):
        raise Damaged(
            _("這份個人資料與其金鑰不符，無法解讀：資料可能遭更動或毀損，請通知系統管理員。")
        ) from None
    return filled[4 : 4 + int.from_bytes(filled[:4])]


def rewrap(envelope: Envelope) -> Envelope:
    """The same text, its data key wrapped by the ring's current master key. Damaged, KeyMissing likewise."""
    ring = keys.ring(_class(envelope.key_id).decode())
    try:
        data_key = _unwrapped(envelope)
    except (InvalidTag, ValueError):
        raise Damaged(_("這份個人資料的金鑰遭更動或毀損，無法換鑰，請通知系統管理員。")) from None
    nonce = os.urandom(NONCE)
    return Envelope(ring.id, nonce + ring.master.encrypt(nonce, data_key, ring.id.encode()), envelope.text)


def _class(key_id: str) -> bytes:
    return key_id.partition("-")[0].encode()


def _unwrapped(envelope: Envelope) -> bytes:
    wrapped, master = envelope.wrapped, keys.cipher(envelope.key_id)
    return master.decrypt(wrapped[:NONCE], wrapped[NONCE:], envelope.key_id.encode())


def mark(kind: bytes, value: str, ring: keys.Ring) -> str | None:
    """The word by which an equal value is found again, None for none: BLAKE2b keyed by the ring's lookup key,
    128 bits. Without the key nobody tells the value, nor whether two rings hold the same."""
    return (
        blake2b(value.encode(), key=ring.lookup, person=kind, digest_size=16).hexdigest() if value else None
    )
