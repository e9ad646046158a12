"""A deadline in words: how much is left or how late it is, the day, and how far the time has run."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import ngettext

from .jinja import MONTHS, english
from .parts import Due

SOON = timedelta(days=3)
WEEKDAYS = "一二三四五六日"
END_OF_DAY = time(23, 59)


def left_in_words(due_at: datetime, now: datetime) -> str:
    """剩3小時, 逾期2天: minutes within the hour, hours within the day, else calendar days."""
    late, gap = due_at < now, abs(due_at - now)
    days = abs((timezone.localtime(due_at).date() - timezone.localtime(now).date()).days)
    if gap < timedelta(hours=1):
        n = max(1, int(gap.total_seconds() // 60))
        words = (
            ngettext("逾期%(n)s分鐘", "逾期%(n)s分鐘", n)
            if late
            else ngettext("剩%(n)s分鐘", "剩%(n)s分鐘", n)
        )
    elif gap < timedelta(days=1):
        n = int(gap.total_seconds() // 3600)
        words = (
            ngettext("逾期%(n)s小時", "逾期%(n)s小時", n)
            if late
            else ngettext("剩%(n)s小時", "剩%(n)s小時", n)
        )
    else:
        n = max(1, days)
        words = ngettext("逾期%(n)s天", "逾期%(n)s天", n) if late else ngettext("剩%(n)s天", "剩%(n)s天", n)
    return words % {"n": n}


def day_in_words(due_at: datetime, today: date) -> str:
    """11/27（五）17:30; the year stands before it when it is another one, the hour is left out at the end of
    a day.
    """
    local = timezone.localtime(due_at)
    hour = "" if (local.hour, local.minute) == (END_OF_DAY.hour, END_OF_DAY.minute) else f"{local:%H:%M}"
    if english():
        year = "" if local.year == today.year else f" {local.year}"
        return f"{local.day} {MONTHS[local.month - 1]}{year} {hour}".strip()
    year = "" if local.year == today.year else f"{local.year - 1911}/"
    return f"{year}{local.month}/{local.day}（{WEEKDAYS[local.weekday()]}）{hour}"


def due_cell(
    due_at: datetime | None, now: datetime, today: date, started_at: datetime | None = None
) -> Due | None:
    """The cell of a list; `started_at` gives the meter."""
    if due_at is None:
        return None
    tone = "late" if due_at < now else "soon" if due_at - now <= SOON else ""
    share = None
    if started_at is not None:
        whole = (due_at - started_at).total_seconds()
        share = 1.0 if whole <= 0 else min(1.0, max(0.0, (now - started_at).total_seconds() / whole))
    return Due(left_in_words(due_at, now), day_in_words(due_at, today), tone, share)


def midnight(day: date) -> datetime:
    """The beginning of a day in Taipei."""
    return timezone.make_aware(datetime.combine(day, time()))
