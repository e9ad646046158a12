"""Tables come in whatever shape offices keep them in; nothing is lost without a word."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yankao.kernel.sheets import SheetError, read, write_ods
from yankao.kernel.sheets.ods_in import MAX_COLUMNS

CHINESE = '案號,機關,金額\nA-1,工務局,"1,200"\nA-2,研究發展考核委員會,-5\n'
OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def ods(rows: str, prologue: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"{prologue}<office:document-content {OFFICE}><office:body><office:spreadsheet>"
            f'<table:table table:name="A">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def cells(sheet):
    return [row.cells for row in sheet.rows]


@pytest.mark.parametrize(
    ("codec", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp950", "cp950"),
    ],
)
def test_chinese_text_is_read_in_every_encoding_offices_use(codec, told):
    sheet = read(CHINESE.encode(codec), "a.csv")
    assert sheet.encoding == told
    assert sheet.header == ["案號", "機關", "金額"]
    assert cells(sheet) == [["A-1", "工務局", "1,200"], ["A-2", "研究發展考核委員會", "-5"]]
    assert sheet.notes == ()


@pytest.mark.parametrize(
    "text", ["Café,Größe,25°C\né,ü,naïve\n", "cost,note\n£5m,“quoted” – dash\n", "a,b\nété,x\n"]
)
def test_western_windows_text_is_not_taken_for_chinese(text):
    sheet = read(text.encode("cp1252"), "a.csv")
    assert sheet.encoding == "cp1252"
    assert [sheet.header, *cells(sheet)] == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter):
    text = "\n".join(delimiter.join(row) for row in [["a", "b", "c"], ["1", "2.5", "x"], ["2", "3.5", "y"]])
    sheet = read(text.encode(), "a.csv")
    assert sheet.delimiter == delimiter
    assert cells(sheet) == [["1", "2.5", "x"], ["2", "3.5", "y"]]


def test_commas_inside_cells_do_not_beat_the_real_delimiter():
    sheet = read("名稱;說明\n甲;一,二,三\n乙;四,五,六\n".encode(), "a.csv")
    assert (sheet.delimiter, cells(sheet)[0]) == (";", ["甲", "一,二,三"])


def test_undecodable_bytes_are_reported_with_their_row_and_column():
    body = CHINESE.encode() * 3
    broken = body.replace("A-2,研".encode(), "A-2,研".encode() + b"\xff\xfe", 1)
    sheet = read(broken, "a.csv")
    rows = list(sheet.rows)
    assert sheet.encoding == "utf-8" and "UTF-8" in sheet.notes[0]
    assert [row.number for row in rows if row.damaged] == [3]
    assert "FF FE" in rows[1].notes[0]
    assert rows[1].cells[1].startswith("研�")


def test_a_byte_windows_does_not_know_is_reported():
    sheet = read("a,b\n£1,x\n".encode("cp1252") + b"\x9d,y\n", "a.csv")
    assert sheet.encoding == "cp1252"
    assert [(row.number, row.damaged) for row in sheet.rows] == [(2, False), (3, True)]


def test_broken_big5_stays_big5():
    text = ("機關,內容\n" + "工務局,道路養護工程查核缺失改善情形\n" * 20).encode("cp950") + b"\xb0\x20,x\n"
    sheet = read(text, "a.csv")
    assert sheet.encoding == "cp950"
    assert [row.number for row in sheet.rows if row.damaged] == [22]


def test_ragged_rows_are_kept_and_noted():
    short, long, trailing = read(b"a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n", "a.csv").rows
    assert short.cells == ["1", "2", ""] and short.notes and not short.damaged
    assert long.cells == ["1", "2", "3", "4"] and long.notes and long.damaged
    assert trailing.cells == ["1", "2", "3"] and not trailing.notes


def test_row_numbers_are_those_a_spreadsheet_shows():
    sheet = read(b'\n\na,b\n\n1,"two\nlines"\n,\n3,4\n', "a.csv")
    assert [(row.number, row.cells) for row in sheet.rows] == [(5, ["1", "two\nlines"]), (7, ["3", "4"])]


def test_bare_carriage_returns_in_cells_do_not_tear_the_rows():
    sheet = read(b"name,cost\r(m),note\na,1,x\nb,2,y\rz\nc,3,\n", "a.csv")
    assert sheet.header == ["name", "cost\r(m)", "note"]
    assert cells(sheet) == [["a", "1", "x"], ["b", "2", "y\rz"], ["c", "3", ""]]


def test_files_of_old_macintoshes_end_rows_with_carriage_returns():
    sheet = read(b'a,b\r1,"two\nlines"\r3,4\r', "a.csv")
    assert cells(sheet) == [["1", "two\nlines"], ["3", "4"]]


def test_nul_characters_are_noted():
    (row,) = read(b"a,b\nx\0y,2\n" + b"", "a.csv").rows
    assert row.cells == ["xy", "2"] and "NUL" in row.notes[0]


def test_rows_can_be_gone_through_twice():
    sheet = read(CHINESE.encode(), "a.csv")
    assert cells(sheet) == cells(sheet) != []


def test_a_gzipped_csv_is_read():
    assert cells(read(gzip.compress(CHINESE.encode("cp950")), "a.csv.gz")) == cells(
        read(CHINESE.encode(), "a.csv")
    )


def test_an_open_quotation_mark_is_said_with_its_row():
    sheet = read(b'a,b\n1,2\n3,"' + b"x" * 200_000, "a.csv")
    with pytest.raises(SheetError) as caught:
        list(sheet.rows)
    assert "3" in caught.value.sentence


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n , \n",
        b"%PDF-1.7",
        b"PK\x05\x06" + b"\0" * 18,
        b"PK\x03\x04broken",
        b"\x1f\x8bbroken",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        bytes(range(256)) * 20,
        gzip.compress(b"a,b\n1,2\n" * 500, mtime=0)[:-9],
    ],
)
def test_what_is_no_table_gets_a_sentence(data):
    with pytest.raises(SheetError) as caught:
        list(read(data, "x").rows)
    assert len(caught.value.sentence) > 8


def test_an_excel_file_is_answered_with_what_to_do():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(SheetError, match="ODS或CSV"):
        read(out.getvalue(), "a.xlsx")


def test_a_small_archive_that_unpacks_to_gigabytes_is_refused(monkeypatch):
    monkeypatch.setattr("yankao.kernel.sheets.reading.MAX_UNPACKED", 10**6)
    with pytest.raises(SheetError):
        read(gzip.compress(b"a,b\n" * 10**6), "bomb.csv.gz")
    monkeypatch.setattr("yankao.kernel.sheets.ods_in.MAX_UNPACKED", 10**6)
    with pytest.raises(SheetError):
        list(read(write_ods(["a"], [["x" * 100]] * 20_000, "t"), "bomb.ods").rows)


def test_ods_cells_give_their_exact_values():
    row = (
        "<table:table-row><table:table-cell><text:p>h1</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="6" office:value-type="string"><text:p>h</text:p>'
        "</table:table-cell></table:table-row><table:table-row>"
        '<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1,235</text:p></table:table-cell>'  # noqa: E501
        '<table:table-cell office:value-type="percentage" office:value="0.0499"><text:p>5%</text:p></table:table-cell>'  # noqa: E501
        '<table:table-cell office:value-type="date" office:date-value="2012-06-30"><text:p>x</text:p></table:table-cell>'  # noqa: E501
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>x</text:p></table:table-cell>'  # noqa: E501
        '<table:covered-table-cell/><table:table-cell office:value-type="string"><office:annotation><text:p>note'  # noqa: E501
        '</text:p></office:annotation><text:p>a<text:s text:c="2"/>b<text:line-break/>c</text:p><text:p>d</text:p>'  # noqa: E501
        '</table:table-cell><table:table-cell office:value-type="currency" office:value="1E+3"/>'
        '<table:table-cell table:number-columns-repeated="16377"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p>end</text:p></table:table-cell>'  # noqa: E501
        "</table:table-row>"
    )
    first, last = read(ods(row), "a.ods").rows
    assert first.cells == ["1234.5", "4.99%", "2012-06-30", "true", "", "a  b\nc\nd", "1000"]
    assert first.number == 2 and last.number == 1_048_003 and last.cells[0] == "end"


def test_further_tables_of_an_ods_are_not_passed_over_in_silence():
    two = ods(
        '<table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
        '</table:table-row></table:table><table:table table:name="B"><table:table-row><table:table-cell '
        'office:value-type="string"><text:p>y</text:p></table:table-cell></table:table-row>'
    )
    sheet = read(two, "a.ods")
    assert (sheet.header, cells(sheet)) == (["x"], []) and "2" in sheet.notes[0]
    assert read(WHOLE, "a.ods").notes == ()


def test_repeats_cannot_fill_the_memory():
    cell = '<table:table-cell table:number-columns-repeated="{}" office:value-type="string"><text:p>x</text:p></table:table-cell>'  # noqa: E501
    wide = f"<table:table-row>{cell.format(MAX_COLUMNS + 1)}</table:table-row>"
    with pytest.raises(SheetError):
        read(ods(wide), "a.ods")
    tall = f'<table:table-row table:number-rows-repeated="999999999">{cell.format(1)}</table:table-row>'
    rows = read(ods(tall), "a.ods").rows
    assert next(rows).cells == ["x"]
    with pytest.raises(SheetError):
        for _ in rows:
            pass


def test_entities_and_document_types_are_refused():
    bomb = '<!DOCTYPE a [<!ENTITY x "yyyyyyyy">]>'
    with pytest.raises(SheetError):
        read(ods("<table:table-row/>", bomb), "a.ods")


def consume(data):
    try:
        sheet = read(data, "x")
        for row in sheet.rows:
            assert len(row.cells) >= len(sheet.header)
    except SheetError as error:
        assert error.sentence


@given(st.binary(max_size=400))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_rows_or_a_sentence(data):
    consume(data)
    consume(b"a,b\n" + data)
    consume(b"\xff\xfe" + data)
    consume(b"\x1f\x8b" + data)


@given(
    st.text(alphabet=st.sampled_from("a\"',;\t\r\n\0=中"), max_size=60),
    st.sampled_from(["utf-8", "utf-16", "cp950"]),
)
@settings(max_examples=300, deadline=None)
def test_any_csv_text_gives_rows_or_a_sentence(text, codec):
    consume(text.encode(codec))


WHOLE = write_ods(["案號", "金額"], [["甲", 1], ["乙", 2.5]], "t")


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_damaged_ods_gives_rows_or_a_sentence(place, byte, cut):
    consume(WHOLE[:place] if cut else WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :])


XML = st.sampled_from(
    [
        "<table:table-row>",
        "</table:table-row>",
        "<table:table-cell>",
        "</table:table-cell>",
        "<text:p>",
        "</text:p>",
        "x",
        "<text:s text:c='9'/>",
        "<table:table>",
        "</table:table>",
        "<office:annotation>",
        "</office:annotation>",
        "<table:table-cell office:value-type='percentage' office:value='NaN'/>",
        "<table:table-cell office:value-type='float' office:value='1E999999'/>",
        "<table:table-cell table:number-columns-repeated='x' office:value-type='string'><text:p>y</text:p></table:table-cell>",  # noqa: E501
    ]
)


@given(st.lists(XML, max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_content_xml_gives_rows_or_a_sentence(body):
    consume(ods(body))
