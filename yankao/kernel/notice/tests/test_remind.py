"""Reminders: each step of the ladder once, to whoever owes the work, then to those above (D4, D9)."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from examples.lost_property.process import CLAIM, give_back, give_notice, process
from yankao.kernel.casework.models import Clock
from yankao.kernel.jobs.schedule import periodic
from yankao.kernel.notice.models import Notice
from yankao.kernel.notice.remind import remind
from yankao.kernel.notice.tasks import remind_daily

pytestmark = pytest.mark.django_db
DUE = date(2012, 9, 17)  # six months after 15 March end on a Saturday, so on Monday at noon


def at(day, hour=8):
    return timezone.make_aware(datetime.combine(day, time(hour)))


def kept(cast, officer=True):
    """A find whose six months run."""
    found = process.open(
        cast.officer,
        title="雨傘{0}",
        agency=cast.water,
        officer=cast.officer if officer else None,
        opened_on=date(2012, 3, 1),
        place="捷運站",
        found_on=date(2012, 3, 1),
        at=at(date(2012, 3, 1)),
    )
    give_notice.run(found, cast.officer, {"noticed_on": date(2012, 3, 15)}, at=at(date(2012, 3, 15)))
    return found


def run_days(first, last):
    day, sent = first, []
    while day <= last:
        before = set(Notice.objects.values_list("pk", flat=True))
        remind(at(day))
        sent += [
            ((day - DUE).days, notice.user.username, notice.kind)
            for notice in Notice.objects.exclude(pk__in=before).select_related("user").order_by("pk")
        ]
        day += timedelta(days=1)
    return sent


def test_the_ladder_says_each_step_once_to_whom_it_concerns(cast):
    kept(cast)
    sent = run_days(DUE - timedelta(days=40), DUE + timedelta(days=35))
    assert CLAIM.remind == (7, 1)
    assert sent == [
        (-7, "t.officer", "reminder"),
        (-1, "t.officer", "reminder"),
        (1, "t.officer", "overdue"),
        (7, "t.officer", "overdue"),
        (8, "t.manager", "overdue"),
        (14, "t.officer", "overdue"),
        (15, "t.controller", "overdue"),
        (21, "t.officer", "overdue"),
        (28, "t.officer", "overdue"),
        (31, "t.head", "overdue"),
        (35, "t.officer", "overdue"),
    ]
    text = Notice.objects.filter(kind="reminder").first().text
    assert "雨傘{0}" in text and "101年9月17日" in text and "剩7日" in text


def test_a_second_run_on_the_same_day_sends_nothing(cast):
    kept(cast)
    day = at(DUE - timedelta(days=7))
    assert (remind(day), remind(day), remind(day + timedelta(hours=9))) == (1, 0, 0)


def test_a_worker_that_stood_still_sends_only_the_nearest_reminder(cast):
    kept(cast)
    assert remind(at(DUE)) == 1
    assert Notice.objects.get().key.endswith(f":-1:{cast.officer.pk}")


def test_without_an_officer_the_controllers_of_the_agency_are_reminded(cast):
    kept(cast, officer=False)
    remind(at(DUE - timedelta(days=7)))
    assert Notice.objects.get().user == cast.controller


def test_a_finished_or_paused_deadline_is_silent(cast):
    done = kept(cast)
    give_back.run(done, cast.officer, {"claimant": "王大明"}, at=at(date(2012, 4, 1)))
    paused = kept(cast)
    Clock.objects.filter(case=paused.case).update(paused_at=at(date(2012, 4, 1)))
    assert remind(at(DUE + timedelta(days=20))) == 0


def test_an_extended_deadline_has_a_ladder_of_its_own(cast):
    kept(cast)
    remind(at(DUE - timedelta(days=1)))
    Clock.objects.update(due_at=at(DUE + timedelta(days=14), 12))
    assert remind(at(DUE)) == 0
    assert remind(at(DUE + timedelta(days=13))) == 1


def test_a_reminder_is_in_the_language_of_its_reader(cast):
    cast.officer.language = "en"
    cast.officer.save(update_fields=["language"])
    kept(cast)
    remind(at(DUE - timedelta(days=7)))
    assert "17 September 2012" in Notice.objects.get().text


def test_a_deadline_missed_at_noon_is_late_in_the_afternoon(cast):
    kept(cast)
    assert remind(at(DUE, 13)) == 1
    assert Notice.objects.get().kind == "overdue"


def test_the_round_is_made_every_morning():
    assert periodic[remind_daily.module_path].at.isoformat() == "06:30:00"
