"""Cases opened at the same moment, on PostgreSQL. (SQLite lets one writer in at a time.)"""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from yankao.kernel import bulk
from yankao.kernel.audit import ledger
from yankao.kernel.casework import numbering

pytestmark = pytest.mark.django_db(transaction=True)
RIVALS, ROUNDS, EACH = 4, 12, 3


@pytest.fixture(autouse=True)
def several_connections() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a SQLite database in memory has one writer at a time: nobody meets anybody")


def test_the_first_cases_of_a_year_are_numbered_side_by_side() -> None:
    """A number and the end of the ledger are asked for in one breath, also where there was no row yet."""
    start, given, faults = threading.Barrier(RIVALS), [], []

    def run() -> None:
        try:
            for year in range(ROUNDS):
                start.wait(30)
                for _one in range(EACH):
                    with transaction.atomic(), bulk.unawaited():
                        taken, end = numbering.Taking(f"rivals:{year}"), ledger.End()
                        given.append((year, taken.first()))
                        end.read()
        except Exception as error:
            faults.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _one in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    numbers = range(1, RIVALS * EACH + 1)
    assert sorted(given) == [(year, number) for year in range(ROUNDS) for number in numbers]
