"""The text of a tagged PDF, read through its tag tree, so that nothing depends on where it stands on a page.

Needs pikepdf, which is installed for development and tests only; nothing that runs in service imports this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf


def text_of(content: bytes) -> str:
    """Everything the tag tree reads out, in its order; what is decoration (page numbers) is not in it."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return "".join(content_of(pdf.Root.StructTreeRoot, None, MarkedText(pdf)))


def tags_of(content: bytes) -> list[str]:
    """The roles of the tag tree in order: Document, H1, P, Table, …"""
    with pikepdf.open(BytesIO(content)) as pdf:
        return list(_roles(pdf.Root.StructTreeRoot))


def _roles(node: Any) -> Iterator[str]:
    for kid in kids_of(node):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield str(kid.S).removeprefix("/")
            yield from _roles(kid)


def kids_of(node: Any) -> Iterator[Any]:
    kids = node.get("/K")
    if isinstance(kids, pikepdf.Array):
        yield from kids
    elif kids is not None:
        yield kids


def content_of(node: Any, page: Any, pages: MarkedText) -> Iterator[str]:
    page = node.get("/Pg", page)
    for kid in kids_of(node):
        if isinstance(kid, int):
            yield pages.text(page, kid)
        elif isinstance(kid, pikepdf.Dictionary):
            if kid.get("/Type") == "/MCR":
                yield pages.text(kid.get("/Pg", page), int(kid.MCID))
            elif kid.get("/Type") != "/OBJR":
                yield from content_of(kid, page, pages)


class MarkedText:
    """The text of each piece of marked content, by page and MCID, decoded by the fonts' ToUnicode maps."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pages = {page.objgen: page for page in pdf.pages}
        self.read: dict[tuple[int, int], dict[int, str]] = {}
        self.fonts: dict[tuple[int, int], dict[int, str]] = {}

    def text(self, page: Any, mcid: int) -> str:
        if page.objgen not in self.read:
            self.read[page.objgen] = self._page(self.pages[page.objgen])
        return self.read[page.objgen].get(mcid, "")

    def _page(self, page: pikepdf.Page) -> dict[int, str]:
        texts: dict[int, str] = {}
        open_marks: list[int | None] = []
        font: dict[int, str] = {}
        for instruction in pikepdf.parse_content_stream(page):
            operands: Any = instruction.operands
            match str(instruction.operator):
                case "BDC":
                    marked = operands[1]
                    mcid = marked.get("/MCID") if isinstance(marked, pikepdf.Dictionary) else None
                    open_marks.append(None if mcid is None else int(mcid))
                case "BMC":
                    open_marks.append(None)
                case "EMC":
                    open_marks.pop()
                case "Tf":
                    font = self._font(page.Resources.Font[operands[0]])
                case "Tj" | "TJ":
                    current = next((mark for mark in reversed(open_marks) if mark is not None), None)
                    if current is not None:
                        texts[current] = texts.get(current, "") + _decoded(operands[0], font)
        return texts

    def _font(self, font: Any) -> dict[int, str]:
        if font.objgen not in self.fonts:
            self.fonts[font.objgen] = _to_unicode(font.ToUnicode.read_bytes())
        return self.fonts[font.objgen]


def _decoded(shown: Any, font: dict[int, str]) -> str:
    parts = [
        bytes(part) for part in (shown if isinstance(shown, pikepdf.Array) else [shown]) if _is_string(part)
    ]
    codes = b"".join(parts)
    return "".join(font.get(int.from_bytes(codes[at : at + 2]), "\ufffd") for at in range(0, len(codes), 2))


def _is_string(part: Any) -> bool:
    return isinstance(part, pikepdf.String)


_BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])")


def _to_unicode(cmap: bytes) -> dict[int, str]:
    """A ToUnicode map of two-byte codes: single ones and ranges."""
    decoded: dict[int, str] = {}
    for kind, body in _BLOCK.findall(cmap):
        tokens = [match for match in _HEX.findall(body) if not (match[1] or match[2])]
        words = [bytes.fromhex(match[0].decode()) for match in tokens]
        if kind == b"bfchar":
            for code, text in zip(words[::2], words[1::2], strict=True):
                decoded[int.from_bytes(code)] = text.decode("utf-16-be")
        else:
            _take_ranges(decoded, words)
    return decoded


def _take_ranges(decoded: dict[int, str], words: list[bytes]) -> None:
    for first, last, text in zip(words[::3], words[1::3], words[2::3], strict=True):
        start = int.from_bytes(first)
        for offset in range(int.from_bytes(last) - start + 1):
            at = text[:-2] + (int.from_bytes(text[-2:]) + offset).to_bytes(2)
            decoded[start + offset] = at.decode("utf-16-be")
