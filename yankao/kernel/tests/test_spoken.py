"""Days as they are said in a meeting."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from yankao.kernel.calendar import official
from yankao.kernel.likeness import likeness, nearest, pairs
from yankao.kernel.roc import format_roc
from yankao.kernel.spoken import SpokenError, spoken_day

WEDNESDAY = date(2026, 11, 25)
DAYS = some.dates(date(2012, 1, 1), date(2026, 12, 1))


def said(words, today=WEDNESDAY):
    return spoken_day(words, today, official())


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("今天", (2026, 11, 25)),
        ("大後天", (2026, 11, 28)),
        ("週三", (2026, 11, 25)),
        ("週二", (2026, 12, 1)),
        ("下週三", (2026, 12, 2)),
        ("下下週一前", (2026, 12, 7)),
        ("這週五", (2026, 11, 27)),
        ("下週", (2026, 12, 4)),
        ("下星期天", (2026, 12, 6)),
        ("月底", (2026, 11, 30)),
        ("下個月底", (2026, 12, 31)),
        ("下個月5日", (2026, 12, 5)),
        ("6月底", (2027, 6, 30)),
        ("六月底前", (2027, 6, 30)),
        ("12月15日", (2026, 12, 15)),
        ("3/1", (2027, 3, 1)),
        ("明年3月底", (2027, 3, 31)),
        ("年底", (2026, 12, 31)),
        ("下季底", (2027, 3, 31)),
        ("一個月內", (2026, 12, 28)),  # 25 December is a holiday, then a weekend
        ("兩週內", (2026, 12, 9)),
        ("三個工作天內", (2026, 11, 30)),
        ("３日內", (2026, 11, 30)),  # the 28th is a Saturday
        ("半年內", (2027, 5, 25)),
        ("115/12/31", (2026, 12, 31)),
        ("民國115年12月31日前", (2026, 12, 31)),
        ("tomorrow", (2026, 11, 26)),
        ("by Friday", (2026, 11, 27)),
        ("next Wednesday", (2026, 12, 2)),
        ("end of June", (2027, 6, 30)),
        ("end of next month", (2026, 12, 31)),
        ("within a month", (2026, 12, 28)),
        ("in two weeks", (2026, 12, 9)),
    ],
)
def test_a_day_in_words_is_understood(words, day):
    assert said(words) == date(*day)


@pytest.mark.parametrize(
    "words",
    ["", "儘速", "13月底", "2月30日", "6月", "3日", "下", "零個月", "soon", "within some weeks", "9" * 40],
)
def test_what_names_no_day_is_refused(words):
    with pytest.raises(SpokenError) as refused:
        said(words)
    assert refused.value.given == words


@settings(deadline=None)  # a year not yet known is computed the first time
@given(DAYS, some.integers(1, 60))
def test_a_term_never_ends_before_its_days_are_over(today, n):
    assert said(f"{n}天內", today) >= today + timedelta(days=n)
    assert official().is_workday(said(f"{n}個工作天內", today))


@given(DAYS, some.integers(1, 12))
def test_a_month_end_is_the_next_one_to_come(today, month):
    end = said(f"{month}月底", today)
    assert end >= today and end.month == month and (end + timedelta(days=1)).day == 1
    assert end < today + timedelta(days=367)


@given(DAYS, some.sampled_from("一二三四五六日"))
def test_a_weekday_is_within_a_week_and_the_next_one_in_the_week_after(today, name):
    place = "一二三四五六日".index(name)
    assert said(f"週{name}", today).weekday() == place and 0 <= (said(f"週{name}", today) - today).days < 7
    monday = today - timedelta(days=today.weekday())
    assert said(f"下週{name}", today) == monday + timedelta(days=7 + place)


@given(DAYS, DAYS)
def test_a_written_day_is_that_day(day, today):
    assert said(format_roc(day), today) == day == said(day.isoformat(), today)


@given(some.text(max_size=40), some.text(max_size=40))
def test_likeness_is_even_handed_and_whole_for_the_same(one, other):
    assert likeness(pairs(one), pairs(other)) == likeness(pairs(other), pairs(one))
    assert 0 <= likeness(pairs(one), pairs(other)) <= 1
    assert not pairs(one) or likeness(pairs(one), pairs(one)) == 1


def test_the_same_instruction_in_other_words_is_found():
    open_ones = [(1, "請水利局於汛期前完成雨水下水道清淤"), (2, "請交通局檢討路口號誌時制")]
    found = nearest("水利局應於汛期前完成全市雨水下水道清淤作業", open_ones, 0.5)
    assert [key for key, _share in found] == [1]
    assert nearest("請教育局盤點校舍耐震", open_ones, 0.5) == []
