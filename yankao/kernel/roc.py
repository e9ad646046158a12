"""How Taiwan writes dates, numbers, money and counts, both ways (functional-spec B1.1, assertion E24).

ROC year = year of the common era − 1911; there is no year 0: 民國前1年 is 1911. Dates are stored as ISO
dates and money as whole 元; this module only reads and writes text. What it writes it reads back.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, Literal

type DateStyle = Literal["long", "full", "short", "dot", "slash", "compact", "chinese", "iso"]
type NumeralStyle = Literal["cardinal", "outline", "paren", "chapter", "financial", "digits"]
type MoneyStyle = Literal["report", "grouped", "yi", "plain", "wan", "nt_yi", "nt", "en", "formal"]
type Number = int | Decimal | Fraction

_WEEKDAYS: Final = "一二三四五六日"
# Written out, because the names of the standard library follow the locale of the process.
MONTH_NAMES: Final = (
    "", "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class RocError(ValueError):
    """A text that cannot be read; ``given`` carries it."""

    def __init__(self, given: object, why: str) -> None:
        self.given = given
        super().__init__(f"「{given}」: {why}")


def plain(text: str) -> str:
    """Full-width digits, letters and marks made half-width, all blanks taken out."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("−", "-")


# -- numbers ------------------------------------------------------------------------------------------


def half_up(value: Number | str, places: int = 0) -> Decimal:
    """Round half away from zero, as every printed figure is: 94.345 to 2 places is 94.35."""
    if isinstance(value, Fraction):
        # Exact: a division in Decimal first could round twice.
        scaled = abs(value) * 10**places
        whole = int(scaled)
        number = Decimal(whole + (scaled - whole >= Fraction(1, 2))).scaleb(-places)
        return -number if value < 0 else number
    number = Decimal(value)
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def grouped(value: Number, places: int | None = None) -> str:
    """A number with thousands separators, rounded half-up to the places when given: 371,842."""
    if places is not None:
        value = half_up(value, places)
    elif isinstance(value, Fraction):
        raise RocError(value, "a fraction needs its number of places")
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,d}"


_LOWER: Final = "〇一二三四五六七八九"
_PLAIN: Final = ("零一二三四五六七八九", ("", "十", "百", "千"))
_FORMAL: Final = ("零壹貳參肆伍陸柒捌玖", ("", "拾", "佰", "仟"))
_BIG: Final = ("", "萬", "億", "兆", "京")


def numeral(n: int, style: NumeralStyle = "cardinal") -> str:
    """A whole number in Chinese.

    ``cardinal`` 二十五; ``outline`` 二十五、; ``paren`` （二十五）; ``chapter`` 貳拾伍 (10 is 拾);
    ``financial`` 貳拾伍 (10 is 壹拾); ``digits`` 一一五, digit by digit. Below 10^20. Raises
    :class:`RocError`.
    """
    if not 0 <= n < 10**20:
        raise RocError(n, "no such numeral")
    match style:
        case "digits":
            return "".join(_LOWER[int(digit)] for digit in str(n))
        case "outline":
            return _spell(n, *_PLAIN) + "、"
        case "paren":
            return f"（{_spell(n, *_PLAIN)}）"
        case "cardinal":
            return _spell(n, *_PLAIN)
        case "chapter":
            return _spell(n, *_FORMAL)
        case "financial":
            return _spell(n, *_FORMAL, short_ten=False)


def _spell(n: int, digits: str, units: tuple[str, ...], short_ten: bool = True) -> str:
    if n == 0:
        return digits[0]
    parts: list[str] = []
    gap = False
    for index in reversed(range(len(_BIG))):
        section = n // 10 ** (4 * index) % 10000
        if not section:
            gap = gap or bool(parts)
            continue
        if parts and (gap or section < 1000):
            parts.append(digits[0])
        parts.append(_section(section, digits, units) + _BIG[index])
        gap = False
    text = "".join(parts)
    return text[1:] if short_ten and 10 <= _leading(n) < 20 else text


def _leading(n: int) -> int:
    while n >= 10000:
        n //= 10000
    return n


def _section(n: int, digits: str, units: tuple[str, ...]) -> str:
    text, zero = "", False
    for index in reversed(range(4)):
        digit = n // 10**index % 10
        if digit:
            text += (digits[0] if zero and text else "") + digits[digit] + units[index]
            zero = False
        else:
            zero = True
    return text


