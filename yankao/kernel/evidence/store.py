"""Where the bytes lie: a content-addressed folder, private to the server. Another kind of store can take its
place."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Store(Protocol):
    """Bytes by their SHA-256 (64 lower-case hex digits). What was put once is never changed."""

    def put(self, sha256: str, data: bytes) -> None:
        """Keep the bytes; when this returns they survive a power cut. Putting the same again is harmless."""

    def open(self, sha256: str) -> IO[bytes]:
        """A readable binary file; FileNotFoundError when there is none."""

    def keys(self) -> Iterator[str]:
        """Every SHA-256 in the store."""


_together = ContextVar("together", default=False)


@contextmanager
def together() -> Iterator[None]:
    """Many files in one transaction: flushed all at once when this ends, just before the transaction does,
    and not each by itself.
    """
    token = _together.set(True)
    try:
        yield
        os.sync()
    finally:
        _together.reset(token)


class FolderStore:
    """`<folder>/ab/cd/<sha256>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """ValueError unless it is a SHA-256: nothing else may become part of a path."""
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise ValueError("Not a SHA-256")
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, sha256: str, data: bytes) -> None:
        """Written beside its place, flushed, then renamed, and the folders flushed: whole or not at all."""
        place = self.path(sha256)
        if place.exists() and digest(place) == sha256:
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                if not _together.get():
                    os.fsync(file.fileno())
            os.replace(name, place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in () if _together.get() else (place.parent, place.parent.parent, self.folder):
            _flush(folder)

    def open(self, sha256: str) -> IO[bytes]:
        return self.path(sha256).open("rb")

    def keys(self) -> Iterator[str]:
        return (path.name for path in sorted(self.folder.glob("??/??/*")) if not path.name.startswith("."))


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store() -> Store:
    """The store of this installation: `EVIDENCE_STORE` names a function that makes one, else a folder of the
    data."""
    maker = getattr(settings, "EVIDENCE_STORE", "")
    if maker:
        made: Store = import_string(maker)()
        return made
    return FolderStore(Path(settings.DATA) / "evidence")


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
