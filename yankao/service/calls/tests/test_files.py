"""Calls that were taken out go in again: nothing changes, and what is missing is made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from yankao.kernel.intake import take
from yankao.kernel.journal.rollup import differences
from yankao.kernel.people.models import User
from yankao.kernel.sheets import read, write_csv, write_ods
from yankao.service.calls.imports import IMPORTS
from yankao.service.calls.journal import calls
from yankao.service.calls.models import Call, CallInterval

ANSWERED = (
    "0|a|1999|NONE|ENTERQUEUE||0912345678|1",
    "7|a|1999|PJSIP/1|CONNECT|7|b|3",
    "107|a|1999|PJSIP/1|BLINDTRANSFER|2700|agencies|7|100|1",
)
OTHERS = (
    "1|b|1999|NONE|ENTERQUEUE||0911|1",
    "31|b|1999|NONE|ABANDON|1|1|30",
    "2|c|1999|NONE|ENTERQUEUE||0913|1",
    "3|NONE|NONE|NONE|QUEUESTART|",
    "4|d|1999|NONE|ENTERQUEUE||0914|1",
)
SAID = [field.attname for field in Call._meta.concrete_fields if field.name not in ("id", "block", "caller")]


def facts() -> list[tuple[Any, ...]]:
    return list(Call.objects.order_by("external_id").values_list(*SAID))


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_calls_taken_out_change_nothing_or_are_made_anew(
    tell: Callable[..., Any], staff: dict[str, User], form: str
) -> None:
    tell(*ANSWERED, *OTHERS)
    wanted, lead = IMPORTS[0], staff["lead"]
    header, rows = wanted.out(lead)
    kept = list(rows)
    assert not any("0912345678" in str(cell) or len(str(cell)) == 24 for row in kept for cell in row)
    data = b"".join(write_csv(header, kept)) if form == "csv" else write_ods(header, kept, "calls")
    before, sums = facts(), list(CallInterval.objects.values("slot", "offered", "lost", "in_10", "talked"))
    callers = set(Call.objects.values_list("caller", flat=True))
    assert take(read(data, f"out.{form}"), wanted, lead).kept == 4
    assert (facts(), set(Call.objects.values_list("caller", flat=True))) == (before, callers)
    Call.objects.all().delete()
    CallInterval.objects.all().delete()
    outcome = take(read(data, f"out.{form}"), wanted, lead)
    assert [str(row.problems[0]) for row in outcome.refused] == []
    assert facts() == before
    assert list(CallInterval.objects.values("slot", "offered", "lost", "in_10", "talked")) == sums
    assert differences(calls) == []


def test_a_row_that_says_otherwise_comes_back_and_changes_nothing(
    tell: Callable[..., Any], staff: dict[str, User]
) -> None:
    tell(*ANSWERED)
    wanted, lead = IMPORTS[0], staff["lead"]
    header, rows = wanted.out(lead)
    row = dict(zip(header, next(iter(rows)), strict=True))
    given = [
        row | {"等候秒數": 3},
        row | {"結束事件": "COMPLETEAGENT", "狀態": "通話結束"},
        row | {"來源識別碼": "z", "佇列": "2000"},
        row | {"來源識別碼": "y", "接聽時間": ""},
        row | {"資料來源": "other"},
    ]
    before = facts()
    for one in given:
        data = b"".join(write_csv(header, [list(one.values())]))
        outcome = take(read(data, "in.csv"), wanted, lead)
        assert len(outcome.refused) == 1 and outcome.refused[0].problems[0].sentence
    assert facts() == before
