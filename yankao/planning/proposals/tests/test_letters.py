"""Notice, minutes, ranking table and decision go out as ODT and PDF, in both languages, by the commission."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from yankao.kernel.casework.steps import Refused
from yankao.kernel.letters import issuing, series

from .. import calling, letters
from .. import process as way
from ..models import Result, Round
from .conftest import YEAR, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbered(cast: Any, settings: Any, tmp_path: Any) -> None:
    """The commission numbers its letters; what is issued lies in a store of the test's own."""
    settings.DATA = tmp_path
    series.setting(
        cast.rdec_chief, cast.rdec, word="示市研綜", since=date(2011, 1, 1),
        form="{word}字第{roc}3{seq:05d}00號",
        address="80203示範市四維路2號", phone="07-3368333",
    )  # fmt: skip


def words(letter: Any, about: Any, actor: Any, language: str, **given: Any) -> str:
    made = issuing.compose(letter, about, actor, given, language=language)
    told = []
    for block in made.blocks:
        told += [getattr(block, "name", ""), getattr(block, "text", "")]
        told += [str(cell) for row in getattr(block, "rows", ()) for cell in row]
    return "\n".join(told)


def decided(desk: Desk, result: str = Result.KEEP) -> Any:
    proposal = desk.reviewed(rank=1)
    way.place(proposal, desk.cast.rdec_controller, rank=1)
    way.decide(proposal, desk.cast.rdec_chief, result=Result(result), explanation="排序1，在額度內。")
    return proposal


@pytest.mark.parametrize(("language", "result"), [("zh-hant", "照列"), ("en", "Kept")])
def test_a_decision_says_the_result_the_reason_and_the_money_of_each_year(
    desk: Desk, language: str, result: str
) -> None:
    told = words(letters.decision, decided(desk), desk.cast.rdec_controller, language)
    for part in (result, "愛河上游排水整治", "排序1，在額度內。", "45000000", "15000000", "20000000"):
        assert part in told, part


def test_a_decision_against_a_proposal_gives_no_money(desk: Desk) -> None:
    told = words(letters.decision, decided(desk, Result.DEFER), desk.cast.rdec_controller, "zh-hant")
    assert "緩議" in told and "45000000" not in told and "重新研提" in told


def test_only_what_is_decided_is_notified_and_by_the_commission(desk: Desk) -> None:
    proposal = desk.reviewed(rank=1)
    assert "核定後" in issuing.refusal(letters.decision, proposal, desk.cast.rdec_controller)
    way.place(proposal, desk.cast.rdec_controller, rank=1)
    way.decide(proposal, desk.cast.rdec_chief, result=Result.KEEP, explanation="列入")
    assert issuing.refusal(letters.decision, proposal, desk.cast.officer)
    assert issuing.refusal(letters.decision, proposal, desk.cast.rdec_controller) == ""


def test_a_decision_is_issued_once_as_odt_and_pdf(desk: Desk, numbered: None) -> None:
    proposal = decided(desk)
    dispatch = issuing.issue(letters.decision, proposal, desk.cast.rdec_controller, {})
    assert dispatch.number.startswith("示市研綜字")
    assert dispatch.odt_id and dispatch.pdf_id
    with pytest.raises(Refused, match="已核發"):
        issuing.issue(letters.decision, proposal, desk.cast.rdec_controller, {})


def test_notice_and_minutes_of_a_meeting_list_its_agenda(desk: Desk) -> None:
    cast = desk.cast
    empty = calling.call_meeting(
        cast.rdec_controller, year=YEAR, round=Round.SECOND, title="空", held_on=timezone.localdate()
    )
    assert "還沒有排入" in issuing.refusal(letters.meeting_notice, empty, cast.rdec_controller)
    proposal = desk.scheduled()
    meeting = desk.meeting(Round.FIRST)
    for language in ("zh-hant", "en"):
        told = words(letters.meeting_notice, meeting, cast.rdec_controller, language, time="上午9時30分")
        assert proposal.case.title in told and "上午9時30分" in told and "80000000" in told
    assert "登錄會議紀錄" in issuing.refusal(letters.minutes, meeting, cast.rdec_controller)
    calling.send_minutes(cast.rdec_controller, meeting, minutes_on=timezone.localdate(), summary="均可行")
    told = words(letters.minutes, meeting, cast.rdec_controller, "zh-hant")
    assert proposal.case.title in told and "均可行" in told


