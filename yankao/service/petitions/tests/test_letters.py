"""L11 and L12 as ODT and PDF: whom they name, in which language, who may open them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from django.urls import reverse

from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence import files
from yankao.kernel.letters import issuing, series
from yankao.kernel.letters.models import Dispatch
from yankao.kernel.letters.paper import said
from yankao.kernel.letters.testing import reads_as
from yankao.kernel.rules import values
from yankao.kernel.vault import revealing
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import letters, posting
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Ground

from .conftest import MONDAY, WANG

pytestmark = pytest.mark.django_db
PAPERS = Path(__file__).parent / "golden"
DAY = date(2012, 3, 12)


@pytest.fixture
def numbered(desk, settings, tmp_path):
    """The bureaus number their letters, and what is issued has a store of its own."""
    settings.DATA = tmp_path
    for agency, word in ((desk.cast.water, "示市水"), (desk.cast.rdec, "示市研")):
        series.setting(desk.cast.rdec_chief, agency, word=word, since=date(2011, 1, 1))
    values.forget()
    return desk


def png(wide=40, high=30):
    """A small picture made here."""
    rows = b"".join(b"\0" + b"\x70\x80\x90" * wide for _ in range(high))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    parts = ((b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in (*parts, (b"IEND", b"")))


def text_of(sent):
    with files.open_bytes(sent.odt) as file:
        return zipfile.ZipFile(io.BytesIO(file.read())).read("content.xml").decode()


def test_each_letter_of_a_petition_reads_as_its_golden_page(numbered):
    desk, cast = numbered, numbered.cast
    one = desk.accepted()
    reads_as(PAPERS / "acknowledgement.txt", letters.acknowledgement, one, cast.officer, dated=DAY)
    one = desk.do(one, p.ask_extension, cast.officer, days=5, reason="須與管線單位會勘")
    one = desk.do(one, p.decide_extension, cast.manager, approved=True)
    reads_as(PAPERS / "extension.txt", letters.extension, one, cast.officer, dated=DAY)
    reads_as(PAPERS / "reply.txt", letters.reply, desk.replied(), cast.officer, dated=DAY)
    gone = desk.do(desk.triaged(), p.transfer_out, cast.agent, to="台灣電力公司", reason="電桿非本府權責")
    reads_as(PAPERS / "transfer.txt", letters.transfer, gone, cast.agent, dated=DAY)
    text = reads_as(PAPERS / "referral.txt", letters.referral, gone, cast.agent, dated=DAY)
    assert WANG.name not in text and "五福四路" not in text and "側溝長期淤積" in text
    copied = desk.do(
        desk.accepted(), p.propose_no_action, cast.officer, ground=Ground.COPIED, reason="副知本局"
    )
    copied = desk.do(copied, p.approve_no_action, cast.manager)
    reads_as(PAPERS / "no_action.txt", letters.no_action, copied, cast.officer, dated=DAY)
    asked = desk.do(desk.accepted(), p.ask_supplement, cast.officer, wanted="請附現場照片")
    reads_as(PAPERS / "supplement.txt", letters.supplement, asked, cast.officer, dated=DAY)


def test_a_case_taken_up_again_is_told_of_no_end_any_more(numbered):
    desk, cast = numbered, numbered.cast
    one = desk.do(desk.assigned(), p.transfer_out, cast.officer, to="交通部公路總局", reason="省道")
    one = desk.do(one, p.take_up, cast.controller, on=date(2012, 3, 26), reason="移回")
    for letter in (letters.transfer, letters.referral):
        assert "移轉後才發" in issuing.refusal(letter, one, cast.officer)
    again = desk.do(one, p.transfer_out, cast.officer, on=date(2012, 4, 2), to="林務局", reason="林道")
    text = said(issuing.compose(letters.transfer, again, cast.officer, dated=DAY).paper("1"))
    assert "101年4月2日" in text and "林務局" in text, "of the last transfer"
    refused = desk.do(
        desk.accepted(), p.propose_no_action, cast.officer, ground=Ground.COPIED, reason="副知本局"
    )
    refused = desk.do(refused, p.approve_no_action, cast.manager)
    assert issuing.refusal(letters.no_action, refused, cast.officer) == ""
    refused = desk.do(refused, p.take_up, cast.controller, reason="主管機關移來")
    assert "核定後才發" in issuing.refusal(letters.no_action, refused, cast.officer)


def test_an_english_petition_is_answered_in_english_unless_somebody_chooses(numbered):
    one = numbered.replied(language="en", petitioner=Person(name="Ann Lee", email="ann@mail.example"))
    text = said(issuing.compose(letters.reply, one, numbered.cast.officer, dated=DAY).paper("No. 1"))
    assert "Our answer to your case" in text and "Ann Lee" in text and not re.search("主旨|說明", text)
    made = issuing.compose(letters.reply, one, numbered.cast.officer, language="zh-hant", dated=DAY)
    assert "復臺端" in said(made.paper("1"))


def test_a_repeated_petition_is_told_day_and_number_of_the_earlier_answer_alone(numbered):
    desk, cast = numbered, numbered.cast
    first = desk.replied()
    sent = issuing.issue(letters.reply, first, cast.officer, dated=DAY)
    again = desk.do(
        desk.accepted(), p.propose_no_action, cast.officer,
        ground=Ground.REPEATED, reason="已答復", earlier=first,
    )  # fmt: skip
    again = desk.do(again, p.approve_no_action, cast.manager)
    text = said(issuing.compose(letters.no_action, again, cast.officer, dated=DAY).paper("1"))
    assert sent.number in text and "101年3月12日" in text and "已派員清淤完成" not in text


def test_the_petitioner_is_on_the_letter_and_in_no_register_preview_or_file_name(numbered):
    one, officer = numbered.replied(), numbered.cast.officer
    shown = said(issuing.draft(letters.reply, one, officer, dated=DAY))
    assert WANG.name not in shown and "王○明" in shown and "五福四路" not in shown
    sent = issuing.issue(letters.reply, one, officer, dated=DAY)
    assert WANG.name in text_of(sent) and "五福四路1號" in text_of(sent)
    row = Dispatch.objects.values().get(pk=sent.pk)
    assert not any(WANG.name in str(value) for value in [*row.values(), sent.pdf.name, sent.odt.name])
    with files.open_bytes(sent.pdf) as file, pikepdf.open(file) as pdf:
        assert "/StructTreeRoot" in pdf.Root


def test_opening_the_letter_is_a_look_into_the_vault_and_held_to_its_duty(numbered, client):
    one, cast = numbered.replied(), numbered.cast
    sent = issuing.issue(letters.reply, one, cast.controller, dated=DAY)
    place = reverse("desk:letter_file", args=[sent.pk, "pdf"])
    client.force_login(cast.controller)  # sees the mask alone, may send the letter, does not open it
    assert client.get(place).status_code == 403 and not revealing.looks(one.case).exists()
    client.force_login(cast.officer)
    assert client.get(place).status_code == 200
    look = revealing.looks(one.case).get()
    assert (look.actor, look.purpose, look.fields) == (cast.officer, "reply", "name,address")
    assert sent.number in look.why
    with pytest.raises(Refused):
        letters.looked_at(one, cast.works_officer, "復函")


def test_an_anonymous_petitioner_has_no_letter(numbered):
    one = numbered.accepted(petitioner=Person())
    assert "匿名" in issuing.refusal(letters.acknowledgement, one, numbered.cast.officer)


def test_sending_a_reply_writes_its_letter_once_for_the_petitioner_to_fetch(numbered):
    one, officer = numbered.replied(), numbered.cast.officer
    assert letters.reply_letter(one) is None
    pk = posting.write_reply.func(one.pk, 1, officer.pk)
    assert posting.write_reply.func(one.pk, 1, officer.pk) == pk
    assert letters.reply_letter(one).pk == pk and letters.reply_letter(one).pdf.kind == "pdf"
    issuing.revoke(Dispatch.objects.get(pk=pk), officer, "用語有誤")
    assert letters.to_petitioner(one) == []


def test_an_agency_without_a_letter_number_leaves_the_case_as_it_is(desk):
    one = desk.replied()
    assert posting.write_reply.func(one.pk, 1, desk.cast.officer.pk) == 0
    assert letters.reply_letter(one) is None


def test_a_dispatch_order_has_place_map_and_first_photograph_and_nobody_s_name(numbered):
    desk, cast = numbered, numbered.cast
    one = desk.fault(longitude=Decimal("120.2837"), latitude=Decimal("22.6270"))
    photo = files.keep(png(), "坑洞.png", None)
    CaseEvidence.objects.create(case=one.case, evidence=photo, act="open", purpose="files")
    assert "派工後" in issuing.refusal(letters.order, one, cast.agent)
    one = desk.do(one, p.dispatch, cast.agent, agency=cast.water, crew=cast.crew, contractor="大成工程行")
    sent = issuing.issue(letters.order, one, cast.crew, dated=MONDAY)
    text = text_of(sent)
    assert all(word in text for word in ("五福四路1號前", "大成工程行", "到場會勘", "22.627"))
    assert WANG.name not in text and WANG.mobile not in text and sent.number == ""
    with files.open_bytes(sent.odt) as file:
        inside = zipfile.ZipFile(io.BytesIO(file.read()))
        drawn = {name: inside.read(name) for name in inside.namelist() if name.startswith("Pictures/")}
    assert sorted(name.rpartition(".")[2] for name in drawn) == ["png", "svg"]
    assert png() in drawn.values()
    with files.open_bytes(sent.pdf) as file, pikepdf.open(file) as pdf:
        assert any(page.get_images() for page in pdf.pages)


def test_a_dispatch_order_without_a_position_or_picture_says_the_rest(numbered):
    desk, cast = numbered, numbered.cast
    one = desk.do(desk.fault(), p.dispatch, cast.agent, agency=cast.water, crew=cast.crew)
    text = said(issuing.compose(letters.order, one, cast.crew, dated=MONDAY, language="en").paper(""))
    assert "What was reported" in text and "[" not in text
