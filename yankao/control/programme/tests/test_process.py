"""The way of an item: plan, months, changes, errata, completion, evaluation, closing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yankao.kernel.casework.contract import holds
from yankao.kernel.casework.models import Clock
from yankao.kernel.casework.process import Refused
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import Portion
from yankao.kernel.notice.models import Notice

from .. import monthly, rules
from .. import process as way
from ..models import AgendaItem, LagCause, Light, Month, Programme, Project, TenderStatus
from .conftest import at, plan

D = Decimal
FINE = {"actual": D("8.00"), "allotted": D(80_000), "paid": D(76_000)}
WHY = {"cause": LagCause.LAND, "reason": "用地尚未點交", "measure": "協調提前使用"}


def owed(project: Project, month: date) -> Month:
    return project.months.get(month=month)


def file(
    project: Project, cast: Any, month: date, *, day: str = "", check: bool = True, **facts: Any
) -> Month:
    """Open a month, file it and have it checked twice."""
    opened = at(f"{month:%Y}-{month.month + 1:02}-01")
    way.open_month.run(project, cast.rdec_controller, {"month": month}, at=opened)
    when = at(day) if day else opened.replace(day=4)
    way.submit_month.run(project, cast.officer, {"month": owed(project, month), **FINE, **facts}, at=when)
    if check:
        way.check_month.run(project, cast.controller, {"month": owed(project, month)}, at=when)
        way.confirm_month.run(project, cast.rdec_controller, {"month": owed(project, month)}, at=when)
    return owed(project, month)


def test_the_process_is_whole_and_its_page_is_current(db: None) -> None:
    holds(way.process, golden=Path(way.__file__).with_name("process.md"))


# ── Plan ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"work": [way.PlannedWork("全部", D("99.99"))]}, "work"),
        (
            {"curve": [way.CurvePoint(date(2012, 6, 1), D(60)), way.CurvePoint(date(2012, 7, 1), D(50))]},
            "curve",
        ),
        ({"curve": [way.CurvePoint(date(2012, 12, 1), D("99.99"))]}, "curve"),
        ({"curve": []}, "curve"),
        ({"funding": [Portion(101, Source.CITY_GENERAL, D(999_999))]}, "funding"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(
    cast: Any, selected: Project, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        way.submit_plan(selected, cast.officer, **plan(**change))
    assert field in refused.value.message_dict
    assert selected.work_items.count() == 0


def test_a_returned_plan_comes_back_as_the_next_version(cast: Any, selected: Project) -> None:
    way.submit_plan(selected, cast.officer, **plan())
    way.return_plan(selected, cast.rdec_controller, reason="權重請再斟酌")
    way.submit_plan(selected, cast.officer, **plan())
    assert selected.plan_no == 2
    assert set(selected.work_items.values_list("plan_no", flat=True)) == {1, 2}
    assert sum(line.amount for line in selected.funding.filter(until=None)) == selected.budget


def test_only_the_commission_selects_and_approves(cast: Any, selected: Project) -> None:
    with pytest.raises(Refused):
        way.process.open(
            cast.officer,
            title="自行列管",
            agency=cast.water,
            programme=selected.programme,
            year=101,
            budget=D(1),
        )
    way.submit_plan(selected, cast.officer, **plan())
    with pytest.raises(Refused):
        way.approve_plan(selected, cast.controller)


def test_a_switched_source_keeps_its_old_line(cast: Any, project: Project) -> None:
    line = project.funding.get(source=Source.CITY_GENERAL)
    given = {
        "line": line,
        "source": Source.CENTRAL_SPECIAL,
        "since": date(2012, 3, 1),
        "reason": "改列中央補助",
    }
    way.switch_funding.run(project, cast.officer, given, at=at("2012-03-01"))
    line.refresh_from_db()
    assert (line.until, line.amount) == (date(2012, 3, 1), D(600_000))
    assert sum(one.amount for one in project.funding.filter(until=None)) == project.budget
    with pytest.raises(ValidationError):
        way.switch_funding(project, cast.officer, **given)


def test_tender_status_follows_the_dated_facts(cast: Any, project: Project) -> None:
    assert project.tender_status == TenderStatus.NOT_TENDERED
    with pytest.raises(ValidationError):
        way.record_tender(project, cast.officer, awarded_on=date(2012, 2, 20))
    way.record_tender(project, cast.officer, tendered_on=date(2012, 2, 1))
    assert project.tender_status == TenderStatus.TENDERING
    with pytest.raises(ValidationError):
        way.record_tender(project, cast.officer, awarded_on=date(2012, 1, 31))
    project.refresh_from_db()
    way.record_tender(project, cast.officer, awarded_on=date(2012, 2, 20), commenced_on=date(2012, 3, 1))
    assert project.tender_status == TenderStatus.UNDER_WORKS


# ── Months ────────────────────────────────────────────────────────────────────────────────────────


def test_the_calendar_opens_last_month_once_for_every_item_under_way(project: Project) -> None:
    assert monthly.open_months(at("2012-02-01")) == 1
    assert monthly.open_months(at("2012-02-02")) == 0
    january = owed(project, date(2012, 1, 1))
    assert january.planned == D(8) and january.state == "open"
    # 5 February 2012 is a Sunday: due on Monday.
    assert january.due_at.astimezone().date() == date(2012, 2, 6)


def test_an_item_whose_programme_is_over_is_not_asked(project: Project) -> None:
    assert monthly.open_months(at("2013-02-01")) == 0


def test_each_owed_month_runs_a_clock_of_its_own(cast: Any, project: Project) -> None:
    monthly.open_months(at("2012-02-01"))
    monthly.open_months(at("2012-03-01"))
    running = Clock.objects.filter(case=project.case, stopped_at=None)
    assert sorted(running.values_list("code", flat=True)) == ["monthly:2012-01", "monthly:2012-02"]
    way.submit_month.run(
        project, cast.officer, {"month": owed(project, date(2012, 1, 1)), **FINE}, at=at("2012-03-02")
    )
    assert [clock.code for clock in running.all()] == ["monthly:2012-02"]
    project.case.refresh_from_db()
    assert project.case.due_at == owed(project, date(2012, 2, 1)).due_at


def test_a_report_after_the_fifth_is_late(cast: Any, project: Project) -> None:
    late = file(project, cast, date(2012, 3, 1), day="2012-04-06", actual=D(25))
    in_time = file(project, cast, date(2012, 4, 1), day="2012-05-04", actual=D(33))
    assert late.late and not in_time.late
    assert list(Month.objects.late(at("2012-06-01"))) == [late]


def test_who_did_not_file_is_pressed_and_then_the_head_hears(cast: Any, project: Project) -> None:
    monthly.open_months(at("2012-05-01"))
    assert monthly.press(at("2012-05-05")) == 0
    assert (
        monthly.press(at("2012-05-09")) == 1
    )  # 5 May is a Saturday: due Monday noon; by the 9th the head hears
    assert Notice.objects.filter(user=cast.head, kind="overdue").count() == 1
    assert monthly.press(at("2012-05-09")) == 0


def test_the_officer_is_pressed_the_day_after_the_deadline(cast: Any, project: Project) -> None:
    monthly.open_months(at("2012-07-01"))  # June is due on Thursday 5 July
    assert monthly.press(at("2012-07-06")) == 0
    assert monthly.press(at("2012-07-07")) == 2
    assert {n.user for n in Notice.objects.filter(kind="overdue")} == {cast.officer, cast.controller}


def test_a_month_is_refused_by_the_database_and_told_by_field(cast: Any, project: Project) -> None:
    """Constraints cost no statement of their own; a broken one is told as ever, and nothing is kept."""
    way.open_month.run(project, cast.rdec_controller, {"month": date(2012, 1, 1)}, at=at("2012-02-01"))
    behind = {**FINE, "actual": D("2.99")}
    with pytest.raises(ValidationError):
        way.submit_month.run(
            project, cast.officer, {"month": owed(project, date(2012, 1, 1)), **behind}, at=at("2012-02-04")
        )
    assert owed(project, date(2012, 1, 1)).submitted_at is None
    with CaptureQueriesContext(connection) as asked:
        way.submit_month.run(
            project, cast.officer, {"month": owed(project, date(2012, 1, 1)), **FINE}, at=at("2012-02-04")
        )
    assert not [one["sql"] for one in asked.captured_queries if 'AS "_check"' in one["sql"]]


def test_a_month_goes_through_both_checks_and_is_locked(cast: Any, project: Project) -> None:
    with pytest.raises(Refused):
        way.confirm_month(
            project, cast.rdec_controller, month=file(project, cast, date(2012, 1, 1), check=False)
        )
    month = owed(project, date(2012, 1, 1))
    way.check_month(project, cast.controller, month=month)
    way.confirm_month(project, cast.rdec_controller, month=month)
    month.refresh_from_db()
    assert month.state == "city_checked"
    assert monthly.lock_months() == 1
    month.refresh_from_db()
    assert month.state == "locked"


def test_a_returned_month_is_owed_again(cast: Any, project: Project) -> None:
    month = file(project, cast, date(2012, 1, 1), check=False)
    way.return_month(project, cast.controller, month=month, reason="金額有誤")
    month.refresh_from_db()
    assert month.state == "open"
    assert Clock.objects.filter(case=project.case, stopped_at=None, code="monthly:2012-01").exists()


def test_a_month_of_another_item_is_refused(cast: Any, project: Project, programme: Programme) -> None:
    other = way.process.open(
        cast.rdec_controller,
        title="別案",
        agency=cast.works,
        programme=programme,
        year=101,
        budget=D(1_000_000),
    )
    for move, actor, given in (
        (way.submit_plan, cast.works_officer, plan()),
        (way.approve_plan, cast.rdec_controller, {}),
        (way.start, cast.works_officer, {"started_on": date(2012, 1, 5)}),
        (way.open_month, cast.rdec_controller, {"month": date(2012, 1, 1)}),
    ):
        move(other, actor, **given)
    file(project, cast, date(2012, 1, 1))
    way.open_month(project, cast.rdec_controller, month=date(2012, 2, 1))
    with pytest.raises((Refused, ValidationError)):
        way.submit_month(project, cast.officer, month=other.months.get(), **FINE)
    assert other.months.get().submitted_at is None


@pytest.mark.parametrize(
    ("actual", "paid", "light"),
    [
        ("45.01", 900, Light.GREEN),
        ("45.00", 900, Light.YELLOW),
        ("40.01", 900, Light.YELLOW),
        ("40.00", 900, Light.RED),
        ("50", 800, Light.GREEN),
        ("50", 799, Light.RED),
    ],
)
def test_lights_change_at_their_limits(
    cast: Any, project: Project, actual: str, paid: int, light: Light
) -> None:
    way.open_month.run(project, cast.rdec_controller, {"month": date(2012, 6, 1)}, at=at("2012-07-01"))
    Month.objects.update(planned=D(50))
    for check in project.checkpoints.all():
        way.meet_checkpoint.run(
            project, cast.officer, {"checkpoint": check, "met_on": date(2012, 3, 30)}, at=at("2012-04-01")
        )
    given = {
        "month": owed(project, date(2012, 6, 1)),
        "actual": D(actual),
        "allotted": D(1000),
        "paid": D(paid),
        **WHY,
    }
    way.submit_month.run(project, cast.officer, given, at=at("2012-07-03"))
    month = owed(project, date(2012, 6, 1))
    assert month.light == month.light_now == light
    project.refresh_from_db()
    assert project.light == light


@pytest.mark.parametrize(
    ("month", "days", "light"), [(date(2012, 4, 1), 30, Light.GREEN), (date(2012, 5, 1), 61, Light.RED)]
)
def test_a_checkpoint_missed_by_more_than_thirty_days_turns_red(
    cast: Any, project: Project, month: date, days: int, light: Light
) -> None:
    """Its due day is 31 March."""
    filed = file(project, cast, month, actual=D(50))
    assert (filed.missed_days, filed.light) == (days, light)


def test_two_reds_in_a_row_go_to_the_steering_meeting(cast: Any, project: Project) -> None:
    red = {"actual": D(0), **WHY}
    file(project, cast, date(2012, 2, 1), **red)
    file(project, cast, date(2012, 3, 1), actual=D(25))
    file(project, cast, date(2012, 4, 1), **red)
    assert not AgendaItem.objects.exists()
    file(project, cast, date(2012, 5, 1), **red)
    item = AgendaItem.objects.get()
    assert (item.project, item.month, item.session) == (project, date(2012, 5, 1), None)
    assert Notice.objects.filter(user=cast.head, kind="escalation").exists()
    file(project, cast, date(2012, 6, 1), **red)
    assert AgendaItem.objects.count() == 2


# ── Errata ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def locked(cast: Any, project: Project) -> Month:
    month = file(project, cast, date(2012, 1, 1))
    way.lock_month(project, cast.rdec_controller, month=month)
    month.refresh_from_db()
    return month


def test_a_locked_month_changes_only_by_an_approved_erratum(
    cast: Any, project: Project, locked: Month
) -> None:
    with pytest.raises(Refused):
        way.return_month(project, cast.controller, month=locked, reason="想改")
    way.request_erratum(project, cast.officer, month=locked, reason="登打錯誤", paid=D(77_000))
    locked.refresh_from_db()
    assert locked.paid == D(76_000)
    erratum = project.errata.get()
    assert erratum.changes == {"paid": ["76000", "77000"]}
    way.approve_erratum(project, cast.rdec_controller, erratum=erratum)
    locked.refresh_from_db()
    assert locked.paid == D(77_000) and locked.locked


def test_an_erratum_cannot_slip_past_the_rule(cast: Any, project: Project, locked: Month) -> None:
    way.request_erratum(project, cast.officer, month=locked, reason="更正", actual=D("3.00"))
    with pytest.raises(ValidationError):
        way.approve_erratum(project, cast.rdec_controller, erratum=project.errata.get())
    locked.refresh_from_db()
    assert locked.actual == D("8.00")
    way.refuse_erratum(project, cast.rdec_controller, erratum=project.errata.get(), reason="未附落後說明")
    way.request_erratum(
        project,
        cast.officer,
        month=locked,
        reason="更正",
        actual=D("3.00"),
        cause=LagCause.LAND,
        lag_reason="用地",
        measure="協調",
    )
    way.approve_erratum(project, cast.rdec_controller, erratum=project.errata.get(decided_at=None))
    project.refresh_from_db()
    assert (project.lag, project.cause) == (D("5.00"), LagCause.LAND)


def test_an_open_month_needs_no_erratum(cast: Any, project: Project) -> None:
    month = file(project, cast, date(2012, 1, 1))
    with pytest.raises(Refused):
        way.request_erratum(project, cast.officer, month=month, reason="更正", paid=D(1))


# ── Change, suspension, withdrawal ────────────────────────────────────────────────────────────────


@pytest.fixture
def this_year(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The item in April of its own year: guards ask today's date."""
    from django.utils import timezone

    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: date(2012, 4, 10))
    return project


