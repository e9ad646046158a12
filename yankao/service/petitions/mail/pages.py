"""來信 The mails that wait for a person, and what the person may decide; for those who sort what comes in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import nav
from yankao.desk.inputs import TextField
from yankao.desk.jinja import format_number, format_time
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag
from yankao.kernel.audit import ledger
from yankao.kernel.casework.process import Refused
from yankao.kernel.vault import keeping, keys, persons, sealing

from .. import intake, process
from ..models import Incoming, Petition
from . import reading, taking

State = Incoming.State
TONES = {
    State.OPENED: ("green", ""), State.ADDED: ("green", "plain"), State.WAITING: ("amber", ""),
    State.AUTOMATIC: ("", "plain"), State.BOUNCED: ("red", "plain"), State.DISMISSED: ("", ""),
}  # fmt: skip
SHOWN = 50
OPEN = (State.WAITING, State.AUTOMATIC, State.DISMISSED)
"""Of these a person may still make something else."""


def _may(request: HttpRequest) -> None:
    if not intake.may_enter(request.user):
        raise PermissionDenied(_("來信由受理窗口與研考會處理。"))


def _frame(request: HttpRequest, heading: str, *more: Link) -> dict[str, Any]:
    room = Link(_("陳情案件"), reverse("desk:list", args=[process.process.kind]))
    home = Link(_("首頁"), reverse("desk:home"))
    return {**nav.frame(request), "heading": heading, "crumbs": [home, room, *more]}


@login_required
@never_cache
@require_safe
def show_mails(request: HttpRequest) -> HttpResponseBase:
    """The newest mails of a state, first those that wait."""
    _may(request)
    counts = dict(Incoming.objects.values_list("state").annotate(n=Count("pk")).order_by())
    state = request.GET.get("state", "")
    state = state if state in State.values else str(State.WAITING)
    told = request.GET.get("page", "1")
    page = max(int(told), 1) if told.isdecimal() and len(told) < 6 else 1
    found = Incoming.objects.filter(state=state).order_by("-taken_at", "-pk").defer("wrapped", "text")
    rows = list(found[(page - 1) * SHOWN : page * SHOWN + 1])
    seen = _seen(request.user, rows)
    address = reverse("petitions:mails")
    context = {
        **_frame(request, _("來信"), Link(_("來信"), "")),
        "lead": _("民眾寄到市府信箱的信：自動立案，回信併入原案；不能確定的在這裡由人決定，原文加密保存。"),
        "states": [
            Link(str(State(value).label), f"{address}?state={value}", current=value == state,
                 beside=format_number(counts.get(value, 0)))
            for value in State.values
        ],
        "rows": [_row(one, seen) for one in rows[:SHOWN]],
        "newer": f"{address}?state={state}&page={page - 1}" if page > 1 else "",
        "older": f"{address}?state={state}&page={page + 1}" if len(rows) > SHOWN else "",
    }  # fmt: skip
    return render_page(request, "petitions/mails.html", context)


def _seen(user: Any, rows: list[Incoming]) -> dict[int, str]:
    """The case numbers of the mails' cases, of those this person may know of."""
    wanted = {row.petition_id for row in rows if row.petition_id}
    known = Petition.objects.filter(process.process.sees.records(user), pk__in=wanted)
    return dict(known.values_list("pk", "case__number"))


def _row(one: Incoming, seen: dict[int, str]) -> dict[str, Any]:
    tone, shape = TONES[State(one.state)]
    number = seen.get(one.petition_id or 0, "")
    return {
        "href": reverse("petitions:mail", args=[one.pk]),
        "at": format_time(one.taken_at),
        "box": one.box,
        "tag": Tag(str(one.get_state_display()), tone, shape),
        "why": str(one.get_why_display()) if one.why else "",
        "detail": one.detail,
        "case": number,
        "case_href": reverse("desk:case", args=[one.petition_id]) if number else "",
    }


class CaseForm(forms.Form):
    """To which case it belongs."""

    use_required_attribute = False
    number = TextField(label=gettext_lazy("案號"), max_length=20)


class DismissForm(forms.Form):
    """Why nothing is made of it."""

    use_required_attribute = False
    reason = TextField(label=gettext_lazy("理由"), max_length=200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_mail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One mail as it came, and the three things that can be made of it."""
    _may(request)
    row = Incoming.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    if request.method != "POST":
        return _shown(request, row, {})
    act = request.POST.get("act", "")
    form = {"add": CaseForm, "dismiss": DismissForm}.get(act, forms.Form)(request.POST, prefix=act)
    if form.is_valid():
        try:
            words = _done(act, row, form.cleaned_data, request.user)
        except ValidationError as fault:
            form.add_error(None, ValidationError(fault.messages))
        except (Refused, keeping.Shredded) as fault:
            form.add_error(None, str(fault))
        else:
            messages.success(request, words)
            return HttpResponseRedirect(reverse("petitions:mails"), status=303)
    return _shown(request, row, {act: form}, 422)


def _done(act: str, row: Incoming, given: dict[str, Any], user: Any) -> str:
    if act == "add":
        return _("已併入%(number)s。") % {"number": taking.add_to(row, given["number"], user).case.number}
    if act == "dismiss":
        taking.dismiss(row, given["reason"], user)
        return _("已排除這封信。")
    if act == "open":
        return _("已立案：%(number)s。") % {"number": taking.open_case(row, user).case.number}
    raise Refused(_("沒有這個動作。"))


def _shown(request: HttpRequest, row: Incoming, tried: dict[str, Any], status: int = 200) -> HttpResponse:
    seen = _seen(request.user, [row])
    heading = _("%(when)s的來信") % {"when": format_time(row.taken_at)}
    number = seen.get(row.petition_id or 0, "")
    usable = row.state in OPEN and row.envelope is not None
    letter = _letter(row, request.user)
    readable = letter is not None and letter["whole"]
    context = {
        **_frame(request, heading, Link(_("來信"), reverse("petitions:mails")), Link(heading, "")),
        "row": _row(row, seen),
        "letter": letter,
        "posts": [
            (name, tried.get(name) or form, label)
            for name, form, label in (
                ("open", forms.Form(prefix="open"), _("立新案")),
                ("add", CaseForm(prefix="add", initial={"number": number}), _("併入案件")),
                ("dismiss", DismissForm(prefix="dismiss"), _("排除")),
            )
            if usable and (readable or name == "dismiss")
        ],
    }  # fmt: skip
    return render_page(request, "petitions/mail.html", context, status=status)


def _letter(row: Incoming, user: Any) -> dict[str, Any] | None:
    """The words of the mail, its sender masked; who read it stands in the ledger. None when it is kept no
    more.
    """
    try:
        raw = taking.raw_of(row)
    except (keeping.Shredded, sealing.Damaged, keys.KeyMissing):
        return None
    with transaction.atomic():
        ledger.note("petitions.mail_read", f"mail:{row.pk}", user)
    try:
        letter = reading.read(raw)
    except reading.Unreadable:
        return {"text": reading.guessed(raw[:4000]), "whole": False}
    sender = persons.masked(persons.Person(name=letter.name, email=letter.sender))
    return {
        "whole": True,
        "subject": letter.subject,
        "sender": " ".join(one for one in (sender.name, sender.email) if one),
        "text": letter.text,
        "files": [f"{one.name}（{max(1, len(one.data) // 1000)} kB）" for one in letter.files],
        "notes": letter.notes,
    }
