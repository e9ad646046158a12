"""What the tests of programme control share: a programme, an item under way, and its first month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from yankao.kernel.money.models import Source
from yankao.kernel.money.split import Portion

from .. import process as way
from ..models import Month, Programme, Project

D = Decimal


def at(day: str) -> datetime:
    """Ten in the morning of a day, in Taipei."""
    return timezone.make_aware(datetime.fromisoformat(f"{day} 10:00"))


def plan(**change: Any) -> dict[str, Any]:
    """What a sound operations plan of a budget of 1,000,000 gives."""
    return {
        "work": [way.PlannedWork("規劃設計", D("20")), way.PlannedWork("工程施作", D("80"))],
        "curve": [way.CurvePoint(date(2012, month, 1), D(month * 100) / 12 // 1) for month in range(1, 12)]
        + [way.CurvePoint(date(2012, 12, 1), D(100))],
        "funding": [
            Portion(101, Source.CITY_GENERAL, D(600_000)),
            Portion(101, Source.CENTRAL_GENERAL_GRANT, D(400_000)),
        ],
        "checkpoints": [way.PlannedCheck("完成發包", date(2012, 3, 31), "決標公告")],
        **change,
    }


@pytest.fixture
def programme(db: None) -> Programme:
    return Programme.objects.create(
        code="annual-101",
        name="年度施政計畫",
        name_en="Annual plan",
        year=101,
        counting="stock",
        starts_on=date(2012, 1, 1),
        ends_on=date(2012, 12, 31),
    )


@pytest.fixture
def selected(cast: Any, programme: Programme) -> Project:
    return way.process.open(
        cast.rdec_controller,
        title="愛河上游排水改善",
        agency=cast.water,
        officer=cast.officer,
        opened_on=date(2012, 1, 2),
        at=at("2012-01-02"),
        programme=programme,
        year=101,
        budget=D(1_000_000),
    )


@pytest.fixture
def project(cast: Any, selected: Project) -> Project:
    """Under way since 5 January 2012."""
    way.submit_plan.run(selected, cast.officer, plan(), at=at("2012-01-03"))
    way.approve_plan.run(selected, cast.rdec_controller, {}, at=at("2012-01-04"))
    way.start.run(selected, cast.officer, {"started_on": date(2012, 1, 5)}, at=at("2012-01-05"))
    return selected


@pytest.fixture
def january(cast: Any, project: Project) -> Month:
    """January's report, owed."""
    way.open_month.run(project, cast.rdec_controller, {"month": date(2012, 1, 1)}, at=at("2012-02-01"))
    return project.months.get()
