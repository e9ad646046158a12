# ruff: noqa: E501 - expected markup
"""The outputs: same report, same bytes; every figure the same in all of them; and each well-formed for its readers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import odfdo
import pikepdf
import pytest

from yankao.kernel.documents.pdf import NoChineseFont, PdfRefused
from yankao.kernel.documents.svg import BadPicture, clean
from yankao.kernel.documents.zipping import zipped
from yankao.report.document.extract import (
    Shown,
    disagreements,
    figures_from_html,
    figures_from_json,
    figures_from_odt,
)
from yankao.report.document.extract_pdf import attached_facts, figures_from_pdf
from yankao.report.document.facts_json import oim_period, render_facts_json, split_concept
from yankao.report.document.html import render_html, render_html_file
from yankao.report.document.model import (
    Chart,
    Fact,
    Facts,
    Heading,
    Item,
    Note,
    Para,
    Report,
    Said,
    Table,
    Text,
    fact_runs,
    tables,
)
from yankao.report.document.odt import render_odt
from yankao.report.document.package import render_package, verify_package
from yankao.report.document.pdf import render_pdf
from yankao.report.document.tables import render_tables

from .fonts import needs_fonts
from .sample import START, records, report, svg

LANGUAGES = ("zh-hant", "en")
_made: dict[str, bytes] = {}


def pdf_of(language: str) -> bytes:
    if language not in _made:
        _made[language] = render_pdf(report(language), records())
    return _made[language]


def printed(made: Report) -> list[tuple[str, str]]:
    return [(run.fact_id, run.display) for run in fact_runs(made)]


# -- all outputs alike ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_and_odt_hold_the_figures_of_facts_json(language: str) -> None:
    made, facts = report(language), records()
    truth = figures_from_json(render_facts_json(made, facts))
    assert len(truth.values) == 100
    assert disagreements(truth, figures_from_html(render_html_file(made, facts)), printed(made)) == []
    assert disagreements(truth, figures_from_odt(render_odt(made, facts)), printed(made)) == []


@needs_fonts
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_the_pdf_hold_the_figures_of_facts_json(language: str) -> None:
    made, facts = report(language), records()
    content = render_facts_json(made, facts)
    assert attached_facts(pdf_of(language)) == content
    assert disagreements(figures_from_json(content), figures_from_pdf(pdf_of(language)), printed(made)) == []


@needs_fonts
def test_a_forged_figure_is_noticed_in_every_output() -> None:
    made, facts = report(), records()
    truth = figures_from_json(render_facts_json(made, facts))
    first = facts.records[0]
    forged = Facts((replace(first, value="975"), *facts.records[1:]))
    for shown in (
        figures_from_html(render_html_file(made, forged)),
        figures_from_odt(render_odt(made, forged)),
        figures_from_pdf(render_pdf(made, forged)),
    ):
        assert disagreements(truth, shown) == ["101H1-001 is 975, in facts.json 974"]
    said = [(first.id, "975件"), *printed(made)[1:]]
    assert len(disagreements(truth, figures_from_odt(render_odt(made, facts)), said)) == 1
    assert disagreements(truth, Shown(truth.values), said) == ["the file shows 0 figures, the report has 101"]


@pytest.mark.parametrize("render", [render_html_file, render_odt, render_facts_json, render_tables])
def test_the_same_report_gives_the_same_bytes(render) -> None:
    assert render(report(), records()) == render(report(), records())


@needs_fonts
def test_the_same_report_gives_the_same_pdf_and_package() -> None:
    assert render_pdf(report(), records()) == pdf_of("zh-hant")
    assert render_package(report(), records()) == render_package(report(), records())


@needs_fonts
@pytest.mark.parametrize(("status", "stamp"), [("draft", "草稿"), ("frozen", "定稿")])
def test_stamp_and_notice_stand_in_every_output(status: str, stamp: str) -> None:
    made, facts = report(status=status, notice="依比例縮減之示範資料"), records()
    with zipfile.ZipFile(io.BytesIO(render_odt(made, facts))) as odt:
        in_odt = (odt.read("styles.xml") + odt.read("content.xml")).decode()
    assert in_odt.count(stamp) >= 3 and in_odt.count(made.notice) == 2
    page = render_html(made, facts)
    assert stamp in page and made.notice in page
    assert json.loads(render_facts_json(made, facts))["documentInfo"]["notice"] == made.notice
    other = {"草稿": "定稿", "定稿": "草稿"}[stamp]
    assert other not in in_odt and other not in page
    assert attached_facts(render_pdf(made, facts)) == render_facts_json(made, facts)


HOSTILE = '<script>alert("1")</script> & #let x = [*_$] \\ "quote" \u3000\t{{ 7*7 }}'
ONE_LINE = HOSTILE.replace("\t", " ")


@needs_fonts
def test_text_is_text_in_every_output() -> None:
    """Markup of HTML, XML and typst in a report's words is printed, not read."""
    one = replace(
        records().records[0], definition=Said(HOSTILE, HOSTILE), label=Said(HOSTILE), legal_basis=HOSTILE
    )
    base = report()
    blocks = (
        Heading(1, (1,), HOSTILE, "a"),
        Para((Text(HOSTILE), Fact(one.id, ONE_LINE))),
        Item(1, 1, (Text(HOSTILE),)),
        Note("note", (Text(HOSTILE),)),
        Table("t", HOSTILE, ((Text(HOSTILE),),), (((Text(HOSTILE),),),), units=HOSTILE),
    )
    made = replace(
        base, title=HOSTILE, session=HOSTILE, agency=HOSTILE, notice=HOSTILE, site="",
        chapters=(replace(base.chapters[0], title=HOSTILE, blocks=blocks),),
    )  # fmt: skip
    facts = Facts((one,))
    page = render_html_file(made, facts).decode()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert figures_from_html(page).displays[0] == (one.id, ONE_LINE)
    shown = figures_from_odt(render_odt(made, facts))
    assert shown.displays[0][0] == one.id
    with zipfile.ZipFile(io.BytesIO(render_odt(made, facts))) as odt:
        root = ElementTree.fromstring(odt.read("content.xml"))
    assert any("#let x = [*_$]" in "".join(part.itertext()) for part in root.iter())
    pdf = figures_from_pdf(render_pdf(made, facts))
    assert "".join(pdf.displays[0][1].split()) == "".join(ONE_LINE.split())


