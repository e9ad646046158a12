"""諮詢的畫面 What the desk shows of enquiries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.screens import Action, Screens
from yankao.kernel.casework.asked import asked

from . import agent, deeds, incident_pages, incidents, pages, wanted, where
from .models import Article, Nuisance


def first(user: Any) -> Sequence[dict[str, Any]]:
    """First screens: the agent's call, the editor's reviews, the supervisor's approvals (part G)."""
    found: list[dict[str, Any]] = []
    today = timezone.localdate()
    if pages.writes(user) and not pages.leads(user):
        call = deeds.at_hand(user)
        found.append({"label": _("目前通話") if call else _("登錄諮詢"), "count": 1 if call else None,
                      "url": reverse("enquiries:home")})  # fmt: skip
    if deeds.edits(user):
        live = Article.objects.filter(withdrawn_on=None)
        overdue = live.filter(review_by__lt=today).count()
        soon = live.filter(review_by__range=(today, today + timedelta(days=30))).count()
        place = reverse("enquiries:articles")
        found += [
            {
                "label": _("條目逾複核日"),
                "count": overdue,
                "url": f"{place}?which=overdue",
                "tone": "red" if overdue else "",
            },
            {"label": _("條目三十日內應複核"), "count": soon, "url": f"{place}?which=soon"},
        ]
        if bare := deeds.without_script():
            found.append({"label": _("沒有話術的佇列"), "count": len(bare), "url": f"{place}?which=script"})
    if pages.leads(user) and asked.heard and (left := deeds.waiting().count()):
        found.append({"label": _("諮詢待立案"), "count": left, "url": reverse("enquiries:wanted")})
    if pages.writes(user) and (here := incidents.holding(timezone.now()).count()):
        place = reverse("enquiries:incidents")
        found.append({"label": _("張貼中的重大事件"), "count": here, "url": place, "tone": "red"})
    if pages.leads(user):
        waiting = Nuisance.objects.filter(approved_by=None, ended_on=None, expires_on__gte=today).count()
        found.append({"label": _("騷擾來電待核准"), "count": waiting, "url": reverse("enquiries:nuisance")})
    return found


screens = Screens(
    opens=pages.opens,
    works=pages.works,
    first=first,
    public=(Action(gettext_lazy("常見問答"), "enquiries_public:list"),),
)

urlpatterns = [
    path("", agent.home, name="home"),
    path("pop", agent.pop, name="pop"),
    path("map.svg", where.map_picture, name="map"),
    path("incidents/", incident_pages.listed, name="incidents"),
    path("incidents/new", incident_pages.new, name="incident_new"),
    path("incidents/<slug:code>/", incident_pages.one, name="incident"),
    path("incidents/<slug:code>/reword", incident_pages.reword, name="incident_reword"),
    path("incidents/<slug:code>/end", incident_pages.end, name="incident_end"),
    path("articles/", pages.articles, name="articles"),
    path("articles/new", pages.edit_article, name="article_new"),
    path("articles/<slug:code>/", pages.article, name="article"),
    path("articles/<slug:code>/edit", pages.edit_article, name="article_edit"),
    path("articles/<slug:code>/<str:act>", pages.act_on_article, name="article_act"),
    path("wanted/", wanted.listed, name="wanted"),
    path("wanted/<int:pk>/", wanted.one, name="wanted_one"),
    path("nuisance/", pages.nuisance, name="nuisance"),
    path("nuisance/<int:pk>/<str:act>", pages.act_on_nuisance, name="nuisance_act"),
]
public_urlpatterns = [
    path("", pages.public_list, name="list"),
    re_path(r"^open-data\.(?P<form>csv|json)$", pages.open_data, name="open_data"),
    path("<slug:code>/", pages.public_article, name="article"),
]
