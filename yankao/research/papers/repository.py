"""研究報告庫 The public repository of awarded reports: search, likeness, permanent address, file, open data.

Nobody needs to sign in. Only what is published stands here, so nothing of a round under way can be learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk import nav
from yankao.desk.jinja import english, format_short_date
from yankao.desk.pages import render_page
from yankao.desk.parts import Column, Group, Row, Tag
from yankao.kernel.evidence.files import serve
from yankao.kernel.limits import within_files
from yankao.kernel.people.models import Agency
from yankao.kernel.register.open_data import Field, csv_of, json_of
from yankao.kernel.register.pages import BadCursor, page
from yankao.kernel.similar import Index

from . import rules
from .models import AwardGrade, Category, Paper, Papers

MOST = 80
"""So many letters of a search are read."""
LONGEST = 2000


def agency_name(agency: Agency) -> str:
    """The agency in the reader's language."""
    return agency.name_en or agency.name if english() else agency.name


def published() -> Papers:
    """Everything in the repository."""
    return Paper.objects.in_repository().select_related("case__agency", "manuscript")


# ── Likeness ────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=2)
def _index(count: int, newest: str) -> Index[int]:
    rows = Paper.objects.in_repository().values_list("pk", "case__title", "abstract")
    return Index({pk: f"{title} {abstract}" for pk, title, abstract in rows.iterator()})


def alike(text: str, besides: int = 0) -> list[tuple[Paper, int]]:
    """Published reports like the text with their likeness in percent, the most alike first.

    What is not published is not compared: a warning must not tell of reports under review.
    """
    state = Paper.objects.in_repository().aggregate(n=Count("pk"), newest=Max("published_on"), last=Max("pk"))
    index = _index(state["n"], f"{state['newest']} {state['last']}")
    least = float(rules.ALIKE.at(timezone.localdate())) / 100
    found = {pk: share for pk, share in index.near(text, least, 6) if pk != besides}
    rows = published().filter(pk__in=found)
    return sorted(((one, round(100 * found[one.pk])) for one in rows), key=lambda row: (-row[1], row[0].pk))[
        :5
    ]


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────


def _asked(request: HttpRequest) -> tuple[Q, dict[str, str]]:
    """The search of the address, and what of it was understood."""
    given = {name: request.GET.get(name, "").strip()[:MOST] for name in ("q", "grade", "category", "year")}
    where = Q()
    for word in given["q"].split():
        where &= (
            Q(case__title__icontains=word) | Q(abstract__icontains=word) | Q(abstract_en__icontains=word)
            | Q(case__agency__name__icontains=word) | Q(case__agency__name_en__icontains=word)
        )  # fmt: skip
    if given["grade"] in AwardGrade.values:
        where &= Q(grade=given["grade"])
    if given["category"] in Category.values:
        where &= Q(category=given["category"])
    if given["year"].isascii() and given["year"].isdigit() and len(given["year"]) < 4:
        where &= Q(year=int(given["year"]))
    return where, {name: text for name, text in given.items() if text}


def _row(paper: Paper, beside: str = "") -> Row:
    meta = [agency_name(paper.case.agency), paper.get_category_display()]
    return Row(
        str(paper.pk), reverse("papers_public:paper", args=[paper.pk]),
        [
            paper.case.title, str(paper.year), format_short_date(paper.published_on),
            Tag(str(paper.get_grade_display()), "green", "plain"),
        ],
        [*meta, beside] if beside else meta,
    )  # fmt: skip


def _columns() -> list[Column]:
    return [
        Column(_("題目"), "subject"),
        Column(_("年度")),
        Column(_("公開日"), "date"),
        Column(_("等第"), "tag"),
    ]


