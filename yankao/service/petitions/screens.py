"""陳情案件的畫面 What the desk shows of petitions beside the derived pages."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.functions import Concat
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.inputs import words_of
from yankao.desk.jinja import format_date, format_time
from yankao.desk.parts import Stat
from yankao.desk.screens import Action, Column, Filter, Panel, Screens
from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.labels import said
from yankao.kernel.people.models import Role, Village
from yankao.kernel.people.standing import standing
from yankao.kernel.register.english import called
from yankao.kernel.vault import keeping

from . import (
    alike,
    auditing,
    contractors,
    crew,
    deciding,
    entry,
    field,
    grounds,
    hotspots,
    intake,
    ladder,  # noqa: F401  (the hourly round is known wherever the room is)
    limits,
    mapping,
    office,
    registers,
    reveals,
    samples,
    suggestions,
    triage,
    workload,
)
from .elsewhere import pages as elsewhere_pages
from .elsewhere.taking import may as may_take
from .mail import pages as mail_pages
from .models import Audit, Channel, Disposition, Extension, Incoming, Joint, Kind, Petition, Reopening
from .process import ANSWERED, COMMISSION, COUNTER, OUTSIDE, WORKING, Stage, approvers, handlers, process

KINDS: dict[str, Any] = {str(one): one.label for one in Kind}
CHANNELS: dict[str, Any] = {str(one): one.label for one in Channel}
DISPOSITIONS: dict[str, Any] = {str(one): one.label for one in Disposition}


def kind_words(value: str) -> str:
    return said(KINDS[value]) if value else ""


def channel_words(value: str) -> str:
    return said(CHANNELS[value]) if value else ""


def disposition_words(value: str) -> str:
    return said(DISPOSITIONS[value]) if value else ""


def category_words(value: str) -> str:
    return str(registers.categories().get(value) or "")


def category_choices(_user: Any) -> list[tuple[str, str]]:
    return [(code, str(one)) for code, one in registers.categories().items()]


def villages_called(text: str) -> dict[str, str]:
    """The villages of a name (also with its district before it) or of a code, present and past."""
    whole = Concat("district__name", "name")
    called_so = Q(code=text) | Q(name=text) | Q(whole=text) | Q(name_en__iexact=text, name_en__gt="")
    rows = Village.objects.alias(whole=whole).filter(called_so).select_related("district")
    return {one.pk: f"{called(one.district)}{called(one)}" for one in rows}


def service_choices(_user: Any) -> list[tuple[str, str]]:
    return [(code, str(one)) for code, one in registers.services().items()]


# ── Panels of the case page ─────────────────────────────────────────────────────────────────────────


def matter(petition: Petition, user: Any) -> dict[str, Any]:
    """What was written, by whom (masked), and where."""
    person = keeping.masked(petition.petitioner, user)
    told = [person.name, person.mobile or person.phone, person.email, person.address]
    return {
        "subject": petition.subject,
        "content": petition.content,
        "place": petition.place,
        "petitioner": [one for one in told if one],
        "reveal": reverse("petitions:reveal", args=[petition.pk]) if reveals.may(petition, user) else "",
        "reference": petition.reference,
        "read_back": petition.get_read_back_display() if petition.read_back else "",
        "read_back_at": format_time(petition.read_back_at) if petition.read_back_at else "",
        "custodians": [str(row) for row in petition.custodians.select_related("user")],
    }


def handling(petition: Petition, user: Any) -> dict[str, Any]:
    """Returns, supplements, extensions, joint handling, proposals to do nothing and requests to reopen."""
    return {
        "bounces": [
            (
                format_time(row.at),
                words_of(row.agency),
                row.reason,
                words_of(row.proposed) if row.proposed else "",
            )
            for row in petition.bounced.select_related("agency", "proposed")
        ],
        "supplements": [
            (format_time(row.asked_at), row.wanted, format_date(row.by_day), row.text or _("尚未補正"))
            for row in petition.supplements.all()
        ],
        "extensions": [
            (str(row.number), str(row.days), row.reason, _answer(row.approved))
            for row in petition.extension_rows.all()
        ],
        "joints": [
            (words_of(row.agency), row.question, format_time(row.due_at), _joint(row))
            for row in petition.joints.select_related("agency")
        ],
        "proposals": [
            (
                row.get_ground_display(),
                str(row.proposed_by or ""),
                format_time(row.proposed_at),
                _answer(row.approved),
                str(row.decided_by or ""),
                row.get_level_display(),
            )
            for row in petition.proposals.select_related("proposed_by", "decided_by")
        ],
        "reopenings": [
            (format_time(row.asked_at), row.reason, _answer(row.granted), row.answer)
            for row in petition.reopening_rows.all()
        ],
    }


def _answer(value: bool | None) -> str:
    return {True: _("同意"), False: _("不同意"), None: _("待決定")}[value]


def _joint(row: Joint) -> str:
    if row.withdrawn_at:
        return _("已撤回")
    return row.answer or (_("逾期未會復") if row.due_at < timezone.now() else _("待會復"))


def replies(petition: Petition, user: Any) -> dict[str, Any]:
    """Every round of the reply."""
    return {
        "rows": [
            {
                "number": row.number,
                "disposition": disposition_words(row.disposition),
                "text": row.text,
                "basis": row.basis,
                "appeal": row.appeal_to,
                "state": _("已答復，%s") % format_time(row.sent_at)
                if row.sent_at
                else _("已核定")
                if row.approved_at
                else _("已退稿：%s") % row.returned_for
                if row.returned_at
                else _("待核定"),
            }
            for row in petition.replies.all()
        ]
    }


def works(petition: Petition, user: Any) -> dict[str, Any]:
    """Each going-out of the crew with its pictures."""
    links = {
        row.evidence_id: reverse("desk:evidence", args=[petition.pk, row.pk])
        for row in CaseEvidence.objects.filter(case_id=petition.pk)
    }
    found = []
    for row in petition.works.select_related("crew", "verified_by"):
        pictures = ((_("施工前"), row.before_id), (_("施工後"), row.after_id))
        found.append(
            {
                "number": row.number,
                "crew": str(row.crew or row.contractor or ""),
                "steps": [
                    (words, format_time(at))
                    for words, at in (
                        (_("派工"), row.dispatched_at),
                        (_("出發"), row.set_out_at),
                        (_("到場"), row.arrived_at),
                        (_("安全措施"), row.made_safe_at),
                        (_("完工"), row.completed_at),
                        (_("查驗"), row.verified_at),
                    )
                    if at
                ],
                "measure": row.measure,
                "done": row.done,
                "redo": row.redo_for,
                "photos": [(words, links[key]) for words, key in pictures if key in links],
            }
        )
    return {"rows": found}


def near(petition: Petition, user: Any) -> dict[str, Any]:
    """Cases that may be the same: by words, place and time; the same person's others, and what speaks for one
    of the grounds of §173.
    """
    theirs = alike.others(petition, user)
    same = grounds.matter_of(petition, theirs)
    return {
        "repeated": [_row(one, _when_answered(one)) for one in same[: alike.SHOWN]],
        "times": len(same),
        "answers": len(grounds.answered(same)),
        "grounds": grounds.proposed(petition, user, same),
        "alike": [_row(one, f"{round(100 * share)}%") for one, share in alike.candidates(petition, user)],
        "same": [_row(one, format_date(one.case.opened_on)) for one in theirs[: alike.SHOWN]],
    }


def _when_answered(one: Petition) -> str:
    if one.replied_at is None:
        return _("尚未答復")
    return _("%(day)s答復") % {"day": format_date(timezone.localtime(one.replied_at).date())}


def _row(one: Petition, note: str) -> dict[str, str]:
    return {
        "href": reverse("desk:case", args=[one.pk]),
        "words": f"{one.case.number} {one.case.title}",
        "stage": process.stage_label(one.case.stage),
        "note": note,
    }


# ── First screens (functional spec part G) ──────────────────────────────────────────────────────────


def first(user: Any) -> list[dict[str, Any]]:
    """What waits for whom: sorting, accepting, answering, approving, going out, deciding."""
    who, now = standing(user), timezone.now()
    place = reverse("desk:list", args=[process.kind])
    open_ones = Petition.objects.filter(process.sees.records(user), case__closed_on=None)
    found: list[dict[str, Any]] = []

    def add(label: str, q: Q, stages: tuple[Any, ...], tone: str = "") -> None:
        rows = open_ones.filter(q, case__stage__in=[str(one) for one in stages])
        late = rows.filter(case__due_at__lt=now).exists()
        query = "&".join(f"stage={one}" for one in stages)
        found.append(
            {
                "label": label,
                "count": rows.count(),
                "url": f"{place}?{query}",
                "tone": "bad" if late else tone,
            }
        )

    if who.has(*COUNTER, *COMMISSION, Role.ETHICS):
        add(_("待分類、分文的陳情"), Q(), (Stage.RECEIVED, Stage.REGISTERED, Stage.TRIAGED, Stage.REFUSED))
    if intake.may_enter(user) and (mails := Incoming.objects.filter(state=Incoming.State.WAITING).count()):
        url = reverse("petitions:mails")
        found.append({"label": _("待人工處理的來信"), "count": mails, "url": url, "tone": "amber"})
    if who.has(*COMMISSION):
        add(_("權責爭議待裁決的陳情"), Q(), (Stage.DISPUTED,))
    mine = handlers.records(user)
    if who.has(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD):
        add(_("待受理的陳情"), mine, (Stage.ASSIGNED,))
        add(_("辦理中的陳情"), mine, (*WORKING, Stage.AWAITING))
        add(_("待查驗、答復的派工"), mine, (Stage.COMPLETED, Stage.VERIFIED))
    if who.has(Role.MANAGER, Role.HEAD):
        approve = approvers.records(user)
        add(_("待核定的答復與不予處理"), approve, (Stage.DRAFT_REPLY, Stage.NO_ACTION_PROPOSED))
        waiting = Extension.objects.filter(approved=None, petition__in=open_ones.filter(approve)).count()
        asked = Reopening.objects.filter(
            granted=None, petition__in=Petition.objects.filter(approve, case__stage__in=ANSWERED)
        ).count()
        found.append({"label": _("待核定的展延"), "count": waiting, "url": f"{place}?stage=in_progress"})
        found.append(
            {"label": _("待決定的重啟申請"), "count": asked, "url": f"{place}?stage=replied&stage=closed"}
        )
        today = timezone.localtime(now).date()
        scope = workload.Scope(user, None, today - workload.USUAL, today, now)
        late = workload.NUMBERS["overdue"].cases(scope).count()
        behind = workload.place("overdue", scope)
        tone = "bad" if late else ""
        found.append({"label": _("逾期未辦的陳情"), "count": late, "url": behind, "tone": tone})
    if who.has(Role.AUDITOR):
        unchecked = Audit.objects.filter(checked_on=None).count()
        found.append({"label": _("待抽查的陳情"), "count": unchecked, "url": reverse("petitions:draws")})
    if who.has(Role.CREW):
        add(_("我的派工"), Q(case__officer=user), OUTSIDE)
        found[-1]["url"] = reverse("petitions:crew")
    return found


urlpatterns = [
    path("new/", entry.enter, name="enter"),
    path("contractors/", contractors.links, name="contractors"),
    path("contractors/<int:pk>/revoke", contractors.revoke, name="contractor_revoke"),
    path("mail/", mail_pages.show_mails, name="mails"),
    path("mail/<int:pk>/", mail_pages.show_mail, name="mail"),
    path("triage/", triage.board, name="triage"),
    path("overview/", workload.overview, name="overview"),
    path("overview/<slug:name>/", workload.listed, name="listed"),
    path("analysis/", auditing.analysis, name="analysis"),
    path("analysis/cases/", auditing.analysed_list, name="analysed"),
    path("draws/", auditing.draws, name="draws"),
    path("draws/<int:pk>/", auditing.show_draw, name="draw"),
    path("draws/<int:pk>/cases/", samples.sample, name="sample"),
    path("audits/<int:pk>/", auditing.audit, name="audit"),
    path("hotspots/", hotspots.hot_spots, name="hotspots"),
    path("hotspots/<int:x>/<int:y>/<str:category>/", hotspots.hot_spot, name="hotspot"),
    path("limits/", limits.limits, name="limits"),
    path("limits/<slug:service>/", limits.limit, name="limit"),
    path("cases/<int:pk>/person/", reveals.reveal, name="reveal"),
    path("map/", mapping.show_office_map, name="map"),
    path("map/cases.geojson", mapping.cases_data, name="cases"),
    path("elsewhere/", elsewhere_pages.show, name="elsewhere"),
    *crew.own,
]
public_urlpatterns = crew.public


def city(user: Any) -> dict[str, list[Stat]]:
    """What the mayor sees of the whole city in thirty days: volume, on time, what the districts write of
    most, and what is dangerous.
    """
    now = timezone.now()
    today = timezone.localtime(now).date()
    scope = workload.Scope(user, None, today - workload.USUAL, today, now)
    count = workload.numbers(scope, ("received", "fell_due", "due_on_time", "overdue", "danger"))

    def told(name: str, bad: bool = False) -> Stat:
        label = str(workload.NUMBERS[name].label)
        return Stat(f"{count[name]:,}", label, workload.place(name, scope), bad=bad and count[name] > 0)

    timely = workload.share(count["due_on_time"], count["fell_due"])
    overview = f"{reverse('petitions:overview')}?{workload.asked(scope)}"
    return {
        "citizens": [
            told("received")._replace(aside=_("近30日")),
            Stat(timely, _("期限屆至案件準時率"), overview, _("近30日")),
            told("overdue", bad=True),
            *(
                Stat(
                    f"{one.cases:,}",
                    one.words,
                    workload.place("received", one.within(scope)),
                    _("近30日"),
                )
                for one in workload.hottest(scope)
            ),
        ],
        "safety": [told("danger", bad=True)],
    }


screens = Screens(
    columns=(
        Column("kind", gettext_lazy("類別"), show=kind_words),
        Column("channel", gettext_lazy("管道"), show=channel_words),
        Column("category_id", gettext_lazy("分類"), show=category_words),
        Column("disposition", gettext_lazy("答復類別"), show=disposition_words),
        Column("days", gettext_lazy("日數"), number=True),
    ),
    filters=(
        "kind",
        "channel",
        Filter("category", "category", gettext_lazy("案件分類"), category_choices),
        Filter("service", "service", gettext_lazy("服務項目"), service_choices),
        Filter(
            "village", "village", gettext_lazy("里"), find=villages_called,
            hint=gettext_lazy("例如新樂里，或鹽埕區新樂里"),
        ),
        Filter("danger", "danger", gettext_lazy("危險")),
        Filter(
            "mapped", "latitude", gettext_lazy("地圖"), lambda user: [("1", _("未結案且有座標"))],
            where=lambda values: mapping.OPEN,
        ),
        "complexity",
        "disposition",
        "received_at",
    ),
    facts=(
        "kind", "channel", "nature", "category", "service", "complexity", "danger", "village", "language",
        "received_at", "registered_at", "assigned_at", "accepted_at", "site_visit", "bounces", "decided_on",
        "extensions", "disposition", "replied_at", "days", "ground", "earlier", "no_action_on",
        "transferred_to", "transferred_on", "transferred_for", "merged_into", "merged_on", "split_from",
        "ended_on", "reopened_on", "reopenings", "taken_up_on", "dispatched_at", "arrived_at", "completed_at",
    ),
    panels=(
        Panel(
            gettext_lazy("分類與分文建議"),
            "petitions/panel_suggestions.html",
            suggestions.proposals,
            shown=suggestions.shown,
        ),
        Panel(gettext_lazy("陳情內容"), "petitions/panel_matter.html", matter),
        Panel(
            gettext_lazy("派工"),
            "petitions/panel_works.html",
            works,
            shown=lambda petition, user: petition.dispatched_at is not None,
        ),
        Panel(
            gettext_lazy("現場回報"), "petitions/panel_field.html", field.reports, shown=field.shown,
        ),
        Panel(gettext_lazy("辦理過程"), "petitions/panel_handling.html", handling),
        Panel(
            gettext_lazy("答復"),
            "petitions/panel_replies.html",
            replies,
            shown=lambda petition, user: petition.accepted_at is not None or petition.replied_at is not None,
        ),
        Panel(
            gettext_lazy("可能相同的案件"),
            "petitions/panel_near.html",
            near,
            shown=lambda petition, user: petition.ended_on is None,
        ),
    ),
    actions=(
        Action(gettext_lazy("分文臺"), "petitions:triage", office.sorts),
        Action(gettext_lazy("辦理情形"), "petitions:overview", office.leads),
        Action(gettext_lazy("案件地圖"), "petitions:map"),
        Action(gettext_lazy("來信"), "petitions:mails", intake.may_enter),
        Action(gettext_lazy("他系統案件"), "petitions:elsewhere", may_take),
        Action(gettext_lazy("外勤派工"), "petitions:crew", crew.opens),
        Action(gettext_lazy("承商連結"), "petitions:contractors", contractors.opens),
        Action(gettext_lazy("案件分析"), "petitions:analysis", office.audits),
        Action(
            gettext_lazy("熱點"), "petitions:hotspots", lambda user: office.leads(user) or office.sorts(user)
        ),
        Action(gettext_lazy("派工時限"), "petitions:limits"),
    ),
    first=first,
    city=city,
    begins=deciding.BEGINS,
    decided=deciding.DECIDED,
    words={
        "tones": {
            "received": "amber", "registered": "amber", "triaged": "amber", "assigned": "amber",
            "assignment_refused": "red", "disputed": "red", "accepted": "blue", "in_progress": "blue",
            "awaiting_petitioner": "violet", "draft_reply": "violet", "approved": "violet",
            "dispatched": "amber", "en_route": "blue", "on_site": "blue", "temporary_measure": "blue",
            "completed": "violet", "verified": "violet", "replied": "green", "closed": "green",
            "reopened": "amber", "no_action_proposed": "amber", "no_action": "", "transferred_out": "",
            "merged": "",
        },
        "empty": gettext_lazy("沒有您可以檢視的陳情案件。"),
    },
)  # fmt: skip
