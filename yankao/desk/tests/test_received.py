"""The incoming register: entered once, due by urgency, read by the own house, dealt with and answered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from examples.lost_property.process import process
from yankao.desk import worklist
from yankao.kernel.casework.process import Refused
from yankao.kernel.letters import receiving
from yankao.kernel.letters.kinds import Secrecy, Urgency
from yankao.kernel.letters.models import Received

pytestmark = pytest.mark.django_db
NEW = reverse("desk:received_new")


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def taken(cast: Any, **more: Any) -> Received:
    given = {"received_on": date(2012, 6, 8), "sender": "內政部", "title": "函轉法規修正", **more}
    return receiving.receive(cast.officer, cast.water, **given)


@pytest.mark.parametrize(
    ("urgency", "until"),
    [(Urgency.MOST_URGENT, date(2012, 6, 11)), (Urgency.URGENT, date(2012, 6, 13)),
     (Urgency.ORDINARY, date(2012, 6, 18))],
)  # fmt: skip
def test_a_letter_is_due_in_working_days_by_its_urgency(cast: Any, urgency: str, until: date) -> None:
    assert timezone.localtime(taken(cast, urgency=urgency).due_at).date() == until


def test_a_letter_is_entered_once_and_refusals_keep_what_was_typed(cast: Any) -> None:
    client = signed_in(cast.officer)
    given = {
        "agency": cast.water.pk, "received_on": "101/6/8", "sender": "內政部", "sender_number": "台內字第1號",
        "title": "函轉法規修正", "urgency": "ordinary", "secrecy": "", "key": "k" * 32,
    }  # fmt: skip
    given["secrecy"] = Secrecy.NONE
    for _twice in range(2):
        assert client.post(NEW, given).status_code == 302
    one = Received.objects.get()
    assert one.number == f"收{cast.water.code}-101-00001"
    again = client.post(NEW, {**given, "key": "l" * 32})
    assert again.status_code == 422 and "這份來文已登錄" in again.text and "函轉法規修正" in again.text
    other = {**given, "sender_number": "2", "key": "m" * 32}
    ahead = client.post(NEW, {**other, "received_on": "199/1/1"})
    assert ahead.status_code == 422 and "收文日期不能晚於今天" in ahead.text
    assert "沒有這個案號" in client.post(NEW, {**other, "case": "X1"}).text
    with pytest.raises(Refused, match="水利局"):
        receiving.receive(cast.works_officer, cast.water, received_on=date(2012, 6, 8), sender="x", title="y")
    with pytest.raises(ValidationError):
        taken(cast, dated=date(2012, 6, 9))


def test_the_register_is_the_own_house_s_and_restricted_letters_are_for_the_heads(cast: Any) -> None:
    open_one, secret = taken(cast), taken(cast, title="密件", secrecy=Secrecy.RESTRICTED)
    for person, seen in (
        (cast.officer, 2), (cast.controller, 1), (cast.head, 2), (cast.works_officer, 0), (cast.auditor, 1),
        (cast.councillor, 0),
    ):  # fmt: skip
        assert receiving.incoming(person).count() == seen, person
        page = signed_in(person).get(reverse("desk:letters_received")).text
        assert ("密件" in page) == (seen == 2) and (open_one.number in page) == bool(seen)
    assert signed_in(cast.controller).get(reverse("desk:received", args=[secret.pk])).status_code == 404
    assert signed_in(cast.works_officer).get(reverse("desk:received", args=[open_one.pk])).status_code == 404
    assert signed_in(cast.councillor).get(NEW).status_code == 404
    export = signed_in(cast.controller).get(reverse("desk:received_export", args=["csv"]))
    assert "密件" not in b"".join(export).decode()


def test_a_late_letter_stands_on_the_first_screen_until_it_is_dealt_with(cast: Any) -> None:
    one, client = taken(cast), signed_in(cast.officer)
    assert any(item["label"] == "收文逾期未辦" for item in worklist.first_items(cast.officer))
    place = reverse("desk:received", args=[one.pk])
    assert client.post(place, {"done_on": "101/6/1", "outcome": "存查"}).status_code == 422
    assert "不能查看" in client.post(place, {"done_on": "101/6/9", "outcome": "x", "answer": "y"}).text
    for _twice in range(2):
        assert client.post(place, {"done_on": "101/6/9", "outcome": "存查"}).status_code == 302
    one.refresh_from_db()
    assert (one.done_on, one.outcome, one.done_by) == (date(2012, 6, 9), "存查", cast.officer)
    assert not receiving.late(cast.officer).exists()


def test_a_letter_about_a_case_stands_on_its_page_and_is_found(cast: Any) -> None:
    case = process.open(
        cast.officer, title="皮夾", agency=cast.water, place="x", found_on=timezone.localdate()
    ).case
    one = taken(cast, case=case, received_on=timezone.localdate() - timedelta(days=1))
    client = signed_in(cast.officer)
    assert one.number in client.get(reverse("desk:case", args=[case.pk])).text
    listed = reverse("desk:letters_received")
    assert one.number in client.get(listed, {"q": f"內政部 {case.number}", "state": "open"}).text
    assert "沒有符合的收文" in client.get(listed, {"q": "財政部"}).text


def test_the_list_costs_the_same_whatever_its_length(cast: Any) -> None:
    client, place = signed_in(cast.officer), reverse("desk:letters_received")
    counts = []
    for more in (1, 9):
        for n in range(more):
            taken(cast, title=f"來文{n}")
        client.get(place)
        with CaptureQueriesContext(connection) as asked:
            assert "來文0" in client.get(place).text
        counts.append(len(asked))
    assert counts[0] == counts[1]
