"""How a case stands, in plain words for the citizen: a sentence, the steps with their days, the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.jinja import format_date, format_time
from yankao.kernel.casework.docket import Clock, Security
from yankao.kernel.register.english import called
from yankao.kernel.vault import revealing
from yankao.kernel.vault.models import Identity

from .models import Kind, Petition
from .process import Stage

STANDING: dict[str, Any] = {
    Stage.RECEIVED: gettext_lazy("我們收到了，正在登錄"),
    Stage.REGISTERED: gettext_lazy("已登錄，正在判斷由哪個機關處理"),
    Stage.TRIAGED: gettext_lazy("已分類，正在交給負責的機關"),
    Stage.ASSIGNED: gettext_lazy("已交給負責的機關，等待受理"),
    Stage.REFUSED: gettext_lazy("正在改交另一個機關"),
    Stage.DISPUTED: gettext_lazy("機關對權責有不同意見，由研考會裁決中"),
    Stage.ACCEPTED: gettext_lazy("負責的機關已受理"),
    Stage.IN_PROGRESS: gettext_lazy("負責的機關正在處理"),
    Stage.AWAITING: gettext_lazy("需要您補充資料，才能繼續處理"),
    Stage.DRAFT_REPLY: gettext_lazy("答復已擬好，主管審核中"),
    Stage.APPROVED: gettext_lazy("答復已核定，準備寄出"),
    Stage.DISPATCHED: gettext_lazy("已派工，人員準備出發"),
    Stage.EN_ROUTE: gettext_lazy("人員正在前往現場"),
    Stage.ON_SITE: gettext_lazy("人員已到現場"),
    Stage.TEMPORARY: gettext_lazy("已先做安全措施，接著修復"),
    Stage.COMPLETED: gettext_lazy("已完工，正在查驗"),
    Stage.VERIFIED: gettext_lazy("已查驗完成，準備答復您"),
    Stage.REPLIED: gettext_lazy("已答復您"),
    Stage.CLOSED: gettext_lazy("已結案"),
    Stage.REOPENED: gettext_lazy("已重新處理"),
    Stage.NO_ACTION_PROPOSED: gettext_lazy("正在審核是否不予處理"),
    Stage.NO_ACTION: gettext_lazy("依法不予處理"),
    Stage.TRANSFERRED: gettext_lazy("已移給其他機關處理"),
    Stage.MERGED: gettext_lazy("與同一件事的其他案件一起處理，答復同樣會給您"),
}
DONE = (Stage.REPLIED, Stage.CLOSED, Stage.COMPLETED, Stage.VERIFIED)
DEADLINES = {"answer", "reopened", "fix", "reopening", "supplement"}


@dataclass(frozen=True)
class Done:
    """A step that was taken: when, what in plain words, and what was said with it."""

    at: datetime
    what: str
    said: str = ""
    whole_day: bool = False
    """Only its day is on record: it stands after what that day has hours for."""

    @property
    def when(self) -> str:
        return format_date(timezone.localtime(self.at).date()) if self.whole_day else format_time(self.at)


@dataclass(frozen=True)
class Promise:
    """A deadline in words; `tone` is late, soon or plain."""

    words: str
    tone: str = ""


def headline(petition: Petition) -> tuple[str, str]:
    """How the case stands, and its tone."""
    stage = petition.case.stage
    return str(STANDING.get(stage, stage)), "ok" if stage in DONE else ""


def steps(petition: Petition, *, others: bool = False) -> list[Done]:
    """What happened, oldest first: what concerns the citizen, and of the agencies what they did. Each of
    these is told (`notices`). `others`: as those may know who joined the report, without anybody's words.
    """
    p = petition
    sealed = p.case.security == Security.SECRET
    agency = called(p.case.agency) if not sealed else _("保管人員")
    found: list[tuple[Any, str, str]] = [
        (
            p.received_at,
            _("收到通報") if others else _("收到您的通報") if p.kind == Kind.DISPATCH else _("收到您的來信"),
            "",
        ),
        (p.assigned_at, _("交給%(agency)s") % {"agency": agency}, ""),
        (p.accepted_at, _("%(agency)s受理") % {"agency": agency}, ""),
    ]
    for bounce in p.bounced.select_related("agency").all() if p.bounces and not sealed else ():
        found.append(
            (bounce.at, _("%(agency)s認為不是自己的權責，退回改分") % {"agency": called(bounce.agency)}, "")
        )
    if p.split_from is not None:
        words = _("由案件%(number)s分出，單獨辦理") % {"number": p.split_from.case.number}
        found.append((p.registered_at, words, ""))
    for part in p.parts.select_related("case").order_by("pk"):
        words = _("另立案件%(number)s，用同一組查詢碼查詢") % {"number": part.case.number}
        found.append((part.registered_at, words, ""))
    for asked in p.supplements.all():
        if not asked.unasked:
            words = _("請通報人補充資料") if others else _("請您在%(day)s前補充資料")
            found.append((asked.asked_at, words % {"day": format_date(asked.by_day)}, asked.wanted))
        if not (others and asked.unasked):
            words = _("收到通報人的補充資料") if others else _("收到您的補充資料")
            found.append((asked.given_at, words, asked.text))
    for longer in p.extension_rows.all():
        if longer.approved:
            found.append((longer.decided_at, _("延長處理期限"), longer.reason))
    for joint in p.joints.select_related("agency").all() if not sealed else ():
        found.append((joint.asked_at, _("請%(agency)s一起表示意見") % {"agency": called(joint.agency)}, ""))
    again = False
    for work in p.works.all():
        sent = _("查驗未過，請人員重做") if again else _("已派工")
        again = bool(work.redo_for)
        found += [
            (work.dispatched_at, sent, ""), (work.set_out_at, _("人員出發"), ""),
            (work.arrived_at, _("人員到場"), ""), (work.made_safe_at, _("做好臨時安全措施"), work.measure),
            (work.completed_at, _("完工"), work.done), (work.verified_at, _("查驗完成"), ""),
        ]  # fmt: skip
    for reply in p.replies.all():
        found.append((reply.sent_at, _("已答復通報人") if others else _("已答復您"), ""))
    for plea in p.reopening_rows.all():
        if not others:
            found.append((plea.asked_at, _("您申請重新處理"), plea.reason))
        if plea.granted is not None:
            words = _("同意重新處理") if plea.granted else _("維持原答復，不重新處理")
            found.append((plea.decided_at, words, plea.answer))
    days = [
        (p.transferred_on, _("移給%(to)s處理") % {"to": p.transferred_to}, p.transferred_for),
        (p.merged_on, _("與同一件事的案件合併處理"), ""),
        (p.no_action_on, _("依法不予處理"), str(p.get_ground_display()) if p.ground else ""),
        (p.taken_up_on, _("恢復辦理"), ""),
        (p.case.closed_on, _("已結案"), ""),
    ]
    timed = [Done(at, capfirst(what), "" if others else said) for at, what, said in found if at is not None]
    whole = [
        Done(
            timezone.make_aware(datetime.combine(day, datetime.max.time())),
            capfirst(what), "" if others else said, whole_day=True,
        )
        for day, what, said in days
        if day is not None
    ]  # fmt: skip
    return sorted(timed + whole, key=lambda one: one.at)


def promises(petition: Petition, *, others: bool = False) -> list[Promise]:
    """The deadlines that run: by when, how much is left, or by how much it is late. `others`: those of the
    city alone, for who joined the report.
    """
    if petition.case.closed_on is not None and petition.case.stage != Stage.CLOSED:
        return []
    told = {
        "answer": _("答復您"), "reopened": _("答復您"), "fix": _("修復"),
        "reopening": _("決定要不要重新處理"), "supplement": _("請您補充資料"),
        "triage": _("判斷種類並交給負責的單位"),
    }  # fmt: skip
    found = []
    now = timezone.now()
    wanted = {*DEADLINES, "triage"}
    if others:
        told |= {"answer": _("答復通報人"), "reopened": _("答復通報人")}
        wanted -= {"reopening", "supplement"}
    clocks = Clock.objects.filter(case=petition.case, stopped_at=None, code__in=wanted).order_by("due_at")
    running = [clock for clock in clocks if clock.code != "triage"]
    for clock in running or clocks:  # a fault of no known kind has nothing else promised yet
        day = format_date(clock.due_at, weekday=True)
        what = told[clock.code]
        if clock.paused_at is not None:
            words = _("%(what)s的期限暫停計算，等您補充資料後繼續。")
            if others:
                words = _("%(what)s的期限暫停計算，等通報人補充資料後繼續。")
            found.append(Promise(words % {"what": what}))
        elif clock.due_at < now:
            late = max(1, (now - clock.due_at).days)
            words = _("原訂%(day)s前%(what)s，已逾期%(n)s天。") % {"day": day, "what": what, "n": late}
            found.append(Promise(words, "late"))
        else:
            found.append(Promise(_("預定%(day)s前%(what)s。") % {"day": day, "what": what}))
    return found


@dataclass(frozen=True)
class Look:
    """Somebody saw the citizen's data: when, of which agency, what for, which fields."""

    when: str
    who: str
    purpose: str
    fields: str


def looks(petition: Petition, identity: Identity | None) -> list[Look]:
    """Who looked at this person's data, newest first. Agencies are named, officers are not."""
    found = []
    rows = revealing.looks(petition.case).filter(identity=identity)
    for one in rows.prefetch_related("actor__posts__agency")[:100]:
        posts = list(one.actor.posts.all())
        agency = called(posts[0].agency) if posts else _("系統管理")
        found.append(
            Look(format_time(one.at), agency, str(one.get_purpose_display()), _("、").join(one.labels))
        )
    return found
