"""Whoever's letter was merged into another shares its fate: extension, transfer, no action, and is told."""

import json
from datetime import date

import pytest
from django.utils import timezone

from yankao.kernel.casework.models import Clock, ClockChange
from yankao.kernel.outbox.models import Message
from yankao.kernel.period import Period
from yankao.kernel.vault import sealing
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import figures, intake
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Ground

from .conftest import MONDAY, at

pytestmark = pytest.mark.django_db
LI = Person(name="李大華", mobile="0911222333", email="li@mail.example")
SHOWN = dict.fromkeys(("email", "sms"), "yankao.kernel.outbox.page.driver")
NEXT = date(2012, 3, 6)


@pytest.fixture(autouse=True)
def ground(settings, tmp_path):
    settings.DATA = tmp_path
    settings.MESSAGES = SHOWN
    settings.PUBLIC_URL = "https://1999.city.example/"


def clock(one, code="answer"):
    return Clock.objects.filter(case_id=one.pk, code=code).order_by("pk").last()


def due(one):
    return timezone.localtime(clock(one).due_at).date()


def last_word(petition):
    """The wording and the text of the last mail to the petitioner."""
    row = Message.objects.filter(case=petition.case, channel="email").order_by("queued_at", "pk").last()
    return row.wording.rpartition(".")[2], json.loads(sealing.unseal(row.envelope))["text"]


def pair(desk, lead=None, **more):
    """A lead case at work, and another person's merged into it."""
    lead = lead or desk.accepted()
    other = desk.assigned(**{"petitioner": LI, **more})
    other = desk.do(other, p.merge, desk.cast.rdec_controller, into=lead, reason="同一側溝")
    return desk.fresh(lead), other


def extended(desk, lead, days=7, on=MONDAY):
    lead = desk.do(lead, p.ask_extension, desk.cast.officer, on=on, days=days, reason="須開挖會勘")
    return desk.do(lead, p.decide_extension, desk.cast.manager, on=on, hour=12, approved=True)


def test_a_merged_case_is_prolonged_with_its_lead_told_and_answered_in_time(desk):
    lead, other = pair(desk)
    assert due(lead) == due(other) == date(2012, 3, 13)
    lead, other = extended(desk, lead), desk.fresh(other)
    assert due(lead) == due(other) == date(2012, 3, 20)
    assert (other.extensions, other.extended_on, other.case.stage) == (1, MONDAY, "merged")
    row = other.extension_rows.get()
    assert (row.days, row.approved, row.decided_by) == (7, True, desk.cast.manager)
    change = ClockChange.objects.get(clock__case_id=other.pk, kind=ClockChange.Kind.EXTEND)
    assert timezone.localtime(change.due_before).date() == date(2012, 3, 13)
    wording, text = last_word(other)
    assert wording == "extended" and "須開挖會勘" in text
    lead = desk.do(lead, p.draft_reply, desk.cast.officer, on=date(2012, 3, 19), **desk.reply())
    lead = desk.do(lead, p.approve_reply, desk.cast.manager, on=date(2012, 3, 19))
    desk.do(lead, p.send_reply, desk.cast.officer, on=date(2012, 3, 19))
    assert clock(other).stopped_at <= clock(other).due_at
    assert figures.due_on_time(Period.of_month(101, 3)).filter(pk=other.pk).exists(), "not counted as missed"


def test_a_merged_case_due_later_keeps_its_day_and_one_due_earlier_catches_up(desk):
    lead, later = pair(desk)
    Clock.objects.filter(case_id=later.pk, code="answer").update(due_at=at(date(2012, 3, 23), 23))
    _lead, earlier = pair(desk, lead)
    Clock.objects.filter(case_id=earlier.pk, code="answer").update(due_at=at(date(2012, 3, 9), 23))
    lead = extended(desk, lead)
    assert due(earlier) == due(lead) == date(2012, 3, 20) and due(later) == date(2012, 3, 23)
    assert not desk.fresh(later).extensions


def test_a_merged_case_is_not_prolonged_past_its_own_ceiling_nor_after_its_deadline(desk):
    lead, old = pair(desk)
    type(old).objects.filter(pk=old.pk).update(received_at=at(date(2012, 2, 14)))
    _lead, late = pair(desk, lead)
    Clock.objects.filter(case_id=late.pk, code="answer").update(due_at=at(date(2012, 3, 8), 23))
    lead = extended(desk, lead, on=date(2012, 3, 9))
    assert due(lead) == date(2012, 3, 20)
    assert due(old) == date(2012, 3, 15), "thirty days after its own receipt"
    assert due(late) == date(2012, 3, 8) and not desk.fresh(late).extensions


def test_a_merged_case_is_transferred_with_its_lead_and_its_petitioner_told(desk):
    lead, other = pair(desk)
    lead = desk.do(lead, p.transfer_out, desk.cast.officer, on=NEXT, to="台灣電力公司", reason="電桿")
    other = desk.fresh(other)
    assert (other.case.stage, other.case.closed_on, other.ended_on) == ("transferred_out", NEXT, NEXT)
    assert (other.transferred_to, other.transferred_on) == ("台灣電力公司", NEXT)
    assert clock(other).stopped_at == at(NEXT, 11)
    wording, text = last_word(other)
    assert wording == "transferred" and "台灣電力公司" in text


def test_to_do_nothing_about_a_repeated_letter_ends_the_same_person_s_merged_one(desk):
    cast, first = desk.cast, desk.replied()
    lead = desk.accepted()
    other = desk.do(desk.assigned(), p.merge, cast.rdec_controller, into=lead, reason="同一側溝")
    told = {"ground": Ground.REPEATED, "reason": "已答復", "earlier": first}
    lead = desk.do(lead, p.propose_no_action, cast.officer, on=NEXT, **told)
    desk.do(lead, p.approve_no_action, cast.manager, on=NEXT, hour=12)
    other = desk.fresh(other)
    assert (other.case.stage, other.case.closed_on, other.no_action_on) == ("no_action", NEXT, NEXT)
    assert (other.ground, other.earlier) == ("repeated", first)
    assert clock(other).stopped_at == at(NEXT, 12) and last_word(other)[0] == "no_action"


def test_to_do_nothing_about_a_nameless_letter_ends_nameless_ones_and_frees_those_with_a_name(desk):
    cast = desk.cast
    lead, named = pair(desk, desk.accepted(petitioner=intake.NOBODY))
    _lead, bare = pair(desk, lead, petitioner=intake.NOBODY)
    lead = desk.do(lead, p.propose_no_action, cast.officer, ground=Ground.NAMELESS, reason="匿名")
    desk.do(lead, p.approve_no_action, cast.manager, on=NEXT)
    named, bare = desk.fresh(named), desk.fresh(bare)
    assert (bare.case.stage, bare.ground) == ("no_action", "nameless")
    assert (named.case.stage, named.merged_into, named.ground) == ("triaged", None, "")
    assert clock(named).stopped_at is None and clock(named, "triage").stopped_at is None
    assert "單獨續行辦理" in last_word(named)[1]
    assert desk.do(named, p.assign, cast.rdec_controller, agency=cast.water).case.stage == "assigned"
