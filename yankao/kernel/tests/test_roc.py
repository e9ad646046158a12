"""Dates, numerals, money and counts: what is written reads back (E24)."""

import re
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.roc import (
    UNITS,
    RocError,
    date_text,
    format_money,
    format_roc,
    grouped,
    half_up,
    measure,
    numeral,
    parse_money,
    parse_numeral,
    parse_roc,
)

DAY = date(2026, 11, 23)
DATE_STYLES = ["long", "full", "short", "dot", "slash", "compact", "chinese", "iso"]


# -- dates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("long", "民國115年11月23日"),
        ("full", "中華民國115年11月23日"),
        ("short", "115年11月23日"),
        ("dot", "115.11.23"),
        ("slash", "115/11/23"),
        ("compact", "1151123"),
        ("chinese", "民國一一五年十一月二十三日"),
        ("iso", "2026-11-23"),
    ],
)
def test_a_date_is_written_in_every_style(style: str, text: str) -> None:
    assert format_roc(DAY, style) == text  # type: ignore[arg-type]
    assert format_roc(DAY, style, weekday=True) == text + "（星期一）"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("民國115年11月23日", DAY),
        ("中華民國115年11月23日", DAY),
        ("中華民國 115 年 11 月 23 日（星期一）", DAY),
        ("115.11.23", DAY),
        ("115/11/23", DAY),
        ("115-11-23", DAY),
        ("115.11.23(一)", DAY),
        ("民國115/11/23", DAY),
        ("1151123", DAY),
        ("0940526", date(2005, 5, 26)),
        ("1010630", date(2012, 6, 30)),
        ("１１５／１１／２３", DAY),
        ("１１５年１１月２３日", DAY),
        ("2026-11-23", DAY),
        ("2026/11/23", DAY),
        ("20261123", DAY),
        ("西元2026年11月23日", DAY),
        ("2026年11月23日", DAY),
        ("本(101)年6月30日", date(2012, 6, 30)),
        ("本（101）年6月30日", date(2012, 6, 30)),
        ("去(100)年12月1日", date(2011, 12, 1)),
        ("民國前1年5月1日", date(1911, 5, 1)),
        ("民前1年5月1日", date(1911, 5, 1)),
        ("民前12年1月1日", date(1900, 1, 1)),
        ("民國元年1月1日", date(1912, 1, 1)),
        ("民國一百零一年六月三十日", date(2012, 6, 30)),
        ("民國一○一年六月卅日", date(2012, 6, 30)),
    ],
)
def test_every_written_form_of_a_date_is_read(text: str, day: date) -> None:
    assert parse_roc(text) == day


def test_the_year_of_the_document_completes_a_date() -> None:
    assert parse_roc("本年6月30日", 101) == date(2012, 6, 30)
    assert parse_roc("本(101)年6月30日", 101) == date(2012, 6, 30)
    assert parse_roc("6月30日", year=101) == date(2012, 6, 30)
    assert parse_roc("去年12月1日", 101) == date(2011, 12, 1)
    with pytest.raises(RocError, match="年度不符"):
        parse_roc("本(100)年6月30日", 101)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "115/13/01",
        "115/02/30",
        "民國0年1月1日",
        "0/1/1",
        "民國2026年1月1日",
        "民國2026/1/1",
        "940526",
        "115/11-23",
        "6月30日",
        "本年6月30日",
        "115/11/23（星期二）",
        "114/02/29",
    ],
)
def test_what_is_no_date_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(RocError) as refusal:
        parse_roc(text)
    assert refusal.value.given == text


@given(st.dates(date(1, 1, 1), date(2910, 12, 31)), st.sampled_from(DATE_STYLES), st.booleans())
def test_a_written_date_reads_back(day: date, style: str, weekday: bool) -> None:
    if day.year < 1912 and style == "compact":
        with pytest.raises(RocError):
            format_roc(day, style)  # type: ignore[arg-type]
        return
    assert parse_roc(format_roc(day, style, weekday=weekday)) == day  # type: ignore[arg-type]


@given(st.dates(date(1912, 1, 1), date(2910, 12, 31)))
def test_full_width_and_blanks_change_nothing(day: date) -> None:
    wide = format_roc(day, "slash").translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789/"})
    assert parse_roc(f" {wide} ") == day
    assert parse_roc(" ".join(format_roc(day, "long"))) == day


@given(st.dates(date(1912, 1, 1), date(2900, 12, 31)), st.integers(1, 6))
def test_a_wrong_weekday_is_noticed(day: date, off: int) -> None:
    wrong = format_roc(day + timedelta(off), weekday=True)[-5:]
    with pytest.raises(RocError):
        parse_roc(format_roc(day) + wrong)


