"""Districts, villages and outlines from the shipped tables: the data names the city, the code does not."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from .models import District, Village

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class City:
    """The city this installation serves."""

    code: str
    name: str
    name_en: str
    valid_from: date


@dataclass(frozen=True)
class Loaded:
    """How many rows the loader found in its tables, all of them now in the database."""

    districts: int
    villages: int


def _meta(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "geography.json").read_text("utf-8"))
    return found


@cache
def city(folder: Path = DATA) -> City:
    """The city as the data file names it."""
    given = _meta(folder)["city"]
    return City(given["code"], given["name"], given["name_en"], date.fromisoformat(given["valid_from"]))


@cache
def outlines(folder: Path = DATA) -> dict[str, Any]:
    """GeoJSON FeatureCollection of the districts: id and properties code, name, name_en; WGS84."""
    with gzip.open(folder / "districts.geojson.gz", "rt", encoding="utf-8") as stream:
        found: dict[str, Any] = json.load(stream)
    return found


@dataclass(frozen=True)
class Shape:
    """The outline of a district or village by its code, where its name may stand, and the degrees it lies
    between.
    """

    code: str
    geometry: dict[str, Any]
    at: tuple[float, float]
    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of(cls, feature: dict[str, Any]) -> Shape:
        corners = [point for rings in polygons(feature["geometry"]) for point in rings[0]]
        xs, ys = [point[0] for point in corners], [point[1] for point in corners]
        at = feature["properties"].get("at") or _middle(feature["geometry"])
        return cls(str(feature["id"]), feature["geometry"], tuple(at), min(xs), min(ys), max(xs), max(ys))

    def meets(self, west: float, south: float, east: float, north: float) -> bool:
        """Whether it may lie within these degrees in part."""
        return self.west <= east and self.east >= west and self.south <= north and self.north >= south

    def holds(self, longitude: float, latitude: float) -> bool:
        if not (self.west <= longitude <= self.east and self.south <= latitude <= self.north):
            return False
        return any(_inside(longitude, latitude, rings) for rings in polygons(self.geometry))


@cache
def districts_drawn(folder: Path = DATA) -> tuple[Shape, ...]:
    """The outlines of the districts."""
    return tuple(Shape.of(feature) for feature in outlines(folder)["features"])


@cache
def villages_drawn(folder: Path = DATA) -> tuple[Shape, ...]:
    """The outlines of the villages of the newest edition."""
    with gzip.open(folder / "villages.geojson.gz", "rt", encoding="utf-8") as stream:
        return tuple(Shape.of(feature) for feature in json.load(stream)["features"])


def district_at(longitude: float, latitude: float, folder: Path = DATA) -> str | None:
    """The code of the district in which a point lies (WGS84 degrees); None outside the city."""
    return _at(districts_drawn(folder), longitude, latitude)


def village_at(longitude: float, latitude: float, folder: Path = DATA) -> str | None:
    """The code of the village in which a point lies (WGS84 degrees); None outside the city's land."""
    return _at(villages_drawn(folder), longitude, latitude)


def _at(shapes: Iterable[Shape], longitude: float, latitude: float) -> str | None:
    return next((shape.code for shape in shapes if shape.holds(longitude, latitude)), None)


def polygons(geometry: dict[str, Any]) -> list[list[list[list[float]]]]:
    """The polygons of a GeoJSON Polygon or MultiPolygon, each as its rings."""
    found: list[Any] = geometry["coordinates"]
    return [found] if geometry["type"] == "Polygon" else found


def _middle(geometry: dict[str, Any]) -> list[float]:
    """The middle of the largest part's corners."""
    ring = max((rings[0] for rings in polygons(geometry)), key=len)
    return [round(sum(point[n] for point in ring) / len(ring), 4) for n in (0, 1)]


def _inside(x: float, y: float, rings: list[list[list[float]]]) -> bool:
    """By counting the sides that a line to the east crosses; the first ring is the outer one."""
    return _crossed(x, y, rings[0]) and not any(_crossed(x, y, hole) for hole in rings[1:])


def _crossed(x: float, y: float, ring: list[list[float]]) -> bool:
    odd = False
    for (x1, y1, *_z1), (x2, y2, *_z2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            odd = not odd
    return odd


def _table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _validity(first: str, last: str, editions: dict[str, str], start: date) -> tuple[date, date | None]:
    """From the first edition that lists a code to the day before the first that no longer does.

    The oldest edition stands for the city's beginning, the newest for "still there".
    """
    years = sorted(editions, key=int)
    begin = start if first == years[0] else date.fromisoformat(editions[first])
    if last == years[-1]:
        return begin, None
    gone = date.fromisoformat(editions[years[years.index(last) + 1]])
    return begin, gone - timedelta(days=1)


@transaction.atomic
def load_geography(folder: Path = DATA) -> Loaded:
    """Districts and villages of the tables into the database; again, it corrects and adds, never deletes."""
    editions, start = _meta(folder)["editions"], city(folder).valid_from
    districts = [District(**row) for row in _table(folder / "districts.csv.gz")]
    District.objects.bulk_create(
        districts, update_conflicts=True, unique_fields=["code"], update_fields=["name", "name_en"]
    )
    villages = []
    for row in _table(folder / "villages.csv.gz"):
        begin, end = _validity(row["first"], row["last"], editions, start)
        villages.append(
            Village(
                code=row["code"],
                district_id=row["code"][:8],
                name=row["name"],
                name_en=row["name_en"],
                longitude=Decimal(row["longitude"]) if row["longitude"] else None,
                latitude=Decimal(row["latitude"]) if row["latitude"] else None,
                valid_from=begin,
                valid_to=end,
            )
        )
    Village.objects.bulk_create(
        villages,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["district", "name", "name_en", "longitude", "latitude", "valid_from", "valid_to"],
        batch_size=500,
    )
    return Loaded(len(districts), len(villages))


def villages_on(on: date) -> QuerySet[Village]:
    """The villages that exist on the day."""
    begun = Q(valid_from=None) | Q(valid_from__lte=on)
    return Village.objects.filter(begun & (Q(valid_to=None) | Q(valid_to__gte=on)))
