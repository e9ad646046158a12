"""What the planner knows of the tables, and who hears of it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from django.db import connection, connections

from yankao.kernel import planner
from yankao.kernel.casework.models import Sequence

pytestmark = pytest.mark.django_db(transaction=True)
KNOWN = {
    "sqlite": "SELECT stat FROM sqlite_stat1 WHERE tbl = 'casework_sequence'",
    "postgresql": "SELECT reltuples FROM pg_class WHERE relname = 'casework_sequence'",
}


def known() -> int:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN[connection.vendor])
        (told,) = cursor.fetchone()
    return int(str(told).split(".")[0].split()[0])


def test_the_planner_learns_how_full_the_tables_are() -> None:
    Sequence.objects.bulk_create([Sequence(code=f"planner:{n}") for n in range(300)])
    planner.learn()
    assert known() == 300
    Sequence.objects.all().delete()
    Sequence.objects.bulk_create([Sequence(code=f"planner:{n}") for n in range(7)])
    planner.learn()
    assert known() == 7


def way(other: sqlite3.Connection) -> str:
    """How a connection that was open all the time goes about a question; a read of it comes first, for only
    a read looks whether the schema changed."""
    sql = "SELECT last FROM casework_sequence WHERE last = 5 AND mark = 'one'"
    other.execute(sql).fetchall()
    return str(other.execute(f"EXPLAIN QUERY PLAN {sql} /* {id(object())} */").fetchall()[0][3])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's counts are read by each statement")
def test_connections_that_are_open_hear_of_it(tmp_path: Path) -> None:
    place = str(tmp_path / "shared.sqlite3")
    with sqlite3.connect(place) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode = WAL")
        copy.execute("ALTER TABLE casework_sequence ADD COLUMN mark TEXT DEFAULT 'one'")
        copy.execute("CREATE INDEX by_last ON casework_sequence(last)")
        copy.execute("CREATE INDEX by_mark ON casework_sequence(mark)")
        rows = [(f"planner:{n}", n) for n in range(2000)]
        copy.executemany("INSERT INTO casework_sequence (code, last) VALUES (?, ?)", rows)
    kept = connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = place

    def learn() -> None:
        try:
            planner.learn()
        finally:
            connection.close()

    def in_a_thread() -> None:
        thread = threading.Thread(target=learn)
        thread.start()
        thread.join(60)

    try:
        in_a_thread()
        assert "by_last" in way(copy)
        copy.execute("UPDATE casework_sequence SET last = 5, mark = code")
        copy.commit()
        assert "by_last" in way(copy)
        in_a_thread()
        assert "by_mark" in way(copy)
    finally:
        connections.settings["default"]["NAME"] = kept
        copy.close()
