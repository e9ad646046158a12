"""收文登記 The incoming register of an agency: entered, found, dealt with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.audit import ledger
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.evidence import files
from yankao.kernel.letters import receiving
from yankao.kernel.letters.kinds import Secrecy, Urgency
from yankao.kernel.letters.models import Received
from yankao.kernel.letters.register import register
from yankao.kernel.register.pages import BadCursor, page
from yankao.kernel.sheets import Cell

from . import export, nav, parts
from .case_letters import received_state
from .derive import choose_among
from .fields import RocDateField
from .inputs import EvidenceField, size_words, words_of
from .jinja import format_date, format_short_date, format_time
from .moves import CONFLICT, INVALID, key_of
from .pages import render_page

KINDS = ("pdf", "odt", "docx", "ods", "jpeg", "png")
STATES = {
    "open": gettext_lazy("未辦結"), "late": gettext_lazy("逾期未辦"), "done": gettext_lazy("已辦結"),
}  # fmt: skip


def _asked(request: HttpRequest) -> dict[str, str]:
    given = {name: request.GET.get(name, "").strip() for name in ("q", "state")}
    return {name: value for name, value in given.items() if value and (name == "q" or value in STATES)}


def _narrowed(user: Any, asked: dict[str, str]) -> Any:
    rows = receiving.incoming(user)
    if "q" in asked:
        rows = rows.filter(receiving.matching(asked["q"]))
    match asked.get("state"):
        case "open":
            rows = rows.filter(done_on=None)
        case "late":
            rows = rows.filter(done_on=None, due_at__lt=timezone.now())
        case "done":
            rows = rows.exclude(done_on=None)
    return rows


def _row(one: Received) -> parts.Row:
    meta = [one.title] + ([one.case.number] if one.case else [])
    return parts.Row(
        str(one.pk),
        reverse("desk:received", args=[one.pk]),
        [
            one.number, one.sender, format_short_date(one.received_on), str(Urgency(one.urgency).label),
            format_short_date(timezone.localtime(one.due_at).date()), received_state(one),
        ],
        meta,
    )  # fmt: skip


def _crumbs(*more: parts.Link) -> list[parts.Link]:
    here = reverse("desk:letters_received") if more else ""
    return [parts.Link(_("首頁"), reverse("desk:home")), parts.Link(_("收文登記"), here), *more]


@login_required
@require_safe
def letters_received(request: HttpRequest) -> HttpResponseBase:
    """The register, newest first, narrowed by the address."""
    asked = _asked(request)
    try:
        found = page(
            _narrowed(request.user, asked), "received_on", older=request.GET.get("older", ""),
            newer=request.GET.get("newer", ""),
        )  # fmt: skip
    except BadCursor:
        raise Http404(_("沒有這一頁。")) from None
    place, query = reverse("desk:letters_received"), urlencode(asked)

    def beside(**cursor: str) -> str:
        return f"{place}?{urlencode({**asked, **cursor})}"

    context = {
        **nav.frame(request),
        "heading": _("收文登記"),
        "lead": _("本機關收到的公文；辦理期限依速別自收文次日起算，辦結後登錄辦理情形與復文。"),
        "crumbs": _crumbs(),
        "columns": [
            parts.Column(_("收文號"), "subject"), parts.Column(_("來文機關")),
            parts.Column(_("收文日期"), "date"), parts.Column(_("速別")),
            parts.Column(_("辦理期限"), "date"), parts.Column(_("狀態"), "tag"),
        ],
        "groups": [parts.Group("", [_row(one) for one in found.rows])],
        "empty": not found.rows,
        "asked": asked,
        "states": [(value, str(label)) for value, label in STATES.items()],
        "newer": beside(newer=found.newer) if found.newer else "",
        "older": beside(older=found.older) if found.older else "",
        "shown": _("本頁%(n)s件") % {"n": len(found.rows)},
        "clear": place if asked else "",
        "new": reverse("desk:received_new") if receiving.houses(request.user).exists() else "",
        "exports": [
            parts.Link(form.upper(), f"{reverse('desk:received_export', args=[form])}?{query}".rstrip("?"))
            for form in export.TYPES
        ],
    }  # fmt: skip
    return render_page(request, "desk/letters_received.html", context)


@login_required
@require_safe
def received_export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The register as shown, as a file; who took it is noted."""
    if form not in export.TYPES:
        raise Http404(_("沒有這種格式。"))
    asked = _asked(request)
    reader: Any = request.user  # signed in: the view requires it
    ledger.note("export", "list:received", reader, query=urlencode(asked), form=form)
    heads = [
        _("收文號"), _("收文機關"), _("收文日期"), _("來文機關"), _("來文字號"), _("來文日期"), _("事由"),
        _("速別"), _("辦理期限"), _("案號"), _("辦結日期"), _("辦理情形"), _("復文"),
    ]  # fmt: skip

    def rows() -> Iterator[list[Cell]]:
        for one in _narrowed(request.user, asked).iterator(chunk_size=2000):
            yield [
                one.number, one.agency.name, one.received_on, one.sender, one.sender_number, one.dated,
                one.title, str(Urgency(one.urgency).label), timezone.localtime(one.due_at).date(),
                one.case.number if one.case else "", one.done_on, one.outcome, str(one.answer or ""),
            ]  # fmt: skip

    return export.given(form, _("收文登記"), heads, rows())


