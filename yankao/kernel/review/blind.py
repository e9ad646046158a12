"""盲審稿 A copy of a file that does not say who made it.

Authors, company, editing history, comments' names, camera data and revisions go; what is written on the pages
stays, so `names_in` looks there for names that would give the author away. Whatever cannot be cleaned for
certain is refused with a sentence: a reviewer never gets a copy that was only hoped to be clean.

PDF is written anew (`blind_pdf`); ODF and OOXML are zip files of XML, cleaned part by part; JPEG and PNG lose
every block the picture itself does not need.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from ..evidence import exif
from ..evidence.checks import Refused
from ..evidence.sniff import ODF, OOXML, sniff

KINDS = ("pdf", "odt", "docx", "jpeg", "png")
"""What a blind copy may be."""
NAMED = re.compile(
    r"\s(?:[\w.-]+:)?(?:author|initials|userId|providerId|lastEdited\w*|rsid\w*|editing-cycles)"
    r"\s*=\s*(?:\"[^\"]*\"|'[^']*')"
)
"""Attributes that say who wrote or revised (OOXML `w:author`, `w:initials`, `w:rsidR`; ODF)."""
DATED = re.compile(r"\sw:date\s*=\s*(?:\"[^\"]*\"|'[^']*')")
TELLING = re.compile(
    r"(<(?P<tag>(?:[\w.-]+:)?(?:creator|initial-creator|creator-initials|sender-initials|author-name"
    r"|author-initials|printed-by|editing-duration|editing-cycles|modified-date|lastModifiedBy"
    r"|user-defined|sender-\w+))(?:\s[^>]*)?(?<!/)>)(?P<text>.*?)(</(?P=tag)>)",
    re.DOTALL,
)
"""Elements whose text names a person, in ODF bodies and in properties."""
REVISIONS = re.compile(r"<(?P<tag>[\w.-]+:rsids)(?:\s[^>]*)?>.*?</(?P=tag)>", re.DOTALL)
TOLD_BY = {"creator", "initial-creator", "author-name", "author-initials", "lastModifiedBy", "printed-by"}
ATTRIBUTED = {"author", "initials", "userId"}
DROPPED_ODF = ("Thumbnails/", "Versions/", "VersionList.xml", "Configurations2/", "layout-cache")
DROPPED_OOXML = ("docProps/", "customXml/", "word/people.xml", "word/commentsExtended.xml")
KEPT_PNG = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD"}
EMPTY_META = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-meta '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3">'
    "<office:meta/></office:document-meta>"
)
THEN = (1980, 1, 1, 0, 0, 0)
"""The date every part of a cleaned container carries: zip's earliest."""


def stripped(data: bytes) -> bytes:
    """The file without anything that says who made it. Raises Refused, a ValidationError."""
    kind = sniff(data)
    try:
        if kind == "pdf":
            return _pdf(data)
        if kind in ODF or kind in OOXML:
            return _container(data, kind)
        if kind == "jpeg":
            return exif.without_metadata(data)
        if kind == "png":
            return _png(data)
    except (zipfile.BadZipFile, struct.error, UnicodeDecodeError, RuntimeError) as error:
        raise Refused(_("檔案已損壞或設有密碼，無法去除作者資料。請重新存檔後再上傳。")) from error
    raise Refused(_("盲審稿請以PDF、ODT、DOCX、JPEG或PNG檔上傳。"))


def _pdf(data: bytes) -> bytes:
    from . import blind_pdf  # noqa: PLC0415  (pikepdf takes an eighth of a second of every start; few processes need it)

    return blind_pdf.cleaned(data)


# ── ODF and OOXML ───────────────────────────────────────────────────────────────────────────────────


def _container(data: bytes, kind: str) -> bytes:
    dropped = DROPPED_ODF if kind in ODF else DROPPED_OOXML
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as box, zipfile.ZipFile(out, "w") as clean:
        kept = [entry for entry in box.infolist() if not _is_dropped(entry.filename, dropped)]
        for entry in kept:
            part = _part(entry.filename, box.read(entry), dropped)
            fresh = zipfile.ZipInfo(entry.filename, THEN)
            fresh.compress_type = entry.compress_type
            clean.writestr(fresh, part)
    return out.getvalue()


