"""先期作業的畫面 What the desk shows of proposals beside the derived pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk import charts
from yankao.desk.jinja import format_date, format_money, format_number
from yankao.desk.screens import Action, Column, Filter, Panel, Screens
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.money.models import FundingLine, Source, in_source_order
from yankao.kernel.money.split import by_source, total_of
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.review.scoring import weighted
from yankao.kernel.session.models import late_minutes

from . import boards, rules
from .boards import alike_words, closest
from .models import Criterion, Meeting, Proposal, Question, Result, Seat
from .process import Stage, missing_questions, planner, process, seated


def of_commission(user: Any) -> bool:
    return standing(user).has(*RDEC)


def result_words(value: str) -> str:
    return str(Result(value).label) if value else ""


def yuan(value: Any) -> str:
    return "" if value is None else format_money(value)


# ── Panels of the case page ─────────────────────────────────────────────────────────────────────────


def matrix(lines: Iterable[FundingLine]) -> dict[str, Any]:
    """Years × sources as a table of exact 元, with sums both ways."""
    kept = list(lines)
    sources = in_source_order(line.source for line in kept)
    years = sorted({line.year for line in kept})
    rows = []
    for year in years:
        found = by_source(kept, year)
        cells = [f"{found[s]:,}" if s in found else "" for s in sources]
        rows.append([str(year), *cells, f"{sum(found.values(), Decimal(0)):,}"])
    whole = by_source(kept)
    return {
        "head": [_("年度"), *(str(source.label) for source in sources), _("合計")],
        "rows": rows,
        "foot": [_("合計"), *(f"{whole[s]:,}" for s in sources), f"{total_of(kept):,}"] if rows else [],
        "numeric": tuple(range(1, len(sources) + 2)),
    }


def money(proposal: Proposal, user: Any) -> dict[str, Any]:
    """What is asked, what is allowed, and what was asked before."""
    lines = list(proposal.costs.order_by("year", "source", "pk"))
    now = [line for line in lines if line.until is None]
    whole = by_source(now)
    shares = [(str(source.label), whole[source]) for source in Source if source in whole]
    liability = ""
    if proposal.recurrent and proposal.total:
        share = 100 * Decimal(proposal.recurrent) / Decimal(proposal.total)
        liability = _("完工後每年營運維護經費%(each)s，為總經費的%(share)s%%；二十年累計%(twenty)s。") % {
            "each": format_money(proposal.recurrent),
            "share": format_number(share, 2),
            "twenty": format_money(20 * proposal.recurrent),
        }
    return {
        "asked": matrix(now),
        "allowed": matrix(proposal.allowed.filter(until=None)),
        "chart": charts.stacked_share(shares, sentence=_("經費來源")) if len(shares) > 1 else "",
        "history": [
            (
                str(line.year),
                str(line.get_source_display()),
                f"{line.amount:,}",
                format_date(line.since),
                format_date(line.until),
                line.reason,
            )
            for line in lines
            if line.until is not None
        ],
        "liability": liability,
    }


def form_check(proposal: Proposal, user: Any) -> dict[str, Any]:
    """The newest answer to each question, and which are missing."""
    latest = {row.question: row for row in proposal.answers.order_by("pk")}
    wanted = rules.CHECKLISTS[proposal.kind].at(proposal.submitted_on or proposal.case.opened_on).questions
    rows = []
    for question in dict.fromkeys([*wanted, *(Question(code) for code in latest)]):
        row = latest.get(question.value)
        said = (str(row.get_answer_display()), row.note, format_date(row.on)) if row else ("—", "", "")
        rows.append((str(question.label), *said))
    left = missing_questions(proposal) if proposal.submitted_on is None else []
    return {"rows": rows, "missing": _("、").join(str(question.label) for question in left)}


def alike(proposal: Proposal, user: Any) -> dict[str, Any]:
    """Others that may be the same work or a part of one plan, so far as this person may see them."""
    found = closest(proposal, user)
    return {
        "rows": [
            {
                "href": reverse("desk:case", args=[other.pk]),
                "title": str(other.case),
                "split": told.split,
                "why": alike_words(told),
            }
            for told, other in found
        ]
    }


def review(proposal: Proposal, user: Any) -> dict[str, Any]:
    """Meetings, marks and conclusions. Marks by person are the commission's; a reviewer sees the own ones,
    everybody else what came of them, once it is concluded.
    """
    rows = proposal.agenda.select_related("session").order_by("session__held_on")
    seats = list(proposal.seats.select_related("reviewer"))
    mine = seats if of_commission(user) else [seat for seat in seats if seat.reviewer_id == user.pk]
    told = bool(proposal.first_reviewed_on)
    conclusions = []
    if told:
        conclusions.append((_("初審"), result_words(proposal.first_result), proposal.first_opinion))
    if proposal.second_reviewed_on:
        conclusions.append((_("複審"), result_words(proposal.second_result), proposal.second_opinion))
    if proposal.decided_on:
        conclusions.append((_("核定"), result_words(proposal.decision), proposal.decision_reason))
    waiting = ""
    if seats and not told and of_commission(user):
        left = sum(seat.scored_on is None and seat.recused_on is None for seat in seats)
        waiting = _("尚有%s位審查委員未評分。") % left if left else _("審查委員已全部評分。")
    return {
        "meetings": [
            (str(row.session), str(row.session.get_round_display()), format_date(row.session.held_on))
            for row in rows
        ],
        "marks": _marks(proposal, mine, told),
        "waiting": waiting,
        "conclusions": conclusions,
    }


def _marks(proposal: Proposal, seats: list[Seat], told: bool) -> dict[str, Any] | None:
    weights = rules.WEIGHTS.at(proposal.first_reviewed_on or proposal.scheduled_on or proposal.case.opened_on)
    rows = []
    for seat in seats:
        if seat.scored_on:
            marks = seat.marks()
            rows.append(
                [
                    str(seat.reviewer),
                    *(format_number(marks[c.value]) for c in Criterion),
                    format_number(weighted(marks, weights.criteria)),
                ]
            )
        elif seat.recused_on:
            rows.append([str(seat.reviewer), *([""] * len(Criterion)), _("迴避")])
    if not rows and not told:
        return None
    width = len(Criterion) + 1
    blank = [""] * (width - 1)
    score = proposal.score
    foot = [_("評分"), *blank, format_number(score)] if told and score is not None else []
    head = [_("審查委員"), *(f"{one.label} {one.weight}%" for one in weights.criteria), _("加權")]
    return {"head": head, "rows": rows, "foot": foot, "numeric": tuple(range(1, width + 1))}


# ── First screens (functional spec part G) ──────────────────────────────────────────────────────────


def first(user: Any) -> Sequence[dict[str, Any]]:
    """What waits for an agency's planner, a reviewer, and the commission."""
    found: list[dict[str, Any]] = []
    listed = reverse("desk:list", args=[process.kind])
    who = standing(user)

    def add(label: str, cases: Any, query: str, tone: str = "") -> None:
        if n := cases.count():
            found.append({"label": label, "count": n, "url": f"{listed}?{query}", "tone": tone})

    open_cases = Case.objects.filter(process.visible(user), closed_on=None)
    to_score = open_cases.filter(seated(who), stage=Stage.FIRST_SCHEDULED).filter(
        pk__in=Seat.objects.filter(reviewer_id=who.user_id, scored_on=None, recused_on=None).values(
            "proposal"
        )
    )
    add(_("待評分計畫"), to_score, f"stage={Stage.FIRST_SCHEDULED}", "amber")
    own = open_cases.filter(planner.cases(user))
    if who.has(Role.CONTROLLER, Role.MANAGER, Role.HEAD, Role.OFFICER):
        drafts = own if who.has(Role.CONTROLLER, Role.MANAGER, Role.HEAD) else open_cases.filter(officer=user)
        add(_("研擬中計畫"), drafts.filter(stage__in=(Stage.DRAFTING, Stage.AGENCY_RANKED)),
            f"stage={Stage.DRAFTING}&stage={Stage.AGENCY_RANKED}")  # fmt: skip
        add(_("退回補正計畫"), drafts.filter(stage=Stage.RETURNED), f"stage={Stage.RETURNED}", "red")
        add(_("待依初審意見修正"), drafts.filter(stage=Stage.FIRST_REVIEWED), f"stage={Stage.FIRST_REVIEWED}",
            "amber")  # fmt: skip
    if who.has(*RDEC):
        for label, stage in (
            (_("待形式審查"), Stage.SUBMITTED),
            (_("待排初審"), Stage.CHECKED),
            (_("待排複審"), Stage.REVISED),
        ):
            add(label, open_cases.filter(stage=stage), f"stage={stage}")
        late = late_minutes(Meeting.objects.all(), timezone.localdate()).count()
        if late:
            found.append({"label": _("審查會議紀錄逾期"), "count": late,
                          "url": reverse("proposals:meetings"), "tone": "red"})  # fmt: skip
        waiting = open_cases.filter(stage__in=(Stage.SECOND_REVIEWED, Stage.RANKED)).count()
        if waiting:
            found.append({"label": _("待排序核定"), "count": waiting, "url": reverse("proposals:simulate"),
                          "tone": ""})  # fmt: skip
    if meetings := coming(user, own):
        one = meetings[0]
        url = reverse("proposals:meeting", args=[one.pk]) if len(meetings) == 1 else ""
        label = _("七日內審查會議，%s") % format_date(one.held_on)
        found.append({"label": label, "count": len(meetings), "url": url or reverse("proposals:meetings"),
                      "tone": ""})  # fmt: skip
    return found


