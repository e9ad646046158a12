"""Long statements that PostgreSQL plans once for each connection.

Django binds values into the text, so that each request is planned anew. Here the values go beside the text,
the statement is prepared at its first use, and its one plan serves all values (`plan_cache_mode`): these
statements read bounded counts and pages along an index, whatever the values.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import psycopg

NEVER_OF_ITSELF = 2**31
"""Executions after which psycopg would prepare a statement that was not asked to be."""


class Planned(psycopg.Cursor[Any]):
    """A cursor that prepares what it executes."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Any:
        return super().execute(query, params, prepare=True)


_told: WeakSet[Any] = WeakSet()
"""Connections that keep one plan."""


def cursor(connection: Any) -> Any:
    """Django's cursor (query counts, errors, hooks) over one that prepares."""
    connection.ensure_connection()
    raw = connection.connection
    if raw not in _told:
        raw.prepare_threshold = NEVER_OF_ITSELF  # Django leaves None: nothing is prepared
        raw.execute("SET plan_cache_mode = force_generic_plan")
        if not connection.in_atomic_block:  # else a rollback takes it back
            _told.add(raw)
    with connection.wrap_database_errors:
        return connection._prepare_cursor(Planned(raw))
