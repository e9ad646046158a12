"""大看板 The wallboard: for the signed-in, and by a link of its own for a screen on the wall.

The page looks again every three seconds at a fragment with an ETag; without script it is loaded anew every
five. The link opens this page alone; only its SHA-256 is kept.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.desk.jinja import format_date, format_time
from yankao.kernel import incidents

from . import live
from .models import Kiosk
from .pages import opens


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def make(actor: Any, label: str, expires_on: Any) -> tuple[str, Kiosk]:
    """A new link's secret, shown once, and its row."""
    token = secrets.token_urlsafe(32)
    row = Kiosk(label=label.strip(), digest=digest_of(token), made_by=actor, expires_on=expires_on)
    row.full_clean()
    row.save(force_insert=True)
    return token, row


def _known(token: str) -> None:
    if not Kiosk.objects.filter(
        digest=digest_of(token), revoked_at=None, expires_on__gte=timezone.localdate()
    ).exists():
        raise Http404(_("沒有這個看板連結，或已過期。"))


def clock(seconds: int) -> str:
    """A wait as minutes and seconds: 1:05."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def _context(request: HttpRequest, refresh: str) -> dict[str, Any]:
    found = live.board()
    heard = timezone.localtime(found.heard_at) if found.heard_at else None
    return {
        "heading": _("話務中心大看板"),
        "board": found,
        "clock": clock,
        "today": format_date(timezone.localdate(), weekday=True),
        "since": f"{format_date(heard)} {heard:%H:%M:%S}" if heard else "",
        "refresh": refresh,
        "incidents": [
            (one, format_time(one.since), format_time(one.until)) for one in incidents.at(timezone.now())
        ],
        "below": found.whole.level is not None and found.whole.level < found.target,
    }


def _page(request: HttpRequest, refresh: str) -> HttpResponse:
    response = HttpResponse(loader.render_to_string("calls/wall.html", _context(request, refresh), request))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _fragment(request: HttpRequest, refresh: str) -> HttpResponseBase:
    """The board alone; 304 while nothing changed."""
    text = loader.render_to_string("calls/wall_board.html", _context(request, refresh), request)
    mark = f'"{sha256(f"{get_language()}{text}".encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == mark:
        answer: HttpResponseBase = HttpResponseNotModified()
    else:
        answer = HttpResponse(text)
    answer.headers["ETag"] = mark
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _allowed(request: HttpRequest) -> None:
    if not opens(request.user):
        raise Http404(_("沒有這項業務。"))


@login_required
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The wallboard for who works in the call centre."""
    _allowed(request)
    return _page(request, reverse("calls:wall_board"))


@login_required
@require_safe
def wall_board(request: HttpRequest) -> HttpResponseBase:
    _allowed(request)
    return _fragment(request, reverse("calls:wall_board"))


@require_safe
def kiosk(request: HttpRequest, token: str) -> HttpResponse:
    """The wallboard on a wall: numbers of queues, nothing of a person."""
    _known(token)
    return _page(request, reverse("calls_public:kiosk_board", args=[token]))


@require_safe
def kiosk_board(request: HttpRequest, token: str) -> HttpResponseBase:
    _known(token)
    return _fragment(request, reverse("calls_public:kiosk_board", args=[token]))
