"""A thousand planted persons are found in no byte of the database, log, export, search or outbox.

All of them lie in the vault; a dozen came in by the door, were handled and were told.
`YANKAO_TEST_PLANTED=999` lets so many come in by the door (a minute).
"""

import io
import logging
import os
import re
import zipfile

import pytest
from django.core import serializers
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from yankao.api import tokens
from yankao.kernel.jobs.models import Job
from yankao.kernel.jobs.worker import Worker
from yankao.kernel.outbox.models import Message
from yankao.kernel.vault import keeping
from yankao.kernel.vault.models import Identity
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import process as p

pytestmark = pytest.mark.django_db
MANY, BY_THE_DOOR = 1000, int(os.environ.get("YANKAO_TEST_PLANTED", "12"))
NAME, MAIL, HOME = "龘鱻", "planted.example", "靐靐路"
NUMBERS = re.compile(rb"0977\d{6}|97755\d{4,6}|Q1977\d{5}")


def planted(number):
    return Person(
        f"{NAME}{number:04d}",
        "",
        f"09775{number:05d}",
        f"c{number}@{MAIL}",
        f"高雄市{HOME}{number}號",
        f"Q1977{number:05d}",
    )


def hits(told):
    """What of the planted persons stands in some bytes."""
    own = {f"09775{n:05d}".encode() for n in range(MANY)} | {f"Q1977{n:05d}".encode() for n in range(MANY)}
    own |= {f"97755{n:05d}"[:9].encode() for n in range(MANY)}
    words = [word for word in (NAME, MAIL, HOME) if word.encode() in told or word.encode("utf-16-be") in told]
    return words + sorted(set(NUMBERS.findall(told)) & own)


def dump():
    found = [connection.connection.serialize()] if connection.vendor == "sqlite" else []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table.startswith("search_") and connection.vendor == "sqlite":
                continue  # a virtual table, read with the file
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [
                    bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in row
                ]
    return b"\n".join(found)


@pytest.fixture
def city(desk, settings, tmp_path, caplog):
    """The thousand, some of whom came in by the door, were handled and were told."""
    settings.DATA = tmp_path
    settings.MESSAGES = dict.fromkeys(("email", "sms"), "yankao.kernel.outbox.page.driver")
    caplog.set_level(logging.DEBUG)
    logging.getLogger("yankao").propagate = True
    for number in range(BY_THE_DOOR):
        one = desk.received(petitioner=planted(number), confidential=number % 5 == 4)
    petition = desk.drafted(petitioner=planted(BY_THE_DOOR))
    petition = desk.do(petition, p.approve_reply, desk.cast.manager)
    desk.do(petition, p.send_reply, desk.cast.officer)
    keeping.keep_all((planted(number), one.case) for number in range(BY_THE_DOOR + 1, MANY))
    Worker().drain()
    assert Identity.objects.count() == MANY and Message.objects.count() > 2 * BY_THE_DOOR
    return desk


def test_the_search_for_planted_words_finds_them_where_they_are():
    assert (
        len(
            hits(
                repr(
                    [
                        getattr(planted(7), name)
                        for name in ("name", "mobile", "email", "address", "id_number")
                    ]
                ).encode()
            )
        )
        == 5
    )


def test_a_thousand_planted_persons_are_found_nowhere(city, client, caplog):
    assert hits(dump()) == []
    assert hits(caplog.text.encode()) == []
    assert hits(repr(list(Job.objects.values())).encode()) == []
    assert hits(repr(list(Message.objects.values())).encode()) == []
    rows = [*Identity.objects.all()[:50], *Message.objects.all(), *p.Petition.objects.all()]
    assert hits(serializers.serialize("json", rows).encode()) == []
    for who in (city.cast.rdec_chief, city.cast.officer, city.cast.auditor):
        client.force_login(who)
        for form in ("csv", "ods"):
            given = client.get(reverse("desk:export", args=["service.petitions", form]))
            told = b"".join(given)
            if form == "ods":
                told = zipfile.ZipFile(io.BytesIO(told)).read("content.xml")
            assert given.status_code == 200 and b"P101-0" in told and hits(told) == []
        for query in (NAME, "0977500007", f"c7@{MAIL}"):
            shown = client.get("/rooms/service.petitions/", {"q": query})
            assert shown.status_code == 200 and b"P101-0" not in shown.content.partition(b"<main")[2]


def test_what_anybody_may_read_and_programs_ask_names_none_of_them(city, client):
    kept = city.fault(petitioner=planted(3), received_at=timezone.now())
    texts = [
        b"".join(client.get(address))
        for address in ("/open-data/petitions-weekly.csv", "/open-data/petitions-weekly.json",
                        "/open-data/catalogue.jsonld", "/feeds/reports.atom", "/open311/v2/requests.json",
                        "/open311/v2/requests.xml", "/open311/v2/servicerequestupdates.json",
                        "/counter/petitions/map/")
    ]  # fmt: skip
    assert kept.case.number.encode() in b"".join(texts)
    text, _row = tokens.make(city.cast.rdec_chief, "試", scope="read")
    asked = {"Authorization": f"Bearer {text}"}
    numbers = p.Petition.objects.values_list("case__number", flat=True)
    for address in ("/api/rooms/service.petitions/cases/", *(f"/api/cases/{one}/" for one in numbers[:20])):
        given = client.get(address, headers=asked)
        assert given.status_code in (200, 404)
        texts.append(given.content)
    for query in (NAME, "0977500007", "Q197700007", f"c7@{MAIL}"):
        answer = client.get("/api/rooms/service.petitions/cases/", {"q": query}, headers=asked)
        assert answer.json()["cases"] == []
    feed, _row = tokens.make(city.cast.officer, "試", scope="feed")
    texts.append(client.get(f"/feeds/{feed}/deadlines.ics").content)
    assert hits(b"\n".join(texts)) == []
