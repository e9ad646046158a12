"""課程需求 What to teach: the deficiencies inspections found most, the courses against them, what came after.

Other rooms are read through the figures they declare, by name: without a room that counts deficiencies by
code there is nothing to suggest, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count

from yankao.kernel.figures.declare import Figure, register
from yankao.kernel.period import Period
from yankao.kernel.progress.cycles import first_of, month_before
from yankao.kernel.roc import half_up

from . import rules
from .models import Course, Training

FAULTS = "inspection.quality.faults"
VISITS = "inspection.quality.inspected"
"""The figures read: deficiencies by code, and inspections."""
SHOWN = 10
EFFECT_MONTHS = 6


@dataclass(frozen=True)
class Need:
    """A deficiency code with its words, how often it was found, its share, and the courses against it."""

    code: str
    name: str
    found: int
    share: Decimal
    courses: tuple[Course, ...]


@dataclass(frozen=True)
class Effect:
    """Deficiencies of a course's codes for each inspection, in the months before and after a training."""

    training: Training
    before: Decimal
    after: Decimal
    visits: int
    """How many inspections followed: few say little."""


def counted() -> Figure | None:
    """The figure of deficiencies by code, where a room in use declares one."""
    found = register.get(FAULTS)
    return found if found is not None and "code" in found.dimensions else None


def looked_at(today: date) -> Period:
    """The months looked at: whole ones, the last of them over."""
    first = today
    for _n in range(rules.LOOK_BACK.at(today)):
        first = month_before(first)
    return Period.between(first_of(first), first_of(today) - timedelta(days=1))


def needs(today: date) -> list[Need]:
    """The codes found most, the first first."""
    figure = counted()
    if figure is None:
        return []
    by = figure.dimensions["code"]
    rows = figure(looked_at(today)).order_by().values_list(by.by).annotate(n=Count("pk"))
    ranked = sorted(((n, str(code)) for code, n in rows), key=lambda row: (-row[0], row[1]))
    whole = sum(n for n, _code in ranked)
    courses = list(Course.objects.all())
    return [
        Need(
            code,
            str(by.name_of(code)),
            n,
            half_up(Decimal(100 * n) / whole, 1),
            tuple(course for course in courses if course.teaches(code)),
        )
        for n, code in ranked[:SHOWN]
    ]


def _per_visit(course: Course, period: Period) -> tuple[Decimal, int]:
    figure, visits = counted(), register.get(VISITS)
    if figure is None or visits is None:
        return Decimal(0), 0
    number = int(visits.value(period))
    codes = course.faults.split()
    by = figure.dimensions["code"].by
    found = figure(period).filter(**{f"{by}__in": codes}).count()
    return (half_up(Decimal(found) / number, 2) if number else Decimal(0)), number


def effects(today: date) -> list[Effect]:
    """Of the last trainings with codes: those found before and after, per inspection."""
    found = []
    past = Training.objects.filter(cancelled_on=None, ends_on__lt=today).exclude(course__faults="")
    for one in past.select_related("course", "case").order_by("-ends_on", "-pk")[:SHOWN]:
        assert one.starts_on and one.ends_on
        span = timedelta(days=30 * EFFECT_MONTHS)
        before, _n = _per_visit(
            one.course, Period.between(one.starts_on - span, one.starts_on - timedelta(days=1))
        )
        until = min(one.ends_on + span, today)
        after, visits = _per_visit(one.course, Period.between(one.ends_on + timedelta(days=1), until))
        found.append(Effect(one, before, after, visits))
    return found
