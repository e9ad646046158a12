"""Which encoding a text file is in: the byte order mark, strict decoding, then what looks like writing."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO

CHUNK = 2**18
MARK_BASE = 0xDC00
"""A byte that cannot be decoded stands as the lone surrogate U+DC00 + byte until its row is reported."""
MARKS = re.compile("[\udc00-\udcff]+")

_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\x7e\xa1-\xfe]")
_COMMON = re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]")
_RUNS = re.compile(rb"(?:[\x81-\xfe][\x40-\x7e\xa1-\xfe]){2,}")
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")
_HIGH = re.compile("[^\x00-\x7f]")

Opener = Callable[[], BinaryIO]


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(MARK_BASE + byte) for byte in bad), error.end


codecs.register_error("yankao.mark", _mark)
MARK = "yankao.mark"


def unmark(text: str) -> tuple[str, list[str]]:
    """The text with U+FFFD for each undecodable run, and the runs' bytes in hexadecimal."""
    runs = [" ".join(f"{ord(c) - MARK_BASE:02X}" for c in run) for run in MARKS.findall(text)]
    return (MARKS.sub("�", text), runs) if runs else (text, runs)


def is_binary(sample: bytes) -> bool:
    """Whether control characters make up more than a twentieth: pictures and programs, not tables."""
    return len(_CONTROL.findall(sample)) > 0.05 * len(sample)


def _first_error(open_: Opener, encoding: str) -> int | None:
    """Where strict decoding of the whole stream fails (to the chunk), None when it does not."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    place = 0
    with open_() as stream:
        while True:
            chunk = stream.read(CHUNK)
            try:
                decoder.decode(chunk, not chunk)
            except UnicodeDecodeError:
                return place
            if not chunk:
                return None
            place += len(chunk)


def _tally(sample: bytes, encoding: str) -> tuple[int, int]:
    """(runs of undecodable bytes, other characters beyond ASCII) in the sample."""
    text = codecs.getincrementaldecoder(encoding)(MARK).decode(sample)
    marks = MARKS.findall(text)
    return len(marks), len(_HIGH.findall(text)) - sum(map(len, marks))


def _around(open_: Opener, place: int) -> bytes:
    """The chunks about `place`, from a line's beginning: what the doubtful part of the file looks like."""
    with open_() as stream:
        ahead = max(0, place - CHUNK)
        while ahead:
            passed = len(stream.read(min(ahead, CHUNK)))
            if not passed:
                break
            ahead -= passed
        sample = stream.read(3 * CHUNK)
    return sample if place <= CHUNK else sample[sample.find(b"\n") + 1 :]


def _utf16_without_mark(sample: bytes) -> str | None:
    """Half of ASCII text in UTF-16 is zero bytes, all at even or all at odd places."""
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.1 * pairs and even <= 0.01 * pairs:
        return "utf-16-le"
    if even > 0.1 * pairs and odd <= 0.01 * pairs:
        return "utf-16-be"
    return None


def _looks_big5(sample: bytes, bad: int) -> float:
    """0 to 1: how much the pairs look like Chinese, that is in runs and from the common half of the table.

    Accented Latin letters decode as single rare characters; Chinese words are runs of common ones.
    """
    pairs = len(_PAIRS.findall(sample))
    if not pairs:
        return 0.0
    in_runs = sum(len(run) // 2 for run in _RUNS.findall(sample))
    if in_runs < 0.3 * pairs:
        return 0.0
    return len(_COMMON.findall(sample)) / (pairs + bad)


def choose(open_: Opener) -> tuple[str, bool]:
    """(Encoding, whether some bytes cannot be decoded in it).

    "utf-8", "utf-8-sig" (with its mark), "utf-16", "utf-16-le", "utf-16-be", "cp950" (Big5) or "cp1252".
    Windows-1252 is the last resort: it takes nearly every byte, so it is chosen only when neither UTF-8 nor
    Big5 explains the bytes. Big5-HKSCS is not tried: its extra characters lie where Taiwanese agencies put
    their own, and would be read wrongly without a word.
    """
    with open_() as stream:
        head = stream.read(CHUNK)
    marked = None
    if head.startswith(codecs.BOM_UTF8):
        marked = "utf-8-sig"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16"
    if marked:
        return marked, _first_error(open_, marked) is not None
    if (wide := _utf16_without_mark(head)) is not None:
        text = head.decode(wide, "replace")
        if any(mark in text for mark in ",;\t\n") and _first_error(open_, wide) is None:
            return wide, False
    place = _first_error(open_, "utf-8")
    if place is None:
        return "utf-8", False
    sample = _around(open_, place)
    (bad, good), (big5_bad, _) = _tally(sample, "utf-8"), _tally(sample, "cp950")
    utf8, big5 = good / (good + bad) if good else 0.0, _looks_big5(sample, big5_bad)
    if utf8 >= 0.8 and utf8 >= big5:
        return "utf-8", True
    chosen = "cp950" if big5 >= 0.7 else "cp1252"
    return chosen, _first_error(open_, chosen) is not None
