"""The rules of an inspection: who sits, who is told when, what the scores come to."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from yankao.inspection.quality import process as p
from yankao.inspection.quality.models import (
    Bond,
    Commissioner,
    Deficiency,
    Inspection,
    Kind,
    Penalty,
    Sample,
    Seat,
    SeatRole,
    firm_key,
)
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case, Clock, Link
from yankao.kernel.casework.process import Refused

from .conftest import BEFORE, DAY, at

pytestmark = pytest.mark.django_db


# ── Team ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_team_needs_two_or_three_from_outside(site):
    with pytest.raises(Refused, match="2至3人，目前1人"):
        site.do(site.seated(outsiders=1), p.form_team, on=date(2012, 5, 9))
    other = site.make_tender("101-002")
    with pytest.raises(Refused, match="2至3人，目前4人"):
        site.do(site.seated(outsiders=4, tender=other), p.form_team, on=date(2012, 5, 9))
    third = site.make_tender("101-003")
    one = site.do(site.seated(outsiders=3, tender=third), p.form_team, on=date(2012, 5, 9))
    assert one.case.stage == p.Stage.TEAM_FORMED


def test_a_team_needs_a_third_from_outside(site):
    one = site.seated(outsiders=2)
    inside = [
        Commissioner.objects.create(
            name=f"內{n}", external=False, agency=site.cast.rdec, valid_from=date(2011, 1, 1)
        )
        for n in range(4)
    ]
    site.do(one, p.name_members, on=date(2012, 5, 9), seats=[p.SeatRow(c) for c in inside])
    with pytest.raises(Refused, match="不得少於1/3"):
        site.do(one, p.form_team, on=date(2012, 5, 9))
    site.do(
        one, p.drop_member, on=date(2012, 5, 9), seat=Seat.objects.get(commissioner=inside[0]), reason="請假"
    )
    assert site.do(one, p.form_team, on=date(2012, 5, 9)).case.stage == p.Stage.TEAM_FORMED


def test_a_team_has_one_lead(site):
    one = site.scheduled()
    rows = [p.SeatRow(person) for person in site.outsiders[:2]]
    site.do(one, p.name_members, on=date(2012, 5, 8), seats=rows)
    with pytest.raises(Refused, match="尚無領隊"):
        site.do(one, p.form_team, on=date(2012, 5, 9))
    site.do(one, p.name_members, on=date(2012, 5, 8), seats=[p.SeatRow(site.lead, SeatRole.LEAD)])
    with pytest.raises(Refused, match="只有一位領隊"):
        site.do(one, p.name_members, on=date(2012, 5, 8), seats=[p.SeatRow(site.outsiders[2], SeatRole.LEAD)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"employer": "鼎盛營造有限公司"}, "任職於受查廠商"),
        (
            {"disqualified_on": date(2012, 5, 1), "disqualified_for": "貪污判刑確定"},
            "已解除職務：貪污判刑確定",
        ),
        ({"valid_to": date(2012, 5, 20)}, "不在聘期內"),
        ({"agency": "water"}, "任職於主辦機關水利局"),
    ],
)
def test_a_person_with_a_conflict_does_not_sit(site, change, words):
    person = site.outsiders[0]
    for name, value in change.items():
        setattr(person, name, site.cast.water if value == "water" else value)
    person.save()
    with pytest.raises(Refused, match=words):
        site.do(site.seated(), p.form_team, on=date(2012, 5, 9))


def test_declared_kin_at_the_contractor_bars_a_commissioner_while_it_lasts(site):
    bond = Bond.objects.create(
        commissioner=site.outsiders[1],
        kind=Bond.Kind.KIN,
        firm="鼎盛營造有限公司",
        valid_from=date(2012, 1, 1),
    )
    one = site.seated()
    with pytest.raises(Refused, match="申報二親等以內親屬任職"):
        site.do(one, p.form_team, on=date(2012, 5, 9))
    bond.valid_to = date(2012, 5, 20)
    bond.save()
    assert site.do(one, p.form_team, on=date(2012, 5, 9)).case.stage == p.Stage.TEAM_FORMED


def test_nobody_inspects_the_same_contractor_more_often_than_the_rule_allows(site):
    for number in range(2):
        tender = site.make_tender(
            f"101-1{number}", contractor="鼎盛營造（股）公司" if number else "鼎盛營造公司"
        )
        one = site.on_site(tender=tender)
        assert one.case.stage == p.Stage.ON_SITE
    assert firm_key("鼎盛營造股份有限公司") == firm_key("鼎盛營造公司")
    Inspection.objects.filter(tender__contractor_key=firm_key("鼎盛營造（股）公司")).update(
        tender=site.make_tender("101-13")
    )
    with pytest.raises(Refused, match="達上限2次"):
        site.do(site.seated(), p.form_team, on=date(2012, 5, 9))


def test_a_conflict_found_after_the_team_stands_holds_back_the_notice(site):
    one = site.formed()
    site.outsiders[0].disqualified_on, site.outsiders[0].disqualified_for = date(2012, 5, 15), "停止執業"
    site.outsiders[0].save()
    with pytest.raises(Refused, match="停止執業"):
        site.do(one, p.notify, on=BEFORE, hour=15, phoned_at=at(BEFORE, 14), spoke_with="林小姐")


# ── Notice ──────────────────────────────────────────────────────────────────────────────────────────


def test_since_march_2012_a_general_case_is_told_one_to_three_months_ahead(site):
    one = site.candidate(kind=Kind.GENERAL, on=date(2012, 2, 10))
    site.do(one, p.schedule, on=date(2012, 2, 10), planned_on=DAY)
    with pytest.raises(Refused, match="先告知季名單"):
        site.do(one, p.form_team, on=date(2012, 2, 13))
    for day in (date(2012, 2, 20), date(2012, 4, 22)):
        with pytest.raises(Refused, match="之間告知"):
            site.do(one, p.tell_quarter, on=day, advance_letter="研工1", advance_on=day)
    for day in (date(2012, 2, 21), date(2012, 4, 21)):
        site.do(one, p.tell_quarter, on=day, advance_letter="研工1", advance_on=day)
        assert one.case.stage == p.Stage.ADVANCE_NOTIFIED
        site.do(one, p.reschedule, on=day, planned_on=DAY, reason="重排")


def test_before_march_2012_nothing_is_told_in_advance(site):
    one = site.candidate(kind=Kind.GENERAL, on=date(2012, 1, 10))
    site.do(one, p.schedule, on=date(2012, 1, 10), planned_on=date(2012, 2, 20))
    with pytest.raises(Refused, match="不預先告知"):
        site.do(
            one, p.tell_quarter, on=date(2012, 1, 11), advance_letter="研工1", advance_on=date(2012, 1, 11)
        )
    assert p.advance_missing(one) == ""


@pytest.mark.parametrize("kind", [Kind.CITIZEN, Kind.PETITION, Kind.SPECIAL])
def test_a_reported_case_is_never_told_in_advance(site, kind):
    with pytest.raises(Refused, match="不預先告知"):
        site.do(
            site.scheduled(kind=kind),
            p.tell_quarter,
            on=DAY,
            advance_letter="研工1",
            advance_on=date(2012, 4, 3),
        )


def test_the_agency_is_phoned_on_the_working_day_before(site):
    one = site.formed()
    clock = Clock.objects.get(case=one.case, code="notice")
    assert clock.due_at.astimezone(at(DAY).tzinfo).date() == BEFORE
    early = date(2012, 5, 17)
    with pytest.raises(Refused, match="提前通知即為洩密"):
        site.do(one, p.notify, on=early, phoned_at=at(early), spoke_with="林小姐")
    site.do(one, p.notify, on=BEFORE, hour=15, phoned_at=at(BEFORE, 14), spoke_with="林小姐")
    assert Clock.objects.get(case=one.case, code="notice").stopped_at == at(BEFORE, 15)
    assert "林小姐" not in Entry.objects.filter(case=one.case, act="notify").get().body


def test_no_visit_is_planned_on_a_day_off(site):
    with pytest.raises(Refused, match="不是上班日"):
        site.do(site.candidate(), p.schedule, on=date(2012, 5, 2), planned_on=date(2012, 5, 20))


def test_the_letter_arrives_on_the_day_of_the_visit(site):
    given = {"inspected_on": DAY, "planned": Decimal(50), "actual": Decimal(48)}
    with pytest.raises(Refused, match="當日送達"):
        site.do(site.notified(), p.arrive, on=DAY, letter_served_on=BEFORE, **given)


def test_moving_the_day_moves_the_notice(site):
    one = site.formed()
    site.do(one, p.move_day, on=date(2012, 5, 10), planned_on=date(2012, 5, 23), reason="委員不克出席")
    clock = Clock.objects.get(case=one.case, code="notice", stopped_at=None)
    assert clock.due_at.date() == date(2012, 5, 22)


# ── Score ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("scores", "score", "grade"),
    [
        ((79, 80, "79.5"), 80, "good"),
        ((79, 80, "79.4"), 79, "fair"),
        ((89, 89, "90.5"), 90, "excellent"),
        ((89, 89, 90), 89, "good"),
        ((69, 69, "70.5"), 70, "fair"),
        ((69, 69, 70), 69, "poor"),
    ],
)
def test_the_score_is_the_mean_rounded_half_up_and_gives_the_grade(site, scores, score, grade):
    one = site.issued(*scores)
    assert (one.score, one.grade) == (score, grade)


def test_nobody_types_a_score_or_a_grade(site):
    for move in p.process.moves.values():
        assert not {"mean", "grade"} & set(move.asks)
    assert "score" not in p.issue_result.asks and "score" not in p.conclude.asks
    with pytest.raises(Refused, match="不是可以更正的欄位"):
        p.process.amend(site.issued(), site.cast.secretary, reason="改分", score=95)


def test_everybody_on_the_team_scores(site):
    one = site.on_site()
    seat = Seat.objects.get(inspection=one, commissioner=site.lead)
    site.do(one, p.enter_score, site.cast.inspector, on=DAY, seat=seat, score=Decimal(82))
    with pytest.raises(Refused, match="尚未評分：林一、王二"):
        site.do(one, p.conclude, on=DAY)
    with pytest.raises(Refused, match="0至100"):
        site.do(one, p.enter_score, site.cast.inspector, on=DAY, seat=seat, score=Decimal(101))
    other = Seat.objects.get(inspection=one, commissioner=site.outsiders[0])
    with pytest.raises(ValidationError):
        site.do(one, p.enter_score, site.cast.inspector, on=DAY, seat=other, score=Decimal(70))


def test_no_score_stands_in_the_ledger_or_on_the_record_before_it_is_told(site):
    one = site.concluded(71, 72, 73)
    bodies = "".join(Entry.objects.filter(case=one.case).values_list("body", flat=True))
    assert '"71"' not in bodies and '"72"' not in bodies
    assert site.fresh(one).score is None and site.fresh(one).mean is None


def test_a_ground_of_the_agency_s_own_needs_proof_and_forces_the_lowest_grade(site):
    with pytest.raises(Refused, match="須附試驗報告或其他佐證"):
        site.concluded(88, 90, 92, ground="safety")
    one = Inspection.objects.get()
    site.do(one, p.conclude, on=DAY, ground="safety", proof=site.photo())
    site.do(one, p.issue_result, on=date(2012, 5, 25), result_letter="研工1")
    assert (one.mean, one.score, one.grade) == (Decimal("90.00"), 69, "poor")


def test_a_forced_grade_keeps_a_score_that_is_lower(site):
    one = site.issued(60, 61, 62, ground="safety", proof=site.photo())
    assert (one.score, one.grade) == (61, "poor")


def pending(site, *scores):
    one = site.on_site()
    sample = site.sample(one)
    return site.do(site.score(one, *scores), p.conclude, on=DAY), sample


def test_a_passing_score_is_withheld_until_the_test_is_judged(site):
    one, sample = pending(site, 80, 82, 84)
    assert one.case.stage == p.Stage.TESTS_PENDING and one.withheld
    with pytest.raises(Refused, match="待試驗結果"):
        site.do(one, p.issue_result, on=date(2012, 5, 25), result_letter="研工1")
    site.do(
        one,
        p.enter_test,
        on=date(2012, 6, 1),
        sample=sample,
        report=site.photo(),
        result_on=date(2012, 6, 1),
        passed=True,
    )
    assert one.case.stage == p.Stage.SCORED
    site.do(one, p.issue_result, on=date(2012, 6, 4), result_letter="研工1")
    assert (one.score, one.grade, one.ground) == (82, "good", "")
    assert Sample.objects.get().paid_by == "主辦機關"


def test_a_failed_test_makes_a_withheld_score_sixty_nine(site):
    one, sample = pending(site, 80, 82, 84)
    site.do(
        one, p.enter_test, on=date(2012, 6, 1), sample=sample, report=site.photo(), result_on=date(2012, 6, 1)
    )
    site.do(one, p.issue_result, on=date(2012, 6, 4), result_letter="研工1")
    assert (one.score, one.grade, one.ground) == (69, "poor", "concrete")
    assert Sample.objects.get().paid_by == "承攬廠商"


def test_a_failing_score_waits_for_no_test(site):
    one, _sample = pending(site, 60, 61, 62)
    assert one.case.stage == p.Stage.SCORED and not one.withheld


def test_a_score_waits_for_the_last_of_several_tests(site):
    one = site.on_site()
    first, second = site.sample(one), site.sample(one, "asphalt")
    site.do(site.score(one, 80, 82, 84), p.conclude, on=DAY)
    given = {"report": site.photo(), "result_on": date(2012, 6, 1), "passed": True}
    site.do(one, p.enter_test, on=date(2012, 6, 1), sample=first, **given)
    assert one.case.stage == p.Stage.TESTS_PENDING
    site.do(one, p.enter_test, on=date(2012, 6, 1), sample=second, **given)
    assert one.case.stage == p.Stage.SCORED


def test_the_record_goes_out_in_seven_working_days_even_while_the_score_is_withheld(site):
    one, sample = pending(site, 80, 82, 84)
    clock = Clock.objects.get(case=one.case, code="record")
    assert clock.due_at.date() == date(2012, 5, 30)
    site.do(one, p.send_record_first, on=date(2012, 5, 28))
    assert Clock.objects.get(case=one.case, code="record").stopped_at
    site.do(
        one,
        p.enter_test,
        on=date(2012, 6, 6),
        sample=sample,
        report=site.photo(),
        result_on=date(2012, 6, 6),
        passed=True,
    )
    site.do(one, p.issue_result, on=date(2012, 6, 7), result_letter="研工1")
    assert one.record_sent_on == date(2012, 5, 28) and one.issued_on == date(2012, 6, 7)


def test_points_cost_what_the_rule_of_the_day_says(site):
    one = site.issued(faults=2)
    fine = Penalty.objects.get(inspection=one)
    assert (fine.party, fine.points, fine.per_point, fine.amount) == ("contractor", 6, 4000, 24000)


def test_a_fine_stops_at_its_share_of_the_contract(site):
    site.tender.award = Decimal(10_000)
    site.tender.save()
    one = site.issued(faults=3)
    assert Penalty.objects.get(inspection=one).amount == 2000


# ── Correction ──────────────────────────────────────────────────────────────────────────────────────


def test_corrections_are_due_thirty_days_after_the_record(site):
    one = site.issued(on=date(2012, 5, 25))
    clock = Clock.objects.get(case=one.case, code="correction")
    assert clock.due_at.date() == date(2012, 6, 25)  # the thirtieth day is a Sunday


def test_every_deficiency_has_three_photographs_and_a_review_before_it_is_handed_in(site):
    one = site.correcting(faults=2)
    first, second = Deficiency.objects.order_by("number")
    with pytest.raises(Refused, match="第1、2項缺改善前、中、後照片"):
        site.do(
            one, p.submit_corrections, site.cast.controller, on=date(2012, 6, 8), corrected_letter="水工1"
        )
    site.fix(one, first)
    site.fix(one, second)
    with pytest.raises(Refused, match="第1、2項尚未經機關審查"):
        site.do(
            one, p.submit_corrections, site.cast.controller, on=date(2012, 6, 8), corrected_letter="水工1"
        )
    with pytest.raises(Refused, match="審查缺失改善」由"):
        site.do(one, p.review_fixes, site.cast.officer, on=date(2012, 6, 8), faults=[first])
    site.do(one, p.review_fixes, site.cast.controller, on=date(2012, 6, 8), faults=[first, second])
    site.do(one, p.submit_corrections, site.cast.controller, on=date(2012, 6, 8), corrected_letter="水工1")
    site.do(one, p.file_corrections, on=date(2012, 6, 12))
    assert set(Deficiency.objects.values_list("checked_on", flat=True)) == {date(2012, 6, 12)}


def test_a_deficiency_without_a_photograph_of_before_gets_one_or_is_not_fixed(site):
    one = site.on_site()
    fault = site.fault(one, before=None)
    site.do(site.score(one, 80, 81, 82), p.conclude, on=DAY)
    site.do(one, p.issue_result, on=date(2012, 5, 25), result_letter="研工1")
    site.do(one, p.acknowledge, site.cast.controller, on=date(2012, 5, 28), received_on=date(2012, 5, 28))
    with pytest.raises(Refused, match="缺改善前照片"):
        site.fix(one, fault)


def test_late_corrections_need_the_measures_of_the_law(site):
    with pytest.raises(Refused, match="已逾改善期限"):
        site.submitted(on=date(2012, 7, 2))
    one = Inspection.objects.get()
    site.do(
        one, p.submit_corrections, site.cast.controller, on=date(2012, 7, 2), corrected_letter="水工1",
        late_measures="通知監造撤換駐地人員",
    )  # fmt: skip
    assert one.late_measures == "通知監造撤換駐地人員"


def test_the_team_grants_an_extension_and_the_host_cannot(site):
    one = site.correcting()
    site.do(one, p.ask_extension, site.cast.officer, on=date(2012, 6, 18), days=15, reason="材料未到")
    extend = p.process.moves["extend_correction"]
    with pytest.raises(Refused, match="由查核團隊"):
        site.do(one, extend, site.cast.controller, on=date(2012, 6, 19), days=15, reason="材料未到")
    site.do(one, extend, site.cast.inspector, on=date(2012, 6, 19), days=15, reason="同意")
    clock = Clock.objects.get(case=one.case, code="correction")
    assert clock.due_at.date() > date(2012, 7, 9)


def test_what_is_sent_back_is_fixed_and_reviewed_again(site):
    one = site.submitted()
    fault = Deficiency.objects.get()
    site.do(one, p.send_back, on=date(2012, 6, 14), faults=[fault], reason="照片不清")
    assert one.case.stage == p.Stage.CORRECTING and one.case.due_at.date() == date(2012, 6, 28)
    with pytest.raises(Refused, match="缺改善前、中、後照片"):
        site.do(
            one, p.submit_corrections, site.cast.controller, on=date(2012, 6, 15), corrected_letter="水工2"
        )


def test_a_visit_without_deficiencies_is_filed_at_once(site):
    one = site.issued(faults=0)
    site.do(one, p.file_without_faults, on=date(2012, 5, 28))
    assert one.case.stage == p.Stage.FILED


def test_a_visit_with_deficiencies_is_not_filed_without_correction(site):
    with pytest.raises(Refused, match="有缺失"):
        site.do(site.issued(), p.file_without_faults, on=date(2012, 5, 28))


# ── The end ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_lowest_grade_closes_only_after_its_measures(site):
    one = site.filed(60, 61, 62)
    with pytest.raises(Refused, match="丙等案件須先報送處置"):
        site.do(one, p.close, on=date(2012, 7, 1))
    site.do(one, p.require_measures, on=date(2012, 6, 18))
    parts = ("staff", "professionals", "debarment", "supervisors", "site_staff")
    site.do(one, p.report_measures, site.cast.head, on=date(2012, 6, 29), **dict.fromkeys(parts, "已處置"))
    site.do(one, p.close, on=date(2012, 7, 2))
    assert one.case.closed_on == date(2012, 7, 2)


def test_other_grades_know_no_such_measures(site):
    with pytest.raises(Refused, match="只有丙等"):
        site.do(site.filed(), p.require_measures, on=date(2012, 6, 18))


def test_an_ordered_reinspection_is_opened_and_follows_its_inspection(site):
    one = site.filed()
    site.do(one, p.order_reinspection, on=date(2012, 6, 18), reinspect_by=date(2012, 8, 1), reason="缺失嚴重")
    with pytest.raises(Refused, match="須先開立複查案"):
        site.do(one, p.close, on=date(2012, 6, 19))
    again = site.candidate(kind=Kind.REINSPECTION, earlier=one, on=date(2012, 6, 20))
    link = Link.objects.get()
    assert (link.source_id, link.target_id, link.kind) == (again.pk, one.pk, "follows")
    site.do(one, p.close, on=date(2012, 6, 21))
    assert Case.objects.get(pk=one.pk).closed_on == date(2012, 6, 21)


def test_a_reinspection_names_the_inspection_of_the_same_tender(site):
    with pytest.raises(ValidationError, match="複查須載明原查核案"):
        site.candidate(kind=Kind.REINSPECTION)
    one = site.filed()
    with pytest.raises(Refused, match="標案須與原查核案相同"):
        site.candidate(kind=Kind.REINSPECTION, earlier=one, tender=site.make_tender("101-009"))


def test_agency_and_place_follow_the_tender(site):
    one = p.process.open(
        site.cast.secretary, title="x", agency=site.cast.works, tender=site.tender, kind="special"
    )
    assert one.case.agency == site.cast.water and one.case.district == site.cast.district
