"""Deadlines: the twelve vectors of functional-spec part L, properties, pauses, extensions, traces."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.calendar import CalendarError, Closure, official
from yankao.kernel.span import (
    TAIPEI,
    Before,
    CycleDay,
    Days,
    ExtensionRefused,
    Hours,
    Months,
    Span,
    SpanError,
    Step,
    Weeks,
    WorkingDays,
    YearDay,
    due,
    explain,
    extend,
    parse_span,
    paused,
    sentence,
    span_text,
    trace,
    used_days,
)

CALENDAR = official()
STARTS = st.dates(date(2007, 1, 1), date(2029, 12, 31))
COUNTED = st.one_of(
    st.integers(1, 40).map(Months),
    st.integers(1, 60).map(Weeks),
    st.integers(1, 400).map(Days),
    st.integers(1, 120).map(WorkingDays),
)
SPANS: st.SearchStrategy[Span] = st.one_of(
    COUNTED,
    st.integers(1, 1000).map(Hours),
    st.builds(CycleDay, st.integers(1, 31), st.integers(0, 14)),
    st.builds(YearDay, st.integers(1, 12), st.integers(1, 28)),
    COUNTED.map(Before),
    st.integers(1, 99).map(Hours).map(Before),
)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=TAIPEI)


def noon_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=TAIPEI)


# -- part L -------------------------------------------------------------------------------------------


def test_t1_three_months_end_on_the_same_day() -> None:
    end = due(Months(3), date(2012, 3, 15), CALENDAR)
    assert (end.at, end.day, end.noon, end.rolled_from) == (
        end_of(date(2012, 6, 15)),
        date(2012, 6, 15),
        False,
        None,
    )
    assert "101年" in end.edition and not end.provisional


def test_t2_three_months_ending_on_a_saturday_end_on_monday_at_noon() -> None:
    end = due(Months(3), date(2012, 3, 31), CALENDAR)
    assert end.at == noon_of(date(2012, 7, 2)) and end.noon
    assert end.rolled_from == date(2012, 6, 30)


def test_t3_three_months_from_a_leap_day_end_with_may() -> None:
    assert due(Months(3), date(2012, 2, 29), CALENDAR).at == end_of(date(2012, 5, 31))


def test_t4_three_months_ending_on_a_holiday_end_on_the_next_working_day() -> None:
    end = due(Months(3), date(2012, 11, 30), CALENDAR)
    assert end.at == end_of(date(2013, 3, 1)) and end.rolled_from == date(2013, 2, 28)
    assert any("和平紀念日" in sentence(step) for step in end.steps)


def test_t5_thirty_days_ending_on_a_saturday_end_on_monday_at_noon() -> None:
    end = due(Days(30), date(2012, 3, 1), CALENDAR)
    assert end.at == noon_of(date(2012, 4, 2)) and end.rolled_from == date(2012, 3, 31)


def test_t6_six_working_days_pass_the_new_year_and_count_the_make_up_saturday() -> None:
    end = due(WorkingDays(6), date(2024, 2, 2), CALENDAR)
    assert end.at == end_of(date(2024, 2, 17)) and end.rolled_from is None
    counted = [s.day for s in explain(WorkingDays(6), date(2024, 2, 2), CALENDAR) if s.counted]
    assert counted == [date(2024, 2, d) for d in (5, 6, 7, 15, 16, 17)]


@pytest.mark.parametrize(
    ("inspection", "notice"),
    [(date(2012, 5, 14), date(2012, 5, 11)), (date(2012, 3, 5), date(2012, 3, 3))],
    ids=["Friday", "make-up Saturday"],
)
def test_t7_notice_one_working_day_before(inspection: date, notice: date) -> None:
    assert inspection.weekday() == 0
    assert due(Before(WorkingDays(1)), inspection, CALENDAR).at == end_of(notice)


def test_t8_thirty_six_hours_run_at_once() -> None:
    end = due(Hours(36), datetime(2012, 6, 10, 22, tzinfo=TAIPEI), CALENDAR)
    assert end.at == datetime(2012, 6, 12, 10, tzinfo=TAIPEI)
    over_new_year = due(Hours(36), datetime(2012, 1, 22, 22, tzinfo=TAIPEI), CALENDAR)
    assert over_new_year.at == datetime(2012, 1, 24, 10, tzinfo=TAIPEI)


@pytest.mark.parametrize("span", [CycleDay(31), CycleDay(30), Months(1)], ids=str)
def test_t9_a_quarter_end_and_a_month(span: Span) -> None:
    assert due(span, date(2012, 3, 31), CALENDAR).at == end_of(date(2012, 4, 30))


@given(STARTS)
def test_t10_done_on_the_day_of_receipt_is_half_a_day(day: date) -> None:
    assert used_days(day, day, CALENDAR) == Decimal("0.5")


def test_t11_a_suspension_on_the_due_date_moves_it_on_and_the_trace_names_the_notice() -> None:
    notice = Closure(date(2012, 6, 15), source="高市府人字第1010000001號")
    end = due(Months(3), date(2012, 3, 15), CALENDAR.with_closures(notice))
    # The 16th is a Saturday, but the last day was not: the next working day, to its end.
    assert end.at == end_of(date(2012, 6, 18)) and end.rolled_from == date(2012, 6, 15)
    for lang in ("zh", "en"):
        assert any("第1010000001號" in sentence(step, lang) for step in end.steps)
    elsewhere = CALENDAR.with_closures(Closure(date(2012, 6, 15), district="旗津區"))
    assert due(Months(3), date(2012, 3, 15), elsewhere).day == date(2012, 6, 15)
    assert due(Months(3), date(2012, 3, 15), elsewhere, district="旗津區").day == date(2012, 6, 18)


def test_t12_an_extension_asked_after_expiry_is_refused() -> None:
    end = due(Days(15), date(2012, 5, 1), CALENDAR)
    with pytest.raises(ExtensionRefused) as refusal:
        extend(end, Days(15), end.day + timedelta(days=1), CALENDAR)
    assert refusal.value.code == "expired"
    assert end.is_past(end.day + timedelta(days=1))
    assert "屆滿" in refusal.value.sentence() and "passed" in refusal.value.sentence("en")


# -- article 48 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "start", "last"),
    [
        (Months(3), date(2011, 2, 28), date(2011, 5, 31)),  # counted from 1 March: ends with a month
        (Months(1), date(2012, 1, 30), date(2012, 2, 29)),  # no 31 February
        (Months(1), date(2012, 1, 29), date(2012, 2, 29)),  # no 30 February
        (Months(12), date(2012, 2, 28), date(2013, 2, 28)),
        (Months(2), date(2012, 12, 31), date(2013, 2, 28)),
        (Weeks(2), date(2012, 5, 1), date(2012, 5, 15)),
        (Days(1), date(2012, 5, 1), date(2012, 5, 2)),
    ],
)
def test_the_last_day_before_rest_days_are_looked_at(span: Span, start: date, last: date) -> None:
    assert due(span, start, CALENDAR, roll=False).day == last


def test_the_first_day_counts_where_a_law_says_so() -> None:
    assert due(Days(3), date(2012, 5, 1), CALENDAR, include_first_day=True).day == date(2012, 5, 3)
    assert due(Months(1), date(2012, 5, 1), CALENDAR, include_first_day=True).day == date(2012, 5, 31)
    assert due(WorkingDays(1), date(2012, 5, 2), CALENDAR, include_first_day=True).day == date(2012, 5, 2)


def test_a_make_up_saturday_is_no_rest_day() -> None:
    end = due(Days(2), date(2012, 3, 1), CALENDAR)
    assert end.at == end_of(date(2012, 3, 3)) and end.rolled_from is None


def test_a_saturday_before_a_holiday_monday_rolls_on_and_says_so() -> None:
    end = due(Days(1), date(2011, 2, 25), CALENDAR)
    assert end.rolled_from == date(2011, 2, 26)
    assert end.at == end_of(date(2011, 3, 1)) and not end.noon
    assert [s.reason for s in end.steps] == ["period_end", "rolled_saturday", "rolled_rest", "due"]
    assert "和平紀念日" in sentence(end.steps[2])


def test_a_friday_off_ends_with_monday_and_a_saturday_at_its_noon() -> None:
    # Article 48 gives the morning to an end on a Saturday only; other rest days go to the next working day.
    assert due(Days(1), date(2012, 4, 4) - timedelta(1), CALENDAR).at == end_of(date(2012, 4, 5))
    assert due(Days(1), date(2008, 4, 3), CALENDAR).at == end_of(date(2008, 4, 7))
    assert due(Days(2), date(2008, 4, 3), CALENDAR).at == noon_of(date(2008, 4, 7))


def test_a_sunday_rolls_to_the_end_of_monday() -> None:
    end = due(Days(2), date(2012, 6, 1), CALENDAR)
    assert end.rolled_from == date(2012, 6, 3) and end.at == end_of(date(2012, 6, 4))


def test_a_closed_afternoon_moves_the_end_on_and_a_closed_morning_does_not() -> None:
    day = date(2012, 6, 15)
    for part, moved in (("am", False), ("pm", True), ("night", False)):
        calendar = CALENDAR.with_closures(Closure(day, part))  # type: ignore[arg-type]
        assert (due(Months(3), date(2012, 3, 15), calendar).day != day) is moved


def test_a_noon_end_moves_on_when_that_morning_is_closed() -> None:
    calendar = CALENDAR.with_closures(Closure(date(2012, 7, 2), "am", source="notice"))
    end = due(Months(3), date(2012, 3, 31), calendar)
    assert end.at == end_of(date(2012, 7, 3)) and any("notice" in s.detail for s in end.steps)


def test_a_start_in_another_zone_counts_by_its_day_in_taipei() -> None:
    evening = datetime(2012, 3, 14, 17, tzinfo=UTC)  # 01:00 on the 15th in Taipei
    assert due(Months(3), evening, CALENDAR).day == date(2012, 6, 15)


def test_a_moment_without_a_zone_is_taipei_time() -> None:
    naive, aware = datetime(2012, 6, 10, 22), datetime(2012, 6, 10, 14, tzinfo=UTC)  # noqa: DTZ001
    assert due(Hours(36), naive, CALENDAR).at == due(Hours(36), aware, CALENDAR).at


def test_hours_need_a_moment() -> None:
    with pytest.raises(SpanError):
        due(Hours(36), date(2012, 6, 10), CALENDAR)


@pytest.mark.parametrize(
    ("span", "start", "day"),
    [
        (CycleDay(5), date(2012, 5, 20), date(2012, 6, 5)),
        (CycleDay(31, 0), date(2012, 2, 3), date(2012, 2, 29)),
        (YearDay(9, 17), date(2012, 6, 1), date(2012, 9, 17)),
        (YearDay(9, 17), date(2012, 9, 17), date(2012, 9, 17)),
        (YearDay(9, 17), date(2012, 9, 18), date(2013, 9, 17)),
        (Before(Months(3)), date(2012, 12, 31), date(2012, 9, 28)),  # 30 September is a Sunday
        (Before(Days(30)), date(2012, 5, 31), date(2012, 5, 1)),
        (Before(Weeks(1)), date(2012, 5, 31), date(2012, 5, 24)),
    ],
)
def test_fixed_dates_and_spans_counted_back(span: Span, start: date, day: date) -> None:
    assert due(span, start, CALENDAR).day == day


def test_a_due_in_a_year_not_yet_published_is_provisional() -> None:
    end = due(Months(6), date(2026, 11, 2), CALENDAR)
    assert end.provisional and "暫定" in end.edition
    across = due(WorkingDays(40), date(2026, 11, 23), CALENDAR)
    assert across.provisional and across.edition.startswith("115年") and "暫定" in across.edition
    with pytest.raises(CalendarError):
        due(Days(3), date(2005, 3, 1), CALENDAR)


# -- properties ---------------------------------------------------------------------------------------


@given(COUNTED, STARTS, st.integers(0, 40))
def test_a_later_start_never_ends_earlier(span: Span, start: date, later: int) -> None:
    # By the day: a Friday off ends with Monday, the Saturday after it at noon of the same Monday.
    assert due(span, start, CALENDAR).day <= due(span, start + timedelta(later), CALENDAR).day


@given(STARTS, st.integers(1, 60), st.sampled_from([Months, Weeks, Days, WorkingDays]))
def test_a_longer_span_never_ends_earlier(start: date, n: int, unit: type[Days]) -> None:
    assert due(unit(n), start, CALENDAR).day <= due(unit(n + 1), start, CALENDAR).day


@given(SPANS, STARTS)
def test_a_due_day_is_a_working_day_and_follows_the_rules(span: Span, start: date) -> None:
    if isinstance(span, Hours) or (isinstance(span, Before) and isinstance(span.span, Hours)):
        end = due(span, noon_of(start), CALENDAR)
        hours = -span.span.n if isinstance(span, Before) else span.n  # type: ignore[union-attr]
        assert end.at - noon_of(start) == timedelta(hours=hours) and end.rolled_from is None
        return
    if isinstance(span, Before) and start.year < 2012:
        return
    end = due(span, start, CALENDAR)
    assert CALENDAR.is_workday(end.day)
    assert end.at == (noon_of(end.day) if end.noon else end_of(end.day))
    assert not end.noon or (end.day.weekday() == 0 and end.base.weekday() == 5)
    if end.rolled_from:
        assert end.rolled_from == end.base and not CALENDAR.is_workday(end.base)
        between = (end.day - end.base).days
        assert (between < 0) is isinstance(span, Before)
        step = 1 if between > 0 else -1
        assert not any(CALENDAR.is_workday(end.base + timedelta(n)) for n in range(0, between, step))


@given(COUNTED, STARTS, st.booleans(), st.booleans())
def test_the_explanation_counts_what_the_due_says(span: Span, start: date, first: bool, back: bool) -> None:
    if back and start.year < 2018:
        return
    first = first and not back
    asked: Span = Before(span) if back else span  # type: ignore[arg-type]
    end = due(asked, start, CALENDAR, include_first_day=first)
    steps = explain(asked, start, CALENDAR, include_first_day=first)
    counted = [step for step in steps if step.counted]
    assert [step.number for step in counted] == list(range(1, len(counted) + 1))
    assert counted[-1].day == end.base and steps[-1].day == end.day
    match span:
        case Days(n=n) | WorkingDays(n=n):
            assert len(counted) == n
        case Weeks(n=n):
            assert len(counted) == 7 * n
        case _:
            assert len(counted) == abs((end.base - end.first).days) + 1
    if isinstance(span, WorkingDays):
        assert all(CALENDAR.is_workday(step.day) for step in counted)
    days = [step.day for step in steps]
    assert all(abs((b - a).days) <= 2 for a, b in pairwise(days)), "no day between is left unexplained"
    assert all(step.edition for step in steps)
    assert all(sentence(step, lang) for step in steps for lang in ("zh", "en"))


@given(SPANS)
def test_a_written_span_reads_back(span: Span) -> None:
    assert parse_span(str(span)) == span
    assert parse_span(str(span).upper()) == span
    if not (isinstance(span, CycleDay) and span.months_after > 1):
        assert parse_span(span_text(span)) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3 months", Months(3)),
        ("1 month", Months(1)),
        ("2 years", Months(24)),
        ("30 days", Days(30)),
        ("7 working days", WorkingDays(7)),
        ("36 hours", Hours(36)),
        ("2 weeks", Weeks(2)),
        ("day 5 of next month", CycleDay(5)),
        ("last day of next month", CycleDay(31)),
        ("17 September", YearDay(9, 17)),
        ("1 working day before", Before(WorkingDays(1))),
        ("3 months before", Before(Months(3))),
        ("３ 個月", Months(3)),
        ("7個工作天", WorkingDays(7)),
        ("3年", Months(36)),
        ("次月5日", CycleDay(5)),
        ("前1個工作天", Before(WorkingDays(1))),
    ],
)
def test_a_span_is_read(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["", "3", "soon", "0 days", "-1 days", "3 moons", "day 32 of next month", "30 February", "before"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(SpanError):
        parse_span(text)


# -- pauses -------------------------------------------------------------------------------------------


def test_a_pause_moves_calendar_days_by_its_days() -> None:
    end = due(Days(30), date(2012, 5, 1), CALENDAR)
    assert end.day == date(2012, 5, 31)
    later = paused(end, [(date(2012, 5, 10), date(2012, 5, 15))], CALENDAR)
    assert later.day == date(2012, 6, 5) and later.steps[0].number == 30
    steps = list(trace(later, CALENDAR))
    assert [s.day.day for s in steps if s.reason == "paused"] == [10, 11, 12, 13, 14]
    assert [s.number for s in steps if s.counted] == list(range(1, 31))


def test_a_pause_moves_working_days_by_its_working_days() -> None:
    end = due(WorkingDays(6), date(2012, 5, 1), CALENDAR)
    assert end.day == date(2012, 5, 9)
    later = paused(end, [(date(2012, 5, 4), date(2012, 5, 8))], CALENDAR)  # Friday to Tuesday: two
    assert later.day == date(2012, 5, 11)
    assert [s.number for s in trace(later, CALENDAR) if s.counted] == [1, 2, 3, 4, 5, 6]


def test_a_pause_moves_hours_by_its_hours() -> None:
    begun = datetime(2012, 6, 10, 22, tzinfo=TAIPEI)
    end = due(Hours(36), begun, CALENDAR)
    stops = [(begun + timedelta(hours=2), begun + timedelta(hours=5)), (end.at + timedelta(days=3), end.at)]
    with pytest.raises(SpanError):
        paused(end, stops, CALENDAR)
    assert paused(end, stops[:1], CALENDAR).at == end.at + timedelta(hours=3)


def test_a_pause_outside_the_running_time_changes_nothing() -> None:
    end = due(Days(30), date(2012, 5, 1), CALENDAR)
    after = (end.day + timedelta(1), end.day + timedelta(9))
    assert paused(end, [(date(2012, 4, 1), date(2012, 5, 2)), after], CALENDAR) == end
    assert paused(end, [], CALENDAR) == end


def test_stopped_on_the_rolled_day_the_end_waits_for_the_day_of_resumption() -> None:
    end = due(Days(30), date(2012, 3, 1), CALENDAR)  # Saturday 31 March, so Monday 2 April at noon
    later = paused(end, [(date(2012, 4, 2), date(2012, 4, 6))], CALENDAR)
    assert later.at == end_of(date(2012, 4, 6))


def test_overlapping_pauses_count_once() -> None:
    end = due(Days(30), date(2012, 5, 1), CALENDAR)
    twice = [(date(2012, 5, 10), date(2012, 5, 14)), (date(2012, 5, 12), date(2012, 5, 15))]
    assert paused(end, twice, CALENDAR).day == date(2012, 6, 5)


def test_a_fixed_date_cannot_be_paused() -> None:
    end = due(CycleDay(5), date(2012, 5, 20), CALENDAR)
    with pytest.raises(SpanError):
        paused(end, [(date(2012, 5, 21), date(2012, 5, 22))], CALENDAR)


@given(COUNTED, STARTS, st.integers(0, 200), st.integers(1, 60))
def test_a_pause_never_shortens_and_the_same_days_count(
    span: Span, start: date, at: int, length: int
) -> None:
    end = due(span, start, CALENDAR)
    begin = start + timedelta(at)
    later = paused(end, [(begin, begin + timedelta(length))], CALENDAR)
    assert later.day >= end.day
    assert CALENDAR.is_workday(later.day)
    if begin <= end.base and later != end:
        numbers = [s.number for s in trace(later, CALENDAR) if s.counted]
        assert numbers == list(range(1, (end.steps[0].number or 0) + 1))
        assert later.day >= begin + timedelta(length)


# -- extensions ---------------------------------------------------------------------------------------


def test_an_extension_counts_from_the_end() -> None:
    end = due(Days(15), date(2012, 5, 1), CALENDAR)
    longer = extend(end, Days(15), end.day, CALENDAR, times=0, max_times=1, max_length=Days(15))
    assert longer.day == date(2012, 5, 31)
    hours = due(Hours(72), datetime(2012, 6, 10, 22, tzinfo=TAIPEI), CALENDAR)
    assert extend(hours, Hours(24), hours.at, CALENDAR).at == hours.at + timedelta(hours=24)


def test_an_extension_asked_a_second_late_is_refused() -> None:
    end = due(Days(30), date(2012, 3, 1), CALENDAR)  # ends at noon
    assert extend(end, Days(1), end.at, CALENDAR)
    with pytest.raises(ExtensionRefused) as refusal:
        extend(end, Days(1), end.at + timedelta(seconds=1), CALENDAR)
    assert refusal.value.code == "expired"


def test_extensions_are_bounded_in_number_and_length() -> None:
    end = due(Months(2), date(2012, 3, 1), CALENDAR)
    with pytest.raises(ExtensionRefused) as refusal:
        extend(end, Months(1), end.day, CALENDAR, times=1, max_times=1)
    assert refusal.value.code == "times"
    with pytest.raises(ExtensionRefused) as refusal:
        extend(end, Months(3), end.day, CALENDAR, max_length=Months(2))
    assert refusal.value.code == "length"
    once = extend(end, Months(1), end.day, CALENDAR, max_length=Months(2))
    with pytest.raises(ExtensionRefused) as refusal:
        extend(once, Months(2), once.day, CALENDAR, times=1, max_length=Months(2), original=end)
    assert refusal.value.code == "length"
    assert extend(once, Days(20), once.day, CALENDAR, times=1, max_length=Months(2), original=end)


# -- documents ----------------------------------------------------------------------------------------


def test_used_days_count_working_days_after_receipt() -> None:
    assert used_days(date(2024, 2, 2), date(2024, 2, 17), CALENDAR) == 6
    assert used_days(date(2012, 6, 1), date(2012, 6, 2), CALENDAR) == Decimal("0.5")  # a Saturday
    with pytest.raises(SpanError):
        used_days(date(2012, 6, 2), date(2012, 6, 1), CALENDAR)


@given(STARTS, st.integers(1, 60))
def test_a_document_done_on_its_due_day_used_its_span(start: date, n: int) -> None:
    assert used_days(start, due(WorkingDays(n), start, CALENDAR).day, CALENDAR) == n


# -- words --------------------------------------------------------------------------------------------


def test_an_end_is_told_in_both_languages() -> None:
    end = due(Months(3), date(2012, 3, 31), CALENDAR)
    assert [sentence(step) for step in end.steps] == [
        "101年6月30日（星期六）：期間末日（第91日）",
        "101年6月30日（星期六）：星期六，以次星期一上午為期間末日",
        "101年7月2日（星期一）中午12時屆滿",
    ]
    assert sentence(end.steps[-1], "en") == "due at noon on Mon 2 July 2012"
    hours = explain(Hours(36), datetime(2012, 6, 10, 22, tzinfo=TAIPEI), CALENDAR)
    assert [sentence(step, "en") for step in hours] == [
        "runs from 22:00 on Sun 10 June 2012",
        "due at 10:00 on Tue 12 June 2012",
    ]
    assert sentence(Step(date(2012, 5, 5), False, None, "paused")).startswith("101年5月5日")
