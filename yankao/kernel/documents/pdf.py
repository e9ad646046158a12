"""PDF/UA-1 and PDF/A-3a in one file, by typst, from one static template that reads JSON.

Text of a document is never read as typst markup. The compiler has no clock and no system fonts of its own:
the same input and fonts give the same bytes.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext as _

SYSTEM_FONTS = Path("/usr/share/fonts")
STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]
_SERIF = ("Noto Serif CJK TC", "Noto Serif TC", "TW-Sung", "AR PL UMing TW")
_KAI = ("TW-Kai", "BiauKai", "DFKai-SB", "AR PL UKai TW", "cwTeXKai")
"""The brush-like face of official letters; where the machine has none, the serif takes its place."""
_SANS = ("Noto Sans CJK TC", "Noto Sans TC", *_SERIF)
_LACKING = re.compile(r'the text `"(.*?)"` could not be displayed')
"""An archival PDF may not hold a character that no font draws; typst names it."""
_PRIVATE = re.compile(r"codepoint `\"\\u\{([0-9a-f]+)\}\"`")
"""Nor may it hold a character of the private use area, where Taiwan's offices long kept their own (造字)."""


class NoChineseFont(RuntimeError):
    """No font for Traditional Chinese was found; the message says where was looked and what to install."""


class PdfRefused(RuntimeError):
    """typst refused to write the PDF; the message carries its reason."""


def font_dirs_from_environment() -> tuple[Path, ...]:
    """Folders of ``YANKAO_FONT_DIRS`` (separated like PATH), or the system's."""
    given = os.environ.get("YANKAO_FONT_DIRS", "")
    return tuple(Path(part) for part in given.split(os.pathsep) if part) or (SYSTEM_FONTS,)


def check_fonts(font_dirs: Sequence[Path] | None = None) -> tuple[str, str]:
    """The serif and sans families a PDF would use. Raises NoChineseFont."""
    return _families(_dirs(font_dirs))


def families(font_dirs: Sequence[Path] | None = None) -> tuple[str, str]:
    """Serif and sans, as `check_fonts`."""
    return _families(_dirs(font_dirs))


def kai(font_dirs: Sequence[Path] | None = None) -> str:
    """The 楷書 of the machine, else its serif. Raises NoChineseFont."""
    dirs = _dirs(font_dirs)
    found = set(_fonts(dirs).families())
    return next((name for name in _KAI if name in found), _families(dirs)[0])


def compile_pdf(
    template: Path,
    data: Mapping[str, Any],
    dated: date,
    *,
    more: Mapping[str, str] | None = None,
    font_dirs: Sequence[Path] | None = None,
) -> bytes:
    """The PDF of a template whose ``sys.inputs.data`` is `data` as JSON; `more` are further inputs.

    Raises NoChineseFont, or PdfRefused with typst's reason in words.
    """
    made = _compiled(template, data, dated, more or {}, font_dirs, "pdf")
    if not isinstance(made, bytes):
        raise PdfRefused(_("PDF無法產製：%(reason)s") % {"reason": "no file"})
    return made


def compile_pictures(template: Path, data: Mapping[str, Any], dated: date, *, dots: int = 110) -> list[bytes]:
    """The pages of the same as PNG, for eyes and for pages that show a preview; `dots` an inch."""
    made = _compiled(template, data, dated, {}, None, "png", dots)
    return list(made) if isinstance(made, list) else [made]


def _compiled(
    template: Path,
    data: Mapping[str, Any],
    dated: date,
    more: Mapping[str, str],
    font_dirs: Sequence[Path] | None,
    form: Literal["pdf", "png"],
    dots: int = 0,
) -> Any:
    inputs = {"data": json.dumps(data, ensure_ascii=False, sort_keys=True), **more}
    compiler = typst.Compiler(
        template, root=template.parent, font_paths=_fonts(_dirs(font_dirs)), sys_inputs=inputs
    )
    try:
        if form == "png":
            return compiler.compile(format="png", ppi=dots)
        return compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=noon(dated))
    except typst.TypstError as error:
        raise PdfRefused(_refusal(error)) from error


def _refusal(error: typst.TypstError) -> str:
    if private := _PRIVATE.search(error.message):
        return _own_character(chr(int(private[1], 16)))
    if lacking := _LACKING.search(error.message):
        text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), lacking[1])
        # Which of the two faults typst names first depends on the fonts at hand.
        if own := next((char for char in text if unicodedata.category(char) == "Co"), ""):
            return _own_character(own)
        return _(
            "沒有字型可以顯示「%(text)s」，PDF無法產製。請改用其他字，或安裝含有該字之字型"
            "（例如套件fonts-cns11643-sung）。"
        ) % {"text": text}
    return _("PDF無法產製：%(reason)s") % {"reason": " ".join([error.message, *error.hints])}


def _own_character(char: str) -> str:
    return _(
        "「%(text)s」（U+%(code)s）是造字區之字，永久保存格式不容許，PDF無法產製。請改用正式編碼之字。"
    ) % {"text": char, "code": f"{ord(char):04X}"}


def noon(day: date) -> int:
    """Noon in Taipei of the document's date, as seconds since the epoch."""
    return (day.toordinal() - 719163) * 86400 + 4 * 3600


def _dirs(font_dirs: Sequence[Path] | None) -> tuple[Path, ...]:
    return tuple(font_dirs) if font_dirs is not None else font_dirs_from_environment()


@lru_cache(maxsize=4)
def _fonts(dirs: tuple[Path, ...]) -> typst.Fonts:
    """The fonts of the folders; scanning takes tenths of a second, so once per process."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(dirs))


@lru_cache(maxsize=4)
def _families(dirs: tuple[Path, ...]) -> tuple[str, str]:
    found = set(_fonts(dirs).families())
    serif, sans = (next((name for name in wanted if name in found), None) for wanted in (_SERIF, _SANS))
    if serif is None and sans is None:
        raise NoChineseFont(
            _(
                "在%(folders)s找不到繁體中文字型。請安裝套件fonts-noto-cjk，或以YANKAO_FONT_DIRS指定"
                "含有Noto Serif CJK TC及Noto Sans CJK TC之資料夾。"
            )
            % {"folders": "、".join(map(str, dirs))}
        )
    return serif or sans or "", sans or serif or ""
