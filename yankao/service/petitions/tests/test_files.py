"""Petitions go out into a table and come in again without loss, persons only as the vault allows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yankao.kernel.casework.docket import Security
from yankao.kernel.intake import take
from yankao.kernel.outbox.models import Message
from yankao.kernel.sheets import write_csv, write_ods
from yankao.kernel.sheets.reading import read
from yankao.kernel.vault import keeping
from yankao.kernel.vault.models import Reveal
from yankao.service.petitions import imports
from yankao.service.petitions.models import Category, Channel, Complexity, Kind, Nature, Petition

from .conftest import WANG, at

pytestmark = pytest.mark.django_db
WANTED = {one.code: one for one in imports.IMPORTS}
FACTS = (
    "kind", "channel", "received_at", "nature", "category_id", "service_id", "complexity", "language",
    "subject", "content", "place", "village_id", "longitude", "latitude", "reference", "read_back",
    "read_back_at",
)  # fmt: skip


def given_out(code, user, form):
    header, rows = WANTED[code].out(user)
    return b"".join(write_csv(header, rows)) if form == "csv" else write_ods(header, rows, "cases")


def facts():
    return {
        one.case.number: (
            one.case.district_id, one.case.security, one.case.title,
            *(getattr(one, name) for name in FACTS),
        )
        for one in Petition.objects.select_related("case")
    }  # fmt: skip


@pytest.fixture
def three(desk):
    """A letter with every sign that tables break on, a fault at a place, a confidential call read back."""
    desk.received(
        content='=1+1 第一行\n第二行，"引號"；\t跳格', subject="主旨, 有逗號", reference="府研字第0010號"
    )
    desk.fault(longitude=Decimal("120.284512"), latitude=Decimal("22.623456"))
    desk.received(
        kind=Kind.MAILBOX, channel=Channel.PHONE, read_back="shown", nature=Nature.REFORM, confidential=True,
        complexity=Complexity.COMPLEX, category=Category.objects.get(pk="suggestion"), language="en",
        received_at=at(desk_day(), 23, 59), read_back_at=at(desk_day(), 23, 59),
    )  # fmt: skip
    return desk


def desk_day():
    from datetime import date

    return date(2012, 12, 31)


def forgotten():
    """As in another installation: no case is known."""
    Message.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE casework_case SET number = 'X' || id")


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_petitions_go_out_and_come_in_again_without_loss(three, form):
    actor = three.cast.rdec_controller
    before, data = facts(), given_out("cases", actor, form)
    assert WANG.name.encode() not in data and len(before) == 3
    again = take(read(data, f"cases.{form}"), WANTED["cases"], actor)
    assert (again.kept, again.refused, facts()) == (3, [], before) and len(again.notes) == 3
    forgotten()
    outcome = take(read(data, f"cases.{form}"), WANTED["cases"], actor)
    assert (outcome.kept, outcome.refused) == (3, [])
    after = facts()
    assert {number: after[number] for number in before} == before
    assert not Message.objects.exists()


def test_persons_go_out_only_as_the_vault_allows_and_each_look_is_seen_by_the_petitioner(three):
    reader = three.cast.rdec_chief
    data = given_out("cases-with-persons", reader, "csv")
    assert WANG.name.encode() in data and WANG.mobile.encode() in data
    assert Reveal.objects.filter(actor=reader, purpose="transfer").count() == data.count(WANG.mobile.encode())
    masked = given_out("cases-with-persons", three.cast.rdec_controller, "csv")
    assert (
        WANG.name.encode() not in masked
        and Reveal.objects.filter(actor=three.cast.rdec_controller).count() == 0
    )
    forgotten()
    take(read(data, "c.csv"), WANTED["cases-with-persons"], three.cast.rdec_controller)
    kept = [one.petitioner for one in Petition.objects.exclude(case__number__startswith="X")]
    assert WANG in [keeping.unsealed(one) for one in kept if one]


def test_a_row_that_says_otherwise_than_the_case_of_its_number_comes_back(three):
    data = given_out("cases", three.cast.rdec_controller, "csv").decode("utf-8-sig")
    outcome = take(
        read(data.replace("第二行", "別的話").encode(), "c.csv"), WANTED["cases"], three.cast.rdec_controller
    )
    assert outcome.kept == 2 and "陳情內容" in str(outcome.refused[0].problems[0])


def test_what_is_sealed_stays_sealed_and_no_file_lowers_it(three):
    three.received(category=Category.objects.get(pk="conduct"))
    assert "P101" in given_out("cases", three.cast.rdec_controller, "csv").decode()
    numbers = Petition.objects.filter(case__security=Security.SECRET).values_list("case__number", flat=True)
    assert not any(one in given_out("cases", three.cast.rdec_controller, "csv").decode() for one in numbers)
    head = "案號,案件類別,受理管道,受理時間,安全等級,案件分類,陳情內容"
    row = f"{head}\nP90-000001,人民陳情,書信,2012-01-04T10:00,公開,conduct,舉發"
    take(read(row.encode(), "c.csv"), WANTED["cases"], three.cast.rdec_controller)
    assert Petition.objects.get(case__number="P90-000001").case.security == Security.SECRET


def test_a_file_of_many_asks_no_more_for_each_row(three):
    given_out("cases", three.cast.rdec_controller, "csv")
    with CaptureQueriesContext(connection) as few:
        given_out("cases", three.cast.rdec_controller, "csv")
    three.received()
    with CaptureQueriesContext(connection) as more:
        given_out("cases", three.cast.rdec_controller, "csv")
    assert len(more) == len(few)
