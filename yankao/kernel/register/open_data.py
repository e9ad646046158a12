"""Open data of a register: CSV and JSON of the columns that anybody may read, written as the rows come.

A room lists its columns once, for the public pages and the files alike; one marked `personal` never leaves
through these doors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ..sheets import write_csv


@dataclass(frozen=True)
class Field:
    """One column: its name in JSON, its words heading the CSV, and how it is read from a row; `personal`
    keeps it inside the house.
    """

    name: str
    label: Any
    value: Callable[[Any], Any]
    personal: bool = False


def public(fields: Sequence[Field]) -> list[Field]:
    """The columns anybody may read."""
    return [one for one in fields if not one.personal]


def csv_of(fields: Sequence[Field], rows: Iterable[Any]) -> Iterator[bytes]:
    """Open data: UTF-8 CSV with a head line; text that could run as a formula is guarded."""
    fields = public(fields)
    return write_csv(
        [str(one.label) for one in fields], ([_cell(one.value(row)) for one in fields] for row in rows)
    )


def json_of(title: str, fields: Sequence[Field], rows: Iterable[Any]) -> Iterator[bytes]:
    """Open data: an object with the title, the words of the fields and the records."""
    fields = public(fields)
    head = {"title": title, "fields": {one.name: str(one.label) for one in fields}}
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "records": ['
    for number, row in enumerate(rows):
        record = {one.name: _plain(one.value(row)) for one in fields}
        yield (b"\n" if not number else b",\n") + json.dumps(record, ensure_ascii=False).encode()
    yield b"\n]}\n"


def _cell(value: Any) -> Any:
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if value is None or isinstance(value, str | int | bool):
        return value
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)
