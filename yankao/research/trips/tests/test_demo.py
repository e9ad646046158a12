"""The reference half-year yields the published figures, and the living present leaves them as they are."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register
from yankao.kernel.people.city import build_city
from yankao.kernel.period import Period
from yankao.research.trips import demo, figures
from yankao.research.trips.models import Submission, Suggestion, Trip

from .conftest import at

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
MINE = ("controlled", "filed", "pending", "overdue")


@pytest.fixture
def city(db):
    return build_city(today=TODAY)


def values():
    return {name: register[f"research.trips.{name}"].value(HALF) for name in MINE}


def wanted():
    path = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
    if not path.exists():
        pytest.skip(f"the acceptance figures are not beside this checkout: {path.name}")
    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["figure"].startswith("research.trips.")]
    return {row["figure"].rpartition(".")[2]: Decimal(row["value"]) for row in rows}


def test_the_half_year_yields_the_published_figures(city):
    demo.load(city)
    assert values() == {"controlled": 61, "filed": 26, "pending": 35, "overdue": 0}
    assert wanted() == values()
    for name in MINE:
        assert read(register[f"research.trips.{name}"], HALF).records == values()[name]
        assert not list(partition_faults(register[f"research.trips.{name}"], HALF))
    for code in ("E4", "E23", "suggestions"):
        assert checks[f"research.trips.{code}"].faults(HALF) == []
    assert figures.suggestions.value(HALF) > figures.suggestions_adopted.value(HALF) > 0
    assert Trip.objects.filter(returned_on__range=(date(2012, 4, 1), date(2012, 6, 30))).count() == 41
    assert not Case.objects.filter(kind="research.trips", closed_on=None).exists()
    assert not Clock.objects.filter(stopped_at=None).exists()
    assert Submission.objects.count() > 61 and Suggestion.objects.filter(answered_on=None).count() == 0


def test_the_present_has_every_stage_and_changes_no_figure_of_the_half_year(city):
    demo.load(city)
    before = {name: read(register[f"research.trips.{name}"], HALF).digest for name in MINE}
    demo.present(city, TODAY)
    assert {name: read(register[f"research.trips.{name}"], HALF).digest for name in MINE} == before
    living = Case.objects.filter(kind="research.trips", opened_on__year__gte=2026)
    assert 35 <= living.count() <= 50
    stages = set(living.values_list("stage", flat=True))
    assert stages == {*demo.p.Stage.values} - {"closed"}
    assert not demo.p.Trip.objects.filter(case__opened_on__gt=TODAY).exists()
    late = Trip.objects.filter(case__opened_on__year__gte=2026).overdue_on(TODAY)
    assert late.count() == 1
    assert Suggestion.objects.filter(answered_on=None).count() == 4


def loaded(city):
    """What one load writes, taken back afterwards."""
    with transaction.atomic():
        demo.load(city)
        rows = list(
            Trip.objects.order_by("case__number").values_list(
                "case__number",
                "case__title",
                "case__agency_id",
                "case__officer_id",
                "trip_no",
                "budget",
                "returned_on",
                "submitted_on",
                "registered_on",
                "publicity",
                "suggested",
                "report__sha256",
            )
        )
        answers = list(
            Suggestion.objects.order_by("trip__case__number", "number").values_list("answer", "answered_on")
        )
        transaction.set_rollback(True)
    return rows, answers


def test_two_loads_are_the_same(city):
    first, again = loaded(city), loaded(city)
    assert first == again
    assert len({row[0] for row in first[0]}) == 62


@pytest.mark.parametrize(
    "today", [date(2026, 11, 23), date(2026, 2, 28), date(2024, 2, 29), date(2026, 1, 1), date(2025, 5, 31)]
)
def test_the_present_can_be_on_any_day(today):
    city = build_city(today=today)
    demo.present(city, today)
    living = Case.objects.filter(kind="research.trips")
    assert not living.filter(entries__at__gt=at(today, 23)).exists()
    assert Trip.objects.overdue_on(today).count() == 1
    assert set(living.values_list("stage", flat=True)) == {*demo.p.Stage.values} - {"closed"}
