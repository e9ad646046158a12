"""A training of the cast, taken as far as a test needs it."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from yankao.inspection.training import process as p
from yankao.inspection.training.models import Course, Quota, Seat, Training

DAY = date(2012, 4, 30)


def at(day, hour=10, minute=0):
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


class School:
    def __init__(self, cast):
        self.cast = cast
        self.course = Course.objects.create(code="drawings", name="設計圖說審查", faults="4.01.01")

    def do(self, one, move, actor=None, on=date(2012, 4, 2), **given):
        move.run(one, actor or self.cast.rdec_controller, given, at=at(on))
        return self.fresh(one)

    def fresh(self, one):
        return Training.objects.select_related("case__agency", "course").get(pk=one.pk)

    def planned(self, days=(DAY,), starts="09:00", ends="17:00"):
        one = p.process.open(
            self.cast.rdec_controller, title="圖說審查", agency=self.cast.rdec, at=at(date(2012, 3, 1)),
            course=self.course,
        )  # fmt: skip
        rows = [p.SittingRow(day, starts, ends, "第一會議室", 60) for day in days]
        return self.do(one, p.schedule, sittings=rows)

    def asking(self, water=2, works=2, **more):
        rows = [p.QuotaRow(self.cast.water, water), p.QuotaRow(self.cast.works, works)]
        return self.do(self.planned(**more), p.give_places, nominate_by=date(2012, 4, 20), quotas=rows)

    def nominate(self, one, *people, agency=None, actor=None, **more):
        quota = Quota.objects.get(training=one, agency=agency or self.cast.water)
        rows = [p.Nominee(*person) for person in people]
        return self.do(one, p.nominate, actor or self.cast.controller, quota=quota, people=rows, **more)

    def invited(self, *people, **more):
        people = people or (("林怡君", "lin@city.example"), ("陳冠廷", ""))
        return self.do(self.nominate(self.asking(**more), *people), p.send_invitations)

    def sitting(self, one):
        return one.sittings.get(cancelled_on=None)

    def seat(self, one, name="林怡君"):
        return Seat.objects.get(training=one, name=name)


@pytest.fixture
def school(cast):
    return School(cast)


@pytest.fixture
def today_all_day(school):
    """A training that sits today from the first minute to the last, so that signing in is open."""
    day = timezone.localdate()
    one = school.planned((day,), "00:00", "23:59")
    rows = [p.QuotaRow(school.cast.water, 3)]
    one = school.do(one, p.give_places, nominate_by=day, quotas=rows, on=day - timedelta(days=5))
    one = school.nominate(one, ("林怡君", "lin@city.example"), ("陳冠廷", ""), on=day - timedelta(days=4))
    return school.do(one, p.send_invitations, on=day - timedelta(days=3))
