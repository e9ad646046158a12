"""The report as OpenDocument text (ODF-CNS15251), to be edited further: native outline numbers, lists,
footnotes.

Figures are named user fields inside links to their permalinks, so they survive editing: the field ``<fact
id>`` holds the words shown (``<fact id>#2`` where the same fact is written in another way too), ``<fact
id>#value`` the exact value. The parts are written here as XML, not by odfdo, whose templates bring styles
of their own and the present time; the tests read the file back with odfdo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import groupby

from markupsafe import Markup

from yankao.kernel.documents.odt import (
    About,
    document,
    joined,
    packed,
    paragraph,
    spaced,
    svg_part,
    table_row,
    titled,
)
from yankao.kernel.documents.svg import clean, size

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
from .numbering import captions, chapter_label, heading_label, short_date
from .words import data_label, definition_text, masthead, running_head, span_text, stamp, value_text, words_of

VALUE = "#value"
"""Suffix of the field that holds a fact's exact value."""
_WIDTH = 15.8
"""Width of the text in cm."""
_COUNTING = "一, 二, 三, ..."


def render_odt(report: Report, facts: Facts) -> bytes:
    """The whole ODT: contents, chapters, appendix of all figures. The same report gives the same bytes.

    Raises ValueError when a figure in the text has no record.
    """
    require_printable(report, facts)
    text = _Text(report, facts)
    return packed(text.document(), _styles(report), _about(report), text.pictures)


