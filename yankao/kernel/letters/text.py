"""The text of a letter: a Jinja template written as the letter reads, and the blocks it becomes.

    主旨：{{ trip.case.title }}出國報告已逾期，請於{{ until }}前補交，請查照。
    說明：
    - 依{{ basis }}辦理。
    - 逾期情形如下：
    {{ rows }}

A line ``主旨：`` begins a part (`PARTS`); ``- ``, indented by two more spaces for each level, is numbered
一、（一）1、; ``# `` is a heading; an empty line parts paragraphs; the name of a `Table` or
`Picture` on a line of its own puts it there. Dates are written as the language writes them, ``|money`` and
``|formal`` write 元. What a value holds is text, whatever it looks like: it begins no part, no item and no
line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from django.utils import timezone
from jinja2 import FileSystemLoader, StrictUndefined

from ..roc import english_date, format_money, format_roc, numeral
from ..texts import TextEnvironment
from .declare import Picture, Table

PARTS = (
    "主旨", "說明", "辦法", "依據", "公告事項", "開會事由", "開會時間", "開會地點", "主持人", "聯絡人及電話",
    "出席者", "列席者", "備註",
    "Subject", "Explanation", "Action", "Basis", "Purpose", "Time", "Place", "Chair", "Contact", "Attending",
    "Observing", "Notes",
)  # fmt: skip
_PART = re.compile(rf"({'|'.join(PARTS)})(?:：|: ?)(.*)")
_ITEM = re.compile(r"((?:  )*)- +(.*)")
_TABLE = re.compile("\x02(\\d+)\x03")
_VALUE = "\x01"
"""Stands before every value: a value at the beginning of a line is text and no mark-up."""
_BREAK = "\x1f"
"""A line end inside a value; it stays in its paragraph."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Part:
    """主旨：… A part with its text, which may be empty when items follow."""

    name: str
    text: str


@dataclass(frozen=True)
class Item:
    """一、… with its label as printed."""

    level: int
    label: str
    text: str


@dataclass(frozen=True)
class Para:
    text: str


@dataclass(frozen=True)
class Head:
    text: str


type Block = Part | Item | Para | Head | Table | Picture


def label_of(level: int, number: int, language: str) -> str:
    """一、（一）1、(1) as official documents count; 1. (1) (a) in English."""
    if language == "en":
        return (f"{number}.", f"({number})", f"({chr(96 + min(number, 26))})")[min(level, 3) - 1]
    return (numeral(number, "outline"), numeral(number, "paren"), f"{number}、", f"({number})")[
        min(level, 4) - 1
    ]


def written(day: date | datetime, language: str) -> str:
    """101年7月17日, with 上午9時30分 when it is a moment; 17 July 2012, 09:30 in English."""
    if not isinstance(day, datetime):
        return english_date(day) if language == "en" else format_roc(day, "short")
    local = timezone.localtime(day) if day.tzinfo else day
    if language == "en":
        return f"{english_date(local.date())}, {local:%H:%M}"
    half = "上午" if local.hour < 12 else "下午"
    minutes = f"{local.minute}分" if local.minute else "整"
    hour = local.hour if local.hour <= 12 else local.hour - 12
    return (
        f"{format_roc(local.date(), 'short')}（{'一二三四五六日'[local.weekday()]}）{half}{hour}時{minutes}"
    )


@cache
def _environment(folder: Path, language: str) -> TextEnvironment:
    def finalize(value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, Table | Picture):
            return f"\x02{id(value)}\x03"
        if isinstance(value, date):
            return written(value, language)
        if isinstance(value, Decimal):
            value = f"{value:f}"
        return _VALUE + _CONTROL.sub("", str(value)).replace("\r\n", "\n").replace("\n", _BREAK)

    # No page: a letter is text, and its writers escape for XML and typst.
    env = TextEnvironment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=finalize, autoescape=False,
    )  # fmt: skip
    english = language == "en"
    env.filters["money"] = lambda amount: (
        f"NT${int(amount):,}" if english else f"新臺幣{format_money(amount, 'plain')}"
    )
    env.filters["formal"] = lambda amount: format_money(amount, "formal")
    env.filters["roc"] = lambda day: format_roc(day, "full")
    return env


def rendered(folder: Path, name: str, say: Mapping[str, Any], language: str) -> list[Block]:
    """The blocks of a letter. Raises jinja2's errors for a template that names what nobody said."""
    text = _environment(folder, language).get_template(name).render(say)
    drawn = {id(value): value for value in say.values() if isinstance(value, Table | Picture)}
    return parsed(text, drawn, language)


def parsed(text: str, tables: Mapping[int, Table | Picture], language: str) -> list[Block]:
    """The blocks of a rendered template; neighbouring lines of a paragraph are one."""
    found: list[Block] = []
    counts: list[int] = []
    fresh = True
    for line in text.split("\n"):
        bare = line.strip()
        if not bare.replace(_VALUE, ""):
            fresh = True
            continue
        if table := _TABLE.fullmatch(bare):
            found.append(tables[int(table[1])])
            fresh = True
        elif part := _PART.match(bare):
            found.append(Part(part[1], _clean(part[2])))
            counts, fresh = [], False
        elif item := _ITEM.match(line):
            level = len(item[1]) // 2 + 1
            counts = [*counts[:level], *[0] * (level - len(counts))]
            counts[level - 1] += 1
            found.append(Item(level, label_of(level, counts[level - 1], language), _clean(item[2])))
            fresh = False
        elif bare.startswith("# "):
            found.append(Head(_clean(bare[2:])))
            counts, fresh = [], True
        elif not fresh and found and isinstance(found[-1], Part | Item | Para):
            found[-1] = _joined(found[-1], _clean(bare), language)
        else:
            found.append(Para(_clean(bare)))
            fresh = False
    return _inlined(found)


def _joined(block: Part | Item | Para, more: str, language: str) -> Block:
    """A line that goes on with the one before it."""
    gap = " " if language == "en" and block.text else ""
    text = f"{block.text}{gap}{more}"
    if isinstance(block, Part):
        return Part(block.name, text)
    return Item(block.level, block.label, text) if isinstance(block, Item) else Para(text)


def _inlined(blocks: list[Block]) -> list[Block]:
    """A part of one item alone is not numbered: 說明：依…"""
    found: list[Block] = []
    for at, block in enumerate(blocks):
        before = found[-1] if found else None
        rest = takewhile(lambda one: not isinstance(one, Part | Head), blocks[at + 1 :])
        alone = not any(isinstance(one, Item) for one in rest)
        if isinstance(block, Item) and isinstance(before, Part) and not before.text and alone:
            found[-1] = Part(before.name, block.text)
        else:
            found.append(block)
    return found


def _clean(text: str) -> str:
    return text.replace(_VALUE, "").replace(_BREAK, "\n").strip()
