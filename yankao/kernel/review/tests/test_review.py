"""Means round half up once, bands begin where the rule says, ties share a rank."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.review.panel import Conflict, by_load, conflicts, share_is_met
from yankao.kernel.review.scoring import Bands, Criterion, deviation, mean, ranks, trimmed_mean, weighted

GRADES = Bands.parse("90 excellent, 80 good, 70 fair, 0 poor")


@pytest.mark.parametrize(
    ("scores", "result"),
    [((79, 80), 80), ((79, 79, 80), 79), ((79, 80, 80), 80), ((89, 90), 90), ((69, 69, 70), 69)],
)
def test_the_mean_of_commissioners_is_rounded_half_up(scores, result):
    assert mean(scores) == result


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9))
def test_a_mean_is_never_off_by_more_than_a_half(scores):
    exact = Fraction(sum(scores), len(scores))
    found = Fraction(mean(scores))
    assert -Fraction(1, 2) < found - exact <= Fraction(1, 2)
    assert min(scores) <= found <= max(scores)


@given(st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=9))
def test_rounding_at_two_places_keeps_the_exact_half(scores):
    exact = Fraction(sum(map(Fraction, scores)), len(scores))
    assert Fraction(mean(scores, 2)) == Fraction((exact * 200 + 1) // 2, 100)


def test_nobody_scored_has_no_mean():
    with pytest.raises(ValueError, match="no score"):
        mean([])
    with pytest.raises(ValueError, match="no score"):
        trimmed_mean([80, 90])


def test_a_trimmed_mean_leaves_out_the_extremes():
    assert trimmed_mean([10, 80, 82, 100]) == 81


@pytest.mark.parametrize(
    ("score", "grade"),
    [(100, "excellent"), (90, "excellent"), (89, "good"), (80, "good"), (79, "fair"), (69, "poor")],
)
def test_a_grade_begins_at_its_band(score, grade):
    assert GRADES.of(score) == grade


def test_bands_read_back_what_they_print_and_refuse_the_rest():
    assert Bands.parse(str(GRADES)) == GRADES
    assert GRADES.least("fair") == 70
    with pytest.raises(ValueError, match="below every band"):
        GRADES.of(-1)
    with pytest.raises(LookupError):
        GRADES.least("superb")
    with pytest.raises(ValueError, match="not a band"):
        Bands.parse("90")


def test_criteria_weigh_as_they_say():
    criteria = [Criterion("a", "", Decimal(60)), Criterion("b", "", Decimal(40))]
    assert weighted({"a": 80, "b": 75}, criteria) == Decimal("78.00")
    with pytest.raises(ValueError, match="no score for b"):
        weighted({"a": 80}, criteria)
    with pytest.raises(ValueError, match="sum to 100"):
        weighted({"a": 80}, criteria[:1])


def test_equal_scores_share_a_rank():
    assert ranks({"x": 90, "y": 85, "z": 85, "w": 80}) == {"x": 1, "y": 2, "z": 2, "w": 4}


def test_a_mild_judge_stands_out():
    assert deviation(95, [70, 72, 71, 95]) > Decimal("1.5")
    assert deviation(70, [70, 70]) is None


@pytest.mark.parametrize(("outsiders", "members", "met"), [(1, 3, True), (1, 4, False), (0, 0, False)])
def test_a_third_of_the_panel_comes_from_outside(outsiders, members, met):
    assert share_is_met(outsiders, members, Fraction(1, 3)) is met


def test_conflicts_come_with_their_reason_and_the_least_used_come_first():
    kin = {"a": "kin"}
    found = conflicts(["a", "b"], lambda p: [Conflict(p, kin[p], declared=True)] if p in kin else [])
    assert [(c.person, c.reason) for c in found] == [("a", "kin")]
    assert by_load(["a", "b", "c"], {"a": 2, "b": 1}) == ["c", "b", "a"]
