"""我的待辦 What waits for one person, across all rooms, the most urgent first."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from yankao.kernel import prepared
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.duties import ALL, NONE, Duty
from yankao.kernel.casework.models import Case, Clock, Follow
from yankao.kernel.casework.process import Extend, processes, seen_by_duty, visible
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.prepared import Text, Unplain, remember

from . import apart, case_letters, city_board, nav, reviews
from .addresses import one_answer, place
from .bulk import offered
from .columns import CLOSED, CLOSED_ON, DEADLINE, DUE, OPENED_ON, PK, STAGED, WORK, Ground
from .deadlines import midnight
from .filters import Scope, due_between, week_end
from .jinja import format_date
from .lists import CaseList, exports, searched, tidied
from .pages import render_page, wants_block
from .paging import CAP, NEAREST, NEWEST
from .parts import Group, Link, Stat
from .screens import screens_of

REFRESH = 30
"""Seconds between two looks of an open page for something new."""
POINTS = 8
"""So many things of the rooms stand open above the list; the others are folded: the list stays in sight."""


# ── Whose work it is ──────────────────────────────────────────────────────────────────────────────


type Waiting = dict[str, list[tuple[list[str], Q, Q]]]
"""For each kind of case: stages, the duty's cases and which of them wait, move by move."""


def _waiting(user: Any) -> Waiting:
    """The cases in a stage from which this person may make a main move.

    A move that waits only in some of these cases says so itself (`waits`): the commission's check of a month
    waits where the agency has checked one, not wherever an item is under way.
    """
    asked: dict[tuple[str, Duty, Q | None], set[str]] = {}
    for process in processes.values():
        for move in process.moves.values():
            if move.main and not isinstance(move, Extend):
                asked.setdefault((process.kind, move.by, move.waits), set()).update(move.sources)
    found: Waiting = {}
    for (kind, duty, waits), stages in asked.items():
        cases = duty.cases(user)
        if not cases or cases.children != NONE.children:
            found.setdefault(kind, []).append((sorted(stages), cases, waits or ALL))
    return found


def _any_of(waiting: Iterable[tuple[list[str], Q, Q]]) -> Q:
    found = NONE
    for stages, cases, waits in waiting:
        found |= Q(stage__in=stages) & cases & waits
    return found


def awaiting(user: Any) -> Q:
    """The same in one condition. A plain officer's duty often reaches every case of the agency; a colleague's
    case does not wait for them.
    """
    found = NONE
    for kind, waiting in _waiting(user).items():
        found |= Q(kind=kind) & _any_of(waiting)
    return found & _not_a_colleagues(user)


def _not_a_colleagues(user: Any) -> Q:
    who = standing(user)
    leads = {post.agency_id for post in who.posts if post.role != Role.OFFICER}
    plain = who.agencies(Role.OFFICER) - leads
    if not plain:
        return Q()
    return Q(officer=user) | Q(officer=None) | ~Q(agency_id__in=plain)


def handled(user: Any) -> Q:
    return Q(officer_id=user.pk)


def to_review(user: Any) -> list[Q]:
    """Cases that somebody else handles and that wait for this person, kind by kind."""
    own = handled(user)
    found = []
    for kind, waiting in _waiting(user).items():
        of_others = [(stages, cases, waits) for stages, cases, waits in waiting if cases != own]
        if of_others:
            stages = sorted({stage for stages, _cases, _waits in of_others for stage in stages})
            free = (Q(officer=None) | ~own) & _not_a_colleagues(user)
            where = Q(kind=kind, stage__in=stages) & processes[kind].sees.cases(user)
            found.append(where & free & _any_of(of_others))
    return found


def mine_now(user: Any) -> list[Q]:
    """What is this person's to do now: a main move is theirs, or a deadline runs in a case they handle.

    The own cases, then the others kind by kind: each of them stands in one of these conditions.
    """
    moves = [Q(kind=kind) & _any_of(waiting) for kind, waiting in _waiting(user).items()]
    own = handled(user) & visible(user) & reduce(or_, moves, Q(due_at__isnull=False))
    return [own, *to_review(user)]


