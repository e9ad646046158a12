"""When something goes wrong: a page in the reader's language with a number that stands in the log as well.

The number is given for every refusal, so that a person on the telephone can say which one it was. Page 500
asks neither database nor session: it must appear when these are what failed.
"""

from __future__ import annotations

import logging
import secrets
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger("yankao.errors")
TEMPLATES = {400: "site/400.html", 403: "site/403.html", 404: "site/404.html"}


def _page(request: HttpRequest, status: int) -> HttpResponse:
    number = secrets.token_hex(4)
    level = logging.INFO if status == 404 else logging.WARNING
    logger.log(level, "%s %s %s %s", number, status, request.method, request.path)
    try:
        made = render(request, TEMPLATES[status], {"number": number}, status=status)
    except Exception:
        logger.exception("%s page %s could not be made", number, status)
        made = _plain(request, number, status)
    made["X-Error-Id"] = number
    return made


def _plain(request: HttpRequest, number: str, status: int) -> HttpResponse:
    made = render(request, "site/500.html", {"number": number}, status=status, using="django")
    made["X-Error-Id"] = number
    return made


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400"""
    return _page(request, 400)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403"""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404"""
    return _page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: what went wrong stands in the log under the number that the page shows."""
    number = secrets.token_hex(4)
    logger.error("%s 500 %s %s", number, request.method, request.path, exc_info=sys.exc_info())
    return _plain(request, number, 500)
