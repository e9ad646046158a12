"""A round of blind review, step by step: assign, recuse, score, meet, announce.

A room declares a `Reviewing` in its process; desk, programming interface and tests play the steps here. Every
step leaves a line in the ledger that is sealed: the line says that something was done on a sheet, who did it
and what was given lie outside the chain, with their salted digest in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..audit import ledger
from ..casework.models import Case
from ..casework.process import Refused, processes
from ..notice import send
from ..people.models import Post, Role
from ..people.standing import standing
from ..roc import format_roc
from ..rules.office import office_calendar
from ..rules.values import Declared, Seed, declare, term
from ..span import Span, due
from . import scoring
from .models import Assignment, Mark, Relation, Reviewer, Round, Sheet
from .panel import Conflict, by_load, conflicts

MOST = Decimal(100)
DEFAULT = "平台預設值"


@dataclass(frozen=True)
class Identity:
    """Who stands behind a case: agencies, people with an account, and names."""

    agencies: frozenset[int]
    users: frozenset[int]
    names: frozenset[str]


@dataclass(frozen=True, eq=False)
class Reviewing:
    """盲審 How the cases of a room are judged. Rules are read on the day the round opens."""

    kind: str
    criteria: Declared[tuple[tuple[Decimal, str], ...]]
    words: Mapping[str, Any]
    """What each criterion is called."""
    wanted: Declared[int]
    wide: Declared[Decimal]
    way: Declared[str]
    term: Declared[Span]
    grades: Mapping[str, Any]
    """What the meeting may decide, best first; a case without grade gets ""."""
    identities: Callable[[Iterable[int]], dict[int, Identity]]
    announce: Callable[[Sheet, Any, datetime], None]
    """Carries the decision over to the case: the move that tells it."""
    conductors: tuple[Role, ...] = (Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
    quotas: Declared[scoring.Quotas] | None = None
    prize: Callable[[str, date], Decimal] | None = None
    """What a grade brings; None where the meeting sets each amount."""

    def __post_init__(self) -> None:
        reviewings[self.kind] = self

    def criteria_on(self, day: date) -> tuple[scoring.Criterion, ...]:
        return tuple(scoring.Criterion(c, self.words[c], w) for w, c in self.criteria.at(day))


class Ways(TypedDict):
    """The rules by which every room reviews."""

    criteria: Declared[tuple[tuple[Decimal, str], ...]]
    wanted: Declared[int]
    wide: Declared[Decimal]
    way: Declared[str]
    term: Declared[Span]


def usual(kind: str, criteria: Seed, *, reviewers: Seed | None = None, days: int = 14) -> Ways:
    """Declare the rules of a room: criteria with their weights, reviewers for each sheet (two), how far marks
    may lie apart (15 points) and how they are taken as one (mean), days to score.
    """
    return Ways(
        criteria=declare(
            f"{kind}.criteria", scoring.parse_criteria, gettext_lazy("評審項目與權重"), criteria
        ),
        wanted=declare(
            f"{kind}.reviewers", int, gettext_lazy("每件審查人數"), reviewers or Seed("2", basis=DEFAULT)
        ),
        wide=declare(
            f"{kind}.wide", Decimal, gettext_lazy("分差超過幾分須加審"), Seed("15", basis=DEFAULT)
        ),
        way=declare(
            f"{kind}.way", str, gettext_lazy("合計方式（mean平均、trimmed去頭尾平均）"),
            Seed("mean", basis=DEFAULT),
        ),
        term=term(f"{kind}.review_term", gettext_lazy("審查期限"), Seed(f"{days} days", basis=DEFAULT)),
    )  # fmt: skip


def of_cases(cases: Iterable[int]) -> dict[int, Identity]:
    """Who stands behind cases that one officer of an agency hands in; one question."""
    rows = Case.objects.filter(pk__in=list(cases)).values_list("pk", "agency", "officer", "officer__name")
    return {
        case: Identity(
            frozenset([agency]), frozenset([officer] if officer else []), frozenset([name] if name else [])
        )
        for case, agency, officer, name in rows
    }


reviewings: dict[str, Reviewing] = {}
"""The rooms that review, by kind."""


def reviewing_of(round: Round) -> Reviewing:
    return reviewings[round.kind]


# ── Who may know ────────────────────────────────────────────────────────────────────────────────────


def conducts(user: Any, round: Round) -> bool:
    """Whether the person may read the sealed part: a conductor who has nothing of the own in the round."""
    room = reviewings.get(round.kind)
    if room is None or not standing(user).has(*room.conductors):
        return False
    cases = Sheet.objects.filter(round=round).values_list("case_id", flat=True)
    return all(user.pk not in who.users for who in room.identities(cases).values())


def conducted(user: Any) -> list[Round]:
    """The rounds the person may conduct, newest first."""
    kinds = [kind for kind, room in reviewings.items() if standing(user).has(*room.conductors)]
    if not kinds:
        return []
    return [one for one in Round.objects.filter(kind__in=kinds) if conducts(user, one)]


def mine(user: Any) -> Any:
    """The reviewer's own assignments, whatever became of them; nobody else's can be asked for."""
    return Assignment.objects.filter(reviewer__user_id=user.pk).select_related("sheet__round", "sheet__copy")


def to_do(user: Any) -> Any:
    """The reviewer's sheets still to be scored."""
    return mine(user).filter(
        scored_on=None, recused_on=None, sheet__round__met_on=None, sheet__withdrawn_on=None
    )


