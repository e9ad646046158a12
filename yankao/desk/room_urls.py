"""Addresses of the rooms' own screens: `/rooms/<room>/…`, tried before the derived ones.

A room's `screens.urlpatterns` are named after its last part: `trips:register` for the view `register` of
`research.trips`.
"""

from django.urls import URLResolver, include, path, re_path

from yankao.kernel.rooms import Room, rooms


def _own(room: Room, *, lists: bool) -> list[URLResolver]:
    """The addresses of a room that has a list of its own at `/rooms/<room>/` (`lists`), or that has none."""
    patterns = getattr(room.parts.get("screens"), "urlpatterns", None)
    if not patterns or lists != any(not str(one.pattern) for one in patterns):
        return []
    return [path(f"{room.name}/", include((patterns, room.label)))]


def _public(room: Room) -> list[URLResolver]:
    """What anybody may read: `/register/<room>/`, named `trips_public:list`."""
    patterns = getattr(room.parts.get("screens"), "public_urlpatterns", None)
    return [path(f"{room.label}/", include((patterns, f"{room.label}_public")))] if patterns else []


urlpatterns: list[URLResolver] = [
    path("rooms/", include([one for room in rooms() for one in _own(room, lists=True)])),
    # The other rooms' lists are the desk's: these need not be asked for them.
    re_path("^rooms/(?=[^/]+/.)", include([one for room in rooms() for one in _own(room, lists=False)])),
    path("register/", include([one for room in rooms() for one in _public(room)])),
]
