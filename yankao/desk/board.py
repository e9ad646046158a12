"""看板 The open cases of a room in columns by stage: how many, and the first by deadline."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Process

from . import nav, parts, reference
from .deadlines import due_cell
from .lists import room_or_404
from .pages import render_page
from .paging import CAP, capped

CARDS = 20
CARD = ("stage", "pk", "number", "title", "agency_id", "officer_id", "due_at", "total_")


def _first_of(cases: QuerySet[Case], stage: str) -> list[QuerySet[Any]]:
    """The first open cases of a stage by deadline, and those without one: a step of the index for each."""
    here = cases.filter(stage=stage)
    dated = here.filter(due_at__isnull=False).order_by("due_at", "pk").values("pk")[:CARDS]
    undated = here.filter(due_at=None).order_by("due_at", "pk").values("pk")[:CARDS]
    total = capped(here)
    return [
        Case.objects.filter(pk__in=walk).order_by().annotate(total_=total).values_list(*CARD)
        for walk in (dated, undated)
    ]


def lanes(process: Process[Any], user: Any) -> list[parts.Lane]:
    """One lane for each stage an open case can be in: one question, answered from an index stage by stage
    however many cases there are. A lane is counted as far as lists are.
    """
    cases = Case.objects.filter(process.visible(user), closed_on=None)
    stages = [str(value) for value in process.stages.values]
    walks = [walk for stage in stages for walk in _first_of(cases, stage)]
    found = sorted(
        walks[0].union(*walks[1:], all=True),
        key=lambda row: (1, 0, row[1]) if row[6] is None else (0, row[6], row[1]),
    )
    rows, totals = [], {row[0]: row[-1] for row in found}
    for stage in totals:
        rows += [row for row in found if row[0] == stage][:CARDS]
    people = reference.people({row[5] for row in rows})
    agencies = reference.agencies()
    now = timezone.now()
    today = timezone.localtime(now).date()
    cards: dict[str, list[parts.Card]] = {}
    for stage, pk, number, title, agency, officer, due_at, _total in rows:
        unit = agencies[agency].name if agency in agencies else ""
        who = parts.Person(people[officer].name) if officer in people else None
        card = parts.Card(
            title, reverse("desk:case", args=[pk]), (number, unit), None, due_cell(due_at, now, today), who
        )
        cards.setdefault(stage, []).append(card)
    listed = reverse("desk:list", args=[process.kind])
    ends = _only_closed(process)
    return [
        parts.Lane(
            process.stage_label(stage),
            cards.get(stage, []),
            totals.get(stage, 0),
            f"{listed}?stage={stage}",
            f"{CAP:,}+" if totals.get(stage, 0) > CAP else "",
        )
        for stage in map(str, process.stages.values)
        if stage in totals or stage not in ends
    ]


def _only_closed(process: Process[Any]) -> set[str]:
    """Stages that only a closing move leads to."""
    moves = list(process.moves.values())
    closing = {target for move in moves if move.closes for target in move.targets}
    return closing - {target for move in moves if not move.closes for target in move.targets}


@login_required
@require_safe
def board(request: HttpRequest, room: str) -> HttpResponseBase:
    """The board of a room."""
    found = room_or_404(room, request.user)
    assert found.process
    listed = reverse("desk:list", args=[found.name])
    drawn = lanes(found.process, request.user)
    context = {
        **nav.frame(request),
        "heading": _("%(room)s看板") % {"room": found.title},
        "lead": _("未結案件依階段排列，每欄先列期限最近的%(n)s件。") % {"n": CARDS},
        "crumbs": [
            parts.Link(_("首頁"), reverse("desk:home")),
            parts.Link(found.title, listed),
            parts.Link(_("看板"), ""),
        ],
        "lanes": drawn,
        "listed": listed,
    }  # fmt: skip
    return render_page(request, "desk/board.html", context)
