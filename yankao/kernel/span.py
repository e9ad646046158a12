"""Deadlines as the rules write them: spans, when they end, and every day that counted.

Periods end by article 48 of the Administrative Procedure Act (行政程序法; functional-spec B1.4, part L):
hours run at once; the first day is not counted; a period of months that starts on the 1st ends with a month,
any other the day before the corresponding day, or at the month's end where there is none; an end on a Sunday
or other rest day moves to the next working day, an end on a Saturday to the Monday at noon. A make-up
Saturday is a working day. A suspension of work on the last day moves it on, and the trace names the notice.
Readings chosen where the article is silent: an end on a rest day other than Saturday runs to the end of the
next working day even over a weekend; when the Monday is a rest day too, the day it moves on to counts whole.

Spans are data: ``parse_span(str(span)) == span``, so that a dated rule can hold one as text.
All moments are in Asia/Taipei; a day ends at 23:59:59 and a half day at 12:00:00.
"""

import calendar as gregorian
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from yankao.kernel.calendar import TAIPEI, Calendar, local_day
from yankao.kernel.roc import MONTH_NAMES, english_date, format_roc, weekday_name

END_OF_DAY: Final = time(23, 59, 59, tzinfo=TAIPEI)
NOON: Final = time(12, tzinfo=TAIPEI)

_ONE: Final = timedelta(days=1)


class SpanError(ValueError):
    """A text that is no span, or a span used where it makes no sense; ``given`` carries what was given."""

    def __init__(self, given: object, why: str) -> None:
        self.given = given
        super().__init__(f"期限「{given}」: {why}")


class ExtensionRefused(SpanError):
    """An extension that must be refused. ``code``: ``expired``, ``times`` or ``length``."""

    def __init__(self, code: str, given: object) -> None:
        self.code = code
        super().__init__(given, _REFUSALS[code][0] + " / " + _REFUSALS[code][1])

    def sentence(self, lang: str = "zh") -> str:
        return _REFUSALS[self.code][_at(lang)]


_REFUSALS: Final = {
    "expired": ("期限已屆滿，不得展延", "the deadline has passed; it can no longer be extended"),
    "times": ("已達展延次數上限", "it has been extended as often as allowed"),
    "length": ("展延逾可展延期間", "the extension is longer than allowed"),
}


# -- spans --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Count:
    n: int

    def __post_init__(self) -> None:
        if self.n < 1:
            raise SpanError(self.n, "a span counts from 1 / 至少為1")


class Months(_Count):
    """Calendar months, ended by the corresponding day: 3 months (kind c)."""

    __slots__ = ()

    def __str__(self) -> str:
        return _plural(self.n, "month")


class Weeks(_Count):
    """Weeks of seven calendar days."""

    __slots__ = ()

    def __str__(self) -> str:
        return _plural(self.n, "week")


class Days(_Count):
    """Calendar days: 30 days (kind a)."""

    __slots__ = ()

    def __str__(self) -> str:
        return _plural(self.n, "day")


class WorkingDays(_Count):
    """Days on which offices work: 7 working days (kind b)."""

    __slots__ = ()

    def __str__(self) -> str:
        return _plural(self.n, "working day")


class Hours(_Count):
    """Hours, running at once through nights and holidays: 36 hours (kind d)."""

    __slots__ = ()

    def __str__(self) -> str:
        return _plural(self.n, "hour")


@dataclass(frozen=True, slots=True)
class CycleDay:
    """A day of a later month: the 5th of the next month; 31 is the month's last day (kind e)."""

    day: int
    months_after: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 31 or self.months_after < 0:
            raise SpanError(f"{self.day}, {self.months_after}", "no such day / 無此日")

    def __str__(self) -> str:
        which = "last day" if self.day == 31 else f"day {self.day}"
        near = {0: "this month", 1: "next month"}
        return f"{which} of {near.get(self.months_after, f'month +{self.months_after}')}"


@dataclass(frozen=True, slots=True)
class YearDay:
    """A fixed date of the year, the next one on or after the start: 17 September (kind e)."""

    month: int
    day: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12 or not 1 <= self.day <= gregorian.monthrange(2001, self.month)[1]:
            raise SpanError(f"{self.month}-{self.day}", "no such day of every year / 並非每年皆有此日")

    def __str__(self) -> str:
        return f"{self.day} {MONTH_NAMES[self.month]}"


type Counted = Months | Weeks | Days | WorkingDays | Hours


