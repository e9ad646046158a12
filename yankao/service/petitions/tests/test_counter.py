"""At the counter: a fault reported, a letter written, a case followed; and what never leaks."""

from __future__ import annotations

import logging
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from yankao.counter import places
from yankao.kernel.casework.docket import Case, Security
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.evidence.tests.test_evidence import jpeg
from yankao.kernel.people.geography import load_geography
from yankao.kernel.people.models import District
from yankao.kernel.vault import revealing
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import hearing, intake, mapping, near
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Ground, Kind, Petition, Rating, Subscriber

PLACE = (120.3014, 22.6273)
NAME, MOBILE, MAIL = "歐陽測試", "0987654321", "leak@mail.example"


@pytest.fixture
def client(db):
    return Client()


def answered(client, journey, *pages, begin=True):
    """Fill in the pages one after the other, as they are asked for."""
    if begin:
        assert client.post(f"/counter/{journey}/", {"anew": "1"}).status_code == 303
    for name, given in pages:
        sent = client.post(f"/counter/{journey}/{name}/", given)
        assert sent.status_code == 303, (name, sent.content.decode()[-3000:])
    return sent.headers["Location"]


PHOTO, ADDRESS = ("photo", {}), ("place", {"address": "五福四路1號前"})
CONTACT = ("contact", {"name": NAME, "mobile": MOBILE, "email": MAIL})


def pothole(client, *, contact=CONTACT, place=ADDRESS):
    return answered(
        client, "report", PHOTO, place, ("what", {"service": "pothole"}),
        ("more", {"size": "plate", "lane": ["slow", "crossing"]}),
        ("details", {"content": "下雨後變大。"}), contact,
    )  # fmt: skip


def sent(client, journey):
    """Press the button; the number and the code that are shown."""
    answer = client.post(f"/counter/{journey}/check/")
    assert answer.headers["Location"] == f"/counter/{journey}/done/", answer.content.decode()[-2000:]
    text = client.get(f"/counter/{journey}/done/").content.decode()
    told = [text.partition(f'<b id="{name}">')[2].partition("</b>")[0] for name in ("number", "code")]
    return told[0], told[1]


def follow(client, number, code):
    return client.post("/counter/follow/", {"number": number, "code": code})


# ── A fault ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_pothole_is_reported_page_by_page_and_followed(client, cast):
    assert pothole(client) == "/counter/report/check/"
    text = client.get("/counter/report/check/").content.decode()
    for words in ("路面坑洞", "約一個盤子", "下雨後變大", NAME, "誰會看到"):
        assert words in text
    number, code = sent(client, "report")
    one = Petition.objects.select_related("case", "petitioner").get()
    assert (one.kind, one.channel, one.service_id, one.place) == (
        Kind.DISPATCH,
        "web",
        "pothole",
        "五福四路1號前",
    )
    assert one.content == "下雨後變大。\n坑洞大小：約一個盤子\n位於哪裡：慢車道、路口"
    assert one.petitioner is not None and one.case.number == number
    assert follow(client, number, code.lower()).headers["Location"] == "/counter/petitions/case/"
    page = client.get("/counter/petitions/case/").content.decode()
    assert number in page and "預定" in page and "還沒有人調閱" in page
    assert NAME not in page and MOBILE not in page
    client.post("/counter/follow/leave/")
    assert client.get("/counter/petitions/case/").status_code == 303


def test_going_back_keeps_answers_and_a_change_returns_to_the_check(client, cast):
    pothole(client)
    text = client.get("/counter/report/more/").content.decode()
    assert re.search(r'value="plate"[^>]*checked', text) and re.search(r'value="slow"[^>]*checked', text)
    changed = client.post("/counter/report/details/", {"content": "很深。"})
    assert changed.headers["Location"] == "/counter/report/check/"
    client.post("/counter/report/what/", {"service": "streetlight"})
    again = client.get("/counter/report/check/")
    assert again.headers["Location"] == "/counter/report/more/", "another kind has other questions"


