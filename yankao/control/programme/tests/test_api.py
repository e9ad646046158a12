"""The 5 % / 90 % rule by the fourth door: a program that sends the month."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from yankao.api.tests.conftest import Program
from yankao.kernel.audit.models import Entry

from ..models import Month
from .test_rule import BOUNDARY, EXPLAINED


def by_api(cast: Any, month: Month, values: dict[str, Any], key: str = "") -> Any:
    """As an officer's program: the answer."""
    Month.objects.filter(pk=month.pk).update(planned=values["planned"])
    sent = {name: str(value) for name, value in values.items() if name != "planned"}
    return Program(cast.officer).post(
        f"/cases/{month.project_id}/moves/submit_month/", {"month": month.pk, **sent}, key=key
    )


@pytest.mark.parametrize(("planned", "actual", "allotted", "paid", "free"), BOUNDARY)
def test_a_month_behind_is_not_taken_from_a_program_without_a_word(
    cast: Any, january: Month, planned: str, actual: str, allotted: int, paid: int, free: bool
) -> None:
    values = {"planned": Decimal(planned), "actual": actual, "allotted": allotted, "paid": paid}
    answer = by_api(cast, january, values)
    assert answer.status_code == (200 if free else 422), answer.content
    if not free:
        assert set(answer.json()["errors"]) == {"cause", "reason", "measure"}
    january.refresh_from_db()
    assert (january.submitted_at is not None) is free


@pytest.mark.parametrize("left_out", ["cause", "reason", "measure", None])
def test_a_program_explains_with_cause_and_reason_and_measure(
    cast: Any, january: Month, left_out: str | None
) -> None:
    words = {name: value for name, value in EXPLAINED.items() if name != left_out}
    values = {"planned": Decimal(50), "actual": "40", "allotted": "1000", "paid": "1000", **words}
    answer = by_api(cast, january, values)
    assert answer.status_code == (200 if left_out is None else 422)
    if left_out:
        assert set(answer.json()["errors"]) == {left_out}


def test_a_month_sent_twice_is_submitted_once(cast: Any, january: Month) -> None:
    values = {"planned": Decimal(50), "actual": "50", "allotted": "1000", "paid": "1000"}
    first = by_api(cast, january, values, key="january-of-project")
    again = by_api(cast, january, values, key="january-of-project")
    assert first.status_code == again.status_code == 200
    assert again["Idempotency-Replayed"] == "true"
    assert Entry.objects.filter(case_id=january.project_id, act="submit_month").count() == 1


def test_a_program_is_told_which_months_are_owed(cast: Any, january: Month) -> None:
    told = Program(cast.officer).get(f"/cases/{january.project_id}/").json()
    (move,) = [one for one in told["moves"] if one["name"] == "submit_month"]
    assert [one["id"] for one in move["schema"]["properties"]["month"]["x-choices"]] == [january.pk]
    assert json.dumps(move["schema"]["properties"]["actual"]).count("pattern") == 1


def test_a_month_of_another_item_is_not_taken(cast: Any, january: Month) -> None:
    body = {"month": january.pk + 1, "actual": "50", "allotted": "1", "paid": "1"}
    answer = Program(cast.officer).post(f"/cases/{january.project_id}/moves/submit_month/", body)
    assert set(answer.json()["errors"]) == {"month"}
