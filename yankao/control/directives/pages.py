"""The meetings and their minutes, capturing directives while they are said, late reports, ageing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import charts, nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import english, format_date
from yankao.desk.pages import render_page
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.people.models import User
from yankao.kernel.people.standing import standing
from yankao.kernel.session.models import late_minutes

from . import capture
from .models import Class, Directive, Meeting
from .monthly import late
from .process import process

SHOWN = 100
AGES = ((30, gettext_lazy("30日內")), (90, gettext_lazy("31至90日")), (180, gettext_lazy("91至180日")),
        (365, gettext_lazy("181至365日")), (10**6, gettext_lazy("逾1年")))  # fmt: skip


def of_commission(user: Any) -> bool:
    return standing(user).has(*RDEC)


def seen(user: Any) -> QuerySet[Directive]:
    """The directives this person may know of."""
    return Directive.objects.filter(case__in=Case.objects.filter(visible(user), kind=process.kind))


def _actor(request: HttpRequest) -> User:
    """The person signed in: these pages let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def _commission_only(request: HttpRequest) -> None:
    if not of_commission(request.user):
        raise PermissionDenied


def page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    crumbs = [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(str(Directive._meta.verbose_name), reverse("desk:list", args=[process.kind])),
        parts.Link(title, ""),
    ]
    told = {**nav.frame(request), "heading": title, "crumbs": crumbs, **context}
    return render_page(request, template, told, status=status)


# ── Meetings ────────────────────────────────────────────────────────────────────────────────────────


class CallForm(forms.Form):
    """A new city meeting."""

    number = forms.IntegerField(label=gettext_lazy("會次"), min_value=1)
    held_on = RocDateField(label=gettext_lazy("日期"))
    place = forms.CharField(label=gettext_lazy("地點"), max_length=80, required=False)


class MinutesForm(forms.Form):
    """The day the minutes of a meeting went out."""

    meeting = forms.ModelChoiceField(
        Meeting.objects.filter(minutes_on=None, cancelled_on=None), label=gettext_lazy("市政會議")
    )
    minutes_on = RocDateField(label=gettext_lazy("紀錄發送日"))


def _call(actor: Any, given: dict[str, Any]) -> str:
    made = capture.call_meeting(actor, **given)
    return _("已登錄「%(title)s」。") % {"title": made.title}


def _minutes(actor: Any, given: dict[str, Any]) -> str:
    capture.send_minutes(actor, given.pop("meeting"), **given)
    return _("已登錄會議紀錄發送日。")


