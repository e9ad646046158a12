"""介面權杖 A person's own tokens for the programming interface: listed, made (shown once), revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from yankao.api import tokens
from yankao.api.models import ApiToken, Scope
from yankao.desk import nav
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import format_short_date
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag

SHOWN = 50


class TokenForm(forms.Form):
    """What a new token is for, what it may do and how long."""

    name = forms.CharField(
        label=gettext_lazy("名稱"),
        max_length=60,
        help_text=gettext_lazy("使用它的程式或主機，例如月報上傳程式"),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("權限"), choices=Scope.choices, initial=Scope.READ, widget=forms.RadioSelect
    )
    expires_on = RocDateField(label=gettext_lazy("有效期限"), help_text=gettext_lazy("最長一年"))


def _state(row: ApiToken) -> Tag:
    if row.revoked_at:
        return Tag(_("已撤銷"), "red")
    return Tag(_("已到期"), "amber") if row.expires_on < timezone.localdate() else Tag(_("有效"), "green")


def _page(
    request: HttpRequest, form: TokenForm, *, made: str = "", calendar: str = "", status: int = 200
) -> HttpResponse:
    user: Any = request.user
    today = timezone.localdate()
    rows = [
        (row.pk, row.name, row.hint, str(row.get_scope_display()), format_short_date(row.expires_on),
         format_short_date(row.used_on) if row.used_on else _("未曾使用"), _state(row),
         row.revoked_at is None and row.expires_on >= today)
        for row in ApiToken.objects.filter(user=user).order_by("-made_at", "-pk")[:SHOWN]
    ]  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": _("介面權杖"),
        "lead": _("您自己的程式以權杖使用程式介面，所見所辦與您本人相同。"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("介面權杖"), "")],
        "rows": rows,
        "form": form,
        "made": made,
        "calendar": calendar,
        "description": request.build_absolute_uri(reverse("openapi")),
    }
    return render_page(request, "site/tokens.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@sensitive_variables("text")
def token_list(request: HttpRequest) -> HttpResponseBase:
    """The person's tokens; a POST makes one and shows it, this once only."""
    user: Any = request.user
    if request.method != "POST":
        return _page(request, TokenForm(initial={"expires_on": timezone.localdate() + timedelta(days=90)}))
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    try:
        text, _row = tokens.make(user, given["name"], scope=given["scope"], expires_on=given["expires_on"])
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, form, status=422)
    feed = given["scope"] == Scope.FEED
    calendar = request.build_absolute_uri(reverse("deadlines_feed", args=[text])) if feed else ""
    again = TokenForm(initial={"expires_on": given["expires_on"]})
    return _page(request, again, made=text, calendar=calendar)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End one of one's own tokens; again, it changes nothing."""
    user: Any = request.user
    row = ApiToken.objects.filter(pk=pk, user=user).first()
    if row is None:
        raise Http404(_("沒有這個權杖。"))
    if tokens.revoke(user, row):
        messages.success(request, _("已撤銷「%s」。") % row.name)
    return HttpResponseRedirect(reverse("account_tokens"))
