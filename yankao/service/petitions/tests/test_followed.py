"""Who joined a report sees and leaves it; messages stop when they are told to; typed words are not lost."""

import json
import re
import time
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.outbox.models import Message
from yankao.kernel.vault import keeping, revealing, sealing
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import intake, near
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Petition, Subscriber

from .test_counter import MAIL, MOBILE, NAME, PHOTO, PLACE, answered, sent
from .test_counter import follow as follows

pytestmark = pytest.mark.django_db
CASE, JOINED = "/counter/petitions/case/", "/counter/petitions/joined/"
NEIGHBOUR = Person(email=MAIL, mobile=MOBILE)


@pytest.fixture(autouse=True)
def ground(settings, tmp_path):
    settings.DATA = tmp_path
    settings.MESSAGES = dict.fromkeys(("email", "sms", "push"), "yankao.kernel.outbox.page.driver")
    settings.PUBLIC_URL = "https://1999.city.example"


@pytest.fixture
def client():
    return Client()


def opened(client, one):
    assert follows(client, one.case.number, intake.code_of(one.client_key)).headers["Location"] == CASE
    return client.get(CASE).content.decode()


def told(identity, channel="email"):
    rows = Message.objects.filter(identity=identity, channel=channel).order_by("queued_at", "pk")
    return [json.loads(sealing.unseal(row.envelope)) for row in rows]


def joined(one, key="counter:neighbour", person=NEIGHBOUR):
    near.join(one.pk, person, key)
    return Subscriber.objects.get(client_key=key), intake.code_of(key)


# ── Who joined ──────────────────────────────────────────────────────────────────────────────────────


def test_me_too_gives_number_and_code_of_its_own_and_takes_the_photograph_along(client, desk):
    place = {"longitude": Decimal(str(PLACE[0])), "latitude": Decimal(str(PLACE[1]))}
    one = desk.fault(received_at=timezone.now(), content="別人寫的話", **place)
    here = {"go": "here", "longitude": str(PLACE[0]), "latitude": str(PLACE[1])}
    picture = SimpleUploadedFile("hole.png", PNG, "image/png")
    answered(
        client, "report", ("photo", {"files": [picture]}), ("place", here), ("place", {}),
        ("what", {"service": "pothole"}), ("near", {"same": one.pk}),
    )  # fmt: skip
    asked = client.get("/counter/report/contact/").content.decode()
    assert "至少留一種方式" in asked and "都可以不填" not in asked
    answered(client, "report", ("contact", {"mobile": MOBILE, "email": MAIL}), begin=False)
    number, code = sent(client, "report")
    row = Subscriber.objects.select_related("identity").get()
    assert number == one.case.number
    assert CaseEvidence.objects.get(case_id=one.pk).evidence.name == "hole.png"
    for channel in ("email", "sms"):
        assert code.replace(" ", "-") in told(row.identity, channel)[0]["text"]
    assert follows(client, number, code).headers["Location"] == JOINED
    text = client.get(JOINED).content.decode()
    assert "我們收到了" in text and number in text
    assert "別人寫的話" not in text and "五福四路" not in text
    assert client.get(CASE).status_code == 303, "the petitioner's page stays shut"


def test_who_joined_is_told_in_words_that_fit_them(desk):
    one = desk.accepted()
    row, _code = joined(one, person=Person(email=MAIL, language="en"))
    one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="請說明您家的門牌")
    one = desk.do(one, p.supplement, None, text="五福四路1號")
    one = desk.do(one, p.draft_reply, desk.cast.officer, **desk.reply())
    one = desk.do(one, p.approve_reply, desk.cast.manager)
    one = desk.do(one, p.send_reply, desk.cast.officer)
    desk.do(one, p.close, desk.cast.officer)
    letters = told(row.identity)
    assert len(letters) == 5  # joined, asked, supplied, answered, closed
    for letter in letters:
        for words in ("Your case", "rate", "reopen", "門牌", "清淤"):
            assert words not in letter["subject"] + letter["text"]
    assert "Drainage" in letters[-1]["subject"] or "ditch" in letters[-1]["subject"].lower()


def test_who_joined_sees_who_looked_at_their_own_data_and_not_at_others(client, desk):
    one = desk.accepted()
    row, code = joined(one)
    revealing.reveal(one.petitioner, actor=desk.cast.officer, purpose="contact", fields=("mobile",))
    assert follows(client, one.case.number, code).headers["Location"] == JOINED
    assert "還沒有人調閱" in client.get(JOINED).content.decode()
    revealing.reveal(row.identity, actor=desk.cast.officer, purpose="contact", fields=("email",))
    assert "聯繫當事人" in client.get(JOINED).content.decode()


