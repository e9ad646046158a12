"""Drafts: answers kept on our side while a form is being filled in; the browser holds a token and no more.

A draft that nobody touched for `LIFE` is no longer found, and is deleted within the hour.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from yankao.kernel import bulk, prepared
from yankao.kernel.vault import keys, sealing

from . import models

LIFE = timedelta(hours=3)
COOKIE = "yk_form_"
MOST = 200_000
"""So many bytes of answers are kept in one draft."""


@dataclass
class Draft:
    """The answers of one form under way.

    `answers` by page; `about` what the form found out besides (where, which map); `key` names the submission,
    so that one sent twice is one; `sent` is what became of it, empty until then.
    """

    token: str = field(repr=False)
    key: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    about: dict[str, Any] = field(default_factory=dict, repr=False)
    sent: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def mark(self) -> str:
        """By which a page says to which form it belongs; it opens nothing."""
        return salted_hmac("yankao.counter.page", self.key, algorithm="sha256").hexdigest()[:16]

    def get(self, page: str, name: str, otherwise: Any = "") -> Any:
        """One answer, or `otherwise` while the page was not answered."""
        return self.answers.get(page, {}).get(name, otherwise)

    def filled(self, page: str) -> dict[str, Any]:
        """What stands on a page: what was typed and not sent yet, else its answer."""
        typed: dict[str, dict[str, Any]] = self.about.get("typed", {})
        return typed.get(page, self.answers.get(page, {}))

    def keep_typed(self, page: str, values: dict[str, Any]) -> None:
        """Keep what stands on the page somebody is at, right or not, while it is drawn anew."""
        self.about["typed"] = {page: values}


def begin() -> Draft:
    """A new form; nothing is written before its first answer."""
    return Draft(secrets.token_urlsafe(24))


def _mark(token: str) -> str:
    return salted_hmac("yankao.counter.draft", token, algorithm="sha256").hexdigest()


def find(request: HttpRequest, journey: str) -> Draft | None:
    """The form this browser is filling in; None without one, and for one too old or not to be opened."""
    token = request.COOKIES.get(COOKIE + journey, "")
    if not 20 <= len(token) <= 64:
        return None
    row = next(iter(prepared.instances(models.Draft, Q(mark=_mark(token)))), None)
    if row is None or row.journey != journey or row.touched_at <= timezone.now() - LIFE:
        return None
    envelope = row.envelope
    if envelope is None:
        return None
    try:
        told = json.loads(sealing.unseal(envelope))
    except (sealing.Damaged, keys.KeyMissing, ValueError):
        return None
    return Draft(token, told["key"], told["answers"], told["about"], told["sent"])


def save(draft: Draft, journey: str) -> None:
    """Keep the draft as it stands. ValueError when it has grown past every sensible form."""
    told = {"key": draft.key, "answers": draft.answers, "about": draft.about, "sent": draft.sent}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > MOST:
        raise ValueError("A draft has grown too large")
    envelope = sealing.seal(text, keys.ring(keys.ORDINARY))
    kept: dict[str, Any] = {
        "key_id": envelope.key_id, "wrapped": envelope.wrapped, "text": envelope.text,
        "touched_at": timezone.now(),
    }  # fmt: skip
    bulk.put(bulk.made(models.Draft, mark=_mark(draft.token), journey=journey, **kept), by="mark")


def forget(draft: Draft) -> None:
    """Throw the form away."""
    models.Draft.objects.filter(mark=_mark(draft.token)).delete()


def forget_old() -> int:
    """Delete what nobody goes on with; how many."""
    done, _each = models.Draft.objects.filter(touched_at__lte=timezone.now() - LIFE).delete()
    return done


def hand_out(response: HttpResponse, draft: Draft, journey: str, path: str) -> HttpResponse:
    """Give the browser the token, for the pages of this form alone."""
    response.set_cookie(
        COOKIE + journey, draft.token, max_age=int(LIFE.total_seconds()), path=path, httponly=True,
        samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip
    return response
