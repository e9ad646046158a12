"""A gateway that fails is asked ever more rarely, and nobody else waits for it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from yankao.kernel.jobs import Later, mail
from yankao.kernel.jobs.models import Mail
from yankao.kernel.outbox import calling, devices, telling
from yankao.kernel.outbox import gateway as ways
from yankao.kernel.outbox.calling import Answer
from yankao.kernel.outbox.models import Message, State
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person

from .conftest import RECEIVED, SAY, work, work_again
from .test_outage import BEGIN, OUTAGE, Clock
from .test_push import Browser

pytestmark = pytest.mark.django_db
MINE, THEIRS = "updates.push.services.mozilla.com", "fcm.googleapis.com"
QIAO = Person("小喬", "", "", "qiao@example.net", "")


def pause(one: mail.Breaker) -> float:
    """Seconds for which it is left alone now; 0 when it may be asked."""
    try:
        one.check()
    except Later as later:
        return later.wait.total_seconds()
    return 0


def test_a_gateway_is_left_alone_twice_as_long_each_time_it_fails_again(monkeypatch: Any) -> None:
    clock, one, pauses = Clock(monkeypatch), mail.Breaker(), []
    for _time in range(6):
        one.trip()
        pauses.append(pause(one))
        clock.now += timedelta(seconds=pauses[-1])
        assert pause(one) == 0
    assert pauses == [30, 60, 120, 240, 300, 300]
    one.reset()
    one.trip()
    assert pause(one) == 30


class Hanging:
    """A gateway that takes a request, and the whole time limit of the worker with it."""

    honours_key = True
    limit = timedelta(seconds=15)

    def __init__(self, clock: Clock) -> None:
        self.clock, self.spent = clock, timedelta()

    def hand_over(self, part: Any) -> str:
        self.spent += self.limit
        self.clock.now += self.limit
        raise ways.Unclear("TimeoutError")


def test_a_gateway_that_hangs_for_hours_takes_a_twentieth_of_the_workers_time(
    tell: Any, settings: Any, monkeypatch: Any
) -> None:
    clock = Clock(monkeypatch)
    hanging = Hanging(clock)
    monkeypatch.setattr("yankao.kernel.outbox.sending.driver", lambda channel: hanging)
    settings.MESSAGES = {"sms": "yankao.kernel.outbox.page.driver"}
    for number in range(60):
        tell(f"k{number}")
    clock.until(BEGIN + OUTAGE)
    assert timedelta() < hanging.spent <= OUTAGE / 20 + 5 * hanging.limit
    assert Message.objects.filter(state=State.QUEUED).count() == 60


@pytest.fixture
def services(settings: Any, monkeypatch: Any) -> Any:
    """Two push services: what each answers, and how often it was asked."""
    settings.PUSH = {"contact": "mailto:rdec@city.example", "hosts": [MINE, THEIRS], "seconds": 1}
    settings.MESSAGES = {"push": "yankao.kernel.outbox.push.driver"}

    class Services:
        status = {MINE: 201, THEIRS: 201}
        asked: Counter[str] = Counter()

        def post(self, url: str, body: bytes, headers: Any, *, seconds: float) -> Answer:
            host = str(urlsplit(url).hostname)
            self.asked[host] += 1
            return Answer(self.status[host], {}, b"")

    found = Services()
    found.status, found.asked = dict(Services.status), Counter()
    monkeypatch.setattr(calling, "post", found.post)
    return found


def browser(host: str, path: str) -> dict[str, Any]:
    return {**Browser().subscription, "endpoint": f"https://{host}/wpush/{path}"}


def test_a_push_service_that_fails_holds_up_its_own_browsers_alone(
    tell: Any, zhou: Any, umbrella: Any, services: Any
) -> None:
    neighbour = keeping.keep(Person("魯子敬", "", "0911-000-111", "", ""), case=umbrella.case)
    for host in (THEIRS, MINE):
        devices.register(zhou, browser(host, "zhou"))
    devices.register(neighbour, browser(MINE, "lu"))
    services.status[THEIRS] = 503
    tell("first")
    telling.tell(neighbour, RECEIVED, case=umbrella.case, key="lu", say=SAY)
    tell("second")
    work()
    assert services.asked == {THEIRS: 1, MINE: 3}  # the one that fails is left alone, the other serves all
    assert [one.state for one in Message.objects.order_by("queued_at")] == [
        State.QUEUED, State.HANDED, State.QUEUED,
    ]  # fmt: skip
    services.status[THEIRS] = 201
    work_again()
    assert services.asked == {THEIRS: 3, MINE: 3}  # and what it has is not told again
    assert {one.state for one in Message.objects.all()} == {State.HANDED}


def test_the_mail_server_is_one_gateway_for_officers_and_citizens(
    umbrella: Any, settings: Any, monkeypatch: Any
) -> None:
    settings.MESSAGES = {"email": "yankao.kernel.outbox.post.driver"}
    asked: list[str] = []

    def send(message: Any) -> None:
        asked.append(message.to[0])
        raise TimeoutError

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    mail.queue_mail("chen@city.example", "逾期", "內文", key="k", language="zh-hant")
    qiao = keeping.keep(QIAO, case=umbrella.case)
    telling.tell(qiao, RECEIVED, case=umbrella.case, key="q", say=SAY)
    work()
    assert len(asked) == 1  # whichever came first: the other does not wait for the time limit again
    assert {Mail.objects.get().state, Message.objects.get().state} <= {"failed", "queued"}


def test_one_full_mailbox_is_no_outage(umbrella: Any, settings: Any, monkeypatch: Any) -> None:
    settings.MESSAGES = {"email": "yankao.kernel.outbox.post.driver"}
    told: list[str] = []

    def send(message: Any) -> None:
        if message.to[0] == "full@example.net":
            raise mail.smtplib.SMTPRecipientsRefused({"full@example.net": (452, b"full")})
        told.append(message.to[0])

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    for number, address in enumerate(("full@example.net", "qiao@example.net")):
        one = keeping.keep(Person(f"人{number}", "", "", address, ""), case=umbrella.case)
        telling.tell(one, RECEIVED, case=umbrella.case, key=f"q{number}", say=SAY)
        work()
    assert told == ["qiao@example.net"]
