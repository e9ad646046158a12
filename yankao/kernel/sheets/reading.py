"""Which kind of file it is, by its first bytes rather than its name."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from .csv_in import read_csv
from .decoding import CHUNK
from .ods_in import read_ods
from .sheet import MAX_BYTES, MAX_UNPACKED, Sheet, SheetError

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _members(data: bytes) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise SheetError(_("檔案已損壞，無法打開。請重新存檔再匯入。")) from error


def _check_gzip(data: bytes) -> None:
    """Unpacks once, keeping nothing: later passes can then neither fail nor fill the machine."""
    unpacked = 0
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                if unpacked > MAX_UNPACKED:
                    raise SheetError(_("檔案解開後太大，請分成幾個檔案再匯入。"))
    except (OSError, EOFError, zlib.error) as error:
        raise SheetError(_("壓縮檔已損壞，無法解開。請重新壓縮或改用未壓縮的CSV。")) from error


def read(data: bytes, name: str) -> Sheet:
    """The table in a CSV, gzipped CSV or ODS file. Raises SheetError(sentence), never anything else.

    `name` is kept for messages; what the file is, its content says. Memory stays within a few times the
    input, since rows are made one at a time (R12: 256 MB for 20 MB).
    """
    if len(data) > MAX_BYTES:
        raise SheetError(_("檔案超過%(n)s MB，請分成幾個檔案再匯入。") % {"n": MAX_BYTES // 2**20})
    if data.startswith(b"PK\x03\x04"):
        members = _members(data)
        if "content.xml" in members:
            return read_ods(data, name)
        if any(member.startswith("xl/") for member in members):
            raise SheetError(_("不接受Excel檔案（.xlsx），請在試算表軟體另存為ODS或CSV再匯入。"))
        raise SheetError(_("這不是試算表檔案，請另存為ODS或CSV再匯入。"))
    if data.startswith(b"PK\x05\x06"):
        raise SheetError(_("這是空的壓縮檔，請確認選對了檔案。"))
    if data.startswith(OLD_OFFICE):
        raise SheetError(_("不接受舊版Excel檔案（.xls），請在試算表軟體另存為ODS或CSV再匯入。"))
    if data.startswith(b"%PDF"):
        raise SheetError(_("這是PDF檔案，請改用ODS或CSV匯入。"))
    if data.startswith(b"\x1f\x8b"):
        _check_gzip(data)
        return read_csv(lambda: cast(BinaryIO, gzip.open(io.BytesIO(data))), name)
    return read_csv(lambda: io.BytesIO(data), name)
