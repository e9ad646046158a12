"""他系統案件 What came in from other systems: by category, with what was merged; and taking a batch back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yankao.desk import nav
from yankao.desk.jinja import format_number, format_time
from yankao.desk.pages import render_page
from yankao.desk.parts import Link

from .. import process
from ..models import Batch, Elsewhere
from . import taking
from .profiles import Mapping, mappings

MOST = 100
"""So many categories of a source are shown, the largest first."""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponseBase:
    """Each source with its batches and categories."""
    if not taking.may(request.user):
        raise PermissionDenied(_("他系統案件由研考會匯入與檢視。"))
    if request.method == "POST":
        told = request.POST.get("batch", "")
        batch = Batch.objects.filter(pk=int(told)).first() if told.isdecimal() and len(told) < 10 else None
        if batch is None:
            raise Http404
        gone = taking.take_back(batch, request.user)
        messages.success(request, _("已收回%(n)s列。") % {"n": format_number(gone)})
        return HttpResponseRedirect(reverse("petitions:elsewhere"), status=303)
    room = Link(_("陳情案件"), reverse("desk:list", args=[process.process.kind]))
    heading = _("他系統案件")
    context = {
        **nav.frame(request),
        "heading": heading,
        "lead": _("由對應檔匯入的外部案件，供比較與統計，不是本府立案的案件。"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), room, Link(heading, "")],
        "imports": reverse("desk:import", args=[process.process.kind]),
        "sources": _sources(),
    }
    return render_page(request, "petitions/elsewhere.html", context)


def _sources() -> list[dict[str, Any]]:
    """The sources that have a batch; three queries, however many rows there are."""
    batches: dict[str, list[Batch]] = defaultdict(list)
    for one in Batch.objects.select_related("taken_by")[:200]:
        batches[one.source].append(one)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    counted: Any = (
        Elsewhere.objects.values("source", "category", "category_given")
        .annotate(n=Count("pk"), closed=Count("pk", filter=Q(days__isnull=False)), days=Avg("days"))
        .order_by("-n", "category")
    )
    for row in counted:
        rows[row["source"]].append(row)
    known = mappings()
    return [_source(known[code], batches[code], rows[code]) for code in batches if code in known]


def _source(mapping: Mapping, batches: list[Batch], rows: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        merged[row["category"]].append(row)
    shown = sorted(merged.items(), key=lambda one: -sum(row["n"] for row in one[1]))[:MOST]
    return {
        "title": str(mapping),
        "source": mapping.source,
        "rule": mapping.rule,
        "batches": [
            {
                "pk": one.pk, "name": one.name, "at": format_time(one.taken_at),
                "by": str(one.taken_by or ""),
                "rows": format_number(one.rows), "refused": format_number(one.refused),
                "back": format_time(one.taken_back_at) if one.taken_back_at else "",
            }
            for one in batches
        ],
        "rows": [_category(name, found) for name, found in shown],
        "more": max(0, len(merged) - MOST),
    }  # fmt: skip


def _category(name: str, found: list[dict[str, Any]]) -> list[str]:
    total, closed = sum(row["n"] for row in found), sum(row["closed"] for row in found)
    days = sum((row["days"] or 0) * row["closed"] for row in found)
    given = "、".join(f"{row['category_given']}（{row['n']}）" for row in found) if len(found) > 1 else ""
    return [
        name or _("（未分類）"), given, format_number(total), format_number(closed),
        f"{days / closed:.1f}" if closed else "",
    ]  # fmt: skip