@require_safe
def show_list(request: HttpRequest) -> HttpResponseBase:
    """The repository, newest first, or what is like a text pasted into the box."""
    where, query = _asked(request)
    text = request.GET.get("like", "").strip()[:LONGEST]
    newer = older = ""
    if text:
        rows = [_row(one, _("相似度%(n)s%%") % {"n": share}) for one, share in alike(text)]
    else:
        try:
            found = page(
                published().filter(where), "published_on", older=request.GET.get("older", ""),
                newer=request.GET.get("newer", ""),
            )  # fmt: skip
        except BadCursor:
            raise Http404 from None
        rows = [_row(one) for one in found.rows]
        newer, older = (
            _address(query, **{name: mark}) if mark else ""
            for name, mark in (("newer", found.newer), ("older", found.older))
        )
    context: dict[str, Any] = {
        **nav.frame(request),
        "heading": _("市政研究報告庫"),
        "lead": _("各機關自行研究的獲獎報告；可用關鍵字搜尋，也可貼上題目與摘要尋找相近的研究。"),
        "columns": _columns(),
        "groups": [Group("", rows)],
        "empty": not rows,
        "query": query,
        "like": text,
        "grades": AwardGrade.choices,
        "categories": Category.choices,
        "newer": newer,
        "older": older,
        "shown": _("本頁%(n)s篇") % {"n": len(rows)},
        "clear": reverse("papers_public:list") if query or text else "",
    }
    return render_page(request, "papers/public_list.html", context)


def _address(query: dict[str, str], **more: str) -> str:
    return f"{reverse('papers_public:list')}?{urlencode({**query, **more})}"


def _one(pk: int) -> Paper:
    found = published().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_safe
def show_paper(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One report at its permanent address, with its authors and what is like it."""
    paper = _one(pk)
    context = {
        **nav.frame(request),
        "heading": paper.case.title,
        "paper": paper,
        "agency": agency_name(paper.case.agency),
        "authors": paper.authors.filter(submission=paper.submissions),
        "abstract": (paper.abstract_en or paper.abstract) if english() else paper.abstract,
        "file": reverse("papers_public:file", args=[pk]) if paper.file_open else "",
        "alike": [
            (one.case.title, reverse("papers_public:paper", args=[one.pk]), share)
            for one, share in alike(f"{paper.case.title} {paper.abstract}", besides=pk)
        ],
    }
    return render_page(request, "papers/public_paper.html", context)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The full text, where it is open."""
    paper = _one(pk)
    if not paper.file_open or paper.manuscript is None:
        raise Http404
    return serve(paper.manuscript, bare=True)


def public_fields(request: HttpRequest) -> tuple[Field, ...]:
    """The columns that leave the house."""

    def file(paper: Paper) -> str:
        path = reverse("papers_public:file", args=[paper.pk])
        return request.build_absolute_uri(path) if paper.file_open else ""

    return (
        Field("number", gettext_lazy("案號"), lambda one: one.case.number),
        Field("title", gettext_lazy("題目"), lambda one: one.case.title),
        Field("agency", gettext_lazy("機關"), lambda one: agency_name(one.case.agency)),
        Field("year", gettext_lazy("年度"), lambda one: one.year),
        Field("category", gettext_lazy("研究類別"), lambda one: one.get_category_display()),
        Field(
            "authors",
            gettext_lazy("作者"),
            lambda one: [a.name for a in one.authors.all() if a.submission == one.submissions],
        ),
        Field("grade", gettext_lazy("等第"), lambda one: one.get_grade_display()),
        Field("abstract", gettext_lazy("摘要"), lambda one: one.abstract),
        Field("published_on", gettext_lazy("公開日"), lambda one: one.published_on),
        Field("file", gettext_lazy("報告檔案"), file),
    )


def _all(where: Q) -> Iterator[Paper]:
    rows = published().filter(where).prefetch_related("authors").order_by("-published_on", "-pk")
    return rows.iterator(chunk_size=500)


@require_safe
@within_files
def open_data(request: HttpRequest, form: str) -> HttpResponseBase:
    """The whole repository, or what the search of the address finds, as CSV or JSON."""
    where, _query = _asked(request)
    fields = public_fields(request)
    if form == "csv":
        response = StreamingHttpResponse(csv_of(fields, _all(where)), content_type="text/csv; charset=utf-8")
    else:
        response = StreamingHttpResponse(
            json_of(_("市政研究報告庫"), fields, _all(where)), content_type="application/json"
        )
    response["Content-Disposition"] = f'attachment; filename="research-papers.{form}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response
