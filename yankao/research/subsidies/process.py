"""The way of a grant from the plan to its settlement; the sealed part lies in the round."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, Accept, Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline, Extending
from yankao.kernel.casework.docket import Case, Link
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell, visible
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import Standing
from yankao.kernel.review import entries, rounds
from yankao.kernel.review.entries import agency_contact, controllers, not_told, round_decided
from yankao.kernel.review.models import Sheet
from yankao.kernel.review.rounds import Reviewing
from yankao.kernel.span import Days

from . import rules
from .models import KIND, REPORT_CLOCK, Outcome, Subsidy

LONGEST_EXTENSION = 60


class Stage(TextChoices):
    """階段 What everybody who sees the case may know: one stage stands for all of the sealed review."""

    DRAFT = "draft", gettext_lazy("撰寫中")
    APPLIED = "applied", gettext_lazy("已申請")
    RETURNED = "returned", gettext_lazy("退回補正")
    SCREENED = "screened", gettext_lazy("形式審查通過")
    REVIEWING = "reviewing", gettext_lazy("評審中")
    APPROVED = "approved", gettext_lazy("核予補助")
    REJECTED = "rejected", gettext_lazy("未核予補助")
    EXECUTING = "executing", gettext_lazy("執行中")
    DELIVERED = "delivered", gettext_lazy("已繳報告")
    SETTLED = "settled", gettext_lazy("已結案核銷")
    REVOKED = "revoked", gettext_lazy("已撤銷補助")
    WITHDRAWN = "withdrawn", gettext_lazy("已撤回")


BEFORE_RESULT = (Stage.DRAFT, Stage.APPLIED, Stage.RETURNED, Stage.SCREENED, Stage.REVIEWING)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────


def _own(who: Standing) -> Q:
    return Q(officer_id=who.user_id) if who.posts else NONE


applicant = Duty(gettext_lazy("申請人"), _own)
contact = duties.agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD)
commission = duties.commission


MENDING = Deadline(
    "mending", gettext_lazy("補正期限"), rules.MENDING_TERM, counted_from="returned_on", law=rules.DEFAULT,
    remind=(3, 1),
)  # fmt: skip
REPORT = Deadline(
    REPORT_CLOCK, gettext_lazy("研究報告繳交期限"), rules.REPORT_TERM, counted_from="started_on",
    law=rules.DEFAULT, remind=(30, 7, 1),
    extending=Extending(by=commission, times=1, longest=Days(LONGEST_EXTENSION)),
)  # fmt: skip


def opened(subsidy: Subsidy) -> None:
    """An application belongs to the round of its year."""
    subsidy.round = entries.round_of(KIND, subsidy.year, _("%(year)s年度尚未開辦補助。"))


process = Process(
    Subsidy, kind=KIND, stages=Stage, opens_at=Stage.DRAFT, number="研補{roc}-{seq:04d}",
    sees=applicant | contact | commission | duties.overseers,
    opened_by=duties.agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER) | commission,
    assigned_by=contact | commission,
    amended_by=applicant | commission,
    asks=("year", "abstract", "method", "requested"),
    amendable=("abstract", "method", "requested"),
    on_open=opened,
    path=(
        Stage.DRAFT, Stage.APPLIED, Stage.SCREENED, Stage.REVIEWING, Stage.APPROVED, Stage.EXECUTING,
        Stage.DELIVERED, Stage.SETTLED,
    ),
)  # fmt: skip


# ── Applying and screening ──────────────────────────────────────────────────────────────────────────

Plan = Annotated[Evidence, Chosen, Label(gettext_lazy("研究計畫書")), Accept("pdf", "odt", "docx")]
Copy = Annotated[
    Evidence, Chosen,
    Label(gettext_lazy("盲審稿"), help=gettext_lazy("內文不得出現申請人與機關；檔案內的作者資料會去除")),
    Accept("pdf", "odt", "docx"),
]  # fmt: skip
Report = Annotated[Evidence, Chosen, Label(gettext_lazy("研究報告")), Accept("pdf", "odt", "docx")]


def window_closed(subsidy: Any) -> str:
    return entries.window_closed(subsidy, Stage.DRAFT)


@process.move(
    (Stage.DRAFT, Stage.RETURNED), Stage.APPLIED, by=applicant | contact, label=gettext_lazy("申請"),
    stops=(MENDING,), unless=window_closed,
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」已申請補助，請辦理形式審查。"), "assignment"),),
)  # fmt: skip
def apply(
    subsidy: Subsidy, *, plan: Plan, blind_copy: Copy,
    declared: Annotated[bool, Label(gettext_lazy("聲明本計畫未受其他補助"))] = False,
) -> None:  # fmt: skip
    if not declared:
        raise Refused(_("請聲明本計畫未受其他補助。"))
    subsidy.plan, subsidy.blind_copy, subsidy.declared = plan, blind_copy, declared
    subsidy.applied_on = subsidy.applied_on or subsidy.step.today


@process.move(
    Stage.APPLIED, Stage.RETURNED, by=commission, label=gettext_lazy("退回補正"), starts=(MENDING,),
    tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」形式審查未通過，請補正。"), "returned"),),
)  # fmt: skip
def send_back(subsidy: Subsidy, *, reason: Annotated[str, Label(gettext_lazy("應補正事項")), LONG]) -> None:
    subsidy.returned_on = subsidy.step.today


def form_faults(subsidy: Any) -> str:
    names = [subsidy.case.agency.name, *([subsidy.case.officer.name] if subsidy.case.officer else [])]
    return entries.form_faults(subsidy.blind_copy, names)


@process.move(
    Stage.APPLIED, Stage.SCREENED, by=commission, label=gettext_lazy("形式審查通過"), unless=form_faults,
)  # fmt: skip
def screen(subsidy: Subsidy) -> None:
    subsidy.screened_on = subsidy.step.today


@process.move(
    Stage.SCREENED, Stage.REVIEWING, by=commission, label=gettext_lazy("送審"), unless=round_decided,
    hint=gettext_lazy("以代號送審；此後分派、評分與決審均於評審梯次密封辦理。"),
)  # fmt: skip
def admit(subsidy: Subsidy) -> None:
    subsidy.admitted_on = subsidy.step.today
    subsidy.step.add(
        entries.admitted(
            subsidy, subsidy.step.actor, asked=subsidy.requested,
            abstract=f"{subsidy.abstract}\n\n{subsidy.method}",
        )
    )  # fmt: skip


@process.move(
    BEFORE_RESULT, Stage.WITHDRAWN, by=applicant | contact, label=gettext_lazy("撤回"), closes=True,
    main=False,
)  # fmt: skip
def withdraw(subsidy: Subsidy, *, reason: Reason) -> None:
    subsidy.withdrawn_on = subsidy.step.today
    entries.take_back(subsidy)


# ── The result ──────────────────────────────────────────────────────────────────────────────────────


@process.move(
    Stage.REVIEWING, Stage.APPROVED, by=commission, label=gettext_lazy("公布核予補助"),
    unless=not_told, main=False,
    tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」核予補助，請開始執行。")),),
)  # fmt: skip
def approve(subsidy: Subsidy, *, amount: Decimal, score: Decimal | None = None) -> None:
    subsidy.announced_on, subsidy.outcome = subsidy.step.today, Outcome.APPROVED
    subsidy.amount, subsidy.score = amount, score


@process.move(
    Stage.REVIEWING, Stage.REJECTED, by=commission, label=gettext_lazy("公布未核予補助"), unless=not_told,
    closes=True, main=False,
    tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」審查結果已公布，請至平台查看。")),),
)  # fmt: skip
def reject(subsidy: Subsidy, *, score: Decimal | None = None) -> None:
    subsidy.announced_on, subsidy.outcome = subsidy.step.today, Outcome.REJECTED
    subsidy.score = score


def told(sheet: Sheet, actor: Any, at: datetime) -> None:
    """The announcement of one plan."""
    subsidy = Subsidy.objects.select_related("case").get(pk=sheet.case_id)
    result = next((line.result for line in rounds.lines_of([sheet]) if line.result is not None), None)
    if sheet.grade:
        approve.run(subsidy, actor, {"amount": sheet.amount, "score": result}, at=at)
    else:
        reject.run(subsidy, actor, {"score": result}, at=at)


# ── Carrying out ────────────────────────────────────────────────────────────────────────────────────


@process.move(
    Stage.APPROVED, Stage.EXECUTING, by=applicant | contact, label=gettext_lazy("開始執行"), starts=(REPORT,),
    hint=gettext_lazy("報告期限自開始執行日起算。"),
)  # fmt: skip
def start(subsidy: Subsidy, *, started_on: date) -> None:
    if started_on > subsidy.step.today:
        raise Refused(_("開始執行日不能晚於今天。"))
    if subsidy.announced_on and started_on < subsidy.announced_on:
        raise Refused(_("開始執行日不能早於公布日。"))
    subsidy.started_on = started_on


def own_papers(record: Any, user: Any) -> Any:
    """The agency's reports handed in for an award, as far as the person may know of them."""
    return Case.objects.filter(visible(user), kind="research.papers", agency_id=record.case.agency_id)