def coming(user: Any, own: Any) -> list[Meeting]:
    """The meetings of the next seven days: all of them for who oversees, else those that hear one's own."""
    today = timezone.localdate()
    found = Meeting.objects.filter(
        cancelled_on=None, minutes_on=None, held_on__range=(today, today + timedelta(days=7))
    )
    if not boards.oversees(user):
        found = found.filter(agenda__proposal__case__in=own).distinct()
    return list(found.order_by("held_on", "pk"))


def years(_user: Any) -> list[tuple[str, str]]:
    return [(str(year), str(year)) for year in boards.years_known()]


screens = Screens(
    columns=(
        Column("year", gettext_lazy("計畫年度"), show=str, number=True),
        Column("total", gettext_lazy("總經費"), show=yuan, number=True),
        Column("agency_rank", gettext_lazy("機關排序"), show=lambda value: str(value or ""), number=True),
        Column("rank", gettext_lazy("優先順序"), show=lambda value: str(value or ""), number=True),
        Column("decision", gettext_lazy("核定結果"), show=result_words),
    ),
    filters=(
        Filter("year", "year", gettext_lazy("計畫年度"), years),
        "kind",
        "central",
        "first_result",
        "decision",
        "submitted_on",
    ),
    facts=(
        "year", "kind", "plan_no", "continuing", "central", "purpose", "mandate", "place", "goal", "benefits",
        "risks", "recurrent", "self_liquidating", "total", "allowed_total", "agency_rank", "submitted_on",
        "checked_on", "first_reviewed_on", "revised_on", "response", "second_reviewed_on", "rank",
        "decided_on", "decision", "budgeted_on", "budget_no", "handed_over_on",
        "left_out_on", "withdrawn_on", "internal_on", "sent_on", "ministry", "ministry_no",
        "ministry_decided_on",
    ),
    panels=(
        Panel(gettext_lazy("經費"), "proposals/money.html", money),
        Panel(gettext_lazy("形式審查"), "proposals/form_check.html", form_check),
        Panel(
            gettext_lazy("相近的計畫"), "proposals/alike.html", alike,
            lambda proposal, user: bool(closest(proposal, user)),
        ),
        Panel(
            gettext_lazy("審查"), "proposals/review.html", review,
            lambda proposal, user: proposal.scheduled_on is not None,
        ),
    ),
    actions=(
        Action(gettext_lazy("額度試算"), "proposals:simulate", boards.oversees),
        Action(gettext_lazy("計畫分布圖"), "proposals:map"),
        Action(gettext_lazy("重複與分割"), "proposals:overlap"),
        Action(gettext_lazy("審查會議"), "proposals:meetings"),
        Action(gettext_lazy("先期作業研習"), "proposals:trainings"),
    ),
    first=first,
    words={
        "tones": {
            Stage.RETURNED: "amber", Stage.FIRST_REVIEWED: "amber", Stage.DECIDED: "violet",
            Stage.IN_BUDGET: "green", Stage.NOT_IN_BUDGET: "", Stage.WITHDRAWN: "", Stage.APPROVED: "green",
            Stage.REJECTED: "red",
        },
        "empty": gettext_lazy("還沒有先期作業計畫。由機關研提，或以檔案匯入。"),
    },
)  # fmt: skip

urlpatterns = [
    path("simulate/", boards.simulate_ceilings, name="simulate"),
    re_path(r"^ranking\.(?P<form>csv|ods)$", boards.ranking_file, name="ranking"),
    re_path(r"^budget\.(?P<form>csv|ods)$", boards.budget_file, name="budget"),
    path("map/", boards.show_map, name="map"),
    path("overlap/", boards.show_overlap, name="overlap"),
    path("meetings/", boards.show_meetings, name="meetings"),
    path("meetings/<int:pk>/", boards.show_meeting, name="meeting"),
    path("trainings/", boards.show_trainings, name="trainings"),
]
