"""A gateway that refuses, hangs or lies loses nothing and doubles nothing where it honours the key."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from yankao.kernel.jobs.models import Job
from yankao.kernel.outbox import gateway as ways
from yankao.kernel.outbox import receipts, sending, sms_smpp, tasks
from yankao.kernel.outbox.models import Handover, Message, Receipt, State
from yankao.kernel.vault import keeping
from yankao.kernel.vault.models import Identity
from yankao.kernel.vault.persons import Person

from .conftest import SAY, ZHOU, work, work_again

pytestmark = pytest.mark.django_db
LONG = {**SAY, "number": "陳" * 80}


def state() -> str:
    return str(Message.objects.get().state)


# ── SMPP ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_message_goes_to_the_centre_and_nothing_more_is_claimed(tell, centre):
    tell()
    work()
    (got,) = centre.delivered
    assert (got.sender, got.to, got.data_coding, got.registered) == (b"CITY", b"886933222111", 8, 1)
    assert got.words == "您的陳情陳101-0042已受理，預計101年7月17日前答復。https://city.example/c/0042"
    message = Message.objects.get()
    assert (message.state, message.delivered_at) == (State.HANDED, None)
    assert Handover.objects.get().reference == "a0"


def test_a_receipt_says_delivered(tell, centre, settings):
    tell()
    work()
    centre.receipts = [("000000A0", "DELIVRD"), ("000000A0", "DELIVRD"), ("0000FFFF", "DELIVRD")]
    assert tasks.collect_receipts.func() == 3
    assert state() == State.DELIVERED
    assert Receipt.objects.filter(reference="a0").count() == 1


def test_a_receipt_says_not_delivered_and_a_person_sends_again_under_a_new_key(tell, centre):
    tell()
    work()
    centre.receipts = [("A0", "UNDELIV")]
    tasks.collect_receipts.func()
    assert state() == State.FAILED
    assert sending.resend(Message.objects.get())
    work()
    assert state() == State.HANDED and len(centre.delivered) == 2
    assert not sending.resend(Message.objects.get())


def test_a_receipt_that_comes_before_our_own_row_is_not_lost(tell, centre):
    receipts.take("a0", True)
    tell()
    work()
    assert state() == State.DELIVERED


def test_delivered_outweighs_what_came_before_and_after(tell, centre):
    tell()
    work()
    receipts.take("a0", False, said="EXPIRED")
    assert state() == State.FAILED
    receipts.take("a0", True)
    assert state() == State.DELIVERED
    receipts.take("a0", False)
    assert state() == State.DELIVERED


def test_a_long_text_goes_in_parts_that_join(tell, centre):
    tell(say=LONG)
    assert Message.objects.get().parts == 2
    work()
    first, second = centre.delivered
    assert first.esm_class & second.esm_class & 0x40
    assert first.text[:3] == second.text[:3] == b"\x05\x00\x03"
    assert (
        first.text[3] == second.text[3] and first.text[4:6] == b"\x02\x01" and second.text[4:6] == b"\x02\x02"
    )
    assert (first.words + second.words).startswith("您的陳情陳陳")
    receipts.take("a0", True)
    assert state() == State.HANDED  # one of two parts
    receipts.take("a1", True)
    assert state() == State.DELIVERED


@pytest.mark.parametrize("mood", ["refuse", "hang", "drop", "lie"])
def test_whatever_the_centre_does_the_message_arrives_once(tell, centre, mood):
    tell()
    centre.mood = mood
    work()
    assert state() == State.QUEUED
    centre.mood = "take"
    work_again()
    assert state() == State.HANDED
    assert len(centre.delivered) == 1


def test_a_centre_that_says_yes_twice_counts_once(tell, centre):
    centre.mood = "twice"
    tell()
    tell("another")
    work()
    assert len(centre.delivered) == 2
    assert sorted(Handover.objects.values_list("reference", flat=True)) == ["a0", "a1"]


def test_a_part_that_was_taken_is_not_given_again(tell, centre, monkeypatch):
    tell(say=LONG)
    hand_over, given = sms_smpp.Smpp.hand_over, []

    def breaking(self, part):
        given.append(part.number)
        if len(given) == 2:
            raise ways.NotTaken("line cut")
        return hand_over(self, part)

    monkeypatch.setattr(sms_smpp.Smpp, "hand_over", breaking)
    work()
    work_again()
    assert given == [1, 2, 2]
    assert state() == State.HANDED and len(centre.delivered) == 2


def test_a_number_the_centre_never_takes_is_a_dead_letter(tell, centre):
    tell()
    centre.mood = "never"
    work()
    message = Message.objects.get()
    assert (message.state, message.error) == (State.DEAD, "SMPP 0x0000000b")


def test_without_a_centre_the_message_waits(tell, centre):
    tell()
    centre.close()
    work()
    message = Message.objects.get()
    assert (message.state, message.error, message.attempts) == (State.QUEUED, "ConnectionError", 1)


def test_a_wrong_password_is_no_fault_of_the_message(tell, centre, settings):
    settings.SMS = settings.SMS | {"password": "falsch"}
    tell()
    work()
    assert (state(), Message.objects.get().error) == (State.QUEUED, "PDUError 0x0000000e")


def test_a_connection_the_centre_closed_is_opened_anew(tell, centre):
    tell()
    work()
    sms_smpp.driver()._line._socket.shutdown(2)
    tell("second")
    work()
    assert len(centre.delivered) == 2
    assert set(Message.objects.values_list("state", flat=True)) == {State.HANDED}


# ── HTTP ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_http_gateway_is_spoken_to_in_its_own_words(tell, web):
    tell()
    work()
    (got,) = web.delivered
    assert got["messages"][0]["to"] == "+886933222111" and got["from"] == "CITY"
    assert web.headers[0]["Authorization"] == "Bearer t0ken"
    assert web.headers[0]["Idempotency-Key"] == f'"{got["ref"]}"' == f'"{Message.objects.get().pk.hex}"'
    assert Handover.objects.get().reference == "N1"


@pytest.mark.parametrize("mood", ["busy", "hang", "drop", "lie", "drip"])
def test_whatever_the_http_gateway_does_the_message_arrives_once(tell, web, mood):
    tell()
    web.mood = mood
    work()
    assert state() == State.QUEUED
    web.mood = "take"
    work_again()
    assert state() == State.HANDED
    assert len(web.delivered) == 1


def test_words_of_a_citizen_cannot_become_fields_of_the_request(tell, web):
    tell(say={**SAY, "number": '","to":"{key}{to}'})
    work()
    assert '","to":"{key}{to}' in web.delivered[0]["messages"][0]["text"]
    assert web.delivered[0]["messages"][0]["to"] == "+886933222111"


def test_a_refusal_is_a_dead_letter_that_a_person_may_send_again(tell, web):
    tell()
    web.mood = "refuse"
    work()
    assert (state(), Message.objects.get().error) == (State.DEAD, "HTTP 400")
    web.mood = "take"
    sending.resend(Message.objects.get())
    work()
    assert state() == State.HANDED


@pytest.mark.parametrize("mood", ["drop", "hang", "lie"])
def test_where_no_key_is_honoured_an_unclear_outcome_is_left_to_a_person(tell, web, settings, mood):
    web.honours_key = False
    settings.SMS = settings.SMS | {"honours_key": False}
    tell()
    web.mood = mood
    work()
    work_again()
    assert (state(), web.asked) == (State.UNCLEAR, 1)
    web.mood = "busy"
    tell("definitely not taken")  # said in so many words: this one is tried again
    work_again()
    assert Message.objects.get(key="definitely not taken:sms").state in (State.UNCLEAR, State.QUEUED)


# ── The vault ─────────────────────────────────────────────────────────────────────────────────────


def test_the_address_is_that_of_the_moment_of_sending(tell, zhou, centre):
    tell()
    keeping.correct(zhou, Person(name="周公瑾", mobile="0977-777-777"))
    work()
    assert centre.delivered[0].to == b"886977777777"


def test_whoever_was_shredded_is_told_nothing(tell, zhou, centre):
    tell()
    Identity.objects.filter(pk=zhou.pk).update(
        wrapped=None, text=None, shredded_at=timezone.now(), phone_mark=None, mobile_mark=None,
        email_mark=None, id_mark=None, home_mark=None,
    )  # fmt: skip
    work()
    assert state() == State.DEAD and not centre.delivered


def test_a_landline_gets_no_text_message(tell, zhou, centre):
    keeping.correct(zhou, Person(mobile="07-336-8333"))
    tell()
    work()
    assert (state(), Message.objects.get().error) == (State.DEAD, "No mobile number")


@pytest.mark.parametrize("mood", ["never", "hang", "refuse", "take"])
def test_neither_log_nor_job_nor_error_tells_whom_or_what(tell, centre, caplog, mood):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("yankao").propagate = True
    tell()
    centre.mood = mood
    work()
    told = (
        caplog.text + repr(list(Job.objects.values())) + repr(list(Message.objects.values("error", "state")))
    )
    for word in ("0933", "933222111", ZHOU.name, "0042", "383836393333", "32313131"):
        assert word not in told


def test_words_are_forgotten_after_ninety_days(tell, centre):
    tell()
    work()
    Message.objects.update(queued_at=timezone.now() - timedelta(days=91))
    assert tasks.forget_words.func() == 1
    assert Message.objects.get().envelope is None
