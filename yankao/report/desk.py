"""撰寫與簽核 Where an edition is made: the sections with their signatures, the editor of a section, the
next step.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.desk import nav
from yankao.desk.jinja import english, format_time
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag
from yankao.kernel.people.models import User
from yankao.kernel.period import roc_text
from yankao.kernel.roc import RocError, parse_roc

from . import editions, freezing
from .access import may_approve, may_review, may_see_drafts, may_write
from .building import LANGUAGES
from .editions import Refused, Step
from .figure_pages import refused
from .models import CouncilSession, Edition, SectionText, SignOff
from .outline import outline, paragraphs, section
from .pages import edition_address, edition_or_404, period_or_404
from .prose import references
from .work import crumbs, pieces

LANGUAGE_WORDS = {"zh-hant": "中文", "en": "English"}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_page(request: HttpRequest, period: str) -> HttpResponseBase:
    """A new edition of a period."""
    found = period_or_404(period)
    if not may_write(request.user):
        raise Http404(_("僅研考會人員可建立版本。"))
    fault, day, chosen = "", request.POST.get("as_of", ""), request.POST.get("session", "")
    if request.method == "POST":
        try:
            as_of = parse_roc(day) if day.strip() else found.as_of
            council = CouncilSession.objects.filter(pk=int(chosen)).first() if chosen.isdigit() else None
            edition = editions.open_edition(_user(request), found, session=council, as_of=as_of)
            return HttpResponseRedirect(edition_address(edition, "report:desk"))
        except (Refused, RocError) as error:
            fault = str(error)
    context = {
        **nav.frame(request),
        "heading": _("建立版本"),
        "lead": roc_text(found, "en" if english() else "zh"),
        "crumbs": crumbs(found, None, _("建立版本")),
        "sessions": CouncilSession.objects.order_by("-starts_on"),
        "fault": fault,
        "day": day,
        "chosen": chosen,
        "as_of": found.as_of,
    }
    return render_page(request, "report/open.html", context, status=422 if fault else 200)


def period_words(edition: Edition) -> str:
    """The period of an edition in the reader's language."""
    return roc_text(edition.days, "en" if english() else "zh")


# ── All sections ──────────────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def desk_page(request: HttpRequest, period: str, number: int) -> HttpResponseBase:
    """The sections with what was signed, and the next step of the whole."""
    if answer := refused(request, None):
        return answer
    edition = edition_or_404(period_or_404(period), number)
    signed = editions.in_force(edition)
    built = {} if edition.frozen else editions.draft(edition)
    changed = (
        {(one.signature.section, str(one.signature.step)): one for one in editions.broken(edition, built)}
        if built
        else {}
    )
    rows = []
    for one in outline():
        if not one.written:
            continue
        kept = one.key in paragraphs()
        rows.append(
            {
                "key": one.key,
                "title": one.in_language("en" if english() else "zh-hant"),
                "kept": kept,
                "href": edition_address(edition, "report:section", key=one.key) if kept else "",
                "signs": [
                    _sign_words(signed.get((one.key, str(step))), (one.key, str(step)) in changed)
                    for step in (Step.SUBMIT, Step.REVIEW)
                ],
                "faults": sum(len(part.faults) for b in built.values() if (part := b.parts.get(one.key))),
                "remarks": edition.remarks.filter(section=one.key).count() if kept else 0,
            }
        )
    context = {
        **nav.frame(request),
        "heading": _("撰寫與簽核"),
        "lead": f"{period_words(edition)}　{_('第%(n)s版') % {'n': edition.number}}",
        "crumbs": crumbs(edition.days, edition, _("撰寫與簽核")),
        "state": Tag(str(edition.get_state_display()), "green" if edition.frozen else "amber", "plain"),
        "states": [
            (str(label), value == edition.state)
            for value, label in Edition.State.choices
            if value != "errata"
        ],
        "rows": rows,
        "steps": _steps(request.user, edition, signed),
        "step": edition_address(edition, "report:step"),
        "whole": [
            _sign_words(signed.get(("", str(step))), ("", str(step)) in changed)
            for step in (Step.CHECK, Step.APPROVE)
        ],
        "voided": [
            _void_words(one)
            for one in SignOff.objects.filter(edition=edition, void_at__isnull=False)
            .select_related("user")
            .order_by("-void_at")[:20]
        ],
        "edition": edition,
        "today": timezone.localdate(),
    }
    return render_page(request, "report/desk.html", context)


