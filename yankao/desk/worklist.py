"""我的待辦 What waits for one person, across all rooms, the most urgent first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.models import Case, Clock, Follow
from yankao.kernel.casework.process import Extend, processes, visible
from yankao.kernel.people.models import Role, User
from yankao.kernel.people.standing import standing

from . import nav, reviews
from .bulk import offered
from .columns import CLOSED, CLOSED_ON, DEADLINE, DUE, OPENED_ON, PK, STAGED, WORK, Ground
from .deadlines import midnight
from .filters import Scope, due_between, week_end
from .jinja import format_date
from .lists import CaseList, exports, searched, tidied
from .pages import render_page, wants_block
from .paging import CAP, NEAREST, NEWEST, Capped
from .parts import Group, Link, Stat
from .screens import screens_of

REFRESH = 30
"""Seconds between two looks of an open page for something new."""
POINTS = 8
"""So many things of the rooms stand open above the list; the others are folded: the list stays in sight."""


# ── Whose work it is ──────────────────────────────────────────────────────────────────────────────


def awaiting(user: Any) -> Q:
    """The cases in a stage from which this person may make a main move, told in one query.

    A move that waits only in some of these cases says so itself (`waits`): the commission's check of a month
    waits where the agency has checked one, not wherever an item is under way. A plain officer's duty often
    reaches every case of the agency; a colleague's case does not wait for them.
    """
    asked: dict[tuple[str, Duty, Q | None], tuple[set[str], Q]] = {}
    for process in processes.values():
        for move in process.moves.values():
            if not move.main or isinstance(move, Extend):
                continue
            key = (process.kind, move.by, move.waits)
            if key not in asked:
                asked[key] = (set(), move.by.cases(user))
            asked[key][0].update(move.sources)
    found = NONE
    for (kind, _duty, waits), (stages, cases) in asked.items():
        if not cases or cases.children != NONE.children:
            found |= Q(kind=kind, stage__in=sorted(stages)) & cases & (waits or Q())
    return found & _not_a_colleagues(user)


def _not_a_colleagues(user: Any) -> Q:
    who = standing(user)
    leads = {post.agency_id for post in who.posts if post.role != Role.OFFICER}
    plain = who.agencies(Role.OFFICER) - leads
    if not plain:
        return Q()
    return Q(officer=user) | Q(officer=None) | ~Q(agency_id__in=plain)


def handled(user: Any) -> Q:
    return Q(officer=user)


def mine_now(user: Any) -> Q:
    """What is this person's to do now: a main move is theirs, or a deadline runs in a case they handle."""
    return awaiting(user) | Q(officer=user, due_at__isnull=False)


def to_review(user: Any) -> Q:
    """Cases that somebody else handles and that wait for this person."""
    return awaiting(user) & (Q(officer=None) | ~Q(officer=user))


def handed_on(user: Any) -> Q:
    """The cases this person opened or assigned, and somebody else handles."""
    given = Entry.objects.filter(actor=user, act__in=("open", "assign"), case__isnull=False)
    return Q(pk__in=given.values("case_id")) & ~Q(officer=user) & Q(officer__isnull=False)


def followed(user: Any) -> Q:
    return Q(pk__in=Follow.objects.filter(user=user).values("case_id"))


def taken_part(user: Any, since: datetime) -> Q:
    """The cases this person handles, or did something in since then."""
    entries = Entry.objects.filter(actor=user, recorded_at__gte=since, case__isnull=False)
    return Q(officer=user) | Q(pk__in=entries.values("case_id"))


@dataclass(frozen=True)
class Tab:
    """One tab of the work list: its code in the address, its words, its cases."""

    code: str
    label: Any
    cases: Callable[[Scope], Q]
    closed: bool = False


def _week_begins(scope: Scope) -> datetime:
    return midnight(scope.today - timedelta(days=scope.today.weekday()))


TABS = (
    Tab("", gettext_lazy("現在該我辦"), lambda s: mine_now(s.user)),
    Tab("review", gettext_lazy("待我審核"), lambda s: to_review(s.user)),
    Tab("mine", gettext_lazy("我承辦的"), lambda s: handled(s.user)),
    Tab("given", gettext_lazy("我交辦的"), lambda s: handed_on(s.user)),
    Tab("following", gettext_lazy("關注中"), lambda s: followed(s.user)),
    Tab("closed", gettext_lazy("本週已結"), lambda s: taken_part(s.user, _week_begins(s)), closed=True),
    Tab("open", gettext_lazy("所有未結"), lambda s: Q()),
)


