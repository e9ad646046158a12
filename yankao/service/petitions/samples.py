"""抽樣名單 The cases behind each number of a sample: what it was drawn from, what was drawn, who answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from . import auditing, office, workload
from .models import Draw, Petition, Rating
from .process import process


def _drawn(one: Draw) -> Q:
    return Q(audits__draw=one) if one.purpose == Draw.Purpose.AUDIT else Q(rating__draw=one)


def _among(one: Draw) -> Q:
    """What it was drawn from, as it was kept; of an older draw, what it would be drawn from today, and what
    was drawn.
    """
    if one.among:
        return Q(case__number__in=one.among)
    rest = auditing.population(one.purpose, one.since, one.until, one.kind, one.agency)
    drawn = Petition.objects.filter(_drawn(one))
    return Q(pk__in=rest.values("pk")) | Q(pk__in=drawn.values("pk"))


def _done(one: Draw) -> Q:
    if one.purpose == Draw.Purpose.AUDIT:
        return Q(audits__draw=one, audits__checked_on__isnull=False)
    return Q(rating__draw=one, rating__rated_at__isnull=False)


def _own(one: Draw) -> Q:
    """Rated of their own accord in the same days."""
    return Q(rating__sampled_on=None, rating__rated_at__isnull=False, ended_on__range=(one.since, one.until))


PARTS: dict[str, tuple[Any, Callable[[Draw], Q]]] = {
    "population": (gettext_lazy("母體"), _among),
    "drawn": (gettext_lazy("抽出的案件"), _drawn),
    "done": (gettext_lazy("已填答或已抽查"), _done),
    "own": (gettext_lazy("自行評分"), _own),
}


@login_required
@require_safe
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases of a part of a sample that the person may know of."""
    if not office.audits(request.user):
        raise PermissionDenied
    one = get_object_or_404(Draw.objects.select_related("agency"), pk=pk)
    part, score = request.GET.get("part", "drawn"), request.GET.get("score", "")
    if part not in PARTS or (score and score not in [str(n) for n in Rating.SCORES]):
        raise Http404
    words, where = PARTS[part]
    found = Petition.objects.filter(process.sees.records(request.user)).filter(where(one))
    title = str(words)
    if score:
        found = found.filter(rating__score=int(score))
        title = _("%(part)s，%(n)s分") % {"part": title, "n": score}
    now = timezone.now()
    scope = workload.Scope(request.user, None, one.since, one.until, now)
    back = (str(one.get_purpose_display()), reverse("petitions:draw", args=[one.pk]))
    rows = found.select_related("case").order_by("received_at", "pk")
    return workload.drawn_list(request, title, rows, scope, back=back)