def _sign_words(signature: SignOff | None, changed: bool) -> Tag | None:
    if signature is None:
        return None
    words = f"{signature.get_step_display()}　{signature.user}　{format_time(signature.at)}"
    return Tag(
        words + (f"　{_('內容已變更')}" if changed else ""),
        "red" if changed else "green",
        "late" if changed else "",
    )


def _void_words(signature: SignOff) -> dict[str, str]:
    return {
        "section": signature.section or _("全案"),
        "step": str(signature.get_step_display()),
        "who": str(signature.user),
        "time": format_time(signature.void_at),
        "why": signature.void_reason,
    }


def _steps(
    user: Any, edition: Edition, signed: dict[tuple[str, str], SignOff]
) -> list[tuple[str, str, bool]]:
    """(name, words, main) of the steps of the whole that this person may take now."""
    state, found = edition.state, list[tuple[str, str, bool]]()
    kept = editions.kept_sections()
    if may_write(user) and state == Edition.State.OUTLINE:
        found.append(("begin", _("開始撰寫"), True))
    if (
        may_write(user)
        and any((key, Step.SUBMIT) not in signed for key in kept)
        and not edition.frozen
        and state != "outline"
    ):
        found.append(("submit_all", _("全部送審"), False))
    if may_review(user) and state == Edition.State.SUBMITTED:
        found.append(("review_all", _("全部審閱通過"), True))
    if may_write(user) and state == Edition.State.REVIEWED:
        found.append(("check", _("檢核通過"), True))
    if may_approve(user) and state == Edition.State.CHECKED:
        found.append(("approve", _("核定"), True))
    if may_review(user) and state == Edition.State.APPROVED:
        found.append(("freeze", _("定稿"), True))
    if may_write(user) and state == Edition.State.FROZEN:
        found.append(("deliver", _("登錄送達"), True))
    if may_review(user) and edition.public:
        found.append(("correct", _("登錄勘誤"), False))
    return found


# ── One section ───────────────────────────────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section_page(request: HttpRequest, period: str, number: int, key: str) -> HttpResponseBase:
    """The text of a section in both languages, its figures, its signatures and remarks."""
    if answer := refused(request, None):
        return answer
    edition = edition_or_404(period_or_404(period), number)
    try:
        one = section(key)
    except LookupError:
        raise Http404(_("沒有這一節。")) from None
    if key not in paragraphs():
        raise Http404(_("本項業務尚未在本系統辦理。"))
    if edition.frozen:
        return HttpResponseRedirect(f"{edition_address(edition)}#{one.anchor}")
    fault, typed = "", dict[str, str]()
    if request.method == "POST":
        language = request.POST.get("language", "")
        typed = {language: request.POST.get("text", "")}
        try:
            if language not in LANGUAGES:
                raise Refused(_("沒有這種語言。"))
            text = "" if "restore" in request.POST else typed[language]
            editions.save_text(edition, _user(request), key, language, text)
            messages.success(request, _("已存檔。"))
            return HttpResponseRedirect(edition_address(edition, "report:section", key=key))
        except Refused as error:
            fault = str(error)
    built = editions.draft(edition)
    signed = editions.in_force(edition)
    changed = [b for b in editions.broken(edition, built) if b.signature.section == key]
    own = {language: editions.texts_of(edition, language).get(key, "") for language in LANGUAGES}
    language_ = "en" if english() else "zh"
    facts = {record.concept: record for record in built["zh-hant"].facts.records}
    context = {
        **nav.frame(request),
        "heading": f"{key}{one.in_language('en' if english() else 'zh-hant')}",
        "crumbs": [
            *crumbs(edition.days, edition, "")[:-1],
            Link(_("撰寫與簽核"), edition_address(edition, "report:desk")),
            Link(key, ""),
        ],
        "texts": [
            {
                "language": language,
                "words": LANGUAGE_WORDS[language],
                "text": typed.get(language, built[language].parts[key].source),
                "own": bool(own[language]),
                "faults": built[language].parts[key].faults,
            }
            for language in LANGUAGES
        ],
        "figures": [
            (
                name,
                facts[name].label.in_language("en" if language_ == "en" else "zh-hant"),
                facts[name].display.in_language("en" if language_ == "en" else "zh-hant"),
            )
            for name in dict.fromkeys(references(built["zh-hant"].parts[key].source))
            if name in facts
        ],
        "fault": fault,
        "may_write": may_write(request.user),
        "may_review": may_review(request.user),
        "submitted": _sign_words(
            signed.get((key, str(Step.SUBMIT))), any(b.signature.step == Step.SUBMIT for b in changed)
        ),
        "reviewed": _sign_words(
            signed.get((key, str(Step.REVIEW))), any(b.signature.step == Step.REVIEW for b in changed)
        ),
        "differences": [
            (str(b.signature.get_step_display()), pieces(readable(b.signature.bound), readable(b.now)))
            for b in changed
        ],
        "remarks": edition.remarks.filter(section=key).select_related("by"),
        "history": SectionText.objects.filter(edition=edition, section=key)
        .select_related("by")
        .order_by("-at")[:20],
        "step": edition_address(edition, "report:step"),
        "key": key,
        "edition": edition,
    }
    return render_page(request, "report/section.html", context, status=422 if fault else 200)


