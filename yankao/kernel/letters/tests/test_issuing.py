"""Numbers, the register, revocation, batches, and who may see what."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Security
from yankao.kernel.casework.steps import Refused
from yankao.kernel.evidence import files
from yankao.kernel.letters import issuing, register, series, verify
from yankao.kernel.letters.models import Dispatch, Series, Vouched
from yankao.kernel.notice.models import Notice

from . import samples
from .conftest import DAY
from .test_writing import GIVEN, needs_fonts, odt_text

pytestmark = needs_fonts


def remind(find: Any, actor: Any, **how: Any) -> Dispatch:
    return issuing.issue(samples.reminder, find, actor, GIVEN["reminder"], dated=DAY, **how)


def test_a_letter_draws_the_next_number_and_keeps_its_bytes(finds: list[Any], house: Any) -> None:
    first, second = (remind(find, house.rdec_controller) for find in finds[:2])
    assert [first.number, second.number] == ["示市研管字第10130000100號", "示市研管字第10130000200號"]
    with files.open_bytes(first.odt) as kept:
        odt = kept.read()
    assert first.number in odt_text(odt)
    assert hashlib.sha256(odt).hexdigest() == first.odt.sha256
    entry = Entry.objects.get(act="letter.issue", case=finds[0].case)
    said = json.loads(entry.body)["given"]
    assert said["number"] == first.number
    assert said["files"] == {"odt": first.odt.sha256, "pdf": first.pdf.sha256}
    assert ledger.verify() == []
    assert Notice.objects.filter(kind="letter", user=house.controller).count() == 2


def test_numbers_begin_anew_each_year_and_follow_the_pattern_of_the_day(finds: list[Any], house: Any) -> None:
    series.setting(house.rdec_chief, house.rdec, word="示市研綜", since=date(2013, 1, 1))
    numbers = [
        issuing.issue(samples.reminder, find, house.rdec_controller, GIVEN["reminder"], dated=day).number
        for find, day in zip(finds, (date(2012, 12, 31), date(2013, 1, 1), date(2014, 1, 1)), strict=True)
    ]
    assert numbers == ["示市研管字第10130000100號", "示市研綜字第1020000001號", "示市研綜字第1030000001號"]


def test_a_form_that_cannot_number_is_refused(house: Any) -> None:
    for form in ("{word}字第{roc}號", "{word}字第{roc.real}{seq}號", "第{roc}{seq:07d}", "{0}{roc}{seq}"):
        with pytest.raises(ValidationError) as refused:
            series.setting(house.rdec_chief, house.rdec, word="研", since=date(2015, 1, 1), form=form)
        assert "form" in refused.value.message_dict
    with pytest.raises(ValidationError, match="更晚"):
        series.setting(house.rdec_chief, house.rdec, word="研", since=date(2010, 1, 1))


def test_a_retried_issue_makes_no_second_number(finds: list[Any], house: Any) -> None:
    first = remind(finds[0], house.rdec_controller, key="request-1")
    again = remind(finds[0], house.rdec_controller, key="request-1")
    assert first.pk == again.pk
    assert remind(finds[1], house.rdec_controller, key="request-2").seq == 2
    assert Dispatch.objects.count() == 2


def test_a_letter_that_fails_leaves_no_gap(
    finds: list[Any], house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yankao.kernel.documents.pdf import PdfRefused

    def refuse(page: Any) -> bytes:
        raise PdfRefused("no")

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "render_pdf", refuse)
        with pytest.raises(PdfRefused):
            remind(finds[0], house.rdec_controller)
    assert Dispatch.objects.count() == 0
    assert remind(finds[0], house.rdec_controller).seq == 1


def test_without_a_series_nothing_is_sent(finds: list[Any], house: Any) -> None:
    Series.objects.all().delete()
    with pytest.raises(Refused, match="發文字號設定"):
        remind(finds[0], house.rdec_controller)


def test_the_duty_and_the_guards_are_asked(finds: list[Any], house: Any) -> None:
    with pytest.raises(Refused, match="研考會"):
        remind(finds[0], house.officer)
    with pytest.raises(ValidationError) as missing:
        issuing.issue(samples.reminder, finds[0], house.rdec_controller, {})
    assert "until" in missing.value.message_dict


def test_a_certificate_is_given_once_until_it_is_revoked(finds: list[Any], house: Any) -> None:
    def give() -> Dispatch:
        return issuing.issue(samples.award, finds[0], house.rdec_controller, {"winner": "林大同"}, dated=DAY)

    first = give()
    with pytest.raises(Refused, match="已核發"):
        give()
    with pytest.raises(Refused, match="研考會"):
        issuing.revoke(first, house.officer, "誤植")
    with pytest.raises(ValidationError):
        issuing.revoke(first, house.rdec_controller, "  ")
    issuing.revoke(first, house.rdec_controller, "姓名誤植")
    second = give()
    assert second.seq == 2
    assert [one.valid for one in Dispatch.objects.order_by("pk")] == [False, True]


def test_a_certificate_is_known_by_its_code_alone(finds: list[Any], house: Any) -> None:
    sent = issuing.issue(
        samples.award, finds[0], house.rdec_controller, {"winner": "林大同"}, dated=DAY,
        site="https://city.example/",
    )  # fmt: skip
    with files.open_bytes(sent.odt) as kept:
        text = odt_text(kept.read())
    code = re.search(r"驗證碼：([0-9A-Z-]{23})", text)
    assert code
    vouched = verify.found(code[1])
    assert vouched is not None
    assert vouched.lines == [["姓名", "林大同"], ["事由", "拾金不昧"]]
    assert code[1].replace("-", "") not in str(list(Vouched.objects.values()))
    assert verify.found(verify.new_code()) is None


def test_personal_data_stays_out_of_ledger_register_and_search(finds: list[Any], house: Any) -> None:
    sent = issuing.issue(samples.award, finds[0], house.rdec_controller, {"winner": "林大同"}, dated=DAY)
    assert sent.receivers == "個人1位"
    assert not Entry.objects.filter(body__contains="林大同").exists()
    row = Dispatch.objects.values().get(pk=sent.pk)
    assert "林大同" not in str(row)
    assert "林大同" not in sent.pdf.name + sent.odt.name
    assert not register.register(house.rdec_controller).filter(register.matching("林大同")).exists()
    assert register.register(house.rdec_controller).filter(register.matching(sent.number)).exists()


def test_many_records_make_one_list_with_its_sum(finds: list[Any], house: Any) -> None:
    sent = issuing.issue(samples.payment, finds, house.rdec_controller, GIVEN["payment"], dated=DAY)
    assert sent.number == ""
    assert sent.ods is not None
    with files.open_bytes(sent.odt) as kept:
        assert "新臺幣肆拾伍萬陸仟元整" in odt_text(kept.read())
    assert {one.case_id for one in sent.concerned.all()} == {find.pk for find in finds}
    assert register.of_case(finds[1].case, house.rdec_controller) == [sent]
    assert register.of_case(finds[1].case, house.works_officer) == []


def test_a_batch_goes_on_past_what_fails_and_comes_as_one_zip(finds: list[Any], house: Any) -> None:
    issuing.issue(samples.award, finds[1], house.rdec_controller, {"winner": "甲"}, dated=DAY)
    done = issuing.batch(samples.award, finds, house.rdec_controller, {"winner": "乙"}, key="b1", dated=DAY)
    assert [one.dispatch is not None for one in done] == [True, False, True]
    assert "已核發" in done[1].sentence
    again = issuing.batch(samples.award, finds, house.rdec_controller, {"winner": "乙"}, key="b1", dated=DAY)
    assert [one.dispatch for one in again] == [one.dispatch for one in done]
    sent = [one.dispatch for one in done if one.dispatch]
    with zipfile.ZipFile(BytesIO(issuing.bundle(sent))) as archive:
        assert sorted(archive.namelist()) == sorted(
            f"{one.number}.{form}" for one in sent for form in ("odt", "pdf")
        )


def test_the_register_shows_what_a_person_may_know_of(finds: list[Any], house: Any) -> None:
    one = remind(finds[0], house.rdec_controller)
    several = issuing.issue(samples.listing, finds, house.rdec_controller, dated=DAY)
    assert set(register.register(house.rdec_controller)) == {one, several}
    assert set(register.register(house.officer)) == {one, several}
    assert not register.register(house.works_officer).exists()
    assert not register.register(house.stranger).exists()
    case = finds[0].case
    case.agency, case.security = house.works, Security.AGENCY
    case.save()
    assert not register.register(house.officer).exists()  # one of the several is no longer hers to know
    with CaptureQueriesContext(
        connection,
    ) as asked:
        list(register.register(house.rdec_controller))
    few = len(asked)
    for find in finds:
        remind(find, house.rdec_controller)
    with CaptureQueriesContext(connection) as asked:
        list(register.register(house.rdec_controller))
    assert len(asked) == few


def test_wrong_codes_are_limited_by_client(house: Any) -> None:
    for _n in range(verify.TRIES - 1):
        verify.tried_wrong("203.0.113.9")
    assert not verify.limited("203.0.113.9")
    verify.tried_wrong("203.0.113.9")
    assert verify.limited("203.0.113.9")
    assert not verify.limited("203.0.113.10")


def test_the_database_refuses_two_letters_of_one_number(finds: list[Any], house: Any) -> None:
    first = remind(finds[0], house.rdec_controller)
    second = remind(finds[1], house.rdec_controller)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.filter(pk=second.pk).update(number=first.number)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.filter(pk=second.pk).update(seq=first.seq)
