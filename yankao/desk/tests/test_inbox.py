"""Notices are read, put off and followed to their case; nobody touches another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from yankao.desk.inbox import tomorrow_morning
from yankao.kernel.notice.models import Notice

type Many = Callable[..., list[Any]]


@pytest.fixture
def told(cast: Any, many: Many) -> list[Notice]:
    (case,) = many(1, agency=cast.water)
    rows = [Notice(user=cast.officer, kind="result", case=case, text=f"第{i}則消息") for i in range(3)]
    return Notice.objects.bulk_create(rows)


def text_of(client: Client, address: str = "/inbox/") -> str:
    return client.get(address).content.decode()


def test_reading_a_notice_leads_to_its_case_and_takes_it_from_the_unread(
    client: Client, cast: Any, told: Any
) -> None:
    client.force_login(cast.officer)
    assert all(notice.text in text_of(client) for notice in told)
    answer = client.get(f"/inbox/{told[0].pk}/")
    assert answer.status_code == 302 and answer["Location"] == f"/cases/{told[0].case_id}/"
    assert told[0].text not in text_of(client) and told[0].text in text_of(client, "/inbox/?tab=all")


def test_a_notice_put_off_comes_back_the_next_morning(client: Client, cast: Any, told: Any) -> None:
    client.force_login(cast.officer)
    client.post("/inbox/handle", {"act": "tomorrow", "id": [told[1].pk]})
    told[1].refresh_from_db()
    local = timezone.localtime(told[1].snoozed_until)
    assert (local.hour, local.minute) == (9, 0) and local.date() > timezone.localdate()
    assert told[1].text not in text_of(client) and told[1].text in text_of(client, "/inbox/?tab=later")
    Notice.objects.filter(pk=told[1].pk).update(snoozed_until=timezone.now())
    assert told[1].text in text_of(client)
    late = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    assert timezone.localtime(tomorrow_morning(late)).date().isoformat() == "2027-01-01"


def test_single_ticked_and_all_notices_are_marked(client: Client, cast: Any, told: Any) -> None:
    client.force_login(cast.officer)
    client.post("/inbox/handle", {"act": f"read:{told[0].pk}"})
    assert Notice.objects.filter(read_at=None).count() == 2
    client.post("/inbox/handle", {"act": f"unread:{told[0].pk}"})
    client.post("/inbox/handle", {"act": "read_all"})
    assert not Notice.objects.filter(read_at=None).exists()


def test_anothers_notice_is_neither_seen_nor_touched(client: Client, cast: Any, told: Any) -> None:
    client.force_login(cast.colleague)
    assert told[0].text not in text_of(client, "/inbox/?tab=all")
    assert client.get(f"/inbox/{told[0].pk}/").status_code == 404
    client.post("/inbox/handle", {"act": "read", "id": [told[0].pk]})
    assert Notice.objects.filter(read_at=None).count() == 3


def test_the_menu_counts_what_is_unread(client: Client, cast: Any, told: Any) -> None:
    client.force_login(cast.officer)
    assert re.search(r'href="/inbox/"[^>]*>.*?通知<span class="n">3</span>', text_of(client), re.S)
    client.post("/inbox/handle", {"act": f"read:{told[0].pk}"})
    assert re.search(r'通知<span class="n">2</span>', text_of(client))


@pytest.mark.parametrize(
    "sent", [{"act": "x"}, {"act": "read", "id": ["x", "9" * 30]}, {"act": "read:" + "9" * 40}, {}]
)
def test_garbage_is_no_error(client: Client, cast: Any, sent: dict[str, Any]) -> None:
    client.force_login(cast.officer)
    assert client.post("/inbox/handle", sent).status_code == 302
