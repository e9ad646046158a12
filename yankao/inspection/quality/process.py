"""The way of an inspection, from candidate to the filed correction (functional spec Q1, B7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, PERSONAL, Accept, Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline, Extending
from yankao.kernel.casework.docket import Link, Security
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import Standing, holders
from yankao.kernel.register.validity import in_force
from yankao.kernel.roc import date_text
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.span import Before, Counted, Days, due

from . import rules
from .models import (
    Assay,
    Commissioner,
    Deficiency,
    ExtensionRequest,
    FaultCode,
    Ground,
    Inspection,
    Kind,
    Party,
    Penalty,
    QualityGrade,
    Sample,
    Seat,
    SeatRole,
    Severity,
    Suggestion,
)
from .result import failed_ground, fine, per_point, points_by_party, verdict
from .team import faults_of, open_samples, rows_of, seats_of, team_unsound


class Stage(TextChoices):
    """階段"""

    CANDIDATE = "candidate", gettext_lazy("候選")
    SCHEDULED = "scheduled", gettext_lazy("已排定")
    ADVANCE_NOTIFIED = "advance_notified", gettext_lazy("已告知季名單")
    TEAM_FORMED = "team_formed", gettext_lazy("已組團隊")
    NOTIFIED = "notified", gettext_lazy("已通知")
    ON_SITE = "on_site", gettext_lazy("查核中")
    TESTS_PENDING = "tests_pending", gettext_lazy("待試驗結果")
    SCORED = "scored", gettext_lazy("已評分")
    RESULT_ISSUED = "result_issued", gettext_lazy("已送紀錄")
    CORRECTING = "correcting", gettext_lazy("改善中")
    CORRECTIONS_SUBMITTED = "corrections_submitted", gettext_lazy("已報改善")
    FILED = "filed", gettext_lazy("已備查")
    GRADE_C = "grade_c_handling", gettext_lazy("丙等處置")
    RE_INSPECT = "re_inspect", gettext_lazy("待複查")
    CLOSED = "closed", gettext_lazy("已結案")
    DROPPED = "dropped", gettext_lazy("已撤案")


SECRET = (Stage.CANDIDATE, Stage.SCHEDULED, Stage.ADVANCE_NOTIFIED, Stage.TEAM_FORMED)
"""The stages before the host agency is phoned."""
PLANNED = (Stage.SCHEDULED, Stage.ADVANCE_NOTIFIED, Stage.TEAM_FORMED)
FORMING = (Stage.SCHEDULED, Stage.ADVANCE_NOTIFIED)
AFTER_VISIT = (
    Stage.ON_SITE,
    Stage.SCORED,
    Stage.RESULT_ISSUED,
    Stage.CORRECTING,
    Stage.CORRECTIONS_SUBMITTED,
)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────


def _on_the_team(who: Standing) -> Any:
    if not who.user_id:
        return NONE
    mine = Seat.objects.filter(commissioner__user_id=who.user_id, left_on=None)
    return Q(pk__in=mine.values("inspection_id"))


def _told(who: Standing) -> Any:
    return Q(security=Security.AGENCY) if who.user_id else NONE


secretary = duties.role(Role.INSPECTION_SECRETARY)
team = Duty(gettext_lazy("查核團隊"), _on_the_team)
insiders = duties.everywhere(
    gettext_lazy("查核小組執行秘書與研考會首長"),
    Role.INSPECTION_SECRETARY,
    Role.RDEC_CHIEF,
    Role.RDEC_COMMISSIONER,
)
"""Who knows of every case from its first day. Everybody else learns of it with the notice."""
told = Duty(gettext_lazy("已獲通知"), _told)
host = duties.agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)
host_review = duties.agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD)
onlookers = duties.agency() | duties.commission | duties.overseers


def secretaries(record: Any = None, mark: str = "") -> Iterable[Any]:
    return holders(None, Role.INSPECTION_SECRETARY)


def hosts(inspection: Any, mark: str = "") -> Iterable[Any]:
    """The host agency's controllers."""
    return holders(inspection.case.agency_id, Role.CONTROLLER)


def members(inspection: Any) -> list[Any]:
    """The team's people who have an account."""
    return [s.commissioner.user for s in seats_of(inspection) if s.commissioner.user_id]


# ── Deadlines ───────────────────────────────────────────────────────────────────────────────────────

