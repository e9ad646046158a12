"""Workers as processes: killed, stopped, competing. On a SQLite file of their own."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
START = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE run (n INTEGER)")
    cursor.execute("CREATE TABLE effect (n INTEGER)")
"""
FILL = """
import django; django.setup()
from django.db import transaction
from yankao.kernel.jobs import enqueue
from yankao.kernel.jobs.tests import deeds
with transaction.atomic():
    {}
"""


class Town:
    """A database file and the processes that work on it."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "jobs.sqlite3"
        alone = "yankao.kernel.jobs.tests.alone"
        self.env = {**os.environ, "JOBS_TEST_DB": str(self.db), "DJANGO_SETTINGS_MODULE": alone}
        self.python(START)

    def python(self, code: str) -> None:
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=self.env, check=True, timeout=120)

    def fill(self, code: str) -> None:
        self.python(FILL.format(code))

    def worker(self, *words: str) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "django",
            "worker",
            "--poll",
            "0.05",
            "--lease",
            "1",
            "--batch",
            "20",
            *words,
        ]
        return subprocess.Popen(command, cwd=ROOT, env=self.env, stderr=subprocess.DEVNULL)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.db, timeout=30) as raw:
            return raw.execute(sql).fetchall()

    def wait_for(self, sql: str, answer: object, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while (found := self.ask(sql)[0][0]) != answer:
            assert time.monotonic() < end, f"{sql}: {found}, not {answer}"
            time.sleep(0.05)


OPEN = "SELECT count(*) FROM jobs_job WHERE state IN ('READY', 'RUNNING') AND task LIKE '%count_once'"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_killed_workers_lose_no_job_and_repeat_no_effect(town: Town) -> None:
    town.fill("for n in range(300): enqueue(deeds.count_once, n)")
    for done in (20, 90, 160):
        worker = town.worker()
        town.wait_for(f"SELECT count(*) >= {done} FROM effect", 1)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    assert town.ask(OPEN)[0][0] > 0
    workers = [town.worker(), town.worker()]
    town.wait_for(OPEN, 0)
    for worker in workers:
        worker.terminate()
    assert [worker.wait(20) for worker in workers] == [0, 0]
    assert town.ask("SELECT count(*), count(DISTINCT n) FROM effect") == [(300, 300)]
    assert town.ask("SELECT count(DISTINCT n) FROM run") == [(300,)]
    assert town.ask(
        "SELECT count(*) FROM jobs_job WHERE state = 'SUCCESSFUL' AND task LIKE '%count_once'"
    ) == [(300,)]


def test_a_job_that_kills_its_workers_is_buried_and_its_neighbours_are_done(town: Town) -> None:
    town.fill("enqueue(deeds.kill_my_worker.using(priority=9))")
    town.fill("for n in range(10): enqueue(deeds.count_once, n)")
    buried = "SELECT count(*) FROM jobs_job WHERE state = 'FAILED' AND task LIKE '%kill_my_worker'"
    for _ in range(5):
        worker = town.worker()
        assert worker.wait(30) == -signal.SIGKILL
    worker = town.worker()
    town.wait_for(buried, 1)
    town.wait_for(OPEN, 0)
    worker.terminate()
    worker.wait(20)
    assert town.ask("SELECT count(*), count(DISTINCT n) FROM effect") == [(10, 10)]


def test_a_worker_told_to_stop_finishes_the_job_at_hand_and_gives_the_rest_back(town: Town) -> None:
    town.fill("enqueue(deeds.sleep.using(priority=9), 2.5)\n    enqueue(deeds.count_once, 1)")
    worker = town.worker()
    town.wait_for("SELECT count(*) FROM run", 1)
    worker.terminate()
    assert worker.wait(20) == 0
    assert town.ask("SELECT count(*) FROM effect") == [(1,)]
    states = "SELECT state, attempts FROM jobs_job WHERE task NOT LIKE '%sweep' ORDER BY id"
    assert town.ask(states) == [("SUCCESSFUL", 1), ("READY", 0)]


def test_a_job_longer_than_the_lease_is_not_taken_from_a_living_worker(town: Town) -> None:
    town.fill("enqueue(deeds.sleep, 4)")
    workers = [town.worker(), town.worker()]
    town.wait_for("SELECT count(*) FROM jobs_job WHERE state = 'SUCCESSFUL' AND task LIKE '%sleep'", 1)
    for worker in workers:
        worker.terminate()
        worker.wait(20)
    assert town.ask("SELECT count(*) FROM run") == [(1,)]
