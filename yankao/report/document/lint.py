"""The linter of untraced numbers (未經追溯之數字), and of figures whose words do not say their value.

A number in a report is a figure with records behind it or an external number with a source. What is
neither is found here: digits of every script and width, Chinese numerals before a measure word, and a
unit such as 萬 that follows a figure and so multiplies it. Dates, periods, ordinals, articles of law and
designations are no counts; each pattern that lets them pass says why.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from yankao.kernel.roc import UNITS, RocError, parse_money

from .model import (
    Chart,
    FactRecord,
    Facts,
    Heading,
    Item,
    Note,
    Para,
    Report,
    Runs,
    Table,
    Text,
    fact_runs,
)
from .numbering import captions, chapter_label, heading_label, item_label


@dataclass(frozen=True, slots=True)
class Finding:
    """A number without a trace: where it stands, the number, the words around it, and what kind of
    finding it is.
    """

    place: str
    number: str
    context: str
    kind: Literal["untraced", "untrue", "unrecorded"]


_GAP = "\ufffc"
"""Stands for a figure or external number in the joined text, so that words on both sides are not read
together.
"""
_HAN = "〇零一二三四五六七八九十百千萬億兩廿卅壹貳參肆伍陸柒捌玖拾佰仟"
_MEASURES = (
    "人次|件次|場次|車次|億|萬|件|案|篇|項|人|次|通|家|場|期|名|台|臺|處|元|戶|座|本|份"
    "|公里|公頃|公尺|小時|分鐘|%|％"
)
# 處 is a measure word only where it does not begin 處理, 處分, 處置, 處所, 處長; 期 not in 期間, 期限,
# 期末, 期中, 期程; 次 and 人 not in 次長, 次要, 人員, 人民, 人士, which are words of their own.
_NOT = r"(?!(?<=處)[理分置所長罰])(?!(?<=期)[間限末中程盼望])(?!(?<=次)[長要級])(?!(?<=人)[員民士工力才事])"
# 統一 單一 同一 唯一 任一 每一 逐一 劃一 擇一 專一 合一 萬一 最近一 say "one" as a word, not as a count.
_ONE = r"(?<![統單同唯任每逐劃擇專合其之第週周期近])"

NUMBER = re.compile(
    rf"""
      \d(?:[\d,.，．]*\d)?           # digits of any script and width, with separators
    | 百分之[{_HAN}點]+          # a percentage in words
    | {_ONE}[{_HAN}]+(?:點[{_HAN}]+)?(?:餘|多)?(?:{_MEASURES}){_NOT}
    | (?<={_GAP})[十百千萬億兆]      # multiplies the figure before it
    """,
    re.VERBOSE,
)
_YEAR = r"(?:民國\s?\d{1,3}|(?<!\d)(?:[4-9]\d|1\d\d|19\d\d|20\d\d))"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_LINK = r"\s*(?:至|到|–|-|—|~|～|、|及|和|與|or|and|to)\s*"

ALLOWED = tuple(
    re.compile(pattern)
    for pattern in (
        # A ROC or common-era year, and a date from it: 101年, 民國101年度, 2012年6月30日. A span of years
        # below 40 is a duration (3年) and stays a finding.
        rf"{_YEAR}\s?(?:學?年度?|年)(?:\s?\d{{1,2}}\s?月(?:份|底|初|中)?(?:\s?\d{{1,2}}\s?日)?)?",
        # Months and days that belong to a year named before: 1月至6月, 6月30日, 至30日. 「6個月」 is a
        # duration.
        # 「3月內」 is a duration, too.
        r"(?<!\d)(?:1[0-2]|0?[1-9])\s?月(?!以?內)(?:份|底|初|中)?(?:\s?(?:[12]\d|3[01]|0?[1-9])\s?日)?",
        r"(?<=[至到、及～])(?:[12]\d|3[01]|0?[1-9])日",
        # Written dates with marks: 101.6.30, 101/06/30, 2012-06-30; the marks must agree and month and
        # day exist.
        r"(?<![\d.])(?:[4-9]\d|1\d\d|19\d\d|20\d\d)([./-])(?:1[0-2]|0?[1-9])\1(?:[12]\d|3[01]|0?[1-9])(?![\d.])",
        # A chain of ROC years: 98、99及100年; only the last one bears the 年.
        rf"(?:(?<!\d)(?:[4-9]\d|1\d\d){_LINK})+(?:[4-9]\d|1\d\d)年",
        # Periods in the platform's own spelling: 101H1, 101Q2, 2012H1.
        r"(?<!\d)(?:\d{2,3}|(?:19|20)\d\d)[HQ][1-4](?!\d)",
        # A time of day: 14:30. It tells when, not how many.
        r"(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)",
        # Ordinals of sessions, seasons, versions, articles: they order, they do not count. 「第3名」 is a
        # claim and stays a finding.
        rf"第\s?(?:\d+|[{_HAN}]+)\s?(?:之\d+\s?)?"
        r"(?:屆|次|期|季|版|號|條|項|款|目|點|章|節|階段|週|審|類|級)(?:之\d+)?",
        # Articles of law: §168, 第170條之1, Article 12(3), Art. 5, section 4, paragraph 2, point 7.
        r"§{1,2}\s?\d+(?:[-–]\d+)?",
        r"(?<![A-Za-z])(?:[Aa]rticles?|[Aa]rt\.|[Ss]ections?|[Pp]aragraphs?|[Pp]oints?|[Cc]hapters?)\s\d+(?:\(\d+\)|[.-]\d+)*",
        # Numbers of official documents (字第10130674800號): they name a paper.
        r"字第\d{7,12}號",
        # Labels of our own tables, pictures and annexes: 表1, 圖2, 附件3, Table 1, Figure 2.
        r"(?:表|圖|附件|附表|附錄)\s?\d+(?:-\d+)?(?!\d)",
        r"(?<![A-Za-z])(?:Table|Figure|Annex|Appendix)\s\d+",
        # Standards by name: ISO 27001, ISO/IEC 27001:2013, CNS 15251.
        r"(?<![A-Za-z])(?:ISO(?:/IEC)?|IEC|CNS|RFC|WCAG|ODF-CNS)\s?\d+(?:[.:-]\d+)*",
        # A designation: letters that run into digits, IPv6, H1N1, PDF/A-3, A4. Currency signs are no
        # designation.
        r"(?<![A-Za-z])(?!NTD?\d|NT\$|USD|TWD)[A-Za-z]+(?:/[A-Za-z]+)?-?\d+(?:[A-Za-z]+\d*)*(?![\d,.%])",
        # English dates: 30 June 2012, June 30, 2012, January to June 2012, FY 2012, ROC 101.
        rf"(?<![\d,.])(?:[12]\d|3[01]|0?[1-9])\s{_MONTH}(?:\s(?:19|20)\d\d)?",
        rf"{_MONTH}(?:\s(?:[12]\d|3[01]|[1-9]),)?\s(?:19|20)\d\d",
        r"(?<![A-Za-z])(?:FY\s?(?:19|20)\d\d|ROC\s(?:year\s)?\d{2,3})(?!\d)",
        # A bare year after a word of time and not before a plural noun, so that 「in 2012 cases」 stays a
        # finding.
        r"(?<![A-Za-z])(?:in|of|since|by|from|to|until|during|and|for|year|mid)[\s-](?:19|20)\d\d(?![\d,.]*\d)(?!\s[a-z]+s(?![a-z]))",
        # English ordinals: 1st term, 4th session.
        r"(?<![\d,.])\d+(?:st|nd|rd|th)(?![a-z])",
    )
)


def untraced_numbers(report: Report, *, names: Collection[str] = ()) -> list[Finding]:
    """Every number in the report's prose, headings and captions that is no figure, no external number and
    no date.

    `names` are designations with digits that the agency uses, such as the number of the city's hotline;
    whole words only.
    """
    found: list[Finding] = []
    for place, text in _places(report):
        found += [
            Finding(place, number, _context(text, start, end), "untraced")
            for number, start, end in numbers_in(text, names=names)
        ]
    return found


def numbers_in(text: str, *, names: Collection[str] = ()) -> Iterator[tuple[str, int, int]]:
    """(number, start, end) of every untraced number in a text, in order."""
    free = [match.span() for pattern in (*ALLOWED, *_named(names)) for match in pattern.finditer(text)]
    for match in NUMBER.finditer(text):
        start, end = match.span()
        if not any(left <= start and end <= right for left, right in free):
            yield match[0], start, end


def untrue_displays(report: Report, facts: Facts) -> list[Finding]:
    """Figures whose words, read back, do not give their record's value at the precision shown, or cannot
    be read.
    """
    known = facts.by_id()
    found = []
    for run in fact_runs(report):
        record = known.get(run.fact_id)
        if record is None:
            found.append(Finding(run.fact_id, run.display, run.display, "unrecorded"))
        elif record.value and not says(run.display, record):
            found.append(Finding(run.fact_id, run.display, f"{run.display} ≠ {record.value}", "untrue"))
    return found


_SHOWN = re.compile(
    r"(?:NT\$|約)?(?P<number>[-−]?[\d,]+(?:\.\d+)?)\s?(?P<unit>兆|億|萬|千|百萬|billion|million|thousand)?元?[%％]?"
)
_UNITS = {
    "": 0,
    "千": 3,
    "萬": 4,
    "百萬": 6,
    "億": 8,
    "兆": 12,
    "thousand": 3,
    "million": 6,
    "billion": 9,
}


_SCALES = {"億元": 8, "萬元": 4}
"""Units of a record that are themselves so many 元."""


def says(display: str, record: FactRecord) -> bool:
    """Whether the words, their measure word taken off, are the record's value rounded to the digits shown."""
    value = Decimal(record.value)
    scale = _SCALES.get(record.unit.zh, 0)
    text = display.strip()
    one = UNITS[record.unit.zh].one if record.unit.zh in UNITS else ""
    for unit in (record.unit.zh, record.unit.en, one):
        text = text.removesuffix(unit).strip() if unit and unit not in ("元", "NT$") else text
    shown = _SHOWN.fullmatch(text)
    try:
        if not shown:
            return Decimal(parse_money(text)) == value.scaleb(scale)
        digits = shown["number"].replace(",", "").replace("−", "-")
        power = _UNITS[shown["unit"] or ""]
        places = len(digits.partition(".")[2])
        if power and scale:
            value = value.scaleb(scale)
        return abs(Decimal(digits).scaleb(power) - value) * 2 <= Decimal(1).scaleb(power - places) and (
            power > 0 or places >= record.decimals or Decimal(digits) == value
        )
    except (RocError, InvalidOperation):
        return False


