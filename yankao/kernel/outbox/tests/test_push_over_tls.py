"""Web push to a push service that really listens: TLS with its name checked, HTTP, and words that only the
browser can read.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.utils import timezone

from yankao.kernel.outbox import calling, devices, push
from yankao.kernel.outbox.models import Device, Message, State

from .conftest import work
from .test_push import Browser

pytestmark = pytest.mark.django_db
NAME = "updates.push.services.mozilla.com"


class Service:
    """A push service on the loopback; `certified` is the name in its certificate."""

    def __init__(self, folder: Path, certified: str = NAME) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: dict[str, int] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.got.append((self.path, dict(self.headers), body))
                self.send_response(service.statuses.get(self.path, 201))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A caller that refuses the certificate hangs up, which is what is tested: no trace on the screen.
        self.server.handle_error = lambda *words: None  # type: ignore[method-assign]  # hung up on purpose
        self.pem = folder / "service.pem"
        self.pem.write_bytes(_certificate(certified))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = timezone.now()
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + made.public_bytes(Encoding.PEM)


@pytest.fixture
def listening(settings: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Callable[..., Service]]:
    """`listening()`: a service that the world's names lead to and whose certificate we trust."""
    settings.PUSH = {
        "contact": "mailto:rdec@city.example",
        "hosts": ["push.services.mozilla.com"],
        "seconds": 5,
    }
    settings.MESSAGES = {"push": "yankao.kernel.outbox.push.driver"}
    opened: list[Service] = []

    def listen(certified: str = NAME) -> Service:
        found = Service(tmp_path, certified)
        opened.append(found)
        connect = socket.create_connection

        def lead(place: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
            assert place == (NAME, 443)
            return connect(found.server.server_address[:2], *more, **named)

        monkeypatch.setattr(socket, "create_connection", lead)
        trusted = ssl.create_default_context(cafile=found.pem)
        monkeypatch.setattr(calling, "_tls", lambda: trusted)
        return found

    yield listen
    for one in opened:
        one.close()


def test_a_push_reaches_the_service_and_the_browser_alone_can_read_it(
    tell: Any, zhou: Any, listening: Any
) -> None:
    service, here, gone = listening(), Browser("here"), Browser("gone")
    for one in (here, gone):
        devices.register(zhou, one.subscription)
    service.statuses["/wpush/v2/gone"] = 410
    tell()
    work()
    assert Message.objects.get().state == State.HANDED
    assert [path for path, _headers, _body in service.got] == ["/wpush/v2/here", "/wpush/v2/gone"]
    _path, headers, body = service.got[0]
    shown = here.read(body)
    assert shown["body"].startswith("您的陳情陳101-0042已受理") and shown["lang"] == "zh-hant"
    assert "陳101-0042".encode() not in body and b"0042" not in body
    assert headers["Content-Encoding"] == "aes128gcm" and headers["TTL"] == "86400"
    assert headers["Authorization"].endswith(f", k={push.public_key()}")
    with pytest.raises(InvalidTag):
        gone.read(body)
    assert Device.objects.filter(gone_at=None).count() == 1


def test_nothing_is_told_to_a_service_that_cannot_prove_its_name(
    tell: Any, zhou: Any, listening: Any
) -> None:
    service = listening("updates.push.services.mozilla.com.evil.example")
    devices.register(zhou, Browser().subscription)
    tell()
    work()
    waiting = Message.objects.get()
    assert (waiting.state, waiting.error) == (State.QUEUED, "SSLCertVerificationError")
    assert service.got == []
