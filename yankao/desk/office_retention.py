"""個資保存與銷毀 Whose time has come, class by class: proposed by one, approved by another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yankao.kernel.casework.steps import Refused
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.vault import shredding
from yankao.kernel.vault.models import Retention, Shredding

from .jinja import format_date, format_number, format_time
from .office import RETENTION, done, drawn, entered, make_once

SHOWN = 50


@login_required
@require_safe
def retention(request: HttpRequest) -> HttpResponseBase:
    """The classes with their years and who is due, what waits for approval, and what was done."""
    entered(request, RETENTION)
    today = timezone.localdate()
    mine = _of_classes(request.user)
    waiting = Shredding.objects.filter(done_at=None, dropped_at=None, retention__in=mine).select_related(
        "proposed_by"
    )
    open_classes = {one.retention for one in waiting}
    classes = []
    for value in mine:
        label = Retention(value).label
        until = shredding.cutoff(value, today)
        due = shredding.due(value, until).count()
        classes.append(
            {
                "label": str(label), "years": shredding.YEARS[value].at(today), "until": format_date(until),
                "due": format_number(due),
                "propose": reverse("desk:office_retention_propose", args=[value])
                if due and value not in open_classes and shredding.may_propose(request.user, value)
                else "",
            }
        )  # fmt: skip
    past = Shredding.objects.filter(done_at__isnull=False, retention__in=mine).select_related(
        "proposed_by", "approved_by"
    )
    return drawn(
        request, RETENTION, "desk/office_retention.html", classes=classes,
        waiting=[
            {
                "label": str(Retention(one.retention).label), "until": format_date(one.until),
                "count": format_number(one.count), "by": str(one.proposed_by),
                "at": format_time(one.proposed_at),
                "approve": reverse("desk:office_retention_act", args=[one.pk, "approve"])
                if shredding.may_approve(request.user, one.retention) and one.proposed_by != request.user
                else "",
                "drop": reverse("desk:office_retention_act", args=[one.pk, "drop"])
                if shredding.may_propose(request.user, one.retention)
                else "",
            }
            for one in waiting.order_by("pk")
        ],
        past=[
            (
                str(Retention(one.retention).label), format_date(one.until), format_number(one.done),
                str(one.proposed_by), str(one.approved_by), format_time(one.done_at),
            )
            for one in past.order_by("-done_at")[:SHOWN]
        ],
    )  # fmt: skip


def _of_classes(user: Any) -> list[str]:
    """Accusations are known to their custodians alone, in number, too."""
    custodian = standing(user).has(Role.ETHICS)
    return [value for value in Retention.values if custodian or value != Retention.ACCUSATION]


@login_required
@require_POST
def propose(request: HttpRequest, retention: str) -> HttpResponse:
    """Propose what is due of a class."""
    entered(request, RETENTION)
    if retention not in _of_classes(request.user):
        raise Http404
    try:
        make_once(request, lambda: _propose(request, retention))
    except Refused as refused:
        return _refused(request, refused)
    return done(request, _("已提出銷毀案，待另一人核定。"), "desk:office_retention")


def _propose(request: HttpRequest, retention: str) -> None:
    shredding.propose(request.user, retention)


@login_required
@require_POST
def act(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Approve and carry out, or withdraw."""
    entered(request, RETENTION)
    one = Shredding.objects.filter(pk=pk).first()
    if one is None or deed not in ("approve", "drop") or one.retention not in _of_classes(request.user):
        raise Http404(_("沒有這個銷毀案。"))
    found: list[int] = []
    try:
        if deed == "approve":
            make_once(request, lambda: found.append(shredding.approve(one, request.user)))
        else:
            make_once(request, lambda: shredding.drop(one, request.user))
    except Refused as refused:
        return _refused(request, refused)
    words = (
        _("已銷毀%(count)s人的個人資料。") % {"count": sum(found)}
        if deed == "approve"
        else _("已撤回銷毀案。")
    )
    return done(request, words, "desk:office_retention")


def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("desk:office_retention"))
