"""Reporting periods 期間: half-years, quarters, months, years and free ranges, named in ROC years
(functional-spec B1.1).

A figure is a function of a :class:`Period`. ``first`` and ``last`` both belong to it; ``as_of`` is the day
on which stocks and cohorts are judged, the last day unless the item says otherwise (assertion E14).
"""

import calendar as gregorian
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from yankao.kernel.roc import MONTH_NAMES

__all__ = ["Period", "PeriodError", "roc_text"]

_FORMS: Final = "101H1, 2012H1, 101Q2, 101-03, 101, 2012-01-01..2012-06-30"


class PeriodError(ValueError):
    """A text or a pair of days that is no period; ``given`` carries what was given."""

    def __init__(self, given: str, why: str = "") -> None:
        self.given = given
        super().__init__(f"期間「{given}」無法辨識 / not a period{': ' + why if why else ''}; {_FORMS}")


@dataclass(frozen=True)
class Period:
    """The days first to last, both included, judged at ``as_of``; ``code`` is its canonical name such as
    ``101H1``.
    """

    first: date
    last: date
    as_of: date
    code: str

    # -- making ---------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read a period: 101H1, 2012H1, 101Q2, 101-03, 101, 2012-01-01..2012-06-30, 101年上半年,
        101年1月至6月 …

        A year of four digits is of the common era, one of one to three digits of the Republic.
        ``@2012-07-31`` at the end sets ``as_of``. A range that is a year, half, quarter or month gets that
        name. Raises :class:`PeriodError`.
        """
        plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
        body, _, as_of = plain.partition("@")
        try:
            period = _parse(body)
            return period.with_as_of(date.fromisoformat(as_of)) if as_of else period
        except PeriodError:
            raise PeriodError(text) from None
        except ValueError as error:
            raise PeriodError(text, str(error)) from None

    @classmethod
    def between(cls, first: date, last: date) -> "Period":
        """The period of these days, named after the year, half, quarter or month when it is one."""
        if last < first:
            raise PeriodError(f"{first}..{last}", "the last day is before the first")
        code = _name(first, last)
        return cls(first, last, last, code or f"{first}..{last}")

    @classmethod
    def of_year(cls, roc_year: int) -> "Period":
        """The whole ROC year."""
        return cls.of_months(roc_year, 1, 12)

    @classmethod
    def of_half(cls, roc_year: int, half: int) -> "Period":
        return cls.of_months(roc_year, half * 6 - 5, half * 6)

    @classmethod
    def of_quarter(cls, roc_year: int, quarter: int) -> "Period":
        return cls.of_months(roc_year, quarter * 3 - 2, quarter * 3)

    @classmethod
    def of_month(cls, roc_year: int, month: int) -> "Period":
        return cls.of_months(roc_year, month, month)

    @classmethod
    def of_months(cls, roc_year: int, first: int, last: int) -> "Period":
        """From the first day of a month to the last day of another of the same ROC year."""
        if roc_year < 1 or not 1 <= first <= last <= 12:
            raise PeriodError(f"{roc_year}-{first}..{last}", "no such months")
        year = roc_year + 1911
        return cls.between(date(year, first, 1), _month_end(year, last))

    def with_as_of(self, day: date) -> "Period":
        """The same days judged at another day."""
        return replace(self, as_of=day)

    # -- asking ---------------------------------------------------------------------------------------

    @property
    def days(self) -> tuple[date, date]:
        """First and last day: what a ``__range`` look-up takes."""
        return self.first, self.last

    @property
    def length(self) -> int:
        """Number of days: 182 for 101H1."""
        return (self.last - self.first).days + 1

    @property
    def roc_year(self) -> int:
        """ROC year of the first day."""
        return self.first.year - 1911

    @property
    def kind(self) -> Literal["year", "half", "quarter", "month", "range"]:
        if ".." in self.code:
            return "range"
        if "H" in self.code:
            return "half"
        if "Q" in self.code:
            return "quarter"
        return "month" if "-" in self.code else "year"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        """The code, with ``@as_of`` when that is not the last day; :meth:`parse` reads it back."""
        return self.code if self.as_of == self.last else f"{self.code}@{self.as_of}"

    # -- its neighbours -------------------------------------------------------------------------------

    def previous(self) -> "Period":
        """The period of the same length just before: half before half, month before month; judged at its
        last day.
        """
        before = self.first - timedelta(days=1)
        months = _whole_months(self.first, self.last)
        if months:
            return Period.between(_shift(self.first, -months), before)
        return Period.between(self.first - timedelta(days=self.length), before)

    def next(self) -> "Period":
        """The period of the same length just after."""
        after = self.last + timedelta(days=1)
        months = _whole_months(self.first, self.last)
        if months:
            return Period.between(after, _shift(after, months) - timedelta(days=1))
        return Period.between(after, self.last + timedelta(days=self.length))

    def same_last_year(self) -> "Period":
        """The same days of the year before; a month's end stays a month's end (29 and 28 February)."""
        last = _shift(self.last, -12)
        if self.last == _month_end(self.last.year, self.last.month):
            last = _month_end(last.year, last.month)
        return Period.between(_shift(self.first, -12), last)

    def months(self) -> Iterator["Period"]:
        """Its months in order; the first and last are cut to the period."""
        day = self.first
        while day <= self.last:
            end = min(_month_end(day.year, day.month), self.last)
            yield Period.between(day, end)
            day = end + timedelta(days=1)


# -- reading ------------------------------------------------------------------------------------------

_YEAR = r"(?:中華民國|民國|西元)?(\d{1,4})年?度?"
_NUMBER = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}
_HALF = re.compile(_YEAR + r"(?:H([12])|([上下])半年度?|第([12一二])半年)")
_QUARTER = re.compile(_YEAR + r"(?:Q([1-4])|第?([1-4一二三四])季)")
_MONTH = re.compile(_YEAR + r"[-/.]?(\d{1,2})月?份?")
_SPAN = re.compile(_YEAR + r"(\d{1,2})月?[至到~-](\d{1,2})月")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.|,|/|至|~)(\d{4}-\d{2}-\d{2})")


def _parse(text: str) -> Period:
    if found := _RANGE.fullmatch(text):
        return Period.between(date.fromisoformat(found[1]), date.fromisoformat(found[2]))
    if found := re.fullmatch(_YEAR, text):
        return Period.of_year(_roc(found[1]))
    if found := _HALF.fullmatch(text):
        return Period.of_half(_roc(found[1]), _small(found[2] or found[3] or found[4]))
    if found := _QUARTER.fullmatch(text):
        return Period.of_quarter(_roc(found[1]), _small(found[2] or found[3]))
    if found := _SPAN.fullmatch(text):
        return Period.of_months(_roc(found[1]), int(found[2]), int(found[3]))
    # A month needs a mark between year and month: 1013 or 20123 could be anything.
    if re.search(r"[-/.年]", text) and (found := _MONTH.fullmatch(text)):
        return Period.of_month(_roc(found[1]), int(found[2]))
    raise PeriodError(text)


def _roc(year: str) -> int:
    number = int(year) - 1911 if len(year) == 4 else int(year)
    if number < 1:
        raise PeriodError(year, "before the Republic")
    return number


def _small(text: str) -> int:
    return _NUMBER.get(text) or int(text)


def _name(first: date, last: date) -> str:
    months = _whole_months(first, last)
    if first.year != last.year or first.year < 1912:
        return ""
    year = first.year - 1911
    if months == 12:
        return f"{year}"
    if months == 6 and first.month in (1, 7):
        return f"{year}H{first.month // 6 + 1}"
    if months == 3 and first.month % 3 == 1:
        return f"{year}Q{first.month // 3 + 1}"
    return f"{year}-{first.month:02d}" if months == 1 else ""


def _whole_months(first: date, last: date) -> int:
    """How many whole months the days make up; 0 when they do not."""
    if first.day != 1 or last != _month_end(last.year, last.month):
        return 0
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _month_end(year: int, month: int) -> date:
    return date(year, month, gregorian.monthrange(year, month)[1])


def _shift(day: date, months: int) -> date:
    """The same day some months on; the month's end where that month is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return min(_month_end(year, month + 1), date(year, month + 1, 1) + timedelta(days=day.day - 1))


