"""The report as PDF/UA-1 and PDF/A-3a in one file, by typst, with facts.json inside.

`report.typ` is one static template that reads JSON: text of a report is never read as typst markup.
Figures are links to their permalinks, in the text with the words shown and in the appendix also with the
exact value (``#value``). The compiler has no clock and no system fonts of its own: the same report and
fonts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from yankao.kernel.documents.pdf import compile_pdf, families
from yankao.kernel.documents.svg import clean

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
from .words import data_label, definition_text, masthead, running_head, span_text, stamp, value_text, words_of

_TEMPLATE = Path(__file__).with_name("report.typ")


def render_pdf(report: Report, facts: Facts, *, font_dirs: Sequence[Path] | None = None) -> bytes:
    """The whole PDF of a report: contents, chapters, appendix of all figures, facts.json attached.

    `font_dirs` are searched for fonts, with their subfolders; without them see `font_dirs_from_environment`.
    Raises ValueError when a figure has no record, NoChineseFont, or PdfRefused with typst's reason.
    """
    require_printable(report, facts)
    data = _data(report, facts, families(font_dirs))
    more = {"facts": render_facts_json(report, facts).decode()}
    return compile_pdf(_TEMPLATE, data, report.dated, more=more, font_dirs=font_dirs)


def _data(report: Report, facts: Facts, fonts: tuple[str, str]) -> dict[str, Any]:
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
        "fonts": {"serif": fonts[0], "sans": fonts[1]},
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
