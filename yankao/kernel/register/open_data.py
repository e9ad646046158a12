"""Open data of a register: CSV and JSON of the columns that anybody may read, written as the rows come."""

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
    """One public column: its name in JSON, its words heading the CSV, and how it is read from a row."""

    name: str
    label: Any
    value: Callable[[Any], Any]


def csv_of(fields: Sequence[Field], rows: Iterable[Any]) -> Iterator[bytes]:
    """UTF-8 CSV with a head line; text that could run as a formula is guarded."""
    return write_csv(
        [str(one.label) for one in fields], ([_cell(one.value(row)) for one in fields] for row in rows)
    )


def json_of(title: str, fields: Sequence[Field], rows: Iterable[Any]) -> Iterator[bytes]:
    """An object with the title, the words of the fields and the records."""
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
