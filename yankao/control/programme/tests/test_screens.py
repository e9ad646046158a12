"""Pages of the room: case panels, boards, entry by table, the steering meeting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.process import Refused

from .. import boards, monthly, steering
from .. import process as way
from ..models import AgendaItem, LagCause, Month, Programme, Project, SteeringMeeting
from .conftest import at, plan
from .test_process import FINE, file

D = Decimal
WHY = {"cause": LagCause.LAND, "reason": "用地尚未點交", "measure": "協調提前使用"}
BOARDS = ["filing", "filed", "lagging", "funding", "steering", "entry"]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reported(cast: Any, project: Project) -> Project:
    file(project, cast, date(2012, 1, 1))
    file(project, cast, date(2012, 2, 1), actual=D(2), **WHY)
    monthly.open_months(at("2012-04-01"))
    return project


def test_the_case_page_shows_curve_months_plan_and_money(cast: Any, reported: Project) -> None:
    page = signed_in(cast.officer).get(reverse("desk:case", args=[reported.pk])).content.decode()
    assert page.count("<svg") >= 2
    for words in ("101年2月", "用地取得", "協調提前使用", "工程施作", "完成發包", "一般性補助款", "未發包"):
        assert words in page, words


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("who", ["officer", "controller", "head", "rdec_controller", "mayor"])
def test_every_board_opens_for_staff(cast: Any, reported: Project, name: str, who: str) -> None:
    assert signed_in(getattr(cast, who)).get(reverse(f"programme:{name}")).status_code == 200


@pytest.mark.parametrize("name", BOARDS)
def test_boards_are_not_for_strangers(db: None, name: str) -> None:
    assert Client().get(reverse(f"programme:{name}")).status_code == 302


def test_the_filing_board_counts_what_its_list_shows(
    cast: Any, reported: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "_today", lambda: date(2012, 4, 20))
    client = signed_in(cast.rdec_controller)
    page = client.get(reverse("programme:filing")).content.decode()
    assert "水利局" in page and "逾期" in page
    rows = client.get(
        reverse("programme:filed") + "?agency=T-WATER&month=2012-03&state=owed"
    ).content.decode()
    assert reported.case.title in rows and "共1份" in rows


def test_boards_tell_only_what_one_may_see(cast: Any, reported: Project) -> None:
    page = signed_in(cast.works_officer).get(reverse("programme:filed")).content.decode()
    assert reported.case.title not in page


def test_the_list_of_items_is_filtered_by_light_and_programme(cast: Any, reported: Project) -> None:
    client, listed = signed_in(cast.rdec_controller), reverse("desk:list", args=["control.programme"])
    assert (
        reported.case.title
        in client.get(listed, {"light": "red", "programme": "annual-101"}).content.decode()
    )
    assert reported.case.title not in client.get(listed, {"light": "green"}).content.decode()


def test_entry_by_table_sends_what_is_right_and_keeps_what_is_not(
    cast: Any, reported: Project, programme: Programme
) -> None:
    other = way.process.open(
        cast.rdec_controller,
        title="另一案",
        agency=cast.water,
        officer=cast.officer,
        programme=programme,
        year=101,
        budget=D(1_000_000),
    )
    for move, actor, given in (
        (way.submit_plan, cast.officer, plan()),
        (way.approve_plan, cast.rdec_controller, {}),
        (way.start, cast.officer, {"started_on": date(2012, 1, 5)}),
        (way.open_month, cast.rdec_controller, {"month": date(2012, 3, 1)}),
    ):
        move(other, actor, **given)
    good, bad = reported.months.get(month=date(2012, 3, 1)), other.months.get()
    answer = signed_in(cast.officer).post(
        reverse("programme:entry"),
        {
            f"m{good.pk}-actual": "25",
            f"m{good.pk}-allotted": "250000",
            f"m{good.pk}-paid": "240000",
            f"m{bad.pk}-actual": "19.99",
            f"m{bad.pk}-allotted": "25萬",
            f"m{bad.pk}-paid": "240000",
            f"m{bad.pk}-reason": "只寫說明",
        },
    )
    assert answer.status_code == 422
    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.submitted_at and not bad.submitted_at
    page = answer.content.decode()
    assert "只寫說明" in page and "落後5.01個百分點" in page


def test_a_called_meeting_takes_up_what_waits(cast: Any, project: Project, programme: Programme) -> None:
    red = {"actual": D(0), **WHY}
    file(project, cast, date(2012, 3, 1), **red)
    file(project, cast, date(2012, 4, 1), **red)
    client, address = signed_in(cast.rdec_controller), reverse("programme:steering")
    page = client.get(address).content.decode()
    assert "連續2個月紅燈" in page and "請選擇</option>" in page
    given = {
        "act": "call",
        "call-programme": programme.pk,
        "call-title": "第1次會議",
        "call-held_on": "101/5/18",
        "call-place": "第一會議室",
    }
    assert client.post(address, given).status_code == 302
    meeting = SteeringMeeting.objects.get()
    assert AgendaItem.objects.get().session == meeting
    assert '<td class="num">1</td>' in client.get(address).content.decode()
    assert meeting.minutes_due_on == date(2012, 5, 25)
    item = AgendaItem.objects.get()
    resolved = {
        "act": "resolve",
        "resolve-item": item.pk,
        "resolve-resolution": "限期完成用地點交",
        "resolve-due_on": "101/6/30",
    }
    assert client.post(address, resolved).status_code == 302
    sent = {"act": "minutes", "minutes-meeting": meeting.pk, "minutes-minutes_on": "101/5/28"}
    assert client.post(address, sent).status_code == 302
    meeting.refresh_from_db()
    assert meeting.minutes_late_by == 3
    assert list(
        Entry.objects.filter(act__startswith="steering").order_by("pk").values_list("act", flat=True)
    ) == [
        "steering.call",
        "steering.resolve",
        "steering.minutes",
    ]


def test_minutes_cannot_precede_their_meeting(cast: Any, programme: Programme) -> None:
    meeting = steering.call_meeting(cast.rdec_controller, programme, held_on=date(2012, 5, 18), title="第1次")
    client = signed_in(cast.rdec_controller)
    sent = {"act": "minutes", "minutes-meeting": meeting.pk, "minutes-minutes_on": "101/5/17"}
    assert client.post(reverse("programme:steering"), sent).status_code == 422


def test_only_the_commission_calls_a_meeting(cast: Any, programme: Programme) -> None:
    with pytest.raises(Refused):
        steering.call_meeting(cast.officer, programme, held_on=date(2012, 5, 18), title="第1次")
    signed_in(cast.officer).post(reverse("programme:steering"), {"act": "call", "call-title": "x"})
    assert not SteeringMeeting.objects.exists()


def test_first_screens_count_reds_and_late_reports(cast: Any, reported: Project) -> None:
    found = {item["label"]: item["count"] for item in boards.first_screen(cast.rdec_controller)}
    assert (found["紅燈"], found["逾期未填月報"]) == (1, 1)
    assert {item["count"] for item in boards.first_screen(cast.works_officer)} == {0}


def test_a_first_screen_count_opens_as_many_rows(cast: Any, reported: Project) -> None:
    way.submit_month(reported, cast.officer, month=reported.months.get(month=date(2012, 3, 1)), **FINE, **WHY)
    way.check_month(reported, cast.controller, month=reported.months.get(month=date(2012, 3, 1)))
    monthly.open_months(at("2012-05-01"))
    client = signed_in(cast.rdec_controller)
    for item in boards.first_screen(cast.rdec_controller):
        if "/filed/" in item["url"]:
            page = client.get(item["url"]).content.decode()
            assert (item["count"], f"共{item['count']}份" in page) == (1, True), item["label"]


def test_a_case_page_asks_no_more_for_more_months(
    cast: Any, reported: Project, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, address = signed_in(cast.rdec_controller), reverse("desk:case", args=[reported.pk])
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    for month in range(4, 12):
        Month.objects.create(
            project=reported,
            month=date(2012, month, 1),
            opened_at=timezone.now(),
            due_at=timezone.now(),
            planned=D(50),
            actual=D(50),
            allotted=D(1),
            paid=D(1),
            lag_limit=5,
            use_floor=90,
            red_lag=10,
            red_use=80,
            red_missed=30,
            submitted_at=timezone.now(),
        )
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
