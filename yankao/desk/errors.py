"""When something cannot be answered: what is wrong and where to go on, in the reader's language, with a
number.

The number stands in the log as well, so that a person on the telephone can say which refusal it was. What is
below `/api/` answers as JSON. Page 500 asks neither database nor session: it must appear when these are what
failed.
"""

from __future__ import annotations

import logging
import secrets
import sys
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.urls import reverse
from django.utils.translation import gettext as _

from . import again, nav
from .pages import render_page

logger = logging.getLogger("yankao.errors")
CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 500: "failed"}


def _told(exception: BaseException | None, otherwise: str) -> str:
    """The sentence of our own refusal; what Django says is not meant for people."""
    first = exception.args[0] if exception is not None and exception.args else ""
    return first if isinstance(first, str) and first.endswith(("。", ".", "？", "?")) else otherwise


def _json(request: HttpRequest, number: str, status: int, sentence: str) -> HttpResponse | None:
    """The answer for programs, in the shape of every other refusal of the interface."""
    if not request.path.startswith("/api/"):
        return None
    title = HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "code": CODES[status]}
    problem |= {"detail": sentence, "id": number}
    return JsonResponse(problem, status=status, content_type="application/problem+json")


def _page(request: HttpRequest, status: int, heading: str, sentence: str) -> HttpResponse:
    number = secrets.token_hex(4)
    level = logging.INFO if status == 404 else logging.WARNING
    logger.log(level, "%s %s %s %s", number, status, request.method, request.path)
    made = _json(request, number, status, sentence)
    if made is None:
        try:
            frame: dict[str, Any] = nav.frame(request) if hasattr(request, "user") else {"nav": []}
            context = {**frame, "heading": heading, "sentence": sentence, "status": status, "number": number}
            made = render_page(request, "desk/error.html", context, block="error", status=status)
        except Exception:
            logger.exception("%s page %s could not be made", number, status)
            made = _broken(number, status)
    made["X-Error-Id"] = number
    return made


def _broken(number: str, status: int = 500) -> HttpResponse:
    return HttpResponse(loader.get_template("desk/broken.html").render({"number": number}), status=status)


def bad_request(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """400"""
    sentence = _told(exception, _("這個請求無法理解。請回到上一頁，重新操作一次。"))
    return _page(request, 400, _("請求有誤"), sentence)


def forbidden(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """403"""
    sentence = _told(exception, _("這項作業不在您的權責內。若應由您辦理，請洽貴機關研考人員。"))
    return _page(request, 403, _("不能辦理"), sentence)


def not_found(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """404"""
    sentence = _told(exception, _("沒有這個網頁，或您不能查看。請確認網址，或用上方的搜尋。"))
    return _page(request, 404, _("找不到"), sentence)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: a page left open over a sign-out, mostly. What was typed in a page of
    ours is kept and shown again, after signing in where need be; everything else gets 403.
    """
    if hasattr(request, "user") and again.keep(request, request.user.pk):
        return again.sent_elsewhere(request, reverse("desk:again"))
    sentence = _("這張表單已經過期。請回到上一頁重新整理後再送出；您輸入的內容還在那一頁。")
    return _page(request, 403, _("表單已過期"), sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: what went wrong stands in the log under the number that the page shows."""
    number = secrets.token_hex(4)
    logger.error("%s 500 %s %s", number, request.method, request.path, exc_info=sys.exc_info())
    made = _json(request, number, 500, "系統發生錯誤。 Something went wrong.") or _broken(number)
    made["X-Error-Id"] = number
    return made