NOTICE = Deadline(
    "notice",
    gettext_lazy("電話通知主辦機關"),
    rules.NOTICE_TERM,
    counted_from="planned_on",
    law=rules.CITY,
    remind=(1, 0),
    owed_by=secretaries,
)
RECORD = Deadline(
    "record",
    gettext_lazy("查核紀錄送機關"),
    rules.RESULT_TERM,
    counted_from="inspected_on",
    law=f"{rules.PROCEDURE}第9條",
    remind=(3, 1),
    owed_by=secretaries,
)
CORRECTION = Deadline(
    "correction",
    gettext_lazy("缺失改善期限"),
    rules.CORRECTION_TERM,
    counted_from="record_sent_on",
    law=rules.CITY,
    remind=(7, 1),
    owed_by=hosts,
    extending=Extending(by=team | secretary, longest=Days(rules.LONGEST_EXTENSION)),
)
AGAIN = Deadline(
    "again",
    gettext_lazy("退回補正期限"),
    rules.AGAIN_TERM,
    counted_from="sent_back_on",
    law=rules.DEFAULT,
    remind=(3, 1),
    owed_by=hosts,
)


def opened(inspection: Inspection) -> None:
    """Agency and place follow the tender; a re-inspection follows its inspection."""
    tender, case = inspection.tender, inspection.case
    case.agency, case.district = tender.agency, tender.district
    if inspection.earlier is None:
        return
    if inspection.earlier.tender_id != inspection.tender_id:
        raise Refused(_("複查的標案須與原查核案相同。"))
    inspection.step.add(Link(source=case, target=inspection.earlier.case, kind=Link.Kind.FOLLOWS))


process = Process(
    Inspection,
    kind="inspection.quality",
    stages=Stage,
    opens_at=Stage.CANDIDATE,
    number="查{roc}-{seq:04d}",
    sees=insiders | team | (told & onlookers),
    opened_by=secretary,
    assigned_by=secretary,
    security=Security.SECRET,
    repeats=(CORRECTION,),
    asks=("tender", "kind", "earlier", "grounds"),
    amendable=("planned", "actual", "absences", "advance_letter", "notice_letter", "result_letter"),
    amended_by=secretary,
    on_open=opened,
    path=tuple(
        one
        for one in Stage
        if one not in (Stage.TESTS_PENDING, Stage.GRADE_C, Stage.RE_INSPECT, Stage.DROPPED)
    ),
)


# ── Before the visit: secret ────────────────────────────────────────────────────────────────────────

Day = Annotated[date, Label(gettext_lazy("預定查核日"))]


def needs_advance(inspection: Inspection) -> bool:
    """General cases since March 2012 stand on the quarter's list, told to the agencies in advance."""
    day = inspection.planned_on
    return inspection.kind == Kind.GENERAL and day is not None and rules.in_force(rules.ADVANCE_LEAST, day)


def set_day(inspection: Inspection, planned_on: date) -> None:
    """A working day that is still to come."""
    if planned_on < inspection.step.today:
        raise Refused(_("預定查核日不能早於今天。"))
    if not office_calendar().is_open(planned_on, "am", inspection.case.district_id):
        raise Refused(_("%(day)s不是上班日，請另擇查核日。") % {"day": date_text(planned_on)})
    inspection.planned_on = planned_on


@process.move(
    Stage.CANDIDATE,
    Stage.SCHEDULED,
    by=secretary,
    label=gettext_lazy("排定查核"),
    hint=gettext_lazy("電話通知主辦機關前，查核日期與對象均屬密。"),
)
def schedule(inspection: Inspection, *, planned_on: Day) -> None:
    set_day(inspection, planned_on)


@process.move(FORMING, Stage.SCHEDULED, by=secretary, label=gettext_lazy("改期"), main=False)
def reschedule(inspection: Inspection, *, planned_on: Day, reason: Reason) -> None:
    set_day(inspection, planned_on)
    inspection.advance_on, inspection.advance_letter = None, ""


@process.move(
    Stage.TEAM_FORMED,
    Stage.TEAM_FORMED,
    by=secretary,
    label=gettext_lazy("組團後改期"),
    starts=(NOTICE,),
    main=False,
)
def move_day(inspection: Inspection, *, planned_on: Day, reason: Reason) -> None:
    set_day(inspection, planned_on)


def back_from(day: date, span: Any) -> date:
    """The day that lies the span before another."""
    counted: Counted = span
    return due(Before(counted), day, office_calendar(), roll=False).day


def no_advance(inspection: Any) -> str:
    """Only general cases of the time since March 2012 are told in advance."""
    return "" if needs_advance(inspection) else str(_("通報、陳情、複查與專案查核不預先告知。"))


