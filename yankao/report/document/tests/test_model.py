"""The block model: it refuses what cannot be printed, and a stored report comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yankao.kernel.documents.pdf import PdfRefused
from yankao.report.document import model
from yankao.report.document.extract import figures_from_html, figures_from_odt
from yankao.report.document.html import render_html
from yankao.report.document.model import (
    Fact,
    Facts,
    Heading,
    Para,
    Report,
    Said,
    Table,
    Text,
    from_dict,
    to_dict,
)
from yankao.report.document.numbering import (
    captions,
    chapter_label,
    heading_label,
    item_label,
    letters,
    short_date,
)
from yankao.report.document.odt import render_odt
from yankao.report.document.pdf import render_pdf

from .fonts import needs_fonts
from .sample import records, report

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
anchors = st.uuids().map(str)


def in_order(found: list[model.Block]) -> tuple[model.Block, ...]:
    """The blocks without the headings that would skip a level."""
    kept: list[model.Block] = []
    depth = 0
    for block in found:
        if isinstance(block, Heading):
            if block.level > depth + 1:
                continue
            depth = block.level
        kept.append(block)
    return tuple(kept)


def reports_of(words: st.SearchStrategy[str]) -> st.SearchStrategy[Report]:
    """Reports of every kind of block, with these words."""
    runs = st.lists(
        st.one_of(
            st.builds(Text, words, st.booleans()),
            st.builds(Fact, st.just("a"), words),
            st.builds(model.External, words, words),
        ),
        max_size=4,
    ).map(tuple)
    blocks = st.one_of(
        st.builds(Para, runs),
        st.builds(model.Item, st.sampled_from([1, 2]), st.integers(1, 99), runs),
        st.builds(model.Note, st.sampled_from(["absent", "break", "late", "note"]), runs),
        st.integers(1, 3).flatmap(
            lambda level: st.builds(
                Heading, st.just(level), st.tuples(*[st.integers(1, 30)] * level), words, anchors
            )
        ),
        st.integers(1, 3).flatmap(
            lambda width: st.builds(
                Table,
                anchors,
                words,
                st.tuples(*[runs] * width),
                st.lists(st.tuples(*[runs] * width), max_size=3).map(tuple),
            )
        ),
    )
    return st.builds(
        lambda found, status: replace(
            report(), status=status, chapters=(model.Chapter(3, "章", "c", in_order(found)),)
        ),
        st.lists(blocks, max_size=6),
        st.sampled_from(["draft", "frozen"]),
    )


reports = reports_of(words)
printable = reports_of(st.text("研究發展考核0123，。（）ABC xyz#$*_[]{}\\\"'`<>&@=/~", max_size=20))


@given(reports)
def test_any_report_comes_back_from_json_as_it_was(made: Report) -> None:
    assert from_dict(Report, json.loads(json.dumps(to_dict(made)))) == made


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_a_stored_edition_renders_the_same_bytes_again(language: str) -> None:
    made, facts = report(language), records()
    again = from_dict(Report, json.loads(json.dumps(to_dict(made))))
    known = from_dict(Facts, json.loads(json.dumps(to_dict(facts))))
    assert (again, known) == (made, facts)
    assert render_html(again, known) == render_html(made, facts)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda stored: stored | {"colour": "red"}, "unknown parts: colour"),
        (lambda stored: {key: part for key, part in stored.items() if key != "title"}, "incomplete"),
        (lambda stored: stored | {"status": "lost"}, "none of"),
        (lambda stored: stored | {"edition": "3"}, "not of type int"),
        (lambda stored: stored | {"edition": True}, "not of type int"),
    ],
)
def test_a_damaged_store_is_refused_with_a_sentence(change, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        from_dict(Report, change(to_dict(report())))


def test_a_stored_block_of_unknown_kind_is_refused() -> None:
    stored = to_dict(report())
    stored["chapters"][0]["blocks"][0]["is"] = "script"
    with pytest.raises(ValueError, match="none of"):
        from_dict(Report, stored)


def test_a_figure_without_a_record_stops_every_output() -> None:
    made = report()
    facts = Facts(records().records[1:])
    assert model.missing_facts(made, facts) == ["101H1-001"]
    with pytest.raises(ValueError, match="101H1-001"):
        render_html(made, facts)


def test_a_fact_is_given_once_with_a_plain_number() -> None:
    one = records().records[0]
    with pytest.raises(ValueError, match="twice"):
        Facts((one, one))
    for bad in ("1,234", "12件", "1e5", "NaN", "１２"):
        with pytest.raises(ValueError, match="plain decimal"):
            replace(one, value=bad)
    for bad in ("a#value", "a/b", "", "<x>"):
        with pytest.raises(ValueError, match="cannot be the id"):
            replace(one, id=bad)


def test_a_table_has_as_many_cells_as_its_header_in_every_row() -> None:
    cell = (Text("a"),)
    with pytest.raises(ValueError, match="2 columns"):
        Table("t", "", (cell, cell), ((cell,),))
    with pytest.raises(ValueError, match="no columns"):
        Table("t", "", (), ())
    with pytest.raises(ValueError, match="2 columns"):
        Table("t", "", (cell, cell), (), ((cell, cell, cell),))


def test_a_heading_has_one_number_per_level() -> None:
    with pytest.raises(ValueError, match="level 2"):
        Heading(2, (1,), "x", "x")
    with pytest.raises(ValueError, match="level 1"):
        Heading(1, (0,), "x", "x")


def test_headings_are_numbered_as_official_documents_are() -> None:
    assert chapter_label(25, "zh-hant") == "貳拾伍、"
    labels = [heading_label(Heading(len(n), n, "", "a"), "zh-hant") for n in ((1,), (1, 12), (1, 1, 3))]
    assert labels == ["一、", "(十二)", "3."]
    assert [item_label(model.Item(level, 2, ()), "zh-hant") for level in (1, 2)] == ["2.", "(2)"]


def test_english_headings_are_decimal() -> None:
    assert chapter_label(25, "en") == "25. "
    labels = [heading_label(Heading(len(n), n, "", "a"), "en") for n in ((1,), (1, 12), (1, 1, 3))]
    assert labels == ["1. ", "1.12 ", "1.1.3 "]
    assert [item_label(model.Item(level, 2, ()), "en") for level in (1, 2)] == ["(2)", "(b)"]
    assert [letters(number) for number in (1, 26, 27, 53)] == ["a", "z", "aa", "aaa"]


def test_tables_and_charts_are_counted_apart_and_named_once() -> None:
    made = report()
    assert captions(made) == {"channels": "表一", "monthly": "圖一", "monthly-data": "圖一"}
    chapter = made.chapters[0]
    table = next(block for block in chapter.blocks if isinstance(block, Table))
    twice = replace(made, chapters=(replace(chapter, blocks=(table, table)),))
    with pytest.raises(ValueError, match="share the id channels"):
        captions(twice)


def test_dates_are_short_in_tables() -> None:
    assert short_date(date(2012, 6, 30), "zh-hant") == "101.06.30"
    assert short_date(date(2012, 6, 30), "en") == "2012-06-30"


def test_what_was_never_translated_is_said_in_chinese() -> None:
    assert Said("件").in_language("en") == "件"
    assert Said("件", "cases").in_language("en") == "cases"


def test_control_characters_are_refused_before_a_file_is_made() -> None:
    made = report()
    chapter = replace(made.chapters[0], blocks=(Para((Text("a\x00b"),)),))
    with pytest.raises(ValueError, match=r"「a」之後有無法列印之控制字元U\+0000"):
        render_html(replace(made, chapters=(chapter,)), records())
    for bad in ("1\n件", "1\t件", "1\x1f件"):
        with pytest.raises(ValueError, match="one line"):
            Fact("a", bad)


@pytest.mark.parametrize("bad", ["", "a b", 'a"b', "a/b", "../a", "#a", "甲"])
def test_an_anchor_is_fit_for_links_and_file_names(bad: str) -> None:
    cell = (Text("a"),)
    for make in (
        lambda: Heading(1, (1,), "x", bad),
        lambda: Table(bad, "x", (cell,), ()),
        lambda: model.Chapter(1, "x", bad, ()),
        lambda: model.Chart(bad, "", "", Table("t", "x", (cell,), ())),
    ):
        with pytest.raises(ValueError, match="anchor"):
            make()


@pytest.mark.parametrize("name", ["h", "appendix"])
def test_two_places_of_a_report_are_never_named_alike(name: str) -> None:
    blocks = (Heading(1, (1,), "x", "h"), Heading(1, (2,), "y", name))
    made = replace(report(), chapters=(replace(report().chapters[0], blocks=blocks),))
    with pytest.raises(ValueError, match=f"named {name}"):
        render_html(made, records())


@settings(max_examples=40, deadline=None)
@given(reports)
def test_any_report_becomes_well_formed_html_and_odt_with_its_figures(made: Report) -> None:
    facts = Facts((replace(records().records[0], id="a"),))
    printed = [(run.fact_id, run.display) for run in model.fact_runs(made)]
    page = figures_from_html(render_html(made, facts))
    assert page.displays == printed
    shown = figures_from_odt(render_odt(made, facts))  # parses the XML
    assert shown.displays[: len(printed)] == printed and shown.values == {"a": "974"}


@needs_fonts
@settings(max_examples=8, deadline=None)
@given(printable)
def test_any_report_becomes_a_pdf_that_keeps_both_standards(made: Report) -> None:
    facts = Facts((replace(records().records[0], id="a"),))
    assert render_pdf(made, facts).startswith(b"%PDF-1.7")


@needs_fonts
@pytest.mark.parametrize(
    ("character", "sentence"),
    [("\ud7fc", "沒有字型可以顯示「.*\ud7fc"), ("\ue123", r"「\ue123」（U\+E123）是造字區之字")],
)
def test_a_character_that_an_archival_pdf_cannot_hold_is_named(character: str, sentence: str) -> None:
    with pytest.raises(PdfRefused, match=sentence):
        render_pdf(replace(report(), agency=f"研{character}考"), records())


def test_no_level_of_headings_is_skipped() -> None:
    second = Heading(2, (1, 1), "x", "x")
    with pytest.raises(ValueError, match="skips a level"):
        model.Chapter(1, "x", "c", (second,))
    assert model.Chapter(1, "x", "c", (Heading(1, (1,), "y", "y"), second)).blocks[1] is second
