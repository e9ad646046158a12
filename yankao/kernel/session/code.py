"""簽到碼 The code of a sign-in page: signed, short-lived and rotating; only who sees the screen signs in.

The organiser's screen shows a new code every `EVERY` seconds; one is taken as long as `TAKEN` rounds later.
Opening the page with a good code gives a ticket for the form, so that slow fingers are no reason to scan
again. A ticket for the questionnaire names a seat, so that it is answered once; the answer is kept without
it.
"""

from __future__ import annotations

import base64
import io
from datetime import datetime
from typing import Any

import qrcode
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from markupsafe import Markup, escape

EVERY = 30
TAKEN = 3
TICKET_SECONDS = 15 * 60
OPINION_SECONDS = 30 * 24 * 3600
_LETTERS = 8


def _of_round(kind: str, sitting: int, turn: int) -> str:
    mac = salted_hmac("yankao.session.sign-in", f"{kind}:{sitting}:{turn}", algorithm="sha256").digest()
    return base64.b32encode(mac)[:_LETTERS].decode().lower()


def _round(at: datetime) -> int:
    return int(at.timestamp()) // EVERY


def code_at(kind: str, sitting: int, at: datetime) -> str:
    """The code to show now: eight letters and digits."""
    return _of_round(kind, sitting, _round(at))


def good(kind: str, sitting: int, given: str, at: datetime) -> bool:
    """Whether the code was shown within the last rounds."""
    now = _round(at)
    return any(
        constant_time_compare(_of_round(kind, sitting, now - back), given.strip().lower())
        for back in range(TAKEN + 1)
    )


def ticket(kind: str, sitting: int) -> str:
    """What the sign-in form carries instead of the code."""
    return signing.dumps([kind, sitting], salt="yankao.session.ticket")


def ticket_good(kind: str, sitting: int, given: str) -> bool:
    try:
        said = signing.loads(given, salt="yankao.session.ticket", max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return False
    return bool(said == [kind, sitting])


def opinion_ticket(kind: str, seat: int) -> str:
    return signing.dumps([kind, seat], salt="yankao.session.opinion")


def opinion_seat(kind: str, given: str) -> int | None:
    """The seat a questionnaire's ticket was made for, or None when it is no good any more."""
    try:
        said = signing.loads(given, salt="yankao.session.opinion", max_age=OPINION_SECONDS)
    except signing.BadSignature:
        return None
    return int(said[1]) if said[0] == kind else None


def picture(address: str, words: Any) -> Markup:
    """The QR code of an address as SVG, named `words` for those who do not see it."""
    from qrcode.image.svg import SvgPathImage  # noqa: PLC0415  (a tenth of a second of every start; few processes need it)

    made = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_M)
    made.add_data(address)
    drawn = made.make_image(image_factory=SvgPathImage)
    stream = io.BytesIO()
    drawn.save(stream)
    svg = stream.getvalue().decode()
    body = svg[svg.index("<svg") :]
    head, _mark, rest = body.partition(">")
    named = f'{head} class="qr" role="img" aria-label="{escape(words)}">{rest}'
    return Markup(named)  # noqa: S704  (drawn by the library; the words are escaped)
