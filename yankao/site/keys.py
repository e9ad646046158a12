"""The installation's secret key: made once, kept beside the data, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

LENGTH = 64


def kept_secret(path: Path) -> str:
    """The secret in the file, made on the first call. Several processes starting at once agree on one.

    The file gets mode 0600 and its folder 0700. ImproperlyConfigured when the folder cannot be written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(path)
        return path.read_text("ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"無法在 {path.parent} 讀寫密鑰：請讓執行帳號擁有 YANKAO_DATA，或設定 YANKAO_SECRET_KEY。 / "
            f"No secret key can be kept in {path.parent}: let the account own YANKAO_DATA, "
            "or set YANKAO_SECRET_KEY."
        ) from error


def _make(path: Path) -> None:
    """Written whole under another name, then linked: the second to come finds the first one's, whole."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(LENGTH))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