def tab_cases(tab: Tab, scope: Scope) -> QuerySet[Case]:
    """The visible cases of a tab."""
    seen = Case.objects.filter(visible(scope.user)).filter(tab.cases(scope))
    if tab.closed:
        return seen.filter(closed_on__gte=timezone.localtime(_week_begins(scope)).date())
    return seen.filter(closed_on=None)


def work_list(request: HttpRequest) -> tuple[CaseList, Tab]:
    """The list the address asks for and its tab."""
    code = request.GET.get("tab", "")
    tab = next((tab for tab in TABS if tab.code == code), TABS[0])
    columns = [column if not (tab.closed and column is DEADLINE) else CLOSED_ON for column in WORK]
    available = [*columns, *(extra for extra in (OPENED_ON, STAGED) if extra not in columns)]
    scope = Scope(request.user, None, timezone.now())
    case_list = CaseList(
        request,
        None,
        tab_cases(tab, scope),
        available,
        [column.key for column in columns],
        NEWEST if tab.closed else NEAREST,
        [("tab", tab.code)] if tab.code else (),
    )
    return case_list, tab


# ── Groups by deadline ────────────────────────────────────────────────────────────────────────────

LATE, TODAY, WEEK, LATER, NEVER = range(5)
GROUPS = (
    gettext_lazy("逾期"),
    gettext_lazy("今天到期"),
    gettext_lazy("本週"),
    gettext_lazy("之後"),
    gettext_lazy("無期限"),
)


def _edges(scope: Scope) -> tuple[datetime, datetime, datetime]:
    day = timedelta(days=1)
    return scope.now, midnight(scope.today + day), midnight(week_end(scope.today) + day)


def group_of(due_at: datetime | None, edges: tuple[datetime, datetime, datetime]) -> int:
    if due_at is None:
        return NEVER
    return next((place for place, edge in enumerate(edges) if due_at < edge), LATER)


def grouped(case_list: CaseList, ground: Ground) -> list[Group]:
    """The rows of the page under their headings; the counts are of the whole list, up to the cap."""
    values = case_list.window.rows
    edges = _edges(case_list.scope)
    rows = case_list.layout.rows(values, ground)
    places = [group_of(value[DUE], edges) for value in values]
    whole = not case_list.window.earlier and not case_list.window.later
    counts = None if whole else group_counts(case_list, edges)
    found = []
    for place in dict.fromkeys(places):
        own = [row for row, at in zip(rows, places, strict=True) if at == place]
        count = len(own) if counts is None else counts[place]
        found.append(Group(str(GROUPS[place]), own, _count_words(count)))
    return found


def _count_words(count: int) -> str:
    text = f"{CAP:,}+" if count > CAP else f"{count:,}"
    return ngettext("%(n)s件", "%(n)s件", count) % {"n": text}


def group_counts(case_list: CaseList, edges: tuple[datetime, datetime, datetime]) -> list[int]:
    """How many cases of the list stand in each group: one query, each group counted to the cap."""
    late, today, week = edges
    tests = [
        Q(due_at__lt=late),
        Q(due_at__gte=late, due_at__lt=today),
        Q(due_at__gte=today, due_at__lt=week),
        Q(due_at__gte=week),
        Q(due_at=None),
    ]
    return _counts([case_list.counted.filter(test) for test in tests])


def _counts(lists: Sequence[QuerySet[Case]]) -> list[int]:
    """The capped counts of several lists in one query."""
    counts = {f"n{i}": Capped(cases.order_by().values("pk")[: CAP + 1]) for i, cases in enumerate(lists)}
    one = User.objects.order_by("pk").annotate(**counts).values_list(*counts)[:1]
    return list(next(iter(one)))


# ── The page ──────────────────────────────────────────────────────────────────────────────────────


def _starts(values: Sequence[Sequence[Any]]) -> dict[int, datetime]:
    """When the clock that ends first began, for the meter."""
    ids = [row[PK] for row in values if row[DUE] is not None and row[CLOSED] is None]
    if not ids:
        return {}
    clocks = Clock.objects.filter(case_id__in=ids, stopped_at=None).order_by("-due_at")
    return dict(clocks.values_list("case_id", "started_at"))


