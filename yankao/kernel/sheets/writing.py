"""The one writer of tables: every export of the platform goes through here, formulas never do."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .guard import guarded

Cell = str | int | float | Decimal | date | datetime | bool | Promise | None

TAIPEI = ZoneInfo("Asia/Taipei")
PIECE = 2**16

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile(r"  |^ | $|[\t\n\r]")
_SPACES = re.compile(r"^ +| +$| {2,}")


def _local(moment: datetime) -> datetime:
    return moment.astimezone(TAIPEI).replace(tzinfo=None) if moment.tzinfo else moment


def shown(cell: Cell) -> str:
    """The cell as text: dates ISO, times of Taipei to the minute or second, booleans 是 and 否."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return _("是") if cell else _("否")
    if isinstance(cell, datetime):
        return _local(cell).isoformat(" ", "seconds").removesuffix(":00")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return str(cell)


def write_csv(header: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with a mark (Excel needs it), CRLF, text that could run as a formula guarded (R14).

    Pieces of about 64 KB, so that an export of any length can be streamed.
    """
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow([guarded(shown(cell)) for cell in header])
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else _safe(cell) for cell in row])
        if buffer.tell() > PIECE:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _safe(cell: Cell) -> str:
    text = shown(cell)
    return text if isinstance(cell, (int, float, Decimal, date)) else guarded(text)


def _paragraphs(text: str) -> str:
    """Text as ODF paragraphs; ODF folds white space, so runs of it are written as elements."""
    text = _NOT_XML.sub("�", text)
    if not _SPECIAL.search(text):
        return f"<text:p>{escape(text)}</text:p>"
    text = escape(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (
        _SPACES.sub(lambda run: f'<text:s text:c="{len(run[0])}"/>', line).replace("\t", "<text:tab/>")
        for line in text.split("\n")
    )
    return "".join(f"<text:p>{line}</text:p>" for line in lines)


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        return (
            f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(cell).lower()}">'
            f"<text:p>{shown(cell)}</text:p></table:table-cell>"
        )
    if isinstance(cell, (int, float, Decimal)) and _finite(cell):
        text = shown(cell)
        return (
            f'<table:table-cell office:value-type="float" office:value="{text}">'
            f"<text:p>{text}</text:p></table:table-cell>"
        )
    if isinstance(cell, date):
        style, value = "D", shown(cell)
        if isinstance(cell, datetime):
            style, value = "T", _local(cell).isoformat("T", "seconds")
        return (
            f'<table:table-cell table:style-name="{style}" office:value-type="date" '
            f'office:date-value="{value}"><text:p>'
            f"{shown(cell)}</text:p></table:table-cell>"
        )
    return f'<table:table-cell office:value-type="string">{_paragraphs(shown(cell))}</table:table-cell>'


def _finite(cell: int | float | Decimal) -> bool:
    return isinstance(cell, int) or (cell == cell and abs(cell) != float("inf"))


_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("number", "datastyle"),
        ("fo", "xsl-fo-compatible"),
        ("meta", "meta"),
        ("manifest", "manifest"),
    )
)
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DAY = (
    '<number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/>'
    '<number:text>-</number:text><number:day number:style="long"/>'
)
_TIME = (
    '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/>'
)
_STYLES = (
    "<office:automatic-styles>"
    f'<number:date-style style:name="ND">{_DAY}</number:date-style>'
    f'<number:date-style style:name="NT">{_DAY}{_TIME}</number:date-style>'
    '<style:style style:name="D" style:family="table-cell" style:data-style-name="ND"/>'
    '<style:style style:name="T" style:family="table-cell" style:data-style-name="NT"/>'
    '<style:style style:name="H" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="C" style:family="table-column">'
    '<style:table-column-properties style:use-optimal-column-width="true"/></style:style>'
    "</office:automatic-styles>"
)
_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = (
    f'{_PROLOGUE}<manifest:manifest {_NAMESPACES} manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{_MIMETYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def _table_name(title: str) -> str:
    """A name every spreadsheet program takes: 31 characters without []*?:/\\ and without quotation marks."""
    return re.sub(r"[\[\]*?:/\\']", " ", _NOT_XML.sub("", title))[:31].strip() or "Sheet1"


def _content(header: Sequence[Cell], rows: Iterable[Sequence[Cell]], title: str) -> Iterator[str]:
    yield (
        f'{_PROLOGUE}<office:document-content {_NAMESPACES} office:version="1.3">{_STYLES}<office:body>'
        f"<office:spreadsheet><table:table table:name={quoteattr(_table_name(title))}>"
        f'<table:table-column table:style-name="C" table:number-columns-repeated="{max(1, len(header))}"/>'
        "<table:table-header-rows><table:table-row>"
    )
    for cell in header:
        yield (
            '<table:table-cell table:style-name="H" office:value-type="string">'
            f"{_paragraphs(shown(cell))}</table:table-cell>"
        )
    yield "</table:table-row></table:table-header-rows>"
    for row in rows:
        yield f"<table:table-row>{''.join(map(_cell, row)) or '<table:table-cell/>'}</table:table-row>"
    yield "</table:table></office:spreadsheet></office:body></office:document-content>"


def write_ods(header: Sequence[Cell], rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """An ODF 1.3 spreadsheet with typed cells (number, date, boolean, text); text is text, never a formula.

    The same rows give the same bytes: the entries carry no time.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        archive.writestr(_entry("mimetype", zipfile.ZIP_STORED), _MIMETYPE)
        archive.writestr(_entry("META-INF/manifest.xml"), _MANIFEST)
        archive.writestr(
            _entry("meta.xml"),
            f'{_PROLOGUE}<office:document-meta {_NAMESPACES} xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'office:version="1.3"><office:meta><dc:title>{escape(_NOT_XML.sub("", title))}</dc:title>'
            "<meta:generator>yankao</meta:generator></office:meta></office:document-meta>",
        )
        with archive.open(_entry("content.xml"), "w") as stream:
            pieces: list[str] = []
            size = 0
            for piece in _content(header, rows, title):
                pieces.append(piece)
                size += len(piece)
                if size > PIECE:
                    stream.write("".join(pieces).encode())
                    pieces, size = [], 0
            stream.write("".join(pieces).encode())
    return out.getvalue()


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = method
    info.external_attr = 0o600 << 16
    return info
