"""The maps of faults reported and mended: counted on our side, in squares, without anybody's words.

On the public one a square is about 500 metres wide and nothing nearer leaves the house; confidential and
sealed cases are in no count. The office's own shows the cases a person may know of, from near each by itself.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.db import connection
from django.db.models import Count, FloatField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Floor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.counter.pages import drawn
from yankao.desk import nav, reference
from yankao.desk.charts import Spot, choropleth
from yankao.desk.pages import render_page
from yankao.desk.parts import Link
from yankao.kernel.labels import said
from yankao.kernel.people.geography import districts_drawn, outlines, villages_drawn
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called

from . import process as way
from . import registers
from .models import Kind, Petition

SQUARES = 200
"""Squares to a degree."""
MENDED_FOR = timedelta(days=30)
BOX = re.compile(r"(-?\d{1,3}(?:\.\d{1,8})?),(-?\d{1,2}(?:\.\d{1,8})?),"
                 r"(-?\d{1,3}(?:\.\d{1,8})?),(-?\d{1,2}(?:\.\d{1,8})?)")  # fmt: skip
NEAR = 15
"""From this zoom on the office's map shows single cases."""
DRAWN = 400
"""So many villages are given out at once."""
MOST = 2000
"""So many squares are drawn or given out at once."""
OPEN = Q(case__closed_on=None, completed_at=None, latitude__isnull=False)
"""What the office's map shows."""
PUBLIC = Q(case__security__in=("open", "agency"))


@dataclass(frozen=True)
class Square:
    """How many open and how many mended faults lie in a square, whose middle this is."""

    longitude: float
    latitude: float
    open: int
    mended: int


def _rows(service: str) -> tuple[QuerySet[Petition], Q, Q]:
    """What the map counts, of one service or of all, and which of it is "open" and "mended lately"."""
    lately = timezone.now() - MENDED_FOR
    opened, mended = Q(completed_at=None, case__closed_on=None), Q(completed_at__gte=lately)
    # Fifteen years of faults are passed by: what was not and what was lately completed are two stretches of
    # one index. PostgreSQL finds that by itself; SQLite walks the whole index unless it is asked for both
    # apart.
    fault = Petition.objects.filter(kind=Kind.DISPATCH, merged_into=None)
    if connection.vendor == "sqlite":
        waiting, done = (fault.filter(one).order_by().values("pk") for one in (Q(completed_at=None), mended))
        fault = Petition.objects.filter(pk__in=waiting.union(done, all=True))
    found = fault.filter(PUBLIC, Q(completed_at=None) | mended)
    if service:  # row by row: the index of its places would walk all of them
        found = found.alias(of=Coalesce("service", Value(""))).filter(of=service)
    return found.filter(opened | mended), opened, mended


def by_district(service: str = "") -> dict[str, tuple[int, int]]:
    """Open and mended faults by the code of their district; "" where none is known. One query."""
    found, opened, mended = _rows(service)
    rows = (
        found.values_list("case__district")
        .annotate(open=Count("pk", filter=opened), mended=Count("pk", filter=mended))
        .order_by()
    )
    return {code or "": (open_, done) for code, open_, done in rows}


def by_village(district: str, service: str = "") -> dict[str, tuple[int, int]]:
    """Open and mended faults of a district by the code of their village; "" where none is known."""
    found, opened, mended = _rows(service)
    rows = (
        found.filter(case__district=district)
        .values_list("village")
        .annotate(open=Count("pk", filter=opened), mended=Count("pk", filter=mended))
        .order_by()
    )
    return {code or "": (open_, done) for code, open_, done in rows}


def cells(zoom: int, finest: int = SQUARES) -> int:
    """Squares to a degree at a zoom of the map, so that one is some sixteen pixels wide, and none smaller
    than `finest` allows.
    """
    return min(finest, max(20, int(2**zoom * 512 / 360 / 16)))


def squares(
    service: str = "", district: str = "", box: Box | None = None, many: int = SQUARES
) -> list[Square]:
    """The squares in which anything lies, the fullest first. One query."""
    found, opened, mended = _rows(service)
    place = Q(latitude__isnull=False)
    if district:
        place &= Q(case__district=district)
    if box:
        place &= box.condition
    return _squares(found.filter(place), opened, mended, many)