def _number(count: int) -> str:
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def strip_and_tabs(case_list: CaseList, tab: Tab) -> tuple[list[Stat], list[Link]]:
    """Four linked tiles and the tabs, counted in one query."""
    scope, here = case_list.scope, case_list.request.path
    mine = tab_cases(TABS[0], scope)
    tiles = ["late", "today", "week"]
    counts = _counts(
        [*(mine.filter(due_between(code, scope)) for code in tiles), *(tab_cases(one, scope) for one in TABS)]
    )
    by_tab = dict(zip((one.code for one in TABS), counts[3:], strict=True))
    late, today, week = counts[:3]
    strip = [
        Stat(_number(late), _("逾期"), f"{here}?due=late", _("最先處理") if late else "", bool(late)),
        Stat(_number(today), _("今天到期"), f"{here}?due=today"),
        Stat(
            _number(week),
            _("本週到期"),
            f"{here}?due=week",
            _("到%(day)s") % {"day": format_date(week_end(scope.today))},
        ),
        Stat(_number(by_tab["review"]), _("待我審核"), f"{here}?tab=review"),
    ]
    links = []
    for one in TABS:
        pairs = [pair for pair in case_list.pairs if pair[0] not in ("tab", "sort")]
        query = urlencode([("tab", one.code), *pairs] if one.code else pairs)
        count = _number(by_tab[one.code])
        links.append(Link(str(one.label), f"{here}?{query}" if query else here, count, one is tab))
    return strip, links


def first_items(user: Any) -> list[dict[str, Any]]:
    """What the rooms put on the first screen of their actors: label, count, url, tone. What is late comes
    first; what there is none of is left out.
    """
    found: list[dict[str, Any]] = reviews.first(user)
    for room in nav.rooms_for(user):
        first = screens_of(room).first
        if first is not None:
            found += first(user)
    told = [{"tone": "", "count": None, "url": "", **item} for item in found]
    return sorted((item for item in told if item["count"] != 0), key=lambda item: item["tone"] != "red")


def _mark(*things: Any) -> str:
    return f'"{hashlib.sha256(repr(things).encode()).hexdigest()[:32]}"'


@login_required
@require_safe
def show_work(request: HttpRequest) -> HttpResponseBase:
    """The work list. An open page looks again every half minute; when nothing changed the answer is 304."""
    if redirected := searched(request, None, ("tab",)):
        return redirected
    case_list, tab = work_list(request)
    if redirected := tidied(request, case_list):
        return redirected
    ground = Ground(case_list.scope.now, _starts(case_list.window.rows))
    groups = None if tab.closed or case_list.ordered is not NEAREST else grouped(case_list, ground)
    own = case_list.context(ground, groups)
    strip, tabs = strip_and_tabs(case_list, tab)
    mark = _mark(own["groups"], own["chips"], strip, tabs, request.LANGUAGE_CODE, request.user.pk)
    if request.headers.get("If-None-Match") == mark and wants_block(request):
        unchanged = HttpResponse(status=304, headers={"ETag": mark})
        patch_vary_headers(unchanged, ["HX-Request", "HX-Request-Type", "Cookie"])
        return unchanged
    context = {
        **nav.frame(request),
        **own,
        "heading": _("我的待辦"),
        "lead": _("%(day)s，每%(n)s秒更新")
        % {"day": format_date(case_list.scope.today, weekday=True), "n": REFRESH},
        "room": "",
        "stats": strip,
        "tabs_of_work": tabs,
        "first": first_items(request.user) if not wants_block(request) else [],
        "most_points": POINTS,
        "bulk": offered(case_list.kinds_and_stages(), request.user),
        "exports": exports("", case_list),
        "save": f"{reverse('desk:view_new')}?{urlencode({'query': case_list.query})}",
        "links": [],
        "filtered": bool(case_list.filters),
        "empty_words": "",
        "mark": mark,
        "refresh": REFRESH,
    }
    response = render_page(request, "desk/work.html", context, block="list")
    response["ETag"] = mark
    response["Cache-Control"] = "private, no-cache"
    return response


__all__ = ["TABS", "awaiting", "grouped", "show_work", "tab_cases", "work_list"]
