"""One HTTP request out of the house: one time limit, no redirection, a bounded answer, TLS checked."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from socket import create_connection
from urllib.parse import urlsplit

from .gateway import NotTaken, Unclear

MOST_BYTES = 65_536


@dataclass(frozen=True)
class Answer:
    """Status, headers (small letters) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, to: str = "") -> Answer:
    """Post and read the answer. NotTaken when no connection came about; Unclear when the request may have
    gone out and no whole answer came back in time. `to` is the address to connect to instead of asking the
    name again: the one that was checked."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    until = time.monotonic() + seconds
    line: http.client.HTTPConnection = (
        http.client.HTTPSConnection(parts.hostname or "", port, timeout=seconds, context=_tls())
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname or "", port, timeout=seconds)
    )
    if to:
        # The name goes into TLS and the Host header, the connection to the address that was looked at.
        line._create_connection = lambda place, *more: create_connection((to, place[1]), *more)  # type: ignore[attr-defined]  # unlisted
    try:
        try:
            line.connect()
        except (OSError, ValueError) as error:
            raise NotTaken(type(error).__name__) from None
        try:
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            line.request("POST", target, body, dict(headers))
            answer = line.getresponse()
            read = b""
            while len(read) < MOST_BYTES and (more := answer.read1(MOST_BYTES - len(read))):
                read += more
                if time.monotonic() > until:
                    raise TimeoutError
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, read)
        except (OSError, http.client.HTTPException) as error:
            raise Unclear(type(error).__name__) from None
    finally:
        line.close()


def wait_of(answer: Answer) -> float | None:
    """The seconds a gateway asks us to wait (Retry-After), at most an hour."""
    told = answer.headers.get("retry-after", "").strip()
    return min(float(told), 3600.0) if told.isdecimal() and len(told) < 7 else None
