"""The counter's pages: home, search, the pages of a form, following a case."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.kernel import limits
from yankao.kernel.language import keep_language
from yankao.kernel.people.geography import city
from yankao.kernel.rooms import rooms
from yankao.kernel.rules.values import Seed, declare

from . import drafts
from .dangers import Danger, danger_in
from .drafts import Draft
from .journey import Answer, Journey, Page, Sent, kept, said, typed, words_of
from .offers import Hit, asked, journeys

BEGUN = declare("counter.begun", int, gettext_lazy("同一瀏覽器每小時填表上限"), Seed("60"))
"""Each form is sent once, so that counting beginnings counts what is sent."""
BEGUN_FROM = declare("counter.begun_from", int, gettext_lazy("同一網路位址每小時填表上限"), Seed("3000"))
"""Against floods only: the telephones of one carrier share an address."""
LONGEST = 80
"""So many letters of a search are read."""


def english() -> bool:
    return (get_language() or "").startswith("en")


def drawn(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page in the citizens' frame."""
    told = city()
    frame = {"city": told.name_en if english() else told.name, "following": reverse("counter:follow")}
    return render(request, template, {**frame, **context}, status=status)


def called(danger: Danger) -> str:
    """What a danger is called in the reader's language."""
    return danger.name_en if english() else danger.name


# ── The first page and the search ───────────────────────────────────────────────────────────────────


def _links(*named: tuple[Any, str]) -> list[tuple[str, str]]:
    found = []
    for label, name in named:
        try:
            found.append((str(label), reverse(name)))
        except NoReverseMatch:
            continue
    return found


def read() -> list[tuple[str, list[tuple[str, str]]]]:
    """What anybody may read: the council report and the public pages of the rooms, in groups."""
    pages = [
        link
        for room in rooms()
        for action in getattr(getattr(room.parts.get("screens"), "screens", None), "public", ())
        for link in _links((action.label, action.url_name))
    ]
    groups = [
        (_("報告"), _links((_("議會施政報告"), "report:home"), (_("統計數字"), "report:figures"))),
        # Whoever holds a certificate in the hand finds here where to check it.
        (_("公開登錄"), [*pages, *_links((_("開放資料"), "open_data"), (_("證書驗證"), "desk:verify"))]),
    ]
    return [group for group in groups if group[1]]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What do you need? One search box, the ways in, what is public."""
    context = {
        "heading": _("有什麼需要？"),
        "journeys": list(journeys().values()),
        "groups": read(),
        "maps": _links((_("通報與處理地圖"), "petitions_counter:map")),
        "sign_in": _links((_("機關人員登入"), "account_login")),
    }
    return drawn(request, "counter/home.html", context)


def found(words: str) -> list[Hit]:
    """What rooms answer, and the forms that fit; what one can do stands before what one can read."""
    plain = words.casefold()
    fitting = [
        Hit(str(one.title), reverse("counter:start", args=[one.name]), str(one.lead), service=True)
        for one in journeys().values()
        if any(word in plain or plain in word for word in (*one.words.split("|"), str(one.title).casefold()))
    ]
    hits = [*fitting, *(hit for answer in asked.tell(words) for hit in answer)]
    once = list({hit.href: hit for hit in hits}.values())
    return sorted(once, key=lambda hit: not hit.service)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What there is to the words; words of danger come before everything."""
    words = " ".join(request.GET.get("q", "").split())[:LONGEST]
    danger = danger_in(words)
    context = {
        "heading": _("搜尋結果"),
        "q": words,
        "danger": danger,
        "danger_name": called(danger) if danger else "",
        "hits": found(words) if words else [],
        "journeys": list(journeys().values()),
    }
    return drawn(request, "counter/search.html", context)


# ── A form, page by page ────────────────────────────────────────────────────────────────────────────


def _journey(name: str) -> Journey:
    one = journeys().get(name)
    if one is None:
        raise Http404
    return one


def _at(journey: Journey, page: str = "") -> str:
    return reverse("counter:page", args=[journey.name, page]) if page else _begin(journey)


def _begin(journey: Journey) -> str:
    return reverse("counter:start", args=[journey.name])


def _go(address: str) -> HttpResponse:
    """On with a GET: going back and reloading send nothing again."""
    return HttpResponseRedirect(address, status=303)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, journey: str) -> HttpResponse:
    """What the form is for and what will be asked; a POST begins it. One under way in this browser is thrown
    away only by who says so: it may stand open on another page of it.
    """
    one = _journey(journey)
    if request.method == "POST":
        if (other := _under_way(request, one)) is not None:
            if "anew" not in request.POST:
                return _start(request, one, other, 409)
            drafts.forget(other)
        counts = _beginnings(request)
        if not limits.left(*counts):
            return _too_often(request, one)
        draft = drafts.begin()
        for name in request.POST:
            if name in one.words_taken:
                draft.about[name] = request.POST[name][:40]
        drafts.save(draft, one.name)
        limits.count(*counts)  # what failed before was not begun
        return drafts.hand_out(_go(_at(one, one.pages[0].name)), draft, one.name, _begin(one))
    return _start(request, one, _under_way(request, one))


