"""Two writers at the same moment: no number twice, none left out. On PostgreSQL, and on SQLite in a file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from yankao.kernel.letters import issuing
from yankao.kernel.letters.models import Dispatch

from . import samples
from .conftest import DAY
from .test_writing import GIVEN, needs_fonts

pytestmark = [pytest.mark.django_db(transaction=True), needs_fonts]


@pytest.fixture
def shared(finds: list[Any], tmp_path: Path) -> Any:
    """A database that threads share: the server's, or a file with what is in memory."""
    if connection.vendor == "postgresql":
        yield
        return
    with sqlite3.connect(tmp_path / "shared.sqlite3") as copy:
        connection.connection.backup(copy)
    copy.close()
    kept = connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = str(tmp_path / "shared.sqlite3")
    yield
    connections.settings["default"]["NAME"] = kept


def together(finds: list[Any], actor: Any, keys: list[str]) -> list[tuple[Any, ...]]:
    """Each key's letters by a thread of its own; every row as the database has it in the end."""
    start, told = threading.Barrier(len(keys)), []

    def run(key: str) -> None:
        try:
            start.wait(20)
            for at, find in enumerate(finds):
                issuing.issue(samples.reminder, find, actor, GIVEN["reminder"], dated=DAY, key=f"{key}:{at}")
        except Exception as error:
            told.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert told == []
    rows: list[tuple[Any, ...]] = []

    def read() -> None:
        rows.extend(Dispatch.objects.order_by("seq").values_list("seq", "number"))
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    reader.join(60)
    return rows


def test_two_writers_share_a_series_without_gap_or_double(finds: list[Any], house: Any, shared: None) -> None:
    rows = together(finds, house.rdec_controller, ["a", "b"])
    assert [seq for seq, _number in rows] == [1, 2, 3, 4, 5, 6]
    assert len({number for _seq, number in rows}) == 6


def test_two_writers_with_one_request_make_one_letter(finds: list[Any], house: Any, shared: None) -> None:
    rows = together(finds, house.rdec_controller, ["same", "same"])
    assert [seq for seq, _number in rows] == [1, 2, 3]
