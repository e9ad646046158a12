"""What the citizen is told at every public step, by the ways they gave; the texts are in `templates`.

Of a sealed accusation and of a confidential case the message says that there is news and no more, not even
the access code: telephones lie about on tables. Whoever joined a report hears of its steps in sentences of
their own, never the words written to its petitioner. Every letter says where to have no more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yankao.kernel.calendar import local_day
from yankao.kernel.casework.docket import Clock, Security
from yankao.kernel.casework.steps import Step
from yankao.kernel.labels import said
from yankao.kernel.outbox.telling import tell
from yankao.kernel.outbox.wording import Wording, wording
from yankao.kernel.vault import keeping, keys, sealing
from yankao.kernel.vault.models import Identity

from .models import Appeal, Kind, Petition, Subscriber

RECEIVED = wording("service.petitions.received", _("收件通知"), sms="always")
RECEIVED_CLOSE = wording("service.petitions.received_close", _("收件通知（不揭露內容）"), sms="always")
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
JOINED = wording("service.petitions.joined", _("加入關注通知"), sms="always")
JOINED_STEP = wording("service.petitions.joined_step", _("關注案件進度通知"))
JOINED_SMALL_STEP = wording("service.petitions.joined_step", _("關注案件進度通知"), sms="never")

STEPS: dict[str, tuple[Wording, Any]] = {
    "assign": (SMALL_STEP, _("已分送%(agency)s")),
    "accept": (STEP, _("%(agency)s已受理")),
    "begin": (SMALL_STEP, _("%(agency)s已開始辦理")),
    "proceed": (SMALL_STEP, _("續行辦理")),
    "supplement": (SMALL_STEP, _("已收到您補充的資料，續行辦理")),
    "reassign": (SMALL_STEP, _("已改由%(agency)s辦理")),
    "refuse_assignment": (SMALL_STEP, _("%(agency)s認為不是自己的權責，退回改分")),
    "return_dispatch": (SMALL_STEP, _("%(agency)s認為不是自己的權責，退回改分")),
    "dispute": (SMALL_STEP, _("機關對權責有不同意見，由研考會裁決")),
    "decide_dispute": (SMALL_STEP, _("經研考會裁決，由%(agency)s辦理")),
    "add_words": (SMALL_STEP, _("已收到您補充的資料")),
    "ask_reopening": (SMALL_STEP, _("已收到您的重啟申請，決定後會告訴您")),
    "merge": (STEP, _("與相同事項的案件併案辦理，答復時會另行通知您")),
    "release_merged": (STEP, _("與您併案的案件已另行結束，您的案件單獨續行辦理")),
    "reopen": (STEP, _("已重啟辦理")),
    "take_up": (STEP, _("已恢復辦理")),
    "refuse_reopening": (STEP, _("經審認不重啟，理由請查詢")),
    "dispatch": (STEP, _("已派工，由%(agency)s處理")),
    "set_out": (SMALL_STEP, _("處理人員已出發")),
    "arrive": (SMALL_STEP, _("處理人員已到場")),
    "make_safe": (SMALL_STEP, _("現場已做安全措施")),
    "complete": (SMALL_STEP, _("現場已處理完成，查驗後答復您")),
    "redo": (SMALL_STEP, _("查驗未過，已請%(agency)s重做")),
    "verify": (SMALL_STEP, _("現場已查驗完成，準備答復您")),
    "close": (SMALL_STEP, _("已結案，歡迎評分；認為未解決者可以申請重啟")),
}
"""Steps that one sentence tells; small ones go by mail and push only. What the page of a case lists
(`telling.steps`) is told.
"""
TO_OTHERS: dict[str, tuple[Wording, Any]] = {
    "supplement": (JOINED_SMALL_STEP, _("通報人已補充資料，續行辦理")),
    "ask_supplement": (JOINED_SMALL_STEP, _("已請通報人補充資料")),
    "decide_extension": (JOINED_STEP, _("辦理期限展延")),
    "merge": (JOINED_STEP, _("與相同事項的案件併案辦理")),
    "transfer_out": (JOINED_STEP, _("已移轉其他機關辦理")),
    "approve_no_action": (JOINED_STEP, _("經審認依法不予處理")),
    "refuse_reopening": (JOINED_STEP, _("經審認不重新辦理")),
    "complete": (JOINED_STEP, _("現場已處理完成，等待查驗")),
    "verify": (JOINED_SMALL_STEP, _("現場已查驗完成")),
    "send_reply": (JOINED_STEP, _("已處理並答復通報人")),
    "answer_merged": (JOINED_STEP, _("已處理並答復通報人")),
    "reply_dispatch": (JOINED_STEP, _("已處理並答復通報人")),
    "close": (JOINED_SMALL_STEP, _("已結案")),
}
"""What those hear who joined, where they are told in other words than the petitioner."""
NOT_TO_OTHERS = frozenset({"add_words", "ask_reopening"})
"""What the petitioner said is acknowledged to the petitioner alone."""
CLOSE = (Security.NAMED, Security.SECRET)
"""Classes of whose cases a message says that there is news, and no more."""


def received(petition: Petition, code: str) -> None:
    """The case is on record: number, access code, and by when there will be a reply."""
    identity = petition.petitioner
    if identity is None:
        return
    docket: Any = petition.docket
    clock = docket.running.get("answer") or docket.running.get("fix")
    say = {
        "code": f"{code[:5]}-{code[5:]}",
        "kind": said(Kind(petition.kind).label, petition.language),
    }
    words = RECEIVED_CLOSE if petition.case.security in CLOSE else RECEIVED
    tell(
        identity, words, case=petition.case, say=_common(petition, identity) | _by(clock) | say,
        key=f"petition:{petition.pk}:open", language=petition.language, urgent=petition.danger, fresh=True,
    )  # fmt: skip


def joined(row: Subscriber, code: str, language: str) -> None:
    """Who joined a report has it in writing: which one, and by which code it is seen and left."""
    petition, identity = row.petition, row.identity
    if identity is None:
        return
    say = {"code": f"{code[:5]}-{code[5:]}", "what": _what(petition, language)}
    tell(
        identity, JOINED, case=petition.case, say=_common(petition, identity) | say,
        key=f"petition:{petition.pk}:joined:{row.pk}", language=language, fresh=True,
    )  # fmt: skip


def asked_to_rate(petition: Petition) -> None:
    """The case was drawn: its petitioner is asked how it was, once."""
    tell(
        petition.petitioner, SURVEY, case=petition.case, say=_common(petition, petition.petitioner),
        key=f"petition:{petition.pk}:survey", language=petition.language,
    )  # fmt: skip


def parted(petition: Petition, parts: Sequence[Petition], step: Step) -> None:
    """A letter became several cases: their numbers, which the same access code opens."""
    close = any(one.case.security in (Security.NAMED, Security.SECRET) for one in (petition, *parts))
    say = {"parts": "\n".join(one.case.number for one in parts), "count": len(parts)}
    tell(
        petition.petitioner, NEWS if close else PARTED, case=petition.case,
        say=_common(petition, petition.petitioner) | say,
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
        found = (words, {"step": _step(petition, text, petition.language)} | _promised(petition, act))
    if found is None:
        return
    words, say = found
    key = f"petition:{petition.pk}:{act}:{step.at:%Y%m%d%H%M%S%f}"
    identity = petition.petitioner
    if identity is not None:
        close = petition.case.security in CLOSE
        tell(
            identity, NEWS if close else words, case=petition.case, say=_common(petition, identity) | say,
            key=key, language=petition.language, urgent=petition.danger,
        )  # fmt: skip
    if petition.case.security not in CLOSE and act not in NOT_TO_OTHERS:
        _tell_others(petition, act, key)


def _tell_others(petition: Petition, act: str, key: str) -> None:
    """The step, to each who joined, in their own language."""
    rows = Subscriber.objects.filter(petition_id=petition.pk, identity__shredded_at=None)
    heard = list(rows.exclude(identity=None).select_related("identity").order_by("pk"))
    if not heard:
        return
    usual, text = TO_OTHERS.get(act) or STEPS.get(act) or (None, None)
    if usual is None:
        usual, text = JOINED_STEP, WORDS_TO_OTHERS[act](petition)
    words = JOINED_SMALL_STEP if usual.sms == "never" else JOINED_STEP
    promised = _promised(petition, act)
    for one in heard:
        identity: Any = one.identity
        language = _language(identity, petition.language)
        say = {"what": _what(petition, language), "step": _step(petition, text, language)} | promised
        tell(
            identity, words, case=petition.case, say=_common(petition, identity) | say,
            key=f"{key}:{one.pk}", language=language,
        )  # fmt: skip


def _language(identity: Identity, otherwise: str) -> str:
    try:
        return str(keeping.unsealed(identity).language)
    except (keeping.Shredded, sealing.Damaged, keys.KeyMissing):
        return otherwise


def _supplement(petition: Petition, step: Step) -> Any:
    row = petition.supplements.latest("pk")
    return SUPPLEMENT, {"until": row.by_day, "text": row.wanted}


def _extended(petition: Petition, step: Step) -> Any:
    row = petition.extension_rows.latest("pk")
    if not row.approved:
        return None
    return EXTENDED, {"days": row.days, "text": row.reason} | _promised(petition)


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
        "basis_in_chinese": any("一" <= one <= "鿿" for one in row.basis),
        "appeal": appeal,
    }  # fmt: skip


def _no_action(petition: Petition, step: Step) -> Any:
    return NO_ACTION, {"text": _in(petition, petition.get_ground_display)}


def _joins(petition: Petition, step: Step) -> Any:
    told = _step(petition, _asked_of(petition), petition.language)
    return SMALL_STEP, {"step": told} | _promised(petition)


def _asked_of(petition: Petition) -> Any:
    """The agencies asked last, as a text that is put into words in the language of each hearer."""
    rows = list(petition.joints.select_related("agency").order_by("-asked_at", "pk"))
    asked = [one.agency for one in rows if one.asked_at == rows[0].asked_at]
    return lambda: (
        str(_("已請%(agencies)s一起表示意見")) % {"agencies": str(_("、")).join(_named(one) for one in asked)}
    )


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
    "join": _joins,
}
"""Steps that need words of their own."""
WORDS_TO_OTHERS: dict[str, Callable[[Petition], Any]] = {"join": _asked_of}
STOP = "yankao.petitions.stop"


def _common(petition: Petition, identity: Identity | None) -> dict[str, Any]:
    """The number, where a case is looked up, and where this person says that they want no more messages; both
    addresses empty where the installation has none of its own.
    """
    stop = address_of(reverse("petitions_counter:stop", args=[stop_token(identity)])) if identity else ""
    return {"number": petition.case.number, "link": address_of(reverse("counter:follow")), "stop": stop}


def address_of(path: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}" if settings.PUBLIC_URL else ""


def stop_token(identity: Identity) -> str:
    """Whoever holds it may stop this person's messages, and learns nothing else by it."""
    return signing.Signer(salt=STOP).sign(str(identity.pk))


