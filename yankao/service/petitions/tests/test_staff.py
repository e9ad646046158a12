"""Staff handling a petition at the desk: forms that know what came before, and what is being decided."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from yankao.kernel.letters import issuing, series
from yankao.kernel.rules import values
from yankao.kernel.vault import revealing
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import letters, telling
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Appeal, Category, Channel, Disposition, Ground, Kind

pytestmark = pytest.mark.django_db
AT_HOME = Person(name="王曉明", address="高雄市鹽埕區五福四路1號")
BY_PHONE = Person(name="王曉明", phone="07-3368333")

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
    assert told[-2:] == [("移給台灣電力公司處理", "101年3月5日"), ("已結案", "101年3月5日")]
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


def test_parts_of_a_letter_are_found_from_each_other_by_staff_and_petitioner(desk, client):
    one = desk.accepted()
    matter = p.Matter("另問路燈", Category.objects.get(pk="other"))
    one = desk.do(one, p.split, desk.cast.officer, matters=[matter])
    part = one.parts.get()
    page = page_of(client, desk.cast.rdec_controller, one)
    assert f'href="/cases/{part.pk}/"' in page and "沒有相關案件" not in page
    assert f'href="/cases/{one.pk}/"' in page_of(client, desk.cast.rdec_controller, part)
    assert any(part.case.number in done.what for done in telling.steps(one))
    assert any(one.case.number in done.what for done in telling.steps(desk.fresh(part)))


def test_the_petitioner_reads_why_a_case_was_passed_on(desk):
    one = desk.do(desk.accepted(), p.transfer_out, desk.cast.officer, to="台灣電力公司", reason="台電變電箱")
    assert ("移給台灣電力公司處理", "台電變電箱") in [(done.what, done.said) for done in telling.steps(one)]


def test_who_leaves_no_way_of_messages_is_written_to_and_the_form_says_so(desk, client, settings):
    settings.MESSAGES = dict.fromkeys(("email", "sms"), "yankao.kernel.outbox.page.driver")
    cast = desk.cast
    page = page_of(client, cast.officer, desk.accepted(), "ask_supplement")
    assert "電子郵件、簡訊" in page and "系統不會發出訊息" not in page
    one = desk.accepted(petitioner=AT_HOME)
    assert "系統不會發出訊息" in page_of(client, cast.officer, one, "ask_supplement")
    letter = f'href="{reverse("desk:case_letter", args=[one.pk, letters.supplement.name])}"'
    assert letter not in page_of(client, cast.officer, one)
    one = desk.do(one, p.ask_supplement, cast.officer, wanted="請附照片")
    assert letter in page_of(client, cast.officer, one)


@pytest.mark.parametrize(
    ("person", "way"),
    [
        ({}, Channel.EMAIL),
        ({"petitioner": AT_HOME}, Channel.LETTER),
        ({"petitioner": BY_PHONE}, Channel.PHONE),
        ({"petitioner": Person()}, Channel.WEB),
    ],
)
def test_a_reply_goes_by_the_way_the_petitioner_left_and_by_no_mail_that_is_not_there(
    desk, client, person, way
):
    cast = desk.cast
    one = desk.do(desk.drafted(**person), p.approve_reply, cast.manager)
    assert put_into(page_of(client, cast.officer, one, "send_reply"), "sent_by") == way
    if way != Channel.EMAIL:
        with pytest.raises(ValidationError, match="沒有留電子郵件"):
            desk.do(one, p.send_reply, cast.officer, sent_by=Channel.EMAIL)
    one = desk.do(desk.fresh(one), p.send_reply, cast.officer)
    assert one.replies.get().sent_by == way


def test_each_petitioner_of_a_merged_case_is_answered_by_a_way_of_their_own(desk):
    lead, other = desk.accepted(), desk.accepted(petitioner=AT_HOME)
    desk.do(other, p.merge, desk.cast.officer, into=lead, reason="同一條側溝")
    lead = desk.do(lead, p.draft_reply, desk.cast.officer, **desk.reply())
    lead = desk.do(lead, p.approve_reply, desk.cast.manager)
    desk.do(lead, p.send_reply, desk.cast.officer)
    assert (lead.replies.get().sent_by, other.replies.get().sent_by) == (Channel.EMAIL, Channel.LETTER)


def events_of(client, user, one):
    page = page_of(client, user, one)
    return page[page.index('class="timeline"') :]


def test_the_history_of_a_case_has_words_for_everything(desk, client, settings, tmp_path):
    settings.DATA = tmp_path
    cast = desk.cast
    series.setting(cast.rdec_chief, cast.water, word="示市水", since=date(2011, 1, 1))
    values.forget()
    one = desk.closed()
    revealing.reveal(one.petitioner, actor=cast.officer, purpose="contact", fields=("mobile",))
    sent = issuing.issue(letters.reply, one, cast.officer, {}, dated=date(2012, 3, 8))
    one = desk.do(one, p.ask_reopening, None, reason="又淤積了", on=date(2012, 3, 10))
    told = events_of(client, cast.officer, one)
    assert "調閱個人資料" in told and "復函" in told and sent.number in told
    for raw in (
        "vault.reveal",
        "service.petitions.reply",
        "<dt>files",
        "<dt>cases",
        "<dt>dated",
        "<dt>access",
    ):
        assert raw not in told, raw
    assert re.search(r"只記於案件，帳冊存其摘要（[0-9a-f]{8}…）", told) and not re.search("sha256 ", told)


def test_a_form_for_personal_data_says_what_to_fill(desk, client):
    one = desk.accepted()
    client.force_login(desk.cast.officer)
    page = client.post(reverse("petitions:reveal", args=[one.pk]), {"why": "會勘"}).content.decode()
    assert "請選擇" in page and "這個欄位是必須的" not in page


def test_in_english_agencies_have_their_names_and_merging_is_an_act(desk, client):
    cast = desk.cast
    one = desk.do(desk.assigned(), p.refuse_assignment, cast.controller, reason="x", proposed=cast.works)
    one = desk.do(one, p.assign, cast.rdec_controller, agency=cast.water)
    one = desk.do(one, p.accept, cast.controller, officer=cast.officer)
    one = desk.do(one, p.join, cast.officer, agencies=[cast.works], question="?")
    client.force_login(cast.officer)
    with translation.override("zh-hant"):
        page = client.get(f"/cases/{one.pk}/", headers={"Accept-Language": "en"}).content.decode()
    rows = [row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if "<td" in row]
    assert len(rows) == 2 and all("Bureau" in row and "局" not in row for row in rows)
    with translation.override("en"):
        assert str(p.merge.label) == "merge"
