"""The office calendar: official facts, editions, closures, readers, provisional years."""

import gzip
import tarfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.calendar import (
    Calendar,
    CalendarError,
    CalendarFileError,
    Closure,
    Day,
    Edition,
    NoCalendar,
    changes,
    official,
    provisional,
    read_dgpa_csv,
    read_table,
)

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "office-calendar"
DAYS = st.dates(date(2006, 1, 1), date(2060, 12, 31))


def dgpa(roc_year: int) -> bytes:
    if not SHARED.exists():
        pytest.skip(f"the originals of the office calendar are not at {SHARED}")
    with tarfile.open(SHARED / "dgpa_originals.tar.gz") as box:
        member = box.extractfile(f"dgpa_{roc_year}.csv")
        assert member is not None
        return member.read()


def as_csv(edition: Edition) -> list[list[str]]:
    rows = [["西元日期", "星期", "是否放假", "備註"]]
    for day, entry in edition:
        rows.append(
            [f"{day:%Y%m%d}", "一二三四五六日"[day.weekday()], "0" if entry.works else "2", entry.name]
        )
    return rows


def joined(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def test_2012_has_254_workdays_and_124_in_the_first_half() -> None:
    calendar = official()
    assert calendar.workdays(date(2012, 1, 1), date(2012, 12, 31)) == 254
    assert calendar.workdays(date(2012, 1, 1), date(2012, 6, 30)) == 124
    assert calendar.edition(date(2012, 5, 5)).workdays == 254


def test_2012_was_made_up_for_on_three_saturdays() -> None:
    calendar = official()
    year = (date(2012, 1, 1) + timedelta(days=n) for n in range(366))
    made_up = [day for day in year if calendar.kind(day) == "makeup_workday"]
    assert made_up == [date(2012, 2, 4), date(2012, 3, 3), date(2012, 12, 22)]
    assert all(calendar.is_workday(day) and day.weekday() == 5 for day in made_up)
    assert not calendar.is_provisional(made_up[0])


@pytest.mark.parametrize(("year", "off"), [(2021, 116), (2023, 116), (2024, 115)])
def test_the_days_off_of_a_year_are_as_announced(year: int, off: int) -> None:
    edition = official().edition(date(year, 1, 1))
    assert len(edition.days) - edition.workdays == off


def test_the_reason_of_a_day_is_told_in_both_languages() -> None:
    calendar = official()
    assert calendar.why(date(2012, 6, 23)) == "端午節"
    assert calendar.why(date(2012, 6, 23), lang="en") == "Dragon Boat Festival"
    assert calendar.why(date(2024, 4, 4), lang="en") == "Children's Day and Tomb-Sweeping Day"
    assert calendar.why(date(2012, 6, 17)) == "星期日"
    assert calendar.why(date(2012, 6, 17), lang="en") == "Sunday"
    assert calendar.why(date(2012, 6, 18), lang="en") == "working day"


def test_every_name_of_the_calendar_has_an_english_form() -> None:
    calendar = official()
    named = [(day, entry) for edition in calendar.editions for day, entry in edition if not entry.works]
    assert named
    for day, _ in named:
        text = calendar.why(day, lang="en")
        assert text.isascii(), (day, text)
        assert text != "public holiday", day


def test_the_past_is_never_computed() -> None:
    with pytest.raises(CalendarError, match="2005"):
        official().is_workday(date(2005, 12, 30))
    with pytest.raises(CalendarError, match="2030"):
        Calendar().is_workday(date(2030, 1, 1))
    gap = Calendar([official().edition(date(2012, 1, 1)), official().edition(date(2014, 1, 1))])
    with pytest.raises(CalendarError, match="2013"):
        gap.is_workday(date(2013, 5, 6))


def test_years_not_yet_published_are_computed_and_say_so() -> None:
    calendar = official()
    assert calendar.last_year == 2026
    assert calendar.is_provisional(date(2027, 3, 3))
    assert "暫定" in calendar.edition(date(2027, 3, 3)).label
    assert not calendar.is_provisional(date(2026, 3, 3))
    with pytest.raises(NoCalendar, match="2150"):
        calendar.is_workday(date(2150, 1, 1))


def test_2025_is_its_first_edition_and_marked_as_such() -> None:
    edition = official().edition(date(2025, 6, 1))
    assert edition.provisional and "9月29日" in edition.note
    assert official().is_workday(date(2025, 9, 29))


def test_the_computed_rules_give_2026_as_it_was_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    movable = (date(2026, 2, 17), date(2026, 4, 5), date(2026, 6, 19), date(2026, 9, 25))
    monkeypatch.setattr("yankao.kernel.calendar._movable", lambda: {2026: movable})
    computed = provisional.__wrapped__(2026)
    assert changes(official().edition(date(2026, 1, 1)), computed) == []


@pytest.mark.parametrize(
    ("tombs", "off"),
    [(date(2028, 4, 4), date(2028, 4, 3)), (date(2024, 4, 4), date(2024, 4, 5))],
    ids=["Tuesday: the day before", "Thursday: the day after"],
)
def test_childrens_day_moves_when_it_meets_tomb_sweeping(
    tombs: date, off: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = tombs.year
    movable = (date(year, 2, 10), tombs, date(year, 6, 10), date(year, 9, 17))
    monkeypatch.setattr("yankao.kernel.calendar._movable", lambda: {year: movable})
    assert provisional.__wrapped__(year).day(off) == Day("holiday", "兒童節（補假）")


def test_new_years_day_on_a_saturday_is_made_up_for_in_the_old_year() -> None:
    assert date(2028, 1, 1).weekday() == 5
    assert provisional(2027).day(date(2027, 12, 31)).kind == "holiday"
    assert provisional(2028).day(date(2028, 12, 29)).kind == "workday"


@given(st.integers(2027, 2099))
def test_a_computed_year_makes_up_for_every_holiday_on_a_weekend(year: int) -> None:
    edition = provisional(year)
    assert edition.provisional
    off = {day: entry for day, entry in edition if entry.kind == "holiday"}
    on_weekends = [day for day, entry in off.items() if day.weekday() >= 5 and "（補假）" not in entry.name]
    made_up = [day for day, entry in off.items() if "（補假）" in entry.name]
    assert all(day.weekday() < 5 for day in made_up)
    expected = {off[day].name.split("; ")[0] for day in on_weekends if (day.month, day.day) != (1, 1)}
    assert expected <= {off[day].name.removesuffix("（補假）") for day in made_up} | {"兒童節"}
    assert sum(day.weekday() < 5 for day in off) >= 14


def test_the_packaged_table_agrees_with_the_originals() -> None:
    for roc_year in range(106, 116):
        issued = read_dgpa_csv(dgpa(roc_year))
        packaged = official().edition(date(roc_year + 1911, 1, 1))
        assert changes(issued, packaged) == [], roc_year
        assert [d.kind for d in issued.days] == [d.kind for d in packaged.days], roc_year


def test_the_packaged_table_agrees_with_the_reference_table() -> None:
    if not SHARED.exists():
        pytest.skip(f"the reference table of the office calendar is not at {SHARED}")
    for edition in read_table((SHARED / "office_calendar_2006_2026.csv.gz").read_bytes()):
        assert edition.days == official().edition(date(edition.year, 1, 1)).days


# -- editions -----------------------------------------------------------------------------------------


def reissue_of_2025() -> Edition:
    old = official().edition(date(2025, 1, 1))
    days = list(old.days)
    for day in (date(2025, 9, 29), date(2025, 10, 24), date(2025, 12, 25)):
        days[(day - date(2025, 1, 1)).days] = Day("holiday", "補假")
    return Edition(2025, "114年修正版", date(2025, 6, 10), "DGPA", False, tuple(days))


def test_a_later_edition_replaces_the_earlier_from_its_issue() -> None:
    first = official().edition(date(2025, 1, 1))
    calendar = official().with_editions(reissue_of_2025())
    assert not calendar.is_workday(date(2025, 9, 29))
    assert calendar.edition(date(2025, 9, 29)).label == "114年修正版"
    assert calendar.edition(date(2025, 6, 9)) is first
    assert [day for day, _, _ in changes(first, reissue_of_2025())] == [
        date(2025, 9, 29),
        date(2025, 10, 24),
        date(2025, 12, 25),
    ]


def test_what_was_known_on_a_day_can_be_asked_again() -> None:
    late = Closure(date(2025, 7, 7), announced_at=datetime(2025, 7, 6, 12, tzinfo=UTC))
    calendar = official().with_editions(reissue_of_2025()).with_closures(late)
    night = official().with_closures(replace(late, announced_at=datetime(2025, 7, 6, 20, tzinfo=UTC)))
    assert night.known_on(date(2025, 7, 6)).is_workday(late.day), "announced at 04:00 of the 7th in Taipei"
    assert not night.known_on(date(2025, 7, 7)).is_workday(late.day)
    then = calendar.known_on(date(2025, 5, 1))
    assert then.is_workday(date(2025, 9, 29)) and then.is_workday(date(2025, 7, 7))
    assert not calendar.is_workday(date(2025, 9, 29)) and not calendar.is_workday(date(2025, 7, 7))


def test_an_edition_covers_its_whole_year() -> None:
    with pytest.raises(CalendarError, match="365"):
        Edition(2025, "short", None, "", False, (Day("workday"),))
    with pytest.raises(CalendarError, match="not in"):
        official().edition(date(2025, 1, 1)).day(date(2024, 1, 1))
    with pytest.raises(CalendarError, match="different years"):
        changes(official().edition(date(2024, 1, 1)), official().edition(date(2023, 1, 1)))


# -- closures -----------------------------------------------------------------------------------------


def test_a_closure_holds_in_its_district_only() -> None:
    day = date(2012, 8, 2)
    calendar = official().with_closures(Closure(day, district="旗津區", source="府人字第1號"))
    assert calendar.is_workday(day) and calendar.is_workday(day, "三民區")
    assert not calendar.is_workday(day, "旗津區")
    assert calendar.kind(day, "旗津區") == "closure" and calendar.kind(day) == "workday"
    assert "府人字第1號" in calendar.why(day, "旗津區")
    assert "府人字第1號" in calendar.why(day, "旗津區", "en")


def test_half_a_day_closed_is_half_a_working_day() -> None:
    day = date(2012, 8, 2)
    calendar = official().with_closures(Closure(day, "pm"))
    assert calendar.is_workday(day)
    assert calendar.workday_fraction(day) == Decimal("0.5") and calendar.hours(day) == 4
    assert calendar.is_open(day, "am") and not calendar.is_open(day, "pm")
    both = calendar.with_closures(Closure(day, "am"))
    assert both.workday_fraction(day) == 0 and not both.is_workday(day)
    assert official().with_closures(Closure(day, "night")).workday_fraction(day) == 1


def test_a_closure_cannot_close_a_rest_day_or_hide_its_name() -> None:
    day = date(2012, 6, 23)
    calendar = official().with_closures(Closure(day, source="notice"))
    assert calendar.kind(day) == "holiday" and calendar.why(day) == "端午節"
    assert calendar.workday_fraction(day) == 0


@given(DAYS, st.integers(-40, 40).filter(bool))
def test_stepping_there_and_back_passes_the_same_working_days(day: date, by: int) -> None:
    calendar = official()
    if day.year == 2006 and by < 0:
        return
    there = calendar.step(day, by)
    assert calendar.is_workday(there)
    first, last = (day + timedelta(days=1), there) if by > 0 else (there, day - timedelta(days=1))
    assert calendar.workdays(first, last) == abs(by)


# -- readers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_an_official_file_is_read_in_either_encoding(encoding: str) -> None:
    source = official().edition(date(2024, 1, 1))
    read = read_dgpa_csv(joined(as_csv(source), encoding), label="113年", issued=date(2023, 6, 1))
    assert changes(source, read) == [] and read.label == "113年" and read.issued == date(2023, 6, 1)
    assert read.day(date(2024, 2, 17)).kind == "makeup_workday"
    assert read.day(date(2024, 2, 14)).kind == "holiday"


def spoil(change: str) -> list[list[str]]:
    rows = as_csv(official().edition(date(2024, 1, 1)))
    match change:
        case "weekday":
            rows[10][1] = "日"
        case "missing":
            del rows[20]
        case "duplicate":
            rows.insert(31, rows[30])
        case "flag":
            rows[40][2] = "1"
        case "date":
            rows[50][0] = "2024-02-30"
        case "year":
            rows.append(["20250101", "三", "2", ""])
        case "column":
            rows[0][2] = "放假"
    return rows


@pytest.mark.parametrize(
    ("change", "row", "says"),
    [
        ("weekday", 11, "wrong weekday"),
        ("missing", 0, "2024-01-20"),
        ("duplicate", 32, "duplicate"),
        ("flag", 41, "neither 0 nor 2"),
        ("date", 51, "unreadable date"),
        ("year", 0, "one single year"),
        ("column", 1, "是否放假"),
    ],
)
def test_a_spoilt_official_file_is_refused_by_row(change: str, row: int, says: str) -> None:
    with pytest.raises(CalendarFileError) as refusal:
        read_dgpa_csv(joined(spoil(change)))
    assert any(at == row and says in text for at, text in refusal.value.problems), refusal.value.problems


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xff\xff", b"a,b\n1,2\n", "西元日期,星期,是否放假,備註\n".encode()]
)
def test_a_file_that_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(CalendarFileError):
        read_dgpa_csv(data)


def test_a_table_whose_columns_disagree_is_refused() -> None:
    head = "date,weekday,is_workday,kind,name_zh,dgpa_note,source\n"
    with pytest.raises(CalendarFileError, match="row 2"):
        read_table(gzip.compress((head + "2024-01-01,一,1,holiday,x,,DGPA\n").encode()))
    with pytest.raises(CalendarFileError, match="missing day"):
        read_table((head + "2024-01-01,一,0,holiday,x,,DGPA\n").encode())
    with pytest.raises(CalendarFileError, match="missing column"):
        read_table(b"date,kind\n2024-01-01,holiday\n")
    with pytest.raises(CalendarFileError, match="wrong weekday"):
        read_table((head + "2024-01-01,二,0,holiday,x,,DGPA\n").encode())
