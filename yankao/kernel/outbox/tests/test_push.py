"""Web push: encrypted as RFC 8291's own example, signed by VAPID, sent to known push services only."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yankao.kernel.outbox import calling, devices, push
from yankao.kernel.outbox.calling import Answer
from yankao.kernel.outbox.models import Device, Message, State
from yankao.kernel.outbox.push import b64, unb64

from .conftest import work, work_again

UA_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AS_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
RESULT = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
HOST = "https://updates.push.services.mozilla.com"


def test_the_example_of_the_rfc_comes_out():
    own = ec.derive_private_key(int.from_bytes(unb64(AS_PRIVATE)), ec.SECP256R1())
    text = b"When I grow up, I want to be a watermelon"
    assert b64(push.encrypted(text, unb64(UA_PUBLIC), unb64(AUTH), salt=unb64(SALT), own=own)) == RESULT


def test_the_sender_is_signed_for_the_push_service(settings):
    settings.PUSH = {"contact": "mailto:rdec@city.example", "hosts": []}
    header = push.authorization(f"{HOST}/wpush/v2/abc", now=1_000_000)
    token, public = header.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(unb64(claims)) == {"aud": HOST, "exp": 1_043_200, "sub": "mailto:rdec@city.example"}
    both = unb64(signature)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(public))
    r, s = int.from_bytes(both[:32]), int.from_bytes(both[32:])
    theirs.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert public == push.public_key() and len(unb64(public)) == 65


class Browser:
    """A browser that asked to be told, and what its push service was given."""

    def __init__(self, path="abc"):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.endpoint = f"{HOST}/wpush/v2/{path}"

    @property
    def subscription(self):
        keys = {"p256dh": b64(push._point(self.private.public_key())), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body):
        salt, theirs, sealed = body[:16], body[21:86], body[86:]
        shared = self.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        info = b"WebPush: info\0" + push._point(self.private.public_key()) + theirs
        secret = HKDF(hashes.SHA256(), 32, self.auth, info).derive(shared)
        content = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        return json.loads(AESGCM(content).decrypt(nonce, sealed, None).removesuffix(b"\x02"))


@pytest.fixture
def service(settings, monkeypatch):
    """A push service that answers as it is told."""
    settings.PUSH = {
        "contact": "mailto:rdec@city.example",
        "hosts": ["push.services.mozilla.com"],
        "seconds": 1,
    }
    settings.MESSAGES = {"push": "yankao.kernel.outbox.push.driver"}

    class Service:
        answers = [Answer(201, {}, b"")]
        got = []

        def post(self, url, body, headers, *, seconds):
            self.got.append((url, body, headers))
            return self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)

    found = Service()
    found.got, found.answers = [], list(Service.answers)
    monkeypatch.setattr(calling, "post", found.post)
    return found


@pytest.mark.django_db
def test_a_browser_that_asked_is_told_in_words_only_it_can_read(tell, zhou, service):
    browser = Browser()
    devices.register(zhou, browser.subscription)
    devices.register(zhou, browser.subscription)
    assert Device.objects.count() == 1
    tell()
    work()
    ((url, body, headers),) = service.got
    assert url == browser.endpoint and b"0042" not in body
    assert browser.read(body)["body"].startswith("您的陳情陳101-0042已受理")
    assert (headers["Urgency"], len(headers["Topic"])) == ("normal", 32)
    assert Message.objects.get().state == State.HANDED


@pytest.mark.django_db
def test_a_browser_that_is_gone_is_forgotten_and_the_others_are_told(tell, zhou, service):
    for name in ("gone", "here"):
        devices.register(zhou, Browser(name).subscription)
    service.answers = [Answer(410, {}, b""), Answer(201, {}, b"")]
    tell()
    work()
    assert Message.objects.get().state == State.HANDED
    assert Device.objects.filter(gone_at=None).count() == 1
    assert Device.objects.exclude(gone_at=None).get().envelope is None


@pytest.mark.django_db
def test_a_busy_push_service_is_asked_again_when_it_says(tell, zhou, service):
    devices.register(zhou, Browser().subscription)
    service.answers = [Answer(429, {"retry-after": "120"}, b""), Answer(201, {}, b"")]
    tell()
    work()
    assert Message.objects.get().state == State.QUEUED
    work_again()
    assert Message.objects.get().state == State.HANDED
    assert service.got[0][2]["Topic"] == service.got[1][2]["Topic"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "endpoint",
    ["http://updates.push.services.mozilla.com/x", "https://127.0.0.1/x", "https://evil.example/x",
     "https://updates.push.services.mozilla.com:8443/x", "https://u@updates.push.services.mozilla.com/x",
     "https://xpush.services.mozilla.com.evil.example/", "https://[::1]/x", "https://[x/", ""],
)  # fmt: skip
def test_no_stranger_makes_the_server_call_another_machine(zhou, service, endpoint):
    with pytest.raises(devices.NoDevice):
        devices.register(zhou, {**Browser().subscription, "endpoint": endpoint})


def test_an_hour_is_the_longest_a_gateway_makes_us_wait():
    assert calling.wait_of(Answer(429, {"retry-after": "999999"}, b"")) == timedelta(hours=1).total_seconds()
    assert calling.wait_of(Answer(429, {"retry-after": "Wed, 21 Oct"}, b"")) is None