def test_a_report_sent_twice_is_one_case(client, cast):
    pothole(client)
    first = sent(client, "report")
    assert client.post("/counter/report/check/").headers["Location"] == "/counter/report/done/"
    assert sent(client, "report") == first
    assert Petition.objects.count() == 1


def test_a_retry_whose_first_answer_was_lost_is_one_case_with_the_same_code(client, cast, monkeypatch):
    """The case was written, then the connection broke before the draft knew."""
    from yankao.counter import pages

    pothole(client)
    kept = pages.drafts.save
    monkeypatch.setattr(pages.drafts, "save", lambda *given: (_ for _ in ()).throw(ConnectionError))
    with pytest.raises(ConnectionError):
        client.post("/counter/report/check/")
    monkeypatch.setattr(pages.drafts, "save", kept)
    number, code = sent(client, "report")
    assert Petition.objects.count() == 1
    assert intake.find(number, code) == Petition.objects.get()


def test_the_place_may_be_chosen_by_buttons_alone_and_must_lie_in_the_city(client, cast):
    client.post("/counter/report/")
    client.post("/counter/report/photo/", {})
    refused = client.post("/counter/report/place/", {"address": " "})
    assert refused.status_code == 422 and "請寫地址或地標" in refused.content.decode()
    here = {"go": "here", "longitude": str(PLACE[0]), "latitude": str(PLACE[1])}
    assert (
        client.post("/counter/report/place/", {**here, "address": "公園旁"})
        .headers["Location"]
        .endswith("#act")
    )
    text = client.get("/counter/report/place/").content.decode()
    assert "公園旁" in text and "這支手機" in text
    drawn = client.get("/counter/report/map.svg")
    assert drawn.headers["Content-Type"] == "image/svg+xml" and "#a8201a" in drawn.content.decode()
    client.post("/counter/report/place/", {"go": "n"})
    away = client.post("/counter/report/place/", {"go": "here", "longitude": "0", "latitude": "0"})
    assert away.status_code == 303
    assert "不在本市範圍內" in client.get("/counter/report/place/").content.decode()
    assert client.post("/counter/report/place/", {"address": ""}).status_code == 303, "the point stays"


def test_the_district_that_was_chosen_stands_against_a_point_outside_it(client, cast):
    client.post("/counter/report/")
    client.post("/counter/report/photo/", {})
    load_geography()
    named, other = (District.objects.get(name=name) for name in ("前金區", "美濃區"))
    lost = {"go": "find", "address": "五福三路21號前", "district": ""}
    client.post("/counter/report/place/", lost)
    text = client.get("/counter/report/place/").content.decode()
    assert "找不到這個地址" in text and "note ok" not in text and "五福三路21號前" in text
    answered(client, "report", ("place", {"address": "五福三路21號前", "district": named.pk}), begin=False)
    assert places.district_at(120.541, 22.897) == other.pk
    away = {"go": "here", "longitude": "120.541", "latitude": "22.897", "address": "五福三路21號前"}
    client.post("/counter/report/place/", {**away, "district": named.pk})
    assert client.get("/counter/report/what/").headers["Location"].endswith("/place/"), "asked again"
    given = {"address": "五福三路21號前", "district": named.pk}
    refused = client.post("/counter/report/place/", given)
    assert refused.status_code == 422
    assert "地圖上的位置在美濃區，不在前金區" in refused.content.decode()
    assert client.post("/counter/report/place/", {"address": "前金區五福三路21號前"}).status_code == 422
    client.post("/counter/report/place/", {"go": "clear", **given})
    pages = (("place", given), ("what", {"service": "pothole"}), ("more", {"size": "small"}))
    answered(client, "report", *pages, ("details", {}), CONTACT, begin=False)
    text = client.get("/counter/report/check/").content.decode()
    assert "前金區" in text and "美濃區" not in text and "地圖位置" not in text
    sent(client, "report")
    one = Petition.objects.select_related("case").get()
    assert (one.case.district_id, one.longitude) == (named.pk, None)


def at(desk, longitude, latitude, **more):
    return desk.fault(
        longitude=Decimal(str(longitude)), latitude=Decimal(str(latitude)), received_at=timezone.now(), **more
    )  # fmt: skip


