"""The citizen's page of a case, opened by number and access code; what one may still say to it, and the page
of who joined a report. What somebody typed is never lost: not when the half hour is over, nor when another
window was quicker.
"""

from __future__ import annotations

import json
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
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.counter.following import asked_again, opened_at
from yankao.counter.offers import Opened, Pair, followed
from yankao.counter.pages import drawn
from yankao.desk.inputs import EvidenceField, TextField
from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import CaseEvidence, Security
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence import files
from yankao.kernel.limits import allowed
from yankao.kernel.outbox import devices
from yankao.kernel.outbox.models import Channel
from yankao.kernel.outbox.numbers import international
from yankao.kernel.outbox.push import public_key
from yankao.kernel.register.english import called

from . import hearing, intake, letters, near, notices, process, telling
from .asking import NO_MOBILE
from .models import Appeal, Ground, Petition, Rating, Subscriber
from .process import ANSWERED, Stage
from .questions import retold

PER_HOUR = 30
"""So many things may be sent to one case in an hour. Who sends has opened it, so the case is what counts: an
address may be shared by thousands of telephones.
"""
FROM_CITIZEN = ("open", "supplement", "add_words")
"""With which acts the petitioner's own files came."""


@followed.hear
def opens(pair: Pair) -> Opened | None:
    """The petition of a number and its code, or the report that was joined under it."""
    if found := intake.find(pair.number, pair.code):
        return Opened(reverse("petitions_counter:case"), found.pk)
    row = near.follower(pair.number, pair.code)
    return Opened(reverse("petitions_counter:joined"), row.pk) if row else None


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
        error_messages={"required": gettext_lazy("請填要收簡訊的手機號碼。")},
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip

    def clean_mobile(self) -> str:
        given: str = self.cleaned_data["mobile"].strip()
        if not international(given):
            raise forms.ValidationError(NO_MOBILE)
        return given


class WayForm(forms.Form):
    """By which way no more is told, or again."""

    way = forms.ChoiceField(choices=Channel.choices)


FORMS: dict[str, type[forms.Form]] = {
    "supplement": SupplementForm, "more": SupplementForm, "rating": RatingForm, "reopening": ReopeningForm,
    "texts": TextsForm, "stop": WayForm, "resume": WayForm,
}  # fmt: skip
BUTTONS = ("texts", "stop", "resume")
"""What stands on the page as buttons of its own card."""


def offered(petition: Petition) -> list[str]:
    """What the citizen may say now."""
    stage = petition.case.stage
    found = []
    if stage == Stage.AWAITING:
        found.append("supplement")
    elif not process.add_words.refusal(petition, None) and (
        stage != Stage.NO_ACTION or petition.ground == Ground.NAMELESS
    ):  # the letter without action says that a nameless matter is handled once it is made clear
        found.append("more")
    if petition.replied_at and stage in ANSWERED and not _rated(petition):
        found.append("rating")
    if stage in ANSWERED and not process.ask_reopening.refusal(petition, None):
        found.append("reopening")
    if "sms" in hearing.ways(petition):
        found.append("texts")
    if hearing.heard_here(petition):
        found.append("stop")
    if hearing.refused_here(petition):
        found.append("resume")
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
    if not allowed("petitions.said", f"case:{petition.pk}", PER_HOUR):
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
        return _again(request)
    if request.method != "POST":
        return _shown(request, petition)
    name = request.POST.get("what", "")
    if name not in offered(petition):
        return _too_late(request, petition, name)
    form = FORMS[name](request.POST, request.FILES, prefix=name)
    if not allowed("petitions.said", f"case:{petition.pk}", PER_HOUR):
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


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent to the page: name and value, without the token of the form and the pair of the case."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "number", "code")
        for value in values
    ]


def _again(request: HttpRequest) -> HttpResponse:
    """The half hour is over. Who was about to send something says number and code once more and finds it
    filled in; it stays in the browser until then.
    """
    if request.method != "POST":
        return HttpResponseRedirect(reverse("counter:follow"), status=303)
    form, opened, status = asked_again(request, "number" in request.POST)
    if opened is not None and opened.address == reverse("petitions_counter:case"):
        petition = _followed(request)
        if petition is not None:
            name = request.POST.get("what", "")
            if name not in offered(petition):
                return _too_late(request, petition, name)
            messages.warning(request, _("您寫的還在，還沒有送出：請看一下，檔案要重新選，再按送出。"))
            return _shown(request, petition, {name: _refilled(name, name, request)})
    context = {
        "heading": _("請再輸入一次案號與查詢碼"), "form": form,
        "typed": [pair for pair in _typed(request) if pair[1]],
    }  # fmt: skip
    return drawn(request, "petitions/again.html", context, status)