@dataclass
class _Text:
    report: Report
    facts: Facts
    pictures: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    """Words shown by field name."""
    widths: set[int] = field(default_factory=set)
    """Column widths in use, in hundredths of a centimetre."""
    notes: int = 0
    drawn: int = 0

    def __post_init__(self) -> None:
        self.words = words_of(self.report.language)
        self.known = self.facts.by_id()
        self.labels = captions(self.report)
        self.counted = [0, 0, 0]

    def document(self) -> Markup:
        body = joined([self.head(), self.contents(), *self.chapters(), self.appendix()])
        return document(_automatic(self.widths), self.declarations() + body)

    def declarations(self) -> Markup:
        # Exact values are text, too: an office program would write a number 97.10 back as 97.1.
        exact = ((record.id + VALUE, record.value) for record in self.facts.records if record.value)
        declared = joined(
            Markup(
                '<text:user-field-decl office:value-type="string" office:string-value="{}" text:name="{}"/>\n'
            ).format(text, name)
            for name, text in (*self.fields.items(), *exact)
        )
        return Markup("<text:user-field-decls>\n{}</text:user-field-decls>\n").format(declared)

    def head(self) -> Markup:
        report = self.report
        lines = joined(
            paragraph(
                "Masthead",
                Markup('<text:span text:style-name="Faint">{}{}</text:span>{}').format(
                    name, self.words.colon, text
                ),
            )
            for name, text in masthead(report)
        )
        return joined(
            [
                paragraph("Notice", report.notice) if report.notice else Markup(""),
                paragraph("Kicker", report.session),
                paragraph(
                    "Title",
                    Markup('{} <text:span text:style-name="Stamp">{}</text:span>').format(
                        report.title, stamp(report)
                    ),
                ),
                lines,
            ]
        )

    def contents(self) -> Markup:
        """A native table of contents. Its page numbers come when an office program updates it."""
        entries: list[tuple[int, str, str]] = []
        for chapter in self.report.chapters:
            entries.append(
                (1, chapter_label(chapter.number, self.report.language) + chapter.title, chapter.anchor)
            )
            for block in chapter.blocks:
                if isinstance(block, Heading) and block.level < 3:
                    text = heading_label(block, self.report.language) + block.text
                    entries.append((block.level + 1, text, block.anchor))
        entries.append((1, self.words.appendix, "appendix"))
        lines = joined(
            paragraph(
                f"Contents_20_{level}",
                Markup(
                    '<text:a xlink:type="simple" xlink:href="#{}" text:style-name="Contents_20_Link" '
                    'text:visited-style-name="Contents_20_Link">{}</text:a>'
                ).format(anchor, text),
            )
            for level, text, anchor in entries
        )
        templates = joined(
            Markup(
                '<text:table-of-content-entry-template text:outline-level="{0}" '
                'text:style-name="Contents_20_{0}">'
                "<text:index-entry-link-start/><text:index-entry-chapter/><text:index-entry-text/>"
                '<text:index-entry-tab-stop style:type="right" style:leader-char="."/>'
                "<text:index-entry-page-number/>"
                "<text:index-entry-link-end/></text:table-of-content-entry-template>"
            ).format(level)
            for level in (1, 2, 3)
        )
        return Markup(
            '<text:table-of-content text:protected="true" text:name="Contents"><text:table-of-content-source '
            'text:outline-level="3" text:use-index-marks="false"><text:index-title-template '
            'text:style-name="Contents_20_Heading">{title}</text:index-title-template>{templates}'
            "</text:table-of-content-source>\n<text:index-body>"
            '<text:index-title text:name="Contents_Head">{heading}</text:index-title>\n{lines}'
            "</text:index-body>"
            "</text:table-of-content>\n"
        ).format(
            title=self.words.contents,
            templates=templates,
            heading=paragraph("Contents_20_Heading", self.words.contents),
            lines=lines,
        )

    def chapters(self) -> Iterable[Markup]:
        for chapter in self.report.chapters:
            text = chapter_label(chapter.number, self.report.language) + chapter.title
            self.counted = [0, 0, 0]
            yield titled(1, chapter.anchor, text, style="ChapterStart")
            for listed, run in groupby(chapter.blocks, key=lambda block: isinstance(block, Item)):
                if listed:
                    yield self.items([block for block in run if isinstance(block, Item)])
                else:
                    yield from (self.block(block) for block in run)

    def block(self, block: Block) -> Markup:
        match block:
            case Heading():
                return self.heading(block)
            case Para(runs):
                return paragraph("Body", self.runs(runs))
            case Note(kind, runs):
                return paragraph("NoteAmber" if kind in ("break", "late") else "Note", self.runs(runs))
            case Table():
                return self.table(block, self.labels[block.id])
            case Chart():
                return self.chart(block)
            case Item():
                return self.items([block])

    def heading(self, heading: Heading) -> Markup:
        """A heading numbered by the outline. Where the report skips a number, the heading restarts the
        count at it.
        """
        place, wanted = heading.level - 1, heading.number[-1]
        start = None if self.counted[place] + 1 == wanted else wanted
        self.counted[place] = wanted
        self.counted[place + 1 :] = [0] * (2 - place)
        return titled(1 + heading.level, heading.anchor, heading.text, start=start)

    def items(self, items: list[Item]) -> Markup:
        """A native list; items of the second level go into the item before them."""
        entries: list[tuple[Item, list[Item]]] = []
        for item in items:
            if item.level == 2 and entries:
                entries[-1][1].append(item)
            else:
                entries.append((item, []))
        return Markup('<text:list text:style-name="Items">\n{}</text:list>\n').format(
            joined(self.item(item, inner) for item, inner in entries)
        )

    def item(self, item: Item, inner: list[Item]) -> Markup:
        nested = (
            Markup("<text:list>\n{}</text:list>\n").format(joined(self.item(part, []) for part in inner))
            if inner
            else ""
        )
        return Markup('<text:list-item text:start-value="{}">{}{}</text:list-item>\n').format(
            item.number, paragraph("Item", self.runs(item.runs)), nested
        )

    def runs(self, runs: Runs) -> Markup:
        return joined(self.run(run) for run in runs)

    def run(self, run: Text | Fact | External) -> Markup:
        match run:
            case Text(text, strong):
                escaped = spaced(text)
                return (
                    Markup('<text:span text:style-name="Strong">{}</text:span>').format(escaped)
                    if strong
                    else escaped
                )
            case Fact(fact_id, display):
                return self.figure(self.known[fact_id], self.field_name(fact_id, display), display)
            case External(text, source):
                self.notes += 1
                return Markup(
                    '{text}<text:note text:id="note{number}" text:note-class="footnote">'
                    "<text:note-citation>{number}"
                    "</text:note-citation><text:note-body>{body}</text:note-body></text:note>"
                ).format(
                    text=spaced(text),
                    number=self.notes,
                    body=paragraph("Footnote", f"{self.words.source}{self.words.colon}{source}"),
                )

    def field_name(self, fact_id: str, display: str) -> str:
        """The field of a fact written this way; a field shows one text, so another writing has another
        field.
        """
        name, turn = fact_id, 1
        while self.fields.setdefault(name, display) != display:
            turn += 1
            name = f"{fact_id}#{turn}"
        return name

    def figure(self, record: FactRecord, name: str, shown: str) -> Markup:
        return Markup(
            '<text:a xlink:type="simple" xlink:href="{href}" text:style-name="Figure" '
            'text:visited-style-name="Figure"><text:user-field-get text:name="{name}">{shown}'
            "</text:user-field-get></text:a>"
        ).format(href=self.report.site + record.href, name=name, shown=shown)

    def table(self, table: Table, label: str) -> Markup:
        units = (
            Markup("<text:tab/>{}{}{}").format(self.words.units, self.words.colon, table.units)
            if table.units
            else ""
        )
        caption = paragraph("Caption", Markup("{}　{}{}").format(label, table.caption, units))
        others = len(table.header) - 1
        first = _WIDTH if not others else max(_WIDTH * 1.4 / (1.4 + others), _WIDTH * 0.2)
        widths = [first] + [(_WIDTH - first) / others] * others if others else [first]
        rows = joined(self.row(row, "Cell") for row in table.rows)
        foot = joined(self.row(row, "CellHead") for row in table.footer)
        return caption + self.grid(table.id, widths, self.row(table.header, "CellHead"), rows + foot)

    def grid(self, name: str, widths: list[float], header: Markup, rows: Markup) -> Markup:
        hundredths = [round(width * 100) for width in widths]
        self.widths.update(hundredths)
        columns = joined(
            Markup('<table:table-column table:style-name="Column{}"/>').format(width) for width in hundredths
        )
        return Markup(
            '<table:table table:name="{name}" table:style-name="Grid">{columns}\n'
            "<table:table-header-rows>{header}"
            "</table:table-header-rows>\n{rows}</table:table>\n"
        ).format(name=name, columns=columns, header=header, rows=rows)

    def row(self, row: tuple[Runs, ...], style: str) -> Markup:
        return table_row(
            paragraph(style if column == 0 else f"{style}Right", self.runs(cell))
            for column, cell in enumerate(row)
        )

    def chart(self, chart: Chart) -> Markup:
        self.drawn += 1
        name = f"Pictures/{self.drawn:03}.svg"
        self.pictures[name] = svg_part(clean(chart.svg))
        width, height = size(chart.svg)
        label = self.labels[chart.id]
        picture = Markup(
            '<draw:frame draw:name="{id}" text:anchor-type="as-char" svg:width="{width}cm" '
            'svg:height="{height:.2f}cm">'
            '<draw:image xlink:href="{name}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad" '
            'draw:mime-type="image/svg+xml"/><svg:title>{label}</svg:title><svg:desc>{sentence}'
            "</svg:desc></draw:frame>"
        ).format(
            id=chart.id,
            width=_WIDTH,
            height=_WIDTH * height / width,
            name=name,
            label=label,
            sentence=chart.sentence,
        )
        return joined(
            [
                paragraph("Picture", picture),
                paragraph("Caption", f"{label}　{chart.sentence}"),
                self.table(chart.data, data_label(label, self.report.language)),
            ]
        )

    def appendix(self) -> Markup:
        words = self.words
        names = (words.figure, words.value, words.period_or_moment, words.records, words.digest)
        right = (words.value, words.records)
        header = table_row(
            paragraph("CellHeadRight" if name in right else "CellHead", name) for name in names
        )
        rows = joined(self.appendix_row(record) for record in self.facts.records)
        return joined(
            [
                titled(1, "appendix", words.appendix, style="ChapterStart"),
                paragraph("Body", words.appendix_note),
                self.grid("appendix-facts", _APPENDIX_WIDTHS, header, rows),
            ]
        )

    def appendix_row(self, record: FactRecord) -> Markup:
        language = self.report.language
        display = value_text(record, language)
        values = paragraph("SmallRight", self.figure(record, self.field_name(record.id, display), display))
        if record.value:
            values += paragraph("SmallRight", self.figure(record, record.id + VALUE, record.value))
        name = Markup(
            '<text:span text:style-name="Strong">{}</text:span> <text:span text:style-name="Faint">{}'
            "</text:span>"
        ).format(record.label.in_language(language), record.concept)
        moment = f"{self.words.moment} {short_date(record.as_of, language)}"
        return table_row(
            [
                paragraph("Small", name) + paragraph("Small", definition_text(record, self.report)),
                values,
                paragraph("Small", span_text(record, language)) + paragraph("Small", moment),
                paragraph("SmallRight", f"{record.records:,}"),
                paragraph("Small", record.digest[:8]) + paragraph("Small", record.digest[8:16]),
            ]
        )


