"""Read the figures back from a PDF: from the attached facts.json, and from the pages themselves.

The tag tree says which link holds which text, so nothing depends on where a figure stands on the page. Needs
pikepdf, which is installed for development and tests only; nothing that runs in service imports this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urldefrag

import pikepdf

from .extract import Shown


def attached_facts(content: bytes) -> bytes:
    """The facts.json inside a PDF. Raises ValueError when there is none."""
    with pikepdf.open(BytesIO(content)) as pdf:
        if "facts.json" not in pdf.attachments:
            raise ValueError("The PDF has no attached facts.json.")
        return pdf.attachments["facts.json"].get_file().read_bytes()


def figures_from_pdf(content: bytes, *, permalink: str = "/f/") -> Shown:
    """Figures as printed on the pages: the text of every link to a permalink, found through the tag tree.

    A link ``…/f/<id>#value`` shows the exact value, every other one the words. White space from line
    breaks is kept as the file has it.
    """
    shown = Shown()
    with pikepdf.open(BytesIO(content)) as pdf:
        pages = _MarkedText(pdf)
        for link in _links(pdf.Root.StructTreeRoot):
            target = _target(link)
            if permalink not in target:
                continue
            address, fragment = urldefrag(target)
            fact_id = unquote(address.rpartition(permalink)[2])
            text = "".join(_content(link, None, pages))
            if fragment == "value":
                shown.value(fact_id, text)
            else:
                shown.displays.append((fact_id, text))
    return shown


def _kids(node: Any) -> Iterator[Any]:
    kids = node.get("/K")
    if isinstance(kids, pikepdf.Array):
        yield from kids
    elif kids is not None:
        yield kids


def _links(node: Any) -> Iterator[Any]:
    for kid in _kids(node):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            if kid.S == "/Link":
                yield kid
            else:
                yield from _links(kid)


def _target(link: Any) -> str:
    """The address of the annotation a link element refers to, itself or below; "" for links inside the
    file.
    """
    for kid in _kids(link):
        if isinstance(kid, pikepdf.Dictionary):
            if kid.get("/Type") == "/OBJR":
                action: Any = kid.Obj.get("/A")
                return "" if action is None else str(action.get("/URI", ""))
            if found := _target(kid):
                return found
    return ""


def _content(node: Any, page: Any, pages: _MarkedText) -> Iterator[str]:
    page = node.get("/Pg", page)
    for kid in _kids(node):
        if isinstance(kid, int):
            yield pages.text(page, kid)
        elif isinstance(kid, pikepdf.Dictionary):
            if kid.get("/Type") == "/MCR":
                yield pages.text(kid.get("/Pg", page), int(kid.MCID))
            elif kid.get("/Type") != "/OBJR":
                yield from _content(kid, page, pages)


class _MarkedText:
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
