"""待立案 Contacts of the time before the city took cases: each becomes one now, or it is said why not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk.jinja import format_date, format_number, format_time
from yankao.desk.moves import INVALID
from yankao.desk.own_pages import actor, only
from yankao.kernel.casework.asked import asked

from . import deeds, where
from .agent import MATTER, PLACE, ContactForm, matter_of
from .models import Contact, Outcome
from .pages import SHOWN, drawn, writes


def may(user: Any) -> bool:
    """Who answers enquiries, where a room takes cases."""
    return writes(user) and asked.heard


class OpenForm(ContactForm):
    """What is asked for a case; the words of the contact stand in it already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name not in (*MATTER, *PLACE)]:
            del self.fields[name]
        self.fields["content"].required = True
        self.fields["content"].help_text = ""
        self.fields["service"].help_text = gettext_lazy("要派人到場的才選")


class LeaveForm(forms.Form):
    """Why there will be no case."""

    reason = forms.CharField(
        label=gettext_lazy("不立案理由"), max_length=200, required=False,
        help_text=gettext_lazy("例如已由其他案件處理、內容無法辨識"),
    )  # fmt: skip


@only(may)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The contacts that wait, the oldest first."""
    found = deeds.waiting().select_related("agent")
    rows = [
        (
            format_time(one.at), str(one.get_channel_display()), one.note, str(one.agent or ""),
            reverse("enquiries:wanted_one", args=[one.pk]),
        )
        for one in found[:SHOWN]
    ]  # fmt: skip
    context = {"rows": rows, "total": format_number(found.count()), "shown": len(rows)}
    return drawn(request, "enquiries/wanted.html", _("待立案的諮詢"), context)


@only(may)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: open its case, or say why there will be none. Looking the place up writes nothing down."""
    wanted = Contact.objects.filter(outcome=Outcome.CASE_WANTED).select_related("agent", "case")
    contact = wanted.filter(pk=pk).first()
    if contact is None:
        raise Http404(_("沒有這筆待立案的諮詢。"))
    deed = request.POST.get("do", "")
    looking = deed == "open" and where.acts(request.POST)
    spot = where.act(request.POST) if looking else where.read(request.POST.get("spot", ""))
    if looking:
        typed = {**request.POST.dict(), "read_back": "read_back" in request.POST}
        opening = OpenForm(initial=typed | ({"district": spot.district} if spot.district else {}))
    else:
        opening = OpenForm(request.POST if deed == "open" else None, initial={"content": contact.note})
    where.remember(request, spot)
    leaving = LeaveForm(request.POST if deed == "leave" else None)
    if deed == "open" and opening.is_valid():  # one that only looks is never bound
        matter = matter_of({**opening.cleaned_data, "note": ""}, spot)
        try:
            made = deeds.open_wanted(actor(request), contact, matter)
        except ValidationError as error:
            _blame(opening, error)
        else:
            messages.success(request, _said(made))
            return HttpResponseRedirect(reverse("enquiries:wanted"))
    if deed == "leave" and leaving.is_valid():
        try:
            deeds.leave_unopened(actor(request), contact, leaving.cleaned_data["reason"])
        except ValidationError as error:
            _blame(leaving, error)
        else:
            messages.success(request, _("已登錄不立案。"))
            return HttpResponseRedirect(reverse("enquiries:wanted"))
    left = getattr(contact, "not_opened", None)
    given = opening.data if opening.is_bound else opening.initial
    told = [str(given.get(name, "")) for name in PLACE]
    near = where.beside(spot, *told) if deed == "open" else []
    context = {
        "near": [(one, format_date(one.since), reverse("desk:case", args=[one.case])) for one in near],
        "one": contact, "asked_at": format_time(contact.at), "waits": contact.case is None and left is None,
        "opening": opening, "leaving": leaving, "left": left,
        "case": reverse("desk:case", args=[contact.case_id]) if contact.case_id else "",
        "back": reverse("enquiries:wanted"), "action": request.path, "spot": spot,
        "place": [opening[name] for name in PLACE], "matter": [opening[name] for name in MATTER],
    }  # fmt: skip
    status = INVALID if opening.errors or leaving.errors else 200
    return drawn(request, "enquiries/wanted_one.html", _("補立案"), context, status=status)


def _said(made: Contact) -> str:
    assert made.case is not None
    if not made.code:
        return _("這筆諮詢已立案：%(number)s。") % {"number": made.case.number}
    told = {"number": made.case.number, "code": made.code}
    return _("已立案，案號%(number)s，查詢碼%(code)s，請告知陳情人；查詢碼不再顯示。") % told


def _blame(form: forms.Form, error: ValidationError) -> None:
    for name, sentences in getattr(error, "message_dict", {"": error.messages}).items():
        form.add_error(name if name in form.fields else None, sentences)
