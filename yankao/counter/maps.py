"""The map on which a place is shown: drawn here from the city's own outlines, moved by plain buttons.

The chosen place is the ringed cross in the middle. Distances are right within the city: degrees of longitude
are squeezed by the cosine of the latitude.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.html import escape

from yankao.kernel.people.geography import districts_drawn, outlines, polygons, villages_drawn, villages_on
from yankao.kernel.register.english import called

WIDE, HIGH = 640, 460
SPANS = (0.0, 0.36, 0.11, 0.035, 0.011, 0.004)
"""Degrees of latitude from the upper to the lower edge by zoom; 0 stands for the whole city."""
DIVIDED = 3
"""From this zoom on a picture shows the boundaries of villages."""
NAMES = (20, 13)
"""How large the names of districts are, by zoom: a telephone shows the whole city at half its size."""
NAMED = 60
"""So many villages are named on one picture."""
METRES = 111_320.0
"""Metres in a degree of latitude."""


@dataclass(frozen=True)
class View:
    """What a picture shows: its middle (WGS84) and how near."""

    longitude: float
    latitude: float
    zoom: int = 0

    @property
    def span(self) -> float:
        return SPANS[self.zoom] or bounds()[3] - bounds()[1]

    @property
    def scale(self) -> float:
        """Pixels in a degree of latitude."""
        return HIGH / self.span

    @property
    def squeeze(self) -> float:
        return math.cos(math.radians(self.latitude))

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point stands in the picture."""
        return (
            WIDE / 2 + (longitude - self.longitude) * self.squeeze * self.scale,
            HIGH / 2 - (latitude - self.latitude) * self.scale,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The longitude and latitude under a pixel."""
        return (
            self.longitude + (x - WIDE / 2) / (self.squeeze * self.scale),
            self.latitude - (y - HIGH / 2) / self.scale,
        )

    def clicked(self, x: float, y: float) -> View:
        """Nearer, with the pixel in the middle. (0, 0) is what a keyboard sends: nearer where it is."""
        longitude, latitude = (self.longitude, self.latitude) if not x and not y else self.point(x, y)
        return View(round(longitude, 6), round(latitude, 6), min(self.zoom + 1, len(SPANS) - 1))

    def stepped(self, way: str) -> View:
        """One step to n, s, e, w (a quarter of the picture), in or out."""
        if way == "in":
            return replace(self, zoom=min(self.zoom + 1, len(SPANS) - 1))
        if way == "out":
            return replace(self, zoom=max(self.zoom - 1, 0))
        down, right = {"n": (-1, 0), "s": (1, 0), "w": (0, -1), "e": (0, 1)}.get(way, (0, 0))
        longitude, latitude = self.point(WIDE / 2 + right * WIDE / 4, HIGH / 2 + down * HIGH / 4)
        return replace(self, longitude=round(longitude, 6), latitude=round(latitude, 6))


@cache
def bounds() -> tuple[float, float, float, float]:
    """West, south, east, north of the city, with a little margin."""
    drawn = districts_drawn()
    margin = 0.01
    return (
        min(one.west for one in drawn) - margin, min(one.south for one in drawn) - margin,
        max(one.east for one in drawn) + margin, max(one.north for one in drawn) + margin,
    )  # fmt: skip


def whole() -> View:
    """The whole city."""
    west, south, east, north = bounds()
    return View(round((west + east) / 2, 6), round((south + north) / 2, 6))


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two points of the city (longitude, latitude)."""
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, one[1] - other[1]) * METRES