def _under_way(request: HttpRequest, journey: Journey) -> Draft | None:
    """What this browser has begun to fill in and not sent."""
    draft = drafts.find(request, journey.name)
    return draft if draft and (draft.answers or draft.about.get("typed")) and not draft.sent else None


def _start(
    request: HttpRequest, journey: Journey, under_way: Draft | None, status: int = 200
) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    goes_on = ""
    if under_way is not None:
        missing = journey.missing(under_way)
        goes_on = _at(journey, missing.name) if missing else reverse("counter:check", args=[journey.name])
    context = {
        "heading": journey.title,
        "journey": journey,
        "under_way": goes_on,
        "taken": {name: given[name][:40] for name in journey.words_taken if name in given},
        "notice": journey.notice(),
    }
    return drawn(request, "counter/start.html", context, status)


def _beginnings(request: HttpRequest) -> tuple[limits.Count, limits.Count]:
    today = timezone.localdate()
    return (
        ("counter.begun", limits.browser_of(request), BEGUN.at(today)),
        ("counter.begun_from", limits.caller_of(request), BEGUN_FROM.at(today)),
    )


def _too_often(request: HttpRequest, journey: Journey) -> HttpResponse:
    context = {"heading": _("請稍後再試"), "journey": journey}
    return drawn(request, "counter/later.html", context, 429)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, journey: str, page: str) -> HttpResponse:
    """One question. An answer that will not do comes back as it was typed."""
    one = _journey(journey)
    asked_for = one.page(page)
    if asked_for is None:
        raise Http404
    draft = drafts.find(request, one.name)
    if draft is None:
        return _expired(request, one) if request.method == "POST" else _go(_begin(one))
    if _of_another(request, draft):
        return _replaced(request, one, draft, asked_for)
    if draft.sent:
        return _go(reverse("counter:done", args=[one.name]))
    missing = one.missing(draft)
    if not asked_for.shown(draft) or _too_early(one, draft, asked_for, missing):
        return _go(_at(one, missing.name) if missing else reverse("counter:check", args=[one.name]))
    kind = asked_for.form(draft)
    if request.method != "POST":
        return _page(request, one, asked_for, draft, kind(initial=draft.filled(page)))
    form = kind(request.POST, request.FILES)
    if "language" in request.POST:
        draft.keep_typed(page, typed(form))
        drafts.save(draft, one.name)
        response = _go(_at(one, page))
        keep_language(request, response)
        return response
    if asked_for.act is not None and asked_for.act(draft, request.POST):
        draft.keep_typed(page, typed(form))
        drafts.save(draft, one.name)
        return _go(f"{_at(one, page)}#act")
    if not form.is_valid():
        return _page(request, one, asked_for, draft, form, 422)
    draft.answers[page] = kept(form.cleaned_data)
    draft.about.pop("typed", None)
    if asked_for.after is not None:
        asked_for.after(draft, form)
    text = " ".join(str(form.cleaned_data.get(name) or "") for name in asked_for.watched)
    danger = danger_in(text) if text and not draft.about.get("calm") else None
    drafts.save(draft, one.name)
    if danger is not None:
        return _go(reverse("counter:danger", args=[one.name]))
    return _go(_onward(one, draft, asked_for))


def _too_early(journey: Journey, draft: Draft, page: Page, missing: Page | None) -> bool:
    """Whether the address was typed ahead of the questions that come first."""
    if missing is None or page not in journey.pages:
        return False
    return journey.pages.index(page) > journey.pages.index(missing)


def _onward(journey: Journey, draft: Draft, page: Page) -> str:
    """To the next question; back to the check when it was a change of one answer."""
    if journey.missing(draft) is None:
        return reverse("counter:check", args=[journey.name])
    later = journey.next_of(draft, page)
    return _at(journey, later.name) if later else reverse("counter:check", args=[journey.name])


def _page(
    request: HttpRequest, journey: Journey, page: Page, draft: Draft, form: Any, status: int = 200
) -> HttpResponse:
    shown = journey.shown(draft)
    before = journey.before(draft, page)
    back = _at(journey, before.name) if before else _begin(journey)
    if journey.missing(draft) is None:
        back = reverse("counter:check", args=[journey.name])
    context = {
        "heading": page.title,
        "lead": page.lead,
        "journey": journey,
        "page": page,
        "form": form,
        "draft": draft,
        "back": back,
        "typing": "question",
        "step": shown.index(page) + 1,
        "of": len(shown),
        **page.context(draft),
    }
    return drawn(request, page.template, context, status)


