"""The frame around every page of a signed-in person: the menu of what is theirs to see.

    return render_page(request, "…", {**frame(request), "heading": …})

One query for saved views and unread notices, kept for some seconds by each process.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, IntegerField, Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yankao.kernel.casework.duties import Duty
from yankao.kernel.casework.process import Extend, processes
from yankao.kernel.letters.declare import letters
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import User
from yankao.kernel.people.standing import Standing, standing
from yankao.kernel.review.rounds import reviewings, to_do
from yankao.kernel.rooms import Room, rooms

from .addresses import address
from .models import SavedView
from .paging import Capped
from .parts import Link, NavGroup
from .screens import screens_of

SECONDS = 15
UNREAD_CAP = 99
PEOPLE_KEPT = 5000
IN_ROOM = "document"
"""The icon of the rooms in the menu."""

REVIEWS = "reviews"
"""Stands for the reviewer's open sheets in the one question below."""

type Own = tuple[float, list[tuple[str, str, str]], int, int | None]
"""Until when it is kept, the pinned views (name, list, query), the number of unread notices, and of sheets
to be scored (None for who is no reviewer)."""

_kept: dict[int, Own] = {}


def forget(user_id: int | None = None) -> None:
    """Read the person's menu afresh (after a view was saved or a notice read)."""
    if user_id is None:
        _kept.clear()
    else:
        _kept.pop(user_id, None)


def sees(room: Room, user: Any) -> bool:
    """Whether any case of the room can be visible to the person, told from the posts alone; a room without
    cases says so itself.
    """
    process = room.process
    if process is None:
        return screens_of(room).opens(user)
    return _lets_in(process.sees, standing(user))


@lru_cache(maxsize=8192)
def _lets_in(duty: Duty, who: Standing) -> bool:
    """As a duty's answer for a standing is kept (`Duty`), so is whether it lets any case through."""
    return _some(duty.where(who))


def rooms_for(user: Any) -> list[Room]:
    """The rooms whose lists the person may open."""
    return [room for room in rooms() if sees(room, user)]


def works_in(room: Room, user: Any) -> bool:
    """Whether the person's posts give a hand in the room: its cases may be opened or brought on by them."""
    if room.process is None:
        asked = screens_of(room)
        return (asked.works or asked.opens)(user)
    return room.name in _worked(replace(standing(user), user_id=None), tuple(processes))


@lru_cache(maxsize=4096)
def _worked(who: Standing, kinds: tuple[str, ...]) -> frozenset[str]:
    """The kinds of cases that fall to the roles of posts, whoever holds them: what is given to a person by
    name (a case, a place on a panel) stands on the work list, what anybody of an agency may do (tell of a
    sign, answer as a joint agency) makes nobody a worker.
    """
    found = set()
    for kind in kinds:
        moves = processes[kind].moves.values()
        main = {move.by for move in moves if move.main and not isinstance(move, Extend)}
        if any(_falls_to(duty, who) for duty in {processes[kind].opened_by, *main}):
            found.add(kind)
    return frozenset(found)


def _falls_to(duty: Duty, who: Standing) -> bool:
    plain = replace(who, posts=tuple(replace(post, role="") for post in who.posts))
    return _some(duty.where(who)) and not _some(duty.where(plain))


def _some(cases: Q) -> bool:
    """Whether a condition lets any case through, as far as it can be told without asking the database."""
    if not cases:
        return True
    children = cast("list[Q | tuple[str, Any]]", cases.children)
    told = [_some(one) if isinstance(one, Q) else _possible(one[1]) for one in children]
    return cases.negated or (any(told) if cases.connector == Q.OR else all(told))


def _possible(value: Any) -> bool:
    if hasattr(value, "query"):
        try:
            value.query.sql_with_params()
        except EmptyResultSet:
            return False
        return True
    return value is not None and value != ()


def writes_letters(user: Any) -> bool:
    """Whether a letter of a room the person works in falls to their posts; who writes none needs no
    registers.
    """
    who = replace(standing(user), user_id=None)
    worked = _worked(who, tuple(processes))
    return any(one.room in worked and _some(one.by.where(who)) for one in letters.values())


