"""`worker`: run background jobs until told to stop."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from yankao.kernel.jobs.worker import Worker


class Command(BaseCommand):
    help = "Run background jobs. 執行背景工作。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queue", action="append", default=[], help="only this queue; may be repeated")
        parser.add_argument("--batch", type=int, default=50, help="jobs claimed at once")
        parser.add_argument("--poll", type=float, default=1.0, help="seconds between looks at an empty queue")
        parser.add_argument(
            "--lease", type=float, default=60.0, help="seconds after which a dead worker's jobs move"
        )
        parser.add_argument("--once", action="store_true", help="run what is due, then end")

    def handle(self, **options: Any) -> None:
        worker = Worker(options["queue"], options["batch"], options["poll"], lease=options["lease"])
        if options["once"]:
            self.stdout.write(_("已執行%(count)s件背景工作。") % {"count": worker.drain()})
        else:
            worker.run()
