"""先期作業流程 The way of a proposal from the agency's desk to the budget, or to the ministry (P2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, PERSONAL, Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.duties import Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.casework.steps import own_rows
from yankao.kernel.money.budgeted import Budgeted, hand_over
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import Portion, YearRow, lay, portions_of, total_of
from yankao.kernel.people.models import Role, User
from yankao.kernel.people.standing import standing
from yankao.kernel.review.scoring import mean, trimmed_mean, weighted

from . import rules
from .budget import over_ceilings
from .models import (
    HUNDRED,
    AgendaItem,
    Allowed,
    Answer,
    Checked,
    Cost,
    Criterion,
    Kind,
    Meeting,
    Proposal,
    Question,
    Result,
    Round,
    Seat,
)


class Stage(TextChoices):
    """階段"""

    DRAFTING = "drafting", gettext_lazy("研擬中")
    AGENCY_RANKED = "agency_ranked", gettext_lazy("機關已排序")
    SUBMITTED = "submitted", gettext_lazy("已提送")
    RETURNED = "returned", gettext_lazy("退回補正")
    CHECKED = "checked", gettext_lazy("形式審查通過")
    FIRST_SCHEDULED = "first_scheduled", gettext_lazy("已排初審")
    FIRST_REVIEWED = "first_reviewed", gettext_lazy("初審完成")
    REVISED = "revised", gettext_lazy("已依意見修正")
    SECOND_SCHEDULED = "second_scheduled", gettext_lazy("已排複審")
    SECOND_REVIEWED = "second_reviewed", gettext_lazy("複審完成")
    RANKED = "ranked", gettext_lazy("已排優先順序")
    DECIDED = "decided", gettext_lazy("已核定")
    IN_BUDGET = "in_budget", gettext_lazy("納入預算")
    NOT_IN_BUDGET = "not_in_budget", gettext_lazy("未納入預算")
    INTERNAL_REVIEWED = "internal_reviewed", gettext_lazy("府內審查完成")
    SENT = "sent", gettext_lazy("已提送中央")
    APPROVED = "approved", gettext_lazy("中央已核定")
    REJECTED = "rejected", gettext_lazy("中央未核定")
    WITHDRAWN = "withdrawn", gettext_lazy("已撤回")


OPEN_TO_AGENCY = (Stage.DRAFTING, Stage.RETURNED)
BEFORE_DECISION = (
    Stage.DRAFTING, Stage.AGENCY_RANKED, Stage.SUBMITTED, Stage.RETURNED, Stage.CHECKED,
    Stage.FIRST_SCHEDULED, Stage.FIRST_REVIEWED, Stage.REVISED, Stage.SECOND_SCHEDULED,
    Stage.SECOND_REVIEWED, Stage.INTERNAL_REVIEWED,
)  # fmt: skip

owner = duties.officer | duties.agency(Role.OFFICER, Role.CONTROLLER)
planner = duties.agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD)


def seated(who: Any) -> models.Q:
    """The proposals a person is to review."""
    seats = Seat.objects.filter(reviewer_id=who.user_id, recused_on=None)
    return models.Q(pk__in=seats.order_by().values("proposal")) if who.user_id else duties.NONE


reviewer = Duty(gettext_lazy("審查委員"), seated)

CHECK = Deadline(
    "check", gettext_lazy("形式審查"), rules.CHECK_TERM, lambda proposal: proposal.step.today,
    law=rules.GUIDE, remind=(3, 1), owed_by=lambda proposal, mark: controllers_of_the_city(proposal),
)  # fmt: skip
CORRECT = Deadline(
    "correct", gettext_lazy("補正"), rules.CORRECT_TERM, "returned_on", law=rules.GUIDE, remind=(3, 1)
)
REVISE = Deadline(
    "revise", gettext_lazy("依初審意見修正"), rules.REVISE_TERM, "first_reviewed_on", law=rules.GUIDE,
    remind=(7, 1),
)  # fmt: skip

process = Process(
    Proposal,
    kind="planning.proposals",
    stages=Stage,
    opens_at=Stage.DRAFTING,
    number="先{roc}-{seq:04d}",
    sees=duties.agency() | duties.commission | duties.overseers | reviewer,
    opened_by=duties.agency(Role.OFFICER, Role.CONTROLLER) | duties.commission,
    asks=(
        "year", "kind", "continuing", "central", "plan_no", "purpose", "place", "longitude", "latitude",
        "mandate",
    ),
    amendable=(
        "continuing", "purpose", "place", "longitude", "latitude", "mandate", "goal", "benefits", "risks",
        "recurrent", "self_liquidating",
    ),
    path=(
        Stage.DRAFTING, Stage.AGENCY_RANKED, Stage.SUBMITTED, Stage.CHECKED, Stage.FIRST_SCHEDULED,
        Stage.FIRST_REVIEWED, Stage.REVISED, Stage.SECOND_SCHEDULED, Stage.SECOND_REVIEWED, Stage.RANKED,
        Stage.DECIDED, Stage.IN_BUDGET,
    ),
)  # fmt: skip


def controllers_of_the_city(_proposal: Any) -> Iterable[Any]:
    """研考會管考人員 Who hear of what waits for the commission."""
    return User.objects.filter(posts__role=Role.RDEC_CONTROLLER, is_active=True).distinct()


def officer_of(proposal: Any) -> Iterable[Any]:
    return [proposal.case.officer]


def of_agency(proposal: Any) -> Iterable[Any]:
    """The officer and the agency's controllers."""
    found = User.objects.filter(posts__agency=proposal.case.agency_id, posts__role=Role.CONTROLLER)
    return [proposal.case.officer, *found.distinct()]


