"""Hours of a service as dated rules, the ladder of who hears when they pass, the look into the vault."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from yankao.kernel.casework.models import Clock
from yankao.kernel.notice.models import Notice
from yankao.kernel.vault import revealing
from yankao.service.petitions import ladder, registers
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Category, ServiceLimit

from .conftest import MONDAY, WANG, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def fresh_registers():
    registers.forget()
    yield
    registers.forget()


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
    assert (spans[before.pk]["survey"], spans[before.pk]["fix"]) == ("2 hours", "1 day")
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
