"""帳冊 The ledger of what is no case, its signed checkpoints, its verification, and who looked."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yankao.kernel.audit.models import Checkpoint, Entry, Head, Look
from yankao.kernel.audit.tasks import verify_ledger
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.jobs import enqueue
from yankao.kernel.jobs.models import Job, State

from . import office
from .history import SHORT
from .inputs import words_of
from .jinja import format_short_date, format_time
from .moves import key_of
from .parts import Link, Tag

A_PAGE = 50
RUNS = 5
VERIFY = verify_ledger.module_path


def act_words(act: str) -> str:
    """What an act outside the cases is called."""
    known = {
        "rule.change": _("變更法規參數"),
        "calendar.import": _("匯入辦公日曆"), "calendar.closure": _("登錄停止上班"),
        "calendar.recount": _("重算期限"), "post.give": _("新增職務"), "post.end": _("結束職務"),
        "deputy.name": _("設定代理人"), "deputy.end": _("結束代理"), "token.make": _("建立介面權杖"),
        "token.revoke": _("撤銷介面權杖"), "letter.series": _("訂定發文字號"),
        "letter.issue": _("核發文書"), "letter.revoke": _("註銷文書"), "ledger.verify": _("驗證帳冊"),
    }  # fmt: skip
    return known.get(act, act)


def said(body: str) -> str:
    """What a line holds, in one: names of rows instead of their ids."""
    found = []
    for name, value in json.loads(body).items():
        if isinstance(value, dict) and "text" in value:
            value = value["text"]
        if value not in (None, "", [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found.append(f"{name}={text}")
    return _("，").join(found)[:300]


def _before(request: HttpRequest) -> int | None:
    given = request.GET.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _page(rows: QuerySet[Any], before: int | None) -> tuple[list[Any], str]:
    """One page by key, and the query of the next one ("" at the end)."""
    found = list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: A_PAGE + 1])
    return found[:A_PAGE], f"?before={found[A_PAGE - 1].pk}" if len(found) > A_PAGE else ""


def runs() -> list[tuple[str, Tag, str, list[str]]]:
    """The last verifications: when, how they ended, in words, and the faults."""
    found = []
    for job in Job.objects.filter(task=VERIFY).order_by("-pk")[:RUNS]:
        result: dict[str, Any] = job.result if isinstance(job.result, dict) else {}
        if job.state == State.SUCCESSFUL:
            faults = result.get("faults", 0)
            tag = Tag(_("有異常"), "red") if faults else Tag(_("完整"), "green")
            words = _("共%(n)s筆，異常%(faults)s處") % {
                "n": f"{result.get('entries', 0):,}",
                "faults": faults,
            }
        elif job.state == State.FAILED:
            tag, words = Tag(_("無法完成"), "red"), _("驗證沒有跑完，請通知系統管理員。")
        else:
            tag, words = Tag(_("進行中"), "amber"), _("完成後重新整理本頁即可看到結果。")
        told = [str(one["sentence"]) for one in result.get("told", ())]
        found.append((format_time(job.enqueued_at), tag, words, told))
    return found


@login_required
@require_safe
def show_ledger(request: HttpRequest) -> HttpResponseBase:
    """The latest lines that belong to no case, the checkpoints, and the verifications."""
    office.entered(request, office.LEDGER)
    entries, older = _page(Entry.objects.filter(case=None).select_related("actor"), _before(request))
    rows = [
        (f"{one.seq:,}", format_time(one.at), words_of(one.actor) if one.actor else _("系統"),
         act_words(one.act), one.subject, said(one.body), one.hash[:SHORT])
        for one in entries
    ]  # fmt: skip
    points = [
        (format_short_date(one.day), f"{one.seq:,}", one.hash[: 2 * SHORT], format_time(one.signed_at))
        for one in Checkpoint.objects.order_by("-day")[:14]
    ]
    head = Head.objects.filter(pk=1).first()
    return office.drawn(
        request, office.LEDGER, "desk/office_ledger.html", rows=rows, older=older,
        newest=bool(_before(request)), points=points, runs=runs(), length=f"{head.seq if head else 0:,}",
    )  # fmt: skip


@login_required
@require_POST
def verify(request: HttpRequest) -> HttpResponseBase:
    """Have the whole chain walked in the background."""
    office.entered(request, office.LEDGER)
    office.make_once(
        request, lambda: _queued(f"verify:{request.user.pk}:{key_of(request)}")
    )  # fmt: skip
    return office.done(request, _("已排入驗證，完成後在本頁顯示結果。"), "desk:office_ledger")


def _queued(key: str) -> None:
    enqueue(verify_ledger, key=key)


@login_required
@require_safe
def looks(request: HttpRequest) -> HttpResponseBase:
    """Who opened what few may see, newest first."""
    office.entered(request, office.LOOKS)
    found, older = _page(Look.objects.select_related("user"), _before(request))
    ids = {int(one.subject.partition(":")[2]) for one in found if one.subject.startswith("case:")}
    seen = {one.pk: one for one in Case.objects.filter(visible(request.user), pk__in=ids)}
    rows = [
        (format_time(one.at), words_of(one.user), _subject(one.subject, seen), one.purpose) for one in found
    ]
    return office.drawn(
        request, office.LOOKS, "desk/office_looks.html", rows=rows, older=older, newest=bool(_before(request))
    )


def _subject(subject: str, seen: dict[int, Case]) -> Link:
    kind, _sep, pk = subject.partition(":")
    case = seen.get(int(pk)) if kind == "case" else None
    return Link(str(case), reverse("desk:case", args=[case.pk])) if case else Link(subject, "")
