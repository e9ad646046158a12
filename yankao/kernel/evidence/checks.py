"""What may come in. Every refusal is a sentence that says what is wrong and what to do."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from . import exif
from .sniff import ENDINGS, ODF, OOXML, SCRIPT_ENDINGS, sniff

MB = 1_000_000
LIMITS = {
    **dict.fromkeys(("jpeg", "png", "webp", "heic", "tiff"), 20),
    **dict.fromkeys((*ODF, *OOXML), 30),
    **dict.fromkeys(("txt", "csv"), 10),
    **dict.fromkeys(("pdf", "zip"), 50),
    "mp4": 100,
}
"""Largest size by kind in MB (10⁶ bytes); the setting EVIDENCE_LIMITS overrides single kinds."""
MOST_ENTRIES = 2000
MOST_UNPACKED = 500 * MB
MOST_RATIO = 200
RATIO_COUNTS_FROM = MB
MOST_PIXELS = 120_000_000
NAME_LENGTH = 120
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories with no place in a file name: control signs, direction marks that show `exe.pdf` for
`fdp.exe`."""
MACROS = re.compile(r"(^|/)(vbaProject\.bin|vbaData\.xml|Basic/|Scripts/|macros?/)", re.IGNORECASE)


class Refused(ValidationError):
    """The file is not taken. `sentence` is for the person who gave it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="refused")
        self.sentence = sentence


def limit(kind: str) -> int:
    """Largest size of the kind in bytes."""
    return int({**LIMITS, **getattr(settings, "EVIDENCE_LIMITS", {})}[kind] * MB)


def largest() -> int:
    return max(limit(kind) for kind in LIMITS)


def clean_name(name: str) -> str:
    """The name for display: last part of a path, composed characters, at most 120; Refused when it is a
    trick."""
    if ".." in re.split(r"[/\\]", name) or any(unicodedata.category(sign) in HIDDEN for sign in name):
        raise Refused(_("檔名含有不允許的路徑或隱藏字元。請重新命名檔案後再上傳。"))
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].strip(" .")
    last = re.sub(r'[<>:"|?*]', "_", last)
    stem, dot, ending = last.rpartition(".")
    if not stem or not dot:
        raise Refused(_("檔名沒有副檔名。請加上副檔名（例如.pdf）後再上傳。"))
    return f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}"[:NAME_LENGTH]


def inspect(data: bytes, name: str) -> str:
    """The kind of the file named `name` (clean); Refused when it may not come in."""
    if not data:
        raise Refused(_("檔案是空的。請確認檔案內容後重新上傳。"))
    ending = name.rpartition(".")[2].lower()
    kind = sniff(data)
    if kind == "active" or ending in SCRIPT_ENDINGS:
        raise Refused(_("不接受程式、網頁或含指令碼的檔案。請改以PDF或圖片檔上傳。"))
    if kind == "old":
        raise Refused(_("不接受舊版Office檔案（.doc、.xls、.ppt）。請另存為ODF或PDF後再上傳。"))
    if not kind:
        raise Refused(_("無法辨識檔案類型，或檔案已損壞。請以PDF、ODF、圖片或文字檔上傳。"))
    if kind == "txt" and ending == "csv":
        kind = "csv"
    if ending not in ENDINGS[kind]:
        raise Refused(
            _("副檔名.%(ending)s與檔案內容（%(kind)s）不符。請改正副檔名，或選擇正確的檔案。")
            % {"ending": ending, "kind": kind}
        )
    if len(data) > limit(kind):
        raise Refused(too_large(limit(kind)))
    if kind in ODF or kind in OOXML or kind == "zip":
        _container(data, kind)
    elif kind in ("jpeg", "png", "webp", "heic", "tiff"):
        _picture(data, kind)
    elif kind == "pdf" and b"/Launch" in data:
        raise Refused(_("這份PDF會啟動其他程式，因此不接受。請重新列印成PDF後再上傳。"))
    return kind


def too_large(most: int) -> str:
    return _("檔案太大，上限為%(limit)sMB。請壓縮或分成數個檔案後再上傳。") % {"limit": most // MB}


def _container(data: bytes, kind: str) -> None:
    bomb = _("壓縮內容過大或過多，可能危害系統，因此不接受。請減少內容後重新存檔。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            entries = box.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Refused(_("檔案已損壞，無法開啟。請重新存檔後再上傳。")) from None
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Refused(bomb)
    for entry in entries:
        path = entry.filename
        if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise Refused(bomb)
        if path.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", path) or re.match(r"[A-Za-z]:", path):
            raise Refused(_("檔案內含有不允許的路徑。請重新壓縮或存檔後再上傳。"))
        if entry.flag_bits & 1:
            raise Refused(_("檔案設有密碼，無法查驗。請移除密碼後再上傳。"))
        if kind != "zip" and MACROS.search(path):
            raise Refused(_("文件含有巨集，因此不接受。請移除巨集並另存新檔後再上傳。"))
        if kind == "zip" and path.rpartition(".")[2].lower() in SCRIPT_ENDINGS:
            raise Refused(_("壓縮檔內含程式、網頁或指令碼，因此不接受。請移除後重新壓縮。"))
    if len({entry.filename for entry in entries}) < len(entries):
        raise Refused(_("檔案內有重複的項目，內容不可靠。請重新存檔後再上傳。"))


def _picture(data: bytes, kind: str) -> None:
    """A picture of believable size that is nothing else at the same time."""
    wide, high = _pixels(data, kind)
    if wide * high > MOST_PIXELS:
        raise Refused(_("圖片的像素過大。請縮小圖片後再上傳。"))
    if zipfile.is_zipfile(io.BytesIO(data)) or b"<script" in data[:4096].lower() or b"<?php" in data.lower():
        raise Refused(_("圖片內夾帶其他檔案或指令碼，因此不接受。請重新存成圖片後再上傳。"))


def _pixels(data: bytes, kind: str) -> tuple[int, int]:
    """Width and height of PNG and JPEG; (0, 0) for other kinds. Refused when there are none to find."""
    broken = Refused(_("圖片已損壞，無法開啟。請重新存檔或重新拍攝後再上傳。"))
    if kind == "png":
        if data[12:16] != b"IHDR" or len(data) < 33:
            raise broken
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if kind == "jpeg":
        for marker, start, end in exif.segments(data):
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and end - start >= 5:
                return int.from_bytes(data[start + 3 : start + 5], "big"), int.from_bytes(
                    data[start + 1 : start + 3], "big"
                )
        raise broken
    return 0, 0
