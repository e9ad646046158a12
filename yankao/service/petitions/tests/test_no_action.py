"""That nothing is done: who proposes it, and who of which level decides."""

import importlib

import pytest
from django.apps import apps

from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.service.petitions import intake
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Ground, Proposal

from .conftest import MONDAY, at

pytestmark = pytest.mark.django_db


def proposed(desk, one, actor, ground=Ground.COPIED):
    return desk.do(one, p.propose_no_action, actor, ground=ground, reason="副知本局")


@pytest.mark.parametrize("who", ["manager", "head"])
def test_in_the_agency_another_manager_or_the_head_decides_and_the_level_is_kept(desk, client, who):
    cast, one = desk.cast, desk.accepted()
    one = proposed(desk, one, getattr(cast, who))
    with pytest.raises(Refused, match="擬議人"):
        desk.do(one, p.approve_no_action, getattr(cast, who))
    assert desk.fresh(one).case.stage == "no_action_proposed"
    other = {"manager": "head", "head": "manager"}[who]
    one = desk.do(one, p.approve_no_action, getattr(cast, other))
    row = one.proposals.get()
    assert one.case.stage == "no_action" and row.level == other and row.decided_at == at(MONDAY, 11)
    assert (row.proposed_by, row.decided_by) == (getattr(cast, who), getattr(cast, other))
    client.force_login(cast.officer)
    page = client.get(f"/cases/{one.pk}/").content.decode()
    assert "核定層級" in page and row.get_level_display() in page


def test_what_no_agency_has_is_decided_by_the_chief_of_the_commission_who_hears_of_it(desk):
    cast, one = desk.cast, desk.received(petitioner=intake.NOBODY, content="爛")
    one = proposed(desk, one, cast.agent, Ground.NAMELESS)
    assert Notice.objects.filter(case=one.case, user=cast.rdec_chief).exists()
    assert p.approve_no_action.refusal(one, cast.rdec_controller), "who sorts does not decide"
    one = desk.do(one, p.approve_no_action, cast.rdec_chief)
    assert one.case.stage == "no_action" and one.proposals.get().level == "rdec_chief"


def test_the_chief_does_not_approve_a_proposal_of_their_own(desk):
    one = proposed(desk, desk.triaged(), desk.cast.rdec_chief)
    with pytest.raises(Refused, match="擬議人"):
        desk.do(one, p.approve_no_action, desk.cast.rdec_chief)
    assert desk.do(one, p.approve_no_action, desk.cast.rdec_commissioner).case.stage == "no_action"


def test_a_proposal_that_was_not_followed_is_kept_and_another_may_come(desk):
    cast, one = desk.cast, desk.accepted()
    one = proposed(desk, one, cast.manager)
    one = desk.do(one, p.reject_no_action, cast.manager, reason="仍應處理")
    row = one.proposals.get()
    assert row.approved is False and one.case.stage == "triaged"
    one = proposed(desk, one, cast.agent)
    one = desk.do(one, p.approve_no_action, cast.manager)
    assert [row.approved for row in one.proposals.all()] == [False, True]


def test_the_proposer_of_what_waits_when_the_platform_is_renewed_is_read_from_the_ledger(desk):
    one = proposed(desk, desk.accepted(), desk.cast.manager)
    Proposal.objects.all().delete()
    name = "yankao.service.petitions.migrations.0012_no_action_proposals"
    importlib.import_module(name).keep_open(apps, None)
    row = one.proposals.get()
    assert (row.proposed_by, row.ground, row.proposed_at) == (desk.cast.manager, "copied", at(MONDAY, 11))
