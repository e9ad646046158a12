"""A letter as OpenDocument text, to be edited and sent on (ODF-CNS15251)."""

from __future__ import annotations

from importlib.resources import files

from markupsafe import Markup

from ..documents.odt import (
    MEDIA,
    About,
    document,
    joined,
    packed,
    paragraph,
    svg_part,
    table_row,
    titled,
)
from .declare import Picture, Table
from .kinds import Kind
from .paper import Paper, grid
from .text import Head, Item, Para, Part

WIDE = 7
"""A table of more columns than this lies across the page."""


def across(made: Paper) -> bool:
    """Whether the page lies on its side."""
    return any(isinstance(block, Table) and len(block.columns) > WIDE for block in made.blocks)


def render_odt(made: Paper) -> bytes:
    """The file; the same letter gives the same bytes."""
    width = 24.7 if across(made) else 16.0
    widths: set[int] = set()
    pictures: dict[str, str | bytes] = {}
    parts = [paragraph("Draft", made.draft)] if made.draft else []
    if made.kind not in (Kind.LETTER, Kind.MEETING):
        parts.append(paragraph("Agency", made.agency))
    parts.append(titled(1, "title", made.title))
    parts += [paragraph("Corner", f"{name}{made.colon}{text}") for name, text in made.corner]
    for at, (name, text) in enumerate(made.fields):
        receiver = at == 0 and made.kind in (Kind.LETTER, Kind.MEETING)
        parts.append(paragraph("Receiver" if receiver else "Field", f"{name}{made.colon}{text}"))
    for number, block in enumerate(made.blocks, 1):
        if isinstance(block, Picture):
            parts += _picture(block, number, pictures)
        else:
            parts.append(_block(block, made, number, width, widths))
    parts += [paragraph("Foot", f"{name}{made.colon}{text}") for name, text in made.foot]
    if made.signer:
        parts.append(paragraph("Signer", made.signer))
    if made.kind == Kind.CERTIFICATE:
        parts.append(paragraph("Day", made.date_line))
    if made.check:
        pictures["Pictures/001.svg"] = svg_part(made.check.svg)
        parts.append(paragraph("Picture", _QR.format(made.check_lines[-1])))
    parts += [paragraph("Small", line) for line in made.check_lines]
    about = About(made.title, made.number, made.agency, made.dated, made.language)
    return packed(document(_automatic(widths, width), joined(parts)), _styles(made), about, pictures)


def _block(block: object, made: Paper, number: int, width: float, widths: set[int]) -> Markup:
    match block:
        case Part(name, text):
            return paragraph("Part", f"{name}{made.colon}{text}")
        case Item(level, label, text):
            return paragraph(f"Item{min(level, 3)}", f"{label}{text}")
        case Head(text):
            return titled(2, f"part{number}", text)
        case Para(text):
            return paragraph("Body", text)
        case Table():
            return _table(block, made, number, width, widths)
    raise TypeError(f"A letter cannot hold {block!r}.")


def _picture(one: Picture, number: int, pictures: dict[str, str | bytes]) -> list[Markup]:
    """The picture as a file beside the text, as wide as it says and as high as its own shape."""
    name = f"Pictures/{number + 1:03}.{one.kind}"
    pictures[name] = svg_part(one.data.decode()) if one.kind == "svg" else one.data
    wide, high = one.size
    frame = _FRAME.format(
        name=f"picture{number}", width=one.width, height=round(one.width * high / wide, 2), place=name,
        media=MEDIA[one.kind], alt=one.alt,
    )  # fmt: skip
    return [paragraph("Picture", frame), *([paragraph("Caption", str(one.caption))] if one.caption else [])]


def _table(table: Table, made: Paper, number: int, width: float, widths: set[int]) -> Markup:
    one = grid(table, made.language)
    shares = sum(one.widths)
    hundredths = [round(width * share / shares * 100) for share in one.widths]
    widths.update(hundredths)
    columns = joined(
        Markup('<table:table-column table:style-name="Column{}"/>').format(part) for part in hundredths
    )
    ways = ["CellRight" if kind in ("number", "money") else "Cell" for kind in one.kinds]
    rows = [*one.rows, *([one.total] if one.total else [])]
    body = joined(
        table_row(paragraph(way, words) for way, words in zip(ways, row, strict=True)) for row in rows
    )
    caption = paragraph("Caption", one.caption) if one.caption else Markup("")
    return caption + Markup(
        '<table:table table:name="table{number}" table:style-name="Grid">{columns}\n'
        "<table:table-header-rows>{header}</table:table-header-rows>\n{body}</table:table>\n"
    ).format(
        number=number,
        columns=columns,
        header=table_row(paragraph("CellHead", words) for words in one.header),
        body=body,
    )


