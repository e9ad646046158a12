"""每月作業 What the calendar does: opens the month that is over, presses those who did not file, locks what
was checked.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.process import Docket, write
from yankao.kernel.jobs.schedule import every
from yankao.kernel.notice import send
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders
from yankao.kernel.progress.cycles import closed_month, last_of

from . import rules
from .models import Month, Programme, Project, month_text
from .process import UNDER_WAY, lock_month, open_month


def owing(month: date) -> list[int]:
    """Items that owe a report for the month: under way and begun by its end, of a monthly programme not yet
    over, not opened.
    """
    items = (
        Project.objects.filter(case__stage__in=UNDER_WAY, programme__cycle=Programme.Cycle.MONTH)
        .filter(Q(started_on=None) | Q(started_on__lte=last_of(month)))
        .filter(programme__starts_on__lte=last_of(month), programme__ends_on__gte=month)
        .exclude(months__month=month)
    )
    return list(items.order_by("pk").values_list("pk", flat=True))


def _by_calendar(move: object, pk: int, at: datetime, **given: object) -> None:
    """Play a move that the calendar makes, without a person: same body, clocks and ledger, in one
    transaction.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=pk)
        project = Project.objects.select_related("programme").get(pk=pk)
        project.case = case
        running = {clock.code: clock for clock in case.clocks.filter(stopped_at=None)}
        docket = Docket(case, project, running)
        move.play(docket, None, at, given)  # type: ignore[attr-defined]
        write(docket)


def open_months(now: datetime | None = None) -> int:
    """Open the report of the month that is over for every item that owes one; how many. Safe to run again."""
    at = now or timezone.now()
    month = closed_month(timezone.localtime(at).date())
    found = owing(month)
    for pk in found:
        _by_calendar(open_month, pk, at, month=month)
    return len(found)


def press(now: datetime | None = None) -> int:
    """稽催 From the day after the deadline the officer and the agency's controller hear of an unfiled
    report, from the 8th its head.

    Each hears once a step; how many notices were written.
    """
    at = now or timezone.now()
    told = 0
    owed = Month.objects.owed().filter(due_at__lt=at, project__case__closed_on=None)
    for month in owed.select_related("project__case__officer").order_by("pk"):
        rung = rules.MONTHLY.window(month.month).rung(at)
        case = month.project.case
        people = [case.officer, *holders(case.agency_id, Role.CONTROLLER)]
        if rung == "escalated":
            people = list(holders(case.agency_id, Role.HEAD))
        if rung in ("warned", "escalated"):
            words = gettext_lazy("{number}「{title}」的月報逾期未填。")
            told += len(
                send.to(people, kind="overdue", case=case, text=words, key=f"month:{month.pk}:{rung}")
            )
    return told


def lock_months(now: datetime | None = None) -> int:
    """Lock every report the city has checked, once its unfiled fellows were escalated; how many."""
    at = now or timezone.now()
    ready = Month.objects.filter(city_checked_at__isnull=False, locked_at=None).select_related(
        "project__case"
    )
    done = 0
    for month in ready.order_by("pk"):
        if rules.MONTHLY.window(month.month).rung(at) == "escalated":
            _by_calendar(lock_month, month.project_id, at, month=month)
            done += 1
    return done


@every("00:20")
@task
def monthly_round() -> dict[str, int]:
    """Every night; what is done already is not done again."""
    return {"opened": open_months(), "pressed": press(), "locked": lock_months()}


__all__ = ["lock_months", "month_text", "monthly_round", "open_months", "owing", "press"]
