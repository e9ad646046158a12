"""A citizen is told of every public step, in their language, and nothing that others should not read."""

import json

import pytest

from yankao.kernel.casework.steps import Refused
from yankao.kernel.outbox.models import Message
from yankao.kernel.outbox.wording import wordings
from yankao.kernel.vault import keeping, revealing, sealing
from yankao.kernel.vault.models import Identity, Purpose
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import intake, notices, telling
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Petition, Subscriber

from .conftest import MONDAY, WANG, at

pytestmark = pytest.mark.django_db
SHOWN = dict.fromkeys(("email", "sms"), "yankao.kernel.outbox.page.driver")


@pytest.fixture(autouse=True)
def ground(settings, tmp_path):
    settings.DATA = tmp_path
    settings.MESSAGES = SHOWN
    settings.PUBLIC_URL = "https://1999.city.example/"


def told(petition, channel="email"):
    """(wording, subject, text) of what the petitioner was told, oldest first."""
    rows = Message.objects.filter(case=petition.case, channel=channel).order_by("queued_at", "pk")
    found = []
    for row in rows:
        words = json.loads(sealing.unseal(row.envelope))
        found.append((row.wording.rpartition(".")[2], words["subject"], words["text"]))
    return found


def test_whoever_petitions_hears_number_code_and_the_day_of_the_reply(desk):
    got = intake.receive(desk.told())
    petition = desk.fresh(got.petition)
    ((_kind, subject, text),) = told(petition)
    code = f"{got.code[:5]}-{got.code[5:]}"
    assert subject == f"您的案件{petition.case.number}已收件"
    assert code in text and "預計答復日：101年3月" in text and "https://1999.city.example/" in text
    ((_kind, _subject, sms),) = told(petition, "sms")
    assert code in sms and len(sms) <= 134
    assert intake.find(petition.case.number, code) == petition


def test_a_submission_sent_twice_is_told_once(desk):
    once = desk.told()
    intake.receive(once)
    intake.receive(once)
    assert Message.objects.count() == 2  # a letter and a text message


def test_an_anonymous_case_tells_nobody(desk):
    desk.received(petitioner=Person())
    assert not Message.objects.exists()


def test_every_public_step_to_the_reply_is_told(desk):
    petition = desk.closed()
    assert [subject.partition("：")[2] for _w, subject, _t in told(petition)] == [
        "", "已分送水利局", "水利局已受理", "", "已結案，歡迎評分；認為未解決者可以申請重啟",
    ]  # fmt: skip
    kind, _subject, text = told(petition)[3]
    assert kind == "replied" and "已派員清淤完成。" in text and "依據：下水道法第17條" in text
    assert [wording for wording, _s, _t in told(petition, "sms")] == ["received", "replied"]
    assert "清淤" not in told(petition, "sms")[1][2]


def test_a_petition_in_english_is_answered_in_english(desk):
    petition = desk.replied(language="en")
    subjects = [subject for _w, subject, _t in told(petition)]
    number = petition.case.number
    assert subjects[0] == f"Your case {number} was received"
    assert subjects[2] == f"Your case {number}: taken on by the Water Resources Bureau"
    assert not any("\u4e00" <= character <= "\u9fff" for subject in subjects for character in subject)


def test_supplement_and_extension_are_told_with_their_days(desk):
    petition = desk.accepted()
    petition = desk.do(petition, p.ask_supplement, desk.cast.officer, wanted="請說明側溝的位置")
    assert "請說明側溝的位置" in told(petition)[-1][2] and "這段期間不計入辦理期限" in told(petition)[-1][2]
    petition = desk.do(petition, p.supplement, desk.cast.officer, text="五福四路1號前")
    petition = desk.do(petition, p.ask_extension, desk.cast.officer, days=5, reason="須會勘")
    before = len(told(petition))
    petition = desk.do(petition, p.decide_extension, desk.cast.manager, approved=True)
    assert len(told(petition)) == before + 1
    kind, _subject, text = told(petition)[-1]
    assert kind == "extended" and "展延5日" in text and "展延理由：須會勘" in text


def test_an_extension_refused_is_no_news(desk):
    petition = desk.do(desk.accepted(), p.ask_extension, desk.cast.officer, days=5, reason="須會勘")
    before = len(told(petition))
    desk.do(petition, p.decide_extension, desk.cast.manager, approved=False)
    assert len(told(petition)) == before


