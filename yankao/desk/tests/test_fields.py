"""Dates and money as officials write them, taken by forms and given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from yankao.desk.fields import MoneyField, RocDateField


@pytest.mark.parametrize(
    "text", ["115/11/23", "115.11.23", "民國115年11月23日", "1151123", "2026-11-23", "１１５／１１／２３"]
)
def test_every_written_form_of_a_date_is_taken(text: str) -> None:
    assert RocDateField().clean(text) == date(2026, 11, 23)


@pytest.mark.parametrize("text", ["115/13/40", "115/2/30", "明天", "11/23/"])
def test_a_date_that_is_none_is_refused_with_an_example(text: str) -> None:
    with override("zh-hant"), pytest.raises(ValidationError, match="例如115/11/23"):
        RocDateField().clean(text)


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2400, 12, 31)))
def test_what_the_box_shows_is_what_it_takes(day: date) -> None:
    field = RocDateField()
    for language in ("zh-hant", "en"):
        with override(language):
            assert field.clean(field.widget.format_value(day)) == day
            assert not field.has_changed(day, field.widget.format_value(day))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("34億6553萬1000元", 3465531000),
        ("1,140萬", 11400000),
        ("3.5億", 350000000),
        ("11400000", 11400000),
        ("NT$1,234", 1234),
        ("0", 0),
    ],
)
def test_money_is_taken_as_it_is_written(text: str, amount: int) -> None:
    value = MoneyField().clean(text)
    assert value == amount
    assert isinstance(value, Decimal)


@pytest.mark.parametrize("text", ["很多", "12.5", "1萬2億", "億"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with override("zh-hant"), pytest.raises(ValidationError, match="看不懂這個金額"):
        MoneyField().clean(text)


def test_limits_are_said_in_the_sentence() -> None:
    with override("zh-hant"):
        with pytest.raises(ValidationError, match="不能少於0元"):
            MoneyField().clean("-5")
        with pytest.raises(ValidationError, match="不能超過1,000,000元"):
            MoneyField(max_value=1_000_000).clean("101萬")
        assert MoneyField(min_value=None).clean("-5") == -5


@given(st.integers(min_value=0, max_value=10**15))
def test_an_amount_survives_its_box(amount: int) -> None:
    field = MoneyField()
    assert field.clean(field.widget.format_value(Decimal(amount))) == amount
    assert not field.has_changed(Decimal(amount), field.widget.format_value(Decimal(amount)))


def test_what_was_typed_stays_when_it_is_refused() -> None:
    class Budget(forms.Form):
        amount = MoneyField()
        due = RocDateField()

    html = str(Budget({"amount": "很多", "due": "115/13/40"})["amount"]) + str(
        Budget({"due": "115/13/40"})["due"]
    )
    assert 'value="很多"' in html
    assert 'value="115/13/40"' in html


def test_an_empty_optional_box_is_none() -> None:
    assert RocDateField(required=False).clean("") is None
    assert MoneyField(required=False).clean("") is None
