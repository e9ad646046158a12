"""Letters about directives: the control table for the meeting (L07), the reminder and the closing letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Label
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.letters.models import Dispatch

from .models import Directive
from .monthly import late
from .process import OPEN


def open_ones(user: Any) -> Any:
    """What stands in the control table: everything under control, the oldest first."""
    found = Directive.objects.filter(case__closed_on=None).select_related("case__agency", "meeting")
    near = ("co_owners__agency", "months__contributions__agency")
    return found.prefetch_related(*near).order_by("directed_on", "case__number")


def latest(directive: Directive) -> str:
    """The last report of progress, or that none came yet."""
    filed = [month for month in directive.months.all() if month.submitted_at]
    if not filed:
        return _("尚未填報")
    newest = {one.agency: one.text for one in filed[-1].contributions.all()}
    parts = [_("%(agency)s：%(words)s") % {"agency": a, "words": words} for a, words in newest.items()]
    return "\n".join([filed[-1].text, *parts])


def _line(directive: Directive) -> tuple[Any, ...]:
    others = "、".join(str(row.agency) for row in directive.co_owners.all())
    owner = f"{directive.case.agency}" + (_("（協辦：%(others)s）") % {"others": others} if others else "")
    meeting = f"{directive.meeting.number}-{directive.item_no}" if directive.meeting else directive.source
    return (
        meeting, directive.directed_on, directive.text, owner, directive.due_on or "", latest(directive),
        str(directive.get_suggested_display()) if directive.suggested else "",
    )  # fmt: skip


@letter(
    "control.directives.control_table",
    gettext_lazy("市政會議裁示事項列管表"),
    Kind.TABLE,
    Directive,
    by=duties.commission,
    many=True,
    among=open_ones,
    languages=("zh-hant", "en"),
)
def control_table(directives: Sequence[Directive]) -> Content:
    """列管表 Every directive under control with its last report and the suggested disposition."""
    columns = (
        Column(_("會次項次"), 0.8),
        Column(_("裁示日"), 1.0),
        Column(_("裁示內容"), 3.2),
        Column(_("主責機關"), 1.4),
        Column(_("辦理期限"), 1.0),
        Column(_("辦理情形"), 2.6),
        Column(_("處理建議"), 1.0),
    )
    table = Table(columns, [_line(one) for one in directives], _("市政會議裁示事項列管表"))
    return Content(say={"table": table, "count": len(directives), "today": timezone.localdate()})


def not_late(directive: Directive) -> str:
    return "" if late().filter(directive=directive).exists() else _("沒有逾期未填的辦理情形。")


def with_late_reports(user: Any) -> Any:
    return Directive.objects.filter(pk__in=late().values("directive_id"))


@letter(
    "control.directives.reminder",
    gettext_lazy("裁示辦理情形催報函"),
    Kind.LETTER,
    Directive,
    by=duties.commission,
    unless=not_late,
    among=with_late_reports,
)
def reminder(directive: Directive, *, until: Annotated[date, Label(gettext_lazy("補報期限"))]) -> Content:
    """催報函 To an owner whose monthly report is late."""
    months = "、".join(str(one) for one in late().filter(directive=directive).order_by("month"))
    return Content(to=[directive.case.agency], say={"directive": directive, "months": months, "until": until})


def not_closed(directive: Directive) -> str:
    return "" if directive.released_on else _("尚未經市政會議解除列管。")


def released_without_letter(user: Any) -> Any:
    """Released in the last two months, the closing letter not sent yet."""
    sent = Dispatch.objects.filter(code="control.directives.closing").exclude(only=None)
    since = timezone.localdate() - timedelta(days=60)
    found = Directive.objects.filter(released_on__gte=since).exclude(case__in=sent.values("case"))
    return found.select_related("case__agency", "decided_in").order_by("released_on", "pk")


@letter(
    "control.directives.closing",
    gettext_lazy("解除列管函"),
    Kind.LETTER,
    Directive,
    by=duties.commission,
    once=True,
    unless=not_closed,
    among=released_without_letter,
)
def closing(directive: Directive) -> Content:
    """解除列管函 To the owner once the meeting released it."""
    others = [row.agency for row in directive.co_owners.select_related("agency")]
    return Content(to=[directive.case.agency], copies=others, say={"directive": directive})


__all__ = ["OPEN", "closing", "control_table", "reminder"]
