"""Thirty-three under control at the end of the half-year; the present leaves that as it is."""

from datetime import date

import pytest
from django.db import transaction

from yankao.control.directives import demo
from yankao.control.directives.models import Directive, Meeting
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register
from yankao.kernel.people.city import build_city
from yankao.kernel.people.testing import settle
from yankao.kernel.period import Period
from yankao.kernel.session.models import late_minutes

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
ROOM = "control.directives"


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        built = build_city(today=TODAY)
        settle()
        yield built
        transaction.set_rollback(True)


def figure(name):
    return register[f"{ROOM}.{name}"]


def test_the_stock_of_the_half_year_is_what_was_recorded_without_what_ended(city, db):
    demo.load(city)
    controlled = figure("controlled")
    assert controlled.value(HALF) == 33 == read(controlled, HALF).records
    told = {name: figure(name).value(HALF) for name in ("recorded", "released", "self_controlled")}
    assert told == {"recorded": 80, "released": 41, "self_controlled": 6}
    assert not list(partition_faults(controlled, HALF))
    mine = [found for code, found in checks.items() if code.startswith(f"{ROOM}.")]
    assert len(mine) == 2 and all(not found.faults(HALF) for found in mine)
    assert not Case.objects.filter(kind=ROOM, closed_on=None).exists()
    assert not Clock.objects.filter(case__kind=ROOM, stopped_at=None).exists()
    one = Directive.objects.filter(released_on__lte=HALF.as_of).first()
    Directive.objects.filter(pk=one.pk).update(released_on=one.released_on - date.resolution)
    assert any(one.case.number in fault for found in mine for fault in found.faults(HALF))


def test_the_present_lives_and_changes_nothing_of_the_half_year(city, db):
    demo.load(city)
    before = read(figure("controlled"), HALF).digest
    demo.present(city, TODAY)
    assert read(figure("controlled"), HALF).digest == before
    living = Case.objects.filter(kind=ROOM, opened_on__year=2026)
    stages = set(living.values_list("stage", flat=True))
    assert stages >= {
        "recorded",
        "assigned",
        "disputed",
        "in_progress",
        "reported",
        "proposed_release",
        "released",
    }
    assert late_minutes(Meeting.objects.all(), TODAY).count() == 1
    assert not living.filter(opened_on__gt=TODAY).exists()
    assert living.filter(closed_on=None).count() < 40


def test_two_loads_are_the_same(city, db):
    def rows():
        with transaction.atomic():
            demo.load(city)
            found = list(
                Directive.objects.order_by("case__number").values_list("text", "due_on", "released_on")
            )
            transaction.set_rollback(True)
        return found

    assert rows() == rows()
