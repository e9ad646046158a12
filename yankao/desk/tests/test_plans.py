"""Every question of a page goes through an index of the docket: nothing in them passes over the cases.

A page over some hundred cases is quick whatever it asks; the plan tells what it would cost at a million.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from yankao.kernel.casework.models import Case, Link

type Many = Callable[..., list[Any]]
EXAMPLE = "examples.lost_property"


def whole_docket(step: str, sql: str) -> bool:
    """Whether a step of a plan reads the cases one after the other. An index of the open ones may be
    walked.
    """
    words = step.split()
    if words[0] != "SCAN":
        return False
    if "INDEX" in words:
        index = words[words.index("INDEX") + 1]
        return index.startswith("case_") and not index.startswith("case_open")
    called = words[1]
    return called == "casework_case" or set(re.findall(rf'"(\w+)" "{called}"', sql)) == {"casework_case"}


def passes(client: Client, address: str) -> list[str]:
    """The steps of the page's queries that pass over the docket."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    client.get(address)
    with connection.execute_wrapper(note):
        assert client.get(address).status_code == 200
    found = []
    for sql, params in asked:
        if sql.startswith("SELECT") and "casework_case" in sql:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                found += [row[-1] for row in cursor.fetchall() if whole_docket(row[-1], sql)]
    return found


@pytest.fixture
def docket(cast: Any, many: Many) -> list[Any]:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads small tables whole; the plans are looked at on SQLite")
    cases = many(60, officer=cast.officer, agency=cast.water)
    Link.objects.create(source_id=cases[0].pk, target_id=cases[1].pk, kind=Link.Kind.SEE_ALSO)
    return cases  # never counted by ANALYZE: SQLite then plans for a million rows


@pytest.mark.parametrize("who", ["officer", "controller", "head"])
@pytest.mark.parametrize(
    "address",
    [
        "/cases/{pk}/",
        f"/rooms/{EXAMPLE}/board/",
        "/work/",
        "/work/?tab=review",
        "/work/?tab=open",
        "/work/?tab=closed",
        "/work/?tab=given",
        f"/rooms/{EXAMPLE}/",
        f"/rooms/{EXAMPLE}/?stage=kept&sort=due",
    ],
)
def test_no_page_passes_over_the_docket(
    client: Client, cast: Any, docket: list[Any], who: str, address: str
) -> None:
    if not hasattr(cast, who):
        pytest.skip(f"the cast has no {who}")
    client.force_login(getattr(cast, who))
    assert passes(client, address.format(pk=docket[0].pk)) == []


def test_a_pass_over_the_docket_would_be_found(docket: list[Any]) -> None:
    titled = Case.objects.filter(title="皮夾").values("pk")
    for query in (titled, Link.objects.filter(target__in=titled).values("pk")):
        sql, params = query.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            assert any(whole_docket(row[-1], sql) for row in cursor.fetchall())
