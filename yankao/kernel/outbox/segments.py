"""A text message as the network counts it: GSM 7 bit (160, or 153 a part) or UCS-2 (70, or 67 a part)."""

from __future__ import annotations

from dataclasses import dataclass

GSM, UCS2 = "gsm7", "ucs2"
ALONE = {GSM: 160, UCS2: 70}
JOINED = {GSM: 153, UCS2: 67}
MOST_PARTS = 10
"""Longer texts are refused: they would cost more than a letter and be read by nobody."""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_MORE = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40,
         "€": 0x65}  # fmt: skip
"""3GPP TS 23.038: the default alphabet, and what takes two places behind an escape."""
_CODES = {character: bytes([code]) for code, character in enumerate(_BASIC) if character != "\x1b"}
_CODES |= {character: bytes([0x1B, code]) for character, code in _MORE.items()}


class TooLong(ValueError):
    """The text takes more parts than anybody should be sent."""


@dataclass(frozen=True)
class Counted:
    """The parts of a text and their alphabet; each part is what one message carries."""

    alphabet: str
    parts: tuple[str, ...]

    def encoded(self, part: str) -> bytes:
        """A part as octets: one a 7-bit character (unpacked), or UTF-16 with the high octet first."""
        return _encoded(part, self.alphabet)


def alphabet_of(text: str) -> str:
    """GSM when every character is in the default alphabet, else UCS-2 for the whole text."""
    return GSM if all(character in _CODES for character in text) else UCS2


def counted(text: str) -> Counted:
    """The text in parts; no character is torn (neither an escape from its letter nor a surrogate pair).

    TooLong beyond MOST_PARTS.
    """
    alphabet = alphabet_of(text)
    sizes = [_size(character, alphabet) for character in text]
    if sum(sizes) <= ALONE[alphabet]:
        return Counted(alphabet, (text,))
    parts, begin, filled = [], 0, 0
    for at, size in enumerate(sizes):
        if filled + size > JOINED[alphabet]:
            parts.append(text[begin:at])
            begin, filled = at, 0
        filled += size
    parts.append(text[begin:])
    if len(parts) > MOST_PARTS:
        raise TooLong(f"{len(parts)} parts")
    return Counted(alphabet, tuple(parts))


def _size(character: str, alphabet: str) -> int:
    return len(_CODES[character]) if alphabet == GSM else 2 if character > "\uffff" else 1


def _encoded(text: str, alphabet: str) -> bytes:
    return b"".join(_CODES[one] for one in text) if alphabet == GSM else text.encode("utf-16-be")
