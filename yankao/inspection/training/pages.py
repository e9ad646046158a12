"""The organiser's pages: courses and needs, the roster as a file, the calendar, the doors of each sitting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import nav, parts
from yankao.desk.attendance import Doors
from yankao.desk.jinja import format_date
from yankao.desk.pages import render_page
from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.people.models import User
from yankao.kernel.period import roc_text
from yankao.kernel.sheets.writing import write_csv, write_ods

from . import needs as need
from .imports import IMPORTS, keeps, lines
from .invitations import calendar_for
from .models import ROLL, Course, Training
from .process import organiser, process

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}


def keeps_roll(user: Any, training: Training) -> bool:
    """Whether the person keeps the rolls of a training, and so may read every name of it."""
    return organiser.held_by(user, training.case)


doors = Doors(ROLL, "training", keeps_roll)


def _actor(request: HttpRequest) -> User:
    """The person signed in: these pages let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    crumbs = [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(str(Training._meta.verbose_name), reverse("desk:list", args=[process.kind])),
        parts.Link(title, ""),
    ]
    return render_page(
        request,
        template,
        {**nav.frame(request), "heading": title, "crumbs": crumbs, **context},
        status=status,
    )


class CourseForm(forms.ModelForm):  # type: ignore[type-arg]
    """A course of the catalogue."""

    class Meta:
        model = Course
        fields = ("code", "name", "name_en", "audience", "faults", "certified")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def needs_page(request: HttpRequest) -> HttpResponse:
    """課程與需求 The deficiencies found most with the courses against them, effects, and the catalogue."""
    may = keeps(request.user)
    form = CourseForm(request.POST or None) if may else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            with transaction.atomic():
                course = form.save()
                ledger.note("training.course", f"course:{course.pk}", _actor(request), code=course.code)
            messages.success(request, _("已新增課程。"))
            return HttpResponseRedirect(request.path)
    today = timezone.localdate()
    context = {
        "counted": need.counted() is not None,
        "period": roc_text(need.looked_at(today), "en" if request.LANGUAGE_CODE == "en" else "zh"),
        "rows": [
            (one.name, str(one.found), f"{one.share}%", "、".join(map(str, one.courses)) or _("尚無課程"))
            for one in need.needs(today)
        ],
        "effects": [
            (
                str(one.training.course),
                format_date(one.training.starts_on),
                str(one.before),
                str(one.after) if one.visits else _("尚無查核"),
                str(one.visits),
            )
            for one in need.effects(today)
        ],
        "courses": [(one.code, str(one), one.audience, one.faults) for one in Course.objects.all()],
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return page(request, "training/needs.html", _("課程與需求"), context, status)


def _seen(request: HttpRequest, pk: int) -> Training:
    cases = Case.objects.filter(visible(request.user), kind=process.kind)
    return get_object_or_404(Training.objects.select_related("case__agency", "course"), pk=pk, case__in=cases)


@login_required
@require_safe
def roster_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The roster of one training, for who keeps its rolls."""
    training = _seen(request, pk)
    if not keeps_roll(request.user, training):
        raise PermissionDenied
    if form not in TYPES:
        raise Http404(_("沒有這種格式。"))
    ledger.note("training.export", f"case:{training.pk}", _actor(request), file="roster")
    (wanted,) = (one for one in IMPORTS if one.code == "attendance")
    header, rows = replace(wanted, records=lambda user: lines(training)).out(request.user)
    data = b"".join(write_csv(header, rows)) if form == "csv" else write_ods(header, rows, str(wanted.title))
    response = HttpResponse(data, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="roster.{form}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The sittings for one's own calendar; nobody is named in it."""
    training = _seen(request, pk)
    told = calendar_for(training, training.sittings.all(), at=timezone.now())
    response = HttpResponse(told, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="training.ics"'
    return response
