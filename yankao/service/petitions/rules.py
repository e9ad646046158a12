"""Policies: how long what may take, from when it counts and how far it may be extended; all by date and
legal basis.

A policy's text is a first limit and, behind semicolons, the limits of narrower classes: "6 working days;
complexity=complex: 14 working days; category=building, channel=councillor: 10 working days". The narrowest
that fits holds; of two equally narrow ones the later. A condition names complexity, category (a category
stands for those below it), channel or nature.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.calendar import TAIPEI, Calendar, local_day
from yankao.kernel.casework.clocks import ByPolicy
from yankao.kernel.casework.steps import own_rows
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.rules.values import Seed, declare, term
from yankao.kernel.span import Days, Due, Hours, Span, WorkingDays, due, parse_span, paused

from .models import Reopening, Supplement
from .registers import limit_at

APA = "行政程序法第168條至第173條"
DIRECTIONS = "行政院及所屬各機關處理人民陳情案件要點"
CITY = "市府處理人民陳情案件要點"
DISPATCHING = "市府派工通報作業規定"
SINCE: Final = date(2001, 1, 1)

CONDITIONS: Final = ("complexity", "category", "channel", "nature")


@dataclass(frozen=True)
class Line:
    """One limit and the class it is for."""

    span: Span
    only: Mapping[str, str] = field(default_factory=dict)

    def fits(self, told: Mapping[str, str]) -> bool:
        return all(_fits(name, told.get(name, ""), wanted) for name, wanted in self.only.items())


def _fits(name: str, value: str, wanted: str) -> bool:
    return value == wanted or (name == "category" and value.startswith(f"{wanted}."))


@dataclass(frozen=True)
class Policy:
    """The limits of one class of cases, the widest first."""

    lines: tuple[Line, ...]

    def limit(self, told: Mapping[str, str]) -> Span:
        """The narrowest limit that fits; `told` are the codes of the case."""
        fitting = [(len(line.only), place, line) for place, line in enumerate(self.lines) if line.fits(told)]
        return max(fitting, key=lambda one: one[:2])[2].span


def read_policy(text: str) -> Policy:
    """Raises ValueError with the sentence of what cannot be read."""
    kept = _policies.get(text)
    if kept is None:
        kept = _policies[text] = _read(text)
    return kept


_policies: dict[str, Policy] = {}


def _read(text: str) -> Policy:
    lines = []
    for part in re.split("[;；]", text):
        only, colon, span = re.sub("：", ":", part).rpartition(":")
        line = Line(parse_span(span.strip()), _conditions(only) if colon else {})
        if not isinstance(line.span, Days | WorkingDays | Hours):
            raise ValueError(_("辦理期限須以日、工作天或小時計：%s") % span.strip())
        lines.append(line)
    if not any(not line.only for line in lines):
        raise ValueError(_("政策須有一個不附條件的期限。"))
    return Policy(tuple(lines))


def _conditions(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in re.split("[,，]", text):
        name, equals, value = (one.strip() for one in part.partition("="))
        if not equals or name not in CONDITIONS or not value:
            raise ValueError(_("看不懂條件「%s」；請寫成complexity=complex。") % part.strip())
        found[name] = value
    return found


def _start(text: str) -> str:
    plain = text.strip().lower().replace(" ", "_")
    if plain not in ("at_once", "next_day", "next_working_day"):
        raise ValueError(text)
    return plain


ANSWER = {
    "petition": declare(
        "service.petitions.limit.petition",
        read_policy,
        gettext_lazy("人民陳情處理期限"),
        Seed("6 working days; complexity=complex: 14 working days", SINCE, CITY),
    ),
    "mailbox": declare(
        "service.petitions.limit.mailbox",
        read_policy,
        gettext_lazy("市長信箱處理期限"),
        Seed("7 working days", SINCE, CITY),
    ),
}
STARTS = {
    "petition": declare(
        "service.petitions.start.petition",
        _start,
        gettext_lazy("人民陳情起算"),
        Seed("next day", SINCE, CITY),
    ),
    "mailbox": declare(
        "service.petitions.start.mailbox",
        _start,
        gettext_lazy("市長信箱起算"),
        Seed("next working day", SINCE, CITY),
    ),
    "dispatch": declare(
        "service.petitions.start.dispatch",
        _start,
        gettext_lazy("派工通報起算"),
        Seed("at once", SINCE, DISPATCHING),
    ),
}
CEILING = term(
    "service.petitions.ceiling", gettext_lazy("陳情案件處理上限"), Seed("30 days", SINCE, DIRECTIONS)
)
EXTENSIONS = declare(
    "service.petitions.extensions", int, gettext_lazy("陳情案件展延次數上限"), Seed("2", SINCE, CITY)
)
TRIAGE = term("service.petitions.triage", gettext_lazy("登錄分文期限"), Seed("1 working day", SINCE, CITY))
ACCEPT = term("service.petitions.accept", gettext_lazy("受理或改分期限"), Seed("1 working day", SINCE, CITY))
VISIT = term(
    "service.petitions.accept_visit",
    gettext_lazy("須會勘者受理或改分期限"),
    Seed("2 working days", SINCE, CITY),
)
BOUNCES = declare(
    "service.petitions.bounces", int, gettext_lazy("退回幾次由研考會裁決"), Seed("3", SINCE, CITY)
)
REPEATED = declare(
    "service.petitions.repeated",
    int,
    gettext_lazy("同一事由已答復幾次起，建議列為一再陳情"),
    Seed("2", SINCE, APA),
)
DISPUTE = term(
    "service.petitions.dispute", gettext_lazy("權責爭議裁決期限"), Seed("2 working days", SINCE, CITY)
)
JOINT = term("service.petitions.joint", gettext_lazy("會辦機關會復期限"), Seed("3 working days", SINCE, CITY))
SUPPLEMENT = term("service.petitions.supplement", gettext_lazy("補正期限"), Seed("7 days", SINCE, CITY))
REOPENING = term(
    "service.petitions.reopening", gettext_lazy("申請重啟決定期限"), Seed("3 working days", SINCE, CITY)
)
REOPENED = term(
    "service.petitions.reopened", gettext_lazy("重啟案件處理期限"), Seed("6 working days", SINCE, CITY)
)
CLOSE_AFTER = declare(
    "service.petitions.close_after", int, gettext_lazy("答復幾日後結案"), Seed("14", SINCE, CITY)
)


def _classes(text: str) -> str:
    plain = text.strip().lower()
    if plain not in ("disjoint", "nested"):
        raise ValueError(text)
    return plain


CLASSES = declare(
    "service.petitions.classes",
    _classes,
    gettext_lazy("市長信箱與人民陳情之計列（disjoint互斥、nested併計）"),
    Seed("disjoint", SINCE, CITY),
)

FIRST_HOUR = time(8)


def told_of(petition: Any) -> dict[str, str]:
    """What policies ask of a case."""
    return {
        "complexity": petition.complexity,
        "category": petition.category_id or "",
        "channel": petition.channel,
        "nature": petition.nature,
    }


def answer_span(petition: Any, day: date) -> Span:
    """By which limit the answer is due, by the policy in force on the day; one that ends after the ceiling
    gives way to the days that are left until then.
    """
    limit = _answer_limit(petition, day)
    received, start = local_day(petition.received_at), start_of(petition)
    if isinstance(start, datetime) and not isinstance(limit, Hours):
        start = local_day(start)
    calendar = office_calendar()
    top = _end(CEILING.at(received), received, calendar)
    if _end(limit, start, calendar).at <= top.at:
        return limit
    first = local_day(start) if isinstance(start, datetime) else start
    return Days(max(1, (top.base - first).days))


@lru_cache(maxsize=1024)
def _end(span: Span, start: date | datetime, calendar: Calendar) -> Due:
    """Counted once for all cases that came in on one day."""
    return due(span, start, calendar)


def _answer_limit(petition: Any, day: date) -> Span:
    return ANSWER[_answered_as(petition)].at(day).limit(told_of(petition))


def _answered_as(petition: Any) -> str:
    return petition.kind if petition.kind in ANSWER else "petition"


def start_of(petition: Any) -> date | datetime:
    """From when the answer's time counts, by the class's start rule.

    A clock leaves out its first day; counted at once, it therefore starts the day before, and from the next
    working day, the day before that one. Hours run from the moment, or from the first hour of the next
    working day.
    """
    at: datetime = petition.received_at.astimezone(TAIPEI)
    day = at.date()
    how = STARTS[petition.kind if petition.kind in STARTS else "petition"].at(day)
    if not isinstance(_answer_limit(petition, day), Hours):
        return _day_before(how, day)
    if how == "next_working_day":
        return timezone.make_aware(datetime.combine(office_calendar().step(day, 1), FIRST_HOUR))
    return at if how == "at_once" else timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def _day_before(how: str, day: date) -> date:
    """The day from which a clock must start that its first counted day is the one the start rule says."""
    if how == "next_working_day":
        return office_calendar().step(day, 1) - timedelta(days=1)
    return day - timedelta(days=1) if how == "at_once" else day


def ceiling_of(petition: Any) -> datetime:
    """The last moment an answer may be extended to: the ceiling counted from receipt (B2.5), without the
    time in which the petitioner was waited for.
    """
    return _ceiling(petition, petition.received_at)


def reopened_ceiling_of(petition: Any) -> datetime:
    """The same of a reopened case, counted from the day of its reopening."""
    rows = own_rows(petition, Reopening, "petition")
    granted = [row.decided_at for row in rows if row.granted and row.decided_at]
    return _ceiling(petition, max(granted, default=petition.received_at))


def _ceiling(petition: Any, since: datetime) -> datetime:
    day = local_day(since)
    calendar = office_calendar()
    waits = [
        (timezone.localtime(row.asked_at), timezone.localtime(row.ended_at))
        for row in own_rows(petition, Supplement, "petition")
        if row.ended_at is not None and row.asked_at >= since
    ]
    return paused(due(CEILING.at(day), day, calendar), waits, calendar).at


ANSWER_BY = ByPolicy(
    answer_span, gettext_lazy("依案件類別、分類、難易別與管道之政策"), "service.petitions.limit.*"
)


def _service_span(name: str, usual: str) -> ByPolicy:
    """By the limit and the start rule of the day of the report. Hours run at once, and so do days where the
    rule says so: each is 24 of them, through nights and holidays, as a fault does not wait (D4 d).
    """

    def choose(petition: Any, day: date) -> Span:
        reported = local_day(petition.received_at)
        limit = limit_at(petition.service_id, reported)
        span = parse_span(getattr(limit, name, "") or usual)
        at_once = STARTS["dispatch"].at(reported) == "at_once"
        return Hours(24 * span.n) if at_once and isinstance(span, Days) else span

    return ByPolicy(choose, gettext_lazy("依服務項目之派工時限"), "")


SURVEY_BY = _service_span("survey", "24 hours")
SAFETY_BY = _service_span("safety", "24 hours")
FIX_BY = _service_span("fix", "14 days")


def has_safety(petition: Any) -> bool:
    """Whether the service has a limit for making safe; some only have one for the repair."""
    limit = limit_at(petition.service_id, local_day(petition.received_at))
    return limit is None or bool(limit.safety)


def survey_start_of(petition: Any) -> date | datetime:
    return _dispatch_start(petition, SURVEY_BY)


def safety_start_of(petition: Any) -> date | datetime:
    return _dispatch_start(petition, SAFETY_BY)


def fix_start_of(petition: Any) -> date | datetime:
    return _dispatch_start(petition, FIX_BY)


def _dispatch_start(petition: Any, by: ByPolicy) -> date | datetime:
    """A limit in hours counts from the moment of the report, one in days by the start rule of dispatch."""
    at: datetime = petition.received_at.astimezone(TAIPEI)
    if isinstance(by.choose(petition, at.date()), Hours):
        return at
    return _day_before(STARTS["dispatch"].at(at.date()), at.date())


def accept_span(petition: Any, day: date) -> Span:
    """Within which time an agency may return a case: longer when it needs a look on site."""
    return (VISIT if petition.site_visit else ACCEPT).at(day)


ACCEPT_BY = ByPolicy(accept_span, gettext_lazy("1個工作天，須會勘者2個工作天"), ACCEPT.code)