def sealed(act: str, subject: str, actor: Any, at: datetime, **body: Any) -> None:
    """A line that says that, not who and what: those are kept apart, with their digest in the chain."""
    with transaction.atomic():
        kept = ledger.withhold({"by": str(actor), "id": actor.pk if actor else None, **body})
        ledger.append([ledger.Draft(act, subject, at, None, body={"sealed": kept})])


def must_conduct(user: Any, round: Round) -> None:
    if not conducts(user, round):
        raise Refused(_("評審作業由研考會辦理；本梯次有送審件者不得參與。"))


def _own(one: Assignment, *near: str) -> Assignment:
    """The assignment locked, with what is read beside it (PostgreSQL locks no row that may be absent)."""
    return Assignment.objects.select_for_update(of=("self",)).select_related(*near).get(pk=one.pk)


def _locked(round: Round, *, before_reveal: bool = True) -> Round:
    found = Round.objects.select_for_update().get(pk=round.pk)
    if before_reveal and found.revealed:
        raise Refused(_("本梯次結果已公布，不能再變更。"))
    return found


def open_round(round: Round, actor: Any) -> Round:
    """開辦梯次 Keep a new round. Raises ValidationError by field."""
    must_conduct(actor, round)
    with transaction.atomic():
        round.full_clean()
        round.save(force_insert=True)
        ledger.note(
            "review.open", f"review:round:{round.pk}", actor, title=round.title, opens_on=round.opens_on,
            closes_on=round.closes_on, appropriation=round.appropriation,
        )  # fmt: skip
    return round


# ── Conflicts ───────────────────────────────────────────────────────────────────────────────────────


def in_force(day: date) -> Q:
    """Terms and declarations that hold on the day."""
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))


