"""Grants from the plan to the settlement: figures, screening, review, money, report clock, link, letters."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework import contract
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import keep
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register, resolve
from yankao.kernel.intake import take
from yankao.kernel.letters import issuing
from yankao.kernel.people.city import build_city
from yankao.kernel.people.models import User
from yankao.kernel.period import Period
from yankao.kernel.review import rounds
from yankao.kernel.review.demo import odt
from yankao.kernel.review.models import Assignment, Reviewer, Round, Sheet
from yankao.kernel.sheets import read as sheet
from yankao.kernel.sheets import write_csv
from yankao.research.subsidies import demo, imports, letters
from yankao.research.subsidies import process as p
from yankao.research.subsidies.models import KIND, Subsidy

HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
WANTED = {"applied": 55, "approved": 40, "granted": 183_000}


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    settings.DATA = tmp_path


def values():
    return {name: resolve(f"{KIND}.{name}").value(HALF) for name in WANTED}


@pytest.mark.django_db
def test_the_year_yields_the_published_figures_and_the_present_changes_none():
    city = build_city(today=TODAY)
    demo.load(city)
    assert values() == WANTED
    for name in WANTED:
        assert not list(partition_faults(register[f"{KIND}.{name}"], HALF))
    for code in ("E2", "days"):
        assert checks[f"{KIND}.{code}"].faults(HALF) == []
    assert values_on(date(2012, 4, 19)) == {"applied": 55, "approved": 0, "granted": 0}
    assert not Case.objects.filter(kind=KIND, closed_on=None).exists()
    assert all(line.complete for line in rounds.table(Round.objects.get(code="101")))
    for one in imports.IMPORTS:
        header, rows = one.out(city.rdec_controller)
        file = b"".join(write_csv(header, list(rows)))
        entries = Entry.objects.count()
        outcome = take(sheet(file, "out.csv"), one, city.rdec_controller)
        assert outcome.refused == [] and outcome.kept and Entry.objects.count() == entries, one.code
        assert (
            any(True for _row in one.out(city.controller(city.by_code("KCG-WR")))[1])
            or one.code == "reviewers"
        )
    before = {name: read(resolve(f"{KIND}.{name}"), HALF).digest for name in WANTED}
    demo.present(city, TODAY)
    assert {name: read(resolve(f"{KIND}.{name}"), HALF).digest for name in WANTED} == before
    living = Case.objects.filter(kind=KIND, opened_on__year__gte=2025)
    assert set(living.values_list("stage", flat=True)) == set(p.Stage.values)
    noon = timezone.make_aware(timezone.datetime(2026, 11, 23, 12))
    assert living.filter(stage="executing", due_at__lt=noon).count() == 1
    Subsidy.objects.filter(year=101, amount=4000).update(amount=4001)
    assert "不符" in checks[f"{KIND}.E2"].faults(HALF)[0]


def values_on(day):
    return {name: resolve(f"{KIND}.{name}").value(HALF.with_as_of(day)) for name in WANTED}


def test_the_acceptance_file_says_the_same():
    path = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
    if not path.exists():
        pytest.skip(f"the acceptance figures are not beside this checkout: {path.name}")
    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["figure"].startswith(f"{KIND}.")]
    assert {row["figure"].removeprefix(f"{KIND}."): Decimal(row["value"]) for row in rows} == WANTED


@pytest.mark.django_db
class TestOneGrant:
    @pytest.fixture(autouse=True)
    def stage(self, cast):
        self.cast, self.today = cast, timezone.localdate()
        self.round = Round.objects.create(
            kind=KIND, code="101", title="101年度研究經費補助", opens_on=self.today - timedelta(days=30),
            closes_on=self.today, appropriation=6000,
        )  # fmt: skip
        for name in ("甲師", "乙師"):
            user = User.objects.create(username=f"r.{name}", name=name)
            Reviewer.objects.create(name=name, user=user, employer="大學", valid_from=date(2011, 1, 1))

    def do(self, one, move, actor=None, **given):
        move.run(one, actor or self.cast.rdec_controller, given)
        return one

    def file(self, *words):
        return keep(odt("計畫", words), "a.odt", self.cast.officer)

    def draft(self, title="雨水花園成效之研究", **more):
        facts = {"year": 101, "abstract": "比較成效", "method": "監測", "requested": Decimal(5000)} | more
        return p.process.open(
            self.cast.officer, title=title, agency=self.cast.water, officer=self.cast.officer, **facts
        )

    def applied(self, title="雨水花園成效之研究", **more):
        given = {"plan": self.file("x"), "blind_copy": self.file("y"), "declared": True} | more
        return self.do(self.draft(title), p.apply, self.cast.officer, **given)

    def reviewed(self, *scores, title="雨水花園成效之研究"):
        one = self.do(self.do(self.applied(title), p.screen), p.admit)
        rounds.assign_all(self.round, self.cast.rdec_controller)
        for row, value in zip(Assignment.objects.filter(sheet__case=one.case), scores, strict=True):
            marks = dict.fromkeys(("validity", "difficulty", "relevance"), Decimal(value))
            rounds.score(row, row.reviewer.user, marks, comment="可行")
        return one

    def decide(self, **amounts):
        meeting = rounds.Meeting(self.today, "委員", "紀錄")
        told = {
            sheet.code: rounds.Decision(
                "approved" if sheet.title in amounts else "", amounts.get(sheet.title)
            )
            for sheet in Sheet.objects.all()
        }
        rounds.decide(self.round, self.cast.rdec_controller, meeting, told)
        self.round.refresh_from_db()

    def approved(self):
        one = self.reviewed(80, 82)
        self.decide(**{one.case.title: Decimal(4000)})
        rounds.announce(self.round, self.cast.rdec_controller)
        return Subsidy.objects.select_related("case").get(pk=one.pk)

    def test_the_process_keeps_its_contract_and_its_page(self):
        contract.holds(p.process, Path(p.__file__).with_name("process.md"))

    def test_a_plan_is_declared_screened_and_judged_on_three_criteria(self):
        with pytest.raises(Refused, match="未受其他補助"):
            self.applied(declared=False)
        bad = self.applied("停車格研究", blind_copy=self.file("水利局"))
        with pytest.raises(Refused, match="水利局"):
            self.do(bad, p.screen)
        one = self.reviewed(80, 82)
        row = Assignment.objects.filter(sheet__case=one.case).first()
        assert set(row.marks.values_list("criterion", flat=True)) == {"validity", "difficulty", "relevance"}
        assert row.sheet.asked == 5000 and one.case.stage == "reviewing"

    def test_amounts_are_given_by_the_meeting_within_the_budget(self):
        one, other = self.reviewed(80, 82), self.reviewed(70, 72, title="停車格研究")
        with pytest.raises(Refused, match="核定者須填金額"):
            self.decide(**{one.case.title: None})
        with pytest.raises(Refused, match="超過預算額度6,000元"):
            self.decide(**{one.case.title: Decimal(4000), other.case.title: Decimal(3000)})
        self.decide(**{one.case.title: Decimal(4000)})
        before = Subsidy.objects.get(pk=one.pk)
        assert (before.outcome, before.amount, before.case.stage) == ("", 0, "reviewing")
        rounds.announce(self.round, self.cast.rdec_controller)
        stages = dict(Subsidy.objects.values_list("case__title", "case__stage"))
        assert stages == {one.case.title: "approved", other.case.title: "rejected"}

    def test_the_report_is_due_six_months_after_the_start_and_links_to_the_paper(self):
        one = self.do(self.approved(), p.start, self.cast.officer, started_on=self.today)
        clock = Clock.objects.get(case=one.case, code="report")
        assert clock.stopped_at is None and clock.span == "6 months"
        paper = Case.objects.create(
            number="自研101-9001", kind="research.papers", title="雨水花園", agency=self.cast.water,
            officer=self.cast.officer, stage="draft", opened_on=self.today,
        )  # fmt: skip
        foreign = Case.objects.create(
            number="自研101-9002", kind="research.papers", title="別局", agency=self.cast.works,
            stage="draft",
            opened_on=self.today,
        )  # fmt: skip
        with pytest.raises(ValidationError):
            self.do(one, p.deliver, self.cast.officer, report=self.file("z"), paper=foreign)
        self.do(one, p.deliver, self.cast.officer, report=self.file("z"), paper=paper)
        assert list(one.case.links_out.values_list("target", flat=True)) == [paper.pk]
        with pytest.raises(Refused, match="不能超過核定金額4,000元"):
            self.do(one, p.settle, spent=Decimal(4001))
        self.do(one, p.settle, spent=Decimal(3900))
        assert Subsidy.objects.get(pk=one.pk).case.closed_on

    def test_a_grant_without_report_is_revoked(self):
        one = self.do(self.approved(), p.start, self.cast.officer, started_on=self.today)
        self.do(one, p.revoke, reason="未執行")
        assert (one.case.stage, Clock.objects.filter(case=one.case, stopped_at=None).count()) == (
            "revoked",
            0,
        )

    def test_the_applicant_learns_nothing_before_the_announcement(self, client):
        one = self.reviewed(80, 82)
        client.force_login(self.cast.officer)
        places = [
            reverse("desk:case", args=[one.pk]), reverse("desk:ledger", args=[one.pk]),
            reverse("desk:list", args=[KIND]) + "?columns=number,amount,score,stage&outcome=approved",
            reverse("desk:export", args=[KIND, "csv"]),
        ]  # fmt: skip
        self.decide(**{one.case.title: Decimal(4000)})
        for place in places:
            answer = client.get(place)
            page = (b"".join(answer) if answer.streaming else answer.content).decode()
            secrets = ("甲師", "乙師", "4,000", "81.00", "可行")
            assert not [word for word in secrets if f">{word}" in page]
        rounds.announce(self.round, self.cast.rdec_controller)
        page = client.get(places[0]).content.decode()
        assert "可行" in page and "甲師" not in page

    def test_the_letters_say_what_was_decided_and_paid(self):
        one = self.do(self.approved(), p.start, self.cast.officer, started_on=self.today)
        assert issuing.refusal(letters.rejection, one, self.cast.rdec_controller)
        made = issuing.compose(letters.approval, one, self.cast.rdec_controller)
        assert "核予補助" in "".join(map(str, made.blocks))
        one = self.do(one, p.deliver, self.cast.officer, report=self.file("z"))
        paid = issuing.compose(letters.payment, [one], self.cast.rdec_controller)
        assert paid.content.tables()[0].sums[3] == 4000
        granted = issuing.compose(letters.grant_list, [one], self.cast.rdec_controller)
        assert granted.content.tables()[0].sums[4] == 4000
        assert issuing.refusal(letters.certificate, one, self.cast.rdec_controller)
        one = self.do(one, p.settle, self.cast.rdec_controller, spent=Decimal(4000))
        made = issuing.compose(letters.certificate, one, self.cast.rdec_controller)
        assert one.case.title in "".join(map(str, made.blocks))
