"""DATABASE_URL in all its forms, and the database the tests really run on."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from yankao.site.database import DatabaseAddress, database

EMBEDDED = Path("/data/yankao.sqlite3")


def test_without_an_address_the_embedded_database_serves_durably() -> None:
    found = database("", EMBEDDED)
    assert found["NAME"] == EMBEDDED
    assert found["ENGINE"] == "yankao.kernel.sqlite"
    assert found["CONN_MAX_AGE"] is None


def test_an_address_of_a_server_is_read_in_full() -> None:
    place = "us%40er:p%3Ass@db.example:6432/y%E7%A0%94"
    found = database(f"postgresql://{place}?sslmode=verify-full&conn_max_age=0", EMBEDDED)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "us@er",
        "p:ss",
        "db.example",
        "6432",
        "y研",
    )
    assert found["OPTIONS"] == {"sslmode": "verify-full"}
    assert found["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize("url", ["postgresql:///city?host=/run/pg", "postgres://%2Frun%2Fpg/city"])
def test_a_unix_socket_is_a_host(url: str) -> None:
    found = database(url, EMBEDDED)
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("/run/pg", "", "city")


def test_several_hosts_and_ipv6_are_taken() -> None:
    found = database("postgresql://yankao@a:5432,[::1]:5433/city?target_session_attrs=read-write", EMBEDDED)
    assert (found["HOST"], found["PORT"]) == ("a,::1", "5432,5433")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x/y",
        "yankao",
        "postgresql://host",
        "postgresql://host:port/x",
        "postgresql://host/x?conn_max_age=long",
    ],
)
def test_an_unreadable_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(DatabaseAddress, match="DATABASE_URL"):
        database(url, EMBEDDED)


@given(st.text(max_size=40))
def test_no_address_crashes_the_reading(rest: str) -> None:
    with contextlib.suppress(DatabaseAddress):
        assert database(f"postgresql://{rest}", EMBEDDED)["NAME"]


def test_the_tests_run_on_the_database_that_was_asked_for(db: None) -> None:
    kind = {"sqlite": "sqlite", "postgres": "postgresql"}[os.environ.get("YANKAO_TEST_DB", "sqlite")]
    assert connection.vendor == kind


@pytest.mark.django_db(transaction=True)
def test_a_flush_between_tests_empties_a_table_that_refuses_deletion() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id integer)")
        try:
            cursor.execute("INSERT INTO kept VALUES (1)")
            _refuse_deletion(cursor)
            with pytest.raises(Exception, match="append only"):
                cursor.execute("DELETE FROM kept")
            connection.ops.execute_sql_flush(["DELETE FROM kept"])
            cursor.execute("SELECT count(*) FROM kept")
            assert cursor.fetchone() == (0,)
            cursor.execute("INSERT INTO kept VALUES (2)")
            with pytest.raises(Exception, match="append only"):
                cursor.execute("DELETE FROM kept")
        finally:
            cursor.execute("DROP TABLE kept")


def _refuse_deletion(cursor: Any) -> None:
    if connection.vendor == "sqlite":
        cursor.execute(
            "CREATE TRIGGER keep BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )
        return
    cursor.execute(
        "CREATE OR REPLACE FUNCTION refuse_kept() RETURNS trigger AS "
        "$$ BEGIN RAISE EXCEPTION 'append only'; END $$ LANGUAGE plpgsql"
    )
    cursor.execute("CREATE TRIGGER keep BEFORE DELETE ON kept FOR EACH ROW EXECUTE FUNCTION refuse_kept()")
