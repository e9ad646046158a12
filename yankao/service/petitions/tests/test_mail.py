"""Mails as citizens' programs really write them, and what becomes of each."""

from __future__ import annotations

import base64
import mailbox
import quopri
import socketserver
import threading
from datetime import date, timedelta
from email.header import Header
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.notice.models import Notice
from yankao.kernel.outbox import sending
from yankao.kernel.outbox.models import Handover, Message, State
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import imports, intake, near, tasks
from yankao.service.petitions import process as p
from yankao.service.petitions.mail import boxes, plain, reading, taking
from yankao.service.petitions.models import Ground, Incoming, Kind, Petition

from .conftest import MONDAY, WANG, at

CITIZEN = "lin.shu-fen@mail.example"
WORDS = "里長好，\n民權路與中山路口的號誌秒數太短，長輩過不了馬路，請調整。\n\n--\n林淑芬\n鹽埕區"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def mail(
    text=WORDS, subject="號誌秒數", sender=f"林淑芬 <{CITIZEN}>", number="<one@mail.example>", **headers
):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "1999 <1999@city.example>", subject
    made["Date"], made["Message-ID"] = "Mon, 05 Mar 2012 09:30:00 +0800", number
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def raw(made):
    return made.as_bytes()


# ── Understanding one ───────────────────────────────────────────────────────────────────────────────


def test_a_plain_mail_is_read_with_its_signature():
    letter = reading.read(raw(mail()))
    assert (letter.name, letter.sender, letter.subject) == ("林淑芬", CITIZEN, "號誌秒數")
    assert letter.text == WORDS and not letter.automatic and not letter.notes
    assert CITIZEN not in repr(letter) and "號誌" not in repr(letter)


@pytest.mark.parametrize(
    ("charset", "named", "text"),
    [
        ("cp950", "big5", "碁峰里裏面的路燈銹了，請修。"),
        ("cp950", "x-x-big5", "路燈不亮。"),
        ("big5hkscs", "big5-hkscs", "深水埗來的訪客說路標不清。"),
        ("gb18030", "gb2312", "马路积水，請處理。"),
        ("iso2022_jp", "iso-2022-jp", "道路が冠水しています。"),
        ("utf-8", "utf8", "路燈💡不亮。"),
        ("utf-8", "us-ascii", "說是ascii的也讀得到。"),
        ("cp950", "utf-8", "說是UTF-8其實是Big5。"),
        ("cp950", "no-such-charset", "沒有這種編碼名稱。"),
    ],
)
@pytest.mark.parametrize("way", ["base64", "quoted-printable", "8bit"])
def test_the_words_are_read_in_whatever_coding_they_come(charset, named, text, way):
    data = text.encode(charset)
    coded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[way](data)
    subject = (
        f"=?{named if named != 'no-such-charset' else 'big5'}?B?{base64.b64encode(data[:40]).decode()}?="
    )
    head = (
        f"From: =?utf-8?q?=E6=9E=97?= <{CITIZEN}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: text/plain; charset="{named}"\r\nContent-Transfer-Encoding: {way}\r\n\r\n'
    )
    letter = reading.read(head.encode() + coded)
    assert letter.text == text and letter.name == "林"
    assert letter.subject[:3] == text[:3]


def test_headers_that_programs_break_are_read_all_the_same():
    words = "號誌故障請儘速派員"
    data = words.encode("cp950")
    first, second = (base64.b64encode(part).decode() for part in (data[:5], data[5:]))
    cut = f"=?big5?B?{first}?=\r\n =?big5?B?{second}?="
    bare = f"From: {CITIZEN}\r\nSubject: ".encode() + data + b"\r\n\r\nx"
    assert reading.read(f"From: {CITIZEN}\r\nSubject: {cut}\r\n\r\nx".encode()).subject == words
    assert reading.read(bare).subject == words
    hidden = str(Header("好\u202e\x07 案件", "utf-8").encode())
    assert reading.read(f"From: {CITIZEN}\nSubject: {hidden}\n\nx".encode()).subject == "好 案件"


