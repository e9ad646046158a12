"""What may happen to a job in one process, on either database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.tasks import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.jobs import effects, enqueue, queue
from yankao.kernel.jobs import worker as working
from yankao.kernel.jobs.models import Effect, Job, State
from yankao.kernel.jobs.worker import Worker

from . import deeds

pytestmark = pytest.mark.django_db
MINUTE = timedelta(seconds=60)


def make_due() -> None:
    Job.objects.filter(state=State.READY).update(run_after=timezone.now() - MINUTE)


def test_a_job_runs_once_and_keeps_its_result(calls: list[object]) -> None:
    result = deeds.note.enqueue("一", loud=True)
    assert result.status == TaskResultStatus.READY
    assert Worker().drain() == 1
    assert Worker().drain() == 0
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == (
        TaskResultStatus.SUCCESSFUL, {"said": "一", "loud": True}, 1,
    )  # fmt: skip
    assert deeds.note.get_result(result.id).return_value == {"said": "一", "loud": True}
    assert calls == ["一"]


def test_an_asynchronous_task_runs_too() -> None:
    result = later = deeds.later_perhaps.enqueue(41)
    Worker().drain()
    later.refresh()
    assert result.return_value == 42


def test_a_job_whose_reason_is_rolled_back_never_was(calls: list[object]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue(deeds.note, "x")
        1 / 0  # noqa: B018
    assert Job.objects.count() == 0
    assert Worker().drain() == 0
    assert calls == []


def test_the_second_job_with_a_key_is_the_first(calls: list[object]) -> None:
    first = enqueue(deeds.note, "a", key="k")
    second = enqueue(deeds.note, "b", key="k")
    assert first.id == second.id
    assert Worker().drain() == 1
    assert enqueue(deeds.note, "c", key="k").status == TaskResultStatus.SUCCESSFUL
    assert calls == ["a"]


def test_a_key_belongs_to_one_task() -> None:
    enqueue(deeds.note, "a", key="k")
    with pytest.raises(ValueError, match="belongs to"):
        enqueue(deeds.give_up, key="k")


def test_urgent_jobs_go_first_then_the_oldest(calls: list[object]) -> None:
    for name in ("1", "2"):
        enqueue(deeds.note, name)
    enqueue(deeds.hurry, "urgent")
    enqueue(deeds.note.using(priority=-5), "idle")
    enqueue(deeds.note, "0", run_after=timezone.now() - MINUTE)
    Worker(batch=2).drain()
    assert calls == ["urgent", "0", "1", "2", "idle"]


def test_a_job_waits_for_its_time(calls: list[object]) -> None:
    enqueue(deeds.note, "tomorrow", run_after=timezone.now() + timedelta(days=1))
    assert Worker().drain() == 0
    make_due()
    assert Worker().drain() == 1


def test_a_worker_takes_only_its_queues(calls: list[object]) -> None:
    enqueue(deeds.note, "here")
    enqueue(deeds.note.using(queue_name="slow"), "there")
    assert Worker(["slow"]).drain() == 1
    assert calls == ["there"]


def test_no_two_workers_claim_the_same_job() -> None:
    for n in range(5):
        enqueue(deeds.note, n)
    first = queue.claim("a", lease=MINUTE, limit=3)
    second = queue.claim("b", lease=MINUTE, limit=3)
    assert len(first) == 3
    assert len(second) == 2
    assert not {job.pk for job in first} & {job.pk for job in second}


def test_a_failed_job_comes_back_later_and_later() -> None:
    result = enqueue(deeds.break_down, "broken")
    waits = []
    for _ in range(4):
        Worker().work()
        job = Job.objects.get()
        assert job.state == State.READY
        waits.append((job.run_after - timezone.now()).total_seconds())
        make_due()
    for wait, whole in zip(waits, (10, 20, 40, 80), strict=True):
        assert whole / 2 - 2 <= wait <= whole
    Worker().work()
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert result.attempts == 5
    assert result.errors[-1].exception_class is RuntimeError
    assert "broken" in result.errors[-1].traceback


@given(st.integers(1, 500))
def test_a_wait_is_never_over_an_hour_nor_under_half_its_step(attempt: int) -> None:
    whole = min(10 * 2 ** (attempt - 1), 3600)
    assert whole / 2 <= queue.backoff(attempt).total_seconds() <= whole


def test_a_task_may_say_how_often_it_is_tried() -> None:
    enqueue(deeds.break_down_twice)
    for _ in range(3):
        Worker().drain()
        make_due()
    assert Job.objects.values_list("state", "attempts").get() == (State.FAILED, 2)


def test_giving_up_leads_straight_to_the_dead_letters() -> None:
    enqueue(deeds.give_up)
    Worker().drain()
    assert Job.objects.values_list("state", "attempts").get() == (State.FAILED, 1)


def test_putting_off_is_no_failed_attempt() -> None:
    enqueue(deeds.come_back)
    Worker().drain()
    job = Job.objects.get()
    assert (job.state, job.attempts, job.workers, job.errors) == (State.READY, 0, "", [])
    assert 170 < (job.run_after - timezone.now()).total_seconds() <= 180


def test_a_dead_letter_is_kept_and_tried_again_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    enqueue(deeds.give_up)
    enqueue(deeds.note, "fine")
    Worker().drain()
    queue.sweep_old(timezone.now() + timedelta(days=365))
    dead = Job.objects.get()
    call_command("jobs", "dead")
    assert f"{dead.pk}\t" in capsys.readouterr().out
    call_command("jobs", "retry", str(dead.pk))
    dead.refresh_from_db()
    assert (dead.state, dead.attempts, len(dead.errors)) == (State.READY, 0, 1)


def test_a_job_of_a_task_that_is_gone_becomes_a_dead_letter() -> None:
    Job.objects.create(task="yankao.kernel.jobs.tests.deeds.vanished")
    Job.objects.create(task="os.getcwd")
    Worker().drain()
    assert set(Job.objects.values_list("state", flat=True)) == {State.FAILED}


def test_a_lost_job_is_taken_again_after_its_lease_and_alone(calls: list[object]) -> None:
    for n in range(3):
        enqueue(deeds.note, n)
    now = timezone.now()
    assert len(queue.claim("dead", lease=MINUTE, limit=10)) == 3
    assert queue.reclaim(now + MINUTE / 2) == 0
    assert queue.reclaim(now + 2 * MINUTE) == 3
    assert Worker().work() == 1
    assert Worker().drain() == 2
    assert calls == [0, 1, 2]


def test_a_renewed_lease_is_not_lost() -> None:
    enqueue(deeds.note, 1)
    now = timezone.now()
    queue.claim("slow", lease=MINUTE, limit=1)
    assert queue.renew("slow", 10 * MINUTE) == 1
    assert queue.reclaim(now + 2 * MINUTE) == 0


def test_a_job_that_kills_every_worker_becomes_a_dead_letter() -> None:
    enqueue(deeds.note, 1)
    now = timezone.now()
    for attempt in range(5):
        assert len(queue.claim(f"w{attempt}", lease=MINUTE, limit=1, orphaned=attempt > 0)) == 1
        queue.reclaim(now + (attempt + 2) * MINUTE)
    job = Job.objects.get()
    assert job.state == State.FAILED
    assert job.errors[-1]["exception_class_path"] == queue.LOST


def test_jobs_that_are_put_off_together_are_written_together(monkeypatch: Any) -> None:
    """As when a gateway fails and a thousand messages wait for it: not a transaction for each."""
    monkeypatch.setattr(working, "FLUSH_SECONDS", float("inf"))
    for _job in range(30):
        enqueue(deeds.come_back)
    begun = timezone.now()
    with CaptureQueriesContext(connection) as asked:
        assert Worker().work() == 30
    assert len([one for one in asked if "SET state = 'READY'" in one["sql"]]) == 1
    for job in Job.objects.all():
        assert (job.state, job.attempts, job.workers, job.claimed_by) == (State.READY, 0, "", "")
        assert job.run_after >= begun + timedelta(minutes=3) and job.claimed_until is None


def test_a_worker_that_lost_its_lease_changes_nothing() -> None:
    enqueue(deeds.note, 1)
    (job,) = queue.claim("old", lease=-MINUTE, limit=1)
    queue.reclaim()
    queue.claim("new", lease=MINUTE, limit=1, orphaned=True)
    queue.finish("old", [(job, "late")])
    queue.fail("old", job, {"exception_class_path": "x", "traceback": "x"}, dead=True)
    queue.put_back("old", job)
    assert Job.objects.values_list("state", "claimed_by", "result").get() == (State.RUNNING, "new", None)


def test_an_effect_is_made_once_and_its_mark_goes_with_it() -> None:
    made = []
    for _ in range(3):
        with effects.once("k") as first:
            if first:
                made.append(1)
    assert made == [1]
    with pytest.raises(ZeroDivisionError), effects.once("other"):
        1 / 0  # noqa: B018
    with effects.once("other") as first:
        assert first
    assert Effect.objects.count() == 2


def test_a_task_knows_its_job_and_attempt() -> None:
    result = deeds.who_am_i.enqueue()
    Worker().drain()
    result.refresh()
    assert result.return_value == [result.id, 1]


def test_results_are_kept_for_seven_days() -> None:
    enqueue(deeds.note, 1)
    Worker().drain()
    assert queue.sweep_old(timezone.now() + timedelta(days=6))["jobs"] == 0
    assert queue.sweep_old(timezone.now() + timedelta(days=8))["jobs"] == 1


@pytest.mark.parametrize("wrong", ["", "x", "-1", "999999"])
def test_an_unknown_result_is_said_to_be_unknown(wrong: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        deeds.note.get_result(wrong)


def test_an_idle_worker_writes_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert Worker().work() == 0


def test_a_batch_costs_few_statements_whatever_its_size() -> None:
    from django.test.utils import CaptureQueriesContext

    for n in range(40):
        enqueue(deeds.note, n)
    with CaptureQueriesContext(
        connection,
    ) as few:
        Worker(batch=40).work()
    assert len(few) < 20


def test_a_stopped_worker_gives_its_unstarted_jobs_back(calls: list[object]) -> None:
    for n in range(3):
        enqueue(deeds.note, n)
    worker = Worker()
    worker.stop()
    assert worker.work() == 0
    assert list(Job.objects.values_list("state", "attempts", "workers").distinct()) == [(State.READY, 0, "")]
    assert Worker().drain() == 3
    assert datetime.now(UTC) > Job.objects.latest("finished_at").finished_at
