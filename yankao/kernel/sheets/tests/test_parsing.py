"""Cells become values or a sentence."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Refusal


@pytest.mark.parametrize(
    ("parse", "written", "value"),
    [
        (parsing.day, "101/6/30", date(2012, 6, 30)),
        (parsing.day, "民國101年6月30日", date(2012, 6, 30)),
        (parsing.day, "2012-06-30", date(2012, 6, 30)),
        (parsing.day, "2012-06-30T00:00:00", date(2012, 6, 30)),
        (parsing.money, "1,200,000", Decimal(1200000)),
        (parsing.money, "120萬", Decimal(1200000)),
        (parsing.decimal, "１，２３４．５", Decimal("1234.5")),
        (parsing.decimal, "(5)", Decimal(-5)),
        (parsing.decimal, "−3.10", Decimal("-3.10")),
        (parsing.percent, "4.99%", Decimal("4.99")),
        (parsing.percent, "4.99％", Decimal("4.99")),
        (parsing.percent, "-5", Decimal(-5)),
        (parsing.whole, "3.0", 3),
        (parsing.yes, "Ｙ", True),
        (parsing.yes, "否", False),
    ],
)
def test_what_offices_write_is_understood(parse, written, value):
    assert parse(written) == value


@pytest.mark.parametrize(
    ("parse", "written"),
    [
        (parsing.day, "101/2/30"),
        (parsing.day, "tomorrow"),
        (parsing.money, "約三成"),
        (parsing.money, "0.5"),
        (parsing.decimal, "1,23"),
        (parsing.decimal, "."),
        (parsing.decimal, "Exempt under Section 43"),
        (parsing.decimal, "NaN"),
        (parsing.percent, "4.99%%"),
        (parsing.whole, "3.5"),
        (parsing.yes, "maybe"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_text_given(parse, written):
    with pytest.raises(Refusal) as caught:
        parse(written)
    assert written in caught.value.sentence


def test_choices_are_taken_by_value_or_label():
    parse = parsing.one_of({"red": "紅燈", "green": "綠燈"})
    assert (parse(" RED "), parse("綠燈")) == ("red", "green")
    with pytest.raises(Refusal, match="紅燈、綠燈"):
        parse("藍燈")


@given(st.text(max_size=30))
def test_any_text_gives_a_value_or_a_refusal(written):
    for parse in (parsing.day, parsing.money, parsing.decimal, parsing.percent, parsing.whole, parsing.yes):
        try:
            parse(written)
        except Refusal as refusal:
            assert refusal.sentence
