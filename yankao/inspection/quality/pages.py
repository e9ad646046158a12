"""The team's own pages: the year's meter, candidates, the quarter's calendar, letters, quarterly returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.desk import nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import format_date
from yankao.desk.pages import render_page
from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import prefixed
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import serve
from yankao.kernel.people.models import Role, User
from yankao.kernel.people.standing import standing
from yankao.kernel.period import Period, PeriodError, roc_text

from . import planning, returns
from .models import Inspection, Kind, QuarterlyReturn, Tender, YearPlan
from .process import process

SHOWN = 100
INSIDERS = (Role.INSPECTION_SECRETARY, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)

type View = Callable[..., HttpResponse]


def insider(user: Any) -> bool:
    """Whether the person knows of every case from its first day."""
    return standing(user).has(*INSIDERS)


def secretary(user: Any) -> bool:
    return standing(user).has(Role.INSPECTION_SECRETARY)


def only(asked: Callable[[Any], bool]) -> Callable[[View], View]:
    """A page for some roles only."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
            if not asked(request.user):
                raise PermissionDenied
            return view(request, *args, **given)

        return login_required(guarded)

    return wrap


def seen(user: Any) -> Any:
    """The inspections this person may know of."""
    allowed = prefixed(process.visible(user), "case__")
    return Inspection.objects.filter(allowed).select_related("case__agency", "tender")


def actor(request: HttpRequest) -> User:
    """The person signed in: these pages let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    crumbs = [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(str(Inspection._meta.verbose_name), reverse("desk:list", args=[process.kind])),
        parts.Link(title, ""),
    ]
    told = {**nav.frame(request), "heading": title, "crumbs": crumbs, **context}
    return render_page(request, template, told, status=status)


# ── The year ────────────────────────────────────────────────────────────────────────────────────────


class Adjustment(forms.Form):
    """Numbers of a year that the head changed; empty means: as the rule says."""

    large = forms.IntegerField(label=gettext_lazy("五千萬元以上件數"), min_value=0, required=False)
    medium = forms.IntegerField(label=gettext_lazy("一千萬元以上件數"), min_value=0, required=False)
    small = forms.IntegerField(label=gettext_lazy("未達一千萬元件數"), min_value=0, required=False)
    reason = forms.CharField(label=gettext_lazy("調整理由"), widget=forms.Textarea)
    approved_on = RocDateField(label=gettext_lazy("首長核准日"))
    reported_on = RocDateField(label=gettext_lazy("報工程會備查日"))


def _year(request: HttpRequest) -> int:
    """The year asked for, in ROC years; this year when it cannot be read."""
    now = timezone.localdate().year - 1911
    given = request.GET.get("year", "")
    return int(given) if given.isdecimal() and 90 <= int(given) <= now + 1 else now


@only(insider)
@require_http_methods(["GET", "HEAD", "POST"])
def year_plan(request: HttpRequest) -> HttpResponse:
    """The meter of a year, and the head's adjustment of its numbers."""
    year = _year(request)
    kept = YearPlan.objects.filter(pk=year).first()
    first = {name: getattr(kept, name) for name in Adjustment.base_fields} if kept else None
    form = Adjustment(request.POST or None, initial=first)
    if request.method == "POST":
        if not secretary(request.user):
            raise PermissionDenied
        if form.is_valid():
            plan = YearPlan(year=year, **form.cleaned_data)
            with transaction.atomic():
                plan.save()
                ledger.note("quality.plan.adjust", f"year_plan:{year}", actor(request), **form.cleaned_data)
            messages.success(request, _("年度件數已調整。"))
            return HttpResponseRedirect(f"{request.path}?year={year}")
    context = {
        "year": year,
        "gauges": planning.gauges(year + 1911),
        "plan": kept,
        "form": form if secretary(request.user) else None,
        "years": [parts.Link(str(y), f"?year={y}", None, y == year) for y in (year - 1, year, year + 1)],
    }
    return page(
        request, "quality/year_plan.html", _("年度查核計畫"), context, status=422 if form.errors else 200
    )


@only(insider)
@require_safe
def candidates(request: HttpRequest) -> HttpResponse:
    """Tenders ranked by what speaks for a visit."""
    found = planning.candidates(timezone.localdate())
    context = {
        "rows": found[:SHOWN],
        "total": len(found),
        "may": secretary(request.user),
        "kinds": [one for one in Kind.choices if one[0] != Kind.REINSPECTION],
    }
    return page(request, "quality/candidates.html", _("候選標案"), context)


@only(secretary)
@require_POST
def pick(request: HttpRequest) -> HttpResponse:
    """Open the inspection of a candidate, with the reasons of the day."""
    given = request.POST.get("tender", "")
    tender = get_object_or_404(Tender, pk=int(given) if given.isdecimal() else 0)
    kind = request.POST.get("kind", "")
    today = timezone.localdate()
    chosen = next((one for one in planning.candidates(today) if one.tender.pk == tender.pk), None)
    if chosen is None or kind not in Kind.values:
        messages.error(request, _("這個標案今年已查核或已在查核名單中。"))
        return HttpResponseRedirect(reverse("quality:candidates"))
    one = process.open(
        request.user, title=tender.name, agency=tender.agency, officer=request.user, tender=tender, kind=kind,
        grounds=_("；").join(chosen.reasons), key=request.POST.get("key", ""),
    )  # fmt: skip
    return HttpResponseRedirect(reverse("desk:case", args=[one.pk]))


