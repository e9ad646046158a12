"""派工逾時通報 Hours that ran out on a crew: who above hears of it after how many more, each once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.tasks import task
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.docket import Clock
from yankao.kernel.jobs.schedule import every
from yankao.kernel.notice import send
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders
from yankao.kernel.rules.values import Seed, declare

from . import rules
from .models import Petition
from .process import FIX, SAFETY, SURVEY, crew_of, process

CODES = {str(one.code): one for one in (SURVEY, SAFETY, FIX)}
ABOVE: dict[str, tuple[Any, Callable[[Petition], Iterable[Any]]]] = {
    "crew": (gettext_lazy("派工人員"), crew_of),
    "controller": (Role.CONTROLLER.label, lambda one: holders(one.case.agency_id, Role.CONTROLLER)),
    "manager": (Role.MANAGER.label, lambda one: holders(one.case.agency_id, Role.MANAGER)),
    "head": (Role.HEAD.label, lambda one: holders(one.case.agency_id, Role.HEAD)),
    "commission": (gettext_lazy("研考會"), lambda one: holders(None, Role.RDEC_CONTROLLER)),
}
"""Who may stand on a rung, by the word of the rule: their name and the people."""


@dataclass(frozen=True)
class Rung:
    """So many hours past the limit, these hear of it."""

    hours: int
    who: str


def read_ladder(text: str) -> tuple[Rung, ...]:
    """Raises ValueError with the sentence of what cannot be read."""
    found = []
    for part in filter(str.strip, re.split("[;；]", text)):
        hours, colon, who = re.sub("：", ":", part).partition(":")
        if not colon or not hours.strip().isdigit() or who.strip() not in ABOVE:
            raise ValueError(
                _("看不懂「%(part)s」；請寫成2: manager，可用%(words)s。")
                % {"part": part.strip(), "words": _("、").join(ABOVE)}
            )
        found.append(Rung(int(hours), who.strip()))
    if not found:
        raise ValueError(_("至少要有一級。"))
    return tuple(sorted(found, key=lambda one: one.hours))


LADDER = declare(
    "service.petitions.ladder",
    read_ladder,
    gettext_lazy("派工逾時通報（逾時幾小時: 通報對象）"),
    Seed("0: crew; 0: controller; 2: manager; 8: head; 24: commission", rules.SINCE, rules.DISPATCHING),
)


def climb(now: datetime | None = None) -> int:
    """Tell everybody on a rung that was reached and not yet told; how many notices were written.

    The key names clock, deadline, rung and person: a second run, or a second worker, adds nothing. A deadline
    that was moved begins anew.
    """
    now = now or timezone.now()
    late = Clock.objects.filter(
        code__in=CODES, stopped_at=None, paused_at=None, due_at__lte=now, case__closed_on=None,
        case__kind=process.kind,
    )  # fmt: skip
    return sum(_climb(clock, now) for clock in late.order_by("pk").iterator(chunk_size=500))


def _climb(clock: Clock, now: datetime) -> int:
    petition = Petition.objects.select_related("case__officer").get(pk=clock.case_id)
    late, day = now - clock.due_at, timezone.localtime(clock.due_at).date()
    made = 0
    for rung in LADDER.at(day):
        if late < timedelta(hours=rung.hours):
            break
        people = [one for one in ABOVE[rung.who][1](petition) if process.sees.held_by(one, petition.case)]
        words = format_lazy(
            gettext_lazy("{number}「{title}」的「{deadline}」已逾時{hours}小時。"),
            number="{number}", title="{title}", deadline=CODES[clock.code].label,
            hours=int(late / timedelta(hours=1)),
        )  # fmt: skip
        key = f"ladder:{clock.pk}:{clock.due_at:%Y%m%d%H%M}:{rung.hours}:{rung.who}"
        with transaction.atomic():
            made += len(send.to(people, kind="escalation", case=petition.case, text=words, key=key))
    return made


def rungs_in_words(day: date) -> list[tuple[str, str]]:
    """The ladder of a day as the page of limits shows it."""
    return [
        (_("期限屆滿") if not one.hours else _("逾時%(n)s小時") % {"n": one.hours}, str(ABOVE[one.who][0]))
        for one in LADDER.at(day)
    ]


@every(hours=1)
@task
def dispatch_ladder() -> int:
    """Every hour; see `climb`."""
    return climb()