def conflicts_in(
    round: Round, sheets: Sequence[Sheet], people: Sequence[Reviewer], day: date
) -> dict[int, dict[int, list[Conflict[Reviewer]]]]:
    """Sheet → reviewer → why this person must not judge it; a fixed number of questions and one a person.

    Declared: relations and recusals. Computed: term, agency, authorship, an own entry in the round, the same
    name, and whoever may open the case itself, where the author stands.
    """
    room = reviewing_of(round)
    whole = dict(Sheet.objects.filter(round=round).values_list("pk", "case_id"))
    who = room.identities(whole.values())
    users = [person.user_id for person in people if person.user_id]
    posts: dict[int, set[int]] = defaultdict(set)
    for user, agency in Post.objects.filter(in_force(day), user__in=users).values_list("user", "agency"):
        posts[user].add(agency)
    relations: dict[int, list[Relation]] = defaultdict(list)
    for one in Relation.objects.filter(in_force(day), reviewer__in=people).select_related("agency"):
        relations[one.reviewer_id].append(one)
    recused: dict[tuple[int, int], str] = {
        (a.sheet_id, a.reviewer_id): a.recusal
        for a in Assignment.objects.filter(sheet__in=sheets, recused_on__isnull=False)
    }
    opens = {person.pk: _openable(room, person, whole.values()) for person in people}
    found: dict[int, dict[int, list[Conflict[Reviewer]]]] = {}
    for sheet in sheets:
        behind = who.get(sheet.case_id, Identity(frozenset(), frozenset(), frozenset()))

        def computed(
            p: Reviewer, behind: Identity = behind, sheet: Sheet = sheet
        ) -> Iterable[Conflict[Reviewer]]:
            if p.valid_from > day or (p.valid_to and p.valid_to < day):
                yield Conflict(p, _("不在聘期內"))
            if p.user_id in behind.users or p.name in behind.names:
                yield Conflict(p, _("為本件作者"))
            if p.agency_id in behind.agencies or posts.get(p.user_id or 0, set()) & behind.agencies:
                yield Conflict(p, _("與作者同機關"))
            if any(p.user_id in other.users for case, other in who.items() if case != sheet.case_id):
                yield Conflict(p, _("本梯次有自己的送審件"))
            if sheet.case_id in opens[p.pk] and p.user_id not in behind.users:
                yield Conflict(p, _("可查閱本案的作者資料"))

        def declared(
            p: Reviewer, behind: Identity = behind, sheet: Sheet = sheet
        ) -> Iterable[Conflict[Reviewer]]:
            for one in relations[p.pk]:
                if one.agency_id in behind.agencies or one.person in behind.names:
                    yield Conflict(p, _("申報：%(reason)s") % {"reason": one.reason}, declared=True)
            if reason := recused.get((sheet.pk, p.pk)):
                yield Conflict(p, _("已迴避：%(reason)s") % {"reason": reason}, declared=True)

        told: dict[int, list[Conflict[Reviewer]]] = defaultdict(list)
        for against in conflicts(people, computed, declared):
            told[against.person.pk].append(against)
        found[sheet.pk] = dict(told)
    return found


def _openable(room: Reviewing, person: Reviewer, cases: Iterable[int]) -> set[int]:
    """The cases of the round that the person may open as an officer."""
    if person.user is None:
        return set()
    seen = Case.objects.filter(processes[room.kind].visible(person.user), pk__in=list(cases))
    return set(seen.values_list("pk", flat=True))


def loads(round: Round) -> dict[int, int]:
    """How many sheets of the round each reviewer has."""
    rows = Assignment.objects.filter(sheet__round=round, recused_on=None)
    return dict(rows.order_by().values_list("reviewer").annotate(n=Count("pk")))


def choice(sheet: Sheet, day: date) -> list[tuple[Reviewer, int, list[str]]]:
    """Everybody in term with the load and the reasons against, the fittest first."""
    people = list(Reviewer.objects.filter(in_force(day)).select_related("user", "agency"))
    against = conflicts_in(sheet.round, [sheet], people, day)[sheet.pk]
    load = loads(sheet.round)
    taken = set(sheet.assignments.values_list("reviewer", flat=True))
    order = by_load(people, {p: load.get(p.pk, 0) for p in people})
    free = [p for p in order if p.pk not in taken]
    rows = [(p, load.get(p.pk, 0), [c.reason for c in against.get(p.pk, ())]) for p in free]
    return sorted(rows, key=lambda row: bool(row[2]))


# ── Assigning ───────────────────────────────────────────────────────────────────────────────────────


def _new(sheet: Sheet, person: Reviewer, at: datetime, extra: bool) -> Assignment:
    day = timezone.localtime(at).date()
    term = reviewing_of(sheet.round).term.at(sheet.round.opens_on)
    until = due(term, day, office_calendar()).day
    return Assignment(sheet=sheet, reviewer=person, extra=extra, assigned_on=day, due_on=until)


def _tell(person: Reviewer, words: Any, key: str) -> None:
    """A notice names the round at most: neither case nor author nor sheet."""
    if person.user is not None:
        send.to([person.user], kind="assignment", text=words, link="/reviews/", key=key)