@only(secretary)
@require_POST
def reinspect(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the re-inspection that was ordered."""
    one = get_object_or_404(seen(request.user), pk=pk, reinspect_by__isnull=False)
    if one.reinspections.exists():
        raise Http404
    again = process.open(
        request.user, title=one.tender.name, agency=one.tender.agency, officer=request.user,
        tender=one.tender, kind=Kind.REINSPECTION, earlier=one,
        grounds=_("接續%(number)s") % {"number": one.case.number},
    )  # fmt: skip
    return HttpResponseRedirect(reverse("desk:case", args=[again.pk]))


# ── The quarter ─────────────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def quarter(request: HttpRequest) -> HttpResponse:
    """The visits of a quarter as this person may know them: others stand here only after the notice."""
    now = returns.quarter_of(timezone.localdate())
    try:
        asked = Period.parse(request.GET.get("quarter", "") or now.code)
    except PeriodError:
        asked = now
    rows = (
        seen(request.user).filter(planned_on__range=asked.days, dropped_on=None).order_by("planned_on", "pk")
    )
    days: dict[date, list[Any]] = {}
    for one in rows:
        days.setdefault(one.planned_on, []).append(one)
    around = (asked.previous(), asked, asked.next())
    context = {
        "days": [(format_date(day, weekday=True), found) for day, found in days.items()],
        "stage": process.stage_label,
        "quarters": [
            parts.Link(roc_text(q, "zh", "name"), f"?quarter={q.code}", None, q.code == asked.code)
            for q in around
        ],
    }
    return page(request, "quality/quarter.html", _("查核行事曆"), context)


# ── Quarterly returns ───────────────────────────────────────────────────────────────────────────────


class Sending(forms.Form):
    """That the file went out."""

    sent_on = RocDateField(label=gettext_lazy("彙送日"))
    letter = forms.CharField(label=gettext_lazy("彙送文號"), max_length=60)


class SendingBack(forms.Form):
    """That a correction was asked for."""

    on = RocDateField(label=gettext_lazy("退回日"))
    reason = forms.CharField(label=gettext_lazy("退回理由"), widget=forms.Textarea)


def knows_returns(user: Any) -> bool:
    return standing(user).has(*INSIDERS, Role.RDEC_CONTROLLER)


@only(knows_returns)
@require_safe
def returns_page(request: HttpRequest) -> HttpResponse:
    """The returns of past quarters and the one that is owed."""
    return _returns(request)


def _returns(request: HttpRequest, status: int = 200, **forms_given: Any) -> HttpResponse:
    owed = returns.owed(timezone.localdate())
    kept = list(QuarterlyReturn.objects.select_related("file"))
    context = {
        "owed": owed,
        "late": owed.sent_on is None and owed.due_on < timezone.localdate(),
        "kept": kept,
        "may": secretary(request.user),
        "sending": forms_given.get("sending") or Sending(prefix="send"),
        "back": forms_given.get("back") or SendingBack(prefix="back"),
    }
    return page(request, "quality/returns.html", _("季查核結果彙送"), context, status)


@only(secretary)
@require_POST
def returns_act(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """Make the file, enter that it was sent, or that it came back."""
    try:
        period = Period.parse(code)
    except PeriodError as error:
        raise Http404 from error
    sending, back = Sending(prefix="send"), SendingBack(prefix="back")
    try:
        if act == "prepare":
            returns.prepare(period, request.user)
            messages.success(request, _("彙送檔已由查核紀錄產製。"))
        elif act == "send":
            sending = Sending(request.POST, prefix="send")
            if not sending.is_valid():
                return _returns(request, 422, sending=sending)
            kept = get_object_or_404(QuarterlyReturn, quarter=period.code)
            returns.send(kept, request.user, **sending.cleaned_data)
            messages.success(request, _("已登錄彙送。"))
        elif act == "back":
            back = SendingBack(request.POST, prefix="back")
            if not back.is_valid():
                return _returns(request, 422, back=back)
            kept = get_object_or_404(QuarterlyReturn, quarter=period.code)
            returns.send_back(kept, request.user, **back.cleaned_data)
            messages.success(request, _("已登錄退回修正。"))
        else:
            raise Http404
    except (Refused, ValidationError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        messages.error(request, words)
    return HttpResponseRedirect(reverse("quality:returns"))


@only(knows_returns)
@require_safe
def returns_file(request: HttpRequest, code: str) -> Any:
    """The file that was sent."""
    kept = get_object_or_404(QuarterlyReturn, quarter=code, file__isnull=False)
    assert kept.file
    return serve(kept.file)