def _of_another(request: HttpRequest, draft: Draft) -> bool:
    """Whether what is sent comes from a page of a form that another has taken the place of: it must not land
    in that one. Every page says to which form it belongs.
    """
    return request.method == "POST" and request.POST.get("draft", draft.mark) != draft.mark


def _replaced(request: HttpRequest, journey: Journey, draft: Draft, page: Page | None = None) -> HttpResponse:
    """The page of a form that is no more; what was written on it can be read and copied."""
    form = page.form(draft)(request.POST, request.FILES) if page else None
    written = [
        Answer(str(one.label), words)
        for one in (form.visible_fields() if form else [])
        if not one.field.widget.needs_multipart_form and (words := words_of(one.field, one.data))
    ]
    context = {
        "heading": _("這一頁屬於先前的表單"),
        "journey": journey,
        "goes_on": _at(journey, (journey.missing(draft) or journey.pages[0]).name),
        "written": written,
    }
    return drawn(request, "counter/replaced.html", context, 409)


def _expired(request: HttpRequest, journey: Journey) -> HttpResponse:
    context = {"heading": _("這張表單已經過期"), "journey": journey}
    return drawn(request, "counter/expired.html", context, 410)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def danger(request: HttpRequest, journey: str) -> HttpResponse:
    """Whoever wrote a word of danger is told to call first, once."""
    one = _journey(journey)
    draft = drafts.find(request, one.name)
    if draft is None:
        return _go(_begin(one))
    if request.method == "POST":
        draft.about["calm"] = True
        drafts.save(draft, one.name)
        missing = one.missing(draft)
        return _go(_at(one, missing.name) if missing else reverse("counter:check", args=[one.name]))
    text = " ".join(str(draft.get(page.name, name)) for page in one.shown(draft) for name in page.watched)
    told = danger_in(text)
    if told is None:
        return _go(reverse("counter:check", args=[one.name]))
    context = {"heading": _("現在有危險嗎？"), "journey": one, "danger": told, "danger_name": called(told)}
    return drawn(request, "counter/danger.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, journey: str) -> HttpResponse:
    """Check your answers, and send them: once, however often the button is pressed."""
    one = _journey(journey)
    draft = drafts.find(request, one.name)
    if draft is None:
        return _expired(request, one) if request.method == "POST" else _go(_begin(one))
    if _of_another(request, draft):
        return _replaced(request, one, draft)
    if draft.sent:
        return _go(reverse("counter:done", args=[one.name]))
    if (missing := one.missing(draft)) is not None:
        return _go(_at(one, missing.name))
    if request.method != "POST":
        return _check(request, one, draft)

    def keep(told: Sent) -> None:
        draft.sent = asdict(told) | {"lines": list(told.lines)}
        draft.answers, draft.about = {}, {}
        drafts.save(draft, one.name)

    try:
        one.submit(draft, get_language() or "zh-hant", keep)
    except ValidationError as fault:
        return _check(request, one, draft, fault.messages, 422)
    return _go(reverse("counter:done", args=[one.name]))


def _check(
    request: HttpRequest, journey: Journey, draft: Draft, faults: list[str] | None = None, status: int = 200
) -> HttpResponse:
    shown = journey.shown(draft)
    context = {
        "heading": _("送出前請確認"),
        "journey": journey,
        "parts": [(page, _at(journey, page.name), said(page, draft)) for page in shown],
        "draft": draft,
        "readers": journey.readers(draft),
        "faults": faults or [],
        "back": _at(journey, shown[-1].name),
    }
    return drawn(request, "counter/check.html", context, status)


@never_cache
@require_safe
def done(request: HttpRequest, journey: str) -> HttpResponse:
    """The number and the access code, and what happens next."""
    one = _journey(journey)
    draft = drafts.find(request, one.name)
    if draft is None or not draft.sent:
        return _go(_begin(one))
    context = {"heading": draft.sent["title"] or _("已收到，謝謝您"), "journey": one, "sent": draft.sent}
    return drawn(request, "counter/done.html", context)


@cache
def _push_script() -> str:
    return (Path(__file__).parent / "static" / "counter" / "push.js").read_text("utf-8")


@require_safe
def push_script(request: HttpRequest) -> HttpResponse:
    """The script that shows what is pushed; it stands where its scope begins."""
    response = HttpResponse(_push_script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_POST
def discard(request: HttpRequest, journey: str) -> HttpResponse:
    """Throw away what was filled in."""
    one = _journey(journey)
    if draft := drafts.find(request, one.name):
        if _of_another(request, draft):
            return _replaced(request, one, draft)
        drafts.forget(draft)
    response = _go(reverse("counter:home"))
    response.delete_cookie(drafts.COOKIE + one.name, path=_begin(one))
    return response
