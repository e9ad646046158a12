"""A person as the city is told of one: the fields, their masks, and the form in which two are compared."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field, fields, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..people import names

STAR = "*"


@dataclass(frozen=True)
class Person:
    """What somebody told of themselves; every field may be empty. Neither `repr` nor `str` tells any."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    language: str = field(default="zh-hant", repr=False)

    def __bool__(self) -> bool:
        """Whether anything that tells a person is there."""
        return any(getattr(self, name) for name in FIELDS)

    def only(self, wanted: Any) -> Person:
        """The same with the wanted fields alone (and the language, which tells nobody)."""
        return replace(self, **{name: "" for name in FIELDS if name not in wanted})

    def written(self) -> bytes:
        """As it is sealed: JSON of the fields that are filled."""
        told = {name: value for name in WRITTEN if (value := getattr(self, name))}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def read(cls, written: bytes) -> Person:
        told: dict[str, str] = json.loads(written)
        return cls(**{name: value for name, value in told.items() if name in WRITTEN})


WRITTEN = tuple(one.name for one in fields(Person))
FIELDS = tuple(name for name in WRITTEN if name != "language")
LABELS: dict[str, Any] = {
    "name": _("姓名"),
    "phone": _("電話"),
    "mobile": _("手機"),
    "email": _("電子郵件"),
    "address": _("地址"),
    "id_number": _("身分證統一編號"),
}


# ── Masks ─────────────────────────────────────────────────────────────────────────────────────────


def masked(person: Person) -> Person:
    """The person with every field masked; an empty field stays empty."""
    return replace(person, **{name: MASKS[name](getattr(person, name)) for name in FIELDS})


def mask_phone(number: str) -> str:
    """0912-345-678 → 09**-***-678, (07)336-8333 → 07-****-333: the first two and the last three digits."""
    digits = phone_form(number)
    if not digits:
        return STAR * 4 if number.strip() else ""
    if digits.startswith("09") and len(digits) == 10:
        return f"09**-***-{digits[-3:]}"
    if len(digits) < 8:
        return STAR * 4
    return f"{digits[:2]}-****-{digits[-3:]}"


def mask_email(address: str) -> str:
    """test@gmail.com → t**t@***.com; a short name before the @ is masked whole."""
    address = address.strip()
    if not address:
        return ""
    local, at, domain = address.rpartition("@")
    if not at or not local:
        return STAR * 4
    shown = f"{local[0]}**{local[-1]}" if len(local) > 3 else "**"
    last = domain.rpartition(".")[2]
    return f"{shown}@***.{last}" if "." in domain and len(last) <= 6 else f"{shown}@***"


_PLACE = re.compile(r"^\W*\d{0,6}\s*((?:[^\d\W]{2}[市縣])?(?:[^\d\W]{1,3}[區鄉鎮市])?)")


def mask_address(address: str) -> str:
    """高雄市前金區中正四路211號 → 高雄市前金區****: city and district stay, where they stand first."""
    if not address.strip():
        return ""
    found = _PLACE.match(address)
    return (found.group(1) if found else "") + STAR * 4


def mask_id(number: str) -> str:
    """A123456789 → A******789; what is shorter than eight characters is masked whole."""
    form = id_form(number)
    if not form:
        return ""
    return f"{form[0]}{STAR * (len(form) - 4)}{form[-3:]}" if len(form) >= 8 else STAR * 4


MASKS = {
    "name": names.mask,
    "phone": mask_phone,
    "mobile": mask_phone,
    "email": mask_email,
    "address": mask_address,
    "id_number": mask_id,
}


# ── The forms that are compared ───────────────────────────────────────────────────────────────────


def _plain(text: str) -> str:
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


_EXTENSION = re.compile(r"(?:#|分機|轉|ext\.?|x).*$", re.IGNORECASE)
_NO_DIGIT = re.compile("[^0-9]+")
_NO_WORD = re.compile(r"[\W_]+")


def phone_form(number: str) -> str:
    """Digits alone, as dialled in Taiwan: (07)336-8333轉12, +886 7 3368333 → 073368333; other countries' keep
    a plus. "" when no digit is there."""
    text = _plain(number)
    if not text.isdecimal():
        text = _EXTENSION.sub("", text)
    digits = _NO_DIGIT.sub("", text)
    abroad = text.startswith("+") or digits.startswith("00")
    if not abroad:
        return digits
    digits = digits.removeprefix("00")
    if digits.startswith("886"):
        return "0" + digits[3:].removeprefix("0")
    return f"+{digits}" if digits else ""


def email_form(address: str) -> str:
    """Small letters, no space around."""
    return _plain(address).casefold()


def id_form(number: str) -> str:
    """Capital letters and digits alone."""
    return _NO_WORD.sub("", _plain(number).upper())


def home_form(name: str, address: str) -> str:
    """Name and address together, without space and with 臺 for 台; "" unless both are there."""
    if not name or not address:
        return ""
    left, right = ("".join(_plain(part).casefold().split()).replace("台", "臺") for part in (name, address))
    return f"{left}|{right}" if left and right else ""
