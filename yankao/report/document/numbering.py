"""Numbers of chapters, headings and items as they are written: 貳拾伍、 一、 (一) 1. (1), and in English
25. 1. 1.2 (1) (a).

Chinese forms follow the writing of official documents; English ones are decimal, since I./(1) would be
read as items.
"""

from __future__ import annotations

from datetime import date

from yankao.kernel.roc import format_roc, numeral

from .model import Chart, Heading, Item, Language, Report, Table


def chapter_label(number: int, language: Language) -> str:
    """貳拾伍、 or ``25. ``."""
    return f"{number}. " if language == "en" else f"{numeral(number, 'chapter')}、"


def heading_label(heading: Heading, language: Language) -> str:
    """一、 (一) 1. by level, or ``1. `` ``1.2 `` ``1.2.3 ``."""
    if language == "en":
        return ".".join(map(str, heading.number)) + (". " if heading.level == 1 else " ")
    last = heading.number[-1]
    return (f"{numeral(last)}、", f"({numeral(last)})", f"{last}.")[heading.level - 1]


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
    return f"Table {number}" if language == "en" else f"表{numeral(number)}"


def chart_label(number: int, language: Language) -> str:
    return f"Figure {number}" if language == "en" else f"圖{numeral(number)}"


def short_date(day: date, language: Language) -> str:
    """101.06.30, or 2012-06-30: the short forms for tables."""
    return day.isoformat() if language == "en" else format_roc(day, "dot")


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