# ── Entering ────────────────────────────────────────────────────────────────────────────────────────


class ReceiptForm(forms.Form):
    """A letter as it came in."""

    use_required_attribute = False
    received_on = RocDateField(label=gettext_lazy("收文日期"))
    sender = forms.CharField(
        label=gettext_lazy("來文機關"), max_length=120,
        help_text=gettext_lazy("機關或單位名稱；民眾來文請寫「民眾」，不寫姓名"),
    )  # fmt: skip
    sender_number = forms.CharField(label=gettext_lazy("來文字號"), max_length=80, required=False)
    dated = RocDateField(label=gettext_lazy("來文日期"), required=False)
    title = forms.CharField(
        label=gettext_lazy("事由"), max_length=200, help_text=gettext_lazy("請不要寫個人資料")
    )
    urgency = forms.ChoiceField(label=gettext_lazy("速別"), choices=Urgency.choices, initial=Urgency.ORDINARY)
    secrecy = forms.ChoiceField(
        label=gettext_lazy("密等"), choices=Secrecy.choices, initial=Secrecy.NONE,
        help_text=gettext_lazy("密件只有收文人與主管看得到"),
    )  # fmt: skip
    case = forms.CharField(
        label=gettext_lazy("案號"), max_length=40, required=False,
        help_text=gettext_lazy("與平台案件有關時填寫，案件頁會列出這份收文"),
    )  # fmt: skip

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        agency = choose_among(receiving.houses(user), label=_("收文機關"), required=True)
        self.fields = {"agency": agency, **self.fields}
        self.fields["file"] = EvidenceField(user, kinds=KINDS, required=False, label=_("來文檔案"))

    def clean_case(self) -> Case | None:
        number = self.cleaned_data["case"].strip()
        if not number:
            return None
        found = Case.objects.filter(visible(self.user), number=number).first()
        if found is None:
            raise ValidationError(_("沒有這個案號，或您不能查看。"))
        return found


