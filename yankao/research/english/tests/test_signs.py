"""Anybody reports a wrong sign at the counter, without a name or JavaScript; a form sent twice is one."""

import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse

from yankao.kernel.casework import contract
from yankao.kernel.casework.models import Case, Link
from yankao.kernel.casework.process import Refused
from yankao.research.english.signs import process as p
from yankao.research.english.signs.models import SignReport

pytestmark = pytest.mark.django_db
PLACE = "/register/signs/"


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


@pytest.fixture(autouse=True)
def nobody_called_yet():
    cache.clear()


def filled(client, **more):
    page = client.get(PLACE).content.decode()
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert key
    return {"place": "蓮池潭步道", "fault": "spelling", "wording": "Lotus Pound", "key": key[1], **more}


def test_a_report_is_taken_without_a_name_and_looked_up_by_its_code(client, cast):
    answer = client.post(PLACE, filled(client, suggestion="Lotus Pond"))
    report = SignReport.objects.get()
    assert answer.status_code == 302 and answer["Location"] == reverse(
        "signs_public:standing", args=[report.code]
    )
    shown = client.get(answer["Location"]).content.decode()
    assert report.case.number in shown and "蓮池潭步道" in shown
    assert client.get(f"{PLACE}{'0' * 16}/").status_code == 404
    assert (report.case.agency, report.case.officer) == (cast.rdec, None)


def test_a_report_is_a_petition_as_well_and_the_citizen_is_told_its_number(client, cast):
    given = filled(client, details="字母寫錯")
    for _twice in range(2):
        where = client.post(PLACE, given)["Location"]
    report, petition = SignReport.objects.get(), Case.objects.get(kind="service.petitions")
    link = Link.objects.get(source=petition)
    assert (link.target, link.kind) == (report.case, Link.Kind.FOLLOWS)
    assert petition.number in client.get(where).content.decode()
    assert "Lotus Pound" not in petition.title and "Lotus Pound" in petition.petition.content


def test_a_form_sent_twice_is_one_report_even_at_the_limit(client, cast):
    given = filled(client)
    places = {client.post(PLACE, given)["Location"] for _number in range(9)}
    assert len(places) == SignReport.objects.count() == 1


def test_the_same_caller_may_send_a_few_an_hour_and_loses_nothing(client, cast):
    for _number in range(6):
        assert client.post(PLACE, filled(client)).status_code == 302
    refused = client.post(PLACE, filled(client, details="橋頭站二號出口"))
    assert refused.status_code == 429 and "橋頭站二號出口" in refused.content.decode()
    assert SignReport.objects.count() == 6
    other = client.post(PLACE, filled(client), REMOTE_ADDR="192.0.2.9")
    assert other.status_code == 302


def test_what_is_missing_is_told_and_what_was_typed_stays(client, cast):
    refused = client.post(PLACE, filled(client, wording="", details="靠近售票口"))
    assert refused.status_code == 422 and "靠近售票口" in refused.content.decode()
    assert client.post(PLACE, filled(client, website="http://spam.example")).status_code == 422
    assert not SignReport.objects.exists()


def test_the_keeper_mends_and_the_commission_confirms(client, cast):
    client.post(PLACE, filled(client))
    report = SignReport.objects.get()
    rdec = cast.rdec_controller
    p.assign_keeper(report, rdec, keeper=cast.water, approved_name="Lotus Pond")
    today = report.assigned_on
    with pytest.raises(Refused):
        p.mend(report, cast.works_officer, fixed_on=today, answer="已更換")
    p.mend(report, cast.officer, fixed_on=today, answer="已更換面板")
    p.close(report, rdec)
    assert (report.case.stage, report.case.closed_on) == ("closed", today)
    assert "已更換面板" in client.get(reverse("signs_public:standing", args=[report.code])).content.decode()


def test_a_sign_of_another_agency_goes_back_to_the_commission(client, cast):
    client.post(PLACE, filled(client))
    report = SignReport.objects.get()
    p.assign_keeper(report, cast.rdec_controller, keeper=cast.water, approved_name="Lotus Pond")
    p.disown(report, cast.officer, reason="為觀光局所設")
    assert (report.keeper, report.case.stage) == (None, "reported")
    assert report.case.clocks.filter(stopped_at=None, code="check").exists()


def test_the_panel_finds_the_approved_names_the_sign_speaks_of(client, cast, names):
    from yankao.kernel.register import english
    from yankao.research.english.signs.screens import words

    names.approve(names.propose("蓮池潭", "Lotus Pond"))
    english.forget()
    client.post(PLACE, filled(client))
    assert words(SignReport.objects.get(), cast.rdec_controller) == {"names": [("蓮池潭", "Lotus Pond")]}
