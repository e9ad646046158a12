"""The reference half-year yields the published figures, and the living present leaves them as they are."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F

from yankao.inspection.quality import demo, figures
from yankao.inspection.quality.models import Deficiency, Inspection, Penalty, QuarterlyReturn, Seat
from yankao.inspection.quality.team import conflicts_of
from yankao.kernel.casework.models import Case, Clock, Link
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register, resolve
from yankao.kernel.people.city import build_city
from yankao.kernel.period import Period

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
ROOM = "inspection.quality"


@pytest.fixture
def city(db):
    return build_city(today=TODAY)


def wanted():
    path = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
    if not path.exists():
        pytest.skip(f"the acceptance figures are not beside this checkout: {path.name}")
    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["figure"].startswith(f"{ROOM}.")]
    return {row["figure"]: Decimal(row["value"]) for row in rows}


def test_the_half_year_yields_the_published_figures(city):
    demo.load(city)
    assert {name: resolve(name).value(HALF) for name in wanted()} == wanted()
    assert figures.inspected.value(HALF) == 72
    assert figures.externals_least.value(HALF) == 2 and figures.externals_most.value(HALF) == 3
    assert figures.quarterly_returns.value(HALF) == 2 and figures.returned.value(HALF) == 0
    for name in ("inspected", "quarterly_returns", "returned"):
        assert read(register[f"{ROOM}.{name}"], HALF).records == register[f"{ROOM}.{name}"].value(HALF)
    for name in ("inspected", "graded"):
        assert not list(partition_faults(register[f"{ROOM}.{name}"], HALF))
    for code in ("E15", "E26", "externals", "grades"):
        assert checks[f"{ROOM}.{code}"].faults(HALF) == []
    assert not Case.objects.filter(kind=ROOM, closed_on=None).exists()
    assert not Clock.objects.filter(case__kind=ROOM, stopped_at=None).exists()


def test_the_half_year_is_made_of_whole_records(city):
    demo.load(city)
    assert Link.objects.filter(kind=Link.Kind.FOLLOWS, source__kind=ROOM).count() == 5
    assert Deficiency.objects.filter(checked_on=None).count() == 0
    assert set(Inspection.objects.values_list("grade", flat=True)) == {"excellent", "good", "fair", "poor"}
    assert (
        Inspection.objects.filter(ground="concrete", score=69).exists()
        or Inspection.objects.filter(ground="asphalt", score=69).exists()
    )
    assert not Penalty.objects.filter(inspection__inspected_on__lt=date(2012, 5, 17)).exists()
    assert Penalty.objects.exists()
    assert not Clock.objects.filter(case__kind=ROOM, stopped_at__gt=F("due_at")).exists()
    for one in Inspection.objects.select_related("tender").prefetch_related("seats__commissioner")[:20]:
        assert conflicts_of([seat.commissioner for seat in one.seats.all()], one) == []
    assert list(QuarterlyReturn.objects.values_list("quarter", "cases")) == [("101Q1", 34), ("100Q4", 12)]
    assert Seat.objects.filter(score=None).count() == 0


def test_the_present_has_every_stage_and_changes_no_figure_of_the_half_year(city):
    demo.load(city)
    names = ("inspected", "graded", "quarterly_returns", "returned")
    before = {name: read(register[f"{ROOM}.{name}"], HALF).digest for name in names}
    demo.present(city, TODAY)
    assert {name: read(register[f"{ROOM}.{name}"], HALF).digest for name in names} == before
    living = Case.objects.filter(kind=ROOM, opened_on__year__gte=2025)
    assert 36 <= living.count() <= 48
    assert set(living.values_list("stage", flat=True)) == {*demo.p.Stage.values} - {"filed"}
    secret = living.filter(security="secret", closed_on=None)
    assert secret.filter(inspection__planned_on__gt=TODAY).count() == 9
    assert not living.filter(inspection__inspected_on__gt=TODAY).exists()
    assert (
        living.filter(due_at__lt="2026-11-23T00:00:00+08:00", closed_on=None, stage="correcting").count() == 1
    )


def test_two_loads_are_the_same(city):
    def loaded():
        with transaction.atomic():
            demo.load(city)
            rows = list(
                Inspection.objects.order_by("case__number").values_list(
                    "case__number", "case__title", "kind", "inspected_on", "score", "filed_on"
                )
            )
            transaction.set_rollback(True)
        return rows

    assert loaded() == loaded()