def assign(
    sheet: Sheet, person: Reviewer, actor: Any, *, extra: bool = False, at: datetime | None = None
) -> Assignment:
    """Give a sheet to one reviewer. Raises Refused with the conflict when there is one; twice is once."""
    at = at or timezone.now()
    with transaction.atomic():
        round = _locked(sheet.round)
        must_conduct(actor, round)
        _before_meeting(round)
        if kept := Assignment.objects.filter(sheet=sheet, reviewer=person, recused_on=None).first():
            return kept
        day = timezone.localtime(at).date()
        if against := conflicts_in(round, [sheet], [person], day)[sheet.pk].get(person.pk):
            reasons = _("；").join(one.reason for one in against)
            raise Refused(_("%(name)s應迴避：%(reasons)s。") % {"name": person, "reasons": reasons})
        made = _new(sheet, person, at, extra)
        made.save(force_insert=True)
        sealed("review.assign", f"review:{sheet.code}", actor, at, reviewer=str(person), extra=extra)
        _tell(person, gettext_lazy("您有新的審查件，請於審查作業中辦理。"), f"review:{made.key}")
    return made


def assign_all(round: Round, actor: Any, *, at: datetime | None = None) -> tuple[int, list[Sheet]]:
    """Fill every sheet up to the number wanted, the least loaded first; how many, and those left short."""
    at = at or timezone.now()
    with transaction.atomic():
        round = _locked(round)
        must_conduct(actor, round)
        _before_meeting(round)
        day = timezone.localtime(at).date()
        wanted = reviewing_of(round).wanted.at(round.opens_on)
        sheets = list(Sheet.objects.filter(round=round, withdrawn_on=None).select_related("round"))
        people = list(Reviewer.objects.filter(in_force(day)).select_related("user"))
        against = conflicts_in(round, sheets, people, day)
        load, has = loads(round), _holders(sheets)
        made: list[Assignment] = []
        short: list[Sheet] = []
        for sheet in sheets:
            free = [p for p in people if p.pk not in against[sheet.pk] and p.pk not in has[sheet.pk]]
            missing = max(wanted - len(has[sheet.pk]), 0)
            chosen = by_load(free, {p: load.get(p.pk, 0) for p in free})[:missing]
            for person in chosen:
                made.append(_new(sheet, person, at, extra=False))
                load[person.pk] = load.get(person.pk, 0) + 1
            if len(chosen) < missing:
                short.append(sheet)
        Assignment.objects.bulk_create(made)
        if made:
            given = [[one.sheet.code, str(one.reviewer)] for one in made]
            sealed("review.assign", f"review:round:{round.pk}", actor, at, given=given)
        for person in dict.fromkeys(one.reviewer for one in made):
            _tell(
                person,
                gettext_lazy("您有新的審查件，請於審查作業中辦理。"),
                f"review:{round.pk}:{at:%Y%m%d%H%M}",
            )
    return len(made), short


def _holders(sheets: Sequence[Sheet]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {sheet.pk: set() for sheet in sheets}
    rows = Assignment.objects.filter(sheet__in=sheets, recused_on=None)
    for sheet, reviewer in rows.values_list("sheet", "reviewer"):
        found[sheet].add(reviewer)
    return found


def _before_meeting(round: Round) -> None:
    if round.met_on is not None:
        raise Refused(_("決審會議已登錄，不能再變更審查。"))


def withdraw(one: Assignment, actor: Any, reason: str, *, at: datetime | None = None) -> None:
    """撤回分派 Take a sheet back from a reviewer who has not scored it."""
    _leave(one, actor, reason, at or timezone.now(), conductor=True)


def recuse(one: Assignment, user: Any, reason: str, *, at: datetime | None = None) -> None:
    """聲明迴避 The reviewer gives the sheet back with the reason; the conductors hear of it."""
    _leave(one, user, reason, at or timezone.now(), conductor=False)


def _leave(one: Assignment, actor: Any, reason: str, at: datetime, *, conductor: bool) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("請說明事由。")})
    with transaction.atomic():
        one = _own(one, "sheet__round", "reviewer")
        if conductor:
            must_conduct(actor, one.sheet.round)
        elif one.reviewer.user_id != actor.pk:
            raise Refused(_("沒有這件審查。"))
        _before_meeting(one.sheet.round)
        if one.recused_on is not None:
            return
        if one.scored_on is not None:
            raise Refused(_("已送出評分，不能迴避；請洽研考會。"))
        one.recused_on, one.recusal = timezone.localtime(at).date(), reason.strip()[:300]
        one.save(update_fields=["recused_on", "recusal"])
        act = "review.withdraw" if conductor else "review.recuse"
        sealed(act, f"review:{one.sheet.code}", actor, at, reviewer=str(one.reviewer), reason=reason)


