"""A file holds exactly the list: same rows, same columns, typed, harmless, and noted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case
from yankao.kernel.sheets import read

LIST = "/rooms/examples.lost_property/"
type Many = Callable[..., list[Any]]


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_csv_and_ods_hold_the_same_rows_in_the_lists_order(client: Client, cast: Any, many: Many) -> None:
    many(230)
    client.force_login(cast.rdec_controller)
    query = "?agency=T-WATER&sort=due"
    csv = read(content(client.get(LIST + "export.csv" + query)), "list.csv")
    ods = read(content(client.get(LIST + "export.ods" + query)), "list.ods")
    rows = [row.cells[0] for row in csv.rows]
    wanted = Case.objects.filter(agency=cast.water).order_by(F("due_at").asc(nulls_last=True), "pk")
    assert rows == [row.cells[0] for row in ods.rows] == list(wanted.values_list("number", flat=True))


def test_an_export_reads_in_chunks_and_not_case_by_case(client: Client, cast: Any, many: Many) -> None:
    many(300)
    client.force_login(cast.rdec_controller)
    content(client.get(LIST + "export.csv"))
    with CaptureQueriesContext(connection) as caught:
        content(client.get(LIST + "export.csv"))
    assert len([q for q in caught if q["sql"].startswith("SELECT")]) <= 8


def test_a_title_that_looks_like_a_formula_does_not_run(client: Client, cast: Any, many: Many) -> None:
    many(1, title='=HYPERLINK("http://evil.example")')
    client.force_login(cast.rdec_controller)
    assert "'=HYPERLINK" in content(client.get(LIST + "export.csv")).decode("utf-8-sig")


def test_who_took_a_list_out_and_which_is_noted(client: Client, cast: Any, many: Many) -> None:
    many(1)
    client.force_login(cast.officer)
    client.get(LIST + "export.csv?agency=T-WATER")
    entry = Entry.objects.get(act="export")
    assert entry.actor == cast.officer and "agency=T-WATER" in entry.body


def test_the_work_lists_file_is_the_work_list(client: Client, cast: Any, many: Many) -> None:
    many(3, officer=cast.officer, agency=cast.water, due_at=timezone.now() + timedelta(days=2))
    many(3, officer=cast.colleague, agency=cast.water)
    client.force_login(cast.officer)
    lines = content(client.get("/work/export.csv?tab=mine")).decode("utf-8-sig").splitlines()
    assert lines[0] == "案號,案名,主辦機關,來源,期限,階段,承辦" and len(lines) == 4


def test_an_unknown_form_of_file_is_not_there(client: Client, cast: Any, many: Many) -> None:
    many(1)
    client.force_login(cast.officer)
    assert client.get(LIST + "export.exe").status_code == 404
