"""What the tests of the pre-review share: a proposal with its cost sheet, brought as far as a test needs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from yankao.kernel.money.split import YearRow

from .. import process as way
from .. import rules
from ..models import Answer, Kind, Meeting, Proposal, Result, Round

D = Decimal
YEAR = 116
SHEET = [
    YearRow(116, D(60_000_000), city_general=D(45_000_000), central_general=D(15_000_000)),
    YearRow(117, D(20_000_000), city_general=D(20_000_000)),
]


def at(days: int = 0) -> datetime:
    return timezone.now() - timedelta(days=days)


def score(level: int) -> dict[str, Decimal]:
    return {name: D(level) for name in ("policy", "need", "benefit", "readiness", "funding", "execution")}


class Desk:
    """Brings proposals along; every step is the real move by the one whose duty it is."""

    def __init__(self, cast: Any) -> None:
        self.cast = cast
        self.meetings: dict[str, Meeting] = {}

    def opened(
        self, title: str = "愛河上游排水整治", kind: str = Kind.CONSTRUCTION, **facts: Any
    ) -> Proposal:
        return way.process.open(
            self.cast.officer, title=title, agency=self.cast.water, officer=self.cast.officer,
            **{"year": YEAR, "kind": kind, "purpose": "降低淹水風險", **facts},
        )  # fmt: skip

    def costed(self, *, sheet: list[YearRow] | None = None, **facts: Any) -> Proposal:
        proposal = self.opened(**facts)
        rows = SHEET if sheet is None else sheet
        total = sum((row.total for row in rows), D(0))
        way.state_cost(proposal, self.cast.officer, total=total, years=rows)
        return proposal

    def answered(self, **facts: Any) -> Proposal:
        proposal = self.costed(**facts)
        questions = rules.CHECKLISTS[proposal.kind].at(timezone.localdate()).questions
        replies = [way.Reply(question, Answer.DONE, "如附件") for question in questions]
        way.answer_form(proposal, self.cast.officer, replies=replies)
        return proposal

    def submitted(self, rank: int = 1, **facts: Any) -> Proposal:
        proposal = self.answered(**facts)
        way.rank_in_agency(proposal, self.cast.controller, agency_rank=rank)
        way.submit(proposal, self.cast.controller)
        return proposal

    def meeting(self, round: str) -> Meeting:
        if round not in self.meetings:
            self.meetings[round] = Meeting.objects.create(
                year=YEAR, round=round, title=f"{round}第1次會議", held_on=date(2026, 6, 3)
            )
        return self.meetings[round]

    def scheduled(self, **facts: Any) -> Proposal:
        proposal = self.submitted(**facts)
        way.pass_form(proposal, self.cast.rdec_controller)
        way.schedule_first(proposal, self.cast.rdec_controller, meeting=self.meeting(Round.FIRST))
        reviewers = [self.cast.works_officer, self.cast.inspector]
        way.seat_reviewers(proposal, self.cast.rdec_controller, reviewers=reviewers)
        return proposal

    def reviewed(self, level: int = 80, result: str = Result.KEEP, **facts: Any) -> Proposal:
        proposal = self.scheduled(**facts)
        for person in (self.cast.works_officer, self.cast.inspector):
            way.score(proposal, person, **score(level))
        way.conclude_first(proposal, self.cast.rdec_controller, result=Result.KEEP, opinion="請補充效益")
        way.revise(proposal, self.cast.officer, response="已補充")
        way.schedule_second(proposal, self.cast.rdec_controller, meeting=self.meeting(Round.SECOND))
        way.conclude_second(proposal, self.cast.rdec_controller, result=Result(result), opinion="如擬")
        return proposal


@pytest.fixture
def desk(cast: Any) -> Desk:
    return Desk(cast)
