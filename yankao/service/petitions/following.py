"""The citizen's page of a case, opened by number and access code; what one may still say to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yankao.counter.following import opened_at
from yankao.counter.offers import Opened, Pair, followed
from yankao.counter.pages import drawn
from yankao.desk.inputs import EvidenceField, TextField
from yankao.kernel.audit import ledger
from yankao.kernel.casework.process import Refused
from yankao.kernel.limits import allowed, caller_of
from yankao.kernel.register.english import called

from . import intake, process, telling
from .models import Appeal, Petition, Rating
from .process import Stage

RATED_FOR = (Stage.REPLIED, Stage.CLOSED)
PER_HOUR = 30
"""So many things one caller may send to cases in an hour."""


@followed.hear
def opens(pair: Pair) -> Opened | None:
    """The petition of a number and its code."""
    found = intake.find(pair.number, pair.code)
    return Opened(reverse("petitions_counter:case"), found.pk) if found else None


class SupplementForm(forms.Form):
    """What was asked for: words, and files if there are any."""

    use_required_attribute = False
    text = TextField(
        label=gettext_lazy("補充內容"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"] = EvidenceField(
            None, many=True, kinds=("pdf", "odt", "jpeg", "png"), required=False,
            label=_("檔案"), help_text=_("PDF、ODT、JPEG或PNG"),
        )  # fmt: skip


class RatingForm(forms.Form):
    """How it was: five steps as radio buttons, the process asked apart from the outcome."""

    use_required_attribute = False
    score = forms.TypedChoiceField(
        label=gettext_lazy("整體滿意嗎"), coerce=int, widget=forms.RadioSelect,
        choices=[
            (5, gettext_lazy("很滿意")), (4, gettext_lazy("滿意")), (3, gettext_lazy("普通")),
            (2, gettext_lazy("不滿意")), (1, gettext_lazy("很不滿意")),
        ],
    )  # fmt: skip
    on_time = forms.ChoiceField(
        label=gettext_lazy("準時嗎"), required=False, widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("準時")), ("no", gettext_lazy("不準時"))],
    )  # fmt: skip
    understood = forms.ChoiceField(
        label=gettext_lazy("答復看得懂嗎"), required=False, widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("看得懂")), ("no", gettext_lazy("看不懂"))],
    )  # fmt: skip
    comment = TextField(
        label=gettext_lazy("還想說的話"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ReopeningForm(forms.Form):
    """Why it is not done."""

    use_required_attribute = False
    reason = TextField(
        label=gettext_lazy("哪裡還沒解決"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


FORMS: dict[str, type[forms.Form]] = {
    "supplement": SupplementForm, "rating": RatingForm, "reopening": ReopeningForm
}  # fmt: skip


def offered(petition: Petition) -> list[str]:
    """What the citizen may say now."""
    stage = petition.case.stage
    found = []
    if stage == Stage.AWAITING:
        found.append("supplement")
    if petition.replied_at and stage in RATED_FOR and not _rated(petition):
        found.append("rating")
    if stage == Stage.CLOSED and not process.ask_reopening.refusal(petition, None):
        found.append("reopening")
    return found


def _rated(petition: Petition) -> bool:
    return Rating.objects.filter(petition=petition, rated_at__isnull=False).exists()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest) -> HttpResponse:
    """The case this browser has shown that it knows; everybody else is asked for number and code."""
    key = opened_at(request, reverse("petitions_counter:case"))
    petition = (
        Petition.objects.select_related("case__agency", "case__district", "service", "category")
        .filter(pk=key)
        .first()
        if key
        else None
    )
    if petition is None:
        return HttpResponseRedirect(reverse("counter:follow"), status=303)
    if request.method != "POST":
        return _shown(request, petition)
    name = request.POST.get("what", "")
    if name not in offered(petition):
        messages.info(request, _("這件案件目前不需要這個動作，或已經收到了。"))
        return HttpResponseRedirect(reverse("petitions_counter:case"), status=303)
    form = FORMS[name](request.POST, request.FILES, prefix=name)
    if not allowed("petitions.said", caller_of(request), PER_HOUR):
        form.is_valid()
        form.add_error(None, _("短時間內送出太多次，請一小時後再試；您填的內容還在。"))
        return _shown(request, petition, {name: form}, 429)
    if form.is_valid():
        try:
            DEEDS[name](petition, form.cleaned_data)
        except (Refused, ValidationError) as fault:
            form.add_error(None, getattr(fault, "messages", None) or str(fault))
        else:
            messages.success(request, THANKS[name])
            return HttpResponseRedirect(reverse("petitions_counter:case"), status=303)
    return _shown(request, petition, {name: form}, 422)


def _supplement(petition: Petition, given: dict[str, Any]) -> None:
    row = petition.supplements.order_by("-asked_at").first()
    told = {"text": given["text"], "files": given["files"] or None}
    process.supplement.run(petition, None, told, key=f"counter:supplement:{row.pk if row else petition.pk}")


def _reopening(petition: Petition, given: dict[str, Any]) -> None:
    count = petition.reopening_rows.count()
    process.ask_reopening.run(petition, None, dict(given), key=f"counter:reopening:{petition.pk}:{count}")


def rate(petition: Petition, given: dict[str, Any]) -> None:
    """Keep the citizen's word on a case, once; whether the case was drawn for the sample stays as it is."""
    yes = {"yes": True, "no": False}
    with transaction.atomic():
        row, _made = Rating.objects.select_for_update().get_or_create(petition=petition)
        if row.rated_at is not None:
            return
        row.score, row.rated_at = given["score"], timezone.now()
        row.on_time, row.understood = yes.get(given["on_time"]), yes.get(given["understood"])
        row.comment = given["comment"]
        row.save()
        ledger.note("petitions.rated", f"case:{petition.pk}", None, score=row.score)


DEEDS = {"supplement": _supplement, "rating": rate, "reopening": _reopening}
THANKS = {
    "supplement": gettext_lazy("已收到您的補充資料，期限繼續計算。"),
    "rating": gettext_lazy("謝謝您的意見。"),
    "reopening": gettext_lazy("已收到您的申請，決定後會告訴您理由。"),
}


def _shown(
    request: HttpRequest, petition: Petition, tried: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    words, tone = telling.headline(petition)
    promises = telling.promises(petition)
    if any(one.tone == "late" for one in promises):
        tone = "late"
    reply = petition.replies.filter(sent_at__isnull=False).order_by("-number").first()
    asked = petition.supplements.filter(ended_at=None).order_by("-asked_at").first()
    shown = {name: (tried or {}).get(name) or FORMS[name](prefix=name) for name in offered(petition)}
    context = {
        "heading": _("案件%(number)s") % {"number": petition.case.number},
        "petition": petition,
        "agency": called(petition.case.agency),
        "district": called(petition.case.district) if petition.case.district else "",
        "what": str(petition.service or petition.category or petition.get_kind_display()),
        "standing": words,
        "tone": tone,
        "promises": promises,
        "steps": telling.steps(petition),
        "reply": reply,
        "appeals": reply is not None and reply.appeal != Appeal.NONE,
        "asked": asked,
        "looks": telling.looks(petition),
        "nobody": petition.anonymous,
        "forms_": shown,
        "titles": {
            "supplement": _("補充資料"),
            "rating": _("這次處理得如何"),
            "reopening": _("還沒解決，申請重新處理"),
        },
    }  # fmt: skip
    return drawn(request, "petitions/case.html", context, status)
