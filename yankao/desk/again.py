"""保留填寫內容 What was typed when a form came too late: after the session, or with an outdated token.

The fields wait in the session, come back after signing in, and are sent on by the person. They are shown to
nobody but the person whose session ended, for `KEPT_SECONDS`; passwords and files are never kept. Only a form
of our own pages is kept: one that another site made the browser send is refused and forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yankao.kernel.people.models import User

from . import nav, parts
from .pages import render_page

KEPT = "kept"
KEPT_SECONDS = 3600
MOST = 400_000
"""So many characters are kept; a form that holds more is named as not kept."""
NEVER = ("/accounts/", "/api/", "/counter/")
"""Passwords are asked below these, programs talk to them, and citizens tell who they are."""
OWN = ("csrfmiddlewaretoken", "more", "back", "confirm")
"""Fields of the frame, and buttons: the person presses one anew."""
REOPENED = {"desk:move": ("more", "again"), "desk:open": ("more", "again"), "desk:amend": ("back", "1")}
"""Views that show their form as typed, without carrying it out, when this is sent along."""


def ours(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent this."""
    if origin := request.headers.get("Origin"):
        return origin == f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def keep(request: HttpRequest, who: int | None) -> bool:
    """Put what was sent into the session, for the person `who` (None: whose session it was is not known).

    Returns whether anything is kept.
    """
    if request.method != "POST" or request.path.startswith(NEVER) or not ours(request):
        return False
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        for value in values
        if name not in OWN and "password" not in name
    ]
    if sum(len(name) + len(value) for name, value in fields) > MOST:
        messages.error(request, _("您填寫的內容太長，未能保留。請按瀏覽器的「上一頁」取回內容。"))
        return False
    files = [[name, one.name] for name, several in request.FILES.lists() for one in several]
    told = {"path": request.get_full_path(), "fields": fields, "files": files, "user": who}
    request.session[KEPT] = told | {"at": int(time.time())}
    request.kept_now = True  # type: ignore[attr-defined]
    return True


def kept_for(request: HttpRequest) -> dict[str, Any] | None:
    """What waits for this person; what is too old or another person's is forgotten."""
    told: dict[str, Any] | None = request.session.get(KEPT)
    if told is None:
        return None
    if told["user"] not in (None, request.user.pk) or time.time() - told["at"] > KEPT_SECONDS:
        del request.session[KEPT]
        return None
    return told


def sent_elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect that htmx follows with the whole page, not inside the part it wanted to swap."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(address)
    response = HttpResponse(status=204)
    response.headers["HX-Redirect"] = address
    return response


class KeepTyped:
    """Keeps what an ended session sent, and forgets it once it was sent again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            fresh = hasattr(request, "kept_now")
            if request.method == "POST" and response.status_code < 400 and not fresh:
                told = request.session.get(KEPT)
                if told and told["path"] == request.get_full_path() and not _shown_again(request):
                    del request.session[KEPT]
            return response
        target = response.headers.get("Location", "")
        if response.status_code != 302 or urlsplit(target).path != resolve_url(_sign_in()):
            return response
        if request.method != "POST":
            return (
                sent_elsewhere(request, _sign_in_then(_page_of(request))) if _by_htmx(request) else response
            )
        if not keep(request, getattr(request, "ended_for", None)):
            return sent_elsewhere(request, target)
        messages.info(request, _("您填寫的內容已保留，登入後可以繼續。"))
        return sent_elsewhere(request, _sign_in_then(reverse("desk:again")))


def _shown_again(request: HttpRequest) -> bool:
    return any(name in request.POST for name in ("more", "back"))


def _by_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _page_of(request: HttpRequest) -> str:
    """The page in which htmx asked for a part."""
    found = urlsplit(request.headers.get("HX-Current-URL", ""))
    return f"{found.path}?{found.query}" if found.query else found.path or request.get_full_path()


def _sign_in() -> str:
    return resolve_url("account_login")


def _sign_in_then(address: str) -> str:
    return f"{_sign_in()}?{urlencode({'next': address})}"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponseBase:
    """What was typed, with the way back into its form; a POST forgets it."""
    told = kept_for(request)
    if told is None:
        messages.info(request, _("沒有保留的內容。"))
        return HttpResponseRedirect(reverse("desk:work"))
    if request.method == "POST":
        del request.session[KEPT]
        messages.info(request, _("已捨棄保留的內容。"))
        return HttpResponseRedirect(reverse("desk:work"))
    try:
        view = resolve(urlsplit(told["path"]).path).view_name
    except Resolver404:
        view = ""
    typed = [value for name, value in told["fields"] if value.strip() and not _of_the_frame(name)]
    context = {
        **nav.frame(request),
        "heading": _("您填寫的內容還在"),
        "crumbs": [parts.Link(_("首頁"), reverse("desk:home")), parts.Link(_("您填寫的內容還在"), "")],
        "action": told["path"],
        "fields": told["fields"],
        "files": told["files"],
        "typed": typed,
        "button": REOPENED.get(view, ()),
    }
    return render_page(request, "desk/again.html", context)


def _of_the_frame(name: str) -> bool:
    return name == "key" or name.endswith(("_FORMS", "next"))


def ended_for(request: HttpRequest) -> int | None:
    """Whose session is about to be ended on this request; noted so that nobody else sees what they typed."""
    who = request.user.pk if isinstance(request.user, User) else None
    request.ended_for = who  # type: ignore[attr-defined]
    return who
