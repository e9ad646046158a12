"""每月作業 What the calendar does: opens the month that is over, presses those who did not file, locks what
was checked.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext_lazy

from yankao.kernel.jobs.schedule import every
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders
from yankao.kernel.progress import nightly
from yankao.kernel.progress.cycles import closed_month, last_of
from yankao.kernel.progress.nightly import by_calendar

from . import rules
from .models import Month, Programme, Project, month_text
from .process import UNDER_WAY, lock_month, open_month

PROJECTS = Project.objects.select_related("programme")


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


def open_months(now: datetime | None = None) -> int:
    """Open the report of the month that is over for every item that owes one; how many. Safe to run again."""
    at = now or timezone.now()
    month = closed_month(timezone.localtime(at).date())
    found = owing(month)
    for pk in found:
        by_calendar(open_month, PROJECTS, pk, at, month=month)
    return len(found)


def press(now: datetime | None = None) -> int:
    """稽催 From the day after the deadline the officer and the agency's controller hear of an unfiled
    report, from the 8th its head.

    Each hears once a step; how many notices were written.
    """
    at = now or timezone.now()
    owed = Month.objects.owed().filter(due_at__lt=at, project__case__closed_on=None)
    return nightly.press(
        owed.select_related("project__case__officer").order_by("pk"), rules.MONTHLY, at,
        case=lambda month: month.project.case,
        people=lambda month: [
            month.project.case.officer, *holders(month.project.case.agency_id, Role.CONTROLLER)
        ],
        words=gettext_lazy("{number}「{title}」的月報逾期未填。"), key="month",
    )  # fmt: skip


def lock_months(now: datetime | None = None) -> int:
    """Lock every report the city has checked, once its unfiled fellows were escalated; how many."""
    at = now or timezone.now()
    ready = Month.objects.filter(city_checked_at__isnull=False, locked_at=None).select_related(
        "project__case"
    )
    done = 0
    for month in ready.order_by("pk"):
        if rules.MONTHLY.window(month.month).rung(at) == "escalated":
            by_calendar(lock_month, PROJECTS, month.project_id, at, month=month)
            done += 1
    return done


@every("00:20")
@task
def monthly_round() -> dict[str, int]:
    """Every night; what is done already is not done again."""
    return {"opened": open_months(), "pressed": press(), "locked": lock_months()}


__all__ = ["lock_months", "month_text", "monthly_round", "open_months", "owing", "press"]
