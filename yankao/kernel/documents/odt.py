"""The pieces of an OpenDocument text (ODF-CNS15251), and how they are put together to one file.

The parts are written as XML, not by a library whose templates bring styles of their own and the present
time: the same input gives the same bytes. `Markup` keeps what is XML apart from what is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from markupsafe import Markup

from .zipping import zipped

MIMETYPE = "application/vnd.oasis.opendocument.text"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("style", "style"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"),
        ("svg", "svg-compatible"),
        ("meta", "meta"),
        ("manifest", "manifest"),
    )
)
_OTHERS = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
DECLARATION = Markup('<?xml version="1.0" encoding="UTF-8"?>\n')
SPACES = Markup(f"{_NAMESPACES} {_OTHERS}")  # noqa: S704 - constants


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def paragraph(style: str, content: Markup | str) -> Markup:
    return Markup('<text:p text:style-name="{}">{}</text:p>\n').format(
        style, content if isinstance(content, Markup) else spaced(content)
    )


def titled(level: int, anchor: str, text: str, *, start: int | None = None, style: str = "") -> Markup:
    restart = (
        Markup(' text:restart-numbering="true" text:start-value="{}"').format(start)
        if start is not None
        else ""
    )
    return Markup(
        '<text:h text:style-name="{style}" text:outline-level="{level}"{restart}><text:bookmark '
        'text:name="{anchor}"/>'
        "{text}</text:h>\n"
    ).format(
        style=style or f"Heading_20_{level}", level=level, restart=restart, anchor=anchor, text=spaced(text)
    )


def table_row(cells: Iterable[Markup]) -> Markup:
    return Markup('<table:table-row table:style-name="Row">{}</table:table-row>\n').format(
        joined(
            Markup(
                '<table:table-cell table:style-name="Box" office:value-type="string">{}</table:table-cell>'
            ).format(cell)
            for cell in cells
        )
    )


def spaced(text: str) -> Markup:
    """Text as OpenDocument keeps it: runs of spaces, tabs and line ends would fall together, so they are
    elements.
    """
    written = Markup("")
    for kind, run in groupby(text, key=lambda char: char if char in " \t\n" else ""):
        piece = "".join(run)
        if not kind:
            written += Markup("{}").format(piece)
        elif kind == " ":
            written += Markup(" ") if len(piece) == 1 else Markup('<text:s text:c="{}"/>').format(len(piece))
        else:
            written += Markup("<text:tab/>" if kind == "\t" else "<text:line-break/>") * len(piece)  # noqa: S704
    return written


@dataclass(frozen=True)
class About:
    """What the file says of itself: `dated` stands in the place of a clock; `more` are named properties."""

    title: str
    subject: str
    agency: str
    dated: date
    language: str
    more: tuple[tuple[str, object], ...] = ()


MEDIA = {"svg": "image/svg+xml", "jpeg": "image/jpeg", "png": "image/png"}
"""The pictures a text may hold, by the ending of their name."""


def packed(content: Markup, styles: bytes, about: About, pictures: Mapping[str, str | bytes]) -> bytes:
    """The whole file. `content` is the body's document, `pictures` by name (``Pictures/001.svg``)."""
    drawn = sorted(pictures.items())
    parts = [
        ("mimetype", MIMETYPE.encode()),
        ("META-INF/manifest.xml", _manifest(name for name, _ in drawn)),
        ("content.xml", str(content).encode()),
        ("meta.xml", _meta(about)),
        ("styles.xml", styles),
        *((name, one.encode() if isinstance(one, str) else one) for name, one in drawn),
    ]
    return zipped(parts, first_stored=True)


def document(automatic: Markup, body: Markup) -> Markup:
    """``content.xml`` around a body, with the styles that LibreOffice wants to be automatic."""
    return Markup(
        '{declaration}<office:document-content {spaces} office:version="1.3">'
        "<office:automatic-styles>{styles}"
        "</office:automatic-styles>\n<office:body><office:text>\n{body}</office:text>"
        "</office:body>"
        "</office:document-content>\n"
    ).format(declaration=DECLARATION, spaces=SPACES, styles=automatic, body=body)


def svg_part(drawing: str) -> str:
    """A cleaned drawing as a file of its own."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + drawing


def _meta(about: About) -> bytes:
    stamped = f"{about.dated.isoformat()}T00:00:00"
    named = joined(
        Markup('<meta:user-defined meta:name="{}">{}</meta:user-defined>').format(name, value)
        for name, value in about.more
    )
    return str(
        Markup(
            '{declaration}<office:document-meta {spaces} office:version="1.3"><office:meta>'
            "<meta:generator>yankao</meta:generator><dc:title>{title}</dc:title><dc:subject>{subject}"
            "</dc:subject>"
            "<meta:initial-creator>{agency}</meta:initial-creator><dc:creator>{agency}</dc:creator>"
            "<meta:creation-date>{stamped}</meta:creation-date><dc:date>{stamped}</dc:date>"
            "<dc:language>{language}</dc:language>{named}</office:meta>"
            "</office:document-meta>\n"
        ).format(
            declaration=DECLARATION,
            spaces=SPACES,
            title=about.title,
            subject=about.subject,
            agency=about.agency,
            stamped=stamped,
            language="en-GB" if about.language == "en" else "zh-TW",
            named=named,
        )
    ).encode()


def _manifest(pictures: Iterable[str]) -> bytes:
    entries = [("content.xml", "text/xml"), ("meta.xml", "text/xml"), ("styles.xml", "text/xml")]
    entries += [(name, MEDIA[name.rpartition(".")[2]]) for name in pictures]
    lines = joined(
        Markup('<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>\n').format(*entry)
        for entry in entries
    )
    return str(
        Markup(
            '{}<manifest:manifest {} manifest:version="1.3">\n<manifest:file-entry manifest:full-path="/" '
            'manifest:version="1.3" manifest:media-type="{}"/>\n{}</manifest:manifest>\n'
        ).format(DECLARATION, SPACES, MIMETYPE, lines)
    ).encode()
