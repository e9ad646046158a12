"""發文登記 The outgoing register, a document with its files, its revocation, and several as one zip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Look
from yankao.kernel.casework.models import Case, Security
from yankao.kernel.casework.process import Refused, processes
from yankao.kernel.evidence import files
from yankao.kernel.letters import issuing, register
from yankao.kernel.letters.declare import letters
from yankao.kernel.letters.kinds import Kind, Urgency
from yankao.kernel.letters.models import Dispatch
from yankao.kernel.register.pages import BadCursor, page
from yankao.kernel.sheets import Cell

from . import export, nav, parts
from .case_letters import label_of, state_of
from .inputs import size_words, words_of
from .jinja import format_date, format_short_date, format_time
from .moves import CONFLICT, INVALID, key_of
from .pages import render_page

FORMS = ("odt", "pdf", "ods")
MOST_AT_ONCE = 500
STATES = ("valid", "revoked")


# ── The register ────────────────────────────────────────────────────────────────────────────────────


def _asked(request: HttpRequest) -> dict[str, str]:
    """The filters of the address that say something."""
    given = {name: request.GET.get(name, "").strip() for name in ("q", "kind", "year", "state")}
    return {
        name: value
        for name, value in given.items()
        if value
        and (name != "kind" or value in Kind.values)
        and (name != "state" or value in STATES)
        and (name != "year" or (value.isascii() and value.isdigit() and len(value) < 4))
    }


def _narrowed(user: Any, asked: dict[str, str]) -> QuerySet[Dispatch]:
    rows = register.register(user)
    if "q" in asked:
        rows = rows.filter(register.matching(asked["q"]))
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    if "year" in asked:
        rows = rows.filter(roc_year=int(asked["year"]))
    if "state" in asked:
        rows = rows.filter(Q(revoked_at=None) if asked["state"] == "valid" else ~Q(revoked_at=None))
    return rows


def _row(sent: Dispatch) -> parts.Row:
    meta = [label_of(sent)]
    if sent.case:
        meta.append(sent.case.number)
    return parts.Row(
        str(sent.pk),
        reverse("desk:letter", args=[sent.pk]),
        [
            sent.number or sent.title,
            str(Kind(sent.kind).label),
            format_short_date(sent.dated),
            words_of(sent.agency),
            sent.receivers,
            state_of(sent),
        ],
        meta,
    )


@login_required
@require_safe
def letters_sent(request: HttpRequest) -> HttpResponseBase:
    """The register, newest first, narrowed by the address."""
    asked = _asked(request)
    try:
        found = page(
            _narrowed(request.user, asked), "dated", older=request.GET.get("older", ""),
            newer=request.GET.get("newer", ""),
        )  # fmt: skip
    except BadCursor:
        raise Http404(_("沒有這一頁。")) from None
    place, query = reverse("desk:letters"), urlencode(asked)

    def beside(**cursor: str) -> str:
        return f"{place}?{urlencode({**asked, **cursor})}"

    context = {
        **nav.frame(request),
        "heading": _("發文登記"),
        "lead": _(
            "本平台核發之文書，只列出您可以查看的案件；可依字號、事由、機關或案號搜尋，不搜尋文書內容。"
        ),
        "crumbs": [parts.Link(_("首頁"), reverse("desk:home")), parts.Link(_("發文登記"), "")],
        "columns": [
            parts.Column(_("發文字號"), "subject"),
            parts.Column(_("文書別")),
            parts.Column(_("發文日期"), "date"),
            parts.Column(_("發文機關")),
            parts.Column(_("受文者")),
            parts.Column(_("狀態"), "tag"),
        ],
        "groups": [parts.Group("", [_row(sent) for sent in found.rows])],
        "empty": not found.rows,
        "asked": asked,
        "kinds": [(value, str(label)) for value, label in Kind.choices],
        "newer": beside(newer=found.newer) if found.newer else "",
        "older": beside(older=found.older) if found.older else "",
        "shown": _("本頁%(n)s件") % {"n": len(found.rows)},
        "clear": place if asked else "",
        "exports": [
            parts.Link(form.upper(), f"{reverse('desk:letters_export', args=[form])}?{query}".rstrip("?"))
            for form in export.TYPES
        ],
    }
    return render_page(request, "desk/letters.html", context)


@login_required
@require_safe
def letters_export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The register as shown, as a file; who took it is noted."""
    if form not in export.TYPES:
        raise Http404(_("沒有這種格式。"))
    asked = _asked(request)
    ledger.note("export", "list:letters", request.user, query=urlencode(asked), form=form)  # type: ignore[arg-type]  # signed in
    heads = [
        _("發文字號"), _("文書別"), _("事由"), _("發文日期"), _("發文機關"), _("受文者"), _("速別"),
        _("案號"), _("發文人"), _("狀態"), _("註銷理由"),
    ]  # fmt: skip

    def rows() -> Iterator[list[Cell]]:
        for sent in _narrowed(request.user, asked).iterator(chunk_size=2000):
            yield [
                sent.number, str(Kind(sent.kind).label), sent.title, sent.dated, sent.agency.name,
                sent.receivers, str(Urgency(sent.urgency).label), sent.case.number if sent.case else "",
                sent.issued_by.name, state_of(sent).text, sent.revoked_for,
            ]  # fmt: skip

    return export.given(form, _("發文登記"), heads, rows())


# ── One document ────────────────────────────────────────────────────────────────────────────────────


