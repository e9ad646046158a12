"""Open deadlines follow a re-issued calendar and a typhoon day."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from examples.lost_property.process import give_notice, process
from yankao.kernel.calendar import TAIPEI
from yankao.kernel.casework.models import Case, Clock, ClockChange
from yankao.kernel.casework.recount import recount
from yankao.kernel.rules.office import announce_closure

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(cast):
    """A find whose six months end on Wednesday 12 September 2012."""
    find = process.open(
        cast.officer,
        title="傘",
        agency=cast.water,
        opened_on=date(2012, 3, 1),
        district=cast.district,
        place="x",
        found_on=date(2012, 3, 1),
    )
    give_notice(find, cast.officer, noticed_on=date(2012, 3, 12))
    return find


def close(cast, district=None, day=date(2012, 9, 12)):
    announced = datetime(2012, 9, 11, 20, tzinfo=TAIPEI)
    announce_closure(
        cast.rdec_chief, day, part="full", district=district, announced_at=announced, source="停班公告"
    )


def test_a_deadline_on_a_typhoon_day_moves_to_the_next_working_day_and_says_why(cast, waiting):
    close(cast)
    assert recount(cast.rdec_chief, "停班公告") == 1
    clock = Clock.objects.get()
    assert timezone.localtime(clock.due_at).date() == date(2012, 9, 13)
    assert Case.objects.get().due_at == clock.due_at
    change = ClockChange.objects.get()
    assert (change.kind, change.reason, change.due_after) == ("recalculate", "停班公告", clock.due_at)
    assert recount(cast.rdec_chief, "停班公告") == 0


def test_a_closure_of_another_district_moves_nothing(cast, waiting):
    other = type(cast.district).objects.create(code="T-64000020", name="鼓山區")
    close(cast, district=other)
    assert recount(cast.rdec_chief, "停班公告") == 0


def test_an_extension_once_granted_is_kept_and_only_moves_off_the_closed_day(cast, waiting, monkeypatch):
    noon = datetime(2012, 9, 1, 12, tzinfo=TAIPEI)
    process.moves["extend_claim"].run(waiting, cast.rdec_controller, {"days": 5, "reason": "候認領"}, at=noon)
    assert timezone.localtime(Clock.objects.get().due_at).date() == date(2012, 9, 17)
    close(cast, day=date(2012, 9, 17))
    recount(cast.rdec_chief, "停班公告")
    assert timezone.localtime(Clock.objects.get().due_at).date() == date(2012, 9, 18)
