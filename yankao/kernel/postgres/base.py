"""The database backend `yankao.kernel.postgres`: Django's own, with a cheaper look at a connection kept open.

Django asks `SELECT 1` at the first statement of every request. A server that went away has closed its end,
and a closed end can be read from: without anything to read nothing happened, and nobody is asked.
"""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg import pq

WAITING = select.POLLIN | select.POLLERR | select.POLLHUP | select.POLLNVAL


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


def _stirs(socket: int) -> bool:
    """Whether something waits that was not asked for: the end, an error, or a notice of the server."""
    line = select.poll()
    line.register(socket, WAITING)
    return bool(line.poll(0))
