"""An awarded report's suggestions are asked of agencies, answered, followed up, listed, taken as a file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.process import Refused
from yankao.kernel.letters import issuing
from yankao.research.papers import letters, screens
from yankao.research.papers import process as p
from yankao.research.papers.models import Suggestion

pytestmark = pytest.mark.django_db
PLACE = reverse("papers:adoption")


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def asked(hall):
    """A published report whose suggestion concerns another bureau."""
    paper = hall.published()
    rows = [p.SuggestionRow("將汰換順序納入次年度計畫", hall.cast.works)]
    p.ask_adoption.run(paper, hall.cast.rdec_controller, {"suggestions": rows})
    return hall, hall.fresh(paper), Suggestion.objects.get()


def test_suggestions_are_asked_of_awarded_reports_alone(hall):
    paper = hall.admitted()
    rows = [p.SuggestionRow("x", hall.cast.works)]
    with pytest.raises(Refused):
        p.ask_adoption.run(paper, hall.cast.rdec_controller, {"suggestions": rows})


def test_the_agency_asked_opens_the_report_and_answers_nobody_else_does(asked):
    hall, paper, one = asked
    works, place = hall.cast.works_controller, reverse("desk:case", args=[paper.pk])
    assert "將汰換順序" in signed_in(works).get(place).text
    assert one.due_on > one.asked_on
    assert any(item["label"] == "研究建議待回復採行情形" for item in screens.first(works))
    given = {"suggestion": one, "answer": Answer.UNDER_STUDY}
    with pytest.raises(Refused):
        p.answer_adoption.run(paper, hall.cast.controller, given)
    with pytest.raises(ValidationError, match="續報日"):
        p.answer_adoption.run(paper, works, given)
    later = timezone.localdate() + timedelta(days=30)
    p.answer_adoption.run(paper, works, {**given, "promised_on": later})
    with pytest.raises(ValidationError, match="理由"):
        p.answer_adoption.run(paper, works, {**given, "answer": Answer.NOT_ADOPTED})
    p.answer_adoption.run(paper, works, {**given, "answer": Answer.DONE, "done_on": timezone.localdate()})
    one.refresh_from_db()
    assert (one.answer, one.promised_on) == (Answer.DONE, None)
    assert "沒有待回復" in p.answer_adoption.refusal(hall.fresh(paper), works)


def test_what_is_late_is_on_the_commission_s_first_screen_and_in_the_list(asked):
    hall, paper, _one = asked
    Suggestion.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    staff = hall.cast.rdec_controller
    assert any(item["label"] == "研究建議逾期未回復" for item in screens.first(staff))
    client = signed_in(staff)
    assert "逾期未回復" in client.get(PLACE, {"state": "late"}).text
    assert "沒有建議事項" in client.get(PLACE, {"state": "adopted"}).text
    taken = b"".join(client.get(reverse("papers:adoption_file", args=["csv"]))).decode()
    assert paper.case.number in taken and "將汰換順序" in taken
    assert "將汰換順序" not in signed_in(hall.cast.stranger).get(PLACE).text
    made = issuing.compose(letters.inquiry, paper, staff)
    assert made.content.to == [hall.cast.works] and "將汰換順序" in str(made.blocks)
    assert "尚未回復" in str(issuing.compose(letters.adoption_table, [paper], staff).blocks)
