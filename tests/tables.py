"""Tables made once for all workers and runs: migrating an empty database costs some seconds of work.

A file per set of migrations is kept in `build/tables`; a new database of the tests is a copy of it. Whatever
changes a migration, the rooms in use or a package makes another file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "tables"
SOURCES = ("yankao/**/migrations/*.py", "examples/**/migrations/*.py", "requirements/runtime.txt",
           "yankao/site/rooms.py", "yankao/site/settings.py", "tests/settings.py",
           # what migrations call, and what runs them
           "yankao/kernel/audit/append_only.py", "yankao/kernel/money/balance.py",
           "yankao/kernel/register/validity.py", "yankao/kernel/search/tables.py",
           "yankao/site/migrating.py")  # fmt: skip


def kept(settings: str, make: Callable[[Path], None]) -> Path:
    """The file of the tables under these settings; `make(path)` makes it where there is none yet."""
    mark = hashlib.sha256(settings.encode())
    for pattern in SOURCES:
        for file in sorted(ROOT.glob(pattern)):
            mark.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    place = FOLDER / f"{mark.hexdigest()[:24]}.sqlite3"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _alone(place.with_suffix(".lock")):
        if not place.exists():
            draft = place.with_suffix(f".{os.getpid()}")
            make(draft)
            draft.rename(place)
    return place


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with place.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def copy(source: Path, target: sqlite3.Connection) -> None:
    """The tables into an open, empty database."""
    with closing(sqlite3.connect(source)) as made:
        made.backup(target)


TEMPLATE = "yankao_tables"


def copied_on_server(connection: Any, make: Callable[[], None]) -> None:
    """On a private PostgreSQL server the first worker makes the tables in its database; those of the others
    become copies of them.
    """
    quote = connection.ops.quote_name
    own = quote(connection.settings_dict["NAME"])
    with _alone(Path(connection.settings_dict["HOST"]) / "tables.lock"):  # the folder of the server's socket
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
            there = cursor.fetchone() is not None
        if not there:
            make()
        connection.close()  # a template is used by nobody while it is copied
        with connection._nodb_cursor() as cursor:
            if there:
                cursor.execute(f"DROP DATABASE {own}")
                cursor.execute(f"CREATE DATABASE {own} TEMPLATE {quote(TEMPLATE)}")
            else:
                cursor.execute(f"CREATE DATABASE {quote(TEMPLATE)} TEMPLATE {own}")


def copied_to(folder: Path, source: Path) -> None:
    """The tables as the database of an installation that has none yet; the program checks them as ever."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    base = folder / "yankao.sqlite3"
    base.touch(mode=0o600)
    with closing(sqlite3.connect(base)) as target:
        copy(source, target)