def _is_dropped(name: str, dropped: Iterable[str]) -> bool:
    return any(name == one or name.startswith(one) for one in dropped)


def _part(name: str, data: bytes, dropped: Iterable[str]) -> bytes:
    if name == "meta.xml":
        return EMPTY_META.encode()
    if name == "settings.xml":
        data = re.sub(rb"<config:config-item [^>]*\"Printer\w+\"[^>]*>.*?</config:config-item>", b"", data)
    if name.lower().endswith((".jpg", ".jpeg")):
        return exif.without_metadata(data)
    if name.lower().endswith(".png"):
        return _png(data)
    if not name.lower().endswith((".xml", ".rels", ".rdf")):
        return data
    text = data.decode("utf-8-sig")
    if name.endswith((".rels", "[Content_Types].xml", "manifest.xml")):
        text = _without_parts(text, dropped)
    else:
        text = DATED.sub("", NAMED.sub("", text))
        text = TELLING.sub(lambda found: found[1] + found[4], text)
        text = REVISIONS.sub("", text)
        _prove(text)
    return text.encode()


def _without_parts(text: str, dropped: Iterable[str]) -> str:
    """References to the parts that were left out."""
    for one in dropped:
        bare = re.escape(one.removeprefix("word/"))
        text = re.sub(
            rf"<[\w:.-]+\s[^>]*?(?:full-path|PartName|Target)=\"/?(?:word/|\.\./)?{bare}[^\"]*\"[^>]*?/>",
            "",
            text,
        )
    return text


def _prove(text: str) -> None:
    """Read the part as XML and see that nobody is named any more, however it was written."""
    refused = Refused(_("文件內仍有無法去除的作者資料。請另存為PDF後再上傳。"))
    try:
        root = fromstring(text.encode(), forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise Refused(_("檔案已損壞，無法開啟。請重新存檔後再上傳。")) from error
    for one in root.iter():
        bare = str(one.tag).rpartition("}")[2]
        named = bare in TOLD_BY and "".join(one.itertext()).strip()
        if named or any(key.rpartition("}")[2] in ATTRIBUTED and value for key, value in one.attrib.items()):
            raise refused


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────────


def _png(data: bytes) -> bytes:
    """The picture's own chunks: no text, time, EXIF or private ones, and nothing after the end."""
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if kind in KEPT_PNG:
            kept.append(data[at : at + 12 + length])
        at += 12 + length
        if kind == b"IEND":
            break
    return b"".join(kept)


# ── Names on the pages ──────────────────────────────────────────────────────────────────────────────


def names_in(data: bytes, names: Iterable[str]) -> list[str]:
    """Which of the names stand in the text of the document; best effort for PDF, whose text may be pictures.

    Names of one sign are not looked for. White space inside the text is passed over.
    """
    text = "".join(_text(data)).casefold()
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    wanted = {name: re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold() for name in names}
    return [name for name, bare in wanted.items() if len(bare) > 1 and bare in plain]


def _text(data: bytes) -> Iterator[str]:
    kind = sniff(data)
    try:
        if kind in ODF or kind in OOXML:
            with zipfile.ZipFile(io.BytesIO(data)) as box:
                for name in box.namelist():
                    if name in ("content.xml", "styles.xml") or re.fullmatch(r"word/[\w-]+\.xml", name):
                        yield from fromstring(box.read(name), forbid_dtd=True).itertext()
        elif kind == "pdf":
            from . import blind_pdf  # noqa: PLC0415  (pikepdf takes an eighth of a second of every start; few processes need it)

            yield from blind_pdf.texts(data)
    except (ParseError, DefusedXmlException, zipfile.BadZipFile, RuntimeError, KeyError):
        return
