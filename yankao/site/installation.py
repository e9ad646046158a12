"""One installation: whether it is prepared, whether it is empty, and making it ready."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pkgutil import iter_modules

import django
from django.conf import settings
from django.utils import translation

from .terminal import SURROUNDINGS, Progress, Stop
from .words import _, tongue


def up() -> None:
    """Set Django up and let it speak the language of the command line."""
    django.setup()
    translation.activate(tongue())


@contextmanager
def alone() -> Iterator[None]:
    """Held while the installation is being prepared: of several processes starting at once, one does it."""
    data = Path(settings.DATA)
    data.mkdir(parents=True, exist_ok=True)
    with (data / ".preparing").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield


def missing() -> list[str]:
    """The migrations that the database lacks, as `app.name`.

    Where every file of a migration is on record nothing is missing, and none has to be read: their graph
    takes a quarter of a second of every command.
    """
    from django.db import connection  # noqa: PLC0415  (models are ready only after `up`)
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415  (needs models)
    from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415  (needs models)

    if _files() <= set(MigrationRecorder(connection).applied_migrations()):
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _backwards in plan]


def _files() -> set[tuple[str, str]]:
    """The migrations of this version by app and name, from the names of their files."""
    from django.apps import apps  # noqa: PLC0415  (likewise)

    return {
        (app.label, one.name)
        for app in apps.get_app_configs()
        for one in iter_modules([str(Path(app.path) / "migrations")])
        if one.name[:1] not in "_~"
    }


def ready() -> None:
    """Set up, and refuse where the tables are missing or older than the program."""
    up()
    if missing():
        raise Stop(
            _("這裡還沒有可用的資料庫，或版本較舊：請先執行yankao setup（或yankao run）。"), SURROUNDINGS
        )


def prepare() -> None:
    """Tables, rules and static files as this version of the program wants them; quick when they are
    already."""
    from django.core.management import call_command  # noqa: PLC0415  (models are ready only after `up`)
    from django.db import transaction  # noqa: PLC0415  (models are ready only after `up`)

    from yankao.kernel import planner  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rules import values  # noqa: PLC0415  (models are ready only after `up`)

    from . import searching  # noqa: PLC0415  (models are ready only after `up`)
    from .migrating import from_nothing  # noqa: PLC0415  (models are ready only after `up`)
    from .static_files import collect  # noqa: PLC0415  (models are ready only after `up`)

    with alone():
        wanted = missing()
        with Progress(_("準備"), len(wanted) + 2) as bar:
            if wanted:
                bar.enter(_("建立資料表"))
                with from_nothing():
                    call_command("migrate", interactive=False, verbosity=0)
                bar.step(done=len(wanted))
                planner.learn()  # nothing is known of an index that is new
                if any(step.startswith("search.") for step in wanted):  # an index that is new here is empty
                    searching.rebuild()
            bar.enter(_("規則"))
            with transaction.atomic():
                values.seed()
            bar.step(_("靜態檔"))
            collect()
            bar.step()


def empty() -> bool:
    """Whether nothing was ever kept here: no person, no agency, no case."""
    from yankao.kernel.casework.models import Case  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.people.models import Agency, User  # noqa: PLC0415  (models are ready only after `up`)

    return not (User.objects.exists() or Agency.objects.exists() or Case.objects.exists())
