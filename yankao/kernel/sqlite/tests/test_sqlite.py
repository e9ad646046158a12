"""Writers of one database file: all of them get through, in turn, and a dead one keeps nobody waiting."""

import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from yankao.kernel.sqlite.base import DatabaseWrapper
from yankao.kernel.sqlite.lock import FairLock, LockTimeout

ROOT = Path(__file__).resolve().parents[4]


def command(db: Path, *words: object) -> list[str]:
    return [sys.executable, "-m", "yankao.kernel.sqlite.tests.writer", str(db), *map(str, words)]


def run(db: Path, *words: object) -> None:
    subprocess.run(command(db, *words), cwd=ROOT, check=True, timeout=120, capture_output=True)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("sqlite") / "empty.sqlite3"
    run(db, "make")
    return db


@pytest.fixture
def file(tmp_path: Path, empty: Path, django_db_blocker) -> Iterator[Path]:
    """A database file of our own, beside the test database, which these tests do not need."""
    db = Path(shutil.copy(empty, tmp_path / "city.sqlite3"))
    with django_db_blocker.unblock():
        yield db


def settings_for(db: Path) -> dict[str, object]:
    return {
        "ENGINE": "yankao.kernel.sqlite",
        "NAME": db,
        "OPTIONS": {"timeout": 0.2},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
        "TIME_ZONE": None,
        "ATOMIC_REQUESTS": False,
        "TEST": {"NAME": None},
    }


@pytest.fixture
def here(file: Path):
    wrapper = DatabaseWrapper(settings_for(file), alias="here")
    wrapper.inc_thread_sharing()
    yield wrapper
    wrapper.close()


def count(db: Path, sql: str) -> int:
    with sqlite3.connect(db) as raw:
        return raw.execute(sql).fetchone()[0]


def another_may_lock(db: Path, *, soon: bool = False) -> bool:
    """Whether the lock is free now, or `soon`: a waiter that gave up before is granted it for an instant."""
    lock = FairLock(f"{db}.lock", 10 if soon else 0)
    try:
        lock.acquire()
    except LockTimeout:
        return False
    lock.release()
    return True


def begin(wrapper: BaseDatabaseWrapper) -> None:
    opened(wrapper)
    wrapper.cursor().execute("SELECT 1")


def opened(wrapper: BaseDatabaseWrapper) -> None:
    """A transaction that nothing was asked in yet."""
    wrapper.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def test_eight_writers_all_succeed_and_no_update_is_lost(file: Path) -> None:
    quiet = subprocess.DEVNULL
    deeds = [command(file, "write", f"w{i}", 40) for i in range(6)]
    writers = [subprocess.Popen(deed, cwd=ROOT, stdout=quiet) for deed in deeds]
    writers += [subprocess.Popen(command(file, "write_alone", f"a{i}", 40), cwd=ROOT) for i in range(2)]
    assert [writer.wait(120) for writer in writers] == [0] * 8
    assert count(file, "SELECT n FROM total") == 6 * 40
    assert count(file, "SELECT count(*) FROM line") == 6 * 40 * 2 + 2 * 40
    assert count(file, "SELECT count(DISTINCT who) FROM line") == 8


