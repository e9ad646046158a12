"""Rows written in bulk are the rows the ORM writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectNotUpdated
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.kernel import bulk
from yankao.kernel.casework.models import Case, Clock, Comment
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


def test_one_row_is_saved_as_it_would_save_itself(cast: Any) -> None:
    kept, own = case(cast, "拾115-1"), case(cast, "拾115-2")
    bulk.save(kept)
    own.save()
    for one in (kept, own):
        one.title, one.officer, one.closed_on = "拾得皮夾", cast.officer, date(2026, 11, 24)
    bulk.save(kept)
    own.save()
    columns = [one.attname for one in Case._meta.concrete_fields if one.attname not in ("id", "number")]
    first, second = Case.objects.order_by("number").values_list(*columns)
    assert first == second and Case.objects.count() == 2


def test_a_row_that_is_gone_is_not_saved_in_silence(cast: Any) -> None:
    bulk.save(gone := case(cast, "拾115-1"))
    Case.objects.all().delete()
    gone.title = "拾得皮夾"
    with pytest.raises(ObjectNotUpdated):
        bulk.save(gone)


def test_what_was_not_read_is_neither_read_nor_overwritten(cast: Any, django_assert_num_queries: Any) -> None:
    bulk.save(case(cast, "拾115-1"))
    part = Case.objects.only("title").get()
    Case.objects.update(stage="returned")
    part.title = "拾得皮夾"
    with django_assert_num_queries(1):
        bulk.save(part)
    assert Case.objects.values_list("title", "stage").get() == ("拾得皮夾", "returned")


def test_the_time_of_making_stays_when_a_row_is_saved_again(cast: Any) -> None:
    bulk.save(one := case(cast, "拾115-1"))
    bulk.save(said := Comment(case=one, author=cast.officer, text="已通知"))
    made = Comment.objects.get().at
    said.text = "已再通知"
    bulk.save(said)
    assert Comment.objects.values_list("text", "at").get() == ("已再通知", made)


def test_a_row_is_put_where_one_with_the_same_word_stood(cast: Any) -> None:
    bulk.put(case(cast, "拾115-1"), by="number")
    first = Case.objects.get(number="拾115-1").pk
    bulk.put(case(cast, "拾115-2"), by="number")
    bulk.put(case(cast, "拾115-1", title="拾得雨鞋", closed_on=date(2026, 11, 24)), by="number")
    told = Case.objects.order_by("number").values_list("number", "title", "closed_on")
    assert list(told) == [("拾115-1", "拾得雨鞋", date(2026, 11, 24)), ("拾115-2", "拾得雨傘", None)]
    assert Case.objects.get(number="拾115-1").pk == first
    with pytest.raises(TypeError, match="unique"):
        bulk.put(case(cast, "拾115-1"), by="title")


def test_what_was_sent_without_waiting_is_there_or_its_refusal_is_told(cast: Any) -> None:
    with transaction.atomic(), bulk.unawaited():
        bulk.write(Case, [case(cast, "拾115-1")], keyed=False)
        with bulk.unawaited():  # part of the outer one: nothing is waited for here either
            bulk.write(Case, [case(cast, "拾115-2")], keyed=False)
    assert set(Case.objects.values_list("number", flat=True)) == {"拾115-1", "拾115-2"}
    with pytest.raises(IntegrityError), transaction.atomic(), bulk.unawaited():
        bulk.write(Case, [case(cast, "拾115-3")], keyed=False)
        bulk.write(Case, [case(cast, "拾115-1")], keyed=False)
        bulk.write(Case, [case(cast, "拾115-4")], keyed=False)
    assert Case.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_transaction_sent_at_once_is_kept_whole_or_not_at_all(cast: Any) -> None:
    heard: list[str] = []
    with bulk.at_once():
        bulk.write(Case, [case(cast, "拾115-1")], keyed=False)
        transaction.on_commit(lambda: heard.append("kept"))
    assert heard == ["kept"] and Case.objects.count() == 1
    with pytest.raises(IntegrityError), bulk.at_once():
        bulk.write(Case, [case(cast, "拾115-2")], keyed=False)
        bulk.write(Case, [case(cast, "拾115-1")], keyed=False)  # refused, which is told at the end
        transaction.on_commit(lambda: heard.append("never"))
    with pytest.raises(ZeroDivisionError), bulk.at_once():
        bulk.write(Case, [case(cast, "拾115-3")], keyed=False)
        raise ZeroDivisionError
    with transaction.atomic():  # inside another one the refusal harms nobody else
        bulk.write(Case, [case(cast, "拾115-4")], keyed=False)
        with pytest.raises(IntegrityError), bulk.at_once():
            bulk.write(Case, [case(cast, "拾115-1")], keyed=False)
    assert heard == ["kept"]
    assert set(Case.objects.values_list("number", flat=True)) == {"拾115-1", "拾115-4"}