def test_the_same_fault_nearby_is_shown_and_joined_instead_of_reported_again(client, desk):
    one = at(desk, *PLACE, place="不可外洩的住址")
    at(desk, PLACE[0] + 0.01, PLACE[1])
    at(desk, *PLACE, service="streetlight")
    Case.objects.filter(pk=at(desk, *PLACE).pk).update(security=Security.NAMED)
    assert [(row.petition.pk, row.metres) for row in near.near("pothole", *PLACE)] == [(one.pk, 0)]
    here = {"go": "here", "longitude": str(PLACE[0] + 0.0005), "latitude": str(PLACE[1])}
    answered(client, "report", PHOTO, ("place", here), ("place", {}), ("what", {"service": "pothole"}))
    text = client.get("/counter/report/near/").content.decode()
    assert "約51公尺" in text and "不可外洩的住址" not in text
    answered(client, "report", ("near", {"same": one.pk}), begin=False)
    assert client.post("/counter/report/contact/", {"name": NAME}).status_code == 422, "one way at least"
    answered(client, "report", CONTACT, begin=False)
    before = Petition.objects.count()
    client.post("/counter/report/check/")
    client.post("/counter/report/check/")
    assert Petition.objects.count() == before and Subscriber.objects.get().petition_id == one.pk


def test_reports_nearby_can_be_told_apart_and_show_nothing_that_anybody_wrote(client, desk):
    load_geography()
    lines = "王大明家門口的洞\n坑洞大小：約一個盤子\n位於哪裡：慢車道、路口\n燈桿編號：王大明"
    one = at(desk, PLACE[0] + 0.001, PLACE[1] + 0.001, place="王宅", content=lines, files=[desk.photo()])
    other = at(desk, PLACE[0], PLACE[1] - 0.001, content="坑洞大小：王大明家的盤子")
    near.join(one.pk, Person(name="李四", mobile="0933333333"), "test-join")
    here = {"go": "here", "longitude": str(PLACE[0]), "latitude": str(PLACE[1])}
    answered(client, "report", PHOTO, ("place", here), ("place", {}), ("what", {"service": "pothole"}))
    text = client.get("/counter/report/near/").content.decode()
    first, second = re.findall(r'<li class="card">.*?</li>', text, re.DOTALL)
    assert "南方約111公尺" in first and "沒有照片" in first
    assert "約一個盤子" not in first and "也遇到" not in first
    assert "東北方約151公尺" in second and "有照片" in second and "另外1人也遇到" in second
    assert "約一個盤子" in second and "慢車道、路口" in second and one.village.name in second
    for words in ("王", "李四", "燈桿編號"):
        assert words not in text
    labels = re.findall(r"<span>(是第[^<]*)</span>", text)
    assert len(labels) == len(set(labels)) == 2 and "約一個盤子" in labels[1]
    assert [f'value="{row.pk}"' in text for row in (one, other)] == [True, True]
    english = client.get("/counter/report/near/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "about 151 metres away to the north-east" in english and "About a plate" in english


def field_of(text, name):
    """The value of a hidden field, as a browser sends it back."""
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]


def test_a_change_of_language_keeps_what_is_typed_right_or_not(client, cast):
    client.post("/counter/petition/")
    text = client.get("/counter/petition/matter/").content.decode()
    assert re.search(r'<button name="language" value="en" form="question"', text)
    first = re.search(r'<button[^>]*form="question"[^>]*>', text)[0]
    assert "language" not in first, "Enter presses the first button of a form"
    given = {"subject": "", "content": "站牌被遮住了。", "draft": field_of(text, "draft"), "language": "en"}
    switched = client.post("/counter/petition/matter/", given)
    assert switched.headers["Location"] == "/counter/petition/matter/"
    text = client.get("/counter/petition/matter/").content.decode()
    assert "站牌被遮住了。" in text and 'lang="en"' in text and 'class="errors"' not in text
    assert client.get("/counter/petition/category/").headers["Location"].endswith("/matter/"), "no answer"
    answered(client, "petition", MATTER, ("category", {"category": "transport"}), begin=False)
    client.post("/counter/petition/matter/", {**given, "content": "改過的", "language": "zh-hant"})
    text = client.get("/counter/petition/matter/").content.decode()
    assert "改過的" in text and 'lang="zh-Hant' in text
    client.post("/counter/petition/parties/", {"parties": "public", "language": "en"})
    text = client.get("/counter/petition/parties/").content.decode()
    assert re.search(r'value="public"[^>]*checked', text)


