"""Read the figures back from the outputs, so that a test can hold them against facts.json.

From HTML the ``<data>`` elements in figure links; from ODT the user fields; `extract_pdf` reads PDF.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree as Tree

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
        declared[field_.get(f"{_TEXT}name", "")] = field_.get(f"{_OFFICE}string-value", "")
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