_FRAME = Markup(
    '<draw:frame draw:name="{name}" text:anchor-type="as-char" svg:width="{width}cm" svg:height="{height}cm">'
    '<draw:image xlink:href="{place}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad" '
    'draw:mime-type="{media}"/><svg:title>{alt}</svg:title><svg:desc>{alt}</svg:desc></draw:frame>'
)
_QR = Markup(
    '<draw:frame draw:name="QR" text:anchor-type="as-char" svg:width="2.6cm" svg:height="2.6cm">'
    '<draw:image xlink:href="Pictures/001.svg" xlink:type="simple" xlink:show="embed" '
    'xlink:actuate="onLoad" draw:mime-type="image/svg+xml"/><svg:title>QR</svg:title><svg:desc>{}</svg:desc>'
    "</draw:frame>"
)


def _automatic(widths: set[int], width: float) -> Markup:
    columns = joined(
        Markup(
            '<style:style style:name="Column{}" style:family="table-column">'
            '<style:table-column-properties style:column-width="{}cm"/></style:style>\n'
        ).format(one, one / 100)
        for one in sorted(widths)
    )
    return _FIXED.format(width=width) + columns


_FIXED = Markup(
    '<style:style style:name="Grid" style:family="table"><style:table-properties style:width="{width}cm" '
    'table:align="left" fo:margin-top="0.15cm" fo:margin-bottom="0.3cm" '
    'table:border-model="collapsing"/></style:style>\n'
    '<style:style style:name="Row" style:family="table-row"><style:table-row-properties '
    'fo:keep-together="always"/></style:style>\n'
    '<style:style style:name="Box" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" '
    'fo:border="0.02cm solid #000000"/></style:style>\n'
)


def _styles(made: Paper) -> bytes:
    english, lying = made.language == "en", across(made)
    official = made.kind in (Kind.LETTER, Kind.MEETING)
    certificate = made.kind == Kind.CERTIFICATE
    before, between, after = made.page
    footer = Markup("") if certificate else Markup(
        '<style:footer><text:p text:style-name="Footer">{}<text:page-number text:select-page="current">1'
        "</text:page-number>{}<text:page-count>1</text:page-count>{}</text:p></style:footer>"
    ).format(before, between, after)  # fmt: skip
    template = Markup(files(__package__).joinpath("letter-styles.xml").read_text("utf-8"))  # noqa: S704 - our own
    return str(
        template.format(
            language="en",
            country="GB" if english else "US",
            agency_size="20pt" if certificate else "16pt",
            title_size="34pt" if certificate else "20pt" if official else "18pt",
            title_after="0.8cm" if certificate else "0.4cm",
            title_spacing="0.5cm" if certificate and not english else "0cm",
            head_align="center" if certificate else "start",
            head_after="0.6cm" if certificate else "0.1cm",
            head_size="28pt" if certificate else "14pt",
            head_weight="normal" if certificate else "bold",
            corner_left="9cm",
            field_align="end" if not official else "start",
            part_left="0.1cm" if english else "1.7cm",
            body_size="12pt" if english else "16pt",
            para_size="20pt" if certificate else "12pt",
            body_line="160%" if certificate else "130%",
            body_align="justify",
            item1_left="1.0cm" if english else "1.7cm",
            item1_hang="1.0cm" if english else "1.13cm",
            item2_left="2.0cm" if english else "3.4cm",
            item2_hang="1.0cm" if english else "1.7cm",
            item3_left="3.0cm" if english else "4.2cm",
            item3_hang="1.0cm" if english else "0.85cm",
            signer_align="center" if certificate else "start",
            cell_size="10pt" if lying else "11pt",
            page_width="29.7cm" if lying else "21cm",
            page_height="21cm" if lying else "29.7cm",
            orientation="landscape" if lying else "portrait",
            footer=footer,
        )
    ).encode()