DEEDS: dict[str, tuple[type[forms.Form], Any, Callable[[Any, dict[str, Any]], str]]] = {
    "call": (CallForm, gettext_lazy("登錄市政會議"), _call),
    "minutes": (MinutesForm, gettext_lazy("登錄會議紀錄"), _minutes),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def meetings(request: HttpRequest) -> HttpResponse:
    """市政會議 The meetings, with those whose minutes are late; the commission keeps them."""
    may = of_commission(request.user)
    act = request.POST.get("act", "") if may else ""
    made = {
        name: form(request.POST if name == act else None, prefix=name)
        for name, (form, _label, _do) in DEEDS.items()
    }
    status = 200
    if act in made:
        if made[act].is_valid():
            try:
                messages.success(request, DEEDS[act][2](_actor(request), dict(made[act].cleaned_data)))
                return HttpResponseRedirect(request.path)
            except Refused as refused:
                made[act].add_error(None, str(refused))
            except ValidationError as error:
                made[act].add_error(None, error.messages)
        status = 422
    today = timezone.localdate()
    rows = Meeting.objects.annotate(items=Count("directives")).order_by("-held_on", "-pk")[:SHOWN]
    behind = set(late_minutes(Meeting.objects.all(), today).values_list("pk", flat=True))
    context = {
        "rows": [
            {
                "title": one.title,
                "held": format_date(one.held_on),
                "items": one.items,
                "due": format_date(one.minutes_due_on) if one.minutes_due_on else "",
                "sent": format_date(one.minutes_on) if one.minutes_on else "",
                "late": one.pk in behind or bool(one.minutes_late_by),
                "href": reverse("directives:capture", args=[one.pk]) if may else "",
            }
            for one in rows
        ],
        "behind": len(behind),
        "forms": [(name, made[name], str(label)) for name, (_f, label, _d) in DEEDS.items()] if may else [],
    }
    return page(request, "directives/meetings.html", _("市政會議"), context, status)


# ── Capturing ───────────────────────────────────────────────────────────────────────────────────────


class LineForm(forms.Form):
    """One directive, typed from left to right; Enter keeps it."""

    text = forms.CharField(
        label=gettext_lazy("裁示內容"), max_length=1000, required=True,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )  # fmt: skip
    owners = forms.CharField(
        label=gettext_lazy("主責及協辦機關"), max_length=200, required=True,
        help_text=gettext_lazy("第一個是主責，以、分開，如水利局、工務局"),
        widget=forms.TextInput(attrs={"list": "agencies", "autocomplete": "off"}),
    )  # fmt: skip
    due = forms.CharField(
        label=gettext_lazy("辦理期限"), max_length=40, required=False,
        help_text=gettext_lazy("如下週三、一個月內、6月底"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    category = forms.ChoiceField(label=gettext_lazy("裁示類別"), choices=Class.choices, initial=Class.ACTION)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class SheetForm(forms.Form):
    """Several lines at once."""

    lines = forms.CharField(
        label=gettext_lazy("多列裁示"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("一列一項：裁示內容 ｜ 主責、協辦 ｜ 期限。看不懂的列會留著並說明原因。"),
    )


def _key() -> str:
    return uuid.uuid4().hex


def _agency(row: Any) -> str:
    return str(row.name_en or row.name if english() else row.name)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def capture_page(request: HttpRequest, pk: int) -> HttpResponse:
    """現場錄案 One line a directive; what is nearly the same as an open one is shown before it is kept."""
    _commission_only(request)
    meeting = get_object_or_404(Meeting, pk=pk)
    agencies = capture.Agencies()
    one, sheet = LineForm(initial={"key": _key()}), SheetForm()
    near: list[capture.Alike] = []
    status = 200
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == "sheet":
        sheet = SheetForm(request.POST)
        if sheet.is_valid():
            left = _keep_lines(request, meeting, sheet.cleaned_data["lines"], agencies)
            if not left:
                return HttpResponseRedirect(request.path)
            sheet = SheetForm(initial={"lines": "\n".join(line for line, _why in left)})
            sheet_faults = [f"{line}：{why}" for line, why in left]
        else:
            sheet_faults = []
        status = 422
    else:
        sheet_faults = []
    if act in ("line", "anyway"):
        one = LineForm(request.POST)
        near, kept = _keep_line(request, meeting, one, agencies, anyway=act == "anyway")
        if kept:
            return HttpResponseRedirect(request.path)
        status = 422
    rows = meeting.directives.select_related("case__agency").prefetch_related("co_owners__agency")
    context = {
        "meeting": meeting,
        "when": format_date(meeting.held_on, True),
        "form": one,
        "near": [
            {
                "href": reverse("desk:case", args=[found.directive.pk]),
                "number": found.directive.case.number,
                "text": found.directive.text,
                "agency": _agency(found.directive.case.agency),
                "percent": found.percent,
            }
            for found in near
        ],
        "sheet": sheet,
        "sheet_faults": sheet_faults,
        "agencies": [_agency(row) for row in agencies.rows],
        "rows": [
            {
                "item": row.item_no,
                "href": reverse("desk:case", args=[row.pk]),
                "text": row.text,
                "owner": "、".join(map(_agency, (row.case.agency, *(c.agency for c in row.co_owners.all())))),
                "due": format_date(row.due_on) if row.due_on else "",
                "said": row.due_said,
            }
            for row in rows.order_by("item_no")
        ],
    }
    return page(request, "directives/capture.html", _("現場錄案"), context, status)


def _keep_line(
    request: HttpRequest, meeting: Meeting, form: LineForm, agencies: capture.Agencies, *, anyway: bool
) -> tuple[list[capture.Alike], bool]:
    """Keep the line, or say what is not understood, or which open directives are nearly the same."""
    if not form.is_valid():
        return [], False
    given = form.cleaned_data
    try:
        said = capture.understood(
            given["text"], given["owners"], given["due"], meeting.held_on, agencies, given["category"]
        )
        near = [] if anyway else capture.alike(said.text, timezone.localdate())
        if near:
            return near, False
        made = capture.record(_actor(request), meeting, said, key=given["key"])
    except ValidationError as error:
        for name, sentences in error.message_dict.items():
            form.add_error(name if name in form.fields else None, sentences)
        return [], False
    except Refused as refused:
        form.add_error(None, str(refused))
        return [], False
    messages.success(request, _("已錄案%(number)s。") % {"number": made.case.number})
    return [], True


def _keep_lines(
    request: HttpRequest, meeting: Meeting, text: str, agencies: capture.Agencies
) -> list[tuple[str, str]]:
    """Keep each line that is understood and new; those left come back with the reason."""
    left: list[tuple[str, str]] = []
    kept = 0
    for given in filter(str.strip, text.splitlines()):
        try:
            said = capture.line(given, meeting.held_on, agencies)
            if meeting.directives.filter(text=said.text).exists():
                continue  # sent twice: it stands already
            if near := capture.alike(said.text, timezone.localdate()):
                first = near[0]
                why = _("與%(number)s相似%(percent)s%%，請逐項錄案確認。") % {
                    "number": first.directive.case.number, "percent": first.percent,
                }  # fmt: skip
                left.append((given, why))
                continue
            capture.record(_actor(request), meeting, said)
            kept += 1
        except ValidationError as error:
            left.append((given, " ".join(error.messages)))
        except Refused as refused:
            left.append((given, str(refused)))
    if kept:
        messages.success(request, _("已錄案%(n)s項。") % {"n": kept})
    return left


# ── Boards ──────────────────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def filing(request: HttpRequest) -> HttpResponse:
    """逾期未填 The reports owed past their time, the longest first."""
    rows = late().filter(directive__in=seen(request.user)).select_related("directive__case__agency")
    found = [
        {
            "title": one.directive.case.title,
            "href": reverse("desk:case", args=[one.directive_id]),
            "agency": _agency(one.directive.case.agency),
            "month": str(one),
            "due": format_date(timezone.localtime(one.due_at).date()),
        }
        for one in rows.order_by("due_at", "pk")[:SHOWN]
    ]
    return page(
        request, "directives/filing.html", _("逾期未填辦理情形"), {"rows": found, "count": rows.count()}
    )


@login_required
@require_safe
def ageing(request: HttpRequest) -> HttpResponse:
    """列管時間 How long the directives under control have been so, and whose the oldest are."""
    today = timezone.localdate()
    rows = seen(request.user).filter(case__closed_on=None).select_related("case__agency")
    ages = [(today - one.directed_on).days for one in rows]
    counts, least = [], -1
    for most, label in AGES:
        counts.append((str(label), sum(least < age <= most for age in ages)))
        least = most
    sentence = _("列管中%(n)s案，最久%(days)s日") % {"n": len(ages), "days": max(ages, default=0)}
    context = {
        "lead": sentence,
        "chart": charts.bar(counts, sentence=sentence) if ages else "",
        "counts": counts,
        "oldest": [
            {
                "href": reverse("desk:case", args=[one.pk]),
                "title": one.case.title,
                "agency": _agency(one.case.agency),
                "days": (today - one.directed_on).days,
                "directed": format_date(one.directed_on),
            }
            for one in rows.order_by("directed_on", "pk")[:20]
        ],
    }
    return page(request, "directives/ageing.html", _("列管時間"), context)
