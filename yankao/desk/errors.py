"""Pages for what cannot be answered: each says what is wrong and where to go on, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import gettext as _

from . import nav
from .pages import render_page


def _told(exception: BaseException | None, otherwise: str) -> str:
    """The sentence of our own refusal; what Django says is not meant for people."""
    first = exception.args[0] if exception is not None and exception.args else ""
    return first if isinstance(first, str) and first.endswith(("。", ".", "？", "?")) else otherwise


def _page(request: HttpRequest, status: int, heading: str, sentence: str) -> HttpResponse:
    frame: dict[str, Any] = nav.frame(request) if hasattr(request, "user") else {"nav": []}
    context = {**frame, "heading": heading, "sentence": sentence, "status": status}
    return render_page(request, "desk/error.html", context, block="error", status=status)


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
    """403 when a form's token does not fit: a page left open over a sign-out, mostly."""
    sentence = _("這張表單已經過期。請回到上一頁重新整理後再送出；您輸入的內容還在那一頁。")
    return _page(request, 403, _("表單已過期"), sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a page that needs neither the database nor a session."""
    return HttpResponse(loader.get_template("desk/broken.html").render({}), status=500)
