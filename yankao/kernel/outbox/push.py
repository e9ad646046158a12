"""網頁推播 Web push: the payload encrypted for the browser (RFC 8188, RFC 8291), the sender known by VAPID
(RFC 8292).

The push service sees neither words nor who we write to. `Topic` (RFC 8030) makes it keep one copy of a key.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import time
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.utils.translation import gettext as _

from . import calling
from .gateway import Gone, NotTaken, Outgoing, Refused

RECORD = 4096
LIVES = 24 * 3600
"""Seconds a push service keeps what it cannot deliver at once."""


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key() -> ec.EllipticCurvePrivateKey:
    """The installation's VAPID key, made at the first call. Changing it parts us from every browser."""
    path = Path(settings.DATA) / "keys" / "vapid.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        draft = path.with_name(f".vapid.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(pem)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    found = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise TypeError("keys/vapid.pem is no key of an elliptic curve")
    return found


def public_key() -> str:
    """What a page gives the browser as `applicationServerKey`."""
    return b64(_point(key().public_key()))


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def endpoint_refusal(endpoint: str) -> str:
    """Why an endpoint is not one of the push services we talk to, or an empty string: a stranger's address
    must not make the server call machines of the house."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _("這不是可用的推播位址。")
    known = [str(one) for one in settings.PUSH["hosts"]]
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None:
        return _("這不是可用的推播位址。")
    if _is_address(host) or not any(host == one or host.endswith(f".{one}") for one in known):
        return _("這項瀏覽器的推播服務不在可用名單中。")
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def encrypted(text: bytes, p256dh: bytes, auth: bytes, *, salt: bytes = b"", own: Any = None) -> bytes:
    """A text for one browser, as one record of aes128gcm. `salt` and `own` are for the RFC's own example."""
    salt = salt or os.urandom(16)
    own = own or ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    ours = _point(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    told = b"WebPush: info\0" + p256dh + ours
    secret = HKDF(hashes.SHA256(), 32, auth, told).derive(shared)
    content = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
    nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
    if len(text) + 17 + 86 > RECORD:
        raise ValueError("Too long for one push")
    header = salt + RECORD.to_bytes(4) + bytes([len(ours)]) + ours
    return header + AESGCM(content).encrypt(nonce, text + b"\x02", None)


def authorization(endpoint: str, now: float | None = None) -> str:
    """The VAPID header: who sends, signed for this push service, good for twelve hours."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now or time.time()) + 12 * 3600,
        "sub": settings.PUSH["contact"],
    }  # fmt: skip
    head = {"typ": "JWT", "alg": "ES256"}
    signed = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    own = key()
    r, s = decode_dss_signature(own.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={token}, k={b64(_point(own.public_key()))}"


class Push:
    """`settings.PUSH`: contact (mailto: or https:), hosts (push services we talk to), seconds."""

    honours_key = True

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told

    def gateway(self, part: Outgoing) -> str:
        """The push service of this browser: each fails by itself."""
        return str(urlsplit(json.loads(part.to)["endpoint"]).hostname)

    def hand_over(self, part: Outgoing) -> str:
        device = json.loads(part.to)
        endpoint = device["endpoint"]
        if endpoint_refusal(endpoint):
            raise Gone("Push service not known")
        shown = json.dumps(
            {"title": part.subject, "body": part.text, "lang": part.language}, ensure_ascii=False
        )
        try:
            body = encrypted(shown.encode(), unb64(device["p256dh"]), unb64(device["auth"]))
        except ValueError:
            raise Gone("Browser key unusable") from None
        headers = {
            "Authorization": authorization(endpoint), "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm", "TTL": str(LIVES),
            "Urgency": "high" if part.urgent else "normal",
            "Topic": b64(sha256(part.key.encode()).digest())[:32],
        }  # fmt: skip
        answer = calling.post(endpoint, body, headers, seconds=float(self.told.get("seconds", 15)))
        if 200 <= answer.status < 300:
            return ""
        if answer.status in (404, 410):
            raise Gone(f"HTTP {answer.status}")
        wait = calling.wait_of(answer)
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise NotTaken(f"HTTP {answer.status}", timedelta(seconds=wait) if wait is not None else None)
        raise Refused(f"HTTP {answer.status}")


def driver() -> Push:
    return Push(settings.PUSH)
