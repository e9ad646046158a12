"""The queue's own housekeeping."""

from django.tasks import task

from .queue import sweep_old
from .schedule import every


@every("02:10")
@task
def sweep() -> dict[str, int]:
    """Every night: see `queue.sweep_old`."""
    return sweep_old()
