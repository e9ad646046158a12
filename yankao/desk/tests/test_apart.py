"""What is counted and walked from the words of parts is what the ORM would count and walk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from yankao.desk import apart, worklist
from yankao.desk.paging import ORDERS, Pages, Recipe, Where
from yankao.kernel import prepared
from yankao.kernel.casework.duties import NONE
from yankao.kernel.casework.models import Case, Link
from yankao.kernel.prepared import filled, shape

type Many = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def afresh() -> None:
    prepared.forget()


@pytest.fixture
def parts(many: Many) -> list[Q]:
    cases = many(40)
    Link.objects.create(source_id=cases[0].pk, target_id=cases[1].pk, kind=Link.Kind.SEE_ALSO)
    for place, case in enumerate(cases):
        due = None if place % 5 == 0 else timezone.now() + timedelta(days=place - 20)
        Case.objects.filter(pk=case.pk).update(due_at=due)
    first, *others = sorted({case.agency_id for case in cases})
    linked = Q(pk__in=Link.objects.values("source_id"))
    return [
        Q(agency_id=first, opened_on__gte=date(2000, 1, 1)),
        Q(agency_id__in=others, stage__in=["kept", "none", "claimed"]) & ~linked,
        Q(agency_id__in=others) & linked,
        NONE,
    ]


def test_parts_are_counted_as_the_orm_counts_them(parts: list[Q]) -> None:
    now = timezone.now()
    tests = [None, Q(due_at__lt=now), Q(due_at__gte=now, due_at__lt=now + timedelta(days=5)), Q(due_at=None)]
    lists = [(test, parts[at:]) for test in tests for at in range(len(parts))]
    expected = [
        sum(Case.objects.filter(part).filter(test or Q()).count() for part in own) for test, own in lists
    ]
    assert worklist.counts(lists) == expected
    assert sum(expected) > 50
    assert worklist.counts(lists) == expected, "from the kept words"


def paged(parts: list[Q], order: Any) -> tuple[Any, Pages]:
    """All cases of the parts, and the same cut into pages of seven."""
    shapes = [shape(part) for part in parts]

    def made(values: Any) -> Any:
        given = iter(values)
        return Case.objects.all(), [filled(part, given) for part in parts]

    recipe = Recipe(("test", *(name for name, _v in shapes)), [v for _n, own in shapes for v in own], made)
    whole = Case.objects.filter(reduce(or_, parts))
    lookups = ["pk", "opened_on", "due_at"]
    return whole, Pages(whole, order, lookups, size=7, branches=parts, recipe=recipe, apart=True)


@pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.code)
def test_parts_are_walked_in_order_from_page_to_page(parts: list[Q], order: Any) -> None:
    whole, pages = paged(parts, order)
    keys = [pages.at(Where())]
    assert keys[0].total == whole.count() > 14
    while keys[-1].later:
        keys.append(pages.at(Where(after=pages.key(keys[-1].rows[-1]), number=len(keys) + 1)))
    found = [row[0] for window in keys for row in window.rows]
    assert sorted(found) == sorted(whole.values_list("pk", flat=True)) and len(set(found)) == len(found)
    back = pages.at(Where(before=pages.key(keys[-1].rows[0]), number=len(keys) - 1))
    assert back.rows == keys[-2].rows
    values = [pages.key(row).value for window in keys for row in window.rows]
    given = [value for value in values if value is not None]
    assert given == sorted(given, reverse=order.down)


def test_a_query_that_does_not_read_the_docket_is_refused(parts: list[Q]) -> None:
    text = apart.cases(parts[0])
    assert text is not None
    with pytest.raises(ValueError, match="does not fit"):
        apart.among(text, "links", [], lambda _values: Link.objects.values_list("pk"))


def test_the_statement_of_a_page_is_kept_however_many_stages_a_part_names(parts: list[Q]) -> None:
    stages = Q(stage__in=[f"stage {n}" for n in range(150)])
    _whole, pages = paged([parts[0], parts[1] | (parts[2] & stages)], ORDERS["due"])
    assert pages.at(Where()).rows
    assert prepared._kept and None not in prepared._kept.values()