def _request(project: Project, cast: Any, day: str = "2012-04-10") -> None:
    given = {key: value for key, value in plan().items() if key != "funding"}
    way.request_change.run(project, cast.officer, {"reason": "用地延後", **given}, at=at(day))


def test_an_approved_change_brings_a_new_plan(cast: Any, this_year: Project) -> None:
    _request(this_year, cast)
    way.approve_change(this_year, cast.rdec_controller, change=this_year.plan_changes.get())
    assert (this_year.plan_no, this_year.case.stage) == (2, way.Stage.CHANGED)


def test_a_refused_change_leaves_the_plan(cast: Any, this_year: Project) -> None:
    _request(this_year, cast)
    way.refuse_change(this_year, cast.rdec_controller, change=this_year.plan_changes.get(), reason="理由不足")
    assert (this_year.plan_no, this_year.case.stage) == (1, way.Stage.EXECUTING)
    _request(this_year, cast)
    assert set(this_year.plan_changes.values_list("plan_no", flat=True)) == {2, 3}


def test_a_third_change_in_a_year_is_refused(cast: Any, this_year: Project) -> None:
    for _round in range(2):
        _request(this_year, cast)
        way.approve_change(
            this_year, cast.rdec_controller, change=this_year.plan_changes.get(decided_on=None)
        )
    with pytest.raises(Refused, match="2次"):
        _request(this_year, cast)