def test_a_page_without_plain_text_becomes_text_and_hides_nothing_seen():
    made = EmailMessage()
    made["From"], made["Subject"] = CITIZEN, "html"
    made.set_content(
        "<html><head><style>p{color:red}</style><title>x</title></head><body><p>第一段<br>第二行</p>"
        "<ul><li>路燈</li><li>水溝</li></ul><div style='display:none'>看不見</div><script>alert(1)</script>"
        "<p>見<a href='https://map.example/1'>地圖</a> &amp; 照片<img src='cid:pic' alt='x'></p>"
        "<table><tr><td>甲</td><td>乙</td></tr></table><blockquote>引述</blockquote></body></html>",
        subtype="html",
    )
    made.add_related(PNG, "image", "png", cid="<pic>", filename="路口.png")
    letter = reading.read(raw(made))
    assert "第一段\n第二行" in letter.text and "・路燈\n・水溝" in letter.text and "甲\t乙" in letter.text
    assert "地圖（https://map.example/1） & 照片〔圖：路口.png〕" in letter.text
    assert not any(word in letter.text for word in ("看不見", "alert", "color:red"))
    assert "> 引述" in letter.text
    assert [(one.name, one.inline) for one in letter.files] == [("路口.png", True)]


def test_of_two_forms_of_the_words_one_is_read_and_the_files_of_all_are_kept():
    made = mail(text="純文字")
    made.add_alternative("<p>網頁</p>", subtype="html")
    made.add_attachment(PNG, maintype="image", subtype="png", filename="照片.png")
    made.add_attachment("附上文字檔".encode(), maintype="text", subtype="plain", filename="說明.txt")
    letter = reading.read(raw(made))
    assert letter.text == "純文字" and [one.name for one in letter.files] == ["照片.png", "說明.txt"]


def test_a_mail_within_a_mail_brings_its_words_and_files():
    inner = mail(text="原來的陳情", subject="轉來的")
    inner.add_attachment(PNG, maintype="image", subtype="png", filename="a.png")
    made = mail(text="請處理轉來的這封")
    made.add_attachment(inner)
    letter = reading.read(raw(made))
    assert (
        "請處理轉來的這封" in letter.text
        and "〔轉寄：轉來的〕" in letter.text
        and "原來的陳情" in letter.text
    )
    assert [one.name for one in letter.files] == ["a.png"]


def test_signed_mails_are_read_and_sealed_ones_say_that_they_cannot_be():
    signed = MIMEMultipart("signed", protocol="application/pkcs7-signature")
    signed["From"], signed["Subject"] = CITIZEN, "s"
    signed.attach(MIMEText("簽過的信", "plain", "utf-8"))
    part = MIMEText("x")
    part.replace_header("Content-Type", 'application/pkcs7-signature; name="smime.p7s"')
    signed.attach(part)
    letter = reading.read(signed.as_bytes())
    assert letter.text == "簽過的信" and not letter.files and "數位簽章" in letter.notes[0]
    locked = f"From: {CITIZEN}\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB"
    with pytest.raises(reading.Unreadable) as fault:
        reading.read(locked.encode())
    assert fault.value.why == Incoming.Why.LOCKED


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"  \n", "empty"),
        (b"no header at all", "no_header"),
        (b"Subject: x\n\nwho wrote this?", "no_sender"),
        (f"From: {CITIZEN}\nSubject: x\n\n  \n".encode(), "no_text"),
        (
            f"From: {CITIZEN}\nContent-Type: text/plain; charset=big5\n\n".encode() + b"\xff\xfe\xfd" * 30,
            "coding",
        ),
    ],
)
def test_what_cannot_be_read_says_why(data, why):
    with pytest.raises(reading.Unreadable) as fault:
        reading.read(data)
    assert fault.value.why == why and str(fault.value)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example>"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
    ],
)
def test_machines_are_known_by_their_headers(headers):
    assert reading.read(raw(mail(**headers))).automatic
    assert not reading.read(raw(mail(Auto_Submitted="no"))).automatic


