"""地點 Where a caller's trouble is: an address, landmark, district and road, or a square of the map; and what
is open there already.

The place lies in the form itself; the picture of the map is asked for without telling it in an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from yankao.counter import maps, places
from yankao.desk.own_pages import only
from yankao.kernel import address
from yankao.kernel.casework import asked
from yankao.kernel.people.geography import district_at
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called

from .pages import writes

EXACT = 4
"""From this zoom on a point is where it happened; before it only roughly."""
SESSION = "enquiries.map"


@dataclass
class Where:
    """What is known of the place: the map as it stands, whether its middle was chosen, what the words may
    mean, and what went wrong.
    """

    view: maps.View | None = None
    chosen: bool = False
    offers: list[places.Found] = field(default_factory=list)
    lost: bool = False
    outside: bool = False

    @property
    def written(self) -> str:
        """As the form carries it along."""
        at = self.view
        return f"{at.longitude},{at.latitude},{at.zoom},{int(self.chosen)}" if at else ""

    @property
    def exact(self) -> bool:
        return self.chosen and self.view is not None and self.view.zoom >= EXACT

    @property
    def point(self) -> tuple[float, float] | None:
        """Longitude and latitude, where they are exact."""
        return (self.view.longitude, self.view.latitude) if self.exact and self.view else None

    @property
    def district(self) -> str:
        """The code of the district of what was chosen, "" for none."""
        at = self.view if self.chosen else None
        return (district_at(at.longitude, at.latitude) or "") if at else ""

    @property
    def version(self) -> int:
        return crc32(self.written.encode())

    def at(self, view: maps.View) -> None:
        """Take a view's middle as the place; outside the city it is shown and not taken."""
        self.view = view
        self.chosen = district_at(view.longitude, view.latitude) is not None
        self.outside = not self.chosen


def read(given: str) -> Where:
    """The place as the form carries it; nothing for what is none."""
    parts = given.split(",")
    try:
        longitude, latitude = float(parts[0]), float(parts[1])
        zoom, chosen = int(parts[2]), parts[3] == "1"
    except (ValueError, IndexError):
        return Where()
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90 and 0 <= zoom < len(maps.SPANS)):
        return Where()
    found = Where(maps.View(longitude, latitude, zoom))
    found.chosen = chosen and district_at(longitude, latitude) is not None
    return found


def acts(given: Mapping[str, Any]) -> bool:
    """Whether what was pressed moves the map or looks a place up, and writes nothing down."""
    return "go" in given or "map.x" in given


def act(given: Mapping[str, Any]) -> Where:
    """The place after a press: an address looked up, one of its meanings taken, a step on the map."""
    found = read(given.get("spot", ""))
    way = given.get("go", "")
    view = found.view or maps.whole()
    if way == "clear":
        return Where()
    if way == "find":
        if not given.get("place", "").strip():
            return found
        found.offers = places.found(given["place"], given.get("district", ""))
        found.lost = not found.offers
        if found.offers:
            found.at(found.offers[0].view)
        else:
            found.chosen = False  # what was chosen before is not what these words mean
    elif way.startswith("to:"):
        told = read(way.removeprefix("to:"))
        if told.view is not None:
            found.at(told.view)
    elif way == "map":
        found.view = view
    elif way in ("n", "s", "e", "w", "in", "out"):
        found.at(view.stepped(way))
    else:
        found.at(view.clicked(_number(given.get("map.x")), _number(given.get("map.y"))))
    return found


def _number(given: Any) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        return 0.0
    return value if -1000 < value < 1000 else 0.0


def beside(found: Where, service: str, place: str, district: str) -> list[asked.Beside]:
    """Open cases of the service near the place, nearest first: around the point that was chosen, else the
    surest the words mean, else on the same road.
    """
    if not service:
        return []
    point = found.point
    if point is None and place.strip():
        sure = next((one.view for one in places.found(place, district) if one.view.zoom >= EXACT), None)
        point = (sure.longitude, sure.latitude) if sure else None
    if point is not None:
        return asked.near(asked.Spot(service, point))
    told = address.parse(place)
    code = found.district or district or _code(told.district)
    return asked.near(asked.Spot(service, None, code, told.road)) if told.road and code else []


def _code(name: str) -> str:
    row = District.objects.filter(name=name).first() if name else None
    return str(row.pk) if row else ""


def decimals(point: tuple[float, float] | None) -> tuple[Decimal, Decimal] | None:
    """A point as a case keeps it."""
    return (Decimal(f"{point[0]:.6f}"), Decimal(f"{point[1]:.6f}")) if point else None


def remember(request: HttpRequest, found: Where) -> None:
    """Keep which map the picture shows; nothing where there is none."""
    if found.view is not None:
        request.session[SESSION] = found.written


@only(writes)
@never_cache
@require_safe
def map_picture(request: HttpRequest) -> HttpResponse:
    """The map of the form, the whole city before one was looked at; its address tells no place."""
    found = read(request.session.get(SESSION, ""))
    names = {one.pk: called(one) for one in District.objects.all()}
    drawn = maps.picture(found.view or maps.whole(), names, cross=found.chosen)
    return HttpResponse(drawn, content_type="image/svg+xml")
