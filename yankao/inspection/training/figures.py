"""What the report counts about trainings (functional spec F-Q3-1 to F-Q3-4; check E17)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for
from yankao.kernel.period import Period

from . import rules
from .models import Course, Presence, Seat, Training

SECTIONS = (("四(三)", "paragraph"),)
"""The outline's section this room writes, with the stem of its template."""


def course_name(code: str) -> str:
    """The course's name in the reader's language."""
    found = Course.objects.filter(code=code).first()
    if found is None:
        return code
    return found.name_en or found.name if get_language() == "en" else found.name


@figure(
    gettext_lazy("工程教育訓練人數"),
    unit="人",
    kind=Kind.FLOW,
    basis=rules.CITY,
    columns=("training__case__number", "training__course__code", "agency__name"),
    dimensions={"course": Dimension("training__course__code", gettext_lazy("課程"), names=course_name)},
    definition=gettext_lazy("開課日在期間內之訓練班，至資料截止日有簽到紀錄的學員，每人計一次。"),
)
def attended(period: Period) -> QuerySet[Seat]:
    return Seat.objects.attended(period.as_of).filter(
        training__in=Training.objects.begun(*period.days), withdrawn_on=None
    )


@figure(
    gettext_lazy("工程教育訓練班數"),
    unit="場",
    kind=Kind.FLOW,
    basis=rules.CITY,
    columns=("case__number", "course__code", "starts_on", "ends_on"),
    dimensions={"course": Dimension("course__code", gettext_lazy("課程"), names=course_name)},
    definition=gettext_lazy("開課日在期間內且未取消的訓練班。"),
    headline=False,
)
def trainings(period: Period) -> QuerySet[Training]:
    return Training.objects.begun(*period.days)


@check("E17", gettext_lazy("訓練人數逐人列有出席紀錄，各課程合計等於總數"))
def attendees_listed(period: Period) -> Iterator[str]:
    own = period_for(attended.full_name, period)
    people = attended(own)
    parts = {
        code: attended.only(course=code).value(own) for code in attended.dimensions["course"].codes(people)
    }
    whole = attended.value(own)
    if whole != sum(parts.values()):
        yield _("訓練人數%(whole)s，與各課程合計%(parts)s不符。") % {
            "whole": whole,
            "parts": sum(parts.values()),
        }
    over = Training.objects.begun(*own.days).filter(held_on__lte=own.as_of)
    for number in over.exclude(pk__in=people.values("training")).values_list("case__number", flat=True):
        yield _("%(number)s已辦理，卻沒有任何出席紀錄。") % {"number": number}
    for number in people.filter(name="").values_list("training__case__number", flat=True):
        yield _("%(number)s有出席紀錄沒有姓名。") % {"number": number}
    twice = (
        people.order_by()
        .values("training__case__number", "name", "agency", "email")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    for row in twice:
        # Who it is stays on the roster: a finding is read by more people than a roster.
        yield _("%(number)s的名單有%(n)s列是同一人。") % {
            "number": row["training__case__number"],
            "n": row["n"],
        }


@check("presence", gettext_lazy("沒有取消場次的出席紀錄"))
def no_presence_of_cancelled_sittings(period: Period) -> Iterator[str]:
    own = period_for(attended.full_name, period)
    rows = Presence.objects.filter(seat__in=attended(own)).exclude(Q(sitting__cancelled_on=None))
    for number in rows.values_list("seat__training__case__number", flat=True).distinct():
        yield _("%(number)s有取消場次的出席紀錄。") % {"number": number}
