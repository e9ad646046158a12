"""採行追蹤 Whether agencies adopted what awarded reports suggest: a page, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk import export, nav
from yankao.desk.inputs import words_of
from yankao.desk.jinja import format_short_date
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Stat, Tag
from yankao.kernel.audit import ledger
from yankao.kernel.casework.adoption import ADOPTED, Answer
from yankao.kernel.sheets import Cell

from .models import Paper, Suggestion
from .process import process

SHOWN = 200
STATES = {
    "open": (gettext_lazy("待回復"), Q(answered_on=None)),
    "adopted": (gettext_lazy("採行"), Q(answer__in=ADOPTED)),
    "study": (gettext_lazy("研議中"), Q(answer=Answer.UNDER_STUDY)),
    "refused": (gettext_lazy("不採行"), Q(answer__in=(Answer.NOT_ADOPTED, Answer.NOT_OURS))),
}
TONES = {Answer.DONE: "green", Answer.PLANNED: "blue", Answer.PARTLY: "blue", Answer.UNDER_STUDY: "amber"}


def seen(user: Any) -> QuerySet[Suggestion]:
    """The suggestions of the reports a person may know of, those asked last first."""
    papers = Paper.objects.filter(process.sees.records(user))
    rows = Suggestion.objects.filter(paper__in=papers)
    return rows.select_related("paper__case__agency", "addressee").order_by("-asked_on", "-pk")


def narrowed(user: Any, state: str) -> QuerySet[Suggestion]:
    rows = seen(user)
    if state == "late":
        return rows.filter(answered_on=None, due_on__lt=timezone.localdate())
    return rows.filter(STATES[state][1]) if state in STATES else rows


def state_of(one: Suggestion) -> Tag:
    if one.answer:
        return Tag(str(Answer(one.answer).label), TONES.get(Answer(one.answer), ""))
    late = one.due_on < timezone.localdate()
    return Tag(_("逾期未回復"), "red", "late") if late else Tag(_("待回復"), "amber")


def told(one: Suggestion) -> dict[str, Any]:
    """A suggestion as page and panel show it."""
    day = one.done_on or one.promised_on
    return {
        "text": one.text,
        "agency": words_of(one.addressee),
        "asked": format_short_date(one.asked_on),
        "due": format_short_date(one.due_on),
        "state": state_of(one),
        "reason": one.reason,
        "day": format_short_date(day),
    }


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """How many suggestions were asked of, answered and adopted; each with its report."""
    state = request.GET.get("state", "")
    rows, place = narrowed(request.user, state), reverse("papers:adoption")
    counts = seen(request.user).order_by().aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(answered_on=None, due_on__lt=timezone.localdate())),
        **{name: Count("pk", filter=where) for name, (_label, where) in STATES.items()},
    )  # fmt: skip
    late = Stat(str(counts["late"]), _("逾期未回復"), f"{place}?state=late", "", bool(counts["late"]))
    told_ = {
        name: Stat(str(counts[name]), str(label), f"{place}?state={name}")
        for name, (label, _q) in STATES.items()
    }
    stats = [Stat(str(counts["all"]), _("函詢建議"), place), told_["open"], late, told_["adopted"]]
    context = {
        **nav.frame(request),
        "heading": _("採行追蹤"),
        "lead": _("獲獎報告的建議，函詢參辦機關是否採行；研議中或定有完成日者到期續報。"),
        "crumbs": [
            Link(_("首頁"), reverse("desk:home")),
            Link(str(Paper._meta.verbose_name), reverse("desk:list", args=[process.kind])),
            Link(_("採行追蹤"), ""),
        ],
        "stats": stats,
        "others": [Link(f"{one.label} {one.value}", one.href) for one in (told_["study"], told_["refused"])],
        "rows": [
            {**told(one), "title": one.paper.case.title, "href": reverse("desk:case", args=[one.paper_id])}
            for one in rows[:SHOWN]
        ],
        "clear": place if state else "",
        "files": [
            Link(form.upper(), f"{reverse('papers:adoption_file', args=[form])}?state={state}")
            for form in ("csv", "ods")
        ],
    }
    return render_page(request, "papers/adoption.html", context)


@login_required
@require_safe
def file(request: HttpRequest, form: str) -> HttpResponseBase:
    """建議事項採行表 The same as a file; who took it is noted."""
    state = request.GET.get("state", "")
    reader: Any = request.user  # signed in: the view requires it
    ledger.note("export", "list:papers.adoption", reader, state=state, form=form)
    heads = [
        _("案號"), _("題目"), _("建議內容"), _("參辦機關"), _("函詢日"), _("回復期限"), _("採行情形"),
        _("說明或理由"), _("預定完成或續報日"), _("完成日"), _("回復日"),
    ]  # fmt: skip

    def rows() -> Iterator[list[Cell]]:
        for one in narrowed(request.user, state).iterator(chunk_size=500):
            yield [
                one.paper.case.number, one.paper.case.title, one.text, one.addressee.name, one.asked_on,
                one.due_on, str(Answer(one.answer).label) if one.answer else "", one.reason,
                one.promised_on, one.done_on, one.answered_on,
            ]  # fmt: skip

    return export.given(form, _("建議事項採行表"), heads, rows())
