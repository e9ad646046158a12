"""Who falls in or out: no ceiling is ever exceeded, more money throws nobody out, and every line says why."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.kernel.money.models import Source

from ..ranking import Entry, Placed, against_agencies, allocate, order

D = Decimal
SOURCES = (Source.CITY_GENERAL, Source.CITY_FUND, Source.CENTRAL_GENERAL)
money = st.integers(0, 50).map(D)
needs = st.dictionaries(st.sampled_from(SOURCES), money, max_size=3)
ceilings = st.dictionaries(st.sampled_from(SOURCES), st.integers(0, 300).map(D))


@st.composite
def rankings(draw: st.DrawFn) -> list[Entry]:
    found = draw(
        st.lists(st.tuples(needs, st.integers(60, 66), st.integers(60, 62), st.booleans()), max_size=12)
    )
    return order(
        [
            Entry(n, need, D(score), D(policy), n % 3, n, "緩議" if held and n % 5 == 0 else "")
            for n, (need, score, policy, held) in enumerate(found)
        ]
    )


def sums(placed: list[Placed]) -> dict[Source, Decimal]:
    return {s: sum((one.entry.needs.get(s, D(0)) for one in placed), D(0)) for s in Source}


calm = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine draws slowly; that is no fault of what is tested."""


@calm
@given(rankings(), ceilings, st.booleans())
def test_no_source_is_given_more_than_its_ceiling(entries: list[Entry], limits: dict, fill: bool) -> None:
    outcome = allocate(entries, limits, fill=fill)
    for source, given_out in sums(outcome.inside).items():
        assert given_out == outcome.granted[source] <= limits.get(source, D(0))
        assert outcome.left[source] == limits.get(source, D(0)) - given_out


@calm
@given(rankings(), ceilings, st.sampled_from(SOURCES), st.integers(0, 100))
def test_a_higher_ceiling_throws_nobody_out_of_the_cut(
    entries: list[Entry], limits: dict, source: Source, more: int
) -> None:
    before = {one.entry.key for one in allocate(entries, limits).inside}
    raised = {**limits, source: limits.get(source, D(0)) + more}
    assert before <= {one.entry.key for one in allocate(entries, raised).inside}


@calm
@given(rankings(), ceilings)
def test_filling_keeps_whom_the_cut_took_and_leaves_nobody_who_would_still_fit(
    entries: list[Entry], limits: dict
) -> None:
    cut, filled = allocate(entries, limits), allocate(entries, limits, fill=True)
    assert {one.entry.key for one in cut.inside} <= {one.entry.key for one in filled.inside}
    for one in filled.placed:
        if one.how == "over":
            assert any(amount > filled.left[source] for source, amount in one.entry.needs.items())


@calm
@given(rankings(), ceilings)
def test_whoever_is_out_says_for_which_source_and_by_how_much(entries: list[Entry], limits: dict) -> None:
    outcome = allocate(entries, limits)
    for one in outcome.placed:
        assert bool(one.over) is (one.how == "over")
        for source, over in one.over.items():
            assert one.entry.needs[source] > 0
            assert over == one.upto[source] - limits.get(source, D(0)) > 0
            assert outcome.lines[source] is not None and outcome.lines[source] <= one.rank
        assert (one.how == "held") is bool(one.entry.held)


@calm
@given(rankings())
def test_the_order_is_by_score_then_policy_then_the_agency_and_never_by_chance(entries: list[Entry]) -> None:
    assert order(list(reversed(entries))) == entries
    for one, after in pairwise(entries):
        assert (one.score, one.policy) >= (after.score, after.policy)


def test_a_line_between_equals_is_shown() -> None:
    same = [Entry(n, {Source.PRIVATE: D(10)}, D(80), D(70), n) for n in (1, 2, 3)]
    placed = allocate(same, {Source.PRIVATE: D(20)}).placed
    assert [(one.how, one.tied, one.split_tie) for one in placed] == [
        ("cut", 3, True), ("cut", 3, True), ("over", 3, True),
    ]  # fmt: skip
    assert not any(one.split_tie for one in allocate(same, {Source.PRIVATE: D(30)}).placed)


def test_turning_an_agencys_order_round_is_to_be_justified() -> None:
    first = Entry(1, {}, D(90), D(90), 7, 2)
    second = Entry(2, {}, D(80), D(80), 7, 1)
    other = Entry(3, {}, D(70), D(70), 8, 1)
    assert against_agencies([first, second, other]) == {2: 1}
    assert against_agencies([second, first, other]) == {}