def handed_on(user: Any) -> Q:
    """The cases this person opened or assigned, and somebody else handles."""
    given = Entry.objects.filter(actor=user, act__in=("open", "assign"), case__isnull=False)
    return Q(pk__in=given.values("case_id")) & ~handled(user) & Q(officer__isnull=False)


def followed(user: Any) -> Q:
    return Q(pk__in=Follow.objects.filter(user=user).values("case_id"))


def taken_part(user: Any, since: datetime) -> Q:
    """The cases this person handles, or did something in since then."""
    entries = Entry.objects.filter(actor=user, recorded_at__gte=since, case__isnull=False)
    return handled(user) | Q(pk__in=entries.values("case_id"))


@dataclass(frozen=True)
class Tab:
    """One tab of the work list: its code in the address, its words, and its cases as conditions without a
    common case.
    """

    code: str
    label: Any
    parts: Callable[[Scope], list[Q]]
    closed: bool = False


def _week_begins(scope: Scope) -> datetime:
    return midnight(scope.today - timedelta(days=scope.today.weekday()))


def _seen(cases: Callable[[Scope], Q]) -> Callable[[Scope], list[Q]]:
    """Few cases of one person: what they may know of among them is told case by case."""
    return lambda scope: [cases(scope) & visible(scope.user)]


TABS = (
    Tab("", gettext_lazy("現在該我辦"), lambda s: mine_now(s.user)),
    Tab("review", gettext_lazy("待我審核"), lambda s: to_review(s.user)),
    Tab("mine", gettext_lazy("我承辦的"), _seen(lambda s: handled(s.user))),
    Tab("given", gettext_lazy("我交辦的"), _seen(lambda s: handed_on(s.user))),
    Tab("following", gettext_lazy("關注中"), _seen(lambda s: followed(s.user))),
    Tab(
        "closed",
        gettext_lazy("本週已結"),
        _seen(lambda s: taken_part(s.user, _week_begins(s))),
        closed=True,
    ),
    Tab("open", gettext_lazy("所有未結"), lambda s: seen_by_duty(s.user)),
)


type Parts = tuple[Q, ...]

KEPT = 4096
_kept: OrderedDict[tuple[Any, ...], Parts] = OrderedDict()
"""The tabs of people by what they stand for: conditions that read nothing hold until that changes."""


def tab_parts(tab: Tab, scope: Scope) -> Parts:
    """The visible cases of a tab as conditions without a common case; at least one."""
    since = timezone.localtime(_week_begins(scope)).date()
    key = (tab.code, standing(scope.user), since, *processes)
    found = _kept.get(key)
    if found is None:
        state = Q(closed_on__gte=since) if tab.closed else Q(closed_on=None)
        found = tuple(remember(part & state) for part in tab.parts(scope)) or (NONE,)
        _kept[key] = found
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def tab_cases(tab: Tab, scope: Scope) -> QuerySet[Case]:
    """The visible cases of a tab."""
    return Case.objects.filter(reduce(or_, tab_parts(tab, scope)))


