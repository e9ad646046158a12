"""The citizen's page of a case, opened by number and access code; what one may still say to it."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.counter.following import opened_at
from yankao.counter.offers import Opened, Pair, followed
from yankao.counter.pages import drawn
from yankao.desk.inputs import EvidenceField, TextField
from yankao.kernel.audit import ledger
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence import files
from yankao.kernel.limits import allowed, caller_of
from yankao.kernel.outbox import devices
from yankao.kernel.outbox.push import public_key
from yankao.kernel.register.english import called

from . import hearing, intake, letters, process, telling
from .models import Appeal, Ground, Petition, Rating
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


class TextsForm(forms.Form):
    """The number that hears of each public step from now on."""

    use_required_attribute = False
    mobile = forms.CharField(
        label=gettext_lazy("手機"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip

    def clean_mobile(self) -> str:
        given: str = self.cleaned_data["mobile"].strip()
        if not 8 <= len(re.sub(r"\D", "", given)) <= 15:
            raise forms.ValidationError(_("請填可以收簡訊的號碼，例如0912-345-678。"))
        return given


FORMS: dict[str, type[forms.Form]] = {
    "supplement": SupplementForm, "more": SupplementForm, "rating": RatingForm, "reopening": ReopeningForm,
    "texts": TextsForm,
}  # fmt: skip


def offered(petition: Petition) -> list[str]:
    """What the citizen may say now."""
    stage = petition.case.stage
    found = []
    if stage == Stage.AWAITING:
        found.append("supplement")
    if stage == Stage.NO_ACTION and petition.ground == Ground.NAMELESS:
        found.append("more")  # the letter says that it is handled once the matter is made clear
    if petition.replied_at and stage in RATED_FOR and not _rated(petition):
        found.append("rating")
    if stage == Stage.CLOSED and not process.ask_reopening.refusal(petition, None):
        found.append("reopening")
    if "sms" in hearing.ways(petition):
        found.append("texts")
    return found


def _rated(petition: Petition) -> bool:
    return Rating.objects.filter(petition=petition, rated_at__isnull=False).exists()


def _followed(request: HttpRequest) -> Petition | None:
    """The case this browser has open."""
    key = opened_at(request, reverse("petitions_counter:case"))
    if key is None:
        return None
    rows = Petition.objects.select_related(
        "case__agency", "case__district", "service", "category", "petitioner"
    )
    return rows.filter(pk=key).first()


@never_cache
@require_safe
def letter(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """A letter that was sent to the petitioner, as the very file that was issued."""
    petition = _followed(request)
    if petition is None:
        return HttpResponseRedirect(reverse("counter:follow"), status=303)
    sent = next((one for one in letters.to_petitioner(petition) if one.pk == pk), None)
    kept = getattr(sent, form, None) if sent is not None and form in ("pdf", "odt") else None
    if kept is None:
        raise Http404
    return files.serve(kept)


@never_cache
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """This browser wants to be told (`PushSubscription.toJSON()` as the body)."""
    petition = _followed(request)
    if petition is None or "push" not in hearing.ways(petition):
        return JsonResponse({"said": _("請重新以案號與查詢碼查詢。")}, status=403)
    if not allowed("petitions.said", caller_of(request), PER_HOUR):
        return JsonResponse({"said": _("短時間內送出太多次，請一小時後再試；您填的內容還在。")}, status=429)
    try:
        told = json.loads(request.body[:5000])
        hearing.by_push(petition, told if isinstance(told, dict) else {})
    except (ValueError, AttributeError, TypeError) as fault:  # NoDevice is a ValueError
        said = str(fault) if isinstance(fault, devices.NoDevice) else _("這不是可用的推播位址。")
        return JsonResponse({"said": said}, status=422)
    return JsonResponse({"said": _("有進度時，這個瀏覽器會通知您。")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest) -> HttpResponse:
    """The case this browser has shown that it knows; everybody else is asked for number and code."""
    petition = _followed(request)
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


def _more(petition: Petition, given: dict[str, Any]) -> None:
    told = {"text": given["text"], "files": given["files"] or None}
    process.add_words.run(
        petition, None, told, key=f"counter:more:{petition.pk}:{petition.supplements.count()}"
    )


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


def _texts(petition: Petition, given: dict[str, Any]) -> None:
    hearing.by_text(petition, given["mobile"])


DEEDS = {"supplement": _supplement, "more": _more, "rating": rate, "reopening": _reopening, "texts": _texts}
THANKS = {
    "supplement": gettext_lazy("已收到您的補充資料，期限繼續計算。"),
    "more": gettext_lazy("已收到您的補充資料，已請承辦人員查看。"),
    "rating": gettext_lazy("謝謝您的意見。"),
    "reopening": gettext_lazy("已收到您的申請，決定後會告訴您理由。"),
    "texts": gettext_lazy("記下了，有進度時會傳簡訊給您。"),
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
        "heard_by": hearing.number_shown(petition) if petition.anonymous else "",
        "forms_": {name: form for name, form in shown.items() if name != "texts"},
        "texts": shown.get("texts"),
        "number_now": hearing.number_shown(petition) if "texts" in shown else "",
        "push_key": public_key() if "push" in hearing.ways(petition) else "",
        "letters": [
            (one, [form for form in ("pdf", "odt") if getattr(one, f"{form}_id")])
            for one in letters.to_petitioner(petition)
        ],
        "titles": {
            "supplement": _("補充資料"),
            "more": _("補充具體內容"),
            "rating": _("這次處理得如何"),
            "reopening": _("還沒解決，申請重新處理"),
        },
    }  # fmt: skip
    return drawn(request, "petitions/case.html", context, status)
