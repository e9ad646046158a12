"""A letter as PDF/UA-1 and PDF/A-3a, set as official paper is set."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from ..documents.pdf import compile_pdf, compile_pictures, families, kai
from .declare import Picture, Table
from .odt import across
from .paper import Paper, grid
from .pictures import as_drawing
from .text import Block, Head, Item, Para, Part

_TEMPLATE = Path(__file__).with_name("letter.typ")


def render_pdf(made: Paper) -> bytes:
    """The file; the same letter and fonts give the same bytes. Raises NoChineseFont or PdfRefused."""
    return compile_pdf(_TEMPLATE, _data(made), made.dated)


def render_pictures(made: Paper, *, dots: int = 110) -> list[bytes]:
    """Its pages as PNG."""
    return compile_pictures(_TEMPLATE, _data(made), made.dated, dots=dots)


def _data(made: Paper) -> dict[str, Any]:
    check = made.check
    return {
        "kind": str(made.kind),
        "language": made.language,
        "agency": made.agency,
        "title": made.title,
        "number": made.number,
        "corner": made.corner,
        "fields": made.fields,
        "blocks": list(_blocks(made)),
        "foot": made.foot,
        "signer": made.signer,
        "dated": {"year": made.dated.year, "month": made.dated.month, "day": made.dated.day},
        "date-line": made.date_line,
        "draft": made.draft,
        "colon": made.colon,
        "page": made.page,
        "across": across(made),
        "font": kai(),
        "fallback": families()[0],
        "check": {"svg": check.svg, "lines": made.check_lines, "alt": made.check_lines[-1]}
        if check
        else None,
    }


def _blocks(made: Paper) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for listed, run in groupby(made.blocks, key=lambda block: isinstance(block, Item)):
        blocks = list(run)
        if listed:
            found.append(
                {"kind": "items", "items": _nested([one for one in blocks if isinstance(one, Item)])}
            )
        else:
            found += [_block(block, made) for block in blocks]
    return found


def _nested(items: list[Item]) -> list[dict[str, Any]]:
    """Items inside the one before them, by their level."""
    top: list[dict[str, Any]] = []
    stack: list[tuple[int, list[dict[str, Any]]]] = [(1, top)]
    for item in items:
        while len(stack) > 1 and stack[-1][0] > item.level:
            stack.pop()
        if item.level > stack[-1][0] and stack[-1][1]:
            stack.append((item.level, stack[-1][1][-1]["inner"]))
        stack[-1][1].append({"label": item.label, "text": item.text, "inner": []})
    return top


def _block(block: Block, made: Paper) -> dict[str, Any]:
    match block:
        case Part(name, text):
            return {"kind": "part", "name": name, "text": text}
        case Head(text):
            return {"kind": "head", "text": text}
        case Para(text):
            return {"kind": "para", "text": text}
        case Table():
            one = grid(block, made.language)
            return {
                "kind": "table",
                "caption": one.caption,
                "header": one.header,
                "rows": one.rows,
                "total": one.total,
                "kinds": one.kinds,
                "widths": one.widths,
            }
        case Picture():
            return {
                "kind": "picture", "svg": as_drawing(block.data, block.kind), "alt": block.alt,
                "caption": str(block.caption), "width": block.width,
            }  # fmt: skip
    raise TypeError(f"A letter cannot hold {block!r}.")
