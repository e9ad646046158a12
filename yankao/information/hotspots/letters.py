"""熱點的文書 How sites were used in a period, as a table; users are told apart within each site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import commission
from yankao.kernel.letters import spans
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind

from . import figures, rules
from .models import Hotspot
from .process import process


def known(user: Any) -> QuerySet[Hotspot]:
    """The sites that were ever open, by their number."""
    found = Hotspot.objects.filter(process.sees.records(user), valid_from__isnull=False)
    return found.select_related("case__district").order_by("case__number")


@letter(
    "information.hotspots.usage", gettext_lazy("無線熱點使用統計表"), Kind.TABLE, Hotspot, by=commission,
    many=True, among=known, languages=("zh-hant", "en"),
)  # fmt: skip
def usage(
    sites: Sequence[Hotspot],
    *,
    period: spans.Asked,
) -> Content:
    """A line a site; the sum counts a user of two sites once, by the same rule of counting as the figures."""
    found = spans.period_of(period)
    counted = figures.counted(found).filter(day__range=found.days, hotspot__in=[one.pk for one in sites])
    told: dict[str, Any] = {
        "users": Count("account", distinct=True), "times": Count("pk"),
        "octets": Sum("octets_in") + Sum("octets_out"),
    }  # fmt: skip
    asked = counted.values("hotspot").annotate(**told).order_by()
    by_site: dict[int, Any] = {row["hotspot"]: row for row in asked}
    nothing = {"users": 0, "times": 0, "octets": 0}
    rows = [
        (one.case.number, one.case.title, str(one.case.district or ""), *_cells(by_site.get(one.pk, nothing)))
        for one in sites
    ]
    rows.append(("", _("合計（使用人數跨熱點不重複）"), "", *_cells(counted.aggregate(**told))))
    columns = (
        Column(gettext_lazy("案號"), 0.9), Column(gettext_lazy("熱點"), 2),
        Column(gettext_lazy("行政區"), 0.8),
        Column(gettext_lazy("使用人數"), 0.8), Column(gettext_lazy("使用次數"), 0.8),
        Column(gettext_lazy("流量（MB）"), 0.9),
    )  # fmt: skip
    words = spans.words_of(found)
    return Content(
        say={"rows": Table(columns, rows), "period": words, "rule": str(rules.COUNTING.at(found.as_of))},
        title=_("%(period)s無線熱點使用統計表") % {"period": words},
    )


def _cells(row: dict[str, Any]) -> tuple[str, str, str]:
    return f"{row['users']:,}", f"{row['times']:,}", f"{(row['octets'] or 0) / 2**20:,.0f}"
