"""保密與密封 What becomes an accusation is closed at once, whatever made it one, and never opened again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import Post, Role
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Category, Kind, Nature, Petition

pytestmark = pytest.mark.django_db
ACCUSING = [{"category": "conduct"}, {"category": "other", "nature": Nature.WRONGDOING}]


def category(code: str) -> Category:
    return Category.objects.get(pk=code)


def sees(person: Any, petition: Petition) -> bool:
    return p.process.sees.held_by(person, petition.case)


@pytest.mark.parametrize("told", ACCUSING)
def test_what_is_sorted_as_an_accusation_is_sealed_and_the_custodians_hear_of_it(
    desk: Any, told: Any
) -> None:
    cast, one = desk.cast, desk.received()
    given = {**told, "category": category(told["category"])}
    one = desk.do(one, p.triage, cast.agent, kind=Kind.PETITION, **given)
    assert one.case.security == "secret" and one.petitioner.sealed
    assert sees(cast.ethics, one) and sees(cast.agent, one), "who sorted it has read it"
    assert not any(sees(who, one) for who in (cast.mayor, cast.auditor, cast.rdec_controller, cast.manager))
    assert Notice.objects.filter(user=cast.ethics, case=one.case).exists()
    one = desk.do(one, p.assign, cast.ethics, agency=cast.water, officers=[cast.officer, cast.manager])
    assert sees(cast.officer, one) and not sees(cast.controller, one)


@pytest.mark.parametrize("told", ACCUSING)
def test_a_correction_that_makes_an_accusation_waits_until_it_is_sealed(desk: Any, told: Any) -> None:
    one, officer = desk.accepted(), desk.cast.officer
    given = {**told, "category": category(told["category"])}
    with pytest.raises(Refused, match="列為保密"):
        p.process.amend(one, officer, reason="分類有誤", **given)
    one = desk.do(desk.fresh(one), p.make_confidential, officer, sealed=True, reason="檢舉")
    assert p.process.amend(one, officer, reason="分類有誤", **given)


def test_a_matter_of_a_letter_that_accuses_somebody_is_a_sealed_case(desk: Any) -> None:
    one, officer = desk.accepted(), desk.cast.officer
    matters = [p.Matter("承辦人收受回扣", category("conduct")), p.Matter("路燈不亮", category("other"))]
    desk.do(one, p.split, officer, matters=matters)
    accused, other = (desk.fresh(part) for part in Petition.objects.filter(split_from=one).order_by("pk"))
    assert accused.case.security == "secret" and accused.petitioner.sealed
    assert sees(desk.cast.ethics, accused) and not sees(desk.cast.mayor, accused)
    assert Notice.objects.filter(user=desk.cast.ethics, case=accused.case).exists()
    assert other.case.security == "agency" and not other.petitioner.sealed


def test_a_sealed_case_is_not_opened_by_making_it_confidential(desk: Any) -> None:
    one = desk.received(category=category("conduct"))
    one = desk.do(one, p.make_confidential, desk.cast.ethics, sealed=False, reason="加註")
    assert one.case.security == "secret" and not sees(desk.cast.auditor, one)


def test_only_cases_of_the_same_secrecy_are_answered_together(desk: Any) -> None:
    officer = desk.cast.officer
    plain, other = desk.accepted(), desk.accepted()
    sealed = desk.do(desk.accepted(), p.make_confidential, officer, sealed=True, reason="檢舉")
    assert list(p.mergeable(plain, officer)) == [other]
    with pytest.raises(ValidationError) as refused:
        desk.do(plain, p.merge, officer, into=sealed, reason="同一事")
    assert set(refused.value.message_dict) == {"into"}


def test_the_agency_is_not_corrected_but_reassigned(desk: Any) -> None:
    one = desk.accepted()
    with pytest.raises(Refused, match="不是可以更正的欄位"):
        p.process.amend(one, desk.cast.officer, reason="非本局業務", agency=desk.cast.works)
    assert Case.objects.get(pk=one.pk).agency == desk.cast.water


def test_posts_that_handle_no_case_read_none(desk: Any) -> None:
    cast = desk.cast
    for role in (Role.COUNCILLOR, Role.KNOWLEDGE_EDITOR):
        person = cast.stranger
        Post.objects.filter(user=person).delete()
        Post.objects.create(user=person, agency=cast.rdec, role=role)
        one = desk.received()
        assert one.case.agency == cast.rdec and not sees(type(person).objects.get(pk=person.pk), one)


def test_a_confidential_draft_waits_for_nobody_who_may_not_read_it(desk: Any) -> None:
    cast, one = desk.cast, desk.named()
    one = desk.do(one, p.accept, cast.officer, officer=cast.officer)
    with pytest.raises(Refused, match="沒有可以核定的主管"):
        desk.do(one, p.draft_reply, cast.officer, **desk.reply())
    one = desk.do(one, p.name_custodian, cast.ethics, user=cast.manager, reason="核定")
    one = desk.do(one, p.draft_reply, cast.officer, **desk.reply())
    one = desk.do(one, p.name_custodian, cast.ethics, user=cast.head, reason="主管請假")
    one = desk.do(one, p.approve_reply, cast.manager)
    assert desk.do(one, p.send_reply, cast.officer).case.stage == "replied"


def test_a_confidential_case_is_not_sent_to_another_agency_to_join(desk: Any) -> None:
    cast = desk.cast
    one = desk.do(desk.named(), p.accept, cast.officer, officer=cast.officer)
    with pytest.raises(Refused, match="保密案件不送會辦"):
        desk.do(one, p.join, cast.officer, agencies=[cast.works], question="是貴局的？")


def test_a_confidential_case_goes_to_another_agency_with_those_who_may_know_of_it(desk: Any) -> None:
    cast = desk.cast
    one = desk.do(desk.named(), p.accept, cast.officer, officer=cast.officer)
    with pytest.raises(ValidationError, match="指定承辦"):
        desk.do(one, p.reassign, cast.ethics, agency=cast.works, reason="非本局業務")
    Notice.objects.all().delete()
    one = desk.do(
        one, p.reassign, cast.ethics, agency=cast.works, officers=[cast.works_officer], reason="非本局業務"
    )
    assert sees(cast.works_officer, one) and not sees(cast.officer, one)
    assert [row.user for row in Notice.objects.filter(case=one.case)] == [cast.works_officer]


def test_the_clock_of_a_reopened_case_goes_on_where_it_is_reassigned(desk: Any) -> None:
    cast, day = desk.cast, date(2012, 3, 12)
    one = desk.do(desk.closed(), p.ask_reopening, None, on=day, reason="未改善")
    one = desk.do(one, p.reopen, cast.officer, on=day)
    one = desk.do(one, p.ask_supplement, cast.officer, on=day, wanted="請補照片")
    clock = one.case.clocks.get(code="reopened")
    assert clock.paused_at is not None
    one = desk.do(one, p.reassign, cast.rdec_controller, on=day, agency=cast.works, reason="非本局業務")
    clock.refresh_from_db()
    assert clock.paused_at is None and clock.stopped_at is None


def test_nobody_is_given_what_an_access_code_is_made_from(desk: Any, client: Any) -> None:
    one, cast = desk.accepted(), desk.cast
    client.force_login(cast.rdec_chief, backend="yankao.site.signin.Backend")
    asked = "columns=client_key,access,channel"
    told = [
        b"".join(client.get(f"/rooms/service.petitions/export.csv?{asked}").streaming_content).decode(),
        *(client.get(address).content.decode() for address in (
            f"/rooms/service.petitions/?{asked}", f"/cases/{one.pk}/", f"/cases/{one.pk}/ledger/",
            f"/api/cases/{one.pk}/",
        )),
    ]  # fmt: skip
    for page in told:
        assert one.case.number in page
        assert one.client_key not in page and one.access not in page


def test_a_form_sent_again_by_somebody_else_opens_nothing_of_the_first(desk: Any, client: Any) -> None:
    cast = desk.cast
    form = {
        "channel": "letter", "kind": "petition", "subject": "站牌", "content": "站牌被樹遮住。",
        "category": "transport", "language": "zh-hant", "key": "a" * 20, "name": "歐陽測試",
        "received_on": "115/11/20",
    }  # fmt: skip
    codes = []
    for person in (cast.agent, cast.rdec_controller, cast.agent):
        client.force_login(person, backend="yankao.site.signin.Backend")
        page = client.post("/rooms/service.petitions/new/", form).content.decode()
        codes.append(page.partition('<b id="code">')[2].partition("</b>")[0])
    assert all(codes) and codes[0] == codes[2] != codes[1]
    assert Petition.objects.count() == 2
