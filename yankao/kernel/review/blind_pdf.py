"""PDF files for blind review: written anew without what tells of their author, and their words.

Written anew by qpdf (pikepdf), which leaves every earlier revision behind.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

import pikepdf

from ..evidence import exif


class Broken(RuntimeError):
    """The file is damaged or locked."""


TELLING_KEYS = ("/Metadata", "/PieceInfo", "/LastModified")
OF_NOTES = ("/T", "/M", "/CreationDate", "/NM", "/Subj")


def cleaned(data: bytes) -> bytes:
    """The file without anything that says who made it. Raises Broken."""
    try:
        return _cleaned(data)
    except pikepdf.PdfError as error:
        raise Broken from error


def texts(data: bytes) -> Iterator[str]:
    """The strings its pages show. Raises Broken."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            for page in pdf.pages:
                yield from _page_text(page)
    except pikepdf.PdfError as error:
        raise Broken from error


def _cleaned(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        for key in ("/Metadata", "/PieceInfo", "/Names", "/AF", "/Perms", "/Legal", "/OpenAction"):
            if key == "/Names" and key in pdf.Root:
                if "/EmbeddedFiles" in pdf.Root.Names:
                    del pdf.Root.Names["/EmbeddedFiles"]
            elif key in pdf.Root:
                del pdf.Root[key]
        for page in pdf.pages:
            for note in page.get("/Annots", ()):
                _forget(note, OF_NOTES)
        for one in list(pdf.objects):
            if isinstance(one, pikepdf.Stream):
                _forget(one, TELLING_KEYS)
                if one.get("/Filter") == "/DCTDecode":
                    one.write(exif.without_metadata(one.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
            elif isinstance(one, pikepdf.Dictionary):
                _forget(one, TELLING_KEYS)
                if one.get("/Type") == "/Sig" or one.get("/FT") == "/Sig":
                    _forget(
                        one, ("/Name", "/ContactInfo", "/Location", "/Reason", "/Cert", "/Contents", "/V")
                    )
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, preserve_pdfa=False, linearize=False)
    return out.getvalue()


def _forget(one: pikepdf.Object, keys: Iterable[str]) -> None:
    for key in keys:
        if key in one:
            del one[key]


def _page_text(page: pikepdf.Page) -> Iterator[str]:
    """The strings a page shows, read through each font's /ToUnicode table."""
    resources = page.get("/Resources")
    known = resources.get("/Font") if resources is not None else None
    fonts = {name: _to_unicode(font) for name, font in known.items()} if known is not None else {}
    table: dict[bytes, str] = {}
    for step in pikepdf.parse_content_stream(page):
        operands, operator = list(step.operands), step.operator
        if str(operator) == "Tf":
            table = fonts.get(str(operands[0]), {})
        elif str(operator) in ("Tj", "'", '"'):
            yield _decoded(bytes(operands[-1]), table)
        elif str(operator) == "TJ":
            yield "".join(_decoded(bytes(s), table) for s in operands[0] if isinstance(s, pikepdf.String))


def _to_unicode(font: pikepdf.Object) -> dict[bytes, str]:
    if "/ToUnicode" not in font:
        return {}
    table: dict[bytes, str] = {}
    text = font.ToUnicode.read_bytes().decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, uni in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[bytes.fromhex(code)] = bytes.fromhex(uni).decode("utf-16-be", "ignore")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, uni in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            first, last, begin = int(low, 16), int(high, 16), int(uni, 16)
            for step in range(min(last - first, 0xFFFF) + 1):
                code = (first + step).to_bytes(len(low) // 2, "big")
                table[code] = chr(begin + step) if begin + step <= 0x10FFFF else ""
    return table


def _decoded(raw: bytes, table: dict[bytes, str]) -> str:
    if not table:
        return raw.decode("latin-1")
    width = max(map(len, table))
    return "".join(table.get(raw[at : at + width], "") for at in range(0, len(raw), width))
