"""A citizen to tell, a case to tell of, and gateways on the loopback to tell through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from examples.lost_property.process import process
from yankao.kernel.jobs import mail
from yankao.kernel.jobs.models import Job
from yankao.kernel.jobs.models import State as JobState
from yankao.kernel.jobs.worker import Worker
from yankao.kernel.outbox import gateway as ways
from yankao.kernel.outbox import quiet, sms_smpp, telling
from yankao.kernel.outbox.models import Message
from yankao.kernel.outbox.wording import wording
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person

from .smsc import Centre
from .web import Gateway

RECEIVED = wording("kernel.trial.received", "受理通知")
SAY = {"number": "陳101-0042", "due": date(2012, 7, 17), "link": "https://city.example/c/0042"}
ZHOU = Person("周公瑾", "", "0933-222-111", "", "高雄市左營區博愛二路777號")
"""Has a mobile and no mail: told by text message."""


@pytest.fixture(autouse=True)
def ground(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keys of the test's own, no quiet hours, closed breakers."""
    settings.DATA = tmp_path
    monkeypatch.setattr(quiet, "LOUD", ())
    closed()
    yield
    closed()  # a gateway that refused here must not be spared by the next test elsewhere
    for one in sms_smpp._kept.values():
        one.close()
    sms_smpp._kept.clear()


@pytest.fixture
def umbrella(cast: Any) -> Any:
    return process.open(
        cast.officer, title="雨傘", agency=cast.water, officer=cast.officer, place="捷運站",
        found_on=date(2012, 3, 1), opened_on=date(2012, 3, 1),
    )  # fmt: skip


@pytest.fixture
def zhou(umbrella: Any) -> Any:
    return keeping.keep(ZHOU, case=umbrella.case)


@pytest.fixture
def tell(zhou: Any, umbrella: Any) -> Callable[..., list[Message]]:
    def tell(key: str = "k", **more: Any) -> list[Message]:
        return telling.tell(zhou, RECEIVED, case=umbrella.case, key=key, **({"say": SAY} | more))

    return tell


@pytest.fixture
def centre(settings: Any) -> Iterator[Centre]:
    found = Centre()
    settings.SMS = {
        "host": "127.0.0.1", "port": found.port, "user": "yankao", "password": "geheim", "sender": "CITY",
        "seconds": 0.4, "still": 0.05, "honours_key": True,
    }  # fmt: skip
    settings.MESSAGES = {"sms": "yankao.kernel.outbox.sms_smpp.driver"}
    yield found
    found.close()


@pytest.fixture
def web(settings: Any) -> Iterator[Gateway]:
    found = Gateway()
    settings.SMS = {
        "url": found.url, "token": "t0ken", "sender": "CITY", "seconds": 0.4, "id": "data.ids.0",
        "body": '{"messages": [{"to": "{to}", "text": "{text}"}], "ref": "{key}", "from": "{from}"}',
        "honours_key": True,
    }  # fmt: skip
    settings.MESSAGES = {"sms": "yankao.kernel.outbox.sms_http.driver"}
    yield found
    found.close()


def closed() -> None:
    ways.breakers.clear()
    mail.breaker.reset()


def work() -> None:
    """Run what is due."""
    Worker().drain()


def work_again() -> None:
    """Time has passed: breakers are closed, and what waits is due."""
    closed()
    Job.objects.filter(state=JobState.READY).update(run_after=timezone.now() - timedelta(seconds=1))
    work()