# -- writing ------------------------------------------------------------------------------------------


def roc_text(period: Period, lang: str = "zh", style: Literal["months", "name"] = "months") -> str:
    """The period in words, as a report prints it.

    ``months``: 「101年1月至6月」, "January–June 2012"; ``name``: 「101年上半年」, "first half of 2012".
    """
    if style == "name" and period.kind in ("half", "quarter"):
        return _named(period, lang)
    return _english(period) if lang.startswith("en") else _chinese(period)


def _named(period: Period, lang: str) -> str:
    number = int(period.code[-1])
    if lang.startswith("en"):
        order = ("first", "second", "third", "fourth")[number - 1]
        return f"{order} {period.kind} of {period.first.year}"
    if period.kind == "half":
        return f"{period.roc_year}年{'上下'[number - 1]}半年"
    return f"{period.roc_year}年第{'一二三四'[number - 1]}季"


def _chinese(period: Period) -> str:
    first, last = period.days
    months = _whole_months(first, last)
    if period.kind == "year":
        return f"{_roc_year(first)}"
    if first == last:
        return f"{_roc_year(first)}{first.month}月{first.day}日"
    start, end = f"{first.month}月", f"{last.month}月"
    if months == 1:
        return f"{_roc_year(first)}{start}"
    if not months:
        start, end = f"{start}{first.day}日", f"{end}{last.day}日"
    if first.year != last.year:
        end = _roc_year(last) + end
    return f"{_roc_year(first)}{start}至{end}"


def _roc_year(day: date) -> str:
    year = day.year - 1911
    return f"{year}年" if year > 0 else f"民國前{1 - year}年"


def _english(period: Period) -> str:
    first, last = period.days
    months = _whole_months(first, last)
    if period.kind == "year":
        return str(first.year)
    one, two = MONTH_NAMES[first.month], MONTH_NAMES[last.month]
    if months == 1:
        return f"{one} {first.year}"
    if months:
        return (
            f"{one}–{two} {last.year}"
            if first.year == last.year
            else f"{one} {first.year} – {two} {last.year}"
        )
    if first == last:
        return f"{first.day} {one} {first.year}"
    start = f"{first.day} {one}" + ("" if first.year == last.year else f" {first.year}")
    return f"{start} – {last.day} {two} {last.year}"
