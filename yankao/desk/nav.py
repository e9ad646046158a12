"""The frame around every page of a signed-in person: the menu of what is theirs to see.

    return render_page(request, "…", {**frame(request), "heading": …})

One query for saved views and unread notices, kept for some seconds by each process.
"""

from __future__ import annotations

import time
from typing import Any

from django.db.models import CharField, IntegerField, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.casework.duties import NONE
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import User
from yankao.kernel.people.standing import standing
from yankao.kernel.rooms import Room, rooms

from .addresses import address
from .models import SavedView
from .paging import Capped
from .parts import Link, NavGroup

SECONDS = 15
UNREAD_CAP = 99
PEOPLE_KEPT = 5000
_kept: dict[int, tuple[float, list[tuple[str, str, str]], int]] = {}


def forget(user_id: int | None = None) -> None:
    """Read the person's menu afresh (after a view was saved or a notice read)."""
    if user_id is None:
        _kept.clear()
    else:
        _kept.pop(user_id, None)


def sees(room: Room, user: Any) -> bool:
    """Whether any case of the room can be visible to the person, told from the posts alone."""
    process = room.process
    if process is None:
        return False
    found = process.sees.cases(user)
    return not found or found.children != NONE.children


def rooms_for(user: Any) -> list[Room]:
    """The rooms whose lists the person may open."""
    return [room for room in rooms() if sees(room, user)]


def _own(user: Any) -> tuple[list[tuple[str, str, str]], int]:
    """The person's pinned views (name, list, query) and the number of unread notices."""
    kept = _kept.get(user.pk)
    if kept and kept[0] > time.monotonic():
        return kept[1], kept[2]
    pinned = SavedView.objects.filter(owner=user, pinned=True).annotate(n=Value(0, IntegerField()))
    waiting = Value("", CharField())
    counted = User.objects.filter(pk=user.pk).annotate(
        name_=waiting, room_=waiting, query_=waiting, n=Capped(unread(user).values("pk")[: UNREAD_CAP + 1])
    )
    # Both answers in one question: the pinned views, and one line with the count.
    lines = list(
        pinned.order_by()
        .values_list("name", "room", "query", "n")
        .union(counted.order_by().values_list("name_", "room_", "query_", "n"), all=True)
    )
    views = sorted((name, room, query) for name, room, query, _n in lines if name)
    count = max((n for *_words, n in lines), default=0)
    if len(_kept) > PEOPLE_KEPT:
        _kept.clear()
    _kept[user.pk] = (time.monotonic() + SECONDS, views, count)
    return views, count


def unread(user: Any) -> QuerySet[Notice]:
    """The person's notices still to be read and not put off."""
    return Notice.objects.filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=timezone.now()), user=user, read_at=None
    )


def view_address(room: str, query: str) -> str:
    """Where a saved view leads; an empty room means the work list."""
    place = address("desk:list", room) if room else address("desk:work")
    return f"{place}?{query}" if query else place


def _link(label: str, name: str, icon: str, here: str, count: int | str | None = None) -> list[Link]:
    href = address(name)
    return [Link(label, href, count, href == here, icon)] if href else []


def frame(request: HttpRequest) -> dict[str, Any]:
    """`nav`, `tabs`, `palette_url` and `find_url` for the base template; nothing of it for strangers."""
    user, here = request.user, request.path
    if not user.is_authenticated:
        return {"nav": [], "palette_url": address("desk:palette")}
    views, count = _own(user)
    shown = None if not count else f"{UNREAD_CAP}+" if count > UNREAD_CAP else count
    first = [
        *_link(_("我的待辦"), "desk:work", "inbox", here),
        *_link(_("通知"), "desk:inbox", "bell", here, shown),
    ]
    listed = [
        Link(room.title, place, None, here.startswith(place), "document")
        for room in rooms_for(user)
        if (place := address("desk:list", room.name))
    ]
    reports = [
        *_link(_("議會施政報告"), "report:home", "book", here),
        *_link(_("統計數字"), "report:figures", "chart", here),
    ]
    saved = [Link(name, view_address(room, query)) for name, room, query in views]
    manage = _link(_("管理檢視"), "desk:views", "filter", here)
    office = address("desk:office")
    settings = [Link(_("設定"), office, None, here.startswith(office), "gear")] if office else []
    settings = settings if standing(user).posts else []
    groups = [
        NavGroup("", first),
        NavGroup(_("業務"), listed),
        NavGroup(_("報告"), reports),
        NavGroup(_("已存檢視"), [*saved, *manage]),
        NavGroup(_("設定"), settings),
    ]
    nav = [group for group in groups if group.links]
    return {"nav": nav, "tabs": [*first, *listed][:3], "palette_url": address("desk:palette")}
