"""The government office calendar 辦公日曆: which days are worked, by which edition, and why
(functional-spec B1.2, B1.3).

The personnel administration (人事總處) issues one table a year and now and then issues it again; each issue
is an :class:`Edition`. Typhoon and other suspensions of work are no part of any table: they are
:class:`Closure` notices. The past is never computed; a year not yet published is computed from the holiday
act, and every answer from it says that it is provisional.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from yankao.kernel.roc import weekday_name

type Kind = Literal["workday", "weekend", "holiday", "adjusted_day_off", "makeup_workday", "closure"]
type Part = Literal["full", "am", "pm", "night"]

KINDS: tuple[Kind, ...] = ("workday", "weekend", "holiday", "adjusted_day_off", "makeup_workday")
WORKED: frozenset[str] = frozenset({"workday", "makeup_workday"})
OFFICE_HOURS = Decimal(8)
"""Hours of a whole working day; a closed morning or afternoon takes half."""

TAIPEI: Final = ZoneInfo("Asia/Taipei")
_WEEKDAYS = "一二三四五六日"
_ONE = timedelta(days=1)


class CalendarError(ValueError):
    """A day no edition covers, or a calendar put together wrongly."""


class NoCalendar(CalendarError):
    """No edition of the year is known, and none can be computed: `year`."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no office calendar for {year} (ROC {year - 1911}); import it first")
        self.year = year


