"""A day in words, as it is said in a meeting: 下週三, 一個月內, 6月底, 三個工作天內, within two weeks.

Terms (一個月內) run by the rules of `span`: the first day does not count, and a last day off rolls on. Days
named (下週三, 6月底) are those days. A day without its year is the next one to come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from .calendar import Calendar
from .roc import MONTH_NAMES, WEEKDAY_NAMES, RocError, parse_numeral, parse_roc, plain
from .span import Months, SpanError, due, parse_span

_N = r"(\d+|[〇零○一二兩三四五六七八九十百半]+)"
_DAYS = {"今": 0, "本日": 0, "明": 1, "後": 2, "大後": 3}
_RELATIVE = re.compile(r"(今|明|後|大後)[天日]|本日")
_WEEK = re.compile(r"((?:下)+|本|這|此)?個?(?:週|周|星期|禮拜)([一二三四五六日天末])?")
_MONTH_END = re.compile(
    rf"(?:(今|本|明)?年)?(?:(本|這個|這|(?:下)+個?)月|{_N}月)(?:份)?(底|末|初|中旬?|底前|{_N}日|{_N}號)"
)
_YEAR_END = re.compile(r"(今|本|明)?年(底|末)")
_QUARTER_END = re.compile(r"(本|這|下)一?季(底|末)")
_TERM = re.compile(
    rf"{_N}(個月|月|週|周|星期|個星期|個禮拜|日|天|個工作天|個工作日|工作天|工作日|年)(?:之?內|以內|後)?"
)
_EN_DAYS = {"today": 0, "tomorrow": 1, "the day after tomorrow": 2}
_EN_WEEKDAY = re.compile(r"(next |this )?(" + "|".join(name.lower() for name in WEEKDAY_NAMES) + ")")
_EN_END = re.compile(
    r"(?:the )?end of (?:(this|next) (month|year|quarter)|(?:the )?(month|year)|("
    + "|".join(name.lower() for name in MONTH_NAMES if name)
    + "))"
)
_EN_NUMBERS = {
    word: n
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}
_EN_TERM = re.compile(r"(?:in|within) (?:(a|an|\d+|\w+) )?(working day|day|week|month|year)s?")


class SpokenError(ValueError):
    """The words name no day that can be told; `given` is what was said."""

    def __init__(self, given: str) -> None:
        super().__init__(given)
        self.given = given


def spoken_day(words: str, today: date, calendar: Calendar) -> date:
    """The day the words name, said on `today`. A written date is read, too. Raises SpokenError."""
    body = re.sub(r"(?:之|以)?前$", "", plain(words))
    for read in (_written, _by_word, _by_week, _by_month, _by_term, _in_english):
        try:
            found = read(words if read is _in_english else body, today, calendar)
        except (ValueError, LookupError, OverflowError):
            continue
        if found is not None:
            return found
    raise SpokenError(words)


def _number(text: str) -> int:
    return 2 if text == "兩" else parse_numeral(text.replace("兩", "二"))


def _written(body: str, today: date, calendar: Calendar) -> date | None:
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}", body):
        month, day = map(int, re.split(r"[/.-]", body))
        return _to_come(today, lambda year: date(year, month, day))
    try:
        return parse_roc(body)
    except RocError:
        return None


def _to_come(today: date, of_year: Callable[[int], date]) -> date:
    """The day of this year, or of the next when it is over."""
    found = of_year(today.year)
    return found if found >= today else of_year(today.year + 1)


def _by_word(body: str, today: date, calendar: Calendar) -> date | None:
    if found := _RELATIVE.fullmatch(body):
        return today + timedelta(days=_DAYS[found[1] or "本日"])
    if found := _YEAR_END.fullmatch(body):
        return date(today.year + (found[1] == "明"), 12, 31)
    if found := _QUARTER_END.fullmatch(body):
        return _quarter_end(today, found[1] == "下")
    return None


def _quarter_end(today: date, after: int) -> date:
    return _month_end(today.year, 3 * ((today.month - 1) // 3 + 1 + after))


def _by_week(body: str, today: date, calendar: Calendar) -> date | None:
    """A week begins on Monday; 下週 alone is its last working day of five."""
    found = _WEEK.fullmatch(body)
    if found is None or not (found[1] or found[2]):
        return None
    ahead = len(found[1]) if found[1] and found[1][0] == "下" else 0
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    place = "一二三四五六日".index({"天": "日", "末": "六"}.get(found[2], found[2])) if found[2] else 4
    day = monday + timedelta(days=place)
    # 「週三」 said on a Thursday means the next one.
    return day + timedelta(weeks=1) if not found[1] and day < today else day


def _month_end(year: int, month: int) -> date:
    """The last day of a month; months run on beyond twelve."""
    year, month = year + month // 12, month % 12 + 1
    return date(year, month, 1) - timedelta(days=1)


def _by_month(body: str, today: date, calendar: Calendar) -> date | None:
    if body in ("月底", "月末"):
        return _month_end(today.year, today.month)
    found = _MONTH_END.fullmatch(body)
    if found is None:
        return None
    year_word, relative, number, part = found[1], found[2], found[3], found[4]
    ahead = relative.count("下") if relative else 0
    month = today.month + ahead if relative else _number(number)
    if not relative and not 1 <= month <= 12:
        return None

    def of_year(year: int) -> date:
        last = _month_end(year, month)
        if part[0] in "底末":
            return last
        if part[0] == "初":
            return last.replace(day=10)
        if part[0] == "中":
            return last.replace(day=20)
        return last.replace(day=_number(found[5] or found[6]))

    if relative or year_word:
        return of_year(today.year + (year_word == "明"))
    return _to_come(today, of_year)


def _by_term(body: str, today: date, calendar: Calendar) -> date | None:
    if body in ("半年內", "半年"):
        return due(Months(6), today, calendar).day
    if body in ("半個月內", "半個月"):
        return due(parse_span("15日"), today, calendar).day
    found = _TERM.fullmatch(body)
    if found is None or "半" in found[1]:
        return None
    unit = {"個星期": "星期", "個禮拜": "星期"}.get(found[2], found[2])
    if unit in ("月", "日") and not body.endswith(("內", "後")):
        return None  # 3月 and 3日 may as well name a month and a day of one
    try:
        return due(parse_span(f"{_number(found[1])}{unit}"), today, calendar).day
    except SpanError:
        return None


def _in_english(body: str, today: date, calendar: Calendar) -> date | None:
    said = re.sub(r"^(?:by|before|on) ", "", re.sub(r"\s+", " ", body.strip().lower()))
    if said in _EN_DAYS:
        return today + timedelta(days=_EN_DAYS[said])
    if found := _EN_WEEKDAY.fullmatch(said):
        place = [name.lower() for name in WEEKDAY_NAMES].index(found[2])
        monday = today - timedelta(days=today.weekday())
        day = monday + timedelta(days=place, weeks=found[1] == "next ")
        return day + timedelta(weeks=1) if not found[1] and day < today else day
    if found := _EN_END.fullmatch(said):
        return _english_end(found, today)
    if found := _EN_TERM.fullmatch(said):
        given = found[1] or "a"
        number = 1 if given in ("a", "an") else int(given) if given.isdecimal() else _EN_NUMBERS[given]
        return due(parse_span(f"{number} {found[2]}s"), today, calendar).day
    return None


def _english_end(found: re.Match[str], today: date) -> date:
    after = found[1] == "next"
    unit = found[2] or found[3]
    if unit == "month":
        return _month_end(today.year, today.month + after)
    if unit == "year":
        return date(today.year + after, 12, 31)
    if unit == "quarter":
        return _quarter_end(today, after)
    month = [name.lower() for name in MONTH_NAMES].index(found[4])
    return _to_come(today, lambda year: _month_end(year, month))
