"""Tasks that the tests let workers do."""

import os
import time
from datetime import timedelta

from django.db import connection
from django.tasks import TaskContext, task

from yankao.kernel.jobs import GiveUp, Later, attempts, effects

calls: list[object] = []


@task
def note(what: object, *, loud: bool = False) -> object:
    calls.append(what)
    return {"said": what, "loud": loud}


@task(priority=10)
def hurry(what: object) -> None:
    calls.append(what)


@task
def break_down(words: str) -> None:
    calls.append(words)
    raise RuntimeError(words)


@attempts(2)
@task
def break_down_twice() -> None:
    raise RuntimeError("no")


@task
def give_up() -> None:
    raise GiveUp("never")


@task
def come_back() -> None:
    raise Later(timedelta(minutes=3))


@task(takes_context=True)
def who_am_i(context: TaskContext) -> list[object]:
    return [context.task_result.id, context.attempt]


@task
async def later_perhaps(n: int) -> int:
    return n + 1


def write_line(table: str, n: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (n) VALUES (%s)", [n])


@task(takes_context=True)
def count_once(context: TaskContext, n: int) -> None:
    """Leave a line for each run, and one line for the effect."""
    write_line("run", n)
    time.sleep(0.005)
    with effects.once(context.task_result.id) as first:
        if first:
            write_line("effect", n)


@task
def kill_my_worker() -> None:
    os.kill(os.getpid(), 9)


@task
def sleep(seconds: float) -> None:
    write_line("run", 0)
    time.sleep(seconds)
    write_line("effect", 0)
