"""The list of a room: narrowed, ordered, cut into pages, and shown as rows.

The address is the whole state of a list. The same `CaseList` serves the page, its fragment, its export and
its bulk moves, so that none of them can show what another hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.models import Case
from yankao.kernel.labels import said
from yankao.kernel.letters.declare import of_room
from yankao.kernel.prepared import Unplain, filled, shape
from yankao.kernel.rooms import Room, room

from . import nav
from .addresses import address, one_answer, place
from .bulk import offered
from .columns import DOCKET, KIND, STAGE, Ground, Layout, Shown, columns_of, layout
from .filters import STAGE as STAGE_FILTER
from .filters import TEXT, Asked, Filters, Scope, from_words
from .pages import render_page
from .paging import CAP, NEWEST, ORDERS, Key, Order, Pages, Recipe, Where, Window
from .parts import Chip, Column, Group, Link
from .screens import screens_of

MANY_PAGES = 1_000_000
BRANCHES = 16
PLACES = {
    "after", "before", "build", "built", "column", "columns", "find", "page", "remember", "sort", "tab",
}  # fmt: skip
"""What the address of a list says besides conditions."""
COLUMNS_COOKIE = "yk_columns"


@dataclass
class CaseList:
    """One list of cases as a request asks for it: whose, of which room, narrowed and ordered how."""

    request: HttpRequest
    room: Room | None
    base: QuerySet[Case]
    available: Sequence[Shown]
    usual: Sequence[str]
    order: Order = NEWEST
    keep: Sequence[tuple[str, str]] = ()
    """Further parameters of the address that belong to the state (the tab of the work list)."""
    seen: Q | None = None
    """The condition that makes `base`, when it is one: such lists have their statements kept by shape."""
    parts: Sequence[Q] = ()
    """Conditions without a common case that together make `base`: each is walked and counted by itself."""

    def __post_init__(self) -> None:
        query = self.request.GET
        self.scope = Scope(self.request.user, self.room, timezone.now())
        self.filters = Filters.read(query, self.scope)
        self.filters.refuse_unknown(
            name for name in query if name not in PLACES and name not in dict(self.keep)
        )
        self.ordered = ORDERS.get(query.get("sort", ""), self.order)
        self.layout: Layout = layout(self.available, self.usual, self._asked_columns())

    @cached_property
    def _narrowed(self) -> tuple[QuerySet[Case], QuerySet[Case]]:
        return self.filters.narrow(self.base)

    @property
    def cases(self) -> QuerySet[Case]:
        """The cases of the list, in the form that walks in order."""
        return self._narrowed[0]

    @property
    def counted(self) -> QuerySet[Case]:
        """The same in the form that counts."""
        return self._narrowed[1]

    def _asked_columns(self) -> list[str]:
        asked = self.request.GET.get("columns", "")
        if not asked and self.room:
            asked = self.request.COOKIES.get(f"{COLUMNS_COOKIE}_{self.room.label}", "")
        return [key for key in asked.split(",") if key]

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The state as parameters, without the place in the list."""
        found = [*self.keep, *self.filters.pairs]
        if self.ordered is not self.order:
            found.append(("sort", self.ordered.code))
        if columns := self.request.GET.get("columns", ""):
            found.append(("columns", columns))
        return found

    @cached_property
    def _written_pairs(self) -> list[tuple[str, str]]:
        """The name of each parameter with both as they stand in an address."""
        return [(name, f"{quote_plus(name)}={quote_plus(value)}") for name, value in self.pairs]

    @property
    def query(self) -> str:
        return "&".join([written for _name, written in self._written_pairs])

    def address(self, *, without: tuple[str, ...] = (), **more: Any) -> str:
        """This list's address with some parameters left out or put in anew."""
        kept = [text for name, text in self._written_pairs if name not in without and name not in more]
        kept += [f"{name}={quote_plus(str(value))}" for name, value in more.items() if value != ""]
        text = "&".join(kept)
        return f"{self.request.path}?{text}" if text else self.request.path

    @cached_property
    def pages(self) -> Pages:
        recipe = self._recipe()
        lazily: Any = SimpleLazyObject(lambda: self.cases)
        return Pages(
            self.cases if recipe is None else lazily,
            self.ordered,
            self.layout.lookups,
            counted=self.counted if recipe is None else None,
            branches=self._branches(),
            recipe=recipe,
            apart=bool(self.parts),
            ground=self.filters.narrow(Case.objects.all())[0] if self.parts and recipe is None else None,
        )

    def _recipe(self) -> Recipe | None:
        """How the list is made from its values alone; None when a condition needs more than the docket."""
        conditions = self.filters.of_docket()
        if (self.seen is None and not self.parts) or conditions is None:
            return None
        whole = [*([] if self.seen is None else [self.seen]), *conditions]
        # Elsewhere than on SQLite only parts are walked apart.
        branches = self._branches() if connection.vendor == "sqlite" else []
        if self.parts:  # a part says all that holds of its cases
            whole, branches = [], [reduce(and_, conditions, part) for part in self.parts]
        try:
            shapes = [shape(q) for q in (*whole, *branches)]
        except Unplain:
            return None

        def made(values: Sequence[Any]) -> tuple[QuerySet[Case], Sequence[Q]]:
            given, found = iter(values), Case.objects.all()
            for q in whole:
                found = found.filter(filled(q, given))
            return found, [filled(q, given) for q in branches]

        name = (len(whole), tuple(name for name, _v in shapes))
        return Recipe(name, [v for _n, values in shapes for v in values], made)

    def _branches(self) -> list[Q]:
        """The parts, or a condition for each pair of agency and stage when the list is of several and not of
        too many.
        """
        if self.parts:
            return list(self.parts)
        if self.room is None:
            return []
        agencies: list[Any] = [one.pk for one in self.filters.agencies()] or seen_agencies(self.seen)
        stages = self.filters.given.get(STAGE_FILTER.name, [])
        if not 1 < max(len(agencies), 1) * max(len(stages), 1) <= BRANCHES:
            return []
        found = [Q(agency_id=agency) for agency in agencies] or [Q()]
        return [branch & Q(stage=stage) for branch in found for stage in stages] if stages else found

    @cached_property
    def where(self) -> Where:
        query = self.request.GET
        number = query.get("page", "1")
        return Where(
            Key.read(query.get("after", "")),
            Key.read(query.get("before", "")),
            min(int(number), MANY_PAGES) if number.isascii() and number.isdigit() and int(number[:9]) else 1,
        )

    @cached_property
    def window(self) -> Window:
        return self.pages.at(self.where)

    # ── What the template draws ──────────────────────────────────────────────────────────────────

    def chips(self) -> list[Chip]:
        return [
            Chip(said(asked.label), self.filters.words(asked), self.address(without=(asked.name,)))
            for asked, _values in self.filters.asked
        ]

    def columns(self) -> list[Column]:
        found, language = [], place()[0]
        for shown in self.layout.columns:
            link, state = "", ""
            if shown.sorts:
                up, down = shown.sorts
                here = self.ordered.code
                state = "ascending" if here == up else "descending" if here == down else ""
                target = down if here == up else up
                link = self.address(without=("sort",), sort="" if target == self.order.code else target)
            found.append(Column(said(shown.label, language), shown.kind, link, state))
        return found

    def neighbours(self) -> tuple[str, str]:
        """The addresses of the page before and the page behind; empty where there is none."""
        window, number = self.window, self.where.number
        if not window.rows:
            return (self.address() if number > 1 or self.where.after else "", "")
        key = self.pages.key
        page = 1 if window.first == 1 else number
        before = (
            self.address(before=key(window.rows[0]), page=page - 1 if page > 2 else "")
            if window.earlier
            else ""
        )
        after = self.address(after=key(window.rows[-1]), page=page + 1) if window.later else ""
        return before, after

    def told(self) -> tuple[str, str]:
        """第1–50筆 and 共1,000筆以上, as far as each is known."""
        window = self.window
        total = "" if window.total is None else counted_words(window.total)
        if not window.rows:
            return _("沒有資料"), ""
        if window.first is None:
            return _("本頁%(n)s筆") % {"n": len(window.rows)}, total
        return _("第%(first)s–%(last)s筆") % {"first": f"{window.first:,}", "last": f"{window.last:,}"}, total

    def context(self, ground: Ground, groups: Sequence[Group] | None = None) -> dict[str, Any]:
        """Everything `desk/list.html` needs about the list itself."""
        before, after = self.neighbours()
        shown, total = self.told()
        building = "build" in self.request.GET
        return {
            "columns": self.columns(),
            "groups": groups
            if groups is not None
            else [Group("", self.layout.rows(self.window.rows, ground))],
            "rows_shown": len(self.window.rows),
            "chips": self.chips(),
            "faults": self.filters.faults,
            "written": self.filters.written(),
            "clear": self.address(without=tuple(name for name, _v in self.filters.pairs))
            if self.filters
            else "",
            "build": "" if building else self.address(build=1),
            "builder": self.builder() if building else (),
            "columns_offered": self.offered() if building else (),
            "orders": self.orders() if building else (),
            "hidden": [*self.keep],
            "sort_words": str(self.ordered.label),
            "before": before,
            "after": after,
            "shown": shown,
            "total": total,
            "page_number": self.where.number,
            "state": self.pairs,
            "this": self.address(),
        }

    def builder(self) -> list[dict[str, Any]]:
        """The inputs of the filter builder, filled with what is in force."""
        return [self._input(asked) for asked in self.filters.known if asked is not TEXT]

    def _input(self, asked: Asked) -> dict[str, Any]:
        values = self.filters.given.get(asked.name, [])
        told = {value: asked.words(value, self.scope) for value in values}
        choices = list(asked.choices(self.scope)) if asked.choices else None
        if choices is not None:
            choices += [(value, told[value]) for value in values if value not in dict(choices)]
        written = [told[v] if asked.read(told[v], self.scope) == v else v for v in values]
        return {
            "name": asked.name,
            "label": str(asked.label),
            "many": asked.many,
            "choices": choices,
            "values": values if choices is not None else written,
            "hint": str(asked.hint),
        }

    def offered(self) -> list[tuple[str, str, bool]]:
        """Every column: key, words, whether it is shown."""
        shown = {column.key for column in self.layout.columns}
        return [(column.key, str(column.label), column.key in shown) for column in self.available]

    def orders(self) -> list[tuple[str, str, bool]]:
        return [(order.code, str(order.label), order is self.ordered) for order in ORDERS.values()]

    def kinds_and_stages(self) -> set[tuple[str, str]]:
        """What stands on this page, for the bulk moves to offer."""
        return {(row[KIND], row[STAGE]) for row in self.window.rows}


