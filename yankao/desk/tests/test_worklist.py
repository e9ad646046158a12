"""What waits for whom, grouped by deadline and told in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from yankao.desk.deadlines import due_cell, left_in_words, midnight
from yankao.desk.filters import Scope
from yankao.desk.worklist import GROUPS, LATE, LATER, NEVER, TODAY, WEEK, _edges, awaiting, group_of
from yankao.kernel.casework.models import Case, Clock, Follow

type Many = Callable[..., list[Any]]
NOW = datetime(2026, 11, 23, 3, 2, tzinfo=UTC)  # Monday, 11:02 in Taipei


def text_of(response: Any) -> str:
    return re.sub(r"<[^>]+>", "", response.content.decode())


@pytest.mark.parametrize(
    ("gap", "zh", "en"),
    [
        (timedelta(minutes=5), "剩5分鐘", "5 min left"),
        (timedelta(hours=3, minutes=10), "剩3小時", "3 hours left"),
        (timedelta(hours=1), "剩1小時", "1 hour left"),
        (timedelta(days=4), "剩4天", "4 days left"),
        (-timedelta(minutes=1), "逾期1分鐘", "1 min late"),
        (-timedelta(hours=2), "逾期2小時", "2 hours late"),
        (-timedelta(days=2), "逾期2天", "2 days late"),
        (-timedelta(days=1), "逾期1天", "1 day late"),
    ],
)
def test_a_deadline_is_told_in_words(gap: timedelta, zh: str, en: str) -> None:
    with translation.override("zh-hant"):
        assert left_in_words(NOW + gap, NOW) == zh
    with translation.override("en"):
        assert left_in_words(NOW + gap, NOW) == en


def test_the_day_stands_below_with_its_weekday_and_the_meter_shows_how_far_the_time_has_run() -> None:
    due = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    with translation.override("zh-hant"):
        cell = due_cell(due, NOW, date(2026, 11, 23), NOW - timedelta(days=4, hours=6, minutes=28))
        assert (
            cell
            and cell.date == "11/27（五）17:30"
            and cell.tone == ""
            and cell.share == pytest.approx(0.5, abs=0.01)
        )
        end = due_cell(datetime(2027, 1, 4, 15, 59, 59, tzinfo=UTC), NOW, date(2026, 11, 23))
        assert end and end.date == "116/1/4（一）" and end.share is None
        late = due_cell(NOW - timedelta(hours=1), NOW, date(2026, 11, 23), NOW - timedelta(days=1))
        assert late and late.tone == "late" and late.share == 1.0


def test_a_deadline_belongs_to_the_group_its_day_says() -> None:
    edges = _edges(Scope(None, None, NOW))
    day = timedelta(days=1)
    assert group_of(NOW - timedelta(seconds=1), edges) == LATE
    assert group_of(midnight(date(2026, 11, 23)) + day - timedelta(seconds=1), edges) == TODAY
    assert group_of(midnight(date(2026, 11, 29)) + day - timedelta(seconds=1), edges) == WEEK  # Sunday
    assert group_of(midnight(date(2026, 11, 30)), edges) == LATER
    assert group_of(None, edges) == NEVER
    assert len(GROUPS) == 5


def test_the_work_list_shows_the_most_urgent_first_under_headings(
    client: Client, cast: Any, many: Many
) -> None:
    many(45, officer=cast.officer, agency=cast.water)
    client.force_login(cast.officer)
    page = client.get("/work/")
    heads = re.findall(r'<tr class="g"[^>]*>.*?<b>(.*?)</b>', page.content.decode())
    order = [str(group) for group in GROUPS]
    assert heads == [word for word in order if word in heads] and heads[0] == "逾期" and heads[-1] == "無期限"
    shown = re.findall(r'name="id" value="([^"]+)"', page.content.decode())
    dated = (
        Case.objects.filter(due_at__isnull=False).order_by("due_at", "pk").values_list("number", flat=True)
    )
    without = Case.objects.filter(due_at=None).order_by("pk").values_list("number", flat=True)
    assert shown == [*dated, *without]


def test_group_headings_count_the_whole_list_and_not_the_page(client: Client, cast: Any, many: Many) -> None:
    many(120, officer=cast.officer, agency=cast.water, due_at=timezone.now() - timedelta(days=2))
    client.force_login(cast.officer)
    assert re.search(r"<b>逾期</b>\s*120件", client.get("/work/").content.decode())


def test_a_colleagues_case_does_not_wait_for_an_officer_but_for_the_agencys_head(
    cast: Any, many: Many
) -> None:
    (theirs,) = many(1, officer=cast.colleague, agency=cast.water)
    (free,) = many(1, officer=None, agency=cast.water)
    assert list(Case.objects.filter(awaiting(cast.officer))) == [free]
    assert set(Case.objects.filter(awaiting(cast.head))) == {theirs, free}
    assert not Case.objects.filter(awaiting(cast.works_officer)).exists()
    assert not Case.objects.filter(awaiting(cast.stranger)).exists()


def test_tabs_hold_what_they_say(client: Client, cast: Any, many: Many) -> None:
    many(3, officer=cast.officer, agency=cast.water)
    (other,) = many(1, officer=cast.colleague, agency=cast.water, title="同仁的雨傘")
    Follow.objects.create(case=other, user=cast.officer)
    today = timezone.localdate()
    many(
        2,
        officer=cast.officer,
        agency=cast.water,
        opened_on=today,
        closed_on=today,
        stage="returned",
        title="結案的錢包",
    )
    client.force_login(cast.officer)
    assert "同仁的雨傘" not in text_of(client.get("/work/?tab=mine"))
    assert "同仁的雨傘" in text_of(client.get("/work/?tab=following"))
    assert text_of(client.get("/work/?tab=closed")).count("結案的錢包") == 2
    assert "同仁的雨傘" in text_of(client.get("/work/?tab=open"))


def test_the_work_list_costs_the_same_questions_for_any_number_of_cases(
    client: Client, cast: Any, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yankao.desk.worklist.first_items", lambda user: [])  # the rooms count their own
    for kept in ("nav", "reference"):  # names and menus are read again after some seconds, by the clock
        monkeypatch.setattr(f"yankao.desk.{kept}.SECONDS", 3600)
    client.force_login(cast.officer)

    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/work/").status_code == 200
        return len(caught)

    many(60, officer=cast.officer, agency=cast.water)
    asked()
    few = asked()
    many(300, officer=cast.officer, agency=cast.water)
    assert asked() <= few <= 9


def test_the_meter_runs_from_the_clocks_start(client: Client, cast: Any, many: Many) -> None:
    now = timezone.now()
    (case,) = many(1, officer=cast.officer, agency=cast.water, due_at=now + timedelta(days=3))
    Clock.objects.create(
        case=case, code="claim", started_at=now - timedelta(days=1), span="4 days", due_at=case.due_at
    )
    client.force_login(cast.officer)
    assert '<rect class="fg" width="25"' in client.get("/work/").content.decode()


def test_an_open_page_is_told_when_nothing_changed_and_gets_the_list_when_something_did(
    client: Client, cast: Any, many: Many
) -> None:
    many(5, officer=cast.officer, agency=cast.water, due_at=timezone.now() + timedelta(days=9))
    client.force_login(cast.officer)
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    first = client.get("/work/", headers=partial)
    same = client.get("/work/", headers={**partial, "If-None-Match": first["ETag"]})
    assert same.status_code == 304 and same.content == b""
    many(1, officer=cast.officer, agency=cast.water)
    changed = client.get("/work/", headers={**partial, "If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and b"<html" not in changed.content
    # The poll asks the very address the reader is at.
    assert 'hx-get="/work/?tab=mine"' in client.get("/work/?tab=mine").content.decode()


def test_the_front_door_sends_staff_to_their_work_and_shows_others_what_is_public(
    client: Client, cast: Any
) -> None:
    assert client.get("/").status_code == 200
    client.force_login(cast.officer)
    assert client.get("/")["Location"] == "/work/"