def test_a_date_is_told_in_english() -> None:
    assert date_text(DAY, "en", weekday=True) == "Monday 23 November 2026"
    assert date_text(DAY, weekday=True) == "民國115年11月23日（星期一）"


# -- numerals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "style", "text"),
    [
        (1, "outline", "一、"),
        (12, "outline", "十二、"),
        (3, "paren", "（三）"),
        (25, "chapter", "貳拾伍"),
        (10, "chapter", "拾"),
        (25, "financial", "貳拾伍"),
        (10, "financial", "壹拾"),
        (123, "financial", "壹佰貳拾參"),
        (25, "cardinal", "二十五"),
        (0, "cardinal", "零"),
        (110, "cardinal", "一百一十"),
        (105, "cardinal", "一百零五"),
        (100010, "cardinal", "十萬零一十"),
        (120000, "cardinal", "十二萬"),
        (10**8 + 1, "cardinal", "一億零一"),
        (20300, "cardinal", "二萬零三百"),
        (10**8 + 1234, "cardinal", "一億零一千二百三十四"),
        (10**8 + 12_340_000, "cardinal", "一億一千二百三十四萬"),
        (115, "digits", "一一五"),
        (101, "digits", "一〇一"),
    ],
)
def test_a_numeral_is_written(n: int, style: str, text: str) -> None:
    assert numeral(n, style) == text  # type: ignore[arg-type]
    assert parse_numeral(text) == n


@given(
    st.one_of(st.integers(0, 9999), st.integers(0, 10**20 - 1)),
    st.sampled_from(["cardinal", "outline", "paren", "chapter", "financial", "digits"]),
)
def test_a_written_numeral_reads_back(n: int, style: str) -> None:
    assert parse_numeral(numeral(n, style)) == n  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "n"), [("廿三", 23), ("卅", 30), ("兩百", 200), ("1,043", 1043), ("十", 10)]
)
def test_other_written_numerals_are_read(text: str, n: int) -> None:
    assert parse_numeral(text) == n


@pytest.mark.parametrize("text", ["", "abc", "百千", "一二百", "萬", "三億二億", "十十"])
def test_what_is_no_numeral_is_refused(text: str) -> None:
    with pytest.raises(RocError):
        parse_numeral(text)


def test_numbers_without_a_numeral_are_refused() -> None:
    for n in (-1, 10**20):
        with pytest.raises(RocError):
            numeral(n)


# -- money --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("34億6553萬1000元", 3_465_531_000),
        ("82億267萬5000元", 8_202_675_000),
        ("43億6547萬1000元", 4_365_471_000),
        ("1140萬元", 11_400_000),
        ("45萬6000元", 456_000),
        ("18萬3000元", 183_000),
    ],
)
def test_e24_the_amounts_of_the_report_read_and_write_alike(text: str, amount: int) -> None:
    assert parse_money(text) == amount
    assert format_money(amount) == text


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("446.53億元", 44_653_000_000),
        ("446.53 億", 44_653_000_000),
        ("NT$446.53億", 44_653_000_000),
        ("34 億 6,553 萬 1000 元", 3_465_531_000),
        ("6億3,944萬2,789元", 639_442_789),
        ("NT$44.65 billion", 44_650_000_000),
        ("3.5 million", 3_500_000),
        ("NT$456,000", 456_000),
        ("新台幣1,234元整", 1234),
        ("新臺幣伍仟元整", 5000),
        ("3千5百萬元", 35_000_000),
        ("三十四億元", 3_400_000_000),
        ("３４億６５５３萬１０００元", 3_465_531_000),
        ("1兆2億", 1_000_200_000_000),
        ("-3萬元", -30_000),
        ("－3萬元", -30_000),
        ("NT$-5", -5),
        ("（5,000）", -5000),
        ("0元", 0),
        ("12345", 12345),
    ],
)
def test_other_written_amounts_are_read(text: str, amount: int) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        "元",
        "億",
        "1.5億3萬元",
        "3萬5億",
        "1.5元",
        "1,23元",
        "12萬34567元",
        "--5元",
        "1億2億",
        "3.001千元",
        "many",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(RocError) as refusal:
        parse_money(text)
    assert refusal.value.given == text


@given(
    st.one_of(st.integers(-(10**6), 10**6), st.integers(-(10**16) + 1, 10**16 - 1)),
    st.sampled_from(["report", "grouped", "plain", "nt", "formal"]),
)
def test_an_exact_amount_reads_back(amount: int, style: str) -> None:
    assert parse_money(format_money(amount, style)) == amount  # type: ignore[arg-type]


