"""What the citizen is told at every public step, by the ways they gave; the texts are in `templates`.

Of a sealed accusation and of a confidential case the message says that there is news and no more: telephones
lie about on tables. Whoever joined a report hears of its steps, never of the words written to its petitioner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yankao.kernel.calendar import local_day
from yankao.kernel.casework.docket import Clock, Security
from yankao.kernel.casework.steps import Step
from yankao.kernel.labels import said
from yankao.kernel.outbox.telling import tell
from yankao.kernel.outbox.wording import Wording, wording
from yankao.kernel.vault import keeping

from .models import Appeal, Kind, Petition, Subscriber

RECEIVED = wording("service.petitions.received", _("收件通知"), sms="always")
STEP = wording("service.petitions.step", _("進度通知"))
SMALL_STEP = wording("service.petitions.step", _("進度通知"), sms="never")
SUPPLEMENT = wording("service.petitions.supplement", _("補正通知"), sms="always")
EXTENDED = wording("service.petitions.extended", _("展延通知"))
TRANSFERRED = wording("service.petitions.transferred", _("移轉通知"))
PARTED = wording("service.petitions.parted", _("分案通知"), sms="always")
REPLIED = wording("service.petitions.replied", _("答復通知"), sms="always")
NO_ACTION = wording("service.petitions.no_action", _("不予處理通知"))
SURVEY = wording("service.petitions.survey", _("滿意度調查"))
NEWS = wording("service.petitions.news", _("進度通知（不揭露內容）"))

STEPS: dict[str, tuple[Wording, Any]] = {
    "assign": (SMALL_STEP, _("已分送%(agency)s")),
    "accept": (STEP, _("%(agency)s已受理")),
    "begin": (SMALL_STEP, _("%(agency)s已開始辦理")),
    "proceed": (SMALL_STEP, _("續行辦理")),
    "supplement": (SMALL_STEP, _("已收到您補充的資料，續行辦理")),
    "reassign": (SMALL_STEP, _("已改由%(agency)s辦理")),
    "merge": (STEP, _("與相同事項的案件併案辦理，答復時會另行通知您")),
    "release_merged": (STEP, _("與您併案的案件已另行結束，您的案件單獨續行辦理")),
    "reopen": (STEP, _("已重啟辦理")),
    "take_up": (STEP, _("已恢復辦理")),
    "refuse_reopening": (STEP, _("經審認不重啟，理由請查詢")),
    "dispatch": (STEP, _("已派工，由%(agency)s處理")),
    "arrive": (SMALL_STEP, _("處理人員已到場")),
    "make_safe": (SMALL_STEP, _("現場已做安全措施")),
    "complete": (SMALL_STEP, _("現場已處理完成，查驗後答復您")),
    "close": (SMALL_STEP, _("已結案，歡迎評分；認為未解決者可以申請重啟")),
}
"""Steps that one sentence tells; small ones go by mail and push only."""


def received(petition: Petition, code: str) -> None:
    """The case is on record: number, access code, and by when there will be a reply."""
    identity = petition.petitioner
    if identity is None:
        return
    docket: Any = petition.docket
    clock = docket.running.get("answer") or docket.running.get("fix")
    say = {
        "code": f"{code[:5]}-{code[5:]}",
        "due": _day(clock),
        "kind": said(Kind(petition.kind).label, petition.language),
    }
    tell(
        identity, RECEIVED, case=petition.case, say=_common(petition) | say,
        key=f"petition:{petition.pk}:open", language=petition.language, urgent=petition.danger, fresh=True,
    )  # fmt: skip


def asked_to_rate(petition: Petition) -> None:
    """The case was drawn: its petitioner is asked how it was, once."""
    tell(
        petition.petitioner, SURVEY, case=petition.case, say=_common(petition),
        key=f"petition:{petition.pk}:survey", language=petition.language,
    )  # fmt: skip


def parted(petition: Petition, parts: Sequence[Petition], step: Step) -> None:
    """A letter became several cases: their numbers, which the same access code opens."""
    close = any(one.case.security in (Security.NAMED, Security.SECRET) for one in (petition, *parts))
    say = {"parts": "\n".join(one.case.number for one in parts), "count": len(parts)}
    tell(
        petition.petitioner, NEWS if close else PARTED, case=petition.case, say=_common(petition) | say,
        key=f"petition:{petition.pk}:split:{step.at:%Y%m%d%H%M%S%f}", language=petition.language,
    )  # fmt: skip


def moved(petition: Petition, act: str, step: Step) -> None:
    """Tell what the move means to the citizen; most moves mean nothing to them."""
    if petition.case.security == Security.SECRET:
        keeping.seal_off(petition.petitioner)  # before anything is told: what is told is sealed with it
    if act == "make_confidential":
        return
    found = WORDS[act](petition, step) if act in WORDS else None
    if found is None and act in STEPS:
        words, text = STEPS[act]
        agency = petition.case.agency
        found = (
            words,
            {
                "step": _in(petition, lambda: str(text) % {"agency": _named(agency)}),
                "due": None if act == "close" else _due(petition),
            },
        )
    if found is None:
        return
    words, say = found
    key = f"petition:{petition.pk}:{act}:{step.at:%Y%m%d%H%M%S%f}"
    if petition.petitioner is not None:
        close = petition.case.security in (Security.NAMED, Security.SECRET)
        tell(
            petition.petitioner, NEWS if close else words, case=petition.case, say=_common(petition) | say,
            key=key, language=petition.language, urgent=petition.danger,
        )  # fmt: skip
    if petition.case.security in (Security.OPEN, Security.AGENCY):
        rows = Subscriber.objects.filter(petition_id=petition.pk, identity__isnull=False)
        for one in rows.select_related("identity").order_by("pk"):
            tell(
                one.identity, words, case=petition.case, say=_common(petition) | say | {"text": ""},
                key=f"{key}:{one.pk}", language=petition.language,
            )  # fmt: skip


def _supplement(petition: Petition, step: Step) -> Any:
    row = petition.supplements.latest("pk")
    return SUPPLEMENT, {"until": row.by_day, "text": row.wanted}


def _extended(petition: Petition, step: Step) -> Any:
    row = petition.extension_rows.latest("pk")
    if not row.approved:
        return None
    return EXTENDED, {"days": row.days, "text": row.reason, "due": _due(petition)}


def _transferred(petition: Petition, step: Step) -> Any:
    return TRANSFERRED, {"to": petition.transferred_to, "text": petition.transferred_for}


def _replied(petition: Petition, step: Step) -> Any:
    row = petition.replies.latest("pk")
    appeal = (
        ""
        if row.appeal == Appeal.NONE
        else f"{_in(petition, row.get_appeal_display)} {row.appeal_to}".strip()
    )
    return REPLIED, {
        "outcome": _in(petition, row.get_disposition_display), "text": row.text, "basis": row.basis,
        "appeal": appeal,
    }  # fmt: skip


def _no_action(petition: Petition, step: Step) -> Any:
    return NO_ACTION, {"text": _in(petition, petition.get_ground_display)}


WORDS: dict[str, Callable[[Petition, Step], Any]] = {
    "ask_supplement": _supplement,
    "decide_extension": _extended,
    "extend_merged": _extended,
    "transfer_out": _transferred,
    "transfer_merged": _transferred,
    "send_reply": _replied,
    "answer_merged": _replied,
    "reply_dispatch": _replied,
    "approve_no_action": _no_action,
    "end_merged": _no_action,
}
"""Steps that need words of their own."""


def _common(petition: Petition) -> dict[str, Any]:
    return {"number": petition.case.number, "link": settings.PUBLIC_URL}


def _in(petition: Petition, text: Callable[[], Any]) -> str:
    """A text in the citizen's language."""
    with translation.override(petition.language):
        return str(text())


def _named(agency: Any) -> str:
    return str(agency.name_en or agency.name) if translation.get_language() == "en" else str(agency.name)


def _day(clock: Any) -> date | None:
    return None if clock is None else local_day(clock.due_at)


def _due(petition: Petition) -> date | None:
    """By when the citizen will have a reply, as the clock of the answer or of the repair stands."""
    clocks = Clock.objects.filter(
        case_id=petition.pk, stopped_at=None, code__in=("answer", "fix", "reopened")
    )
    return _day(clocks.order_by("-due_at").first())
