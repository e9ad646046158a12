"""A cost sheet that is off by one dollar is refused by form, interface, file and the database itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from yankao.api.tests.conftest import Program
from yankao.kernel.intake import take
from yankao.kernel.money.split import YearRow
from yankao.kernel.sheets import read, write_csv, write_ods

from .. import process as way
from ..imports import IMPORTS
from ..models import Cost, Proposal
from .conftest import SHEET, YEAR, Desk

D = Decimal
pytestmark = pytest.mark.django_db
OFF = [YearRow(116, D(60_000_001), city_general=D(45_000_000), central_general=D(15_000_000))]
IMPORT, ANSWERS = IMPORTS


def test_a_sheet_that_sums_is_kept_by_year_and_source(desk: Desk) -> None:
    proposal = desk.costed()
    assert proposal.total == 80_000_000
    assert list(proposal.costs.standing().values_list("year", "source", "amount")) == [
        (116, "central_general", 15_000_000), (116, "city_general", 45_000_000),
        (117, "city_general", 20_000_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "years", "field", "words"),
    [
        (D(60_000_001), OFF, "years", "差-1元"),
        (D(79_999_999), SHEET, "total", "差+1元"),
        (D(1), [], "total", "差-1元"),
        (D(20_000_000), SHEET[1:], "years", "應包括計畫年度116年度"),
    ],
)
def test_the_move_refuses_what_does_not_sum_and_says_by_how_much(
    desk: Desk, total: Decimal, years: list[YearRow], field: str, words: str
) -> None:
    proposal = desk.opened()
    with pytest.raises(ValidationError) as refused:
        way.state_cost(proposal, desk.cast.officer, total=total, years=years)
    assert list(refused.value.message_dict) == [field]
    assert words in str(refused.value)
    assert not Cost.objects.exists()


def test_a_new_sheet_ends_the_old_one_and_keeps_it(desk: Desk) -> None:
    proposal = desk.costed()
    way.state_cost(proposal, desk.cast.officer, total=D(50_000_000),
                   years=[YearRow(116, D(50_000_000), city_fund=D(50_000_000))])  # fmt: skip
    assert list(proposal.costs.standing().values_list("source", "amount")) == [("city_fund", 50_000_000)]
    assert proposal.costs.exclude(until=None).count() == 3


def test_the_form_refuses_it_and_keeps_what_was_typed(desk: Desk, client: Any) -> None:
    proposal = desk.opened()
    client.force_login(desk.cast.officer)
    page = client.get(reverse("desk:move", args=[proposal.pk, "state_cost"]))
    assert page.status_code == 200
    body = page.content.decode()
    assert "分年經費需求" in body
    given = {
        "total": "60000001", "years-TOTAL_FORMS": "1", "years-INITIAL_FORMS": "0", "years-0-year": "116",
        "years-0-total": "60,000,001", "years-0-city_general": "4500萬",
        "years-0-central_general": "15000000",
        "years-0-central_general_grant": "0", "years-0-city_fund": "0", "years-0-central_special": "0",
        "years-0-private": "0", "years-0-other": "0",
    }  # fmt: skip
    answer = client.post(page.wsgi_request.path, given)
    assert answer.status_code == 422
    assert "差-1元" in answer.content.decode() and "4500萬" in answer.content.decode()
    assert not Cost.objects.exists()
    given |= {"total": "6000萬", "years-0-total": "60,000,000"}
    assert client.post(page.wsgi_request.path, given).status_code in (302, 303)
    proposal.refresh_from_db()
    assert proposal.total == 60_000_000


def test_the_programming_interface_refuses_it(desk: Desk) -> None:
    proposal = desk.opened()
    row = {"year": 116, "total": "60000001", "city_general": "45000000", "central_general": "15000000"}
    address = f"/cases/{proposal.pk}/moves/state_cost/"
    program = Program(desk.cast.officer)
    answer = program.post(address, {"total": "60000001", "years": [row]})
    assert answer.status_code == 422, answer.content
    assert "差-1元" in answer.content.decode()
    assert not Cost.objects.exists()
    good = {"total": "60000000", "years": [{**row, "total": "60000000"}]}
    assert program.post(address, good, key="sheet-of-proposal").status_code == 200
    assert program.post(address, good, key="sheet-of-proposal").status_code == 200
    assert Cost.objects.count() == 2


# ── The database itself ─────────────────────────────────────────────────────────────────────────────

BARE = [
    "UPDATE proposals_cost SET amount = amount + 1 WHERE year = 117",
    "DELETE FROM proposals_cost WHERE year = 117",
    "UPDATE proposals_cost SET until = since WHERE year = 117",
    "UPDATE proposals_proposal SET total = total - 1",
    "UPDATE proposals_proposal SET total = NULL WHERE submitted_on IS NULL",
    "UPDATE proposals_proposal SET allowed_total = 5",
]


@pytest.mark.parametrize("statement", BARE)
def test_bare_sql_that_leaves_a_sheet_out_of_balance_cannot_be_committed(desk: Desk, statement: str) -> None:
    desk.costed()
    with pytest.raises(IntegrityError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.check_constraints()


def test_bare_sql_may_pass_through_imbalance_within_a_transaction(desk: Desk) -> None:
    proposal = desk.costed()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE proposals_cost SET amount = amount + 7 WHERE year = 117")
        cursor.execute("UPDATE proposals_proposal SET total = total + 7")
    connection.check_constraints()
    proposal.refresh_from_db()
    assert proposal.total == 80_000_007


@pytest.mark.django_db(transaction=True)
def test_the_commit_itself_is_refused(desk: Desk) -> None:
    desk.costed()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE proposals_cost SET amount = amount + 1 WHERE year = 117")
    assert sum(Cost.objects.values_list("amount", flat=True)) == 80_000_000


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────


def taken_out(user: Any, form: str) -> bytes:
    header, rows = IMPORT.out(user)
    return b"".join(write_csv(header, rows)) if form == "csv" else write_ods(header, rows, title="先期作業")


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_what_is_taken_out_can_be_taken_in_again_without_loss(desk: Desk, form: str) -> None:
    cast = desk.cast
    proposal = desk.costed(
        plan_no="WR-001", place="七賢三路", longitude=D("120.284"), latitude=D("22.624"), mandate="府函第1號"
    )
    way.describe(proposal, cast.officer, benefits="減少淹水5公頃", goal="宜居城市", risks="用地",
                 recurrent=D(500_000), self_liquidating=D("12.5"))  # fmt: skip
    way.rank_in_agency(proposal, cast.controller, agency_rank=2)
    data = taken_out(cast.rdec_controller, form)
    again = take(read(data, f"x.{form}"), IMPORT, cast.rdec_controller)
    assert (again.read, again.kept, again.refused) == (2, 2, [])
    assert Proposal.objects.count() == 1 and "未再新增" in again.notes[0]
    before = data
    renamed = data.replace(b"WR-001", b"WR-002") if form == "csv" else None
    if renamed is None:
        return
    outcome = take(read(renamed, "x.csv"), IMPORT, cast.rdec_controller)
    assert (outcome.kept, outcome.refused) == (2, [])
    copy = Proposal.objects.get(plan_no="WR-002")
    same = ("total", "kind", "place", "longitude", "latitude", "mandate", "benefits", "risks", "recurrent",
            "self_liquidating", "goal", "purpose", "continuing", "central", "year",
            "agency_rank")  # fmt: skip
    proposal.refresh_from_db()
    assert {n: getattr(copy, n) for n in same} == {n: getattr(proposal, n) for n in same}
    rows = taken_out(cast.rdec_controller, "csv").splitlines()
    assert [row for row in rows if b"WR-001" in row] == [
        row for row in before.splitlines() if b"WR-001" in row
    ]


def sheet(*rows: dict[str, Any]) -> Any:
    facts = {"計畫年度": YEAR, "計畫名稱": "新計畫", "主辦機關": "水利局", "計畫類別": "公共建設計畫",
             "計畫目標與內容": "目標", "總經費": "80000000"}  # fmt: skip
    table = [{**facts, **row} for row in rows]
    header = list(dict.fromkeys(name for row in table for name in row))
    lines = [[str(row.get(name, "")) for name in header] for row in table]
    return read(b"".join(write_csv(header, lines)), "x.csv")


def test_a_file_whose_rows_do_not_sum_comes_back_whole_with_the_difference(desk: Desk) -> None:
    first = {"機關計畫編號": "A", "經費年度": 116, "市公務預算": "60000000", "年度合計": "60000000"}
    last = {"機關計畫編號": "A", "經費年度": 117, "市公務預算": "19999999", "年度合計": "19999999"}
    outcome = take(sheet(first, last), IMPORT, desk.cast.rdec_controller)
    assert (outcome.read, outcome.kept, len(outcome.refused)) == (2, 0, 2)
    assert "差-1元" in str(outcome.refused[0].problems[0])
    assert not Proposal.objects.exists()


def test_a_file_that_differs_from_what_is_on_record_comes_back(desk: Desk) -> None:
    good = {"機關計畫編號": "A", "經費年度": 116, "市公務預算": "80000000", "年度合計": "80000000"}
    assert take(sheet(good), IMPORT, desk.cast.rdec_controller).kept == 1
    other = take(sheet({**good, "計畫名稱": "別的"}), IMPORT, desk.cast.rdec_controller)
    assert "請在案件上更正" in str(other.refused[0].problems[0])
    moved = take(
        sheet({**good, "市公務預算": "0", "民間投資": "80000000"}), IMPORT, desk.cast.rdec_controller
    )
    assert "分年經費不同" in str(moved.refused[0].problems[0])
    assert Cost.objects.count() == 1


def test_answers_of_the_form_check_go_out_and_come_in_again_without_loss(desk: Desk) -> None:
    proposal, staff = desk.answered(), desk.cast.rdec_controller
    before = list(proposal.answers.values_list("question", "answer", "note"))
    head, rows = ANSWERS.out(staff)
    data = b"".join(write_csv(head, rows))
    assert take(read(data, "a.csv"), ANSWERS, staff).kept == len(before)
    assert proposal.answers.count() == len(before)
    proposal.answers.all().delete()
    take(read(data, "a.csv"), ANSWERS, staff)
    assert sorted(proposal.answers.values_list("question", "answer", "note")) == sorted(before)
    gone = data.decode("utf-8-sig").replace(proposal.case.number, "X-1")
    assert "沒有這個計畫編號" in str(take(read(gone.encode(), "a.csv"), ANSWERS, staff).refused[0].problems)
