"""Learning anew in the night."""

from __future__ import annotations

from django.tasks import task

from ..jobs.schedule import every
from ..rooms import rooms
from .suggesters import suggesters


@every("03:40")
@task
def retrain_all() -> dict[str, str]:
    """Train every suggester; the version in use of each, "" where there is too little to learn from."""
    rooms()
    return {name: (told.version if (told := one.retrain()) else "") for name, one in suggesters.items()}
