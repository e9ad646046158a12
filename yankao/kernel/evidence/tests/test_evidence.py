"""Good files come in whole, bad ones are refused with a sentence, and the store can prove what it holds."""

import hashlib
import io
import os
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.evidence import checks, documents, exif
from yankao.kernel.evidence.files import check_pdf_or_odf, keep, open_bytes, serve, verify_store
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.evidence.sniff import sniff
from yankao.kernel.evidence.store import FolderStore, store

pytestmark = pytest.mark.django_db
CONTENT = (
    b'<?xml version="1.0"?><office:document-content xmlns:office="urn:o"><p>x</p></office:document-content>'
)


def boxed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as box:
        for name, data in entries.items():
            box.writestr(name, data)
    return out.getvalue()


def odf(kind: str = "text", **more: bytes) -> bytes:
    return boxed({
        "mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(), "content.xml": CONTENT,
        "META-INF/manifest.xml": b"<manifest/>", **more,
    })  # fmt: skip


def office(part: str = "word/document.xml", **more: bytes) -> bytes:
    return boxed({"[Content_Types].xml": b"<Types/>", part: b"<w/>", **more})


def pdf(**saving: object) -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(out, **saving)
    return out.getvalue()


def png(wide: int = 2, high: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    picture = zlib.compress(b"\x00\x00\x00" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", picture) + chunk(b"IEND", b"")


def jpeg(app1: bytes = b"", wide: int = 4, high: int = 4) -> bytes:
    def segment(marker: int, data: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    parts = [b"\xff\xd8", segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")]
    if app1:
        parts.append(segment(0xE1, b"Exif\x00\x00" + app1))
    parts.append(segment(0xC0, struct.pack(">BHHB", 8, high, wide, 1) + b"\x01\x11\x00"))
    return b"".join(
        [*parts, segment(0xFE, b"note"), segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"), b"\x12\x34\xff\xd9"]
    )


def tiff_block(
    order: str = "<", *, north: bytes = b"N", east: bytes = b"E", taken: bytes = b"2011:03:01 09:30:00"
) -> bytes:
    """EXIF with a moment and the place 22°37'16.8" 120°18'43.2", in either byte order."""
    out = bytearray((b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "I", 8))

    def entry(tag: int, kind: int, many: int, value: bytes) -> bytes:
        return struct.pack(order + "HHI", tag, kind, many) + value.ljust(4, b"\x00")

    def pointer(at: int) -> bytes:
        return struct.pack(order + "I", at)

    exif_at, gps_at = 8 + 2 + 24 + 4, 8 + 2 + 24 + 4 + 2 + 12 + 4
    text_at = gps_at + 2 + 48 + 4
    lat_at, long_at = text_at + 20, text_at + 44
    out += (
        struct.pack(order + "H", 2)
        + entry(0x8769, 4, 1, pointer(exif_at))
        + entry(0x8825, 4, 1, pointer(gps_at))
    )
    out += bytes(4) + struct.pack(order + "H", 1) + entry(0x9003, 2, 20, pointer(text_at)) + bytes(4)
    out += struct.pack(order + "H", 4) + entry(1, 2, 2, north) + entry(2, 5, 3, pointer(lat_at))
    out += entry(3, 2, 2, east) + entry(4, 5, 3, pointer(long_at)) + bytes(4)
    out += taken.ljust(20, b"\x00")
    out += struct.pack(order + "6I", 22, 1, 37, 1, 168, 10) + struct.pack(
        order + "6I", 120, 1, 18, 1, 432, 10
    )
    return bytes(out)


HEIC, MP4 = b"\x00\x00\x00\x18ftypheic" + bytes(40), b"\x00\x00\x00\x18ftypisom" + bytes(40)
GOOD = {
    "報告.pdf": ("pdf", pdf()),
    "報告.odt": ("odt", odf()),
    "表.ods": ("ods", odf("spreadsheet")),
    "簡報.odp": ("odp", odf("presentation")),
    "文.docx": ("docx", office()),
    "表.xlsx": ("xlsx", office("xl/workbook.xml")),
    "照.JPG": ("jpeg", jpeg()),
    "照.png": ("png", png()),
    "照.webp": ("webp", b"RIFF\x20\x00\x00\x00WEBPVP8 " + bytes(30)),
    "照.heic": ("heic", HEIC),
    "圖.tif": ("tiff", tiff_block()),
    "說明.txt": ("txt", "中文說明，3 < 5\n".encode()),
    "舊.txt": ("txt", "高雄市政府".encode("big5")),
    "寬.txt": ("txt", "高雄".encode("utf-16")),
    "表.csv": ("csv", "案號,金額\n1,2\n".encode("utf-8-sig")),
    "全.zip": ("zip", boxed({"a/照.jpg": jpeg()})),
    "片.mp4": ("mp4", MP4),
}


def crypted() -> bytes:
    data = bytearray(boxed({"a.txt": b"x"}, zipfile.ZIP_STORED))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def doubled() -> bytes:
    out = io.BytesIO()
    with pytest.warns(UserWarning), zipfile.ZipFile(out, "w") as box:
        box.writestr("a.txt", b"1")
        box.writestr("a.txt", b"2")
    return out.getvalue()


HOSTILE = {
    "empty": ("a.pdf", b"", "空的"),
    "page as picture": ("a.jpg", b"<!DOCTYPE html><script>1</script>", "網頁"),
    "page as text": ("a.txt", b"  \n<HTML><body>", "網頁"),
    "page behind a byte mark": ("a.txt", b"\xef\xbb\xbf<svg onload=x>", "網頁"),
    "page in UTF-16": ("a.txt", "<script>x</script>".encode("utf-16"), "網頁"),
    "script further down": ("a.txt", b"hello\n<ScRiPt>alert(1)</script>", "網頁"),
    "drawing with script": ("a.svg", b"<svg xmlns='x'><script/></svg>", "網頁"),
    "Windows program": ("a.pdf", b"MZ\x90\x00" + bytes(60), "程式"),
    "Linux program": ("a.png", b"\x7fELF" + bytes(60), "程式"),
    "shell script": ("a.txt", b"#!/bin/sh\nrm -rf /", "程式"),
    "picture called program": ("a.exe", jpeg(), "程式"),
    "second ending": ("report.pdf.exe", pdf(), "程式"),
    "macro book": ("a.xlsm", office("xl/workbook.xml"), "程式"),
    "Java archive": ("a.zip", boxed({"META-INF/MANIFEST.MF": b"", "A.class": b"x"}), "程式"),
    "old Word": ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "舊版"),
    "picture called PDF": ("a.pdf", jpeg(), "不符"),
    "PDF called picture": ("a.jpg", pdf(), "不符"),
    "zip called document": ("a.odt", boxed({"a.txt": b"x"}), "不符"),
    "no ending": ("report", pdf(), "副檔名"),
    "only an ending": (".pdf", pdf(), "副檔名"),
    "path in the name": ("../../etc/passwd.pdf", pdf(), "檔名"),
    "Windows path in the name": ("..\\..\\a.pdf", pdf(), "檔名"),
    "nul in the name": ("a.pdf\x00.jpg", pdf(), "檔名"),
    "reversed name": ("a\u202efdp.exe.pdf", pdf(), "檔名"),
    "line break in the name": ("a\r\nSet-Cookie: x.pdf", pdf(), "檔名"),
    "noise": ("a.pdf", bytes(range(256)) * 4, "辨識"),
    "binary as text": ("a.txt", b"abc\x00\x01\x02", "辨識"),
    "cut zip": ("a.docx", office()[:-30], "辨識"),
    "macros in Word": ("a.docx", office(**{"word/vbaProject.bin": b"x"}), "巨集"),
    "macros in ODF": ("a.odt", odf(**{"Basic/Standard/Module1.xml": b"<x/>"}), "巨集"),
    "scripts in ODF": ("a.odt", odf(**{"Scripts/python/x.txt": b"x"}), "巨集"),
    "zip bomb by ratio": ("a.docx", office(**{"word/x.xml": bytes(3_000_000)}), "過大"),
    "zip bomb by count": ("a.zip", boxed({f"{n}.txt": b"" for n in range(2001)}), "過大"),
    "path inside": ("a.zip", boxed({"../../x.txt": b"x"}), "路徑"),
    "absolute path inside": ("a.zip", boxed({"/etc/x.txt": b"x"}), "路徑"),
    "drive path inside": ("a.zip", boxed({"C:/x.txt": b"x"}), "路徑"),
    "program inside": ("a.zip", boxed({"setup.EXE": b"MZ"}), "壓縮檔內"),
    "locked zip": ("a.zip", crypted(), "密碼"),
    "one name twice": ("a.zip", doubled, "重複"),
    "picture and zip at once": ("a.png", png() + boxed({"x.txt": b"x"}), "夾帶"),
    "picture with PHP": ("a.jpg", jpeg() + b"<?php system($_GET[0]);", "夾帶"),
    "picture with script in its note": ("a.jpg", jpeg(b"<script>alert(1)</script>"), "夾帶"),
    "picture bomb": ("a.png", png(60_000, 60_000), "像素"),
    "wide JPEG bomb": ("a.jpg", jpeg(wide=65_000, high=65_000), "像素"),
    "JPEG without a picture": ("a.jpg", b"\xff\xd8\xff\xe0\x00\x04ab", "損壞"),
    "PNG without a header": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "損壞"),
    "PDF that starts programs": ("a.pdf", pdf() + b"/Launch", "啟動"),
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path / "evidence"


@pytest.fixture
def officer():
    return get_user_model().objects.create(username="chen", name="陳")


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_kept_and_comes_back_whole(officer, name: str) -> None:
    kind, data = GOOD[name]
    evidence = keep(data, name, officer, label="成果", purpose="report")
    evidence.refresh_from_db()
    assert (evidence.kind, evidence.name, evidence.size) == (kind, name, len(data))
    assert evidence.sha256 == hashlib.sha256(data).hexdigest()
    assert evidence.uploaded_by == officer
    assert not evidence.public
    with open_bytes(evidence) as file:
        assert file.read() == data


@pytest.mark.parametrize("trick", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_and_leaves_nothing(
    officer, folder: Path, trick: str
) -> None:
    name, data, because = HOSTILE[trick]
    data = data() if callable(data) else data
    with translation.override("zh-hant"), pytest.raises(checks.Refused) as refused:
        keep(data, name, officer)
    assert because in refused.value.sentence
    assert refused.value.sentence.endswith("。")
    assert "請" in refused.value.sentence
    assert Evidence.objects.count() == 0
    assert not folder.exists()


@pytest.mark.parametrize(("name", "data"), [("a.pdf", pdf()), ("a.png", png())])
def test_a_file_over_the_limit_of_its_kind_is_refused(officer, settings, name: str, data: bytes) -> None:
    kind = name[2:]
    settings.EVIDENCE_LIMITS = {kind: len(data) / checks.MB}
    keep(data, name, officer)
    settings.EVIDENCE_LIMITS = {kind: (len(data) - 1) / checks.MB}
    with pytest.raises(checks.Refused):
        keep(data, name, officer)


def test_an_upload_that_says_it_is_small_is_counted_all_the_same(officer, settings) -> None:
    settings.EVIDENCE_LIMITS = dict.fromkeys(checks.LIMITS, 0.001)
    liar = SimpleUploadedFile("a.txt", b"a" * 5000)
    liar.size = 10
    with pytest.raises(checks.Refused):
        keep(liar, "a.txt", officer)


def test_an_upload_of_a_form_is_kept_like_bytes(officer) -> None:
    evidence = keep(SimpleUploadedFile("a.pdf", pdf()), "C:\\文件\\期中報告.pdf", officer)
    assert evidence.name == "期中報告.pdf"


def test_a_long_name_keeps_its_ending(officer) -> None:
    assert keep(pdf(), "長" * 300 + ".pdf", officer).name == "長" * 116 + ".pdf"


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"%PDF-1.4", b"PK\x03\x04", b"\xff\xd8\xff\xe1", b"RIFF", b"MM\x00*"]),
)
def test_no_bytes_make_the_sniffer_or_the_photograph_reader_fail(data: bytes, head: bytes) -> None:
    sniff(head + data)
    exif.read(head + data)
    documents.pdf_or_odf(head + data)


@given(st.binary(max_size=200), st.integers(0, 250))
def test_a_damaged_exif_block_is_no_error(noise: bytes, at: int) -> None:
    block = bytearray(tiff_block())
    block[at : at + len(noise)] = noise
    exif.read(jpeg(bytes(block)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photograph_tells_when_and_where(officer, order: str) -> None:
    photo = keep(jpeg(tiff_block(order)), "a.jpg", officer)
    assert photo.taken_at == datetime(2011, 3, 1, 1, 30, tzinfo=UTC)
    assert (photo.latitude, photo.longitude) == (Decimal("22.621333"), Decimal("120.312000"))


def test_south_and_west_are_negative_and_nonsense_is_nothing() -> None:
    shot = exif.read(jpeg(tiff_block(north=b"S", east=b"W", taken=b"0000:00:00 00:00:00")))
    assert (shot.latitude, shot.longitude, shot.taken_at) == (
        Decimal("-22.621333"),
        Decimal("-120.312000"),
        None,
    )


def test_the_public_copy_of_a_photograph_tells_nothing_of_place_and_time(officer) -> None:
    photo = keep(jpeg(tiff_block()), "a.jpg", officer)
    bare = b"".join(serve(photo, bare=True).streaming_content)
    assert exif.read(bare) == exif.Shot()
    assert bare == jpeg().replace(b"\xff\xfe\x00\x06note", b"")
    assert b"".join(serve(photo).streaming_content) == jpeg(tiff_block())


def test_a_file_is_served_as_a_download_that_runs_nothing(officer) -> None:
    response = serve(keep(pdf(), "期末 報告.pdf", officer))
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    response.close()


@pytest.mark.parametrize(
    "saving",
    [
        {},
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"linearize": True},
        {"compress_streams": False},
    ],
)
def test_a_pdf_that_opens_is_found_good(officer, saving: dict[str, object]) -> None:
    assert check_pdf_or_odf(keep(pdf(**saving), "a.pdf", officer)) == ""


@pytest.mark.parametrize("kind", ["text", "spreadsheet", "presentation"])
def test_an_odf_that_opens_is_found_good(kind: str) -> None:
    assert documents.pdf_or_odf(odf(kind)) == ""


BROKEN = {
    "cut PDF": (pdf()[:-40], "PDF"),
    "PDF changed by a text transfer": (pdf().replace(b"\n", b"\r\n"), "PDF"),
    "PDF with a byte too many": (pdf().replace(b"endobj", b"endobj ", 1), "PDF"),
    "PDF that points nowhere": (b"%PDF-1.4\nstartxref\n999999\n%%EOF", "PDF"),
    "PDF under a password": (pdf(encryption=pikepdf.Encryption(owner="a", user="b")), "保護"),
    "ODF without content": (boxed({"mimetype": b"application/vnd.oasis.opendocument.text"}), "ODF"),
    "ODF with torn XML": (odf(**{"content.xml": CONTENT[:-9]}), "ODF"),
    "ODF with an entity bomb": (odf(**{"content.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "ODF"),
    "ODF under a password": (odf(**{"META-INF/manifest.xml": b"<m><encryption-data/></m>"}), "密碼"),
    "a picture": (png(), "PDF或ODF"),
}


@pytest.mark.parametrize("flaw", BROKEN)
def test_a_document_that_does_not_open_is_named(flaw: str) -> None:
    data, because = BROKEN[flaw]
    with translation.override("zh-hant"):
        assert because in documents.pdf_or_odf(data)


def test_the_same_bytes_lie_once_and_belong_to_two(officer, folder: Path) -> None:
    first, second = keep(pdf(), "a.pdf", officer), keep(pdf(), "b.pdf", officer)
    assert first.sha256 == second.sha256
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
    assert folder / first.sha256[:2] / first.sha256[2:4] / first.sha256 in folder.rglob("*")


def test_the_store_finds_what_is_missing_damaged_or_unused(officer, folder: Path) -> None:
    rows = [keep(f"檔案{n}".encode(), "a.txt", officer) for n in range(3)]
    assert verify_store().sound
    place = store()
    assert isinstance(place, FolderStore)
    place.path(rows[0].sha256).unlink()
    place.path(rows[1].sha256).write_bytes(b"other")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        given_up = keep(b"given up", "a.txt", officer)
        1 / 0  # noqa: B018
    found = verify_store()
    assert (found.missing, found.damaged, found.unused, found.checked) == (
        [rows[0].sha256], [rows[1].sha256], [given_up.sha256], 2,
    )  # fmt: skip
    assert not found.sound
    keep("檔案1".encode(), "a.txt", officer)
    assert verify_store().damaged == []


def test_the_bytes_are_on_the_disk_before_the_row_is_written(
    officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace, create = os.fsync, os.replace, type(Evidence.objects).create
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("flush"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), replace(a, b)))
    monkeypatch.setattr(
        type(Evidence.objects), "create", lambda self, **row: (done.append("row"), create(self, **row))[1]
    )
    keep(pdf(), "a.pdf", officer)
    assert done == ["flush", "rename", "flush", "flush", "flush", "row"]


def test_a_full_disk_leaves_neither_file_nor_row(
    officer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        keep(pdf(), "a.pdf", officer)
    assert Evidence.objects.count() == 0
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("wrong", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 62 + "/."])
def test_nothing_but_a_hash_becomes_a_path(folder: Path, wrong: str) -> None:
    with pytest.raises(ValueError):
        FolderStore(folder).open(wrong)


def test_what_is_public_has_no_ground_for_withholding(officer) -> None:
    evidence = keep(pdf(), "a.pdf", officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(public=True, withheld_ground="政資法第18條")


def test_every_refusal_has_its_english(officer) -> None:
    for name, data, because in HOSTILE.values():
        data = data() if callable(data) else data
        with translation.override("en"), pytest.raises(checks.Refused) as refused:
            keep(data, name, officer)
        assert "Please" in refused.value.sentence
        assert because not in refused.value.sentence
