"""What the house itself does again and again; the kernel's own daily work is with the kernel."""

from django.tasks import task

from yankao.kernel import planner
from yankao.kernel.jobs.schedule import every


@every(minutes=1)
@task
def heartbeat() -> None:
    """Says that a worker is alive: `/healthz` looks for it."""


@every("04:10")
@task
def counts_for_the_planner() -> None:
    """Where the database does not keep them itself."""
    if not planner.keeps_count():
        planner.learn()
