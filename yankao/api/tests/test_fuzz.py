"""Whatever a program sends, it is answered: never by an error of the server's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples.lost_property.process import process as finds
from yankao.kernel.casework.models import Case, Receipt
from yankao.kernel.rooms import room

QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
ANSWERS = {200, 201, 400, 404, 409, 415, 422}
EDGES = st.sampled_from([
    "", " ", "\x00", "0", "-1", "1e400", "9" * 50, "2012-02-30", "0001-01-01", "9999-12-31", "2012-03-01",
    "T-WATER", "t.officer", "\ud800", "路" * 500, "2012-03-01T09:00:00+08:00", "0.005",
    0, 1, -1, 2**31, 2**63, 2**64, 10**30,
    True, False, None, 0.1, 1e308, [], {}, [[]], [{}], [None],
])  # fmt: skip
VALUES = st.recursive(
    EDGES | st.text(max_size=12) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=6), inside, max_size=3),
    max_leaves=6,
)


def bodies(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the names asked for, and now and then another."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys([*names, "else"], VALUES))


def sent(body: Any) -> str:
    return json.dumps(body, ensure_ascii=True)


@pytest.mark.parametrize("kind", ["examples.lost_property", "research.trips", "control.programme"])
@QUIET
@given(data=st.data())
def test_opening_answers_whatever_is_given(
    cast: Any, program_of: Any, kind: str, data: st.DataObject
) -> None:
    from yankao.api import cases

    process = room(kind).process
    assert process
    names = list(cases.opening_schema(process)["properties"])
    body = {"title": "試", "agency": "T-WATER", **data.draw(bodies(names))}
    kept = Case.objects.count()
    answer = program_of(cast.officer).post(f"/rooms/{process.kind}/cases/", sent(body))
    assert answer.status_code in ANSWERS, (body, answer.content)
    assert (Case.objects.count() == kept + 1) is (answer.status_code == 201)


@QUIET
@given(data=st.data())
def test_moves_answer_whatever_is_given(
    cast: Any, program_of: Any, noticed: Any, data: st.DataObject
) -> None:
    move = data.draw(st.sampled_from(list(finds.moves.values())))
    body = data.draw(bodies(list(move.asks)) | VALUES)
    person = data.draw(st.sampled_from([cast.officer, cast.rdec_chief, cast.mayor]))
    answer = program_of(person).post(f"/cases/{noticed.pk}/moves/{move.name}/", sent(body))
    assert answer.status_code in ANSWERS, (body, answer.content)


@QUIET
@given(body=bodies(["reason", "title", "agency", "officer", "district", "place", "found_on"]))
def test_corrections_answer_whatever_is_given(
    cast: Any, program_of: Any, noticed: Any, body: dict[str, Any]
) -> None:
    answer = program_of(cast.rdec_chief).post(f"/cases/{noticed.pk}/amend/", sent(body))
    assert answer.status_code in ANSWERS, (body, answer.content)


@QUIET
@given(
    query=st.dictionaries(
        st.sampled_from(["q", "agency", "stage", "officer", "district", "state", "late", "due_before",
                         "opened_from", "opened_to", "limit", "after", "x"]),
        st.text(max_size=30)
        | st.sampled_from(["open", "true", "2012-03-01", "9999-12-31.1", "2012-03-01.9" * 2, "7"]),
        max_size=4,
    )
)  # fmt: skip
def test_lists_answer_whatever_is_asked(
    cast: Any, program_of: Any, noticed: Any, query: dict[str, str]
) -> None:
    assert (
        program_of(cast.officer).get("/rooms/examples.lost_property/cases/", **query).status_code in ANSWERS
    )


@QUIET
@given(
    name=st.sampled_from(["research.trips.filed", "control.programme.controlled"]),
    slice=st.text(max_size=8) | st.sampled_from(["[programme=x]", "[x=y]", "[programme=\x00]", "["]),
    period=st.text(min_size=1, max_size=12)
    | st.sampled_from(["101H1", "9999", "0", "1-13", "9999-12-31..1", "9999H2"]),
)
def test_figures_answer_whatever_is_asked(
    cast: Any, program_of: Any, name: str, slice: str, period: str
) -> None:
    from urllib.parse import quote

    address = f"/figures/{quote(name + slice, safe='')}/{quote(period, safe='')}/"
    assert program_of(cast.rdec_controller).get(address).status_code in ANSWERS


@QUIET
@given(key=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=220))
def test_any_key_is_taken_or_refused(cast: Any, program_of: Any, umbrella: Any, key: str) -> None:
    before = Receipt.objects.count()
    answer = program_of(cast.officer).post(
        f"/cases/{umbrella.pk}/moves/give_back/", {"claimant": "王"}, key=key
    )
    assert answer.status_code in {409, 422}
    assert Receipt.objects.count() == before
