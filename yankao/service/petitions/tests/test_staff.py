"""Staff handling a petition at the desk: forms that know what came before, and what is being decided."""

from __future__ import annotations

import re
from datetime import date

import pytest

from yankao.service.petitions import process as p
from yankao.service.petitions import telling
from yankao.service.petitions.models import Appeal, Category, Disposition, Ground, Kind

pytestmark = pytest.mark.django_db

TEXT = "一、側溝已於3月6日派員清淤。\n二、其餘路段排入月底。"


def page_of(client, user, one, move=""):
    client.force_login(user)
    page = client.get(f"/cases/{one.pk}/moves/{move}/" if move else f"/cases/{one.pk}/").content.decode()
    return page[page.index("<main") :]


def put_into(page, name):
    """What stands in the field of that name: text, the chosen option or the ticked button."""
    if found := re.search(rf'<textarea[^>]*name="{name}"[^>]*>\s*([^<]*)</textarea>', page):
        return found[1]
    for tag in re.findall(rf'<input[^>]*name="{name}"[^>]*>', page):
        if 'type="radio"' not in tag or " checked" in tag:
            return (re.search(r'value="([^"]*)"', tag) or ["", ""])[1]
    select = re.search(rf'<select[^>]*name="{name}"[^>]*>(.*?)</select>', page, re.S)
    chosen = re.search(r'<option value="([^"]*)" selected', select[1]) if select else None
    return chosen[1] if chosen else ""


def test_a_draft_that_was_returned_is_where_the_next_one_begins(desk, client):
    cast = desk.cast
    one = desk.accepted()
    assert put_into(page_of(client, cast.officer, one, "draft_reply"), "text") == ""
    given = desk.reply(
        disposition=Disposition.PARTLY, text=TEXT, appeal=Appeal.ADMINISTRATIVE, appeal_to="30日內向市府提起"
    )
    one = desk.do(one, p.draft_reply, cast.officer, **given)
    one = desk.do(one, p.return_draft, cast.manager, reason="請說明月底日期")
    for page in (page_of(client, cast.officer, one, "draft_reply"), page_of(client, cast.officer, one)):
        found = {name: put_into(page, name) for name in given}
        assert found == {name: str(value) for name, value in given.items()}
    page = page_of(client, cast.officer, one, "draft_reply")
    assert "請說明月底日期" in page  # why it came back, where it is mended
    client.post(f"/cases/{one.pk}/moves/draft_reply/", {**given, "text": "", "key": "k" * 12})
    refused = client.post(f"/cases/{one.pk}/moves/draft_reply/", {**given, "text": "", "key": "k" * 13})
    assert put_into(refused.content.decode(), "text") == ""  # what was typed stays, and is not filled again


def test_a_sent_reply_is_no_draft_of_the_next(desk, client):
    one = desk.closed()
    one = desk.do(one, p.ask_reopening, None, reason="又淤積了", on=date(2012, 3, 10))
    one = desk.do(one, p.reopen, desk.cast.officer, on=date(2012, 3, 12))
    assert put_into(page_of(client, desk.cast.officer, one, "draft_reply"), "text") == ""


@pytest.mark.parametrize("move", ["approve_reply", "return_draft"])
def test_who_approves_or_returns_a_reply_reads_it_above_the_form(desk, client, move):
    one = desk.do(
        desk.accepted(), p.draft_reply, desk.cast.officer,
        **desk.reply(text=TEXT, appeal=Appeal.OTHER, appeal_to="向研考會申請調處"),
    )  # fmt: skip
    page = page_of(client, desk.cast.manager, one, move)
    for words in (
        "二、其餘路段排入月底。",
        "下水道法第17條",
        "向研考會申請調處",
        "已處理完成",
        str(desk.cast.officer),
    ):
        assert words in page[: page.index('<form class="form"')], words


def test_who_decides_an_extension_reads_days_reason_and_the_new_day(desk, client):
    one = desk.do(desk.accepted(), p.ask_extension, desk.cast.officer, days=3, reason="廠商需備料")
    page = page_of(client, desk.cast.manager, one, "decide_extension")
    above = page[: page.index('<form class="form"')]
    assert "廠商需備料" in above and "101年3月13日" in above and "101年3月16日" in above


def test_who_approves_no_action_reads_ground_reason_and_earlier_answer(desk, client):
    earlier = desk.replied()
    one = desk.accepted()
    given = {"ground": Ground.REPEATED, "reason": "同一側溝第三次陳情", "earlier": earlier}
    one = desk.do(one, p.propose_no_action, desk.cast.officer, on=date(2012, 3, 12), **given)
    for move in ("approve_no_action", "reject_no_action"):
        page = page_of(client, desk.cast.manager, one, move)
        above = page[: page.index('<form class="form"')]
        assert "同一側溝第三次陳情" in above and "一再陳情" in above and earlier.case.number in above


def test_who_decides_on_a_reopening_reads_why_it_is_asked(desk, client):
    one = desk.do(desk.closed(), p.ask_reopening, None, reason="水溝又臭了", on=date(2012, 3, 10))
    for move in ("reopen", "refuse_reopening"):
        page = page_of(client, desk.cast.manager, one, move)
        assert "水溝又臭了" in page[: page.index('<form class="form"')]


def test_what_is_known_by_its_day_alone_is_told_without_an_hour(desk):
    one = desk.do(desk.accepted(), p.transfer_out, desk.cast.officer, to="台灣電力公司", reason="台電變電箱")
    told = [(done.what, done.when) for done in telling.steps(one)]
    assert told[-2:] == [("移給台灣電力公司處理", "101年3月5日"), ("結案", "101年3月5日")]
    assert not any("23:59" in when for _what, when in told)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_move_that_leads_out_of_sight_ends_at_the_list_and_says_so(desk, client, htmx):
    cast = desk.cast
    one = desk.received(confidential=True)
    category = Category.objects.get(pk="drainage")
    one = desk.do(one, p.triage, cast.rdec_controller, kind=Kind.PETITION, category=category)
    client.force_login(cast.rdec_controller)
    given = {"agency": cast.water.pk, "officers": [cast.officer.pk], "key": "out-of-sight"}
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
    answer = client.post(f"/cases/{one.pk}/moves/assign/", given, headers=headers)
    place = answer.headers["HX-Redirect" if htmx else "Location"]
    assert desk.fresh(one).case.stage == "assigned"
    page = client.get(place)
    assert page.status_code == 200
    assert "已分文。這件案件已不在您可以查看的範圍。" in page.content.decode()
    assert client.get(f"/cases/{one.pk}/").status_code == 404
