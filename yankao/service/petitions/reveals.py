"""調閱個資 The petitioner's data, for a purpose that is asked for and that the petitioner reads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yankao.desk import parts
from yankao.desk.derive import say_what_to_do
from yankao.desk.jinja import format_time
from yankao.kernel.casework.process import Refused
from yankao.kernel.people.models import User
from yankao.kernel.vault import keeping, persons, revealing
from yankao.kernel.vault.models import Purpose

from . import office
from .models import Petition
from .process import process


class RevealForm(forms.Form):
    """What for, in words, and which fields; nothing is ticked beforehand."""

    use_required_attribute = False
    purpose = forms.ChoiceField(label=gettext_lazy("目的"), choices=Purpose.choices, widget=forms.RadioSelect)
    why = forms.CharField(
        label=gettext_lazy("說明"), max_length=200, required=False,
        help_text=gettext_lazy("例如：約定會勘時間。陳情人看得到目的、時間與項目。"),
    )  # fmt: skip
    fields_ = forms.MultipleChoiceField(
        label=gettext_lazy("項目"), choices=list(persons.LABELS.items()), widget=forms.CheckboxSelectMultiple
    )


def may(petition: Petition, user: Any) -> bool:
    """Whether the page of the case offers it to the person."""
    return revealing.may_reveal(_with_case(petition), user)


def _with_case(petition: Petition) -> Any:
    identity = petition.petitioner
    if identity is not None and identity.case_id == petition.pk:
        identity.case = petition.case  # known already: not asked for again
    return identity


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the purpose, then show the fields once. Who may not gets 404: no sealed name is hinted at."""
    user = request.user
    assert isinstance(user, User)
    petition = (
        Petition.objects.filter(process.sees.records(user), pk=pk)
        .select_related("case__agency", "petitioner")
        .first()
    )
    if petition is None or not may(petition, user):
        raise Http404(_("沒有這個案件，或您不能調閱其個人資料。"))
    form = RevealForm(request.POST or None)
    say_what_to_do(form.fields)
    shown: list[tuple[str, str]] = []
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            try:
                person = revealing.reveal(
                    petition.petitioner, actor=user, purpose=given["purpose"], why=given["why"],
                    fields=given["fields_"],
                )  # fmt: skip
            except (Refused, keeping.Shredded) as refused:
                form.add_error(None, str(refused))
                status = 409
            else:
                shown = [
                    (str(persons.LABELS[name]), getattr(person, name) or _("未填"))
                    for name in given["fields_"]
                ]
        else:
            status = 422
    case = petition.case
    context = {
        "lead": f"{case.number} {case.title}",
        "form": None if shown else form,
        "person": shown,
        "looks": [
            (format_time(one.at), str(one.actor), str(one.get_purpose_display()), one.why,
             _("、").join(one.labels))
            for one in revealing.looks(case)[:50]
        ],
        "back": reverse("desk:case", args=[pk]),
    }  # fmt: skip
    crumbs = (parts.Link(case.number, reverse("desk:case", args=[pk])),)
    return office.page(
        request, "petitions/reveal.html", _("調閱個人資料"), context, status=status, crumbs=crumbs
    )
