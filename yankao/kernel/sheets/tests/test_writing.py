"""One writer for every export: what is written is read back the same, and never runs as a formula."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yankao.kernel.sheets import read, write_csv, write_ods

TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("'=+-@＝＋－＠,\"\n 0.9%a中\t"),
        st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"),
    ),
    max_size=12,
)
ROWS = st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=6)


def kept(rows):
    return [row for row in rows if any(cell.strip() for cell in row)]


@given(ROWS)
@settings(max_examples=300, deadline=None)
def test_csv_comes_back_as_it_was(rows):
    sheet = read(b"".join(write_csv(["甲", "乙", "丙"], rows)), "a.csv")
    assert [row.cells for row in sheet.rows] == kept(rows)


@given(ROWS)
@settings(max_examples=300, deadline=None)
def test_ods_comes_back_as_it_was(rows):
    clean = [
        [
            "".join(
                c for c in cell if c == "\n" or c == "\t" or (ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF))
            )
            for cell in row
        ]
        for row in rows
    ]
    sheet = read(write_ods(["甲", "乙", "丙"], clean, "t"), "a.ods")
    assert [row.cells for row in sheet.rows] == kept(clean)


@pytest.mark.parametrize("first", list("=+-@\t\r＝＋－＠"))
def test_no_cell_of_an_export_runs_as_a_formula(first):
    risky = first + "cmd|'/c calc'!A0"
    data = b"".join(write_csv([risky], [[risky], ["''" + risky]])).decode("utf-8-sig")
    for (cell,) in csv.reader(io.StringIO(data, newline="")):
        assert cell.startswith("'")


@pytest.mark.parametrize("number", ["-5", "-1,234.50", "+3", "-4.99%", "-0.5"])
def test_negative_numbers_stay_numbers(number):
    data = b"".join(write_csv(["a", "b"], [[number, -5]])).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(data, newline="")))[1] == [number, "-5"]


@pytest.mark.parametrize("text", ["-5+cmd", "-1,23", "+886-7-3368333", "-", "--5"])
def test_what_only_begins_like_a_number_is_guarded(text):
    data = b"".join(write_csv(["a", "b"], [[text, "x"]]))
    assert b"'" + text.encode() in data
    assert next(read(data, "a.csv").rows).cells[0] == text


def test_types_survive_in_ods():
    row = [
        1234,
        Decimal("4.99"),
        date(2012, 6, 30),
        datetime(2012, 6, 30, 16, 5, tzinfo=UTC),
        True,
        None,
        "=1+1",
    ]
    data = write_ods(list("abcdefg"), [row], "表")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].filename == "mimetype" and archive.infolist()[0].compress_type == 0
        content = archive.read("content.xml").decode()
    assert 'office:value-type="float" office:value="4.99"' in content
    assert 'office:date-value="2012-06-30"' in content and "formula" not in content
    assert next(read(data, "a.ods").rows).cells == [
        "1234",
        "4.99",
        "2012-06-30",
        "2012-07-01T00:05:00",
        "true",
        "",
        "=1+1",
    ]


def test_csv_is_marked_as_utf8_and_streams_in_pieces():
    pieces = list(write_csv(["a"], ([f"row {n}"] for n in range(50_000))))
    assert pieces[0].startswith(b"\xef\xbb\xbf") and len(pieces) > 5
    assert sum(1 for _ in read(b"".join(pieces), "a.csv").rows) == 50_000


def test_the_same_rows_give_the_same_file():
    assert write_ods(["a"], [["b"]], "t") == write_ods(["a"], [["b"]], "t")


def test_odfdo_reads_what_we_write():
    from odfdo import Document

    data = write_ods(["案號", "金額"], [["甲  乙\n丙", 1200], ["丁", Decimal("0.5")]], "月報: 一/二")
    table = Document(io.BytesIO(data)).body.tables[0]
    assert table.get_values() == [["案號", "金額"], ["甲  乙\n丙", 1200], ["丁", Decimal("0.5")]]
