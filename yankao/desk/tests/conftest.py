"""Lists need many cases: lost things of the worked example, written straight into the tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

ROOM = "examples.lost_property"


@pytest.fixture
def many(cast: Any) -> Callable[..., list[Any]]:
    """`many(60, closed=…)`: so many cases with their records, opened on spread days, some due, some with an
    officer.
    """
    from examples.lost_property.models import Find
    from yankao.kernel.casework import searched
    from yankao.kernel.casework.models import Case
    from yankao.kernel.search import index

    def write(count: int, **same: Any) -> list[Any]:
        begun, today = Case.objects.count(), timezone.localdate()
        noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
        officers = [cast.officer, cast.colleague, None]
        cases = []
        for i in range(begun, begun + count):
            values: dict[str, Any] = {
                "number": f"拾115-{i:04d}",
                "kind": ROOM,
                "title": f"拾得{'皮夾雨傘鑰匙'[i % 3 * 2 : i % 3 * 2 + 2]}第{i}件",
                "agency": cast.water if i % 4 else cast.works,
                "officer": officers[i % 3],
                "stage": "kept" if i % 2 else "noticed",
                "opened_on": today - timedelta(days=i // 3),
                "due_at": noon + timedelta(days=i % 40 - 10) if i % 5 else None,
            }
            cases.append(Case(**{**values, **same}))
        Case.objects.bulk_create(cases)
        index.keep(searched.CASES, [(case.pk, searched.CASES.text(case)) for case in cases])
        Find.objects.bulk_create(
            Find(
                case=case,
                place="車站" if n % 7 else "市場",
                found_on=date(2026, 1, 1) + timedelta(days=n % 300),
            )
            for n, case in enumerate(cases)
        )
        return cases

    return write
