"""Forms that were begun and left are forgotten."""

from __future__ import annotations

from django.tasks import task

from yankao.kernel.jobs.schedule import every

from . import drafts


@every(hours=1)
@task
def forget_drafts() -> int:
    """Delete the drafts whose time is over; how many."""
    return drafts.forget_old()
