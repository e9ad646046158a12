"""The way of a petition from its receipt to its reply, and of a fault to the crew and back (functional spec
S2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from yankao.kernel.bulk import made
from yankao.kernel.calendar import local_day
from yankao.kernel.casework import clocks, duties
from yankao.kernel.casework.asks import BY_DIGEST, LONG, STANDING, Accept, Among, Chosen, Known, Label, Reason
from yankao.kernel.casework.clocks import Deadline, Extending
from yankao.kernel.casework.docket import Clock, Link, Security
from yankao.kernel.casework.duties import ALL, NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.casework.steps import moment_of, own_rows
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.jobs import enqueue
from yankao.kernel.people.models import Agency, Role, User
from yankao.kernel.people.standing import Standing, holders, standing
from yankao.kernel.roc import date_text
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.span import Days, ExtensionRefused, due

from . import firms, notices, places, registers, rules, suggestions
from .models import (
    LEVELS,
    ORAL,
    Appeal,
    Bounce,
    Category,
    Channel,
    Complexity,
    Custodian,
    Disposition,
    Extension,
    Ground,
    Joint,
    Kind,
    Nature,
    Petition,
    Proposal,
    ReadBack,
    Reopening,
    Reply,
    Service,
    Supplement,
    Work,
)


class Stage(TextChoices):
    """階段"""

    RECEIVED = "received", gettext_lazy("已收件")
    REGISTERED = "registered", gettext_lazy("已登錄")
    TRIAGED = "triaged", gettext_lazy("已分類")
    ASSIGNED = "assigned", gettext_lazy("待受理")
    REFUSED = "assignment_refused", gettext_lazy("退回改分")
    DISPUTED = "disputed", gettext_lazy("權責爭議")
    ACCEPTED = "accepted", gettext_lazy("已受理")
    IN_PROGRESS = "in_progress", gettext_lazy("辦理中")
    AWAITING = "awaiting_petitioner", gettext_lazy("待補正")
    DRAFT_REPLY = "draft_reply", gettext_lazy("陳核中")
    APPROVED = "approved", gettext_lazy("已核定")
    DISPATCHED = "dispatched", gettext_lazy("已派工")
    EN_ROUTE = "en_route", gettext_lazy("前往中")
    ON_SITE = "on_site", gettext_lazy("已到場")
    TEMPORARY = "temporary_measure", gettext_lazy("已做安全措施")
    COMPLETED = "completed", gettext_lazy("已完工")
    VERIFIED = "verified", gettext_lazy("已查驗")
    REPLIED = "replied", gettext_lazy("已答復")
    CLOSED = "closed", gettext_lazy("已結案")
    REOPENED = "reopened", gettext_lazy("已重啟")
    NO_ACTION_PROPOSED = "no_action_proposed", gettext_lazy("擬不予處理")
    NO_ACTION = "no_action", gettext_lazy("不予處理")
    TRANSFERRED = "transferred_out", gettext_lazy("已移轉")
    MERGED = "merged", gettext_lazy("已併案")


INCOMING = (Stage.RECEIVED, Stage.REGISTERED, Stage.TRIAGED)
"""Not yet given to an agency."""
WORKING = (Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.REOPENED)
"""An agency has it and works on the answer."""
OUTSIDE = (Stage.DISPATCHED, Stage.EN_ROUTE, Stage.ON_SITE, Stage.TEMPORARY)
"""A crew has it."""
FAULT = (
    Stage.RECEIVED, Stage.DISPATCHED, Stage.EN_ROUTE, Stage.ON_SITE, Stage.COMPLETED, Stage.VERIFIED,
    Stage.REPLIED, Stage.CLOSED,
)  # fmt: skip
"""The way of a fault when all goes well."""
ANSWERED = (Stage.REPLIED, Stage.CLOSED)
"""The petitioner has the answer, and may say that it is not done."""
ENDED = (Stage.CLOSED, Stage.NO_ACTION, Stage.TRANSFERRED)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────

PLAIN = Q(security__in=(str(Security.OPEN), str(Security.AGENCY)))
CONFIDENTIAL = Q(security=str(Security.NAMED))
SEALED = Q(security=str(Security.SECRET))
RESTRICTED = Q(security__in=(str(Security.NAMED), str(Security.SECRET)))
AT_WORK = (Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD, Role.CREW)
"""Posts of an agency by which one handles what citizens wrote to it; others there do not read it."""
COMMISSION = (Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
COUNTER = (Role.CALL_AGENT, Role.CALL_SUPERVISOR)
NOT_GIVEN = Q(stage__in=[str(one) for one in (*INCOMING, Stage.REFUSED, Stage.DISPUTED)])


def _named(who: Standing) -> Q:
    """Whose name stands on a restricted case: its officer and its custodians."""
    if not who.user_id:
        return NONE
    custody = Custodian.objects.filter(user_id=who.user_id).values("petition_id")
    return RESTRICTED & (Q(officer_id=who.user_id) | Q(pk__in=custody))


def _either(*parts: Q) -> Q:
    found = [part for part in parts if part is not NONE]
    if not found:
        return NONE
    whole = found[0]
    for part in found[1:]:
        whole |= part
    return whole


def of_agency(*roles: Role) -> Duty:
    """Whoever holds one of the roles in the agency that has the case; of a restricted case, who is named for
    it.
    """

    def where(who: Standing) -> Q:
        agencies = who.agencies(*roles)
        if not agencies:
            return NONE
        return _either(PLAIN & Q(agency_id__in=agencies), _named(who) & Q(agency_id__in=agencies))

    return Duty(duties.agency(*roles).name, where)


def _intake(who: Standing) -> Q:
    parts = []
    if who.has(*COUNTER, *COMMISSION):
        parts.append(PLAIN)
    if who.has(*COMMISSION):
        parts.append(CONFIDENTIAL & NOT_GIVEN)
    if who.has(Role.ETHICS):
        parts.append(RESTRICTED)
    return _either(*parts, _named(who) if who.has(*COUNTER, *COMMISSION) else NONE)


def _asked_to_join(who: Standing) -> Q:
    agencies = who.agencies(*AT_WORK)
    if not agencies:
        return NONE
    asked = Joint.objects.filter(agency_id__in=agencies, withdrawn_at=None).values("petition_id")
    return PLAIN & Q(pk__in=asked)


def _oversee(who: Standing) -> Q:
    if who.has(Role.AUDITOR):
        return ~SEALED
    return PLAIN if who.has(Role.MAYOR, *COMMISSION) else NONE


intake = Duty(gettext_lazy("受理窗口與研考會"), _intake)
"""Registers, sorts and assigns; what is sealed, the ethics officers do."""
petitioner = Duty(gettext_lazy("陳情人"), lambda who: NONE if who.user_id else ALL)
"""The citizen, known by number and access code: nobody who is signed in."""
handlers = of_agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)
approvers = of_agency(Role.MANAGER, Role.HEAD)
senders = of_agency(Role.CONTROLLER, Role.MANAGER)
contractors = Duty(
    gettext_lazy("承商（憑連結）"),
    lambda who: (
        NONE if who.user_id else PLAIN & Q(pk__in=Work.objects.exclude(contractor="").values("petition_id"))
    ),
)
"""Who was sent without being of the city: nobody who is signed in; the link says whose orders it opens."""


def _not_a_firms(who: Standing) -> Q:
    """What is with a contractor alone is no work of the city's crew; the officers record it where the
    contractor does not.
    """
    found = of_agency(Role.CREW).where(who)
    if found is NONE:
        return NONE
    later = Work.objects.filter(petition=OuterRef("petition"), number__gt=OuterRef("number"))
    with_firms = Work.objects.filter(~Exists(later), completed_at=None, crew=None).exclude(contractor="")
    return found & ~Q(pk__in=with_firms.values("petition_id"))


city_crews = Duty(duties.agency(Role.CREW).name, _not_a_firms)
crews = city_crews | of_agency(Role.OFFICER) | contractors
joined = Duty(gettext_lazy("會辦機關"), _asked_to_join)
commission = Duty(
    gettext_lazy("研考會"),
    lambda who: _either(PLAIN, CONFIDENTIAL & NOT_GIVEN) if who.has(*COMMISSION) else NONE,
)
leaders = Duty(
    gettext_lazy("研考會主任秘書、主任委員"),
    lambda who: PLAIN if who.has(Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER) else NONE,
)
overseers = Duty(gettext_lazy("研考會、市長與政風審計人員"), _oversee)
system = Duty(gettext_lazy("系統"), lambda who: NONE if who.user_id else ALL)
ethics = Duty(gettext_lazy("檢舉案件保管人"), lambda who: RESTRICTED if who.has(Role.ETHICS) else NONE)
onlookers = of_agency(*AT_WORK) | joined | intake | overseers


def owners(petition: Petition, mark: str = "") -> Iterable[Any]:
    """Who hears of a case: its officer, else the agency's controllers; of a restricted one only who is
    named.
    """
    case = petition.case
    if case.officer is not None and case.officer.is_active:
        return [case.officer]
    if case.security in (Security.NAMED, Security.SECRET):
        named = Custodian.objects.filter(petition_id=petition.pk).values("user")
        return holders(case.agency_id, *AT_WORK).filter(pk__in=named)
    return holders(case.agency_id, Role.CONTROLLER)


def minding(petition: Petition, mark: str = "") -> Iterable[Any]:
    """Who has the case, or who sorts while no agency has it."""
    return list(owners(petition)) or sorting(petition)


def approving(petition: Petition, mark: str = "") -> Iterable[Any]:
    """Who may approve in the agency."""
    if petition.case.security in (Security.NAMED, Security.SECRET):
        return owners(petition)
    return holders(petition.case.agency_id, Role.MANAGER)


def leading(petition: Petition, mark: str = "") -> Iterable[Any]:
    """Who may decide that nothing is done: the agency's managers; before it is given to one, the
    commission's chief; of what is sealed, or confidential and not given yet, the ethics officers.
    """
    if petition.case.security == Security.SECRET:
        return holders(None, Role.ETHICS)
    if petition.assigned_at:
        return approving(petition)
    return holders(None, Role.ETHICS if petition.case.security == Security.NAMED else Role.RDEC_CHIEF)


def deciding(petition: Petition, mark: str = "") -> Iterable[Any]:
    """The commission's controllers; of a sealed case the ethics officers."""
    if petition.case.security == Security.SECRET:
        return holders(None, Role.ETHICS)
    return holders(None, Role.RDEC_CONTROLLER)


