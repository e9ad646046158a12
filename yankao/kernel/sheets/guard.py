"""The formula guard of CSV: text that a spreadsheet would run gets an apostrophe, and loses it on reading."""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?%?")


def guarded(text: str) -> str:
    """`'=1+1` for `=1+1`. A signed number is a number and stays; apostrophes already there gain one more."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if text.startswith("'") and _RISKY.match(text) else text