def test_who_joined_leaves_and_what_they_left_is_destroyed(client, desk):
    one = desk.accepted()
    row, code = joined(one)
    follows(client, one.case.number, code)
    assert client.post(JOINED).status_code == 303
    identity = type(row.identity).objects.get(pk=row.identity_id)
    assert identity.shredded_at and identity.email_mark is None and identity.envelope is None
    assert "已退出關注" in client.get(JOINED).content.decode()
    before = Message.objects.filter(identity=identity).count()
    desk.do(one, p.begin, desk.cast.officer)
    assert Message.objects.filter(identity=identity).count() == before
    assert near.joined([one.pk]) == {one.pk: 1}, "that they met with it stays counted"
    assert not type(identity).objects.get(pk=one.petitioner_id).shredded_at


# ── No more messages ────────────────────────────────────────────────────────────────────────────────


def stop_address(letter):
    return re.search(r"https://1999\.city\.example(/counter/petitions/stop/\S+)", letter["text"])[1]


def test_every_letter_says_where_it_stops_and_there_it_stops(client, desk):
    one = desk.accepted()
    address = stop_address(told(one.petitioner)[-1])
    page = client.get(address).content.decode()
    assert "不再寄電子郵件" in page and "wang@" not in page
    before = len(told(one.petitioner))
    one = desk.do(one, p.begin, desk.cast.officer)
    assert len(told(one.petitioner)) == before + 1, "opening the address stopped nothing"
    assert client.post(address, {"way": "email"}).status_code == 303
    one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="門牌")
    desk.do(one, p.supplement, None, text="1號")
    assert len(told(one.petitioner)) == before + 1
    assert len(told(one.petitioner, "sms")) == 2, "receipt and what is wanted; no step came as a text instead"
    assert client.get(address[:-3] + "xx/").status_code == 404


def test_what_waits_to_be_sent_is_not_sent_after_the_stop(client, desk):
    from yankao.kernel.outbox.sending import deliver

    one = desk.received()
    message = Message.objects.get(case=one.case, channel="email")
    client.post(stop_address(told(one.petitioner)[-1]), {"way": "all"})
    deliver.call(type("Context", (), {"attempt": 1}), message.key)
    message.refresh_from_db()
    assert message.state == "dead" and message.handed_at is None


def test_on_the_page_of_the_case_each_way_is_stopped_and_taken_up_again(client, desk):
    one = desk.received()
    assert "目前寄電子郵件到w**g@***。" in opened(client, one)
    for way in ("sms", "email"):
        assert client.post(CASE, {"what": "stop", "stop-way": way}).status_code == 303
    text = client.get(CASE).content.decode()
    assert "目前傳簡訊到" not in text and "目前寄電子郵件到" not in text
    before = Message.objects.count()
    one = desk.do(one, p.triage, desk.cast.rdec_controller, kind=one.kind,
                  category=p.Category.objects.get(pk="drainage.ditch"))  # fmt: skip
    one = desk.do(one, p.assign, desk.cast.rdec_controller, agency=desk.cast.water)
    assert Message.objects.count() == before
    client.post(CASE, {"what": "resume", "resume-way": "email"})
    client.post(CASE, {"what": "texts", "texts-mobile": "0987-654-321"})
    one = desk.do(one, p.accept, desk.cast.controller, officer=desk.cast.officer)
    desk.do(one, p.ask_supplement, desk.cast.officer, wanted="門牌")
    later = list(Message.objects.order_by("queued_at").values_list("channel", flat=True))[before:]
    assert sorted(later) == ["email", "email", "sms"]


def test_a_landline_takes_no_texts_and_replaces_no_mobile(client, desk):
    one = desk.received()
    opened(client, one)
    for given in ("07-3368333", ""):
        answer = client.post(CASE, {"what": "texts", "texts-mobile": given})
        assert answer.status_code == 422 and "手機號碼" in answer.content.decode()
    assert keeping.unsealed(type(one.petitioner).objects.get(pk=one.petitioner_id)).mobile == "0912345678"


