"""證書驗證 Anybody who holds the code of a certificate learns whether it holds, and what it certifies.

Nothing is listed and nothing can be counted through; wrong codes are limited by client.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yankao.kernel.letters import verify
from yankao.kernel.letters.models import Vouched

from . import nav, parts
from .inputs import words_of
from .jinja import format_date
from .pages import render_page

TOO_MANY = 429


class CodeForm(forms.Form):
    """The code as printed."""

    use_required_attribute = False
    code = forms.CharField(
        label=gettext_lazy("驗證碼"), max_length=60,
        help_text=gettext_lazy("印在證書下方的二十碼，不分大小寫，連字號可省略"),
    )  # fmt: skip


def facts_of(vouched: Vouched) -> list[parts.Fact]:
    """What the certificate shows to whoever holds it."""
    sent = vouched.dispatch
    facts = [
        parts.Fact(_("核發機關"), words_of(sent.agency)),
        parts.Fact(_("字號"), sent.number),
        parts.Fact(_("核發日期"), format_date(sent.dated)),
    ]
    return facts + [parts.Fact(words, value) for words, value in vouched.lines]


@require_http_methods(["GET", "HEAD", "POST"])
def verify_code(request: HttpRequest, code: str = "") -> HttpResponseBase:
    """A form for the code; with one given, by form or by the QR picture, its answer."""
    given = request.POST.get("code", "") if request.method == "POST" else code
    form = CodeForm({"code": given} if given or request.method == "POST" else None)
    context: dict[str, Any] = {
        **nav.frame(request), "heading": _("證書驗證"), "form": form, "facts": None, "state": None,
        "sentence": "", "revoked": "",
    }  # fmt: skip
    status = 200
    if form.is_bound:
        address = get_adapter(request).get_client_ip(request)
        if verify.limited(address):
            context["sentence"] = _("查詢次數過多，請十五分鐘後再試。")
            status = TOO_MANY
        elif form.is_valid():
            vouched = verify.found(form.cleaned_data["code"])
            if vouched is None:
                verify.tried_wrong(address)
                context["sentence"] = _("查無此驗證碼。請核對證書上的驗證碼；如仍查無，請洽核發機關。")
                status = 404
            else:
                valid = vouched.dispatch.valid
                context |= {
                    "facts": facts_of(vouched),
                    "state": parts.Tag(_("仍有效"), "green") if valid else parts.Tag(_("已註銷"), "red"),
                    "revoked": "" if valid else format_date(vouched.dispatch.revoked_at),
                    "form": CodeForm(),
                }
        else:
            status = 422
    response = render_page(request, "desk/verify.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
