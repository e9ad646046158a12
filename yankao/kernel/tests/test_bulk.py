"""Rows written in bulk are the rows the ORM writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.kernel import bulk
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.journal.models import Source

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)


def case(cast: Any, number: str, **more: Any) -> Case:
    facts: dict[str, Any] = {
        "number": number, "kind": "examples.lost_property", "title": "拾得雨傘", "agency": cast.water,
        "stage": "kept", "opened_on": date(2026, 11, 23),
    }  # fmt: skip
    return Case(**(facts | more))


def test_rows_get_keys_that_nobody_else_has(cast: Any) -> None:
    before = case(cast, "拾115-1")
    before.save()
    rows = [case(cast, f"拾115-{n}") for n in range(2, 60)]
    bulk.write(Case, rows, step=25)
    after = case(cast, "拾115-99")
    after.save()
    keys = [before.pk, *(row.pk for row in rows), after.pk]
    assert len(set(keys)) == 60 and keys == sorted(keys)
    assert Case.objects.get(number="拾115-7").pk == rows[5].pk
    rows[0].title = "拾得皮夾"
    rows[0].save()
    assert Case.objects.count() == 60, "an instance that was written is saved again, not kept twice"


def test_a_key_that_was_given_before_is_not_given_again(cast: Any) -> None:
    gone = case(cast, "拾115-1")
    gone.save()
    key = gone.pk
    gone.delete()
    bulk.write(Case, [after := case(cast, "拾115-2")])
    assert after.pk > key


def test_a_relation_set_before_it_had_a_key_is_kept(cast: Any) -> None:
    one = case(cast, "拾115-1")
    clock = Clock(case=one, code="keep", started_at=NOON, span="3d", due_at=NOON + timedelta(days=3))
    with pytest.raises(ValueError, match="no row yet"):
        bulk.write(Clock, [clock])
    bulk.write(Case, [one])
    bulk.write(Clock, [clock])
    assert Clock.objects.get().case_id == one.pk


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            TEXT,
            st.booleans(),
            st.none() | st.integers(0, 2**32).map(lambda s: NOON + timedelta(seconds=s - 2**31)),
            st.none() | st.integers(-(2**62), 2**62),
            st.dictionaries(TEXT, st.none() | st.booleans() | st.integers(-99, 99) | TEXT, max_size=3),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_kind_of_value_reads_as_the_orm_would_have_written_it(db: None, rows: list[Any]) -> None:
    def made(code: str) -> list[Source]:
        return [
            Source(journal="x", code=f"{code}{n}", name=name, format="csv", active=active, last_at=at,
                   inode=number, settings=told)
            for n, (name, active, at, number, told) in enumerate(rows)
        ]  # fmt: skip

    names = ("name", "active", "last_at", "inode", "settings", "offset", "read_at")
    with transaction.atomic():
        Source.objects.bulk_create(made("orm"))
        bulk.write(Source, made("bulk"))
        bulk.copy(
            Source,
            ("journal", "code", *names, "format", "address", "fingerprint", "fault"),
            [("x", f"copy{n}", *(getattr(one, name) for name in names), "csv", "", "", "")
             for n, one in enumerate(made(""))],
        )  # fmt: skip
        kept = {
            way: list(Source.objects.filter(code__startswith=way).order_by("code").values_list(*names))
            for way in ("orm", "bulk", "copy")
        }
        assert len(kept["orm"]) == len(rows)
        assert kept["bulk"] == kept["copy"] == kept["orm"]
        transaction.set_rollback(True)


def test_what_a_field_sets_itself_is_set(cast: Any) -> None:
    from yankao.kernel.casework.models import Comment

    bulk.write(Case, [one := case(cast, "拾115-1")])
    bulk.write(Comment, [Comment(case=one, author=cast.officer, text="已通知")])
    assert timezone.now() - Comment.objects.get().at < timedelta(minutes=1)


def test_constraints_hold_and_nothing_half_is_left(cast: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.write(Case, [case(cast, "拾115-1"), case(cast, "拾115-1")])
    assert not Case.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.copy(Evidence, ("sha256",), [("0" * 64,)])


def test_of_new_rows_those_that_are_there_are_left_alone(cast: Any) -> None:
    bulk.write(Case, [case(cast, "拾115-1")])
    again = [case(cast, f"拾115-{number}") for number in range(1, 12)]
    for one in again:
        one.title = "第二次"
    bulk.write_new(Case, again)
    told = dict(Case.objects.values_list("number", "title"))
    assert len(told) == 11 and told["拾115-1"] != "第二次" and told["拾115-11"] == "第二次"
