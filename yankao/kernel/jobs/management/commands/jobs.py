"""`jobs`: how the queue stands, its dead letters, and trying them again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count
from django.utils.translation import gettext as _

from yankao.kernel.jobs import queue
from yankao.kernel.jobs.models import Job, State


class Command(BaseCommand):
    help = "Count the queue, list dead letters, try them again. 背景工作與死信。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["count", "dead", "retry"])
        parser.add_argument("ids", nargs="*", type=int, help="dead letters to retry; none means all")

    def handle(self, **options: Any) -> None:
        {"count": self._count, "dead": self._dead, "retry": self._retry}[options["deed"]](options["ids"])

    def _count(self, ids: list[int]) -> None:
        counts = dict(Job.objects.values_list("state").annotate(Count("pk")).order_by())
        for state in State:
            self.stdout.write(f"{state.label}\t{counts.get(state, 0)}")

    def _dead(self, ids: list[int]) -> None:
        for job in Job.objects.filter(state=State.FAILED).order_by("finished_at", "pk"):
            last = job.errors[-1]["exception_class_path"] if job.errors else ""
            self.stdout.write(f"{job.pk}\t{job.finished_at:%Y-%m-%d %H:%M}\t{job.task}\t{last}")

    def _retry(self, ids: list[int]) -> None:
        jobs = Job.objects.filter(pk__in=ids) if ids else Job.objects.all()
        self.stdout.write(_("已重新排入%(count)s件背景工作。") % {"count": queue.retry(jobs)})
