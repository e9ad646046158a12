"""What the desk shows of proposals: panels, first screens, the simulator, map, overlap, meetings, files."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from yankao.kernel.money.ceilings import in_force
from yankao.kernel.money.models import Source
from yankao.kernel.sheets import read

from .. import deciding
from ..budget import PURPOSE
from ..models import Meeting, Proposal, Result, Round, Training
from ..screens import first
from .conftest import YEAR, Desk

D = Decimal
pytestmark = pytest.mark.django_db
ROOM = "/rooms/planning.proposals/"


def text(client: Any, user: Any, address: str, **given: Any) -> str:
    client.force_login(user)
    answer = client.get(address, given)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_the_list_and_the_case_page_show_the_cost_by_year_and_source(desk: Desk, client: Any) -> None:
    proposal = desk.submitted(plan_no="WR-1")
    assert "愛河上游排水整治" in text(client, desk.cast.officer, ROOM)
    body = text(client, desk.cast.officer, f"/cases/{proposal.pk}/")
    for part in ("45,000,000", "15,000,000", "80,000,000", "用地取得", "經費需求（元）"):
        assert part in body, part


def test_what_is_alike_is_shown_and_splitting_is_named(desk: Desk, client: Any) -> None:
    from yankao.kernel.money.split import YearRow

    just_under = [YearRow(YEAR, D(48_000_000), city_general=D(48_000_000))]
    one = desk.costed(title="愛河上游排水整治第一期", sheet=just_under)
    desk.costed(title="愛河上游排水整治第二期", sheet=just_under)
    desk.costed(title="圖書館館藏充實計畫")
    body = text(client, desk.cast.officer, f"/cases/{one.pk}/")
    assert "疑似分割" in body and "第二期" in body
    body = text(client, desk.cast.rdec_controller, f"{ROOM}overlap/")
    assert "1組計畫需留意" in body and "圖書館" not in body.split("1組計畫需留意", 1)[1]


def year_of(desk: Desk) -> None:
    desk.reviewed(level=90, rank=1, title="甲計畫")
    desk.reviewed(level=80, rank=2, title="乙計畫")


def test_trying_ceilings_shows_who_falls_out_and_writes_nothing(desk: Desk, client: Any) -> None:
    year_of(desk)
    cast = desk.cast
    body = text(client, cast.rdec_controller, f"{ROOM}simulate/", year=YEAR,
                city_general="89,000,000", central_general="3000萬")  # fmt: skip
    assert "市公務預算累計90,000,000元，額度89,000,000元，超過額度" in body
    assert in_force(PURPOSE, YEAR, timezone.localdate()) == {}
    body = text(client, cast.rdec_controller, f"{ROOM}simulate/", year=YEAR,
                city_general="90,000,000", central_general="3000萬")  # fmt: skip
    assert "超過額度" not in body.split("排序與去留")[1]
    client.force_login(cast.controller)
    assert client.get(f"{ROOM}simulate/").status_code == 403
    assert "額度試算" not in text(client, cast.controller, ROOM)


def test_the_year_is_decided_from_the_screen(desk: Desk, client: Any) -> None:
    year_of(desk)
    cast = desk.cast
    address = f"{ROOM}simulate/?year={YEAR}&city_general=90000000&central_general=30000000"
    client.force_login(cast.rdec_controller)
    given = {"act": "keep", "keep-since": timezone.localdate().isoformat(), "keep-basis": "主計處函"}
    assert client.post(address, given).status_code == 302
    assert in_force(PURPOSE, YEAR, timezone.localdate())[Source.CITY_GENERAL] == 90_000_000
    client.force_login(cast.rdec_chief)
    outcome = deciding.simulate(YEAR, in_force(PURPOSE, YEAR, timezone.localdate()))
    wrong = client.post(address, {"act": "decide", "decide-reason": "", "decide-digest": "x"})
    assert wrong.status_code == 422 and not Proposal.objects.exclude(decided_on=None).exists()
    stale = client.post(address, {"act": "decide", "decide-reason": "市長核定", "decide-digest": "x"})
    assert stale.status_code == 422 and "重新試算" in stale.content.decode()
    good = {"act": "decide", "decide-reason": "市長核定", "decide-digest": deciding.digest_of(outcome)}
    assert client.post(address, good).status_code == 302
    assert set(Proposal.objects.values_list("decision", flat=True)) == {Result.KEEP}


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_ranking_table_and_budget_file_are_exact_to_the_dollar(desk: Desk, client: Any, form: str) -> None:
    year_of(desk)
    deciding.set_ceilings(
        desk.cast.rdec_controller, YEAR, {Source.CITY_GENERAL: D(10**9), Source.CENTRAL_GENERAL: D(10**9)},
        since=timezone.localdate(), basis="函",
    )  # fmt: skip
    deciding.decide_year(desk.cast.rdec_chief, YEAR, reason="核定")
    client.force_login(desk.cast.rdec_controller)
    ranking = read(client.get(f"{ROOM}ranking.{form}", {"year": YEAR}).content, f"x.{form}")
    rows = list(ranking.rows)
    assert [row.cells[0] for row in rows] == ["1", "2"]
    assert "60000000" in rows[0].cells
    budget = read(client.get(f"{ROOM}budget.{form}", {"year": YEAR}).content, f"x.{form}")
    told = [row.cells for row in budget.rows]
    assert [(row[7], row[-1]) for row in told] == [("116", "60000000"), ("117", "20000000")] * 2
    client.force_login(desk.cast.controller)
    assert client.get(f"{ROOM}budget.{form}").status_code == 403


def test_the_map_shows_districts_and_places_with_links(desk: Desk, client: Any) -> None:
    proposal = desk.costed(longitude=D("120.284"), latitude=D("22.624"), title="有地點的計畫")
    proposal.case.district = desk.cast.district
    proposal.case.save()
    body = text(client, desk.cast.rdec_controller, f"{ROOM}map/")
    assert f'<a href="/cases/{proposal.pk}/">' in body and "<title>有地點的計畫</title>" in body
    assert "鹽埕區" in body and "有地點的計畫" in body
    assert f"/cases/{proposal.pk}/" not in text(client, desk.cast.works_officer, f"{ROOM}map/")


def test_meetings_and_trainings_are_called_on_their_pages(desk: Desk, client: Any) -> None:
    cast = desk.cast
    desk.submitted()
    client.force_login(cast.rdec_controller)
    call = {"act": "call", "call-round": "first", "call-title": "第1次初審", "call-held_on": "115/6/1"}
    assert client.post(f"{ROOM}meetings/", call).status_code == 302
    meeting = Meeting.objects.get()
    assert meeting.minutes_due_on == date(2026, 6, 8)
    page = text(client, cast.rdec_controller, f"{ROOM}meetings/")
    assert '<td class="num">0</td>' in page and ">請選擇</option>" in page
    bad = {**call, "call-held_on": "昨天", "call-title": "保留我"}
    answer = client.post(f"{ROOM}meetings/", bad)
    assert answer.status_code == 422 and "保留我" in answer.content.decode()
    minutes = {"act": "minutes", "minutes-meeting": meeting.pk, "minutes-minutes_on": "115/6/5",
               "minutes-summary": "可行"}  # fmt: skip
    assert client.post(f"{ROOM}meetings/", minutes).status_code == 302
    assert "可行" in text(client, cast.rdec_controller, f"{ROOM}meetings/{meeting.pk}/")
    training = {"act": "call", "call-year": "116", "call-title": "研習", "call-held_on": "115/2/3"}
    assert client.post(f"{ROOM}trainings/", training).status_code == 302
    enrol = {"act": "enrol", "enrol-training": Training.objects.get().pk, "enrol-name": "林怡君",
             "enrol-agency": cast.water.pk, "enrol-present": "on", "enrol-hours": "6"}  # fmt: skip
    assert client.post(f"{ROOM}trainings/", enrol).status_code == 302
    client.force_login(cast.controller)
    client.post(f"{ROOM}meetings/", call)
    assert Meeting.objects.count() == 1


def test_first_screens_tell_each_what_waits(desk: Desk) -> None:
    cast = desk.cast
    desk.opened()
    desk.scheduled(rank=1)
    assert {one["label"] for one in first(cast.controller)} == {"研擬中計畫"}
    assert {one["label"] for one in first(cast.inspector)} == {"待評分計畫"}
    desk.submitted(rank=2)
    assert "待形式審查" in {one["label"] for one in first(cast.rdec_controller)}
    assert first(cast.stranger) == []


def test_the_meetings_of_the_next_week_are_told_to_those_they_hear(desk: Desk) -> None:
    cast, today = desk.cast, timezone.localdate()
    desk.scheduled()
    meeting = desk.meeting(Round.FIRST)

    def told(person: Any) -> list[str]:
        return [one["url"] for one in first(person) if "七日內審查會議" in one["label"]]

    assert told(cast.rdec_controller) == []
    for day, expected in (
        (today, True),
        (today + timedelta(days=7), True),
        (today + timedelta(days=8), False),
    ):
        Meeting.objects.update(held_on=day)
        wanted = [f"{ROOM}meetings/{meeting.pk}/"] if expected else []
        assert told(cast.rdec_controller) == told(cast.mayor) == told(cast.controller) == wanted
        assert told(cast.works_controller) == []


def test_pages_ask_no_more_for_more_rows(desk: Desk, client: Any, django_assert_max_num_queries: Any) -> None:
    for n in range(1, 5):
        desk.submitted(rank=n, title=f"計畫{n}")
    client.force_login(desk.cast.rdec_controller)
    for page, most in (("simulate/", 40), ("map/", 35), ("overlap/", 35), ("meetings/", 30)):
        client.get(ROOM + page)
        with django_assert_max_num_queries(most):
            client.get(ROOM + page)
