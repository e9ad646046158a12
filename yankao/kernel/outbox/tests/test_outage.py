"""Four hours without a gateway, under load, on a simulated clock: nothing is lost, nothing arrives twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from yankao.kernel.jobs import mail
from yankao.kernel.jobs.models import Job
from yankao.kernel.jobs.models import State as JobState
from yankao.kernel.jobs.worker import Worker
from yankao.kernel.outbox import gateway as ways
from yankao.kernel.outbox.models import Message, State

pytestmark = pytest.mark.django_db
BEGIN = datetime(2012, 6, 30, 1, 0, tzinfo=UTC)
OUTAGE = timedelta(hours=4)
MESSAGES = 32


class Clock:
    """The time of the test: for the queue and for the breakers."""

    def __init__(self, monkeypatch):
        self.now = BEGIN
        monkeypatch.setattr(timezone, "now", lambda: self.now)
        monkeypatch.setattr(mail, "time", self)

    def monotonic(self):
        return (self.now - BEGIN).total_seconds()

    def until(self, end):
        """Let time pass to `end`, working every two minutes."""
        while self.now < end:
            Worker().work()
            self.now = min(self.now + timedelta(minutes=2), end)


class Faulty:
    """A gateway that honours keys and is out for four hours: it refuses, does not answer after it took what
    it was given, or says no although it took it."""

    honours_key = True

    def __init__(self, clock):
        self.clock, self.asked, self.arrived = clock, 0, Counter()
        self.seen = set()

    def hand_over(self, part):
        self.asked += 1
        out = self.clock.now < BEGIN + OUTAGE
        mood = self.asked % 3 if out else -1
        if mood != 0 and part.key not in self.seen:
            self.seen.add(part.key)
            self.arrived[part.key] += 1
        if mood == 0:
            raise ways.NotTaken("ConnectionRefusedError")
        if mood == 1:
            raise ways.Unclear("TimeoutError")
        if mood == 2:
            raise ways.Unclear("HTTP 500")
        return part.key


def test_four_hours_without_a_gateway_lose_and_double_nothing(tell, settings, monkeypatch):
    clock = Clock(monkeypatch)
    gateway = Faulty(clock)
    monkeypatch.setattr("yankao.kernel.outbox.sending.driver", lambda channel: gateway)
    settings.MESSAGES = {"sms": "yankao.kernel.outbox.page.driver"}
    for number in range(MESSAGES):
        clock.until(BEGIN + OUTAGE / MESSAGES * number)
        tell(f"k{number}")
    clock.until(BEGIN + OUTAGE)
    assert not Message.objects.exclude(state=State.QUEUED).exists()
    during = gateway.asked
    clock.until(BEGIN + OUTAGE + timedelta(minutes=75))
    assert Message.objects.filter(state=State.HANDED).count() == MESSAGES
    assert set(gateway.arrived.values()) == {1} and len(gateway.arrived) == MESSAGES
    assert during < 2 * OUTAGE.total_seconds() / mail.BREAK_SECONDS  # it was left alone in between
    assert not Job.objects.filter(state=JobState.FAILED).exists()
    assert Message.objects.order_by("-attempts").values_list("attempts", flat=True)[0] < 20
