"""查核的文書 Advance letter, notice, record, points form, result letter, correction form (L09), and the
letter with the quarter's file to the national commission (L10).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.asks import Label
from yankao.kernel.casework.duties import Duty
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind, Secrecy, Urgency
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.period import Period, roc_text

from . import rules
from .models import Inspection, Party, Penalty, QualityGrade, QuarterlyReturn, Sample, Suggestion
from .process import Stage, host, needs_advance, process, secretary, team
from .result import points_by_party
from .team import faults_of, rows_of, seats_of

NATIONAL = "行政院公共工程委員會"
"""To whom the quarter's results go (組織準則 §10)."""
VISITED = (
    Stage.ON_SITE,
    Stage.TESTS_PENDING,
    Stage.SCORED,
    Stage.RESULT_ISSUED,
    Stage.CORRECTING,
    Stage.CORRECTIONS_SUBMITTED,
    Stage.FILED,
    Stage.GRADE_C,
    Stage.RE_INSPECT,
    Stage.CLOSED,
)
working: Duty = secretary | team


# ── Before the visit ────────────────────────────────────────────────────────────────────────────────


def not_for_advance(inspection: Inspection) -> str:
    """The quarter's list goes out for general cases that have a day and were not told yet."""
    if inspection.case.stage != Stage.SCHEDULED or not needs_advance(inspection):
        return _("只有已排定、應預先告知季名單的一般查核才發此函。")
    return ""


def for_advance(user: Any) -> QuerySet[Inspection]:
    """The cases of the list, for those who know of them."""
    rows = Inspection.objects.filter(process.sees.records(user), case__stage=Stage.SCHEDULED)
    mine = standing(user).has(Role.INSPECTION_SECRETARY)
    return rows.select_related("case__agency", "tender").order_by("planned_on", "pk") if mine else rows.none()


@letter(
    "inspection.quality.advance",
    gettext_lazy("季查核名單告知函"),
    Kind.LETTER,
    Inspection,
    by=secretary,
    unless=not_for_advance,
    among=for_advance,
    hint=gettext_lazy("只告知標案，不寫日期；文書在通知前只有查核小組可見。"),
)
def advance(inspection: Inspection) -> Content:
    assert inspection.planned_on
    quarter = (inspection.planned_on.month + 2) // 3
    return Content(
        to=[inspection.case.agency],
        secrecy=Secrecy.RESTRICTED,
        say={
            "tender": inspection.tender,
            "year": inspection.planned_on.year - 1911,
            "quarter": "一二三四"[quarter - 1],
            "basis": rules.CITY,
        },
    )


def not_notified(inspection: Inspection) -> str:
    return "" if inspection.case.stage == Stage.NOTIFIED else _("電話通知主辦機關之後才發查核通知函。")


@letter(
    "inspection.quality.notice",
    gettext_lazy("查核通知函"),
    Kind.LETTER,
    Inspection,
    by=secretary,
    unless=not_notified,
)
def notice(
    inspection: Inspection, *, meet_at: Annotated[str, Label(gettext_lazy("集合時間與地點"))]
) -> Content:
    return Content(
        to=[inspection.case.agency],
        copies=[one for one in (inspection.tender.supervisor, inspection.tender.contractor) if one],
        urgency=Urgency.MOST_URGENT,
        say={
            "case": inspection.case,
            "tender": inspection.tender,
            "day": inspection.planned_on,
            "phoned": inspection.notified_at,
            "team": "、".join(str(seat.commissioner) for seat in seats_of(inspection)),
            "meet_at": meet_at,
            "basis": f"{rules.PROCEDURE}第5條",
        },
    )


# ── Of the visit ────────────────────────────────────────────────────────────────────────────────────


def not_visited(inspection: Inspection) -> str:
    return "" if inspection.case.stage in VISITED else _("查核之後才有查核紀錄。")


def fault_table(inspection: Inspection) -> Table:
    """The deficiencies with their codes and points."""
    columns = (
        Column(_("項次"), 0.6, "number"),
        Column(_("編號"), 0.9),
        Column(_("缺失說明"), 4),
        Column(_("程度"), 0.7),
        Column(_("責任單位"), 1.1),
        Column(_("扣點"), 0.7, "number"),
    )
    rows = [
        (
            one.number,
            one.code_id,
            one.description,
            str(one.get_severity_display()),
            str(one.get_party_display()),
            one.points,
        )
        for one in faults_of(inspection)
    ]
    return Table(columns, rows, caption=_("查核缺失"))


@letter(
    "inspection.quality.record",
    gettext_lazy("工程施工查核紀錄"),
    Kind.FORM,
    Inspection,
    by=working,
    unless=not_visited,
)
def record(inspection: Inspection) -> Content:
    return Content(
        say={
            "case": inspection.case,
            "one": inspection,
            "tender": inspection.tender,
            "team": [(str(seat.commissioner), str(seat.get_role_display())) for seat in seats_of(inspection)],
            "samples": rows_of(Sample, inspection),
            "suggestions": [
                (str(one.get_party_display()), one.text) for one in rows_of(Suggestion, inspection)
            ],
            "faults": fault_table(inspection),
        }
    )


