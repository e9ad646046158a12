"""Letters: written with their reason, sent once, never lost to a bad gateway, never told to the log."""

import contextlib
import logging
import smtplib
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from yankao.kernel.jobs import mail as post
from yankao.kernel.jobs import queue
from yankao.kernel.jobs.models import Job, Mail, State
from yankao.kernel.jobs.worker import Worker

pytestmark = pytest.mark.django_db
GATEWAY = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def closed_breaker() -> None:
    post.breaker.reset()


def letter(key: str = "k", to: str = "chen.secret@example.tw") -> Mail:
    return post.queue_mail(to, "逾期\n提醒", "內文甚密", key=key, language="zh-hant")


def work_again() -> None:
    post.breaker.reset()
    Job.objects.filter(state=State.READY).update(run_after=timezone.now() - timedelta(seconds=1))
    Worker().drain()


class Gateway:
    """An SMTP server that behaves as told: `take`, `refuse`, `busy`, `hang`, or `drop` after the letter is
    in."""

    def __init__(self) -> None:
        self.mood = "take"
        self.taken: list[str] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.open = True
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self.open:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            with line:
                if self.mood == "hang":
                    line.settimeout(2)
                    with contextlib.suppress(OSError):
                        line.recv(100)
                    continue
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        said = line.makefile("rwb")

        def answer(text: str) -> None:
            said.write(text.encode() + b"\r\n")
            said.flush()

        answer("220 gateway")
        while word := said.readline().decode("utf-8", "replace"):
            if word.upper().startswith("RCPT") and self.mood in {"refuse", "busy"}:
                answer("550 no such user" if self.mood == "refuse" else "451 later")
            elif word.upper().startswith("DATA"):
                answer("354 go on")
                text = ""
                while (more := said.readline().decode("utf-8", "replace")) != ".\r\n":
                    text += more
                self.taken.append(text)
                if self.mood == "drop":
                    return
                answer("250 taken")
            elif word.upper().startswith("QUIT"):
                answer("221 bye")
                return
            else:
                answer("250 ok")


@pytest.fixture
def gateway(settings) -> Iterator[Gateway]:
    found = Gateway()
    options = {"host": "127.0.0.1", "port": found.port, "timeout": 0.3}
    settings.MAILERS = {"default": {"BACKEND": GATEWAY, "OPTIONS": options}}
    yield found
    found.open = False
    found.server.close()


def message_ids(texts: list[str]) -> list[str]:
    return [line for text in texts for line in text.splitlines() if line.lower().startswith("message-id")]


def test_a_letter_is_sent_once_with_an_id_of_its_own() -> None:
    written = letter()
    Worker().drain()
    written.refresh_from_db()
    assert written.state == Mail.State.SENT
    assert written.sent_at is not None
    (sent,) = mail.outbox
    assert sent.message()["Message-ID"] == written.message_id == f"<{written.pk.hex}@localhost>"
    assert sent.subject == "逾期 提醒"
    post.deliver.enqueue(str(written.pk))
    Worker().drain()
    assert len(mail.outbox) == 1


def test_a_letter_whose_reason_is_rolled_back_is_not_sent() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        letter()
        1 / 0  # noqa: B018
    assert Worker().drain() == 0
    assert Mail.objects.count() == 0


def test_the_same_key_is_the_same_letter() -> None:
    assert letter().pk == letter().pk
    Worker().drain()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("wrong", ["", "nobody", "a@b@c.tw", "a@example.tw\nBcc: all@example.tw"])
def test_what_is_no_address_is_refused_without_repeating_it(wrong: str) -> None:
    with pytest.raises(ValueError) as refused:
        letter(to=wrong)
    assert "example" not in str(refused.value)


def test_a_refused_letter_is_dead_and_can_be_sent_again(gateway: Gateway) -> None:
    gateway.mood = "refuse"
    written = letter()
    Worker().drain()
    written.refresh_from_db()
    assert (written.state, written.error) == (Mail.State.DEAD, "SMTPRecipientsRefused 550")
    gateway.mood = "take"
    post.resend(written)
    Worker().drain()
    written.refresh_from_db()
    assert written.state == Mail.State.SENT
    assert message_ids(gateway.taken) == [f"Message-ID: {written.message_id}"]


@pytest.mark.parametrize("mood", ["busy", "hang"])
def test_a_gateway_that_cannot_now_gets_the_letter_later(gateway: Gateway, mood: str) -> None:
    gateway.mood = mood
    written = letter()
    Worker().drain()
    written.refresh_from_db()
    assert written.state == Mail.State.FAILED
    gateway.mood = "take"
    work_again()
    written.refresh_from_db()
    assert written.state == Mail.State.SENT
    assert len(gateway.taken) == 1


def test_a_connection_broken_after_acceptance_repeats_a_letter_that_can_be_recognised(
    gateway: Gateway,
) -> None:
    gateway.mood = "drop"
    written = letter()
    Worker().drain()
    gateway.mood = "take"
    work_again()
    written.refresh_from_db()
    assert written.state == Mail.State.SENT
    assert message_ids(gateway.taken) == [f"Message-ID: {written.message_id}"] * 2


def test_a_dead_gateway_is_left_alone_and_costs_no_attempt(gateway: Gateway) -> None:
    gateway.mood = "hang"
    for n in range(5):
        letter(f"k{n}")
    Worker().drain()
    assert sorted(Job.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
    gateway.mood = "take"
    work_again()
    assert Mail.objects.filter(state=Mail.State.SENT).count() == 5


def test_a_four_hour_outage_uses_up_no_letter() -> None:
    steps = [min(queue.FIRST_WAIT * 2 ** (n - 1), queue.LONGEST_WAIT) for n in range(1, post.MOST_ATTEMPTS)]
    assert sum(steps, timedelta()) / 2 > timedelta(hours=4)  # every wait at its shortest
    assert post.deliver.max_attempts == post.MOST_ATTEMPTS


def test_neither_address_nor_words_are_logged_or_kept_with_an_error(gateway: Gateway, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    for n, mood in enumerate(("refuse", "busy", "hang", "drop", "take")):
        gateway.mood = mood
        letter(f"k{n}")
        post.breaker.reset()
        Worker().drain()
    kept = repr(list(Job.objects.values())) + repr(list(Mail.objects.values_list("error")))
    for secret in ("chen.secret", "內文甚密", "逾期"):
        assert secret not in caplog.text
        assert secret not in kept


def test_the_words_of_a_sent_letter_are_forgotten_after_thirty_days() -> None:
    written = letter()
    Worker().drain()
    queue.sweep_old(timezone.now() + timedelta(days=29))
    assert Mail.objects.get(pk=written.pk).body
    queue.sweep_old(timezone.now() + timedelta(days=31))
    assert Mail.objects.get(pk=written.pk).body == ""


def test_a_gateway_that_does_not_know_us_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"chen.secret@example.tw unknown")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    written = letter()
    Worker().drain()
    written.refresh_from_db()
    assert (written.state, written.error) == (Mail.State.FAILED, "SMTPAuthenticationError 535")
