"""Reading a growing file from where reading stopped, through rotation, truncation and replacement.

A file is known by its inode and the fingerprint of its first bytes. The rest of a rotated file (`<name>.1`,
or any neighbour with the inode) is read before the new one. Reading too much is harmless, because facts
merge; so whenever something does not fit, reading begins anew at the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from .declare import Format, journal_of
from .ingest import Taken, take
from .models import Source

CHUNK = 1 << 21
"""A block of two megabytes: some 30,000 lines, a fraction of a second of one transaction."""
HEAD = 256
"""So many first bytes make the fingerprint, with their number before it."""


def fingerprint(path: Path, length: int = HEAD) -> str:
    with path.open("rb") as file:
        head = file.read(length)
    return f"{len(head)}:{blake2b(head, digest_size=16).hexdigest()}"


def _known(source: Source, path: Path) -> bool:
    """Whether the file still begins as it did."""
    length, _sep, _mark = source.fingerprint.partition(":")
    return bool(length) and fingerprint(path, int(length)) == source.fingerprint


def read_file(source: Source, *, at: datetime | None = None, chunk: int = CHUNK) -> Taken:
    """Take in everything the source's file has to tell since the last time; the cursor moves block by block.

    A file that cannot be read leaves its sentence in `source.fault`.
    """
    path = Path(source.address)
    total = Taken()
    try:
        for file, offset in _files(source, path):
            total += _from(source, file, offset, at, chunk)
    except OSError as error:
        _fault(source, _("無法讀取%(file)s：%(why)s") % {"file": path, "why": error.strerror or error})
        return total
    _fault(source, "")
    source.read_at = at or timezone.now()
    Source.objects.filter(pk=source.pk).update(read_at=source.read_at)
    return total


def _files(source: Source, path: Path) -> Iterator[tuple[Path, int]]:
    """The files to read and from where: the rest of a rotated one, then the one in its place."""
    status = path.stat()
    if source.inode is None:
        yield path, 0
        return
    if status.st_ino == source.inode:
        same = status.st_size >= source.offset and _known(source, path)
        yield path, source.offset if same else 0  # copied away and truncated, or written anew
        return
    for other in sorted(path.parent.glob(f"{path.name}*")):
        if other != path and other.stat().st_ino == source.inode and other.stat().st_size > source.offset:
            if _known(source, other):
                yield other, source.offset
            break
    yield path, 0


def _from(source: Source, path: Path, offset: int, at: datetime | None, chunk: int) -> Taken:
    form: Format = journal_of(source).format_of(source)
    total = Taken()
    with path.open("rb") as file:
        inode, mark = path.stat().st_ino, fingerprint(path)
        file.seek(offset)
        left, size = b"", chunk
        while data := file.read(size):
            data = left + data
            end = form.cut(data)
            if not end:  # one record longer than a block
                left = data
                continue
            total += take(source, data[:end], at=at, offset=offset)
            offset += end
            left = data[end:]
            _moved(source, inode, offset, mark)
        if source.inode != inode or source.offset != offset:
            _moved(source, inode, offset, mark)
    return total


def _moved(source: Source, inode: int, offset: int, mark: str) -> None:
    source.inode, source.offset, source.fingerprint = inode, offset, mark
    Source.objects.filter(pk=source.pk).update(inode=inode, offset=offset, fingerprint=mark)


def _fault(source: Source, sentence: str) -> None:
    if source.fault != sentence[:300]:
        source.fault = sentence[:300]
        Source.objects.filter(pk=source.pk).update(fault=source.fault)