# ── What the agency writes ──────────────────────────────────────────────────────────────────────────


@process.move(
    OPEN_TO_AGENCY, None, by=owner | duties.commission, label=gettext_lazy("填寫效益與風險"), main=False,
    hint=gettext_lazy("計畫目標、地點等立案時已填者，由研考會更正。"),
)  # fmt: skip
def describe(
    proposal: Proposal,
    *,
    benefits: Annotated[str, Label(gettext_lazy("預期效益")), LONG],
    goal: str = "",
    risks: Annotated[str, Label(gettext_lazy("風險與因應")), LONG] = "",
    recurrent: Decimal = Decimal(0),
    self_liquidating: Decimal | None = None,
) -> None:
    proposal.goal, proposal.benefits, proposal.risks = goal, benefits, risks
    proposal.recurrent, proposal.self_liquidating = recurrent, self_liquidating


def _split(total: Decimal, years: list[YearRow]) -> list[Any]:
    """The rows as portions. Raises ValidationError when a year or the whole does not sum in exact 元."""
    try:
        portions = portions_of(years)
    except ValueError as error:
        raise ValidationError({"years": str(error)}) from error
    told = total_of(portions)
    if told != total:
        raise ValidationError(
            {
                "total": _("各年度合計%(told)s元，與總經費%(total)s元差%(gap)s元。")
                % {"told": f"{told:,}", "total": f"{total:,}", "gap": f"{told - total:+,}"}
            }
        )
    if not portions:
        raise ValidationError({"years": _("請至少填一個年度的經費。")})
    return portions


def _ask_for(proposal: Proposal, total: Decimal, years: list[YearRow], reason: str) -> None:
    portions = _split(total, years)
    if proposal.year not in {portion.year for portion in portions}:
        raise ValidationError({"years": _("經費需求應包括計畫年度%s年度。") % proposal.year})
    lay(proposal.step, own_rows(proposal, Cost, "proposal"), portions, partial(Cost, proposal=proposal),
        reason)  # fmt: skip
    proposal.total = total


def _allow(proposal: Proposal, total: Decimal | None, years: list[YearRow], reason: str) -> None:
    """核列 Lay what is allowed; a total and years given replace what was allowed before."""
    if total is None and not years:
        return
    if total is None:
        raise ValidationError({"total": _("填了年度經費，請一併填核列總經費。")})
    portions = _split(total, years)
    lay(proposal.step, own_rows(proposal, Allowed, "proposal"), portions,
        partial(Allowed, proposal=proposal), reason)  # fmt: skip
    proposal.allowed_total = total