# ── Scoring ─────────────────────────────────────────────────────────────────────────────────────────


def score(
    one: Assignment, user: Any, marks: Mapping[str, Decimal | None], *, comment: str = "", note: str = "",
    final: bool = True, at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep the marks; `final` hands them in, all criteria scored. Raises Refused, or by field."""
    at = at or timezone.now()
    with transaction.atomic():
        one = _own(one, "sheet__round", "reviewer")
        round = one.sheet.round
        if one.reviewer.user_id != user.pk:
            raise Refused(_("沒有這件審查。"))
        if one.scored_on is not None:
            raise Refused(_("評分已送出；需要更正請洽研考會。"))
        if one.recused_on is not None or one.sheet.withdrawn_on is not None:
            raise Refused(_("這件審查已撤回。"))
        _before_meeting(round)
        criteria = reviewing_of(round).criteria_on(round.opens_on)
        given = _checked(criteria, marks, final)
        for code, value in given.items():
            Mark.objects.update_or_create(assignment=one, criterion=code, defaults={"score": value})
        one.marks.exclude(criterion__in=given).delete()
        one.comment, one.note = comment.strip(), note.strip()
        if final:
            one.scored_on = timezone.localtime(at).date()
            one.total = scoring.weighted(given, criteria)
            sealed(
                "review.score", f"review:{one.sheet.code}", user, at,
                marks={code: str(value) for code, value in given.items()}, total=str(one.total),
            )  # fmt: skip
        one.full_clean(exclude=["sheet", "reviewer"])
        one.save()


def _checked(
    criteria: Sequence[scoring.Criterion], marks: Mapping[str, Decimal | None], final: bool
) -> dict[str, Decimal]:
    wrong: dict[str, str] = {}
    given: dict[str, Decimal] = {}
    for criterion in criteria:
        value = marks.get(criterion.code)
        if value is None:
            if final:
                wrong[criterion.code] = _("請為「%(name)s」評分。") % {"name": criterion.label}
        elif not 0 <= value <= MOST:
            wrong[criterion.code] = _("分數須在0到100之間。")
        else:
            given[criterion.code] = value
    if wrong:
        raise ValidationError({code: [sentence] for code, sentence in wrong.items()})
    return given


def reopen(one: Assignment, actor: Any, reason: str, *, at: datetime | None = None) -> None:
    """退回更正 Let a reviewer correct what was handed in, before the meeting."""
    at = at or timezone.now()
    if not reason.strip():
        raise ValidationError({"reason": _("請說明事由。")})
    with transaction.atomic():
        one = _own(one, "sheet__round", "reviewer__user")
        must_conduct(actor, one.sheet.round)
        _before_meeting(one.sheet.round)
        if one.scored_on is None:
            return
        before, one.scored_on, one.total = one.total, None, None
        one.save(update_fields=["scored_on", "total"])
        sealed("review.reopen", f"review:{one.sheet.code}", actor, at, total=str(before), reason=reason)
        _tell(one.reviewer, gettext_lazy("有一件審查退回請您更正評分。"), f"reopen:{one.key}:{at:%Y%m%d%H%M}")


# ── The table of the meeting ────────────────────────────────────────────────────────────────────────


@dataclass
class Line:
    """One sheet as the meeting sees it: no author, no agency."""

    sheet: Sheet
    scores: list[Decimal]
    open: int
    wanted: int
    extra: bool
    wide_from: Decimal
    way: str
    rank: int | None = None
    proposed: str = ""
    torn: bool = False

    @property
    def spread(self) -> Decimal:
        return scoring.spread(self.scores)

    @property
    def wide(self) -> bool:
        """意見分歧 Two scores lie further apart than the rule allows and nobody else was asked yet."""
        return self.spread > self.wide_from and not self.extra

    @property
    def complete(self) -> bool:
        return len(self.scores) >= self.wanted and not self.open and not self.wide

    @property
    def result(self) -> Decimal | None:
        """All scores as one; None while there is none."""
        return scoring.total(self.scores, self.way) if self.scores else None


def lines_of(sheets: Sequence[Sheet]) -> list[Line]:
    """The sheets of one round with their scores; one question."""
    if not sheets:
        return []
    room, day = reviewing_of(sheets[0].round), sheets[0].round.opens_on
    given: dict[int, list[Assignment]] = defaultdict(list)
    for one in Assignment.objects.filter(sheet__in=sheets, recused_on=None).order_by("pk"):
        given[one.sheet_id].append(one)
    wanted, wide, way = room.wanted.at(day), room.wide.at(day), room.way.at(day)
    lines = []
    for sheet in sheets:
        own = given[sheet.pk]
        totals = [one.total for one in own if one.scored_on is not None and one.total is not None]
        waiting = sum(one.scored_on is None for one in own)
        lines.append(Line(sheet, totals, waiting, wanted, any(one.extra for one in own), wide, way))
    return lines


def table(round: Round) -> list[Line]:
    """Every sheet with its scores, rank and proposed grade, best first; two questions."""
    room, day = reviewing_of(round), round.opens_on
    lines = lines_of(list(Sheet.objects.filter(round=round, withdrawn_on=None).select_related("round")))
    scored = {line.sheet.code: line.result for line in lines if line.result is not None}
    ranks = scoring.ranks(scored)
    for line in lines:
        line.rank = ranks.get(line.sheet.code)
    if room.quotas is not None:
        grades, torn = scoring.proposed(scored, room.quotas.at(day))
        for line in lines:
            line.proposed, line.torn = grades.get(line.sheet.code, ""), line.sheet.code in torn
    return sorted(lines, key=lambda line: (line.rank or len(lines) + 1, line.sheet.code))


def calibrations(round: Round) -> list[scoring.Calibration[Reviewer]]:
    """How each reviewer of the round scores beside the others; for the conductors alone."""
    scores: dict[str, dict[Reviewer, Decimal]] = defaultdict(dict)
    rows = Assignment.objects.filter(sheet__round=round, scored_on__isnull=False).select_related(
        "reviewer", "sheet"
    )
    for one in rows.order_by("reviewer__name", "pk"):
        if one.total is not None:
            scores[one.sheet.code][one.reviewer] = one.total
    return scoring.calibration(scores)


# ── Deciding and announcing ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Decision:
    """What the meeting decides on one sheet; `amount` None takes what the grade brings."""

    grade: str
    amount: Decimal | None = None


@dataclass(frozen=True)
class Meeting:
    """決審會議 When, where, who sat there and what was said."""

    met_on: date
    present: str
    minutes: str
    place: str = ""


def decide(
    round: Round,
    actor: Any,
    meeting: Meeting,
    decisions: Mapping[str, Decision],
    *,
    at: datetime | None = None,
) -> None:
    """登錄決審 Keep the meeting and what it decided, sheet by code word. Possible until the announcement.

    Raises Refused with every reason at once: sheets not finished, quotas and the appropriation overrun.
    """
    at = at or timezone.now()
    with transaction.atomic():
        round = _locked(round)
        must_conduct(actor, round)
        lines = table(round)
        if wrong := faults(round, lines, meeting, decisions, timezone.localtime(at).date()):
            raise Refused("\n".join(wrong))
        room = reviewing_of(round)
        sheets = []
        for line in lines:
            told, sheet = decisions[line.sheet.code], line.sheet
            sheet.grade, sheet.decided = told.grade, True
            sheet.amount = _amount(room, told, round.opens_on)
            sheets.append(sheet)
        Sheet.objects.bulk_update(sheets, ["grade", "amount", "decided"])
        round.met_on, round.place = meeting.met_on, meeting.place
        round.present, round.minutes = meeting.present, meeting.minutes
        round.full_clean()
        round.save()
        given = {code: [told.grade, str(told.amount)] for code, told in decisions.items()}
        sealed("review.decide", f"review:round:{round.pk}", actor, at, met_on=meeting.met_on, results=given)


def _amount(room: Reviewing, told: Decision, day: date) -> Decimal:
    if not told.grade:
        return Decimal(0)
    if room.prize is not None:
        return room.prize(told.grade, day)
    return told.amount or Decimal(0)


def faults(
    round: Round, lines: Sequence[Line], meeting: Meeting, decisions: Mapping[str, Decision], today: date
) -> list[str]:
    """What keeps the meeting's decisions from being kept."""
    room, found = reviewing_of(round), []
    if not lines:
        found.append(_("本梯次沒有送審件。"))
    if unfinished := [line.sheet.code for line in lines if not line.complete]:
        found.append(_("尚未完成審查：%(codes)s。") % {"codes": _("、").join(unfinished)})
    if missing := [line.sheet.code for line in lines if line.sheet.code not in decisions]:
        found.append(_("尚未決定：%(codes)s。") % {"codes": _("、").join(missing)})
    if meeting.met_on > today:
        found.append(_("會議日不能晚於今天。"))
    if not meeting.present.strip() or not meeting.minutes.strip():
        found.append(_("請填出席委員與會議紀錄。"))
    own = [decisions[line.sheet.code] for line in lines if line.sheet.code in decisions]
    if unknown := {one.grade for one in own if one.grade and one.grade not in room.grades}:
        found.append(_("沒有這個等第：%(grades)s。") % {"grades": _("、").join(sorted(unknown))})
        return found
    if room.quotas is not None:
        for grade, n, most in room.quotas.at(round.opens_on).exceeded(one.grade for one in own):
            told = {"grade": room.grades[grade], "n": n, "most": most}
            found.append(_("%(grade)s%(n)s件，超過名額%(most)s件。") % told)
    if room.prize is None and any(one.grade and not one.amount for one in own):
        found.append(_("核定者須填金額。"))
    amounts = [_amount(room, one, round.opens_on) for one in own]
    if too_much := scoring.over(amounts, round.appropriation):
        told = {"sum": f"{sum(amounts):,}", "most": f"{round.appropriation:,}", "over": f"{too_much:,}"}
        found.append(_("金額合計%(sum)s元，超過預算額度%(most)s元，計%(over)s元。") % told)
    return found


def announce(round: Round, actor: Any, *, at: datetime | None = None) -> int:
    """公布結果 Open the seal: every case learns its result in one transaction. Twice is once."""
    at = at or timezone.now()
    with transaction.atomic():
        round = _locked(round, before_reveal=False)
        if round.revealed:
            return 0
        must_conduct(actor, round)
        if round.met_on is None:
            raise Refused(_("決審會議登錄後才能公布。"))
        round.announced_on = timezone.localtime(at).date()
        round.full_clean()
        round.save(update_fields=["announced_on"])
        sheets = list(Sheet.objects.filter(round=round, withdrawn_on=None).select_related("case", "round"))
        for sheet in sheets:
            reviewing_of(round).announce(sheet, actor, at)
        ledger.note(
            "review.announce", f"review:round:{round.pk}", actor, round=round.title, results=len(sheets)
        )
    return len(sheets)


def comments_of(sheet: Sheet) -> list[str]:
    """What the reviewers wrote to the author, once it is told, in the order of the words."""
    if not sheet.round.revealed:
        return []
    rows = sheet.assignments.filter(scored_on__isnull=False).exclude(comment="")
    return sorted(rows.values_list("comment", flat=True))


def until(round: Round) -> str:
    """The window of a round in words."""
    return f"{format_roc(round.opens_on, 'slash')}–{format_roc(round.closes_on, 'slash')}"
