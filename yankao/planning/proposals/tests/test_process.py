"""The way of a proposal: form check, meetings, marks, conflicts, ceilings, the budget and control."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone

from yankao.kernel.casework.contract import holds
from yankao.kernel.casework.models import Clock, Link
from yankao.kernel.casework.process import Refused
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import YearRow
from yankao.kernel.notice.models import Notice

from .. import calling, deciding, rules
from .. import process as way
from ..budget import over_ceilings
from ..models import Answer, Kind, Proposal, Question, Result, Round
from .conftest import YEAR, Desk, score

D = Decimal
pytestmark = pytest.mark.django_db


def test_the_process_keeps_its_contract() -> None:
    holds(way.process, Path(way.__file__).with_name("process.md"))


# ── To the commission ───────────────────────────────────────────────────────────────────────────────


def test_a_proposal_is_submitted_once_its_form_is_whole(desk: Desk) -> None:
    cast = desk.cast
    proposal = desk.opened()
    way.rank_in_agency(proposal, cast.controller, agency_rank=1)
    with pytest.raises(Refused, match="請先填報經費需求"):
        way.submit(proposal, cast.controller)
    way.draft_again(proposal, cast.controller, reason="補經費")
    way.state_cost(proposal, cast.officer, total=D(60_000_000),
                   years=[YearRow(YEAR, D(60_000_000), city_general=D(60_000_000))])  # fmt: skip
    way.rank_in_agency(proposal, cast.controller, agency_rank=1)
    with pytest.raises(Refused, match="尚未填答：計畫依據及問題評析"):
        way.submit(proposal, cast.controller)
    with pytest.raises(Refused, match="由機關研考"):
        way.submit(proposal, cast.officer)


def test_the_list_of_questions_is_that_of_the_kind_and_of_the_day(desk: Desk) -> None:
    built = rules.CHECKLISTS[Kind.CONSTRUCTION].at(timezone.localdate()).questions
    assert Question.LAND in built and Question.SHARING not in built
    assert way.missing_questions(desk.costed(kind=Kind.INSTRUMENTS)) == [
        Question.BASIS, Question.BENEFIT, Question.RECURRENT, Question.UTILISATION, Question.SHARING,
    ]  # fmt: skip
    from yankao.kernel.rules.values import change

    change(desk.cast.rdec_chief, "planning.proposals.checklist_instruments", "basis sharing",
           timezone.localdate(), "修正要點")  # fmt: skip
    assert rules.CHECKLISTS[Kind.INSTRUMENTS].at(timezone.localdate()).questions == (
        Question.BASIS, Question.SHARING,
    )  # fmt: skip
    with pytest.raises(ValueError, match="不是"):
        change(
            desk.cast.rdec_chief,
            "planning.proposals.checklist_instruments",
            "nonsense",
            date(2030, 1, 1),
            "x",
        )


def test_instruments_say_how_they_are_used_and_shared(desk: Desk) -> None:
    proposal = desk.answered(kind=Kind.INSTRUMENTS)
    reply = way.Reply(Question.SHARING, Answer.NOT_NEEDED, "不共用")
    way.answer_form(proposal, desk.cast.officer, replies=[reply])
    way.rank_in_agency(proposal, desk.cast.controller, agency_rank=1)
    with pytest.raises(Refused, match="共用規劃"):
        way.submit(proposal, desk.cast.controller)


def test_what_is_too_small_is_exempt_unless_ordered(desk: Desk) -> None:
    small = [YearRow(YEAR, D(49_999_999), city_general=D(49_999_999))]
    proposal = desk.answered(sheet=small)
    way.rank_in_agency(proposal, desk.cast.controller, agency_rank=1)
    with pytest.raises(Refused, match="49,999,999元未達先期作業門檻50,000,000元"):
        way.submit(proposal, desk.cast.controller)
    assert desk.submitted(rank=2, sheet=small, continuing=True).submitted_on
    assert desk.submitted(rank=3, sheet=small, mandate="府函第1號").submitted_on
    exact = [YearRow(YEAR, D(50_000_000), city_general=D(50_000_000))]
    assert desk.submitted(rank=4, sheet=exact).submitted_on


def test_no_two_proposals_of_an_agency_hold_one_place(desk: Desk) -> None:
    first = desk.submitted(rank=1)
    second = desk.answered()
    way.rank_in_agency(second, desk.cast.controller, agency_rank=1)
    with pytest.raises(Refused, match=f"機關排序1與{first.case.number}相同"):
        way.submit(second, desk.cast.controller)


def test_a_form_handed_back_runs_a_clock_until_it_comes_again(desk: Desk) -> None:
    cast = desk.cast
    proposal = desk.submitted()
    assert Clock.objects.get(case=proposal.case, stopped_at=None).code == "check"
    way.return_form(proposal, cast.rdec_controller, reason="缺替代方案")
    assert Clock.objects.get(case=proposal.case, stopped_at=None).code == "correct"
    assert Notice.objects.filter(user=cast.officer, kind="return").exists()
    first = proposal.submitted_on
    way.submit_again(proposal, cast.controller, response="已補附")
    assert proposal.case.stage == "submitted" and proposal.submitted_on == first


# ── Review ──────────────────────────────────────────────────────────────────────────────────────────


def test_who_works_for_the_agency_cannot_judge_it(desk: Desk) -> None:
    proposal = desk.scheduled()
    with pytest.raises(ValidationError, match="應迴避"):
        way.seat_reviewers(proposal, desk.cast.rdec_controller, reviewers=[desk.cast.manager])
    assert not proposal.seats.filter(reviewer=desk.cast.manager).exists()


def test_only_who_is_seated_scores_and_who_recused_does_not_count(desk: Desk) -> None:
    cast = desk.cast
    proposal = desk.scheduled()
    with pytest.raises(Refused):
        way.score(proposal, cast.colleague, **score(80))
    way.seat_reviewers(proposal, cast.rdec_controller, reviewers=[cast.secretary])
    way.recuse(proposal, cast.secretary, reason="與提案人共事")
    with pytest.raises(Refused):
        way.score(proposal, cast.secretary, **score(80))
    way.score(proposal, cast.works_officer, **score(70))
    with pytest.raises(Refused, match="尚有1位"):
        way.conclude_first(proposal, cast.rdec_controller, result=Result.KEEP, opinion="可")
    with pytest.raises(ValidationError, match="0與100"):
        way.score(proposal, cast.inspector, **{**score(80), "need": D(101)})
    way.score(proposal, cast.inspector, **{**score(80), "policy": D(100)})
    way.conclude_first(proposal, cast.rdec_controller, result=Result.KEEP, opinion="可")
    # 70 and 85 (100 × 25 % + 80 × 75 %) give 77.5; the policy marks 70 and 100 give 85.
    assert (proposal.score, proposal.policy_score) == (D("77.50"), D("85.00"))


def test_marks_of_a_person_are_not_shown_to_the_agency(desk: Desk, client: Any) -> None:
    proposal = desk.scheduled()
    way.score(proposal, desk.cast.inspector, **{**score(61), "policy": D(62), "comment": "秘密意見"})
    cast = desk.cast
    sees = {cast.officer: False, cast.inspector: True, cast.rdec_controller: True, cast.works_officer: False}
    for user, shown in sees.items():
        client.force_login(user)
        body = client.get(f"/cases/{proposal.pk}/").content.decode()
        assert ("61.25" in body) is shown, user
        assert "秘密意見" not in body


def test_a_cut_says_what_is_left_and_sums(desk: Desk) -> None:
    proposal = desk.scheduled()
    cast = desk.cast
    for person in (cast.works_officer, cast.inspector):
        way.score(proposal, person, **score(80))
    way.conclude_first(proposal, cast.rdec_controller, result=Result.KEEP, opinion="可")
    way.revise(proposal, cast.officer, response="已補充")
    way.schedule_second(proposal, cast.rdec_controller, meeting=desk.meeting(Round.SECOND))
    with pytest.raises(ValidationError, match="減列者請填"):
        way.conclude_second(proposal, cast.rdec_controller, result=Result.CUT, opinion="減列")
    less = [YearRow(YEAR, D(54_000_000), city_general=D(54_000_000))]
    way.conclude_second(proposal, cast.rdec_controller, result=Result.CUT, opinion="減列",
                        total=D(54_000_000), years=less)  # fmt: skip
    assert proposal.allowed_total == 54_000_000 and proposal.total == 80_000_000
    assert [line.amount for line in way.lines_of(proposal)] == [54_000_000]


# ── Ceilings and decision ───────────────────────────────────────────────────────────────────────────


def year_of(desk: Desk) -> list[Proposal]:
    """Three reviewed proposals asking 45 + 15 million each in the plan year, the second one put off."""
    return [
        desk.reviewed(level=90, rank=1, title="甲"),
        desk.reviewed(level=85, rank=2, title="乙", result=Result.DEFER),
        desk.reviewed(level=70, rank=3, title="丙"),
    ]


def limits(desk: Desk, city: int, central: int = 30) -> None:
    deciding.set_ceilings(
        desk.cast.rdec_controller, YEAR,
        {Source.CITY_GENERAL: D(city * 10**6), Source.CENTRAL_GENERAL: D(central * 10**6)},
        since=timezone.localdate(), basis="主計處函",
    )  # fmt: skip


def test_the_whole_year_is_decided_within_the_ceilings_with_a_reason_for_each(desk: Desk) -> None:
    first, put_off, last = year_of(desk)
    with pytest.raises(Refused, match="尚未設定額度"):
        deciding.decide_year(desk.cast.rdec_chief, YEAR, reason="核定函")
    limits(desk, 89)
    with pytest.raises(Refused, match="研考會主管"):
        deciding.decide_year(desk.cast.rdec_controller, YEAR, reason="核定函")
    outcome = deciding.simulate(
        YEAR, {Source.CITY_GENERAL: D(89_000_000), Source.CENTRAL_GENERAL: D(30_000_000)}
    )
    assert deciding.decide_year(desk.cast.rdec_chief, YEAR, reason="核定函",
                                digest=deciding.digest_of(outcome)) == (1, 2)  # fmt: skip
    for one in (first, put_off, last):
        one.refresh_from_db()
    assert [one.decision for one in (first, put_off, last)] == [Result.KEEP, Result.DEFER, Result.DEFER]
    assert [one.rank for one in (first, last, put_off)] == [1, 2, 3]
    assert "市公務預算累計90,000,000元，額度89,000,000元，超過額度" in last.decision_reason
    assert "緩議" in put_off.decision_reason and "核定函" in first.decision_reason
    assert over_ceilings(YEAR, timezone.localdate()) == {}
    with pytest.raises(Refused, match="沒有等待核定"):
        deciding.decide_year(desk.cast.rdec_chief, YEAR, reason="再一次")


def test_nothing_is_decided_when_something_changed_since_it_was_looked_at(desk: Desk) -> None:
    year_of(desk)
    limits(desk, 90)
    with pytest.raises(Refused, match="已有變動"):
        deciding.decide_year(desk.cast.rdec_chief, YEAR, reason="核定函", digest="0" * 16)
    assert not Proposal.objects.exclude(decided_on=None).exists()


def test_one_by_one_a_ceiling_holds_too(desk: Desk) -> None:
    first, _put_off, last = year_of(desk)
    limits(desk, 89)
    for rank, one in enumerate((first, last), 1):
        way.place(one, desk.cast.rdec_controller, rank=rank)
    way.decide(first, desk.cast.rdec_chief, result=Result.KEEP, explanation="列入")
    with pytest.raises(ValidationError, match="市公務預算1,000,000"):
        way.decide(last, desk.cast.rdec_chief, result=Result.KEEP, explanation="列入")
    way.decide(last, desk.cast.rdec_chief, result=Result.DEFER, explanation="額度不足")


def test_a_year_with_proposals_on_the_way_is_not_decided(desk: Desk) -> None:
    year_of(desk)
    limits(desk, 90)
    desk.submitted(rank=9)
    with pytest.raises(Refused, match="尚有1案"):
        deciding.decide_year(desk.cast.rdec_chief, YEAR, reason="核定函")


# ── Budget, control, centre ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def control() -> Any:
    """The tables of the room of control, asked by name: rooms do not import each other."""
    if not apps.is_installed("yankao.control.programme"):
        pytest.skip("the room of control is not in use")
    return apps.get_app_config("programme")


def programme_of_the_year(control: Any) -> None:
    control.get_model("Programme").objects.create(
        code="annual-116", name="116年度施政計畫", year=YEAR, section="annual",
        starts_on=date(2027, 1, 1), ends_on=date(2027, 12, 31),
    )  # fmt: skip


def decided(desk: Desk) -> Proposal:
    proposal = desk.reviewed(rank=1)
    way.place(proposal, desk.cast.rdec_controller, rank=1)
    way.decide(proposal, desk.cast.rdec_chief, result=Result.KEEP, explanation="列入")
    return proposal


def test_what_enters_the_budget_comes_under_control_once(desk: Desk, control: Any) -> None:
    cast = desk.cast
    proposal = decided(desk)
    way.enter_budget(proposal, cast.rdec_controller, document="主歲字第1號")
    assert proposal.handed_over_on is None and not control.get_model("Project").objects.exists()
    with pytest.raises(Refused, match="還沒有116年度"):
        way.hand_to_control(proposal, cast.rdec_controller)
    programme_of_the_year(control)
    way.hand_to_control(proposal, cast.rdec_controller)
    project = control.get_model("Project").objects.get()
    assert (project.case.title, project.budget, project.case.officer) == (
        proposal.case.title, 80_000_000, cast.officer,
    )  # fmt: skip
    link = Link.objects.get()
    assert (link.source_id, link.target_id, link.kind) == (project.pk, proposal.pk, "follows")
    with pytest.raises(Refused, match="已移交"):
        way.hand_to_control(proposal, cast.rdec_controller)


def test_with_a_programme_of_the_year_the_hand_over_comes_with_the_budget(desk: Desk, control: Any) -> None:
    programme_of_the_year(control)
    proposal = decided(desk)
    way.enter_budget(proposal, desk.cast.rdec_controller, document="主歲字第1號")
    assert proposal.handed_over_on and control.get_model("Project").objects.count() == 1


def test_what_was_put_off_does_not_enter_the_budget(desk: Desk) -> None:
    proposal = desk.reviewed(rank=1)
    way.place(proposal, desk.cast.rdec_controller, rank=1)
    way.decide(proposal, desk.cast.rdec_chief, result=Result.DEFER, explanation="額度不足")
    with pytest.raises(Refused, match="不納入預算"):
        way.enter_budget(proposal, desk.cast.rdec_controller, document="主歲字第1號")
    way.leave_out(proposal, desk.cast.rdec_controller, reason="額度不足")
    assert proposal.case.closed_on


def test_a_project_for_the_centre_is_reviewed_inside_and_sent(desk: Desk) -> None:
    cast = desk.cast
    proposal = desk.submitted(central=True)
    way.pass_form(proposal, cast.rdec_controller)
    desk.meeting(Round.FIRST)
    with pytest.raises(Refused, match="府內審查"):
        way.schedule_first(proposal, cast.rdec_controller, meeting=desk.meeting(Round.FIRST))
    way.review_inside(proposal, cast.rdec_controller, opinion="可")
    way.send_to_ministry(proposal, cast.rdec_controller, ministry="交通部")
    way.record_answer(proposal, cast.rdec_controller, approved=True, ministry_no="交路字第1號")
    way.enter_budget(proposal, cast.rdec_controller, document="主歲字第1號")
    assert proposal.case.stage == "in_budget"
    assert deciding.simulate(YEAR, {}).placed == []


def test_only_public_construction_goes_to_the_centre(desk: Desk) -> None:
    with pytest.raises(ValidationError, match="限公共建設"):
        desk.opened(kind=Kind.ADMINISTRATIVE, central=True)


def test_meetings_are_called_minuted_and_cancelled_by_the_commission(desk: Desk) -> None:
    cast = desk.cast
    with pytest.raises(Refused):
        calling.call_meeting(
            cast.controller, year=YEAR, round=Round.FIRST, title="x", held_on=date(2026, 6, 1)
        )
    meeting = calling.call_meeting(
        cast.rdec_controller, year=YEAR, round=Round.FIRST, title="第1次", held_on=date(2026, 6, 1)
    )
    assert meeting.minutes_due_on == date(2026, 6, 8)
    with pytest.raises(ValidationError):
        calling.send_minutes(cast.rdec_controller, meeting, minutes_on=date(2026, 5, 30), summary="x")
    meeting.refresh_from_db()
    calling.cancel_meeting(cast.rdec_controller, meeting, on=date(2026, 5, 20), reason="改期")
    training = calling.call_training(cast.rdec_controller, year=YEAR, title="研習", held_on=date(2026, 2, 3))
    for present in (True, False):
        calling.record_trainee(
            cast.rdec_controller, training, name="林怡君", agency=cast.water, present=present
        )
    assert [seat.present for seat in training.roster.all()] == [False]
