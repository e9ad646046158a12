"""Figures of a period that is over stay what they were, and say what the manager's screen says."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from yankao.kernel.figures.declare import Figure
from yankao.kernel.period import Period
from yankao.service.petitions import figures, workload
from yankao.service.petitions import process as p

from .conftest import MONDAY, at

pytestmark = pytest.mark.django_db
MARCH, APRIL = Period.of_month(101, 3), Period.of_month(101, 4)
LAST = date(2012, 3, 31)
TIMELY = ("closed", "closed_on_time", "fell_due", "due_on_time", "open_cases", "overdue")


def told(period: Period = MARCH) -> dict[str, int]:
    return {name: int(getattr(figures, name).value(period)) for name in TIMELY}


def asked(desk, on, **more):
    one = desk.accepted(**more)
    return desk.do(one, p.ask_supplement, desk.cast.officer, on=on, wanted="請附照片")


def reopened(desk):
    """Answered in time and closed on the 9th, taken up again on the 13th: due on the 21st."""
    one = desk.do(desk.closed(), p.ask_reopening, on=date(2012, 3, 12), reason="又淤積了")
    return desk.do(one, p.reopen, desk.cast.officer, on=date(2012, 3, 13))


def answered(desk, one, on):
    cast = desk.cast
    one = desk.do(one, p.draft_reply, cast.officer, on=on, **desk.reply())
    one = desk.do(one, p.approve_reply, cast.manager, on=on)
    one = desk.do(one, p.send_reply, cast.officer, on=on)
    return desk.do(one, p.close, cast.officer, on=on)


def test_a_case_that_waits_for_its_petitioner_is_not_late_and_never_was(desk):
    """Asked on the 7th, due on the 13th, given in April: neither of both changes March."""
    one = asked(desk, date(2012, 3, 7))
    nothing = {"closed": 0, "closed_on_time": 0, "fell_due": 0, "due_on_time": 0, "overdue": 0}
    assert told() == {**nothing, "open_cases": 1}
    one = desk.do(one, p.supplement, on=date(2012, 4, 10), text="照片如附")
    assert told() == {**nothing, "open_cases": 1}
    answered(desk, one, date(2012, 4, 12))
    assert told() == {**nothing, "open_cases": 1}
    assert told(APRIL) == {
        "closed": 1, "closed_on_time": 1, "fell_due": 1, "due_on_time": 1, "open_cases": 0, "overdue": 0,
    }  # fmt: skip


def test_to_ask_when_it_is_late_already_does_not_make_it_timely(desk):
    asked(desk, date(2012, 3, 20))
    late = {"closed": 0, "closed_on_time": 0, "fell_due": 1, "due_on_time": 0, "open_cases": 1, "overdue": 1}
    assert told() == late


def test_a_case_that_ends_while_it_waits_is_on_time(desk):
    """Proposed in time that nothing be done, approved after an answer would have been due."""
    one = desk.do(
        desk.accepted(), p.propose_no_action, desk.cast.officer, on=date(2012, 3, 7),
        ground="nameless", reason="無具體內容",
    )  # fmt: skip
    desk.do(one, p.approve_no_action, desk.cast.manager, on=date(2012, 3, 20))
    found = told()
    assert (found["closed"], found["closed_on_time"], found["fell_due"]) == (1, 1, 0)
    soon = desk.do(
        desk.accepted(), p.propose_no_action, desk.cast.officer, on=date(2012, 3, 7),
        ground="nameless", reason="無具體內容",
    )  # fmt: skip
    desk.do(soon, p.approve_no_action, desk.cast.manager, on=date(2012, 3, 9))
    found = told()
    assert (found["closed_on_time"], found["fell_due"], found["due_on_time"]) == (2, 1, 1)


def test_a_case_taken_up_again_falls_due_again_and_is_open_until_it_is_answered_again(desk):
    one = reopened(desk)
    late = {"closed": 1, "closed_on_time": 1, "fell_due": 1, "due_on_time": 0, "open_cases": 1, "overdue": 1}
    assert told() == late
    answered(desk, one, date(2012, 4, 5))
    assert told() == late, "what happened in April is April's"
    assert not any(told(APRIL).values())
    desk.do(desk.accepted(), p.begin, desk.cast.officer)
    other = answered(desk, reopened(desk), date(2012, 3, 19))
    assert figures.due_on_time(MARCH).get() == other


def test_a_case_sorted_anew_counts_by_the_clock_that_ran_at_the_end_of_the_period(desk):
    """Given back late and found hard in April: its new time, of April, does not make March timely."""
    one = desk.assigned(received_at=at(date(2012, 3, 20)))
    one = desk.do(one, p.refuse_assignment, desk.cast.controller, reason="非本局管轄")
    before = told()
    assert before["fell_due"] == before["overdue"] == 1
    desk.do(
        one, p.triage, desk.cast.rdec_controller, on=date(2012, 4, 2), kind=one.kind, category=one.category,
        complexity="complex",
    )  # fmt: skip
    assert told() == before


def test_the_screen_says_what_the_report_says(desk, monkeypatch):
    desk.accepted()
    asked(desk, date(2012, 3, 7))
    asked(desk, date(2012, 3, 20))
    desk.replied()
    lead, joined = desk.accepted(), desk.accepted()
    desk.do(joined, p.merge, desk.cast.officer, on=date(2012, 3, 8), into=lead, reason="同一事")
    for until in (None, date(2012, 3, 19)):
        one = reopened(desk)
        if until is not None:
            answered(desk, one, until)
    monkeypatch.setattr(timezone, "now", lambda: at(LAST, 18))
    scope = workload.Scope(desk.cast.rdec_controller, None, MARCH.first, LAST, at(LAST, 18))
    names = {"open": "open_cases", "overdue": "overdue", "fell_due": "fell_due", "due_on_time": "due_on_time"}
    for screen, report in names.items():
        found = workload.NUMBERS[screen].cases(scope)
        assert {one.pk for one in found} == {one.pk for one in getattr(figures, report)(MARCH)}, screen
    assert workload.bands(scope) == {
        name: int(figures.open_cases.only(age=name).value(MARCH)) for name in figures.AGES
    }


def test_ages_are_a_slice_of_what_is_open_and_stay_so(desk):
    for day in (MONDAY, date(2012, 3, 23), date(2012, 3, 28)):
        desk.accepted(received_at=at(day))
    ages: Figure = figures.open_cases
    found = {name: int(ages.only(age=name).value(MARCH)) for name in figures.AGES}
    assert found == {"b3": 1, "b7": 0, "b15": 1, "b30": 1, "older": 0}
    assert figures.open_cases.only(age="b30").label_in("zh-hant") == "未結案件數（16至30日）"
    assert int(figures.overdue.only(age="b30").value(MARCH)) == 1


def test_how_often_a_case_is_handed_on_and_whether_each_step_is_told(desk):
    cast = desk.cast
    desk.closed()
    twice = desk.do(desk.assigned(), p.refuse_assignment, cast.controller, reason="非本局管轄")
    twice = desk.do(twice, p.assign, cast.rdec_controller, agency=cast.works)
    twice = desk.do(twice, p.accept, cast.works_controller, officer=cast.works_officer)
    desk.do(
        twice, p.transfer_out, cast.works_officer, on=date(2012, 3, 7), to="台電", reason="電桿"
    )  # fmt: skip
    assert str(figures.transfers_per_case.value(MARCH)) == "1.00"
    assert figures.closed_answered.value(MARCH) == figures.milestones_told.value(MARCH) == 1
    bare = desk.closed()
    type(bare).objects.filter(pk=bare.pk).update(registered_at=None)
    assert str(figures.milestone_coverage.value(MARCH)) == "50.0"
    again = desk.do(desk.closed(), p.ask_reopening, on=date(2012, 4, 2), reason="又淤積了")
    again = desk.do(again, p.reopen, cast.officer, on=date(2012, 4, 3))
    before = [figures.transfers_per_case.value(MARCH), figures.milestone_coverage.value(MARCH)]
    desk.do(again, p.reassign, cast.rdec_controller, on=date(2012, 4, 4), agency=cast.works, reason="改")
    after = [figures.transfers_per_case.value(MARCH), figures.milestone_coverage.value(MARCH)]
    assert before == after
