"""The `django.tasks` backend: tasks in, results out. The table is `Job`, the rules of the queue are in
`queue`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from .. import bulk, prepared
from .models import Job

if TYPE_CHECKING:
    type AnyTask = Task[..., Any]
    type AnyResult = TaskResult[..., Any]
    PlainTask = Task[..., Any]
else:
    PlainTask = Task


class UnknownTask(Exception):
    """The job names a task that this version of the program does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedTask(PlainTask):
    """A task that knows how often it may be tried; see `yankao.kernel.jobs.attempts`."""

    max_attempts: int = 5


class LeasedBackend(BaseTaskBackend):
    """One row a job, on the database connection of the caller."""

    task_class = LeasedTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> AnyResult:  # type: ignore[override]
        return self.put(task, args, kwargs, None)

    def put(
        self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any], key: str | None
    ) -> AnyResult:
        """Write the job, or return the one that has the key already (of whatever state)."""
        self.validate_task(task)
        now = timezone.now()
        job = Job(
            task=task.module_path,
            args=normalize_json(list(args)),
            kwargs=normalize_json(dict(kwargs)),
            queue=task.queue_name,
            priority=task.priority,
            run_after=task.run_after or now,
            enqueued_at=now,
            key=key,
            backend=self.alias,
            max_attempts=getattr(task, "max_attempts", 5),
        )
        if key is None:
            bulk.save(job)
        else:
            bulk.write_new(Job, [job])
            [job] = prepared.instances(Job, Q(key=key))
            if job.task != task.module_path:
                raise ValueError(f"The key {key!r} belongs to {job.task}")
        result = result_of(job, task)
        task_enqueued.send(type(self), task_result=result)
        return result

    def put_all(self, task: AnyTask, calls: Iterable[tuple[Sequence[Any], str, datetime | None]]) -> None:
        """Write many jobs at once: (arguments, key, not before) each. A key that was used before is left
        alone."""
        self.validate_task(task)
        now = timezone.now()
        jobs = [
            bulk.made(
                Job, task=task.module_path, args=normalize_json(list(args)), queue=task.queue_name,
                priority=task.priority, run_after=after or now, enqueued_at=now, key=key,
                backend=self.alias, max_attempts=getattr(task, "max_attempts", 5),
            )
            for args, key, after in calls
        ]  # fmt: skip
        if len(jobs) <= bulk.FEW:
            bulk.write_new(Job, jobs)
        else:
            Job.objects.bulk_create(jobs, batch_size=1000, ignore_conflicts=True)

    def get_result(self, result_id: str) -> AnyResult:
        if not str(result_id).isdecimal():
            raise TaskResultDoesNotExist(result_id)
        job = Job.objects.filter(pk=int(result_id)).first()
        if job is None:
            raise TaskResultDoesNotExist(result_id)
        return result_of(job, task_of(job))


def task_of(job: Job) -> AnyTask:
    """The task a job calls, with the job's own queue and priority; UnknownTask when there is none."""
    try:
        found = import_string(job.task)
    except ImportError as error:
        raise UnknownTask(job.task) from error
    if not isinstance(found, Task):
        raise UnknownTask(job.task)
    return found


def result_of(job: Job, task: AnyTask) -> AnyResult:
    """A job as `django.tasks` shows it."""
    result: AnyResult = TaskResult(
        task=task,
        id=str(job.pk),
        status=TaskResultStatus(job.state),
        enqueued_at=job.enqueued_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        last_attempted_at=job.last_attempted_at,
        args=job.args,
        kwargs=job.kwargs,
        backend=job.backend,
        errors=[TaskError(**error) for error in job.errors],
        worker_ids=[worker for worker in job.workers.split(" ") if worker],
    )
    object.__setattr__(result, "_return_value", job.result)
    return result
