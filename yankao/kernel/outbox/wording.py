"""The words of a message: a text file in the room, in Chinese and in English.

    主旨：{{ number }}已受理
    簡訊：您的陳情{{ number }}已受理，預計{{ due }}前答復。{{ link }}

    您的陳情已受理……

stands in `templates/<room>/messages/<name>.txt`, in English in `<name>.en.txt` with ``Subject:`` and
``SMS:``. The rest is the letter. A person's name is in none of them: a message shows on locked screens.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import StrictUndefined, Template

from ..letters.text import written
from ..texts import TextEnvironment

type Sms = Literal["instead", "always", "never"]
HEADS = {"主旨": "subject", "簡訊": "short", "Subject": "subject", "SMS": "short"}
_HEAD = re.compile(rf"({'|'.join(HEADS)})(?:：|: ?)(.*)")
_CODE = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Words:
    """A message in one language: subject and letter for mail, the short text for telephones."""

    subject: str
    short: str
    body: str


@dataclass(frozen=True, eq=False)
class Wording:
    """用語 One kind of message of a room."""

    code: str
    label: Any
    folder: Path
    sms: Sms = "instead"
    """When a text message is worth its price: instead of a letter by mail, always, or never."""

    def words(self, language: str, say: Mapping[str, Any]) -> Words:
        """The message in a language; jinja2's errors for a text that names what nobody said."""
        subject, short, body = _templates(self.folder, self.code, "en" if language == "en" else "zh-hant")
        line = {key: _line(value) for key, value in say.items()}
        return Words(
            " ".join(subject.render(line).split())[:200], " ".join(short.render(line).split()),
            body.render(say).strip() + "\n",
        )  # fmt: skip


wordings: dict[str, Wording] = {}
"""Every wording of the rooms in use, by code."""


def wording(code: str, label: Any, *, sms: Sms = "instead") -> Wording:
    """Declare a message of the calling room: `code` is the room's name and the message's own."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no code of a message: room.name in small letters.")
    caller = sys._getframe(1).f_globals["__file__"]
    made = wordings[code] = Wording(code, label, Path(caller).parent, sms)
    return made


def label_of(code: str) -> str:
    """What a message is about, in words; the code of one that is declared no more."""
    known = wordings.get(code)
    return str(known.label) if known else code


@cache
def _templates(folder: Path, code: str, language: str) -> tuple[Template, Template, Template]:
    """The three texts of a file. It is parted before it is rendered: no value can begin a part."""
    room, _dot, name = code.rpartition(".")
    ending = ".en.txt" if language == "en" else ".txt"
    place = folder / "templates" / room.rpartition(".")[2] / "messages" / f"{name}{ending}"
    heads = {"subject": "", "short": ""}
    body: list[str] = []
    for line in place.read_text("utf-8").splitlines():
        if not body and (found := _HEAD.match(line)):
            heads[HEADS[found[1]]] = found[2]
        elif body or line.strip():
            body.append(line)
    if not heads["subject"] or not heads["short"] or not body:
        raise ValueError(f"{place.name} wants a subject, a short text and a letter")
    env = _environment(language)
    return (
        env.from_string(heads["subject"]), env.from_string(heads["short"]), env.from_string("\n".join(body))
    )  # fmt: skip


@cache
def _environment(language: str) -> TextEnvironment:
    def finalize(value: Any) -> Any:
        if isinstance(value, date):
            return written(value, language)
        return "" if value is None else _CONTROL.sub("", str(value))

    return TextEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, finalize=finalize)


def _line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value
