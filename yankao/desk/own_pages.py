"""Pages of a room's own, where screens are not derived from cases: who may open them, and their frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.kernel.people.models import User

from . import nav
from .pages import render_page
from .parts import Link

type View = Callable[..., HttpResponseBase]


def actor(request: HttpRequest) -> User:
    """The person signed in: pages under `only` let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def only(asked: Callable[[Any], bool]) -> Callable[[View], View]:
    """Decorator. A page for some people only; for all others there is no such page."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
            if not asked(request.user):
                raise Http404(_("沒有這項業務。"))
            return view(request, *args, **given)

        return login_required(guarded)

    return wrap


def drawing(room: Any, home: str) -> Callable[..., HttpResponse]:
    """How the pages of a room are drawn: `room` is its title, `home` the name of its first page.

    The function takes request, template, title and context; `root` marks the first page itself.
    """

    def drawn(
        request: HttpRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200,
        root: bool = False,
    ) -> HttpResponse:  # fmt: skip
        crumbs = [Link(_("首頁"), reverse("desk:home")), Link(str(room), "" if root else reverse(home))]
        crumbs += [] if root else [Link(title, "")]
        context = {**nav.frame(request), "heading": title, "crumbs": crumbs, **context}
        return render_page(request, template, context, status=status)

    return drawn
