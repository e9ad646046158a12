"""Reports of the water bureau taken so far, reviewers from outside, and the round they belong to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from yankao.kernel.evidence.files import keep
from yankao.kernel.people.models import User
from yankao.kernel.review import rounds
from yankao.kernel.review.demo import odt
from yankao.kernel.review.models import Assignment, Reviewer, Round, Sheet
from yankao.research.papers import process as p
from yankao.research.papers.models import KIND, Paper


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def hall(cast):
    return Hall(cast)


class Hall:
    """A round that takes submissions today, and short ways to take a report further."""

    def __init__(self, cast):
        self.cast, self.files = cast, 0
        today = timezone.localdate()
        self.round = Round.objects.create(
            kind=KIND, code="100", title="100年度自行研究評獎", opens_on=today - timedelta(days=30),
            closes_on=today + timedelta(days=5), appropriation=40_000,
        )  # fmt: skip
        self.people = []
        for name in ("甲師", "乙師", "丙師"):
            user = User.objects.create(
                username=f"r.{name}", name=name, email=f"{len(self.people)}@uni.example"
            )
            self.people.append(
                Reviewer.objects.create(name=name, user=user, employer="大學", valid_from=date(2011, 1, 1))
            )

    def file(self, *words, name="a.odt"):
        self.files += 1
        return keep(odt(f"報告{self.files}", words), name, self.cast.officer)

    def draft(self, title="雨水下水道維護管理之研究", **more):
        facts = {"year": 100, "category": "works", "abstract": "建立資料庫，決定汰換優先順序。"} | more
        return p.process.open(
            self.cast.officer, title=title, agency=self.cast.water, officer=self.cast.officer, **facts
        )

    def given(self, **more):
        rows = [p.AuthorRow("林怡君", Decimal(60), "水利局"), p.AuthorRow("陳冠廷", Decimal(40), "水利局")]
        return {
            "authors": rows, "manuscript": self.file("作者：林怡君"), "blind_copy": self.file("研究發現"),
            "declared": True,
        } | more  # fmt: skip

    def submitted(self, title="雨水下水道維護管理之研究", **more):
        paper = self.draft(title)
        p.submit.run(paper, self.cast.officer, self.given(**more))
        return paper

    def admitted(self, title="雨水下水道維護管理之研究"):
        paper = self.submitted(title)
        for move in (p.pass_form, p.admit):
            move.run(paper, self.cast.rdec_controller, {})
        return paper

    def sheet(self, paper):
        return Sheet.objects.select_related("round", "copy").get(case_id=paper.pk)

    def assigned(self, paper):
        rounds.assign_all(self.round, self.cast.rdec_controller)
        return list(Assignment.objects.filter(sheet__case_id=paper.pk).order_by("pk"))

    def scored(self, paper, *scores):
        for one, value in zip(self.assigned(paper), scores or (90, 92), strict=True):
            marks = dict.fromkeys(("topic", "method", "use"), Decimal(value))
            rounds.score(one, one.reviewer.user, marks, comment=f"意見{value}")
        return paper

    def decided(self, paper, grade="first", scores=()):
        self.scored(paper, *scores)
        meeting = rounds.Meeting(timezone.localdate(), "委員", "紀錄")
        told = {line.sheet.code: rounds.Decision("") for line in rounds.table(self.round)}
        told[self.sheet(paper).code] = rounds.Decision(grade)
        rounds.decide(self.round, self.cast.rdec_controller, meeting, told)
        self.round.refresh_from_db()
        return paper

    def announced(self, paper, grade="first"):
        self.decided(paper, grade)
        rounds.announce(self.round, self.cast.rdec_controller)
        return self.fresh(paper)

    def published(self, title="雨水下水道維護管理之研究", file_open=True):
        paper = self.announced(self.admitted(title))
        p.pay.run(paper, self.cast.rdec_controller, {"paid_on": timezone.localdate()})
        p.publish.run(paper, self.cast.rdec_controller, {"file_open": file_open})
        return paper

    def fresh(self, paper):
        return Paper.objects.select_related("case", "round").get(pk=paper.pk)