def _own(user: Any) -> Own:
    """The person's pinned views and unread notices, read again after some seconds."""
    kept = _kept.get(user.pk)
    if kept and kept[0] > time.monotonic():
        return kept
    pinned = SavedView.objects.filter(owner=user, pinned=True).annotate(n=Value(0, IntegerField()))
    waiting = Value("", CharField())
    counted = User.objects.filter(pk=user.pk).annotate(
        name_=waiting, room_=waiting, query_=waiting, n=Capped(unread(user).values("pk")[: UNREAD_CAP + 1])
    )
    open_sheets = Capped(to_do(user).values("pk")[: UNREAD_CAP + 1])
    reviewing = User.objects.filter(pk=user.pk, reviewer__isnull=False).annotate(
        name_=waiting, room_=Value(REVIEWS, CharField()), query_=waiting, n=open_sheets
    )
    # Every answer in one question: the pinned views, and a line with each count.
    lines = list(
        pinned.order_by()
        .values_list("name", "room", "query", "n")
        .union(
            counted.order_by().values_list("name_", "room_", "query_", "n"),
            reviewing.order_by().values_list("name_", "room_", "query_", "n"),
            all=True,
        )
    )
    views = sorted((name, room, query) for name, room, query, _n in lines if name)
    counts = {room: n for name, room, _query, n in lines if not name}
    if len(_kept) > PEOPLE_KEPT:
        _kept.clear()
    kept = _kept[user.pk] = (time.monotonic() + SECONDS, views, counts.get("", 0), counts.get(REVIEWS))
    return kept


def unread(user: Any) -> QuerySet[Notice]:
    """The person's notices still to be read and not put off."""
    return Notice.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=timezone.now()), user=user, read_at=None
    )


def view_address(room: str, query: str) -> str:
    """Where a saved view leads; an empty room means the work list."""
    place = address("desk:list", room) if room else address("desk:work")
    return f"{place}?{query}" if query else place


def _link(label: str, name: str, icon: str, count: int | str | None = None) -> list[Link]:
    href = address(name)
    return [Link(label, href, count, False, icon)] if href else []


def frame(request: HttpRequest) -> dict[str, Any]:
    """`nav`, `tabs`, `palette_url` and `find_url` for the base template; nothing of it for strangers."""
    user = request.user
    if not user.is_authenticated:
        return {"nav": [], "palette_url": address("desk:palette")}
    own = _own(user)
    who = (standing(user), get_language(), get_urlconf(), get_script_prefix())
    kept = _menus.get(user.pk)
    if kept is None or kept[0] is not own or kept[1] != who:
        if len(_menus) > PEOPLE_KEPT:
            _menus.clear()
        kept = _menus[user.pk] = (own, who, _menu(user, own))
    nav = _marked(kept[2], request.path)
    first = {"", _("業務")}
    tabs = tuple(link for group in nav if group.label in first for link in group.links)[:3]
    return {"nav": nav, "tabs": tabs, "palette_url": address("desk:palette")}


_menus: dict[int, tuple[Own, Any, tuple[NavGroup, ...]]] = {}
"""The menu of each person without a mark, for one reading of `_own`, one standing and one language."""


def _marked(menu: tuple[NavGroup, ...], here: str) -> tuple[NavGroup, ...]:
    """The menu with a mark on the place where the reader is; a room's place reaches further than its list."""
    return tuple(
        group._replace(
            links=tuple(
                link._replace(current=True)
                if (link.icon and here == link.href) or (link.icon == IN_ROOM and here.startswith(link.href))
                else link
                for link in group.links
            ),
            open=True,
        )
        if any(here.startswith(link.href) for link in group.links)
        else group
        for group in menu
    )


def _menu(user: Any, own: Own) -> tuple[NavGroup, ...]:
    _until, views, count, sheets = own
    shown = None if not count else f"{UNREAD_CAP}+" if count > UNREAD_CAP else count
    first = [*_link(_("我的待辦"), "desk:work", "inbox"), *_link(_("通知"), "desk:inbox", "bell", shown)]
    if sheets is not None:
        first += _link(_("審查作業"), "desk:reviews", "check", sheets or None)
    if any(standing(user).has(*room.conductors) for room in reviewings.values()):
        first += _link(_("評審梯次"), "desk:rounds", "people")
    mine: list[Link] = []
    others: list[Link] = []
    outside = sheets is not None and not standing(user).posts
    # Who only judges has sheets to fill and no room to look into.
    for room in () if outside else rooms_for(user):
        if place := address("desk:list", room.name):
            link = Link(room.title, place, None, False, IN_ROOM)
            (mine if works_in(room, user) else others).append(link)
    if not mine:  # somebody who only looks on finds everything at once
        mine, others = others, []
    if standing(user).posts and writes_letters(user):
        mine += _link(_("發文登記"), "desk:letters", "sheet")
        mine += _link(_("收文登記"), "desk:letters_received", "inbox")
    reports = [
        *_link(_("議會施政報告"), "report:home", "book"),
        *_link(_("統計數字"), "report:figures", "chart"),
    ]
    saved = [Link(name, view_address(room, query)) for name, room, query in views]
    groups = [
        NavGroup("", tuple(first)),
        NavGroup(_("業務"), tuple(mine)),
        NavGroup(_("其他業務"), tuple(others), folded=True),
        NavGroup(_("報告"), tuple(reports)),
        NavGroup(_("已存檢視"), (*saved, *_link(_("管理檢視"), "desk:views", "filter"))),
        NavGroup(_("設定"), tuple(_link(_("設定"), "desk:office", "gear") if standing(user).posts else ())),
    ]
    return tuple(group for group in groups if group.links)
