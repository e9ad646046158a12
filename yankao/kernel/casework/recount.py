"""Open deadlines follow the calendar: an edition issued again or a suspension of work counts them anew.

A clock never changed is counted from its start. One that was paused or extended keeps what was granted and
only moves off a day that is no working day any more. Every move of a deadline is a `ClockChange` with the
reason (spec B1.2, B1.3).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from ..audit import ledger
from ..rules.office import office_calendar
from ..span import Days, Hours, due, parse_span
from .clocks import _first
from .models import Case, Clock, ClockChange


def _counted_anew(clock: Clock, changed: bool) -> tuple[datetime, str]:
    if not changed:
        fresh = _first(clock)
        return fresh.at, fresh.edition
    stands = timezone.localtime(clock.due_at)
    if isinstance(parse_span(clock.span), Hours):
        return clock.due_at, clock.calendar
    rolled = due(
        Days(1), stands.date() - timedelta(days=1), office_calendar(), district=clock.case.district_id
    )
    return (clock.due_at, clock.calendar) if rolled.day == stands.date() else (rolled.at, rolled.edition)


def recount(actor: Any, reason: str, *, batch: int = 1000) -> int:
    """Count every running deadline by the calendar as it is now; how many moved. Safe to run again."""
    moved = 0
    last = 0
    while True:
        with transaction.atomic():
            clocks = list(
                Clock.objects.filter(stopped_at=None, paused_at=None, pk__gt=last)
                .select_related("case")
                .order_by("pk")[:batch]
            )
            if not clocks:
                break
            last = clocks[-1].pk
            moved += _recount(clocks, actor, reason)
    if moved:
        ledger.note("calendar.recount", "calendar", actor, reason=reason, moved=moved)
    return moved


def _recount(clocks: list[Clock], actor: Any, reason: str) -> int:
    granted = set(
        ClockChange.objects.filter(clock__in=clocks)
        .filter(Q(kind=ClockChange.Kind.EXTEND) | Q(kind=ClockChange.Kind.RESUME))
        .values_list("clock_id", flat=True)
    )
    now, changes = timezone.now(), []
    for clock in clocks:
        at, edition = _counted_anew(clock, clock.pk in granted)
        if at == clock.due_at:
            continue
        changes.append(
            ClockChange(
                clock=clock,
                kind=ClockChange.Kind.RECALCULATE,
                at=now,
                by=actor,
                reason=reason,
                due_before=clock.due_at,
                due_after=at,
            )
        )
        clock.due_at, clock.calendar = at, edition
    touched = [change.clock for change in changes]
    Clock.objects.bulk_update(touched, ["due_at", "calendar"])
    ClockChange.objects.bulk_create(changes)
    cases = {clock.case_id for clock in touched}
    earliest = dict(
        Clock.objects.filter(case__in=cases, stopped_at=None)
        .values("case")
        .annotate(due=Min("due_at"))
        .values_list("case", "due")
    )
    Case.objects.bulk_update([Case(pk=pk, due_at=at) for pk, at in earliest.items()], ["due_at"])
    return len(changes)
