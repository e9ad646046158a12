"""Every morning reviewers are reminded of their sheets; what was said already is not said again."""

from __future__ import annotations

from django.tasks import task

from ..jobs.schedule import every
from .reminding import remind


@every("06:40")
@task
def reviewers_reminded() -> int:
    return remind()
