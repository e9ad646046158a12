"""Carrying out a move from its form, on a page of its own or in the case page; nothing typed is ever lost."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Move, Refused, visible

from . import nav, parts
from .case import (
    Opened,
    case_context,
    crumbs_of,
    decided_by,
    form_for,
    looked,
    move_address,
    opened,
    tags_of,
    target_words,
)
from .derive import AskForm, form_of
from .inputs import SearchField
from .pages import render_block, render_page, wants_block

KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
INVALID, CONFLICT = 422, 409


def key_of(request: HttpRequest) -> str:
    """The key the form carries, so that sending it twice does nothing twice; a new one when it has none."""
    given = request.POST.get("key", "")
    return given if KEY.fullmatch(given) else uuid.uuid4().hex


def said(request: HttpRequest, response: HttpResponseBase, words: str) -> HttpResponseBase:
    """A short word in the corner for htmx."""
    response.headers["HX-Trigger"] = json.dumps({"yk:say": {"value": words}})
    return response


def done(request: HttpRequest, given: Opened, words: str) -> HttpResponseBase:
    """Back to the case with a word of what was done: a redirect, or the case's body to htmx. Who may not know
    of the case any more is led to the list instead.
    """
    if not Case.objects.filter(visible(request.user), pk=given.case.pk).exists():
        messages.success(request, _("%(done)s這件案件已不在您可以查看的範圍。") % {"done": words})
        address = reverse("desk:list", args=[given.case.kind])
        if not wants_block(request):
            return HttpResponseRedirect(address)
        response = HttpResponse()
        response.headers["HX-Redirect"] = address
        return response
    if not wants_block(request):
        messages.success(request, words)
        return HttpResponseRedirect(given.address)
    fresh = opened(request, given.case.pk)
    context = {**case_context(fresh, request), "swapped": True}
    response = HttpResponse(render_block(request, "desk/case.html", "case", context))
    response.headers["HX-Retarget"] = "#case"
    response.headers["HX-Reswap"] = "outerHTML"
    return said(request, response, words)


def _move(given: Opened, name: str) -> Move[Any, ...]:
    move = given.process.moves.get(name)
    if move is None:
        raise Http404(_("沒有這個動作。"))
    return move


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def make_move(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """The form of one move; a POST carries it out."""
    given = opened(request, pk)
    move = _move(given, name)
    if request.method != "POST":
        looked(given, str(move.label))
        sentence = move.refusal(given.record, request.user)
        form = None if sentence else form_for(given, move)
        if form is not None:
            _propose(form, request)
        return _page(request, given, move, form, sentence)
    more = request.POST.get("more", "")
    # The form in the case page has ids of its own, so that several forms can stand on one page.
    ids = f"{name}_%s" if wants_block(request) else "id_%s"
    form = form_of(move, given.record, request.user, request.POST, request.FILES, more=more, auto_id=ids)
    if more:
        form.forgive()
        return _page(request, given, move, form)
    if not form.is_valid():
        return _page(request, given, move, form, status=INVALID)
    try:
        move.run(given.record, request.user, form.given(), key=key_of(request))
    except Refused as refused:
        return _page(request, given, move, form, str(refused), status=CONFLICT)
    except ValidationError as error:
        form.blame(error)
        return _page(request, given, move, form, status=INVALID)
    return done(request, given, _("已%(move)s。") % {"move": move.label})


def _propose(form: AskForm, request: HttpRequest) -> None:
    """A link may choose for the reader what the form offers anyway (`?category=drainage`); the reader sends
    it.
    """
    for name, field in form.fields.items():
        given = request.GET.get(name, "")
        if isinstance(field, SearchField):
            field.initial = next((row for row in field.named.values() if str(row.pk) == given), field.initial)
        elif isinstance(field, forms.ChoiceField) and given in _offered(field):
            field.initial = given


def _offered(field: Any) -> set[str]:
    return {str(value) for value, _words in field.choices}


def _page(
    request: HttpRequest, given: Opened, move: Move[Any, ...], form: AskForm | None, sentence: str = "", *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        **nav.frame(request),
        "case": given.case,
        "heading": str(move.label),
        "tags": tags_of(given),
        "crumbs": crumbs_of(given, parts.Link(str(move.label), "")),
        "form": form,
        "decided": decided_by(given, move) if form is not None else (),
        "sentence": sentence,
        "hint": str(move.hint),
        "target": target_words(move),
        "name": move.name,
        "action": move_address(given.case, move.name),
        "key": key_of(request),
        "back": given.address,
        "swapping": wants_block(request),
    }
    return render_page(request, "desk/move.html", context, block="doing", status=status)
