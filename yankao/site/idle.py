"""An unattended screen signs itself out."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from yankao.desk.again import ended_for

SEEN = "seen"
NOTE_EVERY = 60
"""Seconds between two notes of activity: a row written at every request would cost more than it tells."""


class IdleLogout:
    """Ends a session in which nothing was asked for `settings.IDLE_SECONDS`; 0 switches it off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = settings.IDLE_SECONDS
        if limit:
            # In place of Django's stand-in, through which a page reaches for its reader some seventy times.
            request.user = get_user(request)
        if limit and request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(SEEN)
            if seen is not None and now - seen > limit:
                ended_for(request)
                logout(request)
                messages.info(request, _("閒置過久，已自動登出，請重新登入。"))
            elif seen is None or now - seen >= NOTE_EVERY:
                request.session[SEEN] = now
        return self.get_response(request)