@process.move(
    OPEN_TO_AGENCY, None, by=owner | duties.commission, label=gettext_lazy("填報經費需求"), main=False,
    hint=gettext_lazy("每一年度一列；各來源合計須等於年度合計，各年度合計須等於總經費，以元計。"),
)  # fmt: skip
def state_cost(
    proposal: Proposal,
    *,
    total: Annotated[Decimal, Label(gettext_lazy("總經費"))],
    years: Annotated[list[YearRow], Label(gettext_lazy("分年經費需求"))],
) -> None:
    _ask_for(proposal, total, years, _("重新填報"))


@dataclass
class Reply:
    """A row of the form-check sheet."""

    question: Annotated[Question, Label(gettext_lazy("項目"))]
    answer: Annotated[Answer, Label(gettext_lazy("填答"))]
    note: Annotated[str, Label(gettext_lazy("說明"))]


@process.move(
    OPEN_TO_AGENCY, None, by=owner | duties.commission, label=gettext_lazy("填答形式審查項目"), main=False,
    hint=gettext_lazy("同一項目再次填答，以最後一次為準。"),
)  # fmt: skip
def answer_form(
    proposal: Proposal, *, replies: Annotated[list[Reply], Label(gettext_lazy("形式審查項目"))]
) -> None:
    if not replies:
        raise ValidationError({"replies": _("請至少填答一項。")})
    for reply in replies:
        if not reply.note.strip():
            raise ValidationError({"replies": _("「%s」請填說明。") % Question(reply.question).label})
    proposal.step.add(
        *(
            Checked(proposal=proposal, question=reply.question, answer=reply.answer, note=reply.note,
                    on=proposal.step.today)
            for reply in replies
        )
    )  # fmt: skip


@process.move(
    Stage.DRAFTING, Stage.AGENCY_RANKED, by=planner | duties.commission, label=gettext_lazy("機關排序"),
    hint=gettext_lazy("同一年度，機關內每一計畫的排序不可相同。"),
)  # fmt: skip
def rank_in_agency(
    proposal: Proposal, *, agency_rank: Annotated[int, Label(gettext_lazy("機關排序"))]
) -> None:
    if agency_rank < 1:
        raise ValidationError({"agency_rank": _("排序從1開始。")})
    proposal.agency_rank, proposal.agency_ranked_on = agency_rank, proposal.step.today


@process.move(Stage.AGENCY_RANKED, Stage.DRAFTING, by=planner, label=gettext_lazy("退回研擬"), main=False)
def draft_again(proposal: Proposal, *, reason: Reason) -> None:
    proposal.agency_rank = proposal.agency_ranked_on = None


# ── Guards of the submission ────────────────────────────────────────────────────────────────────────


def cost_stated(proposal: Proposal) -> str:
    return "" if proposal.total is not None else str(_("請先填報經費需求。"))


def missing_questions(proposal: Proposal) -> list[Question]:
    """Questions of the kind's list in force today that have no answer yet."""
    wanted = rules.CHECKLISTS[proposal.kind].at(timezone.localdate()).questions
    told = set(proposal.answers.values_list("question", flat=True))
    return [question for question in wanted if question.value not in told]


def form_filled(proposal: Proposal) -> str:
    left = missing_questions(proposal)
    if not left:
        return ""
    return str(_("形式審查項目尚未填答：%s。") % "、".join(str(question.label) for question in left))


def shared_use(proposal: Proposal) -> str:
    """Instruments: how much they will be used, and with whom shared, is stated and not waived."""
    if proposal.kind != Kind.INSTRUMENTS:
        return ""
    latest = dict(proposal.answers.order_by("pk").values_list("question", "answer"))
    waived = [q for q in (Question.UTILISATION, Question.SHARING) if latest.get(q) == Answer.NOT_NEEDED]
    return str(_("儀器設備須說明使用率及共用規劃，不可填免辦理。")) if waived else ""


