"""Files the room takes in: tenders of the national system, the list of experts, results of earlier years.

A tender or a commissioner found again is brought up to date, with a line in the ledger when something
changed. A result is played through the same moves as at the desk: its score comes from the commissioners'
scores and is never taken from the file; a row that is on record already must agree with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.audit import ledger
from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.process import Refused as MoveRefused
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values
from yankao.kernel.span import due

from . import process as way
from . import rules
from .models import Commissioner, Inspection, Kind, Seat, SeatRole, Tender, Work
from .team import seats_of

PARTED = re.compile(r"[、；;\n]")
CHUNK = 500
SCORED = re.compile(r"(.+?)\s*[=＝:：]\s*([0-9.]+)")


def progress(given: str) -> Decimal:
    value = parsing.percent(given)
    if not 0 <= value <= 100:
        raise Refusal(_("進度須介於0至100%。"))
    return value


def count(given: str) -> int:
    value = parsing.whole(given)
    if value < 0:
        raise Refusal(_("次數不能是負數。"))
    return value


def brought_up(model: type[models.Model], found: Any, values: Values, subject: str, actor: Any) -> str:
    """Keep a row of a list: new, changed (with its ledger line) or as it was; the word for which."""
    row = found or model(**values)
    changed = {
        name: [getattr(found, name), value]
        for name, value in values.items()
        if found is not None and getattr(found, name) != value
    }
    for name, (_old, new) in changed.items():
        setattr(row, name, new)
    if found is not None and not changed:
        return "same"
    row.full_clean()
    row.save()
    ledger.note(
        f"quality.{model._meta.model_name}", f"{subject}:{row.pk}", actor, given=values, changed=changed
    )
    return "changed" if found else "new"


# ── Tenders ─────────────────────────────────────────────────────────────────────────────────────────


def _tender_check(values: Values) -> Iterator[tuple[str, str]]:
    if values["budget"] is not None and values["budget"] <= 0:
        yield "budget", _("預算金額須大於0。")
    if values["finished_on"] and (not values["awarded_on"] or values["finished_on"] < values["awarded_on"]):
        yield "finished_on", _("完工日不能早於決標日。")


TENDERS = Profile(
    title=gettext_lazy("標案"),
    columns=(
        Column("agency", ("主辦機關", "機關", "Agency"), cells.agency, required=True),
        Column("case_no", ("標案案號", "案號", "Case no."), parsing.text, required=True),
        Column("name", ("標案名稱", "名稱", "Name"), parsing.text, required=True),
        Column("budget", ("預算金額", "Budget"), parsing.money, required=True),
        Column("work", ("工程類別", "Type of work"), parsing.among(Work), default=Work.OTHER),
        Column("award", ("決標金額", "Award"), parsing.money),
        Column("contractor", ("承攬廠商", "得標廠商", "Contractor"), parsing.text, default=""),
        Column("supervisor", ("監造單位", "Supervisor"), parsing.text, default=""),
        Column("awarded_on", ("決標日", "Awarded on"), parsing.day),
        Column("finished_on", ("完工日", "Finished on"), parsing.day),
        Column("planned", ("預定進度", "Planned %"), progress, default=Decimal(0)),
        Column("actual", ("實際進度", "Actual %"), progress, default=Decimal(0)),
        Column("filed_on", ("最近填報日", "Filed on"), parsing.day),
        Column("changes", ("變更契約次數", "Contract changes"), count, default=0),
        Column("complaints", ("檢舉或媒體報導次數", "Complaints"), count, default=0),
        Column("own", ("自辦標案", "Own"), parsing.yes, default=True),
        Column("district", ("行政區", "District"), cells.district),
        Column("site", ("工地位置", "Site"), parsing.text, default=""),
    ),
    check=_tender_check,
    key=("agency", "case_no"),
)


def keep_tender(actor: Any, values: Values) -> None:
    """A tender by its agency and case number."""
    found = Tender.objects.filter(agency=values["agency"], case_no=values["case_no"]).first()
    brought_up(Tender, found, values, "tender", actor)


# ── Commissioners ───────────────────────────────────────────────────────────────────────────────────

EXPERTS = Profile(
    title=gettext_lazy("查核委員"),
    columns=(
        Column("expert_no", ("專家編號", "Expert no."), parsing.text, required=True),
        Column("name", ("姓名", "Name"), parsing.text, required=True),
        Column("specialty", ("專長", "Specialty"), parsing.among(Work), default=Work.OTHER),
        Column("employer", ("服務單位", "Employer"), parsing.text, default=""),
        Column("valid_from", ("起聘日", "Valid from"), parsing.day, required=True),
        Column("valid_to", ("迄日", "Valid to"), parsing.day),
        Column("disqualified_on", ("解除日", "Disqualified on"), parsing.day),
        Column("disqualified_for", ("解除事由", "Disqualified for"), parsing.text, default=""),
    ),
    key=("expert_no",),
)


def keep_expert(actor: Any, values: Values) -> None:
    """An external commissioner by the number of the national list."""
    found = Commissioner.objects.filter(expert_no=values["expert_no"]).first()
    brought_up(Commissioner, found, {**values, "external": True}, "commissioner", actor)


# ── Results ─────────────────────────────────────────────────────────────────────────────────────────


def scores(given: str) -> list[tuple[Commissioner, Decimal]]:
    """`E00101=82、郭正義=84`: commissioners by number or name, each with the score given."""
    found = []
    for part in PARTED.split(given):
        if not part.strip():
            continue
        match = SCORED.fullmatch(part.strip())
        if match is None:
            raise Refusal(
                _("看不懂「%(given)s」，請寫成「委員=評分」，各委員以、分開。") % {"given": part.strip()}
            )
        rows = list(Commissioner.objects.filter(Q(expert_no=match[1].strip()) | Q(name=match[1].strip()))[:2])
        if len(rows) != 1:
            raise Refusal(_("沒有或不只一位委員「%(given)s」，請填專家編號。") % {"given": match[1].strip()})
        score = parsing.decimal(match[2])
        if not 0 <= score <= 100:
            raise Refusal(_("評分須介於0至100分。"))
        found.append((rows[0], score))
    if len({person.pk for person, _score in found}) != len(found):
        raise Refusal(_("同一位委員只能有一個評分。"))
    return found


def _result_check(values: Values) -> Iterator[tuple[str, str]]:
    if values["inspected_on"] > timezone.localdate():
        yield "inspected_on", _("查核日不能晚於今天。")
    if values["kind"] == Kind.REINSPECTION:
        yield "kind", _("複查須由原查核案開立，不能匯入。")
    last = values["inspected_on"]
    for name in ("issued_on", "filed_on"):
        if values[name] and values[name] < last:
            yield name, _("日期順序不合。")
        last = values[name] or last


def _scores(one: Inspection) -> str:
    seats = [seat for seat in one.seats.all() if seat.left_on is None]
    given = ((seat.commissioner.expert_no or seat.commissioner.name, seat.score) for seat in seats)
    return "、".join(f"{name}={score}" for name, score in given)


def _number(one: Inspection) -> str:
    return one.case.number


def _case_no(one: Inspection) -> str:
    return one.tender.case_no


def _letter(one: Inspection) -> str:
    return one.result_letter


RESULTS = Profile(
    title=gettext_lazy("查核結果"),
    columns=(
        Column("number", ("查核編號", "Number"), parsing.text, required=True, told=_number),
        Column("agency", ("主辦機關", "機關", "Agency"), cells.agency, required=True),
        Column("case_no", ("標案案號", "案號", "Case no."), parsing.text, required=True, told=_case_no),
        Column("kind", ("查核類別", "Kind"), parsing.among(Kind), default=Kind.GENERAL),
        Column("inspected_on", ("查核日", "Inspected on"), parsing.day, required=True),
        Column("planned", ("預定進度", "Planned %"), progress, default=Decimal(0)),
        Column("actual", ("實際進度", "Actual %"), progress, default=Decimal(0)),
        Column("scores", ("委員評分", "Scores"), scores, required=True, told=_scores),
        Column("issued_on", ("成績通知日", "Issued on"), parsing.day, required=True),
        Column("letter", ("查核結果文號", "Letter"), parsing.text, default="—", told=_letter),
        Column("filed_on", ("備查日", "Filed on"), parsing.day),
    ),
    check=_result_check,
    key=("number",),
)


def keep_result(actor: Any, values: Values) -> None:
    """A finished inspection of an earlier year, played through its moves; without deficiencies."""
    tender = Tender.objects.filter(agency=values["agency"], case_no=values["case_no"]).first()
    if tender is None:
        raise Refusal(_("沒有這個標案，請先匯入標案。"), "標案案號", values["case_no"])
    known = Inspection.objects.filter(case__number=values["number"]).first()
    if known is not None:
        if (known.tender_id, known.inspected_on) != (tender.pk, values["inspected_on"]) or _given(known) != {
            person.pk: score for person, score in values["scores"]
        }:
            raise Refusal(
                _("這個查核編號已登錄，內容不同；更正請在案件上辦理。"), "查核編號", values["number"]
            )
        return
    try:
        with Archive(way.process) as archive:
            _play(archive, actor, tender, values)
    except MoveRefused as refused:
        raise Refusal(str(refused)) from refused
    except ValidationError as error:
        raise Refusal(" ".join(error.messages)) from error


def _given(known: Inspection) -> dict[int, Decimal | None]:
    return dict(Seat.objects.filter(inspection=known, left_on=None).values_list("commissioner_id", "score"))


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def _play(archive: Archive[Inspection], actor: Any, tender: Tender, values: Values) -> None:
    day: date = values["inspected_on"]
    before = due(rules.NOTICE_TERM.at(day), day, office_calendar()).day
    opened = before - timedelta(days=1)
    one = archive.open(
        title=tender.name,
        agency=tender.agency,
        on=opened,
        officer=actor,
        actor=actor,
        number=values["number"],
        tender=tender,
        kind=values["kind"],
        grounds=_("匯入"),
    )
    archive.move(one, way.schedule, actor, opened, planned_on=day)
    rows = [
        way.SeatRow(person, SeatRole.LEAD if place == 0 else SeatRole.MEMBER)
        for place, (person, _score) in enumerate(sorted(values["scores"], key=lambda pair: pair[0].external))
    ]
    archive.move(one, way.name_members, actor, opened, seats=rows)
    archive.move(one, way.form_team, actor, opened)
    archive.move(one, way.notify, actor, before, phoned_at=_noon(before), spoke_with=_("匯入"))
    archive.move(
        one,
        way.arrive,
        actor,
        day,
        inspected_on=day,
        letter_served_on=day,
        planned=values["planned"],
        actual=values["actual"],
    )
    given = {person.pk: score for person, score in values["scores"]}
    for seat in seats_of(one):
        archive.move(one, way.enter_score, actor, day, seat=seat, score=given[seat.commissioner_id])
    archive.move(one, way.conclude, actor, day)
    archive.move(one, way.issue_result, actor, values["issued_on"], result_letter=values["letter"])
    if values["filed_on"]:
        archive.move(one, way.file_without_faults, actor, values["filed_on"])
        archive.move(one, way.close, actor, values["filed_on"])


def results(user: Any) -> Iterator[Inspection]:
    """The inspections with a result that this person sees; a re-inspection goes with the case it repeats."""
    seen = Inspection.objects.filter(case__in=Case.objects.filter(way.process.visible(user)))
    told = seen.exclude(kind=Kind.REINSPECTION).filter(issued_on__isnull=False, inspected_on__isnull=False)
    found = told.select_related("case__agency", "tender").prefetch_related("seats__commissioner")
    return found.order_by("pk").iterator(chunk_size=CHUNK)


def tenders(user: Any) -> Iterable[Tender]:
    return Tender.objects.select_related("agency", "district").order_by("pk")


def experts(user: Any) -> Iterable[Commissioner]:
    """The external commissioners: those of the house are no experts of the national list."""
    return Commissioner.objects.filter(external=True).exclude(expert_no="").order_by("pk")


def may_import(user: Any) -> bool:
    """The secretary of the team keeps its lists."""
    return standing(user).has(Role.INSPECTION_SECRETARY)


IMPORTS = (
    Import(
        "tenders",
        gettext_lazy("標案"),
        TENDERS,
        keep=keep_tender,
        may=may_import,
        records=tenders,
        example=(
            "水利局", "115-001", "雨水下水道新建工程", "60000000", "排水與下水道", "50000000",
            "鼎盛營造股份有限公司", "港都工程顧問有限公司",
            "115/1/15", "", "45.5", "44", "115/6/5", "1", "0", "是", "", "",
        ),
    ),
    Import(
        "experts",
        gettext_lazy("查核委員"),
        EXPERTS,
        keep=keep_expert,
        may=may_import,
        records=experts,
        example=("E00101", "陳國棟", "橋梁", "大學土木系", "115/1/1", "116/12/31", "", ""),
    ),
    Import(
        "results",
        gettext_lazy("歷年查核結果"),
        RESULTS,
        keep=keep_result,
        may=may_import,
        records=results,
        example=(
            "查114-0001", "水利局", "114-001", "一般查核", "114/3/5", "45", "44",
            "E00101=82、E00102=84、E00103=83", "114/3/12", "研工字第1號", "114/4/10",
        ),
    ),
)  # fmt: skip
