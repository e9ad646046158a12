"""催審 Reviewers hear of a deadline before it comes and when it has passed; conductors of those who are late.

A notice names neither case nor sheet nor author. One is written for all sheets of a reviewer that stand at
the same step.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from ..notice import send
from ..people.standing import holders
from ..rules.values import Seed, declare
from .models import Assignment, Reviewer, Round
from .rounds import conducts, must_conduct, reviewing_of, sealed

DEFAULT = "平台預設值"
BEFORE = declare(
    "kernel.review.remind_before", int, gettext_lazy("審查期限前幾日提醒"), Seed("3", basis=DEFAULT)
)
AGAIN = declare(
    "kernel.review.remind_again", int, gettext_lazy("審查逾期後每幾日再催"), Seed("7", basis=DEFAULT)
)


def waiting() -> Any:
    """What reviewers still owe: not scored, not given back, of a sheet that is still to be judged."""
    found = Assignment.objects.filter(
        scored_on=None, recused_on=None, sheet__withdrawn_on=None, sheet__round__met_on=None
    )
    return found.select_related("reviewer__user", "sheet__round").order_by("due_on", "pk")


def step_of(due_on: date, today: date) -> str:
    """Where a deadline stands: "" nothing to say, "soon" from some days before, "late" with the count of
    the reminder after it.
    """
    if today > due_on:
        return f"late{((today - due_on).days - 1) // AGAIN.at(today)}"
    return "soon" if today >= due_on - timedelta(days=BEFORE.at(today)) else ""


def remind(now: datetime | None = None) -> int:
    """Write what is due to be said today; how many notices."""
    today = timezone.localtime(now or timezone.now()).date()
    mine: dict[tuple[Reviewer, str, date], list[Assignment]] = defaultdict(list)
    late: dict[Round, int] = defaultdict(int)
    for one in waiting():
        step = step_of(one.due_on, today)
        if step and one.reviewer.user is not None:
            mine[one.reviewer, step, one.due_on].append(one)
        if step == "late0":
            late[one.sheet.round] += 1
    told = 0
    for (person, step, due_on), sheets in mine.items():
        words = gettext_lazy("您有審查件即將到期，請於審查作業中評分。")
        if step != "soon":
            words = gettext_lazy("您有審查件已逾期，請儘速評分；不能審查者請聲明迴避。")
        key = f"review:{person.pk}:{step}:{due_on}:{sheets[0].sheet.round_id}"
        told += len(send.to([person.user], kind="reminder", text=words, link="/reviews/", key=key))
    for round, count in late.items():
        told += len(_tell_conductors(round, count, today))
    return told


def _tell_conductors(round: Round, count: int, today: date) -> list[Any]:
    """Once a day at most, and only to those who may read the round."""
    people = [one for one in holders(None, *reviewing_of(round).conductors) if conducts(one, round)]
    words = format_lazy("{}{}", round.title, gettext_lazy("有審查逾期，請催審或改派。"))
    return send.to(
        people, kind="overdue", text=words, link=f"/rounds/{round.pk}/",
        key=f"review:round:{round.pk}:{count}:{today}",
    )  # fmt: skip


def urge(round: Round, actor: Any, *, at: datetime | None = None) -> int:
    """催審 Remind everybody of the round who still has sheets to score, by hand; how many people."""
    at = at or timezone.now()
    with transaction.atomic():
        must_conduct(actor, round)
        people = {
            one.reviewer for one in waiting().filter(sheet__round=round) if one.reviewer.user is not None
        }
        words = gettext_lazy("請儘速完成審查評分；不能審查者請聲明迴避。")
        told = send.to(
            [one.user for one in people], kind="reminder", text=words, link="/reviews/",
            key=f"review:urge:{round.pk}:{timezone.localtime(at):%Y%m%d%H}",
        )  # fmt: skip
        if told:
            names = sorted(str(one) for one in people)
            sealed("review.urge", f"review:round:{round.pk}", actor, at, people=names)
    return len(told)