def _squares(found: QuerySet[Petition], opened: Q, mended: Q, many: int) -> list[Square]:
    rows: QuerySet[Any, Any] = (
        found.annotate(
            # Not as decimals: PostgreSQL would work and sort digit by digit.
            x=Floor(Cast("longitude", FloatField()) * many),
            y=Floor(Cast("latitude", FloatField()) * many),
        )
        .values_list("x", "y")
        .annotate(open=Count("pk", filter=opened), mended=Count("pk", filter=mended), n=Count("pk"))
        .order_by("-n", "x", "y")[:MOST]
    )
    return [Square((x + 0.5) / many, (y + 0.5) / many, open_, done) for x, y, open_, done, _n in rows]


@dataclass(frozen=True)
class Box:
    """What a map shows: degrees west, south, east and north."""

    west: Decimal
    south: Decimal
    east: Decimal
    north: Decimal

    @property
    def condition(self) -> Q:
        return Q(
            longitude__gte=self.west, longitude__lte=self.east,
            latitude__gte=self.south, latitude__lte=self.north,
        )  # fmt: skip

    @classmethod
    def read(cls, text: str, many: int) -> Box | None:
        """From "120.1,22.4,120.6,22.9", widened to whole squares, so that those at the edge are counted
        whole; None for anything else.
        """
        found = BOX.fullmatch(text)
        if not found:
            return None
        west, south, east, north = (float(one) for one in found.groups())
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            return None
        low = [Decimal(math.floor(one * many)) / many for one in (west, south)]
        high = [Decimal(math.ceil(one * many)) / many for one in (east, north)]
        return cls(*low, *high)


def _zoom(request: HttpRequest) -> int:
    told = request.GET.get("zoom", "")
    return min(int(told), 20) if told.isdecimal() and len(told) < 3 else 20


def _asked(request: HttpRequest) -> tuple[str, str]:
    service, district = request.GET.get("service", ""), request.GET.get("district", "")
    if service not in registers.services():
        service = ""
    return service, district if district and District.objects.filter(pk=district[:12]).exists() else ""


def _shapes(names: dict[str, str], district: str) -> list[tuple[str, Any]]:
    """The districts, or the villages of one, with their names."""
    shapes = [one for one in villages_drawn() if one.code[:8] == district] if district else districts_drawn()
    return [(names.get(one.code, one.code), one.geometry) for one in shapes]


@require_safe
def show_map(request: HttpRequest) -> HttpResponse:
    """The map, and the same as a table."""
    service, district = _asked(request)
    names = {one.pk: called(one) for one in District.objects.all()}
    places = _villages(district) if district else names
    counts = by_village(district, service) if district else by_district(service)
    total = Counter(
        open=sum(told[0] for told in counts.values()), mended=sum(told[1] for told in counts.values())
    )
    found = squares(service, district)
    spots = [Spot(_words(one), one.longitude, one.latitude, bool(one.open), "c5") for one in found]
    values = {name: counts.get(code, (0, 0))[0] for code, name in places.items()}
    what = str(registers.services()[service]) if service else _("各種通報")
    sentence = _("%(what)s：處理中%(open)s件，近30天完成%(mended)s件。") % {
        "what": what, "open": total["open"], "mended": total["mended"]
    }  # fmt: skip
    context = {
        "heading": _("通報與處理地圖"),
        "lead": _("點是約500公尺方格，不是確實的地點；沒有任何人的姓名、文字與照片。"),
        "sentence": sentence,
        "picture": choropleth(
            _shapes(places, district), values, sentence=sentence, unit=_("件"), points=spots
        ),
        "services": [(one.pk, str(one)) for one in registers.offered(timezone.localdate())],
        "districts": list(names.items()),
        "service": service,
        "district": district,
        "rows": _table(places, counts),
        "live": live(names, district, reverse("petitions_counter:squares"), service=service, most=MAX_PUBLIC),
    }
    return drawn(request, "petitions/map.html", context)


