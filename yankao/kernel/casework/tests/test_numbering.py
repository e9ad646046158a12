"""Running numbers: none is skipped or doubled, and rows written next have their keys with the number."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from yankao.kernel import bulk
from yankao.kernel.casework import numbering
from yankao.kernel.casework.models import Case, Sequence

pytestmark = pytest.mark.django_db


def opened(cast: Any) -> Case:
    return bulk.made(
        Case, number="-", kind="examples.lost_property", title="拾得雨傘", agency=cast.water, stage="kept",
        opened_on=date(2026, 11, 23),
    )  # fmt: skip


def test_numbers_run_on_from_the_first_of_a_year(cast: Any) -> None:
    with transaction.atomic():
        assert [numbering.take("numbered:115", many) for many in (1, 3, 1)] == [1, 2, 5]
    assert Sequence.objects.get(pk="numbered:115").last == 5


def test_a_number_that_was_not_used_is_given_again(cast: Any) -> None:
    numbering.take("numbered:115")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        numbering.take("numbered:115")
        raise ZeroDivisionError
    assert numbering.take("numbered:115") == 2


def test_rows_that_come_with_a_number_are_given_keys_of_their_own(cast: Any) -> None:
    before = opened(cast)
    before.number = "拾115-1"
    before.save()
    with transaction.atomic():
        rows = [opened(cast), opened(cast)]
        numbers = numbering.Taking("numbered:115", 2, rows)
        first = numbers.first()
        for number, row in enumerate(rows, first):
            row.number = f"拾115-{number + 1}"
        if connection.vendor == "postgresql":
            assert all(row.pk for row in rows)
        bulk.write(Case, rows)
    after = opened(cast)
    after.number = "拾115-9"
    after.save()
    keys = [before.pk, *(row.pk for row in rows), after.pk]
    assert first == 1 and len(set(keys)) == 4 and keys == sorted(keys)
    assert Case.objects.count() == 4