def sorting(petition: Petition, mark: str = "") -> Iterable[Any]:
    """Who sorts what comes in."""
    if petition.case.security == Security.SECRET:
        return holders(None, Role.ETHICS)
    return [*holders(None, Role.CALL_SUPERVISOR), *holders(None, Role.RDEC_CONTROLLER)]


def crew_of(petition: Petition, mark: str = "") -> Iterable[Any]:
    """The crew that was sent, else the agency's controllers."""
    work = last(petition, Work)
    return [work.crew] if work and work.crew else holders(petition.case.agency_id, Role.CONTROLLER)


def joiners(petition: Petition, mark: str = "") -> Iterable[Any]:
    return holders(int(mark), Role.CONTROLLER) if mark else ()


def last[M: Any](petition: Petition, model: type[M]) -> M | None:
    """The newest of the case's rows of a kind, this history's own included."""
    rows = own_rows(petition, model, "petition")
    return rows[-1] if rows else None


def merged_into(petition: Petition) -> Iterable[Petition]:
    """The cases handled with this one, whose petitioners wait for what comes of it."""
    rows = Petition.objects.filter(merged_into=petition.pk, case__stage=Stage.MERGED)
    return rows.select_related("case").order_by("pk")


# ── Deadlines ───────────────────────────────────────────────────────────────────────────────────────


def moved_at(petition: Petition) -> datetime:
    """When the move under way happens."""
    moment: datetime = petition.step.at
    return moment


TRIAGE = Deadline(
    "triage", gettext_lazy("登錄分文"), rules.TRIAGE, "received_at", law=rules.CITY, owed_by=sorting
)
ACCEPT = Deadline(
    "accept",
    gettext_lazy("受理或改分"),
    rules.ACCEPT_BY,
    "assigned_at",
    law=rules.CITY,
    remind=(0,),
    owed_by=owners,
)
DISPUTE = Deadline(
    "dispute",
    gettext_lazy("裁決權責爭議"),
    rules.DISPUTE,
    "disputed_at",
    law=rules.CITY,
    remind=(1, 0),
    owed_by=deciding,
)
ANSWER = Deadline(
    "answer",
    gettext_lazy("答復陳情人"),
    rules.ANSWER_BY,
    rules.start_of,
    law=rules.DIRECTIONS,
    remind=(3, 1, 0),
    owed_by=owners,
    extending=Extending(until=rules.ceiling_of),
)
JOINT = Deadline(
    "joint",
    gettext_lazy("會辦意見"),
    rules.JOINT,
    moved_at,
    law=rules.CITY,
    remind=(1, 0),
    owed_by=joiners,
)
SUPPLEMENT = Deadline(
    "supplement",
    gettext_lazy("陳情人補正"),
    rules.SUPPLEMENT,
    moved_at,
    law=rules.CITY,
    weekly_when_late=False,
    owed_by=owners,
)
REOPENING = Deadline(
    "reopening",
    gettext_lazy("決定是否重啟"),
    rules.REOPENING,
    moved_at,
    law=rules.CITY,
    remind=(1, 0),
    owed_by=owners,
)
REOPENED = Deadline(
    "reopened",
    gettext_lazy("重啟案件答復"),
    rules.REOPENED,
    moved_at,
    law=rules.CITY,
    remind=(1, 0),
    owed_by=owners,
    extending=Extending(until=rules.reopened_ceiling_of),
)
SURVEY = Deadline(
    "survey",
    gettext_lazy("到場會勘"),
    rules.SURVEY_BY,
    rules.survey_start_of,
    law=rules.DISPATCHING,
    owed_by=crew_of,
)
SAFETY = Deadline(
    "safety",
    gettext_lazy("臨時安全措施"),
    rules.SAFETY_BY,
    rules.safety_start_of,
    law=rules.DISPATCHING,
    owed_by=crew_of,
)
FIX = Deadline(
    "fix",
    gettext_lazy("修復完工"),
    rules.FIX_BY,
    rules.fix_start_of,
    law=rules.DISPATCHING,
    remind=(1, 0),
    owed_by=crew_of,
)


# ── Accusations ─────────────────────────────────────────────────────────────────────────────────────


def accuses(category: Category | None, nature: str) -> bool:
    """Whether a case is an accusation, which is sealed always (行政程序法 §170 II; B3)."""
    return nature == Nature.WRONGDOING or registers.sealed(category)


SEALED_NOW = gettext_lazy("{number}「{title}」分類為檢舉，已密封，請指定承辦人員。")
"""What the ethics officers hear of a case that became an accusation after it came in."""


def _close(petition: Petition, security: Security, named: Iterable[User]) -> None:
    """From now on only who is named knows of the case; who makes it so has read it and is named, too. (Its
    petitioner goes to the custodians' keys when the move is told, `notices.moved`.)
    """
    actor = petition.step.actor
    petition.case.security = str(security)
    _name(petition, [*named, *([actor] if actor else [])])


def _name(petition: Petition, people: Iterable[User]) -> None:
    """These may know of it, too."""
    step, known = petition.step, {row.user_id for row in own_rows(petition, Custodian, "petition")}
    for user in {user.pk: user for user in people}.values():
        if user.pk not in known:
            step.add(Custodian(petition=petition, user=user, named_at=step.at, named_by=step.actor))


