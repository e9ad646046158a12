"""Moves, duties, clocks, receipts and amendments, on the worked example's room."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from examples.lost_property.models import Find
from examples.lost_property.process import Stage, give_back, give_notice, let_fall, process
from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry, Withheld
from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.notice.models import Notice

pytestmark = pytest.mark.django_db


def find(cast, **more):
    facts = {"place": "捷運站", "found_on": date(2012, 3, 1)} | more
    return process.open(cast.officer, title="雨傘", agency=cast.water, opened_on=date(2012, 3, 1), **facts)


def test_a_case_opens_with_its_number_and_its_first_line_in_the_ledger(cast):
    umbrella = find(cast)
    assert umbrella.case.number == "拾101-0001"
    assert umbrella.case.stage == Stage.KEPT
    assert [entry.act for entry in umbrella.case.entries.order_by("seq")] == ["open"]


def test_numbers_run_without_gaps_when_an_opening_is_refused(cast):
    find(cast)
    with pytest.raises(Refused):
        process.open(cast.stranger, title="x", agency=cast.water, place="x", found_on=date(2012, 3, 1))
    assert find(cast).case.number == "拾101-0002"


def test_a_notice_starts_the_six_months_and_returning_stops_them(cast):
    umbrella = find(cast)
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    clock = Clock.objects.get(case=umbrella.case)
    assert timezone.localtime(clock.due_at).date() == date(2012, 9, 17)  # 15 September 2012 was a Saturday
    assert umbrella.case.due_at == clock.due_at
    give_back(umbrella, cast.officer, claimant="王大明")
    clock.refresh_from_db()
    assert clock.stopped_at is not None
    umbrella.case.refresh_from_db()
    assert (umbrella.case.stage, umbrella.case.due_at) == (Stage.RETURNED, None)
    assert umbrella.case.closed_on == timezone.localdate()


def test_a_move_of_another_stage_is_refused_with_a_sentence(cast):
    umbrella = find(cast)
    with pytest.raises(Refused, match="目前在「保管中」"):
        give_back(umbrella, cast.officer, claimant="王大明")


def test_a_move_of_another_agency_is_refused_and_names_the_duty(cast):
    umbrella = find(cast)
    with pytest.raises(Refused, match="主辦機關"):
        give_notice(umbrella, cast.works_officer, noticed_on=date(2012, 3, 15))
    assert Case.objects.get().stage == Stage.KEPT


def test_a_retried_request_does_nothing_twice(cast):
    umbrella = find(cast)
    assert give_notice.run(umbrella, cast.officer, {"noticed_on": date(2012, 3, 15)}, key="r-1") is True
    assert give_notice.run(umbrella, cast.officer, {"noticed_on": date(2012, 3, 15)}, key="r-1") is False
    assert Entry.objects.filter(act="give_notice").count() == 1
    again = {"title": "傘", "agency": cast.water, "place": "x", "found_on": date(2012, 3, 1), "key": "o-1"}
    assert process.open(cast.officer, **again).pk == process.open(cast.officer, **again).pk


def test_personal_data_stands_in_the_ledger_by_reference_only(cast):
    umbrella = find(cast)
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    give_back(umbrella, cast.officer, claimant="王大明")
    assert "王大明" not in Entry.objects.get(act="give_back").body
    assert ledger.withheld(Withheld.objects.get().pk) == "王大明"


def test_an_impossible_fact_is_refused_by_the_database_s_own_constraint(cast):
    umbrella = find(cast)
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    Find.objects.filter(pk=umbrella.pk).update(returned_on=date(2012, 4, 1))
    with pytest.raises(ValidationError):
        let_fall(umbrella, cast.rdec_controller, fell_to="拾得人")


def test_an_amendment_recalculates_the_running_clock_and_keeps_why(cast):
    umbrella = find(cast)
    give_notice(umbrella, cast.officer, noticed_on=date(2012, 3, 15))
    with pytest.raises(ValidationError):
        process.amend(umbrella, cast.rdec_controller, reason=" ", place="公車上")
    with pytest.raises(Refused):
        process.amend(umbrella, cast.officer, reason="誤植", place="公車上")
    process.amend(umbrella, cast.rdec_controller, reason="誤植", place="公車上", title="黑雨傘")
    umbrella.refresh_from_db()
    assert (umbrella.place, Case.objects.get().title) == ("公車上", "黑雨傘")
    assert '"捷運站","公車上"' in Entry.objects.get(act="amend").body


def test_an_extension_is_bounded_and_refused_after_expiry(cast):
    umbrella = find(cast)
    give_notice(umbrella, cast.officer, noticed_on=timezone.localdate() - timedelta(days=30))
    before = Clock.objects.get().due_at
    extend = process.moves["extend_claim"]
    with pytest.raises(Refused, match="展"):
        extend(umbrella, cast.rdec_controller, days=31, reason="候認領")
    extend(umbrella, cast.rdec_controller, days=14, reason="候認領")
    clock = Clock.objects.get()
    assert clock.due_at > before
    assert [(c.kind, c.due_before, c.due_after) for c in clock.changes.all()] == [
        ("extend", before, clock.due_at)
    ]
    with pytest.raises(Refused, match="展"):
        extend(umbrella, cast.rdec_controller, days=1, reason="再展")
    late = find(cast)
    give_notice(late, cast.officer, noticed_on=date(2012, 3, 15))
    with pytest.raises(Refused, match="屆滿"):
        extend(late, cast.rdec_controller, days=5, reason="逾期才申請")


def test_an_archive_plays_the_same_moves_in_bulk(cast):
    with Archive(process) as archive:
        for number in range(5):
            lost = archive.open(
                title=f"傘{number}",
                agency=cast.water,
                on=date(2012, 3, 1),
                place="x",
                found_on=date(2012, 3, 1),
            )
            archive.move(lost, give_notice, cast.officer, date(2012, 3, 15), noticed_on=date(2012, 3, 15))
            if number < 3:
                archive.move(lost, give_back, cast.officer, date(2012, 4, 2), claimant="")
    assert list(Case.objects.order_by("pk").values_list("number", flat=True)) == [
        f"拾101-{n:04d}" for n in range(1, 6)
    ]
    assert Case.objects.filter(closed_on=date(2012, 4, 2)).count() == 3
    assert Clock.objects.filter(stopped_at=None).count() == 2
    assert Entry.objects.count() == 13
    assert Find.objects.filter(returned_on=date(2012, 4, 2)).count() == 3


def test_an_archive_refuses_a_stage_the_process_does_not_allow(cast):
    with pytest.raises(ValueError, match="does not start"), Archive(process) as archive:
        lost = archive.open(
            title="傘", agency=cast.water, on=date(2012, 3, 1), place="x", found_on=date(2012, 3, 1)
        )
        archive.move(lost, give_back, cast.officer, date(2012, 4, 2), claimant="")
    assert not Case.objects.exists()


def test_a_duty_lists_exactly_what_it_allows(cast):
    mine = find(cast)
    assert Case.objects.filter(process.visible(cast.officer)).count() == 1
    assert not Case.objects.filter(process.visible(cast.works_officer)).exists()
    assert Case.objects.filter(visible(cast.rdec_controller)).count() == 1
    assert not Case.objects.filter(visible(cast.stranger)).exists()
    assert [move.name for move in process.open_to(mine, cast.officer)] == ["give_notice"]


def test_an_assigned_officer_hears_of_it_once(cast):
    umbrella = find(cast)
    process.assign(umbrella, cast.manager, cast.colleague, key="a-1")
    process.assign(umbrella, cast.manager, cast.colleague, key="a-1")
    assert Notice.objects.filter(user=cast.colleague).count() == 1
