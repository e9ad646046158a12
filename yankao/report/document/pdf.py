"""The report as PDF/UA-1 and PDF/A-3a in one file, by typst, with facts.json inside.

`report.typ` is one static template that reads JSON: text of a report is never read as typst markup.
Figures are links to their permalinks, in the text with the words shown and in the appendix also with the
exact value (``#value``). The compiler has no clock and no system fonts of its own: the same report and
fonts give the same bytes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from unicodedata import category

import typst
from django.utils.translation import gettext as _

from .facts_json import render_facts_json
from .model import (
    Block,
    Chart,
    External,
    Fact,
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
    require_printable,
)
from .numbering import captions, chapter_label, heading_label, item_label, short_date
from .svg import clean
from .words import data_label, definition_text, masthead, running_head, span_text, stamp, value_text, words_of

SYSTEM_FONTS = Path("/usr/share/fonts")
STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]
_SERIF = ("Noto Serif CJK TC", "Noto Serif TC", "TW-Sung", "AR PL UMing TW")
_SANS = ("Noto Sans CJK TC", "Noto Sans TC", *_SERIF)
_LACKING = re.compile(r'the text `"(.*?)"` could not be displayed')
"""An archival PDF may not hold a character that no font draws; typst names it."""
_PRIVATE = re.compile(r"codepoint `\"\\u\{([0-9a-f]+)\}\"`")
"""Nor may it hold a character of the private use area, where Taiwan's offices long kept their own (造字)."""
_TEMPLATE = Path(__file__).with_name("report.typ")


class NoChineseFont(RuntimeError):
    """No font for Traditional Chinese was found; the message says where was looked and what to install."""


class PdfRefused(RuntimeError):
    """typst refused to write the PDF; the message carries its reason."""


def font_dirs_from_environment() -> tuple[Path, ...]:
    """Folders of ``YANKAO_FONT_DIRS`` (separated like PATH), or the system's."""
    given = os.environ.get("YANKAO_FONT_DIRS", "")
    return tuple(Path(part) for part in given.split(os.pathsep) if part) or (SYSTEM_FONTS,)


def check_fonts(font_dirs: Sequence[Path] | None = None) -> tuple[str, str]:
    """The serif and sans families a PDF would use. Raises NoChineseFont."""
    return _families(_dirs(font_dirs))


def render_pdf(report: Report, facts: Facts, *, font_dirs: Sequence[Path] | None = None) -> bytes:
    """The whole PDF of a report: contents, chapters, appendix of all figures, facts.json attached.

    `font_dirs` are searched for fonts, with their subfolders; without them see `font_dirs_from_environment`.
    Raises ValueError when a figure has no record, NoChineseFont, or PdfRefused with typst's reason.
    """
    require_printable(report, facts)
    dirs = _dirs(font_dirs)
    inputs = {
        "data": json.dumps(_data(report, facts, _families(dirs)), ensure_ascii=False, sort_keys=True),
        "facts": render_facts_json(report, facts).decode(),
    }
    compiler = typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, font_paths=_fonts(dirs), sys_inputs=inputs)
    try:
        made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=_noon(report))
    except typst.TypstError as error:
        raise PdfRefused(_refusal(error)) from error
    if not isinstance(made, bytes):
        raise PdfRefused(_("PDF無法產製：%(reason)s") % {"reason": "no file"})
    return made


def _refusal(error: typst.TypstError) -> str:
    lacking = _LACKING.search(error.message)
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), lacking[1]) if lacking else ""
    named = _PRIVATE.search(error.message)
    # Whether a font happens to draw it or none does: a character of the private area is refused as such.
    private = chr(int(named[1], 16)) if named else next((c for c in text if category(c) == "Co"), "")
    if private:
        return _(
            "「%(text)s」（U+%(code)s）是造字區之字，永久保存格式不容許，PDF無法產製。請改用正式編碼之字。"
        ) % {"text": private, "code": f"{ord(private):04X}"}
    if lacking:
        return _(
            "沒有字型可以顯示「%(text)s」，PDF無法產製。請改用其他字，或安裝含有該字之字型"
            "（例如套件fonts-cns11643-sung）。"
        ) % {"text": text}
    return _("PDF無法產製：%(reason)s") % {"reason": " ".join([error.message, *error.hints])}


def _noon(report: Report) -> int:
    """Noon in Taipei of the document's date, as seconds since the epoch."""
    return (report.dated.toordinal() - 719163) * 86400 + 4 * 3600


def _dirs(font_dirs: Sequence[Path] | None) -> tuple[Path, ...]:
    return tuple(font_dirs) if font_dirs is not None else font_dirs_from_environment()