def test_machines_are_known_by_their_names_and_subjects():
    assert reading.read(raw(mail(sender="MAILER-DAEMON@mail.example"))).automatic
    assert reading.read(raw(mail(subject="自動回覆：您的來信"))).automatic
    assert not reading.read(raw(mail(subject="自動門故障"))).automatic


def test_a_reply_keeps_its_own_words_and_leaves_out_the_letter_below():
    below = "是民權路口。\n\n王 <w@x.example> 於 2012/3/6 寫道：\n> 您的查詢碼是 AAAAA\n> 謝謝"
    assert reading.without_quotation(below) == ("是民權路口。", 3)
    unmarked = "是民權路口。\n\n寄件者：1999\n寄件日期：3月6日\n收件者：林\n主旨：補正\n\n請補充"
    assert reading.without_quotation(unmarked)[0] == "是民權路口。"
    between = "> 哪一條路？\n民權路。\n> 幾號？\n12號。"
    assert reading.without_quotation(between) == (between, 0)
    assert reading.without_quotation("> 只有引述")[0] == "> 只有引述"


def test_text_of_any_page_never_breaks():
    assert plain.text_of("<p>a<b>b</p></div></b>c</table>") and plain.text_of("<" * 5000) is not None
    assert plain.text_of("<div>" * 5000 + "深" + "</div>" * 5000) == "深"


# ── What becomes of it ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def take(desk, settings, tmp_path):
    settings.INTAKE_ADDRESS = "1999@city.example"
    settings.MESSAGES = {"email": "yankao.kernel.outbox.post.driver"}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}

    def taken(made, kind=Kind.PETITION, on=MONDAY, hour=10):
        data = made if isinstance(made, bytes) else raw(made)
        return taking.take(data, box="maildir:test", kind=kind, at=at(on, hour))

    return taken


