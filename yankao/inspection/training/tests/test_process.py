"""A training from its plan to the filed result."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from icalendar import Calendar

from yankao.inspection.training import process as p
from yankao.inspection.training.models import ROLL, Presence, Seat
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework import contract
from yankao.kernel.casework.process import Refused
from yankao.kernel.jobs.models import Mail
from yankao.kernel.session import opinions
from yankao.kernel.session.models import Way
from yankao.kernel.session.roll import close_roll, share_present, sign_in, sign_out

from .conftest import DAY, at

pytestmark = pytest.mark.django_db


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


def test_an_agency_fills_its_places_and_no_more(school):
    one = school.nominate(school.asking(), ("林怡君",))
    with pytest.raises(Refused, match="名額是2人，已超出1人"):
        school.nominate(one, ("陳冠廷",), ("黃詩涵",))
    with pytest.raises(Refused, match="同名"):
        school.nominate(one, ("林 怡君",))
    school.nominate(one, ("陳冠廷",))
    assert Seat.objects.count() == 2


def test_nobody_fills_the_places_of_another_agency(school):
    one = school.asking()
    with pytest.raises(ValidationError):
        school.nominate(one, ("林怡君",), actor=school.cast.works_controller)
    with pytest.raises(Refused):
        school.nominate(one, ("林怡君",), actor=school.cast.stranger)
    with pytest.raises(Refused, match="截止"):
        school.nominate(one, ("林怡君",), on=date(2012, 4, 21))


def test_names_stay_out_of_the_chain_of_the_ledger(school):
    school.invited()
    assert "林怡君" not in str(list(Entry.objects.values_list("body", flat=True)))


def test_who_has_an_address_is_invited_alone_and_once(school):
    one = school.invited()
    letter = Mail.objects.get(to="lin@city.example", subject__startswith="訓練通知")
    (event,) = Calendar.from_ical(letter.calendar).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:lin@city.example"
    assert "陳冠廷" not in letter.calendar + letter.body
    assert event["SEQUENCE"] == 0 and school.seat(one).number in letter.body
    sitting = school.sitting(one)
    given = {"held_on": DAY + timedelta(days=1), "starts": "1330", "ends": "17時30分", "place": "禮堂"}
    one = school.do(one, p.change_sitting, sitting=sitting, reason="場地", **given)
    changed = Calendar.from_ical(Mail.objects.exclude(pk=letter.pk).get(to="lin@city.example").calendar)
    (again,) = changed.walk("VEVENT")
    assert again["SEQUENCE"] == 1 and again["UID"] == event["UID"] and one.starts_on == given["held_on"]
    school.do(one, p.cancel, reason="颱風")
    off = [m for m in Mail.objects.filter(to="lin@city.example") if "METHOD:CANCEL" in m.calendar]
    (event,) = Calendar.from_ical(off[0].calendar).walk("VEVENT")
    assert len(off) == 1 and event["SEQUENCE"] == 2 and str(event["STATUS"]) == "CANCELLED"


def sign(one, name, arrived, left=None, agency="water", number="", cast=None, school=None):
    sitting = school.sitting(one)
    who = {"name": name, "agency": getattr(school.cast, agency) if agency else None, "number": number}
    signed = sign_in(ROLL, sitting, **who, at=at(DAY, *arrived), way=Way.CODE)
    if left:
        sign_out(ROLL, signed.presence, at=at(DAY, *left), way=Way.CODE)
    return signed


def test_a_repeated_sign_in_counts_once_and_keeps_the_first_time(school):
    one = school.invited()
    first = sign(one, "林怡君", (8, 55), school=school)
    again = sign(one, " 林怡君 ", (9, 30), school=school)
    assert first.fresh and not again.fresh and again.presence.pk == first.presence.pk
    assert Presence.objects.get().arrived_at == at(DAY, 8, 55)
    with pytest.raises(IntegrityError), transaction.atomic():
        Presence.objects.create(seat=first.presence.seat, sitting=school.sitting(one), arrived_at=at(DAY, 9))


def test_minutes_late_and_early_are_worked_out(school):
    one = school.invited(("甲", ""), ("乙", ""), water=2)
    sign(one, "甲", (9, 8), (17, 5), school=school)
    sign(one, "乙", (10, 0), (12, 0), school=school)
    whole, part = Presence.objects.order_by("pk")
    assert (whole.late_by, whole.early_by, whole.minutes) == (0, 0, 7 * 60)
    assert (part.late_by, part.early_by, part.minutes) == (60, 300, 120)
    assert sorted(share_present(ROLL, one).values()) == [Decimal("28.6"), 100]


def test_people_of_one_name_are_told_apart_by_their_number(school):
    one = school.invited(("林怡君", "a@city.example"), ("林怡君", "b@city.example"))
    with pytest.raises(Refused, match="報到號碼"):
        sign(one, "林怡君", (9, 0), school=school)
    seat = Seat.objects.get(email="b@city.example")
    assert sign(one, "林怡君", (9, 0), number=seat.number, school=school).presence.seat == seat


def test_a_walk_in_gets_a_seat_of_its_own(school):
    one = school.invited()
    signed = sign(one, "吳現場", (9, 0), agency=None, school=school)
    assert signed.presence.seat.walk_in and signed.presence.seat.agency is None
    sign(one, "吳現場", (9, 1), agency=None, school=school)
    assert Seat.objects.filter(walk_in=True).count() == 1


@pytest.mark.parametrize(("hour", "minute"), [(7, 59), (18, 1)])
def test_codes_keep_to_the_hours_of_the_sitting(school, hour, minute):
    with pytest.raises(Refused):
        sign(school.invited(), "林怡君", (hour, minute), school=school)
    assert not Presence.objects.exists()


def test_the_roll_is_closed_after_the_sitting_and_then_the_training_is_held(school):
    one = school.invited()
    sign(one, "林怡君", (9, 0), school=school)
    sitting, actor = school.sitting(one), school.cast.rdec_controller
    with pytest.raises(Refused, match="還沒有結束"):
        close_roll(ROLL, sitting, at=at(DAY, 16), by=actor)
    with pytest.raises(Refused, match="尚未結算"):
        school.do(one, p.hold, on=DAY + timedelta(days=1))
    assert close_roll(ROLL, sitting, at=at(DAY, 18), by=actor) == 1
    assert close_roll(ROLL, sitting, at=at(DAY, 18), by=actor) == 0
    assert Presence.objects.get().minutes == 7 * 60
    with pytest.raises(Refused, match="已結算"):
        sign(one, "陳冠廷", (17, 30), school=school)
    one = school.do(one, p.hold, on=DAY + timedelta(days=1))
    one = school.do(one, p.close, on=DAY + timedelta(days=5), lessons="良好")
    assert one.case.closed_on


def test_an_answer_counts_once_and_is_kept_without_its_seat(school):
    one = school.invited(*[(f"學員{n}", "") for n in range(5)], water=5)
    for n in range(5):
        sign(one, f"學員{n}", (9, 0), school=school)
    scores = {"content": 5, "teaching": 4, "useful": 4, "arrangement": 3}
    seats = list(Seat.objects.order_by("pk"))
    for seat in seats[:4]:
        opinions.answer(ROLL, seat.pk, scores, "案例很好")
    few = opinions.summary(ROLL, one)
    assert few.withheld and not few.means and not few.words and few.rate == 80
    opinions.answer(ROLL, seats[4].pk, scores, "")
    told = opinions.summary(ROLL, one)
    assert told.rate == 100 and [mean for _label, mean in told.means] == [5, 4, 4, 3]
    with pytest.raises(Refused, match="已填過"):
        opinions.answer(ROLL, seats[0].pk, scores, "再一次")
    kept = ROLL.opinions._meta
    assert {field.name for field in kept.fields} == {"id", "training", *scores, "words"}
