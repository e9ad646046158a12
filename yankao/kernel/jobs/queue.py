"""What may happen to a job, each as one short transaction.

READY → RUNNING (claimed, until the lease ends) → SUCCESSFUL | READY again (failed, later) | FAILED (dead
letter).
Whoever writes the outcome must still be the holder: a worker that lost its lease changes nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from .models import Effect, Job, Mail, State

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
RESULTS_KEPT = timedelta(days=7)
EFFECTS_KEPT = timedelta(days=400)
BODIES_KEPT = timedelta(days=30)
ERRORS_KEPT = 5
LOST = "yankao.kernel.jobs.queue.WorkerLost"

# Materialised, because PostgreSQL may run a plain sub-select more than once and then claim too many.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM jobs_job
    WHERE state = 'READY' AND orphaned = %s AND run_after <= %s {queues}
    ORDER BY priority DESC, run_after, id LIMIT %s {skip}
)
UPDATE jobs_job SET state = 'RUNNING', claimed_by = %s, claimed_until = %s, attempts = attempts + 1,
    last_attempted_at = %s, started_at = COALESCE(started_at, %s), workers = workers || %s
WHERE id IN (SELECT id FROM due)
RETURNING id
"""
DONE = """
UPDATE jobs_job SET state = 'SUCCESSFUL', result = %s, finished_at = %s, claimed_until = NULL
WHERE id = %s AND claimed_by = %s AND state = 'RUNNING'
"""
PUT_BACK = """
UPDATE jobs_job SET state = 'READY', claimed_by = '', claimed_until = NULL, attempts = %s, workers = %s,
    run_after = %s
WHERE id = %s AND claimed_by = %s AND state = 'RUNNING'
"""


class WorkerLost(Exception):
    """Recorded for a job whose worker died or lost its lease while running it."""


def backoff(attempt: int) -> timedelta:
    """The wait after failed attempt 1, 2, …: doubled each time up to an hour, between half and the whole of
    it
    by chance, so that jobs that failed together do not come back together."""
    whole = min(FIRST_WAIT * 2 ** min(attempt - 1, 30), LONGEST_WAIT)
    wait: timedelta = whole * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)
    return wait


def claim(
    worker: str,
    *,
    lease: timedelta,
    limit: int,
    queues: Sequence[str] = (),
    orphaned: bool = False,
    now: datetime | None = None,
) -> list[Job]:
    """Take up to `limit` due jobs for `worker`: highest priority first, then oldest. Nobody else gets the
    same."""
    now = now or timezone.now()
    at = connection.ops.adapt_datetimefield_value
    sql = CLAIM.format(
        queues=f"AND queue IN ({', '.join(['%s'] * len(queues))})" if queues else "",
        skip="FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else "",
    )
    values = [orphaned, at(now), *queues, limit, worker, at(now + lease), at(now), at(now), f"{worker} "]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        ids = [row[0] for row in cursor.fetchall()]
    return list(Job.objects.filter(pk__in=ids).order_by("-priority", "run_after", "pk")) if ids else []


def due(queues: Sequence[str] = (), now: datetime | None = None) -> QuerySet[Job]:
    """Jobs that a worker would take now. Asked before claiming, so that an idle worker writes nothing."""
    found = Job.objects.filter(state=State.READY, run_after__lte=now or timezone.now())
    return found.filter(queue__in=queues) if queues else found


def renew(worker: str, lease: timedelta, now: datetime | None = None) -> int:
    """Prolong everything the worker holds; how many jobs that is."""
    held = Job.objects.filter(claimed_by=worker, state=State.RUNNING)
    return held.update(claimed_until=(now or timezone.now()) + lease)


def reclaim(now: datetime | None = None) -> int:
    """Jobs whose lease has run out go back into the queue, or to the dead letters after their last attempt.

    They are marked `orphaned`: one of them may be what killed the worker, so each is next claimed alone.
    """
    now = now or timezone.now()
    lost = Job.objects.filter(state=State.RUNNING, claimed_until__lt=now)
    if not lost.exists():
        return 0
    back = lost.filter(attempts__lt=F("max_attempts")).update(
        state=State.READY, orphaned=True, claimed_by="", claimed_until=None
    )
    error = {
        "exception_class_path": LOST,
        "traceback": "The worker died or lost its lease in the last attempt.\n",
    }
    with transaction.atomic():
        spent = lost.filter(attempts__gte=F("max_attempts"))
        for job in spent.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked):
            _bury(job, job.claimed_by, error, now)
            back += 1
    return back


def finish(worker: str, outcomes: Iterable[tuple[Job, Any]], now: datetime | None = None) -> None:
    """Record the successful jobs with their JSON results."""
    at = connection.ops.adapt_datetimefield_value(now or timezone.now())
    rows = [(None if value is None else json.dumps(value), at, job.pk, worker) for job, value in outcomes]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(DONE, rows)


def fail(
    worker: str, job: Job, error: dict[str, str], *, dead: bool = False, now: datetime | None = None
) -> bool:
    """Record a failed attempt: again after `backoff`, or a dead letter when attempts are used up or `dead`
    is said.

    True when the job is dead.
    """
    now = now or timezone.now()
    if dead or job.attempts >= job.max_attempts:
        _bury(job, worker, error, now)
        return True
    _held(worker, job).update(
        state=State.READY, run_after=now + backoff(job.attempts), claimed_by="", claimed_until=None,
        errors=[*job.errors, error][-ERRORS_KEPT:],
    )  # fmt: skip
    return False


def put_back(worker: str, job: Job, wait: timedelta = timedelta(), now: datetime | None = None) -> None:
    """Return a claimed job as if it had not been claimed, due after `wait`."""
    put_back_all(worker, [(job, wait)], now)


def put_back_all(worker: str, jobs: Iterable[tuple[Job, timedelta]], now: datetime | None = None) -> None:
    """Return claimed jobs as if they had not been claimed, each due after its wait, in one transaction."""
    at, now = connection.ops.adapt_datetimefield_value, now or timezone.now()
    rows = [
        (job.attempts - 1, job.workers.removesuffix(f"{worker} "), at(now + wait if wait else job.run_after),
         job.pk, worker)
        for job, wait in jobs
    ]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(PUT_BACK, rows)


def retry(jobs: QuerySet[Job], now: datetime | None = None) -> int:
    """Dead letters among `jobs` are tried again, with a full count of attempts; their errors stay to be
    read."""
    dead = jobs.filter(state=State.FAILED)
    return dead.update(
        state=State.READY, attempts=0, workers="", finished_at=None, run_after=now or timezone.now()
    )


def sweep_old(now: datetime | None = None) -> dict[str, int]:
    """Forget what is no longer needed: results after 7 days, effects after 400, bodies of sent mail after 30.

    Dead letters stay until somebody retries or deletes them. A job's key is free again once its row is gone.
    """
    now = now or timezone.now()
    done = Job.objects.filter(state=State.SUCCESSFUL, finished_at__lt=now - RESULTS_KEPT)
    sent = Mail.objects.filter(state=Mail.State.SENT, sent_at__lt=now - BODIES_KEPT).exclude(body="")
    return {
        "jobs": done.delete()[0],
        "effects": Effect.objects.filter(at__lt=now - EFFECTS_KEPT).delete()[0],
        "bodies": sent.update(body=""),
    }


def _held(worker: str, job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, claimed_by=worker, state=State.RUNNING)


def _bury(job: Job, worker: str, error: dict[str, str], now: datetime) -> None:
    _held(worker, job).update(
        state=State.FAILED, finished_at=now, claimed_until=None, errors=[*job.errors, error][-ERRORS_KEPT:]
    )
