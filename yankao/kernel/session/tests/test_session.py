"""Sessions: when their minutes are late."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from ..models import Session

MINUTES_LATE_BY = Session.minutes_late_by.fget


@pytest.mark.parametrize(
    ("due", "sent", "days"),
    [
        (date(2012, 5, 25), date(2012, 5, 25), 0),
        (date(2012, 5, 25), date(2012, 5, 28), 3),
        (date(2012, 5, 25), date(2012, 5, 20), 0),
        (date(2012, 5, 25), None, 0),
        (None, date(2012, 5, 25), 0),
    ],
)
def test_minutes_are_late_by_the_days_after_their_term(
    due: date | None, sent: date | None, days: int
) -> None:
    assert MINUTES_LATE_BY(SimpleNamespace(minutes_due_on=due, minutes_on=sent)) == days
