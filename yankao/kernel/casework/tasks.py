"""Work on cases that is done in the background."""

from __future__ import annotations

from django.tasks import task

from ..people.models import User
from ..rules import office
from .recount import recount


@task
def recount_deadlines(actor_id: int, reason: str) -> int:
    """Count the running deadlines anew by the calendar as it is now; how many moved. See `recount`."""
    office.forget()
    return recount(User.objects.get(pk=actor_id), reason)
