"""Pictures in a report are SVG drawn by our own chart code; still, nothing active may enter a document.

Only shapes and text with presentation attributes pass (`style=` is refused by our content security policy
and is unknown to some office programs). What is not listed raises, so a fault shows while drafting.
"""

from __future__ import annotations

from functools import lru_cache
from xml.etree import ElementTree as Tree

from defusedxml import ElementTree

SPACE = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset(
    (
        "svg",
        "g",
        "rect",
        "line",
        "path",
        "circle",
        "ellipse",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "title",
        "desc",
    )
)
_GEOMETRY = "x y x1 y1 x2 y2 dx dy cx cy r rx ry d points width height viewBox transform preserveAspectRatio"
_PAINT = "fill fill-opacity fill-rule stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin"
_LETTERS = "stroke-opacity opacity text-anchor dominant-baseline font-size font-family font-weight"
_NAMING = "class id role aria-labelledby aria-label aria-hidden"
_ATTRIBUTES = frozenset(f"{_GEOMETRY} {_PAINT} {_LETTERS} {_NAMING}".split())


# Without this the serialiser would write every element with a made-up prefix.
Tree.register_namespace("", SPACE)


class BadPicture(ValueError):
    """A picture holds something other than shapes and text."""


@lru_cache(maxsize=256)
def clean(svg: str) -> str:
    """The same picture in a fixed form, without prologue and comments, safe to put into a page.

    Raises BadPicture when it is not well-formed SVG or holds an element or attribute that is not listed.
    """
    return Tree.tostring(_parsed(svg), encoding="unicode")


@lru_cache(maxsize=256)
def size(svg: str) -> tuple[float, float]:
    """Width and height of the picture's view box, in its own units."""
    box = (_parsed(svg).get("viewBox") or "").replace(",", " ").split()
    if len(box) != 4:
        raise BadPicture("The picture has no viewBox, so its proportions are unknown.")
    return float(box[2]), float(box[3])


def _parsed(svg: str) -> Tree.Element:
    try:
        root: Tree.Element = ElementTree.fromstring(svg, forbid_dtd=True)
    except (ElementTree.ParseError, ValueError) as error:
        raise BadPicture(f"The picture is not well-formed SVG: {error}") from error
    if root.tag != f"{{{SPACE}}}svg":
        raise BadPicture("The picture is not an svg element.")
    for element in root.iter():
        space, _, name = element.tag.removeprefix("{").rpartition("}")
        if space != SPACE or name not in _ELEMENTS:
            raise BadPicture(f"A picture may not hold {element.tag}.")
        for attribute, value in element.attrib.items():
            if attribute not in _ATTRIBUTES or "url(" in value.lower():
                raise BadPicture(f"A picture may not hold the attribute {attribute}={value}.")
    return root
