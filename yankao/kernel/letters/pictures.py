"""How large a picture is, and a photograph as a drawing that holds it: without a picture library."""

from __future__ import annotations

import base64
import re

from ..evidence import exif

_BOX = re.compile(rb'<svg\b[^>]*?\swidth="([0-9.]+)"[^>]*?\sheight="([0-9.]+)"')
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
"""The markers of JPEG (ITU-T T.81) whose segment begins with depth, height and width."""


def picture_size(data: bytes, kind: str) -> tuple[int, int]:
    """Width and height in pixels as the file says. Raises ValueError when it does not."""
    if kind == "jpeg":
        for marker, start, _end in exif.segments(data):
            if marker in _FRAMES:
                high, wide = (int.from_bytes(data[at : at + 2], "big") for at in (start + 1, start + 3))
                return _sound(wide, high)
    elif kind == "png":
        return _sound(int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    elif found := _BOX.search(data[:2000]):
        return _sound(round(float(found[1])), round(float(found[2])))
    raise ValueError("no picture")


def _sound(wide: int, high: int) -> tuple[int, int]:
    if not 0 < wide < 40_000 or not 0 < high < 40_000:
        raise ValueError("no picture")
    return wide, high


def as_drawing(data: bytes, kind: str) -> str:
    """The picture as SVG; a photograph inside one, for a writer that takes text alone."""
    if kind == "svg":
        return data.decode()
    wide, high = picture_size(data, kind)
    inside = base64.b64encode(data).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<image width="{wide}" height="{high}" href="data:image/{kind};base64,{inside}"/></svg>'
    )
