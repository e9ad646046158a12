"""Staff write down what somebody says: read back first, once, and the person only in the vault."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from yankao.kernel.casework.docket import Security
from yankao.service.petitions.models import Petition
from yankao.service.petitions.process import Stage

from .conftest import MONDAY, at

NEW = "/rooms/service.petitions/new/"
GIVEN = {
    "channel": "phone", "kind": "petition", "subject": "站牌", "content": "站牌被樹遮住。",
    "category": "transport", "name": "歐陽測試", "mobile": "0987654321", "language": "zh-hant",
    "key": "0123456789abcdef0123",
}  # fmt: skip


@pytest.fixture
def agent(desk):
    client = Client()
    client.force_login(desk.cast.agent, backend="yankao.site.signin.Backend")
    return client


def test_a_call_is_read_back_before_it_is_on_record_and_sent_twice_is_one_case(agent):
    read = agent.post(NEW, GIVEN)
    text = read.content.decode()
    assert read.status_code == 200 and "請朗讀給陳情人聽" in text and "聯絡方式：0987654321" in text
    assert not Petition.objects.exists()
    assert agent.post(NEW, {**GIVEN, "confirm": "1"}).status_code == 422
    told = [agent.post(NEW, {**GIVEN, "read_back": "corrected"}).content.decode() for _time in range(2)]
    one = Petition.objects.select_related("case", "petitioner").get()
    code = told[0].partition('<b id="code">')[2].partition("</b>")[0]
    assert all(one.case.number in text and code in text for text in told)
    assert (one.read_back, one.case.stage) == ("corrected", Stage.REGISTERED)
    assert one.petitioner is not None and "歐陽" not in one.content


def test_a_letter_on_paper_needs_no_reading_back_and_a_wish_for_confidence_is_kept(agent):
    given = {**GIVEN, "channel": "letter", "confidential": "on", "reference": "北府字1號",
             "received_on": "2012-03-05"}  # fmt: skip
    assert "查詢碼" in agent.post(NEW, given).content.decode()
    one = Petition.objects.select_related("case").get()
    assert one.case.security == Security.NAMED and one.reference == "北府字1號"


def test_what_was_written_counts_from_the_day_on_which_it_came(agent, monkeypatch):
    """A letter of Monday typed on Thursday is three days old; nobody's clock begins with the typing."""
    monkeypatch.setattr(timezone, "now", lambda: at(date(2012, 3, 8), 15))
    for place, channel in enumerate(("letter", "fax", "email", "councillor")):
        given = {**GIVEN, "channel": channel, "key": f"0123456789abcdef{place}"}
        assert "請填收到來文的日期" in agent.post(NEW, given).content.decode()
        for day in ("101/3/9", "2012-13-01"):
            assert agent.post(NEW, {**given, "received_on": day}).status_code == 422
        assert agent.post(NEW, {**given, "received_on": "101/3/5"}).status_code == 200
    written = Petition.objects.select_related("case")
    assert {one.channel for one in written} == {"letter", "fax", "email", "councillor"}
    for one in written:
        clock = one.case.clocks.get(code="answer")
        assert timezone.localdate(one.received_at) == MONDAY == one.case.opened_on
        assert timezone.localdate(clock.due_at) == date(2012, 3, 13), "six working days from Monday"
        assert timezone.localdate(one.registered_at) == date(2012, 3, 8), "on record only now"


def test_what_is_said_counts_from_the_moment_it_is_said(agent):
    told = {**GIVEN, "read_back": "corrected"}
    page = agent.post(NEW, {**told, "received_on": "2012-03-05"})
    assert page.status_code == 422 and "以登錄當時為準" in page.content.decode()
    assert agent.post(NEW, told).status_code == 200
    assert timezone.localdate(Petition.objects.get().received_at) == timezone.localdate()


def test_a_fault_says_what_and_where_and_nothing_typed_is_lost(agent):
    given = {**GIVEN, "kind": "dispatch", "email": "nobody"}
    refused = agent.post(NEW, given)
    text = refused.content.decode()
    assert refused.status_code == 422 and "派工通報須選定服務項目" in text and "請說明地點" in text
    assert "站牌被樹遮住。</textarea>" in text and 'value="nobody"' in text
    assert not Petition.objects.exists()
    assert agent.post(NEW, {**given, "email": "", "service": "sign", "place": "五福四路"}).status_code == 200
    assert Petition.objects.get().service_id == "sign"


def test_words_of_danger_are_shown_to_the_agent_at_once(agent):
    text = agent.post(NEW, {**GIVEN, "content": "瓦斯味很重，有人昏倒。"}).content.decode()
    assert 'class="note bad"' in text and "119" in text


def test_only_the_windows_write_down_for_others(desk):
    officer = Client()
    officer.force_login(desk.cast.officer, backend="yankao.site.signin.Backend")
    assert officer.get(NEW).status_code == 403