@process.move(
    Stage.SCHEDULED,
    Stage.ADVANCE_NOTIFIED,
    by=secretary,
    label=gettext_lazy("告知季名單"),
    unless=no_advance,
    hint=gettext_lazy("季名單只列標案，不列日期；於查核一至三個月前告知。"),
)
def tell_quarter(
    inspection: Inspection,
    *,
    advance_letter: str,
    advance_on: Annotated[date, Label(gettext_lazy("告知日"))],
) -> None:
    planned = inspection.planned_on
    assert planned
    first = back_from(planned, rules.ADVANCE_MOST.at(planned))
    last = back_from(planned, rules.ADVANCE_LEAST.at(planned))
    if not first <= advance_on <= last:
        between = {"first": date_text(first), "last": date_text(last)}
        raise Refused(_("季名單須於%(first)s至%(last)s之間告知。") % between)
    inspection.advance_on, inspection.advance_letter = advance_on, advance_letter


def serving(record: Any, user: Any) -> QuerySet[Commissioner]:
    """The commissioners appointed today."""
    return Commissioner.objects.filter(in_force(timezone.localdate()), disqualified_on=None)


def seated(record: Any, user: Any) -> QuerySet[Seat]:
    """The seats of the team as it stands."""
    return Seat.objects.filter(inspection=record, left_on=None).select_related("commissioner")


def own_seat(record: Any, user: Any) -> QuerySet[Seat]:
    """The seat of the person at the desk."""
    return seated(record, user).filter(commissioner__user=user)


@dataclass(frozen=True)
class SeatRow:
    """One commissioner of the team."""

    commissioner: Annotated[Commissioner, Chosen, Label(gettext_lazy("查核委員")), Among(serving)]
    role: Annotated[SeatRole, Label(gettext_lazy("席次"))] = SeatRole.MEMBER
    fee: Annotated[Decimal, Label(gettext_lazy("出席費"))] = Decimal(0)


@process.move(PLANNED, None, by=secretary, label=gettext_lazy("派聘委員"), main=False)
def name_members(
    inspection: Inspection, *, seats: Annotated[list[SeatRow], Label(gettext_lazy("查核委員"))]
) -> None:
    taken = {seat.commissioner_id for seat in seats_of(inspection)}
    lead = any(seat.role == SeatRole.LEAD for seat in seats_of(inspection))
    for row in seats:
        if row.commissioner.pk in taken:
            raise Refused(_("%(name)s已在團隊中。") % {"name": row.commissioner})
        if row.role == SeatRole.LEAD and lead:
            raise Refused(_("每案只有一位領隊。"))
        taken.add(row.commissioner.pk)
        lead = lead or row.role == SeatRole.LEAD
        inspection.step.add(
            Seat(
                inspection=inspection,
                commissioner=row.commissioner,
                role=row.role,
                external=row.commissioner.external,
                fee=row.fee,
                named_on=inspection.step.today,
            )
        )


@process.move((*PLANNED, Stage.NOTIFIED), None, by=secretary, label=gettext_lazy("委員退出"), main=False)
def drop_member(
    inspection: Inspection,
    *,
    seat: Annotated[Seat, Chosen, Label(gettext_lazy("委員")), Among(seated)],
    reason: Reason,
) -> None:
    seat.left_on = inspection.step.today
    inspection.step.keep(seat)


def advance_missing(inspection: Any) -> str:
    """A general case is told in advance before its team is formed."""
    if inspection.case.stage == Stage.SCHEDULED and needs_advance(inspection):
        return str(_("一般查核須先告知季名單。"))
    return ""


@process.move(
    FORMING,
    Stage.TEAM_FORMED,
    by=secretary,
    label=gettext_lazy("組成團隊"),
    starts=(NOTICE,),
    unless=(advance_missing, team_unsound),
    hint=gettext_lazy("外聘委員至少三分之一；應迴避者不能擔任。"),
)
def form_team(inspection: Inspection) -> None:
    inspection.step.tell(
        members(inspection),
        gettext_lazy("您獲派聘擔任{number}查核委員；時間、地點與對象請勿外洩。"),
        "assignment",
    )


@process.move(
    Stage.TEAM_FORMED,
    Stage.NOTIFIED,
    by=secretary,
    label=gettext_lazy("電話通知主辦機關"),
    stops=(NOTICE,),
    unless=team_unsound,
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」將於次一上班日查核，請備妥資料。")),),
    hint=gettext_lazy("通知後，主辦機關即可看到本案。"),
)
def notify(
    inspection: Inspection,
    *,
    phoned_at: Annotated[datetime, Label(gettext_lazy("通話時間"))],
    spoke_with: Annotated[str, Label(gettext_lazy("受話人")), PERSONAL],
    notice_letter: str = "",
) -> None:
    planned = inspection.planned_on
    assert planned
    day = timezone.localtime(phoned_at).date()
    first = due(rules.NOTICE_TERM.at(planned), planned, office_calendar()).day
    if day < first:
        raise Refused(_("最早於%(day)s通知；提前通知即為洩密。") % {"day": date_text(first)})
    if day > planned:
        raise Refused(_("已過預定查核日，請先改期。"))
    inspection.notified_at, inspection.notice_letter = phoned_at, notice_letter
    inspection.case.security = Security.AGENCY


