"""驗證 The code printed on a certificate, and what it says to whoever holds it.

A hundred random bits cannot be guessed or counted through; only their digest is kept. Wrong codes are
limited by client all the same. Whoever has the code learns what the certificate shows, and whether it holds.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import qrcode
from django.utils import timezone

from ..documents.svg import clean
from .models import Vouched, WrongCode

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which are read for others."""
LENGTH = 20
PATH = "verify/"
TRIES = 20
WINDOW = timedelta(minutes=15)
_READ = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "　": None})


def new_code() -> str:
    """A new code in four groups: 7K2M9-…"""
    signs = "".join(secrets.choice(SIGNS) for _n in range(LENGTH))
    return "-".join(signs[at : at + 5] for at in range(0, LENGTH, 5))


def digest(code: str) -> str:
    """The digest of a code however it was typed; "" for what is no code."""
    bare = code.upper().translate(_READ)
    if len(bare) != LENGTH or set(bare) - set(SIGNS):
        return ""
    return hashlib.sha256(bare.encode()).hexdigest()


def found(code: str) -> Vouched | None:
    """What the code vouches for; None for no code and for a code never given out alike."""
    key = digest(code)
    rows = Vouched.objects.select_related("dispatch", "dispatch__agency")
    return rows.filter(digest=key).first() if key else None


def client_key(address: str) -> str:
    return hashlib.sha256(f"verify:{address}".encode()).hexdigest()


def limited(address: str, now: Any = None) -> bool:
    """Whether this client has tried too many wrong codes of late."""
    now = now or timezone.now()
    tried = WrongCode.objects.filter(client=client_key(address), at__gt=now - WINDOW)
    return tried[TRIES - 1 : TRIES].exists()


def tried_wrong(address: str, now: Any = None) -> None:
    """Remember a wrong code; what is older than a day goes on the way."""
    now = now or timezone.now()
    WrongCode.objects.create(client=client_key(address), at=now)
    WrongCode.objects.filter(at__lt=now - timedelta(days=1)).delete()


def picture(text: str) -> str:
    """A QR picture of the text as SVG of one path."""
    made = qrcode.QRCode(border=2)
    made.add_data(text)
    made.make()
    matrix = made.get_matrix()
    size = len(matrix)
    squares = "".join(
        f"M{x} {y}h1v1h-1z" for y, line in enumerate(matrix) for x, dark in enumerate(line) if dark
    )
    return clean(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}">'
        f'<rect width="{size}" height="{size}" fill="#ffffff"/><path d="{squares}" fill="#000000"/></svg>'
    )
