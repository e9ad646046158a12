"""A round over the worked example's cases: finds of two bureaus, reviewers from outside, one conductor."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from django.utils import timezone

from examples.lost_property.models import Find
from examples.lost_property.process import process
from yankao.kernel.people.models import User
from yankao.kernel.review import rounds
from yankao.kernel.review.models import Assignment, Reviewer, Round, Sheet
from yankao.kernel.review.rounds import Identity, Reviewing
from yankao.kernel.review.scoring import Quotas, parse_criteria
from yankao.kernel.rules.values import Declared, Seed
from yankao.kernel.span import parse_span

KIND = "examples.lost_property"
DAY = date(2012, 3, 5)


def at(day: date = DAY, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def rule(name, kind, value):
    return Declared(f"test.review.{name}", kind, name, (Seed(value),))


@pytest.fixture
def reviewing(monkeypatch):
    """The room as declared, its announcements caught in `told`."""
    monkeypatch.setattr(rounds, "reviewings", {})
    told = []

    def identities(cases):
        found = {}
        for find in Find.objects.filter(pk__in=list(cases)).select_related("case__officer"):
            who = find.case.officer
            found[find.pk] = Identity(
                frozenset([find.case.agency_id]), frozenset([who.pk]), frozenset([who.name])
            )
        return found

    made = Reviewing(
        KIND, rule("criteria", parse_criteria, "40 idea, 60 use"), {"idea": "創意", "use": "實用"},
        rule("wanted", int, "2"), rule("wide", Decimal, "15"), rule("way", str, "mean"),
        rule("term", parse_span, "14 days"), {"first": "甲等", "second": "乙等"}, identities,
        lambda sheet, actor, when: told.append((sheet.code, sheet.grade, sheet.amount)),
        quotas=rule("quotas", Quotas.parse, "1 first 80, 2 second 70"),
        prize=lambda grade, day: Decimal({"first": 20_000, "second": 8_000}[grade]),
    )  # fmt: skip
    made.__dict__["told"] = told
    return made


class Stand:
    """A round with sheets and reviewers, and short ways to take it further."""

    def __init__(self, cast, reviewing):
        self.cast, self.reviewing, self.told = cast, reviewing, reviewing.__dict__["told"]
        self.round = Round.objects.create(
            kind=KIND, code="101", title="101年度評審", opens_on=date(2012, 1, 1),
            closes_on=date(2012, 2, 29), appropriation=40_000,
        )  # fmt: skip
        self.people = [self.reviewer(name) for name in ("甲師", "乙師", "丙師")]

    def reviewer(self, name, **more):
        user = User.objects.create(
            username=f"r.{name}", name=name, email=f"r{User.objects.count()}@uni.example"
        )
        return Reviewer.objects.create(
            name=name, user=user, employer="大學", valid_from=date(2011, 1, 1), **more
        )

    def sheet(self, code, officer=None, agency=None):
        case = process.open(
            self.cast.rdec_chief, title=f"研究{code}", agency=agency or self.cast.water,
            officer=officer or self.cast.officer, place="x", found_on=date(2012, 1, 2),
            at=at(date(2012, 1, 3)),
        ).case  # fmt: skip
        return Sheet.objects.create(
            round=self.round, case=case, code=code, title=f"研究{code}", abstract="摘要"
        )

    def sheets(self, *codes):
        return [self.sheet(code) for code in codes]

    def assigned(self, *codes):
        found = self.sheets(*codes)
        rounds.assign_all(self.round, self.cast.rdec_controller, at=at())
        return found

    def given(self, sheet):
        return list(Assignment.objects.filter(sheet=sheet, recused_on=None).order_by("pk"))

    def score(self, sheet, *scores, **more):
        for one, value in zip(self.given(sheet), scores, strict=True):
            if one.scored_on is None:
                rounds.score(
                    one, one.reviewer.user, {"idea": Decimal(value), "use": Decimal(value)}, at=at(), **more
                )

    def scored(self, **scores):
        for sheet, values in zip(self.assigned(*scores), scores.values(), strict=True):
            self.score(sheet, *values)
        return self.round

    def meet(self, actor=None, **grades):
        meeting = rounds.Meeting(date(2012, 4, 2), "甲委員、乙委員", "依排名決定。")
        told = {
            line.sheet.code: rounds.Decision(grades.get(line.sheet.code, ""))
            for line in rounds.table(self.round)
        }
        rounds.decide(self.round, actor or self.cast.rdec_controller, meeting, told, at=at(date(2012, 4, 3)))
        self.round.refresh_from_db()


@pytest.fixture
def stand(cast, reviewing):
    return Stand(cast, reviewing)
