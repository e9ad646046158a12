"""A connection kept open is looked at before each request, and only asked when something happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from yankao.kernel.postgres.base import DatabaseWrapper


@pytest.fixture
def kept(db: None) -> Iterator[Any]:
    if connection.vendor != "postgresql":
        # An embedded database has no server that could go away, and another backend than the one tested here.
        pytest.skip("about PostgreSQL: run with YANKAO_TEST_DB=postgres")
    one: BaseDatabaseWrapper = DatabaseWrapper(
        {**connection.settings_dict, "CONN_HEALTH_CHECKS": True}, "kept"
    )
    one.ensure_connection()
    yield one
    one.close()


def asked(one: Any) -> int:
    """Statements of the connection that the server has begun, by what it says of itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [one.connection.info.backend_pid])
        return cursor.fetchone()[0].count("SELECT 1")


def ended(one: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [one.connection.info.backend_pid])


def test_a_line_on_which_nothing_happened_is_used_without_asking(kept: Any) -> None:
    assert kept.is_usable() and asked(kept) == 0


def test_a_connection_whose_server_went_away_is_not_used(kept: Any) -> None:
    ended(kept)
    assert not kept.is_usable()


def test_after_a_fault_the_server_is_asked(kept: Any) -> None:
    kept.errors_occurred = True
    assert kept.is_usable() and asked(kept) == 1


def test_a_request_after_the_server_came_back_has_a_new_connection(kept: Any) -> None:
    before = kept.connection.info.backend_pid
    ended(kept)
    kept.close_if_unusable_or_obsolete()
    with kept.cursor() as cursor:
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)
    assert kept.connection.info.backend_pid != before


def test_a_notice_of_the_server_is_no_reason_to_part(kept: Any) -> None:
    with kept.cursor() as cursor:
        cursor.execute("LISTEN something")
    with psycopg.connect(**_address(kept), autocommit=True) as other:
        other.execute("NOTIFY something")
    assert kept.is_usable() and asked(kept) == 1


def _address(one: Any) -> dict[str, Any]:
    return {
        key: value
        for key, value in one.get_connection_params().items()
        if key in ("dbname", "user", "password", "host", "port")
    }


def test_a_planned_statement_is_read_once_whatever_the_size_of_its_numbers(kept: Any) -> None:
    for number in (1, 70_000, 2**40, None):
        with kept.planned() as cursor:
            cursor.execute("SELECT %s::bigint + 1, %s::text", [number, "x"])
            assert cursor.fetchone() == (number and number + 1, "x")
    with kept.cursor() as cursor:
        cursor.execute("SELECT count(*), max(generic_plans), max(custom_plans) FROM pg_prepared_statements")
        statements, generic, custom = cursor.fetchone()
    assert statements == 2  # nothing at all is of no type, and so another statement
    assert (generic, custom) == (3, 0)
