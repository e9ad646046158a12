"""The report is built from the rooms' prose: figures as references, anything untraced refused, absent rooms
said.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from examples.lost_property.models import Find
from yankao.kernel.figures.declare import read, register, resolve
from yankao.kernel.figures.models import OwnPeriod
from yankao.kernel.people.testing import Cast
from yankao.report import api
from yankao.report.building import build, fact_id, split_fact_id
from yankao.report.document.model import External, Fact, Note, Para, Table, Text, block_runs
from yankao.report.outline import outline, section
from yankao.report.prose import ProseError, blocks_of, external
from yankao.report.readings import Readings

from .conftest import KEY, PERIOD, take_out

NAME = "examples.lost_property.noticed"


def words(part: object) -> str:
    return "".join(
        run.display if isinstance(run, Fact) else run.text
        for block in part.blocks  # type: ignore[attr-defined]
        for runs in block_runs(block)
        for run in runs
    )


def test_the_outline_has_six_parts_and_fifty_eight_sections() -> None:
    assert [one.key for one in outline() if len(one.number) == 1] == list("一二三四五六")
    written = [one for one in outline() if one.written]
    assert len(written) == 58
    assert section("六(四)8").title.zh == "虛擬化平台"
    assert len({one.anchor for one in outline()}) == len(outline())
    assert all(one.title.en for one in outline())


def test_prose_becomes_blocks_with_figures_that_say_their_value(found: list[Find]) -> None:
    built = build(PERIOD)
    part = built.parts[KEY]
    assert words(part).startswith("115年1月至6月公告招領4件，領回3件，領回率75.0%；招領期間6個月。")
    paragraph, table = part.blocks[0], part.blocks[1]
    assert isinstance(paragraph, Para)
    assert [run.display for run in paragraph.runs if isinstance(run, Fact)] == ["4件", "3件", "75.0%"]
    assert any(isinstance(run, External) and "民法第807條" in run.source for run in paragraph.runs)
    assert isinstance(table, Table)
    assert table.rows[0][1] == (Fact(fact_id(NAME, PERIOD), "4"),)
    assert built.problems == ()
    facts = built.facts.by_id()[fact_id(NAME, PERIOD)]
    assert (facts.value, facts.records, facts.start, facts.end) == ("4", 4, PERIOD.first, PERIOD.last)


def test_the_english_report_is_made_of_the_same_figures(found: list[Find]) -> None:
    zh, en = build(PERIOD), build(PERIOD, "en")
    assert {one.id: one.value for one in zh.facts.records} == {one.id: one.value for one in en.facts.records}
    assert "notice was given of 4 cases, 3 were returned (75.0%); owners have 6 months." in words(
        en.parts[KEY]
    )
    assert en.problems == ()


def test_a_section_without_a_room_says_so_and_holds_no_figure(found: list[Find]) -> None:
    built = build(PERIOD)
    for key, part in built.parts.items():
        if key != KEY:
            assert part.blocks == (Note("absent", (Text("本項業務尚未在本系統辦理。"),)),)
    assert {one.concept.partition("[")[0].rpartition(".")[0] for one in built.facts.records} == {
        "examples.lost_property"
    }


def test_a_figure_with_own_dates_prints_them(found: list[Find]) -> None:
    OwnPeriod.objects.create(
        period=PERIOD.code,
        figure="examples.lost_property.returned",
        start="2026-01-01",
        end="2026-07-31",
        as_of="2026-07-31",
        reason="會期前補報",
    )
    OwnPeriod.objects.create(
        period=PERIOD.code,
        figure=NAME,
        start=PERIOD.first,
        end=PERIOD.last,
        as_of="2026-07-31",
        reason="截止日延後",
    )
    built = build(PERIOD)
    assert "領回3件（115年1月至7月），" in words(built.parts[KEY])
    assert "公告招領4件（截至115年7月31日），" in words(built.parts[KEY])
    returned = built.facts.by_id()[fact_id("examples.lost_property.returned", PERIOD)]
    assert returned.footnotes == ("115年1月至7月：會期前補報",)
    assert "(January–July 2026)" in words(build(PERIOD, "en").parts[KEY])


def test_a_typed_number_is_a_problem(found: list[Find], templates: dict[str, str]) -> None:
    templates["lost_property/paragraph.html"] = "<p>公告招領12件。</p>"
    assert any("12" in problem.sentence for problem in build(PERIOD).problems)


@pytest.mark.parametrize(
    ("prose", "line", "why"),
    [
        ("<p>甲</p>\n<div>乙</div>", 2, "<div>"),
        ("<p>甲", 0, "沒有結束"),
        ("<p>\n\n{{ fig('nothing') }}</p>", 3, "examples.lost_property.nothing"),
        ("<p>{{ undefined_word }}</p>", 1, "undefined"),
        ("<p onclick='x'>甲</p>", 1, "onclick"),
        ("甲", 1, "須放在段落"),
        ("<p>{{ rule('no.such.rule') }}</p>", 1, "no.such.rule"),
        ("<table><tr><th>甲</th></tr></table>", 1, "data-caption"),
        ('<table data-caption="甲"><tr><th>甲</th></tr><tr><td>乙</td><td>丙</td></tr></table>', 1, "格數"),
        ("<p>甲</p><!-- 乙 -->", 1, "註解"),
        ("<p>{% if %}</p>", 1, "expression"),
    ],
)
def test_a_fault_in_prose_names_the_template_and_the_line(
    found: list[Find], templates: dict[str, str], prose: str, line: int, why: str
) -> None:
    templates["lost_property/paragraph.html"] = prose
    built = build(PERIOD)
    fault = built.parts[KEY].faults[0]
    assert "lost_property/paragraph.html" in fault
    assert why in fault
    if line:
        assert f"第{line}行" in fault
    assert built.problems[0].section == KEY
    assert not built.parts[KEY].facts


def test_markup_that_fits_is_read_whole() -> None:
    def resolve_(body: str) -> tuple[Text | External, ...]:
        return (external(body.removeprefix("external:")),)

    blocks = blocks_of(
        "<ol><li>甲<strong>乙</strong>{external:5|丙}</li><li>丁<ol><li>戊</li></ol></li></ol><p>己</p>",
        resolve_,
        where="t",
        anchor="s1",
        language="zh-hant",
    )
    assert [getattr(block, "level", None) for block in blocks] == [1, 1, 2, None]
    assert blocks[0].runs == (Text("甲"), Text("乙", True), External("5", "丙"))  # type: ignore[union-attr]
    with pytest.raises(ProseError):
        blocks_of("<p>{external:5}</p>", resolve_, where="t", anchor="s1", language="zh-hant")


def test_each_figure_is_measured_once_for_both_languages(found: list[Find]) -> None:
    readings = Readings(PERIOD)
    build(PERIOD, readings=readings)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        build(PERIOD, "en", readings=readings)
    assert not [one for one in queries.captured_queries if "lost_property_find" in one["sql"]]


def test_what_a_report_measures_is_what_the_figure_itself_measures(found: list[Find]) -> None:
    readings = Readings(PERIOD)
    for name in [name for name in register if name.startswith("examples.lost_property.")]:
        assert readings.figure(name) == read(resolve(name), PERIOD)


def test_figures_as_json_are_those_that_the_paragraphs_print(found: list[Find]) -> None:
    listed = api.figures_json("115H1")
    assert [one["figure"].rpartition(".")[2] for one in listed] == ["noticed", "returned", "returned_rate"]
    assert listed[2]["value"] == "75.0"
    assert {
        "figure",
        "value",
        "unit",
        "decimals",
        "start",
        "end",
        "as_of",
        "label",
        "records",
        "digest",
    } <= listed[0].keys()
    with pytest.raises(LookupError, match=r"no\.such"):
        api.figures_json("115H1", ["no.such"])


@pytest.mark.parametrize("name", ["a.b", "a.b[x=y]", "a.b[x=高雄][y=1-2]", "a.b[x=a b/c~d]"])
def test_the_id_of_a_fact_is_read_back(name: str) -> None:
    assert split_fact_id(fact_id(name, PERIOD, "7")) == (name, "115H1", "7")
    assert split_fact_id(fact_id(name, PERIOD)) == (name, "115H1", "")


def test_changing_one_record_changes_exactly_its_figures(found: list[Find], cast: Cast) -> None:

    before = {one["figure"]: one["value"] for one in api.figures_json("115H1")}
    take_out(found[3], cast)
    after = {one["figure"]: one["value"] for one in api.figures_json("115H1")}
    changed = {name for name in before if before[name] != after[name]}
    assert {name.rpartition(".")[2] for name in changed} == {"noticed", "returned_rate"}
    assert Decimal(after["examples.lost_property.returned_rate"]) == Decimal("100.0")