@process.move(
    Stage.NOTIFIED,
    Stage.SCHEDULED,
    by=secretary,
    label=gettext_lazy("延期"),
    main=False,
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」查核延期，另行通知。")),),
    hint=gettext_lazy("例如停止上班；延期後新日期仍屬密。"),
)
def postpone(inspection: Inspection, *, planned_on: Day, reason: Reason) -> None:
    set_day(inspection, planned_on)
    inspection.notified_at, inspection.notice_letter = None, ""
    inspection.advance_on, inspection.advance_letter = None, ""
    inspection.case.security = Security.SECRET


@process.move(
    SECRET,
    Stage.DROPPED,
    by=secretary,
    label=gettext_lazy("撤案"),
    closes=True,
    main=False,
    hint=gettext_lazy("撤案後仍屬密，以免洩漏選案情形。"),
)
def drop(inspection: Inspection, *, reason: Reason) -> None:
    inspection.dropped_on = inspection.step.today


# ── On the site ─────────────────────────────────────────────────────────────────────────────────────

Photo = Annotated[Evidence, Chosen, Label(gettext_lazy("照片")), Accept("jpeg", "png")]
Proof = Annotated[Evidence, Chosen, Label(gettext_lazy("佐證")), Accept("pdf", "odt", "jpeg", "png")]


@process.move(
    Stage.NOTIFIED,
    Stage.ON_SITE,
    by=team | secretary,
    label=gettext_lazy("到場查核"),
    starts=(RECORD,),
    unless=team_unsound,
)
def arrive(
    inspection: Inspection,
    *,
    inspected_on: date,
    letter_served_on: date,
    planned: Decimal,
    actual: Decimal,
    absences: Annotated[str, Label(gettext_lazy("無故缺席")), LONG] = "",
) -> None:
    if inspected_on > inspection.step.today:
        raise Refused(_("查核日不能晚於今天。"))
    if inspected_on != inspection.planned_on:
        raise Refused(_("查核日與預定日不同，請先延期。"))
    if letter_served_on != inspected_on:
        raise Refused(_("查核通知公文於查核當日送達。"))
    inspection.inspected_on, inspection.letter_served_on = inspected_on, letter_served_on
    inspection.planned, inspection.actual, inspection.absences = planned, actual, absences


@process.move(
    (Stage.ON_SITE, Stage.SCORED), None, by=team | secretary, label=gettext_lazy("記錄缺失"), main=False
)
def note_fault(
    inspection: Inspection,
    *,
    code: Annotated[FaultCode, Chosen, Label(gettext_lazy("缺失編號"))],
    description: Annotated[str, Label(gettext_lazy("缺失說明")), LONG],
    severity: Annotated[Severity, Label(gettext_lazy("程度"))],
    points: Annotated[int, Label(gettext_lazy("扣點"))],
    party: Annotated[Party, Label(gettext_lazy("責任單位"))],
    before: Annotated[Evidence | None, Label(gettext_lazy("改善前照片")), Accept("jpeg", "png")] = None,
) -> None:
    if points < 0:
        raise Refused(_("扣點不能是負數。"))
    inspection.step.add(
        Deficiency(
            inspection=inspection,
            number=len(rows_of(Deficiency, inspection)) + 1,
            code=code,
            description=description,
            severity=severity,
            points=points,
            party=party,
            before=before,
        )
    )


def standing_faults(record: Any, user: Any) -> QuerySet[Deficiency]:
    return Deficiency.objects.filter(inspection=record, withdrawn_on=None)


Fault = Annotated[Deficiency, Chosen, Label(gettext_lazy("缺失")), Among(standing_faults)]


@process.move(
    (Stage.ON_SITE, Stage.SCORED), None, by=team | secretary, label=gettext_lazy("撤銷缺失"), main=False
)
def withdraw_fault(inspection: Inspection, *, fault: Fault, reason: Reason) -> None:
    fault.withdrawn_on = inspection.step.today
    inspection.step.keep(fault)