_DIGITS: Final = {
    **{char: value for value, char in enumerate(_LOWER)},
    **{char: value for value, char in enumerate(_FORMAL[0])},
    "○": 0,
    "两": 2,
    "兩": 2,
    "叁": 3,
    "参": 3,
    "貮": 2,
    "弍": 2,
    "弌": 1,
}
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "廿": 20, "卅": 30}
_MYRIADS: Final = {"萬": 10**4, "万": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12, "京": 10**16}


def parse_numeral(text: str) -> int:
    """Read a Chinese number in any style of :func:`numeral`, with 廿, 卅, 兩 and Arabic digits. Raises
    :class:`RocError`.
    """
    body = plain(text).strip("()、.").replace(",", "")
    if body.isdecimal() and body.isascii():
        return int(body)
    value = _read_chinese(body)
    if value is None:
        raise RocError(text, "not a number / 不是數字")
    return value


def _read_chinese(body: str) -> int | None:
    if not body or any(char not in _DIGITS and char not in _TENS and char not in _MYRIADS for char in body):
        return None
    if all(char in _DIGITS for char in body):
        return int("".join(str(_DIGITS[char]) for char in body))
    total, rest, limit = 0, body, 10**20
    for char, unit in (("京", 10**16), ("兆", 10**12), ("億", 10**8), ("萬", 10**4)):
        head, found, tail = rest.replace("万", "萬").replace("亿", "億").partition(char)
        if found:
            section = _read_section(head)
            if not section or section * unit >= limit:
                return None
            total, rest, limit = total + section * unit, tail, unit
    last = _read_section(rest) if rest else 0
    return None if last is None else total + last


def _read_section(text: str) -> int | None:
    """Read up to 9999: each unit smaller than the one before, one digit before each."""
    total, digit, limit = 0, None, 10000
    for char in text:
        if char in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[char]
        elif char in _TENS:
            step = _TENS[char]
            if step in (20, 30):
                amount, unit = step, 10
            else:
                amount, unit = (1 if digit is None or digit == 0 else digit) * step, step
            if unit >= limit:
                return None
            total, digit, limit = total + amount, None, unit
        else:
            return None
    if digit and limit == 10000 and len(text.lstrip("零〇○")) > 1:
        return None
    return total + (digit or 0) if text else None


# -- dates --------------------------------------------------------------------------------------------


def format_roc(day: date, style: DateStyle = "long", *, weekday: bool = False) -> str:
    """A date as Taiwan writes it.

    ``long`` 民國115年11月23日; ``full`` 中華民國115年11月23日; ``short`` 115年11月23日; ``dot`` 115.11.23;
    ``slash`` 115/11/23; ``compact`` 1151123; ``chinese`` 民國一一五年十一月二十三日; ``iso`` 2026-11-23.
    Before 1912 the year reads 民國前1年 (dots and slashes: 前1.05.01; not compact: :class:`RocError`).
    ``weekday`` adds （星期一）.
    """
    year = day.year - 1911
    before = year < 1
    count = 1 - year if before else year
    tail = f"（{weekday_name(day)}）" if weekday else ""
    match style:
        case "iso":
            text = day.isoformat()
        case "compact":
            if before:
                raise RocError(day, "no compact form before 1912")
            text = f"{count:03d}{day:%m%d}"
        case "dot" | "slash":
            mark = "." if style == "dot" else "/"
            text = f"{'前' if before else ''}{count}{mark}{day:%m}{mark}{day:%d}"
        case "chinese":
            text = f"民國{'前' if before else ''}{numeral(count, 'digits')}年{numeral(day.month)}月{
                numeral(day.day)
            }日"
        case "long" | "full" | "short":
            era = {"long": "民國", "full": "中華民國", "short": "民國" if before else ""}[style]
            text = f"{era}{'前' if before else ''}{count}年{day.month}月{day.day}日"
    return text + tail


def weekday_name(day: date, lang: str = "zh") -> str:
    """星期一, or Monday."""
    return WEEKDAY_NAMES[day.weekday()] if lang.startswith("en") else f"星期{_WEEKDAYS[day.weekday()]}"


def english_date(day: date, *, weekday: bool = False) -> str:
    """23 November 2026, with the weekday before it when asked."""
    text = f"{day.day} {MONTH_NAMES[day.month]} {day.year}"
    return f"{weekday_name(day, 'en')} {text}" if weekday else text


def date_text(day: date, lang: str = "zh", *, weekday: bool = False) -> str:
    """A date for people: 民國115年11月23日 or 23 November 2026."""
    return english_date(day, weekday=weekday) if lang.startswith("en") else format_roc(day, weekday=weekday)


