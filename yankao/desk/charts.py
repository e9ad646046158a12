"""Charts drawn on the server: pure functions from data to an SVG picture.

Every chart needs a ``sentence`` that says what it shows: it becomes the title, the accessible name and the
seed of the caption. Colours come from class names only (yk.css), so the same picture follows theme and
print; no inline style, no identifier, so a page may hold any number of them. Coordinates are rounded to one
decimal: same data, same bytes.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

Number = int | float | Decimal
Series = Sequence[tuple[str, Sequence[Number | None]]]

WIDTH = 640
SIZE = 12
"""Size of the labels in the picture's own units."""


def text_width(text: str, size: float = SIZE) -> float:
    """The estimated width of a label: one em for a Han or full-width character, 0.56 em for any other."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.56 for c in text)


def shorten(text: str, room: float, size: float = SIZE) -> str:
    """The label cut to ``room`` with an ellipsis when it is too long; the data table keeps it whole."""
    if text_width(text, size) <= room:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept + "…"


def ticks(top: float, wanted: int = 4) -> list[float]:
    """Round steps from 0 up to at least ``top`` in steps of 1, 2, 2.5 or 5 times a power of ten."""
    if top <= 0:
        return [0.0, 1.0]
    raw = top / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999999)
    count = math.ceil(top / step - 1e-9)
    return [round(step * i, 10) for i in range(count + 1)]


def number_text(value: Number | None, unit: str = "") -> str:
    """A value as a label: thousands separated, no needless zeros."""
    if value is None:
        return ""
    number = float(value)
    text = f"{number:,.0f}" if number == int(number) else f"{number:,.2f}".rstrip("0")
    return text + unit


def _c(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _text(x: float, y: float, words: object, classes: str = "") -> str:
    mark = f' class="{classes}"' if classes else ""
    return f'<text{mark} x="{_c(x)}" y="{_c(y)}">{escape(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, classes: str, title: str = "") -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    box = (
        f'class="{classes}" x="{_c(x)}" y="{_c(y)}" width="{_c(max(width, 0))}" height="{_c(max(height, 0))}"'
    )
    return f"<rect {box}>{inside}</rect>" if inside else f"<rect {box}/>"


def _line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    return f'<line class="{classes}" x1="{_c(x1)}" y1="{_c(y1)}" x2="{_c(x2)}" y2="{_c(y2)}"/>'


def _svg(
    height: float, sentence: str, parts: Iterable[str], classes: str = "chart", width: float = WIDTH
) -> Markup:
    if not sentence.strip():
        raise ValueError("a chart needs a sentence that says what it shows")
    name = escape(sentence)
    return Markup(  # noqa: S704
        f'<svg class="{classes}" viewBox="0 0 {_c(width)} {_c(height)}" role="img" aria-label="{name}">'
        f"<title>{name}</title>{''.join(parts)}</svg>"
    )


def _cell(value: object) -> str:
    text = number_text(value) if isinstance(value, Number | None) else value
    return f'<td class="num">{escape(text)}</td>'


def data_table(head: Sequence[object], rows: Iterable[Sequence[object]], summary: str = "") -> Markup:
    """The numbers behind a chart as a table inside ``<details>``; the first cell of each row is its head."""
    top = "".join(
        f'<th scope="col"{"" if i == 0 else Markup(" class=num")}>{escape(cell)}</th>'
        for i, cell in enumerate(head)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(_cell(cell) for cell in row[1:])}</tr>'
        for row in rows
    )
    return Markup(  # noqa: S704
        f'<details class="data"><summary>{escape(summary or _("顯示資料表"))}</summary><table class="plain">'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def bar(
    items: Sequence[tuple[str, Number]],
    *,
    sentence: str,
    unit: str = "",
    marked: frozenset[str] = frozenset(),
) -> Markup:
    """Horizontal bars, one per pair of label and value (≥ 0), in the order given. ``marked`` labels are
    drawn red."""
    top = max((float(v) for _l, v in items), default=0) or 1
    gutter = min(max((text_width(label) for label, _v in items), default=0), WIDTH * 0.35) + 10
    room = WIDTH - gutter - max((text_width(number_text(v, unit)) for _l, v in items), default=0) - 12
    parts = []
    for i, (label, value) in enumerate(items):
        y, wide = i * 30 + 6, float(value) / top * room
        parts.append(_text(gutter - 8, y + 14, shorten(label, gutter - 10), "end"))
        parts.append(_rect(gutter, y, wide, 20, "bad" if label in marked else "c1"))
        parts.append(_text(gutter + wide + 6, y + 14, number_text(value, unit), "v"))
    return _svg(len(items) * 30 + 8, sentence, parts)


class _Plot:
    """A frame with a scale on the left and labels below: where a value falls and where a step stands."""

    def __init__(
        self, steps: Sequence[str], top: float, unit: str = "", height: float = 250, fixed: bool = False
    ) -> None:
        self.steps = steps
        self.marks = ticks(top)
        self.top = top if fixed else self.marks[-1]
        self.unit = unit
        self.left = max(text_width(number_text(m, unit)) for m in self.marks) + 10
        self.upper, self.lower = 24.0, height - 26
        self.height = height

    def y(self, value: Number) -> float:
        return self.lower - float(value) / self.top * (self.lower - self.upper)

    def slot(self) -> float:
        return (WIDTH - self.left - 8) / max(len(self.steps), 1)

    def x(self, i: int) -> float:
        return self.left + self.slot() * (i + 0.5)

    def frame(self) -> list[str]:
        parts = []
        for mark in self.marks:
            if mark <= self.top:
                parts.append(
                    _line(self.left, self.y(mark), WIDTH - 4, self.y(mark), "ax" if mark == 0 else "grid")
                )
                parts.append(_text(self.left - 6, self.y(mark) + 4, number_text(mark, self.unit), "end"))
        widest = max((text_width(s) for s in self.steps), default=1)
        every = max(1, math.ceil((widest + 6) / self.slot()))
        parts += [
            _text(self.x(i), self.lower + 18, s, "mid") for i, s in enumerate(self.steps) if i % every == 0
        ]
        return parts

    def path(self, values: Sequence[Number | None]) -> str:
        """The line through the values; a missing value breaks it."""
        out, pen = [], "M"
        for i, value in enumerate(values):
            if value is None:
                pen = "M"
                continue
            out.append(f"{pen}{_c(self.x(i))} {_c(self.y(value))}")
            pen = "L"
        return "".join(out)


def _legend(names: Sequence[str], kind: str) -> list[str]:
    parts, x = [], 0.0
    for i, name in enumerate(names, 1):
        swatch = _rect(x, 3, 14, 10, f"c{i}") if kind == "c" else _line(x, 8, x + 20, 8, f"l{i}")
        wide = 20 if kind == "c" else 26
        parts += [swatch, _text(x + wide, 12, name)]
        x += wide + text_width(name) + 20
    return parts


def _highest(series: Series, *more: Number | None) -> float:
    return max(
        [float(v) for _n, values in series for v in values if v is not None]
        + [float(v) for v in more if v is not None]
        + [0.0]
    )


def grouped_bar(steps: Sequence[str], series: Series, *, sentence: str, unit: str = "") -> Markup:
    """Upright bars side by side, up to six series over the same steps; values ≥ 0, None leaves a gap."""
    plot = _Plot(steps, _highest(series), unit)
    parts = [*_legend([name for name, _v in series], "c"), *plot.frame()]
    wide = min(plot.slot() * 0.76 / max(len(series), 1), 34)
    for k, (name, values) in enumerate(series):
        for i, value in enumerate(values):
            if value is not None:
                x = plot.x(i) + (k - len(series) / 2) * wide
                label = f"{name} {steps[i]} {number_text(value, unit)}"
                parts.append(
                    _rect(x, plot.y(value), wide - 2, plot.lower - plot.y(value), f"c{k + 1}", label)
                )
    return _svg(plot.height, sentence, parts)


def line(steps: Sequence[str], series: Series, *, sentence: str, unit: str = "") -> Markup:
    """Lines, up to four series over the same steps; told apart by dash as well as colour. None breaks a
    line."""
    plot = _Plot(steps, _highest(series), unit)
    parts = [*_legend([name for name, _v in series], "l"), *plot.frame()]
    parts += [f'<path class="l{k}" d="{plot.path(values)}"/>' for k, (_n, values) in enumerate(series, 1)]
    return _svg(plot.height, sentence, parts)


def area(
    steps: Sequence[str],
    values: Sequence[Number],
    *,
    sentence: str,
    target: Number | None = None,
    unit: str = "",
) -> Markup:
    """One line with its area, and the target as a dotted line named at its end."""
    plot = _Plot(steps, _highest([("", values)], target), unit)
    parts = plot.frame()
    if values:
        last, first = plot.x(len(values) - 1), plot.x(0)
        path = plot.path(values)
        parts.append(
            f'<path class="area" d="{path}L{_c(last)} {_c(plot.lower)}L{_c(first)} {_c(plot.lower)}Z"/>'
        )
        parts.append(f'<path class="l1" d="{path}"/>')
    if target is not None:
        y = plot.y(target)
        parts.append(_line(plot.left, y, WIDTH - 4, y, "target"))
        words = f"{_('目標')} {number_text(target, unit)}"
        # The name of the target stands at the end where the line is not in its way.
        at_end = not values or abs(float(values[-1]) - float(target)) > abs(float(values[0]) - float(target))
        parts.append(
            _text(WIDTH - 6, y - 5, words, "end v") if at_end else _text(plot.left + 2, y - 5, words, "v")
        )
    return _svg(plot.height, sentence, parts)


def s_curve(
    steps: Sequence[str],
    planned: Sequence[Number],
    actual: Sequence[Number | None],
    *,
    sentence: str,
    lag: Number = 5,
) -> Markup:
    """Planned and actual cumulative per cent, 0 to 100. The band under the plan is ``lag`` points deep (the
    5 % rule): an actual line below it owes an explanation. The last actual point carries its value."""
    plot = _Plot(steps, 100, "%", height=280, fixed=True)
    upper = plot.path(planned)
    points = [(plot.x(i), plot.y(max(float(v) - float(lag), 0))) for i, v in enumerate(planned)]
    under = "".join(f"L{_c(x)} {_c(y)}" for x, y in reversed(points))
    parts = [
        *_legend([_("實際"), _("預定")], "l"),
        *plot.frame(),
        f'<path class="band" d="{upper}{under}Z"/>',
    ]
    parts += [f'<path class="l2" d="{upper}"/>', f'<path class="l1" d="{plot.path(actual)}"/>']
    known = [(i, v) for i, v in enumerate(actual) if v is not None]
    if known:
        i, value = known[-1]
        late = float(value) < float(planned[i]) - float(lag)
        x, y = plot.x(i), plot.y(value)
        parts.append(f'<circle class="{"bad" if late else "c1"}" cx="{_c(x)}" cy="{_c(y)}" r="4.5"/>')
        parts.append(_text(x + 8, y + 16, number_text(value, "%"), "v"))
    return _svg(plot.height, sentence, parts)


def bullet(
    items: Sequence[tuple[str, Number, Number]], *, sentence: str, top: Number = 100, unit: str = "%"
) -> Markup:
    """Progress against a target, one row per label, value and target; a value below its target is red and
    says both."""
    gutter = min(max((text_width(label) for label, _v, _t in items), default=0), WIDTH * 0.35) + 10
    words = [f"{number_text(v, unit)} / {number_text(t, unit)}" for _l, v, t in items]
    room = WIDTH - gutter - max((text_width(w) for w in words), default=0) - 14
    parts = []
    for i, ((label, value, target), word) in enumerate(zip(items, words, strict=True)):
        y = i * 32 + 6
        share, goal = (min(float(n) / float(top), 1) * room for n in (value, target))
        parts += [
            _text(gutter - 8, y + 15, shorten(label, gutter - 10), "end"),
            _rect(gutter, y, room, 20, "track"),
            _rect(gutter, y + 5, share, 10, "bad" if value < target else "c1"),
            _line(gutter + goal, y - 1, gutter + goal, y + 21, "mark"),
            _text(gutter + room + 10, y + 15, word, "v"),
        ]
    return _svg(len(items) * 32 + 8, sentence, parts)


def stacked_share(parts_of: Sequence[tuple[str, Number]], *, sentence: str) -> Markup:
    """One bar cut into the shares of a whole (at most six), each named below with its per cent to one
    decimal."""
    whole = sum(float(v) for _n, v in parts_of)
    parts, x, lx, ly = [], 0.0, 0.0, 52.0
    for i, (name, value) in enumerate(parts_of, 1):
        share = float(value) / whole if whole else 0.0
        label = f"{name} {share * 100:.1f}%"
        parts.append(_rect(x, 2, share * WIDTH - (1.5 if i < len(parts_of) else 0), 26, f"c{i}", label))
        x += share * WIDTH
        if lx and lx + text_width(label) + 40 > WIDTH:
            lx, ly = 0.0, ly + 20
        parts += [_rect(lx, ly - 10, 12, 12, f"c{i}"), _text(lx + 18, ly, label)]
        lx += text_width(label) + 40
    return _svg(ly + 8, sentence, parts)


def sparkline(values: Sequence[Number], *, sentence: str) -> Markup:
    """A word-sized line with a dot on the last value."""
    if not values:
        return _svg(26, sentence, [], "spark", 112)
    low, high = float(min(values)), float(max(values))
    span, step = (high - low) or 1.0, 104 / max(len(values) - 1, 1)
    points = [(2 + i * step, 22 - (float(v) - low) / span * 18) for i, v in enumerate(values)]
    line_of = " ".join(f"{_c(x)},{_c(y)}" for x, y in points)
    x, y = points[-1]
    return _svg(
        26,
        sentence,
        [f'<polyline points="{line_of}"/>', f'<circle cx="{_c(x)}" cy="{_c(y)}" r="3"/>'],
        "spark",
        112,
    )


Ring = Sequence[Sequence[float]]


def _rings(geometry: Mapping[str, object]) -> Iterable[Ring]:
    shapes = geometry["coordinates"]
    polygons = [shapes] if geometry["type"] == "Polygon" else shapes
    for polygon in polygons:  # type: ignore[attr-defined]
        yield from polygon


class Spot(NamedTuple):
    """A place on a map: its words, where it is, whether to notice it, and else its colour. A picture holds no
    links.
    """

    words: str
    longitude: Number
    latitude: Number
    noticed: bool = False
    colour: str = "c3"


def choropleth(
    features: Sequence[tuple[str, Mapping[str, object]]],
    values: Mapping[str, Number],
    *,
    sentence: str,
    unit: str = "",
    points: Sequence[tuple[str, float, float] | Spot] = (),
) -> Markup:
    """Districts shaded in five equal steps of their value; a district without value stays pale and says so.

    ``features`` are pairs of a name and a GeoJSON Polygon or MultiPolygon in WGS84 degrees; the picture is
    scaled by the cosine of the middle latitude. The legend gives the limits of each step in numbers. `points`
    are places (name, longitude, latitude, or a `Spot`) drawn on top.
    """
    corners = [point for _n, geometry in features for ring in _rings(geometry) for point in ring]
    if not corners:
        return _svg(40, sentence, [_text(0, 20, _("沒有圖形資料"))])
    west, east = min(p[0] for p in corners), max(p[0] for p in corners)
    south, north = min(p[1] for p in corners), max(p[1] for p in corners)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(460 / ((east - west) * squeeze or 1), 460 / ((north - south) or 1))
    height = (north - south) * scale + 8
    known = [float(v) for v in values.values()]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    whole = all(v == int(v) for v in known)
    width = float(math.ceil((high - low + 1) / 5)) if whole else (high - low) / 5 or 1.0
    parts = []
    for name, geometry in features:
        value = values.get(name)
        step = 0 if value is None else min(int((float(value) - low) / width), 4) + 1
        path = "".join(
            "M"
            + "L".join(
                f"{_c((x - west) * squeeze * scale + 4)} {_c((north - y) * scale + 4)}" for x, y, *_z in ring
            )
            + "Z"
            for ring in _rings(geometry)
        )
        words = f"{name} {_('無資料') if value is None else number_text(value, unit)}"
        parts.append(f'<path class="q{step} land" d="{path}"><title>{escape(words)}</title></path>')
    for point in points:
        words, x, y, noticed, colour = Spot(*point)
        at = f'cx="{_c((float(x) - west) * squeeze * scale + 4)}" cy="{_c((north - float(y)) * scale + 4)}"'
        tone = "bad" if noticed else colour
        parts.append(f'<circle class="{tone} land" {at} r="3.5"><title>{escape(words)}</title></circle>')
    for k in range(6):
        y = 20 + k * 22
        lower, upper = (round(low + i * width, 2) for i in (k - 1, k))
        if whole:  # counts: 2–3, 4–5, and no step without a whole number
            lower, upper = int(lower), int(upper) - 1
        if k and lower > high:
            break
        limits = f"{number_text(lower)}–{number_text(upper, unit)}" if k else _("無資料")
        if k and lower == upper:
            limits = number_text(upper, unit)
        parts += [_rect(490, y, 16, 14, f"q{k}"), _text(512, y + 12, limits)]
    return _svg(max(height, 160), sentence, parts)
