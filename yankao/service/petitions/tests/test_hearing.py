"""Whoever follows a case signs up for messages, and fetches the letters that were sent to them."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from yankao.kernel.outbox import push
from yankao.kernel.outbox.models import Device, Message
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import hearing, intake
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Subscriber

CASE = "/counter/petitions/case/"
NEW = "0955666777"


@pytest.fixture(autouse=True)
def ways(settings, tmp_path):
    settings.DATA = tmp_path
    settings.MESSAGES = dict.fromkeys(("email", "sms", "push"), "yankao.kernel.outbox.page.driver")


def opened(one):
    client = Client()
    told = {"number": one.case.number, "code": intake.code_of(one.client_key)}
    assert client.post("/counter/follow/", told).status_code == 303
    return client


def texts(client, mobile):
    return client.post(CASE, {"what": "texts", "texts-mobile": mobile})


def test_a_petitioner_changes_the_number_that_hears_and_keeps_the_rest(desk):
    one = desk.received()
    client = opened(one)
    assert "目前傳簡訊到" in client.get(CASE).content.decode()
    assert texts(client, "12").status_code == 422
    for _time in range(2):
        assert texts(client, NEW).status_code == 303
    person = keeping.unsealed(desk.fresh(one).petitioner)
    assert (person.mobile, person.name, person.email) == (NEW, "王曉明", "wang@mail.example")
    assert NEW not in client.get(CASE).content.decode(), "only the mask is shown"
    assert not Subscriber.objects.exists()


def test_who_reported_without_a_name_hears_by_text_and_stays_nameless(desk):
    one = desk.fault(petitioner=Person())
    client = opened(one)
    texts(client, "0911222333")
    texts(client, NEW)
    row = Subscriber.objects.select_related("identity").get()
    assert keeping.unsealed(row.identity).mobile == NEW
    assert desk.fresh(one).anonymous
    desk.do(one, p.dispatch, desk.cast.agent, agency=desk.cast.water, crew=desk.cast.crew)
    assert Message.objects.filter(identity=row.identity, channel="sms").count() == 1


def subscription(endpoint="https://fcm.googleapis.com/fcm/send/abc"):
    point = push._point(ec.generate_private_key(ec.SECP256R1()).public_key())
    given = base64.urlsafe_b64encode(point).decode().rstrip("=")
    return {"endpoint": endpoint, "keys": {"p256dh": given, "auth": "c2l4dGVlbiBieXRlcyE"}}


def sign_up(client, told):
    return client.post(f"{CASE}push", json.dumps(told), content_type="application/json")


def test_a_browser_signs_up_once_and_a_strange_address_is_refused(desk):
    one = desk.received()
    client, told = opened(one), subscription()
    assert [sign_up(client, told).status_code for _time in range(2)] == [200, 200]
    assert Device.objects.get().identity_id == one.petitioner_id
    strange = [subscription("https://127.0.0.1/x"), {}, [], {"endpoint": "x", "keys": ["a"]}]
    assert [sign_up(client, one).status_code for one in strange] == [422] * 4
    assert sign_up(Client(), told).status_code == 403
    assert Device.objects.count() == 1


def test_nobody_signs_up_for_a_case_that_ended_or_that_nobody_may_hear_of(desk):
    closed = desk.closed()
    assert hearing.ways(closed) == set()
    assert "data-push" not in opened(closed).get(CASE).content.decode()
    sealed = desk.received(petitioner=Person(), nature="wrongdoing")
    assert hearing.ways(sealed) == set()


def test_the_reply_letter_is_fetched_by_whoever_has_the_code_and_nobody_else(desk, monkeypatch):
    from yankao.kernel.evidence.files import keep
    from yankao.kernel.evidence.tests.test_evidence import pdf
    from yankao.service.petitions import letters

    one, other = desk.replied(), desk.replied()
    paper = keep(pdf(), "復函.pdf", desk.cast.officer)

    class Sent:
        pk, title, dated, pdf, odt, pdf_id, odt_id = (
            7,
            "復函",
            one.case.opened_on,
            paper,
            None,
            paper.pk,
            None,
        )

    monkeypatch.setattr(letters, "to_petitioner", lambda case: [Sent()] if case.pk == one.pk else [])
    client = opened(one)
    assert "給您的公文" in client.get(CASE).content.decode()
    assert b"".join(client.get(f"{CASE}letters/7.pdf").streaming_content).startswith(b"%PDF")
    assert client.get(f"{CASE}letters/7.odt").status_code == 404
    assert client.get(f"{CASE}letters/8.pdf").status_code == 404
    assert opened(other).get(f"{CASE}letters/7.pdf").status_code == 404
    assert Client().get(f"{CASE}letters/7.pdf").status_code == 303
