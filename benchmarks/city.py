"""A city of so many cases, written by the database itself, and people who look at it.

The same rows in every run. The secondary indexes are made after the rows: a million rows go in four times as
fast, and PostgreSQL's indexes come out as dense as a restored backup's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KIND = "examples.lost_property"
AGENCIES, PEOPLE = 33, 2000
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
MIXED = "((i * 7919 + 104729 * (i % 97)) % {by})"
"""A fixed shuffle, so that neighbours differ."""

AGENCY_ROWS = (
    "INSERT INTO people_agency (id, code, name, name_en, first_level, is_commission, valid_from) "
    "SELECT i, 'B' || i, '第' || i || '局', 'Bureau ' || i, true, i = 33, '2000-01-01' FROM n"
)
PEOPLE_ROWS = (
    "INSERT INTO people_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined, "
    "name, name_en, language, demo, sort_key, search_keys) SELECT i, '!', false, 'u' || i, '', false, true, "
    "'2020-01-01 00:00:00', '林' || i, '', 'zh-hant', false, '', '' FROM n"
)
CASE_ROWS = (
    "INSERT INTO casework_case (id, number, kind, title, agency_id, officer_id, stage, opened_on, due_at, "
    "closed_on, security) SELECT i, '拾' || i, '{kind}', '捷運車站拾得皮夾雨傘鑰匙等物品第' || i || '件', "
    "{agency}, {officer}, "
    "CASE WHEN {opened} THEN CASE WHEN i % 3 = 0 THEN 'noticed' ELSE 'kept' END "
    "WHEN i % 4 = 0 THEN 'fallen' ELSE 'returned' END, {day}, CASE WHEN {opened} THEN {due} END, "
    "CASE WHEN {opened} THEN NULL ELSE {closed} END, 'agency' FROM n"
)
RECORD_ROWS = (
    "INSERT INTO lost_property_find (case_id, place, found_on, fell_to, noticed_on) SELECT i, "
    "CASE WHEN i % 1000 = 0 THEN '港口' WHEN i % 3 = 0 THEN '市場' ELSE '車站' END, {day}, "
    "CASE WHEN i % 4 = 0 THEN '市庫' || CAST(i % 7 AS text) ELSE '' END, "
    "CASE WHEN {opened} THEN NULL ELSE {day} END FROM n"
)


@contextmanager
def indexes_afterwards(*more: Any) -> Iterator[None]:
    """The docket (and `more` tables) without secondary indexes for the length of the block."""
    from django.db import connection

    from yankao.kernel.casework.models import Case

    pairs = [(model, index) for model in (Case, *more) for index in model._meta.indexes]
    with connection.schema_editor() as editor:
        for model, index in pairs:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in pairs:
            editor.add_index(model, index)


def shares(count: int) -> dict[str, str]:
    """How agencies, officers, days and states lie over row `i` of `count`, in the database's own words."""
    from django.db import connection

    lite = connection.vendor == "sqlite"

    def day(age: str) -> str:
        back = f"date('2026-11-23', '-' || ({age}) || ' days')"
        return back if lite else f"date '2026-11-23' - ({age})::int"

    ahead = "i % 60 - 20"
    due = f"datetime('2026-11-23 09:59:59', '+' || ({ahead}) || ' days')"
    if not lite:
        due = f"timestamptz '2026-11-23 09:59:59+00' + ({ahead}) * interval '1 day'"
    age = f"({count} - i) * 5475 / {count}"
    return {
        "opened": f"i > {count} - {count} * 3 / 100 AND i % 5 > 0 OR i % 400 = 0",
        # One bureau has a third of everything, as public works has, so that two filters still leave two
        # thousand pages.
        "agency": f"CASE WHEN i % 3 = 1 THEN 5 ELSE {MIXED.format(by=AGENCIES)} + 1 END",
        "officer": MIXED.format(by=PEOPLE) + " + 1",
        "day": day(age),
        "closed": day(age + " * 9 / 10"),
        "due": due,
    }


def fill(count: int) -> None:
    """`count` cases over fifteen years, three in a hundred open, each with its record."""
    from django.db import connection, transaction

    lite = connection.vendor == "sqlite"
    told = {"kind": KIND, **shares(count)}
    with indexes_afterwards(), transaction.atomic(), connection.cursor() as cursor:
        if not lite:
            cursor.execute("SET LOCAL session_replication_role = replica")  # the rows name only each other
        cursor.execute(NUMBERS.format(count=AGENCIES) + AGENCY_ROWS)
        cursor.execute(NUMBERS.format(count=PEOPLE) + PEOPLE_ROWS)
        cursor.execute(NUMBERS.format(count=count) + CASE_ROWS.format(**told))
        cursor.execute(NUMBERS.format(count=count) + RECORD_ROWS.format(**told))
    with connection.cursor() as cursor:
        if not lite:
            for table in ("people_agency", "people_user", "casework_case"):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                )
            cursor.execute("VACUUM ANALYZE casework_case")
            cursor.execute("VACUUM ANALYZE lost_property_find")
        cursor.execute("ANALYZE")


def controller() -> Any:
    """A controller of the commission, who sees every case."""
    from yankao.kernel.people.models import Agency, Post, Role, User

    user = User.objects.create(username="bench", name="王小明")
    Post.objects.create(user=user, agency=Agency.objects.get(code="B33"), role=Role.RDEC_CONTROLLER)
    return user


def clerk() -> Any:
    """An officer of two bureaus, who sees only their cases."""
    from yankao.kernel.people.models import Agency, Post, Role, User

    user = User.objects.create(username="clerk", name="林怡君")
    for code in ("B5", "B7"):
        Post.objects.create(user=user, agency=Agency.objects.get(code=code), role=Role.OFFICER)
    return user
