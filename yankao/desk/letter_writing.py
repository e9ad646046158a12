"""擬發文書 Writing a letter about a case, or several at once from a page of the room: preview, then issue."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.casework.process import Refused
from yankao.kernel.documents.pdf import NoChineseFont, PdfRefused
from yankao.kernel.letters import issuing
from yankao.kernel.letters.declare import Letter, letters, of_room
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.letters.paper import said
from yankao.kernel.letters.pdf import render_pictures
from yankao.kernel.rooms import Room, room

from . import nav, parts
from .case import crumbs_of, looked
from .case import opened as case_opened
from .derive import AskForm, Asking
from .fields import RocDateField
from .letters import MOST_AT_ONCE
from .moves import CONFLICT, INVALID, key_of
from .pages import render_page

TROUBLE = (Refused, NoChineseFont, PdfRefused)
LANGUAGES = {"zh-hant": "中文", "en": "English"}
PICTURES = 6
"""So many pages of a preview are shown."""


# ── The form ────────────────────────────────────────────────────────────────────────────────────────


def form_of(letter: Letter[...], record: Any, user: Any, data: Any = None, files: Any = None) -> AskForm:
    """What the letter asks, after its date and, where there are several, its language."""
    first: dict[str, forms.Field] = {
        "dated": RocDateField(label=_("發文日期"), initial=timezone.localdate()),
    }
    if len(letter.languages) > 1:
        first["language"] = forms.ChoiceField(
            label=_("語文"), choices=[(one, LANGUAGES[one]) for one in letter.languages],
            initial=letter.language_for(record), widget=forms.RadioSelect,
        )  # fmt: skip
    return AskForm(letter.asks, Asking(letter.about, user, record), data, files, first=first)


def how(form: AskForm) -> dict[str, Any]:
    """Date and language as the kernel takes them."""
    return {
        "dated": form.cleaned_data["dated"],
        "language": form.cleaned_data.get("language", ""),
    }


@dataclass(frozen=True)
class Preview:
    """The pages as pictures, and the same as text for whoever cannot see them."""

    pictures: Sequence[str]
    text: str
    more: int


def preview_of(letter: Letter[...], about: Any, user: Any, form: AskForm) -> Preview:
    """The draft, drawn. Raises what `issuing.draft` raises."""
    page = issuing.draft(letter, about, user, form.given(), **how(form))
    pages = render_pictures(page)
    drawn = [f"data:image/png;base64,{base64.b64encode(one).decode()}" for one in pages[:PICTURES]]
    return Preview(drawn, said(page), max(len(pages) - PICTURES, 0))


def site_of(request: HttpRequest) -> str:
    return request.build_absolute_uri("/")


def _letter(room_name: str, name: str) -> Letter[...]:
    found = letters.get(f"{room_name}.{name}")
    if found is None:
        raise Http404(_("沒有這份文書範本。"))
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_letter(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """Write a letter about a case: fill in, look at the draft, issue."""
    given = case_opened(request, pk)
    letter = _letter(given.case.kind, name)
    if letter.many or not isinstance(given.record, letter.about):
        raise Http404(_("這份文書由業務頁面整批製作。"))
    looked(given, str(letter.label))
    record, user = given.record, request.user
    sentence = issuing.refusal(letter, record, user)
    status, drawn = 200, None
    posted = request.method == "POST"
    form = None if sentence and not posted else form_of(
        letter, record, user, request.POST if posted else None, request.FILES if posted else None
    )  # fmt: skip
    if posted and form is not None:
        if not form.is_valid():
            status = INVALID
        else:
            try:
                if "preview" in request.POST:
                    drawn = preview_of(letter, record, user, form)
                else:
                    sent = issuing.issue(
                        letter, record, user, form.given(), key=f"{user.pk}:{key_of(request)}",
                        site=site_of(request), **how(form),
                    )  # fmt: skip
                    messages.success(
                        request,
                        _("已核發「%(letter)s」%(number)s。")
                        % {"letter": letter.label, "number": sent.number},
                    )
                    return HttpResponseRedirect(reverse("desk:letter", args=[sent.pk]))
            except TROUBLE as trouble:
                sentence, status = str(trouble), CONFLICT
            except ValidationError as error:
                form.blame(error)
                status = INVALID
    context = {
        **nav.frame(request),
        "heading": str(letter.label),
        "lead": f"{given.case.number} {given.case.title}",
        "crumbs": crumbs_of(given, parts.Link(str(letter.label), "")),
        "letter": letter,
        "hint": str(letter.hint),
        "form": form,
        "sentence": sentence,
        "preview": drawn,
        "rows": None,
        "results": None,
        "key": key_of(request),
        "back": given.address,
        "bundle": "",
    }
    return render_page(request, "desk/letter_new.html", context, status=status)


# ── From the room: one for each, or one about all ───────────────────────────────────────────────────


def rooms_letters(found: Room, user: Any) -> list[Letter[...]]:
    """The letters of a room that are made from its page: those that say for whom."""
    return [one for one in of_room(found.name) if one.among is not None and one.may(user)]


def room_or_404(name: str) -> Room:
    try:
        return room(name)
    except LookupError:
        raise Http404(_("沒有這項業務。")) from None


def _crumbs(found: Room, *more: parts.Link) -> list[parts.Link]:
    listed = reverse("desk:list", args=[found.name]) if found.process else ""
    here = reverse("desk:room_letters", args=[found.name]) if more else ""
    return [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(found.title, listed),
        parts.Link(_("文書"), here),
        *more,
    ]


@login_required
@require_safe
def room_letters(request: HttpRequest, room: str) -> HttpResponseBase:
    """The letters that a room makes for several at once."""
    found = room_or_404(room)
    if not nav.sees(found, request.user) and found.process is not None:
        raise Http404(_("沒有這項業務。"))
    rows = [
        (
            parts.Link(str(one.label), reverse("desk:room_letter", args=[found.name, one.name])),
            str(Kind(one.kind).label),
            _("一份列出全部") if one.many else _("逐案各一份"),
            str(one.by.name),
            str(one.hint),
        )
        for one in rooms_letters(found, request.user)
    ]
    context = {
        **nav.frame(request),
        "heading": _("%(room)s文書") % {"room": found.title},
        "crumbs": _crumbs(found),
        "rows": rows,
    }
    return render_page(request, "desk/room_letters.html", context)


@dataclass(frozen=True)
class Candidate:
    """A record a letter may be written for; `sentence` says why not."""

    key: str
    words: str
    address: str
    picked: bool
    sentence: str


@dataclass(frozen=True)
class Result:
    """What became of one row."""

    words: str
    state: parts.Tag
    link: parts.Link | None
    sentence: str


def _words(one: Any) -> str:
    case = issuing.case_of(one)
    return f"{case.number} {case.title}" if case else str(one)


def _address(one: Any) -> str:
    case = issuing.case_of(one)
    return reverse("desk:case", args=[case.pk]) if case else ""


def _result(outcome: issuing.Outcome) -> Result:
    sent = outcome.dispatch
    if sent is None:
        return Result(_words(outcome.about), parts.Tag(_("未核發"), "red"), None, outcome.sentence)
    link = parts.Link(sent.number or sent.title, reverse("desk:letter", args=[sent.pk]))
    return Result(_words(outcome.about), parts.Tag(_("核發完成"), "green"), link, "")


def _lead(letter: Letter[...], found: Room, request: HttpRequest, records: Sequence[Any]) -> str:
    """The room, or the one parent that the page is narrowed to."""
    if letter.of and request.GET.get("of") and records:
        return _words(records[0] if letter.of == "pk" else getattr(records[0], letter.of))
    return found.title


def _candidates(letter: Letter[...], request: HttpRequest) -> list[Any]:
    """Whom the person may write it for, narrowed to one parent when the address says so."""
    assert letter.among is not None
    found, parent = letter.among(request.user), request.GET.get("of", "")
    if letter.of and parent:
        if not (parent.isascii() and parent.isdigit() and len(parent) < 18):
            raise Http404(_("沒有這份文書範本。"))
        found = found.filter(**{letter.of: int(parent)})
    return list(found[: MOST_AT_ONCE + 1])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def room_letter(request: HttpRequest, room: str, name: str) -> HttpResponseBase:
    """One letter for each of those picked, with a result for every row; or one list of them all."""
    found, user = room_or_404(room), request.user
    letter = _letter(found.name, name)
    if letter.among is None or not letter.may(user):
        raise Http404(_("沒有這份文書範本。"))
    records = _candidates(letter, request)
    over, records = len(records) > MOST_AT_ONCE, records[:MOST_AT_ONCE]
    posted = request.method == "POST"
    picked = set(request.POST.getlist("id"))
    rows = []
    sentences = [""] * len(records) if posted else issuing.refusals(letter, records, user)
    for one, sentence in zip(records, sentences, strict=True):
        ticked = str(one.pk) in picked if posted else not sentence
        rows.append(Candidate(str(one.pk), _words(one), _address(one), ticked, sentence))
    chosen = [one for one in records if str(one.pk) in picked]
    form = form_of(letter, None, user, request.POST if posted else None, request.FILES if posted else None)
    sentence, status, drawn, results, key = "", 200, None, None, key_of(request)
    if posted and not chosen:
        sentence, status = _("請至少選一件。"), CONFLICT
    elif posted and not form.is_valid():
        status = INVALID
    elif posted:
        batch = f"{user.pk}:{key}"
        try:
            if "preview" in request.POST:
                drawn = preview_of(letter, chosen if letter.many else chosen[0], user, form)
            elif letter.many:
                sent = issuing.issue(
                    letter, chosen, user, form.given(), key=batch, site=site_of(request), **how(form)
                )
                messages.success(request, _("已製作「%s」。") % letter.label)
                return HttpResponseRedirect(reverse("desk:letter", args=[sent.pk]))
            else:
                done = issuing.batch(
                    letter, chosen, user, form.given(), key=batch, site=site_of(request), **how(form)
                )
                results = [_result(outcome) for outcome in done]
        except TROUBLE as trouble:
            sentence, status = str(trouble), CONFLICT
        except ValidationError as error:
            form.blame(error)
            status = INVALID
    issued = [one for one in results or () if one.link]
    context = {
        **nav.frame(request),
        "heading": str(letter.label),
        "lead": _lead(letter, found, request, records),
        "crumbs": _crumbs(found, parts.Link(str(letter.label), "")),
        "letter": letter,
        "hint": str(letter.hint),
        "form": form,
        "sentence": sentence,
        "preview": drawn,
        "rows": rows,
        "over": over,
        "results": results,
        "told": _("已核發%(n)s件，未核發%(bad)s件。")
        % {"n": len(issued), "bad": len(results or ()) - len(issued)},
        "key": key,
        "back": reverse("desk:room_letters", args=[found.name]),
        "bundle": reverse("desk:letters_zip", args=[f"{user.pk}:{key}"]) if issued else "",
    }
    return render_page(request, "desk/letter_new.html", context, status=status)
