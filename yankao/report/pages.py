"""閱讀頁 The report as it is read: paper, contents, checks beside it, comparison with the edition before,
files to take away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from markupsafe import Markup

from yankao.desk import nav
from yankao.desk.jinja import english, format_date, format_time
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag
from yankao.kernel.period import Period, PeriodError, roc_text

from . import api
from .access import may_review, may_see_drafts, may_write
from .building import Built
from .document.html import render_html
from .document.model import Heading, Language, fact_runs
from .document.numbering import heading_label
from .editions import built_of, draft, editions_of
from .figure_pages import asked_period, refused
from .models import Edition
from .public import for_public

_FIGURE = re.compile(r'<a class="fig" href="([^"]*)" data-fact="([^"]*)">')


def language_of(request: HttpRequest) -> Language:
    """The language of the report: asked for in the address, else that of the reader."""
    asked = request.GET.get("language", "")
    if asked in ("en", "zh-hant"):
        return "en" if asked == "en" else "zh-hant"
    return "en" if english() else "zh-hant"


def period_or_404(code: str) -> Period:
    try:
        return Period.parse(code)
    except PeriodError as error:
        raise Http404(str(error)) from None


def edition_or_404(period: Period, number: int) -> Edition:
    found = (
        Edition.objects.filter(period=period.code, number=number).select_related("agency", "session").first()
    )
    if found is None:
        raise Http404(_("沒有這個版本。"))
    return found


def edition_address(edition: Edition, view: str = "report:edition", **more: Any) -> str:
    return reverse(view, kwargs={"period": edition.period, "number": edition.number, **more})


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def live(request: HttpRequest, period: str) -> HttpResponseBase:
    """`/report/101H1/`: the report from the records of now."""
    if answer := refused(request, None):
        return answer
    found = period_or_404(period)
    language = language_of(request)
    return _page(request, api.build_both(found), found, language, None)


@require_safe
def edition_page(request: HttpRequest, period: str, number: int) -> HttpResponseBase:
    """`/report/101H1/2/`: an edition, as it stands or as it was frozen."""
    edition = edition_or_404(period_or_404(period), number)
    if answer := refused(request, edition):
        return answer
    language = language_of(request)
    both = {language: built_of(edition, language)} if edition.frozen else draft(edition)
    return _page(request, both, edition.days, language, edition)


def _page(
    request: HttpRequest,
    both: Mapping[Language, Built],
    period: Period,
    language: Language,
    edition: Edition | None,
) -> HttpResponseBase:
    from .beside import beside  # noqa: PLC0415  (the checks read the pages' addresses)

    built = both[language]
    inside = may_see_drafts(request.user)
    council = request.GET.get("mode") == "council"
    shown = for_public(built) if council or not inside else built
    notes = beside(both, period, edition) if inside and not council else None
    drifted = notes.drifted if notes else frozenset[str]()
    total = sum(1 for _run in fact_runs(shown.report))
    other: Language = "zh-hant" if language == "en" else "en"
    context = {
        **nav.frame(request),
        "nav": [],  # the contents of the report stand where the menu would
        "heading": shown.report.title,
        "paper": paper(shown, drifted),
        "toc_title": _("目錄"),
        "toc": contents(shown),
        "stamp": stamp(edition),
        "traced": _("可追溯數字%(n)s/%(n)s") % {"n": total},
        "version": _("第%(n)s版") % {"n": edition.number} if edition else _("即時產製"),
        "made": _("定稿於%(time)s") % {"time": format_time(edition.frozen_at)}
        if edition and edition.frozen
        else "",
        "delivered": _("%(day)s送議會，%(letter)s")
        % {"day": format_date(edition.delivered_on), "letter": edition.letter_no}
        if edition and edition.delivered_on
        else "",
        "other_language": ("English" if other == "en" else "中文", f"{request.path}?language={other}", other),
        "files": files(period, edition, language),
        "notes": notes,
        "links": [] if council else links(request, period, edition),
        "mode": (_("工作檢視"), request.path) if council else (_("議會閱讀"), f"{request.path}?mode=council"),
        "inside": inside,
        "editions": [
            (
                Link(_("第%(n)s版") % {"n": one.number}, edition_address(one), None, one == edition),
                one.get_state_display(),
            )
            for one in editions_of(period)
            if inside or one.public
        ],
        "live": reverse("report:live", args=[period.code]) if inside else "",
        "errata": list(edition.errata.all()) if edition else [],
        "edition": edition,
        "crumbs": [
            Link(_("議會施政報告"), reverse("report:home")),
            Link(roc_text(period, "en" if english() else "zh"), ""),
        ],
    }
    return render_page(request, "report/read.html", context)


def paper(built: Built, drifted: frozenset[str] = frozenset()) -> Markup:
    """The paper with figures that open where they stand; those that drifted after freezing carry the mark."""
    told = Markup('<span class="vh">{}</span>').format(_("（鎖定後資料有異動）"))

    def opened(found: re.Match[str]) -> str:
        warn = found[2] in drifted
        return (
            f'<a class="fig{" warn" if warn else ""}" href="{found[1]}" data-fact="{found[2]}" data-figure'
            f' aria-haspopup="dialog">{told if warn else ""}'
        )

    return Markup(_FIGURE.sub(opened, render_html(built.report, built.facts)))  # noqa: S704 - the renderer escapes


def contents(built: Built) -> list[tuple[Link, list[Link]]]:
    """The parts with their sections; third-level headings stay on the paper."""
    found: list[tuple[Link, list[Link]]] = []
    language = built.report.language
    for chapter in built.report.chapters:
        for block in chapter.blocks:
            if not isinstance(block, Heading) or block.level > 2:
                continue
            link = Link(heading_label(block, language) + block.text, f"#{block.anchor}")
            if block.level == 1:
                found.append((link, []))
            else:
                found[-1][1].append(link)
    return found


def stamp(edition: Edition | None) -> Tag:
    """草稿 or 定稿 with the state in words."""
    if edition is None:
        return Tag(_("草稿"), "amber", "plain")
    if edition.frozen:
        return Tag(f"{_('定稿')}　{edition.get_state_display()}", "green", "plain")
    return Tag(f"{_('草稿')}　{edition.get_state_display()}", "amber", "plain")


def files(period: Period, edition: Edition | None, language: Language) -> list[Link]:
    """The files of the report: ODT, PDF, HTML, facts, package."""
    words = {"odt": "ODT", "pdf": "PDF", "html": "HTML", "json": "facts.json", "zip": _("資料包（ZIP）")}
    found = []
    for form, word in words.items():
        if edition:
            address = edition_address(edition, "report:edition_file", form=form)
        else:
            address = reverse("report:live_file", args=[period.code, form])
        found.append(Link(word, f"{address}?language={language}", icon="download"))
    return found


def links(request: HttpRequest, period: Period, edition: Edition | None) -> list[Link]:
    """What may be done from here: write, check, compare, freeze."""
    found = []
    if edition is None:
        if may_write(request.user):
            found.append(Link(_("建立版本"), reverse("report:open", args=[period.code])))
        found.append(Link(_("檢核"), reverse("report:checks", args=[period.code])))
        return found
    if may_write(request.user) or may_review(request.user):
        found.append(Link(_("撰寫與簽核"), edition_address(edition, "report:desk")))
    if may_see_drafts(request.user):
        found.append(Link(_("檢核"), edition_address(edition, "report:edition_checks")))
        if edition.frozen:
            found.append(Link(_("定稿後異動"), edition_address(edition, "report:drift")))
    found.append(Link(_("與上期比較"), edition_address(edition, "report:compare")))
    return found


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def live_file(request: HttpRequest, period: str, form: str) -> HttpResponseBase:
    """A file of the live report."""
    if answer := refused(request, None):
        return answer
    found = period_or_404(period)
    return _file(api.build(found, language_of(request)), form, f"{found.code}-draft")


@require_safe
def edition_file(request: HttpRequest, period: str, number: int, form: str) -> HttpResponseBase:
    """A file of an edition; of a frozen one the same bytes at any time."""
    edition = edition_or_404(period_or_404(period), number)
    if answer := refused(request, edition):
        return answer
    built = built_of(edition, language_of(request))
    if not may_see_drafts(request.user):
        built = for_public(built)
    return _file(built, form, f"{edition.period}-v{edition.number}")


def _file(built: Built, form: str, name: str) -> HttpResponse:
    if form not in api.FORMATS:
        raise Http404(_("沒有這種格式。"))
    response = HttpResponse(api.render(built, form), content_type=api.TYPES[form])
    language = "en" if built.report.language == "en" else "zh"
    response["Content-Disposition"] = f'attachment; filename="report-{name}-{language}.{form}"'
    response["Cache-Control"] = "private, no-store"
    return response


# ── All reports ───────────────────────────────────────────────────────────────────────────────────────


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """`/report/`: the editions by period, and the way to a live report."""
    inside = may_see_drafts(request.user)
    listed = Edition.objects.select_related("session", "agency").order_by("-as_of", "-number")
    editions = [one for one in listed if inside or one.public]
    period = asked_period(request)
    if inside and request.GET.get("period"):
        period = period_or_404(request.GET["period"])
    context: Mapping[str, Any] = {
        **nav.frame(request),
        "heading": _("議會施政報告"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("議會施政報告"), "")],
        "rows": [
            {
                "href": edition_address(one),
                "period": roc_text(one.days, "en" if english() else "zh", "name"),
                "number": one.number,
                "state": stamp(one),
                "session": (one.session.name_en or one.session.name)
                if one.session and english()
                else (one.session.name if one.session else ""),
                "day": format_date(one.as_of),
            }
            for one in editions
        ],
        "live": reverse("report:live", args=[period.code]) if inside else "",
        "live_words": roc_text(period, "en" if english() else "zh", "name"),
        "period": period.code,
        "inside": inside,
    }
    return render_page(request, "report/home.html", context)
