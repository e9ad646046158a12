"""A feed is read once, whatever happens to its file; what cannot be read waits; nothing raw is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from yankao.kernel.journal import ingest, reconciling, repair, sealing, tailing
from yankao.kernel.journal.declare import Journal
from yankao.kernel.journal.models import Block, Counterpart, DeadLetter, MonthKey, Source
from yankao.kernel.people.testing import Cast

DAY = "2026-03-02"
LINES = [f"call-{number} {DAY} {number}" for number in range(12)]


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def facts() -> dict[str, int]:
    return dict(Counterpart.objects.values_list("external_id", "seconds"))


ALL = {f"call-{number}": number for number in range(12)}


def test_a_log_read_twice_or_in_other_pieces_gives_the_same_facts(source: Source) -> None:
    first = ingest.take(source, text(LINES).encode())
    assert (first.new, first.changed) == (12, 0)
    assert ingest.take(source, text(LINES).encode()).repeated == 1
    for cut in (1, 5, 11):
        for part in (LINES[:cut], LINES[cut:]):
            taken = ingest.take(source, text(part).encode())
            assert (taken.new, taken.changed) == (0, 0)
    assert facts() == ALL


def test_a_growing_file_is_read_on_and_its_unfinished_line_waits(source: Source) -> None:
    path = Path(source.address)
    path.write_text(text(LINES[:5]) + LINES[5][:6])
    assert tailing.read_file(source).new == 5
    assert tailing.read_file(source).records == 0
    with path.open("a") as file:
        file.write(LINES[5][6:] + "\n" + text(LINES[6:]))
    source.refresh_from_db()
    assert tailing.read_file(source).new == 7
    assert facts() == ALL


def test_a_rotated_file_is_read_to_its_end_before_the_new_one(source: Source) -> None:
    path = Path(source.address)
    path.write_text(text(LINES[:4]))
    tailing.read_file(source)
    with path.open("a") as file:
        file.write(text(LINES[4:8]))
    path.rename(path.with_name("feed.log.1"))
    path.write_text(text(LINES[8:]))
    assert tailing.read_file(source).records == 8
    assert facts() == ALL


@pytest.mark.parametrize(
    "how", ["truncated", "copied and truncated", "replaced", "replayed", "vanished and back"]
)
def test_whatever_is_done_to_the_file_changes_nothing(source: Source, how: str) -> None:
    path = Path(source.address)
    path.write_text(text(LINES))
    tailing.read_file(source)
    match how:
        case "truncated":
            path.write_text(text(LINES[:3]))
        case "copied and truncated":
            path.with_name("feed.log.1").write_bytes(path.read_bytes())
            path.write_text("")
            tailing.read_file(source)
            path.write_text(text(LINES[2:]))
        case "replaced":
            path.unlink()
            path.write_text(text(list(reversed(LINES))))
        case "replayed":
            Source.objects.filter(pk=source.pk).update(offset=0, inode=None, fingerprint="")
            source.refresh_from_db()
        case _:
            path.rename(path.with_name("elsewhere"))
            tailing.read_file(source)
            source.refresh_from_db()
            assert "feed.log" in source.fault
            path.with_name("elsewhere").rename(path)
    for _turn in range(2):
        taken = tailing.read_file(source)
        assert (taken.new, taken.changed) == (0, 0)
    assert facts() == ALL
    source.refresh_from_db()
    assert source.fault == ""


def test_a_file_longer_than_a_block_is_taken_in_many(source: Source) -> None:
    Path(source.address).write_text(text(LINES))
    tailing.read_file(source, chunk=50)
    assert facts() == ALL
    assert Block.objects.count() > 4


def test_what_cannot_be_read_waits_and_comes_in_once_repaired(source: Source, cast: Cast) -> None:
    ingest.take(source, text([*LINES[:2], "call-2 someday 2"]).encode())
    letter = repair.waiting("test.journal").get()
    assert (letter.number, letter.reason, repair.text_of(letter)) == (3, "看不懂", "call-2 someday 2")
    with pytest.raises(repair.Unrepaired, match="看不懂"):
        repair.repair(letter, cast.admin, "call-2 still nothing")
    assert repair.repair(letter, cast.admin, LINES[2]).new == 1
    with pytest.raises(repair.Unrepaired):
        repair.repair(letter, cast.admin, LINES[2])
    assert facts() == {f"call-{number}": number for number in range(3)}
    assert not repair.waiting("test.journal").exists()


def test_a_record_is_left_out_only_with_a_reason(source: Source, cast: Cast) -> None:
    ingest.take(source, b"noise\n")
    letter = DeadLetter.objects.get()
    with pytest.raises(repair.Unrepaired):
        repair.drop(letter, cast.admin, remark=" ")
    repair.drop(letter, cast.admin, remark="交換機測試")
    letter.refresh_from_db()
    assert (letter.outcome, letter.handled_by) == ("dropped", cast.admin)


def test_raw_is_sealed_and_can_neither_be_changed_nor_deleted(source: Source) -> None:
    ingest.take(source, text(LINES).encode())
    block = Block.objects.get()
    assert b"call" not in bytes(block.data)
    assert sealing.unpack(block.data, block.key) == text(LINES).encode()
    for harm in (lambda: Block.objects.update(size=1), lambda: Block.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            harm()


def test_a_month_is_forgotten_by_its_key_and_its_facts_stay(source: Source, journal: Journal) -> None:
    ingest.take(source, text(LINES[:6]).encode(), at=datetime(2026, 1, 9, tzinfo=UTC))
    ingest.take(source, text(LINES[6:]).encode(), at=datetime(2026, 3, 9, tzinfo=UTC))
    assert sealing.forget("2026-02") == 1
    assert MonthKey.objects.get(month="2026-01").sealed is None
    with pytest.raises(sealing.Forgotten):
        ingest.replay(journal)
    assert facts() == ALL


def test_a_month_begins_at_midnight_of_the_city(source: Source) -> None:
    ingest.take(source, text(LINES[:6]).encode(), at=datetime(2026, 1, 31, 15, 59, tzinfo=UTC))
    ingest.take(source, text(LINES[6:]).encode(), at=datetime(2026, 1, 31, 16, 0, tzinfo=UTC))
    assert list(MonthKey.objects.order_by("month").values_list("month", flat=True)) == ["2026-01", "2026-02"]


def test_told_anew_from_the_raw_the_facts_keep_their_keys(source: Source, journal: Journal) -> None:
    ingest.take(source, text(LINES).encode())
    before = dict(Counterpart.objects.values_list("external_id", "pk"))
    Counterpart.objects.update(seconds=999)  # as a reader that misread would have left them
    taken = ingest.rebuild(journal)
    assert taken.changed >= 11
    assert facts() == ALL
    assert dict(Counterpart.objects.values_list("external_id", "pk")) == before


def test_two_feeds_of_one_thing_keep_one_fact(source: Source) -> None:
    live = Source.objects.create(
        journal=source.journal, code="live", name="即時", format="plain", same_as=source
    )
    ingest.take(live, text([f"call-1 {DAY} 0", f"call-99 {DAY} 9"]).encode())
    ingest.take(source, text(LINES).encode())
    assert facts() == {**ALL, "call-99": 9}
    assert set(Counterpart.objects.values_list("source", flat=True)) == {source.pk}


def test_a_day_is_reconciled_with_a_second_source(source: Source) -> None:
    second = Source.objects.create(journal=source.journal, code="second", name="第二來源", format="plain")
    ingest.take(source, text(LINES).encode())
    ingest.take(second, text([*LINES[:10], f"extra {DAY} 1", "other 2026-03-03 1"]).encode())
    found = reconciling.reconcile(source, second, date(2026, 3, 2))
    assert (found.count, found.second_count, found.missing, found.surplus) == (12, 11, 1, 2)
    assert found.examples == ["+extra", "-call-10", "-call-11"]
    assert reconciling.reconcile(source, second, date(2026, 3, 2)).pk == found.pk


def test_equal_numbers_have_one_pseudonym_that_does_not_show_them(
    journal: Journal, settings: Any, tmp_path: Any
) -> None:
    word = sealing.pseudonym("0912345678")
    assert word == sealing.pseudonym("0912345678") != sealing.pseudonym("0912345679")
    assert "0912345678" not in word
    assert len(word) == 24
    settings.DATA = tmp_path / "another"
    assert sealing.pseudonym("0912345678") != word


def test_a_sealed_value_is_read_with_its_key_alone(journal: Journal, settings: Any, tmp_path: Any) -> None:
    kept = sealing.seal("0912345678")
    assert sealing.unseal(kept) == "0912345678"
    settings.DATA = tmp_path / "another"
    with pytest.raises(sealing.Forgotten):
        sealing.unseal(kept)


def test_rows_of_a_journal_that_facts_name_are_not_deleted(source: Source) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Source.objects.filter(pk=source.pk)._raw_delete(using=connection.alias)
    assert Source.objects.filter(pk=source.pk).exists()


@pytest.mark.parametrize("many", [10, 4000])
def test_a_block_is_kept_as_it_came_however_long(source: Source, many: int) -> None:
    data = text([f"call-{number} {DAY} {number}" for number in range(many)]).encode()
    assert (len(data) > ingest.BESIDE) == (many > 10)
    assert ingest.take(source, data).new == many
    block = Block.objects.get()
    assert sealing.unpack(block.data, block.key) == data
