"""A writer in a process of its own: `python -m yankao.kernel.sqlite.tests.writer <db> <deed> [word …]`."""
# ruff: noqa: T201

import json
import os
import sys
import time

import django
from django.conf import settings


def start(path: str, **options: object) -> None:
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "yankao.kernel.sqlite",
                "NAME": path,
                "CONN_MAX_AGE": None,
                "OPTIONS": options,
            }
        },
        USE_TZ=True,
    )
    django.setup()


def make() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE line (id INTEGER PRIMARY KEY, who TEXT, n INTEGER)")
        cursor.execute("CREATE TABLE total (id INTEGER PRIMARY KEY, n INTEGER)")
        cursor.execute("INSERT INTO total VALUES (1, 0)")


def write(who: str, times: int, pause: float = 0.0) -> list[float]:
    """Read, think, write: the pattern that loses updates or fails with SQLITE_BUSY without IMMEDIATE."""
    from django.db import connection, transaction

    took = []
    for n in range(times):
        begun = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT n FROM total WHERE id = 1")
            seen = cursor.fetchone()[0]
            if pause:
                until = time.perf_counter() + pause
                while time.perf_counter() < until:
                    pass
            cursor.execute("INSERT INTO line (who, n) VALUES (%s, %s)", [who, n])
            cursor.execute("INSERT INTO line (who, n) VALUES (%s, %s)", [who, -n])
            cursor.execute("UPDATE total SET n = %s WHERE id = 1", [seen + 1])
        took.append(time.perf_counter() - begun)
    return took


def write_alone(who: str, times: int) -> None:
    """Single writes in autocommit mode."""
    from django.db import connection

    for n in range(times):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO line (who, n) VALUES (%s, %s)", [who, n])


def hold() -> None:
    """Take the lock, say so, and never give it back."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO line (who, n) VALUES ('holder', 1)")
        print("held", flush=True)
        time.sleep(600)


def fork() -> None:
    """Parent and child write side by side after the parent has used its connection."""
    write("before", 1)
    child = os.fork()
    if child == 0:
        write("child", 10)
        os._exit(0)
    write("parent", 10)
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def hold_and_fork() -> None:
    """Fork in the middle of a transaction; the child stays on and does nothing."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO line (who, n) VALUES ('holder', 1)")
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        print(child, flush=True)
        time.sleep(60)


if __name__ == "__main__":
    path, deed, *rest = sys.argv[1:]
    start(path, fair_lock="--unfair" not in rest)
    rest = [word for word in rest if not word.startswith("--")]
    if deed == "make":
        make()
    elif deed == "write":
        print(json.dumps(write(rest[0], int(rest[1]), float(rest[2]) if len(rest) > 2 else 0.0)))
    elif deed == "write_alone":
        write_alone(rest[0], int(rest[1]))
    elif deed == "hold":
        hold()
    elif deed == "fork":
        fork()
    elif deed == "hold_and_fork":
        hold_and_fork()
