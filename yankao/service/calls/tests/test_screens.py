"""The live board says how old it is; a link for a wall opens the wall alone; a dead letter is repaired."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.audit.models import Look
from yankao.kernel.journal.ingest import take
from yankao.kernel.journal.models import DeadLetter, Source
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import Cast
from yankao.service.calls import wall
from yankao.service.calls.models import Call


def client(user: User) -> Client:
    found = Client()
    found.force_login(user)
    return found


@pytest.fixture
def busy(source: Source) -> Callable[[], None]:
    """Somebody waits, somebody talks, now."""

    def make() -> None:
        now = int(timezone.now().timestamp())
        text = (
            f"{now - 9}|w|1999|NONE|ENTERQUEUE||0912345678|1\n"
            f"{now - 30}|t|1999|NONE|ENTERQUEUE||0912345679|1\n"
            f"{now - 25}|t|1999|PJSIP/1|CONNECT|5|b|2\n"
        )
        take(source, text.encode())

    return make


def test_the_wall_is_fresh_or_says_since_when_it_is_not(busy: Any, staff: dict[str, User]) -> None:
    busy()
    site, place = client(staff["agent"]), reverse("calls:wall_board")
    site.get(place)
    Source.objects.update(read_at=timezone.now())
    page = site.get(place)
    assert "資料停在" not in page.content.decode()
    Source.objects.update(read_at=timezone.now() - timedelta(seconds=6))
    assert "資料停在" in site.get(place).content.decode()


def test_a_board_that_did_not_change_is_not_sent_again(staff: dict[str, User]) -> None:
    site, place = client(staff["agent"]), reverse("calls:wall_board")
    first = site.get(place)
    again = site.get(place, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert 'http-equiv="refresh"' in site.get(reverse("calls:wall")).content.decode()


def test_a_link_for_a_wall_opens_the_wall_and_nothing_else(busy: Any, staff: dict[str, User]) -> None:
    busy()
    token, row = wall.make(staff["lead"], "一樓大廳", timezone.localdate() + timedelta(days=3))
    place = reverse("calls_public:kiosk", args=[token])
    page = Client().get(place).content.decode()
    assert "0912345678" not in page
    assert token not in repr(vars(row))
    assert Client().get(reverse("calls_public:kiosk_board", args=[token])).status_code == 200
    assert Client().get(reverse("calls:home")).status_code == 302
    assert Client().get(reverse("calls_public:kiosk", args=["x" * 43])).status_code == 404
    client(staff["lead"]).post(reverse("calls:kiosk_revoke", args=[row.pk]))
    assert Client().get(place).status_code == 404


def test_the_room_is_there_for_who_works_with_it_alone(staff: dict[str, User], cast: Cast) -> None:
    names = ("calls:home", "calls:levels", "calls:staffing", "calls:list", "calls:wall", "calls:kiosks")
    seen = {
        user.username: [client(user).get(reverse(name)).status_code for name in names]
        for user in (staff["lead"], staff["agent"], cast.officer)
    }
    assert seen == {
        "t.lead": [200] * 6, "t.agent": [200] * 5 + [404], "t.officer": [404] * 6,
    }  # fmt: skip


def test_a_record_that_could_not_be_read_is_repaired_on_the_screen(
    tell: Any, staff: dict[str, User], cast: Cast
) -> None:
    tell("0|a|1999|NONE|ENTERQUEUE||0912345678|1", "8|a|1999|NONE|ABANDON|1")
    letter = DeadLetter.objects.get()
    place = reverse("desk:office_letter", args=[letter.pk])
    assert client(cast.officer).get(place).status_code == 404
    site = client(staff["lead"])
    assert site.get(place).status_code == 200
    assert Look.objects.filter(user=staff["lead"]).count() == 1
    act = reverse("desk:office_letter_act", args=[letter.pk, "repair"])
    wrong = site.post(act, {"text": "still nothing", "remark": ""})
    assert wrong.status_code == 422
    assert "still nothing" in wrong.content.decode()
    second = int(Call.objects.get().entered.timestamp()) + 8
    assert site.post(act, {"text": f"{second}|a|1999|NONE|ABANDON|1|1|8"}).status_code == 302
    assert Call.objects.get().state == "abandoned"
    assert (
        "沒有待處理的資料"
        in site.get(reverse("desk:office_journal", args=["service.calls"])).content.decode()
    )


def test_a_period_that_cannot_be_read_is_said_and_kept(staff: dict[str, User]) -> None:
    page = client(staff["lead"]).get(reverse("calls:levels"), {"period": "someday"}).content.decode()
    assert "看不懂「someday」" in page
    staffing = client(staff["lead"]).get(reverse("calls:staffing"), {"calls": "many"})
    assert staffing.status_code == 422