_WEEKDAY_TAIL = re.compile(r"(?:\((?:星期|週|周)?([一二三四五六日天])\)|(?:星期|週|周)([一二三四五六日天]))$")
_N = r"(\d+|[〇零○一二三四五六七八九十百廿卅]+)"
_WRITTEN = re.compile(rf"(?:((?:中華)?民國前|民前|前)|(中華民國|民國|西元|公元))?{_N}年{_N}月{_N}[日號]?")
_THIS_YEAR = re.compile(rf"(本|今|去|上|明|次)年?(?:\(民?國?{_N}年?\))?年?{_N}月{_N}[日號]?")
_NO_YEAR = re.compile(rf"{_N}月{_N}[日號]?")
_MARKED = re.compile(r"(中華民國|民國)?(民國前|民前|前)?(\d{1,4})([./-])(\d{1,2})\4(\d{1,2})")
_COMPACT = re.compile(r"(?:中華民國|民國)?(\d{3})(\d{2})(\d{2})")
_ISO_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OTHER_YEARS: Final = {"本": 0, "今": 0, "去": -1, "上": -1, "明": 1, "次": 1}


def parse_roc(text: str, year: int | None = None) -> date:
    """Read a date in any written form: 民國115年11月23日, 115.11.23, 115/11/23, 1151123, 民前1年5月1日,
    2026-11-23, ２０２６／１１／２３, 民國一一五年十一月二十三日, 本(101)年6月30日 …

    ``year`` is the ROC year of the document around it: it lets 本年6月30日, 去年12月1日 and 6月30日 be
    read, and must agree with a bracketed year. A year of four digits is of the common era. A weekday
    written after the date must be right. Raises :class:`RocError`.
    """
    body = plain(text)
    weekday = ""
    if found := _WEEKDAY_TAIL.search(body):
        weekday = (found[1] or found[2]).replace("天", "日")
        body = body[: found.start()]
    try:
        day = _read_date(body, year)
    except RocError as error:
        raise RocError(text, str(error.given)) from None
    except ValueError:
        day = None
    if day is None:
        raise RocError(text, "not a date (115/11/23, 民國115年11月23日, 2026-11-23) / 日期無法辨識")
    if weekday and weekday != _WEEKDAYS[day.weekday()]:
        raise RocError(text, f"{day} is a {weekday_name(day, 'en')} / 該日為{weekday_name(day)}")
    return day


def _read_date(body: str, context: int | None) -> date | None:
    body = body.replace("元年", "1年")
    if found := _WRITTEN.fullmatch(body):
        before, era, count = found[1], found[2], parse_numeral(found[3])
        if era in ("西元", "公元") or (count >= 1000 and not era and not before):
            year = count - 1911
        else:
            year = _before(count) if before else _roc_year(count)
        return date(year + 1911, parse_numeral(found[4]), parse_numeral(found[5]))
    if found := _MARKED.fullmatch(body):
        era, before, written = found[1], found[2], found[3]
        count = int(written)
        if len(written) == 4 and not before:
            return None if era else date(count, int(found[5]), int(found[6]))
        year = _before(count) if before else _roc_year(count)
        return date(year + 1911, int(found[5]), int(found[6]))
    if found := _COMPACT.fullmatch(body):
        return date(_roc_year(int(found[1])) + 1911, int(found[2]), int(found[3]))
    if found := _ISO_COMPACT.fullmatch(body):
        return date(int(found[1]), int(found[2]), int(found[3]))
    return _read_in_context(body, context)


def _read_in_context(body: str, context: int | None) -> date | None:
    if found := _THIS_YEAR.fullmatch(body):
        expected = None if context is None else context + _OTHER_YEARS[found[1]]
        year = parse_numeral(found[2]) if found[2] else expected
        if year is None:
            raise RocError("the year is not known from the text / 文中無年度", "")
        if expected is not None and year != expected:
            raise RocError(f"year {year} is not year {expected} / 年度不符", "")
        return date(_roc_year(year) + 1911, parse_numeral(found[3]), parse_numeral(found[4]))
    if context is not None and (found := _NO_YEAR.fullmatch(body)):
        return date(_roc_year(context) + 1911, parse_numeral(found[1]), parse_numeral(found[2]))
    return None


def _before(count: int) -> int:
    """民國前n年 as a ROC year: 民國前1年 is 0, which nobody writes."""
    if count < 1:
        raise ValueError(count)
    return 1 - count