def stopped_by(token: str) -> Identity | None:
    """The person whose messages a token stops."""
    try:
        pk = int(signing.Signer(salt=STOP).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return Identity.objects.filter(pk=pk).first()


def _what(petition: Petition, language: str) -> str:
    """What a report is about, without anybody's words."""
    with translation.override(language):
        return str(petition.service or petition.category or petition.get_kind_display())


def _step(petition: Petition, text: Any, language: str) -> str:
    with translation.override(language):
        return str(text()) if callable(text) else str(text) % {"agency": _named(petition.case.agency)}


def _in(petition: Petition, text: Callable[[], Any]) -> str:
    """A text in the citizen's language."""
    with translation.override(petition.language):
        return str(text())


def _named(agency: Any) -> str:
    return str(agency.name_en or agency.name) if translation.get_language() == "en" else str(agency.name)


def _day(clock: Any) -> date | None:
    return None if clock is None else local_day(clock.due_at)


def _by(clock: Any) -> dict[str, Any]:
    """The day of a clock, as that of a repair (`mend`) or of a reply (`due`)."""
    mend = clock is not None and clock.code == "fix"
    return {"due": None if mend else _day(clock), "mend": _day(clock) if mend else None}


def _promised(petition: Petition, act: str = "") -> dict[str, Any]:
    """By when the citizen will have a reply, or the fault be mended, as the clocks stand."""
    if act == "close":
        return _by(None)
    clocks = Clock.objects.filter(
        case_id=petition.pk, stopped_at=None, code__in=("answer", "fix", "reopened")
    )
    return _by(clocks.order_by("-due_at").first())