def test_the_last_month_of_a_plan_takes_no_change(
    cast: Any, this_year: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils import timezone

    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: date(2012, 11, 30))
    assert way.changes_left(this_year) == ""
    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: date(2012, 12, 1))
    assert way.changes_left(this_year)


def test_a_suspended_item_is_not_asked_for_a_month(cast: Any, project: Project) -> None:
    way.suspend(project, cast.rdec_controller, document="府研管字第1號", reason="遺址試掘")
    assert monthly.open_months(at("2012-02-01")) == 0
    way.resume(project, cast.rdec_controller, reason="試掘完成")
    assert project.case.stage == way.Stage.EXECUTING


def test_withdrawal_needs_the_chief(cast: Any, project: Project) -> None:
    with pytest.raises(Refused):
        way.withdraw(project, cast.rdec_controller, document="簽", reason="停辦")
    way.withdraw(project, cast.rdec_chief, document="府研管字第2號", reason="停辦")
    assert project.withdrawn_on and project.tender_status == TenderStatus.CANCELLED and project.case.closed_on


# ── Completion, evaluation, closing ───────────────────────────────────────────────────────────────


@pytest.fixture
def completed(cast: Any, project: Project) -> Project:
    way.complete(project, cast.officer, completed_on=date(2012, 11, 30))
    return project


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("90", "superb"),
        ("89.99", "good"),
        ("80", "good"),
        ("79.99", "fair"),
        ("70", "fair"),
        ("69.99", "poor"),
    ],
)
def test_the_year_end_evaluation_goes_from_self_to_review(
    cast: Any, completed: Project, score: str, grade: str
) -> None:
    with pytest.raises(Refused):
        way.evaluate_first(completed, cast.controller, initial_score=D(80), opinion="可")
    way.self_evaluate(completed, cast.officer, self_score=D(85), statement="如期完成")
    with pytest.raises(Refused):
        way.review(completed, cast.rdec_controller, review_score=D(score), opinion="可")
    way.evaluate_first(completed, cast.controller, initial_score=D(84), opinion="可")
    way.review(completed, cast.rdec_controller, review_score=D(score), opinion="可")
    assert (completed.grade, completed.case.stage) == (grade, way.Stage.EVALUATED)