def opened(request: HttpRequest, pk: int, purpose: str) -> Dispatch:
    """A document the person may know of, or 404; a trace is left when it is about a restricted case."""
    rows = register.register(request.user).select_related("odt", "pdf", "ods", "revoked_by", "series")
    sent = rows.filter(pk=pk).first()
    if sent is None:
        raise Http404(_("沒有這份文書，或您不能查看。"))
    if sent.case and sent.case.security in (Security.NAMED, Security.SECRET):
        Look.objects.create(user=request.user, subject=f"case:{sent.case_id}", purpose=purpose)  # type: ignore[misc]
    return sent


def attached(sent: Dispatch) -> list[parts.Attachment]:
    """Its files with their hashes."""
    drawn = []
    for form in FORMS:
        kept = getattr(sent, form)
        if kept is not None:
            place = reverse("desk:letter_file", args=[sent.pk, form])
            drawn.append(
                parts.Attachment(
                    kept.name, place, size_words(kept.size), form.upper(), kept.sha256,
)
            )  # fmt: skip
    return drawn


class RevokeForm(forms.Form):
    """Why it no longer holds."""

    use_required_attribute = False
    reason = forms.CharField(
        label=gettext_lazy("註銷理由"),
        max_length=200,
        help_text=gettext_lazy("註銷後字號不再使用，不能恢復。"),
    )


def may_revoke(sent: Dispatch, user: Any) -> bool:
    known = letters.get(sent.code)
    case = sent.case or Case(agency=sent.agency)
    return known is not None and sent.revoked_at is None and known.by.held_by(user, case)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A document: what it is, its files, the cases it is about; whoever may issue it may revoke it."""
    sent = opened(request, pk, _("查看文書"))
    may = may_revoke(sent, request.user)
    form = RevokeForm(request.POST if request.method == "POST" else None) if may else None
    sentence, status = "", 200
    if request.method == "POST" and form is not None:
        if form.is_valid():
            try:
                issuing.revoke(sent, request.user, form.cleaned_data["reason"])
            except (Refused, ValidationError) as error:
                sentence = " ".join(getattr(error, "messages", [str(error)]))
                status = CONFLICT
            else:
                messages.success(request, _("已註銷。"))
                return HttpResponseRedirect(reverse("desk:letter", args=[sent.pk]))
        else:
            status = INVALID
    cases = [one.case for one in sent.concerned.select_related("case").order_by("pk")[: MOST_AT_ONCE + 1]]
    facts = [
        parts.Fact(_("文書別"), str(Kind(sent.kind).label)),
        parts.Fact(_("範本"), label_of(sent)),
        parts.Fact(_("發文字號"), sent.number),
        parts.Fact(_("發文日期"), format_date(sent.dated)),
        parts.Fact(_("發文機關"), words_of(sent.agency)),
        parts.Fact(_("受文者"), sent.receivers),
        parts.Fact(_("速別"), str(Urgency(sent.urgency).label)),
        parts.Fact(_("發文人"), f"{words_of(sent.issued_by)} {format_time(sent.issued_at)}"),
    ]
    if sent.revoked_at:
        facts += [
            parts.Fact(_("註銷"), f"{words_of(sent.revoked_by)} {format_time(sent.revoked_at)}"),
            parts.Fact(_("註銷理由"), sent.revoked_for),
        ]
    title = sent.number or sent.title
    context = {
        **nav.frame(request),
        "heading": title,
        "crumbs": [
            parts.Link(_("首頁"), reverse("desk:home")),
            parts.Link(_("發文登記"), reverse("desk:letters")),
            parts.Link(title, ""),
        ],
        "sent": sent,
        "state": state_of(sent),
        "facts": [fact for fact in facts if fact.value],
        "files": attached(sent),
        "cases": [
            parts.Link(f"{case.number} {case.title}", reverse("desk:case", args=[case.pk]))
            for case in ([sent.case] if sent.case else cases)
        ],
        "form": form,
        "sentence": sentence,
        "key": key_of(request),
    }
    return render_page(request, "desk/letter.html", context, status=status)


def _open_persons(sent: list[Dispatch], user: Any) -> None:
    """A letter that shows persons tells its room who opens it, which may refuse."""
    for one in sent:
        known = letters.get(one.code)
        if known is None or known.opened is None or one.case is None:
            continue
        record = processes[one.case.kind].record._default_manager.select_related("case").get(pk=one.case_id)
        try:
            known.opened(record, user, f"{known.label} {one.number}".strip())
        except Refused as refused:
            raise PermissionDenied(str(refused)) from None


@login_required
@require_safe
def letter_file(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """One of its files, the very bytes that were issued."""
    sent = opened(request, pk, _("下載文書"))
    kept = getattr(sent, form, None) if form in FORMS else None
    if kept is None:
        raise Http404(_("沒有這個檔案。"))
    _open_persons([sent], request.user)
    try:
        return files.serve(kept)
    except FileNotFoundError:
        raise Http404(_("檔案庫中找不到這個檔案，請通知系統管理員。")) from None


@login_required
@require_safe
def letters_zip(request: HttpRequest, batch: str) -> HttpResponseBase:
    """The files of a batch in one, as far as the person may know of them."""
    rows = register.register(request.user).filter(batch=batch).select_related("odt", "pdf", "ods")
    found = list(rows.order_by("pk")[: MOST_AT_ONCE + 1])
    if not found or not batch:
        raise Http404(_("沒有這一批文書，或您不能查看。"))
    _open_persons(found, request.user)
    response = HttpResponse(issuing.bundle(found), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="letters-{found[0].dated:%Y%m%d}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
