"""通知 What the house told one person: to read, to put off, to follow to its case."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import User

from . import nav
from .addresses import case_address
from .case import RESTRICTED
from .pages import render_page
from .parts import Link

SIZE = 50
MORNING = time(9)
TABS = (("", gettext_lazy("未讀")), ("later", gettext_lazy("稍後提醒")), ("all", gettext_lazy("全部")))


def _of(user: Any, tab: str) -> QuerySet[Notice]:
    own = Notice.objects.filter(user=user)
    if tab == "later":
        return own.filter(read_at=None, snoozed_until__gt=timezone.now())
    return own if tab == "all" else nav.unread(user)


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The notices, newest first; pages by the id of the last one shown."""
    tab = request.GET.get("tab", "")
    rows = _of(request.user, tab)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(
        rows.order_by("-pk").values_list(
            "pk",
            "text",
            "at",
            "read_at",
            "snoozed_until",
            "case_id",
            "case__number",
            "link",
            "case__security",
        )[: SIZE + 1]
    )
    here = request.path
    more = f"{here}?tab={tab}&before={found[SIZE - 1][0]}" if len(found) > SIZE else ""
    context = {
        **nav.frame(request),
        "heading": _("通知"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("通知"), "")],
        "views": [
            Link(str(label), f"{here}?tab={code}" if code else here, None, code == tab)
            for code, label in TABS
        ],
        "notices": _told(request.user, found[:SIZE]),
        "more": more,
        "tab": tab,
    }
    return render_page(request, "desk/inbox.html", context, block="inbox")


def _told(user: Any, found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows as they may be told today: of a case that became confidential or sealed since, and that this
    person may not know of any more, neither number nor words.
    """
    few = {case_id for *_row, case_id, _number, _link, security in found if security in RESTRICTED}
    seen = set(Case.objects.filter(visible(user), pk__in=few).values_list("pk", flat=True)) if few else few
    gone = few - seen
    words = _("這則通知的案件已限閱，您不能再查看。")
    return [
        (pk, words, at, read_at, snoozed, None, None, "") if case_id in gone
        else (pk, text, at, read_at, snoozed, case_id, number, link)
        for pk, text, at, read_at, snoozed, case_id, number, link, _security in found
    ]  # fmt: skip


@login_required
@require_safe
def open_notice(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Marks the notice read and goes where it points: to its link, its case, or back to the inbox."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    if notice.read_at is None:
        Notice.objects.filter(pk=pk).update(read_at=timezone.now())
        nav.forget(request.user.pk)
    if notice.link and url_has_allowed_host_and_scheme(notice.link, {request.get_host()}):
        return HttpResponseRedirect(notice.link)
    return HttpResponseRedirect(case_address() % notice.case_id if notice.case_id else reverse("desk:inbox"))


def tomorrow_morning(now: datetime) -> datetime:
    """Nine o'clock of the next day in Taipei."""
    return timezone.make_aware(datetime.combine(timezone.localtime(now).date() + timedelta(days=1), MORNING))


@login_required
@require_POST
def handle_notices(request: HttpRequest) -> HttpResponseBase:
    """Reads, unreads or puts off the ticked notices, or one, or reads all."""
    user, now = request.user, timezone.now()
    assert isinstance(user, User)
    own = Notice.objects.filter(user=user)
    act = request.POST.get("act", "")
    ids = [
        int(text)
        for text in request.POST.getlist("id")
        if text.isascii() and text.isdigit() and len(text) < 19
    ]
    act, _sep, one = act.partition(":")
    if one.isascii() and one.isdigit():
        ids = [int(one[:18])]
    chosen = own.filter(pk__in=ids)
    match act:
        case "read":
            chosen.filter(read_at=None).update(read_at=now)
        case "unread":
            chosen.update(read_at=None, snoozed_until=None)
        case "tomorrow":
            chosen.update(snoozed_until=tomorrow_morning(now))
        case "week":
            chosen.update(snoozed_until=tomorrow_morning(now) + timedelta(days=6))
        case "read_all":
            own.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now), read_at=None).update(read_at=now)
    nav.forget(request.user.pk)
    tab = request.POST.get("tab", "")
    known = tab in dict(TABS) and tab
    return HttpResponseRedirect(f"{reverse('desk:inbox')}?tab={tab}" if known else reverse("desk:inbox"))