def big_enough(proposal: Proposal) -> str:
    """The size from which a proposal is pre-reviewed; an order of the head or the council lifts it."""
    if proposal.total is None or proposal.mandate.strip():
        return ""
    floor = rules.size_floor(proposal.kind, proposal.continuing, timezone.localdate())
    of_year = proposal.continuing and proposal.kind != Kind.INSTRUMENTS
    asked = (
        total_of(proposal.costs.filter(until=None, year=proposal.year))
        if of_year
        else Decimal(proposal.total)
    )
    if asked >= floor:
        return ""
    return str(
        _("經費%(asked)s元未達先期作業門檻%(floor)s元，免送審；首長交辦或議會決議者請填交辦文號。")
        % {"asked": f"{asked:,}", "floor": f"{floor:,}"}
    )


def rank_of_its_own(proposal: Proposal) -> str:
    """No two proposals of an agency hold the same place."""
    others = Proposal.objects.filter(
        year=proposal.year, agency_rank=proposal.agency_rank, withdrawn_on=None,
        case__agency_id=proposal.case.agency_id,
    )  # fmt: skip
    other = others.exclude(pk=proposal.pk).select_related("case").first()
    if other is None or proposal.agency_rank is None:
        return ""
    return str(
        _("機關排序%(rank)s與%(number)s相同，請先調整。")
        % {"rank": proposal.agency_rank, "number": other.case.number}
    )


SUBMITTABLE = (cost_stated, form_filled, shared_use, big_enough, rank_of_its_own)


@process.move(
    Stage.AGENCY_RANKED, Stage.SUBMITTED, by=planner, label=gettext_lazy("提送研考會"),
    unless=SUBMITTABLE, starts=(CHECK,),
)  # fmt: skip
def submit(proposal: Proposal) -> None:
    proposal.submitted_on = proposal.step.today


@process.move(
    Stage.RETURNED, Stage.SUBMITTED, by=planner, label=gettext_lazy("補正後再提送"), unless=SUBMITTABLE,
    stops=(CORRECT,), starts=(CHECK,),
)  # fmt: skip
def submit_again(
    proposal: Proposal, *, response: Annotated[str, Label(gettext_lazy("補正說明")), LONG]
) -> None:
    proposal.response = response


@process.move(
    Stage.SUBMITTED, Stage.CHECKED, by=duties.commission, label=gettext_lazy("形式審查通過"),
    stops=(CHECK,),
)  # fmt: skip
def pass_form(proposal: Proposal) -> None:
    proposal.checked_on = proposal.step.today


@process.move(
    Stage.SUBMITTED, Stage.RETURNED, by=duties.commission, label=gettext_lazy("退回補正"), main=False,
    stops=(CHECK,), starts=(CORRECT,),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」形式審查退回，請補正後再提送。"), "return"),),
)  # fmt: skip
def return_form(proposal: Proposal, *, reason: Reason) -> None:
    proposal.returned_on = proposal.step.today


# ── First review ────────────────────────────────────────────────────────────────────────────────────


def meetings_to_come(round: Round) -> Among:
    """Meetings of the proposal's year and round that are not over."""

    def rows(proposal: Any, user: Any) -> Any:
        return Meeting.objects.filter(
            year=proposal.year, round=round, cancelled_on=None, minutes_on=None
        ).order_by("held_on")

    return Among(rows)


FIRST, SECOND = meetings_to_come(Round.FIRST), meetings_to_come(Round.SECOND)


def meeting_called(among: Among) -> Any:
    def guard(proposal: Any) -> str:
        return "" if among.rows(proposal, None).exists() else str(_("請先排定審查會議。"))

    return guard


def of_city(proposal: Proposal) -> str:
    return str(_("提送中央者由府內審查，不排初審。")) if proposal.central else ""


def of_centre(proposal: Proposal) -> str:
    return "" if proposal.central else str(_("這不是提送中央的計畫。"))


