"""Declared words in the reader's language, looked up once a language.

A translated word is a walk through catalogues each time it is written; a page writes some sixty of them, and
they are always the same objects: labels of columns, stages, moves and links.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.utils.translation import get_language, override

KEPT = 8192
_said: dict[tuple[int, str | None], tuple[Any, str]] = {}


def said(label: Any, language: str | None = None) -> str:
    """A label in the language (that of the thread by default). For declared labels, which stay the same
    objects; one made for the occasion is written as well, but costs as before.
    """
    if type(label) is str:
        return label
    key = (id(label), language or get_language())
    kept = _said.get(key)
    if kept is not None and kept[0] is label:  # an id is used again when its object is gone
        return kept[1]
    if len(_said) >= KEPT:
        _said.clear()
    with override(language) if language and language != get_language() else nullcontext():
        text = str(label)
    _said[key] = (label, text)
    return text


def forget() -> None:
    """Look every word up again (tests that change a language's catalogue)."""
    _said.clear()
