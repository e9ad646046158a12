"""評分表 Score sheets on paper: the reviewer's own, blank or filled in, and those of a round for its meeting.

They are put together when asked for and kept nowhere: no register tells of them. Code words and titles stand
in them, of the reviewers only that there are a first and a second.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yankao.kernel.letters.declare import Column, Content, Table
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.letters.odt import render_odt
from yankao.kernel.letters.paper import paper
from yankao.kernel.letters.pdf import render_pdf
from yankao.kernel.letters.text import Block, Head, Para
from yankao.kernel.people.agencies import commission
from yankao.kernel.review import rounds as way
from yankao.kernel.review.models import Assignment, Round

TYPES = {"odt": "application/vnd.oasis.opendocument.text", "pdf": "application/pdf"}


def given(form: str, name: str, title: str, blocks: list[Block]) -> HttpResponse:
    """The blocks on the commission's paper as a download."""
    if form not in TYPES:
        raise Http404(_("沒有這種格式。"))
    today = timezone.localdate()
    language = "en" if get_language() == "en" else "zh-hant"
    made = paper(
        Kind.FORM, title, Content(), blocks, agency=commission(today), language=language, dated=today,
        number="", corner=(), signer="",
    )  # fmt: skip
    data = render_odt(made) if form == "odt" else render_pdf(made)
    response = HttpResponse(data, content_type=TYPES[form])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{form}"
    response["Cache-Control"] = "private, no-store"
    return response


def _score(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def own_sheet(one: Assignment, form: str) -> HttpResponse:
    """評分表 Of one assignment, with the marks kept so far; blank ones are filled in by hand."""
    sheet = one.sheet
    kept = dict(one.marks.values_list("criterion", "score"))
    criteria = way.reviewing_of(sheet.round).criteria_on(sheet.round.opens_on)
    columns = (Column(_("評審項目"), 3.0), Column(_("權重"), 0.8), Column(_("分數（0至100）"), 1.2))
    rows: list[Any] = [
        (str(c.label), f"{c.weight.normalize():f}%", _score(kept.get(c.code))) for c in criteria
    ]
    rows.append((_("總分"), "100%", _score(one.total)))
    blocks: list[Block] = [
        Head(f"{sheet.code}　{sheet.title}"), Para(sheet.round.title), Table(columns, rows),
        Para(_("審查意見（公布後提供作者）：%(words)s") % {"words": one.comment}),
        Para(_("給決審會議的意見：%(words)s") % {"words": one.note}),
        Para(_("審查人簽名：")),
    ]  # fmt: skip
    return given(form, sheet.code, _("評分表"), blocks)


def round_scores(round: Round, form: str) -> HttpResponse:
    """評分彙整表 Every sheet with its marks, reviewer by reviewer without names, in the order of the rank."""
    criteria = way.reviewing_of(round).criteria_on(round.opens_on)
    lines = way.table(round)
    sheets = [line.sheet.pk for line in lines]
    scored: dict[int, list[Assignment]] = defaultdict(list)
    rows = Assignment.objects.filter(sheet__in=sheets, recused_on=None, scored_on__isnull=False)
    for one in rows.prefetch_related("marks").order_by("extra", "key"):
        scored[one.sheet_id].append(one)
    columns = (
        Column(_("審查人"), 1.0), *(Column(str(c.label), 1.6, "number") for c in criteria),
        Column(_("總分"), 0.8, "number"),
    )  # fmt: skip
    blocks: list[Block] = []
    for line in lines:
        marks = []
        for at, one in enumerate(scored[line.sheet.pk], 1):
            kept = {mark.criterion: mark.score for mark in one.marks.all()}
            who = _("審查人%(n)s") % {"n": at} + (_("（加審）") if one.extra else "")
            marks.append((who, *(_score(kept.get(c.code)) for c in criteria), _score(one.total)))
        blocks.append(Head(f"{line.sheet.code}　{line.sheet.title}"))
        told = {"rank": line.rank or "—", "mean": _score(line.result) or "—", "spread": _score(line.spread)}
        blocks.append(Para(_("名次%(rank)s，平均%(mean)s，差距%(spread)s") % told))
        blocks.append(Table(columns, marks) if marks else Para(_("尚未評分。")))
    title = _("%(title)s評分彙整表") % {"title": round.title}
    return given(form, title, title, blocks or [Para(_("本梯次沒有送審件。"))])
