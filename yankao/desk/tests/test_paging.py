"""Walking a list by keys or by page numbers shows every row once, in order, whichever way one goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from yankao.desk import paging
from yankao.desk.paging import ORDERS, Key, Pages, Where
from yankao.kernel.casework.models import Case

LOOKUPS = ("pk", "opened_on", "due_at", "number")
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(st.one_of(st.none(), DAYS, MOMENTS), st.integers(1, 10**15))
def test_a_key_comes_back_from_the_address_as_it_was(value: Any, pk: int) -> None:
    assert Key.read(str(Key(value, pk))) == Key(value, pk)


@given(st.text(max_size=40))
def test_a_garbled_key_is_no_key_and_no_error(text: str) -> None:
    found = Key.read(text)
    assert found is None or Key.read(str(found)) == found


def _all(pages: Pages) -> list[int]:
    return [row[0] for stretch in pages.stretches(pages.cases, None) for row in stretch.values_list("pk")]


def _forwards(pages: Pages) -> list[int]:
    window = pages.at(Where())
    found = [row[0] for row in window.rows]
    while window.later:
        window = pages.at(Where(after=pages.key(window.rows[-1])))
        assert window.earlier
        found += [row[0] for row in window.rows]
    return found


def _backwards(pages: Pages, last: int) -> list[int]:
    """From the last row up to the first."""
    row = next(iter(pages.cases.filter(pk=last).values_list(*LOOKUPS)))
    window = pages.at(Where(before=pages.key(row)))
    found = [last]
    for _round in range(1000):
        found = [row[0] for row in window.rows if row[0] not in found] + found
        if not window.earlier:
            return found
        window = pages.at(Where(before=pages.key(window.rows[0])))
    raise AssertionError("walking back does not end")


@pytest.mark.parametrize("code", ORDERS)
@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_walking_by_keys_shows_the_whole_list_in_order_both_ways(
    many: Callable[..., list[Any]], code: str, size: int
) -> None:
    many(43)
    pages = Pages(Case.objects.all(), ORDERS[code], LOOKUPS, size=size)
    whole = _all(pages)
    assert sorted(whole) == sorted(Case.objects.values_list("pk", flat=True))
    assert _forwards(pages) == whole
    assert _backwards(pages, whole[-1]) == whole


@pytest.mark.parametrize("code", ORDERS)
@pytest.mark.parametrize("stride", [1, 2, 20])
@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_a_page_found_by_its_number_is_the_page_one_walks_to(
    many: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch, code: str, stride: int, ahead: int
) -> None:
    many(61)
    monkeypatch.setattr(paging, "STRIDE", stride)
    monkeypatch.setattr(paging, "AHEAD", ahead)
    pages = Pages(Case.objects.all(), ORDERS[code], LOOKUPS, size=4)
    whole = _all(pages)
    for number in (1, 2, 3, 5, 8, 15, 16, 17, 400):
        rows = [row[0] for row in pages.at(Where(number=number)).rows]
        assert rows == whole[(number - 1) * 4 : number * 4], number


def test_rows_without_a_deadline_stand_last_and_are_counted_in(many: Callable[..., list[Any]]) -> None:
    many(20)
    pages = Pages(Case.objects.all(), ORDERS["due"], LOOKUPS, size=8)
    dues = [row[2] for number in (1, 2, 3) for row in pages.at(Where(number=number)).rows]
    dated = [due for due in dues if due is not None]
    assert dues == sorted(dated) + [None] * (20 - len(dated))
    assert pages.at(Where()).total == 20


def test_a_list_is_counted_to_the_cap_and_no_further(
    many: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "CAP", 30)
    many(29)
    assert Pages(Case.objects.all(), paging.NEWEST, LOOKUPS).at(Where()).total == 29
    many(5)
    assert Pages(Case.objects.all(), paging.NEWEST, LOOKUPS).at(Where()).total == 31


def test_landmarks_are_read_once_and_then_kept(many: Callable[..., list[Any]]) -> None:
    many(30)
    pages = Pages(Case.objects.all(), paging.NEWEST, LOOKUPS, size=1)
    with CaptureQueriesContext(
        connection,
    ) as first:
        pages.at(Where(number=25))
    with CaptureQueriesContext(connection) as second:
        pages.at(Where(number=27))
    assert (len(first), len(second)) == (2, 1)


def test_landmarks_of_one_person_never_serve_another_who_sees_less(
    many: Callable[..., list[Any]], cast: Any
) -> None:
    many(40)
    everything = Pages(Case.objects.all(), paging.NEWEST, LOOKUPS, size=1)
    less = Pages(Case.objects.filter(agency=cast.works), paging.NEWEST, LOOKUPS, size=1)
    everything.at(Where(number=21))
    assert [row[0] for row in less.at(Where(number=10)).rows] == _all(less)[9:10]
    assert less.at(Where(number=21)).rows == []


def test_a_new_case_in_front_moves_no_row_of_a_walk_under_way(
    many: Callable[..., list[Any]], cast: Any
) -> None:
    many(12)
    pages = Pages(Case.objects.all(), paging.NEWEST, LOOKUPS, size=5)
    before = _all(pages)
    window = pages.at(Where())
    many(1, opened_on=timezone.localdate() + timedelta(days=1))
    after = pages.at(Where(after=pages.key(window.rows[-1])))
    assert [row[0] for row in after.rows] == before[5:10]
