"""介接單位 The systems outside that report by Open311: listed, given a key (shown once), ended."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from yankao.api.models import Client
from yankao.api.open311 import clients
from yankao.desk import nav, office
from yankao.desk.jinja import format_short_date
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag


class ClientForm(forms.Form):
    """Which system the key is for."""

    name = forms.CharField(
        label=gettext_lazy("名稱"), max_length=60,
        help_text=gettext_lazy("例如通報網站或手機程式的名稱。"),
    )  # fmt: skip


def _page(request: HttpRequest, form: ClientForm, *, made: str = "", status: int = 200) -> HttpResponse:
    rows = [
        (row.pk, row.name, row.hint, format_short_date(row.made_at),
         format_short_date(row.used_on) if row.used_on else _("未曾使用"),
         Tag(_("已撤銷"), "red") if row.revoked_at else Tag(_("有效"), "green"), row.revoked_at is None)
        for row in Client.objects.order_by("-made_at", "-pk")
    ]  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": office.OUTSIDE.title,
        "lead": office.OUTSIDE.about,
        "crumbs": [
            Link(_("首頁"), reverse("desk:home")), Link(_("設定"), reverse("desk:office")),
            Link(office.OUTSIDE.title, ""),
        ],
        "rows": rows,
        "form": form,
        "made": made,
        "discovery": request.build_absolute_uri(reverse("open311:discovery", args=["xml"])),
    }  # fmt: skip
    return render_page(request, "site/outside.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # of allauth
@sensitive_variables("key")
def outside(request: HttpRequest) -> HttpResponseBase:
    """Every client; a POST makes one and shows its key, this once only."""
    office.entered(request, office.OUTSIDE)
    if request.method != "POST":
        return _page(request, ClientForm())
    form = ClientForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    key, _row = clients.make(request.user, form.cleaned_data["name"])
    return _page(request, ClientForm(), made=key)


@login_required
@require_POST
def end_client(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a client's key; again, it changes nothing."""
    office.entered(request, office.OUTSIDE)
    row: Any = get_object_or_404(Client, pk=pk)
    if clients.revoke(request.user, row):
        messages.success(request, _("已撤銷「%s」。") % row.name)
    return HttpResponseRedirect(reverse("office_outside"))
