"""The daily round of reminders, before the offices open."""

from django.tasks import task

from ..jobs.schedule import every
from .remind import remind


@every("06:30")
@task
def remind_daily() -> int:
    """See `remind.remind`."""
    return remind()
