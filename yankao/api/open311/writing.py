"""What goes back, in the shape of GeoReport v2: one structure, written as XML or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpResponse
from django.utils import timezone

MEDIA = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
ITEMS = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}
"""What the members of a list are called in XML."""
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry."""


@dataclass(frozen=True)
class Listed:
    """A list at the root: the name of the whole and of each member in XML."""

    whole: str
    each: str
    rows: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Named:
    """An object at the root: its name in XML."""

    name: str
    row: dict[str, Any]


class Fault(Exception):
    """An answer that is no success: status and sentence; `wait` seconds before the next try."""

    def __init__(self, status: int, sentence: Any, wait: int = 0) -> None:
        super().__init__(str(sentence))
        self.status, self.wait = status, wait


def written(what: Listed | Named, form: str, status: int = 200) -> HttpResponse:
    """The answer. Nothing is kept by caches: it depends on the key."""
    if form == "json":
        rows = list(what.rows) if isinstance(what, Listed) else what.row
        body = json.dumps(_plain(rows), ensure_ascii=False, separators=(",", ":")).encode()
    else:
        body = tostring(_root(what), encoding="utf-8", xml_declaration=True)
    answer = HttpResponse(body, status=status, content_type=MEDIA[form])
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def refused(fault: Fault, form: str) -> HttpResponse:
    """The answer of a fault, in the form that was asked for."""
    row = {"code": fault.status, "description": str(fault)}
    return written(Listed("errors", "error", [row]), form, fault.status)


def moment(at: datetime | None) -> str | None:
    """A moment as W3C writes it, in local time with its offset."""
    return timezone.localtime(at).isoformat(timespec="seconds") if at else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


def _root(what: Listed | Named) -> Element:
    if isinstance(what, Named):
        root = Element(what.name)
        _fill(root, what.row)
        return root
    root = Element(what.whole)
    for row in what.rows:
        _fill(SubElement(root, what.each), row)
    return root


def _fill(parent: Element, row: dict[str, Any]) -> None:
    for name, value in row.items():
        child = SubElement(parent, name)
        if isinstance(value, dict):
            _fill(child, value)
        elif isinstance(value, list | tuple):
            for one in value:
                member = SubElement(child, ITEMS[name])
                if isinstance(one, dict):
                    _fill(member, one)
                else:
                    member.text = _text(one)
        elif value is not None:
            child.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNWRITABLE.sub("", str(value))
