"""Quarterly returns to the national commission (組織準則 §10): made from the records, then sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import keep
from yankao.kernel.period import Period
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.sheets.writing import write_ods
from yankao.kernel.span import due

from . import rules
from .models import Inspection, QuarterlyReturn

HEADER = (
    "查核編號",
    "機關",
    "標案案號",
    "標案名稱",
    "廠商",
    "預算金額",
    "查核類別",
    "查核日",
    "預定進度",
    "實際進度",
    "外聘委員",
    "成績",
    "等第",
    "缺失數",
    "未改善數",
    "備查日",
)


def quarter_of(day: date) -> Period:
    return Period.of_quarter(day.year - 1911, (day.month + 2) // 3)


def due_day(quarter: Period) -> date:
    """When a quarter's results must have been sent."""
    return due(rules.RETURN_TERM.at(quarter.last), quarter.last, office_calendar()).day


def owed(today: date) -> QuarterlyReturn:
    """The return of the quarter that ended last, kept or not yet begun."""
    quarter = quarter_of(today).previous()
    found = QuarterlyReturn.objects.filter(quarter=quarter.code).first()
    return found or QuarterlyReturn(quarter=quarter.code, due_on=due_day(quarter))


def lines(quarter: Period) -> Iterator[tuple[Any, ...]]:
    """One row for each inspection of the quarter, in the order of the days."""
    standing = Q(deficiencies__withdrawn_on=None)
    outside = Q(seats__external=True, seats__left_on=None)
    rows: Any = (
        Inspection.objects.filter(inspected_on__range=quarter.days)
        .select_related("case__agency", "tender")
        .annotate(
            outside=Count("seats", filter=outside, distinct=True),
            faults=Count("deficiencies", filter=standing, distinct=True),
            unfixed=Count("deficiencies", filter=standing & Q(deficiencies__fixed_on=None), distinct=True),
        )
        .order_by("inspected_on", "case__number")
    )
    for one in rows:
        tender = one.tender
        yield (
            one.case.number,
            one.case.agency.name,
            tender.case_no,
            tender.name,
            tender.contractor,
            tender.budget,
            one.get_kind_display(),
            one.inspected_on,
            one.planned,
            one.actual,
            one.outside,
            one.score,
            one.get_grade_display() if one.grade else "",
            one.faults,
            one.unfixed,
            one.filed_on,
        )


def prepare(quarter: Period, actor: Any) -> QuarterlyReturn:
    """Make the file anew from the records and keep it with the return. Refused once it was sent."""
    with transaction.atomic():
        kept, _made = QuarterlyReturn.objects.get_or_create(
            quarter=quarter.code, defaults={"due_on": due_day(quarter)}
        )
        if kept.sent_on and not _open_correction(kept):
            raise Refused(_("%(quarter)s的結果已彙送，不能重製。") % {"quarter": kept.quarter})
        rows = list(lines(quarter))
        data = write_ods(HEADER, rows, quarter.code)
        kept.file = keep(data, f"{quarter.code}.ods", actor, purpose="quarterly_return")
        kept.cases = len(rows)
        kept.save()
        ledger.note(
            "quality.return.prepare", f"return:{kept.quarter}", actor, cases=kept.cases, file=kept.file
        )
    return kept


def _open_correction(kept: QuarterlyReturn) -> bool:
    return kept.returned_for_correction_on is not None and kept.corrected_on is None


def send(kept: QuarterlyReturn, actor: Any, *, sent_on: date, letter: str) -> None:
    """Enter that the file was sent, or sent again after its correction."""
    with transaction.atomic():
        kept.refresh_from_db()
        if kept.file is None:
            raise Refused(_("請先產製彙送檔。"))
        if _open_correction(kept):
            if sent_on < (kept.returned_for_correction_on or sent_on):
                raise Refused(_("修正送出日不能早於退回日。"))
            kept.corrected_on = sent_on
        elif kept.sent_on:
            raise Refused(_("%(quarter)s的結果已彙送。") % {"quarter": kept.quarter})
        else:
            kept.sent_on = sent_on
        kept.letter = letter
        kept.full_clean()
        kept.save()
        ledger.note("quality.return.send", f"return:{kept.quarter}", actor, on=sent_on, letter=letter)


def send_back(kept: QuarterlyReturn, actor: Any, *, on: date, reason: str) -> None:
    """Enter that the national commission asked for a correction."""
    with transaction.atomic():
        kept.refresh_from_db()
        if kept.sent_on is None or on < kept.sent_on:
            raise Refused(_("尚未彙送，不能登錄退回。"))
        if not reason.strip():
            raise Refused(_("退回須載明理由。"))
        kept.returned_for_correction_on, kept.returned_for, kept.corrected_on = on, reason, None
        kept.save()
        ledger.note("quality.return.back", f"return:{kept.quarter}", actor, on=on, reason=reason)
