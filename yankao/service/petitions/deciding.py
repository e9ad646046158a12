"""With what a form of the room begins, and what is being decided, shown above the form that decides it."""

from __future__ import annotations

import copy
import json
from typing import Any

from django.utils.translation import gettext as _

from yankao.desk.inputs import words_of
from yankao.desk.jinja import format_date, format_time
from yankao.desk.parts import Fact
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework import clocks
from yankao.kernel.casework.docket import Clock
from yankao.kernel.outbox.models import Channel
from yankao.kernel.outbox.telling import channels_for
from yankao.kernel.span import Days, ExtensionRefused

from . import notices
from .models import Appeal, Extension, Petition, Reopening, Reply
from .process import last, process, propose_no_action, way_to


def _returned(petition: Petition) -> Reply | None:
    """The draft that came back, if it is the newest: a sent reply is no draft of the next."""
    row = last(petition, Reply)
    return row if row is not None and row.returned_at and not row.sent_at else None


def draft(petition: Petition, user: Any) -> dict[str, Any]:
    """A reply is written on from the draft that was returned."""
    row = _returned(petition)
    if row is None:
        return {}
    return {name: getattr(row, name) for name in ("disposition", "text", "basis", "appeal", "appeal_to")}


def returned(petition: Petition, user: Any) -> list[Fact]:
    """Why the draft came back."""
    row = _returned(petition)
    return [Fact(_("退稿理由"), row.returned_for)] if row else []


def reply(petition: Petition, user: Any) -> list[Fact]:
    """The reply that waits for approval, whole."""
    row = last(petition, Reply)
    if row is None:
        return []
    found = [
        Fact(_("擬稿人"), words_of(row.drafted_by) if row.drafted_by else ""),
        Fact(_("答復類別"), str(row.get_disposition_display())),
        Fact(_("答復內容"), row.text),
        Fact(_("法令依據"), row.basis),
        Fact(_("救濟途徑"), str(row.get_appeal_display())),
        Fact(_("救濟機關與期間"), row.appeal_to if row.appeal != Appeal.NONE else ""),
    ]
    return [one for one in found if one.value]


def extension(petition: Petition, user: Any) -> list[Fact]:
    """The extension that waits: which, how long, why, and the day it would bring."""
    row = last(petition, Extension)
    if row is None or row.approved is not None:
        return []
    return [
        Fact(_("第幾次"), str(row.number)),
        Fact(_("展延日數"), str(row.days)),
        Fact(_("理由"), row.reason),
        Fact(_("申請人"), f"{words_of(row.asked_by)}{_('，')}{format_time(row.asked_at)}"),
        *_days(petition, row),
    ]


def _days(petition: Petition, row: Extension) -> list[Fact]:
    running = {one.code: one for one in Clock.objects.filter(case_id=petition.pk, stopped_at=None)}
    deadlines = (process.deadlines[code] for code in ("reopened", "answer") if code in running)
    deadline = next((one for one in deadlines if one.extending is not None), None)
    if deadline is None:
        return []
    clock = running[deadline.code]
    clock.case = petition.case
    found = [Fact(_("目前期限"), format_date(clock.due_at, weekday=True))]
    longer = copy.copy(clock)
    try:
        clocks.prolong(deadline, longer, Days(row.days), row.asked_at, None, row.reason, petition)
    except ExtensionRefused as refused:
        return [*found, Fact(_("核准後期限"), clocks.refusal(refused))]
    return [*found, Fact(_("核准後期限"), format_date(longer.due_at, weekday=True))]


def no_action(petition: Petition, user: Any) -> list[Fact]:
    """On which ground it is proposed not to be handled, why, by whom, and the earlier answer it rests on."""
    found = [Fact(_("不予處理事由"), str(petition.get_ground_display()))]
    entry = (
        Entry.objects.filter(case_id=petition.pk, act=propose_no_action.name)
        .select_related("actor")
        .order_by("-seq")
        .first()
    )
    if entry is not None:
        reason = json.loads(entry.body)["given"].get("reason", "")
        found.append(Fact(_("理由"), reason))
        found.append(Fact(_("提出人"), words_of(entry.actor) if entry.actor else ""))
    if petition.earlier is not None:
        found.append(Fact(_("先前答復之案件"), words_of(petition.earlier.case)))
        sent = [row for row in petition.earlier.replies.all() if row.sent_at]
        if sent:
            found.append(Fact(_("先前的答復"), sent[-1].text))
    return [one for one in found if one.value]


def reopening(petition: Petition, user: Any) -> list[Fact]:
    """Why the petitioner says that it is not done."""
    row = last(petition, Reopening)
    if row is None or row.granted is not None:
        return []
    return [Fact(_("申請時間"), format_time(row.asked_at)), Fact(_("理由"), row.reason)]


def sending(petition: Petition, user: Any) -> dict[str, Any]:
    """A reply goes by the way that reaches the petitioner."""
    return {"sent_by": way_to(petition)}


def hearing(petition: Petition, user: Any) -> list[Fact]:
    """Whether a message goes out with the step; else, that a letter has to be written."""
    identity = petition.petitioner
    if identity is None:
        return []
    told = channels_for(identity, notices.SUPPLEMENT)
    words = _("、").join(str(Channel(one).label) for one in told)
    if not words:
        words = _("陳情人沒有留電子郵件或手機，系統不會發出訊息；請於辦理後在「文書」製作公文寄送。")
    return [Fact(_("通知陳情人"), words)]


BEGINS = {"draft_reply": draft, "send_reply": sending, "reply_dispatch": sending}
DECIDED = {
    "ask_supplement": hearing, "send_reply": hearing,
    "draft_reply": returned,
    "return_draft": reply, "approve_reply": reply,
    "decide_extension": extension,
    "approve_no_action": no_action, "reject_no_action": no_action,
    "reopen": reopening, "refuse_reopening": reopening,
}  # fmt: skip
