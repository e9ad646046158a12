"""Charts: same data, same picture; a sentence always; true to scale; no inline style."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from yankao.desk import charts

SNAPSHOTS = Path(__file__).parent / "charts"
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[120.0, 22.0], [121.0, 22.0], [121.0, 23.0], [120.0, 23.0], [120.0, 22.0]]],
}
EAST = {
    "type": "MultiPolygon",
    "coordinates": [[[[121.0, 22.0], [122.0, 22.0], [122.0, 23.0], [121.0, 22.0]]]],
}
MONTHS = ["1月", "2月", "3月"]
SAMPLES: dict[str, Callable[[], Markup]] = {
    "bar": lambda: charts.bar(
        [("用地取得", 14), ("招標", 7)], sentence="用地最多", unit="件", marked=frozenset({"招標"})
    ),
    "grouped_bar": lambda: charts.grouped_bar(
        MONTHS, [("今年", [3, None, 9]), ("去年", [1, 2, 3])], sentence="今年較多"
    ),
    "line": lambda: charts.line(
        MONTHS, [("實際", [10, None, 40]), ("預定", [20, 30, 50])], sentence="落後", unit="%"
    ),
    "area": lambda: charts.area(MONTHS, [91, 93.5, 96], target=95, sentence="達標", unit="%"),
    "s_curve": lambda: charts.s_curve(
        MONTHS, [20, 60, 100], [18, Decimal("54.99")], sentence="落後5.01個百分點"
    ),
    "bullet": lambda: charts.bullet([("執行率", 70.2, 80), ("達成率", 91, 90)], sentence="一項達標"),
    "stacked_share": lambda: charts.stacked_share([("中央款", 2), ("市款", 1)], sentence="中央三分之二"),
    "sparkline": lambda: charts.sparkline([1, 3, 2], sentence="起伏"),
    "choropleth": lambda: charts.choropleth(
        [("甲區", SQUARE), ("乙區", EAST)], {"甲區": 10}, sentence="甲區10件", unit="件"
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_chart_is_drawn_as_it_was_agreed(name: str) -> None:
    """The agreed pictures lie in ``charts/``; after a wanted change delete one, run once, look, commit."""
    with override("zh-hant"):
        drawn = SAMPLES[name]().replace("><", ">\n<") + "\n"
    kept = SNAPSHOTS / f"{name}.svg"
    if not kept.exists():
        kept.write_text(drawn)
        pytest.fail(f"no agreed picture of {name} yet: written now, look at it and commit it")
    assert drawn == kept.read_text()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_chart_is_named_well_formed_and_without_style(name: str) -> None:
    with override("zh-hant"):
        text = str(SAMPLES[name]())
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext("title")
    assert not re.search(r"style=|\bid=|nan|inf", text)


def test_a_chart_without_its_sentence_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="sentence"):
        charts.bar([("甲", 1)], sentence=" ")


def test_words_from_data_cannot_break_out_of_the_picture() -> None:
    drawn = charts.bar([("<script>", 1)], sentence='"><script>')
    assert "<script>" not in drawn
    table = charts.data_table(["<b>", "數"], [("<i>", 1)])
    assert "<i>" not in table


def widths(svg: str, kind: str) -> list[float]:
    root = ElementTree.fromstring(svg)
    return [float(r.get("width") or 0) for r in root.iter("rect") if r.get("class") == kind]


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=12))
def test_bars_are_as_long_as_their_values(values: list[int]) -> None:
    long = widths(str(charts.bar([(f"項{i}", v) for i, v in enumerate(values)], sentence="比例")), "c1")
    top = max(values)
    assert len(long) == len(values)
    for value, width in zip(values, long, strict=True):
        assert width == pytest.approx(max(long) * value / top if top else 0, abs=0.11)


@given(st.floats(min_value=1e-6, max_value=1e15, allow_nan=False))
def test_ticks_are_even_few_and_cover_the_top(top: float) -> None:
    marks = charts.ticks(top)
    assert marks[0] == 0
    assert marks[-1] >= top * 0.999999 or marks[-1] == pytest.approx(top)
    assert 2 <= len(marks) <= 6


def test_the_lag_of_five_points_colours_the_last_point() -> None:
    at = str(charts.s_curve(["1", "2"], [50, 60], [50, 55], sentence="恰好"))
    below = str(charts.s_curve(["1", "2"], [50, 60], [50, Decimal("54.99")], sentence="落後"))
    assert '<circle class="c1"' in at
    assert '<circle class="bad"' in below


def test_han_characters_count_a_full_em() -> None:
    assert charts.text_width("研考") == 24
    assert charts.text_width("ab") == pytest.approx(13.44)
    assert charts.shorten("研究發展考核委員會", 48) == "研究發…"
    assert charts.shorten("研考", 48) == "研考"


def test_the_table_beside_a_chart_holds_every_number() -> None:
    with override("zh-hant"):
        table = str(charts.data_table(["月", "件"], [("1月", 1234.5), ("2月", None)]))
    assert '<td class="num">1,234.5</td>' in table
    assert "顯示資料表" in table
    assert "None" not in table
