"""重大事件的畫面 The list of incidents, a new one, and one with what was said of it and when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.desk import parts
from yankao.desk.inputs import RocMomentField, TextField
from yankao.desk.jinja import english, format_number, format_time
from yankao.desk.moves import INVALID
from yankao.desk.own_pages import actor, only

from . import incidents
from .models import Incident
from .pages import SHOWN, drawn, leads, opens

NO_PERSON = gettext_lazy("請勿寫入姓名、電話或身分證字號；看板與話務員都看得到")


def _say(label: Any, rows: int = 3, **more: Any) -> TextField:
    return TextField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **more)


class WordForm(forms.Form):
    """Until when, and what to say in both languages."""

    use_required_attribute = False
    until = RocMomentField(label=gettext_lazy("預計結束"))
    say = _say(gettext_lazy("對來電者說"), max_length=300, help_text=NO_PERSON)
    say_en = _say(gettext_lazy("英文：對來電者說"), max_length=500)


class PlaceForm(WordForm):
    """A new incident."""

    what = forms.CharField(
        label=gettext_lazy("什麼事"), max_length=60, help_text=gettext_lazy("例如停水、瓦斯外洩、停班停課")
    )
    where = forms.CharField(label=gettext_lazy("在哪裡"), max_length=100)
    since = RocMomentField(label=gettext_lazy("開始"))
    what_en = forms.CharField(label=gettext_lazy("英文：什麼事"), max_length=100, required=False)
    where_en = forms.CharField(label=gettext_lazy("英文：在哪裡"), max_length=160, required=False)
    field_order = ("what", "where", "since", "until", "say", "say_en", "what_en", "where_en")


def _state(one: Incident) -> parts.Tag:
    now = timezone.now()
    if incidents.holds(one, now):
        return parts.Tag(_("張貼中"), "red")
    if one.ended_at is None and one.since > now:
        return parts.Tag(_("尚未開始"), "amber")
    return parts.Tag(_("已撤下") if one.ended_at else _("已到期"), "")


def _named(one: Incident) -> str:
    if not english():
        return str(one)
    return f"{one.what_en or one.what} ({one.where_en or one.where})"


def _blame(form: forms.Form, error: ValidationError) -> None:
    for name, sentences in getattr(error, "message_dict", {"": error.messages}).items():
        form.add_error(name if name in form.fields else None, sentences)


@only(opens)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every incident, the newest first, with how many contacts were counted to it."""
    found = incidents.counted().select_related("placed_by")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 16:
        found = found.filter(pk__lt=int(before))
    kept = list(found.order_by("-pk")[: SHOWN + 1])
    context = {
        "leads": leads(request.user),
        "rows": [
            {
                "code": one.code, "words": _named(one),
                "href": reverse("enquiries:incident", args=[one.code]),
                "since": format_time(one.since), "until": format_time(one.ended_at or one.until),
                "asked": format_number(one.asked), "by": str(one.placed_by), "state": _state(one),
            }
            for one in kept[:SHOWN]
        ],
        "older": f"?before={kept[SHOWN - 1].pk}" if len(kept) > SHOWN else "",
    }  # fmt: skip
    return drawn(request, "enquiries/incidents.html", _("重大事件"), context)


@only(leads)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Put an incident before every agent."""
    usual = {"since": timezone.localtime().replace(second=0, microsecond=0)}
    form = PlaceForm(request.POST or None, initial=usual)
    if request.method == "POST" and form.is_valid():
        try:
            made = incidents.place(actor(request), Incident(**form.cleaned_data))
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, _("已張貼到每位話務員的畫面與大看板。"))
            return HttpResponseRedirect(reverse("enquiries:incident", args=[made.code]))
    context = {"form": form, "back": reverse("enquiries:incidents"), "submit": _("張貼")}
    status = INVALID if form.errors else 200
    return drawn(request, "enquiries/incident_form.html", _("張貼重大事件"), context, status=status)


def _incident(code: str) -> Any:
    rows = incidents.counted().select_related("placed_by", "ended_by")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404(_("沒有這則重大事件。"))
    return found


@only(opens)
@require_safe
def one(request: HttpRequest, code: str) -> HttpResponse:
    """An incident with everything that was to be said of it, and since when."""
    found = _incident(code)
    context = {
        "one": found, "state": _state(found),
        "changes": leads(request.user) and found.ended_at is None and found.until > timezone.now(),
        "facts": [
            (_("編號"), found.code), (_("開始"), format_time(found.since)),
            (_("預計結束"), format_time(found.until)), (_("撤下時間"), format_time(found.ended_at)),
            (_("撤下人"), str(found.ended_by or "")), (_("張貼人"), str(found.placed_by)),
            (_("張貼時間"), format_time(found.placed_at)),
            (_("計入的諮詢"), _("%(n)s件") % {"n": format_number(found.asked)}),
        ],
        "versions": [
            (str(row.number), format_time(row.changed_at), str(row.changed_by), format_time(row.until),
             row.say, row.say_en)
            for row in found.words.select_related("changed_by").order_by("-number")
        ],
    }  # fmt: skip
    return drawn(request, "enquiries/incident.html", _named(found), context)


@only(leads)
@require_http_methods(["GET", "HEAD", "POST"])
def reword(request: HttpRequest, code: str) -> HttpResponse:
    """Say it otherwise, or until another time."""
    found = _incident(code)
    usual = {"until": timezone.localtime(found.until), "say": found.say, "say_en": found.say_en}
    form = WordForm(request.POST or None, initial=usual)
    back = reverse("enquiries:incident", args=[code])
    if request.method == "POST" and form.is_valid():
        try:
            incidents.reword(actor(request), found, **form.cleaned_data)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, _("已更新，每位話務員都看得到。"))
            return HttpResponseRedirect(back)
    context = {"form": form, "back": back, "submit": _("更新")}
    status = INVALID if form.errors else 200
    return drawn(request, "enquiries/incident_form.html", _named(found), context, status=status)


@only(leads)
@require_POST
def end(request: HttpRequest, code: str) -> HttpResponse:
    """Take it down."""
    incidents.end(actor(request), _incident(code))
    messages.success(request, _("已撤下。"))
    return HttpResponseRedirect(reverse("enquiries:incident", args=[code]))