@dataclass(frozen=True, slots=True)
class Before:
    """A span counted back from the start: 1 working day before, 3 months before (kind f)."""

    span: Counted

    def __str__(self) -> str:
        return f"{self.span} before"


type Span = Counted | CycleDay | YearDay | Before


def _plural(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


_UNITS: Final[dict[str, Callable[[int], Counted]]] = {
    **dict.fromkeys(("month", "個月", "月"), Months),
    **dict.fromkeys(("year", "年"), lambda n: Months(12 * n)),
    **dict.fromkeys(("week", "週", "周", "星期"), Weeks),
    **dict.fromkeys(("day", "日", "天"), Days),
    **dict.fromkeys(("working day", "工作天", "工作日", "個工作天", "個工作日"), WorkingDays),
    **dict.fromkeys(("hour", "小時", "個小時"), Hours),
}
_COUNTED = re.compile(r"(\d+) ?(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")s?")
_BEFORE = re.compile(r"(.+?) ?(?:before|前)|前(\d.*)")
_CYCLE = re.compile(r"(?:day (\d+)|last day) of (?:(this) month|(next) month|month \+(\d+))")
_CYCLE_ZH = re.compile(r"(當|本|次)月(?:(\d+)日|底|末日)")
_YEARLY = re.compile(r"(\d+) (" + "|".join(name.lower() for name in MONTH_NAMES if name) + ")")
_YEARLY_ZH = re.compile(r"每年(\d+)月(\d+)日")


@lru_cache(maxsize=1024)
def parse_span(text: str) -> Span:
    """Read a span: "3 months", "30 days", "7 working days", "36 hours", "day 5 of next month",
    "17 September", "1 working day before"; 「3個月」「7個工作天」「次月5日」「每年9月17日」「1個工作天前」.

    Raises :class:`SpanError`.
    """
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().lower()
    if found := _COUNTED.fullmatch(plain):
        return _UNITS[found[2]](int(found[1]))
    if found := _BEFORE.fullmatch(plain):
        inner = _COUNTED.fullmatch(found[1] or found[2])
        if inner:
            return Before(_UNITS[inner[2]](int(inner[1])))
    if found := _CYCLE.fullmatch(plain):
        after = 0 if found[2] else 1 if found[3] else int(found[4])
        return CycleDay(int(found[1] or 31), after)
    if found := _CYCLE_ZH.fullmatch(plain):
        return CycleDay(int(found[2] or 31), 1 if found[1] == "次" else 0)
    if found := _YEARLY.fullmatch(plain):
        names = [name.lower() for name in MONTH_NAMES]
        return YearDay(names.index(found[2]), int(found[1]))
    if found := _YEARLY_ZH.fullmatch(plain):
        return YearDay(int(found[1]), int(found[2]))
    raise SpanError(text, "not a span (3 months, 7 working days, 36 hours, day 5 of next month) / 無法辨識")


def span_text(span: Span, lang: str = "zh") -> str:
    """A span for people: 「3個月」「7個工作天」「次月5日」, or its English text."""
    if lang.startswith("en"):
        return str(span)
    match span:
        case Before(span=inner):
            return f"{span_text(inner)}前"
        case CycleDay(day=day, months_after=after):
            month = {0: "當月", 1: "次月"}.get(after, f"{after}個月後")
            return month + ("末日" if day == 31 else f"{day}日")
        case YearDay(month=month_number, day=day):
            return f"每年{month_number}月{day}日"
        case Months(n=n):
            return f"{n}個月"
        case Weeks(n=n):
            return f"{n}週"
        case Days(n=n):
            return f"{n}日"
        case WorkingDays(n=n):
            return f"{n}個工作天"
        case Hours(n=n):
            return f"{n}小時"


# -- when a span ends ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace: a day, whether it counted and as which, and why (a code; see :func:`sentence`).

    ``detail`` and ``detail_en`` name the holiday, the notice or the hour; ``edition`` the calendar asked.
    """

    day: date
    counted: bool
    number: int | None
    reason: str
    detail: str = ""
    detail_en: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a span. ``at`` is its last moment in Asia/Taipei, ``day`` its day, ``noon`` that it ends
    at noon.

    ``rolled_from`` is the day it would have ended on, when that was a rest day. ``edition`` names the
    calendar editions asked, ``provisional`` that one of them may change. ``steps`` traces the end: the last
    counted day, each day rolled over, the due day. ``base`` is the end before rolling; ``first`` the first
    day that could count.
    """

    at: datetime
    day: date
    noon: bool
    rolled_from: date | None
    edition: str
    provisional: bool
    steps: tuple[Step, ...]
    span: Span
    start: date | datetime
    first: date
    base: date
    district: str | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = field(default=())

    def is_past(self, now: date | datetime) -> bool:
        """Whether the deadline has passed; a plain date passes when the due day is over."""
        return _local(now) > self.at if isinstance(now, datetime) else now > self.day


def due(
    span: Span,
    start: date | datetime,
    calendar: Calendar,
    *,
    district: str | None = None,
    include_first_day: bool = False,
    roll: bool = True,
) -> Due:
    """When a span that starts with the event on ``start`` ends.

    A datetime counts by its day in Taipei (a naive one is taken as Taipei time); hours need a datetime.
    ``include_first_day`` counts the start itself, where a law says so. ``roll=False`` keeps an end on a
    rest day. A span counted back rolls back, so that the notice is never shortened. Raises
    :class:`SpanError`, and :class:`yankao.kernel.calendar.CalendarError` for years without a calendar.
    """
    if isinstance(span, Hours) or (isinstance(span, Before) and isinstance(span.span, Hours)):
        return _due_hours(span, start, district)
    day = _day(start)
    if isinstance(span, Before):
        if include_first_day:
            raise SpanError(span, "counted back, the start never counts / 往前計算不含始日")
        first, base = day - _ONE, _base_before(span.span, day, calendar, district)
    else:
        first = day if include_first_day else day + _ONE
        base = _base(span, day, first, calendar, district)
    return _finish(span, start, first, base, calendar, district, roll)


def _due_hours(span: Hours | Before, start: date | datetime, district: str | None) -> Due:
    if not isinstance(start, datetime):
        raise SpanError(span, "hours need a moment to run from / 以時計算須有起算時刻")
    begun = _local(start)
    back = isinstance(span, Before)
    hours = span.span.n if isinstance(span, Before) else span.n
    at = _later(begun, timedelta(hours=-hours if back else hours))
    return _hours_due(span, start, begun, at, district)


def _hours_due(
    span: Span, start: date | datetime, begun: datetime, at: datetime, district: str | None
) -> Due:
    stamp = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    step = Step(at.date(), True, None, "hours_end", stamp, stamp)
    return Due(at, at.date(), False, None, "", False, (step,), span, start, begun.date(), at.date(), district)


def _base(span: Span, day: date, first: date, calendar: Calendar, district: str | None) -> date:
    """The last day of the period before rest days are looked at."""
    match span:
        case Months(n=n):
            return _months_end(first, n)
        case Days(n=n):
            return first + timedelta(days=n - 1)
        case Weeks(n=n):
            return first + timedelta(days=7 * n - 1)
        case WorkingDays(n=n):
            return calendar.step(first - _ONE, n, district)
        case CycleDay(day=number, months_after=after):
            return _in_month(day.year * 12 + day.month - 1 + after, number)
        case YearDay(month=month, day=number):
            this_year = date(day.year, month, number)
            return this_year if this_year >= day else date(day.year + 1, month, number)
    raise SpanError(span, "cannot be counted forward / 不能往後計算")


def _months_end(first: date, n: int) -> date:
    """The day before the corresponding day, so from the 1st a month's end; the month's end where there is
    none.
    """
    index = first.year * 12 + first.month - 1 + n
    corresponding = _in_month(index, first.day)
    return corresponding - _ONE if corresponding.day == first.day else corresponding


def _in_month(index: int, day: int) -> date:
    """The day of a month counted from year 0; its last day where the month is shorter."""
    year, month = divmod(index, 12)
    if day > 28:
        day = min(day, gregorian.monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


def _base_before(span: Counted, day: date, calendar: Calendar, district: str | None) -> date:
    match span:
        case Months(n=n):
            return _in_month(day.year * 12 + day.month - 1 - n, day.day)
        case Days(n=n):
            return day - timedelta(days=n)
        case Weeks(n=n):
            return day - timedelta(days=7 * n)
        case WorkingDays(n=n):
            return calendar.step(day, -n, district)
        case Hours():
            raise SpanError(span, "hours need a moment / 以時計算須有時刻")


def _finish(
    span: Span,
    start: date | datetime,
    first: date,
    base: date,
    calendar: Calendar,
    district: str | None,
    roll: bool,
) -> Due:
    edition = calendar.edition(base)
    end = Step(base, True, _number(span, first, base), "period_end", edition=edition.label)
    rolled: tuple[Step, ...] = ()
    if not roll or calendar.is_open(base, "pm", district):
        day, noon = base, False
    elif isinstance(span, Before):
        day, noon, rolled = _roll_back(base, calendar, district)
    else:
        day, noon, rolled = _roll_on(base, calendar, district)
    # Counting working days asks the calendar all the way; other spans only where they end.
    asked = (first, base, day) if isinstance(_inner(span), WorkingDays) else (base, day)
    edition_labels, unsure = _editions(calendar, min(asked), max(asked))
    last = calendar.edition(day)
    done = Step(day, False, None, "due_noon" if noon else "due", edition=last.label)
    at = datetime.combine(day, NOON if noon else END_OF_DAY)
    return Due(
        at, day, noon, base if day != base else None, edition_labels, unsure,
        (end, *rolled, done), span, start, first, base, district,
    )  # fmt: skip


def _inner(span: Span) -> Span:
    return span.span if isinstance(span, Before) else span


def _number(span: Span, first: date, base: date) -> int | None:
    """The ordinal of the last counted day."""
    counted = _inner(span)
    if isinstance(counted, WorkingDays):
        return counted.n
    if isinstance(counted, (CycleDay, YearDay)):
        return None
    return abs((base - first).days) + 1


def _editions(calendar: Calendar, first: date, last: date) -> tuple[str, bool]:
    """The labels of the editions asked between two days, and whether one of them is provisional."""
    found = [calendar.edition(first)]
    if last != first:
        found += [calendar.edition(date(year, 1, 1)) for year in range(first.year + 1, last.year + 1)]
        found.append(calendar.edition(last))
    labels = dict.fromkeys(edition.label for edition in found)
    return "、".join(labels), any(edition.provisional for edition in found)


def _roll_on(day: date, calendar: Calendar, district: str | None) -> tuple[date, bool, tuple[Step, ...]]:
    """From a last day that cannot be used to the next that can: (day, at noon, trace)."""
    trace = []
    if day.weekday() == 5 and not calendar.entry(day).works:
        monday = day + 2 * _ONE
        trace.append(_skip(day, calendar, district, "rolled_saturday"))
        if calendar.is_open(monday, "am", district):
            return monday, True, tuple(trace)
        # The Monday is no working day either: the end moves on once more, to a whole day.
        trace.append(_skip(monday, calendar, district))
        day = monday
    else:
        trace.append(_skip(day, calendar, district))
    while not calendar.is_open(day := day + _ONE, "pm", district):
        trace.append(_skip(day, calendar, district))
    return day, False, tuple(trace)


def _roll_back(day: date, calendar: Calendar, district: str | None) -> tuple[date, bool, tuple[Step, ...]]:
    trace = [_skip(day, calendar, district, "rolled_back")]
    while not calendar.is_open(day := day - _ONE, "pm", district):
        trace.append(_skip(day, calendar, district, "rolled_back"))
    return day, False, tuple(trace)


def _skip(day: date, calendar: Calendar, district: str | None, reason: str = "") -> Step:
    """A day passed over; by a notice when the calendar itself would have worked."""
    return Step(
        day,
        False,
        None,
        reason or ("rolled_closure" if calendar.entry(day).works else "rolled_rest"),
        calendar.why(day, district),
        calendar.why(day, district, "en"),
        calendar.edition(day).label,
    )


# -- explaining ---------------------------------------------------------------------------------------


def explain(
    span: Span,
    start: date | datetime,
    calendar: Calendar,
    *,
    district: str | None = None,
    include_first_day: bool = False,
    roll: bool = True,
) -> list[Step]:
    """Every day from the start to the due day, counted or skipped, with the reason and the edition asked."""
    end = due(span, start, calendar, district=district, include_first_day=include_first_day, roll=roll)
    return list(trace(end, calendar))


def trace(end: Due, calendar: Calendar) -> Iterable[Step]:
    """The full trace of a due already computed, with its pauses."""
    day = _day(end.start)
    kind = _inner(end.span)
    label = "" if isinstance(kind, Hours) else calendar.edition(day).label
    if isinstance(kind, Hours):
        begun = (
            _local(end.start) if isinstance(end.start, datetime) else datetime.combine(day, time(), TAIPEI)
        )
        yield Step(day, False, None, "hours_start", f"{begun:%H:%M}", f"{begun:%H:%M}")
    elif end.first != day:
        yield Step(day, False, None, "start_excluded", edition=label)
    if isinstance(kind, (Months, Weeks, Days, WorkingDays)):
        yield from _counted_days(end, kind, calendar)
    elif end.pauses:
        yield from (_pause_step(a, b) for a, b in end.pauses)
    yield from end.steps


def _counted_days(end: Due, kind: Span, calendar: Calendar) -> Iterable[Step]:
    """The days before the last counted one; paused and, for working days, rest days are skipped."""
    way = -_ONE if isinstance(end.span, Before) else _ONE
    stops = [(a.date(), b.date()) for a, b in end.pauses]
    number, day = 0, end.first
    while day != end.base:
        entry, label = calendar.entry(day), calendar.edition(day).label
        if any(a <= day < b for a, b in stops):
            yield Step(day, False, None, "paused", edition=label)
        elif isinstance(kind, WorkingDays) and not calendar.is_workday(day, end.district):
            why, why_en = calendar.why(day, end.district), calendar.why(day, end.district, "en")
            reason = "skipped_closure" if entry.works else "skipped_rest"
            yield Step(day, False, None, reason, why, why_en, label)
        else:
            number += 1
            made_up = isinstance(kind, WorkingDays) and entry.kind == "makeup_workday"
            yield Step(day, True, number, "counted_makeup" if made_up else "counted", edition=label)
        day += way


def _pause_step(a: datetime, b: datetime) -> Step:
    text = f"{a:%m-%d %H:%M}–{b:%m-%d %H:%M}"
    return Step(a.date(), False, None, "paused", text, text)


_SENTENCES: Final = {
    "start_excluded": ("{day}為始日，不計入", "{day}: the day of the event is not counted"),
    "counted": ("{day}：第{number}日", "{day}: day {number}"),
    "counted_makeup": ("{day}：補行上班，第{number}日", "{day}: make-up working day, day {number}"),
    "skipped_rest": ("{day}：{detail}，不計入", "{day}: {detail}, not counted"),
    "skipped_closure": ("{day}：{detail}，不計入", "{day}: {detail}, not counted"),
    "paused": ("{day}：暫停計算{detail}", "{day}: the clock is stopped {detail}"),
    "period_end": ("{day}：期間末日{nth}", "{day}: last day of the period{nth}"),
    "rolled_rest": ("{day}：{detail}，順延次日", "{day}: {detail}, moved to the next day"),
    "rolled_saturday": (
        "{day}：{detail}，以次星期一上午為期間末日",
        "{day}: {detail}, a Saturday, moved to Monday at noon",
    ),
    "rolled_closure": ("{day}：{detail}，順延次日", "{day}: {detail}, moved to the next day"),
    "rolled_back": ("{day}：{detail}，提前至前一日", "{day}: {detail}, moved to the day before"),
    "due": ("{day}屆滿", "due by the end of {day}"),
    "due_noon": ("{day}中午12時屆滿", "due at noon on {day}"),
    "hours_start": ("{day}{detail}起算", "runs from {detail} on {day}"),
    "hours_end": ("{day}{detail}屆滿", "due at {detail} on {day}"),
}


def sentence(step: Step, lang: str = "zh") -> str:
    """A step in words, in Chinese or English."""
    n = step.number
    nth = "" if n is None else f" (day {n})" if lang.startswith("en") else f"（第{n}日）"
    detail = step.detail_en if lang.startswith("en") else step.detail
    text = _SENTENCES[step.reason][_at(lang)]
    return text.format(day=_when(step.day, lang), number=n, nth=nth, detail=detail).strip()


def _when(day: date, lang: str) -> str:
    if lang.startswith("en"):
        return f"{weekday_name(day, 'en')[:3]} {english_date(day)}"
    return format_roc(day, "short", weekday=True)


def _at(lang: str) -> int:
    return 1 if lang.startswith("en") else 0


# -- pausing and extending ----------------------------------------------------------------------------


def paused(
    end: Due,
    pauses: Sequence[tuple[date | datetime, date | datetime]],
    calendar: Calendar,
    *,
    roll: bool = True,
) -> Due:
    """The due moved on by its pauses (stopped on, resumed on), in the span's own unit.

    The day of resumption counts again. Hours move by the hours stopped, working days by the working days
    stopped, all others by calendar days. A pause that begins after the end no longer counts; one before the
    first day counts from it. A fixed date of a cycle and a span counted back cannot be paused:
    :class:`SpanError`.
    """
    if isinstance(end.span, (CycleDay, YearDay, Before)):
        raise SpanError(end.span, "a fixed date cannot be paused / 固定日期不能暫停計算")
    stops = _merged(pauses)
    if isinstance(end.span, Hours):
        return _paused_hours(end, stops)
    now, used = end, []
    for a, b in stops:
        since, until = max(a.date(), end.first), b.date()
        if since > now.day or until <= since:
            continue
        if isinstance(end.span, WorkingDays):
            lost = calendar.workdays(since, until - _ONE, end.district)
            base = calendar.step(now.base, lost, end.district)
        else:
            base = now.base + (until - since)
        used.append((a, b))
        # Stopped while rolling over rest days, the end cannot come before the day of resumption.
        base = max(base, until)
        now = _finish(end.span, end.start, end.first, base, calendar, end.district, roll)
    return replace(_renumbered(now, end), pauses=tuple(used)) if used else end


def _renumbered(now: Due, end: Due) -> Due:
    """Pauses move the last counted day, they do not make it a later number."""
    return replace(now, steps=(replace(now.steps[0], number=end.steps[0].number), *now.steps[1:]))


def _paused_hours(end: Due, stops: Sequence[tuple[datetime, datetime]]) -> Due:
    begun = _local(end.start) if isinstance(end.start, datetime) else end.at
    at, used = end.at, []
    for a, b in stops:
        if a < at and b > begun:
            at = _later(at, b - max(a, begun))
            used.append((a, b))
    if not used:
        return end
    return replace(_hours_due(end.span, end.start, begun, at, end.district), pauses=tuple(used))


def _merged(pauses: Sequence[tuple[date | datetime, date | datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for a, b in sorted((_moment(a), _moment(b)) for a, b in pauses):
        if b < a:
            raise SpanError(f"{a} … {b}", "a pause ends before it begins / 暫停迄日早於起日")
        if found and a <= found[-1][1]:
            found[-1] = (found[-1][0], max(b, found[-1][1]))
        else:
            found.append((a, b))
    return found


def extend(
    end: Due,
    by: Counted,
    asked_on: date | datetime,
    calendar: Calendar,
    *,
    times: int = 0,
    max_times: int | None = None,
    max_length: Counted | None = None,
    original: Due | None = None,
) -> Due:
    """The due extended, counted from the day after it (APA §51: from the end of the original period).

    ``times`` is how often it was extended before; ``max_length`` bounds all extensions together, measured
    from ``original`` (this due when it is the first). Raises :class:`ExtensionRefused` with code
    ``expired`` when asked after the end, ``times`` or ``length`` when a bound is broken.
    """
    if end.is_past(asked_on):
        raise ExtensionRefused("expired", asked_on)
    if max_times is not None and times >= max_times:
        raise ExtensionRefused("times", by)
    longer = due(by, _from(end, by), calendar, district=end.district)
    if max_length is not None:
        origin = original or end
        limit = due(max_length, _from(origin, max_length), calendar, district=end.district)
        if longer.at > limit.at:
            raise ExtensionRefused("length", by)
    return longer


def _from(end: Due, by: Counted) -> date | datetime:
    return end.at if isinstance(by, Hours) else end.day


def used_days(start: date, done: date, calendar: Calendar, *, district: str | None = None) -> Decimal:
    """Working days used on a document: counted from the day after receipt, 0.5 when done on the day (B2.1).

    Done on a rest day before the next working day also counts 0.5. Raises :class:`SpanError` when done
    before start.
    """
    if done < start:
        raise SpanError(f"{start} … {done}", "done before it was received / 辦結早於收文")
    counted = calendar.workdays(start + _ONE, done, district)
    return Decimal(counted) if counted else Decimal("0.5")


# -- moments ------------------------------------------------------------------------------------------


def _local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=TAIPEI) if moment.tzinfo is None else moment.astimezone(TAIPEI)


def _day(start: date | datetime) -> date:
    return local_day(start) if isinstance(start, datetime) else start


def _moment(point: date | datetime) -> datetime:
    return _local(point) if isinstance(point, datetime) else datetime.combine(point, time(), TAIPEI)


def _later(moment: datetime, by: timedelta) -> datetime:
    """Elapsed time, not clock time: Taipei had summer time until 1979."""
    return (moment.astimezone(UTC) + by).astimezone(TAIPEI)
