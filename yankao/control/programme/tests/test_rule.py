"""The 5 % / 90 % rule: 4.99 and 5.00, 89.99 and 90.00, through every door a report may come in by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.kernel.casework.process import Refused

from .. import process as way
from .. import rules
from ..models import LagCause, Month
from .conftest import at

D = Decimal
EXPLAINED = {"cause": LagCause.LAND, "reason": "用地尚未點交", "measure": "協調提前使用"}

# planned, actual, allotted, paid → whether it may be submitted without a word
BOUNDARY = [
    ("50", "45.01", 1000, 1000, True),
    ("50", "45.00", 1000, 1000, False),
    ("73.33", "68.34", 1000, 1000, True),
    ("73.33", "68.33", 1000, 1000, False),
    ("8.33", "3.33", 1000, 1000, False),
    ("8.33", "3.34", 1000, 1000, True),
    ("10", "20", 1000, 1000, True),
    ("50", "50", 10000, 8999, False),
    ("50", "50", 10000, 9000, True),
    ("50", "50", 3_333_333, 2_999_999, False),
    ("50", "50", 3_333_333, 3_000_000, True),
    ("50", "50", 99_999_999_999_999, 89_999_999_999_999, False),
    ("50", "50", 99_999_999_999_999, 90_000_000_000_000, True),
    ("50", "50", 0, 0, True),
]

Door = Callable[[Any, Month, dict[str, Any]], bool]


def by_form(cast: Any, month: Month, values: dict[str, Any]) -> bool:
    """As an officer at the desk: the derived move."""
    Month.objects.filter(pk=month.pk).update(planned=values["planned"])
    given = {name: value for name, value in values.items() if name != "planned"}
    try:
        way.submit_month(month.project, cast.officer, month=month, **given)
    except (ValidationError, Refused):
        return False
    return True


def by_full_clean(cast: Any, month: Month, values: dict[str, Any]) -> bool:
    """As any code that asks the model."""
    for name, value in values.items():
        setattr(month, name, value)
    month.submitted_at = timezone.now()
    try:
        month.full_clean()
    except ValidationError:
        return False
    month.save()
    return True


def by_sql(cast: Any, month: Month, values: dict[str, Any]) -> bool:
    """As somebody with a shell on the database; percentages are kept in hundredths."""
    columns = {
        **values,
        **{name: int(Decimal(values[name]) * 100) for name in ("planned", "actual")},
        "submitted_at": timezone.now(),
    }
    # Amounts as whole numbers, as a person would type them.
    columns |= {name: int(columns[name]) for name in ("allotted", "paid")}
    names = ", ".join(f"{name} = %s" for name in columns)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE programme_month SET {names} WHERE id = %s", [*columns.values(), month.pk])
    except IntegrityError:
        return False
    return True


DOORS: list[Door] = [by_form, by_full_clean, by_sql]
"""Every door; the import's stands in test_imports, and a new one (the API) is added here."""


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("planned", "actual", "allotted", "paid", "free"), BOUNDARY)
def test_a_month_behind_is_not_submitted_without_a_word(
    door: Door, cast: Any, january: Month, planned: str, actual: str, allotted: int, paid: int, free: bool
) -> None:
    values = {"planned": D(planned), "actual": D(actual), "allotted": D(allotted), "paid": D(paid)}
    assert door(cast, january, values) is free
    january.refresh_from_db()
    assert (january.submitted_at is not None) is free


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("left_out", ["cause", "reason", "measure", None])
def test_an_explanation_needs_cause_and_reason_and_measure(
    door: Door, cast: Any, january: Month, left_out: str | None
) -> None:
    words = {
        **EXPLAINED,
        **({left_out: None if door is by_form and left_out == "cause" else ""} if left_out else {}),
    }
    values = {"planned": D(50), "actual": D(40), "allotted": D(1000), "paid": D(1000), **words}
    assert door(cast, january, values) is (left_out is None)


@pytest.mark.parametrize("door", DOORS)
def test_blanks_explain_nothing(door: Door, cast: Any, january: Month) -> None:
    values = {
        "planned": D(50),
        "actual": D(40),
        "allotted": D(1000),
        "paid": D(1000),
        **EXPLAINED,
        "reason": "   ",
    }
    assert door(cast, january, values) is False


def test_the_form_says_by_how_much_and_in_which_field(cast: Any, january: Month) -> None:
    Month.objects.filter(pk=january.pk).update(planned=D("50"))
    with pytest.raises(ValidationError) as refused:
        way.submit_month(
            january.project, cast.officer, month=january, actual=D("44.99"), allotted=D(10000), paid=D(8999)
        )
    told = refused.value.message_dict
    assert set(told) == {"cause", "reason", "measure"}
    assert "落後5.01個百分點" in told["cause"][0] and "支用率89.99%" in told["cause"][0]


def test_what_is_not_submitted_is_kept_freely(january: Month) -> None:
    january.planned, january.actual, january.allotted, january.paid = D(50), D(1), D(1000), D(1)
    january.full_clean()
    january.save()
    assert list(Month.objects.owing_explanation()) == [january]


def test_a_month_is_judged_by_the_limits_of_its_own_row(cast: Any, january: Month) -> None:
    """A stricter limit from July leaves June to its own."""
    from yankao.kernel.rules import values

    values.change(cast.rdec_chief, rules.LAG_LIMIT.code, "3.00", date(2012, 7, 1), "試辦")
    way.open_month.run(
        january.project, cast.rdec_controller, {"month": date(2012, 7, 1)}, at=at("2012-08-01")
    )
    july = january.project.months.get(month=date(2012, 7, 1))
    money = {"planned": D(50), "actual": D(46), "allotted": D(100), "paid": D(100)}
    assert by_form(cast, january, money) is True
    assert by_form(cast, july, money) is False
    assert by_sql(cast, july, money) is False


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    planned=st.integers(0, 10_000),
    gap=st.integers(-600, 1200),
    allotted=st.integers(0, 10**14 - 1),
    share=st.integers(8990, 9010),
    crumb=st.integers(-2, 2),
)
def test_form_rule_and_database_agree_around_the_limits(
    january: Month, planned: int, gap: int, allotted: int, share: int, crumb: int
) -> None:
    """Python's verdict, the database's constraint and the list of lagging months are one, exactly."""
    actual = min(max(planned - gap, 0), 10_000)
    paid = min(max(allotted * share // 10_000 + crumb, 0), 10**14 - 1)
    behind = planned - actual >= 500 or paid * 10_000 < allotted * 9000
    month = Month.objects.get(pk=january.pk)
    month.planned, month.actual = D(planned) / 100, D(actual) / 100
    month.allotted, month.paid = D(allotted), D(paid)
    month.submitted_at = timezone.now()
    assert month.is_behind is behind
    try:
        with transaction.atomic():
            month.save()
        refused = False
    except IntegrityError:
        refused = True
    assert refused is behind
    if not refused:
        month.refresh_from_db()
        assert month.lag == D(planned - actual) / 100
        assert month.use_rate == (D(paid * 10_000 // allotted) / 100 if allotted else None)
        assert month.light == month.light_now
    month.submitted_at = None
    month.save()
    assert Month.objects.behind().filter(pk=month.pk).exists() is behind
    assert Month.objects.owing_explanation().filter(pk=month.pk).exists() is behind
