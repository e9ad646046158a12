"""夜間作業 What the calendar does with monthly reports in every room: plays a move without a person, presses
those who did not file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from ..casework.docket import Case
from ..casework.process import Docket, write
from ..notice import send
from ..people.models import Role
from ..people.standing import holders
from .cycles import Cycle
from .models import Report


def by_calendar(move: Any, records: Any, pk: int, at: datetime, **given: Any) -> None:
    """Play a move that the calendar makes on one of the records (a queryset), without a person: same body,
    clocks and ledger, in one transaction.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=pk)
        record = records.get(pk=pk)
        record.case = case
        docket = Docket(case, record, {clock.code: clock for clock in case.clocks.filter(stopped_at=None)})
        move.play(docket, None, at, given)
        write(docket)


def press(
    owed: Iterable[Report], cycle: Cycle, at: datetime, *, case: Callable[[Any], Case],
    people: Callable[[Any], Iterable[Any]], words: Any, key: str,
) -> int:  # fmt: skip
    """稽催 The day after the deadline those whose report it is hear of it, some days later the agency's head.

    Each hears once a step; how many notices were written.
    """
    told = 0
    for month in owed:
        rung = cycle.window(month.month).rung(at)
        if rung not in ("warned", "escalated"):
            continue
        about = case(month)
        hearers = holders(about.agency_id, Role.HEAD) if rung == "escalated" else people(month)
        mark = f"{key}:{month.pk}:{rung}"
        told += len(send.to(hearers, kind="overdue", case=about, text=words, key=mark))
    return told
