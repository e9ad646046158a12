# ruff: noqa: E501 - tables of examples
"""The linter of untraced numbers: nothing that counts gets through, nothing that dates or names is stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.roc import UNITS
from yankao.report.document.lint import numbers_in, says, untraced_numbers, untrue_displays
from yankao.report.document.model import (
    Chapter,
    External,
    Fact,
    Facts,
    Heading,
    Item,
    Note,
    Para,
    Report,
    Runs,
    Said,
    Table,
    Text,
)

from .sample import records, report

MEASURES = ["件", "案", "篇", "項", "人次", "通", "家", "場", "期", "名", "台", "處", "元", "億", "萬", "%"]


def found(text: str, **options: object) -> list[str]:
    return [number for number, _, _ in numbers_in(text, **options)]


def around(*blocks: object) -> Report:
    return replace(report(), chapters=(Chapter(25, "研考", "c", tuple(blocks)),))


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_the_sample_report_has_no_untraced_number_and_no_untrue_figure(language: str) -> None:
    assert untraced_numbers(report(language)) == []
    assert untrue_displays(report(language), records()) == []


@pytest.mark.parametrize("text", ["12", "１２", "2,012", "94.3", "1.5", "٣٤", "371,842", "7"])
@pytest.mark.parametrize("frame", ["共{}件", "計{}", "達{}%。", " {} cases", "約{}億元"])
def test_digits_of_every_script_are_found(text: str, frame: str) -> None:
    assert any(text in number for number in found(frame.format(text)))


@given(st.integers(0, 10**12), st.sampled_from(MEASURES), st.sampled_from(["受理", "共計", "達", "有"]))
def test_a_count_in_prose_is_always_found(count: int, measure: str, before: str) -> None:
    assert found(f"本期{before}{count}{measure}，均已辦結。")
    assert found(f"本期{before}{count:,}{measure}，均已辦結。")


@given(st.text("二三四五六七八九十百千", min_size=1, max_size=6), st.sampled_from(MEASURES))
def test_a_count_in_chinese_numerals_is_always_found(count: str, measure: str) -> None:
    assert found(f"共計{count}{measure}。")


@given(st.dates(), st.sampled_from(["於", "自", "截至", "on "]))
def test_a_date_is_never_found(day, before: str) -> None:
    year = day.year - 1911
    written = [f"{day.day} {day:%B} {day.year}"] if 1900 <= day.year < 2100 else []
    if 40 <= year < 200:
        written += [
            f"{year}年{day.month}月{day.day}日",
            f"{year}.{day.month}.{day.day}",
            f"{year}年度",
            f"{year}年",
        ]
    if 1900 <= day.year < 2100:
        written += [day.isoformat(), f"{day.year}年{day.month}月"]
    for text in written:
        assert found(before + text + "。") == []


@pytest.mark.parametrize(
    "text",
    [
        "自101年1月至6月", "98、99及100年", "第1屆第4次定期大會", "第二季", "依行政程序法第170條之1第2項",
        "§168", "字第10130674800號", "101H1", "14:30", "表1", "圖2", "附件3", "依ISO 27001規定", "IPv6", "H1N1",
        "PDF/A-3", "Article 12(3)", "January to June 2012", "in 2012 the", "4th session", "FY 2012", "ROC 101",
        "統一處理", "單一窗口", "任一期間", "本期間", "人員", "一般", "十分重要", "Table 1",
    ],
)  # fmt: skip
def test_dates_ordinals_articles_and_names_are_not_counts(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3年", "3"), ("3個月", "3"), ("3月內", "3"), ("24小時", "24"), ("第3名", "3"), ("in 2012 cases", "2012"),
        ("NT$5", "5"), ("NTD500", "500"), ("百分之九十", "百分之九十"), ("一案", "一案"), ("其中一項", "一項"),
        ("101.13.40", "101.13.40"), ("30 June 2012, 12 cases", "12"), ("101年受理5件", "5"),
        ("2012", "2012"), ("101", "101"), ("25:99", "25"),
    ],
)  # fmt: skip
def test_what_looks_like_a_date_but_counts_is_found(text: str, number: str) -> None:
    assert number in found(text)


def test_a_unit_after_a_figure_multiplies_it_and_is_found() -> None:
    runs: Runs = (Text("經費"), Fact("101H1-001", "974件"), Text("萬元"))
    assert [finding.number for finding in untraced_numbers(around(Para(runs)))] == ["萬元"]


def test_digits_cannot_hide_by_being_split_over_two_texts() -> None:
    runs: Runs = (Text("民國"), Text("1"), Text("2件", strong=True))
    assert [finding.number for finding in untraced_numbers(around(Para(runs)))] == ["12"]


def test_a_figure_or_an_external_number_is_traced() -> None:
    runs: Runs = (
        Text("受理"),
        Fact("101H1-001", "974件"),
        Text("，全國"),
        External("23,224,912", "主計總處"),
        Text("人"),
    )
    assert untraced_numbers(around(Para(runs))) == []


def test_a_name_with_digits_is_allowed_only_when_the_agency_uses_it() -> None:
    assert found("1999專線") == ["1999"]
    assert found("1999專線", names=["1999"]) == []
    assert found("21999件", names=["1999"]) == ["21999"]


def test_a_finding_says_where_it_stands() -> None:
    cell: Runs = (Text("7件"),)
    made = around(
        Heading(1, (1,), "研究", "a"),
        Heading(2, (1, 2), "辦理5場", "b"),
        Item(1, 3, (Text("共3件"),)),
        Note("note", (Text("計8案"),)),
        Table("t", "前10名", (cell,), ()),
    )
    assert [(finding.place, finding.number) for finding in untraced_numbers(made)] == [
        ("貳拾伍、 一、 (二)", "5"),
        ("貳拾伍、 一、 (二) 3.", "3"),
        ("貳拾伍、 一、 (二)", "8"),
        ("貳拾伍、 一、 (二) 表一", "10"),
        ("貳拾伍、 一、 (二) 表一", "7"),
    ]


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "display", "true"),
    [
        ("3465531000", "元", 0, "34億6553萬1000元", True),
        ("3465531000", "元", 0, "34.66億元", True),
        ("3465531000", "元", 0, "34.65億元", False),
        ("3465531000", "元", 0, "NT$3.47 billion", True),
        ("446.53", "億元", 2, "446.53億元", True),
        ("446.53", "億元", 2, "NT$44.653 billion", True),
        ("446.53", "億元", 2, "NT$44.654 billion", False),
        ("446.53", "億元", 2, "446.54億元", False),
        ("1.54", "億元", 2, "NT$154 million", True),
        ("93.89", "%", 2, "93.89%", True),
        ("93.89", "%", 2, "93.9%", False),
        ("93.9", "%", 1, "93.90%", True),
        ("371842", "通", 0, "371,842通", True),
        ("371842", "通", 0, "371,843通", False),
        ("371842", "通", 0, "許多", False),
        ("-3", "件", 0, "-3件", True),
        ("1", "案", 0, "1 project", True),
        ("2", "案", 0, "2 projects", True),
        ("1", "人", 0, "1 person", True),
        ("2", "案", 0, "1 project", False),
    ],
)
def test_a_figure_says_its_value(value: str, unit: str, decimals: int, display: str, true: bool) -> None:
    said = Said(unit, UNITS[unit].many)
    record = replace(records().records[0], value=value, unit=said, decimals=decimals)
    assert says(display, record) is true


def test_an_untrue_display_is_found() -> None:
    one = records().records[0]
    made = around(Para((Fact(one.id, "975件"), Fact("gone", "1件"))))
    assert [finding.kind for finding in untrue_displays(made, Facts((one,)))] == [
        "untrue",
        "unrecorded",
    ]
