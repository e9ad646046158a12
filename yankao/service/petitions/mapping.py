"""The public map of faults reported and mended: counted on our side, in squares, without anybody's words.

A square is about 500 metres wide; nothing nearer leaves the house. Confidential and sealed cases are in no
count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, FloatField, Q, QuerySet
from django.db.models.functions import Floor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.counter.pages import drawn
from yankao.desk.charts import Spot, choropleth
from yankao.kernel.people.geography import outlines
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called

from . import registers
from .models import Kind, Petition

SQUARES = 200
"""Squares to a degree."""
MENDED_FOR = timedelta(days=30)
MOST = 2000
"""So many squares are drawn or given out at once."""
PUBLIC = Q(kind=Kind.DISPATCH, case__security__in=("open", "agency"), merged_into=None)


@dataclass(frozen=True)
class Square:
    """How many open and how many mended faults lie in a square, whose middle this is."""

    longitude: float
    latitude: float
    open: int
    mended: int


def _rows(service: str) -> tuple[Any, Any]:
    """The conditions "open" and "mended lately", of one service or of all."""
    what = PUBLIC & Q(service=service) if service else PUBLIC
    lately = timezone.now() - MENDED_FOR
    return what & Q(completed_at=None, case__closed_on=None), what & Q(completed_at__gte=lately)


def by_district(service: str = "") -> dict[str, tuple[int, int]]:
    """Open and mended faults by the code of their district; "" where none is known. One query."""
    opened, mended = _rows(service)
    rows = (
        Petition.objects.filter(opened | mended)
        .values_list("case__district")
        .annotate(open=Count("pk", filter=opened), mended=Count("pk", filter=mended))
        .order_by()
    )
    return {code or "": (open_, done) for code, open_, done in rows}


def squares(service: str = "", district: str = "") -> list[Square]:
    """The squares in which anything lies, the fullest first. One query."""
    opened, mended = _rows(service)
    place = Q(latitude__isnull=False)
    if district:
        place &= Q(case__district=district)
    rows: QuerySet[Any, Any] = (
        Petition.objects.filter(opened | mended, place)
        .annotate(
            x=Floor(ExpressionWrapper(F("longitude") * SQUARES, FloatField())),
            y=Floor(ExpressionWrapper(F("latitude") * SQUARES, FloatField())),
        )
        .values_list("x", "y")
        .annotate(open=Count("pk", filter=opened), mended=Count("pk", filter=mended), n=Count("pk"))
        .order_by("-n", "x", "y")[:MOST]
    )
    return [Square((x + 0.5) / SQUARES, (y + 0.5) / SQUARES, open_, done) for x, y, open_, done, _n in rows]


def _asked(request: HttpRequest) -> tuple[str, str]:
    service, district = request.GET.get("service", ""), request.GET.get("district", "")
    if service not in registers.services():
        service = ""
    return service, district if District.objects.filter(pk=district[:12]).exists() else ""


def _shapes(names: dict[str, str], district: str) -> list[tuple[str, Any]]:
    return [
        (names.get(shape["id"], shape["properties"]["name"]), shape["geometry"])
        for shape in outlines()["features"]
        if not district or shape["id"] == district
    ]


@require_safe
def show_map(request: HttpRequest) -> HttpResponse:
    """The map, and the same as a table."""
    service, district = _asked(request)
    names = {one.pk: called(one) for one in District.objects.all()}
    counts = by_district(service)
    found = squares(service, district)
    spots = [
        Spot(_("處理中%(open)s件、近30天完成%(mended)s件") % {"open": one.open, "mended": one.mended},
             one.longitude, one.latitude, bool(one.open))
        for one in found
    ]  # fmt: skip
    values = {
        names[code]: told[0]
        for code, told in counts.items()
        if code in names and code in _codes(district, names)
    }
    total = Counter(
        open=sum(told[0] for told in counts.values()), mended=sum(told[1] for told in counts.values())
    )
    what = str(registers.services()[service]) if service else _("各種通報")
    sentence = _("%(what)s：處理中%(open)s件，近30天完成%(mended)s件。") % {
        "what": what, "open": total["open"], "mended": total["mended"]
    }  # fmt: skip
    context = {
        "heading": _("通報與處理地圖"),
        "lead": _("點是約500公尺方格，不是確實的地點；沒有任何人的姓名、文字與照片。"),
        "sentence": sentence,
        "picture": choropleth(_shapes(names, district), values, sentence=sentence, unit="件", points=spots),
        "services": [(one.pk, str(one)) for one in registers.offered(timezone.localdate())],
        "districts": list(names.items()),
        "service": service,
        "district": district,
        "rows": _table(names, counts),
    }
    return drawn(request, "petitions/map.html", context)


def _codes(district: str, names: dict[str, str]) -> Sequence[str]:
    return [district] if district else list(names)


def _table(names: dict[str, str], counts: dict[str, tuple[int, int]]) -> list[tuple[str, int, int]]:
    rows = [(names[code], *counts[code]) for code in names if code in counts]
    if "" in counts:
        rows.append((_("行政區不詳"), *counts[""]))
    return rows


@require_safe
def squares_data(request: HttpRequest) -> HttpResponse:
    """The squares as GeoJSON: open data, and what a drawn map asks for."""
    service, district = _asked(request)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(one.longitude, 4), round(one.latitude, 4)]},
            "properties": {"open": one.open, "mended": one.mended},
        }
        for one in squares(service, district)
    ]
    response = JsonResponse({"type": "FeatureCollection", "features": features})
    response["Content-Type"] = "application/geo+json"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=60"
    return response
