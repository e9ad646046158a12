"""Open data of petitions (S2): counts by week, category, district and state; no person, no text, no place.

A week begins on Monday and is published when it is over. Confidential and sealed cases are in no count, and
neither are the categories of accusations: that somebody accused is not to be guessed from a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, Max, Min, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.people.models import District
from yankao.kernel.register.catalogue import SMALLEST, Dataset
from yankao.kernel.register.english import called
from yankao.kernel.register.open_data import Field

from .models import Petition
from .registers import categories

PUBLIC = Q(case__security__in=("open", "agency")) & ~Q(category__sealed=True)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Cell:
    """So many cases of a week, a category, a district and a state; `count` is None where they are few."""

    week: date
    category: str
    district: str
    closed: bool
    count: int | None


def first_monday(year: int) -> date:
    """The Monday of the year's first week (ISO 8601)."""
    return date.fromisocalendar(year, 1, 1)


def years() -> Sequence[int]:
    """The ISO years with a week that is over, the latest first."""
    ends = Petition.objects.filter(PUBLIC).aggregate(Min("case__opened_on"), Max("case__opened_on"))
    first, last = ends["case__opened_on__min"], ends["case__opened_on__max"]
    over = _monday(timezone.localdate()) - timedelta(days=1)
    if first is None or first > over:
        return []
    last = min(last, over)
    return range(last.isocalendar().year, first.isocalendar().year - 1, -1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def cells(year: int) -> Iterator[Cell]:
    """The cells of a year's weeks that are over, in order; one query, whatever the number of cases."""
    today = timezone.localdate()
    start, end = first_monday(year), min(first_monday(year + 1), _monday(today))
    rows = (
        Petition.objects.filter(PUBLIC, case__opened_on__gte=start, case__opened_on__lt=end)
        .annotate(
            root=Coalesce("category__parent", "category"),
            ended=Case(
                When(case__closed_on__isnull=True, then=Value(False)), default=Value(True),
                output_field=BooleanField(),
            ),
        )
        .order_by()
        .values_list("case__opened_on", "root", "case__district", "ended")
        .annotate(n=Count("pk"))
    )  # fmt: skip
    counted: Counter[tuple[date, str, str, bool]] = Counter()
    for day, root, district, ended, n in rows:
        counted[_monday(day), root or "", district or "", bool(ended)] += n
    smallest = SMALLEST.at(today)
    for key in sorted(counted):
        yield Cell(*key, counted[key] if counted[key] >= smallest else None)


def _week(cell: Cell) -> str:
    year, week, _day = cell.week.isocalendar()
    return f"{year}-W{week:02d}"


def _rows(year: int) -> Iterator[tuple[Cell, str, str]]:
    """The cells with the names of category and district in the reader's language."""
    named: dict[str, Any] = {one.pk: called(one) for one in District.objects.all()}
    kinds = categories()
    for cell in cells(year):
        kind = str(kinds[cell.category]) if cell.category in kinds else _("未分類")
        yield cell, kind, named.get(cell.district) or _("行政區不詳")


WEEKLY = Dataset(
    code="petitions-weekly",
    title=gettext_lazy("陳情與派工每週件數"),
    about=gettext_lazy(
        "每週新立案的人民陳情、市長信箱與派工通報，按分類、行政區與目前是否結案計數。週一起算，該週結束後公布，"
        "每日更新。不含密件、密封與檢舉案件；任一格少於規定件數時不顯示數字。"
    ),
    fields=(
        Field("week", gettext_lazy("週次"), lambda row: _week(row[0])),
        Field("week_start", gettext_lazy("週一日期"), lambda row: row[0].week),
        Field("category_code", gettext_lazy("分類代碼"), lambda row: row[0].category),
        Field("category", gettext_lazy("分類"), lambda row: row[1]),
        Field("district_code", gettext_lazy("行政區代碼"), lambda row: row[0].district),
        Field("district", gettext_lazy("行政區"), lambda row: row[2]),
        Field("status", gettext_lazy("狀態代碼"), lambda row: "closed" if row[0].closed else "open"),
        Field("status_name", gettext_lazy("狀態"), lambda row: _("已結案") if row[0].closed else _("處理中")),
        Field("count", gettext_lazy("件數"), lambda row: row[0].count),
        Field("suppressed", gettext_lazy("件數過少不顯示"), lambda row: row[0].count is None),
    ),
    rows=_rows,
    years=years,
    keywords=(gettext_lazy("陳情"), gettext_lazy("1999"), gettext_lazy("派工"), gettext_lazy("市長信箱")),
)  # fmt: skip

DATASETS = (WEEKLY,)
