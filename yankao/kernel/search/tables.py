"""The index itself, as each database keeps it, and writing to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from .grams import stand_ins

_FTS5 = """
CREATE VIRTUAL TABLE search_grams USING fts5(
    grams, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
)
"""
# What one large transaction collects before it writes a segment; small ones write theirs at their end.
_ROOM = "INSERT INTO search_grams(search_grams, rank) VALUES ('hashsize', 33554432)"
BLOCK = 1 << 13
"""So many ids share a block. A question to PostgreSQL may name blocks: its index, which gives all hits at
once, then gives those of these blocks alone."""
BLOCK_OF = f"(ARRAY[id / {BLOCK}])"
GRAMS_OF = "search_grams_of(text, id)"
_SIGNS = {sign: other for sign, other in stand_ins().items() if sign.isprintable() and sign != " "}
# The tokens of `grams.tokens(grams.grams_of(text), letter)`, worked out by the database. Not for parallel
# workers: in their plans no estimate is of the whole (`guessed`).
_FUNCTION = """
CREATE FUNCTION search_grams_of(given text, place bigint) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT COST 100 AS $function$
SELECT array_to_tsvector(
    array_agg(letter || one) || array_agg(letter || one || next) FILTER (WHERE next NOT IN (' ', chr(10)))
) FROM (
    SELECT chr((256 + (place >> 48))::int) AS letter, one, lead(one) OVER () AS next
    FROM unnest(string_to_array(translate(given, $signs$SIGNS$signs$, 'OTHERS'), NULL)) one
) pairs WHERE one NOT IN (' ', chr(10))
$function$
""".replace("SIGNS", "".join(_SIGNS)).replace("OTHERS", "".join(_SIGNS.values()))
_GIN = f"CREATE INDEX search_grams_gin ON search_entry USING gin ({GRAMS_OF}, {BLOCK_OF})"
# The planner knows the commonest grams by their share, and by it we choose between index and walk.
_SHARES = "ALTER INDEX search_grams_gin ALTER COLUMN 1 SET STATISTICS 300"
# Put together of constants of this file alone; nothing from outside reaches it.
_VIEW = f"CREATE VIEW search_grams AS SELECT id AS rowid, {GRAMS_OF} AS search_grams FROM search_entry"  # noqa: S608
_NO_GIN = "DROP INDEX IF EXISTS search_grams_gin"


def forward(apps: Any, editor: Any) -> None:
    lite = editor.connection.vendor == "sqlite"
    for statement in (_FTS5, _ROOM) if lite else (_FUNCTION, _GIN, _SHARES, _VIEW):
        editor.execute(statement, params=None)


def back(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "sqlite":
        editor.execute("DROP TABLE IF EXISTS search_grams")
        return
    for statement in ("DROP VIEW search_grams", _NO_GIN, "DROP FUNCTION search_grams_of(text, bigint)"):
        editor.execute(statement)


type Row = tuple[int, Sequence[str]]
"""The id of an entry and its tokens."""


def written_by_us() -> bool:
    """Whether the index is ours to write: PostgreSQL keeps its own with the entries."""
    return connection.vendor == "sqlite"


def add(rows: Sequence[Row]) -> None:
    """Index entries that are not in it."""
    with connection.cursor() as cursor:
        sql = "INSERT INTO search_grams(rowid, grams) VALUES (%s, %s)"
        if len(rows) == 1:
            cursor.execute(sql, (rows[0][0], " ".join(rows[0][1])))
        else:
            cursor.executemany(sql, [(pk, " ".join(held)) for pk, held in rows])


def remove(rows: Sequence[Row]) -> None:
    """Take entries out of the index, which must be told the very tokens they went in with."""
    with connection.cursor() as cursor:
        told = [(pk, " ".join(held)) for pk, held in rows]
        cursor.executemany(
            "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', %s, %s)", told
        )


def clear() -> None:
    """An empty index, where the entries are gone."""
    if written_by_us():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_grams(search_grams) VALUES ('delete-all')")


def asked(held: Sequence[str]) -> str:
    """The question for texts with all of these tokens."""
    if connection.vendor == "sqlite":
        return " AND ".join([f'"{one}"' for one in held])
    return " & ".join([f"'{one}'" for one in held])


def guessed(held: Sequence[str]) -> tuple[float, float]:
    """How many entries PostgreSQL expects to hold all of these tokens, and to hold the rarest of them, by the
    shares it knows; it does not look. Tokens of one word keep company, so there may be more than the first.
    """
    one = "SELECT 1 FROM search_grams WHERE search_grams @@ %s::tsquery"
    asked_for = [asked(held), *([asked([token]) for token in held] if len(held) > 1 else ())]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT json) " + " UNION ALL ".join([one] * len(asked_for)), asked_for)
        told = cursor.fetchone()[0]
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    rows = [float(part["Plan Rows"]) for part in (plan["Plans"] if len(asked_for) > 1 else [plan])]
    return rows[0], min(rows[1:], default=rows[0])


@contextmanager
def filling() -> Iterator[None]:
    """Around a load into an empty index, inside its transaction: PostgreSQL's index is made once, at the end.

    An index that holds something already is left as it is.
    """
    if connection.vendor == "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM search_entry)")
        (held,) = cursor.fetchone()
        if not held:
            cursor.execute(_NO_GIN)
    yield
    with connection.cursor() as cursor:
        for statement in () if held else (_GIN, _SHARES, "ANALYZE search_entry"):
            cursor.execute(statement)
