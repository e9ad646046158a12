"""每月作業 What the calendar does: opens the month that is over, and presses those who did not file."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext_lazy

from yankao.kernel.jobs.schedule import every
from yankao.kernel.progress import nightly
from yankao.kernel.progress.cycles import closed_month, last_of
from yankao.kernel.progress.nightly import by_calendar

from . import rules
from .models import Directive, Progress
from .process import Stage, open_month, owners

REPORTING = (Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REPORTED, Stage.CONTINUED)


def late(now: datetime | None = None) -> QuerySet[Progress]:
    """逾期未填 The reports owed past their time, of directives still open."""
    found: QuerySet[Progress] = Progress.objects.filter(
        submitted_at=None, due_at__lt=now or timezone.now(), directive__case__closed_on=None
    )
    return found


def open_months(now: datetime | None = None) -> int:
    """Open the report of the month that is over for every directive that owes one; safe to run again."""
    at = now or timezone.now()
    month = closed_month(timezone.localtime(at).date())
    owing = Directive.objects.filter(case__stage__in=REPORTING, accepted_on__lte=last_of(month)).exclude(
        months__month=month
    )
    found = list(owing.order_by("pk").values_list("pk", flat=True))
    for pk in found:
        by_calendar(open_month, Directive.objects.all(), pk, at, month=month)
    return len(found)


def press(now: datetime | None = None) -> int:
    """稽催 The day after the deadline the owner hears of it, three days after it the head; once each."""
    at = now or timezone.now()
    return nightly.press(
        late(at).select_related("directive__case__officer").order_by("pk"), rules.MONTHLY, at,
        case=lambda month: month.directive.case, people=lambda month: owners(month.directive),
        words=gettext_lazy("{number}「{title}」的辦理情形逾期未填。"), key="directive",
    )  # fmt: skip


@every("00:25")
@task
def directives_round() -> dict[str, int]:
    """Every night; what is done already is not done again."""
    return {"opened": open_months(), "pressed": press()}
