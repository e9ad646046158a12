"""What a manager looks at: each number opens exactly its cases; both measures of being on time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from yankao.desk import city_board
from yankao.kernel.casework.models import Case
from yankao.kernel.people.models import District, Post, Unit, User
from yankao.service.petitions import process as p
from yankao.service.petitions import registers, workload
from yankao.service.petitions.models import Petition

from .conftest import MONDAY, at

pytestmark = pytest.mark.django_db
TODAY = date(2012, 3, 20)


@pytest.fixture
def month(desk, monkeypatch):
    """A bureau in the middle of March: late, soon due, to be approved, returned, closed in time and late."""
    cast = desk.cast
    unit = Unit.objects.create(agency=cast.water, name="雨水工程科")
    Post.objects.filter(user=cast.officer).update(unit=unit)
    desk.accepted()  # due on the 13th: late
    desk.accepted(received_at=at(date(2012, 3, 13)))  # due on the 21st: soon
    desk.do(desk.accepted(), p.draft_reply, cast.officer, **desk.reply())
    desk.do(desk.accepted(), p.ask_extension, cast.officer, days=3, reason="須會勘")
    desk.assigned(received_at=at(date(2012, 3, 19)))
    desk.do(desk.assigned(), p.refuse_assignment, cast.controller, reason="非本局管轄")
    desk.closed()  # answered on the 8th, due on the 13th
    late = desk.do(desk.drafted(), p.approve_reply, cast.manager, on=date(2012, 3, 15))
    late = desk.do(late, p.send_reply, cast.officer, on=date(2012, 3, 15))
    desk.do(late, p.close, cast.officer, on=date(2012, 3, 15))
    desk.do(desk.accepted(), p.transfer_out, cast.officer, on=date(2012, 3, 7), to="台電", reason="電桿")
    monkeypatch.setattr(timezone, "now", lambda: at(TODAY, 9))
    return desk


def cases_on(page):
    return re.findall(r'<a href="/cases/(\d+)/">(P101-\d+)', page)


def test_every_number_opens_a_list_of_exactly_as_many_cases(month, client):
    client.force_login(month.cast.manager)
    page = client.get(reverse("petitions:overview")).content.decode()
    links = [unescape(one) for one in re.findall(r'href="(/rooms/service.petitions/overview/[^"]+)"', page)]
    shown = dict(
        re.findall(r'<a href="(/rooms/service.petitions/overview/[^"]+)"[^>]*>(?:<b>)?\D*([\d,]+)', page)
    )
    assert len(shown) > 20 and {unescape(one) for one in shown} <= set(links)
    for link, count in shown.items():
        opened = client.get(unescape(link)).content.decode()
        rows = opened.count('<th scope="row">')
        assert rows == int(count.replace(",", "")), link


def test_what_is_late_soon_due_and_to_be_approved(month):
    scope = workload.Scope(month.cast.manager, None, MONDAY, TODAY, at(TODAY, 9))
    timely = ("closed_on_time", "fell_due", "due_on_time")
    assert workload.numbers(scope, (*workload.NOW, *workload.FLOW, *timely)) == {
        # The four still open of the 5th are late, the returned one too where its agency still stands on it.
        "open": 6, "overdue": 4, "soon": 1, "unaccepted": 1, "drafts": 1, "extensions": 1, "reopenings": 0,
        "received": 9, "closed": 3, "returned": 1, "transferred": 1, "disputed": 0,
        # One of those that ended was late; four that fell due are open and late besides.
        "closed_on_time": 2, "fell_due": 7, "due_on_time": 2,
    }  # fmt: skip


def test_the_work_is_told_by_unit_and_by_officer_and_both_come_to_the_same(month):
    scope = workload.Scope(month.cast.manager, None, MONDAY, TODAY, at(TODAY, 9))
    units, officers = workload.loads(scope, "unit"), workload.loads(scope, "officer")
    assert {one.name for one in units} == {"雨水工程科", "未列單位"}
    assert {one.name for one in officers} == {"林怡君", "尚未分派承辦人"}
    for name in ("open", "overdue", "soon", "closed"):
        assert sum(getattr(one, name) for one in units) == sum(getattr(one, name) for one in officers)
    mine = next(one for one in officers if one.name == "林怡君")
    own = workload.Scope(month.cast.manager, None, MONDAY, TODAY, at(TODAY, 9), officer=mine.key)
    assert workload.NUMBERS["held_overdue"].cases(own).count() == mine.overdue > 0


def test_officers_of_one_name_are_told_apart_by_agency(month):
    User.objects.filter(pk=month.cast.works_officer.pk).update(name=month.cast.officer.name)
    names = workload._names("officer", {month.cast.officer.pk, month.cast.works_officer.pk})
    assert names[month.cast.officer.pk] == f"{month.cast.officer.name}（{month.cast.water}）"
    assert names[month.cast.works_officer.pk] == f"{month.cast.officer.name}（{month.cast.works}）"
    assert (
        workload._names("officer", {month.cast.officer.pk})[month.cast.officer.pk] == month.cast.officer.name
    )


def test_ages_add_up_to_what_is_open(month):
    scope = workload.Scope(month.cast.manager, None, MONDAY, TODAY, at(TODAY, 9))
    ages = workload.bands(scope)
    assert sum(ages.values()) == workload.NUMBERS["open"].cases(scope).count()
    assert ages == {"b3": 1, "b7": 1, "b15": 4, "b30": 0, "older": 0}


def test_an_agency_sees_its_own_and_the_commission_the_city_or_one_agency(month, client):
    works = month.cast.works_controller
    scope = workload.Scope(works, None, MONDAY, TODAY, at(TODAY, 9))
    assert workload.NUMBERS["open"].cases(scope).count() == 0
    city = workload.Scope(month.cast.rdec_controller, None, MONDAY, TODAY, at(TODAY, 9))
    one = workload.Scope(month.cast.rdec_controller, month.cast.water.pk, MONDAY, TODAY, at(TODAY, 9))
    own = workload.Scope(month.cast.manager, None, MONDAY, TODAY, at(TODAY, 9))
    assert workload.NUMBERS["closed"].cases(one).count() == workload.NUMBERS["closed"].cases(own).count()
    month.received()  # nobody's yet: the commission's
    assert workload.NUMBERS["open"].cases(city).count() == workload.NUMBERS["open"].cases(one).count() + 1
    client.force_login(month.cast.crew)
    assert client.get(reverse("petitions:overview")).status_code == 403


def test_a_confidential_case_is_in_no_number_of_who_may_not_know_of_it(month):
    scope = workload.Scope(month.cast.manager, None, MONDAY, TODAY, at(TODAY, 9))
    assert any(workload.numbers(scope, tuple(workload.NUMBERS)).values())
    Case.objects.update(security="named")
    assert not any(workload.numbers(scope, tuple(workload.NUMBERS)).values())


def test_the_pages_ask_the_same_number_of_questions_whatever_there_is(month, client):
    client.force_login(month.cast.manager)
    places = [reverse("petitions:overview"), reverse("petitions:listed", args=["open"])]
    counts = []
    for more in (0, 6):
        for _ in range(more):
            month.accepted(received_at=at(TODAY - timedelta(days=1)))
        for place in places:
            client.get(place)
            with CaptureQueriesContext(connection) as asked:
                client.get(place)
            counts.append(len(asked))
    assert counts[:2] == counts[2:] and counts[0] <= 30 and counts[1] <= 8


def test_days_in_the_wrong_order_are_told_and_the_usual_range_holds(month, client):
    client.force_login(month.cast.manager)
    page = client.get(reverse("petitions:overview"), {"since": "2012-03-20", "until": "2012-03-01"})
    assert "迄日不能早於起日" in page.content.decode()
    assert client.get(reverse("petitions:listed", args=["nothing"])).status_code == 404


def tiles_on(page):
    """The numbers of the mayor's tiles: address, value and words."""
    city = page.partition('<section class="city"')[2].partition("</section>")[0]
    found = re.findall(
        r'<a href="([^"]+)"[^>]*><b>([^<]+)</b><span class="d">[^<]*</span><span class="l">([^<]+)', city
    )
    return [(unescape(href), value, words) for href, value, words in found]