def test_a_transfer_names_the_authority(desk):
    petition = desk.do(
        desk.triaged(), p.transfer_out, desk.cast.rdec_controller, to="交通部公路局", reason="省道"
    )
    assert "已依行政程序法第172條移轉交通部公路局" in told(petition)[-1][2]
    assert "理由：省道" in told(petition)[-1][2]


def test_a_fault_is_told_from_the_crew_to_the_repair(desk):
    petition = desk.on_site()
    assert [subject.partition("：")[2] for _w, subject, _t in told(petition)][1:] == [
        "已派工，由水利局處理", "處理人員已出發", "處理人員已到場",
    ]  # fmt: skip


def test_of_a_confidential_case_the_message_says_that_there_is_news_and_no_more(desk):
    petition = desk.received(confidential=True)
    petition = desk.do(petition, p.triage, desk.cast.rdec_controller, kind=petition.kind,
                       category=petition.category or p.Category.objects.get(pk="drainage.ditch"))  # fmt: skip
    desk.do(petition, p.transfer_out, desk.cast.rdec_controller, to="交通部公路局", reason="省道")
    kind, subject, text = told(petition)[-1]
    assert kind == "news" and "公路局" not in subject + text


def test_whatever_the_page_lists_was_told(desk):
    """Returned, joined by another agency, done again, verified: each stands on the page and in a letter."""
    officer = desk.cast.officer
    one = desk.assigned()
    one = desk.do(one, p.refuse_assignment, desk.cast.controller, reason="非屬本局權責")
    assert told(one)[-1][1].endswith("：水利局認為不是自己的權責，退回改分")
    one = desk.do(one, p.assign, desk.cast.rdec_controller, agency=desk.cast.water)
    one = desk.do(one, p.accept, desk.cast.controller, officer=officer)
    one = desk.do(one, p.join, officer, agencies=[desk.cast.works], question="是貴局的嗎")
    assert told(one)[-1][1].endswith("：已請工務局一起表示意見")
    fault = desk.do(desk.on_site(), p.complete, desk.cast.crew, done="已補", after=desk.photo())
    fault = desk.do(fault, p.redo, desk.cast.controller, reason="不平整")
    assert told(fault)[-1][1].endswith("：查驗未過，已請水利局重做")
    assert "查驗未過，請人員重做" in [step.what for step in telling.steps(fault)]
    fault = desk.do(fault, p.arrive, desk.cast.crew)
    fault = desk.do(fault, p.complete, desk.cast.crew, done="已補平", before=desk.photo(), after=desk.photo())
    fault = desk.do(fault, p.verify, desk.cast.controller)
    assert told(fault)[-1][1].endswith("：現場已查驗完成，準備答復您")


def test_a_letter_leads_to_the_page_where_the_pair_is_typed_and_says_what_is_promised(desk):
    fault = desk.fault()
    text = told(fault)[0][2]
    assert "https://1999.city.example/counter/follow/" in text
    assert "預計修復日：" in text and "答復日" not in text


def test_a_survey_without_an_address_of_our_own_is_a_whole_sentence(desk, settings):
    settings.PUBLIC_URL = ""
    one = desk.closed()
    notices.asked_to_rate(one)
    assert "請以案號及查詢碼查詢案件" in told(one)[-1][2]


def test_an_english_letter_says_what_it_is_and_in_which_language_the_law_is(desk):
    text = "\n".join(text for _w, _s, text in told(desk.replied(language="en")))
    assert "Your case was received." in text and "Outcome: " in text
    assert "Legal basis (in Chinese): 下水道法第17條" in text


@pytest.mark.parametrize("how", ["confidential", "accusation"])
def test_the_code_of_a_confidential_or_sealed_case_stands_in_no_message(desk, how):
    given = (
        {"confidential": True}
        if how == "confidential"
        else {"category": p.Category.objects.get(pk="conduct")}
    )
    got = intake.receive(desk.told(**given))
    for channel in ("email", "sms"):
        ((kind, subject, text),) = told(got.petition, channel)
        assert kind == "received_close" and got.code[:5] not in subject + text and got.code[5:] not in text


def test_whoever_joined_a_report_hears_of_its_steps_and_not_of_its_letters(desk):
    petition = desk.accepted()
    neighbour = keeping.keep(Person(email="neighbour@mail.example"), case=petition.case)
    Subscriber.objects.create(petition=petition, identity=neighbour, at=at(MONDAY), client_key="neighbour")
    petition = desk.do(petition, p.draft_reply, desk.cast.officer, **desk.reply())
    petition = desk.do(petition, p.approve_reply, desk.cast.manager)
    desk.do(petition, p.send_reply, desk.cast.officer)
    row = Message.objects.get(identity=neighbour)
    text = json.loads(sealing.unseal(row.envelope))["text"]
    assert row.wording.endswith("joined_step") and "清淤" not in text and "您的案件" not in text