@process.move(
    Stage.EXECUTING, Stage.DELIVERED, by=applicant | contact, label=gettext_lazy("繳交研究報告"),
    stops=(REPORT,),
    hint=gettext_lazy("報告另提自行研究評獎者，請一併選取該案。"),
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」已繳交研究報告，請辦理核銷。")),),
)  # fmt: skip
def deliver(
    subsidy: Subsidy, *, report: Report,
    paper: Annotated[Case | None, Label(gettext_lazy("提報評獎的報告")), Among(own_papers)] = None,
) -> None:  # fmt: skip
    subsidy.report, subsidy.delivered_on = report, subsidy.step.today
    if paper is not None:
        subsidy.step.link(paper, Link.Kind.SEE_ALSO)


@process.move(
    Stage.DELIVERED, Stage.SETTLED, by=commission, label=gettext_lazy("核銷結案"), closes=True,
)  # fmt: skip
def settle(subsidy: Subsidy, *, spent: Decimal) -> None:
    if spent > subsidy.amount:
        raise Refused(_("核銷金額不能超過核定金額%(most)s元。") % {"most": f"{subsidy.amount:,}"})
    subsidy.spent, subsidy.settled_on = spent, subsidy.step.today


@process.move(
    (Stage.APPROVED, Stage.EXECUTING), Stage.REVOKED, by=commission, label=gettext_lazy("撤銷補助"),
    closes=True,
    main=False, tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」撤銷補助。")),),
)  # fmt: skip
def revoke(subsidy: Subsidy, *, reason: Reason) -> None:
    subsidy.revoked_on = subsidy.step.today


# ── Review ──────────────────────────────────────────────────────────────────────────────────────────


reviewing = Reviewing(
    KIND,
    words={
        "validity": gettext_lazy("研究價值的妥適性"),
        "difficulty": gettext_lazy("研究方法的難度"),
        "relevance": gettext_lazy("與市政建設或業務革新的關聯性"),
    },
    grades={Outcome.APPROVED: Outcome.APPROVED.label},
    identities=rounds.of_cases,
    announce=told,
    **rules.REVIEW,
)
