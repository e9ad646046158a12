"""Splits are exact: what is written by year and source sums to the 元, or is refused with the difference."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..models import Source
from ..split import Portion, YearRow, by_source, exceeded, misfit, portions_of, total_of, year_rows

D = Decimal
amounts = st.integers(0, 10**14).map(D)
portions = st.builds(
    Portion, st.integers(98, 110), st.sampled_from(list(Source)), st.integers(1, 10**12).map(D)
)


@given(st.lists(portions, max_size=30))
def test_a_split_goes_through_its_rows_and_back_without_losing_a_dollar(split: list[Portion]) -> None:
    rows = year_rows(split)
    back = portions_of(rows)
    assert total_of(back) == total_of(split) == sum((row.total for row in rows), D(0))
    assert by_source(back) == by_source(split)
    assert {year: by_source(back, year) for year in range(98, 111)} == {
        year: by_source(split, year) for year in range(98, 111)
    }


@given(amounts, amounts, st.integers(-5, 5).filter(bool))
def test_a_year_that_is_off_by_one_dollar_is_refused_with_the_difference(a: D, b: D, off: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"差{-off:+,}元")):
        portions_of([YearRow(102, a + b + off, city_general=a, city_fund=b)])


def test_a_year_stands_on_one_row_and_no_amount_is_below_zero_or_in_parts() -> None:
    with pytest.raises(ValueError, match="102年度重複"):
        portions_of([YearRow(102, D(1), private=D(1)), YearRow(102, D(1), private=D(1))])
    with pytest.raises(ValueError, match="不小於0的整數元"):
        portions_of([YearRow(102, D(0), private=D(-1), other=D(1))])
    with pytest.raises(ValueError, match="不小於0的整數元"):
        portions_of([YearRow(102, D("0.5"), private=D("0.5"))])


def test_a_split_that_does_not_sum_to_its_total_says_both() -> None:
    split = [Portion(101, Source.CITY_GENERAL, D(999_999))]
    assert misfit(split, D(999_999)) == ""
    assert misfit(split, D(1_000_000)) == "經費來源合計999,999元，與總經費1,000,000元不符。"


def test_a_source_without_a_ceiling_gives_nothing() -> None:
    wanted = {Source.CITY_GENERAL: D(10), Source.PRIVATE: D(3)}
    assert exceeded(wanted, {Source.CITY_GENERAL: D(10)}) == {Source.PRIVATE: D(3)}