def test_a_killed_writer_frees_the_lock_and_leaves_nothing_half_written(file: Path) -> None:
    holder = subprocess.Popen(command(file, "hold"), cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    assert not another_may_lock(file)
    holder.send_signal(signal.SIGKILL)
    holder.wait(10)
    run(file, "write", "after", 2)
    assert count(file, "SELECT count(*) FROM line WHERE who = 'holder'") == 0
    assert count(file, "SELECT n FROM total") == 2


def test_parent_and_child_write_side_by_side_after_a_fork(file: Path) -> None:
    run(file, "fork")
    assert count(file, "SELECT n FROM total") == 21


def test_a_forked_child_does_not_keep_the_lock_of_a_killed_parent(file: Path) -> None:
    holder = subprocess.Popen(command(file, "hold_and_fork"), cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        assert not another_may_lock(file)
        holder.kill()
        holder.wait(10)
        assert Path(f"/proc/{child}").exists()
        assert another_may_lock(file, soon=True)
    finally:
        os.kill(child, signal.SIGKILL)


def test_the_file_is_durable_and_keeps_its_foreign_keys(here: DatabaseWrapper) -> None:
    with here.cursor() as cursor:
        said = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}


@pytest.mark.parametrize("sql", ["SELECT n FROM total", "UPDATE total SET n = n", "SAVEPOINT one"])
def test_the_lock_lasts_from_the_first_statement_to_commit(
    here: DatabaseWrapper, file: Path, sql: str
) -> None:
    opened(here)
    assert another_may_lock(file)
    here.cursor().execute(sql)
    assert not another_may_lock(file)
    here.commit()
    assert another_may_lock(file, soon=True)


def test_many_rows_begin_the_transaction_too(here: DatabaseWrapper, file: Path) -> None:
    opened(here)
    here.cursor().executemany("UPDATE total SET n = %s", [(1,), (2,)])
    here.rollback()
    assert count(file, "SELECT n FROM total") == 0
    assert another_may_lock(file, soon=True)


def test_a_transaction_nothing_was_asked_in_never_takes_its_place(here: DatabaseWrapper, file: Path) -> None:
    opened(here)
    here.commit()
    here.set_autocommit(True)
    here.cursor().execute("UPDATE total SET n = 5")  # alone, and at once
    assert count(file, "SELECT n FROM total") == 5
    assert another_may_lock(file, soon=True)


def test_a_rollback_frees_the_lock(here: DatabaseWrapper, file: Path) -> None:
    begin(here)
    here.rollback()
    assert another_may_lock(file, soon=True)


def test_closing_in_a_transaction_frees_the_lock(here: DatabaseWrapper, file: Path) -> None:
    begin(here)
    here.close()
    assert another_may_lock(file, soon=True)


def test_a_dropped_connection_frees_the_lock(file: Path) -> None:
    wrapper = DatabaseWrapper(settings_for(file), alias="dropped")
    begin(wrapper)
    assert not another_may_lock(file)
    raw = wrapper.connection
    del wrapper
    gc.collect()
    assert another_may_lock(file, soon=True)
    raw.close()


def test_a_commit_that_fails_keeps_the_lock_until_its_rollback(here: DatabaseWrapper, file: Path) -> None:
    with here.cursor() as cursor:
        cursor.execute("CREATE TABLE child (p INTEGER REFERENCES line (id) DEFERRABLE INITIALLY DEFERRED)")
    begin(here)
    with here.cursor() as cursor:
        cursor.execute("INSERT INTO child VALUES (999)")
    with pytest.raises(IntegrityError):
        here.commit()
    assert not another_may_lock(file)
    here.rollback()
    assert another_may_lock(file, soon=True)


def test_a_begin_that_fails_frees_the_lock(here: DatabaseWrapper, file: Path) -> None:
    here.ensure_connection()
    outsider = sqlite3.connect(file, isolation_level=None)
    outsider.execute("BEGIN IMMEDIATE")  # a program that does not know the lock
    with pytest.raises(OperationalError, match="locked"):
        begin(here)
    assert another_may_lock(file, soon=True)
    outsider.execute("ROLLBACK")
    outsider.close()


def test_after_a_begin_that_failed_nothing_is_written_outside_a_transaction(
    here: DatabaseWrapper, file: Path
) -> None:
    here.ensure_connection()
    outsider = sqlite3.connect(file, isolation_level=None)
    outsider.execute("BEGIN IMMEDIATE")
    opened(here)
    with pytest.raises(OperationalError, match="locked"):
        here.cursor().execute("UPDATE total SET n = 1")
    outsider.execute("ROLLBACK")
    outsider.close()
    here.cursor().execute("UPDATE total SET n = 2")  # by somebody who took the first answer for no answer
    here.rollback()
    assert count(file, "SELECT n FROM total") == 0


def test_waiting_has_an_end_and_the_lock_is_usable_afterwards(here: DatabaseWrapper, file: Path) -> None:
    here.ensure_connection()
    first = FairLock(f"{file}.lock", 1)
    first.acquire()
    with pytest.raises(OperationalError, match="locked"):
        begin(here)
    with pytest.raises(OperationalError, match="locked"), here.cursor() as cursor:
        cursor.execute("DELETE FROM line")
    first.release()
    patient = FairLock(f"{file}.lock", 5)
    patient.acquire()  # the two who gave up are granted the lock late and drop it
    patient.release()


def test_reading_outside_a_transaction_never_waits(here: DatabaseWrapper, file: Path) -> None:
    here.ensure_connection()
    writer = FairLock(f"{file}.lock", 1)
    writer.acquire()
    with here.cursor() as cursor:
        assert cursor.execute("SELECT n FROM total").fetchone() == (0,)
    writer.release()


def test_threads_queue_as_processes_do(tmp_path: Path) -> None:
    path, order = str(tmp_path / "t.lock"), []
    first = FairLock(path, 5)
    first.acquire()

    def take(name: int) -> None:
        lock = FairLock(path, 5)
        lock.acquire()
        order.append(name)
        lock.release()

    threads = [threading.Thread(target=take, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    assert order == []
    first.release()
    for thread in threads:
        thread.join(5)
    assert sorted(order) == [0, 1, 2, 3]


def test_a_database_in_memory_has_no_lock_file(file: Path) -> None:
    wrapper = DatabaseWrapper(settings_for(Path("unused")) | {"NAME": ":memory:"}, alias="memory")
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE t (n INTEGER)")
    begin(wrapper)
    assert wrapper.lock is None
    wrapper.rollback()
    assert not list(Path().glob(":memory:*"))


@pytest.mark.django_db(transaction=True)
def test_a_transaction_of_the_test_database_works_as_ever() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_no_descriptor_is_left_open(file: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    wrapper = DatabaseWrapper(settings_for(file), alias="tidy")
    for _ in range(20):
        begin(wrapper)
        wrapper.rollback()
        wrapper.set_autocommit(True)
    wrapper.close()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_new_database_file_is_its_owners_alone(tmp_path):
    mask = os.umask(0o022)
    try:
        file = tmp_path / "new.sqlite3"
        run = (
            "import sys; from django.conf import settings; settings.configure(DATABASES={'default': "
            "{'ENGINE': 'yankao.kernel.sqlite', 'NAME': sys.argv[1]}}); import django; django.setup(); "
            "from django.db import connection; connection.cursor().execute('CREATE TABLE t (a)')"
        )
        subprocess.run([sys.executable, "-c", run, str(file)], check=True, cwd=Path(__file__).parents[4])
    finally:
        os.umask(mask)
    assert oct(file.stat().st_mode & 0o777) == "0o600"
