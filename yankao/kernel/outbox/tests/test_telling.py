"""What is told to a citizen: with its reason, in their language, by the ways they gave, at a decent hour."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from jinja2 import UndefinedError

from yankao.kernel.jobs.models import Job
from yankao.kernel.outbox import quiet, telling
from yankao.kernel.outbox.models import Channel, Message, State
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person

from .conftest import RECEIVED, SAY, work

pytestmark = pytest.mark.django_db
ALL = dict.fromkeys(("email", "sms"), "yankao.kernel.outbox.page.driver")
BOTH = Person("小喬", "", "0955000111", "qiao@example.net")


def test_a_message_exists_exactly_when_its_reason_does(tell, centre):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell()
        _ = 1 / 0
    assert not Message.objects.exists() and not Job.objects.exists()
    tell()
    assert Message.objects.count() == Job.objects.count() == 1


def test_the_same_key_again_tells_nothing_twice(tell, centre):
    tell()
    tell(language="en")
    assert Message.objects.count() == Job.objects.count() == 1
    work()
    assert len(centre.delivered) == 1


def test_telling_takes_two_statements_and_opens_nobody(
    tell, settings, django_assert_num_queries, monkeypatch
):
    settings.MESSAGES = ALL
    monkeypatch.setattr(keeping, "unsealed", None)
    with django_assert_num_queries(2):
        tell()


@pytest.mark.parametrize(
    ("person", "urgent", "ways"),
    [
        (BOTH, False, ["email"]),
        (BOTH, True, ["email", "sms"]),
        (Person(mobile="0955000111"), False, ["sms"]),
        (Person(email="qiao@example.net"), False, ["email"]),
        (Person(name="小喬", address="高雄市左營區"), False, []),
    ],
)
def test_the_ways_follow_what_the_person_gave(umbrella, settings, person, urgent, ways):
    settings.MESSAGES = ALL
    identity = keeping.keep(person, case=umbrella.case)
    made = telling.tell(identity, RECEIVED, case=umbrella.case, say=SAY, key="k", urgent=urgent)
    assert [one.channel for one in made] == ways


def test_nobody_is_told_where_nobody_is_named(umbrella, centre):
    assert telling.tell(None, RECEIVED, case=umbrella.case, say=SAY, key="k") == []


def test_words_come_in_both_languages():
    chinese, english = RECEIVED.words("zh-hant", SAY), RECEIVED.words("en", SAY)
    assert chinese.subject == "您的陳情陳101-0042已受理"
    assert chinese.short == "您的陳情陳101-0042已受理，預計101年7月17日前答復。https://city.example/c/0042"
    assert "17 July 2012" in english.short and english.body.startswith("Your petition")


def test_a_value_cannot_begin_a_line_of_the_head():
    told = RECEIVED.words("zh-hant", SAY | {"number": "7\n簡訊：騙人\r\nBcc: x@example.net"})
    assert told.subject == "您的陳情7 簡訊：騙人 Bcc: x@example.net已受理"


def test_a_text_that_names_what_nobody_said_is_refused(tell, centre):
    with pytest.raises(UndefinedError):
        tell(say={"number": "7"})


def test_what_is_kept_of_a_message_is_sealed(tell, centre):
    (message,) = tell()
    kept = Message.objects.values().get(pk=message.pk)
    assert "0042" not in repr({**kept, "text": bytes(kept["text"])})
    assert "0933" not in repr(Job.objects.values().get())


@pytest.mark.parametrize(
    ("clock", "held"),
    [
        ("2012-06-30T12:59", None),
        ("2012-06-30T13:00", "2012-07-01T00:00"),
        ("2012-06-30T20:00", "2012-07-01T00:00"),
        ("2012-06-30T23:59", "2012-07-01T00:00"),
        ("2012-07-01T00:00", None),
    ],
)
def test_from_nine_in_the_evening_to_eight_telephones_are_left_silent(monkeypatch, clock, held):
    monkeypatch.setattr(quiet, "LOUD", (Channel.SMS,))
    now = datetime.fromisoformat(clock).replace(tzinfo=UTC)
    until = quiet.held_until("sms", False, now)
    assert until == (datetime.fromisoformat(held).replace(tzinfo=UTC) if held else None)
    assert quiet.held_until("sms", True, now) is None
    assert quiet.held_until("email", False, now) is None


def test_a_message_of_the_night_waits_for_the_morning(tell, centre, monkeypatch):
    monkeypatch.setattr(quiet, "LOUD", (Channel.SMS,))
    night = datetime(2112, 6, 30, 15, 0, tzinfo=UTC)
    tell(now=night)
    assert Job.objects.get().run_after == datetime(2112, 7, 1, 0, 0, tzinfo=UTC)
    tell("urgent", now=night, urgent=True)
    assert Job.objects.get(key="message:urgent:sms").run_after < night  # at once


def test_a_demonstration_shows_its_messages_and_sends_none(tell, settings):
    settings.MESSAGES = ALL
    tell()
    work()
    assert Message.objects.get().state == State.SHOWN
