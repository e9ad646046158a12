"""先期作業文書 Notice, agenda, minutes and response table of a review (L04), ranking table and decisions
(L05).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Label
from yankao.kernel.casework.process import Refused
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import by_source, total_of
from yankao.kernel.people.agencies import commission

from . import models, rules
from .models import Meeting, Proposal, Result, Round
from .process import lines_of_kept, planner, process

BOTH = ("zh-hant", "en")


def on_the_agenda(meeting: Meeting) -> str:
    return "" if meeting.agenda.exists() else str(_("會議還沒有排入計畫。"))


def agenda_of(meeting: Meeting, *, results: bool) -> Table:
    """The agenda in its order; in the minutes with what came of each."""
    columns = [Column(_("序號"), 0.5, "number"), Column(_("主辦機關"), 1.2), Column(_("計畫名稱"), 2.6),
               Column(_("總經費"), 1.2, "money")]  # fmt: skip
    if results:
        columns += [Column(_("審查結果"), 0.8), Column(_("審查意見"), 2.4)]
    rows: list[list[Any]] = []
    first = meeting.round == Round.FIRST
    found = meeting.agenda.select_related("proposal__case__agency").order_by("pk")
    for number, item in enumerate(found, 1):
        proposal = item.proposal
        row: list[Any] = [
            number,
            str(proposal.case.agency),
            proposal.case.title,
            proposal.total or Decimal(0),
        ]
        if results:
            result = proposal.first_result if first else proposal.second_result
            opinion = proposal.first_opinion if first else proposal.second_opinion
            row += [str(Result(result).label) if result else "", opinion]
        rows.append(row)
    return Table(columns, rows, caption=_("議程"))


def agencies_of(meeting: Meeting) -> list[Any]:
    """The agencies whose proposals are on the agenda, each once."""
    rows = meeting.agenda.select_related("proposal__case__agency").order_by("pk")
    return list(dict.fromkeys(row.proposal.case.agency for row in rows))


def meetings_to_call(_user: Any) -> Any:
    return Meeting.objects.filter(cancelled_on=None, minutes_on=None).order_by("held_on")


@letter(
    "planning.proposals.meeting_notice", _("審查會議開會通知單"), Kind.MEETING, Meeting,
    by=duties.commission, unless=on_the_agenda, among=meetings_to_call, of="pk", languages=BOTH,
)  # fmt: skip
def meeting_notice(
    meeting: Meeting, *, time: Annotated[str, Label(_("開會時間"), help=_("例如上午9時30分"))]
) -> Content:
    return Content(
        to=agencies_of(meeting),
        say={"meeting": meeting, "time": time, "agenda": agenda_of(meeting, results=False)},
    )


AT = re.compile(r"\s*(\d{1,2})\s*[:：時]\s*(\d{1,2})\s*分?\s*")
OPENING, MOST = 10, 240


def moment(given: str) -> time:
    """A time of the day from 09:30, 9：30 or 9時30分. Raises ValidationError."""
    found = AT.fullmatch(given)
    hour, minute = (int(found[1]), int(found[2])) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise ValidationError({"begins": [_("開會時間請寫成09:30。")]})
    return time(hour, minute)


def heard(starts: datetime, each: int, count: int) -> list[datetime]:
    """When each of so many proposals is heard, one after the other, and last when the meeting ends. Raises
    ValidationError when that is past midnight.
    """
    found = [starts + timedelta(minutes=OPENING + each * number) for number in range(count + 1)]
    if found[-1].date() > starts.date():
        raise ValidationError({"each": [_("議程排到隔天，請縮短每案時間或分次開會。")]})
    return found


@letter(
    "planning.proposals.agenda", _("審查會議議程"), Kind.FORM, Meeting, by=duties.commission,
    unless=on_the_agenda, among=meetings_to_call, of="pk", languages=BOTH,
    hint=_("隨開會通知單附送；開場報告10分鐘後，各案依排入順序逐案審查。"),
)  # fmt: skip
def agenda(
    meeting: Meeting,
    *,
    begins: Annotated[str, Label(_("開會時間"), help=_("例如09:30"))] = "09:30",
    each: Annotated[int, Label(_("每案分鐘數"), help=_("含機關說明、委員提問與答覆"))] = 10,
) -> Content:
    """議程 When which proposal is heard, what it asks, and what the first review said of it to a second."""
    if not 1 <= each <= MOST:
        raise ValidationError({"each": [_("每案分鐘數須在1至240之間。")]})
    second = meeting.round == Round.SECOND
    columns = [Column(_("序號"), 0.5, "number"), Column(_("時間"), 1.1), Column(_("主辦機關"), 1.2),
               Column(_("計畫名稱"), 2.4), Column(_("機關排序"), 0.8, "number")]  # fmt: skip
    columns += [Column(_("初審結果"), 0.8), Column(_("初審意見及辦理情形"), 2.6)] if second else []
    columns += [Column(_("總經費"), 1.2, "money")]
    items = list(meeting.agenda.select_related("proposal__case__agency").order_by("pk"))
    starts = datetime.combine(meeting.held_on, moment(begins))
    times = heard(starts, each, len(items))
    rows: list[list[Any]] = []
    for number, (item, (at, end)) in enumerate(zip(items, pairwise(times), strict=True), 1):
        one = item.proposal
        when = f"{at:%H:%M}–{end:%H:%M}"
        row = [number, when, str(one.case.agency), one.case.title, one.agency_rank or ""]
        if second:
            done = str(_("辦理情形：%s")) % one.response if one.response else ""
            said = f"{one.first_opinion} {done}".strip()
            row += [str(Result(one.first_result).label) if one.first_result else "", said]
        rows.append([*row, one.total or Decimal(0)])
    say = {
        "meeting": meeting,
        "starts": starts,
        "begins": f"{starts:%H:%M}",
        "opened": f"{times[0]:%H:%M}",
        "ends": f"{times[-1]:%H:%M}",
        "chair": str(meeting.chair or ""),
        "count": len(items),
        "basis": rules.GUIDE,
        "proposals": Table(columns, rows, caption=_("審查計畫"), total=True),
    }
    return Content(say=say)


def concluded(meeting: Meeting) -> str:
    return "" if meeting.minutes_on else str(_("登錄會議紀錄後才能製作紀錄。"))


@letter(
    "planning.proposals.minutes", _("審查會議紀錄"), Kind.FORM, Meeting, by=duties.commission,
    unless=(on_the_agenda, concluded), of="pk", languages=BOTH,
    among=lambda user: Meeting.objects.exclude(minutes_on=None).order_by("-held_on"),
)  # fmt: skip
def minutes(meeting: Meeting) -> Content:
    return Content(
        say={
            "meeting": meeting,
            "chair": str(meeting.chair or ""),
            "summary": meeting.summary or str(_("依各案審查意見辦理。")),
            "agenda": agenda_of(meeting, results=True),
        }
    )


def is_decided(proposal: Proposal) -> str:
    return "" if proposal.decided_on else str(_("核定後才能通知。"))


@letter(
    "planning.proposals.decision", _("核定結果通知函"), Kind.LETTER, Proposal, by=duties.commission,
    once=True, unless=is_decided, languages=BOTH,
    among=lambda user: Proposal.objects.filter(process.sees.records(user), decided_on__isnull=False),
)  # fmt: skip
def decision(proposal: Proposal) -> Content:
    """The decision on one proposal: the result, why, and the money of each year by source."""
    inside = proposal.decision in (Result.KEEP, Result.CUT)
    lines = lines_of_kept(proposal) if inside else []
    sources = [source for source in Source if source in by_source(lines)]
    columns = [Column(_("年度"), 0.6), *(Column(source.label, 1.0, "money") for source in sources),
               Column(_("合計"), 1.0, "money")]  # fmt: skip
    rows: list[list[Any]] = []
    for year in sorted({line.year for line in lines}):
        found = by_source(lines, year)
        rows.append(
            [str(year), *(found.get(s, Decimal(0)) for s in sources), sum(found.values(), Decimal(0))]
        )
    say: dict[str, Any] = {
        "proposal": proposal,
        "result": str(Result(proposal.decision).label),
        "inside": inside,
        "total": total_of(lines),
        "basis": rules.GUIDE,
        "costs": Table(columns, rows, caption=_("核列經費（元）"), total=True) if rows else "",
    }
    return Content(to=[proposal.case.agency], say=say)


@letter(
    "planning.proposals.ranking", _("先期作業優先順序表"), Kind.TABLE, Proposal, by=duties.commission,
    many=True, languages=BOTH,
    among=lambda user: Proposal.objects.filter(process.sees.records(user), rank__isnull=False),
)  # fmt: skip
def ranking(proposals: Sequence[Proposal]) -> Content:
    """The proposals chosen, in the order of their ranks, with the money that counts."""
    columns = (
        Column(_("優先順序"), 0.6, "number"), Column(_("主辦機關"), 1.2), Column(_("計畫名稱"), 2.6),
        Column(_("計畫類別"), 1.0), Column(_("評分"), 0.7), Column(_("核定結果"), 0.8),
        Column(_("總經費"), 1.3, "money"),
    )  # fmt: skip
    rows = [
        [
            one.rank or 0, str(one.case.agency), one.case.title, str(models.Kind(one.kind).label),
            "" if one.score is None else str(one.score),
            str(Result(one.decision).label) if one.decision else "",
            one.total if one.allowed_total is None else one.allowed_total,
        ]
        for one in sorted(proposals, key=lambda one: (one.year, one.rank or 10**6, one.pk))
    ]  # fmt: skip
    return Content(say={"proposals": Table(columns, rows, total=True), "year": proposals[0].year})


def unanswered(proposal: Proposal) -> str:
    return "" if proposal.revised_on else str(_("依初審意見修正後才能函復辦理情形。"))


def answered(user: Any) -> Any:
    """The proposals a person plans or owns that answered the first review, the latest first."""
    found = Proposal.objects.filter(planner.records(user), revised_on__isnull=False)
    return found.select_related("case__agency").order_by("-year", "case__agency__code", "agency_rank", "pk")


@letter(
    "planning.proposals.response", _("審查意見辦理情形函"), Kind.LETTER, Proposal, by=planner, many=True,
    unless=unanswered, among=answered, languages=BOTH,
    hint=_("同一機關的計畫併為一函，由該機關發文。"),
)  # fmt: skip
def response(proposals: Sequence[Proposal]) -> Content:
    """回覆表 What an agency did about each opinion of the first review, proposal by proposal (L04)."""
    agencies = {one.case.agency_id: one.case.agency for one in proposals}
    if len(agencies) > 1:
        raise Refused(_("請只選同一機關的計畫。"))
    columns = (
        Column(_("計畫名稱"), 2.0), Column(_("初審結果"), 0.8), Column(_("初審意見"), 2.6),
        Column(_("辦理情形"), 2.6), Column(_("修正後總經費"), 1.2, "money"),
    )  # fmt: skip
    rows = [
        (
            one.case.title, str(Result(one.first_result).label) if one.first_result else "",
            one.first_opinion, one.response, one.total or Decimal(0),
        )
        for one in proposals
    ]  # fmt: skip
    first = proposals[0]
    table = Table(columns, rows, caption=_("審查意見辦理情形表"))
    return Content(
        to=[commission(first.revised_on or timezone.localdate())],
        agency=first.case.agency,
        say={"table": table, "year": first.year, "count": len(rows)},
    )
