"""A two-hundredth of the half-year: its figures and checks, and a present that leaves them as they are."""

from datetime import date, datetime

import pytest
from django.db import transaction
from django.utils import timezone

from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.figures.checks import checks
from yankao.kernel.figures.declare import register
from yankao.kernel.people.city import build_city
from yankao.kernel.period import Period
from yankao.service.petitions import demo, screens
from yankao.service.petitions.models import Incoming, Petition, Reply

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
ROOM = "service.petitions"


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        made = build_city(0.005, TODAY)
        demo.load(made)
        yield made
        transaction.set_rollback(True)


def figure(name, **slice):
    found = register[f"{ROOM}.{name}"]
    return found.only(**slice) if slice else found


def test_classes_add_up_and_scale_with_the_city(city, db):
    received = figure("received")
    told = {kind: received.only(**{"class": kind}).value(HALF) for kind in demo.COUNTS}
    assert told == {"petition": 214, "mailbox": 83, "dispatch": 147}
    assert received.value(HALF) == sum(told.values()) == Petition.objects.count()


def test_checks_hold_and_find_what_is_wrong(city, db):
    mine = [found for code, found in checks.items() if code.startswith(f"{ROOM}.")]
    assert len(mine) == 4 and all(not found.faults(HALF) for found in mine)
    one = figure("closed")(HALF).filter(transferred_on=None, no_action_on=None).first()
    Reply.objects.filter(petition=one).update(sent_at=None)
    assert any(one.case.number in fault for found in mine for fault in found.faults(HALF))


def test_both_ways_of_on_time_are_told_apart(city, db):
    closed, due = figure("on_time_rate").value(HALF), figure("on_time_due_rate").value(HALF)
    assert 90 < due < 100 and 90 < closed < 100
    late = figure("fell_due")(HALF).exclude(pk__in=figure("due_on_time")(HALF).values("pk")).count()
    assert late == figure("fell_due").value(HALF) - figure("due_on_time").value(HALF) > 0
    assert figure("median_days").value(HALF) > 0


def test_a_city_made_at_night_holds_nothing_of_the_morning_after(city, db, monkeypatch):
    now = datetime(2026, 11, 23, 0, 28, tzinfo=demo.TAIPEI)
    monkeypatch.setattr(timezone, "now", lambda: now)
    demo.present(city, TODAY)
    made = Petition.objects.filter(case__closed_on=None)
    assert made.filter(completed_at__isnull=False).exists()
    for moment in ("received_at", "dispatched_at", "arrived_at", "completed_at"):
        assert not made.filter(**{f"{moment}__gt": now}).exists(), moment
    assert not Incoming.objects.filter(taken_at__gt=now).exists()


def test_the_history_ended_and_the_present_lives(city, db):
    assert not Case.objects.filter(kind=ROOM, closed_on=None).exists()
    assert not Clock.objects.filter(case__kind=ROOM, stopped_at=None).exists()
    before = figure("received").value(HALF)
    demo.present(city, TODAY)
    assert figure("received").value(HALF) == before
    living = Case.objects.filter(kind=ROOM, opened_on__year=2026)
    assert set(living.values_list("stage", flat=True)) >= {
        "received", "assigned", "disputed", "accepted", "awaiting_petitioner", "in_progress", "draft_reply",
        "dispatched", "on_site", "temporary_measure", "completed", "closed",
    }  # fmt: skip
    assert not living.filter(opened_on__gt=TODAY).exists()
    for person in ("demo.agent", "demo.officer", "demo.manager", "demo.crew", "demo.rdec"):
        user = next(one for found in city.posts.values() for one in found if one.username == person)
        assert any(item["count"] for item in screens.first(user)), person
