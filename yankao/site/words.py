"""The language of the command line, which must speak before Django's settings are known to be readable.

`_` looks a sentence up in this package's own English catalogue; Chinese is the source. Which language:
`--lang`, else the variable YANKAO_LANG, else the terminal's LC_ALL, LC_MESSAGES or LANG where it names
English, else Chinese.
"""

from __future__ import annotations

import gettext as catalogues
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

type Tongue = Literal["zh-hant", "en"]

LOCALE = Path(__file__).with_name("locale")
NAMES: dict[str, Tongue] = {
    "zh": "zh-hant",
    "zh-hant": "zh-hant",
    "zh-tw": "zh-hant",
    "zh_tw": "zh-hant",
    "en": "en",
}

_spoken: tuple[Tongue, catalogues.NullTranslations] = ("zh-hant", catalogues.NullTranslations())


def wanted(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Tongue:
    """The language that arguments and environment ask for."""
    for place, word in enumerate(arguments):
        given = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and place + 1 < len(arguments):
            given = arguments[place + 1]
        if given.lower() in NAMES:
            return NAMES[given.lower()]
    for name in ("YANKAO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        told = environment.get(name, "").partition(".")[0].lower()
        if told in NAMES:
            return NAMES[told]
        if told.startswith(("en_", "en-")):
            return "en"
    return "zh-hant"


def speak(tongue: Tongue) -> None:
    """Set the language of every sentence that follows, Django's too where it is ready."""
    global _spoken
    found: catalogues.NullTranslations = catalogues.NullTranslations()
    if tongue == "en":
        found = catalogues.translation("django", LOCALE, ["en"], fallback=True)
    _spoken = (tongue, found)


def tongue() -> Tongue:
    """The language spoken now."""
    return _spoken[0]


def _(sentence: str) -> str:
    """The sentence in the language spoken."""
    return _spoken[1].gettext(sentence)