# -- HTML -----------------------------------------------------------------------------------------------


def test_a_figure_is_a_real_link_with_its_exact_value() -> None:
    page = render_html(report(), records())
    assert (
        '<a class="fig" href="/f/101H1-001" data-fact="101H1-001"><data value="974">974件</data></a>' in page
    )
    assert "https://rdec.example/f/101H1-001" in render_html_file(report(), records()).decode()


def test_the_paper_has_no_inline_style_no_script_and_no_handler() -> None:
    page = render_html(report(), records(), appendix=True)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page)


def test_headings_keep_their_order_from_the_first_level_asked_for() -> None:
    levels = [int(level) for level in re.findall(r"<h(\d)", render_html(report(), records(), first_level=2))]
    assert levels[0] == 2 and max(levels) == 6
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_inside_the_file_has_its_target() -> None:
    page = render_html_file(report("en"), records()).decode()
    targets = re.findall(r'href="#([^"]+)"', page)
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(targets) > 20 and set(targets) <= set(anchors)
    assert len(anchors) == len(set(anchors))


def test_a_withheld_value_is_a_link_without_a_number() -> None:
    page = render_html(report(), records())
    assert 'data-fact="101H1-101">不予顯示</a>' in page


def test_lists_are_nested_lists_with_their_own_numbers() -> None:
    blocks = (
        Item(1, 3, (Text("甲"),)),
        Item(2, 1, (Text("乙"),)),
        Item(2, 2, (Text("丙"),)),
        Item(1, 4, (Text("丁"),)),
    )
    made = replace(report(), chapters=(replace(report().chapters[0], blocks=blocks),))
    page = "".join(render_html(made, records()).split("\n"))
    assert (
        '<ol class="items"><li value="3">甲<ol class="items paren"><li value="1">乙</li><li value="2">丙</li></ol></li>'
        '<li value="4">丁</li></ol>' in page
    )


