"""Raw records and numbers of persons at rest: sealed bytes, and pseudonyms by a key of this installation.

The master key lies in `YANKAO_DATA/keys/journal` (32 bytes, 0600) and is part of every backup. A block is
sealed by the key of its month (AES-256-GCM); destroying that key forgets the month and leaves the digests.
A pseudonym is keyed BLAKE2b: equal numbers give equal words, and nobody without the key finds a number.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import zlib
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..rules.values import Seed, declare
from .models import MonthKey

RAW_MONTHS = declare(
    "kernel.journal.raw_months",
    int,
    gettext_lazy("紀錄原始資料保存月數，期滿銷毀金鑰"),
    Seed("24", basis="平台預設值"),
)
LENGTH = 12
"""Bytes of a pseudonym: 96 bits, no two of a million numbers alike by chance (about 1 in 10^17)."""


class Forgotten(ValueError):
    """The key of the month was destroyed."""


def master() -> bytes:
    """The installation's key, made at the first call; processes that start at once agree on one."""
    return _kept(Path(settings.DATA) / "keys" / "journal")


@lru_cache(maxsize=8)
def _kept(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(secrets.token_bytes(32))
                out.flush()
                os.fsync(out.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first: its key holds
                os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_bytes()


def _derived(purpose: str) -> bytes:
    return blake2b(purpose.encode(), key=master(), digest_size=32).digest()


def pseudonyms() -> Callable[[str], str]:
    """The function from a number or name to the word that stands for it, "" for none; made once a block."""
    fresh = blake2b(key=_derived("pseudonym"), digest_size=LENGTH).copy

    def word(value: str) -> str:
        if not value:
            return ""
        found = fresh()
        found.update(value.encode())
        return found.hexdigest()

    return word


def pseudonym(value: str) -> str:
    """The word that stands for one number or name."""
    return pseudonyms()(value)


def digest(data: bytes) -> str:
    """The identity of a block: keyed, so that a short block cannot be guessed from it."""
    return blake2b(data, key=_derived("digest"), digest_size=32).hexdigest()


def seal(text: str) -> bytes:
    """A value that must be read again (a number to call back), sealed by the master key."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_derived("value")).encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes) -> str:
    """The sealed value. Forgotten when the key is another one."""
    try:
        return AESGCM(_derived("value")).decrypt(sealed[:12], bytes(sealed[12:]), None).decode()
    except InvalidTag as error:
        raise Forgotten(_("這項資料的金鑰不在這裡，無法讀取。")) from error


def month_key(month: str) -> MonthKey:
    """The key of a month, made when it is first needed. Forgotten when it was destroyed."""
    found = MonthKey.objects.filter(month=month).first()
    if found is None:
        nonce = secrets.token_bytes(12)
        sealed = nonce + AESGCM(_derived("month")).encrypt(nonce, secrets.token_bytes(32), month.encode())
        found, _made = MonthKey.objects.get_or_create(month=month, defaults={"sealed": sealed})
    return found


def _opened(key: MonthKey) -> AESGCM:
    if key.sealed is None:
        raise Forgotten(_("%(month)s的原始資料已依保存期限銷毀金鑰。") % {"month": key.month})
    sealed = bytes(key.sealed)
    try:
        return AESGCM(AESGCM(_derived("month")).decrypt(sealed[:12], sealed[12:], key.month.encode()))
    except InvalidTag as error:
        raise Forgotten(_("這項資料的金鑰不在這裡，無法讀取。")) from error


def pack(data: bytes, key: MonthKey) -> bytes:
    """A block as it is kept: compressed, sealed by the month's key."""
    nonce = secrets.token_bytes(12)
    return nonce + _opened(key).encrypt(nonce, zlib.compress(data, 1), None)


def unpack(kept: bytes, key: MonthKey) -> bytes:
    """The block as it came. Forgotten when its month was."""
    kept = bytes(kept)
    try:
        return zlib.decompress(_opened(key).decrypt(kept[:12], kept[12:], None))
    except InvalidTag as error:
        raise Forgotten(_("這項資料的金鑰不在這裡，無法讀取。")) from error


def forget(before: str) -> int:
    """Destroy the keys of the months before `before` ("2026-05"); how many."""
    return MonthKey.objects.filter(month__lt=before, sealed__isnull=False).update(
        sealed=None, forgotten_at=timezone.now()
    )