_APPENDIX_WIDTHS = [6.0, 3.2, 3.4, 1.6, 1.6]


def _automatic(widths: Iterable[int]) -> Markup:
    """Styles that LibreOffice wants to be automatic: tables, columns, cells, page breaks."""
    columns = joined(
        Markup(
            '<style:style style:name="Column{}" style:family="table-column">'
            '<style:table-column-properties style:column-width="{}cm"/></style:style>\n'
        ).format(width, width / 100)
        for width in sorted(widths)
    )
    return _FIXED + columns


_FIXED = Markup(
    '<style:style style:name="ChapterStart" style:family="paragraph" style:parent-style-name="Heading_20_1">'
    '<style:paragraph-properties fo:break-before="page"/></style:style>\n'
    '<style:style style:name="NoteAmber" style:family="paragraph" style:parent-style-name="Note">'
    '<style:paragraph-properties fo:border-left="0.1cm solid #7a4a00" fo:padding="0.18cm"/></style:style>\n'
    '<style:style style:name="Grid" style:family="table"><style:table-properties style:width="15.8cm" '
    'table:align="left" fo:margin-bottom="0.3cm" table:border-model="collapsing"/></style:style>\n'
    '<style:style style:name="Row" style:family="table-row"><style:table-row-properties '
    'fo:keep-together="always"/>'
    "</style:style>\n"
    '<style:style style:name="Box" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" '
    'fo:border-left="none" fo:border-right="none" fo:border-top="0.02cm solid #7d8c97" '
    'fo:border-bottom="0.02cm solid #7d8c97"/></style:style>\n'
)