@pytest.mark.parametrize(
    "bad",
    [
        '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect style="fill:red"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://x/"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(http://x/)"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        '<html xmlns="http://www.w3.org/1999/xhtml"/>',
        "<svg",
        '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject/></svg>',
    ],
)
def test_a_picture_with_anything_active_is_refused(bad: str) -> None:
    with pytest.raises(BadPicture):
        clean(bad)


def test_a_clean_picture_stays_as_it_is() -> None:
    assert clean(clean(svg())) == clean(svg())
    assert clean(svg()).count("<rect") == svg().count("<rect")


# -- facts.json -----------------------------------------------------------------------------------------


def test_facts_json_is_canonical_and_complete() -> None:
    content = render_facts_json(report(), records())
    parsed = json.loads(content)
    assert content.endswith(b"}\n") and "件".encode() in content
    assert list(parsed["facts"]) == sorted(parsed["facts"]) and len(parsed["facts"]) == 101
    fact = parsed["facts"]["101H1-003"]
    assert fact["dimensions"] == {
        "concept": "sample.room3.count3",
        "entity": "研究發展考核委員會",
        "period": "2012-01-01T00:00:00/2012-07-01T00:00:00",
        "unit": "件",
        "channel": "c3",
    }
    assert (fact["value"], fact["decimals"], fact["records"]) == ("2916", 0, 51)
    assert parsed["facts"]["101H1-101"]["value"] is None


def test_a_moment_and_a_slice_are_written_as_oim_does() -> None:
    assert oim_period(None, START) == "2012-01-02T00:00:00"
    assert split_concept("a.b[x=1,y=2]") == ("a.b", {"x": "1", "y": "2"})
    assert split_concept("a.b") == ("a.b", {})


# -- tables and the package -----------------------------------------------------------------------------


def test_every_table_is_a_csv_and_an_ods_of_exact_values() -> None:
    files = render_tables(report(), records())
    names = {table.id for table in tables(report())} | {"facts"}
    assert set(files) == {f"{name}.{kind}" for name in names for kind in ("csv", "ods")}
    assert all(files[f"{name}.csv"].startswith(b"\xef\xbb\xbf") for name in names)
    rows = list(csv.reader(io.StringIO(files["channels.csv"].decode("utf-8-sig"))))
    assert rows[0] == ["管道", "受理", "辦結率"] and len(rows) == 5
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", cell) for row in rows[1:] for cell in row[1:])
    facts = list(csv.DictReader(io.StringIO(files["facts.csv"].decode("utf-8-sig"))))
    assert [row["value"] for row in facts] == [record.value for record in records().records]
    sheet = odfdo.Document(io.BytesIO(files["channels.ods"])).body.get_table(0)
    assert [sheet.get_value((0, row)) for row in range(5)] == ["管道", "專線", "信箱", "臨櫃", "合計"]
    assert all(sheet.get_value((1, row)) == int(rows[row][1]) for row in range(1, 5))


def test_a_cell_that_a_spreadsheet_would_run_is_guarded() -> None:
    cell = (Text("=HYPERLINK(1)"),)
    made = replace(
        report(), chapters=(replace(report().chapters[0], blocks=(Table("t", "x", (cell,), ((cell,),)),)),)
    )
    assert b"\n'=HYPERLINK(1)" in render_tables(made, records())["t.csv"].replace(b"\r\n", b"\n")
    clash = replace(made, chapters=(replace(made.chapters[0], blocks=(Table("facts", "x", (cell,), ()),)),))
    with pytest.raises(ValueError, match="facts"):
        render_tables(clash, records())


@needs_fonts
def test_the_package_holds_every_output_with_its_hash() -> None:
    made, facts = report(), records()
    package = render_package(made, facts, more={"records/101H1-001.csv": b"key\r\n1\r\n"})
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        manifest = json.loads(archive.read("manifest.json"))["files"]
        assert set(manifest) | {"manifest.json"} == set(archive.namelist())
        assert {"report.html", "report.odt", "report.pdf", "facts.json", "tables/facts.ods"} <= set(manifest)
        for name, entry in manifest.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == entry["sha256"]
        assert archive.read("report.odt") == render_odt(made, facts)
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
    assert verify_package(package) == []