def test_a_case_that_becomes_an_accusation_takes_its_person_along(desk):
    petition = desk.accepted()
    desk.do(petition, p.make_confidential, desk.cast.controller, sealed=True, reason="檢舉公務員")
    identity = Identity.objects.get(pk=petition.petitioner_id)
    assert identity.sealed and identity.key_id.startswith("sealed-")
    assert not keeping.same_person(WANG).exists()
    for who in (desk.cast.officer, desk.cast.manager, desk.cast.auditor):
        with pytest.raises(Refused):
            revealing.reveal(identity, actor=who, purpose=Purpose.REPLY)
    assert revealing.reveal(identity, actor=desk.cast.ethics, purpose=Purpose.VERIFY) == WANG


def test_nobody_opens_a_person_of_a_case_they_may_not_know_of(desk):
    petition = desk.triaged(confidential=True)
    given = {"agency": desk.cast.water, "officers": [desk.cast.officer]}
    petition = desk.do(petition, p.assign, desk.cast.rdec_controller, **given)
    desk.do(petition, p.accept, desk.cast.officer)
    identity = Identity.objects.get(pk=petition.petitioner_id)
    assert revealing.reveal(identity, actor=desk.cast.officer, purpose=Purpose.REPLY) == WANG
    with pytest.raises(Refused):
        revealing.reveal(identity, actor=desk.cast.head, purpose=Purpose.REPLY)


def test_every_message_of_the_room_has_both_languages_and_fits_two_parts():
    say = {
        "number": "P101-000042", "code": "ABCDE-FGHJK", "kind": "", "link": "https://1999.city.example/",
        "count": 2, "due": MONDAY, "mend": None, "until": MONDAY, "days": 5, "to": "交通部公路局", "stop": "",
        **dict.fromkeys(("step", "text", "outcome", "basis", "appeal", "what"), ""), "parts": "P101-000043",
        "basis_in_chinese": False,
    }  # fmt: skip
    mine = [one for code, one in wordings.items() if code.startswith("service.petitions.")]
    assert len(mine) == 13
    for one in mine:
        for language in ("zh-hant", "en"):
            words = one.words(language, say)
            assert (
                words.subject and words.body and len(words.short) <= (134 if language == "zh-hant" else 306)
            )
            assert (language == "zh-hant") == any(
                "\u4e00" <= c <= "\u9fff" for c in words.body.replace(say["to"], "")
            )


def test_every_step_that_is_told_is_a_move_of_the_room():
    assert set(notices.STEPS) | set(notices.WORDS) <= set(p.process.moves)


def test_parts_of_a_letter_have_a_petitioner_each(desk):
    petition = desk.accepted()
    part = intake.split_off(
        petition, "另一件事", p.Category.objects.get(pk="drainage.ditch"), 1, desk.cast.officer, at(MONDAY)
    )
    part = Petition.objects.select_related("petitioner").get(pk=part.pk)
    assert part.petitioner_id != petition.petitioner_id
    assert (part.petitioner.case_id, keeping.unsealed(part.petitioner)) == (part.pk, WANG)


def test_whoever_wrote_of_several_matters_hears_the_new_numbers_and_finds_them_by_the_same_code(desk):
    got = intake.receive(desk.told())
    petition = desk.do(desk.fresh(got.petition), p.register, desk.cast.agent)
    matters = [p.Matter(words, p.Category.objects.get(pk="other")) for words in ("路燈不亮", "公車脫班")]
    petition = desk.do(petition, p.split, desk.cast.agent, matters=matters)
    parts = list(petition.parts.order_by("pk"))
    kind, _subject, text = told(petition)[-1]
    assert kind == "parted" and "2件另立新案" in text and "路燈" not in text
    for part in parts:
        assert part.case.number in text
        assert intake.find(part.case.number, got.code) == part
    assert [wording for wording, _s, _t in told(petition, "sms")] == ["received", "parted"]


def test_of_the_parts_of_a_confidential_case_the_message_tells_no_number(desk):
    petition = desk.do(desk.received(confidential=True), p.register, desk.cast.rdec_controller)
    other = p.Category.objects.get(pk="other")
    petition = desk.do(petition, p.split, desk.cast.rdec_controller, matters=[p.Matter("另一件", other)])
    kind, _subject, text = told(petition)[-1]
    assert kind == "news" and petition.parts.get().case.number not in text