def test_the_ranking_table_stands_in_the_order_of_the_ranks(desk: Desk) -> None:
    first, second = desk.reviewed(level=90, rank=1, title="甲"), desk.reviewed(level=80, rank=2, title="乙")
    way.place(second, desk.cast.rdec_controller, rank=2)
    way.place(first, desk.cast.rdec_controller, rank=1)
    told = words(letters.ranking, [second, first], desk.cast.rdec_controller, "zh-hant")
    assert told.index("甲") < told.index("乙") and "90.00" in told


def test_an_agency_answers_the_opinions_of_its_proposals_by_one_letter(desk: Desk) -> None:
    one, planner = desk.reviewed(rank=1), desk.cast.controller
    told = words(letters.response, [one], planner, "zh-hant")
    assert "請補充效益" in told and "已補充" in told
    assert issuing.compose(letters.response, [one], planner).agency == desk.cast.water
    assert issuing.refusal(letters.response, [one], desk.cast.works_controller)
    assert issuing.refusal(letters.response, [desk.submitted(rank=2, title="第二案")], planner)
    assert list(letters.answered(planner)) == [one] and not letters.answered(desk.cast.works_controller)


def test_an_agenda_tells_when_each_proposal_is_heard(desk: Desk) -> None:
    cast = desk.cast
    desk.scheduled(rank=1, title="甲")
    desk.scheduled(rank=2, title="乙")
    meeting = desk.meeting(Round.FIRST)
    for language in ("zh-hant", "en"):
        told = words(
            letters.agenda, meeting, cast.rdec_controller, language, begins="9時30分", each=15
        ).splitlines()
        assert told.index("09:40–09:55") + 2 == told.index("甲") < told.index("乙")
        assert told.index("09:55–10:10") + 2 == told.index("乙")
        assert told.count("80000000") == 2 and any("10:10" in line for line in told[-2:])
    assert issuing.refusal(letters.agenda, meeting, cast.officer)


def test_the_agenda_of_a_second_review_gives_opinion_and_answer_of_the_first(desk: Desk) -> None:
    proposal = desk.reviewed(rank=1)
    meeting = desk.meeting(Round.SECOND)
    told = words(letters.agenda, meeting, desk.cast.rdec_controller, "zh-hant")
    assert proposal.case.title in told and "照列" in told and "請補充效益 辦理情形：已補充" in told
    assert "請補充效益" not in words(
        letters.agenda, desk.meeting(Round.FIRST), desk.cast.rdec_controller, "zh-hant"
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [({"begins": "上午"}, "begins"), ({"begins": "24:00"}, "begins"), ({"each": 0}, "each"),
     ({"begins": "23:00", "each": 60}, "each")],
)  # fmt: skip
def test_an_agenda_that_cannot_be_is_refused_by_its_field(
    desk: Desk, given: dict[str, Any], field: str
) -> None:
    desk.scheduled()
    with pytest.raises(ValidationError) as refused:
        issuing.compose(letters.agenda, desk.meeting(Round.FIRST), desk.cast.rdec_controller, given)
    assert list(refused.value.message_dict) == [field]


def test_an_agenda_is_kept_as_odt_and_pdf_and_offered_where_the_meeting_is(
    desk: Desk, numbered: None, client: Any
) -> None:
    desk.scheduled()
    cast, meeting = desk.cast, desk.meeting(Round.FIRST)
    dispatch = issuing.issue(letters.agenda, meeting, cast.rdec_controller, {})
    assert dispatch.number == "" and dispatch.odt_id and dispatch.pdf_id
    client.force_login(cast.rdec_controller)
    page = client.get(f"/rooms/planning.proposals/meetings/{meeting.pk}/").content.decode()
    places = [f"/rooms/planning.proposals/letters/{one}/?of={meeting.pk}" for one in
              ("meeting_notice", "agenda", "minutes")]  # fmt: skip
    assert [place in page for place in places] == [True, True, False]
    offered = client.get(places[1]).content.decode()
    assert meeting.title in offered and offered.count('name="id"') == 1
    client.force_login(cast.officer)
    page = client.get(f"/rooms/planning.proposals/meetings/{meeting.pk}/").content.decode()
    assert not any(place in page for place in places)