@process.move(
    (Stage.ON_SITE, Stage.SCORED), None, by=team | secretary, label=gettext_lazy("提出建議"), main=False
)
def suggest(
    inspection: Inspection,
    *,
    party: Annotated[Party, Label(gettext_lazy("對象"))],
    text: Annotated[str, Label(gettext_lazy("建議內容")), LONG],
) -> None:
    inspection.step.add(Suggestion(inspection=inspection, party=party, text=text))


@process.move(
    Stage.ON_SITE,
    None,
    by=team | secretary,
    label=gettext_lazy("會同取樣"),
    main=False,
    hint=gettext_lazy("會同主辦機關、監造單位與廠商，確認方法、位置、數量與運送。"),
)
def take_sample(
    inspection: Inspection,
    *,
    test: Annotated[Assay, Label(gettext_lazy("檢驗項目"))],
    place: Annotated[str, Label(gettext_lazy("取樣位置"))],
    laboratory: Annotated[str, Label(gettext_lazy("檢驗機構"))] = "",
) -> None:
    today = inspection.step.today
    inspection.step.add(
        Sample(inspection=inspection, test=test, place=place, laboratory=laboratory, taken_on=today)
    )


@process.move(Stage.ON_SITE, None, by=team, label=gettext_lazy("委員評分"))
def enter_score(
    inspection: Inspection,
    *,
    seat: Annotated[Seat, Chosen, Label(gettext_lazy("席次")), Among(own_seat)],
    score: Annotated[Decimal, Label(gettext_lazy("評分"), help=gettext_lazy("0至100分")), PERSONAL],
) -> None:
    mark(inspection, seat, score)


def mark(inspection: Inspection, seat: Seat, score: Decimal) -> None:
    """Keep a score; who reads the ledger does not read it."""
    if not 0 <= score <= 100:
        raise Refused(_("評分須介於0至100分。"))
    seat.score, seat.scored_at = score, inspection.step.at
    if seat.pk:
        inspection.step.keep(seat)


@dataclass(frozen=True)
class ScoreRow:
    """The score on one commissioner's signed form."""

    seat: Annotated[Seat, Chosen, Label(gettext_lazy("委員")), Among(seated)]
    score: Annotated[Decimal, Label(gettext_lazy("評分"))]


@process.move(
    Stage.ON_SITE,
    None,
    by=secretary,
    label=gettext_lazy("登錄簽名評分表"),
    main=False,
    hint=gettext_lazy("外聘委員以紙本評分者，由執行秘書依簽名評分表登錄。"),
)
def enter_forms(
    inspection: Inspection,
    *,
    scores: Annotated[list[ScoreRow], Label(gettext_lazy("評分")), PERSONAL],
    form: Annotated[Evidence, Chosen, Label(gettext_lazy("簽名評分表")), Accept("pdf", "jpeg", "png")],
) -> None:
    for row in scores:
        if row.seat.inspection is not inspection and row.seat.inspection_id != inspection.pk:
            raise Refused(_("這個席次不屬於本案。"))
        mark(inspection, row.seat, row.score)


# ── Result ──────────────────────────────────────────────────────────────────────────────────────────


def unscored(inspection: Any) -> str:
    """Every commissioner of the team has scored."""
    left = [str(seat.commissioner) for seat in seats_of(inspection) if seat.score is None]
    return str(_("尚未評分：%(names)s。") % {"names": _("、").join(left)}) if left else ""


@process.move(
    Stage.ON_SITE,
    (Stage.SCORED, Stage.TESTS_PENDING),
    by=team | secretary,
    label=gettext_lazy("結算成績"),
    unless=unscored,
    hint=gettext_lazy("成績由委員評分平均、四捨五入算出，不能填寫；試驗未判定而達七十分者，成績保留。"),
)
def conclude(
    inspection: Inspection,
    *,
    ground: Annotated[
        Ground | None,
        Label(gettext_lazy("應列丙等情形"), help=gettext_lazy("經委員認定者填列，並附佐證")),
    ] = None,
    proof: Annotated[
        Evidence | None, Label(gettext_lazy("認定佐證")), Accept("pdf", "odt", "jpeg", "png")
    ] = None,
) -> None:
    if ground and proof is None:
        raise Refused(_("認定應列丙等須附試驗報告或其他佐證。"))
    if ground:
        inspection.ground, inspection.ground_proof = ground, proof
    found = verdict(
        seats_of(inspection), rows_of(Sample, inspection), inspection.ground, inspection.step.today
    )
    inspection.withheld = found.withheld
    inspection.step.go(Stage.TESTS_PENDING if found.withheld else Stage.SCORED)