def test_a_landline_given_with_a_letter_is_kept_as_one_to_be_called(client, cast):
    from .test_counter import letter

    letter(client, contact=("contact", {"name": NAME, "mobile": "07-3368333"}))
    sent(client, "petition")
    person = keeping.unsealed(Petition.objects.select_related("petitioner").get().petitioner)
    assert (person.phone, person.mobile) == ("07-3368333", "")
    answered(client, "report", PHOTO, ("place", {"address": "五福四路"}), ("what", {"service": "pothole"}),
             ("more", {"size": "plate"}), ("details", {}))  # fmt: skip
    assert client.post("/counter/report/contact/", {"mobile": "07-3368333"}).status_code == 422


def test_who_signed_up_for_a_nameless_case_stops_and_signs_up_again(client, desk):
    one = desk.received(petitioner=Person())
    opened(client, one)
    client.post(CASE, {"what": "texts", "texts-mobile": MOBILE})
    client.post(CASE, {"what": "stop", "stop-way": "sms"})
    row = Subscriber.objects.get()
    assert row.identity is None
    assert client.post(CASE, {"what": "texts", "texts-mobile": MOBILE}).status_code == 303
    row.refresh_from_db()
    assert row.identity is not None and "目前傳簡訊到" in client.get(CASE).content.decode()


# ── What the citizen adds ───────────────────────────────────────────────────────────────────────────


def test_something_is_added_unasked_and_shown_back(client, desk):
    one = desk.accepted(subject="側溝淤積")
    text = opened(client, one)
    assert "還有要補充的" in text and "側溝淤積" in text
    given = {"what": "more", "more-text": "昨天又淹了", "more-files": SimpleUploadedFile("w.png", PNG)}
    assert client.post(CASE, given).status_code == 303
    row = one.supplements.get()
    assert row.unasked and row.text == "昨天又淹了"
    text = client.get(CASE).content.decode()
    assert "昨天又淹了" in text and "w.png" in text and "前補充資料" not in text
    assert client.post(CASE, {"what": "more", "more-text": "還有一張"}).status_code == 303
    assert one.supplements.count() == 2


def test_a_session_that_ended_loses_no_words(client, desk):
    one = desk.closed()
    opened(client, one)
    session = client.session
    session["followed"] = {**session["followed"], "until": int(time.time()) - 1}
    session.save()
    given = {"what": "reopening", "reopening-reason": "水又滿出來了"}
    answer = client.post(CASE, given)
    text = answer.content.decode()
    assert answer.status_code == 200 and 'name="reopening-reason" value="水又滿出來了"' in text
    wrong = client.post(CASE, {**given, "number": one.case.number, "code": "AAAAAAAAAA"})
    assert wrong.status_code == 422 and "水又滿出來了" in wrong.content.decode()
    right = client.post(CASE, {**given, "number": one.case.number, "code": intake.code_of(one.client_key)})
    text = right.content.decode()
    assert "還沒有送出" in text and ">水又滿出來了</textarea>" in text.replace("\r\n", "").replace("\n", "")
    assert not one.reopening_rows.exists()
    client.post(CASE, given)
    assert one.reopening_rows.get().reason == "水又滿出來了"


def test_a_second_windows_words_are_kept_and_the_same_words_sent_twice_are_one(client, desk):
    one = desk.do(desk.accepted(), p.begin, desk.cast.officer)
    one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="請補拍照片")
    opened(client, one)
    first = {"what": "supplement", "supplement-text": "照片如附"}
    assert client.post(CASE, first).status_code == 303
    assert client.post(CASE, first).status_code == 303
    second = client.post(CASE, {"what": "supplement", "supplement-text": "另外還有門牌"})
    text = second.content.decode()
    assert second.status_code == 409 and "另外還有門牌</textarea>" in text and 'name="more-text"' in text
    assert one.supplements.count() == 1


def test_words_the_case_takes_no_more_stay_in_sight(client, desk):
    one = desk.closed()
    opened(client, one)
    client.post(CASE, {"what": "reopening", "reopening-reason": "又堵住了"})
    late = client.post(CASE, {"what": "reopening", "reopening-reason": "還有異味"})
    assert late.status_code == 409 and "還有異味" in late.content.decode()


def test_the_lines_the_form_added_are_read_in_english(client, desk):
    one = desk.fault(content="Deep hole.\n坑洞大小：約一個盤子\n位於哪裡：慢車道、路口", language="en")
    opened(client, one)
    client.cookies["django_language"] = "en"
    text = client.get(CASE).content.decode()
    assert "Deep hole." in text and "坑洞大小" not in text and "慢車道" not in text


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000000400"
    "01f61738550000000049454e44ae426082"
)