def _refilled(name: str, before: str, request: HttpRequest) -> forms.Form:
    """The form with what was typed into the one called `before`, not sent yet."""
    fields = FORMS[name].base_fields
    sent = {one: request.POST.get(f"{before}-{one}", "") for one in fields}
    return FORMS[name](prefix=name, initial={one: value for one, value in sent.items() if value})


def _too_late(request: HttpRequest, petition: Petition, name: str) -> HttpResponse:
    """What another window did already, or what the case does not take any more: words that were typed are
    shown, ready to be sent as something else, unless they are what was received.
    """
    typed = [value for one, value in _typed(request) if one.startswith(f"{name}-") and value.strip()]
    text = max(typed, key=len, default="").strip()
    if name not in ("supplement", "more", "reopening", "rating") or not text or _known(petition, text):
        messages.info(request, _("這件案件目前不需要這個動作，或已經收到了。"))
        return HttpResponseRedirect(reverse("petitions_counter:case"), status=303)
    tried: dict[str, forms.Form] = {}
    into = next((one for one in ("supplement", "more") if one in offered(petition)), "")
    if into and name in ("supplement", "more"):
        tried[into] = _refilled(into, name, request)
        messages.warning(request, _("這件案件剛才已往下走，您寫的還沒有送出：內容在下面，請再按一次送出。"))
        return _shown(request, petition, tried, 409)
    messages.warning(request, _("這件案件現在不能再這樣回覆，您寫的沒有送出；內容留在下面，可以複製。"))
    return _shown(request, petition, tried, 409, unsent=text)


def _known(petition: Petition, text: str) -> bool:
    """Whether the case has these very words of the petitioner."""
    plain = "\n".join(text.splitlines()).strip()
    return any(
        "\n".join(one.splitlines()).strip() == plain
        for one in (
            *petition.supplements.values_list("text", flat=True),
            *petition.reopening_rows.values_list("reason", flat=True),
            *Rating.objects.filter(petition=petition).values_list("comment", flat=True),
        )
    )


def _supplement(petition: Petition, given: dict[str, Any]) -> None:
    row = petition.supplements.order_by("-asked_at").first()
    told = {"text": given["text"], "files": given["files"] or None}
    process.supplement.run(petition, None, told, key=f"counter:supplement:{row.pk if row else petition.pk}")


def _more(petition: Petition, given: dict[str, Any]) -> None:
    told = {"text": given["text"], "files": given["files"] or None}
    count = petition.supplements.count()
    process.add_words.run(petition, None, told, key=f"counter:more:{petition.pk}:{count}")


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


def _stop(petition: Petition, given: dict[str, Any]) -> None:
    hearing.stop_here(petition, given["way"])


def _resume(petition: Petition, given: dict[str, Any]) -> None:
    hearing.resume_here(petition, given["way"])


DEEDS = {
    "supplement": _supplement, "more": _more, "rating": rate, "reopening": _reopening, "texts": _texts,
    "stop": _stop, "resume": _resume,
}  # fmt: skip
THANKS = {
    "more": gettext_lazy("已收到您補充的內容，承辦人員會看到。"),
    "stop": gettext_lazy("記下了，不再用這個方式通知您；進度請用案號與查詢碼查詢。"),
    "resume": gettext_lazy("記下了，有進度時會再通知您。"),
    "supplement": gettext_lazy("已收到您的補充資料，期限繼續計算。"),
    "rating": gettext_lazy("謝謝您的意見。"),
    "reopening": gettext_lazy("已收到您的申請，決定後會告訴您理由。"),
    "texts": gettext_lazy("記下了，有進度時會傳簡訊給您。"),
}


