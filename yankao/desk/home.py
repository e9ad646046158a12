"""The front door: staff go to their work, everybody else finds what is public."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.kernel.rooms import rooms

from . import nav
from .pages import render_page
from .parts import Link, NavGroup
from .screens import screens_of


def _maybe(label: str, name: str, icon: str) -> list[Link]:
    try:
        return [Link(label, reverse(name), icon=icon)]
    except NoReverseMatch:
        return []


def public_groups() -> list[NavGroup]:
    """What anybody may read: the council report and the public pages of the rooms."""
    pages = [
        link
        for room in rooms()
        for action in screens_of(room).public
        for link in _maybe(str(action.label), action.url_name, "document")
    ]
    # Whoever holds a certificate in the hand finds here where to check it.
    pages += _maybe(_("證書驗證"), "desk:verify", "check")
    reports = [
        *_maybe(_("議會施政報告"), "report:home", "book"),
        *_maybe(_("統計數字"), "report:figures", "chart"),
    ]
    return [group for group in (NavGroup(_("報告"), reports), NavGroup(_("公開登錄"), pages)) if group.links]


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """`/`: the work list for the signed-in, the public front page for others."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("desk:work"))
    context = {
        **nav.frame(request),
        "heading": _("研考"),
        "lead": _("研究、發展、管制與考核：公開的登錄與報告，每個數字都能打開背後的紀錄。"),
        "groups": public_groups(),
        "sign_in": _maybe(_("登入"), "account_login", "person"),
    }
    return render_page(request, "desk/home.html", context)