@pytest.mark.django_db
class TestTaking:
    def test_a_mail_becomes_a_case_with_its_petitioner_in_the_vault_and_is_acknowledged(self, take):
        made = mail()
        made.add_attachment(PNG, maintype="image", subtype="png", filename="路口.png")
        made.add_attachment(
            b"MZ\x90\x00program", maintype="application", subtype="octet-stream", filename="x.exe"
        )
        row = take(made).row
        one = row.petition
        assert row.state == "opened" and row.envelope is None
        assert (one.channel, one.kind, one.subject, one.language) == (
            "email",
            "petition",
            "號誌秒數",
            "zh-hant",
        )
        assert "長輩過不了馬路" in one.content and "林淑芬\n鹽埕區" in one.content
        assert "未收附件「x.exe」" in one.content
        assert [e.evidence.name for e in CaseEvidence.objects.filter(case=one.case)] == ["路口.png"]
        assert keeping.unsealed(one.petitioner) == Person(name="林淑芬", email=CITIZEN)
        told = Message.objects.get(case=one.case)
        assert told.channel == "email" and told.wording == "service.petitions.received"

    def test_the_same_mail_again_changes_nothing(self, take):
        first, again = take(mail()), take(mail())
        assert first.fresh and not again.fresh and again.row.pk == first.row.pk
        relayed = b"Received: from b by a; Mon, 05 Mar 2012 09:31:00 +0800\n" + raw(mail())
        assert not take(relayed).fresh
        assert Petition.objects.count() == Incoming.objects.count() == 1

    def test_another_mail_under_the_same_number_waits_and_hides_nothing(self, take):
        take(mail())
        other = take(mail(text="另一封完全不同的信"))
        assert (other.row.state, other.row.why) == ("waiting", "changed")
        assert not take(mail(text="另一封完全不同的信")).fresh
        assert b"From" in taking.raw_of(other.row)

    def test_the_receipt_is_when_the_mail_server_took_it_and_not_what_the_writer_says(self, take):
        received = b"Received: from a by b; Sun, 04 Mar 2012 23:10:00 +0800\n"
        made = mail(number="<two@mail.example>")
        assert take(received + raw(made)).row.petition.received_at == at(date(2012, 3, 4), 23, 10)
        backdated = mail(number="<three@mail.example>")
        del backdated["Date"]
        backdated["Date"] = "Sun, 01 Jan 2012 00:00:00 +0800"
        assert take(backdated).row.petition.received_at == at(MONDAY)

    def test_a_long_letter_goes_whole_into_a_file(self, take):
        one = take(mail(text="路面不平。" * 3000)).row.petition
        assert len(one.content) <= intake.LONGEST["content"] and "全文見附檔" in one.content
        names = [row.evidence.name for row in CaseEvidence.objects.filter(case=one.case)]
        assert names == ["來信全文.txt"]

    def test_an_english_letter_is_answered_in_english(self, take):
        made = mail(text="The street light is broken.", subject="Light", sender=f"Ann <{CITIZEN}>")
        assert take(made, Kind.MAILBOX).row.petition.language == "en"
        assert Petition.objects.get().kind == "mailbox"

    def test_a_reply_to_our_message_supplements_its_case_and_makes_no_second(self, take, desk):
        one = desk.do(desk.accepted(), p.begin, desk.cast.officer)
        one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="請補充地點。")
        number = handed(one)
        made = mail(text="在民權路口。\n> 請補充地點。", number="<r@x.example>", In_Reply_To=number,
                    sender="other@elsewhere.example", subject="Re: 補正通知")  # fmt: skip
        made.add_attachment(PNG, maintype="image", subtype="png", filename="地點.png")
        row = take(made, hour=15).row
        one = desk.fresh(one)
        assert (row.state, row.petition_id) == ("added", one.pk) and Petition.objects.count() == 1
        assert one.case.stage == "in_progress"
        given = one.supplements.get()
        assert given.text.startswith("在民權路口。") and "請補充地點" not in given.text
        assert CaseEvidence.objects.filter(case=one.case, act="supplement").count() == 1
        assert not take(made).fresh and one.supplements.count() == 1

    def test_a_thread_is_followed_through_the_citizens_own_letters(self, take, desk):
        first = take(mail()).row.petition
        second = take(
            mail(text="補一張照片說明。", number="<2@x>", References="<zero@x> <one@mail.example>")
        ).row
        assert (second.state, second.petition_id) == ("added", first.pk)
        third = take(mail(text="再說一句。", number="<3@x>", In_Reply_To="<2@x>")).row
        assert third.petition_id == first.pk and Petition.objects.count() == 1
        assert first.supplements.count() == 2

    def test_a_case_number_in_the_subject_is_believed_from_the_petitioner_alone(self, take, desk):
        one = desk.received()
        subject = f"補充：{one.case.number} 側溝"
        mine = take(mail(text="又淤積了", subject=subject, sender=WANG.email, number="<a@x>"))
        assert (mine.row.state, mine.row.petition_id) == ("added", one.pk)
        other = take(mail(text="我也要說", subject=subject, number="<b@x>"))
        assert (other.row.state, other.row.why) == ("waiting", "stranger")
        assert one.supplements.count() == 1 and Petition.objects.count() == 1

    @pytest.mark.parametrize("by", ["answer", "number"])
    def test_what_somebody_who_joined_a_report_writes_is_read_by_a_person_first(self, take, desk, by):
        """The petitioner reads what was added: it must be their own."""
        one = desk.fault()
        near.join(one.pk, Person(name="李四", email="joined@mail.example"), "join-mail")
        told = {"In_Reply_To": handed(one)} if by == "answer" else {}
        made = mail(text="我家門口也是。", sender="joined@mail.example", subject=f"Re: {one.case.number}",
                    number="<j@x>", **told)  # fmt: skip
        row = take(made).row
        assert (row.state, row.why, row.petition_id) == ("waiting", "stranger", one.pk)
        assert not one.supplements.exists()

    def test_a_reply_to_an_answered_case_waits_for_a_person_who_may_ask_to_reopen(self, take, desk):
        one = desk.closed()
        row = take(mail(text="還是不通。", number="<c@x>", In_Reply_To=handed(one)), on=date(2012, 3, 12)).row
        assert (row.state, row.why, row.petition_id) == ("waiting", "ended", one.pk)
        taking.add_to(row, one.case.number, desk.cast.rdec_controller)
        row.refresh_from_db()
        assert row.state == "added" and one.reopening_rows.get().reason == "還是不通。"
        with pytest.raises(p.Refused):
            taking.add_to(row, one.case.number, desk.cast.rdec_controller)

    def test_a_reply_to_the_message_of_no_action_says_what_was_missing(self, take, desk):
        cast, about = desk.cast, {"ground": Ground.NAMELESS, "reason": "無具體內容"}
        one = desk.do(desk.received(), p.propose_no_action, cast.agent, **about)
        one = desk.do(one, p.approve_no_action, cast.rdec_chief)
        row = take(mail(text="在五福四路1號前。", number="<e@x>", In_Reply_To=handed(one))).row
        assert (row.state, one.supplements.get().text) == ("added", "在五福四路1號前。")
        assert Notice.objects.filter(case=one.case, kind="result", user=cast.rdec_controller).exists()

    def test_an_access_code_that_a_reply_quotes_stays_with_the_petitioner(self, take, desk):
        got = intake.receive(desk.told())
        code = f"{got.code[:5]}-{got.code[5:]}"
        text = f"> 您的查詢碼：{code}\n> 謝謝\n是這個路口，郵遞AAAAA-BBBBB。"
        take(mail(text=text, sender=WANG.email, subject=got.petition.case.number, number="<d@x>"))
        said = got.petition.supplements.get().text
        assert code not in said and "AAAAA-BBBBB" in said and "是這個路口" in said

    def test_automatic_answers_and_our_own_mails_make_no_case(self, take, desk):
        one = desk.received()
        away = take(mail(number="<e@x>", Auto_Submitted="auto-replied", In_Reply_To=handed(one)))
        own = take(mail(number="<f@x>", sender="1999@city.example"))
        assert [away.row.state, own.row.state] == ["automatic", "automatic"]
        assert away.row.petition_id == one.pk and own.row.why == "own"
        assert Petition.objects.count() == 1 and not one.supplements.exists()

    def test_a_flood_of_one_sender_waits_after_the_twentieth(self, take, monkeypatch):
        monkeypatch.setattr(taking, "MOST_AN_HOUR", 2)
        rows = [take(mail(number=f"<{n}@x>", text=f"第{n}封")).row for n in range(4)]
        assert [row.state for row in rows] == ["opened", "opened", "waiting", "waiting"]
        assert rows[3].why == "many"
        assert take(mail(number="<9@x>"), hour=12).row.state == "opened"

    def test_a_bounce_is_linked_to_the_message_that_did_not_arrive(self, take, desk):
        one = desk.received()
        number = handed(one)
        row = take(report(number, "failed", "5.1.1")).row
        message = Message.objects.get(pk=row.lost_id)
        assert (row.state, row.why, row.petition_id) == ("bounced", "undelivered", one.pk)
        assert message.state == State.FAILED and message.error == "failed 5.1.1"
        assert Petition.objects.count() == 1

    def test_a_delay_is_no_failure_and_a_report_on_strangers_mail_says_so(self, take, desk):
        one = desk.received()
        row = take(report(handed(one), "delayed", "4.4.1")).row
        assert row.why == "delayed" and Message.objects.get(pk=row.lost_id).state == State.HANDED
        assert take(report("<nobody@x>", "failed", "5.1.1", own="<rep2@x>")).row.why == "unknown"

    def test_what_cannot_be_read_is_kept_sealed_and_opened_or_dismissed_by_a_person(self, take, desk):
        row = take(b"no header at all").row
        assert (row.state, row.why) == ("waiting", "no_header") and taking.raw_of(row) == b"no header at all"
        assert b"no header" not in bytes(row.text)
        assert not take(b"no header at all").fresh
        with pytest.raises(p.Refused):
            taking.open_case(row, desk.cast.rdec_controller)
        taking.dismiss(row, "廣告信", desk.cast.rdec_controller)
        row.refresh_from_db()
        assert (row.state, row.detail) == ("dismissed", "廣告信")
        away = take(mail(number="<g@x>", Precedence="list")).row
        one = taking.open_case(away, desk.cast.rdec_controller)
        assert one.channel == "email" and not ledger.verify()

    def test_mails_decided_long_ago_are_destroyed_and_waiting_ones_are_not(self, take):
        waiting, away = take(b"no header at all").row, take(mail(Precedence="list")).row
        assert taking.forget(at(MONDAY) + timedelta(days=89)) == 0
        assert taking.forget(at(MONDAY) + timedelta(days=91)) == 1
        for row in (waiting, away):
            row.refresh_from_db()
        assert waiting.envelope is not None and away.envelope is None
        with pytest.raises(keeping.Shredded):
            taking.raw_of(away)

    def test_the_list_of_mails_is_for_those_who_sort_and_shows_no_address(self, take, desk, client):
        row = take(mail(text="<b>不是標籤</b>", subject="P101-999999", Precedence="list")).row
        client.force_login(desk.cast.officer)
        place = reverse("petitions:mail", args=[row.pk])
        assert client.get(reverse("petitions:mails")).status_code == client.get(place).status_code == 403
        client.force_login(desk.cast.rdec_controller)
        page = client.get(reverse("petitions:mails"), {"state": "automatic"}).content.decode()
        assert place in page
        page = client.get(place).content.decode()
        assert CITIZEN not in page and "林淑芬" not in page and "&lt;b&gt;不是標籤" in page
        refused = client.post(place, {"act": "add", "add-number": "P101-000999"})
        assert refused.status_code == 422 and "找不到這個案號" in refused.content.decode()
        assert client.post(place, {"act": "open"}).status_code == 303
        again = client.post(place, {"act": "open"})
        assert again.status_code == 422 and Petition.objects.count() == 1

    def test_a_list_of_mails_asks_no_more_for_more_rows(
        self, take, desk, client, django_assert_max_num_queries
    ):
        client.force_login(desk.cast.rdec_controller)
        for number in range(6):
            take(mail(number=f"<{number}@x>", Precedence="list"))
        client.get(reverse("petitions:mails"))
        with django_assert_max_num_queries(8):
            assert client.get(reverse("petitions:mails"), {"state": "automatic"}).status_code == 200


