"""One mail as it came over the wire (RFC 5322, MIME): who wrote it, its words, its files, what it answers.

Built on the standard library's `email`. What mail programs get wrong is met here: 8-bit headers without a
word on their coding, a character cut in two between encoded words, Big5 with the signs of its extensions,
names of character sets that no standard knows.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from typing import Any

from django.utils.translation import gettext as _

from ..models import Incoming
from . import plain

Why = Incoming.Why

MOST_BYTES = 40_000_000
"""A mail larger than this is not read (files in mails grow by a third on their way)."""
MOST_PARTS = 200
MOST_TEXT = 200_000
"""Characters of text that are looked at; a case holds 8,000 of them, the rest becomes a file."""
CHARSETS = {
    "big5": "cp950", "big-5": "cp950", "big5-eten": "cp950", "x-big5": "cp950", "cn-big5": "cp950",
    "x-x-big5": "cp950", "big5-hkscs": "big5hkscs", "gb2312": "gb18030", "gbk": "gb18030",
    "x-gbk": "gb18030", "gb_2312-80": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp_ext", "cp-850": "cp850", "iso-8859-8-i": "iso8859-8", "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8", "ansi_x3.4-1968": "ascii", "us-ascii": "ascii",
}  # fmt: skip
"""Character sets as mails name them, by what reads them best."""
SIGNATURES = {
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"
}  # fmt: skip
LOCKED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
NUMBER = re.compile(r"\bP(\d{2,3})-(\d{6})\b")
"""A case number, as our messages write it."""
ID = re.compile(r"<[^<>\s]{1,900}>")


class Unreadable(ValueError):
    """The mail cannot be understood; `why` says so, for a person."""

    def __init__(self, why: Why) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class File:
    """A file of a mail: its name, its bytes, and whether it stands within the text."""

    name: str
    data: bytes = field(repr=False)
    inline: bool = False


@dataclass(frozen=True)
class Bounce:
    """What a mail server says about a message of ours: the number it had, and why it did not come."""

    about: str
    status: str
    final: bool


@dataclass(frozen=True)
class Letter:
    """A mail understood. Neither `repr` nor `str` tells persons or words."""

    message_id: str
    fingerprint: str = field(repr=False)
    sender: str = field(repr=False)
    name: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    arrived_at: datetime | None
    """When the last mail server took it, by the newest of its own lines."""
    answers: tuple[str, ...]
    numbers: tuple[str, ...]
    to: tuple[str, ...] = field(repr=False)
    files: tuple[File, ...] = ()
    automatic: str = ""
    """Why it is taken to be written by a machine; empty for a person's."""
    bounce: Bounce | None = None
    notes: tuple[str, ...] = ()
    """What was doubtful about it."""


def read(raw: bytes) -> Letter:
    """Understand a mail. Raises Unreadable with a sentence."""
    if len(raw) > MOST_BYTES:
        raise Unreadable(Why.TOO_LARGE)
    if not raw.strip():
        raise Unreadable(Why.EMPTY)
    # Addresses and encoded words are decoded here, since the newer policy refuses what mails really say.
    message = message_from_bytes(raw, policy=policy.compat32)
    if not message.keys():
        raise Unreadable(Why.NO_HEADER)
    notes: list[str] = []
    bounce = _bounce(message)
    found = _Body()
    found.walk(message)
    text = found.told(notes)
    senders = _addresses(message, "From") or _addresses(message, "Sender")
    name, sender = senders[0] if senders else ("", "")
    if not sender and bounce is None:
        raise Unreadable(Why.NO_SENDER)
    if not text and not found.files and bounce is None:
        raise Unreadable(found.fault or Why.NO_TEXT)
    subject = header(message, "Subject")
    return Letter(
        message_id=_own_id(message, raw),
        fingerprint=_fingerprint(sender, message.get("Date", ""), text, found.files),
        sender=sender,
        name=name,
        subject=subject,
        text=text,
        arrived_at=_arrived(message),
        answers=_references(message),
        numbers=_numbers(subject),
        to=tuple(
            address
            for field_ in ("To", "Cc", "Delivered-To", "X-Original-To")
            for _name, address in _addresses(message, field_)
        ),
        files=tuple(found.files),
        automatic=_automatic(message, sender, subject) if bounce is None else "",
        bounce=bounce,
        notes=tuple(notes),
    )


# ── Headers ─────────────────────────────────────────────────────────────────────────────────────────