def picture(view: View, names: dict[str, str], *, cross: bool) -> str:
    """The picture as SVG of its own: outlines, names in the reader's language, a scale, and in the middle the
    cross of a chosen place, or a thin grey one by which the map is aimed.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}" '
        'font-family="Noto Sans TC,Noto Sans CJK TC,PingFang TC,Microsoft JhengHei,sans-serif">',
        f'<rect width="{WIDE}" height="{HIGH}" fill="#dbe7ee"/>',
    ]
    labels = []
    for shape in outlines()["features"]:
        for rings in polygons(shape["geometry"]):
            corners = [view.at(x, y) for x, y, *_z in rings[0]]
            xs, ys = [x for x, _y in corners], [y for _x, y in corners]
            if max(xs) < 0 or min(xs) > WIDE or max(ys) < 0 or min(ys) > HIGH:
                continue
            path = "".join(
                "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in _placed(view, ring)) + "Z" for ring in rings
            )
            parts.append(
                f'<path d="{path}" fill="#f7f5ef" stroke="#7d8c97" stroke-width="1" fill-rule="evenodd"/>'
            )
            if view.zoom < 2 and max(xs) - min(xs) > 34:
                name = names.get(shape["id"], "")
                labels.append((sum(xs) / len(xs), sum(ys) / len(ys), name, NAMES[view.zoom]))
    if view.zoom >= DIVIDED:
        west, north = view.point(0, 0)
        east, south = view.point(WIDE, HIGH)
        edges = "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in _placed(view, ring)) + "Z"
            for shape in villages_drawn() if shape.meets(west, south, east, north)
            for rings in polygons(shape.geometry) for ring in rings
        )  # fmt: skip
        parts.append(f'<path d="{edges}" fill="none" stroke="#a9b4bc" stroke-dasharray="4 3"/>')
    if view.zoom >= 2:
        labels += [(*view.at(x, y), name, 12) for name, x, y in _villages(view)]
    parts += [
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="middle" fill="#40505d">'
        f"{escape(name)}</text>"
        for x, y, name, size in _apart(labels)
    ]
    parts.append(_scale(view))
    x, y = WIDE / 2, HIGH / 2
    if not cross:
        parts.append(
            f'<path d="M{x - 14} {y}h28M{x} {y - 14}v28" stroke="#fff" stroke-width="5"/>'
            f'<path d="M{x - 14} {y}h28M{x} {y - 14}v28" stroke="#40505d" stroke-width="1.5"/>'
        )
    if cross:
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="13" fill="none" stroke="#fff" stroke-width="7"/>'
            f'<path d="M{x - 22} {y}h44M{x} {y - 22}v44" stroke="#fff" stroke-width="6"/>'
            f'<circle cx="{x}" cy="{y}" r="13" fill="none" stroke="#a8201a" stroke-width="3"/>'
            f'<path d="M{x - 22} {y}h44M{x} {y - 22}v44" stroke="#a8201a" stroke-width="2"/>'
        )
    return "".join([*parts, "</svg>"])


def _apart(labels: list[tuple[float, float, str, int]]) -> list[tuple[float, float, str, int]]:
    """The names that can be read: of two on top of each other the one nearer the middle."""
    shown: list[tuple[float, float, str, int]] = []
    spaces: list[tuple[float, float, float]] = []
    for one in sorted(labels, key=lambda one: math.hypot(one[0] - WIDE / 2, one[1] - HIGH / 2)):
        x, y, name, size = one
        half = sum(1.0 if letter > "\u2e80" else 0.56 for letter in name) * size / 2
        free = all(abs(x - a) > half + b or abs(y - c) > size * 1.2 for a, b, c in spaces)
        if name and free and 0 < x < WIDE and 0 < y < HIGH:
            shown.append(one)
            spaces.append((x, half, y))
    return shown


def _placed(view: View, ring: Any) -> list[tuple[float, float]]:
    return [view.at(x, y) for x, y, *_z in ring]


def _villages(view: View) -> list[tuple[str, float, float]]:
    west, north = view.point(0, 0)
    east, south = view.point(WIDE, HIGH)
    found = villages_on(timezone.localdate()).filter(
        longitude__range=(round(west, 6), round(east, 6)), latitude__range=(round(south, 6), round(north, 6))
    )
    return [(called(one), float(one.longitude or 0), float(one.latitude or 0)) for one in found[:NAMED]]


def _scale(view: View) -> str:
    """A bar of a round length in metres."""
    wanted = 110 / view.scale * METRES
    power = 10 ** math.floor(math.log10(wanted))
    length = next(n * power for n in (5, 2, 1) if n * power <= wanted)
    pixels = length / METRES * view.scale
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    x, y = WIDE - 16 - pixels, HIGH - 14
    return (
        f'<path d="M{x:.1f} {y - 5}v5h{pixels:.1f}v-5" fill="none" stroke="#15212b" stroke-width="1.5"/>'
        f'<text x="{x + pixels / 2:.1f}" y="{y - 8}" font-size="12" text-anchor="middle" fill="#15212b">'
        f"{words}</text>"
    )