def _on_agenda(proposal: Proposal, meeting: Meeting) -> None:
    proposal.step.add(
        AgendaItem(
            session=meeting, proposal=proposal, text=proposal.case.title[:300], raised_on=proposal.step.today,
            owner=proposal.case.agency,
        )
    )  # fmt: skip


@process.move(
    Stage.CHECKED, Stage.FIRST_SCHEDULED, by=duties.commission, label=gettext_lazy("排入初審會議"),
    unless=(of_city, meeting_called(FIRST)), waits=models.Q(proposal__central=False),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」已排入初審會議。")),),
)  # fmt: skip
def schedule_first(
    proposal: Proposal, *, meeting: Annotated[Meeting, Chosen, Label(gettext_lazy("初審會議")), FIRST]
) -> None:
    proposal.scheduled_on = proposal.step.today
    _on_agenda(proposal, meeting)


def conflict_of(proposal: Proposal, person: Any) -> str:
    """利益衝突 Why a person should not judge a proposal, or an empty sentence: computed, not asked."""
    if person == proposal.case.officer or proposal.case.agency_id in standing(person).agencies():
        return str(_("%s任職於提案機關，應迴避。") % person)
    return ""


@process.move(
    Stage.FIRST_SCHEDULED, None, by=duties.commission, label=gettext_lazy("指派審查委員"), main=False,
    hint=gettext_lazy("任職於提案機關者不可審查。"),
)  # fmt: skip
def seat_reviewers(
    proposal: Proposal, *, reviewers: Annotated[list[User], Chosen, Label(gettext_lazy("審查委員"))]
) -> None:
    known = {seat.reviewer_id for seat in own_rows(proposal, Seat, "proposal")}
    for person in reviewers:
        if person.pk in known:
            continue
        if proposal.pk and (sentence := conflict_of(proposal, person)):
            raise ValidationError({"reviewers": sentence})
        proposal.step.add(Seat(proposal=proposal, reviewer=person, since=proposal.step.today))
        proposal.step.tell([person], gettext_lazy("{number}「{title}」請您審查評分。"), "assignment")


def _seat_of(proposal: Proposal) -> Seat:
    actor = proposal.step.actor
    for seat in own_rows(proposal, Seat, "proposal"):
        if actor is not None and seat.reviewer_id == actor.pk and seat.recused_on is None:
            return seat
    raise Refused(_("您不是這一案的審查委員。"))


@process.move(Stage.FIRST_SCHEDULED, None, by=reviewer, label=gettext_lazy("聲明迴避"), main=False)
def recuse(proposal: Proposal, *, reason: Reason) -> None:
    seat = _seat_of(proposal)
    if seat.scored_on is not None:
        raise Refused(_("已評分者不能聲明迴避，請洽研考會。"))
    seat.recused_on, seat.recusal = proposal.step.today, reason[:200]
    proposal.step.keep(seat)


SEALED = gettext_lazy("歷程只記載已填，不顯示內容")
"""The case page tells its agency that a reviewer has scored, not what."""


@process.move(
    Stage.FIRST_SCHEDULED, None, by=reviewer, label=gettext_lazy("評分"),
    hint=gettext_lazy("每項0至100分；權重依年度評分規則。會議結論前可以修改。"),
)  # fmt: skip
def score(
    proposal: Proposal,
    *,
    policy: Annotated[Decimal, Label(Criterion.POLICY.label, SEALED), PERSONAL],
    need: Annotated[Decimal, Label(Criterion.NEED.label, SEALED), PERSONAL],
    benefit: Annotated[Decimal, Label(Criterion.BENEFIT.label, SEALED), PERSONAL],
    readiness: Annotated[Decimal, Label(Criterion.READINESS.label, SEALED), PERSONAL],
    funding: Annotated[Decimal, Label(Criterion.FUNDING.label, SEALED), PERSONAL],
    execution: Annotated[Decimal, Label(Criterion.EXECUTION.label, SEALED), PERSONAL],
    comment: Annotated[str, Label(gettext_lazy("審查意見"), SEALED), LONG, PERSONAL] = "",
) -> None:
    seat = _seat_of(proposal)
    marks = {"policy": policy, "need": need, "benefit": benefit, "readiness": readiness,
             "funding": funding, "execution": execution}  # fmt: skip
    for name, value in marks.items():
        if not 0 <= value <= HUNDRED:
            raise ValidationError({name: _("評分應在0與100之間。")})
        setattr(seat, name, value)
    seat.comment, seat.scored_on = comment, proposal.step.today
    proposal.step.keep(seat)


