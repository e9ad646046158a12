"""熱點 Places that are reported again and again, and open cases that say nearly the same.

A place is a square of some hundred metres with one family of categories within a window of days; its list is
those cases and no others. Clusters are open cases of one family and district whose words are nearly the same:
one may be merged into another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import (
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Max,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Floor
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk.deadlines import midnight
from yankao.desk.jinja import format_date
from yankao.kernel.likeness import likeness, pairs

from . import office, registers, workload
from .models import Petition
from .process import process

SQUARES = 1000
"""Squares to a degree: some hundred metres."""
LEAST, WINDOW = 3, 90
SHOWN = 50
COMPARED = 600
"""So many open cases, the newest, are compared; each only with those of its family and district."""
NEARLY = 0.6


class WindowForm(forms.Form):
    """Within how many days, how often at least, and of which category."""

    use_required_attribute = False
    days = forms.IntegerField(label=gettext_lazy("幾日內"), min_value=1, max_value=366, required=False)
    least = forms.IntegerField(label=gettext_lazy("至少幾件"), min_value=2, max_value=99, required=False)
    category = forms.ChoiceField(label=gettext_lazy("案件分類"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, initial={"days": WINDOW, "least": LEAST})
        known = [(code, str(one)) for code, one in registers.categories().items() if not one.parent_id]
        self.fields["category"].choices = [("", _("全部")), *known]  # type: ignore[attr-defined]  # a field of choices


@dataclass(frozen=True)
class Place:
    """A square with a category, the topmost one where the cases were filed under several of its family: how
    many cases, how many of them open, and when the last came.
    """

    x: int
    y: int
    category: str
    cases: int
    open: int
    last: date


def family() -> Case:
    """The topmost category of a case, told from the register without joining it."""
    families: dict[str, list[str]] = defaultdict(list)
    for code in registers.categories():
        families[registers.top_of(code)].append(code)
    whens = [When(category__in=codes, then=Value(top)) for top, codes in families.items()]
    return Case(*whens, default=Value(""), output_field=CharField())


def _seen(user: Any, days: int, category: str = "") -> QuerySet[Any]:
    today = timezone.localdate()
    rows = Petition.objects.filter(
        process.sees.records(user), latitude__isnull=False, merged_into=None,
        received_at__gte=midnight(today - timedelta(days=days)),
    )  # fmt: skip
    if category:
        rows = rows.filter(category__in=registers.family_of(category))
    found: QuerySet[Any] = rows.annotate(
        family=family(),
        x=Floor(ExpressionWrapper(F("longitude") * SQUARES, FloatField())),
        y=Floor(ExpressionWrapper(F("latitude") * SQUARES, FloatField())),
    )
    return found


def places(user: Any, days: int = WINDOW, least: int = LEAST, category: str = "") -> list[Place]:
    """The squares with most cases first; one query."""
    closed = Count("pk", filter=Q(case__closed_on__isnull=False))
    rows = (
        _seen(user, days, category)
        .order_by()
        .values_list("x", "y", "family")
        .annotate(
            n=Count("pk"), ended=closed, last=Max("received_at"), one=Min("category"), other=Max("category")
        )
        .filter(n__gte=least)
        .order_by("-n", "-last", "x", "y", "family")[:SHOWN]
    )
    return [
        Place(
            int(x),
            int(y),
            (one if one == other else family) or "",
            n,
            n - ended,
            timezone.localtime(last).date(),
        )
        for x, y, family, n, ended, last, one, other in rows
    ]


def behind(user: Any, place: tuple[int, int, str], days: int) -> QuerySet[Any]:
    """The cases of a place: those of the category's whole family."""
    x, y, category = place
    return _seen(user, days).filter(x=x, y=y, family=registers.top_of(category))


@dataclass(frozen=True)
class Cluster:
    """Open cases that say nearly the same, the oldest first."""

    cases: tuple[Petition, ...]


def clusters(user: Any) -> list[Cluster]:
    """Of the newest open cases, those whose words are nearly the same, by family and district; one query."""
    rows = (
        Petition.objects.filter(process.sees.records(user), case__closed_on=None, merged_into=None)
        .exclude(case__stage__in=workload.DONE)
        .select_related("case")
        .order_by("-received_at", "-pk")[:COMPARED]
    )
    groups: dict[tuple[str, str], list[Petition]] = defaultdict(list)
    for one in rows:
        groups[registers.top_of(one.category_id), one.case.district_id or ""].append(one)
    found = [cluster for group in groups.values() for cluster in _alike(group)]
    return sorted(found, key=lambda one: (-len(one.cases), one.cases[0].pk))


def _alike(group: list[Petition]) -> list[Cluster]:
    """The connected parts of "says nearly the same"."""
    told = [pairs(f"{one.subject}{one.content}") for one in group]
    left = set(range(len(group)))
    found = []
    while left:
        reach, part = [left.pop()], []
        while reach:
            at = reach.pop()
            part.append(at)
            near = {other for other in left if likeness(told[at], told[other]) >= NEARLY}
            left -= near
            reach += near
        if len(part) > 1:
            found.append(Cluster(tuple(sorted((group[at] for at in part), key=lambda one: one.received_at))))
    return found


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────


def _may(request: HttpRequest) -> None:
    if not (office.leads(request.user) or office.sorts(request.user)):
        raise PermissionDenied


def _address(one: Place) -> str:
    return reverse("petitions:hotspot", args=[one.x, one.y, one.category or "-"])


@login_required
@require_safe
def hot_spots(request: HttpRequest) -> HttpResponse:
    """Places with their cases behind them, and clusters of open cases that say nearly the same."""
    _may(request)
    form = WindowForm(request.GET or None)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    days, least = given.get("days") or WINDOW, given.get("least") or LEAST
    found = places(request.user, days, least, given.get("category") or "")
    known = registers.categories()
    context = {
        "lead": _("%(days)s日內同一處（約100公尺方格）同一類別%(least)s件以上") % {
            "days": days, "least": least
        },
        "form": form,
        "places": [
            {
                "category": str(known.get(one.category) or _("未分類")),
                "where": _("北緯%(y)s、東經%(x)s") % {
                    "y": (one.y + 0.5) / SQUARES, "x": (one.x + 0.5) / SQUARES
                },
                "cases": one.cases, "open": one.open, "last": format_date(one.last),
                "href": f"{_address(one)}?days={days}",
            }
            for one in found
        ],
        "clusters": [
            [(reverse("desk:case", args=[one.pk]), f"{one.case.number} {one.case.title}",
              format_date(timezone.localtime(one.received_at).date()),
              reverse("desk:move", args=[one.pk, "merge"]) if place else "")
             for place, one in enumerate(cluster.cases)]
            for cluster in clusters(request.user)[:SHOWN]
        ],
    }  # fmt: skip
    return office.page(request, "petitions/hotspots.html", _("熱點"), context)


@login_required
@require_safe
def hot_spot(request: HttpRequest, x: int, y: int, category: str) -> HttpResponse:
    """The cases of one place."""
    _may(request)
    form = WindowForm(request.GET or None)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    days = given.get("days") or WINDOW
    code = "" if category == "-" else category
    rows = behind(request.user, (x, y, code), days).select_related("case").order_by("received_at", "pk")
    title = str(registers.categories().get(code) or _("未分類"))
    today = timezone.localdate()
    scope = workload.Scope(request.user, None, today, today, timezone.now())
    return workload.drawn_list(request, title, rows, scope, back=(_("熱點"), reverse("petitions:hotspots")))
