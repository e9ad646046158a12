"""A transaction that failed between asking where the ledger ends and reading it leaves nothing behind."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from yankao.kernel.audit import ledger
from yankao.kernel.casework import numbering
from yankao.kernel.casework.models import Sequence

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="answers of PostgreSQL are read by its client"),
]


def test_who_failed_with_the_end_in_hand_can_write_again(tmp_path: Path) -> None:
    """On SQLite an unread answer holds the state of the file it was read from: once somebody else has
    written, the next write of that connection would fail as "locked"."""
    place, kept = str(tmp_path / "city.sqlite3"), connections.settings["default"]["NAME"]
    with sqlite3.connect(place) as other:
        connection.connection.backup(other)
        other.execute("PRAGMA journal_mode = WAL")
    held, told = [], []

    def fail_and_write_again() -> None:
        try:
            try:
                with transaction.atomic():
                    taken = numbering.Taking("unread:115")
                    held.append((taken, ledger.End()))  # as the traceback of a failed request holds it
                    raise ZeroDivisionError
            except ZeroDivisionError:
                other_writes()
            told.append(numbering.take("unread:115"))
            Sequence.objects.create(code="unread:116")
        except Exception as error:
            told.append(error)
        finally:
            connection.close()

    def other_writes() -> None:
        with sqlite3.connect(place) as third:
            third.execute("INSERT INTO casework_sequence (code, last) VALUES ('unread:other', 1)")
        third.close()

    connections.settings["default"]["NAME"] = place
    try:
        thread = threading.Thread(target=fail_and_write_again)
        thread.start()
        thread.join(60)
    finally:
        connections.settings["default"]["NAME"] = kept
        other.close()
    assert told == [1]
