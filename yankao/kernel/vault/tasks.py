"""Every night what other processes wrapped by an older key meanwhile is wrapped by the newest."""

from __future__ import annotations

from django.tasks import task

from ..jobs.schedule import every
from . import rotation


@every("03:10")
@task
def rewrap() -> int:
    """See `rotation.rewrap`."""
    return rotation.rewrap().done
