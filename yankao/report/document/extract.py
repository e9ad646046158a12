"""Read the figures back from the outputs, so that a test can hold them against facts.json.

From HTML the ``<data>`` elements in figure links; from ODT the user fields; from PDF both the attached
facts.json and the page itself: the tag tree says which link holds which text, so nothing depends on where
it stands on the page.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree as Tree

import pikepdf
from defusedxml import ElementTree

from .odt import VALUE

_ODF = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _OFFICE = _ODF % "text", _ODF % "office"


@dataclass(slots=True)
class Shown:
    """What a file says about its figures: exact values by fact id, and the (fact id, words) in reading
    order.
    """

    values: dict[str, str] = field(default_factory=dict)
    displays: list[tuple[str, str]] = field(default_factory=list)

    def value(self, fact_id: str, value: str) -> None:
        """Take note of a value. Raises ValueError when the file says two different ones."""
        if self.values.setdefault(fact_id, value) != value:
            raise ValueError(f"The file gives {fact_id} as {self.values[fact_id]} and as {value}.")


def figures_from_json(content: bytes) -> Shown:
    """Values of a facts.json; it shows no words in order. Withheld values are left out."""
    facts = json.loads(content)["facts"]
    return Shown({fact_id: fact["value"] for fact_id, fact in facts.items() if fact["value"] is not None})


def figures_from_html(content: bytes | str) -> Shown:
    """Figures of a page or of its paper."""
    reader = _Page()
    reader.feed(content.decode() if isinstance(content, bytes) else content)
    reader.close()
    return reader.shown


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.shown = Shown()
        self.fact_id: str | None = None
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("data-fact"):
            self.fact_id, self.words = given["data-fact"], []
        elif tag == "data" and self.fact_id:
            self.shown.value(self.fact_id, given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self.fact_id:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.fact_id:
            self.shown.displays.append((self.fact_id, "".join(self.words)))
            self.fact_id = None


def figures_from_odt(content: bytes) -> Shown:
    """Figures of the named user fields, as declared and as shown; also after the file was edited and saved.

    Raises ValueError when a field in the text shows something else than its declaration.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        root: Tree.Element = ElementTree.fromstring(archive.read("content.xml"), forbid_dtd=True)
    declared: dict[str, str] = {}
    for field_ in root.iter(f"{_TEXT}user-field-decl"):
        exact = field_.get(f"{_OFFICE}value")
        declared[field_.get(f"{_TEXT}name", "")] = (
            field_.get(f"{_OFFICE}string-value", "") if exact is None else exact
        )
    shown = Shown()
    for name, text in declared.items():
        if name.endswith(VALUE):
            shown.value(name.removesuffix(VALUE), text)
    for used in root.iter(f"{_TEXT}user-field-get"):
        name, text = used.get(f"{_TEXT}name", ""), "".join(used.itertext())
        if name not in declared or (not name.endswith(VALUE) and declared[name] != text):
            raise ValueError(f"The field {name} shows {text!r}, but is declared as {declared.get(name)!r}.")
        if not name.endswith(VALUE):
            shown.displays.append((name.partition("#")[0], text))
    return shown


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


def disagreements(truth: Shown, other: Shown, expected: Iterable[tuple[str, str]] | None = None) -> list[str]:
    """How a file's figures differ from facts.json: values missing, added or changed; and, when `expected`
    gives the (fact id, words) of the report in reading order, words that differ. White space is not
    compared: lines break.
    """
    wrong = [f"{fact_id} is missing" for fact_id in sorted(truth.values.keys() - other.values.keys())]
    wrong += [
        f"{fact_id} is not in facts.json" for fact_id in sorted(other.values.keys() - truth.values.keys())
    ]
    for fact_id in sorted(truth.values.keys() & other.values.keys()):
        if truth.values[fact_id] != other.values[fact_id]:
            wrong.append(f"{fact_id} is {other.values[fact_id]}, in facts.json {truth.values[fact_id]}")
    expected = list(expected or ())
    if len(other.displays) < len(expected):
        wrong.append(f"the file shows {len(other.displays)} figures, the report has {len(expected)}")
    for place, (said, shown) in enumerate(zip(expected, other.displays, strict=False), 1):
        if said[0] != shown[0] or "".join(said[1].split()) != "".join(shown[1].split()):
            wrong.append(f"figure {place} of the text shows {shown}, in the report it is {said}")
    return wrong
