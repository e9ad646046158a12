"""CSV and ODS of exactly the list shown: same query, same columns, same rows, read through without keeping
them in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import batched
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yankao.kernel.audit import ledger
from yankao.kernel.sheets import Cell, write_csv, write_ods

from . import reference
from .columns import OFFICER, Ground
from .lists import CaseList, refuse_faults, room_list, room_or_404
from .worklist import work_list

CHUNK = 2000
TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}


def exported_rows(case_list: CaseList) -> Iterator[list[Cell]]:
    """Every row of the list in its order, as typed cells."""
    ground, bound = Ground(case_list.scope.now), case_list.layout.bound_plain()
    for stretch in case_list.pages.stretches(case_list.cases, None):
        values = stretch.values_list(*case_list.layout.lookups).iterator(chunk_size=CHUNK)
        for chunk in batched(values, CHUNK, strict=False):
            ground.people = reference.people({row[OFFICER] for row in chunk})
            for row in chunk:
                yield case_list.layout.plain(row, ground, bound)


def _in_language(rows: Iterator[list[Cell]], language: str | None) -> Iterator[list[Cell]]:
    """The rows as the reader reads the page: a stream outlives the request that chose the language."""
    while True:
        with override(language):
            try:
                row = next(rows)
            except StopIteration:
                return
        yield row


def export(case_list: CaseList, title: str, form: str) -> HttpResponseBase:
    """The file of a list; who took it and with which conditions is noted in the ledger."""
    if form not in TYPES:
        raise Http404
    refuse_faults(case_list.filters)
    room = case_list.room.name if case_list.room else "work"
    ledger.note("export", f"list:{room}", case_list.request.user, query=case_list.query, form=form)  # type: ignore[arg-type]
    return given(form, title, case_list.layout.heads(), exported_rows(case_list))


def given(form: str, title: str, heads: Sequence[Cell], rows: Iterator[list[Cell]]) -> HttpResponseBase:
    """A table as a file named after it; CSV goes out as its rows are read. 404 for an unknown form."""
    if form not in TYPES:
        raise Http404(_("沒有這種格式。"))
    name = f"{title}-{timezone.localtime():%Y%m%d-%H%M}.{form}"
    response: HttpResponseBase
    if form == "csv":
        lines = write_csv(heads, _in_language(rows, get_language()))
        response = StreamingHttpResponse(lines, content_type=TYPES[form])
    else:
        response = HttpResponse(write_ods(heads, rows, title), content_type=TYPES[form])
    response["Content-Disposition"] = f"attachment; filename=\"list.{form}\"; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_GET
def export_list(request: HttpRequest, room: str, form: str) -> HttpResponseBase:
    """`/rooms/<room>/export.csv` with the list's own parameters."""
    found = room_or_404(room, request.user)
    return export(room_list(request, found), found.title, form)


@login_required
@require_GET
def export_work(request: HttpRequest, form: str) -> HttpResponseBase:
    """`/work/export.csv` with the work list's own parameters."""
    case_list, _tab = work_list(request)
    return export(case_list, _("我的待辦"), form)
