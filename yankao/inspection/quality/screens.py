"""查核案的畫面 What the desk shows of inspections beside the derived pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk import city_board
from yankao.desk.jinja import format_date, format_money, format_time
from yankao.desk.parts import Stat, Tag
from yankao.desk.screens import Action, Column, Filter, Panel, Screens
from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import figures, pages, returns
from .models import Inspection, Kind, QualityGrade, Work
from .process import FORMING, Stage, insiders, process, secretary, team
from .team import choice

PICKED = 12
"""So many commissioners the picker shows."""


def grade_words(value: str) -> str:
    return str(QualityGrade(value).label) if value else ""


def of_the_team(inspection: Inspection, user: Any) -> bool:
    """Whether the person may read single scores: the team, its secretary and the heads of the commission."""
    return team.held_by(user, inspection.case) or insiders.held_by(user, inspection.case)


def seats(inspection: Inspection, user: Any) -> dict[str, Any]:
    """The team with its scores for those who may read them; while it is formed, who may sit."""
    inside = of_the_team(inspection, user)
    rows = [
        (
            str(seat.commissioner),
            str(seat.get_role_display()),
            _("外聘") if seat.external else _("內聘"),
            seat.commissioner.employer,
            ("" if seat.score is None else f"{seat.score.normalize():f}") if inside else _("不公開"),
        )
        for seat in inspection.seats.filter(left_on=None).select_related("commissioner")
    ]
    forming = inspection.case.stage in FORMING and secretary.held_by(user, inspection.case)
    fit = choice(inspection)[: PICKED * 3] if forming else []
    return {
        "rows": rows,
        "fit": [
            (str(c), _("外聘") if c.external else _("內聘"), str(c.get_specialty_display()), str(load))
            for c, load, against in fit
            if not against
        ][:PICKED],
        "unfit": [(str(c), _("；").join(against)) for c, _load, against in fit if against][:PICKED],
    }


def faults(inspection: Inspection, user: Any) -> dict[str, Any]:
    """Deficiencies with their three photographs, samples, suggestions and penalties."""
    links = {
        row.evidence_id: reverse("desk:evidence", args=[inspection.pk, row.pk])
        for row in CaseEvidence.objects.filter(case_id=inspection.pk)
    }
    rows = []
    for one in inspection.deficiencies.filter(withdrawn_on=None).select_related("code", "reviewed_by"):
        photos = ((_("改善前"), one.before_id), (_("改善中"), one.during_id), (_("改善後"), one.after_id))
        rows.append(
            {
                "number": one.number,
                "code": str(one.code),
                "text": one.description,
                "severity": str(one.get_severity_display()),
                "points": one.points,
                "party": str(one.get_party_display()),
                "photos": [(words, links.get(key, "")) for words, key in photos if key],
                "missing": [words for words, key in photos if not key],
                "remedy": one.remedy,
                "fixed": format_date(one.fixed_on) if one.fixed_on else "",
                "reviewed": format_date(one.reviewed_on) if one.reviewed_on else "",
                "state": _state(one),
            }
        )
    return {
        "faults": rows,
        "samples": [
            (
                str(one),
                format_date(one.taken_on),
                {True: _("合格"), False: _("不合格"), None: _("待判定")}[one.passed],
                format_date(one.result_on) if one.result_on else "",
                one.paid_by,
            )
            for one in inspection.samples.all()
        ],
        "suggestions": [(str(one.get_party_display()), one.text) for one in inspection.suggestions.all()],
        "penalties": [
            (
                str(one.get_party_display()),
                str(one.points),
                format_money(one.per_point),
                format_money(one.amount),
            )
            for one in inspection.penalties.all()
        ],
        "asked": [
            (format_date(one.asked_on), str(one.days), one.reason)
            for one in inspection.extension_requests.all()
        ],
    }


def _state(one: Any) -> Tag:
    if one.checked_on:
        return Tag(_("已備查"), "green")
    if one.reviewed_on:
        return Tag(_("機關已審查"), "blue")
    return Tag(_("已改善"), "violet") if one.fixed_on else Tag(_("未改善"), "amber")


def notices(inspection: Inspection, user: Any) -> dict[str, Any]:
    """When who was told: list, call, letter, record, result."""
    inside = insiders.held_by(user, inspection.case)
    told = [
        (_("告知季名單"), inspection.advance_on, inspection.advance_letter),
        (_("查核公文送達"), inspection.letter_served_on, inspection.notice_letter),
        (_("送查核紀錄"), inspection.record_sent_on, ""),
        (_("通知成績"), inspection.issued_on, inspection.result_letter),
        (_("機關收文"), inspection.received_on, ""),
        (_("報送改善"), inspection.corrected_on, inspection.corrected_letter),
        (_("備查"), inspection.filed_on, ""),
    ]
    rows = [(words, format_date(day), letter) for words, day, letter in told if day]
    if inspection.notified_at:
        at = 1 if inspection.advance_on else 0
        rows.insert(at, (_("電話通知"), format_time(inspection.notified_at), ""))
    order = (
        reverse("quality:reinspect", args=[inspection.pk])
        if inside and inspection.case.stage == Stage.RE_INSPECT and not inspection.reinspections.exists()
        else ""
    )
    return {"rows": rows, "reinspect": order}


def first(user: Any) -> list[dict[str, Any]]:
    """First screen: what the secretary, a commissioner and a host agency owe (part G)."""
    who = standing(user)
    place = reverse("desk:list", args=[process.kind])
    now = timezone.now()
    mine = Inspection.objects.filter(process.sees.records(user), case__closed_on=None)

    def item(label: str, q: Q, stages: tuple[Stage, ...]) -> dict[str, Any]:
        rows = mine.filter(q, case__stage__in=stages)
        late = rows.filter(case__due_at__lt=now).exists()
        query = "&".join(f"stage={stage}" for stage in stages)
        return {
            "label": label,
            "count": rows.count(),
            "url": f"{place}?{query}",
            "tone": "red" if late else "",
        }

    found: list[dict[str, Any]] = []
    if who.has(Role.INSPECTION_SECRETARY):
        week = timezone.localdate() + timedelta(days=7)
        found += [
            item(_("待電話通知"), Q(planned_on__lte=week), (Stage.TEAM_FORMED,)),
            item(_("成績待通知"), Q(), (Stage.ON_SITE, Stage.SCORED, Stage.TESTS_PENDING)),
            item(_("改善結果待審查"), Q(), (Stage.CORRECTIONS_SUBMITTED,)),
        ]
        owed = returns.owed(timezone.localdate())
        if owed.sent_on is None:
            late = owed.due_on < timezone.localdate()
            label = _("%(quarter)s季查核結果待彙送") % {"quarter": owed.quarter}
            found.append(
                {"label": label, "count": 1, "url": reverse("quality:returns"), "tone": "red" if late else ""}
            )
    if who.has(Role.INSPECTOR):
        found.append(item(_("我的查核"), Q(), (Stage.TEAM_FORMED, Stage.NOTIFIED, Stage.ON_SITE)))
    if who.has(Role.CONTROLLER, Role.MANAGER, Role.HEAD) and mine.exists():
        found.append(item(_("查核缺失待改善"), Q(), (Stage.RESULT_ISSUED, Stage.CORRECTING)))
    return found


def city(user: Any) -> dict[str, list[Stat]]:
    """What the mayor sees of the whole city: inspections of the half-year, those graded poor, corrections
    past their day.
    """
    late = Inspection.objects.filter(
        process.sees.records(user), case__closed_on=None, case__due_at__lt=timezone.now(),
        case__stage__in=(Stage.RESULT_ISSUED, Stage.CORRECTING),
    ).count()  # fmt: skip
    place = f"{reverse('desk:list', args=[process.kind])}?due=late"
    owed = f"{place}&stage={Stage.RESULT_ISSUED}&stage={Stage.CORRECTING}"
    today = timezone.localdate()
    poor = figures.graded.only(grade=str(QualityGrade.POOR))
    return {
        "works": [
            *city_board.of_figures([figures.inspected], today),
            *city_board.of_figures([poor], today, bad=True),
            Stat(f"{late:,}", _("缺失改善逾期"), owed, bad=late > 0),
        ]
    }


screens = Screens(
    columns=(
        Column("kind", gettext_lazy("查核類別"), show=lambda v: str(Kind(v).label)),
        Column("tender__contractor", gettext_lazy("承攬廠商")),
        "inspected_on",
        Column("score", gettext_lazy("成績"), number=True),
        Column("grade", gettext_lazy("等第"), show=grade_words),
    ),
    filters=(
        "kind",
        "grade",
        Filter("work", "tender__work", gettext_lazy("工程類別"), choices=lambda user: Work.choices),
        "inspected_on",
        "filed_on",
    ),
    facts=(
        "tender",
        "kind",
        "earlier",
        "planned_on",
        "inspected_on",
        "planned",
        "actual",
        "absences",
        "ground",
        "withheld",
        "mean",
        "score",
        "grade",
        "late_measures",
        "measures",
        "reinspect_by",
        "dropped_on",
    ),
    panels=(
        Panel(gettext_lazy("查核團隊"), "quality/panel_team.html", seats),
        Panel(
            gettext_lazy("缺失與改善"),
            "quality/panel_faults.html",
            faults,
            shown=lambda inspection, user: inspection.inspected_on is not None,
        ),
        Panel(gettext_lazy("通知與文書"), "quality/panel_notices.html", notices),
    ),
    actions=(
        Action(gettext_lazy("查核行事曆"), "quality:quarter"),
        Action(gettext_lazy("年度查核計畫"), "quality:year_plan", shown=pages.insider),
        Action(gettext_lazy("候選標案"), "quality:candidates", shown=pages.insider),
        Action(gettext_lazy("季查核結果彙送"), "quality:returns", shown=pages.knows_returns),
    ),
    first=first,
    city=city,
    words={
        "tones": {
            "candidate": "",
            "scheduled": "violet",
            "advance_notified": "violet",
            "team_formed": "violet",
            "notified": "blue",
            "on_site": "blue",
            "tests_pending": "amber",
            "scored": "blue",
            "result_issued": "amber",
            "correcting": "amber",
            "corrections_submitted": "blue",
            "filed": "green",
            "grade_c_handling": "red",
            "re_inspect": "red",
            "closed": "green",
            "dropped": "",
        },
        "empty": gettext_lazy("沒有您可以檢視的查核案。查核案於通知主辦機關後公開給該機關。"),
    },
)

urlpatterns = [
    path("year/", pages.year_plan, name="year_plan"),
    path("candidates/", pages.candidates, name="candidates"),
    path("candidates/pick", pages.pick, name="pick"),
    path("quarter/", pages.quarter, name="quarter"),
    path("reinspect/<int:pk>", pages.reinspect, name="reinspect"),
    path("returns/", pages.returns_page, name="returns"),
    path("returns/<str:code>/file", pages.returns_file, name="returns_file"),
    path("returns/<str:code>/<str:act>", pages.returns_act, name="returns_act"),
]
