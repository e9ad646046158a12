"""Addresses of named views, looked up once: a list page asks for some thirty of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language

type Place = tuple[str | None, str | None, str]
"""Language, addresses and prefix of the answer being written."""

_answer: ContextVar[Place | None] = ContextVar("answer", default=None)


def place() -> Place:
    """In what language and with which addresses an answer is written; asked some hundred times a page."""
    return _answer.get() or (get_language(), get_urlconf(), get_script_prefix())


@contextmanager
def one_answer() -> Iterator[None]:
    """While one answer is written its language and addresses stay: they are looked up once."""
    token = _answer.set((get_language(), get_urlconf(), get_script_prefix()))
    try:
        yield
    finally:
        _answer.reset(token)


@lru_cache(maxsize=2048)
def _address(name: str, args: tuple[str, ...], urlconf: str, prefix: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def address(name: str, *args: str) -> str:
    """The address of a view, or "" while none of that name is installed. For names and codes, not for ids of
    rows.
    """
    _language, urlconf, prefix = place()
    return _address(name, args, urlconf or settings.ROOT_URLCONF, prefix)


def case_address() -> str:
    """The address of a case page with `%d` for its id."""
    return address("desk:case", "0").replace("%", "%%").replace("/0/", "/%d/") or "/cases/%d/"
