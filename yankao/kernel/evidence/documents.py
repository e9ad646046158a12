"""Can the document be opened? A look at the bones of a PDF or an OpenDocument, enough to find a damaged
file."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

from .sniff import ODF, sniff

MOST_XML = 200_000_000
OBJECT = re.compile(rb"\s*\d+\s+\d+\s+obj\b")
SECTION = re.compile(rb"\s*(\d+)\s+(\d+) *\r?\n?")


def pdf_or_odf(data: bytes) -> str:
    """Empty when the bytes are a PDF or ODF that can be opened, else the sentence that says what is wrong."""
    kind = sniff(data)
    if kind == "pdf":
        return _pdf(data)
    if kind in ODF:
        return _odf(data)
    return _("請上傳PDF或ODF（.odt、.ods、.odp）檔案。")


def _pdf(data: bytes) -> str:
    damaged = _("PDF檔案不完整或已損壞。請重新產生PDF後再上傳。")
    tail = data[-2048:]
    mark = tail.rfind(b"startxref")
    said = re.match(rb"startxref\s+(\d+)\s+%%EOF", tail[mark:]) if mark >= 0 else None
    if said is None:
        return damaged
    at = int(said[1])
    if not 0 < at < len(data):
        return damaged
    if data[at : at + 4] == b"xref":
        trailer = _table(data, at)
    elif OBJECT.match(data[at : at + 40]):
        trailer = _stream(data, at)
    else:
        return damaged
    if trailer is None or b"/Root" not in trailer:
        return damaged
    if b"/Encrypt" in trailer:
        return _("PDF檔案設有密碼或限制，將來可能無法開啟。請移除保護後再上傳。")
    return ""


def _table(data: bytes, at: int) -> bytes | None:
    """The trailer behind a cross-reference table whose every entry points at its object; None when one does
    not."""
    place = at + 4
    while (section := SECTION.match(data, place)) is not None:
        first, many = int(section[1]), int(section[2])
        place = section.end()
        for n in range(many):
            entry = data[place : place + 20]
            if (
                len(entry) < 18
                or entry[10:11] != b" "
                or entry[17:18] not in b"nf"
                or not entry[:10].isdigit()
            ):
                return None
            offset = int(entry[:10])
            if entry[17:18] == b"n" and offset:
                found = re.match(rb"\s*(\d+)\s+\d+\s+obj\b", data[offset : offset + 40])
                if found is None or int(found[1]) != first + n:
                    return None
            place += 20
    start = data.find(b"trailer", place, place + 64)
    return data[start : start + 4096] if start >= 0 else None


def _stream(data: bytes, at: int) -> bytes | None:
    """The dictionary of a cross-reference stream (PDF 1.5) that can be unpacked."""
    begin = data.find(b"stream", at, at + 8192)
    end = data.find(b"endstream", begin)
    if begin < 0 or end < 0:
        return None
    said = data[at:begin]
    if b"/XRef" not in said:
        return None
    packed = data[begin + 6 : end].lstrip(b"\r\n")
    if b"/FlateDecode" in said:
        try:
            if not zlib.decompressobj().decompress(packed, 10_000_000):
                return None
        except zlib.error:
            return None
    return said


def _odf(data: bytes) -> str:
    damaged = _("ODF檔案不完整或已損壞。請重新存檔後再上傳。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            names = set(box.namelist())
            if not {"content.xml", "META-INF/manifest.xml"} <= names:
                return damaged
            if (
                box.getinfo("content.xml").file_size > MOST_XML
                or box.getinfo("META-INF/manifest.xml").file_size > MOST_XML
            ):
                return damaged
            if b"encryption-data" in box.read("META-INF/manifest.xml"):
                return _("ODF檔案設有密碼，將來可能無法開啟。請移除密碼後再上傳。")
            with box.open("content.xml") as content:
                for _event, element in iterparse(content, forbid_dtd=True):
                    element.clear()
    except (
        zipfile.BadZipFile,
        ParseError,
        DefusedXmlException,
        zlib.error,
        EOFError,
        RuntimeError,
        ValueError,
        OSError,
    ):
        return damaged
    return ""