def readable(bound: str) -> str:
    """What a signature bound, as text: the words, then each figure with its value."""
    lines: list[str] = []
    try:
        content = json.loads(bound)
    except ValueError:
        return bound
    for language, part in content.items():
        lines.append(LANGUAGE_WORDS.get(language, language))
        for block in part["blocks"]:
            lines.append(_words(block))
        lines += [
            f"{name} = {value}（{records}）" for name, value, _start, _end, records, *_rest in part["facts"]
        ]
    return "\n".join(lines)


def _words(plain: Any) -> str:
    if isinstance(plain, dict):
        if "display" in plain:
            return str(plain["display"])
        return "".join(
            _words(plain[key])
            for key in ("text", "runs", "caption", "header", "rows", "footer")
            if key in plain
        )
    if isinstance(plain, list):
        return "".join(_words(part) for part in plain)
    return str(plain)


# ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────


def _deliver(edition: Edition, request: HttpRequest) -> None:
    try:
        day: date = parse_roc(request.POST.get("day", ""))
    except RocError as error:
        raise Refused(str(error)) from None
    editions.deliver(edition, _user(request), request.POST.get("letter", ""), day)


def _kept_without(edition: Edition, step: SignOff.Step) -> list[str]:
    signed = editions.in_force(edition)
    return [key for key in editions.kept_sections() if (key, step) not in signed]


STEPS: dict[str, Callable[[Edition, HttpRequest], Any]] = {
    "begin": lambda edition, request: editions.begin(edition, _user(request)),
    "submit": lambda edition, request: editions.submit(
        edition, _user(request), [request.POST.get("section", "")]
    ),
    "submit_all": lambda edition, request: editions.submit(
        edition, _user(request), _kept_without(edition, Step.SUBMIT)
    ),
    "review": lambda edition, request: editions.review(
        edition, _user(request), [request.POST.get("section", "")]
    ),
    "review_all": lambda edition, request: editions.review(
        edition, _user(request), _kept_without(edition, Step.REVIEW)
    ),
    "send_back": lambda edition, request: editions.send_back(
        edition, _user(request), request.POST.get("section", ""), request.POST.get("reason", "")
    ),
    "remark": lambda edition, request: editions.remark(
        edition,
        _user(request),
        request.POST.get("section", ""),
        request.POST.get("text", ""),
        request.POST.get("figure", ""),
    ),
    "explain": lambda edition, request: editions.explain(
        edition, _user(request), request.POST.get("check", ""), request.POST.get("text", "")
    ),
    "check": lambda edition, request: editions.check(edition, _user(request)),
    "approve": lambda edition, request: editions.approve(edition, _user(request)),
    "freeze": lambda edition, request: freezing.freeze(edition, _user(request)),
    "deliver": _deliver,
    "correct": lambda edition, request: editions.correct(
        edition,
        _user(request),
        request.POST.get("section", ""),
        request.POST.get("text", ""),
        text_en=request.POST.get("text_en", ""),
    ),
}


@login_required
@require_POST
def take_step(request: HttpRequest, period: str, number: int) -> HttpResponseBase:
    """One step of an edition; a refusal comes back as a sentence on the page one came from, with what was
    typed.
    """
    edition = edition_or_404(period_or_404(period), number)
    if not may_see_drafts(request.user):
        raise Http404(_("沒有這個版本。"))
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise Http404(_("沒有這個步驟。"))
    here = request.POST.get("next", "")
    back = here if here.startswith(edition_address(edition)) else edition_address(edition, "report:desk")
    try:
        step(edition, request)
    except (Refused, LookupError) as error:
        context = {
            **nav.frame(request),
            "heading": _("未能完成"),
            "crumbs": crumbs(edition.days, edition, _("未能完成")),
            "sentence": str(error),
            "back": back,
            "typed": [
                (name, request.POST[name])
                for name in ("text", "text_en", "reason", "letter", "day")
                if request.POST.get(name)
            ],
        }
        return render_page(request, "report/refused.html", context, status=422)
    messages.success(request, _("已完成。"))
    return HttpResponseRedirect(back)
