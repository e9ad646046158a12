"""The case page and its moves, on the worked example's room."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from examples.lost_property.process import give_back, give_notice, process
from yankao.desk import nav, reference
from yankao.desk.jinja import format_time
from yankao.kernel.audit.models import Entry, Look
from yankao.kernel.casework.clocks import explanation
from yankao.kernel.casework.models import Case, CaseEvidence, Comment, Follow, Link, Receipt
from yankao.kernel.evidence.files import keep
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.notice.models import Notice
from yankao.kernel.span import sentence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_names():
    """Names and menus are kept by the process; each test reads them afresh."""
    reference.forget()
    nav.forget()


@pytest.fixture
def umbrella(cast):
    return process.open(
        cast.officer, title="雨傘", agency=cast.water, officer=cast.officer, opened_on=date(2012, 3, 1),
        place="捷運站", found_on=date(2012, 3, 1),
    )  # fmt: skip


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.officer)
    return client


def page(client, record, **more):
    return client.get(reverse("desk:case", args=[record.pk]), **more)


def post_move(client, record, name, **data):
    return client.post(reverse("desk:move", args=[record.pk, name]), data)


def test_a_case_shows_its_facts_its_stage_and_the_move_that_is_open(desk, umbrella):
    text = page(desk, umbrella).content.decode()
    for words in ("拾101-0001", "雨傘", "捷運站", "保管中", "公告招領", "林怡君", "立案"):
        assert words in text
    assert "領回人" not in text  # a move of a later stage


def test_a_case_nobody_may_know_of_is_not_there(client, cast, umbrella):
    for person, status in ((cast.works_officer, 404), (cast.stranger, 404), (cast.rdec_controller, 200)):
        client.force_login(person)
        assert page(client, umbrella).status_code == status
        assert client.get(reverse("desk:ledger", args=[umbrella.pk])).status_code == status
    client.force_login(cast.works_officer)
    assert post_move(client, umbrella, "give_notice", noticed_on="101/3/15").status_code == 404
    assert Case.objects.get().stage == "kept"


def test_a_move_is_carried_out_from_its_form_and_leads_back_to_the_case(desk, umbrella):
    answer = desk.post(
        reverse("desk:move", args=[umbrella.pk, "give_notice"]),
        {"noticed_on": "101/3/15", "key": "a" * 32},
        follow=True,
    )
    text = answer.content.decode()
    assert answer.redirect_chain == [(reverse("desk:case", args=[umbrella.pk]), 302)]
    assert "已公告招領。" in text
    assert "招領期限" in text
    umbrella.refresh_from_db()
    assert umbrella.noticed_on == date(2012, 3, 15)


def test_a_form_sent_twice_is_carried_out_once(desk, umbrella):
    for _time in range(2):
        answer = post_move(desk, umbrella, "give_notice", noticed_on="101/3/15", key="b" * 32)
        assert answer.status_code == 302 or answer.status_code == 409
    assert Entry.objects.filter(act="give_notice").count() == 1
    assert Receipt.objects.filter(key="b" * 32).count() == 1


def test_what_was_typed_stays_when_it_is_not_understood(desk, umbrella):
    answer = post_move(desk, umbrella, "give_notice", noticed_on="101/13/45", key="c" * 32)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="101/13/45"' in text
    assert "看不懂這個日期" in text
    assert 'value="' + "c" * 32 in text
    assert 'href="#id_noticed_on"' in text


def test_a_refused_move_comes_back_with_its_sentence_and_all_that_was_typed(desk, cast, umbrella):
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    answer = post_move(desk, umbrella, "let_fall", fell_to="拾得人")
    assert answer.status_code == 409
    assert "「歸屬」由研考會辦理。" in answer.content.decode()
    assert 'value="拾得人"' in answer.content.decode()
    assert Case.objects.get().stage == "noticed"


def test_a_rule_of_the_record_is_told_in_the_form(desk, cast, umbrella, monkeypatch):
    """A constraint of the database speaks through the form, and nothing is kept."""
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    type(umbrella).objects.filter(pk=umbrella.pk).update(fell_to="市府")
    answer = post_move(desk, umbrella, "give_back", claimant="王大明")
    assert answer.status_code == 422
    assert "find_returned_or_fallen" in answer.content.decode()
    assert 'value="王大明"' in answer.content.decode()
    assert Entry.objects.filter(act="give_back").count() == 0


def test_htmx_gets_the_body_of_the_case_after_a_move_and_the_form_when_it_is_refused(desk, umbrella):
    asked = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
    address = reverse("desk:move", args=[umbrella.pk, "give_notice"])
    wrong = desk.post(address, {"noticed_on": "?"}, **asked)
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    assert 'id="move-give_notice"' in wrong.content.decode()
    assert 'id="give_notice_noticed_on"' in wrong.content.decode()
    right = desk.post(address, {"noticed_on": "101/3/15"}, **asked)
    assert right.status_code == 200
    assert right.headers["HX-Retarget"] == "#case"
    assert right.content.decode().lstrip().startswith('<div id="case"')
    assert "<html" not in right.content.decode()


def test_personal_data_are_not_shown_in_the_history(desk, cast, umbrella):
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    give_back(umbrella, cast.officer, claimant="王大明")
    for name in ("desk:case", "desk:ledger"):
        text = desk.get(reverse(name, args=[umbrella.pk])).content.decode()
        assert "個人資料，不顯示" in text
        assert "王大明" not in text


def test_the_history_tells_before_and_after_of_a_correction(client, cast, umbrella):
    process.amend(umbrella, cast.rdec_controller, reason="地點寫錯", place="圖書館")
    client.force_login(cast.rdec_controller)
    text = page(client, umbrella).content.decode()
    assert "捷運站 → 圖書館" in text
    assert "地點寫錯" in text


def test_a_case_page_asks_the_same_questions_however_long_its_history(desk, cast, umbrella):
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    Comment.objects.create(case=umbrella.case, author=cast.colleague, text="請補照片")

    def asked():
        page(desk, umbrella)
        with CaptureQueriesContext(connection) as queries:
            assert page(desk, umbrella).status_code == 200
        return [query["sql"] for query in queries]

    few = asked()
    for number in range(60):
        process.amend(umbrella, cast.rdec_controller, reason="更正", place=f"第{number}號出口")
        Comment.objects.create(case=umbrella.case, author=cast.colleague, text="請補照片")
    many = asked()
    assert len(many) == len(few), many
    assert len(few) <= 9, "\n".join(few)  # of tables that hold nothing of the case one asks at once


def test_opening_a_secret_case_leaves_a_trace_and_an_open_one_none(desk, cast, umbrella):
    page(desk, umbrella)
    assert Look.objects.count() == 0
    Case.objects.filter(pk=umbrella.pk).update(security="secret")
    page(desk, umbrella)
    assert Look.objects.get().subject == f"case:{umbrella.pk}"
    assert Look.objects.get().user == cast.officer


def test_a_deadline_explains_every_day_and_every_extension(client, cast, umbrella):
    give_notice(umbrella, cast.officer, noticed_on=timezone.localdate())
    clock = umbrella.case.clocks.get()
    before = clock.due_at
    client.force_login(cast.rdec_controller)
    answer = post_move(client, umbrella, "extend_claim", days="10", reason="失主來電")
    assert answer.status_code == 302
    clock.refresh_from_db()
    text = client.get(reverse("desk:clock", args=[umbrella.pk, clock.pk])).content.decode()
    for words in ("6個月", "展期", "失主來電", format_time(before), format_time(clock.due_at)):
        assert words in text
    for step in explanation(clock):
        assert sentence(step) in text
    assert clock.due_at > before
    assert "已展期1次" in page(client, umbrella).content.decode()
    over = post_move(client, umbrella, "extend_claim", days="10", reason="再延")
    assert over.status_code == 409
    assert 'value="10"' in over.content.decode()


def test_a_comment_is_kept_and_the_officer_hears_of_it(client, cast, umbrella):
    client.force_login(cast.rdec_controller)
    for _time in range(2):
        client.post(reverse("desk:comment", args=[umbrella.pk]), {"text": "請補照片", "key": "m" * 32})
    assert Comment.objects.get().text == "請補照片"
    assert Notice.objects.get(kind="comment").user == cast.officer
    client.post(reverse("desk:comment", args=[umbrella.pk]), {"text": "  "})
    assert Comment.objects.count() == 1


def test_following_is_switched_on_and_off(desk, cast, umbrella):
    address = reverse("desk:follow", args=[umbrella.pk])
    desk.post(address, {"follow": "1"})
    desk.post(address, {"follow": "1"})
    assert Follow.objects.get().user == cast.officer
    assert "取消關注" in page(desk, umbrella).content.decode()
    desk.post(address, {"follow": "0"})
    assert Follow.objects.count() == 0


def test_a_case_is_assigned_to_somebody_of_its_agency_only(desk, cast, umbrella):
    address = reverse("desk:assign", args=[umbrella.pk])
    assert desk.post(address, {"officer": str(cast.works_officer.pk)}).status_code == 422
    assert desk.post(address, {"officer": str(cast.colleague.pk)}).status_code == 302
    assert Case.objects.get().officer == cast.colleague
    assert Notice.objects.get(kind="assignment").user == cast.colleague


def test_cases_are_linked_by_number_and_the_unseen_end_stays_unseen(client, desk, cast, umbrella):
    other = process.open(
        cast.works_officer, title="手套", agency=cast.works, place="x", found_on=date(2012, 3, 2)
    )
    address = reverse("desk:link", args=[umbrella.pk])
    wrong = desk.post(address, {"number": other.case.number, "kind": "see_also"})
    assert wrong.status_code == 422
    assert "或您不能查看" in wrong.content.decode()
    Link.objects.create(source=umbrella.case, target=other.case, kind="see_also")
    assert "手套" not in page(desk, umbrella).content.decode()
    client.force_login(cast.rdec_controller)
    assert "手套" in page(client, umbrella).content.decode()
    assert "雨傘" in page(client, other).content.decode()


def test_the_page_is_complete_in_english(desk, umbrella):
    with translation.override("zh-hant"):  # puts back the language the request leaves behind
        text = page(desk, umbrella, headers={"Accept-Language": "en"}).content.decode()
    assert 'lang="en"' in text
    main = text[text.index("<main") : text.index("</main")]
    for words in ("What can be done now", "History", "Evidence", "Follow"):
        assert words in main


def test_a_file_is_given_to_those_who_see_the_case_and_to_nobody_else(
    client, desk, cast, umbrella, settings, tmp_path
):
    settings.DATA = tmp_path
    kept = keep(
        b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n", "筆錄.pdf", cast.officer
    )
    row = CaseEvidence.objects.create(case=umbrella.case, evidence=kept, act="give_back", purpose="claimant")
    other = process.open(cast.officer, title="傘", agency=cast.water, place="x", found_on=date(2012, 3, 1))
    address = reverse("desk:evidence", args=[umbrella.pk, row.pk])
    text = page(desk, umbrella).content.decode()
    assert address in text
    assert kept.sha256[:8] in text
    assert "領回人，PDF" in text  # what the form asked for
    given = desk.get(address)
    assert b"".join(given).startswith(b"%PDF-1.7")
    assert given["Content-Disposition"].startswith("attachment")
    assert desk.get(reverse("desk:evidence", args=[other.pk, row.pk])).status_code == 404
    client.force_login(cast.works_officer)
    assert client.get(address).status_code == 404


def test_a_lost_file_is_told_and_not_a_breakdown(desk, cast, umbrella, settings, tmp_path):
    settings.DATA = tmp_path
    lost = Evidence.objects.create(
        sha256="0" * 64, size=1, kind="pdf", name="x.pdf", uploaded_by=cast.officer
    )
    row = CaseEvidence.objects.create(case=umbrella.case, evidence=lost)
    answer = desk.get(reverse("desk:evidence", args=[umbrella.pk, row.pk]))
    assert answer.status_code == 404
    assert "請通知系統管理員" in answer.content.decode()


def test_a_long_history_goes_on_page_by_page(desk, cast, umbrella):
    for number in range(105):
        process.amend(umbrella, cast.rdec_controller, reason=f"理由{number}", place=f"第{number}號出口")
    first = desk.get(reverse("desk:ledger", args=[umbrella.pk])).content.decode()
    assert "理由104" in first
    assert "捷運站" not in first
    older = first.split('rel="next" href="')[1].split('"')[0]
    assert "捷運站" in desk.get(older).content.decode()


def test_a_guard_that_holds_a_move_back_says_why(desk, umbrella, monkeypatch):
    """The sentence of the guard stands beside the move, which cannot be pressed."""
    move = process.moves["give_notice"]
    held = replace(move, unless=(lambda record: "公告欄已滿，請下週再公告。",))
    monkeypatch.setitem(process.moves, "give_notice", held)
    text = page(desk, umbrella).content.decode()
    assert "公告欄已滿，請下週再公告。" in text
    assert 'id="move-give_notice"' not in text
    answer = post_move(desk, umbrella, "give_notice", noticed_on="101/3/15")
    assert answer.status_code == 409
    assert "公告欄已滿，請下週再公告。" in answer.content.decode()


def test_the_history_says_in_words_what_the_ledger_keeps_as_a_digest() -> None:
    from yankao.desk.history import _kept_elsewhere

    assert _kept_elsewhere({"sha256": "ab12cd34" * 8}) == "只記於案件，帳冊存其摘要（ab12cd34…）"
    assert _kept_elsewhere({"id": 7, "is": "vault.identity"}) == "另行保管"
    assert _kept_elsewhere({"id": 7, "is": "people.agency", "text": "水利局"}) == ""
    assert _kept_elsewhere("雨傘") == ""
