"""A replied case waits so many days for its petitioner's word; then it closes by itself, unless they ask."""

from datetime import date

import pytest
from django.urls import reverse

from yankao.kernel.casework.process import Refused
from yankao.kernel.jobs.schedule import periodic
from yankao.kernel.rules import values
from yankao.service.petitions import closing, following, intake, tasks
from yankao.service.petitions import process as p

from .conftest import at

pytestmark = pytest.mark.django_db
SENT, WHILE, AFTER = date(2012, 3, 8), date(2012, 3, 21), date(2012, 3, 22)
"""The day of the answer, the thirteenth and the fourteenth after it."""


def test_the_citizen_of_a_replied_case_may_ask_that_it_be_taken_up_again(desk):
    one = desk.replied()
    assert "reopening" in following.offered(one)
    one = desk.do(one, p.ask_reopening, None, on=date(2012, 3, 12), reason="又淤積了")
    assert one.case.stage == "replied" and "reopening" not in following.offered(one)
    one = desk.do(one, p.reopen, desk.cast.manager, on=date(2012, 3, 13))
    assert (one.case.stage, one.reopened_on, one.ended_on) == ("reopened", date(2012, 3, 13), None)


def test_a_replied_case_closes_after_the_days_of_the_rule(desk):
    assert periodic[tasks.close_replied.module_path].at is not None, "every day"
    one = desk.replied()
    assert closing.close_replied(at(WHILE)) == 0 and desk.fresh(one).case.stage == "replied"
    assert closing.close_replied(at(AFTER)) == 1
    one = desk.fresh(one)
    assert (one.case.stage, one.case.closed_on, one.ended_on) == ("closed", AFTER, AFTER)
    assert closing.close_replied(at(AFTER)) == 0


def test_the_days_are_a_rule(desk):
    one = desk.replied()
    values.change(
        desk.cast.rdec_controller, "service.petitions.close_after", "3", since=date(2012, 3, 1), basis="試辦"
    )
    assert closing.close_replied(at(date(2012, 3, 10))) == 0
    assert closing.close_replied(at(date(2012, 3, 11))) == 1 and desk.fresh(one).case.stage == "closed"


def test_the_last_answer_counts_and_what_was_reopened_does_not_close(desk):
    one = desk.do(desk.replied(), p.ask_reopening, None, on=date(2012, 3, 9), reason="又淤積了")
    one = desk.do(one, p.reopen, desk.cast.manager, on=date(2012, 3, 12))
    assert closing.close_replied(at(AFTER)) == 0
    one = desk.do(one, p.draft_reply, desk.cast.officer, on=date(2012, 3, 19), **desk.reply())
    one = desk.do(one, p.approve_reply, desk.cast.manager, on=date(2012, 3, 19))
    one = desk.do(one, p.send_reply, desk.cast.officer, on=date(2012, 3, 20))
    assert closing.close_replied(at(AFTER)) == 0
    assert closing.close_replied(at(date(2012, 4, 3))) == 1


def test_no_case_closes_while_its_petitioner_waits_for_a_word_on_reopening(desk):
    one = desk.do(desk.replied(), p.ask_reopening, None, on=date(2012, 3, 20), reason="又淤積了")
    with pytest.raises(Refused, match="申請重啟"):
        desk.do(one, p.close, desk.cast.officer, on=AFTER)
    assert closing.close_replied(at(AFTER)) == 0 and desk.fresh(one).case.stage == "replied"
    one = desk.do(one, p.refuse_reopening, desk.cast.manager, on=AFTER, answer="已排入清淤")
    assert one.case.stage == "replied"
    assert closing.close_replied(at(date(2012, 3, 23))) == 1


def test_merged_cases_close_with_their_lead_but_for_one_that_waits(desk):
    cast, lead = desk.cast, desk.drafted()
    quiet, asking = desk.assigned(), desk.assigned()
    for one in (quiet, asking):
        desk.do(one, p.merge, cast.rdec_controller, into=lead, reason="同一側溝")
    lead = desk.do(lead, p.approve_reply, cast.manager, on=SENT)
    lead = desk.do(lead, p.send_reply, cast.officer, on=SENT)
    desk.do(desk.fresh(asking), p.ask_reopening, None, on=date(2012, 3, 12), reason="我家門口還沒清")
    desk.do(lead, p.close, cast.officer, on=date(2012, 3, 13))
    assert desk.fresh(quiet).case.stage == "closed" and desk.fresh(quiet).ended_on == date(2012, 3, 13)
    assert desk.fresh(asking).case.stage == "replied"


def test_the_page_of_a_replied_case_offers_what_its_message_promises(desk, client):
    received = intake.receive(desk.told())
    one = desk.fresh(received.petition)
    one = desk.do(one, p.triage, desk.cast.rdec_controller, kind=one.kind, category=desk.triaged().category)
    one = desk.do(one, p.assign, desk.cast.rdec_controller, agency=desk.cast.water)
    one = desk.do(one, p.accept, desk.cast.controller, officer=desk.cast.officer)
    one = desk.do(one, p.draft_reply, desk.cast.officer, **desk.reply())
    one = desk.do(one, p.approve_reply, desk.cast.manager)
    one = desk.do(one, p.send_reply, desk.cast.officer)
    client.post("/counter/follow/", {"number": one.case.number, "code": received.code})
    page = client.get(reverse("petitions_counter:case"))
    assert page.status_code == 200 and "申請重新處理" in page.content.decode()
    sent = {"what": "reopening", "reopening-reason": "又淤積了"}
    assert client.post(reverse("petitions_counter:case"), sent).status_code == 303
    assert one.reopening_rows.get().granted is None