def test_a_change_of_language_keeps_files_that_were_chosen(client, cast):
    client.post("/counter/report/")
    picture = SimpleUploadedFile("坑洞.jpg", jpeg(), "image/jpeg")
    client.post("/counter/report/photo/", {"files": picture, "language": "en"})
    text = client.get("/counter/report/photo/").content.decode()
    assert "坑洞.jpg" in text
    assert client.get("/counter/report/place/").headers["Location"].endswith("/photo/"), "no answer yet"
    answered(client, "report", ("photo", {"files-kept": field_of(text, "files-kept")}), begin=False)
    assert Evidence.objects.get().name == "坑洞.jpg"


def test_a_second_form_of_a_kind_takes_no_page_of_the_first(client, cast):
    """Two tabs of one browser."""
    answered(client, "petition", MATTER)
    first = client.get("/counter/petition/category/").content.decode()
    begun = client.post("/counter/petition/")
    text = begun.content.decode()
    assert begun.status_code == 409 and 'href="/counter/petition/category/"' in text and 'name="anew"' in text
    assert "公車站牌" in client.get("/counter/petition/matter/").content.decode(), "the first is still there"
    client.post("/counter/petition/", {"anew": "1"})
    late = {"draft": field_of(first, "draft")}
    told = client.post("/counter/petition/matter/", {**late, "subject": "第一件", "content": "第一件的內容"})
    text = told.content.decode()
    assert told.status_code == 409 and "第一件的內容" in text and 'href="/counter/petition/matter/"' in text
    letter(client)
    for page in ("check", "discard"):
        assert client.post(f"/counter/petition/{page}/", late).status_code == 409
    assert not Petition.objects.exists()
    mine = {"draft": field_of(client.get("/counter/petition/check/").content.decode(), "draft")}
    assert client.post("/counter/petition/check/", mine).headers["Location"].endswith("/done/")
    assert client.post("/counter/petition/").status_code == 303, "what was sent stands in nobody's way"


def test_words_of_danger_in_a_report_lead_to_the_telephone_once(client, cast):
    answered(client, "report", PHOTO, ADDRESS, ("what", {"service": "pothole"}), ("more", {"size": "small"}))
    told = client.post("/counter/report/details/", {"content": "有人跌進去受傷流血"})
    assert told.headers["Location"] == "/counter/report/danger/"
    assert "tel:119" in client.get("/counter/report/danger/").content.decode()
    assert client.post("/counter/report/danger/").headers["Location"] == "/counter/report/contact/"
    assert (
        client.post("/counter/report/details/", {"content": "受傷"}).headers["Location"].endswith("/contact/")
    )


def test_a_public_report_takes_few_queries(client, cast):
    pothole(client)
    sent(client, "report")  # the process knows its rules, calendar and agencies from here on
    pothole(client)
    with CaptureQueriesContext(connection) as asked:
        client.post("/counter/report/check/")
    brackets = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    told = [one["sql"][:90] for one in asked if not one["sql"].startswith(brackets)]
    assert len(told) <= 14, "\n".join(told)  # the draft read and written among them


# ── Letters ─────────────────────────────────────────────────────────────────────────────────────────

MATTER = ("matter", {"subject": "公車站牌", "content": "站牌被遮住了。"})


def letter(client, journey="petition", category="transport", who="named", parties="public", contact=CONTACT):
    pages = [MATTER, ("category", {"category": category})]
    if category != "conduct":
        pages.append(("parties", {"parties": parties}))
    if parties == "private":
        pages.append(("mediation", {"understood": "on"}))
    pages += [("where", {}), ("files", {}), ("who", {"who": who})]
    return answered(client, journey, *pages, *([contact] if contact and who != "anonymous" else []))


