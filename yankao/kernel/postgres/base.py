"""The database backend `yankao.kernel.postgres`: Django's own, with less asked of the server.

A connection kept open: Django asks `SELECT 1` at the first statement of every request. A server that went
away has closed its end, and a closed end can be read from: without anything to read nothing happened, and
nobody is asked.

Statements whose text we keep: Django binds values into the text, so that each is read and planned anew.
`planned` gives the values beside the text; the statement is prepared at its first use in a connection, and
its one plan serves all values (`plan_cache_mode`): these statements write rows, or read bounded counts and
pages along an index, whatever the values.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import pq
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

WAITING = select.POLLIN | select.POLLERR | select.POLLHUP | select.POLLNVAL
NEVER_OF_ITSELF = 2**31
"""Executions after which psycopg would prepare a statement that was not asked to be."""
KEPT = 500
"""Statements a connection keeps prepared; a write with other columns empty is another one."""


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; `is_usable` asks the server only where the line shows that something happened."""

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        line = self.connection.pgconn
        if self.errors_occurred or line.status != pq.ConnStatus.OK or _stirs(line.socket):
            usable: bool = super().is_usable()
            return usable
        return True

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        made = super().get_new_connection(conn_params)
        made.prepare_threshold = NEVER_OF_ITSELF  # Django leaves None: nothing can be prepared
        made.prepared_max = KEPT
        # Numbers of every size are one type: else each size would be a statement of its own.
        made.adapters.register_dumper(int, Int8Dumper)
        made.adapters.register_dumper(int, Int8BinaryDumper)
        return made

    def init_connection_state(self) -> None:
        super().init_connection_state()
        with self.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")

    def planned(self) -> Any:
        """Django's cursor (query counts, errors, hooks) over one that prepares what it executes."""
        self.ensure_connection()
        ours: Any = self
        with self.wrap_database_errors:
            return ours._prepare_cursor(Planned(self.connection))


class Planned(psycopg.Cursor[Any]):
    """A cursor that prepares what it executes."""

    def execute(self, query: Any, params: Any = None, **_options: Any) -> Any:
        return super().execute(query, params, prepare=True)


def _stirs(socket: int) -> bool:
    """Whether something waits that was not asked for: the end, an error, or a notice of the server."""
    line = select.poll()
    line.register(socket, WAITING)
    return bool(line.poll(0))
