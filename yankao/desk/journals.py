"""紀錄來源 The feeds of journals: how far each was read, what could not be read, what a second source says.

A journal is open to those whom its room names. A dead letter may hold a person's number: opening one is
noted with its purpose, like every look at what is restricted.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yankao.kernel.audit.models import Look
from yankao.kernel.journal import repair, sealing
from yankao.kernel.journal.declare import Journal
from yankao.kernel.journal.declare import journals as declared
from yankao.kernel.journal.models import Block, DeadLetter, Reconciliation, Source

from .jinja import format_date, format_number, format_time
from .office import JOURNALS, done, drawn, make_once
from .parts import Link, Tag

SHOWN = 50
DAYS = 31


def _mine(user: Any) -> list[Journal]:
    return [one for one in declared.values() if one.may(user)]


def _one(user: Any, name: str) -> Journal:
    found = declared.get(name)
    if found is None or not found.may(user):
        raise Http404(_("沒有這項紀錄。"))
    return found


def source_tag(source: Source) -> Tag:
    """How a source does, in a word."""
    if source.fault:
        return Tag(_("異常"), "red", "late")
    return Tag(_("讀取中"), "green") if source.active else Tag(_("停用"), "", "plain")


@login_required
@require_safe
def journals(request: HttpRequest) -> HttpResponseBase:
    """Every journal the person looks after, with its sources."""
    found = _mine(request.user)
    if not found:
        raise Http404(_("沒有這項紀錄。"))
    groups = []
    for one in found:
        sources = Source.objects.filter(journal=one.name).order_by("pk")
        groups.append(
            {
                "label": str(one.label),
                "href": reverse("desk:office_journal", args=[one.name]),
                "waiting": repair.waiting(one.name).count(),
                "sources": [
                    {
                        "name": source.name,
                        "format": str(one.formats[source.format].label)
                        if source.format in one.formats
                        else "",
                        "read": format_time(source.read_at),
                        "last": format_time(source.last_at),
                        "tag": source_tag(source),
                        "fault": source.fault,
                    }
                    for source in sources
                ],
            }
        )
    return drawn(request, JOURNALS, "desk/journals.html", groups=groups)


@login_required
@require_safe
def journal(request: HttpRequest, name: str) -> HttpResponseBase:
    """One journal: blocks received, what waits to be repaired, what came late, what was reconciled."""
    found = _one(request.user, name)
    blocks = (
        Block.objects.filter(source__journal=name).select_related("source", "key").order_by("-pk")[:SHOWN]
    )
    letters = list(repair.waiting(name)[: SHOWN + 1])
    days = Reconciliation.objects.filter(source__journal=name).select_related("source", "second")
    return drawn(
        request, JOURNALS, "desk/journal.html", heading=found.label, beyond=(Link(str(found.label), ""),),
        letters=[
            {
                "href": reverse("desk:office_letter", args=[one.pk]),
                "number": str(one.pk),
                "source": one.source.name,
                "reason": one.reason,
                "arrived": format_time(one.arrived_at),
            }
            for one in letters[:SHOWN]
        ],
        more=len(letters) > SHOWN,
        again=reverse("desk:office_journal_again", args=[name]),
        blocks=[
            (
                one.source.name, format_time(one.received_at), format_time(one.first_at),
                format_time(one.last_at),
                format_number(one.records), format_number(one.dead), _late(one),
                _("已銷毀") if one.key.sealed is None else _("留存"),
            )
            for one in blocks
        ],
        days=[
            (
                format_date(one.day), one.source.name, one.second.name, format_number(one.count),
                format_number(one.second_count), format_number(one.missing), format_number(one.surplus),
            )
            for one in days.order_by("-day")[:DAYS]
        ],
    )  # fmt: skip


def _late(block: Block) -> str:
    """How many days after its earliest event a block came, when it was more than one."""
    if block.first_at is None:
        return ""
    days = (timezone.localdate(block.received_at) - timezone.localdate(block.last_at or block.first_at)).days
    return _("遲到%(days)s日") % {"days": days} if days > 1 else ""


@login_required
@require_POST
def read_again(request: HttpRequest, name: str) -> HttpResponse:
    """Try every waiting record once more, after its reader was mended."""
    found = _one(request.user, name)
    read: list[int] = []
    make_once(request, lambda: read.append(repair.again(found.name, request.user)))
    words = _("重讀後讀入%(n)s筆。") % {"n": sum(read)}
    return done(request, words, "desk:office_journal", name)


# ── One dead letter ─────────────────────────────────────────────────────────────────────────────────


class Repair(forms.Form):
    """The record as it should read."""

    text = forms.CharField(
        label=gettext_lazy("更正後的資料"), widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        strip=False, help_text=gettext_lazy("與來源同一格式；更正後照一般資料讀入，原始資料不變動"),
    )  # fmt: skip
    remark = forms.CharField(label=gettext_lazy("說明"), max_length=200, required=False)


class Drop(forms.Form):
    """Why the record is left out."""

    remark = forms.CharField(label=gettext_lazy("不採計的理由"), max_length=200)


def _letter(user: Any, pk: int) -> DeadLetter:
    found = DeadLetter.objects.select_related("source", "handled_by").filter(pk=pk).first()
    if found is None:
        raise Http404(_("沒有這筆資料。"))
    _one(user, found.source.journal)
    return found


@login_required
@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One record that could not be read, with its text and what may be done."""
    return _show(request, _letter(request.user, pk))