@pytest.mark.parametrize(
    ("journey", "who", "security", "kind"),
    [
        ("petition", "named", Security.AGENCY, Kind.PETITION),
        ("petition", "confidential", Security.NAMED, Kind.PETITION),
        ("mailbox", "anonymous", Security.AGENCY, Kind.MAILBOX),
    ],
)
def test_a_letter_is_named_confidential_or_anonymous(client, cast, journey, who, security, kind):
    assert letter(client, journey, who=who) == f"/counter/{journey}/check/"
    sent(client, journey)
    one = Petition.objects.select_related("case").get()
    assert (one.kind, one.case.security, one.anonymous) == (kind, security, who == "anonymous")


def test_an_accusation_is_sealed_and_says_so_before_it_is_sent(client, cast):
    letter(client, category="conduct")
    assert "密封" in client.get("/counter/petition/check/").content.decode()
    number, code = sent(client, "petition")
    one = Petition.objects.select_related("case", "petitioner").get()
    assert one.case.security == Security.SECRET and one.petitioner.sealed
    follow(client, number, code)
    page = client.get("/counter/petitions/case/").content.decode()
    assert number in page and NAME not in page


def test_a_private_dispute_is_shown_the_way_out_before_it_is_sent(client, cast):
    answered(
        client, "petition", MATTER, ("category", {"category": "other"}), ("parties", {"parties": "private"})
    )
    text = client.get("/counter/petition/mediation/").content.decode()
    assert "調解委員會" in text and "不送件" in text
    assert client.post("/counter/petition/mediation/", {}).status_code == 422
    assert letter(client, category="other", parties="private").endswith("/check/")


def test_a_question_is_shown_answers_first(client, cast):
    answered(
        client,
        "ask",
        MATTER,
        ("answers", {}),
        ("category", {"category": "unsure"}),
        ("who", {"who": "named"}),
        CONTACT,
    )
    sent(client, "ask")
    assert Petition.objects.get().nature == "law"


def test_who_writes_in_their_own_name_gives_name_and_a_way_to_answer(client, cast):
    letter(client, contact=None)
    refused = client.post("/counter/petition/contact/", {"name": "", "email": "not-a-mail"})
    text = refused.content.decode()
    assert refused.status_code == 422 and "請填真實姓名" in text and 'value="not-a-mail"' in text


def test_what_is_needed_is_not_called_optional(client, cast):
    letter(client, contact=None)
    text = client.get("/counter/petition/contact/").content.decode()
    assert "（選填）" not in text and "手機、電子郵件、聯絡地址至少填一項" in text
    assert client.post("/counter/petition/contact/", {"name": NAME}).status_code == 422, "no way to answer"
    answered(client, "report", PHOTO, ADDRESS, ("what", {"service": "pothole"}), ("more", {"size": "small"}),
             ("details", {}))  # fmt: skip
    assert client.get("/counter/report/contact/").content.decode().count("（選填）") == 3


def test_a_fault_of_no_known_kind_says_by_when_it_is_sorted(client, cast):
    answered(client, "report", PHOTO, ADDRESS, ("what", {"service": "other"}),
             ("details", {"content": "河堤護欄歪了"}), CONTACT)  # fmt: skip
    number, code = sent(client, "report")
    text = client.get("/counter/report/done/").content.decode()
    assert re.search(r"受理窗口會在[^<]*\d日[^<]*前判斷種類", text)
    follow(client, number, code)
    page = client.get("/counter/petitions/case/").content.decode()
    assert re.search("預定[^<]*前判斷種類並交給負責的單位", page)
    pothole(client)
    number, code = sent(client, "report")
    follow(client, number, code)
    page = client.get("/counter/petitions/case/").content.decode()
    assert "前修復" in page and "判斷種類" not in page


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("燈壞了", "/counter/report/?service=streetlight"),
        ("噪音", "/counter/petition/?category=environment"),
        ("隔壁半夜很吵", "/counter/petition/?category=environment"),
        ("noise", "/counter/petition/?category=environment"),
    ],
)
def test_a_search_finds_a_category_of_petitions_by_its_words(client, cast, words, address):
    text = client.get("/counter/search/", {"q": words}).content.decode()
    assert f'href="{address}"' in text
    fault = client.get("/counter/search/", {"q": "路燈"}).content.decode()
    assert "/counter/petition/?category=" not in fault


