"""The reference half-year yields the published figures; the living present leaves them as they are."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from yankao.inspection.training import demo
from yankao.inspection.training.models import Opinion, Presence, Seat, Training
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register, resolve
from yankao.kernel.people.city import build_city
from yankao.kernel.people.testing import settle
from yankao.kernel.period import Period

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
ROOM = "inspection.training"


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        built = build_city(today=TODAY)
        settle()
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def loaded(city, db):
    demo.load(city)
    return city


def wanted():
    path = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
    if not path.exists():
        pytest.skip(f"the acceptance figures are not beside this checkout: {path.name}")
    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["figure"].startswith(f"{ROOM}.")]
    return {row["figure"]: Decimal(row["value"]) for row in rows}


def test_the_half_year_agrees_with_the_acceptance_figures(loaded):
    figures = wanted()
    assert len(figures) == 4 and {name: resolve(name).value(HALF) for name in figures} == figures


def test_heads_are_counted_from_rows_of_attendance(loaded):
    heads = {"building-faults": 93, "quality-faults": 50, "drawings": 34, "quality-managers": 45}
    assert {code: resolve(f"{ROOM}.attended[course={code}]").value(HALF) for code in heads} == heads
    attended = register[f"{ROOM}.attended"]
    assert attended.value(HALF) == 222 == read(attended, HALF).records
    assert not list(partition_faults(attended, HALF))
    assert all(not found.faults(HALF) for code, found in checks.items() if code.startswith(f"{ROOM}."))
    assert not Case.objects.filter(kind=ROOM, closed_on=None).exists()
    assert not Clock.objects.filter(case__kind=ROOM, stopped_at=None).exists()


def test_a_missing_or_doubled_attendee_is_found_before_freezing(loaded):
    check = checks[f"{ROOM}.E17"]
    one = Training.objects.get(course__code="drawings")
    kept = Seat.objects.filter(training=one).first()
    again = Seat.objects.create(
        training=one, name=kept.name, agency=kept.agency, nominated_on=kept.nominated_on
    )
    first = Presence.objects.filter(seat=kept).get()
    Presence.objects.create(seat=again, sitting=first.sitting, arrived_at=first.arrived_at)
    (sentence,) = check.faults(HALF)
    assert one.case.number in sentence and kept.name not in sentence
    Presence.objects.filter(sitting__training=one).delete()
    assert any(one.case.number in sentence for sentence in check.faults(HALF))


def test_the_present_has_every_stage_and_changes_nothing_of_the_half_year(loaded):
    attended = register[f"{ROOM}.attended"]
    before = read(attended, HALF).digest
    demo.present(loaded, TODAY)
    assert read(attended, HALF).digest == before
    living = Case.objects.filter(kind=ROOM, opened_on__year__gte=2025)
    assert set(living.values_list("stage", flat=True)) == {*demo.way.Stage.values}


def test_two_loads_are_the_same(city, db):
    def rows():
        with transaction.atomic():
            demo.load(city)
            found = (
                list(
                    Seat.objects.order_by("training__case__number", "pk").values_list(
                        "training__case__number", "name", "agency__code", "presences__minutes"
                    )
                ),
                sorted(map(str, Opinion.objects.values_list("pk", flat=True))),
            )
            transaction.set_rollback(True)
        return found

    assert rows() == rows()
