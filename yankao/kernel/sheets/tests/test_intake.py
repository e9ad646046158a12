"""Accepted and refused rows together are the rows read: nothing is lost on the way in."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yankao.kernel.sheets import SheetError, intake, read, write_csv
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Refused, refused_csv, refused_ods, take


def whole(text):
    if not text.strip().isascii() or not text.strip().isdigit():
        raise Refusal(f"「{text}」不是整數。")
    return int(text)


PROFILE = Profile(
    "計畫",
    (
        Column("number", ("案號", "Number"), required=True),
        Column("budget", ("預算(元)", "Budget"), whole, required=True),
        Column("note", ("備註",), default=""),
    ),
    check=lambda values: [("budget", "預算不可為零。")] if values["budget"] == 0 else [],
    key=("number",),
)


def sheet(text):
    return read(text.encode(), "a.csv")


def test_headers_are_found_by_any_name_whatever_their_width_and_case():
    outcome = take(sheet("ＮＵＭＢＥＲ,預算（元）,其他\nA,5,x\n"), PROFILE)
    assert (outcome.accepted, outcome.refused, outcome.ignored) == (1, [], ["其他"])


def test_a_missing_required_column_refuses_the_file_with_its_name():
    with pytest.raises(SheetError, match="預算"):
        take(sheet("案號,備註\nA,x\n"), PROFILE)


def test_two_columns_for_one_field_refuse_the_file():
    with pytest.raises(SheetError, match="Number"):
        take(sheet("案號,Number,Budget\nA,A,1\n"), PROFILE)


def test_each_problem_names_row_column_value_and_reason():
    outcome = take(sheet("案號,預算(元)\nA,x1\n,0\nB,0\nC,3\nC,4\n"), PROFILE)
    assert outcome.accepted == 1 and outcome.read == 5
    told = [(p.row, p.column, p.value) for p in outcome.problems]
    assert told == [(2, "預算(元)", "x1"), (3, "案號", ""), (4, "預算(元)", "0"), (6, "案號", "")]
    assert "5" in outcome.problems[-1].sentence  # the row it repeats


def test_a_rule_only_the_records_know_joins_the_refused():
    saved = []

    def save(row):
        if row.values["number"] == "B":
            raise Refusal("這個案號已結案。", "案號", "B")
        saved.append(row.values["number"])

    outcome = take(sheet("案號,Budget\nA,1\nB,2\n"), PROFILE, save)
    assert saved == ["A"] and outcome.accepted == 1
    assert outcome.problems[0].sentence == "這個案號已結案。"


def test_damaged_rows_are_refused_unless_the_profile_takes_them():
    data = "案號,Budget,備註\n甲乙丙丁戊己庚,1,好".encode() + b"\xff\n"
    assert [row.number for row in take(read(data, "a"), PROFILE).refused] == [2]
    lenient = Profile("x", PROFILE.columns, refuse_damaged=False)
    outcome = take(read(data, "a"), lenient)
    assert outcome.accepted == 1 and "FF" in outcome.row_notes[0][1]


def test_a_file_that_breaks_off_says_so_and_keeps_what_was_read():
    outcome = take(sheet('案號,Budget\nA,1\nB,"' + "x" * 200_000), PROFILE)
    assert outcome.accepted == 1 and outcome.stopped


@pytest.mark.parametrize("write", [refused_csv, refused_ods])
def test_refused_rows_come_back_with_reasons_and_can_be_imported_when_corrected(write):
    outcome = take(sheet("案號,Budget,其他\nA,x1,=1+1\nB,2,y\n"), PROFILE)
    back = read(write(outcome), "refused")
    assert back.header == ["案號", "Budget", "其他", "原因"]
    (row,) = back.rows
    assert row.cells[:3] == ["A", "x1", "=1+1"] and "整數" in row.cells[3]
    again = take(back, PROFILE)
    assert again.ignored == ["其他"] and len(again.refused) == 1
    assert intake.refused_table(again)[0] == ["案號", "Budget", "其他", "原因"]
    corrected = read(b"".join(write_csv(back.header, [["A", 7, *row.cells[2:]]])), "c")
    assert take(corrected, PROFILE).accepted == 1


CELL = st.one_of(
    st.sampled_from(["", "A", "B", "0", "7", "x", "=1"]), st.text(max_size=5).filter(lambda t: "\r" not in t)
)


@given(st.lists(st.lists(CELL, min_size=1, max_size=5), max_size=12), st.sets(st.integers(2, 12)))
@settings(max_examples=300, deadline=None)
def test_accepted_and_refused_are_the_rows_read(rows, refusing):
    table = read(b"".join(write_csv(["案號", "Budget", "備註"], rows)), "a.csv")
    numbers = [row.number for row in table.rows]
    kept = []

    def save(row):
        if row.number in refusing:
            raise Refusal("x")
        kept.append(row.number)

    outcome = take(table, PROFILE, save)
    assert outcome.read == len(numbers) and outcome.accepted == len(kept)
    assert sorted(kept + [row.number for row in outcome.refused]) == numbers
    back = read(refused_csv(outcome), "r") if outcome.refused else None
    if back:
        filled = list(outcome.refused)
        assert sum(1 for _ in back.rows) == len(filled)
        assert all(isinstance(row, Refused) and row.problems for row in filled)


def test_decimal_values_reach_the_record_unrounded():
    profile = Profile("x", (Column("rate", ("rate",), Decimal),))
    seen = []
    take(sheet("rate\n4.99\nabc\n"), profile, lambda row: seen.append(row.values["rate"]))
    assert seen == [Decimal("4.99")]