class CalendarFileError(CalendarError):
    """A calendar file that cannot be trusted.

    ``problems`` lists (row number, counted from 1 with the header; sentence). Row 0 speaks of the whole file.
    """

    def __init__(self, problems: Iterable[tuple[int, str]]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(f"row {row}: {text}" if row else text for row, text in self.problems[:8])
        more = f" … and {len(self.problems) - 8} more" if len(self.problems) > 8 else ""
        super().__init__(shown + more)


class Day(NamedTuple):
    """What an edition says of one day: its kind, its name as printed, and the English name."""

    kind: Kind
    name: str = ""

    @property
    def works(self) -> bool:
        return self.kind in WORKED


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of the calendar of one year: a :class:`Day` for every day from 1 January on.

    ``issued`` is the day from which it is known; ``None`` means before its year began. ``note`` says what a
    reader must know of it, such as that a later issue exists.
    """

    year: int
    label: str
    issued: date | None
    source: str
    provisional: bool
    days: tuple[Day, ...]
    note: str = ""

    def __post_init__(self) -> None:
        length = (date(self.year + 1, 1, 1) - date(self.year, 1, 1)).days
        if len(self.days) != length:
            raise CalendarError(f"{self.label}: {len(self.days)} days given, {self.year} has {length}")

    def __iter__(self) -> Iterator[tuple[date, Day]]:
        first = date(self.year, 1, 1)
        return ((first + timedelta(days=n), day) for n, day in enumerate(self.days))

    def day(self, day: date) -> Day:
        """The entry of a day of this year. Raises :class:`CalendarError` for another year."""
        if day.year != self.year:
            raise CalendarError(f"{day} is not in {self.label}")
        return self.days[(day - date(self.year, 1, 1)).days]

    @property
    def workdays(self) -> int:
        return sum(day.works for day in self.days)


@dataclass(frozen=True, slots=True)
class Closure:
    """A suspension of work 停止上班 (B1.3): a day, the part closed, the district (``None``: the whole city)
    and the notice.
    """

    day: date
    part: Part = "full"
    district: str | None = None
    announced_at: datetime | None = None
    source: str = ""


_NO_CLOSURES: tuple[Closure, ...] = ()


class Calendar:
    """Editions and closures put together; immutable, every question about a day is one or two dictionary
    look-ups.

    Within a year, an edition rules from the day it was issued; the days before keep what was in force then.
    Years after the last edition are computed and provisional; years before the first, or missing between,
    raise :class:`CalendarError`.
    """

    def __init__(self, editions: Iterable[Edition] = (), closures: Iterable[Closure] = ()) -> None:
        by_year: dict[int, list[Edition]] = {}
        for edition in editions:
            by_year.setdefault(edition.year, []).append(edition)
        self._editions = {
            year: tuple(sorted(found, key=lambda e: e.issued or date.min))
            for year, found in sorted(by_year.items())
        }
        self._closures: dict[date, tuple[Closure, ...]] = {}
        for closure in closures:
            self._closures[closure.day] = (*self._closures.get(closure.day, ()), closure)
        self._days: dict[date, tuple[bool, Day, Edition]] = {}
        self._last = max(self._editions, default=0)

    # -- putting together ------------------------------------------------------------------------------

    @property
    def editions(self) -> tuple[Edition, ...]:
        """Every edition, by year and issue date; computed years are not among them."""
        return tuple(edition for found in self._editions.values() for edition in found)

    @property
    def closures(self) -> tuple[Closure, ...]:
        return tuple(closure for found in self._closures.values() for closure in found)

    @property
    def last_year(self) -> int:
        """The last year with an official edition; 0 when there is none."""
        return self._last

    def with_editions(self, *editions: Edition) -> "Calendar":
        return Calendar((*self.editions, *editions), self.closures)

    def with_closures(self, *closures: Closure) -> "Calendar":
        return Calendar(self.editions, (*self.closures, *closures))

    def known_on(self, day: date) -> "Calendar":
        """The calendar as it was known at the end of that day: later editions and notices left out."""
        return Calendar(
            (e for e in self.editions if e.issued is None or e.issued <= day),
            (c for c in self.closures if c.announced_at is None or local_day(c.announced_at) <= day),
        )

    # -- questions about a day -------------------------------------------------------------------------

    def is_workday(self, day: date, district: str | None = None) -> bool:
        """Whether offices work at all that day; a half-day closure leaves it a working day, a whole one
        does not.
        """
        found = self._days.get(day) or self._load(day)
        if not found[0] or day not in self._closures:
            return found[0]
        return self.workday_fraction(day, district) > 0

    def workday_fraction(self, day: date, district: str | None = None) -> Decimal:
        """1, 0.5 or 0: the part of the day offices work."""
        found = self._days.get(day) or self._load(day)
        if not found[0]:
            return Decimal(0)
        lost = {half for closure in self.closures_on(day, district) for half in _HALVES[closure.part]}
        return Decimal(2 - len(lost)) / 2

    def hours(self, day: date, district: str | None = None) -> Decimal:
        """Office hours of the day, out of :data:`OFFICE_HOURS`."""
        return OFFICE_HOURS * self.workday_fraction(day, district)

    def is_open(self, day: date, half: Literal["am", "pm"], district: str | None = None) -> bool:
        """Whether offices work that morning or afternoon."""
        found = self._days.get(day) or self._load(day)
        if not found[0]:
            return False
        return not any(half in _HALVES[closure.part] for closure in self.closures_on(day, district))

    def closures_on(self, day: date, district: str | None = None) -> tuple[Closure, ...]:
        """The notices that hold that day in the district; without a district only those of the whole city."""
        found = self._closures.get(day, _NO_CLOSURES)
        if not found:
            return found
        return tuple(c for c in found if c.district is None or c.district == district)

    def entry(self, day: date) -> Day:
        """What the edition says of the day, closures left aside."""
        return (self._days.get(day) or self._load(day))[1]

    def kind(self, day: date, district: str | None = None) -> Kind:
        """The edition's kind, or ``closure`` for a day that would be worked but is wholly closed."""
        entry = (self._days.get(day) or self._load(day))[1]
        if entry.works and day in self._closures and self.workday_fraction(day, district) == 0:
            return "closure"
        return entry.kind

    def why(self, day: date, district: str | None = None, lang: str = "zh") -> str:
        """In words, why the day is worked or not: the holiday's name, the notice, the weekday."""
        entry = (self._days.get(day) or self._load(day))[1]
        if entry.works:
            notices = [_notice(closure, lang) for closure in self.closures_on(day, district)]
            if notices:
                return ("；" if _zh(lang) else "; ").join(notices)
        return day_name(entry, day, lang)

    def edition(self, day: date) -> Edition:
        """The edition that rules the day; for a year not yet published the computed one."""
        return (self._days.get(day) or self._load(day))[2]

    def is_provisional(self, day: date) -> bool:
        """Whether the answer may still change: a computed year, or an edition known to be replaced."""
        return (self._days.get(day) or self._load(day))[2].provisional

    # -- questions about several days ------------------------------------------------------------------

    def workdays(self, first: date, last: date, district: str | None = None) -> int:
        """Working days from first to last, both counted; 0 when last is before first."""
        return sum(
            self.is_workday(first + timedelta(days=n), district) for n in range((last - first).days + 1)
        )

    def step(self, day: date, by: int, district: str | None = None) -> date:
        """The by-th working day after the day, or before it when negative; the day itself is never
        counted.
        """
        way = _ONE if by > 0 else -_ONE
        for _ in range(abs(by)):
            day += way
            while not self.is_workday(day, district):
                day += way
        return day

    def _load(self, day: date) -> tuple[bool, Day, Edition]:
        """Fill in the year of the day. Two threads doing so at once write the same entries."""
        found = self._editions.get(day.year)
        if found is None:
            if day.year < self._last or not self._last:
                raise NoCalendar(day.year)
            found = (provisional(day.year),)
        fresh: dict[date, tuple[bool, Day, Edition]] = {}
        for edition in found:
            for when, entry in edition:
                if when not in fresh or edition.issued is None or when >= edition.issued:
                    fresh[when] = (entry.works, entry, edition)
        self._days.update(fresh)
        return fresh[day]


_HALVES: Mapping[str, tuple[str, ...]] = {"full": ("am", "pm"), "am": ("am",), "pm": ("pm",), "night": ()}


def local_day(moment: datetime) -> date:
    """The day of a moment in Taipei; a moment without a zone is Taipei time."""
    return moment.date() if moment.tzinfo is None else moment.astimezone(TAIPEI).date()


def changes(old: Edition, new: Edition) -> list[tuple[date, Day, Day]]:
    """Days on which two editions of a year differ in being worked: what a re-issue means for open
    deadlines.
    """
    if old.year != new.year:
        raise CalendarError(f"{old.label} and {new.label} are of different years")
    return [(day, a, b) for (day, a), (_, b) in zip(old, new, strict=True) if a.works != b.works]


# -- names ---------------------------------------------------------------------------------------------

_ENGLISH = {
    "中華民國開國紀念日": "Founding Day",
    "開國紀念日": "Founding Day",
    "小年夜": "Day before Lunar New Year's Eve",
    "農曆除夕": "Lunar New Year's Eve",
    "春節": "Lunar New Year",
    "和平紀念日": "Peace Memorial Day",
    "兒童節": "Children's Day",
    "民族掃墓節": "Tomb-Sweeping Day",
    "清明節": "Tomb-Sweeping Day",
    "勞動節": "Labour Day",
    "端午節": "Dragon Boat Festival",
    "中秋節": "Mid-Autumn Festival",
    "孔子誕辰紀念日": "Teachers' Day (Confucius' Birthday)",
    "教師節": "Teachers' Day (Confucius' Birthday)",
    "國慶日": "National Day",
    "臺灣光復暨金門古寧頭大捷紀念日": "Taiwan Retrocession and Battle of Guningtou Day",
    "行憲紀念日": "Constitution Day",
    "補假": "compensatory day off",
    "放假": "day off",
    "調整放假": "adjusted day off",
    "補行上班": "make-up working day",
}
_KIND_NAMES: Mapping[Kind, tuple[str, str]] = {
    "workday": ("上班日", "working day"),
    "weekend": ("例假日", "weekend"),
    "holiday": ("放假日", "public holiday"),
    "adjusted_day_off": ("調整放假", "adjusted day off"),
    "makeup_workday": ("補行上班日", "make-up working day"),
    "closure": ("停止上班", "work suspended"),
}
_PART_NAMES: Mapping[str, tuple[str, str]] = {
    "full": ("全日停止上班", "work suspended all day"),
    "am": ("上午停止上班", "work suspended in the morning"),
    "pm": ("下午停止上班", "work suspended in the afternoon"),
    "night": ("晚上停止上班", "work suspended in the evening"),
}


def _zh(lang: str) -> bool:
    return not lang.startswith("en")


def _notice(closure: Closure, lang: str) -> str:
    part = _PART_NAMES[closure.part][0 if _zh(lang) else 1]
    where = closure.district or ""
    if _zh(lang):
        return f"{where}{part}" + (f"（{closure.source}）" if closure.source else "")
    return part + (f" in {where}" if where else "") + (f" ({closure.source})" if closure.source else "")


def day_name(entry: Day, day: date, lang: str = "zh") -> str:
    """An entry in words: the holiday's name, or the weekday of a plain weekend, or the kind."""
    if entry.kind == "weekend" and not entry.name:
        return weekday_name(day, lang)
    if _zh(lang):
        return entry.name or _KIND_NAMES[entry.kind][0]
    if not entry.name:
        return _KIND_NAMES[entry.kind][1]
    bare, compensated = entry.name.replace("（補假）", ""), "（補假）" in entry.name
    known = [
        _ENGLISH[part] for part in bare.replace("; ", "/").replace("及", "/").split("/") if part in _ENGLISH
    ]
    text = " and ".join(dict.fromkeys(known)) or _KIND_NAMES[entry.kind][1]
    return f"{text} (compensatory day off)" if compensated else text


# -- reading -------------------------------------------------------------------------------------------

_DGPA_COLUMNS = ("西元日期", "星期", "是否放假", "備註")


def _decode(data: bytes) -> str:
    """The text of an official file: UTF-8 with or without BOM, else Big5 as Windows writes it (cp950)."""
    for encoding in ("utf-8-sig", "cp950"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CalendarFileError([(0, "編碼不是UTF-8也不是Big5 / neither UTF-8 nor Big5")])


def read_dgpa_csv(
    data: bytes,
    *,
    label: str = "",
    issued: date | None = None,
    source: str = "DGPA",
    provisional: bool = False,
    note: str = "",
) -> Edition:
    """Read an official calendar: columns 西元日期 (YYYYMMDD), 星期, 是否放假 (0 worked, 2 off), 備註; UTF-8
    or Big5.

    Refuses the whole file, naming each bad row, when a date or flag cannot be read, a weekday is wrong, a
    day comes twice or is missing, or two years are mixed. Raises :class:`CalendarFileError`.
    """
    rows = list(csv.reader(io.StringIO(_decode(data))))
    header = [cell.strip() for cell in rows[0]] if rows else []
    absent = [name for name in _DGPA_COLUMNS if name not in header]
    if absent:
        raise CalendarFileError([(1, f"缺少欄位 {'、'.join(absent)} / missing columns")])
    at = [header.index(name) for name in _DGPA_COLUMNS]
    problems: list[tuple[int, str]] = []
    found: dict[date, Day] = {}
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        written, weekday, off, remark = ((cells[n].strip() if n < len(cells) else "") for n in at)
        try:
            day = datetime.strptime(written, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            problems.append((number, f"日期「{written}」無法辨識 / unreadable date"))
            continue
        if weekday.removeprefix("星期") != _WEEKDAYS[day.weekday()]:
            right = _WEEKDAYS[day.weekday()]
            problems.append((number, f"{day}是星期{right}，不是「{weekday}」 / wrong weekday"))
        if off not in ("0", "2"):
            problems.append((number, f"是否放假「{off}」不是0或2 / flag is neither 0 nor 2"))
        if day in found:
            problems.append((number, f"{day}重複 / duplicate day"))
        found[day] = Day(_dgpa_kind(day, off == "2", remark), remark)
    return _edition(found, problems, label, issued, source, provisional, note)


def _dgpa_kind(day: date, off: bool, remark: str) -> Kind:
    weekend = day.weekday() >= 5
    if not off:
        return "makeup_workday" if weekend else "workday"
    if weekend:
        return "holiday" if remark else "weekend"
    # Until the act of 2025-05-28 the day before New Year's Eve was off only in exchange for a Saturday.
    exchanged = remark == "調整放假" or (remark == "小年夜" and day.year <= 2025)
    return "adjusted_day_off" if exchanged else "holiday"


def _edition(
    found: Mapping[date, Day],
    problems: list[tuple[int, str]],
    label: str,
    issued: date | None,
    source: str,
    provisional: bool,
    note: str,
) -> Edition:
    years = {day.year for day in found}
    if len(years) != 1:
        what = "、".join(map(str, sorted(years)[:5])) or "-"
        raise CalendarFileError([*problems, (0, f"應為單一年度，實為{what} / not one single year")])
    year = years.pop()
    whole = [
        date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]
    problems += [(0, f"缺少{day} / missing day") for day in whole if day not in found]
    if problems:
        raise CalendarFileError(problems)
    name = label or f"{year - 1911}年政府行政機關辦公日曆表"
    return Edition(year, name, issued, source, provisional, tuple(found[day] for day in whole), note)


def read_table(data: bytes, *, notes: Mapping[int, str] | None = None) -> list[Edition]:
    """Read the table of many years (gzip or plain CSV; columns date, weekday, is_workday, kind, name_zh,
    dgpa_note, source).

    One edition a year. A year named in ``notes`` is known to be superseded: it carries the note and is
    provisional. Raises :class:`CalendarFileError`.
    """
    notes = notes or {}
    text = _decode(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    years: dict[int, dict[date, Day]] = {}
    sources: dict[int, str] = {}
    problems: list[tuple[int, str]] = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            day, kind, works = date.fromisoformat(row["date"]), row["kind"], row["is_workday"]
            name, source = row["name_zh"] or row["dgpa_note"], row["source"]
        except KeyError as missing:
            raise CalendarFileError([(1, f"缺少欄位 {missing} / missing column")]) from None
        except (TypeError, ValueError):
            problems.append((number, f"日期「{row.get('date')}」無法辨識 / unreadable date"))
            continue
        known = next((k for k in KINDS if k == kind), None)
        if known is None or (known in WORKED) != (works == "1"):
            problems.append((number, f"種類「{kind}」與上班「{works}」不符 / kind and is_workday disagree"))
            continue
        if row.get("weekday") != _WEEKDAYS[day.weekday()]:
            problems.append((number, f"{day}星期有誤 / wrong weekday"))
        if day in years.setdefault(day.year, {}):
            problems.append((number, f"{day}重複 / duplicate day"))
        years[day.year][day] = Day(known, name)
        sources[day.year] = source
    if problems or not years:
        raise CalendarFileError(problems or [(0, "沒有資料列 / no rows")])
    return [
        _edition(found, [], "", None, sources[year], year in notes, notes.get(year, ""))
        for year, found in sorted(years.items())
    ]


# -- the built-in calendar -----------------------------------------------------------------------------

_NOTES = {
    2025: "114年首次發布版；年中曾重新發布（9月29日、10月24日、12月25日放假），請匯入修正版 / "
    "first edition of ROC 114, re-issued in mid-year (29 Sep, 24 Oct and 25 Dec off): import the later one",
}


@cache
def official() -> Calendar:
    """The calendar that comes with the package: ROC 95 to 115, read once when first asked for."""
    return Calendar(read_table(_packaged("office_calendar.csv.gz"), notes=_NOTES))


def _packaged(name: str) -> bytes:
    return resources.files("yankao.kernel").joinpath("data", name).read_bytes()


# -- years not yet published ---------------------------------------------------------------------------

_FIXED = (
    (1, 1, "中華民國開國紀念日"),
    (2, 28, "和平紀念日"),
    (5, 1, "勞動節"),
    (9, 28, "孔子誕辰紀念日"),
    (10, 10, "國慶日"),
    (10, 25, "臺灣光復暨金門古寧頭大捷紀念日"),
    (12, 25, "行憲紀念日"),
)


@cache
def _movable() -> dict[int, tuple[date, date, date, date]]:
    """By year: Lunar New Year, Tomb-Sweeping, Dragon Boat, Mid-Autumn."""
    rows = csv.reader(io.StringIO(_packaged("lunar_days.csv").decode()))
    next(rows)
    return {int(y): (_d(a), _d(b), _d(c), _d(d)) for y, a, b, c, d in rows}


def _d(text: str) -> date:
    return date.fromisoformat(text)


@cache
def provisional(year: int) -> Edition:
    """A year not yet published, from the holiday act in force since 2025-05-28 (紀念日及節日實施條例; rules
    in B1.2).

    Weekends, fixed and movable holidays and their compensations are right as far as the act goes; exchanges
    of days that the administration decides are unknown, so the whole year is provisional. Raises
    :class:`NoCalendar` for a year outside the table of movable holidays.
    """
    if year not in _movable():
        raise NoCalendar(year)
    new_year, tombs, boats, moon = _movable()[year]
    named = {date(year, month, day): name for month, day, name in _FIXED}
    named |= {boats: "端午節", moon: "中秋節", tombs: "民族掃墓節"}
    spring = {new_year - 2 * _ONE: "小年夜", new_year - _ONE: "農曆除夕"}
    spring |= {new_year + n * _ONE: "春節" for n in range(3)}
    children, children_off = date(year, 4, 4), None
    if children == tombs:
        named[tombs] = "兒童節; 民族掃墓節"
        children_off = children + _ONE if children.weekday() == 3 else children - _ONE
    else:
        named[children] = "兒童節"
    off = {**named, **spring}
    if children_off is not None:
        off[_free(children_off, off, -1 if children_off < children else 1)] = "兒童節（補假）"
    next_new_year = date(year + 1, 1, 1)
    for day, name in sorted(spring.items()):  # New Year days are always made up for afterwards
        if day.weekday() >= 5:
            off[_free(day, off, 1)] = f"{name}（補假）"
    for day, name in sorted(named.items()):
        if day.weekday() >= 5:
            made_up = _free(day, off, -1 if day.weekday() == 5 else 1)
            if made_up.year == year:
                off[made_up] = f"{name}（補假）"
    if next_new_year.weekday() == 5:
        off[date(year, 12, 31)] = "中華民國開國紀念日（補假）"
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((next_new_year - first).days))
    return Edition(
        year,
        f"{year - 1911}年（暫定）",
        None,
        "computed",
        True,
        tuple(_computed(day, off) for day in days),
        "尚未公布，依紀念日及節日實施條例推算 / not yet published; computed from the holiday act",
    )


def _free(day: date, off: Mapping[date, str], way: int) -> date:
    """The nearest working day from the day on, itself included when it is one."""
    while day in off or day.weekday() >= 5:
        day += way * _ONE
    return day


def _computed(day: date, off: Mapping[date, str]) -> Day:
    if day in off:
        return Day("holiday", off[day])
    return Day("weekend") if day.weekday() >= 5 else Day("workday")
