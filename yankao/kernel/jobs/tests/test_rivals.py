"""Workers and callers that meet in the same moment, on PostgreSQL. (On SQLite: `test_worker.py`, in
processes.)"""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from yankao.kernel.jobs import effects, enqueue, queue
from yankao.kernel.jobs.models import Job

from . import deeds

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def two_connections() -> None:
    if connection.vendor != "postgresql":
        pytest.skip(
            "a SQLite database in memory has one writer; processes on a file are tested in test_worker.py"
        )


def together(*deeds_to_do: Callable[[], object]) -> list[object]:
    """Run each in a thread with a connection of its own, started at the same moment."""
    start, answers = threading.Barrier(len(deeds_to_do)), [None] * len(deeds_to_do)

    def run(n: int, deed: Callable[[], object]) -> None:
        try:
            start.wait(10)
            answers[n] = deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[n, deed]) for n, deed in enumerate(deeds_to_do)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_rival_workers_share_the_jobs_without_overlap() -> None:
    for n in range(60):
        enqueue(deeds.note, n)

    def claimer(name: str) -> Callable[[], list[int]]:
        return lambda: [j.pk for _ in range(5) for j in queue.claim(name, lease=MINUTE, limit=3)]

    claimed = [pk for part in together(*(claimer(f"w{n}") for n in range(4))) for pk in part]
    assert len(claimed) == len(set(claimed)) == 60


def test_a_worker_does_not_wait_for_jobs_that_another_is_claiming() -> None:
    for n in range(4):
        enqueue(deeds.note, n)
    with transaction.atomic():
        first = {job.pk for job in queue.claim("a", lease=MINUTE, limit=2)}
        (second,) = together(lambda: {job.pk for job in queue.claim("b", lease=MINUTE, limit=4)})
    assert len(first) == len(second) == 2
    assert not first & second


def test_rival_callers_with_one_key_get_one_job() -> None:
    ids = together(*[lambda: enqueue(deeds.note, 1, key="k").id] * 6)
    assert len(set(ids)) == 1
    assert Job.objects.count() == 1


def test_rivals_make_an_effect_once() -> None:
    made: list[int] = []

    def make() -> None:
        with effects.once("k") as first:
            if first:
                made.append(1)

    together(*[make] * 6)
    assert made == [1]
