"""A round from assignment to announcement: load, conflicts, marks, spread, quotas, money, seal."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry, Withheld
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import Post, Role
from yankao.kernel.review import rounds
from yankao.kernel.review.models import Assignment, Mark, Relation, Sheet, code_word
from yankao.kernel.review.scoring import Quotas, calibration, over, parse_criteria, proposed, spread, total

from .conftest import DAY, at


def reasons(stand, sheet, person):
    found = rounds.conflicts_in(stand.round, [sheet], [person], DAY)[sheet.pk].get(person.pk, [])
    return [(one.reason, one.declared) for one in found]


@pytest.mark.django_db
class TestAssigning:
    def test_every_sheet_gets_two_reviewers_and_the_load_is_shared(self, stand):
        made, short = rounds.assign_all(stand.round, stand.cast.rdec_controller, at=at())
        assert (made, short) == (0, [])
        stand.assigned("AAA", "BBB", "CCC")
        assert sorted(rounds.loads(stand.round).values()) == [2, 2, 2]
        assert {one.due_on for one in Assignment.objects.all()} == {date(2012, 3, 19)}
        assert rounds.assign_all(stand.round, stand.cast.rdec_controller, at=at()) == (0, [])

    def test_a_sheet_without_enough_reviewers_is_named(self, stand):
        (sheet,) = stand.sheets("AAA")
        for person in stand.people[:2]:
            Relation.objects.create(
                reviewer=person, agency=stand.cast.water, reason="曾任顧問", valid_from=date(2011, 1, 1)
            )
        assert rounds.assign_all(stand.round, stand.cast.rdec_controller, at=at()) == (1, [sheet])

    def test_conflicts_are_declared_and_computed(self, stand):
        mine, other = stand.sheet("AAA"), stand.sheet("BBB", stand.cast.works_officer, stand.cast.works)
        person = stand.people[0]
        assert reasons(stand, mine, person) == []
        Relation.objects.create(
            reviewer=person, person=stand.cast.officer.name, reason="二親等", valid_from=date(2011, 1, 1)
        )
        assert reasons(stand, mine, person) == [("申報：二親等", True)]
        assert reasons(stand, other, person) == []
        at_works = stand.reviewer("丁師", agency=stand.cast.works)
        assert reasons(stand, other, at_works) == [("與作者同機關", False)]
        past = stand.reviewer("戊師", valid_to=date(2011, 12, 31))
        assert reasons(stand, mine, past) == [("不在聘期內", False)]
        namesake = stand.reviewer(stand.cast.officer.name)
        assert reasons(stand, mine, namesake) == [("為本件作者", False)]

    def test_an_officer_of_the_author_s_bureau_and_whoever_sees_the_case_cannot_judge_it(self, stand):
        (sheet,) = stand.sheets("AAA")
        person = stand.people[0]
        Post.objects.create(user=person.user, agency=stand.cast.water, role=Role.OFFICER)
        assert [why for why, _said in reasons(stand, sheet, person)] == [
            "與作者同機關",
            "可查閱本案的作者資料",
        ]
        staff = stand.people[1]
        Post.objects.create(user=staff.user, agency=stand.cast.rdec, role=Role.RDEC_CONTROLLER)
        assert reasons(stand, sheet, staff) == [("可查閱本案的作者資料", False)]

    def test_an_author_of_the_round_judges_nothing_in_it(self, stand):
        sheet = stand.sheet("AAA")
        person = stand.people[0]
        stand.sheet("BBB", person.user, stand.cast.works)
        assert ("本梯次有自己的送審件", False) in reasons(stand, sheet, person)

    def test_one_asked_by_hand_is_refused_for_a_conflict_and_twice_is_once(self, stand):
        (sheet,) = stand.sheets("AAA")
        again = [
            rounds.assign(sheet, stand.people[0], stand.cast.rdec_controller, at=at()).pk for _n in (1, 2)
        ]
        assert again[0] == again[1]
        Relation.objects.create(
            reviewer=stand.people[1], agency=stand.cast.water, reason="配偶任職", valid_from=date(2011, 1, 1)
        )
        with pytest.raises(Refused, match="乙師應迴避：申報：配偶任職"):
            rounds.assign(sheet, stand.people[1], stand.cast.rdec_controller, at=at())

    def test_a_recused_reviewer_is_replaced_and_not_asked_again(self, stand):
        (sheet,) = stand.assigned("AAA")
        one = stand.given(sheet)[0]
        with pytest.raises(ValidationError):
            rounds.recuse(one, one.reviewer.user, " ", at=at())
        rounds.recuse(one, one.reviewer.user, "與作者共事", at=at())
        assert rounds.assign_all(stand.round, stand.cast.rdec_controller, at=at())[0] == 1
        assert one.reviewer not in [a.reviewer for a in stand.given(sheet)]
        assert ("已迴避：與作者共事", True) in reasons(stand, sheet, one.reviewer)

    def test_only_conductors_without_an_own_entry_conduct(self, stand):
        sheet = stand.sheet("AAA")
        for who in (
            stand.cast.officer,
            stand.cast.mayor,
            stand.cast.auditor,
            stand.cast.admin,
            stand.people[0].user,
        ):
            with pytest.raises(Refused):
                rounds.assign(sheet, stand.people[0], who, at=at())
        stand.sheet("BBB", stand.cast.rdec_controller, stand.cast.rdec)
        with pytest.raises(Refused):
            rounds.assign(sheet, stand.people[0], stand.cast.rdec_controller, at=at())
        assert rounds.conducted(stand.cast.rdec_chief) == [stand.round]
        assert rounds.conducted(stand.cast.rdec_controller) == []


@pytest.mark.django_db
class TestScoring:
    def test_the_weighted_marks_make_the_total(self, stand):
        (sheet,) = stand.assigned("AAA")
        one = stand.given(sheet)[0]
        rounds.score(one, one.reviewer.user, {"idea": Decimal(80), "use": Decimal("75.5")}, at=at())
        one.refresh_from_db()
        assert (one.total, one.scored_on) == (Decimal("77.30"), DAY)

    def test_every_criterion_wants_a_mark_and_a_draft_does_not(self, stand):
        (sheet,) = stand.assigned("AAA")
        one = stand.given(sheet)[0]
        with pytest.raises(ValidationError) as refused:
            rounds.score(one, one.reviewer.user, {"idea": Decimal(80), "use": None}, at=at())
        assert refused.value.message_dict == {"use": ["請為「實用」評分。"]}
        with pytest.raises(ValidationError):
            rounds.score(one, one.reviewer.user, {"idea": Decimal(101)}, final=False, at=at())
        rounds.score(one, one.reviewer.user, {"idea": Decimal(80)}, comment="佳", final=False, at=at())
        one.refresh_from_db()
        assert (one.scored_on, one.comment, Mark.objects.get(assignment=one).score) == (None, "佳", 80)

    def test_what_is_handed_in_stays_until_a_conductor_hands_it_back(self, stand):
        (sheet,) = stand.assigned("AAA")
        stand.score(sheet, 80, 82)
        one = stand.given(sheet)[0]
        with pytest.raises(Refused, match="已送出"):
            rounds.score(one, one.reviewer.user, {"idea": Decimal(1), "use": Decimal(1)}, at=at())
        with pytest.raises(Refused, match="不能迴避"):
            rounds.recuse(one, one.reviewer.user, "x", at=at())
        rounds.reopen(one, stand.cast.rdec_controller, "誤植", at=at())
        stand.score(sheet, 60, 82)
        assert rounds.table(stand.round)[0].scores == [60, 82]

    def test_nobody_scores_another_s_sheet(self, stand):
        (sheet,) = stand.assigned("AAA")
        one, two = stand.given(sheet)
        with pytest.raises(Refused, match="沒有這件審查"):
            rounds.score(one, two.reviewer.user, {"idea": Decimal(1), "use": Decimal(1)}, at=at())

    @pytest.mark.parametrize(("scores", "wide"), [((80, 95), False), ((80, Decimal("95.01")), True)])
    def test_more_than_fifteen_points_apart_call_for_a_third(self, stand, scores, wide):
        stand.scored(AAA=scores)
        (line,) = rounds.table(stand.round)
        assert (line.wide, line.complete) == (wide, not wide)

    def test_the_third_reviewer_settles_it(self, stand):
        stand.scored(AAA=(60, 90))
        sheet = Sheet.objects.get()
        third = next(p for p in stand.people if p not in [a.reviewer for a in stand.given(sheet)])
        rounds.assign(sheet, third, stand.cast.rdec_controller, extra=True, at=at())
        assert not rounds.table(stand.round)[0].complete
        one = Assignment.objects.get(extra=True)
        rounds.score(one, third.user, {"idea": Decimal(84), "use": Decimal(84)}, at=at())
        (line,) = rounds.table(stand.round)
        assert (line.complete, line.result) == (True, Decimal("78.00"))


@pytest.mark.django_db
class TestMeeting:
    def test_the_meeting_decides_within_quotas_and_money(self, stand):
        stand.scored(AAA=(90, 92), BBB=(85, 85), CCC=(75, 75), DDD=(60, 60))
        assert [(line.sheet.code, line.rank, line.proposed) for line in rounds.table(stand.round)] == [
            ("AAA", 1, "first"), ("BBB", 2, "second"), ("CCC", 3, "second"), ("DDD", 4, ""),
        ]  # fmt: skip
        with pytest.raises(Refused, match="甲等2件，超過名額1件") as refused:
            stand.meet(AAA="first", BBB="first", CCC="second")
        assert "金額合計48,000元，超過預算額度40,000元，計8,000元" in str(refused.value)
        with pytest.raises(Refused, match="沒有這個等第"):
            stand.meet(AAA="splendid")
        stand.meet(AAA="first", BBB="second", CCC="second")
        assert dict(Sheet.objects.values_list("code", "amount")) == {
            "AAA": 20000,
            "BBB": 8000,
            "CCC": 8000,
            "DDD": 0,
        }
        stand.meet(AAA="first")  # until it is told, it may be put right
        rounds.announce(stand.round, stand.cast.rdec_controller, at=at(date(2012, 4, 9)))
        assert sorted(stand.told) == [("AAA", "first", 20000), ("BBB", "", 0), ("CCC", "", 0), ("DDD", "", 0)]
        assert rounds.announce(stand.round, stand.cast.rdec_controller) == 0
        with pytest.raises(Refused, match="已公布"):
            stand.meet(AAA="second")

    def test_an_unfinished_round_cannot_be_decided_nor_told(self, stand):
        stand.assigned("AAA")
        with pytest.raises(Refused, match="尚未完成審查：AAA"):
            stand.meet()
        with pytest.raises(Refused, match="決審會議登錄後"):
            rounds.announce(stand.round, stand.cast.rdec_controller)

    def test_after_the_meeting_nobody_is_assigned_or_scores(self, stand):
        stand.scored(AAA=(90, 92))
        stand.meet(AAA="first")
        one = Assignment.objects.first()
        for deed in (
            lambda: rounds.assign(one.sheet, stand.people[2], stand.cast.rdec_controller, at=at()),
            lambda: rounds.reopen(one, stand.cast.rdec_controller, "x", at=at()),
            lambda: rounds.assign_all(stand.round, stand.cast.rdec_controller, at=at()),
        ):
            with pytest.raises(Refused, match="決審會議已登錄"):
                deed()


@pytest.mark.django_db
class TestSeal:
    def test_the_ledger_says_that_and_not_who_or_what(self, stand):
        stand.scored(AAA=(90, 61))
        stand.score(Sheet.objects.get(), 90, 61)
        lines = list(Entry.objects.filter(act__startswith="review."))
        assert {line.act for line in lines} == {"review.assign", "review.score"}
        for line in lines:
            assert (line.actor_id, line.case_id) == (None, None)
            assert set(json.loads(line.body)["sealed"]) == {"withheld", "digest"}
        kept = " ".join(ledger.withheld(pk) for pk in Withheld.objects.values_list("pk", flat=True))
        assert "師" in kept and "90" in kept

    def test_nothing_about_the_review_reaches_the_docket(self, stand):
        (sheet,) = stand.sheets("AAA")
        before = Case.objects.filter(pk=sheet.case_id).values().get()
        entries = Entry.objects.filter(case=sheet.case).count()
        rounds.assign_all(stand.round, stand.cast.rdec_controller, at=at())
        stand.score(sheet, 80, 82)
        stand.meet(AAA="first")
        assert Case.objects.filter(pk=sheet.case_id).values().get() == before
        assert Entry.objects.filter(case=sheet.case).count() == entries
        assert not Notice.objects.filter(case=sheet.case).exists()

    def test_a_notice_to_a_reviewer_names_neither_case_nor_author(self, stand):
        stand.assigned("AAA")
        told = Notice.objects.filter(user__reviewer__isnull=False)
        assert told.count() == 2
        for notice in told:
            assert notice.case is None and notice.link == "/reviews/"
            assert not any(
                word in notice.text for word in ("研究AAA", "AAA", stand.cast.officer.name, "水利局")
            )

    def test_comments_are_told_after_the_announcement_and_in_no_order_of_people(self, stand):
        stand.assigned("AAA")
        sheet = Sheet.objects.get()
        for one, words in zip(stand.given(sheet), ("丁", "丙"), strict=True):
            rounds.score(
                one, one.reviewer.user, {"idea": Decimal(80), "use": Decimal(80)}, comment=words, at=at()
            )
        assert rounds.comments_of(sheet) == []
        stand.meet(AAA="first")
        rounds.announce(stand.round, stand.cast.rdec_controller)
        assert rounds.comments_of(Sheet.objects.get()) == ["丁", "丙"]

    def test_code_words_are_drawn_by_chance(self):
        assert len({code_word() for _n in range(200)}) == 200


# ── Arithmetic ──────────────────────────────────────────────────────────────────────────────────────

SCORES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 20), min_size=1, max_size=12
)


@given(SCORES, st.integers(0, 4), st.integers(0, 4), st.integers(0, 20))
def test_grades_stay_within_quotas_follow_the_rank_and_never_part_equals(scores, first, second, least):
    quotas = Quotas.parse(f"{first} a {least}, {second} b 0")
    grades, torn = proposed(scores, quotas)
    assert quotas.exceeded(grades.values()) == []
    place = {"a": 0, "b": 1, "": 2}
    for one in scores:
        assert grades[one] != "a" or scores[one] >= least
        for other in scores:
            if scores[one] == scores[other]:
                assert grades[one] == grades[other]
                assert (one in torn) == (other in torn)
            elif scores[one] > scores[other]:
                assert place[grades[one]] <= place[grades[other]]


def test_equals_across_the_edge_of_a_quota_wait_for_the_meeting():
    grades, torn = proposed({"x": 90, "y": 85, "z": 85}, Quotas.parse("2 first 80, 2 second 70"))
    assert grades == {"x": "first", "y": "second", "z": "second"}
    assert torn == {"y", "z"}


def test_quotas_and_criteria_read_what_they_say():
    assert str(Quotas.parse("9 first 85, 22 second 80")) == "9 first 85, 22 second 80"
    for text in ("9 first", "x"):
        with pytest.raises(ValueError, match="not a quota"):
            Quotas.parse(text)
    assert parse_criteria("40 idea, 60 use") == ((Decimal(40), "idea"), (Decimal(60), "use"))
    with pytest.raises(ValueError, match="sum to 100"):
        parse_criteria("40 idea, 50 use")


def test_several_scores_are_one_by_the_rule_named():
    assert total([80, 90, 40], "mean") == Decimal("70.00")
    assert total([80, 90, 40], "trimmed") == Decimal("80.00")
    assert total([80, 90], "trimmed") == Decimal("85.00")
    with pytest.raises(ValueError, match="no way"):
        total([80], "median")
    assert (spread([80]), spread([80, 95])) == (0, 15)
    assert (over([5, 6], 10), over([5], 10)) == (1, 0)


def test_calibration_tells_the_mild_from_the_strict():
    found = calibration(
        {"s": {"mild": 90, "strict": 70}, "t": {"mild": 80, "strict": 75}, "u": {"alone": 50}}
    )
    told = {one.judge: (one.count, one.mean, one.milder_by) for one in found}
    assert told == {
        "mild": (2, Decimal("85.00"), Decimal("12.50")),
        "strict": (2, Decimal("72.50"), Decimal("-12.50")),
        "alone": (1, Decimal("50.00"), None),
    }
