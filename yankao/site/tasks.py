"""What the house does by itself every day."""

from django.tasks import task

from yankao.kernel.audit import ledger
from yankao.kernel.jobs.schedule import every


@every("00:10")
@task
def publish_checkpoint() -> int:
    """Sign where the ledger stands; the number of its last entry."""
    return ledger.checkpoint().seq


@every(minutes=1)
@task
def heartbeat() -> None:
    """Says that a worker is alive: `/healthz` looks for it."""
