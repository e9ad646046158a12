"""Numbers of chapters, headings and items as they are written: 貳拾伍、 一、 (一) 1. (1), and in English
25. 1. 1.2 (1) (a).

Chinese forms follow the writing of official documents; English ones are decimal, since I./(1) would be
read as items.
"""

from __future__ import annotations

from datetime import date

from .model import Chart, Heading, Item, Language, Report, Table

_PLAIN = ("零一二三四五六七八九", "十", "百")
_FORMAL = ("零壹貳參肆伍陸柒捌玖", "拾", "佰")


def chinese(number: int, *, formal: bool = False) -> str:
    """1–999 in Chinese: 二十五, or formal 貳拾伍. Plain ten drops its one (十二); the formal one keeps it
    (壹拾貳).
    """
    if not 1 <= number <= 999:
        raise ValueError(f"Headings are numbered 1 to 999, not {number}.")
    digits, ten, hundred = _FORMAL if formal else _PLAIN
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    written = digits[hundreds] + hundred if hundreds else ""
    if tens:
        written += ten if tens == 1 and not hundreds and not formal else digits[tens] + ten
    elif hundreds and ones:
        written += digits[0]
    return written + (digits[ones] if ones else "")


def chapter_label(number: int, language: Language) -> str:
    """貳拾伍、 or ``25. ``."""
    return f"{number}. " if language == "en" else f"{chinese(number, formal=True)}、"


def heading_label(heading: Heading, language: Language) -> str:
    """一、 (一) 1. by level, or ``1. `` ``1.2 `` ``1.2.3 ``."""
    if language == "en":
        return ".".join(map(str, heading.number)) + (". " if heading.level == 1 else " ")
    last = heading.number[-1]
    return (f"{chinese(last)}、", f"({chinese(last)})", f"{last}.")[heading.level - 1]


def item_label(item: Item, language: Language) -> str:
    """1. and (1), or in English (1) and (a); after z comes (aa)."""
    if language == "en":
        return f"({letters(item.number)})" if item.level == 2 else f"({item.number})"
    return f"({item.number})" if item.level == 2 else f"{item.number}."


def letters(number: int) -> str:
    """a … z, then aa, bb …, as word processors continue."""
    turns, letter = divmod(number - 1, 26)
    return chr(ord("a") + letter) * (turns + 1)


def table_label(number: int, language: Language) -> str:
    """表一 or ``Table 1``; tables are numbered through the report."""
    return f"Table {number}" if language == "en" else f"表{chinese(number)}"


def chart_label(number: int, language: Language) -> str:
    return f"Figure {number}" if language == "en" else f"圖{chinese(number)}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def written_date(day: date, language: Language) -> str:
    """民國101年6月30日, or 30 June 2012. Days before 1912 have no ROC year from 1 up and are written 民前."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    year = day.year - 1911
    return f"{f'民國{year}' if year > 0 else f'民前{1 - year}'}年{day.month}月{day.day}日"


def short_date(day: date, language: Language) -> str:
    """101.6.30, or 2012-06-30: the short forms for tables."""
    return day.isoformat() if language == "en" else f"{day.year - 1911}.{day.month}.{day.day}"


def captions(report: Report) -> dict[str, str]:
    """The label of every table and chart by its id: 表一 …, 圖一 …; the table behind a chart bears the
    chart's label.

    Raises ValueError when two of them share an id, since links and names of files are made from it.
    """
    labels: dict[str, str] = {}
    counted_tables = counted_charts = 0
    for chapter in report.chapters:
        for block in chapter.blocks:
            if isinstance(block, Table):
                counted_tables += 1
                _label(labels, block.id, table_label(counted_tables, report.language))
            elif isinstance(block, Chart):
                counted_charts += 1
                _label(labels, block.id, chart_label(counted_charts, report.language))
                _label(labels, block.data.id, chart_label(counted_charts, report.language))
    return labels


def _label(labels: dict[str, str], key: str, label: str) -> None:
    if key in labels:
        raise ValueError(f"Two tables or charts share the id {key}.")
    labels[key] = label
