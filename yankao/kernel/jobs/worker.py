"""The worker: claims jobs in batches, runs them one after the other, keeps its lease alive, stops when
asked."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from traceback import format_exception
from types import FrameType
from typing import Any

from django.db import close_old_connections, connection
from django.tasks.base import TaskContext, TaskResultStatus
from django.tasks.signals import task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import autodiscover_modules

from . import GiveUp, Later, queue, schedule
from .backend import UnknownTask, result_of, task_of
from .models import Job

logger = logging.getLogger("yankao.jobs")
FLUSH_SECONDS = 0.2
"""Outcomes are written together, at most this late: what a kill makes run twice stays small."""


class Worker:
    """One process's worker. `queues` empty means all; `lease` in seconds is how soon others take over after
    a kill;
    `limit` in seconds is when a job is thought stuck and its lease no longer prolonged."""

    def __init__(
        self,
        queues: Sequence[str] = (),
        batch: int = 50,
        poll: float = 1.0,
        *,
        lease: float = 60.0,
        limit: float = 900.0,
    ) -> None:
        self.queues, self.batch, self.poll = tuple(queues), batch, poll
        self.lease, self.limit = timedelta(seconds=lease), limit
        self.name = _new_name()
        self._stop = threading.Event()
        self._done: list[tuple[Job, Any]] = []
        self._put_off: list[tuple[Job, timedelta]] = []
        self._flushed = self._renewed = time.monotonic()
        self._begun: float | None = None
        self._seen: dict[str, Any] = {}
        self._reclaimed = 0.0

    def run(self) -> None:
        """Work until `stop` or, in the main thread, SIGTERM or SIGINT: the job at hand is finished first."""
        autodiscover_modules("tasks")
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._on_signal)
            signal.signal(signal.SIGINT, self._on_signal)
        heart = threading.Thread(target=self._beat, name="yankao-heartbeat", daemon=True)
        heart.start()
        while not self._stop.is_set():
            try:
                worked = self._round()
            except Exception:
                logger.exception("The queue cannot be read; trying again")
                connection.close()
                self.name, worked = _new_name(), 0
                self._done, self._put_off = [], []  # what the old name still holds runs out
            if not worked:
                self._stop.wait(self.poll)
        heart.join(5)

    def stop(self) -> None:
        self._stop.set()

    def drain(self) -> int:
        """Run everything that is due, and what that makes due, then return how many jobs were run."""
        total = 0
        while worked := self.work():
            total += worked
        return total

    def work(self) -> int:
        """Claim one batch and run it; the number of jobs run. An orphan runs alone (see `queue.reclaim`)."""
        if not queue.due(self.queues).exists():
            return 0
        jobs = self._claim(1, orphaned=True) or self._claim(self.batch)
        self._renewed = self._flushed = time.monotonic()
        ran = 0
        for job in jobs:
            if self._stop.is_set() or time.monotonic() - self._renewed > self.lease.total_seconds():
                queue.put_back(self.name, job)
                continue
            self._keep_alive()
            self._run(job)
            ran += 1
        self._flush()
        return ran

    def _round(self) -> int:
        close_old_connections()
        if time.monotonic() - self._reclaimed > self.lease.total_seconds() / 4:
            queue.reclaim()
            self._reclaimed = time.monotonic()
        schedule.tick(seen=self._seen)
        return self.work()

    def _claim(self, limit: int, *, orphaned: bool = False) -> list[Job]:
        return queue.claim(self.name, lease=self.lease, limit=limit, queues=self.queues, orphaned=orphaned)

    def _run(self, job: Job) -> None:
        try:
            task = task_of(job)
        except UnknownTask as error:
            self._fail(job, error, dead=True)
            return
        result = result_of(job, task)
        task_started.send(type(task.get_backend()), task_result=result)
        self._begun = time.monotonic()
        try:
            context = [TaskContext(task_result=result)] if task.takes_context else []
            value = normalize_json(task.call(*context, *result.args, **result.kwargs))
        except Later as later:
            self._put_off.append((job, later.wait))
            self._flush_in_time()
            return
        except Exception as error:
            dead = self._fail(job, error, dead=isinstance(error, GiveUp))
            if dead:
                object.__setattr__(result, "status", TaskResultStatus.FAILED)
                task_finished.send(type(task.get_backend()), task_result=result)
            return
        finally:
            self._begun = None
        self._done.append((job, value))
        object.__setattr__(result, "status", TaskResultStatus.SUCCESSFUL)
        task_finished.send(type(task.get_backend()), task_result=result)
        self._flush_in_time()

    def _fail(self, job: Job, error: Exception, *, dead: bool) -> bool:
        kind = type(error)
        path = f"{kind.__module__}.{kind.__qualname__}"
        told = {"exception_class_path": path, "traceback": "".join(format_exception(error))[-8000:]}
        dead = queue.fail(self.name, job, told, dead=dead)
        logger.warning(
            "Job %s %s attempt %s: %s%s", job.pk, job.task, job.attempts, path, ", dead letter" * dead
        )
        return dead

    def _flush_in_time(self) -> None:
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        done, self._done = self._done, []
        if done:
            queue.finish(self.name, done, timezone.now())
        put_off, self._put_off = self._put_off, []
        if put_off:
            queue.put_back_all(self.name, put_off)
        self._flushed = time.monotonic()

    def _keep_alive(self) -> None:
        if time.monotonic() - self._renewed > self.lease.total_seconds() / 3:
            queue.renew(self.name, self.lease)
            self._renewed = time.monotonic()

    def _beat(self) -> None:
        """Prolong the lease while a long job runs, on a connection of this thread's own."""
        third = self.lease.total_seconds() / 3
        while True:
            stopped = self._stop.wait(third)
            begun = self._begun
            if stopped and begun is None:
                break
            if begun is not None and time.monotonic() - begun < self.limit:
                try:
                    queue.renew(self.name, self.lease)
                    self._renewed = time.monotonic()
                except Exception:
                    logger.exception("The lease could not be prolonged")
                    connection.close()
            if stopped:
                time.sleep(min(1.0, third))
        connection.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop()


def _new_name() -> str:
    """Host, process and chance: no two workers, living or dead, share a name."""
    return f"{socket.gethostname()[:40].replace(' ', '-')}:{os.getpid()}:{secrets.token_hex(4)}"
