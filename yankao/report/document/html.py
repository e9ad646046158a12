"""The report as HTML: the paper for the reading page, and a file of its own for the package of an edition.

Every figure is a real link with its exact value: ``<a class="fig" href data-fact><data value>``. All text
passes through markupsafe's formatting, which escapes; pictures pass through `svg.clean`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import groupby

from markupsafe import Markup

from yankao.kernel.documents.svg import clean

from .model import (
    Block,
    Chapter,
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
from .numbering import captions, chapter_label, heading_label, short_date
from .words import Words, definition_text, masthead, span_text, stamp, value_text, words_of


def render_html(
    report: Report, facts: Facts, *, appendix: bool = False, first_level: int = 1, site: str = ""
) -> str:
    """The paper: one ``<article>``, to be put into a page.

    `first_level` is the level of the report's title; `appendix` adds the list of all figures (追溯附錄);
    `site` is put before the permalinks. Raises ValueError when a figure in the text has no record.
    """
    require_printable(report, facts)
    return str(_Paper(report, facts, first_level, site).article(appendix))


def render_html_file(report: Report, facts: Facts) -> bytes:
    """A stand-alone file with contents and appendix, its style inside, its links to `report.site`; no
    script.
    """
    require_printable(report, facts)
    paper = _Paper(report, facts, 1, report.site)
    css = files(__package__).joinpath("report.css").read_text("utf-8")
    page = Markup(
        '<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>{title}</title>\n<style>\n{css}</style>\n</head>\n<body>\n"
        "{toc}<main>\n{article}</main>\n</body>\n</html>\n"
    ).format(
        lang=paper.words.code,
        title=report.title,
        css=Markup(css),  # noqa: S704 - our own file
        toc=paper.contents(),
        article=paper.article(appendix=True),
    )
    return str(page).encode()


@dataclass
class _Paper:
    report: Report
    facts: Facts
    first_level: int
    site: str
    sources: list[str] = field(default_factory=list)
    """Sources of external numbers in order of first use; their place is their note number."""

    def __post_init__(self) -> None:
        self.words: Words = words_of(self.report.language)
        self.known = self.facts.by_id()
        self.labels = captions(self.report)

    def article(self, appendix: bool) -> Markup:
        self.sources = []
        chapters = _joined(self.chapter(chapter) for chapter in self.report.chapters)
        return Markup(
            '<article class="paper {status}" lang="{lang}">\n{head}{chapters}{sources}{appendix}</article>\n'
        ).format(
            status=self.report.status,
            lang=self.words.code,
            head=self.head(),
            chapters=chapters,
            sources=self.source_notes(),
            appendix=self.appendix() if appendix else "",
        )

    def head(self) -> Markup:
        lines = _joined(
            Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, text)
            for name, text in masthead(self.report)
        )
        notice = Markup('<p class="notice">{}</p>\n').format(self.report.notice) if self.report.notice else ""
        return Markup(
            '{notice}<p class="kicker">{session}</p>\n{title}<dl class="masthead">{lines}</dl>\n'
        ).format(
            notice=notice,
            session=self.report.session,
            title=self.heading(
                0,
                "",
                Markup('{} <span class="stamp">{}</span>').format(self.report.title, stamp(self.report)),
            ),
            lines=lines,
        )

    def heading(self, depth: int, anchor: str, text: Markup | str) -> Markup:
        level = min(self.first_level + depth, 6)
        identity = Markup(' id="{}"').format(anchor) if anchor else ""
        return Markup("<h{level}{identity}>{text}</h{level}>\n").format(
            level=level, identity=identity, text=text
        )

    def chapter(self, chapter: Chapter) -> Markup:
        label = chapter_label(chapter.number, self.report.language)
        parts = [self.heading(1, chapter.anchor, label + chapter.title)]
        for listed, run in groupby(chapter.blocks, key=lambda block: isinstance(block, Item)):
            blocks = list(run)
            if listed:
                parts.append(self.items([block for block in blocks if isinstance(block, Item)]))
            else:
                parts.extend(self.block(block) for block in blocks)
        return Markup('<section class="chapter">\n{}</section>\n').format(_joined(parts))

    def block(self, block: Block) -> Markup:
        match block:
            case Heading():
                label = heading_label(block, self.report.language)
                return self.heading(1 + block.level, block.anchor, label + block.text)
            case Para():
                return Markup("<p>{}</p>\n").format(self.runs(block.runs))
            case Note():
                return Markup('<p class="note {}">{}</p>\n').format(block.kind, self.runs(block.runs))
            case Table():
                return self.table(block)
            case Chart():
                return self.chart(block)
            case Item():
                return self.items([block])

    def items(self, items: list[Item]) -> Markup:
        """Real nested lists; a second-level item without a first-level one before it opens its own list."""
        written, open_items, inner_open = Markup('<ol class="items">\n'), False, False
        for item in items:
            if item.level == 2:
                if not open_items:
                    written += Markup('<li class="bare">')
                    open_items = True
                if not inner_open:
                    written += Markup('\n<ol class="items paren">\n')
                    inner_open = True
                written += Markup('<li value="{}">{}</li>\n').format(item.number, self.runs(item.runs))
                continue
            if inner_open:
                written += Markup("</ol>\n")
            if open_items:
                written += Markup("</li>\n")
            inner_open, open_items = False, True
            written += Markup('<li value="{}">{}').format(item.number, self.runs(item.runs))
        if inner_open:
            written += Markup("</ol>\n")
        return written + Markup("</li>\n</ol>\n")

    def runs(self, runs: Runs) -> Markup:
        return _joined(self.run(run) for run in runs)

    def run(self, run: Text | Fact | External) -> Markup:
        match run:
            case Text(text, strong):
                return Markup("<strong>{}</strong>").format(text) if strong else Markup("{}").format(text)
            case Fact(fact_id, display):
                return self.figure(self.known[fact_id], display)
            case External(text, source):
                if source not in self.sources:
                    self.sources.append(source)
                number = self.sources.index(source) + 1
                return Markup(
                    '<span class="external">{text}<sup><a href="#source-{number}" aria-label="{word}{number}"'
                    ">{number}</a></sup></span>"
                ).format(text=text, number=number, word=self.words.source)

    def figure(self, record: FactRecord, display: str) -> Markup:
        shown = (
            Markup('<data value="{}">{}</data>').format(record.value, display) if record.value else display
        )
        return Markup('<a class="fig" href="{site}{href}" data-fact="{id}">{shown}</a>').format(
            site=self.site, href=record.href, id=record.id, shown=shown
        )

    def table(self, table: Table) -> Markup:
        caption = f"{self.labels[table.id]}　{table.caption}"
        units = (
            Markup('<span class="units">{}{}{}</span>').format(
                self.words.units, self.words.colon, table.units
            )
            if table.units
            else ""
        )
        head = _joined(Markup('<th scope="col">{}</th>').format(self.runs(cell)) for cell in table.header)
        body = _joined(self.row(row) for row in table.rows)
        foot = _joined(self.row(row) for row in table.footer)
        return Markup(
            '<div class="scroll" tabindex="0" role="region" aria-label="{caption}">\n<table id="{id}">\n'
            "<caption>{caption}{units}</caption>\n<thead><tr>{head}</tr></thead>\n"
            "<tbody>\n{body}</tbody>\n{foot}</table>\n</div>\n"
        ).format(
            caption=caption,
            id=table.id,
            units=units,
            head=head,
            body=body,
            foot=Markup("<tfoot>\n{}</tfoot>\n").format(foot) if foot else "",
        )

    def row(self, row: tuple[Runs, ...]) -> Markup:
        cells = _joined(Markup("<td>{}</td>").format(self.runs(cell)) for cell in row[1:])
        return Markup('<tr><th scope="row">{}</th>{}</tr>\n').format(self.runs(row[0]), cells)

    def chart(self, chart: Chart) -> Markup:
        return Markup(
            '<figure id="{id}" class="chart">\n<div role="img" aria-label="{sentence}">{svg}</div>\n'
            "<figcaption>{label}　{sentence}</figcaption>\n"
            '<details class="data"><summary>{show}</summary>\n{table}</details>\n</figure>\n'
        ).format(
            id=chart.id,
            sentence=chart.sentence,
            svg=Markup(clean(chart.svg)),  # noqa: S704 - only listed elements and attributes pass `clean`
            label=self.labels[chart.id],
            show=self.words.show_data,
            table=self.table(chart.data),
        )

    def source_notes(self) -> Markup:
        if not self.sources:
            return Markup("")
        notes = _joined(
            Markup('<li id="source-{}">{}</li>\n').format(number, source)
            for number, source in enumerate(self.sources, 1)
        )
        return Markup('<section class="sources">\n{}<ol>\n{}</ol>\n</section>\n').format(
            self.heading(1, "", self.words.sources), notes
        )

    def appendix(self) -> Markup:
        words = self.words
        head = _joined(
            Markup('<th scope="col">{}</th>').format(name)
            for name in (words.figure, words.value, words.period_or_moment, words.records, words.digest)
        )
        rows = _joined(self.appendix_row(record) for record in self.facts.records)
        return Markup(
            '<section class="appendix">\n{title}<p>{note}</p>\n<div class="scroll" tabindex="0" '
            'role="region" aria-label="{words}"><table>\n'
            "<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n</section>\n"
        ).format(
            title=self.heading(1, "appendix", words.appendix),
            note=words.appendix_note,
            words=words.appendix,
            head=head,
            rows=rows,
        )

    def appendix_row(self, record: FactRecord) -> Markup:
        language = self.report.language
        return Markup(
            '<tr><th scope="row">{label} <code>{concept}</code><br>'
            '<span class="definition">{definition}</span></th>'
            "<td>{figure}</td><td>{span}<br>{moment} {as_of}</td>"
            "<td>{records:,}</td><td><code>{digest}</code></td></tr>\n"
        ).format(
            label=record.label.in_language(language),
            concept=record.concept,
            definition=definition_text(record, self.report),
            figure=self.figure(record, value_text(record, language)),
            span=span_text(record, language),
            moment=self.words.moment,
            as_of=short_date(record.as_of, language),
            records=record.records,
            digest=record.digest[:16],
        )

    def contents(self) -> Markup:
        """Links to the chapters and to the headings of levels 1 and 2."""
        entries = Markup("")
        for chapter in self.report.chapters:
            label = chapter_label(chapter.number, self.report.language)
            inner = _joined(
                Markup('<li class="depth{}"><a href="#{}">{}</a></li>\n').format(
                    block.level, block.anchor, heading_label(block, self.report.language) + block.text
                )
                for block in chapter.blocks
                if isinstance(block, Heading) and block.level < 3
            )
            entries += Markup('<li><a href="#{}">{}</a>\n<ol>\n{}</ol></li>\n').format(
                chapter.anchor, label + chapter.title, inner
            )
        entries += Markup('<li><a href="#appendix">{}</a></li>\n').format(self.words.appendix)
        return Markup('<nav class="toc" aria-label="{0}">\n<p>{0}</p>\n<ol>\n{1}</ol>\n</nav>\n').format(
            self.words.contents, entries
        )


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
