"""The vault's keys: 32 random bytes each, one file a key, readable by the account alone.

They lie in `YANKAO_DATA/keys/vault`, or in the folder that `YANKAO_VAULT_KEYS` names. A master key's name is
its id: ring, number and chance (`ordinary-0001-9f3a6c1e`); the last of a ring wraps what is new, the others
open what is old. Accusations have a ring of their own. The two lookup keys are never changed: they make the
marks by which the same person is found again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

SIZE = 32
ORDINARY, SEALED = "ordinary", "sealed"
RINGS = (ORDINARY, SEALED)


class KeyMissing(LookupError):
    """A key that the records name is not in the folder; the message says which."""


def folder() -> Path:
    """Where the keys lie."""
    return Path(_place())


def _place() -> str:
    return getattr(settings, "VAULT_KEYS", "") or f"{settings.DATA}/keys/vault"


@dataclass(frozen=True)
class Ring:
    """What keeping a person takes: id and cipher of the newest master key, and the key of the marks."""

    id: str
    master: AESGCM = field(repr=False)
    lookup: bytes = field(repr=False)


def ring(name: str) -> Ring:
    """The ring as it stands now; the first call makes its first keys. Processes that start at once agree on
    the lookup key, and each opens what the other wrapped."""
    place = _place()
    changed = _changed(place)
    if f"lookup-{name}" not in _names(place, changed):
        with contextlib.suppress(FileExistsError):
            _write(folder() / f"lookup-{name}")
        changed = _changed(place)
    if not any(one.startswith(f"{name}-") for one in _names(place, changed)):
        add(name)
        changed = _changed(place)
    return _ring(place, changed, name)


def ids(ring: str) -> list[str]:
    """The ids of a ring's master keys, oldest first."""
    place = _place()
    return [name for name in _names(place, _changed(place)) if name.startswith(f"{ring}-")]


def cipher(name: str) -> AESGCM:
    """The cipher of a master key. KeyMissing when it is not here."""
    place = _place()
    return _cipher(place, _changed(place), name)


def add(ring: str) -> str:
    """Make the ring's next master key; its id."""
    found = ids(ring)
    number = int(found[-1].split("-")[1]) + 1 if found else 1
    name = f"{ring}-{number:04d}-{secrets.token_hex(4)}"
    _write(folder() / name)
    return name


def destroy(name: str) -> None:
    """Remove a master key for good: what it alone opens is lost, in every backup without it, too."""
    path = folder() / name
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(SIZE))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _changed(place: str) -> int:
    """When a key was last added or removed, 0 without a folder. What a process keeps of keys is good until
    then, so that it learns of a new or a destroyed key at once."""
    try:
        return os.stat(place).st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=8)
def _names(place: str, changed: int) -> tuple[str, ...]:
    return (
        tuple(sorted(name for name in os.listdir(place) if name[0] != "." and "-" in name)) if changed else ()
    )


@lru_cache(maxsize=8)
def _ring(place: str, changed: int, ring: str) -> Ring:
    newest = max(name for name in _names(place, changed) if name.startswith(f"{ring}-"))
    return Ring(newest, _cipher(place, changed, newest), _read(place, f"lookup-{ring}"))


@lru_cache(maxsize=64)
def _cipher(place: str, changed: int, name: str) -> AESGCM:
    return AESGCM(_read(place, name))


def _read(place: str, name: str) -> bytes:
    try:
        found = Path(place, name).read_bytes()
    except FileNotFoundError:
        raise KeyMissing(_("個資保管庫的金鑰%(key)s不在這裡。") % {"key": name}) from None
    if len(found) != SIZE:
        raise KeyMissing(_("個資保管庫的金鑰%(key)s不完整。") % {"key": name})
    return found


def _write(path: Path) -> None:
    """Whole and on the disk before it bears its name. FileExistsError when another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(SIZE))
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
    with contextlib.ExitStack() as closing:
        flushed = os.open(path.parent, os.O_RDONLY)
        closing.callback(os.close, flushed)
        os.fsync(flushed)