def _blame(form: forms.Form, error: ValidationError) -> None:
    """The model's refusals at the fields of the form."""
    told = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    for name, sentences in told.items():
        form.add_error(name if name in form.fields else None, sentences)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def received_new(request: HttpRequest) -> HttpResponseBase:
    """登錄收文 A form sent twice is one letter; what was typed stays when it is refused."""
    user: Any = request.user
    if not receiving.houses(user).exists():
        raise Http404(_("收文由各機關承辦人登錄。"))
    posted, status = request.method == "POST", 200
    form = ReceiptForm(
        user, request.POST if posted else None, request.FILES if posted else None,
        initial={"received_on": timezone.localdate()},
    )  # fmt: skip
    if posted:
        status = INVALID
        if form.is_valid():
            try:
                made = receiving.receive(user, key=f"{user.pk}:{key_of(request)}", **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
                status = CONFLICT
            except ValidationError as error:
                _blame(form, error)
            else:
                messages.success(request, _("已登錄收文%(number)s。") % {"number": made.number})
                return HttpResponseRedirect(reverse("desk:received", args=[made.pk]))
    context = {
        **nav.frame(request), "heading": _("登錄收文"), "crumbs": _crumbs(parts.Link(_("登錄收文"), "")),
        "form": form, "key": key_of(request), "back": reverse("desk:letters_received"),
    }  # fmt: skip
    return render_page(request, "desk/received_new.html", context, status=status)


# ── One letter ──────────────────────────────────────────────────────────────────────────────────────


class DoneForm(forms.Form):
    """What became of it."""

    use_required_attribute = False
    done_on = RocDateField(label=gettext_lazy("辦結日期"))
    outcome = forms.CharField(label=gettext_lazy("辦理情形"), max_length=200)
    answer = forms.CharField(
        label=gettext_lazy("復文字號"), max_length=60, required=False,
        help_text=gettext_lazy("以本平台發文者填寫發文字號"),
    )  # fmt: skip

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_answer(self) -> Any:
        number = self.cleaned_data["answer"].strip()
        if not number:
            return None
        found = register(self.user).filter(number=number).first()
        if found is None:
            raise ValidationError(_("發文登記沒有這個字號，或您不能查看。"))
        return found


def opened(request: HttpRequest, pk: int) -> Received:
    found: Received | None = receiving.incoming(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404(_("沒有這份收文，或您不能查看。"))
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def received(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A letter that came in; whoever keeps the register says what became of it."""
    one, user = opened(request, pk), request.user
    may = one.done_on is None and receiving.houses(user).filter(pk=one.agency_id).exists()
    posted, status = request.method == "POST", 200
    form = (
        DoneForm(user, request.POST if posted else None, initial={"done_on": timezone.localdate()})
        if may
        else None
    )
    if posted and form is None:
        return HttpResponseRedirect(request.path)
    if posted and form is not None:
        status = INVALID
        if form.is_valid():
            try:
                receiving.conclude(user, one, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
                status = CONFLICT
            except ValidationError as error:
                _blame(form, error)
            else:
                messages.success(request, _("已登錄辦結。"))
                return HttpResponseRedirect(request.path)
    facts = [
        parts.Fact(_("收文機關"), words_of(one.agency)),
        parts.Fact(_("收文日期"), format_date(one.received_on)),
        parts.Fact(_("來文機關"), one.sender),
        parts.Fact(_("來文字號"), one.sender_number),
        parts.Fact(_("來文日期"), format_date(one.dated)),
        parts.Fact(_("速別"), str(Urgency(one.urgency).label)),
        parts.Fact(_("密等"), str(Secrecy(one.secrecy).label) if one.secrecy else ""),
        parts.Fact(_("辦理期限"), format_time(one.due_at)),
        parts.Fact(_("收文人"), f"{words_of(one.registered_by)} {format_time(one.registered_at)}"),
        parts.Fact(_("辦結日期"), format_date(one.done_on)),
        parts.Fact(_("辦結人"), words_of(one.done_by) if one.done_by else ""),
        parts.Fact(_("辦理情形"), one.outcome),
    ]
    context = {
        **nav.frame(request),
        "heading": one.title,
        "lead": one.number,
        "crumbs": _crumbs(parts.Link(one.number, "")),
        "one": one,
        "state": received_state(one),
        "facts": [fact for fact in facts if fact.value],
        "files": [
            parts.Attachment(
                one.file.name, reverse("desk:received_file", args=[one.pk]), size_words(one.file.size),
                one.file.kind.upper(), one.file.sha256,
            )
        ]
        if one.file
        else [],
        "case": reverse("desk:case", args=[one.case_id]) if one.case_id else "",
        "answer": reverse("desk:letter", args=[one.answer_id]) if one.answer_id else "",
        "form": form,
        "key": key_of(request),
    }  # fmt: skip
    return render_page(request, "desk/received.html", context, status=status)


@login_required
@require_safe
def received_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The letter as it came."""
    one = opened(request, pk)
    if one.file is None:
        raise Http404(_("沒有這個檔案。"))
    try:
        return files.serve(one.file)
    except FileNotFoundError:
        raise Http404(_("檔案庫中找不到這個檔案，請通知系統管理員。")) from None


urls: list[URLPattern] = [
    path("letters/received/", letters_received, name="letters_received"),
    path("letters/received/export.<str:form>", received_export, name="received_export"),
    path("letters/received/new/", received_new, name="received_new"),
    path("letters/received/<int:pk>/", received, name="received"),
    path("letters/received/<int:pk>/file", received_file, name="received_file"),
]
