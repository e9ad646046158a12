"""Hours of a service as dated rules, the ladder of who hears when they pass, the look into the vault."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.casework.models import Clock
from yankao.kernel.notice.models import Notice
from yankao.kernel.rules import values
from yankao.kernel.vault import revealing
from yankao.service.petitions import ladder, registers, rules
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Category, Complexity, Service, ServiceLimit

from .conftest import MONDAY, WANG, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def fresh_registers():
    registers.forget()
    yield
    registers.forget()


@pytest.fixture
def rule(desk):
    """Sets a rule to a value that holds from the beginning."""

    def set_to(code, value):
        values.change(desk.cast.rdec_chief, code, value, rules.SINCE, "新規定")

    yield set_to
    values.forget()


def clock(one, code):
    return Clock.objects.filter(case_id=one.pk, code=code).order_by("pk").last()


def due(one, code):
    return timezone.localtime(clock(one, code).due_at)


def told(desk, kind="escalation"):
    return sorted(row.user.username.removeprefix("t.") for row in Notice.objects.filter(kind=kind))


def test_who_is_above_hears_of_lost_hours_step_by_step_and_each_once(desk):
    cast = desk.cast
    one = desk.do(desk.fault(), p.dispatch, cast.agent, agency=cast.water, crew=cast.crew)  # survey by 12:00
    assert ladder.climb(at(MONDAY, 11, 59)) == 0
    assert ladder.climb(at(MONDAY, 12)) == 2 and told(desk) == ["controller", "crew"]
    assert ladder.climb(at(MONDAY, 12, 30)) == 0, "a second round adds nothing"
    desk.do(one, p.arrive, cast.crew, hour=13)
    assert ladder.climb(at(MONDAY, 14)) == 2, "there now; making it safe is late from two o'clock"
    assert ladder.climb(at(MONDAY, 16)) == 1 and told(desk).count("manager") == 1
    one = desk.do(desk.fresh(one), p.make_safe, cast.crew, hour=17, measure="放置三角錐")
    assert ladder.climb(at(MONDAY, 23)) == 0
    words = Notice.objects.filter(kind="escalation").latest("pk").text
    assert one.case.number in words and "臨時安全措施" in words and "2小時" in words


def test_a_sealed_fault_is_told_to_nobody_who_may_not_know_of_it(desk):
    one = desk.fault()
    one.case.security = "secret"
    one.case.save()
    assert ladder.climb(at(MONDAY, 20)) == 0


def test_a_ladder_is_read_or_refused_by_a_sentence():
    rungs = ladder.read_ladder("8: head; 0：crew")
    assert [(one.hours, one.who) for one in rungs] == [(0, "crew"), (8, "head")]
    for text in ("", "2 manager", "x: head", "2: nobody"):
        with pytest.raises(ValueError, match=r"。$"):
            ladder.read_ladder(text)


def test_new_limits_hold_from_their_day_and_old_cases_keep_theirs(desk, client, fresh_registers):
    place = reverse("petitions:limit", args=["pothole"])
    client.force_login(desk.cast.officer)
    assert client.post(place, {}).status_code == 403
    before = desk.fault()
    client.force_login(desk.cast.rdec_chief)
    told = {"survey": "1 hour", "safety": "soon", "fix": "12 hours", "since": "101-03-06", "basis": "新規定"}
    page = client.post(place, told)
    assert page.status_code == 422 and "看不懂「soon」" in page.content.decode()
    assert client.post(place, {**told, "safety": "2 hours"}).status_code == 302
    after = desk.fault(received_at=at(date(2012, 3, 6)))
    rows = Clock.objects.values_list("code", "span")
    spans = {one.pk: dict(rows.filter(case_id=one.pk)) for one in (before, after)}
    assert (spans[before.pk]["survey"], spans[before.pk]["fix"]) == ("2 hours", "24 hours")
    assert (spans[after.pk]["survey"], spans[after.pk]["fix"]) == ("1 hour", "12 hours")
    old, new = ServiceLimit.objects.filter(service="pothole").order_by("valid_from")
    assert (old.valid_to, new.valid_from) == (date(2012, 3, 5), date(2012, 3, 6))
    client.force_login(desk.cast.crew)
    page = client.get(reverse("petitions:limits")).content.decode()
    assert "1小時" in page and "12小時" in page and "逾時2小時" in page


def test_a_deadline_in_hours_explains_itself(desk, client):
    one = desk.fault()
    clock = Clock.objects.get(case_id=one.pk, code="survey")
    client.force_login(desk.cast.agent)
    page = client.get(reverse("desk:clock", args=[one.pk, clock.pk])).content.decode()
    assert "10:00" in page and "12:00" in page and "小時" in page


def test_the_petitioner_s_data_is_shown_for_a_purpose_once_and_the_look_is_kept(desk, client):
    one, cast = desk.accepted(), desk.cast
    place = reverse("petitions:reveal", args=[one.pk])
    client.force_login(cast.officer)
    case = client.get(reverse("desk:case", args=[one.pk])).content.decode()
    assert place in case and WANG.mobile not in case
    asked = client.get(place).content.decode()
    assert "調閱目的" in asked and WANG.name not in asked
    assert client.post(place, {"purpose": "visit"}).status_code == 422
    assert not revealing.looks(one.case).exists()
    given = {"purpose": "visit", "why": "約定會勘時間", "fields_": ["mobile"]}
    page = client.post(place, given)
    body = page.content.decode()
    assert WANG.mobile in body and WANG.name not in body and "no-store" in page["Cache-Control"]
    look = revealing.looks(one.case).get()
    assert (look.actor, look.purpose, look.fields) == (cast.officer, "visit", "mobile")
    assert look.why == "約定會勘時間"
    client.force_login(cast.controller)  # sees the mask; the button is not there, nor the page
    assert place not in client.get(reverse("desk:case", args=[one.pk])).content.decode()
    assert client.get(place).status_code == 404


def test_of_a_sealed_case_nobody_but_its_custodian_is_offered_the_look(desk, client):
    sealed = desk.received(category=Category.objects.get(pk="conduct"))
    for who, status in ((desk.cast.rdec_chief, 404), (desk.cast.ethics, 200)):
        client.force_login(who)
        assert client.get(reverse("petitions:reveal", args=[sealed.pk])).status_code == status


def test_a_repair_in_days_runs_at_once_through_holidays_unless_the_start_rule_says_later(desk, rule):
    friday = date(2026, 2, 13)  # offices close until the 23rd: Lunar New Year
    given = {"received_at": at(friday, 16)}
    assert due(desk.fault(**given), "fix") == at(date(2026, 2, 14), 16), "a day, which ends as its hours do"
    flood = desk.fault(service="flooding", **given)
    assert {c: due(flood, c) for c in ("survey", "safety", "fix")} == {
        "survey": at(friday, 17), "safety": at(friday, 18), "fix": at(date(2026, 2, 14), 16),
    }  # fmt: skip
    for how, first, last in (
        ("next day", date(2026, 2, 13), date(2026, 2, 23)),
        ("next working day", date(2026, 2, 22), date(2026, 2, 23)),
    ):
        rule("service.petitions.start.dispatch", how)
        one = desk.fault(**given)
        assert timezone.localtime(clock(one, "fix").started_at).date() == first
        assert due(one, "fix").date() == last, "days of the calendar end as the law says"
        assert due(one, "survey") == at(friday, 18), "hours run at once by law"


def test_limits_of_dispatch_in_days_and_working_days_begin_by_its_start_rule(desk, rule, fresh_registers):
    pothole = Service.objects.get(pk="pothole")
    registers.change_limit(
        desk.cast.rdec_chief, pothole, survey="1 day", safety="2 working days", fix="3 working days",
        since=date(2012, 3, 5), basis="新規定",
    )  # fmt: skip
    friday = {"received_at": at(date(2012, 3, 9), 16)}
    one = desk.fault(**friday)
    assert {c: due(one, c).date().day for c in ("survey", "safety", "fix")} == {
        "survey": 10, "safety": 12, "fix": 13,
    }  # fmt: skip
    assert due(one, "survey") == at(date(2012, 3, 10), 16)
    rule("service.petitions.start.dispatch", "next working day")
    one = desk.fault(**friday)
    assert {c: due(one, c).date().day for c in ("survey", "safety", "fix")} == {
        "survey": 12, "safety": 13, "fix": 14,
    }  # fmt: skip


@pytest.mark.parametrize("how", ["next day", "at once", "next working day"])
@pytest.mark.parametrize("limit", ["30 working days", "45 days", "800 hours"])
def test_no_first_limit_ends_after_the_ceiling(desk, rule, limit, how):
    rule("service.petitions.limit.petition", f"{limit}; complexity=complex: 14 working days")
    rule("service.petitions.start.petition", how)
    one = desk.received()
    assert due(one, "answer") == timezone.localtime(rules.ceiling_of(one)), "however the limit counts"
    assert due(one, "answer").date() == date(2012, 4, 5)  # thirty days end on the 4th of April, a holiday
    one = desk.do(
        desk.triaged(), p.triage, desk.cast.rdec_controller, kind="petition",
        category=Category.objects.get(pk="drainage.ditch"), complexity=Complexity.COMPLEX,
    )  # fmt: skip
    assert due(one, "answer").date() < date(2012, 3, 27), "a limit within the ceiling stays what it is"
