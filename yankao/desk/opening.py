"""新增案件 Opening a case: the docket's fields and what the room asks, for whoever may open one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Process, Refused
from yankao.kernel.people.models import Agency, District
from yankao.kernel.people.standing import standing
from yankao.kernel.rooms import Room

from . import nav, parts
from .derive import AskForm, Asking, agencies_today, ask_of_column, choose_among
from .fields import RocDateField
from .handling import staff_of
from .lists import room_or_404
from .moves import CONFLICT, INVALID, key_of
from .pages import render_page


def agencies_of(process: Process[Any], user: Any) -> list[Agency]:
    """The agencies for which the person may open a case, of those that exist today."""
    return [
        agency
        for agency in agencies_today()
        if process.opened_by.held_by(
            user, Case(kind=process.kind, agency=agency, officer_id=user.pk, stage="")
        )
    ]


def docket_label(name: str) -> Any:
    """What a column of the docket is called."""
    column: Any = Case._meta.get_field(name)
    return column.verbose_name


def title_field() -> forms.Field:
    column: Any = Case._meta.get_field("title")
    return forms.CharField(label=column.verbose_name, max_length=column.max_length)


def docket_fields(process: Process[Any], user: Any, agencies: list[Agency]) -> dict[str, forms.Field]:
    """Title, agency, officer, district and day of opening."""
    return {
        "title": title_field(),
        "agency": choose_among(_rows(agencies), label=docket_label("agency")),
        "officer": choose_among(
            staff_of([agency.pk for agency in agencies]), label=docket_label("officer"), required=False,
            help_text=_("主辦機關的人員；可以之後再分派"),
        ),
        "district": choose_among(District.objects.all(), label=docket_label("district"), required=False),
        "opened_on": RocDateField(label=docket_label("opened_on")),
    }  # fmt: skip


def _rows(agencies: list[Agency]) -> Any:
    return Agency.objects.filter(pk__in=[agency.pk for agency in agencies]).order_by("code")


def record_asks(process: Process[Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Columns of the record as asks."""
    return {name: ask_of_column(process.record._meta.get_field(name)) for name in names}


def _own_agency(user: Any, agencies: list[Agency]) -> Agency | None:
    if len(agencies) == 1:
        return agencies[0]
    held = standing(user).agencies()
    # The commission opens cases for others rather than for itself.
    return next((agency for agency in agencies if agency.pk in held and not agency.is_commission), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: HttpRequest, room: str) -> HttpResponseBase:
    """The form of a new case; a POST opens it once, however often it is sent."""
    found = room_or_404(room, request.user)
    process = found.process
    assert process
    agencies = agencies_of(process, request.user)
    if not agencies:
        raise PermissionDenied(
            _("「%(room)s」由%(duty)s立案。") % {"room": found.title, "duty": process.opened_by.name}
        )
    posted = request.method == "POST"
    more = request.POST.get("more", "") if posted else ""
    own = _own_agency(request.user, agencies)
    form = AskForm(
        record_asks(process, process.asks), Asking(process.record, request.user),
        request.POST if posted else None, request.FILES if posted else None, more=more,
        first=docket_fields(process, request.user, agencies),
        initial={
            "agency": own, "opened_on": timezone.localdate(),
            "officer": request.user if own and own.pk in standing(request.user).agencies() else None,
        },
    )  # fmt: skip
    if more:
        form.forgive()
    if not posted or more:
        return _page(request, found, form)
    sound = form.is_valid()
    _check_officer(form)
    if not sound or form.errors:
        return _page(request, found, form, status=INVALID)
    given = form.given()
    docket = {name: form.cleaned_data[name] for name in form.first}
    try:
        record = process.open(request.user, **docket, **given, key=key_of(request))
    except Refused as refused:
        return _page(request, found, form, str(refused), status=CONFLICT)
    except ValidationError as error:
        form.blame(error)
        return _page(request, found, form, status=INVALID)
    messages.success(request, _("已立案，案號%s。") % record.case.number)
    return HttpResponseRedirect(reverse("desk:case", args=[record.pk]))


def _check_officer(form: AskForm) -> None:
    """The officer must belong to the agency chosen."""
    agency, officer = form.cleaned_data.get("agency"), form.cleaned_data.get("officer")
    if agency and officer and not staff_of([agency.pk]).filter(pk=officer.pk).exists():
        form.add_error(
            "officer", _("%(officer)s不是%(agency)s的人員。") % {"officer": officer, "agency": agency}
        )


def _page(
    request: HttpRequest, found: Room, form: AskForm, sentence: str = "", *, status: int = 200
) -> HttpResponseBase:
    listed = reverse("desk:list", args=[found.name])
    context = {
        **nav.frame(request),
        "heading": _("新增案件"),
        "lead": found.title,
        "crumbs": [
            parts.Link(_("首頁"), reverse("desk:home")),
            parts.Link(found.title, listed),
            parts.Link(_("新增案件"), ""),
        ],
        "form": form,
        "sentence": sentence,
        "submit": _("立案"),
        "action": request.path,
        "key": key_of(request),
        "back": listed,
    }  # fmt: skip
    return render_page(request, "desk/new.html", context, status=status)
