"""How full the tables are, as the database's planner knows it.

PostgreSQL counts by itself as rows come. SQLite is to be told, or it takes every index for equally good: the
search lists of a million cases took fifteen times as long.
"""

from __future__ import annotations

from django.db import connection, transaction


def keeps_count() -> bool:
    """Whether the database does it by itself."""
    return connection.vendor != "sqlite"


def learn() -> None:
    """Count anew, for this connection and those that are open already (a million cases take two seconds,
    while writers wait).

    SQLite reads its counts together with the schema. Connections of web processes stay open, so that the
    table of counts is made anew: that is a change of the schema, and every connection looks again.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")
        cursor.execute("ANALYZE")
