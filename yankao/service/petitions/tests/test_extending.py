"""Extensions: which clock they move, by when they are asked, and how far they reach."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from yankao.kernel.casework.models import Clock, ClockChange
from yankao.kernel.casework.process import Refused
from yankao.service.petitions import process as p

from .conftest import MONDAY, at

pytestmark = pytest.mark.django_db

DUE = date(2012, 3, 13)
"""Six working days after the Monday on which the cases of the tests come in."""


def due(one, code="answer"):
    found = Clock.objects.filter(case_id=one.pk, code=code).order_by("pk").last()
    return timezone.localtime(found.due_at).date()


def reopened(desk):
    one = desk.do(desk.closed(), p.ask_reopening, None, on=date(2012, 3, 12), reason="又淤積了")
    return desk.do(one, p.reopen, desk.cast.manager, on=date(2012, 3, 13))


def test_an_extension_of_a_reopened_case_prolongs_the_clock_that_runs(desk):
    cast, one = desk.cast, reopened(desk)
    assert due(one, "reopened") == date(2012, 3, 21)
    one = desk.do(one, p.ask_extension, cast.officer, on=date(2012, 3, 14), days=2, reason="須開挖")
    one = desk.do(one, p.decide_extension, cast.manager, on=date(2012, 3, 15), approved=True)
    assert due(one, "reopened") == date(2012, 3, 23) and due(one, "answer") == DUE
    change = ClockChange.objects.get(clock__case_id=one.pk, kind=ClockChange.Kind.EXTEND)
    assert change.clock.code == "reopened" and change.at == at(date(2012, 3, 15), 11)


def test_a_reopened_case_is_extended_to_thirty_days_after_its_reopening_at_most(desk):
    one = reopened(desk)
    told = {"on": date(2012, 3, 14), "reason": "須開挖"}
    with pytest.raises(ValidationError, match="至多展延22日"):  # to 12 April
        desk.do(one, p.ask_extension, desk.cast.officer, days=23, **told)
    one = desk.do(one, p.ask_extension, desk.cast.officer, days=22, **told)
    one = desk.do(one, p.decide_extension, desk.cast.manager, on=date(2012, 3, 15), approved=True)
    assert due(one, "reopened") == date(2012, 4, 12)


@pytest.mark.parametrize("days", [24, 40, 40_000, 10**9, 10**30])
def test_more_days_than_the_ceiling_leaves_are_refused_when_asked(desk, days):
    one = desk.accepted()
    with pytest.raises(ValidationError, match="至多展延23日"):  # to 5 April: the thirtieth day is a holiday
        desk.do(one, p.ask_extension, desk.cast.officer, days=days, reason="案情複雜")
    assert not one.extension_rows.exists()


def test_up_to_the_ceiling_a_case_is_extended_and_no_further(desk):
    cast, one = desk.cast, desk.accepted()
    one = desk.do(one, p.ask_extension, cast.officer, days=23, reason="案情複雜")
    one = desk.do(one, p.decide_extension, cast.manager, approved=True)
    assert due(one) == date(2012, 4, 5)
    with pytest.raises(Refused, match="已達處理上限"):
        desk.do(one, p.ask_extension, cast.officer, days=1, reason="再展")


def test_an_extension_is_refused_when_it_is_asked_after_the_deadline(desk):
    one = desk.accepted()
    with pytest.raises(Refused, match="期限已屆滿"):
        desk.do(one, p.ask_extension, desk.cast.officer, on=date(2012, 3, 14), days=3, reason="須會勘")
    assert not one.extension_rows.exists() and due(one) == DUE


def test_what_was_asked_in_time_is_decided_on_the_next_day_too(desk):
    cast, one = desk.cast, desk.accepted()
    one = desk.do(one, p.ask_extension, cast.officer, on=DUE, hour=15, days=3, reason="須會勘")
    one = desk.do(one, p.decide_extension, cast.manager, on=date(2012, 3, 14), hour=9, approved=True)
    assert due(one) == date(2012, 3, 16)
    change = ClockChange.objects.get(clock__case_id=one.pk, kind=ClockChange.Kind.EXTEND)
    assert change.at == at(date(2012, 3, 14), 9), "the record says when it was decided"
    assert timezone.localtime(change.due_before).date() == DUE
    assert one.extension_rows.get().asked_at == at(DUE, 15)


def test_days_that_are_over_when_it_is_decided_are_not_granted_any_more(desk):
    cast, one = desk.cast, desk.accepted()
    one = desk.do(one, p.ask_extension, cast.officer, on=DUE, days=1, reason="須會勘")
    with pytest.raises(Refused, match="期限已屆滿"):
        desk.do(one, p.decide_extension, cast.manager, on=date(2012, 3, 15), approved=True)
    assert due(one) == DUE and not one.extensions
    one = desk.do(one, p.decide_extension, cast.manager, on=date(2012, 3, 15), approved=False)
    assert one.extension_rows.get().approved is False


def test_an_extension_nobody_decided_ends_with_the_answer(desk):
    cast, one = desk.cast, desk.accepted()
    one = desk.do(one, p.ask_extension, cast.officer, days=3, reason="須會勘")
    one = desk.do(one, p.draft_reply, cast.officer, **desk.reply())
    one = desk.do(one, p.approve_reply, cast.manager)
    one = desk.do(one, p.send_reply, cast.officer)
    row = one.extension_rows.get()
    assert row.approved is False and row.decided_at == at(MONDAY, 11) and row.decided_by is None
    one = desk.do(one, p.close, cast.officer)
    one = desk.do(one, p.ask_reopening, None, reason="又淤積了")
    one = desk.do(one, p.reopen, cast.manager)
    assert p.decide_extension.refusal(one, cast.manager), "what was asked for the first answer is over"
    one = desk.do(one, p.ask_extension, cast.officer, days=1, reason="須開挖")
    assert one.extension_rows.count() == 2
