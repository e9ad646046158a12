"""名冊頁 The public pages of a register from one declaration: list with search, an entry at its permanent
address, CSV and JSON (functional spec D19). Nobody needs to sign in; a personal column is in none of them.

    NAMES = Register(room="english", title=_("英語譯名"), rows=..., day="approved_on", fields=(...), ...)
    public_urlpatterns = NAMES.urls()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path, re_path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.kernel.limits import within_files
from yankao.kernel.register.open_data import Field, csv_of, json_of, public
from yankao.kernel.register.pages import BadCursor, page

from . import nav
from .jinja import format_date, format_short_date
from .pages import render_page
from .parts import Column, Group, Link, Row, Tag
from .screens import Filter

MOST = 80
"""So many letters of a search are read."""
CHUNK = 500


@dataclass(frozen=True)
class Register:
    """One public register. `rows()` is everything anybody may read, ready to be shown; `day` its column of
    dates, latest first.

    `columns` are the names of the fields in the list, the first being what an entry is called; `tag` says how
    an entry stands; `search` gives the condition for one word. `above` is a template between search and list,
    `around` what it is given.
    """

    room: str
    title: Any
    lead: Any
    rows: Callable[[], QuerySet[Any]]
    day: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    search: Callable[[str], Q]
    filters: tuple[Filter, ...] = ()
    tag: Callable[[Any], Tag] | None = None
    more: Callable[[Any], dict[str, Any]] = lambda row: {}
    template: str = "yk/register_entry.html"
    above: str = ""
    around: Callable[[], dict[str, Any]] = dict
    links: Callable[[], Sequence[Link]] = tuple

    def urls(self) -> list[URLPattern]:
        """Addresses for the room's `public_urlpatterns`: `list`, `entry` and `open_data`."""
        return [
            path("", self.show, name="list"),
            re_path(r"^open-data\.(?P<form>csv|json)$", self.open_data, name="open_data"),
            path("<int:pk>/", self.entry, name="entry"),
        ]

    def _named(self, name: str) -> Field:
        return next(one for one in public(self.fields) if one.name == name)

    def _at(self, view: str, *args: Any) -> str:
        return reverse(f"{self.room}_public:{view}", args=args)

    def asked(self, request: HttpRequest) -> tuple[Q, dict[str, str]]:
        """The search of the address, and what of it was understood."""
        words = request.GET.get("q", "").strip()[:MOST]
        where, query = Q(), {"q": words} if words else {}
        for word in words.split():
            where &= self.search(word)
        for one in self.filters:
            code = request.GET.get(one.name, "").strip()[:MOST]
            if code and one.choices and code in {str(value) for value, _label in one.choices(None)}:
                where &= Q(**{one.lookup: code})
                query[one.name] = code
        return where, query

    def _row(self, row: Any) -> Row:
        cells: list[Any] = [_shown(self._named(name).value(row)) for name in self.columns]
        return Row(str(row.pk), self._at("entry", row.pk), [*cells, *([self.tag(row)] if self.tag else [])])

    @method_decorator(require_safe)
    def show(self, request: HttpRequest) -> HttpResponseBase:
        """The register, latest entries first."""
        where, query = self.asked(request)
        try:
            found = page(
                self.rows().filter(where),
                self.day,
                older=request.GET.get("older", ""),
                newer=request.GET.get("newer", ""),
            )
        except BadCursor:
            raise Http404 from None
        place = self._at("list")
        heads = [
            Column(str(self._named(name).label), "text" if at else "subject")
            for at, name in enumerate(self.columns)
        ]
        context = {
            **nav.frame(request),
            "heading": str(self.title),
            "lead": str(self.lead),
            "above": self.above,
            **self.around(),
            "links": self.links(),
            "columns": [*heads, *([Column(_("狀態"), "tag")] if self.tag else [])],
            "groups": [Group("", [self._row(row) for row in found.rows])],
            "empty": not found.rows,
            "query": query,
            "filters": [
                (one.name, one.label, [(str(v), label) for v, label in one.choices(None)])
                for one in self.filters
                if one.choices
            ],
            "files": [
                Link(form.upper(), f"{self._at('open_data', form)}?{urlencode(query)}".rstrip("?"))
                for form in ("csv", "json")
            ],
            "newer": f"{place}?{urlencode({**query, 'newer': found.newer})}" if found.newer else "",
            "older": f"{place}?{urlencode({**query, 'older': found.older})}" if found.older else "",
            "shown": _("本頁%(n)s筆") % {"n": len(found.rows)},
            "place": place,
        }
        return render_page(request, "yk/register.html", context)

    @method_decorator(require_safe)
    def entry(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """One entry at its permanent address."""
        row = self.rows().filter(pk=pk).first()
        if row is None:
            raise Http404
        facts = [(str(one.label), _shown(one.value(row), long=True)) for one in public(self.fields)]
        context = {
            **nav.frame(request),
            "heading": _shown(self._named(self.columns[0]).value(row)),
            "title": str(self.title),
            "place": self._at("list"),
            "facts": [(label, value) for label, value in facts if value],
            "tag": self.tag(row) if self.tag else None,
            "row": row,
            **self.more(row),
        }
        return render_page(request, self.template, context)

    @method_decorator(require_safe)
    @within_files
    def open_data(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """The whole register, or what the search of the address finds, as CSV or JSON."""
        where, _query = self.asked(request)
        rows = self.rows().filter(where).order_by(f"-{self.day}", "-pk").iterator(chunk_size=CHUNK)
        if form == "csv":
            body, kind = csv_of(self.fields, rows), "text/csv; charset=utf-8"
        else:
            body, kind = json_of(str(self.title), self.fields, rows), "application/json"
        response = StreamingHttpResponse(in_language(body, get_language()), content_type=kind)
        response["Content-Disposition"] = f'attachment; filename="{self.room}.{form}"'
        response["Access-Control-Allow-Origin"] = "*"
        return response


def in_language(pieces: Iterator[bytes], language: str | None) -> Iterator[bytes]:
    """The stream as the reader reads the page: it outlives the request that chose the language."""
    while True:
        with override(language):
            try:
                piece = next(pieces)
            except StopIteration:
                return
        yield piece


def _shown(value: Any, long: bool = False) -> Any:
    if isinstance(value, date):
        return format_date(value) if long else format_short_date(value)
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "" if value is None else value if isinstance(value, str) else str(value)