@needs_fonts
def test_a_package_that_was_touched_says_where() -> None:
    package = render_package(report(), records())
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    changed = held | {"facts.json": held["facts.json"].replace(b'"974"', b'"975"'), "extra.txt": b"x"}
    del changed["report.html"]
    assert verify_package(zipped(changed.items())) == [
        "缺少檔案report.html。",
        "檔案extra.txt不在清單內。",
        "檔案facts.json已被更動。",
    ]
    assert "無法讀取" in verify_package(package[:100])[0]
    with pytest.raises(ValueError, match=r"report\.pdf"):
        render_package(report(), records(), more={"report.pdf": b""})


def test_a_zip_refuses_names_that_leave_it_or_come_twice() -> None:
    for names in (["../a"], ["/a"], ["a", "a"], ["x/../../a"]):
        with pytest.raises(ValueError, match="cannot be a file"):
            zipped([(name, b"") for name in names])


# -- ODT ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_odt_opens_with_the_headings_tables_and_lists_of_the_report(language: str) -> None:
    made = report(language)
    blocks = made.chapters[0].blocks
    document = odfdo.Document(io.BytesIO(render_odt(made, records())))
    body = document.body
    headings = [heading for heading in blocks if isinstance(heading, Heading)]
    levels = [int(found.get_attribute("text:outline-level")) for found in body.get_headers()]
    assert levels == [1, *(heading.level + 1 for heading in headings), 1]
    assert [str(found.inner_text) for found in body.get_headers()][1 : len(headings) + 1] == [
        heading.text for heading in headings
    ]
    assert [table.name for table in body.get_tables()] == ["channels", "monthly-data", "appendix-facts"]
    assert len(body.get_elements("descendant::text:list-item")) == sum(
        isinstance(block, Item) for block in blocks
    )
    assert len(body.get_elements("descendant::draw:image")) == sum(
        isinstance(block, Chart) for block in blocks
    )
    assert len(body.get_elements("descendant::text:note")) == 1
    assert document.meta.title == made.title
    assert document.meta.creation_date.isoformat() == "2012-08-20T00:00:00"


def test_headings_of_the_odt_count_natively_in_chinese() -> None:
    styles = (
        odfdo.Document(io.BytesIO(render_odt(report(), records())))
        .get_part("styles.xml")
        .serialize()
        .decode()
    )
    for level, before, after in ((2, "", "、"), (3, "(", ")")):
        found = re.search(rf'<text:outline-level-style[^>]*text:level="{level}"[^>]*>', styles)
        assert found and 'num-format="一, 二, 三, ..."' in found[0]
        assert f'num-prefix="{before}"' in found[0] and f'num-suffix="{after}"' in found[0]
    assert 'style:country-asian="TW"' in styles and 'style:language-asian="zh"' in styles
    named = re.findall(r'style:font-name="(\w+)"', styles)
    assert named and named == re.findall(r'style:font-name-asian="(\w+)"', styles)


def test_a_skipped_heading_number_restarts_the_count() -> None:
    blocks = tuple(Heading(1, (number,), "x", f"h{number}") for number in (1, 2, 4, 5))
    made = replace(report(), chapters=(replace(report().chapters[0], blocks=blocks),))
    body = odfdo.Document(io.BytesIO(render_odt(made, records()))).body
    starts = [heading.get_attribute("text:start-value") for heading in body.get_headers()][1:5]
    assert starts == [None, None, "4", None]


def test_one_fact_written_in_two_ways_has_two_fields_and_one_value() -> None:
    one = records().records[0]
    runs = (Fact(one.id, "974件"), Fact(one.id, "974"), Fact(one.id, "974件"))
    made = replace(report(), chapters=(replace(report().chapters[0], blocks=(Para(runs),)),))
    content = render_odt(made, Facts((one,)))
    with zipfile.ZipFile(io.BytesIO(content)) as odt:
        names = re.findall(r'user-field-get text:name="([^"]+)"', odt.read("content.xml").decode())
    assert names[:3] == [one.id, f"{one.id}#2", one.id]
    shown = figures_from_odt(content)
    assert shown.values == {one.id: "974"} and [words for _, words in shown.displays[:3]] == [
        "974件",
        "974",
        "974件",
    ]