MAX_PUBLIC, MAX_OFFICE = 14, 18
"""How near one may go: on the public map not nearer than its squares."""
LIBRARY = "packages/maplibre/maplibre-gl.mjs"


def live(names: dict[str, str], district: str, address: str, *, service: str, most: int) -> dict[str, Any]:
    """What the map that can be moved begins with; without its library it says so, and the picture stays."""
    shapes = [one for one in districts_drawn() if not district or one.code == district]
    west, south = min(one.west for one in shapes), min(one.south for one in shapes)
    east, north = max(one.east for one in shapes), max(one.north for one in shapes)
    told = [("service", service), ("district", district)]
    query = urlencode([one for one in told if one[1]])
    return {
        "library": static(LIBRARY) if finders.find(LIBRARY) else "",
        "worker": static("packages/maplibre/maplibre-gl-worker.mjs"),
        "style": static("packages/maplibre/maplibre-gl.css"),
        "outlines": reverse("petitions_counter:outlines"),
        "villages": reverse("petitions_counter:villages"),
        "squares": f"{address}?{query}" if query else address,
        "bounds": [[west, south], [east, north]],
        "names": [[names.get(one.code, ""), one.at] for one in shapes],
        "maxZoom": most,
        "ask": _("載入可移動的地圖（約400 kB）"),
        "words": {
            "NavigationControl.ZoomIn": _("放大"), "NavigationControl.ZoomOut": _("縮小"),
            "Map.Title": _("可移動的地圖"), "Popup.Close": _("關閉"), "Marker.Title": "",
        },
    }  # fmt: skip


@require_safe
def outlines_data(request: HttpRequest) -> HttpResponse:
    """The outlines of the districts as GeoJSON."""
    response = JsonResponse(outlines())
    response["Content-Type"] = "application/geo+json"
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def villages_data(request: HttpRequest) -> HttpResponse:
    """The villages of which a map shows a part: outlines, names, and where a name stands."""
    box = Box.read(request.GET.get("box", ""), 1000)
    if box is None:
        return _features([], 86400)
    edges = [float(one) for one in (box.west, box.south, box.east, box.north)]
    known = reference.villages()
    shown = [one for one in villages_drawn() if one.code in known and one.meets(*edges)][:DRAWN]
    return _features(
        [
            {
                "type": "Feature", "id": one.code, "geometry": one.geometry,
                "properties": {"name": known[one.code].name, "at": one.at},
            }
            for one in shown
        ],
        86400,
    )  # fmt: skip


def _villages(district: str) -> dict[str, str]:
    """The names of a district's villages by their code."""
    return {code: one.name for code, one in reference.villages().items() if code[:8] == district}


def _point(longitude: float, latitude: float, **told: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": told,
    }


def _features(found: list[dict[str, Any]], seconds: int) -> HttpResponse:
    told = {"type": "FeatureCollection", "features": found}
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
    response["Content-Type"] = "application/geo+json"
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "private, no-store"
    return response


def _table(names: dict[str, str], counts: dict[str, tuple[int, int]]) -> list[tuple[str, int, int]]:
    rows = [(names[code], *counts[code]) for code in names if code in counts]
    if "" in counts:
        rows.append((_("不詳"), *counts[""]))
    return rows


@require_safe
def squares_data(request: HttpRequest) -> HttpResponse:
    """The squares as GeoJSON: open data, and what the map that can be moved asks for: `box` and `zoom`."""
    service, district = _asked(request)
    many = cells(_zoom(request))
    found = squares(service, district, Box.read(request.GET.get("box", ""), many), many)
    response = _features([_square(one) for one in found], 60)
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _square(one: Square) -> dict[str, Any]:
    told = {"open": one.open, "mended": one.mended, "n": one.open + one.mended, "words": _words(one)}
    return _point(round(one.longitude, 4), round(one.latitude, 4), **told)


HOW_MANY = gettext_lazy("處理中%(open)s件、近30天完成%(mended)s件")


def _words(one: Square) -> str:
    return _told(one.open, one.mended, get_language())


@lru_cache(maxsize=4096)
def _told(open_: int, mended: int, language: str | None) -> str:
    return said(HOW_MANY, language) % {"open": open_, "mended": mended}


