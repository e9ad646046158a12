"""Following a case without an account: by its number and access code, which open it for a while.

A wrong number and a wrong code get the same answer, and both are counted: by browser and by address, and by
the number that was tried, so that many callers do not help to guess one code. What opens a case is not
counted: the telephones of one carrier share an address.
"""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from yankao.kernel import limits
from yankao.kernel.rules.values import Seed, declare

from .offers import Opened, Pair, followed, plain_number
from .pages import drawn

TRIED = declare("counter.tried", int, gettext_lazy("同一瀏覽器每小時查錯上限"), Seed("30"))
TRIED_FROM = declare("counter.tried_from", int, gettext_lazy("同一網路位址每小時查錯上限"), Seed("3000"))
GUESSED = declare("counter.guessed", int, gettext_lazy("同一案號每小時查錯上限"), Seed("20"))
SESSION = "followed"
OPEN_FOR = 30 * 60


class PairForm(forms.Form):
    """The number and the code, as they stand on the receipt."""

    use_required_attribute = False
    number = forms.CharField(
        label=gettext_lazy("案號"),
        max_length=40,
        help_text=gettext_lazy("例如P101-000123"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    code = forms.CharField(
        label=gettext_lazy("查詢碼"),
        max_length=40,
        help_text=gettext_lazy("送件完成時給您的10個字，大小寫與空格都可以"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Number and code; a pair that opens nothing says no more than that."""
    form, opened, status = asked_again(request, request.method == "POST")
    if opened is not None:
        return HttpResponseRedirect(opened.address, status=303)
    return drawn(request, "counter/follow.html", {"heading": _("查詢案件進度"), "form": form}, status)


def asked_again(request: HttpRequest, tried: bool) -> tuple[PairForm, Opened | None, int]:
    """The form of number and code; what the pair opens, which this browser then has open; the status of the
    page. `tried`: whether a pair was sent.
    """
    form = PairForm(request.POST if tried else None)
    if not tried:
        return form, None, 200
    if not form.is_valid():
        return form, None, 422
    pair = Pair(form.cleaned_data["number"], form.cleaned_data["code"])
    tries = _tries(request, pair)
    if not limits.left(*tries):
        form.add_error(None, _("查詢太多次了，請一小時後再試，或撥打1999由專人協助。"))
        return form, None, 429
    if opened := _opened(pair):
        remember(request, opened)
        return form, opened, 200
    limits.count(*tries)
    form.add_error(None, _("案號或查詢碼不對，請對照送件完成時的號碼再試一次。"))
    return form, None, 422


def _tries(request: HttpRequest, pair: Pair) -> tuple[limits.Count, ...]:
    today = timezone.localdate()
    plain = plain_number(pair.number)
    number = salted_hmac("yankao.counter.number", plain, algorithm="sha256").hexdigest()[:24]
    return (
        ("counter.tried", limits.browser_of(request), TRIED.at(today)),
        ("counter.tried_from", limits.caller_of(request), TRIED_FROM.at(today)),
        ("counter.guessed", number, GUESSED.at(today)),
    )


def _opened(pair: Pair) -> Opened | None:
    return next((one for one in followed.tell(pair) if one is not None), None)


def remember(request: HttpRequest, opened: Opened) -> None:
    """This browser has shown that it knows the case; the session forgets it after half an hour."""
    request.session[SESSION] = {"address": opened.address, "key": opened.key, "until": _until()}


def _until() -> int:
    return int(time.time()) + OPEN_FOR


def opened_at(request: HttpRequest, address: str) -> int | None:
    """The key of the case this browser may see at the address; None when it has to say its code (again)."""
    told: dict[str, Any] | None = request.session.get(SESSION)
    if told is None or told["address"] != address or told["until"] < time.time():
        return None
    if told["until"] - time.time() < OPEN_FOR - 60:
        request.session[SESSION] = {**told, "until": _until()}
    return int(told["key"])


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the case in this browser: for a screen that others use."""
    request.session.pop(SESSION, None)
    return HttpResponseRedirect(reverse("counter:home"), status=303)