def scored_seats(proposal: Proposal) -> list[Seat]:
    return [seat for seat in own_rows(proposal, Seat, "proposal") if seat.scored_on and not seat.recused_on]


def scores_in(proposal: Proposal) -> str:
    """Everybody seated has scored or is recused, and there are enough."""
    seats = list(proposal.seats.filter(recused_on=None))
    least = rules.LEAST_SCORES.at(timezone.localdate())
    scored = sum(seat.scored_on is not None for seat in seats)
    if scored < len(seats):
        return str(_("尚有%s位審查委員未評分。") % (len(seats) - scored))
    if scored < least:
        return str(_("評分委員%(scored)s位，至少須%(least)s位。") % {"scored": scored, "least": least})
    return ""


def group_score(proposal: Proposal) -> tuple[Decimal, Decimal]:
    """The mean of the weighted totals to two decimals, and that of the policy marks; with enough scores the
    highest and the lowest are left out.
    """
    day = proposal.step.today
    seats, weights = scored_seats(proposal), rules.WEIGHTS.at(day).criteria
    middle = trimmed_mean if len(seats) >= rules.TRIM_FROM.at(day) else mean
    totals = [weighted(seat.marks(), weights) for seat in seats]
    return middle(totals, places=2), middle([Decimal(seat.policy or 0) for seat in seats], places=2)


@process.move(
    Stage.FIRST_SCHEDULED, Stage.FIRST_REVIEWED, by=duties.commission, label=gettext_lazy("登錄初審結論"),
    unless=scores_in, starts=(REVISE,),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」初審完成，請依意見修正。")),),
)  # fmt: skip
def conclude_first(
    proposal: Proposal,
    *,
    result: Annotated[Result, Label(gettext_lazy("初審結果"))],
    opinion: Annotated[str, Label(gettext_lazy("初審意見")), LONG],
) -> None:
    proposal.score, proposal.policy_score = group_score(proposal)
    proposal.first_reviewed_on = proposal.step.today
    proposal.first_result, proposal.first_opinion = result, opinion


@process.move(
    Stage.FIRST_REVIEWED, Stage.REVISED, by=owner, label=gettext_lazy("依初審意見修正"), stops=(REVISE,),
    hint=gettext_lazy("經費不變者，總經費與分年經費留空。"),
)  # fmt: skip
def revise(
    proposal: Proposal,
    *,
    response: Annotated[str, Label(gettext_lazy("審查意見辦理情形")), LONG],
    total: Annotated[Decimal | None, Label(gettext_lazy("修正後總經費"))] = None,
    years: Annotated[list[YearRow], Label(gettext_lazy("修正後分年經費需求"))] = [],  # noqa: B006
) -> None:
    proposal.response, proposal.revised_on = response, proposal.step.today
    if total is not None:
        _ask_for(proposal, total, years, _("依初審意見修正"))
    elif years:
        raise ValidationError({"total": _("填了年度經費，請一併填總經費。")})


# ── Second review, ranking, decision ────────────────────────────────────────────────────────────────


@process.move(
    Stage.REVISED, Stage.SECOND_SCHEDULED, by=duties.commission, label=gettext_lazy("排入複審會議"),
    unless=meeting_called(SECOND),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」已排入複審會議。")),),
)  # fmt: skip
def schedule_second(
    proposal: Proposal, *, meeting: Annotated[Meeting, Chosen, Label(gettext_lazy("複審會議")), SECOND]
) -> None:
    _on_agenda(proposal, meeting)