# ── The office's map ────────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def show_office_map(request: HttpRequest) -> HttpResponse:
    """The open cases with a place that this person may know of, on the same map."""
    names = {one.pk: called(one) for one in District.objects.all()}
    service, district = _asked(request)
    found = office_squares(request.user, service, district)
    total = sum(one.open for one in found)
    sentence = _("您可檢視、未結案且有座標的案件：%(n)s件。") % {"n": total}
    spots = [Spot(_("未結案%(n)s件") % {"n": one.open}, one.longitude, one.latitude, True) for one in found]
    kind = way.process.kind
    listed = reverse("desk:list", args=[kind])
    counts = _counts(request.user, service, district)
    places = _villages(district) if district else names
    crumbs = [Link(_("首頁"), reverse("desk:home")), Link(_("陳情案件"), listed)]
    context = {
        **nav.frame(request),
        "heading": _("案件地圖"),
        "crumbs": [*crumbs, Link(_("案件地圖"), "")],
        "sentence": sentence,
        "picture": choropleth(
            _shapes(places, district),
            {name: counts.get(code, 0) for code, name in places.items()},
            sentence=sentence,
            unit=_("件"),
            points=spots,
        ),
        "services": [(one.pk, str(one)) for one in registers.offered(timezone.localdate())],
        "districts": list(names.items()),
        "service": service,
        "district": district,
        "rows": [
            (
                places.get(code, _("不詳")),
                f"?{_query(service=service, district=code)}" if code and not district else "",
                n,
                _records(listed, service=service, district=district or code, village=code if district else "")
                if code
                else "",
            )
            for code, n in counts.items()
        ],
        "list": _records(listed, service=service, district=district),
        "live": live(names, district, reverse("petitions:cases"), service=service, most=MAX_OFFICE),
    }
    return render_page(request, "petitions/office_map.html", context)


def _open_to(user: Any, service: str, district: str) -> QuerySet[Petition]:
    found = Petition.objects.filter(way.process.sees.records(user), OPEN)
    found = found.filter(service=service) if service else found
    return found.filter(case__district=district) if district else found


def office_squares(
    user: Any, service: str = "", district: str = "", box: Box | None = None, many: int = SQUARES
) -> list[Square]:
    """The squares of the cases a person may know of. One query beyond the person's standing."""
    found = _open_to(user, service, district)
    return _squares(found.filter(box.condition) if box else found, Q(pk__gt=0), Q(pk=None), many)


def _counts(user: Any, service: str, district: str) -> dict[str, int]:
    """The cases by district, or those of one by village, the most first; "" where none is known."""
    by = "village" if district else "case__district"
    rows = _open_to(user, service, district).values_list(by).annotate(n=Count("pk")).order_by("-n", by)
    return {code or "": n for code, n in rows}


def _query(**told: str) -> str:
    return urlencode([one for one in told.items() if one[1]])


def _records(listed: str, **place: str) -> str:
    """The list of exactly the cases behind a count."""
    return f"{listed}?{_query(mapped='1', **place)}"


@login_required
@require_safe
def cases_data(request: HttpRequest) -> HttpResponse:
    """The cases within what the map shows: squares from afar, single cases from near."""
    service, district = _asked(request)
    zoom = _zoom(request)
    many = cells(zoom, 2000)
    box = Box.read(request.GET.get("box", ""), many)
    if zoom < NEAR or box is None:
        found = office_squares(request.user, service, district, box, many)
        return _features(
            [
                _point(one.longitude, one.latitude, open=one.open, n=one.open,
                       words=_("未結案%(n)s件") % {"n": one.open})
                for one in found
            ], 0,
        )  # fmt: skip
    rows = _open_to(request.user, service, district).filter(box.condition).select_related("case")[:MOST]
    return _features(
        [
            _point(
                float(one.longitude or 0), float(one.latitude or 0), open=1, n=1, words=one.case.title,
                number=one.case.number, href=reverse("desk:case", args=[one.pk]),
            )
            for one in rows
        ], 0,
    )  # fmt: skip