@given(st.integers(0, 10**14), st.integers(0, 6), st.sampled_from(["yi", "wan", "nt_yi"]))
def test_a_rounded_amount_is_off_by_half_its_last_digit_at_most(amount: int, places: int, style: str) -> None:
    unit = 10**4 if style == "wan" else 10**8
    places = min(places, 4) if style == "wan" else places
    read = parse_money(format_money(amount, style, places))  # type: ignore[arg-type]
    assert abs(read - amount) * 2 * 10**places <= unit


@pytest.mark.parametrize(
    ("amount", "style", "places", "text"),
    [
        (44_653_000_000, "yi", 2, "446.53億元"),
        (44_653_500_000, "yi", 2, "446.54億元"),
        (44_653_000_000, "nt_yi", 2, "NT$446.53億"),
        (44_653_000_000, "en", 2, "NT$44.65 billion"),
        (11_400_000, "en", 1, "NT$11.4 million"),
        (999_999_999, "en", 2, "NT$1.00 billion"),
        (456_000, "en", 2, "NT$456,000"),
        (-5, "en", 2, "-NT$5"),
        (11_400_000, "wan", 0, "1,140萬元"),
        (639_442_789, "grouped", 2, "6億3,944萬2,789元"),
        (0, "report", 2, "0元"),
        (1_000_000_000_000, "report", 2, "1兆元"),
        (5000, "formal", 2, "新臺幣伍仟元整"),
    ],
)
def test_an_amount_is_written(amount: int, style: str, places: int, text: str) -> None:
    assert format_money(amount, style, places) == text  # type: ignore[arg-type]


def test_parts_of_a_yuan_are_refused() -> None:
    assert format_money(Decimal("456000.00")) == "45萬6000元"
    with pytest.raises(RocError):
        format_money(Decimal("1.5"))


# -- rounding and counts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Decimal("94.345"), 2, "94.35"),
        (Decimal("0.5"), 0, "1"),
        (Decimal("-2.5"), 0, "-3"),
        (Fraction(98400, 1043), 1, "94.3"),
        (Fraction(83000, 884), 2, "93.89"),
        (Fraction(-5, 2), 0, "-3"),
        ("94.25", 1, "94.3"),
        (7, 2, "7.00"),
    ],
)
def test_figures_are_rounded_half_up(value: Decimal | Fraction | str, places: int, text: str) -> None:
    assert str(half_up(value, places)) == text


@given(st.decimals(-(10**9), 10**9, places=6), st.integers(0, 4))
def test_a_fraction_rounds_like_its_decimal(value: Decimal, places: int) -> None:
    assert half_up(Fraction(value), places) == half_up(value, places)
    assert abs(half_up(value, places) - value) * 2 <= Decimal(1).scaleb(-places)


@pytest.mark.parametrize(
    ("value", "unit", "places", "zh", "en"),
    [
        (1043, "件", None, "1,043件", "1,043 cases"),
        (1, "件", None, "1件", "1 case"),
        (0, "通", None, "0通", "0 calls"),
        (371842, "通", None, "371,842通", "371,842 calls"),
        (1, "人", None, "1人", "1 person"),
        (Decimal("94.30"), "%", None, "94.30%", "94.30%"),
        (Fraction(98400, 1043), "%", 1, "94.3%", "94.3%"),
        (Decimal("446.53"), "億元", None, "446.53億元", "NT$44.653 billion"),
        (Decimal("1.54"), "億元", None, "1.54億元", "NT$154 million"),
        (Decimal("72.77"), "億元", 2, "72.77億元", "NT$7.277 billion"),
        (3, "萬元", None, "3萬元", "NT$30,000"),
        (456000, "元", None, "456,000元", "NT$456,000"),
        (72, "件次", None, "72件次", "72 inspections"),
    ],
)
def test_a_count_has_its_measure_word(
    value: int | Decimal | Fraction, unit: str, places: int | None, zh: str, en: str
) -> None:
    assert measure(value, unit, places=places) == zh
    assert measure(value, unit, "en", places=places) == en


def test_every_unit_of_the_figures_is_known() -> None:
    listed = re.split(" ", "件 案 篇 項 項次 人 人次 通 次 家 場 場次 期 名 台 處 個 類 熱點 元 億元 % 件次")
    assert set(listed) <= set(UNITS)
    for code in listed:
        assert measure(2, code).startswith("2") and measure(2, code, "en").isascii()


def test_an_unknown_unit_and_an_unrounded_fraction_are_refused() -> None:
    with pytest.raises(RocError):
        measure(1, "隻")
    with pytest.raises(RocError):
        grouped(Fraction(1, 3))
    assert measure(371842, "通", group=False) == "371842通"
