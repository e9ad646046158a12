"""A blind copy does not say who made it, in no part of any kind of file."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from django.utils.translation import override

from yankao.kernel.evidence.checks import Refused, inspect
from yankao.kernel.review.blind import names_in, stripped

from . import files

SECRETS = (files.SECRET.encode(), files.COMPANY.encode(), b"00AB12CD")


def whole(data: bytes) -> bytes:
    """Everything a curious person could unpack from the file."""
    found = [data]
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            for entry in box.infolist():
                found += [entry.filename.encode(), entry.comment, entry.extra, box.read(entry)]
    if data[:4] == b"%PDF":
        with pikepdf.open(io.BytesIO(data)) as pdf:
            for one in pdf.objects:
                found.append(one.unparse(resolved=False))
                if isinstance(one, pikepdf.Stream):
                    found.append(one.read_raw_bytes())
                    if one.get("/Filter") != "/DCTDecode":
                        found.append(one.read_bytes())
    return b"\n".join(found)


@pytest.mark.parametrize(("make", "name"), [
    (files.pdf, "a.pdf"), (files.odt, "a.odt"), (files.docx, "a.docx"), (files.jpeg, "a.jpg"),
    (files.png, "a.png"),
])  # fmt: skip
def test_a_blind_copy_names_nobody(make, name):
    before = make()
    assert files.SECRET.encode() in whole(before), "the test's own file names somebody"
    after = stripped(before)
    assert [secret for secret in SECRETS if secret in whole(after)] == []
    assert inspect(after, name) == inspect(before, name)


@pytest.mark.parametrize("make", [files.pdf, files.odt, files.docx])
def test_what_is_written_on_the_pages_stays(make):
    after = stripped(make(text="drains and culverts"))
    assert names_in(after, ["culverts", "bridges"]) == ["culverts"]


def test_the_same_file_gives_the_same_copy():
    for make in (files.pdf, files.odt, files.docx):
        data = make()
        assert stripped(data) == stripped(data)


def test_no_part_of_a_copy_carries_the_day_it_was_made():
    with zipfile.ZipFile(io.BytesIO(stripped(files.odt()))) as box:
        assert {entry.date_time for entry in box.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_name_written_in_an_unusual_way_is_refused_rather_than_passed_on():
    data = files.odt()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as box, zipfile.ZipFile(out, "w") as odd:
        for entry in box.infolist():
            part = box.read(entry)
            if entry.filename == "content.xml":
                nested = "<dc:creator><text:span>林怡君</text:span></dc:creator>".encode()
                part = part.replace(b"<text:p>a", b"<text:p>" + nested + b"a")
                part = part.replace(b"</dc:creator>", b"</dc:creator >")
            odd.writestr(entry, part)
    with override("zh-hant"), pytest.raises(Refused, match="無法去除的作者資料"):
        stripped(out.getvalue())


@pytest.mark.parametrize("data", [b"%PDF-1.4\nbroken", b"PK\x03\x04broken", "純文字".encode()])
def test_what_cannot_be_cleaned_is_refused_with_a_sentence(data):
    with pytest.raises(Refused):
        stripped(data)


def test_the_author_s_name_on_a_page_is_found_across_spaces():
    assert names_in(files.odt(text="作者：林 怡 君"), ["林怡君", "水利局"]) == ["林怡君"]
    assert names_in(files.docx(text="水利局雨水科"), ["林怡君", "水利局", "水"]) == ["水利局"]