def test_a_field_that_was_overwritten_by_hand_is_noticed() -> None:
    content = render_odt(report(), records())
    with zipfile.ZipFile(io.BytesIO(content)) as odt:
        held = [(name, odt.read(name)) for name in odt.namelist()]
    forged = [
        (name, part.replace(b">974\xe4\xbb\xb6</text:user", b">999\xe4\xbb\xb6</text:user"))
        for name, part in held
    ]
    with pytest.raises(ValueError, match="999"):
        figures_from_odt(zipped(forged, first_stored=True))


def test_the_odt_begins_with_its_type_uncompressed() -> None:
    content = render_odt(report(), records())
    assert content[30:38] == b"mimetype" and content[38:77] == b"application/vnd.oasis.opendocument.text"


# -- PDF ------------------------------------------------------------------------------------------------


def struct(node, name: str) -> int:
    """How many elements of the tag tree have that role."""
    kids = node.get("/K")
    kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    below = sum(struct(kid, name) for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid)
    return below + (str(node.get("/S", "")) == name)


@needs_fonts
@pytest.mark.parametrize(("language", "tag"), [("zh-hant", "zh"), ("en", "en")])
def test_the_pdf_declares_both_standards_and_its_language(language: str, tag: str) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(language))) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert str(pdf.Root.Lang).lower().startswith(tag)
        with pdf.open_metadata() as xmp:
            assert xmp["pdfuaid:part"] == "1"
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")
            assert xmp["dc:title"] == report(language).title
            assert xmp["xmp:CreateDate"].startswith("2012-08-20")
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True


@needs_fonts
def test_facts_json_is_attached_as_the_data_of_the_pdf() -> None:
    with pikepdf.open(io.BytesIO(pdf_of("zh-hant"))) as pdf:
        (spec,) = pdf.Root.AF
        assert str(spec.UF) == "facts.json" and spec.AFRelationship == "/Data"
        assert spec.EF.F.Subtype == "/application/json"


@needs_fonts
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_font_of_the_pdf_is_embedded(language: str) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(language))) as pdf:
        fonts = {
            str(font.BaseFont): font.DescendantFonts[0].FontDescriptor
            for page in pdf.pages
            for font in page.Resources.get("/Font", {}).values()
        }
    assert any("NotoSerifCJK" in name for name in fonts)
    with pikepdf.open(io.BytesIO(pdf_of(language))) as pdf:
        for page in pdf.pages:
            for font in page.Resources.get("/Font", {}).values():
                descriptor = font.DescendantFonts[0].FontDescriptor
                assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
                assert "/ToUnicode" in font


@needs_fonts
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tags_of_the_pdf_are_those_of_the_report(language: str) -> None:
    made = report(language)
    blocks = made.chapters[0].blocks
    with pikepdf.open(io.BytesIO(pdf_of(language))) as pdf:
        tree = pdf.Root.StructTreeRoot
        assert struct(tree, "/H1") == 3  # contents, chapter, appendix
        for level in (1, 2, 3):
            wanted = sum(isinstance(block, Heading) and block.level == level for block in blocks)
            assert struct(tree, f"/H{level + 1}") == wanted
        assert struct(tree, "/Table") == len(list(tables(made))) + 1
        columns = sum(len(table.header) for table in tables(made)) + 5
        assert struct(tree, "/TH") == columns
        assert struct(tree, "/Caption") == 3
        assert struct(tree, "/TOC") >= 1
        assert struct(tree, "/Figure") == 1
        assert struct(tree, "/LI") == sum(isinstance(block, Item) for block in blocks)


def test_without_a_chinese_font_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NoChineseFont, match=r"fonts-noto-cjk.*YANKAO_FONT_DIRS"):
        render_pdf(report(), records(), font_dirs=[tmp_path])


@needs_fonts
def test_a_picture_without_a_sentence_is_refused() -> None:
    chapter = report().chapters[0]
    blocks = tuple(
        replace(block, sentence="") if isinstance(block, Chart) else block for block in chapter.blocks
    )
    made = replace(report(), chapters=(replace(chapter, blocks=blocks),))
    with pytest.raises(PdfRefused, match="alt"):
        render_pdf(made, records())
