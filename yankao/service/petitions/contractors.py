"""承商連結 Links by which a contractor of the agency opens its dispatch orders, and no other page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yankao.desk import nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.pages import render_page
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import standing

from . import outside
from .firms import firm_name
from .models import ContractorLink, Work
from .process import OUTSIDE, process

KEEPERS = (Role.CONTROLLER, Role.MANAGER)
USUAL = 30
"""Days for which a link is offered."""


def agencies(user: Any) -> QuerySet[Agency]:
    """For which agencies the person sends contractors out."""
    return Agency.objects.filter(pk__in=standing(user).agencies(*KEEPERS)).order_by("code")


def opens(user: Any) -> bool:
    return standing(user).has(*KEEPERS)


class LinkForm(forms.Form):
    """Whose orders, for whom, until when."""

    use_required_attribute = False
    agency = forms.ModelChoiceField(Agency.objects.none(), label=gettext_lazy("派工機關"), empty_label=None)
    contractor = forms.CharField(
        label=gettext_lazy("承商"), max_length=80,
        help_text=gettext_lazy("與派工時填的承商名稱相同；連結只打得開派給這個名稱的派工單"),
    )  # fmt: skip
    expires_on = RocDateField(label=gettext_lazy("有效期限"))

    def __init__(self, user: Any, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        known: Any = self.fields["agency"]
        known.queryset = agencies(user)

    def clean_contractor(self) -> str:
        name = firm_name(str(self.cleaned_data["contractor"]))
        if not name:
            raise forms.ValidationError(_("請填承商。"))
        return name

    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        today = timezone.localdate()
        most = outside.LINK_DAYS.at(today)
        if not today <= day <= today + timedelta(days=most):
            raise forms.ValidationError(_("有效期限須在今天起%(n)s日之內。") % {"n": most})
        return day


def _kept(user: Any) -> list[dict[str, Any]]:
    """The links that hold, with how many orders each opens now."""
    rows = list(outside.holding().filter(agency__in=agencies(user)).select_related("agency"))
    waiting = outside.waiting([one.agency_id for one in rows])
    return [
        {
            "pk": one.pk,
            "contractor": one.contractor,
            "agency": str(one.agency),
            "expires_on": one.expires_on,
            "opened_at": one.opened_at,
            "orders": waiting.get((one.agency_id, one.contractor), 0),
        }
        for one in rows
    ]


def _names(user: Any) -> list[str]:
    """Contractors that have an order of these agencies now: the names to choose from."""
    rows = Work.objects.filter(
        petition__case__agency__in=agencies(user), petition__case__stage__in=[str(one) for one in OUTSIDE]
    ).exclude(contractor="")
    return sorted(set(rows.values_list("contractor", flat=True)[:500]))


def _must(request: HttpRequest) -> None:
    if not opens(request.user):
        raise PermissionDenied(_("承商連結由派工機關的研考與主管管理。"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """The links that hold, and a form for another; a new one is shown once."""
    _must(request)
    usual = {"expires_on": timezone.localdate() + timedelta(days=USUAL)}
    form = LinkForm(request.user, request.POST or None, initial=usual)
    shown: ContractorLink | None = None
    address = ""
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        token, shown = outside.make_link(request.user, told["agency"], told["contractor"], told["expires_on"])
        address = request.build_absolute_uri(reverse("petitions_public:crew_open", args=[token]))
        form = LinkForm(request.user, initial=usual)
    title = _("承商連結")
    context = {
        **nav.frame(request),
        "heading": title,
        "crumbs": [
            parts.Link(_("首頁"), reverse("desk:home")),
            parts.Link(_("人民陳情與派工通報"), reverse("desk:list", args=[process.kind])),
            parts.Link(title, ""),
        ],
        "form": form,
        "shown": shown,
        "address": address,
        "kept": _kept(request.user),
        "names": _names(request.user),
    }
    return render_page(request, "petitions/contractors.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a link back for good: whoever has it open is out at the next page."""
    _must(request)
    if outside.revoke_link(request.user, pk, agencies(request.user)):
        messages.success(request, _("連結已撤銷。"))
    return HttpResponseRedirect(reverse("petitions:contractors"))
