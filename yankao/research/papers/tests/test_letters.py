"""Certificate, award list, payment list and the letter to who won nothing."""

from __future__ import annotations

import pytest

from yankao.kernel.casework.process import Refused
from yankao.kernel.letters import issuing
from yankao.research.papers import letters

pytestmark = pytest.mark.django_db


def words(made):
    return "\n".join(str(block) for block in made.blocks)


def test_the_letters_of_an_announced_round_say_who_won_what(hall):
    won, lost = hall.admitted(), hall.admitted("公共自行車站點配置之研究")
    staff = hall.cast.rdec_controller
    assert issuing.refusal(letters.certificate, hall.fresh(won), staff)
    hall.assigned(lost)
    hall.scored(lost, 60, 62)
    won = hall.announced(won)
    lost = hall.fresh(lost)
    assert issuing.refusal(letters.certificate, lost, staff) == "公布獲獎的報告才有獎狀。"
    certificate = issuing.compose(letters.certificate, won, staff)
    assert "林怡君、陳冠廷" in words(certificate) and "甲等" in words(certificate)
    listed = issuing.compose(letters.award_list, [won], staff)
    paid = issuing.compose(letters.payment, [won], staff)
    assert listed.content.tables()[0].sums[-1] == paid.content.tables()[0].sums[4] == 20_000
    assert "未獲獎" in words(issuing.compose(letters.decline, lost, staff))
    for other in (hall.cast.officer, hall.cast.mayor):
        with pytest.raises(Refused):
            issuing.issue(letters.payment, [won], other)


def test_the_call_names_window_criteria_and_prizes_and_goes_to_the_first_level(hall):
    staff = hall.cast.rdec_controller
    made = issuing.compose(letters.call, hall.round, staff, {"contact": "林小姐 3368333"})
    said = words(made)
    assert "20000" in said and "40%" in said and "林小姐" in said
    assert hall.cast.water in made.content.to
    assert not letters.call.may(hall.cast.officer)
    hall.round.closes_on = hall.round.opens_on
    assert issuing.refusal(letters.call, hall.round, staff) == "本梯次已截止收件。"