def test_an_annual_item_closes_after_its_evaluation(cast: Any, completed: Project) -> None:
    with pytest.raises(Refused, match="考核"):
        way.close(completed, cast.rdec_controller)


def test_a_grant_item_closes_after_acceptance_and_settlement(
    cast: Any, completed: Project, programme: Programme
) -> None:
    Programme.objects.filter(pk=programme.pk).update(closing="settled")
    with pytest.raises(Refused, match="驗收"):
        way.close(Project.objects.get(pk=completed.pk), cast.rdec_controller)
    with pytest.raises(Refused, match="驗收"):
        way.settle(completed, cast.officer, settled_on=date(2012, 12, 20), settled_amount=D(950_000))
    way.accept(completed, cast.officer, accepted_on=date(2012, 12, 10))
    with pytest.raises(Refused, match="決算"):
        way.close(Project.objects.get(pk=completed.pk), cast.rdec_controller)
    way.settle(completed, cast.officer, settled_on=date(2012, 12, 20), settled_amount=D(950_000))
    way.close(completed, cast.rdec_controller)
    assert completed.concluded_on and completed.case.stage == way.Stage.CLOSED


def test_an_owed_month_holds_back_the_closing(cast: Any, project: Project, programme: Programme) -> None:
    Programme.objects.filter(pk=programme.pk).update(closing="completed")
    file(project, cast, date(2012, 1, 1), check=False)
    way.complete(project, cast.officer, completed_on=date(2012, 1, 31))
    with pytest.raises(Refused, match="101年1月"):
        way.close(project, cast.rdec_controller)
    with pytest.raises(Refused, match="101年1月"):
        way.release(project, cast.rdec_controller, reason="改自行列管")


def test_a_release_ends_control_and_keeps_the_day(cast: Any, project: Project) -> None:
    way.release(project, cast.rdec_controller, reason="改由機關自行列管")
    assert project.released_on and project.case.closed_on
    later = project.released_on
    assert not Project.objects.under_control(later).exists()


def test_limits_are_read_from_rules(db: None) -> None:
    assert rules.LAG_LIMIT.at(date(2012, 6, 30)) == D("5.00")
    assert rules.USE_FLOOR.at(date(2012, 6, 30)) == D("90.00")