@lru_cache(maxsize=4)
def _fonts(dirs: tuple[Path, ...]) -> typst.Fonts:
    """The fonts of the folders; scanning takes tenths of a second, so once per process."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(dirs))


@lru_cache(maxsize=4)
def _families(dirs: tuple[Path, ...]) -> tuple[str, str]:
    found = set(_fonts(dirs).families())
    serif, sans = (next((name for name in wanted if name in found), None) for wanted in (_SERIF, _SANS))
    if serif is None and sans is None:
        raise NoChineseFont(
            _(
                "在%(folders)s找不到繁體中文字型。請安裝套件fonts-noto-cjk，或以YANKAO_FONT_DIRS指定"
                "含有Noto Serif CJK TC及Noto Sans CJK TC之資料夾。"
            )
            % {"folders": "、".join(map(str, dirs))}
        )
    return serif or sans or "", sans or serif or ""


def _data(report: Report, facts: Facts, families: tuple[str, str]) -> dict[str, Any]:
    words = words_of(report.language)
    return {
        "language": report.language,
        "title": report.title,
        "session": report.session,
        "agency": report.agency,
        "period": report.period,
        "running": running_head(report),
        "status": report.status,
        "stamp": stamp(report),
        "notice": report.notice,
        "dated": {"year": report.dated.year, "month": report.dated.month, "day": report.dated.day},
        "masthead": masthead(report),
        "words": asdict(words),
        "fonts": {"serif": families[0], "sans": families[1]},
        "blocks": list(_Flow(report, facts).blocks()),
        "facts": [_appendix_row(record, report) for record in facts.records],
    }


class _Flow:
    """The report as a flat list of what the template can set."""

    def __init__(self, report: Report, facts: Facts) -> None:
        self.report, self.known, self.labels = report, facts.by_id(), captions(report)

    def blocks(self) -> Iterable[dict[str, Any]]:
        for chapter in self.report.chapters:
            text = chapter_label(chapter.number, self.report.language) + chapter.title
            yield {"kind": "heading", "level": 1, "text": text, "anchor": chapter.anchor}
            for listed, run in groupby(chapter.blocks, key=lambda block: isinstance(block, Item)):
                if listed:
                    yield {"kind": "list", "items": self.items([it for it in run if isinstance(it, Item)])}
                else:
                    yield from (self.block(block) for block in run)

    def block(self, block: Block) -> dict[str, Any]:
        match block:
            case Heading():
                text = heading_label(block, self.report.language) + block.text
                return {"kind": "heading", "level": 1 + block.level, "text": text, "anchor": block.anchor}
            case Para(runs):
                return {"kind": "para", "runs": self.runs(runs)}
            case Note(kind, runs):
                tone = "amber" if kind in ("break", "late") else "plain"
                return {"kind": "note", "tone": tone, "runs": self.runs(runs)}
            case Table():
                return self.table(block, self.labels[block.id])
            case Chart():
                label = self.labels[block.id]
                return {
                    "kind": "chart",
                    "svg": clean(block.svg),
                    "sentence": block.sentence,
                    "caption": f"{label}　{block.sentence}",
                    "data": self.table(block.data, data_label(label, self.report.language)),
                }
            case Item():
                return {"kind": "list", "items": self.items([block])}

    def items(self, items: list[Item]) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        for item in items:
            entry = {
                "label": item_label(item, self.report.language),
                "runs": self.runs(item.runs),
                "inner": [],
            }
            (listed[-1]["inner"] if item.level == 2 and listed else listed).append(entry)
        return listed

    def table(self, table: Table, label: str) -> dict[str, Any]:
        words = words_of(self.report.language)
        return {
            "kind": "table",
            "caption": f"{label}　{table.caption}",
            "units": f"{words.units}{words.colon}{table.units}" if table.units else "",
            "header": [self.runs(cell) for cell in table.header],
            "rows": [[self.runs(cell) for cell in row] for row in table.rows],
            "footer": [[self.runs(cell) for cell in row] for row in table.footer],
        }

    def runs(self, runs: Runs) -> list[dict[str, Any]]:
        return [self.run(run) for run in runs]

    def run(self, run: Text | Fact | External) -> dict[str, Any]:
        match run:
            case Text(text, strong):
                return {"kind": "text", "text": text, "strong": strong}
            case Fact(fact_id, display):
                return {"kind": "fact", "text": display, "href": self.report.site + self.known[fact_id].href}
            case External(text, source):
                return {"kind": "external", "text": text, "source": source}


def _appendix_row(record: FactRecord, report: Report) -> dict[str, Any]:
    language, href = report.language, report.site + record.href
    return {
        "label": record.label.in_language(language),
        "concept": record.concept,
        "definition": definition_text(record, report),
        "shown": {"href": href, "text": value_text(record, language)},
        "exact": {"href": f"{href}#value", "text": record.value},
        "span": span_text(record, language),
        "as_of": f"{words_of(language).moment} {short_date(record.as_of, language)}",
        "records": f"{record.records:,}",
        "digest": f"{record.digest:<16.16}",
    }