def no_faults(inspection: Inspection) -> str:
    if sentence := not_visited(inspection):
        return sentence
    return "" if faults_of(inspection) else _("本次查核沒有缺失。")


@letter(
    "inspection.quality.points",
    gettext_lazy("查核缺失扣點紀錄表"),
    Kind.FORM,
    Inspection,
    by=working,
    unless=no_faults,
)
def points(inspection: Inspection) -> Content:
    columns = (Column(_("責任單位"), 2), Column(_("扣點合計"), 1, "number"))
    sums = points_by_party(faults_of(inspection))
    found = Table(columns, [(str(Party(party).label), total) for party, total in sums.items()])
    fines = Table(
        (
            Column(_("責任單位"), 2),
            Column(_("扣點"), 1, "number"),
            Column(_("每點金額"), 1.4, "money"),
            Column(_("懲罰性違約金"), 1.6, "money"),
        ),
        [
            (str(one.get_party_display()), one.points, one.per_point, one.amount)
            for one in Penalty.objects.filter(inspection=inspection)
        ],
        caption=_("懲罰性違約金"),
    )
    say = {
        "case": inspection.case,
        "one": inspection,
        "tender": inspection.tender,
        "faults": fault_table(inspection),
        "sums": found,
        "fines": fines if fines.rows else "",
    }
    return Content(say=say)


# ── The result and its correction ───────────────────────────────────────────────────────────────────


def not_issued(inspection: Inspection) -> str:
    return "" if inspection.issued_on else _("通知查核結果之後才發查核結果函。")


@letter(
    "inspection.quality.result",
    gettext_lazy("查核結果函"),
    Kind.LETTER,
    Inspection,
    by=secretary,
    unless=not_issued,
)
def result(inspection: Inspection, *, until: Annotated[date, Label(gettext_lazy("改善期限"))]) -> Content:
    found = faults_of(inspection)
    return Content(
        to=[inspection.case.agency],
        copies=[one for one in (inspection.tender.supervisor, inspection.tender.contractor) if one],
        attachments=(_("查核紀錄1份"), _("缺失改善表1份")) if found else (_("查核紀錄1份"),),
        say={
            "case": inspection.case,
            "one": inspection,
            "tender": inspection.tender,
            "grade": str(QualityGrade(inspection.grade).label) if inspection.grade else "",
            "count": len(found),
            "until": until,
            "basis": f"{rules.PROCEDURE}第9條、第10條",
        },
    )


@letter(
    "inspection.quality.correction",
    gettext_lazy("查核缺失改善表"),
    Kind.FORM,
    Inspection,
    by=secretary | host,
    unless=no_faults,
)
def correction(inspection: Inspection) -> Content:
    columns = (
        Column(_("項次"), 0.6, "number"),
        Column(_("缺失說明"), 3),
        Column(_("責任單位"), 1),
        Column(_("改善情形"), 2.4),
        Column(_("改善完成日"), 1.2),
        Column(_("照片（前、中、後）"), 1.6),
    )

    def photos(one: Any) -> str:
        given = ((_("前"), one.before_id), (_("中"), one.during_id), (_("後"), one.after_id))
        return "、".join(words for words, key in given if key)

    rows = [
        (one.number, one.description, str(one.get_party_display()), one.remedy, one.fixed_on, photos(one))
        for one in faults_of(inspection)
    ]
    say = {
        "case": inspection.case,
        "one": inspection,
        "tender": inspection.tender,
        "rows": Table(columns, rows),
    }
    agency = inspection.case.agency
    return Content(agency=agency, say=say)


# ── The quarter ─────────────────────────────────────────────────────────────────────────────────────


def no_file(kept: QuarterlyReturn) -> str:
    return "" if kept.file_id else _("請先於「季查核結果彙送」產製彙送檔。")


def unsent(user: Any) -> QuerySet[QuarterlyReturn]:
    """Returns whose file is made and not yet sent."""
    rows = QuarterlyReturn.objects.filter(file__isnull=False, sent_on=None).order_by("quarter")
    return rows if standing(user).has(Role.INSPECTION_SECRETARY) else rows.none()


@letter(
    "inspection.quality.quarterly",
    gettext_lazy("季查核結果彙送函"),
    Kind.LETTER,
    QuarterlyReturn,
    by=secretary,
    unless=no_file,
    among=unsent,
    hint=gettext_lazy("附彙送檔；發文後於「季查核結果彙送」登錄文號。"),
)
def quarterly(kept: QuarterlyReturn) -> Content:
    quarter = roc_text(Period.parse(kept.quarter), "zh", "name")
    return Content(
        to=[NATIONAL],
        attachments=(_("彙送檔（ODS）1份"),),
        say={"kept": kept, "quarter": quarter, "basis": f"{rules.ORGANISATION}第10條"},
        title=_("%(quarter)s查核結果彙送") % {"quarter": quarter},
    )
