"""The frame around every page of a signed-in person: the menu of what is theirs to see.

    return render_page(request, "…", {**frame(request), "heading": …})

One query for saved views and unread notices, kept for some seconds by each process.
"""

from __future__ import annotations

import time
from typing import Any

from django.db.models import CharField, IntegerField, Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yankao.kernel.casework.duties import NONE
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import User
from yankao.kernel.people.standing import standing
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
    found = process.sees.cases(user)
    return not found or found.children != NONE.children


def rooms_for(user: Any) -> list[Room]:
    """The rooms whose lists the person may open."""
    return [room for room in rooms() if sees(room, user)]


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
    tabs = tuple(link for group in nav if group.label in ("", _("業務")) for link in group.links)[:3]
    return {"nav": nav, "tabs": tabs, "palette_url": address("desk:palette")}


_menus: dict[int, tuple[Own, Any, tuple[NavGroup, ...]]] = {}
"""The menu of each person without a mark, for one reading of `_own`, one standing and one language."""


def _marked(menu: tuple[NavGroup, ...], here: str) -> tuple[NavGroup, ...]:
    """The menu with a mark on the place where the reader is; a room's place reaches further than its list."""
    return tuple(
        NavGroup(
            group.label,
            tuple(
                link._replace(current=True)
                if (link.icon and here == link.href) or (link.icon == IN_ROOM and here.startswith(link.href))
                else link
                for link in group.links
            ),
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
    listed = [
        Link(room.title, place, None, False, IN_ROOM)
        for room in rooms_for(user)
        if (place := address("desk:list", room.name))
    ]
    if standing(user).posts:
        listed += _link(_("發文登記"), "desk:letters", "sheet")
        listed += _link(_("收文登記"), "desk:letters_received", "inbox")
    reports = [
        *_link(_("議會施政報告"), "report:home", "book"),
        *_link(_("統計數字"), "report:figures", "chart"),
    ]
    saved = [Link(name, view_address(room, query)) for name, room, query in views]
    groups = [
        NavGroup("", tuple(first)),
        NavGroup(_("業務"), tuple(listed)),
        NavGroup(_("報告"), tuple(reports)),
        NavGroup(_("已存檢視"), (*saved, *_link(_("管理檢視"), "desk:views", "filter"))),
        NavGroup(_("設定"), tuple(_link(_("設定"), "desk:office", "gear") if standing(user).posts else ())),
    ]
    return tuple(group for group in groups if group.links)