def header(message: Message, name: str) -> str:
    """A header in plain words, on one line, without control characters."""
    return _line(_decoded(next(iter(_raw(message, name)), "")))


def _raw(message: Message, name: str) -> list[str]:
    """The header's lines as they came; bytes beyond ASCII stand as surrogates."""
    return [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]


def _line(text: str) -> str:
    kept = "".join(" " if sign in "\t\r\n" else sign for sign in text if sign in "\t\r\n" or _seen(sign))
    return " ".join(kept.split())


def _seen(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _decoded(text: str) -> str:
    """Encoded words (RFC 2047) and bare 8-bit text. Pieces of one character set are joined before they are
    read: some programs cut a character in two between words.
    """
    if any("\udc80" <= sign <= "\udcff" for sign in text):
        text = guessed(text.encode("ascii", "surrogateescape"))
    if "=?" not in text:
        return text
    text = re.sub(r"(\?=)[ \t]*\r?\n[ \t]+(=\?)", r"\1 \2", text)
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(
        piece if isinstance(piece, str) else decoded(piece, charset or "ascii") for piece, charset in pieces
    )


def decoded(data: bytes, charset: str) -> str:
    """Bytes of a named character set. What the name does not fit is read by what fits; what nothing fits
    shows as U+FFFD.
    """
    charset = charset.strip().strip("'\"").lower().partition("*")[0]
    name = CHARSETS.get(charset, charset)
    if name in ("ascii", "unknown-8bit", "x-unknown", "default", ""):
        return guessed(data)
    try:
        codecs.lookup(name)
        return data.decode(name)
    except (LookupError, UnicodeDecodeError, ValueError):
        pass
    try:
        return guessed(data, strict=True)
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(name, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def guessed(data: bytes, *, strict: bool = False) -> str:
    """Bytes nobody named: UTF-8, else Big5 with its extensions."""
    for name in ("utf-8", "cp950", "big5hkscs"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    if strict:
        return data.decode("utf-8")
    return data.decode("utf-8", "replace")


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(name, address) of each, the address in small letters; an address that is none is left out."""
    told = _raw(message, name)
    raw = [
        guessed(one.encode("ascii", "surrogateescape"))
        if any("\udc80" <= sign <= "\udcff" for sign in one)
        else one
        for one in told
    ]
    found = []
    for words, address in getaddresses(raw, strict=False):
        plain_address = _line(address).replace(" ", "").lower()
        if re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", plain_address) and len(plain_address) <= 254:
            found.append((_line(_decoded(words)).strip("\"'")[:60], plain_address))
    return found


def _own_id(message: Message, raw: bytes) -> str:
    """Its Message-ID; of a mail without one, a number made of all it is."""
    found = ID.search(str(message.get("Message-ID", "")))
    if found and len(found[0]) <= 250:
        return found[0]
    made = hashlib.sha256(found[0].encode("utf-8", "replace") if found else raw).hexdigest()
    return f"<{made}@no-message-id>"


def _references(message: Message) -> tuple[str, ...]:
    """What it answers, the nearest first."""
    answered = ID.findall(str(message.get("In-Reply-To", "")))
    thread = ID.findall(str(message.get("References", "")))[-50:]
    return tuple(dict.fromkeys([*answered, *reversed(thread)]))


def _numbers(subject: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKC", subject).upper()
    return tuple(dict.fromkeys(found[0] for found in NUMBER.finditer(folded)))


def _arrived(message: Message) -> datetime | None:
    """The time in the topmost line that mail servers write; None where it says nothing believable. The date
    its writer gives is not asked: deadlines count from it.
    """
    try:
        moment = parsedate_to_datetime(str(message.get("Received", "")).rpartition(";")[2].strip())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if 1990 < moment.year < 2200 else None


def _fingerprint(sender: str, date: str, text: str, files: list[File]) -> str:
    """The same for a mail that came twice by different ways."""
    made = hashlib.sha256(f"{sender}\n{date}\n{text}".encode("utf-8", "replace"))
    for one in files:
        made.update(hashlib.sha256(one.data).digest())
    return made.hexdigest()


# ── Machines ────────────────────────────────────────────────────────────────────────────────────────

MACHINES = re.compile(
    r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|listserv|majordomo|.*-(request|bounces?))"
    r"([+=].*)?@",
    re.IGNORECASE,
)
AWAY = re.compile(
    r"^\s*(\[?(自動(回覆|回復|答覆|回信)|休假通知|不在辦公室)|auto(matic)?[- ]?(reply|response)"
    r"|out of (the )?office)",
    re.IGNORECASE,
)


def _automatic(message: Message, sender: str, subject: str) -> str:
    """Why a mail is a machine's (RFC 3834 and what was usual before it); empty for a person's."""
    said = str(message.get("Auto-Submitted", "")).split(";")[0].strip().lower()
    if said and said != "no":
        return f"Auto-Submitted: {said[:40]}"
    precedence = str(message.get("Precedence", "")).strip().lower()
    if precedence in ("bulk", "junk", "list", "auto_reply"):
        return f"Precedence: {precedence}"
    for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Reply-From"):
        if message.get(name):
            return name
    if str(message.get("Return-Path", "x")).strip() == "<>":
        return "Return-Path: <>"
    if MACHINES.match(sender):
        return "From"
    return "Subject" if AWAY.match(subject) else ""


def _bounce(message: Message) -> Bounce | None:
    """What a delivery report (RFC 3464) says of which message of ours; None when it is no report."""
    kind = message.get_content_type()
    report = str(message.get_param("report-type", "") or "").lower()
    if kind != "multipart/report" or report != "delivery-status":
        return None
    status, action, about = "", "", ""
    for part in message.walk():
        inner = part.get_content_type()
        if inner == "message/delivery-status" and isinstance(part.get_payload(), list):
            for block in _blocks(part):
                action = action or str(block.get("Action", "")).strip().lower()
                status = status or str(block.get("Status", "")).strip()[:20]
        elif inner in ("message/rfc822", "message/rfc822-headers", "text/rfc822-headers"):
            about = about or _inner_id(part)
    return Bounce(about, f"{action} {status}".strip()[:40], action in ("failed", ""))


def _blocks(part: Message) -> list[Message]:
    told: Any = part.get_payload()
    return [one for one in told if isinstance(one, Message)]


def _inner_id(part: Message) -> str:
    payload: Any = part.get_payload()
    if isinstance(payload, list) and payload:
        inner = payload[0]
    else:
        data = part.get_payload(decode=True)
        inner = message_from_bytes(data if isinstance(data, bytes) else b"", policy=policy.compat32)
    found = ID.search(str(inner.get("Message-ID", "")))
    return found[0] if found else ""


# ── Text and files ──────────────────────────────────────────────────────────────────────────────────


class _Body:
    """Goes through the parts of a mail once: the text one reads, and the files that come with it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.pages: list[str] = []
        self.files: list[File] = []
        self.pictures: dict[str, str] = {}
        self.seen = 0
        self.fault: Why | None = None
        self.cut = self.signed = False

    def walk(self, part: Message, depth: int = 0) -> None:
        self.seen += 1
        if self.seen > MOST_PARTS or depth > 20:
            self.cut = True
            return
        kind, payload = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and depth:
            self._forwarded(part)
        elif isinstance(payload, list) and kind != "message/delivery-status":
            if kind == "multipart/alternative":
                self._alternative([one for one in payload if isinstance(one, Message)], depth)
                return
            for one in payload:
                if isinstance(one, Message):
                    self.walk(one, depth + 1)
        elif kind == "message/delivery-status":
            return
        elif kind in SIGNATURES:
            self.signed = True
        elif kind in LOCKED:
            self.fault = Why.LOCKED
        else:
            self._leaf(part, kind)

    def _alternative(self, parts: list[Message], depth: int) -> None:
        """One of them is read: the plain one when it says something, else the page; files of all are kept."""
        texts, pages = self.texts, self.pages
        self.texts, self.pages = [], []
        for one in parts:
            self.walk(one, depth + 1)
        said = [one for one in self.texts if one.strip()]
        mine_texts, mine_pages = (said, []) if said else ([], self.pages)
        self.texts, self.pages = texts + mine_texts, pages + mine_pages

    def _leaf(self, part: Message, kind: str) -> None:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            return
        name = _file_name(part)
        shown = part.get_content_disposition() != "attachment"
        if kind in ("text/plain", "text/html") and shown and not name:
            text = decoded(data[: MOST_TEXT * 4], str(part.get_content_charset("") or ""))
            if kind == "text/html":
                self.pages.append(text)
            else:
                self.texts.append(_unflowed(text, part))
            return
        if not data:
            return
        number = str(part.get("Content-ID", "")).strip().strip("<>")
        stem = "picture" if kind.startswith("image/") else "file"
        name = name or f"{stem}-{len(self.files) + 1}{_ending(kind)}"
        if number:
            self.pictures[number] = name
        inline = bool(number) or part.get_content_disposition() == "inline"
        self.files.append(File(name, data, inline))

    def _forwarded(self, part: Message) -> None:
        """A mail within a mail: its words, under its subject, and its files."""
        payload: Any = part.get_payload()
        for inner in payload if isinstance(payload, list) else ():
            if isinstance(inner, Message):
                self.texts.append(f"〔轉寄：{header(inner, 'Subject')}〕")
                self.walk(inner, 1)

    def told(self, notes: list[str]) -> str:
        """The text; `notes` hears of what was left out or could not be read."""
        pages = [plain.text_of(one[:MOST_TEXT], self.pictures) for one in self.pages]
        text = plain.tidy("\n\n".join(one for one in [*self.texts, *pages] if one.strip()))
        text = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
        if "\ufffd" in text:
            if text.count("\ufffd") * 5 > len(text):
                self.fault = Why.CODING
                return ""
            notes.append(_("信中有無法辨識的字元，以�表示。"))
        if self.signed:
            notes.append(_("信件附有數位簽章，未經驗證。"))
        if self.cut:
            notes.append(_("信件的部分過多，其餘未讀。"))
        return text


def _file_name(part: Message) -> str:
    """The name a part gives itself, encoded by RFC 2231, RFC 2047 (wrongly, but usual) or not at all."""
    for name, place in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        told = part.get_param(name, None, place)
        if told:
            text = collapse_rfc2231_value(told) if isinstance(told, tuple) else str(told)
            return _line(_decoded(text)).replace("\\", "/").rpartition("/")[2][:160]
    return ""


def _ending(kind: str) -> str:
    return {
        "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/heic": ".heic",
        "image/gif": ".gif", "application/pdf": ".pdf", "text/plain": ".txt", "text/csv": ".csv",
        "text/html": ".html", "text/calendar": ".ics",
    }.get(kind, ".bin")  # fmt: skip


def _unflowed(text: str, part: Message) -> str:
    """Lines broken by format=flowed (RFC 3676) joined again; a signature begins with "-- " and stays."""
    if str(part.get_param("format", "") or "").lower() != "flowed":
        return text
    joined: list[str] = []
    glue = "" if str(part.get_param("delsp", "") or "").lower() == "yes" else " "
    for line in text.replace("\r\n", "\n").split("\n"):
        line = line.removeprefix(" ") if line.startswith(" ") else line
        if joined and joined[-1].endswith(" ") and joined[-1] != "-- " and not line.startswith(">"):
            joined[-1] = joined[-1][:-1] + glue + line
        else:
            joined.append(line)
    return "\n".join(joined)


# ── What a reply quotes ─────────────────────────────────────────────────────────────────────────────

INTRODUCES = re.compile(
    r"^(-{2,}\s*(原始郵件|原始信件|original message|forwarded message)\s*-{2,}|_{10,}"
    r"|(於|在)?.{0,80}(寫道|写道)\s*[:：]"
    r"|on .{4,120} wrote:|(寄件者|寄件人|發件人|from)\s*[:：].*)\s*$",
    re.IGNORECASE,
)


def without_quotation(text: str) -> tuple[str, int]:
    """A reply's own words, and how many lines of the quoted letter were left out at its end. Quotations
    answered line by line stay.
    """
    lines = text.split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith(">")):
        end -= 1
    quoted = any(line.startswith(">") for line in lines[end:])
    if quoted:
        while end and (not lines[end - 1].strip() or INTRODUCES.match(lines[end - 1].strip())):
            end -= 1
    else:
        end = next(
            (place for place, line in enumerate(lines) if place and _begins_original(lines, place, line)),
            len(lines),
        )
    kept = "\n".join(lines[:end]).strip("\n")
    left = sum(1 for line in lines[end:] if line.strip())
    return (kept, left) if kept.strip() else (text, 0)


def _begins_original(lines: list[str], place: int, line: str) -> bool:
    """Where the original begins that a program hung below the reply without marking its lines."""
    words = line.strip()
    if not INTRODUCES.match(words):
        return False
    if re.match(r"(寄件者|寄件人|發件人|from)\s*[:：]", words, re.IGNORECASE):
        later = " ".join(lines[place + 1 : place + 5]).lower()
        return any(word in later for word in ("主旨", "主题", "subject", "收件", "to:"))
    return True