def judge(inspection: Inspection, sample: Sample, passed: bool, report: Evidence, result_on: date) -> None:
    """Keep a test's result; a failed core or compaction test is a ground for the lowest grade."""
    if result_on < sample.taken_on:
        raise Refused(_("判定日不能早於取樣日。"))
    sample.passed, sample.report, sample.result_on = passed, report, result_on
    if sample.pk:
        inspection.step.keep(sample)
    ground, failed = failed_ground([sample])
    if failed and not inspection.ground and not inspection.score:
        inspection.ground, inspection.ground_proof = ground, report


def unjudged(record: Any, user: Any) -> QuerySet[Sample]:
    return Sample.objects.filter(inspection=record, passed=None)


Unjudged = Annotated[Sample, Chosen, Label(gettext_lazy("樣品")), Among(unjudged)]
Passed = Annotated[bool, Label(gettext_lazy("合格"))]
TestReport = Annotated[Evidence, Chosen, Label(gettext_lazy("試驗報告")), Accept("pdf", "jpeg", "png")]


@process.move(
    Stage.TESTS_PENDING,
    (Stage.TESTS_PENDING, Stage.SCORED),
    by=team | secretary,
    label=gettext_lazy("登錄試驗結果"),
    hint=gettext_lazy("不合格者，成績以六十九分計。"),
)
def enter_test(
    inspection: Inspection, *, sample: Unjudged, report: TestReport, result_on: date, passed: Passed = False
) -> None:
    judge(inspection, sample, passed, report, result_on)
    waiting = [one for one in open_samples(inspection) if one != sample]
    inspection.withheld = bool(waiting)
    inspection.step.go(Stage.TESTS_PENDING if waiting else Stage.SCORED)


@process.move(AFTER_VISIT, None, by=team | secretary, label=gettext_lazy("補登試驗結果"), main=False)
def note_test(
    inspection: Inspection, *, sample: Unjudged, report: TestReport, result_on: date, passed: Passed = False
) -> None:
    judge(inspection, sample, passed, report, result_on)


def send_record(inspection: Inspection) -> None:
    """The record reaches the agency: the time for correction begins, if there is something to correct."""
    if inspection.record_sent_on is None:
        inspection.record_sent_on = inspection.step.today
        if faults_of(inspection):
            inspection.step.begin(CORRECTION, inspection.step.today)


@process.move(
    Stage.TESTS_PENDING,
    None,
    by=secretary,
    label=gettext_lazy("先送查核紀錄（成績保留）"),
    stops=(RECORD,),
    unless=lambda i: str(_("查核紀錄已送。")) if i.record_sent_on else "",
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」查核紀錄已送，成績俟試驗結果判定後通知。")),),
)
def send_record_first(inspection: Inspection) -> None:
    send_record(inspection)


@process.move(
    Stage.SCORED,
    Stage.RESULT_ISSUED,
    by=secretary,
    label=gettext_lazy("通知查核結果"),
    stops=(RECORD,),
    unless=unscored,
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」查核結果已通知，請依限改善缺失。")),),
    hint=gettext_lazy("查核紀錄於查核後七個工作天內送機關。"),
)
def issue_result(inspection: Inspection, *, result_letter: str) -> None:
    assert inspection.inspected_on
    faults = faults_of(inspection)
    found = verdict(
        seats_of(inspection), rows_of(Sample, inspection), inspection.ground, inspection.inspected_on
    )
    inspection.mean, inspection.score, inspection.grade = found.mean, found.score, found.grade
    inspection.withheld, inspection.result_letter = False, result_letter
    inspection.issued_on = inspection.step.today
    send_record(inspection)
    contract, day = inspection.tender.contract, inspection.inspected_on
    for party, points in points_by_party(faults).items():
        each = per_point(party, contract, day)
        if each:
            amount = fine(points, each, contract, day)
            inspection.step.add(
                Penalty(inspection=inspection, party=party, points=points, per_point=each, amount=amount)
            )


# ── Correction ──────────────────────────────────────────────────────────────────────────────────────


def has_faults(inspection: Any) -> str:
    return str(_("本案有缺失，須改善並經備查。")) if faults_of(inspection) else ""


@process.move(
    Stage.RESULT_ISSUED,
    Stage.FILED,
    by=secretary,
    label=gettext_lazy("備查（無缺失）"),
    unless=has_faults,
    main=False,
)
def file_without_faults(inspection: Inspection) -> None:
    inspection.filed_on = inspection.step.today


@process.move(Stage.RESULT_ISSUED, Stage.CORRECTING, by=host, label=gettext_lazy("簽收並辦理改善"))
def acknowledge(
    inspection: Inspection, *, received_on: Annotated[date, Label(gettext_lazy("收文日"))]
) -> None:
    if received_on < (inspection.record_sent_on or received_on):
        raise Refused(_("收文日不能早於查核紀錄送達日。"))
    inspection.received_on = received_on


