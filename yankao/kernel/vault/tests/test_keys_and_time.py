"""Master keys change without touching a text, and whoever's time has come is forgotten for good."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from examples.lost_property.process import give_back, give_notice
from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry, Withheld
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.steps import Refused
from yankao.kernel.vault import keeping, keys, rotation, sealing, shredding
from yankao.kernel.vault.models import Identity, Retention, Shredding
from yankao.kernel.vault.persons import Person

from .conftest import PLANTED

pytestmark = pytest.mark.django_db
YEARS = 366 * 6


# ── Master keys ───────────────────────────────────────────────────────────────────────────────────


def test_a_new_master_key_wraps_every_data_key_anew_and_touches_no_text(kept, accuser, cast):
    before = dict(Identity.objects.values_list("pk", "text"))
    made = rotation.rotate(cast.admin)
    assert rotation.rewrap().done == 2
    assert dict(Identity.objects.values_list("key_id", "pk")) == {made[0]: kept.pk, made[1]: accuser.pk}
    assert {pk: bytes(text) for pk, text in Identity.objects.values_list("pk", "text")} == {
        pk: bytes(text) for pk, text in before.items()
    }
    for identity in Identity.objects.all():
        assert keeping.unsealed(identity) == PLANTED
    assert rotation.rewrap().done == 0


def test_marks_stay_so_that_the_same_person_is_found_across_keys(kept):
    rotation.rotate()
    assert list(keeping.same_person(PLANTED)) == [kept]
    assert keeping.prepared(PLANTED).mobile_mark == kept.mobile_mark


def test_an_old_key_is_destroyed_only_when_it_wraps_nothing(kept, cast):
    old = kept.key_id
    rotation.rotate()
    assert old not in rotation.retire(cast.admin)
    rotation.rewrap()
    assert old in rotation.retire(cast.admin)
    assert old not in keys.ids(keys.ORDINARY)
    with pytest.raises(keys.KeyMissing):
        keeping.unsealed(kept)  # the row as an old backup has it
    assert keeping.unsealed(Identity.objects.get(pk=kept.pk)) == PLANTED
    assert rotation.missing() == []


def test_a_missing_key_is_found_out(kept):
    (keys.folder() / kept.key_id).unlink()
    assert rotation.missing() == [kept.key_id]


def test_what_does_not_fit_its_key_is_left_and_counted(kept):
    Identity.objects.filter(pk=kept.pk).update(wrapped=b"x" * 60)
    rotation.rotate()
    told = rotation.rewrap()
    assert (told.done, told.faulty) == (0, 1)
    assert Identity.objects.get(pk=kept.pk).key_id == kept.key_id


def test_the_ledger_names_the_keys_and_no_person(kept, cast):
    rotation.rotate(cast.admin)
    entry = Entry.objects.get(act="vault.rotate")
    assert "ordinary-0002-" in entry.body and "sealed-0001-" in entry.body


def test_processes_that_start_together_open_what_the_other_wrapped(settings, tmp_path):
    settings.DATA = tmp_path / "new"
    ring = keys.ring(keys.ORDINARY)
    keys.add(keys.ORDINARY)
    other = keys.ring(keys.ORDINARY)
    assert other.id != ring.id and other.lookup == ring.lookup
    for one in (ring, other):
        assert sealing.unseal(sealing.seal(b"x", one)) == b"x"


# ── Time ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def old(kept, umbrella):
    """A person whose case was closed six years ago."""
    Case.objects.filter(pk=umbrella.pk).update(closed_on=timezone.localdate() - timedelta(days=YEARS))
    return kept


def test_the_day_is_counted_in_years_from_the_closing():
    assert shredding.cutoff(Retention.USUAL, date(2024, 2, 29)) == date(2019, 2, 28)
    assert shredding.cutoff(Retention.BRIEF, date(2012, 7, 1)) == date(2011, 7, 1)


def test_nobody_is_due_while_the_case_is_open_or_young(kept, umbrella, cast):
    with pytest.raises(Refused, match="沒有到期"):
        shredding.propose(cast.rdec_controller, Retention.USUAL)
    Case.objects.filter(pk=umbrella.pk).update(closed_on=timezone.localdate())
    with pytest.raises(Refused, match="沒有到期"):
        shredding.propose(cast.rdec_controller, Retention.USUAL)


def test_forgetting_is_proposed_by_one_and_approved_by_another(old, cast):
    with pytest.raises(Refused):
        shredding.propose(cast.officer, Retention.USUAL)
    proposal = shredding.propose(cast.rdec_chief, Retention.USUAL)
    assert proposal.count == 1
    with pytest.raises(Refused, match="提出人不可"):
        shredding.approve(proposal, cast.rdec_chief)
    with pytest.raises(Refused):
        shredding.approve(proposal, cast.rdec_controller)
    assert shredding.approve(proposal, cast.rdec_commissioner) == 1
    assert shredding.approve(proposal, cast.rdec_commissioner) == 0


def test_who_was_forgotten_is_found_in_no_byte_of_the_database(old, cast):
    pieces = [bytes(old.wrapped), bytes(old.text), old.mobile_mark.encode()]
    proposal = shredding.propose(cast.rdec_chief, Retention.USUAL)
    if connection.vendor == "sqlite":
        assert all(piece in connection.connection.serialize() for piece in pieces)
    shredding.approve(proposal, cast.rdec_commissioner)
    if connection.vendor == "sqlite":
        assert not any(piece in connection.connection.serialize() for piece in pieces)
    forgotten = Identity.objects.get(pk=old.pk)
    with pytest.raises(keeping.Shredded):
        keeping.unsealed(forgotten)
    assert keeping.masked(forgotten, cast.officer) == keeping.NOBODY
    assert not keeping.same_person(PLANTED).exists()


def test_the_ledger_says_class_rule_and_number_and_stays_whole(old, cast):
    shredding.approve(shredding.propose(cast.rdec_chief, Retention.USUAL), cast.rdec_commissioner)
    entry = Entry.objects.get(act="vault.shred")
    assert '"count":1' in entry.body and '"retention":"usual"' in entry.body and '"years":5' in entry.body
    assert ledger.verify() == []


def test_accusations_are_forgotten_by_their_custodians_alone(accuser, umbrella, cast):
    Case.objects.filter(pk=umbrella.pk).update(closed_on=date(2012, 3, 2))
    with pytest.raises(Refused):
        shredding.propose(cast.rdec_commissioner, Retention.ACCUSATION)
    proposal = shredding.propose(cast.ethics, Retention.ACCUSATION)
    with pytest.raises(Refused):
        shredding.approve(proposal, cast.rdec_commissioner)


def test_a_proposal_may_be_withdrawn_and_there_is_one_at_a_time(old, cast):
    proposal = shredding.propose(cast.rdec_chief, Retention.USUAL)
    with pytest.raises(Refused, match="已有待核定"):
        shredding.propose(cast.rdec_chief, Retention.USUAL)
    shredding.drop(proposal, cast.rdec_controller)
    assert shredding.approve(proposal, cast.rdec_commissioner) == 0
    shredding.propose(cast.rdec_chief, Retention.USUAL)
    assert Shredding.objects.count() == 2


def test_one_person_is_forgotten_at_their_own_request_with_the_reason(kept, cast):
    with pytest.raises(Refused, match="理由"):
        shredding.forget(kept, cast.rdec_chief, reason=" ")
    with pytest.raises(Refused):
        shredding.forget(kept, cast.officer, reason="當事人請求")
    shredding.forget(kept, cast.rdec_chief, reason="當事人請求")
    assert Identity.objects.get(pk=kept.pk).shredded_at
    assert "當事人請求" in Entry.objects.get(act="vault.forget").body


def test_what_the_ledger_withholds_of_the_case_goes_with_its_person(umbrella, cast):
    identity = keeping.keep(Person(name="王大明"), case=umbrella.case)
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    give_back(umbrella, cast.officer, claimant="王大明")
    reference = Withheld.objects.get().pk
    assert ledger.withheld(reference) == "王大明"
    Case.objects.filter(pk=umbrella.pk).update(closed_on=date(2012, 3, 16))
    shredding.approve(shredding.propose(cast.rdec_chief, Retention.USUAL), cast.rdec_commissioner)
    assert Identity.objects.get(pk=identity.pk).shredded_at
    assert ledger.withheld(reference) == "" and ledger.verify() == []


def test_who_takes_consent_back_is_forgotten_and_the_case_of_others_is_not(umbrella, cast):
    keeping.keep(Person(name="王大明"), case=umbrella.case)
    other = keeping.keep(PLANTED, case=umbrella.case)
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    give_back(umbrella, cast.officer, claimant="王大明")
    shredding.withdraw(other)
    assert Identity.objects.get(pk=other.pk).shredded_at
    assert ledger.withheld(Withheld.objects.get().pk) == "王大明"
    assert Identity.objects.filter(case=umbrella.case, shredded_at=None).count() == 1
    assert Entry.objects.filter(act="vault.withdraw").count() == 1
    shredding.withdraw(other)
    assert Entry.objects.filter(act="vault.withdraw").count() == 1


def test_a_backup_that_brings_somebody_back_is_told(old, cast):
    row = Identity.objects.filter(pk=old.pk).values().get()
    shredding.approve(shredding.propose(cast.rdec_chief, Retention.USUAL), cast.rdec_commissioner)
    with transaction.atomic():  # as a restored older backup has it
        Identity.objects.filter(pk=old.pk).update(**row)
    assert keeping.unsealed(Identity.objects.get(pk=old.pk)) == PLANTED
    assert shredding.again() == 1
    assert Identity.objects.get(pk=old.pk).shredded_at
    assert shredding.again() == 0