def seen_agencies(seen: Q | None) -> list[int]:
    """The agencies a list is confined to by what the person may see, when it is that simple."""
    if seen is None or seen.connector != Q.AND or seen.negated:
        return []
    for child in seen.children:
        if isinstance(child, tuple) and child[0] == "agency_id__in":
            return sorted(int(pk) for pk in child[1])
    return []


def counted_words(total: int) -> str:
    """共38筆, or 共1,000筆以上."""
    if total > CAP:
        return _("共%(n)s筆以上") % {"n": f"{CAP:,}"}
    return _("共%(n)s筆") % {"n": f"{total:,}"}


def open_room(name: str, user: Any) -> Room:
    """The room of an address, when it is in the person's menu."""
    try:
        found = room(name)
    except LookupError:
        raise Http404(_("沒有這項業務。")) from None
    if not nav.sees(found, user):
        raise Http404(_("沒有這項業務。"))
    return found


def room_or_404(name: str, user: Any) -> Room:
    """The room of an address, when it has cases and the person may see some."""
    found = open_room(name, user)
    if found.process is None:
        raise Http404(_("沒有這項業務。"))
    return found


def room_list(request: HttpRequest, found: Room) -> CaseList:
    """The list of a room as the address asks for it; only what the person may know of."""
    assert found.process
    available, usual = columns_of(found)
    seen = found.process.visible(request.user)
    base: Any = SimpleLazyObject(lambda: Case.objects.filter(seen))
    return CaseList(request, found, base, available, usual, seen=seen)


