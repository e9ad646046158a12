"""Points, months and windows: what every room that reports by month relies on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.rules.values import Seed, term

from .. import cycles
from ..cycles import Cycle
from ..fields import Points

DUE = term("test.progress.due", "", Seed("day 5 of next month"))
WARN = term("test.progress.warn", "", Seed("day 6 of next month"))
ESCALATE = term("test.progress.escalate", "", Seed("day 8 of next month"))


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


@given(st.integers(-10_000_000, 10_000_000))
def test_points_come_back_as_they_were_kept(hundredths: int) -> None:
    field = Points()
    value = Decimal(hundredths).scaleb(-2)
    assert field.get_prep_value(value) == hundredths
    assert field.from_db_value(hundredths, None, None) == value
    assert field.to_python(str(value)) == value


@pytest.mark.parametrize("given", ["4.995", "abc", "１.２.３", "NaN"])
def test_points_refuse_a_third_decimal_and_what_is_no_number(given: str) -> None:
    with pytest.raises(ValidationError):
        Points().to_python(given)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_closed_month_is_over_and_the_next_is_not(day: date) -> None:
    month = cycles.closed_month(day)
    assert cycles.last_of(month) <= day < cycles.last_of(cycles.next_month(month))


def test_months_run_over_the_turn_of_the_year() -> None:
    found = list(cycles.months(date(2011, 11, 30), date(2012, 2, 1)))
    assert found == [date(2011, 11, 1), date(2011, 12, 1), date(2012, 1, 1), date(2012, 2, 1)]
    assert cycles.month_before(date(2012, 1, 31)) == date(2011, 12, 1)


def test_a_window_names_the_days_and_the_rung(db: None) -> None:
    window = Cycle(DUE, WARN, ESCALATE).window(date(2012, 6, 1))  # 5 July 2012 is a Thursday
    days = [
        timezone.localtime(moment).date().day
        for moment in (window.due_at, window.warn_at, window.escalate_at)
    ]
    assert days == [5, 6, 9]  # the 8th is a Sunday
    assert window.rung(at("2012-07-05 18:00")) == ""
    assert window.rung(at("2012-07-06 08:00")) == "late"
    assert window.rung(at("2012-07-07 08:00")) == "warned"
    assert window.rung(at("2012-07-10 08:00")) == "escalated"


def test_a_column_of_points_says_its_value_for_export() -> None:
    class Row:
        share = Decimal("4.99")

    field: Any = Points()
    field.attname = "share"
    assert field.value_to_string(Row()) == "4.99"