@pytest.mark.django_db
class TestBoxes:
    def test_a_maildir_is_emptied_and_an_mbox_is_left_as_it_is(self, desk, settings, tmp_path):
        folder, file = tmp_path / "in", tmp_path / "box"
        there = mailbox.Maildir(folder, create=True)
        there.add(raw(mail()))
        there.add(b"broken")
        kept = mailbox.mbox(file)
        kept.add(raw(mail(number="<m@x>", text="mbox裡的信")))
        kept.flush()
        before = file.read_bytes()
        settings.INTAKE = f"maildir:{folder} mbox:{file}?kind=mailbox maildir:{tmp_path}/none"
        assert tasks.fetch_mail.call() == 3
        assert sorted(Incoming.objects.values_list("state", flat=True)) == ["opened", "opened", "waiting"]
        assert not list((folder / "new").iterdir()) and len(list((folder / "cur").iterdir())) == 2
        assert file.read_bytes() == before and tasks.fetch_mail.call() == 0
        assert Petition.objects.filter(kind="mailbox").count() == 1

    def test_a_wrong_address_holds_up_no_other_box(self, desk, settings, tmp_path, caplog):
        there = mailbox.Maildir(tmp_path / "in", create=True)
        there.add(raw(mail()))
        settings.INTAKE = f"imaps://nobody:secret@/x ftp://secret@mail.example/ maildir:{tmp_path}/in"
        assert tasks.fetch_mail.call() == 1 and Petition.objects.count() == 1
        assert "YANKAO_INTAKE 1" in caplog.text and "YANKAO_INTAKE 2" in caplog.text
        assert "secret" not in caplog.text
        assert [bool(why) for _name, why in boxes.tried()] == [True, True, False]

    def test_an_imap_box_gives_each_unseen_mail_once(self, desk, settings, imap):
        settings.INTAKE_PASSWORD = "secret word"
        settings.INTAKE = f"imap://petitions@127.0.0.1:{imap.port}/INBOX"
        imap.mails = [raw(mail(number=f"<{n}@i>", text=f"第{n}封")) for n in range(3)]
        assert tasks.fetch_mail.call() == 3 and imap.seen == {1, 2, 3}
        imap.seen.clear()  # what another program marked as unread
        assert tasks.fetch_mail.call() == 0 and imap.seen == {1, 2, 3}
        assert Petition.objects.count() == 3 and imap.said[1] == 'LOGIN petitions "secret word"'
        settings.INTAKE_PASSWORD = "wrong"
        with pytest.raises(boxes.BoxClosed) as closed:
            list(boxes.boxes()[0].mails())
        assert "wrong" not in str(closed.value)

    def test_the_command_takes_a_box_and_says_what_was_no_case(self, desk, tmp_path):
        box = mailbox.Maildir(tmp_path / "in", create=True)
        for made in (mail(), mail(number="<2@x>", Precedence="bulk")):
            box.add(raw(made))
        (wanted,) = (one for one in imports.IMPORTS if one.code == "mail")
        seen: list[int] = []
        dry = wanted.take_place(desk.cast.rdec_controller, tmp_path / "in", True, seen.append)
        assert (dry.read, dry.kept, len(dry.refused)) == (2, 1, 1) and not Petition.objects.exists()
        outcome = wanted.take_place(desk.cast.rdec_controller, tmp_path / "in", False, seen.append)
        assert (outcome.read, outcome.kept, len(outcome.refused)) == (2, 1, 1) and seen == [1, 2, 1, 2]
        assert "自動回覆" in str(outcome.refused[0].problems[0]) and Petition.objects.count() == 1

    @pytest.mark.parametrize(
        "told", ["ftp://x/y", "maildir:relative", "imaps://host/INBOX", "mbox:/x?kind=dispatch"]
    )
    def test_a_box_that_is_none_is_refused_with_a_sentence(self, told):
        with pytest.raises(ImproperlyConfigured):
            boxes.box(told)


