"""The organiser's pages: courses and needs, files given out, the calendar, and the doors of each sitting."""

from __future__ import annotations

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
from yankao.kernel.period import roc_text
from yankao.kernel.sheets.writing import write_csv, write_ods

from . import needs as need
from .imports import FILES, attendance_out, keeps
from .invitations import calendar_for
from .models import ROLL, Course, Training
from .process import organiser, process

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}


def keeps_roll(user: Any, training: Training) -> bool:
    """Whether the person keeps the rolls of a training, and so may read every name of it."""
    return organiser.held_by(user, training.case)


doors = Doors(ROLL, "training", keeps_roll)


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
                ledger.note("training.course", f"course:{course.pk}", request.user, code=course.code)  # type: ignore[arg-type]
            messages.success(request, _("已新增課程。"))
            return HttpResponseRedirect(request.path)
    today = timezone.localdate()
    context = {
        "counted": need.counted() is not None,
        "period": roc_text(need.looked_at(today), "en" if request.LANGUAGE_CODE == "en" else "zh"),  # type: ignore[attr-defined]
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


def _keeper(request: HttpRequest) -> None:
    if not keeps(request.user):
        raise PermissionDenied


def _file(name: str, form: str, profile: Any, rows: Any) -> HttpResponse:
    if form not in TYPES:
        raise Http404(_("沒有這種格式。"))
    header = [column.names[0] for column in profile.columns]
    data = b"".join(write_csv(header, rows)) if form == "csv" else write_ods(header, rows, str(profile.title))
    response = HttpResponse(data, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def files(request: HttpRequest) -> HttpResponse:
    """The files given out; each can be taken in again."""
    _keeper(request)
    rows = [
        (str(profile.title), [(form.upper(), reverse("training:file", args=[name, form])) for form in TYPES])
        for name, (profile, _rows) in FILES.items()
    ]
    return page(request, "training/files.html", _("匯出"), {"rows": rows})


@login_required
@require_safe
def file(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """One file; a file with names is noted in the ledger."""
    _keeper(request)
    if name not in FILES:
        raise Http404
    profile, rows = FILES[name]
    if name == "attendance":
        ledger.note("training.export", "inspection.training", request.user, file=name)  # type: ignore[arg-type]
    return _file(name, form, profile, rows())


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
    ledger.note("training.export", f"case:{training.pk}", request.user, file="roster")  # type: ignore[arg-type]
    return _file("roster", form, FILES["attendance"][0], attendance_out(training))


@login_required
@require_safe
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The sittings for one's own calendar; nobody is named in it."""
    training = _seen(request, pk)
    told = calendar_for(training, training.sittings.all(), at=timezone.now())
    response = HttpResponse(told, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="training.ics"'
    return response
