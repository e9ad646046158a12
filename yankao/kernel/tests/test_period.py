"""Periods: reading, neighbours, months, words."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.period import Period, PeriodError, roc_text

DAYS = st.dates(date(1912, 1, 1), date(2400, 12, 31))
NAMED = st.one_of(
    st.integers(2, 400).map(Period.of_year),
    st.builds(Period.of_half, st.integers(2, 400), st.integers(1, 2)),
    st.builds(Period.of_quarter, st.integers(2, 400), st.integers(1, 4)),
    st.builds(Period.of_month, st.integers(2, 400), st.integers(1, 12)),
)
ANY = st.one_of(
    NAMED, st.tuples(DAYS, st.integers(0, 900)).map(lambda p: Period.between(p[0], p[0] + timedelta(p[1])))
)


@pytest.mark.parametrize(
    "text",
    [
        "101H1",
        "2012H1",
        "101h1",
        "１０１Ｈ１",
        "2012-01-01..2012-06-30",
        "2012-01-01,2012-06-30",
        "101年上半年",
        "民國101年度上半年",
        "101年1月至6月",
        "101 年 1 月至 6 月",
    ],
)
def test_the_reference_half_year_is_read_in_all_its_forms(text: str) -> None:
    period = Period.parse(text)
    assert period == Period(date(2012, 1, 1), date(2012, 6, 30), date(2012, 6, 30), "101H1")
    assert period.days == (date(2012, 1, 1), date(2012, 6, 30))
    assert period.length == 182 and period.roc_year == 101


@pytest.mark.parametrize(
    ("text", "first", "last", "code", "kind"),
    [
        ("101Q2", date(2012, 4, 1), date(2012, 6, 30), "101Q2", "quarter"),
        ("101年第二季", date(2012, 4, 1), date(2012, 6, 30), "101Q2", "quarter"),
        ("101-03", date(2012, 3, 1), date(2012, 3, 31), "101-03", "month"),
        ("2012-03", date(2012, 3, 1), date(2012, 3, 31), "101-03", "month"),
        ("101年2月", date(2012, 2, 1), date(2012, 2, 29), "101-02", "month"),
        ("101", date(2012, 1, 1), date(2012, 12, 31), "101", "year"),
        ("2012", date(2012, 1, 1), date(2012, 12, 31), "101", "year"),
        ("101年度", date(2012, 1, 1), date(2012, 12, 31), "101", "year"),
        ("101H2", date(2012, 7, 1), date(2012, 12, 31), "101H2", "half"),
        (
            "2012-01-05..2012-02-03",
            date(2012, 1, 5),
            date(2012, 2, 3),
            "2012-01-05..2012-02-03",
            "range",
        ),
    ],
)
def test_a_period_is_read(text: str, first: date, last: date, code: str, kind: str) -> None:
    period = Period.parse(text)
    assert (period.first, period.last, period.as_of, period.code) == (first, last, last, code)
    assert period.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "101H3",
        "101Q5",
        "101-13",
        "1013",
        "1900",
        "2012-02-30..2012-03-01",
        "2012-03-02..2012-03-01",
        "last year",
        "101H1@tomorrow",
        "101年6月至1月",
    ],
)
def test_what_is_no_period_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(PeriodError) as refusal:
        Period.parse(text)
    assert refusal.value.given == text and isinstance(refusal.value, ValueError)


@pytest.mark.parametrize(
    ("code", "previous", "next_", "last_year"),
    [
        ("101H1", "100H2", "101H2", "100H1"),
        ("101Q1", "100Q4", "101Q2", "100Q1"),
        ("101-01", "100-12", "101-02", "100-01"),
        ("101-02", "101-01", "101-03", "100-02"),
        ("102-02", "102-01", "102-03", "101-02"),
        ("101", "100", "102", "100"),
        (
            "2012-02-01..2012-05-31",
            "2011-10-01..2012-01-31",
            "2012-06-01..2012-09-30",
            "2011-02-01..2011-05-31",
        ),
        (
            "2012-03-10..2012-03-19",
            "2012-02-29..2012-03-09",
            "2012-03-20..2012-03-29",
            "2011-03-10..2011-03-19",
        ),
    ],
)
def test_a_period_has_neighbours_of_its_own_length(
    code: str, previous: str, next_: str, last_year: str
) -> None:
    period = Period.parse(code)
    assert str(period.previous()) == previous
    assert str(period.next()) == next_
    assert str(period.same_last_year()) == last_year


@pytest.mark.parametrize("months", [(4, 9), (2, 4), (2, 7)])
def test_months_that_are_no_half_or_quarter_are_a_range(months: tuple[int, int]) -> None:
    period = Period.of_months(101, *months)
    assert period.kind == "range" and ".." in period.code


def test_a_leap_day_keeps_its_month_end_a_year_before() -> None:
    leap = Period.between(date(2012, 2, 10), date(2012, 2, 29))
    assert leap.same_last_year().days == (date(2011, 2, 10), date(2011, 2, 28))


def test_another_as_of_is_kept_and_written() -> None:
    period = Period.parse("101H1").with_as_of(date(2012, 7, 31))
    assert str(period) == "101H1@2012-07-31" and Period.parse(str(period)) == period
    assert period.previous().as_of == date(2011, 12, 31)


@given(ANY)
def test_a_written_period_reads_back(period: Period) -> None:
    assert Period.parse(str(period)) == period
    assert Period.parse(str(period.with_as_of(date(2500, 1, 1)))).as_of == date(2500, 1, 1)


@given(NAMED)
def test_next_undoes_previous(period: Period) -> None:
    assert period.previous().next() == period
    assert period.previous().kind == period.kind == period.same_last_year().kind
    assert period.previous().last + timedelta(1) == period.first


@given(ANY)
def test_months_cover_the_period_without_gap(period: Period) -> None:
    months = list(period.months())
    assert months[0].first == period.first and months[-1].last == period.last
    assert sum(month.length for month in months) == period.length
    assert all(a.last + timedelta(1) == b.first for a, b in pairwise(months))
    assert period.first in period and period.last + timedelta(1) not in period


@pytest.mark.parametrize(
    ("code", "zh", "en", "zh_name", "en_name"),
    [
        ("101H1", "101年1月至6月", "January–June 2012", "101年上半年", "first half of 2012"),
        ("101Q2", "101年4月至6月", "April–June 2012", "101年第二季", "second quarter of 2012"),
        ("101-03", "101年3月", "March 2012", "101年3月", "March 2012"),
        ("101", "101年", "2012", "101年", "2012"),
        (
            "2011-12-01..2012-01-31",
            "100年12月至101年1月",
            "December 2011 – January 2012",
            "100年12月至101年1月",
            "December 2011 – January 2012",
        ),
        (
            "2012-01-05..2012-02-03",
            "101年1月5日至2月3日",
            "5 January – 3 February 2012",
            "101年1月5日至2月3日",
            "5 January – 3 February 2012",
        ),
        (
            "2012-01-05..2012-01-05",
            "101年1月5日",
            "5 January 2012",
            "101年1月5日",
            "5 January 2012",
        ),
    ],
)
def test_a_period_is_told_as_a_report_prints_it(
    code: str, zh: str, en: str, zh_name: str, en_name: str
) -> None:
    period = Period.parse(code)
    assert roc_text(period) == zh and roc_text(period, "en") == en
    assert roc_text(period, "zh", "name") == zh_name and roc_text(period, "en", "name") == en_name
