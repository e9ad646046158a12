"""背景工作 Work to do later, on `django.tasks` with a backend of our own.

    @task
    def remind(case_id: int) -> None: ...

    enqueue(remind, case.pk, key=f"remind:{case.pk}:{day}")

The job is a row written in the caller's transaction: it exists exactly when its reason does. A worker holds
it
by a lease, so a killed worker's jobs are taken again: every job runs at least once. What must happen exactly
once goes inside `effects.once(key)`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.tasks import Task, TaskResult

    from .backend import LeasedBackend


class Later(Exception):
    """Raised by a task: not now, try again after `wait`; this was no failed attempt."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


class GiveUp(Exception):
    """Raised by a task: trying again cannot help; straight to the dead letters."""


def enqueue(
    task: Task[..., Any], *args: Any, key: str | None = None, run_after: datetime | None = None, **kwargs: Any
) -> TaskResult[..., Any]:
    """Queue a call in the caller's transaction. With a `key` that was used before, the first job is returned.

    ValueError when the key belongs to another task; TypeError when an argument is not JSON.
    """
    if run_after is not None:
        task = task.using(run_after=run_after)
    backend = cast("LeasedBackend", task.get_backend())
    return backend.put(task, args, kwargs, key)


def enqueue_all(task: Task[..., Any], calls: Iterable[tuple[Sequence[Any], str, datetime | None]]) -> None:
    """Queue many calls of one task in the caller's transaction, each (arguments, key, not before), by one
    statement. A key that was used before is left alone."""
    cast("LeasedBackend", task.get_backend()).put_all(task, calls)


def attempts(most: int) -> Callable[[Task[..., Any]], Task[..., Any]]:
    """Written above `@task`: how often a task is tried before it becomes a dead letter (5 else)."""

    def patient(task: Task[..., Any]) -> Task[..., Any]:
        return replace(task, max_attempts=most)  # type: ignore[call-arg]

    return patient
