"""The office calendar in force: the editions that ship, those the city imported, and its notices of
closure.
"""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..audit import ledger
from ..calendar import Calendar, Edition, official, read_dgpa_csv
from ..calendar import Closure as Notice
from .models import CalendarEdition, Closure

# Every process reads the calendar again after this many seconds; an import or a closure is rare.
_FRESH = 10.0
_kept: tuple[float, Calendar | None] = (0.0, None)


def office_calendar() -> Calendar:
    """The calendar every clock counts by: official, plus imported editions, plus closures by district."""
    global _kept
    if _kept[1] is None or _kept[0] < time.monotonic():
        calendar = official()
        editions = [
            read_dgpa_csv(bytes(row.content), label=row.label, issued=row.issued_on, source=row.source)
            for row in CalendarEdition.objects.order_by("issued_on")
        ]
        closures = [
            Notice(row.day, row.part, row.district_id, timezone.localtime(row.announced_at), row.source)  # type: ignore[arg-type]
            for row in Closure.objects.all()
        ]
        if editions:
            calendar = calendar.with_editions(*editions)
        if closures:
            calendar = calendar.with_closures(*closures)
        _kept = (time.monotonic() + _FRESH, calendar)
    assert _kept[1] is not None
    return _kept[1]


def forget() -> None:
    """Read the calendar again at the next question."""
    global _kept
    _kept = (0.0, None)


def import_edition(actor: Any, data: bytes, *, label: str, issued_on: date, source: str) -> Edition:
    """Keep an official calendar file (UTF-8 or Big5) as a dated edition. Raises CalendarFileError naming
    the rows.
    """
    edition = read_dgpa_csv(data, label=label, issued=issued_on, source=source)
    with transaction.atomic():
        CalendarEdition.objects.update_or_create(
            year=edition.year,
            label=label,
            defaults={"issued_on": issued_on, "source": source, "content": data},
        )
        ledger.note(
            "calendar.import",
            f"calendar:{edition.year}",
            actor,
            label=label,
            issued_on=issued_on,
            source=source,
        )
    forget()
    return edition


def announce_closure(
    actor: Any, day: date, *, part: str, district: Any, announced_at: Any, source: str
) -> Closure:
    """停止上班 Keep a notice of suspension of work; deadlines that fall on it roll forward when next
    counted.
    """
    with transaction.atomic():
        made, created = Closure.objects.get_or_create(
            day=day, part=part, district=district, defaults={"announced_at": announced_at, "source": source}
        )
        if not created:
            raise ValueError(_("這一天這個時段的停班公告已經登錄。"))
        ledger.note(
            "calendar.closure",
            f"closure:{made.pk}",
            actor,
            day=day,
            part=part,
            district=district,
            source=source,
        )
    forget()
    return made
