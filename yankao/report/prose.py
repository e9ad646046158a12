"""The restricted markup of a section's prose, read into blocks.

Allowed are ``<p>``, ``<ol>`` with ``<li>`` (one list may stand inside an item), ``<strong>``, and
``<table data-caption data-units>`` with the usual rows. Numbers come as references in braces and nothing
else:

    {control.programme.items[programme=morakot]}      a figure with its measure word
    {control.programme.items[programme=morakot]|bare} its number alone (in tables that name the unit)
    {rule:control.programme.lag_limit|%}              the value of a rule, with its legal basis as source
    {external:1999|行政院核定簡碼}                     a number from outside, with its source

Anything else is refused with the template's name and the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from .document.model import Block, External, Fact, Item, Para, Run, Runs, Table, Text, block_runs

REFERENCE = re.compile(r"\{([a-z][a-z_0-9]*(?:\.|:)[^{}\n]*)\}")
"""A reference: a dotted figure name, ``rule:`` or ``external:``. Other braces are plain text."""

_INLINE = {"strong"}
_ROWS = {"thead": "header", "tbody": "rows", "tfoot": "footer"}
_NAMES = {"p", "ol", "li", "table", "tr", "th", "td", *_ROWS, *_INLINE}


class ProseError(ValueError):
    """Prose that is no prose of a report: which text, which line, and what is wrong with it."""

    def __init__(self, where: str, line: int, why: str) -> None:
        super().__init__(
            _("%(where)s第%(line)s行：%(why)s") % {"where": where, "line": line, "why": why}
            if line
            else _("%(where)s：%(why)s") % {"where": where, "why": why}
        )
        self.where, self.line, self.why = where, line, why


def references(source: str) -> list[str]:
    """Every reference of a text in order, without its way of showing."""
    return [
        found.partition("|")[0] if not found.startswith("external:") else found
        for found in REFERENCE.findall(source)
    ]


Resolve = Callable[[str], Runs]
"""What a reference stands for; raises LookupError with the sentence to show."""


def blocks_of(source: str, resolve: Resolve, *, where: str, anchor: str, language: str) -> tuple[Block, ...]:
    """The blocks of a section. `anchor` begins the ids of its tables. Raises ProseError."""
    reader = _Reader(source, resolve, where, anchor, language)
    reader.feed(source)
    reader.close()
    return reader.finish()


@dataclass
class _Open:
    """A table being read."""

    caption: str
    units: str
    header: list[Runs] = field(default_factory=list)
    rows: list[tuple[Runs, ...]] = field(default_factory=list)
    footer: list[tuple[Runs, ...]] = field(default_factory=list)
    place: str = "rows"
    row: list[Runs] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, source: str, resolve: Resolve, where: str, anchor: str, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.resolve, self.where, self.anchor = source, resolve, where, anchor
        self.english = language == "en"
        self.blocks: list[Block] = []
        self.open: list[str] = []
        self.runs: list[Run] = []
        self.counts: list[int] = []
        self.items: list[int] = []
        """Places in `blocks` of the items being read: an inner list comes behind the words of its item."""
        self.table: _Open | None = None
        self.tables = 0

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────

    def fail(self, why: str) -> ProseError:
        return ProseError(self.where, self.getpos()[0], why)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        allowed = (
            {"data-caption", "data-units"} if tag == "table" else {"scope"} if tag in ("th", "td") else set()
        )
        if tag not in _NAMES:
            raise self.fail(_("報告內文不得使用<%(tag)s>。") % {"tag": tag})
        if unknown := given.keys() - allowed:
            raise self.fail(_("<%(tag)s>不得有%(name)s屬性。") % {"tag": tag, "name": min(unknown)})
        if not self._fits(tag):
            raise self.fail(
                _("<%(tag)s>不得放在<%(outer)s>內。")
                % {"tag": tag, "outer": self.open[-1] if self.open else "…"}
            )
        if tag == "ol" and self.open and self.open[-1] == "li":
            self._end_item()
        self.open.append(tag)
        match tag:
            case "p" | "th" | "td":
                self.runs = []
            case "ol":
                self.counts.append(0)
            case "li":
                self.counts[-1] += 1
                self.runs = []
                self.items.append(-1)
            case "table":
                if not given.get("data-caption", "").strip():
                    raise self.fail(_("表格須有標題（data-caption）。"))
                self.table = _Open(given["data-caption"].strip(), given.get("data-units", "").strip())
            case "thead" | "tbody" | "tfoot":
                assert self.table
                self.table.place = _ROWS[tag]
            case "tr":
                assert self.table
                self.table.row = []

    def _fits(self, tag: str) -> bool:
        outer = self.open[-1] if self.open else ""
        match tag:
            case "p" | "table":
                return outer == ""
            case "ol":
                return outer == "" or (outer == "li" and len(self.counts) < 2)
            case "li":
                return outer == "ol"
            case "strong":
                return outer in ("p", "li", "td", "th")
            case "thead" | "tbody" | "tfoot":
                return outer == "table"
            case "tr":
                return outer in (*_ROWS, "table")
            case _:
                return outer == "tr"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise self.fail(_("報告內文不得使用<%(tag)s/>。") % {"tag": tag})

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            raise self.fail(_("</%(tag)s>沒有對應的開始標記。") % {"tag": tag})
        self.open.pop()
        match tag:
            case "p":
                if runs := self._taken():
                    self.blocks.append(Para(runs))
            case "li":
                self._end_item()
                self.items.pop()
            case "ol":
                self.counts.pop()
            case "td" | "th":
                assert self.table
                self.table.row.append(self._taken())
            case "tr":
                self._end_row()
            case "table":
                self._end_table()

    def _end_item(self) -> None:
        if self.items[-1] >= 0:
            if self._taken():
                raise self.fail(_("子項之後不得再有文字。"))
            return
        runs = self._taken()
        if not runs:
            raise self.fail(_("項目沒有文字。"))
        self.items[-1] = len(self.blocks)
        self.blocks.append(Item(2 if len(self.counts) > 1 else 1, self.counts[-1], runs))

    def _end_row(self) -> None:
        table = self.table
        assert table
        if table.place == "header" or (not table.header and not table.rows):
            table.header = table.row
        elif table.place == "footer":
            table.footer.append(tuple(table.row))
        else:
            table.rows.append(tuple(table.row))

    def _end_table(self) -> None:
        assert self.table
        table, self.table = self.table, None
        self.tables += 1
        try:
            made = Table(
                f"{self.anchor}-t{self.tables}",
                table.caption,
                tuple(table.header),
                tuple(table.rows),
                tuple(table.footer),
                table.units,
            )
        except ValueError:
            raise self.fail(_("表格每列的格數須與表頭相同。")) from None
        self.blocks.append(made)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("p", "li", "td", "th", "strong"):
            if data.strip():
                raise self.fail(_("文字「%(text)s」須放在段落、項目或表格內。") % {"text": data.strip()[:20]})
            return
        strong = "strong" in self.open
        at = 0
        for found in REFERENCE.finditer(data):
            self._text(data[at : found.start()], strong)
            try:
                self.runs.extend(self.resolve(found[1]))
            except LookupError as missing:
                raise self.fail(str(missing.args[0] if missing.args else missing)) from None
            at = found.end()
        self._text(data[at:], strong)

    def _text(self, text: str, strong: bool) -> None:
        # A line break of the source is a space between words and nothing between Han characters.
        text = re.sub(r"\s*\n\s*", " " if self.english else "", text)
        text = re.sub(r"[ \t\r\f]+", " ", text)
        if text:
            self.runs.append(Text(text, strong))

    def handle_comment(self, data: str) -> None:
        raise self.fail(_("報告內文不得有註解。"))

    def handle_decl(self, decl: str) -> None:
        raise self.fail(_("報告內文不得有宣告。"))

    def unknown_decl(self, data: str) -> None:
        raise self.fail(_("報告內文不得有宣告。"))

    def handle_pi(self, data: str) -> None:
        raise self.fail(_("報告內文不得有宣告。"))

    def _taken(self) -> Runs:
        """The runs read so far, joined and trimmed at both ends."""
        runs, self.runs = _joined(self.runs), []
        if runs and isinstance(runs[0], Text):
            runs[0] = Text(runs[0].text.lstrip(), runs[0].strong)
        if runs and isinstance(runs[-1], Text):
            runs[-1] = Text(runs[-1].text.rstrip(), runs[-1].strong)
        return tuple(run for run in runs if not isinstance(run, Text) or run.text)

    def finish(self) -> tuple[Block, ...]:
        if self.open:
            raise self.fail(_("<%(tag)s>沒有結束。") % {"tag": self.open[-1]})
        return tuple(self.blocks)


def _joined(runs: Iterable[Run]) -> list[Run]:
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if isinstance(run, Text) and isinstance(last, Text) and last.strong == run.strong:
            found[-1] = Text(re.sub(r" {2,}", " ", last.text + run.text), run.strong)
        else:
            found.append(run)
    return found


def external(body: str) -> External:
    """``text|source`` of an external number. Raises LookupError when the source is missing."""
    text, _sep, source = body.partition("|")
    if not text.strip() or not source.strip():
        raise LookupError(_("外部數字須註明來源：{external:數字|來源}。"))
    return External(text.strip(), source.strip())


def facts_in(blocks: Iterable[Block]) -> list[str]:
    """The fact ids used in some blocks, each once, in reading order."""
    found = (
        run.fact_id for block in blocks for runs in block_runs(block) for run in runs if isinstance(run, Fact)
    )
    return list(dict.fromkeys(found))
