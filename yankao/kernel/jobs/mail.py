"""E-mail through the outbox: the letter and its job are rows of the caller's transaction.

A gateway that refuses, hangs or breaks off loses nothing: the letter stays and is tried again for hours,
oldest
first. It can arrive twice only when the connection breaks between the gateway's acceptance and our mark; then
both copies carry the same Message-ID. Neither addresses nor words are ever logged or kept with an error.
"""

from __future__ import annotations

import smtplib
import time
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db.models import Q
from django.tasks import TaskContext, task
from django.utils import timezone

from .. import bulk, prepared
from . import GiveUp, Later, attempts, enqueue
from .models import Mail

BREAK_SECONDS, LONGEST_BREAK = 30.0, 300.0
MOST_ATTEMPTS = 20
"""With the waits of `queue.backoff`, some ten hours: longer than a night's outage."""


class GatewayFailed(Exception):
    """The gateway did not take the letter this time. Says what kind of failure it was, never to whom."""


class Breaker:
    """After the gateway failed to answer, leave it alone for a while, twice as long each time it fails again,
    so that one that hangs does not hold up every letter, and whatever else the worker does, for the whole
    time limit again and again. One a process; a letter put off has used up no attempt."""

    def __init__(self) -> None:
        self._open_until, self._pause = 0.0, BREAK_SECONDS

    def check(self) -> None:
        left = self._open_until - time.monotonic()
        if left > 0:
            raise Later(timedelta(seconds=left))

    def trip(self) -> None:
        self._open_until = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_BREAK)

    def reset(self) -> None:
        self._open_until, self._pause = 0.0, BREAK_SECONDS


breaker = Breaker()


def queue_mail(to: str, subject: str, body: str, *, key: str, language: str, calendar: str = "") -> Mail:
    """Write a letter and its job in the caller's transaction. The same `key` again gives the first letter
    back. `calendar` is an invitation (RFC 5545) that goes with it.

    ValueError when `to` is no address (the message does not repeat it).
    """
    try:
        validate_email(to)
    except ValidationError:
        raise ValueError("Not an e-mail address") from None
    title = " ".join(subject.split())[:200]
    letter = Mail(to=to, subject=title, body=body, key=key, language=language, calendar=calendar)
    letter.message_id = message_id(letter)
    bulk.write_new(Mail, [letter])
    [letter] = prepared.instances(Mail, Q(key=key))
    enqueue(deliver, str(letter.pk), key=f"mail:{letter.pk}")
    return letter


def message_id(letter: Any) -> str:
    """The Message-ID of a letter: made of its id, so that every attempt carries the same."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{letter.pk.hex}@{domain}>"


@attempts(MOST_ATTEMPTS)
@task(queue_name="mail", takes_context=True)
def deliver(context: TaskContext[..., Any], letter_id: str) -> None:
    """Send one letter unless it was sent already, and mark it in the same breath."""
    letter = Mail.objects.filter(pk=letter_id).first()
    if letter is None or letter.state == Mail.State.SENT:
        return
    breaker.check()
    try:
        hand_over(
            letter.to, letter.subject, letter.body, message_id=letter.message_id, language=letter.language,
            calendar=letter.calendar,
        )  # fmt: skip
    except Refused as refused:
        _note(letter, Mail.State.DEAD, str(refused))
        raise GiveUp(str(refused)) from None
    except GatewayFailed as failed:
        last = context.attempt >= MOST_ATTEMPTS
        _note(letter, Mail.State.DEAD if last else Mail.State.FAILED, str(failed))
        raise
    now = timezone.now()
    Mail.objects.filter(pk=letter.pk).update(state=Mail.State.SENT, sent_at=now, error="")


class Refused(Exception):
    """The gateway will never take this letter (a permanent SMTP code)."""


def hand_over(
    to: str, subject: str, body: str, *, message_id: str, language: str, calendar: str = ""
) -> None:
    """Give one letter to the mail server. Raises Refused for good, GatewayFailed for this time."""
    headers = {"Message-ID": message_id, "Content-Language": language, "Auto-Submitted": "auto-generated"}
    message = EmailMessage(subject, body, to=[to], headers=headers)
    if calendar:
        method = "CANCEL" if "\nMETHOD:CANCEL" in calendar else "REQUEST"
        message.attach("invite.ics", calendar, f"text/calendar; charset=utf-8; method={method}")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _by_code(next((code for code, _ in error.recipients.values()), 450), error) from None
    except smtplib.SMTPAuthenticationError as error:  # a matter of our configuration, not of the letter
        breaker.trip()
        raise GatewayFailed(f"SMTPAuthenticationError {error.smtp_code}") from None
    except smtplib.SMTPResponseException as error:
        raise _by_code(error.smtp_code, error) from None
    except (OSError, smtplib.SMTPException) as error:
        breaker.trip()
        raise GatewayFailed(type(error).__name__) from None
    breaker.reset()


def _by_code(code: int, error: Exception) -> Exception:
    said = f"{type(error).__name__} {code}"
    return Refused(said) if 500 <= code < 600 else GatewayFailed(said)


def _note(letter: Mail, state: str, error: str) -> None:
    Mail.objects.filter(pk=letter.pk).exclude(state=Mail.State.SENT).update(state=state, error=error[:200])


def bounced(number: str, said: str, *, final: bool) -> bool:
    """What a delivery report says of the letter with that Message-ID; whether there is one."""
    found = Mail.objects.filter(message_id=number)
    if not final:
        return found.exists()
    return bool(found.update(state=Mail.State.DEAD, error=f"Bounced {said}"[:200]))


def resend(letter: Mail) -> None:
    """Queue a dead letter again, by a person's decision."""
    Mail.objects.filter(pk=letter.pk, state=Mail.State.DEAD).update(state=Mail.State.QUEUED, error="")
    enqueue(deliver, str(letter.pk), key=f"mail:{letter.pk}:{timezone.now():%Y%m%d%H%M%S%f}")
