"""Search and commands in one box: pages, lists, cases by number or title, people by any writing of their
name.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.kernel.casework.duties import NONE
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.casework.searched import best_cases
from yankao.kernel.people.models import Post, User
from yankao.kernel.people.names import search_form

from . import nav
from .addresses import case_address
from .derive import agencies_today
from .filters import Scope, from_words
from .jinja import english
from .models import SavedView
from .pages import render_page
from .parts import Link
from .screens import screens_of
from .views import within_reach

MOST = 8
"""Answers of one kind."""
ROOMS_MOST = 16
LONGEST = 100

type Group = tuple[str, list[Link]]


def _page(label: str, name: str, icon: str, words: str = "", *args: Any) -> list[tuple[Link, str]]:
    try:
        return [(Link(label, reverse(name, args=args), icon=icon), words)]
    except NoReverseMatch:
        return []


def _pages() -> list[tuple[Link, str]]:
    """The pages of the house with further words they are found by."""
    return [
        *_page(_("我的待辦"), "desk:work", "inbox", "work daiban ㄉㄅ 逾期 期限"),
        *_page(_("通知"), "desk:inbox", "bell", "inbox notices tongzhi ㄊㄓ"),
        *_page(_("已存檢視"), "desk:views", "filter", "views jianshi ㄐㄕ"),
        *_page(_("議會施政報告"), "report:home", "book", "council report baogao ㄅㄍ"),
        *_page(_("統計數字"), "report:figures", "chart", "figures shuzi ㄕㄗ"),
        *_page(_("設定"), "desk:office", "gear", "office rules calendar people 規則 辦公日曆 人員 代理 停班"),
        *_page(_("顯示設定"), "desk:preferences", "gear", "settings dark font 深色 字級 shezhi ㄕㄉ"),
    ]


def _matches(query: str, *texts: str) -> bool:
    return all(any(word in text.casefold() for text in texts) for word in query.casefold().split())


def _rooms(user: Any, query: str) -> list[Link]:
    found = []
    for room in nav.rooms_for(user):
        if _matches(query, room.zh, room.en, room.name):
            found.append(Link(room.title, reverse("desk:list", args=[room.name]), icon="document"))
        for action in screens_of(room).actions if query else ():
            label = _("%(room)s：%(page)s") % {"room": room.title, "page": action.label}
            if _matches(query, label, room.zh, room.en, room.name) and action.shown(user):
                found += [link for link, _words in _page(label, action.url_name, "document")]
    return found[:ROOMS_MOST]


def agencies_like(query: str) -> list[Link]:
    """The agencies of today whose name holds the query, each with its open cases."""
    named = Q(name__contains=query) | Q(name_en__icontains=query) | Q(code__istartswith=query)
    return [
        Link(
            agency.name_en if english() and agency.name_en else agency.name,
            f"{reverse('desk:work')}?{urlencode({'tab': 'open', 'agency': agency.code})}",
            _("未結案件"),
            icon="people",
        )
        for agency in agencies_today().filter(named)[:MOST]
    ]


def _actions(user: Any, query: str) -> list[Link]:
    """A new case in every room the person may open one in."""
    found = []
    for room in nav.rooms_for(user):
        process = room.process
        if process is None:
            continue
        q = process.opened_by.cases(user)
        if q and q.children == NONE.children:
            continue
        label = _("新增：%(room)s") % {"room": room.title}
        if _matches(query, label, f"new add open {room.en}", room.zh):
            found += [link for link, _words in _page(label, "desk:open", "add", "", room.name)]
    return found


def cases_like(user: Any, query: str) -> list[tuple[int, str, str]]:
    """(id, number, title) of visible cases: whose number begins so, then the best that hold every word."""
    seen = Case.objects.filter(visible(user))
    wanted = ("pk", "number", "title")
    found = list(seen.filter(number__startswith=query.upper()).order_by("number").values_list(*wanted)[:MOST])
    if len(found) < MOST:
        known = {row[0] for row in found}
        ranked = [pk for pk in best_cases(query, visible(user), MOST) if pk not in known]
        told = {row[0]: row for row in seen.filter(pk__in=ranked).values_list(*wanted)}
        found += [told[pk] for pk in ranked if pk in told]
    return found[:MOST]


def people_like(query: str) -> list[tuple[str, str, str]]:
    """(log-in name, name, English name) of active people by characters, zhuyin initials, pinyin or English
    name.
    """
    keys = search_form(query)
    asked = Q(name__contains=query) | Q(username__istartswith=query)
    if keys:
        asked |= Q(search_keys__contains=f"|{keys}") | (
            Q(search_keys__contains=keys) if len(keys) > 2 else Q(pk=None)
        )
    # People with a post alone: whoever reviews from outside has an account and is nobody's business.
    posted = Exists(Post.objects.filter(user=OuterRef("pk")))
    rows = User.objects.filter(asked, posted, is_active=True).order_by("sort_key", "pk")
    return list(rows.values_list("username", "name", "name_en")[:MOST])


def answers(user: Any, query: str) -> list[Group]:
    """Everything found, in groups; without a query the pages and lists."""
    pages = [link for link, words in _pages() if _matches(query, link.label, words)]
    groups: list[Group] = [(_("前往"), pages), (_("清單"), _rooms(user, query))]
    if not query:
        return [group for group in groups if group[1]]
    address = case_address()
    cases = [
        Link(f"{number} {title}", address % pk, icon="document")
        for pk, number, title in cases_like(user, query)
    ]
    people = [
        Link(
            name or username,
            f"{reverse('desk:work')}?{urlencode({'tab': 'open', 'officer': username})}",
            username,
            icon="person",
        )
        for username, name, _english in people_like(query)
    ]
    saved = [
        Link(view.name, nav.view_address(view.room, view.query), icon="filter")
        for view in SavedView.objects.filter(within_reach(user), name__icontains=query).order_by("name")[
            :MOST
        ]
    ]
    groups = [
        (_("案件"), cases),
        *groups,
        (_("機關"), agencies_like(query)),
        (_("人員"), people),
        (_("已存檢視"), saved),
        (_("動作"), _actions(user, query)),
    ]
    return [group for group in groups if group[1]]


@login_required
@require_safe
def palette(request: HttpRequest) -> HttpResponseBase:
    """The answers for the dialog, or a page of them without script; a search that names filters goes to the
    list instead.
    """
    query = request.GET.get("q", "").strip()[:LONGEST]
    pairs, named_any = from_words(query, Scope(request.user, None, timezone.now()))
    target = f"{reverse('desk:work')}?{urlencode([('tab', 'open'), *pairs])}"
    groups = answers(request.user, "" if named_any else query)
    if named_any:
        groups = [(_("篩選"), [Link(query, target, icon="filter")]), *groups]
        if request.headers.get("HX-Request") != "true":
            return HttpResponseRedirect(target)
    context = {**nav.frame(request), "groups": groups, "query": query, "heading": _("搜尋結果")}
    response: HttpResponse = render_page(request, "yk/hits.html", context, block="hits")
    response["Cache-Control"] = "private, no-store"
    return response
