"""Addresses of the rooms' own screens: `/rooms/<room>/…`, tried before the derived ones.

A room's `screens.urlpatterns` are named after its last part: `trips:register` for the view `register` of
`research.trips`.
"""

import re

from django.urls import URLResolver, include, path, re_path

from yankao.kernel.rooms import Room, rooms


def _own(room: Room) -> list[URLResolver]:
    patterns = getattr(room.parts.get("screens"), "urlpatterns", None)
    if not patterns:
        return []
    if any(not str(one.pattern) for one in patterns):
        return [path(f"rooms/{room.name}/", include((patterns, room.label)))]
    # The list itself is the desk's: it need not be asked of each of the room's own addresses first.
    return [re_path(f"^rooms/{re.escape(room.name)}/(?=.)", include((patterns, room.label)))]


def _public(room: Room) -> list[URLResolver]:
    """What anybody may read: `/register/<room>/`, named `trips_public:list`."""
    patterns = getattr(room.parts.get("screens"), "public_urlpatterns", None)
    return [path(f"register/{room.label}/", include((patterns, f"{room.label}_public")))] if patterns else []


urlpatterns: list[URLResolver] = [resolver for room in rooms() for resolver in (*_own(room), *_public(room))]