def work_list(request: HttpRequest) -> tuple[CaseList, Tab]:
    """The list the address asks for and its tab."""
    code = request.GET.get("tab", "")
    tab = next((tab for tab in TABS if tab.code == code), TABS[0])
    columns = [column if not (tab.closed and column is DEADLINE) else CLOSED_ON for column in WORK]
    available = [*columns, *(extra for extra in (OPENED_ON, STAGED) if extra not in columns)]
    parts = tab_parts(tab, Scope(request.user, None, timezone.now()))
    whole: Any = SimpleLazyObject(lambda: Case.objects.filter(reduce(or_, parts)))
    case_list = CaseList(
        request,
        None,
        whole,
        available,
        [column.key for column in columns],
        NEWEST if tab.closed else NEAREST,
        [("tab", tab.code)] if tab.code else (),
        parts=parts,
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
    sizes = None if whole else group_counts(case_list, edges)
    found = []
    for number in dict.fromkeys(places):
        own = [row for row, at in zip(rows, places, strict=True) if at == number]
        size = len(own) if sizes is None else sizes[number]
        found.append(Group(str(GROUPS[number]), own, _count_words(size)))
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
    asked = case_list.filters.conditions
    parts = [reduce(and_, asked, part) for part in case_list.parts]
    return counts([(test, parts) for test in tests])


def counts(lists: Sequence[tuple[Q | None, Sequence[Q]]]) -> list[int]:
    """How many cases each list holds, counted to the cap, in one query.

    A list is told as parts without a common case, of which a test on the deadline may take some.
    """
    known: dict[int, Text | None] = {}

    def cases(part: Q, test: Q | None) -> Text | None:
        if id(part) not in known:
            known[id(part)] = apart.cases(part)
        found = known[id(part)]
        return found if found is None or test is None else apart.where(found, test)

    try:
        told = [apart.counted([cases(part, test) for part in parts], CAP + 1) for test, parts in lists]
    except Unplain:
        return [
            sum(Case.objects.filter(part & (test or ALL))[: CAP + 1].count() for part in parts)
            for test, parts in lists
        ]
    words = ", ".join(one.sql for one in told)
    (line,) = prepared.fetch(Text(f"SELECT {words}", [value for one in told for value in one.params]))
    return list(line)


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
    mine = tab_parts(TABS[0], scope)
    others = mine[1:]  # what waits for me and is not mine is what I review
    windows = [due_between(code, scope) for code in ("late", "today", "week")]
    rest = [tab_parts(one, scope) for one in TABS[2:]]
    told = counts(
        [
            *((window, mine) for window in windows),
            (None, mine[:1]),
            (None, others),
            *((None, parts) for parts in rest),
        ]
    )
    late, today, week, own, review, *further = told
    by_tab = dict(zip((one.code for one in TABS), (own + review, review, *further), strict=True))
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
        count = _number(min(by_tab[one.code], CAP + 1))
        links.append(Link(str(one.label), f"{here}?{query}" if query else here, count, one is tab))
    return strip, links


class First(NamedTuple):
    """What stands above the list: what the rooms put there for this person, and the city for its mayor."""

    first: Sequence[dict[str, Any]] = ()
    tiles: Sequence[city_board.Tile] = ()


FIRST_SECONDS = 30
_first: OrderedDict[tuple[Any, ...], tuple[float, int, First]] = OrderedDict()


def forget() -> None:
    """Read the first screens of the rooms afresh."""
    _first.clear()


def first_shown(user: Any) -> First:
    """The first screen, kept for half a minute and no longer than nothing happens: whatever is done leaves a
    line in the ledger.
    """
    newest = prepared.rows(
        "newest entry", [], lambda values: Entry.objects.order_by("-seq").values_list("seq")[:1]
    )
    key = (standing(user), place())
    mark = newest[0][0] if newest else 0
    kept = _first.get(key)
    if kept is None or kept[0] < time.monotonic() or kept[1] != mark:
        first = First(first_items(user), city_board.tiles(user))
        kept = _first[key] = (time.monotonic() + FIRST_SECONDS, mark, first)
        if len(_first) > KEPT:
            _first.popitem(last=False)
    return kept[2]


def first_items(user: Any) -> list[dict[str, Any]]:
    """What the rooms put on the first screen of their actors: label, count, url, tone. What is late comes
    first; what there is none of is left out.
    """
    found: list[dict[str, Any]] = [*reviews.first(user), *case_letters.first(user)]
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
@one_answer()
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
        **(first_shown(request.user) if not wants_block(request) else First())._asdict(),
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