def unreviewed_faults(record: Any, user: Any) -> QuerySet[Deficiency]:
    return standing_faults(record, user).filter(reviewed_on=None)


def fixed_faults(record: Any, user: Any) -> QuerySet[Deficiency]:
    return unreviewed_faults(record, user).filter(fixed_on__isnull=False)


@process.move(Stage.CORRECTING, None, by=host, label=gettext_lazy("登錄缺失改善"))
def report_fix(
    inspection: Inspection,
    *,
    fault: Annotated[Deficiency, Chosen, Label(gettext_lazy("缺失")), Among(unreviewed_faults)],
    remedy: Annotated[str, Label(gettext_lazy("改善情形")), LONG],
    fixed_on: Annotated[date, Label(gettext_lazy("改善完成日"))],
    during: Annotated[Evidence, Chosen, Label(gettext_lazy("改善中照片")), Accept("jpeg", "png")],
    after: Annotated[Evidence, Chosen, Label(gettext_lazy("改善後照片")), Accept("jpeg", "png")],
    before: Annotated[
        Evidence | None,
        Label(gettext_lazy("改善前照片"), help=gettext_lazy("查核時未拍攝者補附")),
        Accept("jpeg", "png"),
    ] = None,
) -> None:
    if fixed_on > inspection.step.today:
        raise Refused(_("改善完成日不能晚於今天。"))
    fault.remedy, fault.fixed_on, fault.during, fault.after = remedy, fixed_on, during, after
    fault.before = before or fault.before
    if fault.before is None:
        raise Refused(_("缺改善前照片，請一併附上。"))
    if fault.pk:
        inspection.step.keep(fault)


@process.move(Stage.CORRECTING, None, by=host_review, label=gettext_lazy("審查缺失改善"))
def review_fixes(
    inspection: Inspection,
    *,
    faults: Annotated[list[Deficiency], Label(gettext_lazy("審查妥當的缺失")), Among(fixed_faults)],
) -> None:
    if not faults:
        raise Refused(_("請勾選至少一項缺失。"))
    for fault in faults:
        fault.reviewed_on, fault.reviewed_by = inspection.step.today, inspection.step.actor
        if fault.pk:
            inspection.step.keep(fault)


@process.move(
    Stage.CORRECTING,
    None,
    by=host,
    label=gettext_lazy("申請展延"),
    main=False,
    tells=(Tell(secretaries, gettext_lazy("{number}「{title}」申請展延改善期限。")),),
    hint=gettext_lazy("經查核小組同意後，由小組以「展期」辦理。"),
)
def ask_extension(
    inspection: Inspection, *, days: Annotated[int, Label(gettext_lazy("申請日數"))], reason: Reason
) -> None:
    if not 0 < days <= rules.LONGEST_EXTENSION:
        raise Refused(_("申請日數須為1至%(most)s日。") % {"most": rules.LONGEST_EXTENSION})
    inspection.step.add(
        ExtensionRequest(inspection=inspection, asked_on=inspection.step.today, days=days, reason=reason)
    )


def uncorrected(inspection: Any) -> str:
    """Every deficiency has its three photographs, is fixed and reviewed by the agency."""
    faults = faults_of(inspection)
    photos = [f for f in faults if not (f.before_id and f.during_id and f.after_id)]
    if photos:
        return _("第%(numbers)s項缺改善前、中、後照片。") % {"numbers": _numbers(photos)}
    unreviewed = [f for f in faults if f.reviewed_on is None]
    if unreviewed:
        return _("第%(numbers)s項尚未經機關審查。") % {"numbers": _numbers(unreviewed)}
    return ""


def _numbers(faults: list[Deficiency]) -> str:
    return _("、").join(str(fault.number) for fault in faults)


@process.move(
    Stage.CORRECTING,
    Stage.CORRECTIONS_SUBMITTED,
    by=host_review,
    label=gettext_lazy("報送改善結果"),
    stops=(CORRECTION, AGAIN),
    unless=uncorrected,
    tells=(Tell(secretaries, gettext_lazy("{number}「{title}」已報送改善結果，請審查備查。")),),
)
def submit_corrections(
    inspection: Inspection,
    *,
    corrected_letter: str,
    late_measures: Annotated[
        str,
        Label(
            gettext_lazy("逾期改善之處置"),
            help=gettext_lazy("逾期且未經同意展延者，須載明撤換派駐人員等處置（作業辦法第10條）"),
        ),
        LONG,
    ] = "",
) -> None:
    limit = inspection.case.due_at
    if limit and inspection.step.at > limit and not late_measures.strip():
        raise Refused(_("已逾改善期限且未經同意展延，須載明對監造派駐人員或廠商人員之處置。"))
    inspection.corrected_on, inspection.corrected_letter = inspection.step.today, corrected_letter
    inspection.late_measures = late_measures.strip()


