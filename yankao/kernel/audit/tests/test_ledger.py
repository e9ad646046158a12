"""The ledger finds every way of tampering with it."""

import json
import sqlite3
from contextlib import contextmanager
from datetime import UTC, date
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Checkpoint, Entry, Head, Withheld
from yankao.kernel.calendar import TAIPEI

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def chain(cast):
    for number in range(1, 8):
        ledger.note("rule.change", f"rule:{number}", cast.rdec_chief, value=number)
    ledger.checkpoint(date(2012, 6, 30))
    assert ledger.verify() == []
    return Entry.objects.order_by("seq")


@contextmanager
def triggers_off():
    """What an attacker with the database's own rights can do."""
    if connection.vendor == "sqlite":
        connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        yield
        connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, True)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize("tamper", ["update", "delete"])
def test_the_database_refuses_to_change_or_delete_a_line(chain, tamper):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        chain.filter(seq=3).update(act="x") if tamper == "update" else chain.filter(seq=3)._raw_delete(
            "default"
        )


def test_a_flipped_byte_is_found(chain):
    with triggers_off():
        chain.filter(seq=3).update(body=chain.get(seq=3).body.replace("3", "4"))
    assert 3 in {fault.seq for fault in ledger.verify()}


def test_a_deleted_row_is_found(chain):
    with triggers_off():
        Entry.objects.filter(seq=4)._raw_delete("default")
    assert any("第4筆" in fault.sentence for fault in ledger.verify())


def test_two_swapped_rows_are_found(chain):
    with triggers_off():
        Entry.objects.filter(seq=2).update(seq=100)
        Entry.objects.filter(seq=3).update(seq=2)
        Entry.objects.filter(seq=100).update(seq=3)
    assert {2, 3} <= {fault.seq for fault in ledger.verify()}


def test_a_cut_tail_is_found_by_the_published_checkpoint_even_when_head_and_table_agree(chain):
    last = Entry.objects.get(seq=5)
    with triggers_off():
        Entry.objects.filter(seq__gt=5)._raw_delete("default")
    Head.objects.update(seq=5, hash=last.hash)
    Checkpoint.objects.all().delete()
    assert any("尾端被截斷" in fault.sentence for fault in ledger.verify())


def test_a_chain_rewritten_from_the_start_is_found_by_the_published_checkpoint(chain, cast):
    with triggers_off():
        Entry.objects.all()._raw_delete("default")
    Head.objects.update(seq=0, hash=ledger.GENESIS)
    for number in range(1, 8):
        ledger.note("rule.change", f"rule:{number}", cast.rdec_chief, value=99)
    assert any("不符" in fault.sentence for fault in ledger.verify())


def test_a_forged_checkpoint_file_is_found(chain):
    path = next(ledger.published().glob("*.json"))
    forged = json.loads(path.read_text()) | {"seq": 6}
    path.write_text(json.dumps(forged))
    assert any("簽章不符" in fault.sentence for fault in ledger.verify())


def test_a_shredded_value_leaves_the_chain_whole(cast):
    ledger.note("x", "case:0", cast.officer, given=ledger.withhold("A123456789"))
    told = json.loads(Entry.objects.get().body)["given"]
    assert ledger.withheld(told["withheld"]) == "A123456789"
    ledger.shred(told["withheld"])
    assert ledger.withheld(told["withheld"]) == ""
    assert ledger.verify() == []
    assert "A123456789" not in Entry.objects.get().body


def test_withheld_values_are_written_with_the_entries_that_name_them(cast, django_assert_max_num_queries):
    drafts = [
        ledger.Draft(
            "x", f"case:{n}", timezone.now(), body={"given": {"name": ledger.withhold(f"陳{n}")}, "n": n}
        )
        for n in range(40)
    ]
    assert not Withheld.objects.exists()
    with transaction.atomic(), django_assert_max_num_queries(8):
        ledger.append(drafts)
    for n, entry in enumerate(Entry.objects.order_by("seq")):
        reference = json.loads(entry.body)["given"]["name"]["withheld"]
        assert ledger.withheld(reference) == f"陳{n}"
    assert ledger.verify() == []


def test_a_value_withheld_where_nobody_looks_for_it_is_refused(cast):
    deep = {"given": {"people": [ledger.withhold("陳小明")]}}
    with pytest.raises(ValueError, match="withheld"), transaction.atomic():
        ledger.append([ledger.Draft("x", "case:0", timezone.now(), body=deep)])
    assert not Entry.objects.exists()


def test_the_ledger_is_not_written_outside_a_transaction(transactional_db):
    with pytest.raises(RuntimeError, match="transaction"):
        ledger.append([ledger.Draft("x", "y", None)])


WORDS = st.text(max_size=40)
# The first and the last day of the calendar may have no moment in UTC.
MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, TAIPEI])).filter(lambda one: 1 < one.year < 9999)
KEYS = st.none() | st.integers(0, 2**63 - 1)


@given(st.tuples(KEYS.filter(bool), MOMENTS, MOMENTS, KEYS, WORDS, KEYS, WORDS, WORDS, WORDS, WORDS))
def test_an_entry_is_hashed_over_the_canonical_text_of_its_columns(row):
    """What everybody may check with a JSON library of their own."""
    seq, at, recorded, *others = row
    told = [seq, *(one.astimezone(UTC).isoformat(timespec="microseconds") for one in (at, recorded))]
    text = json.dumps([*told, *others, ledger.GENESIS], ensure_ascii=False, separators=(",", ":"))
    try:
        expected = sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            ledger._digest([*row, ledger.GENESIS])
        return
    assert ledger._digest([*row, ledger.GENESIS]) == expected