def test_every_number_of_the_mayor_s_tiles_opens_as_many_cases(month, client):
    district = District.objects.create(code="64000010", name="小港區", name_en="Siaogang")
    elsewhere = District.objects.create(code="64000020", name="路竹區", name_en="Luzhu")
    Case.objects.filter(kind=p.process.kind).update(district=district)
    Case.objects.filter(pk=Case.objects.filter(kind=p.process.kind).first().pk).update(district=elsewhere)
    Petition.objects.filter(category=None).update(category=next(iter(registers.categories())))
    client.force_login(month.cast.mayor)
    told = tiles_on(client.get(reverse("desk:work")).content.decode())
    mine = [one for one in told if "/service.petitions/overview/" in one[0] and one[1].isdecimal()]
    assert {"受理案件", "逾期未辦", "未結的危險通報"} < {words for _href, _value, words in mine}
    hot = [words for _href, _value, words in mine if words.startswith("小港區 ")]
    assert hot
    assert any(int(value) for _href, value, _words in mine)
    for href, value, words in mine:
        page = client.get(href).content.decode()
        assert f"共{value}件" in page, words
        assert ("小港區" in page.partition("<h1")[2].partition("<table")[0]) == (words in hot)


def test_the_city_is_told_to_its_mayor_alone(month, client):
    for person in (month.cast.officer, month.cast.rdec_controller, month.cast.auditor):
        client.force_login(person)
        assert 'class="city"' not in client.get(reverse("desk:work")).content.decode()
        assert city_board.tiles(person) == []
    titles = [str(tile.title) for tile in city_board.tiles(month.cast.mayor)]
    assert titles == ["施政承諾", "預算執行", "工程", "市民", "安全"]