def _show(
    request: HttpRequest, one: DeadLetter, *, repaired: Repair | None = None, dropped: Drop | None = None
) -> HttpResponse:
    looker: Any = request.user
    try:
        text = repair.text_of(one)
    except sealing.Forgotten as gone:
        text, lost = "", str(gone)
    else:
        lost = ""
        Look.objects.create(
            user_id=looker.pk, subject=f"dead_letter:{one.pk}", purpose=_("更正無法讀取的資料")
        )
    waits = one.handled_at is None
    name = one.source.journal
    faulty = bool((repaired and repaired.errors) or (dropped and dropped.errors))
    return drawn(
        request, JOURNALS, "desk/dead_letter.html",
        heading=_("無法讀取的資料 %(number)s") % {"number": one.pk},
        beyond=(
            Link(str(declared[name].label), reverse("desk:office_journal", args=[name])),
            Link(str(one.pk), ""),
        ),
        status=422 if faulty else 200,
        one=one, text=text, lost=lost, reason=one.reason, waits=waits,
        handled=format_time(one.handled_at), arrived=format_time(one.arrived_at),
        repairing=(repaired or Repair(initial={"text": text}, auto_id="repair_%s")) if waits else None,
        dropping=(dropped or Drop(auto_id="drop_%s")) if waits else None,
    )  # fmt: skip


@login_required
@require_POST
def handle_letter(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Repair the record or leave it out."""
    one = _letter(request.user, pk)
    if act not in ("repair", "drop"):
        raise Http404
    form: Any = (
        Repair(request.POST, auto_id="repair_%s")
        if act == "repair"
        else Drop(request.POST, auto_id="drop_%s")
    )
    if form.is_valid():
        try:
            if act == "repair":
                text = form.cleaned_data["text"].replace("\r\n", "\n")
                repair.repair(one, request.user, text, remark=form.cleaned_data["remark"])
                words = _("已更正並讀入。")
            else:
                repair.drop(one, request.user, remark=form.cleaned_data["remark"])
                words = _("已列為不採計。")
        except repair.Unrepaired as error:
            form.add_error(None, str(error))
        else:
            return done(request, words, "desk:office_journal", one.source.journal)
    given = {"repaired" if act == "repair" else "dropped": form}
    return _show(request, one, **given)