def test_a_category_that_was_found_is_chosen_already(client, cast):
    client.post("/counter/petition/", {"category": "environment"})
    client.post("/counter/petition/matter/", MATTER[1])
    text = client.get("/counter/petition/category/").content.decode()
    assert re.search(r'value="environment"[^>]*checked', text)


# ── Following ───────────────────────────────────────────────────────────────────────────────────────


def opened(client, one):
    number = one.case.number
    assert follow(client, number, intake.code_of(one.client_key)).status_code == 303
    return client.get("/counter/petitions/case/").content.decode()


def test_a_number_is_found_however_it_is_typed(client, desk):
    one = desk.received()
    bare = one.case.number.replace("-", "")
    typed = [bare.lower(), f"{bare[:4]} {bare[4:]}", f" {bare} ", *(
        f"{bare[:4]}{dash}{bare[4:]}" for dash in "-\u2010\u2011\u2013\u2014\uff0d\u2212"
    )]  # fmt: skip
    for words in typed:
        assert intake.find(words, intake.code_of(one.client_key)) == one, words
    assert intake.find("P1", intake.code_of(one.client_key)) is None
    assert follow(client, typed[0], intake.code_of(one.client_key)).status_code == 303


def test_who_signed_up_for_texts_without_a_name_is_not_told_that_nothing_is_kept(client, desk, settings):
    settings.MESSAGES = {**settings.MESSAGES, "sms": {"provider": "test"}}
    one = desk.received(petitioner=Person())
    assert "這件沒有留姓名與聯絡方式" in opened(client, one)
    hearing.by_text(one, "0912345678")
    text = opened(client, one)
    assert "這件沒有留姓名與聯絡方式" not in text and "傳簡訊的號碼" in text and "0912345678" not in text


def test_a_wrong_number_and_a_wrong_code_get_the_same_answer(client, desk):
    one = desk.received()
    wrong_code = follow(client, one.case.number, "AAAAAAAAAA")
    wrong_number = follow(client, "P199-999999", intake.code_of(one.client_key))
    assert wrong_code.status_code == wrong_number.status_code == 422
    said = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.content.decode())
        for answer in (wrong_code, wrong_number)
    ]
    assert said[0] == said[1] and "案號或查詢碼不對" in said[0]
    assert client.get("/counter/petitions/case/").status_code == 303


def test_what_is_asked_for_is_given_once_and_the_clock_runs_on(client, desk):
    one = desk.do(desk.accepted(), p.begin, desk.cast.officer)
    one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="請補拍照片")
    text = opened(client, one)
    assert "請補拍照片" in text and "暫停" in text
    given = {"what": "supplement", "supplement-text": "照片如附"}
    assert client.post("/counter/petitions/case/", {"what": "supplement"}).status_code == 422
    assert client.post("/counter/petitions/case/", given).status_code == 303
    assert client.post("/counter/petitions/case/", given).status_code == 303
    row = one.supplements.get()
    assert row.text == "照片如附" and desk.fresh(one).case.stage == p.Stage.IN_PROGRESS


def test_a_reply_is_read_rated_once_and_asked_to_be_reopened(client, desk):
    one = desk.closed()
    text = opened(client, one)
    assert "已派員清淤完成" in text and "下水道法第17條" in text
    rating = {"what": "rating", "rating-score": "2", "rating-on_time": "yes", "rating-comment": "還好"}
    assert client.post("/counter/petitions/case/", rating).status_code == 303
    client.post("/counter/petitions/case/", {**rating, "rating-score": "5"})
    row = Rating.objects.get()
    assert (row.score, row.on_time, row.understood) == (2, True, None)
    reopening = {"what": "reopening", "reopening-reason": "又堵住了"}
    assert client.post("/counter/petitions/case/", reopening).status_code == 303
    client.post("/counter/petitions/case/", reopening)
    assert one.reopening_rows.get().reason == "又堵住了"


