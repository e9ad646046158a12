"""Django's SQLite backend, made durable and fair.

Write-ahead log with `synchronous=FULL` (an acknowledged commit survives a power cut), foreign keys, IMMEDIATE
transactions, and one fair file lock `<database>.lock` held from BEGIN to COMMIT or ROLLBACK. Reads outside a
transaction never wait for it. (Do not fork inside a transaction: SQLite's own locks are confused by it.)
A database in memory has no other process to queue for, and no lock.

Options: `timeout` (seconds to wait for the lock, default 30), `transaction_mode` (default IMMEDIATE),
`fair_lock` (default True), and those of `sqlite3.connect`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import weakref
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.utils.dateparse import parse_date

from .lock import FairLock, LockTimeout

PRAGMAS = (
    "synchronous = FULL",
    "cache_size = -32768",  # 32 MiB a connection: the hot part of a city's docket
    "mmap_size = 1073741824",
    "temp_store = MEMORY",
    # A citizen's case writes some eighty pages, most of them those of the case before: the longer they stay
    # in the log, the fewer are carried over. 16 MiB.
    "wal_autocheckpoint = 4000",
    "journal_size_limit = 67108864",
)
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "REINDEX")
LOCKED = "database is locked"


@lru_cache(maxsize=65_536)
def _day(stored: bytes) -> date | None:
    """A stored day. The same days come again and again: a list of fifty rows holds some hundred and fifty."""
    return parse_date(stored.decode())


sqlite3.register_converter("date", _day)


@lru_cache(maxsize=2048)
def _marked(query: str) -> str:
    """The statement with the driver's marks: the same ones come again and again."""
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


_wrappers: weakref.WeakSet[DatabaseWrapper] = weakref.WeakSet()
_inherited: list[Any] = []


class FairCursor(base.SQLiteCursorWrapper):
    """A cursor that begins the transaction it is asked in, and whose single writes outside one queue for the
    lock like everybody else's.
    """

    lock: FairLock | None = None
    wrapper: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if self.wrapper.awaited:
            self.wrapper.begin()
        if not self._must_queue(query):
            return super().execute(query, params)
        self._acquire()
        try:
            return super().execute(query, params)
        finally:
            self._release()

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        if self.wrapper.awaited:
            self.wrapper.begin()
        if not self._must_queue(query):
            return super().executemany(query, param_list)
        self._acquire()
        try:
            return super().executemany(query, param_list)
        finally:
            self._release()

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is None:
            return _marked(query)
        named: str = super().convert_query(query, param_names=param_names)
        return named

    def _must_queue(self, query: str) -> bool:
        if self.lock is None or self.lock.held or self.connection.in_transaction:
            return False
        return query.lstrip()[:7].upper().startswith(WRITES)

    def _acquire(self) -> None:
        assert self.lock is not None
        try:
            self.lock.acquire()
        except LockTimeout:
            raise sqlite3.OperationalError(LOCKED) from None

    def _release(self) -> None:
        assert self.lock is not None
        self.lock.release()


class Median:
    """The middle of the values, the mean of the two middle ones of an even number: as PostgreSQL's
    percentile.
    """

    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        return median(self.values) if self.values else None


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection to the database and its place in the queue of writers.

    A transaction takes its place at its first statement, not when it is opened: what is worked out before is
    worked out while others write.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lock: FairLock | None = None
        self.fair = True
        self.awaited = False
        """A transaction was opened that nothing was asked in yet."""
        _wrappers.add(self)

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        self.transaction_mode: str = self.transaction_mode or "IMMEDIATE"
        self.fair = params.pop("fair_lock", True)
        params.setdefault("timeout", 30)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        self._create_private(conn_params["database"])
        conn: sqlite3.Connection = super().get_new_connection(conn_params)
        path = "" if self.is_in_memory_db() else conn.execute("PRAGMA database_list").fetchone()[2]
        self.lock = FairLock(f"{path}.lock", conn_params["timeout"]) if path and self.fair else None
        conn.create_aggregate("MEDIAN", 1, Median)  # type: ignore[arg-type]  # may answer NULL
        for pragma in PRAGMAS if path else ():
            conn.execute(f"PRAGMA {pragma}")
        if path:
            self._use_write_ahead_log(conn)
        return conn

    def _create_private(self, name: Any) -> None:
        """A new database file is its owner's alone, whatever the umask; its log takes the same rights."""
        if self.is_in_memory_db() or str(name).startswith("file:") or not Path(name).parent.is_dir():
            return
        with contextlib.suppress(FileExistsError):
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _use_write_ahead_log(self, conn: sqlite3.Connection) -> None:
        """The mode stays in the file. Two processes changing it at once would fail, hence the lock."""
        if conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        self._acquire()
        try:
            conn.execute("PRAGMA journal_mode = WAL")
        finally:
            self._release()

    def create_cursor(self, name: str | None = None) -> FairCursor:
        cursor = self.connection.cursor(factory=FairCursor)
        cursor.lock, cursor.wrapper = self.lock, self
        return cursor  # type: ignore[no-any-return]

    def planned(self) -> Any:
        """A cursor for statements whose text we keep; SQLite's own cache holds their plans."""
        return self.cursor()

    def _start_transaction_under_autocommit(self) -> None:
        self.awaited = True

    def begin(self) -> None:
        """Take the place in the queue, and begin the transaction that was opened. Where that fails, the next
        statement tries again: none is carried out outside.
        """
        self._acquire()
        try:
            self.connection.execute(f"BEGIN {self.transaction_mode}")
        except BaseException:
            self._release()
            raise
        self.awaited = False

    def _commit(self) -> None:
        self.awaited = False
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._release_when_over()

    def _rollback(self) -> None:
        self.awaited = False
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release_when_over()

    def _close(self) -> None:
        self.awaited = False
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release()

    def _acquire(self) -> None:
        if self.lock is None:
            return
        try:
            self.lock.acquire()
        except LockTimeout:
            raise OperationalError(LOCKED) from None

    def _release(self) -> None:
        if self.lock is not None:
            self.lock.release()

    def _release_when_over(self) -> None:
        """A failed COMMIT leaves the transaction open; Django rolls it back next and the lock goes then."""
        if self.connection is None or not self.connection.in_transaction:
            self._release()


def _forget_connections() -> None:
    """In a forked child: a SQLite connection must not cross a fork. It is kept, unused, because closing it
    could touch the parent's files; the child opens its own."""
    for wrapper in list(_wrappers):
        if wrapper.connection is not None and not wrapper.is_in_memory_db():
            _inherited.append(wrapper.connection)
            wrapper.connection = None
            wrapper.lock = None
            wrapper.in_atomic_block = wrapper.awaited = False


os.register_at_fork(after_in_child=_forget_connections)
