"""事件訂閱 Webhooks at the desk: who is told what, what was not taken, and sending it once more."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from yankao.api import hooks as way
from yankao.api.models import Delivery, Hook
from yankao.desk import nav, office
from yankao.desk.jinja import format_time
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag
from yankao.kernel.rooms import rooms

SHOWN = 100
TONES = {Delivery.State.QUEUED: "amber", Delivery.State.DONE: "green", Delivery.State.DEAD: "red"}


def _rooms() -> list[tuple[str, str]]:
    return [(one.name, one.title) for one in rooms() if one.process]


class HookForm(forms.Form):
    """Who is told, where, and of which rooms."""

    name = forms.CharField(label=gettext_lazy("名稱"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("接收網址"), max_length=300,
        help_text=gettext_lazy("https網址；主機須先由維運人員列入可通知的名單"),
    )  # fmt: skip
    rooms = forms.MultipleChoiceField(
        label=gettext_lazy("業務"), choices=_rooms, widget=forms.CheckboxSelectMultiple
    )


def _page(request: HttpRequest, form: HookForm, *, made: str = "", status: int = 200) -> HttpResponse:
    titles = dict(_rooms())
    counted = Count("deliveries", filter=Q(deliveries__state=Delivery.State.DEAD))
    rows = [
        (row.pk, row.name, row.url, _("、").join(titles.get(one, one) for one in row.rooms), dead,
         Tag(_("已停用"), "red") if row.ended_at else Tag(_("有效"), "green"), row.ended_at is None)
        for row in Hook.objects.annotate(dead=counted).order_by("-pk")
        for dead in (row.dead,)
    ]  # fmt: skip
    told = [
        (row.pk, row.hook.name, row.event, format_time(row.queued_at),
         Tag(str(row.get_state_display()), TONES[Delivery.State(row.state)]), row.said, row.tries,
         row.state != Delivery.State.QUEUED and row.hook.ended_at is None)
        for row in Delivery.objects.select_related("hook")[:SHOWN]
    ]  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": office.HOOKS.title,
        "lead": office.HOOKS.about,
        "crumbs": [
            Link(_("首頁"), reverse("desk:home")), Link(_("設定"), reverse("desk:office")),
            Link(office.HOOKS.title, ""),
        ],
        "rows": rows,
        "told": told,
        "form": form,
        "made": made,
        "dead": sum(row[4] for row in rows if row[6]),
    }  # fmt: skip
    return render_page(request, "site/hooks.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # of allauth
@sensitive_variables("secret")
def hooks(request: HttpRequest) -> HttpResponseBase:
    """Every subscription and the latest events; a POST makes one and shows its secret, this once only."""
    office.entered(request, office.HOOKS)
    if request.method != "POST":
        return _page(request, HookForm())
    form = HookForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    try:
        secret, _row = way.make(request.user, given["name"], given["url"], given["rooms"])
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, form, status=422)
    return _page(request, HookForm(), made=secret)


@login_required
@require_POST
def end_hook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a subscription; again, it changes nothing."""
    office.entered(request, office.HOOKS)
    row: Any = get_object_or_404(Hook, pk=pk)
    if way.end(request.user, row):
        messages.success(request, _("已停用「%s」。") % row.name)
    return HttpResponseRedirect(reverse("office_hooks"))


@login_required
@require_POST
def send_again(request: HttpRequest) -> HttpResponseBase:
    """Send one event once more, or every dead letter of the living subscriptions."""
    office.entered(request, office.HOOKS)
    living = Delivery.objects.filter(hook__ended_at=None).exclude(state=Delivery.State.QUEUED)
    asked = request.POST.get("delivery", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        rows = list(living.filter(pk=int(asked)))
    else:
        rows = list(living.filter(state=Delivery.State.DEAD).order_by("pk")[:1000])
    done = way.replay(request.user, rows)
    messages.success(request, _("已重新排入事件：%s件。") % done)
    return HttpResponseRedirect(reverse("office_hooks"))
