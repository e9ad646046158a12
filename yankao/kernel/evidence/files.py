"""Keep a file, give it back, and know that nothing in the store has changed."""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse

from . import checks, documents, exif
from .models import Evidence
from .sniff import MEDIA
from .store import Store, store

if TYPE_CHECKING:
    from ..people.models import User

logger = logging.getLogger("yankao.evidence")
PIECE = 1 << 20


def keep(
    upload: UploadedFile[bytes] | bytes, name: str, user: User | None, *, label: str = "", purpose: str = ""
) -> Evidence:
    """Take a file in and return its row; nobody (`None`) is a citizen at a public form.

    `checks.Refused` (a ValidationError) carries the sentence of refusal.

    The bytes are on the disk before the row is written, so a row is never without its bytes; a transaction
    rolled back leaves at most a file without a row, which `verify_store` lists.
    """
    try:
        clean = checks.clean_name(name)
        data = _read(upload)
        kind = checks.inspect(data, clean)
    except checks.Refused:
        size = len(upload) if isinstance(upload, bytes) else upload.size
        logger.warning("Evidence refused: user %s, %s bytes", user.pk if user else "-", size)
        raise
    sha256 = hashlib.sha256(data).hexdigest()
    store().put(sha256, data)
    shot = exif.read(data) if kind == "jpeg" else exif.Shot()
    return Evidence.objects.create(
        sha256=sha256, size=len(data), kind=kind, name=clean, label=label, purpose=purpose, uploaded_by=user,
        taken_at=shot.taken_at, longitude=shot.longitude, latitude=shot.latitude,
    )  # fmt: skip


def open_bytes(evidence: Evidence) -> IO[bytes]:
    """The bytes as a binary file; FileNotFoundError when the store has lost them."""
    return store().open(evidence.sha256)


def check_pdf_or_odf(evidence: Evidence) -> str:
    """Empty when the file is a PDF or ODF that can be opened, else a sentence for the person."""
    with open_bytes(evidence) as file:
        return documents.pdf_or_odf(file.read())


def serve(evidence: Evidence, *, bare: bool = False) -> FileResponse:
    """The file as a download that no browser runs or shows in our name. Who may have it is the caller's
    question.

    `bare` leaves out what a photograph says of its camera, place and time: for the public.
    """
    file = open_bytes(evidence)
    if bare and evidence.kind == "jpeg":
        with file:
            file = io.BytesIO(exif.without_metadata(file.read()))
    response = FileResponse(
        file, as_attachment=True, filename=evidence.name,
        content_type=MEDIA.get(evidence.kind, "application/octet-stream"),
    )  # fmt: skip
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@dataclass
class Findings:
    """What a look through the store found, as SHA-256 values. `unused` is harmless: an upload that was given
    up."""

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.missing and not self.damaged


def verify_store(place: Store | None = None) -> Findings:
    """Read every file that a row names and compute its hash anew; for backups and `yankao verify`."""
    place = place or store()
    found = Findings(unused=[])
    named = set(Evidence.objects.order_by().values_list("sha256", flat=True).distinct())
    for sha256 in sorted(named):
        try:
            with place.open(sha256) as file:
                right = hashlib.file_digest(file, "sha256").hexdigest() == sha256  # type: ignore[arg-type]
        except (FileNotFoundError, ValueError):
            found.missing.append(sha256)
            continue
        found.checked += 1
        if not right:
            found.damaged.append(sha256)
    found.unused = [sha256 for sha256 in place.keys() if sha256 not in named]  # noqa: SIM118  (no mapping)
    return found


def _read(upload: UploadedFile[bytes] | bytes) -> bytes:
    """The bytes, never more than the largest kind allows: what claims to be small is counted all the same."""
    most = checks.largest()
    if isinstance(upload, bytes):
        data = upload
    else:
        parts, size = [], 0
        for part in upload.chunks(PIECE):
            size += len(part)
            if size > most:
                break
            parts.append(part)
        data = b"".join(parts) if size <= most else bytes(most + 1)
    if len(data) > most:
        raise checks.Refused(checks.too_large(most))
    return data
