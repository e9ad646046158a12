"""Addresses of the rooms' own screens: `/rooms/<room>/…`, tried before the derived ones.

A room's `screens.urlpatterns` are named after its last part: `trips:register` for the view `register` of
`research.trips`.
"""

from django.urls import URLResolver, include, path

from yankao.kernel.rooms import Room, rooms


def _own(room: Room) -> list[URLResolver]:
    patterns = getattr(room.parts.get("screens"), "urlpatterns", None)
    return [path(f"rooms/{room.name}/", include((patterns, room.label)))] if patterns else []


def _public(room: Room) -> list[URLResolver]:
    """What anybody may read: `/register/<room>/`, named `trips_public:list`."""
    patterns = getattr(room.parts.get("screens"), "public_urlpatterns", None)
    return [path(f"register/{room.label}/", include((patterns, f"{room.label}_public")))] if patterns else []


urlpatterns: list[URLResolver] = [resolver for room in rooms() for resolver in (*_own(room), *_public(room))]
