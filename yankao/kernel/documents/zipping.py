"""Zip files that depend on their content alone: fixed times, fixed modes, given order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from io import BytesIO

_EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(parts: Iterable[tuple[str, bytes]], *, first_stored: bool = False) -> bytes:
    """A zip of (name, content) in the order given. `first_stored` leaves the first part uncompressed, as
    OpenDocument wants its `mimetype`. Raises ValueError when a name comes twice or leaves the folder."""
    out, seen = BytesIO(), set[str]()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts:
            if name in seen or name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"{name!r} cannot be a file of the package.")
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_STORED if first_stored and not seen else zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content, compresslevel=6)
            seen.add(name)
    return out.getvalue()
