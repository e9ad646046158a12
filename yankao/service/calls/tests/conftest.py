"""An exchange's log of a few calls, and a small city's half-year, loaded once for the module that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from yankao.kernel.journal.ingest import Taken, take
from yankao.kernel.journal.models import Source
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import Cast, call_centre

MORNING = 1331085600  # 2012-03-07 10:00 in Taipei


@pytest.fixture
def source(db: Any, settings: Any, tmp_path: Any) -> Source:
    settings.DATA = tmp_path
    return Source.objects.create(journal="service.calls", code="pbx", name="交換機", format="queue_log")


@pytest.fixture
def tell(source: Source) -> Callable[..., Taken]:
    """`tell("0|a|1999|NONE|ENTERQUEUE||0912|1", …)`: lines whose times count from the morning."""

    def told(*lines: str, to: Source | None = None) -> Taken:
        text = ""
        for line in lines:
            second, _bar, rest = line.partition("|")
            text += f"{MORNING + int(second)}|{rest}\n"
        return take(to or source, text.encode())

    return told


@pytest.fixture
def staff(cast: Cast) -> dict[str, User]:
    """An agent, a supervisor and an editor beside the cast."""
    return call_centre(cast)


@pytest.fixture(scope="module")
def small_city(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Any]:
    """The demonstration city at a hundredth of its calls."""
    from django.db import transaction

    from yankao.kernel.people.city import build_city
    from yankao.kernel.people.testing import settle
    from yankao.kernel.rules import values
    from yankao.service.calls import demo

    with django_db_blocker.unblock():
        with transaction.atomic():
            values.seed()
            city = build_city(0.01, date(2026, 11, 23))
            demo.load(city)
            demo.present(city, date(2026, 11, 23))
            settle()
            yield city
            transaction.set_rollback(True)
        values.forget()
