"""Periodic work: which slot it is, and one job for it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.jobs import schedule
from yankao.kernel.jobs.models import Job

from . import deeds

NIGHT = datetime(2026, 11, 22, 18, 10, tzinfo=UTC)  # 02:10 on 23 November in Taipei


@pytest.fixture
def periodic(monkeypatch: pytest.MonkeyPatch) -> dict[str, schedule.Periodic]:
    monkeypatch.setattr(schedule, "periodic", {})
    return schedule.periodic


def test_a_daily_slot_begins_at_its_minute_in_taipei(periodic) -> None:
    schedule.every("02:10")(deeds.note)
    (nightly,) = periodic.values()
    assert nightly.slot(NIGHT) == NIGHT
    assert nightly.slot(NIGHT - timedelta(seconds=1)) == NIGHT - timedelta(days=1)
    assert nightly.slot(NIGHT + timedelta(hours=23, minutes=59)) == NIGHT


@given(st.integers(0, 10**9), st.integers(1, 3000))
def test_a_slot_has_begun_and_is_the_latest(seconds: int, minutes: int) -> None:
    now = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    often = schedule.Periodic(deeds.note, None, timedelta(minutes=minutes))
    slot = often.slot(now)
    assert slot <= now < slot + often.interval
    assert often.slot(slot) == slot


@pytest.mark.django_db
def test_every_slot_is_queued_once_whoever_asks(periodic) -> None:
    schedule.every("02:10")(deeds.who_am_i)
    schedule.every(minutes=5)(deeds.later_perhaps)
    for _worker in range(2):
        seen: dict[str, datetime] = {}
        assert schedule.tick(NIGHT, seen) == 2
        assert schedule.tick(NIGHT + timedelta(minutes=4), seen) == 0
        assert schedule.tick(NIGHT + timedelta(minutes=5), seen) == 1
    assert Job.objects.count() == 3


@pytest.mark.django_db
def test_slots_missed_while_nobody_worked_are_made_up_once(periodic) -> None:
    schedule.every(minutes=5)(deeds.who_am_i)
    schedule.tick(NIGHT)
    schedule.tick(NIGHT + timedelta(days=3))
    assert Job.objects.count() == 2


@pytest.mark.parametrize("wrong", [{}, {"at": "02:10", "minutes": 5}, {"minutes": -5}, {"at": "25:00"}])
def test_a_senseless_schedule_is_refused(periodic, wrong) -> None:
    with pytest.raises(ValueError):
        schedule.every(**wrong)(deeds.note)
    assert periodic == {}