def _corrected(petition: Petition, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a correction brings with it. One that makes an accusation of a case waits until it is sealed."""
    if {"category", "nature"} & changes.keys() and petition.case.security != Security.SECRET:
        told = {name: changes.get(name, getattr(petition, name)) for name in ("category", "nature")}
        if accuses(**told) and not accuses(petition.category, petition.nature):
            raise Refused(_("更正後成為檢舉案件：請先以「列為保密」勾選「檢舉，密封」，再更正。"))
    return places.follows(petition, changes)


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────


def received(petition: Petition) -> None:
    """What an answer is due for begins to count; a fault counts by its service once that is known."""
    if petition.kind == Kind.DISPATCH:
        _count_service(petition)
    else:
        petition.step.begin(ANSWER, rules.start_of(petition))


def _count_service(petition: Petition) -> None:
    if petition.service_id is None:
        return
    step = petition.step
    step.begin(SURVEY, rules.survey_start_of(petition))
    if rules.has_safety(petition):
        step.begin(SAFETY, rules.safety_start_of(petition))
    step.begin(FIX, rules.fix_start_of(petition))


process = Process(
    Petition,
    "service.petitions",
    Stage,
    Stage.RECEIVED,
    "P{roc}-{seq:06d}",
    sees=onlookers,
    opened_by=intake | petitioner,
    opens_with=(TRIAGE,),
    repeats=(ANSWER, JOINT, SURVEY, SAFETY, FIX, REOPENED),
    asks=(
        "kind", "channel", "nature", "subject", "content", "category", "service", "complexity", "place",
        "longitude", "latitude", "received_at", "client_key", "read_back_at", "read_back",
    ),
    amends_docket=("title", "officer", "district"),
    amendable=("nature", "category", "service", "place", "longitude", "latitude", "village", "subject"),
    amended_by=intake | handlers,
    follows=_corrected,
    assigned_by=of_agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD) | intake,
    on_open=received,
    on_move=notices.moved,
    discreet=frozenset({"content", "subject", "place", "petitioner", "access", "reference", "client_key"}),
    unshown=frozenset({"access", "client_key"}),
    path=(
        Stage.RECEIVED, Stage.TRIAGED, Stage.ASSIGNED, Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.DRAFT_REPLY,
        Stage.APPROVED, Stage.REPLIED, Stage.CLOSED,
    ),
    other_path=lambda petition: FAULT if petition.kind == Kind.DISPATCH else (),
)  # fmt: skip


# ── Guards ──────────────────────────────────────────────────────────────────────────────────────────


def only_dispatch(petition: Petition) -> str:
    return "" if petition.kind == Kind.DISPATCH else _("這不是派工通報案件。")


def not_dispatch(petition: Petition) -> str:
    return _("派工通報案件由派工人員辦理。") if petition.kind == Kind.DISPATCH else ""


def sorted_already(petition: Petition) -> str:
    return "" if petition.category_id else _("請先分類。")


def service_known(petition: Petition) -> str:
    return "" if petition.service_id else _("請先選定服務項目。")


def read_back_done(petition: Petition) -> str:
    """An oral petition is read back before it is registered (行政程序法 §169)."""
    if petition.channel in ORAL and petition.kind != Kind.DISPATCH and petition.read_back_at is None:
        return _("口頭陳情須先朗讀或供閱覽，經陳情人確認。")
    return ""


def not_decided(petition: Petition) -> str:
    return _("本案權責已由研考會裁決，不得再退回。") if petition.decided_on is not None else ""


def may_bounce(petition: Petition) -> str:
    """Returned within its window only, and no more once the commission has decided."""
    if decided := not_decided(petition):
        return decided
    if petition.assigned_at is None:
        return ""
    end = due(
        rules.accept_span(petition, timezone.localtime(petition.assigned_at).date()),
        timezone.localtime(petition.assigned_at),
        office_calendar(),
    )
    if moment_of(petition) > end.at:
        return _("已逾改分期限，請受理；確非權責者請提權責爭議。")
    return ""


def co_replies_in(petition: Petition) -> str:
    """The lead replies only when those it asked have answered, or their time is over."""
    now = moment_of(petition)
    open_ones = [
        row
        for row in own_rows(petition, Joint, "petition")
        if row.answered_at is None and row.withdrawn_at is None and row.due_at > now
    ]
    if open_ones:
        return _("尚有會辦機關未會復：%s。") % _("、").join(str(row.agency) for row in open_ones)
    return ""


def has_reply(petition: Petition) -> str:
    return "" if petition.replied_at else _("尚未答復，不得結案。")


def no_extension_waits(petition: Petition) -> str:
    if any(row.approved is None for row in own_rows(petition, Extension, "petition")):
        return _("已有一件展延待核定。")
    return ""


def extension_waits(petition: Petition) -> str:
    if any(row.approved is None for row in own_rows(petition, Extension, "petition")):
        return ""
    return _("沒有待核定的展延。")


def no_reopening_waits(petition: Petition) -> str:
    if any(row.granted is None for row in own_rows(petition, Reopening, "petition")):
        return _("已有一件申請重啟待決定。")
    return ""


def no_reopening_asked(petition: Petition) -> str:
    return _("陳情人已申請重啟，請先決定。") if no_reopening_waits(petition) else ""


def reopening_waits(petition: Petition) -> str:
    if any(row.granted is None for row in own_rows(petition, Reopening, "petition")):
        return ""
    return _("沒有待決定的重啟申請。")


def not_restricted(petition: Petition) -> str:
    """Another agency's people would be asked about what they may not see."""
    if petition.case.security in (Security.NAMED, Security.SECRET):
        return _("保密案件不送會辦：會辦機關的人員不得知悉。")
    return ""


def approver_named(petition: Petition) -> str:
    """Of a restricted case somebody who may approve has to know, or its draft would lie there."""
    case = petition.case
    if case.security not in (Security.NAMED, Security.SECRET):
        return ""
    knowing = Q(pk=case.officer_id) | Q(pk__in=Custodian.objects.filter(petition=petition).values("user"))
    if holders(case.agency_id, Role.MANAGER, Role.HEAD).filter(knowing).exists():
        return ""
    return _("指定人員中沒有可以核定的主管：請政風人員先以「指定可知悉人員」加入。")


def not_dangerous(petition: Petition) -> str:
    """A dangerous fault is looked at, whoever reports it."""
    if petition.kind == Kind.DISPATCH and petition.danger:
        return _("涉及危險的通報，即使匿名仍應派工，不得不予處理。")
    return ""


# ── Reading back, registering, sorting, assigning ───────────────────────────────────────────────────


@process.move(Stage.RECEIVED, None, by=intake, label=gettext_lazy("登錄覆誦確認"), main=False)
def read_to(
    petition: Petition,
    *,
    how: Annotated[ReadBack, Label(gettext_lazy("覆誦確認"))],
    signature: Annotated[
        Evidence | None, Label(gettext_lazy("簽名或錄音")), Accept("pdf", "jpeg", "png")
    ] = None,
) -> None:
    """The record was read or shown to the petitioner, who confirmed it."""
    petition.read_back, petition.read_back_at = how, petition.step.at


@process.move(Stage.RECEIVED, Stage.REGISTERED, by=intake, label=gettext_lazy("登錄"), unless=read_back_done)
def register(petition: Petition) -> None:
    """It is on record, whatever becomes of it."""
    petition.registered_at = petition.step.at


CategoryAsked = Annotated[
    Category,
    Chosen,
    Label(gettext_lazy("案件分類")),
    Among(lambda petition, user: Category.objects.filter(withdrawn_on=None)),
]
ServiceAsked = Annotated[
    Service | None,
    Label(gettext_lazy("服務項目")),
    Among(lambda petition, user: Service.objects.filter(withdrawn_on=None)),
]


@process.move(
    (*INCOMING, Stage.REFUSED), Stage.TRIAGED, by=intake, label=gettext_lazy("分類"), unless=read_back_done
)
def triage(
    petition: Petition,
    *,
    kind: Annotated[Kind, STANDING, Label(gettext_lazy("案件類別"))],
    category: Annotated[CategoryAsked, Chosen, STANDING],
    service: Annotated[ServiceAsked, STANDING] = None,
    complexity: Annotated[Complexity, STANDING, Label(gettext_lazy("難易別"))] = Complexity.SIMPLE,
    nature: Annotated[Nature, STANDING, Label(gettext_lazy("陳情事由"))] = Nature.RIGHTS,
    danger: Annotated[bool, STANDING, Label(gettext_lazy("涉及危險"))] = False,
) -> None:
    """What it is about, and how hard; the agency is said at assignment and nowhere else. What turns out to be
    an accusation is sealed at once, and the ethics officers hear of it.
    """
    if kind == Kind.DISPATCH and service is None:
        raise ValidationError({"service": _("派工通報須選定服務項目。")})
    _sort(petition, kind, category, service, complexity)
    suggestions.keep(petition, suggestions.CATEGORY, category.pk)
    petition.nature, petition.danger = nature, danger or bool(service and service.danger)
    petition.registered_at = petition.registered_at or petition.step.at
    if accuses(category, nature) and petition.case.security != Security.SECRET:
        _close(petition, Security.SECRET, ())
        petition.step.tell(holders(None, Role.ETHICS), SEALED_NOW, "assignment")


def _sort(
    petition: Petition, kind: str, category: Category, service: Service | None, complexity: str
) -> None:
    """Set class, category, service and complexity; clocks that count by them begin anew."""
    step = petition.step
    before = (petition.kind, petition.service_id, petition.category_id, petition.complexity)
    petition.kind, petition.complexity = kind, complexity
    petition.category, petition.service = category, service
    if before == (petition.kind, petition.service_id, petition.category_id, petition.complexity):
        return
    if petition.taken_up_on is not None:
        return  # counts by the clock of its own, from the day it was taken up
    if kind == Kind.DISPATCH:
        step.end(ANSWER)
        _count_service(petition)
        return
    for deadline in (SURVEY, SAFETY, FIX):
        step.end(deadline)
    step.begin(ANSWER, rules.start_of(petition))


AgencyAsked = Annotated[Agency, Chosen, Label(gettext_lazy("主辦機關"))]
OfficersAsked = Annotated[
    list[User],
    Label(gettext_lazy("指定人員"), gettext_lazy("保密案件只有指定人員看得到，須含可以核定的主管")),
]


@process.move(
    (*INCOMING, Stage.REFUSED),
    Stage.ASSIGNED,
    by=intake,
    label=gettext_lazy("分文"),
    stops=(TRIAGE,),
    starts=(ACCEPT,),
    unless=(not_dispatch, sorted_already, read_back_done),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」請受理。"), "assignment"),),
)
def assign(petition: Petition, *, agency: AgencyAsked, officers: OfficersAsked | None = None) -> None:
    """Say which agency answers for it; a confidential case also says who may know of it."""
    case, step = petition.case, petition.step
    _name_officers(petition, officers)
    case.agency, case.officer = agency, None
    suggestions.keep(petition, suggestions.AGENCY, agency.pk)
    petition.assigned_at, petition.site_visit = step.at, False
    petition.registered_at = petition.registered_at or step.at


def _name_officers(petition: Petition, officers: Iterable[User] | None) -> None:
    """A confidential case is given to an agency together with those who may know of it there."""
    if petition.case.security not in (Security.NAMED, Security.SECRET):
        return
    if not officers:
        raise ValidationError({"officers": _("保密案件須指定承辦人員。")})
    _name(petition, officers)


@process.move(
    Stage.ASSIGNED,
    None,
    by=handlers,
    label=gettext_lazy("須會勘，延長改分期限"),
    starts=(ACCEPT,),
    unless=may_bounce,
    main=False,
)
def plan_visit(petition: Petition) -> None:
    """A case that needs a look on site may be returned a day later."""
    petition.site_visit = True


@process.move(
    Stage.ASSIGNED,
    Stage.ACCEPTED,
    by=handlers,
    label=gettext_lazy("受理"),
    stops=(ACCEPT,),
    unless=not_dispatch,
)
def accept(
    petition: Petition,
    *,
    officer: Annotated[
        User | None,
        Label(gettext_lazy("承辦人")),
        Among(
            lambda petition, user: holders(
                petition.case.agency_id, Role.OFFICER, Role.CONTROLLER, Role.MANAGER
            )
        ),
    ] = None,
) -> None:
    """The agency takes it and says who handles it."""
    petition.accepted_at = petition.step.at
    if officer is not None:
        petition.case.officer = officer
    elif petition.case.officer is None:
        petition.case.officer = petition.step.actor


@process.move(
    Stage.ASSIGNED,
    (Stage.REFUSED, Stage.DISPUTED),
    by=handlers,
    label=gettext_lazy("退回改分"),
    stops=(ACCEPT,),
    unless=may_bounce,
    tells=(Tell(sorting, gettext_lazy("{number}「{title}」退回改分。"), "return"),),
)
def refuse_assignment(
    petition: Petition,
    *,
    reason: Reason,
    proposed: Annotated[Agency | None, Label(gettext_lazy("建議主辦機關"))] = None,
) -> None:
    """Not ours, and whose it is; what three agencies return the commission decides."""
    _returned(petition, reason, proposed)


def _returned(petition: Petition, reason: str, proposed: Agency | None) -> None:
    """One return more; the third goes to the commission."""
    step = petition.step
    if not reason.strip():
        raise ValidationError({"reason": _("退回須說明理由。")})
    petition.bounces += 1
    step.add(
        Bounce(petition=petition, agency=petition.case.agency, proposed=proposed, reason=reason, at=step.at)
    )
    if petition.bounces >= rules.BOUNCES.at(step.today):
        petition.disputed_at = step.at
        step.begin(DISPUTE, step.at)
        step.go(Stage.DISPUTED)
        step.tell(deciding(petition), gettext_lazy("{number}「{title}」權責爭議待裁決。"), "escalation")
    else:
        step.go(Stage.REFUSED)


@process.move(
    (Stage.ASSIGNED, Stage.REFUSED),
    Stage.DISPUTED,
    by=handlers | intake,
    label=gettext_lazy("提出權責爭議"),
    stops=(ACCEPT,),
    starts=(DISPUTE,),
    tells=(Tell(deciding, gettext_lazy("{number}「{title}」權責爭議待裁決。"), "escalation"),),
    main=False,
)
def dispute(
    petition: Petition,
    *,
    reason: Reason,
    proposed: Annotated[Agency | None, Label(gettext_lazy("建議主辦機關"))] = None,
) -> None:
    """Agencies that do not agree turn to the commission, whose decision has a deadline of its own."""
    if not reason.strip():
        raise ValidationError({"reason": _("請說明理由。")})
    if petition.decided_on is not None:
        raise Refused(_("本案權責已由研考會裁決。"))
    petition.disputed_at = petition.step.at
    petition.step.add(
        Bounce(
            petition=petition, agency=petition.case.agency, proposed=proposed, reason=reason,
            at=petition.step.at
        )
    )  # fmt: skip


@process.move(
    Stage.DISPUTED,
    Stage.ASSIGNED,
    by=commission | ethics,
    label=gettext_lazy("裁決權責"),
    stops=(DISPUTE, TRIAGE),
    starts=(ACCEPT,),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」經研考會裁決由貴機關辦理。"), "assignment"),),
)
def decide_dispute(petition: Petition, *, agency: AgencyAsked, reason: Reason) -> None:
    """Whose it is; nobody returns it after that."""
    step = petition.step
    petition.case.agency, petition.case.officer = agency, None
    petition.assigned_at, petition.decided_on, petition.site_visit = step.at, step.today, False


@process.move(
    (*WORKING, Stage.AWAITING, Stage.DRAFT_REPLY, *OUTSIDE),
    Stage.ASSIGNED,
    by=intake,
    label=gettext_lazy("改派機關"),
    starts=(ACCEPT,),
    stops=(SUPPLEMENT,),
    resumes=(ANSWER, REOPENED),
    main=False,
    tells=(Tell(owners, gettext_lazy("{number}「{title}」請受理。"), "assignment"),),
    unless=not_dispatch,
)
def reassign(
    petition: Petition, *, agency: AgencyAsked, officers: OfficersAsked | None = None, reason: Reason
) -> None:
    """Later it turns out to be another's; its time goes on. Of a confidential case it is said again who may
    know of it there.
    """
    _name_officers(petition, officers)
    petition.case.agency, petition.case.officer = agency, None
    petition.assigned_at, petition.accepted_at = petition.step.at, None
    _end_waiting(petition)


@process.move(
    (*INCOMING, *WORKING, Stage.ASSIGNED, Stage.AWAITING, Stage.DRAFT_REPLY, Stage.APPROVED),
    None,
    by=intake | ethics,
    label=gettext_lazy("指定可知悉人員"),
    main=False,
)
def name_custodian(
    petition: Petition,
    *,
    user: Annotated[User, Chosen, Label(gettext_lazy("人員"))],
    reason: Reason,
) -> None:
    """Let one more person know of a confidential case, with the reason on record."""
    if petition.case.security not in (Security.NAMED, Security.SECRET):
        raise Refused(_("這不是保密案件。"))
    if any(row.user_id == user.pk for row in own_rows(petition, Custodian, "petition")):
        raise Refused(_("這個人已經是指定人員。"))
    step = petition.step
    step.add(Custodian(petition=petition, user=user, named_at=step.at, named_by=step.actor))


@process.move(
    (*INCOMING, Stage.ASSIGNED, *WORKING),
    None,
    by=intake | handlers,
    label=gettext_lazy("列為保密"),
    main=False,
)
def make_confidential(
    petition: Petition,
    *,
    sealed: Annotated[bool, Label(gettext_lazy("檢舉，密封"))],
    officers: OfficersAsked | None = None,
    reason: Reason,
) -> None:
    """On need, and of an accusation always (行政程序法 §170 II)."""
    sealed = sealed or petition.case.security == Security.SECRET  # never opened again
    _close(petition, Security.SECRET if sealed else Security.NAMED, officers or ())


# ── Working on it ───────────────────────────────────────────────────────────────────────────────────


@process.move(
    (Stage.ACCEPTED, Stage.REOPENED),
    Stage.IN_PROGRESS,
    by=handlers,
    label=gettext_lazy("開始辦理"),
    unless=not_dispatch,
    main=False,
)
def begin(petition: Petition, *, note: Annotated[str, Label(gettext_lazy("辦理規劃")), LONG] = "") -> None:
    """Work has begun: a step the citizen is told of."""


@process.move(
    WORKING,
    Stage.AWAITING,
    by=handlers,
    label=gettext_lazy("通知補正"),
    pauses=(ANSWER, REOPENED),
    starts=(SUPPLEMENT,),
    unless=not_dispatch,
    main=False,
)
def ask_supplement(
    petition: Petition, *, wanted: Annotated[str, Label(gettext_lazy("應補正事項")), LONG, BY_DIGEST]
) -> None:
    """What is unclear the petitioner is asked for; the time for the answer stands still until then."""
    if not wanted.strip():
        raise ValidationError({"wanted": _("請說明要補正什麼。")})
    if petition.anonymous:
        raise Refused(_("匿名案件沒有可以通知的對象。"))
    step = petition.step
    end = due(rules.SUPPLEMENT.at(step.today), step.today, office_calendar())
    step.add(Supplement(petition=petition, wanted=wanted, asked_at=step.at, by_day=end.day))


def _end_waiting(petition: Petition, text: str = "") -> None:
    row = last(petition, Supplement)
    if row is None or row.ended_at is not None:
        return
    row.ended_at = petition.step.at
    if text:
        row.text, row.given_at = text, petition.step.at
    petition.step.keep(row)


@process.move(
    Stage.AWAITING,
    Stage.IN_PROGRESS,
    by=petitioner | intake | handlers,
    label=gettext_lazy("登錄補正"),
    resumes=(ANSWER, REOPENED),
    stops=(SUPPLEMENT,),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」陳情人已補正。"), "result"),),
)
def supplement(
    petition: Petition,
    *,
    text: Annotated[str, Label(gettext_lazy("補正內容")), LONG, BY_DIGEST],
    files: Annotated[list[Evidence] | None, Label(gettext_lazy("檔案"))] = None,
) -> None:
    """What the petitioner gave; the time goes on from here."""
    if not text.strip():
        raise ValidationError({"text": _("請填補正內容。")})
    _end_waiting(petition, text)


@process.move(
    (*INCOMING, Stage.ASSIGNED, Stage.REFUSED, Stage.DISPUTED, *WORKING, *OUTSIDE, Stage.COMPLETED,
     Stage.VERIFIED, Stage.DRAFT_REPLY, Stage.APPROVED, Stage.MERGED, Stage.NO_ACTION),
    None,
    by=petitioner | intake,
    label=gettext_lazy("補充說明"),
    tells=(Tell(minding, gettext_lazy("{number}「{title}」陳情人補充說明。"), "result"),),
    main=False,
)  # fmt: skip
def add_words(
    petition: Petition,
    *,
    text: Annotated[str, Label(gettext_lazy("補充內容")), LONG, BY_DIGEST],
    files: Annotated[list[Evidence] | None, Label(gettext_lazy("檔案"))] = None,
) -> None:
    """What the petitioner adds unasked; it stands with the supplements and moves no clock."""
    if not text.strip():
        raise ValidationError({"text": _("請填補充內容。")})
    step = petition.step
    step.add(
        Supplement(
            petition=petition, wanted=_("陳情人自行補充"), asked_at=step.at, by_day=step.today,
            text=text.strip(), given_at=step.at, ended_at=step.at,
        )
    )  # fmt: skip


@process.move(
    Stage.AWAITING,
    Stage.IN_PROGRESS,
    by=handlers,
    label=gettext_lazy("不待補正，續行辦理"),
    resumes=(ANSWER, REOPENED),
    stops=(SUPPLEMENT,),
    main=False,
)
def proceed(petition: Petition, *, reason: Reason) -> None:
    """The petitioner did not answer, or need not."""
    _end_waiting(petition)


def answering(petition: Petition) -> tuple[Deadline, Clock]:
    """The deadline by which the answer is due now, and its clock: a reopened case has one of its own."""
    for deadline in (REOPENED, ANSWER):
        if clock := petition.step.running.get(deadline.code):
            return deadline, clock
    raise Refused(_("目前沒有答復期限在計時。"))


def _ceiling(petition: Petition, deadline: Deadline) -> date:
    assert deadline.extending is not None and deadline.extending.until is not None
    return local_day(deadline.extending.until(petition))


def _longer(petition: Petition, deadline: Deadline, clock: Clock, days: int, asked: datetime) -> datetime:
    """Until when so many days more would last, asked for at that time; Refused where they may not be."""
    try:
        return clocks.longer(deadline, clock, Days(days), asked, petition)
    except ExtensionRefused as refused:
        raise Refused(clocks.refusal(refused)) from refused


@process.move(
    (*WORKING, Stage.DRAFT_REPLY),
    None,
    by=handlers,
    label=gettext_lazy("申請展延"),
    unless=(not_dispatch, no_extension_waits),
    tells=(Tell(approving, gettext_lazy("{number}「{title}」申請展延，請核定。"), "assignment"),),
    main=False,
)
def ask_extension(
    petition: Petition, *, days: Annotated[int, Label(gettext_lazy("展延日數"))], reason: Reason
) -> None:
    """Before the deadline and within the ceiling, with the reason the petitioner will read."""
    step = petition.step
    if not reason.strip():
        raise ValidationError({"reason": _("展延須說明理由。")})
    if days < 1:
        raise ValidationError({"days": _("展延日數至少1日。")})
    if petition.extensions >= rules.EXTENSIONS.at(step.today):
        raise Refused(_("已達展延次數上限。"))
    deadline, clock = answering(petition)
    until = _ceiling(petition, deadline)
    most = (until - local_day(clock.due_at)).days
    if most < 1:
        raise Refused(_("期限已達處理上限，不得再展延。"))
    if days > most:  # before it is counted: the calendar knows no day in a thousand years
        told = {"n": most, "day": date_text(until, "en" if get_language() == "en" else "zh")}
        raise ValidationError({"days": _("至多展延%(n)s日，否則逾處理上限%(day)s。") % told})
    _longer(petition, deadline, clock, days, step.at)
    step.add(
        Extension(
            petition=petition, number=petition.extensions + 1, days=days, reason=reason, asked_at=step.at,
            asked_by=step.actor,
        )
    )  # fmt: skip


@process.move(
    (*WORKING, Stage.DRAFT_REPLY),
    None,
    by=approvers,
    label=gettext_lazy("核定展延"),
    unless=extension_waits,
    tells=(Tell(owners, gettext_lazy("{number}「{title}」的展延已核定。"), "result"),),
    waits=Q(pk__in=Extension.objects.filter(approved=None).values("petition_id")),
)
def decide_extension(
    petition: Petition,
    *,
    approved: Annotated[bool, Label(gettext_lazy("核准"))],
    note: Annotated[str, Label(gettext_lazy("核定說明")), LONG] = "",
) -> None:
    """The first by the manager, a further one by the head; never past the ceiling. What was asked in time
    may be decided after the deadline, while any of its days is left.
    """
    step = petition.step
    row = last(petition, Extension)
    assert row is not None
    if row.asked_by_id == getattr(step.actor, "pk", None):
        raise Refused(_("申請人不能核定自己的展延。"))
    if approved and row.number > 1 and not standing(step.actor).has(Role.HEAD):
        raise Refused(_("第二次以後的展延由機關首長核定。"))
    row.approved, row.decided_at, row.decided_by, row.note = approved, step.at, step.actor, note
    step.keep(row)
    if approved:
        deadline, clock = answering(petition)
        if _longer(petition, deadline, clock, row.days, row.asked_at) < step.at:
            raise Refused(_("展延後的期限已屆滿，不能核准。"))
        petition.extensions += 1
        petition.extended_on = petition.extended_on or step.today
        step.prolong(deadline, Days(row.days), row.reason, asked=row.asked_at)
        step.then(lambda: _extend_merged(petition, row, local_day(clock.due_at)))


def _extend_merged(petition: Petition, row: Extension, until: date) -> None:
    """Those merged are promised the lead's new day. One that is due later anyway, was late when it was asked
    or is at its own ceiling stays as it is.
    """
    for one in merged_into(petition):
        with suppress(Refused):
            extend_merged.run(one, None, {"lead_extension": row, "until": until}, at=petition.step.at)


@process.move(
    Stage.MERGED,
    None,
    by=system,
    label=gettext_lazy("併案一併展延"),
    main=False,
)
def extend_merged(
    petition: Petition,
    *,
    lead_extension: Annotated[
        Extension,
        Chosen,
        Label(gettext_lazy("主案展延")),
        Among(lambda petition, user: Extension.objects.filter(petition=petition.merged_into_id)),
    ],
    until: Annotated[date, Label(gettext_lazy("展延至"))],
) -> None:
    """Answered with the lead, it is due with the lead: by the same decision, up to its own ceiling."""
    step = petition.step
    deadline, clock = answering(petition)
    days = (min(until, _ceiling(petition, deadline)) - local_day(clock.due_at)).days
    if days < 1:
        raise Refused(_("期限不早於主案或已達處理上限，不再展延。"))
    lead = lead_extension
    step.prolong(deadline, Days(days), lead.reason, asked=lead.asked_at)
    petition.extensions += 1
    petition.extended_on = petition.extended_on or step.today
    step.add(
        Extension(
            petition=petition, number=petition.extensions, days=days, reason=lead.reason,
            asked_at=lead.asked_at, asked_by=lead.asked_by, approved=True, decided_at=step.at,
            decided_by=lead.decided_by, note=lead.note,
        )
    )  # fmt: skip


def _drop_extension(petition: Petition) -> None:
    """What nobody decided before the answer went out is for no deadline any more."""
    for row in own_rows(petition, Extension, "petition"):
        if row.approved is None:
            row.approved, row.decided_at, row.note = False, petition.step.at, _("已答復，不須展延。")
            petition.step.keep(row)


# ── Joint handling ──────────────────────────────────────────────────────────────────────────────────


@process.move(
    WORKING,
    Stage.IN_PROGRESS,
    by=handlers,
    label=gettext_lazy("會辦"),
    unless=(not_dispatch, not_restricted),
    main=False,
)
def join(
    petition: Petition,
    *,
    agencies: Annotated[list[Agency], Label(gettext_lazy("會辦機關"))],
    question: Annotated[str, Label(gettext_lazy("會辦事項")), LONG],
) -> None:
    """The lead asks other agencies; each has a clock of its own."""
    step = petition.step
    if not agencies:
        raise ValidationError({"agencies": _("請選會辦機關。")})
    if not question.strip():
        raise ValidationError({"question": _("請寫會辦事項。")})
    waiting = {
        row.agency_id
        for row in own_rows(petition, Joint, "petition")
        if row.answered_at is None and row.withdrawn_at is None
    }
    for agency in agencies:
        if agency.pk == petition.case.agency_id:
            raise ValidationError({"agencies": _("主辦機關不必會辦自己。")})
        if agency.pk in waiting:
            raise ValidationError({"agencies": _("%s已在會辦中。") % agency})
        end = due(rules.JOINT.at(step.today), timezone.localtime(step.at), office_calendar())
        step.add(Joint(petition=petition, agency=agency, question=question, asked_at=step.at, due_at=end.at))
        step.begin(JOINT, step.at, str(agency.pk))
        step.tell(
            holders(agency.pk, Role.CONTROLLER),
            gettext_lazy("{number}「{title}」請貴機關會辦。"),
            "assignment",
        )


def asked_of(petition: Any, user: Any) -> Any:
    """What this person's agencies were asked and have not answered."""
    rows = Joint.objects.filter(petition=petition, answered_at=None, withdrawn_at=None)
    agencies = standing(user).agencies()
    return rows.filter(agency_id__in=agencies) if agencies else rows.none()


def open_joints(petition: Any, user: Any) -> Any:
    return Joint.objects.filter(petition=petition, answered_at=None, withdrawn_at=None)


def joint_waits(petition: Petition) -> str:
    if any(
        row.answered_at is None and row.withdrawn_at is None for row in own_rows(petition, Joint, "petition")
    ):
        return ""
    return _("沒有待會復的會辦。")


@process.move(
    (*WORKING, Stage.AWAITING, Stage.DRAFT_REPLY),
    None,
    by=joined,
    label=gettext_lazy("會復"),
    unless=joint_waits,
    tells=(Tell(owners, gettext_lazy("{number}「{title}」會辦機關已會復。"), "result"),),
    waits=Q(pk__in=Joint.objects.filter(answered_at=None, withdrawn_at=None).values("petition_id")),
)
def co_reply(
    petition: Petition,
    *,
    joint: Annotated[Joint, Chosen, Label(gettext_lazy("會辦")), Among(asked_of)],
    answer: Annotated[str, Label(gettext_lazy("會辦意見")), LONG, BY_DIGEST],
) -> None:
    """A co-handler's opinion; the lead writes the reply."""
    if not answer.strip():
        raise ValidationError({"answer": _("請寫會辦意見。")})
    step = petition.step
    joint.answer, joint.answered_at, joint.answered_by = answer, step.at, step.actor
    step.keep(joint)
    step.end(JOINT, str(joint.agency_id))


@process.move(
    (*WORKING, Stage.AWAITING),
    None,
    by=handlers,
    label=gettext_lazy("撤回會辦"),
    unless=joint_waits,
    main=False,
)
def withdraw_joint(
    petition: Petition,
    *,
    joint: Annotated[Joint, Chosen, Label(gettext_lazy("會辦")), Among(open_joints)],
    reason: Reason,
) -> None:
    """The lead asked the wrong agency, or needs it no more."""
    joint.withdrawn_at = petition.step.at
    petition.step.keep(joint)
    petition.step.end(JOINT, str(joint.agency_id))


# ── Reply ───────────────────────────────────────────────────────────────────────────────────────────


@process.move(
    WORKING,
    Stage.DRAFT_REPLY,
    by=handlers,
    label=gettext_lazy("擬稿陳核"),
    unless=(not_dispatch, co_replies_in, approver_named),
    tells=(Tell(approving, gettext_lazy("{number}「{title}」答復稿請核定。"), "assignment"),),
)
def draft_reply(
    petition: Petition,
    *,
    disposition: Annotated[Disposition, Label(gettext_lazy("答復類別"))],
    text: Annotated[str, Label(gettext_lazy("答復內容")), LONG, BY_DIGEST],
    basis: Annotated[str, Label(gettext_lazy("法令依據"))],
    appeal: Annotated[Appeal, Label(gettext_lazy("救濟途徑"))] = Appeal.NONE,
    appeal_to: Annotated[str, Label(gettext_lazy("救濟機關與期間"))] = "",
) -> None:
    """The reply with its kind, its legal basis, and where one may turn where the matter has such a way (§172
    II).
    """
    if not text.strip():
        raise ValidationError({"text": _("請寫答復內容。")})
    if not basis.strip():
        raise ValidationError({"basis": _("答復須敘明法令依據。")})
    if petition.category is not None and petition.category.appeal and appeal == Appeal.NONE:
        raise ValidationError({"appeal": _("這類案件的答復應告知救濟途徑。")})
    if appeal != Appeal.NONE and not appeal_to.strip():
        raise ValidationError({"appeal_to": _("請載明救濟機關與期間。")})
    step = petition.step
    step.add(
        made(
            Reply, petition=petition, number=1 + len(own_rows(petition, Reply, "petition")),
            disposition=disposition,
            text=text, basis=basis, appeal=appeal, appeal_to=appeal_to, drafted_at=step.at,
            drafted_by=step.actor,
        )
    )  # fmt: skip


@process.move(
    Stage.DRAFT_REPLY,
    Stage.IN_PROGRESS,
    by=approvers,
    label=gettext_lazy("退稿"),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」答復稿退回修正。"), "return"),),
)
def return_draft(petition: Petition, *, reason: Reason) -> None:
    """It does not answer every point yet, or not in words one understands."""
    if not reason.strip():
        raise ValidationError({"reason": _("退稿須說明理由。")})
    row = last(petition, Reply)
    assert row is not None
    row.returned_at, row.returned_for = petition.step.at, reason
    petition.step.keep(row)


@process.move(
    Stage.DRAFT_REPLY,
    Stage.APPROVED,
    by=approvers,
    label=gettext_lazy("核定答復"),
    tells=(Tell(owners, gettext_lazy("{number}「{title}」答復稿已核定，請發文。"), "result"),),
)
def approve_reply(petition: Petition) -> None:
    """Approved by another than who drafted it."""
    step = petition.step
    row = last(petition, Reply)
    assert row is not None
    if step.actor is not None and row.drafted_by_id == step.actor.pk:
        raise Refused(_("核定人不能是擬稿人。"))
    row.approved_at, row.approved_by = step.at, step.actor
    step.keep(row)


def has_mail(petition: Petition) -> bool:
    """Whether the petitioner left an e-mail address; told from its mark, nothing is opened."""
    return petition.petitioner is not None and petition.petitioner.email_mark is not None


def way_to(petition: Petition) -> Channel:
    """By which way a reply reaches the petitioner: what they left, in the order of what carries a text."""
    identity = petition.petitioner
    if identity is None:
        return Channel.WEB
    if identity.email_mark is not None:
        return Channel.EMAIL
    if identity.home_mark is not None:
        return Channel.LETTER
    return Channel.PHONE if identity.mobile_mark or identity.phone_mark else Channel.WEB


def _way(petition: Petition, sent_by: str | None) -> str:
    """The way on record: as said, else by what the petitioner left. Whoever left no e-mail address had no
    e-mail, though the reply they were merged into went by one.
    """
    if petition.step.history:
        return sent_by or Channel.EMAIL
    if sent_by and (sent_by != Channel.EMAIL or has_mail(petition)):
        return sent_by
    return way_to(petition)


def _mail_there(petition: Petition, sent_by: str | None) -> None:
    if sent_by == Channel.EMAIL and not petition.step.history and not has_mail(petition):
        raise ValidationError({"sent_by": _("陳情人沒有留電子郵件，請選實際的答復方式。")})


def _replied(petition: Petition, row: Reply, sent_by: str | None) -> None:
    """The reply went out: what the citizen has from now on."""
    step = petition.step
    row.sent_at, row.sent_by = step.at, _way(petition, sent_by)
    if petition.kind != Kind.DISPATCH:
        _drop_extension(petition)
    petition.disposition = row.disposition
    if petition.replied_at is None:  # the first answer is the one that was in time or not
        petition.replied_at = step.at
        petition.days = (step.today - local_day(petition.received_at)).days


@process.move(
    Stage.APPROVED,
    Stage.REPLIED,
    by=handlers,
    label=gettext_lazy("發文答復"),
    stops=(ANSWER, REOPENED),
)
def send_reply(
    petition: Petition,
    *,
    sent_by: Annotated[
        Channel | None, Label(gettext_lazy("答復方式"), gettext_lazy("不選則依陳情人留下的聯絡方式"))
    ] = None,
) -> None:
    """The citizen has the answer; those whose letters were merged into it have it, too."""
    row = last(petition, Reply)
    assert row is not None
    _mail_there(petition, sent_by)
    _replied(petition, row, sent_by)
    step = petition.step
    step.keep(row)
    step.then(lambda: _write_letter(petition, row, step.actor))
    step.then(lambda: _answer_merged(petition, row, row.sent_by, step))


def _write_letter(petition: Petition, row: Reply, actor: User | None) -> None:
    """The reply as an official letter, which the petitioner may fetch: written in the background."""
    from .posting import write_reply  # noqa: PLC0415  (posting knows the letters, which know this process)

    if actor is not None and petition.petitioner_id is not None:
        enqueue(write_reply, petition.pk, row.number, actor.pk, key=f"petition:{petition.pk}:{row.number}")


def _answer_merged(petition: Petition, row: Reply, sent_by: str, step: Any) -> None:
    for one in merged_into(petition):
        answer_merged.run(one, None, {"lead_reply": row, "sent_by": sent_by}, at=step.at)
        own = last(one, Reply)
        if own is not None:
            _write_letter(one, own, step.actor)


@process.move(
    Stage.MERGED,
    Stage.REPLIED,
    by=system,
    label=gettext_lazy("答復併案陳情人"),
    stops=(ANSWER, REOPENED, SURVEY, SAFETY, FIX),
    main=False,
)
def answer_merged(
    petition: Petition,
    *,
    lead_reply: Annotated[
        Reply,
        Chosen,
        Label(gettext_lazy("主案答復")),
        Among(lambda petition, user: Reply.objects.filter(petition=petition.merged_into_id)),
    ],
    sent_by: Annotated[Channel, Label(gettext_lazy("答復方式"))],
) -> None:
    """Each petitioner keeps a reply of their own, in the words of the lead case's."""
    row = Reply(
        petition=petition,
        number=1 + len(own_rows(petition, Reply, "petition")),
        disposition=lead_reply.disposition,
        text=lead_reply.text,
        basis=lead_reply.basis,
        appeal=lead_reply.appeal,
        appeal_to=lead_reply.appeal_to,
        drafted_at=lead_reply.drafted_at,
        drafted_by=lead_reply.drafted_by,
        approved_at=lead_reply.approved_at,
        approved_by=lead_reply.approved_by,
    )
    _replied(petition, row, sent_by)
    petition.step.add(row)


@process.move(
    Stage.REPLIED,
    Stage.CLOSED,
    by=handlers | intake | system,
    label=gettext_lazy("結案"),
    closes=True,
    unless=(has_reply, no_reopening_asked),
)
def close(petition: Petition) -> None:
    """Nothing is closed without a reply; those merged close with their lead, but for one that asks for
    more.
    """
    step = petition.step
    _ended(petition)

    def act() -> None:
        rows = Petition.objects.filter(merged_into=petition.pk, case__stage=Stage.REPLIED)
        for one in rows.select_related("case").order_by("pk"):
            with suppress(Refused):
                close.run(one, None, {}, at=step.at)

    step.then(act)


def _ended(petition: Petition) -> None:
    """The day a case first ended stands, whatever comes later."""
    petition.ended_on = petition.ended_on or petition.step.today


# ── Other ends ──────────────────────────────────────────────────────────────────────────────────────


@process.move(
    (*INCOMING, Stage.REFUSED, Stage.ASSIGNED, *WORKING, Stage.AWAITING),
    Stage.TRANSFERRED,
    by=intake | handlers,
    label=gettext_lazy("移轉權責機關"),
    closes=True,
    unless=read_back_done,
    main=False,
)
def transfer_out(
    petition: Petition,
    *,
    to: Annotated[str, Label(gettext_lazy("移轉機關"), gettext_lazy("本府以外的權責機關全銜"))],
    reason: Annotated[str, Label(gettext_lazy("理由"), gettext_lazy("陳情人看得到")), LONG],
) -> None:
    """Not the city's: it goes to whose it is, and the petitioner is told (§172 I)."""
    if not to.strip():
        raise ValidationError({"to": _("請填移轉機關。")})
    step = petition.step
    _transferred(petition, to, reason)
    petition.registered_at = petition.registered_at or step.at

    def act() -> None:
        for one in merged_into(petition):
            transfer_merged.run(one, None, {"to": to, "reason": reason}, at=step.at)

    step.then(act)


def _transferred(petition: Petition, to: str, reason: str) -> None:
    petition.transferred_to, petition.transferred_for = to, reason
    petition.transferred_on = petition.transferred_on or petition.step.today
    _ended(petition)


@process.move(
    Stage.MERGED,
    Stage.TRANSFERRED,
    by=system,
    label=gettext_lazy("併案一併移轉"),
    closes=True,
    main=False,
)
def transfer_merged(
    petition: Petition, *, to: Annotated[str, Label(gettext_lazy("移轉機關"))], reason: Reason
) -> None:
    """The matter went to whose it is, and each petitioner is told so."""
    _transferred(petition, to, reason)


def mergeable(petition: Any, user: Any) -> Any:
    """Open cases of the same class and the same secrecy this person knows of: the reply of one is read by the
    petitioners of all.
    """
    return (
        Petition.objects.filter(
            process.sees.records(user),
            case__closed_on=None,
            merged_into=None,
            kind=petition.kind,
            case__security=petition.case.security,
        )
        .exclude(pk=petition.pk)
        .exclude(case__stage__in=[str(Stage.REPLIED)])
        .select_related("case")
        .order_by("-received_at")
    )


def not_a_lead(petition: Petition) -> str:
    # By the record's own name for them: a page that knows there are none asks nothing.
    if petition.pk and petition.merged.filter(case__stage=Stage.MERGED).exists():
        return _("已有案件併入本案，不能再併入他案。")
    return ""


@process.move(
    (*INCOMING, Stage.ASSIGNED, *WORKING, Stage.DISPATCHED),
    Stage.MERGED,
    by=intake | handlers,
    label=pgettext_lazy("move", "併案"),
    stops=(TRIAGE, ACCEPT),
    unless=(not_a_lead, read_back_done),
    main=False,
)
def merge(
    petition: Petition,
    *,
    into: Annotated[Petition, Chosen, Label(gettext_lazy("併入")), Among(mergeable)],
    reason: Reason,
) -> None:
    """The same matter is handled once; its petitioner keeps number, code and reply."""
    if into.pk == petition.pk or into.merged_into_id is not None:
        raise ValidationError({"into": _("不能併入這件案件。")})
    step = petition.step
    petition.merged_into, petition.merged_on = into, step.today
    petition.registered_at = petition.registered_at or step.at
    petition.case.agency, petition.case.officer = into.case.agency, into.case.officer
    step.link(into.case, Link.Kind.SEE_ALSO)


@process.move(
    Stage.MERGED,
    Stage.TRIAGED,
    by=intake | handlers,
    label=gettext_lazy("取消併案"),
    starts=(TRIAGE,),
    main=False,
)
def unmerge(petition: Petition, *, reason: Reason) -> None:
    """It was another matter after all."""
    petition.merged_into = petition.merged_on = None


def earlier_answers(petition: Any, user: Any) -> Any:
    """Answered cases of the same person, the newest first; of nobody, when nobody is named."""
    if petition.petitioner_id is None:
        return Petition.objects.none()
    from .people import same_person  # noqa: PLC0415  (people reads the vault and this process)

    return same_person(petition).filter(replied_at__isnull=False).order_by("-replied_at")


@process.move(
    (*INCOMING, Stage.ASSIGNED, *WORKING, Stage.AWAITING),
    Stage.NO_ACTION_PROPOSED,
    by=intake | handlers,
    label=gettext_lazy("擬不予處理"),
    pauses=(ANSWER, REOPENED),
    stops=(SUPPLEMENT, ACCEPT),
    unless=(not_dangerous, read_back_done),
    tells=(Tell(leading, gettext_lazy("{number}「{title}」擬不予處理，請核定。"), "assignment"),),
    main=False,
)
def propose_no_action(
    petition: Petition,
    *,
    ground: Annotated[Ground, Label(gettext_lazy("不予處理事由"))],
    reason: Reason,
    earlier: Annotated[
        Petition | None,
        Label(gettext_lazy("先前答復之案件"), gettext_lazy("一再陳情須引用")),
        Among(earlier_answers),
    ] = None,
) -> None:
    """One of the three grounds of §173; a human decides, and the case stays on record."""
    if not reason.strip():
        raise ValidationError({"reason": _("請說明理由。")})
    if ground == Ground.REPEATED and earlier is None:
        raise ValidationError({"earlier": _("一再陳情須引用先前已明確答復的案件。")})
    step = petition.step
    petition.ground, petition.earlier = ground, earlier if ground == Ground.REPEATED else None
    petition.registered_at = petition.registered_at or step.at
    _end_waiting(petition)
    step.add(Proposal(petition=petition, ground=ground, proposed_at=step.at, proposed_by=step.actor))


def _decide_proposal(petition: Petition, approved: bool) -> None:
    row, step = last(petition, Proposal), petition.step
    assert row is not None
    who = standing(step.actor)
    row.approved, row.decided_at, row.decided_by = approved, step.at, step.actor
    row.level = next((str(role) for role in LEVELS if who.has(role)), "")
    step.keep(row)


@process.move(
    Stage.NO_ACTION_PROPOSED,
    Stage.NO_ACTION,
    by=approvers | leaders | ethics,
    label=gettext_lazy("核定不予處理"),
    stops=(TRIAGE, ANSWER, REOPENED),
    closes=True,
)
def approve_no_action(petition: Petition) -> None:
    """Decided by another than who proposed it, and by a level above those who handle; the petitioner, where
    there is one, is told on which ground.
    """
    step = petition.step
    row = last(petition, Proposal)
    if row is not None and step.actor is not None and row.proposed_by_id == step.actor.pk:
        raise Refused(_("擬議人不能核定自己的擬議。"))
    _decide_proposal(petition, True)
    petition.no_action_on = petition.no_action_on or step.today
    _ended(petition)
    step.then(lambda: _end_merged(petition))


def _end_merged(petition: Petition) -> None:
    """A ground of §173 is one of the person: it ends the merged letters of the same person, and nameless ones
    with a nameless one; whoever else wrote is answered by themselves.
    """
    from .people import same_person  # noqa: PLC0415  (people reads the vault and this process)

    theirs = set(same_person(petition).values_list("pk", flat=True)) - {petition.earlier_id}
    at, nameless = petition.step.at, petition.ground == Ground.NAMELESS and petition.anonymous
    for one in merged_into(petition):
        if one.pk in theirs or (nameless and one.anonymous):
            end_merged.run(one, None, {"ground": petition.ground, "earlier": petition.earlier}, at=at)
        else:
            release_merged.run(one, None, {}, at=at)


@process.move(
    Stage.MERGED,
    Stage.NO_ACTION,
    by=system,
    label=gettext_lazy("併案一併不予處理"),
    closes=True,
    main=False,
)
def end_merged(
    petition: Petition,
    *,
    ground: Annotated[Ground, Label(gettext_lazy("不予處理事由"))],
    earlier: Annotated[Petition | None, Label(gettext_lazy("先前答復之案件")), Among(earlier_answers)] = None,
) -> None:
    """By the same decision as the lead, on the same ground."""
    petition.ground, petition.earlier = ground, earlier
    petition.no_action_on = petition.step.today
    _ended(petition)


@process.move(
    Stage.MERGED,
    Stage.TRIAGED,
    by=system,
    label=gettext_lazy("主案不予處理，恢復單獨辦理"),
    starts=(TRIAGE,),
    tells=(Tell(sorting, gettext_lazy("{number}「{title}」的主案不予處理，請單獨續辦。"), "return"),),
    main=False,
)
def release_merged(petition: Petition) -> None:
    """The lead's ground is not this petitioner's: the case goes on by itself, its time with it."""
    petition.merged_into = petition.merged_on = None


@process.move(
    Stage.NO_ACTION_PROPOSED,
    Stage.TRIAGED,
    by=approvers | commission | ethics,
    label=gettext_lazy("仍應處理"),
    resumes=(ANSWER, REOPENED),
)
def reject_no_action(petition: Petition, *, reason: Reason) -> None:
    """It is handled after all."""
    _decide_proposal(petition, False)
    if petition.no_action_on is None:  # one that once ended so keeps a ground
        petition.ground, petition.earlier = "", None


@process.move(
    (Stage.NO_ACTION, Stage.TRANSFERRED),
    (Stage.REGISTERED, Stage.REOPENED),
    by=handlers | commission | ethics,
    label=gettext_lazy("恢復辦理"),
    starts=(REOPENED,),
    reopens=True,
    hint=gettext_lazy("陳情人已補充具體內容，或移轉之案件移回者"),
    main=False,
)
def take_up(petition: Petition, *, reason: Reason) -> None:
    """What the letter of no action promises, and a transfer that comes back: handled by a clock of its own,
    by the agency that had it, or sorted when none had. When and how it ended first stays on record.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("請說明理由。")})
    step = petition.step
    petition.taken_up_on = petition.taken_up_on or step.today
    if petition.assigned_at is None:
        step.go(Stage.REGISTERED)
        step.begin(TRIAGE, step.at)
    else:
        step.go(Stage.REOPENED)
        step.tell(owners(petition), gettext_lazy("{number}「{title}」恢復辦理。"), "assignment")


# ── One letter, several matters ─────────────────────────────────────────────────────────────────────


@dataclass
class Matter:
    """One of the matters of a letter."""

    content: Annotated[str, Label(gettext_lazy("內容")), LONG, BY_DIGEST]
    category: Annotated[Category, Chosen, Label(gettext_lazy("案件分類"))]


def not_split_too_far(petition: Petition) -> str:
    return _("這件已由他案分出，請在原案分案。") if petition.split_from_id else ""


@process.move(
    (*INCOMING, Stage.ASSIGNED, *WORKING),
    None,
    by=intake | handlers,
    label=gettext_lazy("一信數事分案"),
    unless=(not_split_too_far, read_back_done),
    main=False,
)
def split(
    petition: Petition,
    *,
    matters: Annotated[
        list[Matter],
        Label(
            gettext_lazy("另分案件"),
            gettext_lazy("檢舉事項另案密封；原信全文仍在本案，含檢舉內容時請先將本案列為保密。"),
        ),
        BY_DIGEST,
    ],
) -> None:
    """Each further matter becomes a case of its own with its own clock; this one keeps the first."""
    if not matters:
        raise ValidationError({"matters": _("請寫出要另分的事項。")})
    if len(matters) > 9:
        raise ValidationError({"matters": _("一信至多另分九件。")})
    if any(not one.content.strip() for one in matters):
        raise ValidationError({"matters": _("每件都要寫內容。")})
    step = petition.step

    def act() -> None:
        from .intake import split_off  # noqa: PLC0415  (intake opens cases of this process)

        parts = [
            split_off(petition, one.content, one.category, place, step.actor, step.at)
            for place, one in enumerate(matters, 1)
        ]
        notices.parted(petition, parts, step)

    step.then(act)


# ── Reopening ───────────────────────────────────────────────────────────────────────────────────────


@process.move(
    ANSWERED,
    None,
    by=petitioner | intake,
    label=gettext_lazy("申請重啟"),
    unless=no_reopening_waits,
    tells=(Tell(owners, gettext_lazy("{number}「{title}」陳情人申請重啟。"), "assignment"),),
    main=False,
)
def ask_reopening(
    petition: Petition, *, reason: Annotated[str, Label(gettext_lazy("理由")), LONG, BY_DIGEST]
) -> None:
    """It was answered, and is not done: the agency decides by its deadline."""
    if not reason.strip():
        raise ValidationError({"reason": _("請說明理由。")})
    step = petition.step
    step.add(Reopening(petition=petition, reason=reason, asked_at=step.at))
    step.begin(REOPENING, step.at)


def _decide_reopening(petition: Petition, granted: bool, answer: str) -> None:
    row = last(petition, Reopening)
    assert row is not None
    row.granted, row.decided_at, row.decided_by = granted, petition.step.at, petition.step.actor
    row.answer = answer
    petition.step.keep(row)


@process.move(
    ANSWERED,
    Stage.REOPENED,
    by=handlers | commission,
    label=gettext_lazy("同意重啟"),
    stops=(REOPENING,),
    starts=(REOPENED,),
    reopens=True,
    unless=reopening_waits,
)
def reopen(petition: Petition, *, answer: Annotated[str, Label(gettext_lazy("說明")), LONG] = "") -> None:
    """Handled again, by a clock of its own; the first answer stays what it was."""
    _decide_reopening(petition, True, answer)
    petition.reopened_on = petition.reopened_on or petition.step.today
    petition.reopenings += 1


@process.move(
    ANSWERED,
    None,
    by=handlers | commission,
    label=gettext_lazy("不同意重啟"),
    stops=(REOPENING,),
    unless=reopening_waits,
    main=False,
)
def refuse_reopening(
    petition: Petition,
    *,
    answer: Annotated[str, Label(gettext_lazy("說明"), gettext_lazy("陳情人看得到")), LONG],
) -> None:
    """It stays closed, and the petitioner reads why."""
    if not answer.strip():
        raise ValidationError({"answer": _("請說明理由。")})
    _decide_reopening(petition, False, answer)


# ── Dispatch ────────────────────────────────────────────────────────────────────────────────────────

Photo = Annotated[Evidence | None, Accept("jpeg", "png")]
CrewAsked = Annotated[
    User | None,
    Label(gettext_lazy("派工人員")),
    Among(lambda petition, user: User.objects.filter(posts__role=Role.CREW).distinct()),
]


@process.move(
    (*INCOMING, Stage.REFUSED, Stage.ASSIGNED, Stage.ACCEPTED, Stage.REOPENED, Stage.DISPATCHED),
    Stage.DISPATCHED,
    by=intake | senders,
    label=gettext_lazy("派工"),
    stops=(TRIAGE, ACCEPT),
    unless=(only_dispatch, service_known),
    tells=(Tell(crew_of, gettext_lazy("{number}「{title}」請前往處理。"), "assignment"),),
)
def dispatch(
    petition: Petition,
    *,
    agency: AgencyAsked,
    crew: CrewAsked = None,
    contractor: Annotated[
        str,
        Label(gettext_lazy("承商"), gettext_lazy("可選已有連結或派過工的承商；連結只打得開同名的派工單")),
        Known(firms.known),
    ] = "",
) -> None:
    """A crew is sent; the hours count from the report. For whom the commission decided sends its own."""
    step, case = petition.step, petition.case
    away = petition.decided_on is not None and agency.pk != case.agency_id
    if away and not intake.held_by(step.actor, case):
        raise ValidationError({"agency": _("本案權責已由研考會裁決，請派本機關人員或承商。")})
    case.agency, case.officer = agency, crew
    petition.dispatched_at = petition.dispatched_at or step.at
    petition.assigned_at = step.at
    petition.registered_at = petition.registered_at or step.at
    _new_work(petition, crew, contractor)


def _new_work(petition: Petition, crew: User | None, contractor: str) -> None:
    step = petition.step
    step.add(
        made(
            Work, petition=petition, number=1 + len(own_rows(petition, Work, "petition")), crew=crew,
            contractor=firms.firm_name(contractor), dispatched_at=step.at,
        )
    )  # fmt: skip


def _work(petition: Petition) -> Work:
    row = last(petition, Work)
    if row is None:
        raise Refused(_("這件案件沒有派工單。"))
    petition.step.keep(row)
    return row


@process.move(Stage.DISPATCHED, Stage.EN_ROUTE, by=crews, label=gettext_lazy("出發"))
def set_out(petition: Petition) -> None:
    """On the way: the citizen sees that somebody comes."""
    row = _work(petition)
    row.set_out_at = petition.step.at
    row.crew = row.crew or petition.step.actor
    petition.case.officer = petition.case.officer or petition.step.actor


@process.move(
    (Stage.DISPATCHED, Stage.EN_ROUTE), Stage.ON_SITE, by=crews, label=gettext_lazy("到場"), stops=(SURVEY,)
)
def arrive(petition: Petition, *, before: Annotated[Photo, Label(gettext_lazy("施工前照片"))] = None) -> None:
    """There, with a picture of how it is found."""
    row = _work(petition)
    row.arrived_at, row.before = petition.step.at, before or row.before
    row.crew = row.crew or petition.step.actor
    petition.arrived_at = petition.arrived_at or petition.step.at


@process.move(Stage.ON_SITE, Stage.TEMPORARY, by=crews, label=gettext_lazy("臨時安全措施"), stops=(SAFETY,))
def make_safe(
    petition: Petition,
    *,
    measure: Annotated[str, Label(gettext_lazy("安全措施")), LONG],
    photo: Annotated[Photo, Label(gettext_lazy("照片"))] = None,
) -> None:
    """Nobody comes to harm until it is mended."""
    if not measure.strip():
        raise ValidationError({"measure": _("請寫做了什麼安全措施。")})
    row = _work(petition)
    row.made_safe_at, row.measure = petition.step.at, measure
    row.before = row.before or photo


@process.move(
    (Stage.ON_SITE, Stage.TEMPORARY),
    Stage.COMPLETED,
    by=crews,
    label=gettext_lazy("完工"),
    stops=(SURVEY, SAFETY, FIX),
)
def complete(
    petition: Petition,
    *,
    done: Annotated[str, Label(gettext_lazy("處理情形")), LONG],
    before: Annotated[Photo, Label(gettext_lazy("施工前照片"))] = None,
    after: Annotated[Photo, Label(gettext_lazy("施工後照片"))] = None,
    found: Annotated[bool, Label(gettext_lazy("現場有此情形"))] = True,
) -> None:
    """Mended, with pictures before and after; where nothing is found, one picture says so."""
    row = _work(petition)
    row.before, row.after = before or row.before, after or row.after
    if not done.strip():
        raise ValidationError({"done": _("請寫處理情形。")})
    # A history of before the platform has no pictures; what is done now must, by desk, phone or link.
    if not petition.step.history:
        if row.after is None and found:
            raise ValidationError({"after": _("完工須有施工後照片。")})
        if row.before is None:
            raise ValidationError({"before": _("須有施工前（現場）照片。")})
    row.completed_at, row.done, row.found = petition.step.at, done, found
    petition.completed_at = petition.step.at


@process.move(
    (Stage.DISPATCHED, Stage.EN_ROUTE, Stage.ON_SITE),
    (Stage.REFUSED, Stage.DISPUTED),
    by=crews | senders,
    label=gettext_lazy("非本機關權責，退回"),
    unless=not_decided,
    main=False,
    tells=(Tell(sorting, gettext_lazy("{number}「{title}」退回改分。"), "return"),),
)
def return_dispatch(
    petition: Petition,
    *,
    reason: Reason,
    proposed: Annotated[Agency | None, Label(gettext_lazy("建議主辦機關"))] = None,
) -> None:
    """Another agency's road, another's pole: back to who sends, or at the third time to the commission; the
    hours go on.
    """
    _returned(petition, reason, proposed)


@process.move(Stage.COMPLETED, Stage.VERIFIED, by=handlers, label=gettext_lazy("查驗"))
def verify(petition: Petition) -> None:
    """Looked at by another than the crew: the pictures, or the place."""
    row = _work(petition)
    if petition.step.actor is not None and row.crew_id == petition.step.actor.pk:
        raise Refused(_("派工人員不能查驗自己的工作。"))
    row.verified_at, row.verified_by = petition.step.at, petition.step.actor


@process.move(
    Stage.COMPLETED,
    Stage.DISPATCHED,
    by=handlers,
    label=gettext_lazy("退回重做"),
    main=False,
    tells=(Tell(crew_of, gettext_lazy("{number}「{title}」查驗未過，請重做。"), "return"),),
)
def redo(petition: Petition, *, reason: Reason) -> None:
    """Not done: the crew goes again, and the time for the repair goes on from where it stood."""
    if not reason.strip():
        raise ValidationError({"reason": _("請說明理由。")})
    row = _work(petition)
    row.redo_for = reason
    petition.completed_at = None
    _new_work(petition, row.crew, row.contractor)
    petition.step.begin(FIX, rules.fix_start_of(petition))


@process.move(
    Stage.VERIFIED, Stage.REPLIED, by=handlers, label=gettext_lazy("答復通報人"), stops=(ANSWER, REOPENED)
)
def reply_dispatch(
    petition: Petition,
    *,
    text: Annotated[str, Label(gettext_lazy("答復內容")), LONG, BY_DIGEST],
    disposition: Annotated[Disposition, Label(gettext_lazy("答復類別"))] = Disposition.DONE,
    sent_by: Annotated[
        Channel | None, Label(gettext_lazy("答復方式"), gettext_lazy("不選則依陳情人留下的聯絡方式"))
    ] = None,
) -> None:
    """What was done, told to who reported it, and to those whose reports were merged."""
    if not text.strip():
        raise ValidationError({"text": _("請寫答復內容。")})
    _mail_there(petition, sent_by)
    step = petition.step
    row = made(
        Reply, petition=petition, number=1 + len(own_rows(petition, Reply, "petition")),
            disposition=disposition,
        text=text, basis=str(rules.DISPATCHING), drafted_at=step.at, drafted_by=step.actor,
    )  # fmt: skip
    _replied(petition, row, sent_by)
    step.add(row)
    step.then(lambda: _answer_merged(petition, row, row.sent_by, step))
