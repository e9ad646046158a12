"""What a file is, by its first bytes and, for zip containers, by what they hold. Names and claims are not
asked."""

from __future__ import annotations

import io
import zipfile

ODF = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}
OOXML = {"docx": "word/", "xlsx": "xl/"}
HEIC = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"}
MP4 = {
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"mp71",
    b"dash",
    b"qt  ",
}

MEDIA = {
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "csv": "text/csv",
    "zip": "application/zip",
    "mp4": "video/mp4",
}
ENDINGS = {
    **{kind: {kind} for kind in MEDIA},
    "jpeg": {"jpg", "jpeg", "jpe", "jfif"},
    "heic": {"heic", "heif"},
    "tiff": {"tif", "tiff"},
    "txt": {"txt", "csv", "log", "md"},
    "mp4": {"mp4", "m4v", "mov"},
}
"""The endings a file of each kind may carry. A table of text is told from text by its ending alone."""

PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"#!", b"\x00asm")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKUP = tuple(
    b"<" + word
    for word in (
        b"!doctype html svg ?xml script ?php body head iframe img math % xsl "
        b"!-- table div meta link style object embed"
    ).split()
)
SCRIPT_ENDINGS = {
    "html", "htm", "xhtml", "shtml", "mht", "mhtml", "svg", "svgz", "xml", "xsl", "js", "mjs",
    "vbs", "vbe", "wsf", "hta", "exe", "com", "dll", "scr", "msi", "bat", "cmd", "ps1",
    "sh", "py", "php", "jsp", "asp", "aspx", "jar", "class", "apk", "lnk", "url", "iso",
    "img", "vhd", "docm", "xlsm", "pptm", "dotm", "xltm", "xlam", "reg", "cpl", "swf", "wasm",
}  # fmt: skip


def sniff(data: bytes) -> str:
    """One of MEDIA's kinds; "active" for programs and markup, "old" for Office files before 2007, "" for
    unknown."""
    head = data[:64]
    for mark, kind in (
        (b"%PDF-", "pdf"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (OLE, "old"),
    ):
        if head.startswith(mark):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:4] in (b"II*\x00", b"MM\x00*"):
        return "tiff"
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in HEIC else "mp4" if head[8:12] in MP4 else ""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _container(data)
    if head.startswith(PROGRAMS):
        return "active"
    return _text(data)


def _container(data: bytes) -> str:
    """The kind of a zip: OpenDocument by its `mimetype` entry, Office by its parts, else a plain zip; "" if
    broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            names = [info.filename for info in box.infolist()]
            if "mimetype" in names and box.getinfo("mimetype").file_size < 200:
                said = box.read("mimetype").decode("ascii", "replace").strip()
                for kind in ODF:
                    if said == MEDIA[kind]:
                        return kind
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        return ""
    if "[Content_Types].xml" in names:
        return next(
            (kind for kind, part in OOXML.items() if any(name.startswith(part) for name in names)), ""
        )
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        return "active"
    return "zip"


def _text(data: bytes) -> str:
    """Text in UTF-8, UTF-16 with its mark, or Big5, without control characters; markup is active content."""
    text = decode(data)
    if text is None or any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text):
        return ""
    start = text.lstrip("\ufeff \t\r\n\f")[:2000].lower()
    if start.encode()[:20].startswith(MARKUP) or "<script" in start or "<svg" in start or "<html" in start:
        return "active"
    return "txt"


def decode(data: bytes) -> str | None:
    """The text in the file, or None when it is in no encoding this city uses."""
    if not data:
        return None
    codecs = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "big5hkscs")
    for codec in codecs:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None