def searched(
    request: HttpRequest, found: Room | None, keep: Sequence[str] = ()
) -> HttpResponseRedirect | None:
    """Where the search box leads when it names filters: the same list with them in its address."""
    text = request.GET.get("find", "")
    if "find" not in request.GET:
        return None
    pairs, _named = from_words(text, Scope(request.user, found, timezone.now()))
    kept = [(name, request.GET[name]) for name in (*keep, "sort", "columns") if name in request.GET]
    query = urlencode([*kept, *pairs])
    return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)


def tidied(request: HttpRequest, case_list: CaseList) -> HttpResponseRedirect | None:
    """The builder's form sends every input and every ticked column; its answer is the short address."""
    if "built" not in request.GET:
        return None
    columns = request.GET.getlist("column")
    if columns and set(columns) != {shown.key for shown in case_list.layout.columns}:
        target = case_list.address(without=("columns",), columns=",".join(columns))
    else:
        target = case_list.address()
    response = HttpResponseRedirect(target)
    if columns and case_list.room and "remember" in request.GET:
        keys = [key for key, _label, _shown in case_list.offered() if key in columns]
        response.set_cookie(
            f"{COLUMNS_COOKIE}_{case_list.room.label}",
            ",".join(keys),
            max_age=365 * 24 * 3600,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
    return response


@login_required
@require_safe
@one_answer()
def show_list(request: HttpRequest, room: str) -> HttpResponseBase:
    """A room's list; htmx gets the rows alone from the same address."""
    found = room_or_404(room, request.user)
    if redirected := searched(request, found):
        return redirected
    case_list = room_list(request, found)
    if redirected := tidied(request, case_list):
        return redirected
    ground = Ground(case_list.scope.now)
    screens = screens_of(found)
    context = {
        **nav.frame(request),
        **case_list.context(ground),
        "heading": found.title,
        "room": found.name,
        "crumbs": [Link(_("首頁"), address("desk:home")), Link(found.title, "")],
        "bulk": offered(case_list.kinds_and_stages(), request.user),
        "exports": exports(found.name, case_list),
        "save": f"{address('desk:view_new')}?{urlencode({'room': found.name, 'query': case_list.query})}",
        "links": _head_links(found, request.user),
        "filtered": bool(case_list.filters),
        "empty_words": str(screens.words.get("empty", "")),
    }
    return render_page(request, "desk/list.html", context, block="list")


def exports(name: str, case_list: CaseList) -> list[Link]:
    """The two files of exactly this list."""
    query = f"?{case_list.query}" if case_list.query else ""
    args = [name] if name else []
    view = "desk:export" if name else "desk:work_export"
    return [
        Link(_("匯出CSV"), address(view, *args, "csv") + query, icon="download"),
        Link(_("匯出ODS"), address(view, *args, "ods") + query, icon="download"),
    ]


def _head_links(found: Room, user: Any) -> list[Link]:
    """The links in the head of a room's list: the room's own, the board, the import, a new case."""
    links = []
    for action in screens_of(found).actions:
        if action.shown(user):
            links += _maybe(action.label, action.url_name)
    if any(one.among is not None and may_hold(one.by, user) for one in of_room(found.name)):
        links += _maybe(LETTERS, "desk:room_letters", found.name, icon="sheet")
    links += _maybe(BOARD, "desk:board", found.name, icon="board")
    if any(one.at_desk and one.may(user) for one in found.imports):
        links += _maybe(IMPORT, "desk:import", found.name, icon="upload")
    if found.process and may_hold(found.process.opened_by, user):
        links += [
            link._replace(current=True)  # the one button that stands out
            for link in _maybe(NEW_CASE, "desk:open", found.name, icon="add")
        ]
    return links


def may_hold(duty: Duty, user: Any) -> bool:
    """Whether any case can be the person's by this duty, told from the posts alone."""
    q = duty.cases(user)
    return not q or q.children != NONE.children


LETTERS, BOARD = gettext_lazy("文書"), gettext_lazy("看板")
IMPORT, NEW_CASE = gettext_lazy("匯入"), gettext_lazy("新增案件")


def _maybe(label: Any, name: str, *args: str, icon: str = "") -> list[Link]:
    found = address(name, *args)
    return [Link(said(label, place()[0]), found, icon=icon)] if found else []


def refuse_faults(filters: Filters) -> None:
    """A file must not hold more than was asked for: a condition not understood stops it."""
    if filters.faults:
        raise BadRequest("\n".join(filters.faults))


__all__ = [
    "DOCKET",
    "CaseList",
    "counted_words",
    "exports",
    "room_list",
    "room_or_404",
    "searched",
    "show_list",
    "tidied",
]
