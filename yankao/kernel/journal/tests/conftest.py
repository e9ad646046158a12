"""A journal of the tests: lines of `id day seconds` about nothing in particular."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from yankao.kernel.journal import declare
from yankao.kernel.journal.declare import Batch, Dead, Format, Journal, Row
from yankao.kernel.journal.models import Counterpart, Source


def read(data: bytes, source: Source) -> Batch:
    batch = Batch()
    for number, line in enumerate(data.decode().splitlines(), 1):
        batch.records += 1
        try:
            name, day, seconds = line.split(" ")
            told = (date.fromisoformat(day), int(seconds))
        except ValueError:
            batch.dead.append(Dead(number, line.encode(), "看不懂"))
            continue
        batch.rows[name] = longest(batch.rows.get(name, told), told)
        batch.last_at = datetime.combine(told[0], time(12), UTC)
        batch.first_at = batch.first_at or batch.last_at
    return batch


def longest(one: Row, other: Row) -> Row:
    return max(one, other, key=lambda row: (row[1], row[0]))


@pytest.fixture
def journal(db: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Iterator[Journal]:
    settings.DATA = tmp_path / "data"
    made = Journal(
        "test.journal", "測試", Counterpart, ("day", "seconds"), {"plain": Format(read)}, longest,
        (date(1970, 1, 1), 0),
    )  # fmt: skip
    yield made
    del declare.journals["test.journal"]


@pytest.fixture
def source(journal: Journal, tmp_path: Any) -> Source:
    return Source.objects.create(
        journal=journal.name,
        code="first",
        name="第一來源",
        format="plain",
        address=str(tmp_path / "feed.log"),
    )
