"""每月作業 What the calendar does: opens the month that is over, and presses those who did not file."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
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
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=pk)
            directive = Directive.objects.get(pk=pk)
            directive.case = case
            running = {clock.code: clock for clock in case.clocks.filter(stopped_at=None)}
            docket = Docket(case, directive, running)
            open_month.play(docket, None, at, {"month": month})
            write(docket)
    return len(found)


def press(now: datetime | None = None) -> int:
    """稽催 The day after the deadline the owner hears of it, three days after it the head; once each."""
    at = now or timezone.now()
    told = 0
    rows = late(at).select_related("directive__case__officer").order_by("pk")
    for month in rows:
        rung = rules.MONTHLY.window(month.month).rung(at)
        if rung not in ("warned", "escalated"):
            continue
        case = month.directive.case
        heads = rung == "escalated"
        people = list(holders(case.agency_id, Role.HEAD)) if heads else list(owners(month.directive))
        words = gettext_lazy("{number}「{title}」的辦理情形逾期未填。")
        told += len(
            send.to(people, kind="overdue", case=case, text=words, key=f"directive:{month.pk}:{rung}")
        )
    return told


@every("00:25")
@task
def directives_round() -> dict[str, int]:
    """Every night; what is done already is not done again."""
    return {"opened": open_months(), "pressed": press()}