@process.move(
    Stage.SECOND_SCHEDULED, Stage.SECOND_REVIEWED, by=duties.commission,
    label=gettext_lazy("登錄複審結論"), hint=gettext_lazy("減列者填核列總經費及分年經費；照列者留空。"),
)  # fmt: skip
def conclude_second(
    proposal: Proposal,
    *,
    result: Annotated[Result, Label(gettext_lazy("複審結果"))],
    opinion: Annotated[str, Label(gettext_lazy("複審意見")), LONG],
    total: Annotated[Decimal | None, Label(gettext_lazy("核列總經費"))] = None,
    years: Annotated[list[YearRow], Label(gettext_lazy("核列分年經費"))] = [],  # noqa: B006
) -> None:
    if result == Result.CUT and total is None:
        raise ValidationError({"total": _("減列者請填核列總經費及分年經費。")})
    if result != Result.CUT and (total is not None or years):
        raise ValidationError({"total": _("只有減列者填核列經費。")})
    if total is not None and proposal.total is not None and total >= proposal.total:
        raise ValidationError({"total": _("減列後應少於原需求%s元。") % f"{proposal.total:,}"})
    _allow(proposal, total, years, _("複審減列"))
    proposal.second_reviewed_on = proposal.step.today
    proposal.second_result, proposal.second_opinion = result, opinion


@process.move(
    Stage.SECOND_REVIEWED, Stage.RANKED, by=duties.commission, label=gettext_lazy("排定優先順序"),
    hint=gettext_lazy("全年度一次排定，請用「額度試算」。"),
)  # fmt: skip
def place(
    proposal: Proposal,
    *,
    rank: Annotated[int, Label(gettext_lazy("優先順序"))],
    reason: Annotated[str, Label(gettext_lazy("與機關排序不同之理由")), LONG] = "",
) -> None:
    proposal.rank, proposal.ranked_on = rank, proposal.step.today


@process.move(
    Stage.RANKED, Stage.DECIDED, by=duties.chief, label=gettext_lazy("核定"),
    hint=gettext_lazy("全年度一次核定，請用「額度試算」。"),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」先期作業已核定。")),),
)  # fmt: skip
def decide(
    proposal: Proposal,
    *,
    result: Annotated[Result, Label(gettext_lazy("核定結果"))],
    explanation: Annotated[str, Label(gettext_lazy("核定說明")), LONG],
) -> None:
    """核定 What is decided to be done stays within the ceilings in force, with all decided before."""
    proposal.decided_on = proposal.step.today
    proposal.decision, proposal.decision_reason = result, explanation
    if proposal.pk and result in (Result.KEEP, Result.CUT):
        over = over_ceilings(proposal.year, proposal.step.today, besides=proposal.pk)
        if over:
            told = "、".join(f"{source.label}{amount:,}" for source, amount in over.items())
            raise ValidationError({"result": _("核定後超過額度（元）：%s。") % told})


def decided_in(proposal: Proposal) -> str:
    if proposal.decision in (Result.KEEP, Result.CUT) or proposal.central:
        return ""
    return str(_("核定結果為「%s」，不納入預算。") % Result(proposal.decision).label)


@process.move(
    (Stage.DECIDED, Stage.APPROVED), Stage.IN_BUDGET, by=duties.commission, label=gettext_lazy("納入預算"),
    closes=True, unless=decided_in,
    waits=models.Q(proposal__decision__in=(Result.KEEP, Result.CUT)) | models.Q(proposal__central=True),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」已納入預算，將列入施政計畫管制。")),),
)  # fmt: skip
def enter_budget(proposal: Proposal, *, document: Annotated[str, Label(gettext_lazy("預算案文號"))]) -> None:
    """A plan of the budget goes into control, where a room of control can take it."""
    proposal.budgeted_on, proposal.budget_no = proposal.step.today, document
    if proposal.pk:
        _hand_over(proposal)


def lines_of(proposal: Proposal) -> list[Any]:
    """What counts of its money now: what was allowed, else what is asked."""
    model: Any = Allowed if proposal.allowed_total is not None else Cost
    return [line for line in own_rows(proposal, model, "proposal") if line.until is None]


