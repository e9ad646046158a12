"""Who asks: a personal token, or the session of the browser with its CSRF token."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer, SessionAuth

from yankao.kernel.limits import said_too_often, wait_for_reading

from . import tokens
from .answers import Problem
from .models import Scope

SAFE = ("GET", "HEAD", "OPTIONS")


def may_read(request: HttpRequest, key: str = "") -> None:
    """Raise Problem 429 for who reads beyond the rule in a minute; `key` names who showed a valid token."""
    if wait := wait_for_reading(request, key):
        raise Problem(429, "too_often", said_too_often(wait), wait=wait)


class Token(HttpBearer):
    """`Authorization: Bearer yk_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = tokens.holder(token, demo=settings.DEMO)
        if found is None or found.scope == Scope.FEED:  # it stands in an address, where others may read it
            return None
        if request.method in SAFE:
            may_read(request, f"token-{found.pk}")
        if found.scope != Scope.WRITE and request.method not in SAFE:
            raise Problem(403, "read_only", _("這個權杖只能讀取。"))
        request.user = found.user
        return found.user


class Session(SessionAuth):
    """Somebody signed in with a browser; what changes anything needs the CSRF token."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.user.is_authenticated:
            return None
        return super().__call__(request)