def _styles(report: Report) -> bytes:
    english, words = report.language == "en", words_of(report.language)
    template = Markup(files(__package__).joinpath("odt-styles.xml").read_text("utf-8"))  # noqa: S704 - our own file
    return str(
        template.format(
            language="en",
            country="GB" if english else "US",
            indent="0cm" if english else "0.82cm",
            stamp_colour="#0b5471" if report.status == "frozen" else "#7a4a00",
            outline=_outline(english),
            lists=_lists(english),
            running=running_head(report),
            stamp=stamp(report),
            notice=paragraph("HeaderNotice", report.notice) if report.notice else "",
            page_before=words.page[0],
            page_between=words.page[1],
            page_after=words.page[2],
        )
    ).encode()


def _outline(english: bool) -> Markup:
    """Numbers of headings: the chapter's comes from the council's book and is text; below, 一、 (一) 1.
    count natively.
    """
    if english:
        forms = [(2, "1", "", ". ", 1), (3, "1", "", " ", 2), (4, "1", "", " ", 3)]
    else:
        forms = [(2, _COUNTING, "", "、", 1), (3, _COUNTING, "(", ")", 1), (4, "1", "", ".", 1)]
    levels = joined(
        Markup(
            '<text:outline-level-style text:level="{}" style:num-format="{}" style:num-prefix="{}" '
            'style:num-suffix="{}" text:display-levels="{}"><style:list-level-properties '
            'text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment '
            'text:label-followed-by="nothing"/></style:list-level-properties></text:outline-level-style>\n'
        ).format(*form)
        for form in [(1, "", "", "", 1), *forms]
    )
    return Markup('<text:outline-style style:name="Outline">\n{}</text:outline-style>').format(levels)


def _lists(english: bool) -> Markup:
    forms = [(1, "1", "(", ")"), (2, "a", "(", ")")] if english else [(1, "1", "", "."), (2, "1", "(", ")")]
    levels = joined(
        Markup(
            '<text:list-level-style-number text:level="{level}" style:num-format="{form}" '
            'style:num-prefix="{before}" '
            'style:num-suffix="{after}"><style:list-level-properties '
            'text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment '
            'text:label-followed-by="listtab" text:list-tab-stop-position="{left}cm" fo:text-indent="-0.7cm" '
            'fo:margin-left="{left}cm"/></style:list-level-properties></text:list-level-style-number>\n'
        ).format(level=level, form=form, before=before, after=after, left=0.4 + 0.8 * level)
        for level, form, before, after in forms
    )
    return Markup('<text:list-style style:name="Items">\n{}</text:list-style>').format(levels)


def _about(report: Report) -> About:
    more = (("edition", report.edition), ("status", report.status))
    return About(report.title, report.period, report.agency, report.dated, report.language, more)