def lines_of_kept(proposal: Proposal) -> list[Any]:
    """The same of a proposal that is only read."""
    rows: Any = proposal.allowed if proposal.allowed_total is not None else proposal.costs
    return list(rows.standing().order_by("year", "pk"))


def _hand_over(proposal: Proposal) -> None:
    lines = lines_of(proposal)
    taken = hand_over(
        Budgeted(
            actor=proposal.step.actor, origin=proposal.case, year=proposal.year, total=total_of(lines),
            portions=tuple(Portion(line.year, Source(line.source), line.amount) for line in lines),
            on=proposal.step.today, document=proposal.budget_no,
            longitude=proposal.longitude, latitude=proposal.latitude,
        )
    )  # fmt: skip
    if taken is not None:
        proposal.handed_over_on = proposal.step.today


def not_handed_over(proposal: Proposal) -> str:
    return "" if proposal.handed_over_on is None else str(_("已移交管制。"))


@process.move(
    Stage.IN_BUDGET, None, by=duties.commission, label=gettext_lazy("移交管制"), main=False,
    unless=not_handed_over, hint=gettext_lazy("納入預算時尚無該年度列管方案者，建立方案後再移交。"),
)  # fmt: skip
def hand_to_control(proposal: Proposal) -> None:
    _hand_over(proposal)
    if proposal.handed_over_on is None:
        raise Refused(_("管制業務還沒有%s年度的施政計畫列管方案，請先建立。") % proposal.year)


@process.move(
    (Stage.DECIDED, Stage.APPROVED), Stage.NOT_IN_BUDGET, by=duties.commission,
    label=gettext_lazy("未納入預算"), closes=True, main=False,
)  # fmt: skip
def leave_out(proposal: Proposal, *, reason: Reason) -> None:
    proposal.left_out_on = proposal.step.today


@process.move(
    BEFORE_DECISION, Stage.WITHDRAWN, by=planner | duties.commission, label=gettext_lazy("撤回"),
    closes=True, main=False,
)  # fmt: skip
def withdraw(proposal: Proposal, *, reason: Reason) -> None:
    proposal.withdrawn_on = proposal.step.today
    proposal.rank = None


# ── To the centre ───────────────────────────────────────────────────────────────────────────────────


@process.move(
    Stage.CHECKED, Stage.INTERNAL_REVIEWED, by=duties.commission, label=gettext_lazy("府內審查完成"),
    unless=of_centre, waits=models.Q(proposal__central=True),
)  # fmt: skip
def review_inside(
    proposal: Proposal, *, opinion: Annotated[str, Label(gettext_lazy("府內審查意見")), LONG]
) -> None:
    proposal.internal_on, proposal.first_opinion = proposal.step.today, opinion


@process.move(
    Stage.INTERNAL_REVIEWED, Stage.SENT, by=duties.commission, label=gettext_lazy("提送中央"),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」已提送中央主管機關。")),),
)  # fmt: skip
def send_to_ministry(
    proposal: Proposal, *, ministry: Annotated[str, Label(gettext_lazy("中央主管機關"))]
) -> None:
    proposal.ministry, proposal.sent_on = ministry, proposal.step.today


@process.move(
    Stage.SENT, (Stage.APPROVED, Stage.REJECTED), by=duties.commission, label=gettext_lazy("登錄中央核復"),
    tells=(Tell(of_agency, gettext_lazy("{number}「{title}」中央已核復。")),),
)  # fmt: skip
def record_answer(
    proposal: Proposal,
    *,
    approved: Annotated[bool, Label(gettext_lazy("中央核定"))],
    ministry_no: Annotated[str, Label(gettext_lazy("中央核復文號"))],
) -> None:
    proposal.ministry_no, proposal.ministry_decided_on = ministry_no, proposal.step.today
    proposal.step.go(Stage.APPROVED if approved else Stage.REJECTED)


@process.move(
    Stage.REJECTED, Stage.NOT_IN_BUDGET, by=duties.commission, label=gettext_lazy("結案"), closes=True
)
def close_rejected(proposal: Proposal) -> None:
    proposal.left_out_on = proposal.step.today
