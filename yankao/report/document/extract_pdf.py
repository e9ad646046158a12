"""Read the figures back from a PDF: from the attached facts.json, and from the pages themselves.

The tag tree says which link holds which text, so nothing depends on where a figure stands on the page. Needs
pikepdf, which is installed for development and tests only; nothing that runs in service imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urldefrag

import pikepdf

from yankao.kernel.documents.read_pdf import MarkedText, content_of, kids_of

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
        pages = MarkedText(pdf)
        for link in _links(pdf.Root.StructTreeRoot):
            target = _target(link)
            if permalink not in target:
                continue
            address, fragment = urldefrag(target)
            fact_id = unquote(address.rpartition(permalink)[2])
            text = "".join(content_of(link, None, pages))
            if fragment == "value":
                shown.value(fact_id, text)
            else:
                shown.displays.append((fact_id, text))
    return shown


def _links(node: Any) -> Iterator[Any]:
    for kid in kids_of(node):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            if kid.S == "/Link":
                yield kid
            else:
                yield from _links(kid)


def _target(link: Any) -> str:
    """The address of the annotation a link element refers to, itself or below; "" for links inside the
    file.
    """
    for kid in kids_of(link):
        if isinstance(kid, pikepdf.Dictionary):
            if kid.get("/Type") == "/OBJR":
                action: Any = kid.Obj.get("/A")
                return "" if action is None else str(action.get("/URI", ""))
            if found := _target(kid):
                return found
    return ""
