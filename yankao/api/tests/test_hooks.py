"""Systems outside hear of steps: signed, once each, again after an outage; nobody is named, nothing inside is
called."""

from __future__ import annotations

import hmac
import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from examples.lost_property.process import give_notice, process
from yankao.api import hooks
from yankao.api.models import Delivery, Hook
from yankao.kernel.casework.models import Case, Security
from yankao.kernel.jobs import GiveUp
from yankao.kernel.jobs.models import Job, State
from yankao.kernel.jobs.schedule import periodic
from yankao.kernel.jobs.worker import Worker

ROOM = "examples.lost_property"


def run_due() -> int:
    return Worker(["webhooks"]).drain()


class Listener:
    """A real server on the loopback that keeps what it hears and answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append((dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.end_headers()

            def log_message(self, *_words: Any) -> None: ...

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    found = Listener()
    settings.WEBHOOK_HOSTS = [found.origin, "hooks.example"]
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def hook(cast: Any, listener: Listener) -> Hook:
    return hooks.make(cast.admin, "監測站", f"{listener.origin}/in", [ROOM])[1]


def told(listener: Listener) -> list[str]:
    return [json.loads(body)["event"] for _headers, body in listener.heard]


def test_each_step_is_told_once_signed_and_without_a_person(
    cast: Any, hook: Hook, listener: Listener, umbrella: Any
) -> None:
    give_notice(umbrella, cast.officer, noticed_on=timezone.localdate())
    import yankao.api.tasks  # noqa: F401  (imported for what it registers, as the worker does)

    assert hooks.spread.module_path in periodic
    assert hooks.spread.call() == 2 and hooks.spread.call() == 0
    run_due()
    run_due()
    assert sorted(told(listener)) == [f"{ROOM}.give_notice", f"{ROOM}.open"]
    headers, body = listener.heard[0]
    signed = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["Yankao-Signature"])
    assert signed
    at, mark = signed.groups()
    secret = hooks.secret_of(hook).encode()
    assert mark == hmac.new(secret, f"{at}.".encode() + body, sha256).hexdigest()
    assert abs(int(at) - time.time()) < 60
    everything = b"".join(part for _headers, part in listener.heard).decode()
    assert umbrella.case.number in everything and "T-WATER" in everything
    assert not [word for word in (umbrella.case.title, cast.officer.name, cast.officer.username)
                if word in everything]  # fmt: skip


def test_what_was_before_the_subscription_and_restricted_cases_are_not_told(
    cast: Any, umbrella: Any, listener: Listener
) -> None:
    row = hooks.make(cast.admin, "監測站", f"{listener.origin}/in", [ROOM])[1]
    for security in (Security.NAMED, Security.SECRET):
        one = process.open(cast.officer, title="密", agency=cast.water, officer=cast.officer, place="某處",
                           found_on=timezone.localdate())  # fmt: skip
        Case.objects.filter(pk=one.pk).update(security=security)
    assert hooks.spread.call() == 0 and not Delivery.objects.exists()
    row.refresh_from_db()
    assert hooks.end(cast.admin, row) and not hooks.end(cast.admin, row)


def test_a_refusal_is_tried_again_and_the_dead_letter_is_sent_once_more_from_the_desk(
    cast: Any, hook: Hook, listener: Listener, umbrella: Any
) -> None:
    listener.answers = [500] * (hooks.MOST_TRIES + 1)
    hooks.spread.call()
    run_due()
    row = Delivery.objects.get()
    assert (row.state, row.said, row.tries) == ("queued", "HTTP 500", 1)
    while Job.objects.filter(queue="webhooks", state=State.READY).update(run_after=timezone.now()):
        run_due()
    row.refresh_from_db()
    assert (row.state, row.tries, len(listener.heard)) == ("dead", hooks.MOST_TRIES, hooks.MOST_TRIES)
    listener.answers = []
    cast.admin.set_unusable_password()
    cast.admin.save()
    browser = Client()
    browser.force_login(cast.admin)
    page = browser.get("/office/hooks/").content.decode()
    assert "無法送達" in page and f"{ROOM}.open" in page
    assert browser.post("/office/hooks/again", {}).status_code == 302
    run_due()
    row.refresh_from_db()
    assert (row.state, row.said) == ("done", "HTTP 200")
    assert browser.post("/office/hooks/again", {"delivery": str(row.pk)}).status_code == 302
    run_due()
    ids = {headers["Yankao-Delivery"] for headers, _body in listener.heard}
    assert len(ids) == 1 and len(listener.heard) == hooks.MOST_TRIES + 2


def test_only_named_hosts_at_public_addresses_are_called(
    cast: Any, listener: Listener, monkeypatch: Any
) -> None:
    for url in ("http://hooks.example/in", "https://hooks.example:8443/", "https://other.example/",
                "https://evilhooks.example/", "https://user:x@hooks.example/", "file:///etc/passwd",
                "https://127.0.0.1/", "https://[::1]/", "http://127.0.0.1:1/", "https://hooks.example\\@x/",
                "no address"):  # fmt: skip
        with pytest.raises(ValidationError):
            hooks.make(cast.admin, "試", url, [ROOM])
    assert hooks.refusal("https://a.hooks.example/in") == ""
    for inside in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "192.168.1.1", "0.0.0.0"):
        answer = [(0, 0, 0, "", (inside, 443))]
        monkeypatch.setattr(hooks.socket, "getaddrinfo", lambda *_a, found=answer, **_k: found)
        with pytest.raises(GiveUp):
            hooks.address_of("https://hooks.example/in")
    answer = [(0, 0, 0, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(hooks.socket, "getaddrinfo", lambda *_a, **_k: answer)
    assert hooks.address_of("https://hooks.example/in") == "93.184.216.34"


def test_the_page_makes_and_ends_a_subscription_for_the_administrator_alone(
    cast: Any, listener: Listener
) -> None:
    for person in (cast.admin, cast.rdec_chief):
        person.set_unusable_password()
        person.save()
    browser, other = Client(), Client()
    browser.force_login(cast.admin)
    other.force_login(cast.rdec_chief)
    given = {"name": "監測站", "url": f"{listener.origin}/in", "rooms": [ROOM]}
    assert other.get("/office/hooks/").status_code == 403
    assert other.post("/office/hooks/again").status_code == 403
    refused = browser.post("/office/hooks/", {**given, "url": "https://other.example/"})
    assert refused.status_code == 422 and "不在可通知的名單" in refused.content.decode()
    page = browser.post("/office/hooks/", given).content.decode()
    row = Hook.objects.get()
    secret = hooks.secret_of(row)
    assert secret in page and secret not in browser.get("/office/hooks/").content.decode()
    assert other.post(f"/office/hooks/{row.pk}/end").status_code == 403
    assert browser.post(f"/office/hooks/{row.pk}/end").status_code == 302
    row.refresh_from_db()
    assert row.ended_at