@process.move(
    Stage.CORRECTIONS_SUBMITTED,
    Stage.CORRECTING,
    by=team | secretary,
    label=gettext_lazy("退回補正"),
    starts=(AGAIN,),
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」改善結果退回補正。"), "returned"),),
    main=False,
)
def send_back(
    inspection: Inspection,
    *,
    faults: Annotated[list[Deficiency], Label(gettext_lazy("須補正的缺失")), Among(standing_faults)],
    reason: Reason,
) -> None:
    if not faults:
        raise Refused(_("請勾選至少一項缺失。"))
    inspection.sent_back_on, inspection.corrected_on = inspection.step.today, None
    for fault in faults:
        fault.reviewed_on, fault.reviewed_by = None, None
        fault.fixed_on, fault.during, fault.after = None, None, None
        if fault.pk:
            inspection.step.keep(fault)


@process.move(
    Stage.CORRECTIONS_SUBMITTED,
    Stage.FILED,
    by=team | secretary,
    label=gettext_lazy("備查"),
    unless=uncorrected,
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」改善結果同意備查。")),),
    hint=gettext_lazy("每項缺失均有改善前、中、後照片並經機關審查，始得備查。"),
)
def file_corrections(inspection: Inspection) -> None:
    inspection.filed_on = inspection.step.today
    for fault in faults_of(inspection):
        fault.checked_on = inspection.step.today
        if fault.pk:
            inspection.step.keep(fault)


# ── The end ─────────────────────────────────────────────────────────────────────────────────────────


def not_poor(inspection: Any) -> str:
    return "" if inspection.grade == QualityGrade.POOR else str(_("只有丙等案件須辦理丙等處置。"))


@process.move(
    Stage.FILED,
    Stage.GRADE_C,
    by=secretary,
    label=gettext_lazy("列丙等處置"),
    unless=not_poor,
    tells=(Tell(hosts, gettext_lazy("{number}「{title}」列為丙等，請依作業辦法第10條處置並報送。")),),
)
def require_measures(inspection: Inspection) -> None:
    pass


@process.move(
    Stage.GRADE_C,
    None,
    by=host_review,
    label=gettext_lazy("報送丙等處置"),
    tells=(Tell(secretaries, gettext_lazy("{number}「{title}」已報送丙等處置。")),),
)
def report_measures(
    inspection: Inspection,
    *,
    staff: Annotated[str, Label(gettext_lazy("所屬人員懲處")), LONG],
    professionals: Annotated[
        str, Label(gettext_lazy("建築師、技師、專任工程人員或工地主任之報請懲處")), LONG
    ],
    debarment: Annotated[str, Label(gettext_lazy("依採購法第101條之處理")), LONG],
    supervisors: Annotated[str, Label(gettext_lazy("撤換監造派駐人員")), LONG],
    site_staff: Annotated[str, Label(gettext_lazy("撤換工地負責人、品管或安衛人員")), LONG],
) -> None:
    parts = (staff, professionals, debarment, supervisors, site_staff)
    inspection.measures = "\n".join(f"{number}. {text}" for number, text in enumerate(parts, 1))
    inspection.measures_on = inspection.step.today


@process.move(
    (Stage.FILED, Stage.GRADE_C), Stage.RE_INSPECT, by=secretary, label=gettext_lazy("列入複查"), main=False
)
def order_reinspection(
    inspection: Inspection, *, reinspect_by: Annotated[date, Label(gettext_lazy("應複查日"))], reason: Reason
) -> None:
    inspection.reinspect_by = reinspect_by


def unfinished(inspection: Any) -> str:
    """Grade C needs its measures, an ordered re-inspection needs to be opened, a late test to be judged."""
    if inspection.grade == QualityGrade.POOR and inspection.measures_on is None:
        return str(_("丙等案件須先報送處置情形。"))
    if inspection.reinspect_by and not inspection.reinspections.exists():
        return str(_("列入複查的案件，須先開立複查案。"))
    if open_samples(inspection):
        return str(_("尚有試驗結果未判定。"))
    return ""


@process.move(
    (Stage.FILED, Stage.GRADE_C, Stage.RE_INSPECT),
    Stage.CLOSED,
    by=secretary,
    label=gettext_lazy("結案"),
    closes=True,
    unless=unfinished,
)
def close(inspection: Inspection) -> None:
    pass
