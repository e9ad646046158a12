"""Periodic work: `@every("02:10")` or `@every(minutes=5)` above `@task`. One job a slot, however many
workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.tasks import Task
from django.utils import timezone

from . import enqueue

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.get_fixed_timezone(0))


@dataclass(frozen=True)
class Periodic:
    """A task and its slots: a time of day in the city's time zone, or an interval counted from midnight
    UTC."""

    task: Task[..., Any]
    at: time | None
    interval: timedelta

    def slot(self, now: datetime) -> datetime:
        """The latest slot that has begun at `now`."""
        if self.at is None:
            return now - (now - EPOCH) % self.interval
        local = timezone.localtime(now)
        day = local.date() if self.at <= local.time() else local.date() - timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, self.at))


periodic: dict[str, Periodic] = {}


def every(at: str = "", *, minutes: int = 0, hours: int = 0) -> Callable[[Task[..., Any]], Task[..., Any]]:
    """Register the task. ValueError unless exactly one of a time "HH:MM" and a positive interval is given."""
    interval = timedelta(minutes=minutes, hours=hours)
    if bool(at) == bool(interval) or interval < timedelta():
        raise ValueError('Say either every("HH:MM") or every(minutes=…, hours=…)')
    clock = time.fromisoformat(at) if at else None

    def register(task: Task[..., Any]) -> Task[..., Any]:
        periodic[task.module_path] = Periodic(task, clock, interval)
        return task

    return register


def tick(now: datetime | None = None, seen: dict[str, datetime] | None = None) -> int:
    """Queue the current slot of everything periodic; how many were looked at in earnest.

    A slot missed while no worker ran is made up once, later ones are not multiplied. `seen` spares a worker
    the question it has asked already.
    """
    now, seen = now or timezone.now(), {} if seen is None else seen
    asked = 0
    for path, one in periodic.items():
        slot = one.slot(now)
        if seen.get(path) != slot:
            enqueue(one.task, key=f"every:{path}:{slot:%Y%m%dT%H%M%SZ}"[:200])
            seen[path] = slot
            asked += 1
    return asked
