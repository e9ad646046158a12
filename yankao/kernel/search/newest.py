"""The newest hits that may be seen: where the words are many, found without looking at all of them.

SQLite gives the hits of its index one by one, the newest first, and is asked for the next only as long as
more are wanted. PostgreSQL's index gives all hits of a question at once, which is well where they are few.
Of words that may be common the newest texts are read through first, where they soon fill the answer; then the
index is asked for stretches of ids, each as long as the hits met so far say that it must be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from .. import prepared
from ..prepared import Text
from . import tables
from .corpus import STRETCH
from .tables import BLOCK, BLOCK_OF, GRAMS_OF

if TYPE_CHECKING:
    from .find import Asked

LOOKED_THROUGH = 5000
"""So many of the newest hits are looked through for what may be seen; then, instead, what may be seen."""
AT_ONCE = 200
"""Hits SQLite is asked for in one go."""
READ = 6000
"""Ids whose texts are read through on PostgreSQL before its index is asked."""
HITS = 3000
"""So many hits are cheaply had at once; more are asked for by stretches of ids."""
LEAST_HITS = 100
"""Hits a stretch is meant to have at least."""
FIRST, FARTHEST = 8, 32
"""Blocks in the first stretch at most, when what is known of the words is a guess, and in any other."""
SPARE = 1.3

type Hits = list[tuple[int, str]]
"""Ids of entries and their texts, the newest first."""


def newest(asked: Asked, seen: Q, limit: int) -> tuple[Hits, bool]:
    """So many of the newest hits whose records may be seen, and whether these are they: False where few of
    the many hits looked through may be seen.
    """
    try:
        record = _record(asked, seen)
    except EmptyResultSet:
        return [], True
    found = _streamed if connection.vendor == "sqlite" else _stretched
    return found(asked, record, limit)


def _record(asked: Asked, seen: Q) -> Text:
    """The query for the record of an entry (`hit.rowid`), empty where it may not be seen."""
    model: type[Model] = asked.corpus.model
    # The corpus's base is a number of ours; the ORM has no other word for a row of the query around it.
    key = RawSQL(f"hit.rowid - {asked.corpus.base}" if asked.corpus.base else "hit.rowid", ())  # noqa: S611

    def build(where: Q) -> QuerySet[Any]:
        return model._default_manager.filter(where, pk=key).order_by().values_list("pk")

    try:
        shape, values = prepared.shape(seen)
    except prepared.Unplain:
        return Text(*build(seen).query.sql_with_params())
    name = (__name__, asked.corpus.number, shape)
    text = prepared.text(name, values, lambda given: build(prepared.filled(seen, iter(given))))
    if text is None:
        raise EmptyResultSet
    return text


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────────────


def _streamed(asked: Asked, record: Text, limit: int) -> tuple[Hits, bool]:
    # Our own names and the ORM's text of who may see go into the SQL; every value stays a parameter.
    question, *long = asked.values
    text = "text"
    if long:  # only the text tells whether their pairs stand together; most of it need not be read
        text = f"CASE WHEN {' AND '.join(['instr(text, %s) > 0'] * len(long))} THEN text ELSE '' END"
    sql = (
        f"SELECT hit.rowid, CASE WHEN EXISTS ({record.sql}) "  # noqa: S608
        f"THEN (SELECT {text} FROM search_entry WHERE id = hit.rowid) END FROM search_grams hit "
        f"WHERE hit.search_grams MATCH %s ORDER BY hit.rowid DESC"
    )
    found: Hits = []
    looked = seen = 0
    with connection.cursor() as cursor:
        cursor.execute(sql, [*record.params, *long, question])
        while rows := cursor.fetchmany(AT_ONCE):
            shown = [row for row in rows if row[1] is not None]
            found += [row for row in shown if row[1]]
            looked, seen = looked + len(rows), seen + len(shown)
            if len(found) >= limit:
                return found[:limit], True
            if looked >= LOOKED_THROUGH and seen < limit:
                return found, False
    return found, True


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────


def _stretched(asked: Asked, record: Text, limit: int) -> tuple[Hits, bool]:
    base = asked.corpus.base
    guess, most = tables.guessed(asked.tokens)
    if most <= HITS:
        return _stretch(asked, record, limit, base, base + STRETCH, whole=True)[0], True
    last = _last(base)
    if last is None:
        return [], True
    begun = end = max(base, last + 1 - READ)  # everything from here on has been looked at
    found = _read(asked, record, limit, end)
    if len(found) >= limit or end == base:
        return found, True
    least = guess / (last + 1 - base)
    each = max(least, len(found) / (last + 1 - end))  # hits to an id
    share = min(1.0, (len(found) + 1) / (each * (last + 1 - end) + 1))  # of the hits that may be seen
    looked, met, wide, most_wide = 0, 0, 1, FIRST
    while end > base:
        wanted = min(max((limit - len(found)) / share * SPARE, LEAST_HITS), HITS)
        whole = most_wide > FIRST and each * (end - base) <= HITS
        blocks = min(max(int(wanted / each) // BLOCK + 1, wide), most_wide)
        start = base if whole else max(base, ((end - 1) // BLOCK + 1 - blocks) * BLOCK)
        rows, hits = _stretch(asked, record, limit, start, end, whole=whole)
        found += rows
        looked, met, end = looked + hits, met + len(rows), start
        if len(found) >= limit:
            return found[:limit], True
        if looked > LOOKED_THROUGH:
            return found, False
        each, share = max(least, (looked + 1) / (begun - end)), (met + 1) / (looked + 1)
        wide, most_wide = wide if rows else 2 * blocks, FARTHEST
    return found, True


def _last(base: int) -> int | None:
    """The id of the newest entry of a corpus."""
    sql = "SELECT max(id) FROM search_entry WHERE id >= %s AND id < %s"
    found: int | None = _fetched(sql, [base, base + STRETCH])[0][0]
    return found


def _read(asked: Asked, record: Text, limit: int, start: int) -> Hits:
    """From the texts of ids not below `start`."""
    tests = " AND ".join(["strpos(hit.text, %s) > 0"] * len(asked.words))
    # Our own names, marks for values, the ORM's text and a number of ours; the words are parameters.
    sql = (
        f"SELECT hit.rowid, hit.text FROM (SELECT id AS rowid, text FROM search_entry) hit "  # noqa: S608
        f"WHERE hit.rowid >= %s AND hit.rowid < %s AND {tests} AND ({record.sql}) IS NOT NULL "
        f"ORDER BY hit.rowid DESC LIMIT {limit}"
    )
    end = asked.corpus.base + STRETCH
    return _fetched(sql, [start, end, *asked.words, *record.params])


def _stretch(
    asked: Asked, record: Text, limit: int, start: int, end: int, *, whole: bool
) -> tuple[Hits, int]:
    """From the index, of ids from `start` to before `end`: those that may be seen, and how many hits there
    are. Of the `whole` rest, no blocks need be named.
    """
    question, *long = asked.values
    blocks = [] if whole else [list(range(start // BLOCK, (end - 1) // BLOCK + 1))]
    # `id + 0`: the index of keys is not to be chosen for the range. Only our own names, marks for values, the
    # ORM's text and a number of ours go into the SQL.
    sql = (
        f"WITH hit AS MATERIALIZED (SELECT id AS rowid, text FROM search_entry "  # noqa: S608
        f"WHERE {GRAMS_OF} @@ %s::tsquery {f'AND {BLOCK_OF} && %s::bigint[] ' * len(blocks)}"
        f"AND id + 0 >= %s AND id + 0 < %s{' AND strpos(text, %s) > 0' * len(long)}) "
        f"(SELECT hit.rowid, hit.text FROM (SELECT * FROM hit ORDER BY rowid DESC OFFSET 0) hit "
        f"WHERE ({record.sql}) IS NOT NULL ORDER BY hit.rowid DESC LIMIT {limit}) "
        f"UNION ALL SELECT NULL, count(*)::text FROM hit"
    )
    *found, (_none, hits) = _fetched(sql, [question, *blocks, start, end, *long, *record.params])
    return found, int(hits)


def _fetched(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that is read in one way, whatever its values: to plan what a person's duties
    let her see takes longer than to look.
    """
    return prepared.fetch(Text(sql, params), once=True)
