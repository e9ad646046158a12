"""A directive from the meeting that gives it to the meeting that releases it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from yankao.control.directives import letters, monthly, screens
from yankao.control.directives import process as p
from yankao.control.directives.models import CoOwner, Directive, Disposition, DueChange, Meeting, Progress
from yankao.kernel.casework import contract
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.kernel.session.actions import ActionItem, hand_over

from .conftest import TUESDAY, at

pytestmark = pytest.mark.django_db


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


def test_a_directive_has_its_owner_helpers_item_and_due_day(council):
    one = council.given()
    assert (one.item_no, one.due_on, one.due_said) == (1, date(2012, 6, 30), "6月底")
    assert one.case.agency == council.cast.water
    assert [row.agency for row in CoOwner.objects.filter(directive=one)] == [council.cast.works]
    assert council.given(text="請檢討路口號誌時制。").item_no == 2
    clock = Clock.objects.get(case=one.case, code="due")
    assert timezone.localtime(clock.due_at).date() == date(2012, 7, 2)  # the 30th is a Saturday


def test_only_the_meeting_releases(council):
    one = council.proposed()
    with pytest.raises(Refused):
        council.do(one, p.release, council.cast.controller, on=date(2012, 6, 12), meeting=council.later)
    with pytest.raises(Refused, match="尚未召開"):
        council.do(one, p.release, on=date(2012, 6, 11), meeting=council.later)
    before = Meeting.objects.create(number=70, held_on=TUESDAY - timedelta(days=7), title="前次")
    with pytest.raises(ValidationError):
        council.do(one, p.release, on=date(2012, 6, 12), meeting=before)
    one = council.do(one, p.release, on=date(2012, 6, 13), meeting=council.later, note="照案")
    assert one.released_on == council.later.held_on and one.case.closed_on
    assert not Clock.objects.filter(case=one.case, stopped_at=None).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Directive.objects.filter(pk=one.pk).update(decided_in=None)


def test_the_meeting_may_keep_it_on_or_leave_it_to_its_owner(council):
    one = council.do(council.reported(), p.keep_on, on=date(2012, 6, 12), meeting=council.later)
    assert one.case.stage == p.Stage.CONTINUED and one.case.closed_on is None
    other = council.proposed(text="請檢討路口號誌時制。")
    other = council.do(other, p.leave_to_owner, on=date(2012, 6, 12), meeting=council.later)
    assert other.self_controlled_on and other.case.closed_on
    day = council.later.held_on
    assert list(Directive.objects.controlled(day)) == [one]
    assert Directive.objects.controlled(day - timedelta(days=1)).count() == 2


def test_a_release_of_an_action_needs_its_proof(council):
    one = council.under_way()
    row = council.month(one)
    given = {"month": row, "text": "已完成。", "suggested": Disposition.RELEASE}
    with pytest.raises(Refused, match="佐證"):
        council.do(one, p.report_month, council.cast.controller, on=date(2012, 6, 4), **given)
    with pytest.raises(Refused, match="辦理情形"):
        council.do(one, p.report_month, council.cast.controller, on=date(2012, 6, 4), month=row, text=" ")


def test_a_disputed_owner_is_decided_by_the_commission_in_two_working_days(council):
    one = council.do(
        council.assigned(), p.dispute, council.cast.controller, on=date(2012, 5, 4), reason="屬工務局",
        proposed_owner=council.cast.works,
    )  # fmt: skip
    clock = Clock.objects.get(case=one.case, code="dispute", stopped_at=None)
    assert timezone.localtime(clock.due_at).date() == date(2012, 5, 8)  # a weekend lies between
    assert Notice.objects.filter(user=council.cast.rdec_controller, kind="escalation").exists()
    with pytest.raises(Refused):
        council.do(
            one, p.decide_dispute, council.cast.works_controller, decided_owner=council.cast.works, reason="x"
        )
    one = council.do(
        one, p.decide_dispute, on=date(2012, 5, 7), decided_owner=council.cast.works, reason="權責"
    )
    assert one.case.agency == council.cast.works and one.case.stage == p.Stage.ASSIGNED
    with pytest.raises(Refused):
        council.do(one, p.accept, council.cast.controller)
    council.do(one, p.accept, council.cast.works_controller, on=date(2012, 5, 8))


def test_a_change_of_due_needs_its_reason_and_approval(council):
    one, controller = council.under_way(), council.cast.controller
    with pytest.raises(Refused, match="理由"):
        council.do(one, p.ask_due, controller, wanted=date(2012, 8, 31), reason=" ")
    council.do(one, p.ask_due, controller, wanted=date(2012, 8, 31), reason="豪雨")
    with pytest.raises(Refused, match="待核定"):
        council.do(one, p.ask_due, controller, wanted=date(2012, 9, 30), reason="再延")
    assert council.fresh(one).due_on == date(2012, 6, 30)
    one = council.do(one, p.decide_due, change=DueChange.objects.get(), approved=True)
    assert one.due_on == date(2012, 8, 31)
    clock = Clock.objects.get(case=one.case, code="due", stopped_at=None)
    assert timezone.localtime(clock.due_at).date() == date(2012, 8, 31)
    council.do(one, p.ask_due, controller, wanted=date(2012, 12, 31), reason="再延")
    one = council.do(one, p.decide_due, change=DueChange.objects.last(), approved=False, note="不准")
    assert one.due_on == date(2012, 8, 31)


def test_each_month_opens_once_and_late_reports_are_pressed(council):
    one = council.under_way()
    june = at(date(2012, 6, 1))
    assert monthly.open_months(june) == 1 and monthly.open_months(june) == 0
    month = Progress.objects.get()
    assert timezone.localtime(month.due_at).date() == date(2012, 6, 5)
    assert not monthly.late(at(date(2012, 6, 5))).exists()
    assert monthly.press(at(date(2012, 6, 7))) == 1 and monthly.press(at(date(2012, 6, 7))) == 0
    assert monthly.press(at(date(2012, 6, 11))) == 1
    assert Notice.objects.filter(kind="overdue", user=council.cast.head, case=one.case).count() == 1


def test_one_directive_given_twice_is_followed_once(council):
    first, again = council.given(), council.given(text="請儘速完成雨水下水道清淤。")
    again = council.do(again, p.merge, into=first, reason="同一事項")
    assert again.case.closed_on and list(Directive.objects.controlled(date(2012, 5, 31))) == [first]


def test_an_action_item_names_the_case_it_came_of(council):
    origin = council.given().case
    given = {"key": "x:1", "actor": council.cast.rdec_controller, "text": "請辦理",
             "owner": council.cast.works,
             "resolved_on": TUESDAY, "meeting": "會報",
             "co_owners": (council.cast.water,), "origin": origin}  # fmt: skip
    case = hand_over(ActionItem(**given))
    assert hand_over(ActionItem(**given)) == case and isinstance(case, Case)
    assert case.links_out.get().target == origin
    with pytest.raises(Refused):
        hand_over(ActionItem(**{**given, "key": "x:2", "actor": council.cast.officer}))


def test_what_the_meeting_has_seen_is_locked_and_changes_by_erratum_alone(council):
    one = council.do(council.reported(), p.keep_on, on=date(2012, 6, 13), meeting=council.later)
    month, owner, staff = one.months.get(), council.cast.controller, council.cast.rdec_controller
    assert month.locked and month.city_checked_by == staff and month.agency_checked_by == owner
    assert not p.last_filed(one, staff).exists()
    with pytest.raises(Refused, match="不同"):
        council.do(one, p.ask_erratum, owner, month=month, text=month.text, reason="誤植")
    one = council.do(one, p.ask_erratum, owner, month=month, text="已清淤七成。", reason="誤植")
    assert "沒有鎖定" in p.ask_erratum.refusal(one, owner)
    wanted = one.errata.get()
    one = council.do(one, p.decide_erratum, staff, erratum=wanted, approved=True)
    month.refresh_from_db()
    wanted.refresh_from_db()
    assert (month.text, month.locked) == ("已清淤七成。", True)
    assert wanted.changes == {"text": ["已清淤八成。", "已清淤七成。"]}
    assert "沒有待核定" in p.decide_erratum.refusal(one, staff)


def test_a_released_directive_is_locked_too_and_a_refused_erratum_changes_nothing(council):
    one = council.do(council.proposed(), p.release, on=date(2012, 6, 13), meeting=council.later)
    month = one.months.get()
    assert month.locked
    one = council.do(one, p.ask_erratum, council.cast.controller, month=month, text="別的", reason="誤植")
    council.do(one, p.decide_erratum, erratum=one.errata.get(), approved=False)
    month.refresh_from_db()
    assert month.text == "已清淤八成。"


def test_an_agency_that_takes_part_files_its_own_part_until_the_meeting_has_seen_it(council):
    one = council.under_way()
    month, helper = council.month(one), council.cast.works_controller
    place = one.co_owners.get()
    assert list(p.own_places(one, helper)) == [place] and not p.own_places(one, council.cast.controller)
    assert p.report_month.refusal(one, helper) and p.add_part.refusal(one, council.cast.controller)
    for text in ("已勘查路面。", "路面已修復。"):
        one = council.do(one, p.add_part, helper, on=date(2012, 6, 3), place=place, month=month, text=text)
    told = screens.progress(one, council.cast.controller)
    assert told["months"][0]["parts"] == [("工務局", "路面已修復。")]
    given = {"month": month, "text": "已清淤八成。", "suggested": Disposition.CONTINUE}
    one = council.do(one, p.report_month, council.cast.controller, on=date(2012, 6, 4), **given)
    assert "工務局：路面已修復。" in letters.latest(one)
    one = council.do(one, p.keep_on, on=date(2012, 6, 13), meeting=council.later)
    with pytest.raises((Refused, ValidationError)):
        council.do(one, p.add_part, helper, place=place, month=month, text="太晚了")
