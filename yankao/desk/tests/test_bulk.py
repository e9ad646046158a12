"""One move for many cases: said before, done one by one, told after."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.test import Client

from yankao.desk.bulk import in_bulk, offered
from yankao.kernel.casework.models import Case, Follow
from yankao.kernel.casework.process import processes
from yankao.kernel.notice.models import Notice

ROOM = "examples.lost_property"
type Many = Callable[..., list[Any]]


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_bulk_move_is_shown_row_by_row_before_it_is_done(client: Client, cast: Any, many: Many) -> None:
    kept, noticed = many(1, stage="kept", agency=cast.water), many(1, stage="noticed", agency=cast.water)
    client.force_login(cast.officer)
    ids = [kept[0].number, noticed[0].number, "無此號"]
    page = client.post("/bulk/", {"id": ids, "move": f"{ROOM}:give_notice", "next": "/work/"})
    text = words(page)
    assert "將辦理1件" in text and "不能「公告招領」" in text and "查無此案" in text
    assert Case.objects.get(pk=kept[0].pk).stage == "kept"


def test_a_confirmed_bulk_move_does_what_it_can_and_says_why_not_for_the_rest(
    client: Client, cast: Any, many: Many
) -> None:
    kept = many(3, stage="kept", agency=cast.water)
    (foreign,) = many(1, stage="kept", agency=cast.works)
    (noticed,) = many(1, stage="noticed", agency=cast.water)
    client.force_login(cast.officer)
    ids = [case.number for case in [*kept, foreign, noticed]]
    sent = {
        "id": ids,
        "move": f"{ROOM}:give_notice",
        "confirm": "1",
        "noticed_on": "115/11/20",
        "batch": str(uuid.uuid4()),
    }
    text = words(client.post("/bulk/", sent))
    assert "已辦理3件，未辦理2件" in text and "查無此案" in text
    assert set(Case.objects.filter(stage="noticed")) == {*kept, noticed}
    # Sent twice by accident, nothing is done twice.
    again = words(client.post("/bulk/", sent))
    assert "先前已經辦過" in again
    assert all(case.entries.filter(act="give_notice").count() == 1 for case in kept)


def test_what_was_typed_stays_when_it_is_refused(client: Client, cast: Any, many: Many) -> None:
    (case,) = many(1, stage="kept", agency=cast.water)
    client.force_login(cast.officer)
    sent = {"id": [case.number], "move": f"{ROOM}:give_notice", "confirm": "1", "noticed_on": "某日"}
    page = client.post("/bulk/", sent)
    assert page.status_code == 422 and 'value="某日"' in page.content.decode()
    assert Case.objects.get(pk=case.pk).stage == "kept"


def test_cases_are_assigned_reminded_of_and_followed_in_bulk(client: Client, cast: Any, many: Many) -> None:
    cases = many(2, agency=cast.water, officer=cast.officer)
    ids = [case.number for case in cases]
    client.force_login(cast.head)
    assert "已辦理2件" in words(
        client.post("/bulk/", {"id": ids, "move": "assign", "confirm": "1", "officer": "陳冠廷"})
    )
    assert set(Case.objects.filter(pk__in=[c.pk for c in cases]).values_list("officer__name", flat=True)) == {
        "陳冠廷"
    }
    unknown = client.post("/bulk/", {"id": ids, "move": "assign", "confirm": "1", "officer": "無此人"})
    assert unknown.status_code == 422 and "找不到「無此人」" in words(unknown)
    assert "已辦理2件" in words(
        client.post("/bulk/", {"id": ids, "move": "remind", "confirm": "1", "words": "請{今天}回報"})
    )
    told = Notice.objects.filter(user=cast.colleague, kind="reminder")
    assert told.count() == 2 and "催辦" in told[0].text and "請｛今天｝回報" in told[0].text
    client.post("/bulk/", {"id": ids, "move": "follow", "confirm": "1"})
    assert Follow.objects.filter(user=cast.head).count() == 2


def test_nothing_picked_too_much_or_an_unknown_move_is_said_in_a_sentence(
    client: Client, cast: Any, many: Many
) -> None:
    client.force_login(cast.officer)
    assert "還沒有勾選案件" in words(client.post("/bulk/", {"move": "follow"}))
    assert "一次最多200件" in words(
        client.post("/bulk/", {"move": "follow", "id": [str(i) for i in range(201)]})
    )
    assert client.post("/bulk/", {"move": "rm", "id": ["1"]}).status_code == 400


def test_the_way_back_never_leads_out_of_the_house(client: Client, cast: Any, many: Many) -> None:
    client.force_login(cast.officer)
    page = client.post("/bulk/", {"move": "follow", "next": "https://evil.example/"})
    assert "evil.example" not in page.content.decode()


def test_only_moves_of_ones_duty_with_one_answer_for_all_are_offered(cast: Any) -> None:
    values = [action.value for action in offered({(ROOM, "noticed")}, cast.officer)]
    assert (
        f"{ROOM}:give_back" in values
        and f"{ROOM}:let_fall" not in values
        and f"{ROOM}:give_notice" not in values
    )
    assert f"{ROOM}:let_fall" in [a.value for a in offered({(ROOM, "noticed")}, cast.rdec_controller)]
    assert offered(set(), cast.officer) == []
    assert all(in_bulk(move) for move in processes[ROOM].moves.values())
