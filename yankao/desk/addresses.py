"""Addresses of named views, looked up once: a list page asks for some thirty of them."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse


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
    return _address(name, args, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


def case_address() -> str:
    """The address of a case page with `%d` for its id."""
    return address("desk:case", "0").replace("%", "%%").replace("/0/", "/%d/") or "/cases/%d/"
