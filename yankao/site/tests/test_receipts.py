"""A gateway's receipts are believed when they are signed, and once."""

import hashlib
import hmac
import json

import pytest

from yankao.kernel.outbox.models import Receipt

SECRET = "a-secret-of-thirty-two-characters-or-more"
pytestmark = pytest.mark.django_db


@pytest.fixture
def told(client, settings):
    settings.SMS = {"receipts": SECRET}

    def told(body, secret=SECRET):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sign = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return client.post(
            "/receipts/sms/", raw, content_type="application/json", headers={"X-Signature": f"sha256={sign}"}
        ).status_code

    return told


def test_a_signed_receipt_is_kept_once(told):
    assert [told({"id": "N1", "state": "delivered"}) for _again in range(2)] == [204, 204]
    assert Receipt.objects.get().delivered
    assert told({"id": "N1", "state": "failed"}) == 204
    assert told({"id": "N2", "state": "on its way"}) == 202


def test_what_is_wrongly_signed_or_no_receipt_is_not(told, client, settings):
    assert told({"id": "N1", "state": "delivered"}, secret="another") == 403
    assert client.post("/receipts/sms/", b"{}", content_type="application/json").status_code == 403
    for body in (b"", b"[]", b'{"id": ""}', b"not json", b'{"id": "", "state": "delivered"}'):
        assert told(body) == 400
    assert client.get("/receipts/sms/").status_code == 405
    settings.SMS = {}
    assert told({"id": "N1", "state": "delivered"}) == 404
    assert not Receipt.objects.exists()