def _roc_year(year: int) -> int:
    """There is no year 0, and four digits are a year of the common era."""
    if not 1 <= year <= 999:
        raise ValueError(year)
    return year


# -- money --------------------------------------------------------------------------------------------

_UNITS: Final = (("兆", 10**12), ("億", 10**8), ("萬", 10**4), ("", 1))


def format_money(amount: int | Decimal, style: MoneyStyle = "report", places: int = 2) -> str:
    """Whole 元 as text.

    Exact: ``report`` 34億6553萬1000元, ``grouped`` 34億6,553萬1,000元, ``plain`` 3,465,531,000元, ``nt``
    NT$3,465,531,000, ``formal`` 新臺幣參拾肆億陸仟伍佰伍拾參萬壹仟元整. Rounded half-up to ``places``:
    ``yi`` 34.66億元, ``wan`` 346,553.10萬元, ``nt_yi`` NT$34.66億, ``en`` NT$3.47 billion (million below,
    whole dollars below that).
    """
    if amount != int(amount):
        raise RocError(amount, "money is whole 元 / 金額須為整數元")
    amount = int(amount)
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    match style:
        case "report" | "grouped":
            return sign + _mixed(size, "" if style == "report" else ",") + "元"
        case "plain":
            return f"{amount:,}元"
        case "nt":
            return f"{sign}NT${size:,}"
        case "yi":
            return f"{sign}{grouped(Decimal(size) / 10**8, places)}億元"
        case "nt_yi":
            return f"{sign}NT${grouped(Decimal(size) / 10**8, places)}億"
        case "wan":
            return f"{sign}{grouped(Decimal(size) / 10**4, places)}萬元"
        case "en":
            return sign + _english_money(size, places)
        case "formal":
            return f"新臺幣{'負' if sign else ''}{numeral(size, 'financial')}元整"


def _mixed(size: int, mark: str) -> str:
    parts = []
    for name, unit in _UNITS:
        number, size = divmod(size, unit)
        if number:
            parts.append((f"{number:,}" if mark else str(number)) + name)
    return "".join(parts) or "0"


def _english_money(size: int, places: int) -> str:
    for word, unit in (("billion", 10**9), ("million", 10**6)):
        number = half_up(Decimal(size) / unit, places)
        if number >= 1:
            return f"NT${grouped(number)} {word}"
    return f"NT${size:,}"


_CURRENCY = re.compile(r"^(?:新[臺台]幣|NT\$|NTD|TWD|NT|\$)", re.IGNORECASE)
_ENGLISH_MONEY = re.compile(
    r"([\d,]+(?:\.\d+)?)(trillion|billion|million|thousand|bn|m|k)?(?:dollars?|NTD|TWD)?"
)
_ENGLISH_UNITS: Final = {
    "": 1, "thousand": 1000, "k": 1000, "million": 10**6, "m": 10**6, "billion": 10**9, "bn": 10**9,
    "trillion": 10**12,
}  # fmt: skip
_PIECE = re.compile(r"([^兆億萬]*)(兆|億|萬)")
_ARABIC = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?:(\d)千)?(?:(\d)百)?(\d{0,2})")


def parse_money(text: str) -> int:
    """Read an amount in 元: 34億6553萬1000元, 446.53億元, 1140萬元, NT$44.65 billion, 1,234元,
    新臺幣伍仟元整, －3萬元.

    Raises :class:`RocError` when it cannot be read or is no whole number of 元.
    """
    body = plain(text).replace("亿", "億").replace("万", "萬").replace("臺", "台")
    if body.startswith("(") and body.endswith(")"):  # accountants write a minus so
        body = "-" + body[1:-1]
    signed = _CURRENCY.sub("", body)
    negative = signed[:1] in ("-", "負") and signed != ""
    body = _CURRENCY.sub("", signed[1:]) if negative else signed
    body = re.sub(r"[元圓](?:整|正)?$", "", body)
    value = _read_money(body)
    if value is None:
        raise RocError(text, "not an amount of money / 金額無法辨識")
    if value.denominator != 1:
        raise RocError(text, "not whole 元 / 不是整數元")
    return -int(value) if negative else int(value)


