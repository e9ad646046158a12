"""話務中心的文書 The report of a period by queue, with the definition its level of service is told by."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.letters import spans
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.models import Role

from . import levels
from .models import Queue

SUMS = ("offered", "answered", "abandoned", "waited", "talked", "ended")
makers = duties.role(Role.CALL_SUPERVISOR, Role.RDEC_CONTROLLER, Role.RDEC_CHIEF)


def _line(label: str, intervals: Any, choice: levels.Chosen) -> tuple[Any, ...]:
    sums = levels.sums(intervals, dict.fromkeys((*SUMS, *levels.needed(choice))))
    level = levels.percent(*choice.level.of(sums, choice.limit, choice.short))
    return (
        label, f"{sums['offered']:,}", f"{sums['answered']:,}", f"{sums['abandoned']:,}",
        "–" if level is None else f"{level.quantize(Decimal('0.01'))}%",
        _mean(sums["waited"], sums["answered"]), _mean(sums["talked"], sums["ended"]),
    )  # fmt: skip


def _mean(part: int, whole: int) -> str:
    return f"{Decimal(part) / whole:.0f}" if whole else "–"


@letter(
    "service.calls.monthly", gettext_lazy("話務月報"), Kind.TABLE, Queue, by=makers, many=True,
    among=lambda user: Queue.objects.order_by("code"), languages=("zh-hant", "en"),
)  # fmt: skip
def monthly(
    queues: Sequence[Queue],
    *,
    period: spans.Asked,
) -> Content:
    """A line a queue and one for all of them, from the same sums as the figures."""
    found = spans.period_of(period)
    choice, within = levels.chosen(found.as_of), levels.within(found.days)
    rows = [_line(str(one), within.filter(queue=one), choice) for one in queues]
    rows.append(_line(_("合計"), within.filter(queue__in=queues), choice))
    columns = (
        Column(gettext_lazy("佇列"), 1.4), Column(gettext_lazy("進線"), 0.9),
        Column(gettext_lazy("接聽"), 0.9),
        Column(gettext_lazy("未接即掛斷"), 0.9), Column(gettext_lazy("服務水準"), 0.9),
        Column(gettext_lazy("平均接聽秒數"), 0.9), Column(gettext_lazy("平均處理秒數"), 0.9),
    )  # fmt: skip
    words = spans.words_of(found)
    return Content(
        say={"rows": Table(columns, rows), "period": words, "choice": str(choice)},
        title=_("%(period)s話務月報") % {"period": words},
    )
