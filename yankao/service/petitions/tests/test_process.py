"""The state graph of petitions and of dispatch, its clocks, guards and who may."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework import contract
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import Post, Role, User
from yankao.service.petitions import intake, people
from yankao.service.petitions import process as p
from yankao.service.petitions.models import (
    Appeal,
    Category,
    Channel,
    Complexity,
    Disposition,
    Ground,
    Joint,
    Kind,
    Petition,
    Reply,
    Service,
)

from .conftest import GOLDEN, MONDAY, WANG, at

pytestmark = pytest.mark.django_db


def clock(one, code):
    return Clock.objects.filter(case_id=one.pk, code=code).order_by("pk").last()


def due(one, code):
    return timezone.localtime(clock(one, code).due_at)


def test_the_process_is_as_its_golden_page_says():
    contract.holds(p.process, GOLDEN)


def test_a_petition_goes_from_its_receipt_to_its_close(desk):
    one = desk.received()
    assert (one.case.stage, one.case.agency_id, one.kind) == ("received", desk.cast.rdec.pk, "petition")
    one = desk.closed()
    assert one.case.stage == "closed" and one.case.closed_on == date(2012, 3, 9)
    assert one.disposition == Disposition.DONE and one.days == 3
    assert timezone.localtime(one.replied_at).date() == date(2012, 3, 8)
    reply = one.replies.get()
    assert (reply.drafted_by, reply.approved_by) == (desk.cast.officer, desk.cast.manager)
    assert not Clock.objects.filter(case_id=one.pk, stopped_at=None).exists()


def test_an_answer_is_due_by_the_policy_of_its_class_and_complexity(desk):
    assert due(desk.received(), "answer").date() == date(2012, 3, 13)  # six working days from the day after
    assert due(desk.received(kind=Kind.MAILBOX), "answer").date() == date(2012, 3, 14)  # seven
    one = desk.triaged()
    one = desk.do(
        one, p.triage, desk.cast.rdec_controller, kind="petition", category=one.category,
        complexity=Complexity.COMPLEX,
    )  # fmt: skip
    assert due(one, "answer").date() == date(2012, 3, 23)  # fourteen


def test_a_case_returns_within_its_window_and_the_third_return_goes_to_the_commission(desk):
    cast = desk.cast
    one = desk.assigned()
    one = desk.do(one, p.refuse_assignment, cast.controller, reason="非本局管轄", proposed=cast.works)
    assert one.case.stage == "assignment_refused" and one.bounces == 1
    for agency, actor in ((cast.works, cast.works_controller), (cast.water, cast.controller)):
        one = desk.do(one, p.assign, cast.rdec_controller, agency=agency)
        one = desk.do(one, p.refuse_assignment, actor, reason="亦非本局")
    assert one.case.stage == "disputed" and clock(one, "dispute").stopped_at is None
    assert due(one, "dispute").date() == date(2012, 3, 7)
    one = desk.do(one, p.decide_dispute, cast.rdec_controller, agency=cast.works, reason="依權責劃分")
    assert one.case.stage == "assigned" and one.case.agency == cast.works
    with pytest.raises(Refused, match="不得再退回"):
        desk.do(one, p.refuse_assignment, cast.works_controller, reason="仍非本局")


def test_the_window_for_return_is_a_day_longer_with_a_look_on_site(desk):
    one = desk.assigned()
    assert due(one, "accept").date() == date(2012, 3, 6)
    one = desk.do(one, p.plan_visit, desk.cast.officer, on=date(2012, 3, 6))
    assert due(one, "accept").date() == date(2012, 3, 7)
    with pytest.raises(Refused, match="已逾改分期限"):
        desk.do(one, p.refuse_assignment, desk.cast.officer, on=date(2012, 3, 8), reason="非本局管轄")
    assert p.refuse_assignment.refusal(desk.fresh(one), desk.cast.officer), "and so the page says today"


def test_waiting_for_the_petitioner_stops_the_time_for_the_answer(desk):
    one = desk.accepted()
    before = due(one, "answer")
    one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="請提供側溝位置照片。")
    assert one.case.stage == "awaiting_petitioner" and clock(one, "answer").paused_at is not None
    assert one.supplements.get().by_day == date(2012, 3, 12)
    one = desk.do(one, p.supplement, None, on=date(2012, 3, 8), text="照片如附，門牌一號前。")
    assert one.case.stage == "in_progress" and clock(one, "answer").paused_at is None
    assert due(one, "answer").date() == date(2012, 3, 15) and before.date() == date(2012, 3, 13)
    assert one.supplements.get().text.startswith("照片如附")


def test_an_extension_is_asked_in_time_approved_by_level_and_never_past_the_ceiling(desk):
    cast = desk.cast
    one = desk.accepted()
    one = desk.do(one, p.ask_extension, cast.officer, days=10, reason="須會勘")
    with pytest.raises(Refused, match="已有一件展延"):
        desk.do(one, p.ask_extension, cast.officer, days=3, reason="再展")
    one = desk.do(one, p.decide_extension, cast.manager, approved=True)
    assert due(one, "answer").date() == date(2012, 3, 23) and one.extensions == 1
    one = desk.do(one, p.ask_extension, cast.officer, days=5, reason="仍須會勘")
    with pytest.raises(Refused, match="首長"):
        desk.do(one, p.decide_extension, cast.manager, approved=True)
    one = desk.do(one, p.decide_extension, cast.head, approved=True)
    assert due(one, "answer").date() == date(2012, 3, 28)
    with pytest.raises(Refused, match="次數上限"):
        desk.do(one, p.ask_extension, cast.officer, days=1, reason="三展")
    other = desk.accepted()
    with pytest.raises(ValidationError, match="展延"):  # 30 calendar days after receipt are 4 April
        desk.do(other, p.ask_extension, cast.officer, days=25, reason="案情複雜")
    late = desk.accepted()
    late = desk.do(late, p.ask_extension, cast.officer, days=3, reason="逾期才決")
    with pytest.raises(Refused, match="期限已屆滿"):
        desk.do(late, p.decide_extension, cast.manager, on=date(2012, 3, 20), approved=True)


def test_the_lead_replies_only_when_co_replies_are_in_or_timed_out(desk):
    cast = desk.cast
    one = desk.accepted()
    one = desk.do(one, p.join, cast.officer, agencies=[cast.works], question="人行道是否為貴局養護？")
    assert due(one, f"joint:{cast.works.pk}").date() == date(2012, 3, 8)
    with pytest.raises(Refused, match="工務局"):
        desk.do(one, p.draft_reply, cast.officer, **desk.reply())
    assert p.process.sees.held_by(cast.works_officer, one.case)
    joint = Joint.objects.get(petition=one)
    with pytest.raises(Refused):  # the lead does not answer for another
        desk.do(one, p.co_reply, cast.officer, joint=joint, answer="是")
    one = desk.do(one, p.co_reply, cast.works_controller, joint=joint, answer="是本局養護。")
    assert desk.do(one, p.draft_reply, cast.officer, **desk.reply()).case.stage == "draft_reply"
    other = desk.accepted()
    other = desk.do(other, p.join, cast.officer, agencies=[cast.works], question="？")
    late = desk.do(other, p.draft_reply, cast.officer, on=date(2012, 3, 9), **desk.reply())
    assert late.case.stage == "draft_reply"


def test_a_reply_names_its_basis_its_kind_and_the_way_of_appeal(desk):
    one = desk.accepted(category="building.illegal")
    with pytest.raises(ValidationError, match="法令依據"):
        desk.do(one, p.draft_reply, desk.cast.officer, **desk.reply(basis=" "))
    with pytest.raises(ValidationError, match="救濟途徑"):
        desk.do(one, p.draft_reply, desk.cast.officer, **desk.reply())
    told = desk.reply(appeal=Appeal.ADMINISTRATIVE, appeal_to="本府訴願審議委員會，三十日內")
    one = desk.do(one, p.draft_reply, desk.cast.officer, **told)
    one = desk.do(one, p.return_draft, desk.cast.manager, reason="請逐點答復")
    one = desk.do(one, p.draft_reply, desk.cast.officer, **told)
    assert list(one.replies.values_list("number", flat=True)) == [1, 2]


def test_nobody_approves_what_they_drafted(desk):
    one = desk.do(desk.accepted(), p.draft_reply, desk.cast.manager, **desk.reply())
    with pytest.raises(Refused, match="擬稿人"):
        desk.do(one, p.approve_reply, desk.cast.manager)


def test_each_petitioner_of_a_merged_case_has_a_reply(desk):
    lead, other = desk.drafted(), desk.assigned()
    other = desk.do(other, p.merge, desk.cast.rdec_controller, into=lead, reason="同一側溝")
    assert other.case.stage == "merged" and clock(other, "answer").stopped_at is None
    lead = desk.do(lead, p.approve_reply, desk.cast.manager)
    desk.do(lead, p.send_reply, desk.cast.officer, on=date(2012, 3, 8))
    other = desk.fresh(other)
    assert other.case.stage == "replied" and other.disposition == Disposition.DONE
    assert other.replies.get().text == "已派員清淤完成。" and clock(other, "answer").stopped_at
    assert Reply.objects.filter(petition=lead).count() == 1


def test_a_letter_of_several_matters_becomes_several_cases(desk):
    one = desk.triaged(kind=Kind.MAILBOX)
    matters = [p.Matter("路燈不亮", Category.objects.get(pk="works.light"))]
    desk.do(one, p.split, desk.cast.rdec_controller, matters=matters)
    part = Petition.objects.get(split_from=one)
    assert (part.content, part.category_id, part.kind) == ("路燈不亮", "works.light", "mailbox")
    assert list(people.same_person(part)) == [one] and part.case.number != one.case.number
    assert due(part, "answer") == due(one, "answer")
    with pytest.raises(Refused, match="請在原案分案"):
        desk.do(desk.fresh(part), p.split, desk.cast.rdec_controller, matters=matters)


def test_what_is_not_the_city_s_is_transferred(desk):
    one = desk.do(
        desk.triaged(), p.transfer_out, desk.cast.rdec_controller, to="交通部公路總局", reason="省道"
    )
    assert one.case.stage == "transferred_out" and one.case.closed_on and one.transferred_on == MONDAY


def test_no_action_is_proposed_on_a_ground_decided_by_a_human_and_stays_on_record(desk):
    cast = desk.cast
    one = desk.received(petitioner=intake.NOBODY, content="爛")
    one = desk.do(one, p.propose_no_action, cast.agent, ground=Ground.NAMELESS, reason="無具體內容")
    assert one.case.stage == "no_action_proposed" and one.registered_at
    with pytest.raises(Refused):
        desk.do(one, p.approve_no_action, cast.agent)
    one = desk.do(one, p.approve_no_action, cast.rdec_chief)
    assert one.case.stage == "no_action" and one.no_action_on == MONDAY
    assert Case.objects.filter(pk=one.pk).exists()


def test_a_case_ended_without_action_is_taken_up_again_with_a_clock_of_its_own(desk):
    cast, later = desk.cast, date(2012, 3, 26)
    one = desk.received(petitioner=intake.NOBODY, content="爛")
    one = desk.do(one, p.propose_no_action, cast.agent, ground=Ground.NAMELESS, reason="無具體內容")
    one = desk.do(one, p.approve_no_action, cast.rdec_chief)
    one = desk.do(one, p.add_words, None, on=later, text="五福四路1號前側溝堵塞。")
    told = Notice.objects.filter(case=one.case, kind="result")
    assert told.filter(user=cast.rdec_controller).exists(), "no agency has it: who sorts is told"
    for stranger in (None, cast.agent, cast.controller):
        with pytest.raises(Refused, match="恢復辦理"):
            desk.do(one, p.take_up, stranger, on=later, reason="已補充")
    with pytest.raises(ValidationError, match="請說明"):
        desk.do(one, p.take_up, cast.rdec_controller, on=later, reason=" ")
    one = desk.do(one, p.take_up, cast.rdec_controller, on=later, reason="陳情人已補充地點")
    assert (one.case.stage, one.case.closed_on, one.taken_up_on) == ("registered", None, later)
    assert (one.no_action_on, one.ended_on) == (MONDAY, MONDAY), "what happened stays what it was"
    assert due(one, "reopened").date() == date(2012, 4, 3) and due(one, "triage").date() == date(2012, 3, 27)
    entry = Entry.objects.filter(case=one.pk).latest("seq")
    assert (entry.act, entry.source, entry.target) == ("take_up", "no_action", "registered")
    ditch = Category.objects.get(pk="drainage.ditch")
    one = desk.do(one, p.triage, cast.rdec_controller, on=later, kind="petition", category=ditch)
    one = desk.do(one, p.assign, cast.rdec_controller, on=later, agency=cast.water)
    assert set(Clock.objects.filter(case_id=one.pk, stopped_at=None).values_list("code", flat=True)) == {
        "accept", "reopened",
    }, "the time for the first answer does not begin anew from the receipt"  # fmt: skip
    one = desk.do(one, p.propose_no_action, cast.officer, on=later, ground=Ground.COPIED, reason="副知")
    one = desk.do(one, p.reject_no_action, cast.manager, on=later, reason="應處理")
    one = desk.do(one, p.assign, cast.rdec_controller, on=later, agency=cast.water)
    one = desk.do(one, p.accept, cast.controller, on=later, officer=cast.officer)
    one = desk.do(one, p.draft_reply, cast.officer, on=later, **desk.reply())
    one = desk.do(one, p.approve_reply, cast.manager, on=later)
    one = desk.do(one, p.send_reply, cast.officer, on=date(2012, 3, 28))
    assert one.case.stage == "replied" and clock(one, "reopened").stopped_at


def test_a_transfer_that_comes_back_is_taken_up_by_the_agency_that_had_it(desk):
    cast, back = desk.cast, date(2012, 3, 26)
    one = desk.do(desk.accepted(), p.transfer_out, cast.officer, to="交通部公路總局", reason="省道")
    with pytest.raises(Refused):
        desk.do(one, p.take_up, cast.works_controller, on=back, reason="移回")
    one = desk.do(one, p.take_up, cast.controller, on=back, reason="公路總局函復非其管轄")
    assert (one.case.stage, one.case.agency, one.case.officer) == ("reopened", cast.water, cast.officer)
    assert (
        due(one, "reopened").date() == date(2012, 4, 3) and one.case.due_at == clock(one, "reopened").due_at
    )
    assert p.transfer_out.refusal(desk.fresh(one), cast.officer) == "", "and may go to another yet"
    again = desk.do(one, p.transfer_out, cast.officer, on=date(2012, 4, 2), to="林務局", reason="林道")
    assert (again.transferred_on, again.ended_on, again.case.closed_on) == (MONDAY, MONDAY, date(2012, 4, 2))


def test_a_fault_that_was_transferred_and_comes_back_is_dispatched(desk):
    cast, back = desk.cast, date(2012, 3, 26)
    one = desk.do(desk.on_site(), p.return_dispatch, cast.crew, reason="省道")
    one = desk.do(one, p.transfer_out, cast.agent, to="交通部公路總局", reason="省道")
    one = desk.do(one, p.take_up, cast.controller, on=back, reason="公路總局函復非其管轄")
    one = desk.do(one, p.dispatch, cast.controller, on=back, agency=cast.water, crew=cast.crew)
    assert one.case.stage == "dispatched" and clock(one, "reopened").stopped_at is None
    flooding = Service.objects.get(pk="flooding")
    never = desk.do(desk.fault(), p.transfer_out, cast.agent, to="交通部公路總局", reason="省道")
    never = desk.do(never, p.take_up, cast.rdec_controller, on=back, reason="移回")
    never = desk.do(
        never, p.triage, cast.agent, on=back, kind="dispatch", category=flooding.category, service=flooding
    )
    running = set(Clock.objects.filter(case_id=never.pk, stopped_at=None).values_list("code", flat=True))
    assert running == {"reopened", "triage"}, "the hours of the first report are over"


def test_a_sealed_case_is_taken_up_by_its_custodians_alone(desk):
    cast = desk.cast
    one = desk.received(category=Category.objects.get(pk="conduct"), content="爛")
    one = desk.do(one, p.propose_no_action, cast.ethics, ground=Ground.NAMELESS, reason="無具體內容")
    other = User.objects.create(username="t.other_ethics", name="另一位保管人")
    Post.objects.create(user=other, agency=cast.rdec, role=Role.ETHICS)
    one = desk.do(one, p.approve_no_action, other)
    with pytest.raises(Refused):
        desk.do(one, p.take_up, cast.rdec_controller, reason="已補充")
    assert desk.do(one, p.take_up, cast.ethics, reason="已補充").case.stage == "registered"


def test_a_repeated_petition_cites_its_earlier_answer(desk):
    cast = desk.cast
    first, again = desk.closed(), desk.received()
    with pytest.raises(ValidationError, match="引用"):
        desk.do(again, p.propose_no_action, cast.rdec_controller, ground=Ground.REPEATED, reason="已答復")
    stranger = desk.received(petitioner=intake.Person(name="李大華", mobile="0911222333"))
    with pytest.raises(ValidationError, match="不在可選的範圍"):
        desk.do(
            stranger,
            p.propose_no_action,
            cast.rdec_controller,
            ground=Ground.REPEATED,
            reason="已答復",
            earlier=first,
        )
    again = desk.do(
        again,
        p.propose_no_action,
        cast.rdec_controller,
        ground=Ground.REPEATED,
        reason="已答復",
        earlier=first,
    )
    assert again.earlier == first
    again = desk.do(again, p.reject_no_action, cast.rdec_chief, reason="情況不同")
    assert (again.case.stage, again.ground, again.earlier) == ("triaged", "", None)


def test_a_dangerous_anonymous_fault_is_dispatched_all_the_same(desk):
    one = desk.fault(petitioner=intake.NOBODY)
    with pytest.raises(Refused, match="仍應派工"):
        desk.do(one, p.propose_no_action, desk.cast.agent, ground=Ground.NAMELESS, reason="匿名")
    assert desk.do(one, p.dispatch, desk.cast.agent, agency=desk.cast.water).case.stage == "dispatched"


def test_a_closed_case_is_reopened_by_decision_and_has_a_clock_of_its_own(desk):
    one = desk.closed()
    one = desk.do(one, p.ask_reopening, None, on=date(2012, 3, 12), reason="又淤積了")
    with pytest.raises(Refused, match="已有一件申請重啟"):
        desk.do(one, p.ask_reopening, None, on=date(2012, 3, 12), reason="還是")
    one = desk.do(one, p.reopen, desk.cast.manager, on=date(2012, 3, 13))
    assert one.case.stage == "reopened" and one.case.closed_on is None and one.reopenings == 1
    assert due(one, "reopened").date() == date(2012, 3, 21)
    first = one.replied_at
    one = desk.do(one, p.draft_reply, desk.cast.officer, on=date(2012, 3, 14), **desk.reply())
    one = desk.do(one, p.approve_reply, desk.cast.manager, on=date(2012, 3, 14))
    one = desk.do(one, p.send_reply, desk.cast.officer, on=date(2012, 3, 15))
    assert one.replied_at == first, "the first answer stays what it was"
    assert one.replies.count() == 2
    one = desk.do(one, p.close, desk.cast.officer, on=date(2012, 3, 15))
    one = desk.do(one, p.ask_reopening, None, on=date(2012, 3, 20), reason="還是淤積")
    one = desk.do(one, p.reopen, desk.cast.manager, on=date(2012, 3, 21))
    assert (one.reopened_on, one.reopenings) == (date(2012, 3, 13), 2), "figures of the first time hold"
    assert due(one, "reopened").date() == date(2012, 3, 29)


def test_the_clock_of_a_reopened_case_runs_on_when_another_agency_has_it(desk):
    one = desk.do(desk.closed(), p.ask_reopening, None, on=date(2012, 3, 12), reason="又淤積了")
    one = desk.do(one, p.reopen, desk.cast.manager, on=date(2012, 3, 13))
    one = desk.do(one, p.ask_supplement, desk.cast.officer, on=date(2012, 3, 14), wanted="請補照片。")
    one = desk.do(
        one, p.reassign, desk.cast.rdec_controller, on=date(2012, 3, 16), agency=desk.cast.works, reason="路"
    )
    assert clock(one, "reopened").paused_at is None and due(one, "reopened").date() == date(2012, 3, 23)


def test_a_refused_reopening_says_why(desk):
    one = desk.do(desk.closed(), p.ask_reopening, None, on=date(2012, 3, 12), reason="又淤積了")
    one = desk.do(one, p.refuse_reopening, desk.cast.manager, on=date(2012, 3, 13), answer="已排入清淤")
    assert one.case.stage == "closed" and one.reopening_rows.get().granted is False
    assert clock(one, "reopening").stopped_at


def test_an_oral_petition_is_read_back_before_it_is_registered(desk):
    one = desk.received(channel=Channel.PHONE, agent=desk.cast.agent)
    assert one.case.stage == "received"
    with pytest.raises(Refused, match="朗讀"):
        desk.do(one, p.register, desk.cast.agent)
    one = desk.do(one, p.read_to, desk.cast.agent, how="read")
    assert one.read_back_at and desk.do(one, p.register, desk.cast.agent).case.stage == "registered"
    assert (
        desk.received(channel=Channel.PHONE, agent=desk.cast.agent, read_back="read").case.stage
        == "registered"
    )


# ── Dispatch ──


def test_a_fault_goes_to_the_crew_and_back_by_hours(desk):
    cast = desk.cast
    one = desk.fault()
    assert {c: due(one, c) for c in ("survey", "safety")} == {
        "survey": at(MONDAY, 12),
        "safety": at(MONDAY, 14),
    }
    assert due(one, "fix").date() == date(2012, 3, 6)
    one = desk.on_site()
    assert one.case.stage == "on_site" and clock(one, "survey").stopped_at == at(MONDAY, 11)
    one = desk.do(one, p.make_safe, cast.crew, hour=13, measure="放置三角錐")
    with pytest.raises(ValidationError, match="施工後照片"):
        desk.do(one, p.complete, cast.crew, hour=15, done="已填補")
    one = desk.do(one, p.complete, cast.crew, hour=15, done="已填補", after=desk.photo())
    assert one.case.stage == "completed" and clock(one, "fix").stopped_at == at(MONDAY, 15)
    with pytest.raises(Refused):
        desk.do(one, p.verify, cast.crew)
    one = desk.do(one, p.verify, cast.controller, hour=16)
    one = desk.do(one, p.reply_dispatch, cast.controller, hour=17, text="坑洞已填補。")
    one = desk.do(one, p.close, cast.controller, hour=18)
    work = one.works.get()
    assert work.before and work.after and work.verified_by == cast.controller and one.case.stage == "closed"


def test_a_fault_is_dispatched_by_the_agency_for_which_the_commission_decided(desk):
    cast = desk.cast
    one = desk.do(desk.on_site(), p.return_dispatch, cast.crew, reason="省道")
    one = desk.do(one, p.dispute, cast.controller, reason="權責未明")
    one = desk.do(one, p.decide_dispute, cast.rdec_controller, agency=cast.works, reason="依權責劃分")
    assert (one.case.stage, one.case.agency) == ("assigned", cast.works)
    with pytest.raises(Refused, match="由派工人員辦理"):
        desk.do(one, p.accept, cast.works_controller)
    with pytest.raises(Refused, match="「派工」由"):  # whoever had it before has no say in it any more
        desk.do(one, p.dispatch, cast.controller, agency=cast.water)
    with pytest.raises(ValidationError, match="已由研考會裁決"):
        desk.do(one, p.dispatch, cast.works_controller, agency=cast.water)
    one = desk.do(one, p.dispatch, cast.works_controller, agency=cast.works, contractor="大安土木")
    assert one.case.stage == "dispatched" and clock(one, "accept").stopped_at
    assert clock(one, "fix").stopped_at is None, "the hours ran on"
    with pytest.raises(Refused, match="不得再退回"):
        desk.do(one, p.return_dispatch, cast.works_controller, reason="仍非本局")
    with pytest.raises(ValidationError, match="已由研考會裁決"):
        desk.do(one, p.dispatch, cast.works_controller, agency=cast.water)
    one = desk.do(one, p.dispatch, cast.rdec_controller, agency=cast.water, crew=cast.crew)
    assert one.case.agency == cast.water, "it turned out to be another's after all"


def test_the_third_return_of_a_fault_goes_to_the_commission(desk):
    cast = desk.cast
    one = desk.fault()
    for agency, actor in (
        (cast.water, cast.controller), (cast.works, cast.works_controller), (cast.water, cast.controller),
    ):  # fmt: skip
        one = desk.do(one, p.dispatch, cast.agent, agency=agency)
        assert one.case.stage == "dispatched"
        one = desk.do(one, p.return_dispatch, actor, reason="非本局", proposed=cast.works)
    assert (one.case.stage, one.bounces) == ("disputed", 3)
    assert due(one, "dispute").date() == date(2012, 3, 7)
    assert one.disputed_at == at(MONDAY, 11)
    assert Notice.objects.filter(user=cast.rdec_controller, kind="escalation", case=one.case).exists()
    one = desk.do(one, p.decide_dispute, cast.rdec_controller, agency=cast.water, reason="依權責劃分")
    one = desk.do(one, p.dispatch, cast.controller, agency=cast.water, crew=cast.crew)
    assert one.case.stage == "dispatched"


def test_a_fault_the_crew_returned_is_transferred_at_once(desk):
    one = desk.do(desk.on_site(), p.return_dispatch, desk.cast.crew, reason="省道")
    one = desk.do(one, p.transfer_out, desk.cast.agent, to="交通部公路總局", reason="省道")
    assert one.case.stage == "transferred_out"
    assert not Clock.objects.filter(case_id=one.pk, stopped_at=None).exists()


def test_no_work_is_completed_without_its_pictures_whoever_asks_and_however(desk):
    cast = desk.cast
    bare = desk.fault()
    bare = desk.do(bare, p.dispatch, cast.agent, agency=cast.water, crew=cast.crew)
    bare = desk.do(bare, p.arrive, cast.crew)
    for key in ("", "crew-phone-1"):
        with pytest.raises(ValidationError, match="施工後照片"):
            p.complete.run(bare, cast.crew, {"done": "已填補"}, key=key, at=at(MONDAY, 13))
        with pytest.raises(ValidationError, match="施工前"):
            p.complete.run(bare, cast.crew, {"done": "現場無", "found": False}, key=key, at=at(MONDAY, 13))
    seen = {"done": "現場無此情形", "found": False, "before": desk.photo()}
    assert p.complete.run(bare, cast.crew, seen, key="crew-phone-1", at=at(MONDAY, 13))


def test_work_that_is_not_done_is_done_again(desk):
    cast = desk.cast
    one = desk.do(desk.on_site(), p.complete, cast.crew, done="已填補", after=desk.photo())
    one = desk.do(one, p.redo, cast.manager, reason="邊緣未壓實")
    assert one.case.stage == "dispatched" and one.works.count() == 2 and clock(one, "fix").stopped_at is None


def test_a_service_without_a_limit_for_safety_has_no_such_clock(desk):
    one = desk.fault(service="marking")
    assert set(Clock.objects.filter(case_id=one.pk).values_list("code", flat=True)) == {
        "triage",
        "survey",
        "fix",
    }


# ── Who may know ──


def test_a_confidential_case_is_known_to_those_named_and_a_sealed_one_to_its_custodians(desk):
    cast = desk.cast
    one = desk.received(confidential=True)
    sees = p.process.sees
    assert sees.held_by(cast.rdec_controller, one.case) and not sees.held_by(cast.agent, one.case)
    one = desk.do(
        one, p.triage, cast.rdec_controller, kind="petition", category=Category.objects.get(pk="drainage")
    )
    with pytest.raises(ValidationError, match="指定承辦"):
        desk.do(one, p.assign, cast.rdec_controller, agency=cast.water)
    one = desk.do(one, p.assign, cast.rdec_controller, agency=cast.water, officers=[cast.officer])
    assert sees.held_by(cast.officer, one.case) and not sees.held_by(cast.colleague, one.case)
    assert not sees.held_by(cast.manager, one.case) and not sees.held_by(cast.rdec_controller, one.case)
    sealed = desk.received(category=Category.objects.get(pk="conduct"))
    assert sealed.case.security == "secret" and sealed.petitioner.sealed
    assert [who for who in ("ethics", "auditor", "rdec_commissioner", "mayor", "agent", "head")
            if sees.held_by(getattr(cast, who), sealed.case)] == ["ethics"]  # fmt: skip
    listed = Petition.objects.filter(sees.records(cast.mayor))
    assert not listed.filter(pk__in=[one.pk, sealed.pk]).exists()


def test_one_more_person_is_named_to_know_of_a_confidential_case_with_the_reason(desk):
    cast = desk.cast
    one = desk.received(confidential=True)
    one = desk.do(
        one, p.triage, cast.rdec_controller, kind="petition", category=Category.objects.get(pk="drainage")
    )
    one = desk.do(one, p.assign, cast.rdec_controller, agency=cast.water, officers=[cast.officer])
    with pytest.raises(Refused):  # after assignment the commission knows it no more; ethics keeps custody
        desk.do(one, p.name_custodian, cast.rdec_controller, user=cast.colleague, reason="代理")
    one = desk.do(one, p.name_custodian, cast.ethics, user=cast.colleague, reason="承辦人請假由其代理")
    assert p.process.sees.held_by(cast.colleague, one.case)
    named = one.custodians.get(user=cast.colleague)
    assert (named.named_by, named.named_at) == (cast.ethics, at(MONDAY, 11))
    with pytest.raises(Refused, match="已經是指定人員"):
        desk.do(one, p.name_custodian, cast.ethics, user=cast.colleague, reason="再次")
    with pytest.raises(Refused, match="不是保密案件"):
        desk.do(desk.accepted(), p.name_custodian, cast.agent, user=cast.colleague, reason="代理")


def test_a_case_that_turns_out_to_be_an_accusation_is_sealed_with_its_petitioner(desk):
    cast = desk.cast
    one = desk.accepted()
    assert p.process.sees.held_by(cast.mayor, one.case)
    one = desk.do(one, p.make_confidential, cast.officer, sealed=False, reason="陳情人要求保密")
    assert one.case.security == "named" and not one.petitioner.sealed
    assert p.process.sees.held_by(cast.officer, one.case), "who made it so still knows of it"
    assert not p.process.sees.held_by(cast.colleague, one.case)
    told = {"sealed": True, "officers": [cast.colleague], "reason": "檢舉"}
    one = desk.do(one, p.make_confidential, cast.officer, **told)
    assert one.case.security == "secret" and one.petitioner.sealed
    assert p.process.sees.held_by(cast.colleague, one.case) and p.process.sees.held_by(cast.ethics, one.case)
    assert not any(p.process.sees.held_by(who, one.case) for who in (cast.mayor, cast.auditor, cast.head))
    assert sorted(row.user.username for row in one.custodians.all()) == ["t.colleague", "t.officer"]


def test_the_page_of_a_fault_draws_the_way_of_a_fault(desk, client):
    one = desk.on_site()
    client.force_login(desk.cast.crew)
    page = client.get(f"/cases/{one.pk}/").content.decode()
    line = page[page.index('class="steps') :].partition("</ol>")[0] if 'class="steps' in page else page
    assert "已到場" in line and "已完工" in line
    assert not any(word in line for word in ("待受理", "陳核中", "已核定"))
    assert "zh-hant" not in page[page.index("<main") :] and "中文" in page


def test_the_ledger_holds_no_word_of_the_citizen(desk):
    from yankao.kernel.audit.models import Entry

    one = desk.accepted(subject="王曉明家門口", place="五福四路1號")
    one = desk.do(one, p.ask_supplement, desk.cast.officer, wanted="王曉明君請補照片")
    one = desk.do(one, p.supplement, None, text="我是王曉明，電話0912345678")
    desk.do(
        one,
        p.split,
        desk.cast.officer,
        matters=[p.Matter("王曉明另問路燈", Category.objects.get(pk="other"))],
    )
    told = "".join(Entry.objects.values_list("body", flat=True)) + "".join(
        Case.objects.values_list("title", flat=True)
    )
    for word in ("王曉明", WANG.mobile, "五福四路", "側溝長期"):
        assert word not in told
    assert "sha256" in told