def _read_money(body: str) -> Fraction | None:
    if found := _ENGLISH_MONEY.fullmatch(body.lower()):
        number = _arabic(found[1])
        return None if number is None else number * _ENGLISH_UNITS[found[2] or ""]
    total, limit, at, fraction = Fraction(0), Fraction(10**20), 0, False
    for found in _PIECE.finditer(body):
        number = _amount(found[1])
        unit = {"兆": 10**12, "億": 10**8, "萬": 10**4}[found[2]]
        # A part with decimals is the last; each part stays below the unit before it.
        if number is None or fraction or found.start() != at or number * unit >= limit:
            return None
        total, limit, at = total + number * unit, Fraction(unit), found.end()
        fraction = number.denominator != 1
    if at == len(body):
        return total if at else None
    last = _amount(body[at:])
    if last is None or fraction or last >= limit:
        return None
    return total + last


def _amount(text: str) -> Fraction | None:
    """One part between units: Arabic, Chinese, or mixed such as 3千5百."""
    number = _arabic(text)
    if number is not None:
        return number
    if text and (found := _THOUSANDS.fullmatch(text)):
        return Fraction(int(found[1] or 0) * 1000 + int(found[2] or 0) * 100 + int(found[3] or 0))
    chinese = _read_chinese(text)
    return None if chinese is None else Fraction(chinese)


def _arabic(text: str) -> Fraction | None:
    return Fraction(text.replace(",", "")) if _ARABIC.fullmatch(text) else None


# -- counts with their measure words ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit code of part D ("person-time semantics"): the measure word and its English singular and
    plural.
    """

    code: str
    one: str
    many: str

    def word(self, lang: str = "zh", *, singular: bool = False) -> str:
        if lang.startswith("en"):
            return self.one if singular else self.many
        return self.code


UNITS: Final[dict[str, Unit]] = {
    code: Unit(code, one, many)
    for code, one, many in (
        ("件", "case", "cases"),
        ("案", "project", "projects"),
        ("篇", "paper", "papers"),
        ("項", "item", "items"),
        ("項次", "item-occurrence", "item-occurrences"),
        ("人", "person", "people"),
        ("人次", "attendance", "attendances"),
        ("通", "call", "calls"),
        ("次", "time", "times"),
        ("家", "firm", "firms"),
        ("場", "session", "sessions"),
        ("場次", "session", "sessions"),
        ("期", "issue", "issues"),
        ("名", "person", "people"),
        ("台", "machine", "machines"),
        ("處", "site", "sites"),
        ("個", "item", "items"),
        ("類", "class", "classes"),
        ("熱點", "hotspot", "hotspots"),
        ("件次", "inspection", "inspections"),
        ("份", "report", "reports"),
        ("天", "day", "days"),
        ("日", "day", "days"),
        ("個工作天", "working day", "working days"),
        ("小時", "hour", "hours"),
        ("元", "NT$", "NT$"),
        ("億元", "NT$ 100 million", "NT$ 100 million"),
        ("萬元", "NT$ 10 thousand", "NT$ 10 thousand"),
        ("%", "%", "%"),
        ("", "", ""),
    )
}


def measure(
    value: Number, unit: str, lang: str = "zh", *, places: int | None = None, group: bool = True
) -> str:
    """A count with its measure word: 1,043件, "1,043 cases", 94.3%, 446.53億元, "NT$44.653 billion".

    Rounded half-up to ``places`` when given; without, a Decimal keeps its own places. Unknown codes raise
    :class:`RocError`.
    """
    if unit not in UNITS:
        raise RocError(unit, "no such unit / 無此單位")
    number = grouped(value, places)
    if not group:
        number = number.replace(",", "")
    if not lang.startswith("en"):
        return number + unit
    if unit == "%" or not unit:
        return number + unit
    if unit in ("元", "億元", "萬元"):
        return _money_in_english(value, unit, number, places)
    return f"{number} {UNITS[unit].word(lang, singular=abs(Decimal(number.replace(',', ''))) == 1)}"


def _money_in_english(value: Number, unit: str, number: str, places: int | None) -> str:
    sign = "-" if value < 0 else ""
    if unit == "元":
        return f"{sign}NT${number.lstrip('-')}"
    power = {"億元": 8, "萬元": 4}[unit]
    finest = power - (places if places is not None else _places(value))
    size = int(half_up(abs(Fraction(value)) * 10**power))
    for word, ten in (("billion", 9), ("million", 6)):
        # As many decimals as say the same: 446.53億元 is 44.653 billion, not 44.65.
        told = half_up(Decimal(size).scaleb(-ten), max(ten - finest, 0))
        if told >= 1:
            return f"{sign}NT${grouped(told)} {word}"
    return f"{sign}NT${size:,}"


def _places(value: Number) -> int:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -exponent) if isinstance(exponent, int) else 2
