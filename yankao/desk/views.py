"""已存檢視 Lists as people want to see them again: saved, pinned to the menu, shared within the unit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.kernel.people.models import User
from yankao.kernel.people.standing import standing
from yankao.kernel.rooms import room

from . import nav
from .filters import Filters, Scope
from .models import SavedView
from .pages import render_page
from .parts import Link

NOT_KEPT = ("page", "after", "before", "build", "built", "find")
"""Parameters that say where one is in a list and not which list it is."""


class ViewForm(forms.Form):
    """The name of a view, whether it stands in the menu and whether colleagues have it, too."""

    name = forms.CharField(label=gettext_lazy("檢視名稱"), max_length=60)
    pinned = forms.BooleanField(label=gettext_lazy("釘在選單"), required=False, initial=True)
    shared = forms.BooleanField(label=gettext_lazy("與同單位同仁分享"), required=False)

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if SavedView.objects.filter(owner=self.owner, name=name).exists():
            raise forms.ValidationError(_("您已經有一個叫「%(name)s」的檢視，請換個名稱。") % {"name": name})
        return name


def share_place(user: User) -> tuple[int | None, int | None]:
    """(unit, agency) a person shares with: the unit of the first own post that has one, else the agency."""
    posts = [post for post in standing(user).posts if not post.deputy]
    unit = next((post.unit_id for post in posts if post.unit_id), None)
    return (unit, None) if unit else (None, posts[0].agency_id if posts else None)


def within_reach(user: Any) -> Q:
    """The views a person may use: the own ones and those shared with the unit or agency."""
    posts = standing(user).posts
    units = {post.unit_id for post in posts if post.unit_id}
    return Q(owner=user) | Q(unit_id__in=units) | Q(agency_id__in={post.agency_id for post in posts})


def clean_query(text: str) -> str:
    """The parameters of a list without the place in it."""
    query = QueryDict(text, mutable=True)
    for name in NOT_KEPT:
        query.pop(name, None)
    return query.urlencode()


def in_words(user: Any, name: str, text: str) -> str:
    """What a view shows, in words."""
    try:
        found = room(name) if name else None
    except LookupError:
        return _("這項業務已停用")
    filters = Filters.read(QueryDict(text), Scope(user, found, timezone.now()))
    title = found.title if found else _("我的待辦")
    return f"{title}　{filters.written()}".strip()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def view_new(request: HttpRequest) -> HttpResponseBase:
    """Save the list one comes from under a name."""
    user = request.user
    assert isinstance(user, User)
    given = request.POST if request.method == "POST" else request.GET
    name, query = given.get("room", "")[:40], clean_query(given.get("query", ""))[:2000]
    form = ViewForm(request.POST if request.method == "POST" else None, owner=user)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        view = SavedView(owner=user, name=said["name"], room=name, query=query, pinned=said["pinned"])
        _share(view, user, said["shared"])
        view.save()
        nav.forget(user.pk)
        return HttpResponseRedirect(nav.view_address(name, query))
    context = {
        **nav.frame(request),
        "heading": _("存成檢視"),
        "lead": in_words(user, name, query),
        "crumbs": [Link(_("清單"), nav.view_address(name, query)), Link(_("存成檢視"), "")],
        "form": form,
        "hidden": [("room", name), ("query", query)],
        "back": nav.view_address(name, query),
    }
    return render_page(request, "desk/view_new.html", context, status=422 if form.errors else 200)


def _share(view: SavedView, user: User, shared: bool) -> None:
    view.unit_id, view.agency_id = share_place(user) if shared else (None, None)


@login_required
@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """All saved views within reach."""
    found = (
        SavedView.objects.filter(within_reach(request.user))
        .select_related("owner")
        .order_by("-pinned", "name", "pk")
    )
    lines = [
        {
            "view": view,
            "href": nav.view_address(view.room, view.query),
            "words": in_words(request.user, view.room, view.query),
            "own": view.owner_id == request.user.pk,
            "shared": bool(view.unit_id or view.agency_id),
        }
        for view in found
    ]
    context = {
        **nav.frame(request),
        "heading": _("已存檢視"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("已存檢視"), "")],
        "lines": lines,
    }
    return render_page(request, "desk/views.html", context)


@login_required
@require_POST
def handle_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Pin, unpin, share, keep to oneself, or delete an own view; take a copy of a colleague's."""
    user = request.user
    assert isinstance(user, User)
    act = request.POST.get("act", "")
    if act == "copy":
        source = get_object_or_404(SavedView.objects.filter(within_reach(user)), pk=pk)
        taken = set(SavedView.objects.filter(owner=user).values_list("name", flat=True))
        name, n = source.name, 2
        while name in taken:
            name, n = f"{source.name[:56]} {n}", n + 1
        SavedView.objects.create(owner=user, name=name, room=source.room, query=source.query, pinned=True)
    else:
        view = get_object_or_404(SavedView, pk=pk, owner=user)
        match act:
            case "pin" | "unpin":
                view.pinned = act == "pin"
                view.save(update_fields=["pinned"])
            case "share" | "unshare":
                _share(view, user, act == "share")
                view.save(update_fields=["unit", "agency"])
            case "delete":
                view.delete()
    nav.forget(user.pk)
    return HttpResponseRedirect(reverse("desk:views"))