def _shown(
    request: HttpRequest,
    petition: Petition,
    tried: dict[str, forms.Form] | None = None,
    status: int = 200,
    unsent: str = "",
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
        "unsent": unsent,
        "petition": petition,
        "wrote": retold(petition.content, petition.service),
        "files": _files(petition),
        "agency": called(petition.case.agency),
        "district": called(petition.case.district) if petition.case.district else "",
        "what": str(petition.service or petition.category or petition.get_kind_display()),
        "standing": words,
        "tone": tone,
        "promises": promises,
        "steps": telling.steps(petition),
        "reply": reply,
        "outcome": capfirst(reply.get_disposition_display()) if reply else "",
        "appeals": reply is not None and reply.appeal != Appeal.NONE,
        "asked": asked,
        "looks": telling.looks(petition, petition.petitioner),
        "nobody": petition.anonymous,
        "heard_by": hearing.number_shown(petition) if petition.anonymous else "",
        "forms_": {name: form for name, form in shown.items() if name not in BUTTONS},
        "texts": shown.get("texts"),
        "heard": _heard(hearing.heard_here(petition)),
        "refused": hearing.refused_here(petition),
        "number_now": hearing.number_shown(petition) if "texts" in shown else "",
        "push_key": public_key() if "push" in hearing.ways(petition) else "",
        "letters": [
            (one, [form for form in ("pdf", "odt") if getattr(one, f"{form}_id")])
            for one in letters.to_petitioner(petition)
        ],
        "titles": {
            "supplement": _("補充資料"),
            "more": _("補充具體內容")
            if petition.case.stage == Stage.NO_ACTION
            else _("還有要補充的"),
            "rating": _("這次處理得如何"),
            "reopening": _("還沒解決，申請重新處理"),
        },
    }  # fmt: skip
    return drawn(request, "petitions/case.html", context, status)


def _files(petition: Petition) -> list[str]:
    """The names of what the petitioner sent along."""
    rows = CaseEvidence.objects.filter(case_id=petition.pk, act__in=FROM_CITIZEN, purpose="files")
    return list(rows.order_by("pk").values_list("evidence__name", flat=True))


def _heard(ways: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """By which ways somebody hears: code, sentence, what the button that stops it says."""
    told = {
        "email": (_("目前寄電子郵件到%(to)s。"), _("不再寄電子郵件")),
        "sms": (_("目前傳簡訊到%(to)s。"), _("不再傳簡訊")),
        "push": (_("目前推播到%(to)s個瀏覽器。"), _("不再推播")),
    }
    return [(way, told[way][0] % {"to": to}, told[way][1]) for way, to in ways]


# ── Who joined a report ─────────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def joined(request: HttpRequest) -> HttpResponse:
    """The report somebody joined, without anybody else's words; here they leave it again."""
    key = opened_at(request, reverse("petitions_counter:joined"))
    rows = Subscriber.objects.select_related(
        "identity", "petition__case__agency", "petition__case__district", "petition__service"
    )
    row = rows.filter(pk=key).first() if key is not None else None
    if row is None:
        return HttpResponseRedirect(reverse("counter:follow"), status=303)
    if request.method == "POST":
        near.leave(row)
        messages.success(request, _("已退出關注，您留的聯絡資料已刪除，不會再收到通知。"))
        return HttpResponseRedirect(reverse("petitions_counter:joined"), status=303)
    petition = row.petition
    told = petition.case.security not in (Security.NAMED, Security.SECRET)
    words, tone = telling.headline(petition)
    context = {
        "heading": _("您關注的通報%(number)s") % {"number": petition.case.number},
        "told": told,
        "standing": words,
        "tone": tone,
        "promises": telling.promises(petition, others=True) if told else [],
        "steps": telling.steps(petition, others=True) if told else [],
        "what": str(petition.service or petition.category or petition.get_kind_display()),
        "agency": called(petition.case.agency),
        "district": called(petition.case.district) if petition.case.district else "",
        "heard": _heard(hearing.heard(row.identity)),
        "stays": row.identity is not None,
        "looks": telling.looks(petition, row.identity) if row.identity else [],
    }
    return drawn(request, "petitions/joined.html", context)


# ── No more messages ────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The address in each letter: whoever holds it stops the messages, without number and code. Opening it
    changes nothing, since programs open the addresses in letters, too.
    """
    identity = notices.stopped_by(token)
    if identity is None:
        raise Http404
    ways = hearing.heard(identity)
    if request.method == "POST":
        wanted = [way for way, _to in ways if request.POST.get("way") in (way, "all")]
        if wanted:
            hearing.stop(identity, wanted)
            messages.success(request, _("記下了，不再用這個方式通知您；進度請用案號與查詢碼查詢。"))
        return HttpResponseRedirect(request.path, status=303)
    context = {
        "heading": _("停止通知"), "heard": _heard(ways),
        "joins": Subscriber.objects.filter(identity=identity).exists(),
    }  # fmt: skip
    return drawn(request, "petitions/stop.html", context)
