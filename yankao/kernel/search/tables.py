"""The index itself, as each database keeps it, and writing to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

_FTS5 = """
CREATE VIRTUAL TABLE search_grams USING fts5(
    grams, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
)
"""
# What one large transaction collects before it writes a segment; small ones write theirs at their end.
_ROOM = "INSERT INTO search_grams(search_grams, rank) VALUES ('hashsize', 33554432)"
_TSVECTOR = "CREATE TABLE search_grams (rowid bigint PRIMARY KEY, search_grams tsvector NOT NULL)"
# The planner knows the commonest grams by their share, and by it chooses between index and walk.
_SHARES = "ALTER TABLE search_grams ALTER COLUMN search_grams SET STATISTICS 1000"
BLOCK = 1 << 13
"""So many ids share a block. A question to PostgreSQL may name blocks: its index, which gives all hits at
once, then gives those of these blocks alone."""
BLOCK_OF = f"(ARRAY[rowid / {BLOCK}])"
_GIN = f"CREATE INDEX search_grams_gin ON search_grams USING gin (search_grams, {BLOCK_OF})"
_NO_GIN = "DROP INDEX IF EXISTS search_grams_gin"


def forward(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "sqlite":
        for statement in (_FTS5, _ROOM):
            editor.execute(statement, params=None)
        return
    for statement in (_TSVECTOR, _SHARES, _GIN):
        editor.execute(statement, params=None)


def index_anew(editor: Any) -> None:
    """PostgreSQL's index as it is made now, in place of the one that is there."""
    for statement in (_NO_GIN, _GIN, "ANALYZE search_grams"):
        editor.execute(statement, params=None)


def back(apps: Any, editor: Any) -> None:
    editor.execute("DROP TABLE IF EXISTS search_grams")


type Row = tuple[int, Sequence[str]]
"""The id of an entry and its tokens."""


def add(rows: Sequence[Row], *, fresh: bool) -> None:
    """Index entries. Those PostgreSQL has already are replaced, unless they are said to be fresh."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            sql = "INSERT INTO search_grams(rowid, grams) VALUES (%s, %s)"
            if len(rows) == 1:
                cursor.execute(sql, (rows[0][0], " ".join(rows[0][1])))
            else:
                cursor.executemany(sql, [(pk, " ".join(held)) for pk, held in rows])
        elif fresh and len(rows) > 1:
            with cursor.copy("COPY search_grams (rowid, search_grams) FROM STDIN") as stream:
                for pk, held in rows:
                    stream.write_row((pk, _written(held)))
        else:
            sql = (
                "INSERT INTO search_grams(rowid, search_grams) VALUES (%s, %s::tsvector) "
                "ON CONFLICT (rowid) DO UPDATE SET search_grams = EXCLUDED.search_grams"
            )
            cursor.executemany(sql, [(pk, _written(held)) for pk, held in rows])


def _written(held: Sequence[str]) -> str:
    """Tokens as a tsvector is written; they hold no mark that would need another."""
    return " ".join([f"'{one}'" for one in held])


def remove(rows: Sequence[Row]) -> None:
    """Take entries out of the index; SQLite must be told the very tokens they went in with."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            told = [(pk, " ".join(held)) for pk, held in rows]
            sql = "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', %s, %s)"
            cursor.executemany(sql, told)
            return
        cursor.execute("DELETE FROM search_grams WHERE rowid = ANY(%s)", [[pk for pk, _held in rows]])


def clear() -> None:
    """An empty index."""
    lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO search_grams(search_grams) VALUES ('delete-all')"
            if lite
            else "DELETE FROM search_grams"
        )


def asked(held: Sequence[str]) -> str:
    """The question for texts with all of these tokens."""
    if connection.vendor == "sqlite":
        return " AND ".join([f'"{one}"' for one in held])
    return " & ".join([f"'{one}'" for one in held])


def guessed(question: str) -> float:
    """How many entries PostgreSQL expects to fit, by the shares of tokens it knows; it does not look."""
    with connection.cursor() as cursor:
        sql = "EXPLAIN (FORMAT json) SELECT 1 FROM search_grams WHERE search_grams @@ %s::tsquery"
        cursor.execute(sql, [question])
        told = cursor.fetchone()[0]
    return float((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]["Plan Rows"])


@contextmanager
def filling() -> Iterator[None]:
    """Around a load into an empty index, inside its transaction: PostgreSQL's index is made once, at the end.

    An index that holds something already is left as it is.
    """
    if connection.vendor == "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM search_grams)")
        (held,) = cursor.fetchone()
        if not held:
            cursor.execute(_NO_GIN)
    yield
    with connection.cursor() as cursor:
        for statement in () if held else (_GIN, "ANALYZE search_grams"):
            cursor.execute(statement)