class Imap(socketserver.StreamRequestHandler):
    """As much of RFC 3501 as a client needs that reads unseen mails."""

    def handle(self):
        box = self.server
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, _, said = line.partition(" ")
            box.said.append(said)
            word, _, rest = said.partition(" ")
            answer = "OK done"
            if word == "CAPABILITY":
                self._tell("* CAPABILITY IMAP4rev1")
            elif word == "LOGIN" and "secret word" not in rest:
                answer = "NO wrong password"
            elif word == "SELECT":
                self._tell(f"* {len(box.mails)} EXISTS")
            elif rest.startswith("SEARCH"):
                unseen = [str(n) for n in range(1, len(box.mails) + 1) if n not in box.seen]
                self._tell("* SEARCH " + " ".join(unseen))
            elif rest.startswith("FETCH"):
                self._fetch(int(rest.split()[1]), rest)
            elif rest.startswith("STORE"):
                box.seen.add(int(rest.split()[1]))
            elif word == "LOGOUT":
                self._tell("* BYE")
            self._tell(f"{tag} {answer}")

    def _fetch(self, number, asked):
        data = self.server.mails[number - 1]
        if "RFC822.SIZE" in asked:
            self._tell(f"* {number} FETCH (UID {number} RFC822.SIZE {len(data)})")
        else:
            self._tell(f"* {number} FETCH (UID {number} BODY[] {{{len(data)}}}")
            self.wfile.write(data + b")\r\n")

    def _tell(self, line):
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def imap():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as server:
        server.daemon_threads = True
        server.mails, server.seen, server.said, server.port = [], set(), [], server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def handed(one):
    """The Message-ID of the newest mail to the petitioner, as if it had been sent."""
    message = Message.objects.filter(case=one.case, channel="email").order_by("-queued_at", "-pk").first()
    sending.deliver.call(_Context(), message.key)
    return Handover.objects.get(message=message).reference


class _Context:
    attempt = 1


def report(about, action, status, own="<rep@x>"):
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: yankao@localhost\r\nSubject: Undelivered\r\n"
        f"Message-ID: {own}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {about}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()
