"""更正 Correcting what a case says: what it would change, then, once confirmed, the change and its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import District

from . import nav, parts
from .case import Opened, crumbs_of, looked, opened, tags_of
from .derive import AskForm, Asking, agencies_today, choose_among
from .handling import staff_of
from .inputs import TextField
from .moves import CONFLICT, INVALID, done, key_of
from .opening import docket_label, record_asks, title_field
from .pages import render_page
from .values import shown

DOCKET = ("title", "agency", "officer", "district")


def _form(request: HttpRequest, given: Opened) -> AskForm:
    case, record = given.case, given.record
    asks = record_asks(given.process, given.process.may_amend())
    # A file is replaced by the move that brought it, never silently by a correction.
    asks = {name: ask for name, ask in asks.items() if ask.type is not Evidence}
    asking = Asking(type(record), request.user, record)
    first: dict[str, forms.Field] = {
        "title": title_field(),
        "agency": choose_among(agencies_today(), label=docket_label("agency")),
        "officer": choose_among(staff_of([case.agency_id]), label=docket_label("officer"), required=False),
        "district": choose_among(District.objects.all(), label=docket_label("district"), required=False),
    }
    first = {name: one for name, one in first.items() if name in given.process.amends_docket}
    initial = {name: getattr(case, name) for name in first} | {name: getattr(record, name) for name in asks}
    posted = request.method == "POST"
    form = AskForm(asks, asking, request.POST if posted else None, first=first, initial=initial)
    form.fields["reason"] = TextField(
        label=_("更正理由"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000,
        help_text=_("理由與更正前後的內容都會記入歷程。"),
    )  # fmt: skip
    return form


def _as_written(value: Any) -> Any:
    """A value as the form shows it: the seconds of a moment are not asked."""
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def _changes(given: Opened, form: AskForm) -> dict[str, Any]:
    """What differs from how it stands; an emptied answer is None or empty text as its column has it."""
    found: dict[str, Any] = {}
    for name in (*given.process.amends_docket, *form.asks):
        owner = given.case if name in DOCKET else given.record
        value, column = form.cleaned_data.get(name), owner._meta.get_field(name)
        if value in (None, ""):
            value = None if column.null else "" if isinstance(form.fields[name], forms.CharField) else value
        if isinstance(value, str) and value == "" and column.null:
            value = None
        if _as_written(getattr(owner, name)) != _as_written(value):
            found[name] = value
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The form, what it would change, and the change itself."""
    given = opened(request, pk)
    if not given.process.amended_by.held_by(request.user, given.case):
        raise PermissionDenied(_("更正由%s辦理。") % given.process.amended_by.name)
    looked(given, _("更正"))
    form = _form(request, given)
    if request.method != "POST" or "back" in request.POST:
        return _page(request, given, form)
    if not form.is_valid():
        return _page(request, given, form, status=INVALID)
    changes = _changes(given, form)
    if not changes:
        return _page(request, given, form, sentence=_("內容都沒有改變，不需要更正。"), status=INVALID)
    if "confirm" not in request.POST:
        return _page(request, given, form, differences=_differences(given, changes))
    try:
        given.process.amend(
            given.record, request.user, reason=form.cleaned_data["reason"], key=key_of(request), **changes
        )
    except Refused as refused:
        return _page(request, given, form, sentence=str(refused), status=CONFLICT)
    except ValidationError as error:
        form.blame(error)
        return _page(request, given, form, status=INVALID)
    return done(request, given, _("已更正。"))


def _differences(given: Opened, changes: dict[str, Any]) -> list[parts.Change]:
    found = []
    for name, value in changes.items():
        owner = given.case if name in DOCKET else given.record
        column: Any = owner._meta.get_field(name)
        found.append(
            parts.Change(str(column.verbose_name), shown(getattr(owner, name), column), shown(value, column))
        )
    return found


def _page(
    request: HttpRequest, given: Opened, form: AskForm, *, sentence: str = "",
    differences: list[parts.Change] | None = None, status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    context = {
        **nav.frame(request),
        "case": given.case,
        "heading": _("更正"),
        "tags": tags_of(given),
        "crumbs": crumbs_of(given, parts.Link(_("更正"), "")),
        "form": form,
        "sentence": sentence,
        "differences": differences,
        "reason": form.cleaned_data["reason"] if differences else "",
        "action": request.path,
        "key": key_of(request),
        "back": given.address,
    }
    return render_page(request, "desk/amend.html", context, status=status)