def _named(names: Collection[str]) -> Iterable[re.Pattern[str]]:
    return (re.compile(rf"(?<![\d,.]){re.escape(name)}(?![\d,.]*\d)") for name in names)


def _context(text: str, start: int, end: int) -> str:
    return text[max(0, start - 12) : end + 12].replace(_GAP, "…")


def _places(report: Report) -> Iterator[tuple[str, str]]:
    """(place, text) of everything that is read as prose; runs of one passage joined, figures cut out."""
    language, labels = report.language, captions(report)
    for chapter in report.chapters:
        path = [chapter_label(chapter.number, language).strip()]
        yield path[0], chapter.title
        place = path[0]
        for block in chapter.blocks:
            if isinstance(block, Heading):
                path[block.level :] = [heading_label(block, language).strip()]
                place = " ".join(path)
                yield place, block.text
            for where, text in _texts(block, labels, report):
                yield f"{place} {where}".strip(), text


def _texts(block: object, labels: dict[str, str], report: Report) -> Iterator[tuple[str, str]]:
    match block:
        case Para(runs) | Note(runs=runs):
            yield "", _joined(runs)
        case Item():
            yield item_label(block, report.language), _joined(block.runs)
        case Table():
            yield labels[block.id], block.caption
            for row in (block.header, *block.rows, *block.footer):
                yield from ((labels[block.id], _joined(cell)) for cell in row)
        case Chart():
            yield labels[block.id], block.sentence
            yield from _texts(block.data, labels, report)


def _joined(runs: Runs) -> str:
    return "".join(run.text if isinstance(run, Text) else _GAP for run in runs)
