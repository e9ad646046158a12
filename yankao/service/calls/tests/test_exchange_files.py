"""A supervisor takes in a closed exchange's file: columns recognised, tried, kept; refused rows come back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from yankao.desk import importing
from yankao.kernel.journal import tasks
from yankao.kernel.journal.ingest import rebuild
from yankao.kernel.journal.models import Block, DeadLetter, Source
from yankao.kernel.people.models import User
from yankao.service.calls import files
from yankao.service.calls.exchange.mapped_csv import TIMES, moment
from yankao.service.calls.journal import calls
from yankao.service.calls.models import Call, State

PLACE = "/rooms/service.calls/files/"
HEAD = "Call ID,Skill,Start Time,Answer Time,End Time,Agent,ANI,VIP"
ROWS = (
    "1,諮詢,101/03/07 10:00:00,101/03/07 10:00:12,101/03/07 10:02:12,A1,0912345678,n",
    "2,諮詢,101/03/07 10:01:00,,101/03/07 10:01:44,,,n",
    "3,諮詢,tomorrow,,,,0911222333,n",
    "4,諮詢,101/03/07 10:05:00,101/03/07 10:04:00,,,,n",
)
CALLS = [(State.COMPLETED, 12, 120), (State.ABANDONED, 44, None)]


@pytest.fixture
def lead(client: Client, source: Source, staff: dict[str, User]) -> Client:
    client.force_login(staff["lead"])
    return client


def sent(client: Client, *rows: str, head: str = HEAD, encoding: str = "utf-8") -> str:
    """Upload a file; the address of its mapping."""
    data = "\n".join([head, *rows]).encode(encoding)
    answer = client.post(PLACE, {"file": SimpleUploadedFile("acd.csv", data)})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def proposed(client: Client, page: str) -> dict[str, str]:
    """What the form of the page would send."""
    body = client.get(page).content.decode()
    form = body[body.rindex("<form", 0, body.index('name="time"')) :]
    chosen = {}
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        picked = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        assert picked
        chosen[name] = picked[1]
    name = re.search(r'<input type="text" name="name"(?: value="([^"]*)")?', form)
    assert name
    return {**chosen, "name": name[1] or ""}


def reasons(answer: Any) -> list[str]:
    return re.findall(r"<td>([^<]*。)</td>", answer.content.decode())


def told() -> list[tuple[Any, ...]]:
    return list(Call.objects.order_by("external_id").values_list("state", "wait", "talk"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp950", "utf-16"])
def test_columns_are_recognised_tried_without_a_trace_and_taken_in_once(lead: Client, encoding: str) -> None:
    page = sent(lead, *ROWS, encoding=encoding)
    given = proposed(lead, page)
    assert {**given, "name": ""} == {
        "name": "", "id": "Call ID", "queue": "Skill", "entered": "Start Time", "answered": "Answer Time",
        "ended": "End Time", "agent": "Agent", "caller": "ANI", "time": "roc",
    }  # fmt: skip
    assert lead.post(page, given).status_code == 422  # the profile has no name yet
    answer = lead.post(page, {**given, "name": "中華電信ACD"})
    assert answer.status_code == 200 and "可新增2通" in answer.content.decode()
    assert reasons(answer) == ["識別碼或時間無法辨識。", "時間的先後不對：進線、接聽、結束。"]
    assert not Call.objects.exists() and not files.profiles().exists()
    for _twice in range(2):
        lead.post(page, {"do": "take"})
    assert told() == CALLS
    assert not DeadLetter.objects.exists() and Block.objects.count() == 1
    assert "0912345678" not in str(list(Call.objects.values()))
    back = b"".join(lead.get(f"{page}refused.csv")).decode("utf-8-sig").splitlines()
    assert back[0] == f"{HEAD},原因" and [line[0] for line in back[1:]] == ["3", "4"]
    assert not list(importing.folder().glob("*.data"))  # the file with numbers of callers is gone
    rebuild(calls)
    assert told() == CALLS


def test_a_corrected_file_finds_its_profile_and_adds_what_was_missing(lead: Client) -> None:
    page = sent(lead, *ROWS)
    lead.post(page, {**proposed(lead, page), "name": "ACD"})
    lead.post(page, {"do": "take"})
    mended = (
        f"{ROWS[0]},", "3,諮詢,101/03/07 10:03:00,,101/03/07 10:03:05,,0911222333,n,識別碼或時間無法辨識。",
    )  # fmt: skip
    again = sent(lead, *mended, head=f"{HEAD},原因")
    given = proposed(lead, again)
    assert given["name"] == "ACD"
    lead.post(again, given)
    assert "ACD" in lead.get(PLACE).content.decode()
    lead.post(again, {"do": "take"})
    assert told() == [*CALLS, (State.ABANDONED, 5, None)]
    assert files.profiles().count() == 1


def test_a_changed_mapping_is_the_next_version_and_the_old_blocks_stay_readable(lead: Client) -> None:
    page = sent(lead, ROWS[0])
    lead.post(page, {**proposed(lead, page), "name": "ACD"})
    lead.post(page, {"do": "take"})
    page = sent(lead, "5,諮詢,101/03/07 11:00:00,,101/03/07 11:00:09,,,n")
    lead.post(page, {**proposed(lead, page), "queue": ""})
    lead.post(page, {"do": "take"})
    newest, first = files.profiles()
    assert newest.same_as == first and newest.name == "ACD"
    queues = dict(Call.objects.values_list("external_id", "queue__code"))
    assert queues == {"1": "諮詢", "5": "1999"}
    rebuild(calls)
    assert dict(Call.objects.values_list("external_id", "queue__code")) == queues


def test_a_column_is_given_one_meaning_and_nobody_else_finds_the_file(
    lead: Client, client: Client, staff: dict[str, User]
) -> None:
    page = sent(lead, *ROWS)
    given = {**proposed(lead, page), "name": "ACD", "ended": "Start Time"}
    answer = lead.post(page, given)
    assert answer.status_code == 422 and "不能對應兩次" in answer.content.decode()
    assert lead.post(page, {**given, "ended": "End Time", "id": ""}).status_code == 422
    assert lead.post(page, {"do": "take"}).status_code == 404  # nothing was tried yet
    client.force_login(staff["agent"])
    assert [client.get(one).status_code for one in (PLACE, page)] == [404, 404]


def test_the_nightly_comparison_of_the_other_exchange_goes_on(lead: Client, source: Source) -> None:
    second = Source.objects.create(journal="service.calls.cdr", code="cdr", name="CDR", format="cdr")
    page = sent(lead, ROWS[0])
    lead.post(page, {**proposed(lead, page), "name": "ACD"})
    lead.post(page, {"do": "take"})
    assert files.profiles().exists()
    assert tasks._pairs() == [(source, second)]


@pytest.mark.parametrize(("form", "words"), TIMES)
def test_each_way_of_writing_a_time_is_read_as_its_example(form: str, words: Any) -> None:
    assert moment(str(words).partition("（")[0], form) // 60 == 1331085600 // 60