def test_what_the_letter_of_no_action_asks_for_is_given_on_the_page(client, desk):
    cast, about = desk.cast, {"reason": "無具體內容"}
    one = desk.do(desk.received(), p.propose_no_action, cast.agent, ground=Ground.NAMELESS, **about)
    one = desk.do(one, p.approve_no_action, cast.rdec_chief)
    text = opened(client, one)
    assert "補充具體內容" in text
    given = {"what": "more", "more-text": "五福四路1號前側溝堵塞。"}
    assert client.post("/counter/petitions/case/", {"what": "more"}).status_code == 422
    assert client.post("/counter/petitions/case/", given).status_code == 303
    assert one.supplements.get().text == "五福四路1號前側溝堵塞。"
    assert "收到您的補充資料" in client.get("/counter/petitions/case/").content.decode()
    desk.do(one, p.take_up, cast.rdec_controller, reason="已補充")
    text = client.get("/counter/petitions/case/").content.decode()
    assert "恢復辦理" in text and "補充具體內容" not in text
    other = desk.do(desk.received(), p.propose_no_action, cast.agent, ground=Ground.COPIED, **about)
    assert "補充具體內容" not in opened(client, desk.do(other, p.approve_no_action, cast.rdec_chief))


def test_the_petitioner_sees_who_looked_and_what_for(client, desk):
    one = desk.accepted()
    revealing.reveal(one.petitioner, actor=desk.cast.officer, purpose="contact", fields=("mobile",))
    text = opened(client, one)
    assert "聯繫當事人" in text and "手機" in text and desk.cast.officer.name not in text


def test_lateness_is_said(client, desk):
    text = opened(client, desk.accepted())
    assert "已逾期" in text and 'class="headline late"' in text


# ── The map ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_map_counts_in_squares_and_tells_nothing_restricted(client, desk, django_assert_max_num_queries):
    for step in range(3):
        at(desk, PLACE[0] + step * 1e-5, PLACE[1])
    Case.objects.filter(pk=at(desk, *PLACE).pk).update(security=Security.NAMED)
    (square,) = mapping.squares()
    assert (square.open, square.mended) == (3, 0)
    assert abs(square.longitude - PLACE[0]) <= 0.5 / mapping.SQUARES + 1e-9
    assert mapping.by_district()[desk.cast.district.pk] == (3, 0)
    with django_assert_max_num_queries(8):
        text = client.get("/counter/petitions/map/").content.decode()
    assert "處理中3件" in text and str(PLACE[0]) not in text
    told = client.get("/counter/petitions/map/squares.geojson?service=streetlight").json()
    assert told["features"] == []


# ── Nothing leaks ───────────────────────────────────────────────────────────────────────────────────


def test_personal_data_stands_in_no_address_log_error_page_or_plain_row(client, cast, caplog):
    caplog.set_level(logging.DEBUG)
    trail = []
    client.post("/counter/petition/")
    for name, given in (MATTER, ("category", {"category": "transport"}), ("parties", {"parties": "public"}),
                        ("where", {}), ("files", {}), ("who", {"who": "named"}), CONTACT):  # fmt: skip
        trail.append(client.post(f"/counter/petition/{name}/", given).headers["Location"])
    rows = dump()
    sent(client, "petition")
    rows += dump()
    gone = client.get("/counter/petition/nowhere/").content.decode()
    for secret in (NAME, MOBILE, MAIL):
        assert not any(secret in address for address in trail)
        assert secret not in caplog.text and secret not in gone
        assert secret not in rows


def dump():
    """Everything the database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("search_grams"):  # says of texts what search_entry says in full
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [
                    one.tobytes().decode("utf-8", "replace") if isinstance(one, memoryview)
                    else one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
                    for one in row
                ]  # fmt: skip
    return "\n".join(found)
