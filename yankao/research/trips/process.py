"""The way of a trip and its report, from approval to the answered suggestions (R8, B2.10, B10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.adoption import ADOPTED, Answer
from yankao.kernel.casework.asks import LONG, Accept, Among, Chosen, Label, Reason, Text
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.evidence.files import check_pdf_or_odf
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import holders, standing

from . import rules
from .models import (
    REPORT_CLOCK,
    Area,
    Country,
    Destination,
    Publicity,
    ReportKind,
    Submission,
    Suggestion,
    Traveller,
    Trip,
)


class Stage(TextChoices):
    """階段"""

    APPROVED = "approved", gettext_lazy("已核准")
    TRAVELLING = "travelling", gettext_lazy("出國中")
    RETURNED = "returned", gettext_lazy("已返國")
    REPORT_PENDING = "report_pending", gettext_lazy("待繳報告")
    SUBMITTED = "submitted", gettext_lazy("已繳報告")
    REVIEWING = "reviewing", gettext_lazy("審查中")
    REVISING = "revising", gettext_lazy("修正中")
    ACCEPTED = "accepted", gettext_lazy("審查通過")
    REGISTERED = "registered", gettext_lazy("已登錄")
    SUGGESTIONS_OUT = "suggestions_out", gettext_lazy("建議事項參辦中")
    SUGGESTIONS_ANSWERED = "suggestions_answered", gettext_lazy("建議事項已回復")
    CONSOLIDATED = "consolidated", gettext_lazy("已彙整")
    CLOSED = "closed", gettext_lazy("已結案")
    CANCELLED = "cancelled", gettext_lazy("已取消")


BEFORE_REPORT = (Stage.APPROVED, Stage.TRAVELLING, Stage.RETURNED, Stage.REPORT_PENDING)
IN_REGISTER = (
    Stage.REGISTERED,
    Stage.SUGGESTIONS_OUT,
    Stage.SUGGESTIONS_ANSWERED,
    Stage.CONSOLIDATED,
    Stage.CLOSED,
)
ANSWERED = (Stage.SUGGESTIONS_OUT, Stage.SUGGESTIONS_ANSWERED, Stage.CONSOLIDATED, Stage.CLOSED)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────

registrars = duties.agency(Role.REGISTRAR, Role.CONTROLLER, Role.PERSONNEL)
writers = duties.agency(Role.OFFICER, Role.REGISTRAR, Role.CONTROLLER)
reviewers = duties.agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD)


def _addressed(roles: tuple[Role, ...], answered: bool | None) -> Any:
    def where(who: Any) -> Q:
        agencies = who.agencies(*roles)
        if not agencies:
            return NONE
        rows = Suggestion.objects.filter(addressee_id__in=agencies)
        if answered is not None:
            rows = rows.filter(answered_on__isnull=not answered)
        return Q(pk__in=rows.values("trip_id"))

    return where


ANSWERERS = (Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)
addressee = Duty(gettext_lazy("參辦機關"), _addressed((), None))
answerer = Duty(gettext_lazy("參辦機關（尚未回復者）"), _addressed(ANSWERERS, False))
follower = Duty(gettext_lazy("參辦機關（已回復者）"), _addressed(ANSWERERS, True))


def open_to_me(record: Any, user: Any) -> QuerySet[Suggestion]:
    """The trip's suggestions that wait for an answer of this person's agency."""
    return Suggestion.objects.filter(
        trip=record, answered_on=None, addressee_id__in=standing(user).agencies(*ANSWERERS)
    )


def answered_by_us(record: Any, user: Any) -> QuerySet[Suggestion]:
    """The trip's suggestions this person's agency has answered, except those it passed on."""
    mine = Suggestion.objects.filter(trip=record, addressee_id__in=standing(user).agencies(*ANSWERERS))
    return mine.filter(answered_on__isnull=False).exclude(answer=Answer.NOT_OURS)


def still_named(model: Any) -> Among:
    """The trip's rows of the model that were not dropped."""
    return Among(lambda record, user: model._default_manager.filter(trip=record, dropped_on=None))


def addressed(suggestion: Suggestion) -> Iterable[Any]:
    """Who looks after a suggestion at its agency."""
    return holders(suggestion.addressee_id, Role.CONTROLLER)


def owing_answer(trip: Any, mark: str) -> Iterable[Any]:
    """Who is reminded of the answer to suggestion no. `mark`."""
    found = Suggestion.objects.filter(trip=trip, number=mark).first()
    return addressed(found) if found else ()


def caretakers(trip: Any) -> list[Any]:
    """The officer and those who keep the register of trips at the host agency."""
    return [trip.case.officer, *holders(trip.case.agency_id, Role.REGISTRAR)]


def controllers(trip: Any) -> Iterable[Any]:
    return holders(trip.case.agency_id, Role.CONTROLLER)


# ── Deadlines ───────────────────────────────────────────────────────────────────────────────────────


def reminder(days: int, on: date) -> Any:
    """L01: what a reminder of the report says; a letter once it is later than the rule allows."""
    if days >= 0:
        return gettext_lazy("{number}「{title}」出國報告將於{due}屆期，請如期繳交紙本與電子檔。")
    if -days > rules.LETTER_AFTER.at(on):
        return gettext_lazy(
            "【函催】{number}「{title}」出國報告已於{due}屆期，逾期{days}日，請即補送並敘明逾期原因，副知研考會。"
        )
    return gettext_lazy("{number}「{title}」出國報告已於{due}屆期，逾期{days}日，請儘速繳交。")


RETURN = Deadline(
    "return_entry",
    gettext_lazy("返國登錄期限"),
    rules.RETURN_TERM,
    counted_from="returns_on",
    law="平台預設值",
)
REPORT = Deadline(
    REPORT_CLOCK,
    gettext_lazy("出國報告繳交期限"),
    rules.REPORT_TERM,
    counted_from="returned_on",
    law=rules.GUIDE,
    remind=(30, 7, 1),
    words=reminder,
)
REVIEW = Deadline(
    "review",
    gettext_lazy("報告審查期限"),
    rules.REVIEW_TERM,
    counted_from="submitted_on",
    law=rules.GUIDE,
    remind=(3,),
)
REVISION = Deadline(
    "revision",
    gettext_lazy("報告修正期限"),
    rules.REVISION_TERM,
    counted_from="sent_back_on",
    law=rules.GUIDE,
    remind=(3, 1),
)
ENTRY = Deadline(
    "entry",
    gettext_lazy("報告登錄期限"),
    rules.ENTRY_DAY,
    counted_from="accepted_on",
    law=rules.GUIDE,
    remind=(3,),
)
ANSWER = Deadline(
    "answer",
    gettext_lazy("建議事項回復期限"),
    rules.ANSWER_TERM,
    counted_from="dispatched_on",
    law=rules.GUIDE,
    remind=(7, 1),
    owed_by=owing_answer,
)
"""Each suggestion runs a clock of its own, marked with its number."""

process = Process(
    Trip,
    kind="research.trips",
    stages=Stage,
    opens_at=Stage.APPROVED,
    number="出{roc}-{seq:04d}",
    sees=duties.agency() | duties.commission | duties.overseers | addressee,
    opened_by=registrars | duties.commission,
    repeats=(ANSWER,),
    path=tuple(one for one in Stage if one not in (Stage.REVISING, Stage.CANCELLED)),
    asks=("trip_no", "kind", "purpose", "letter", "budget", "source", "departs_on", "returns_on"),
    amendable=(
        "trip_no",
        "kind",
        "purpose",
        "letter",
        "budget",
        "source",
        "departs_on",
        "returns_on",
        "notified_on",
        "departed_on",
        "returned_on",
        "abstract",
        "abstract_en",
        "url",
        "consolidation",
        "sent_letter",
    ),
    amended_by=duties.commission | duties.agency(Role.REGISTRAR, Role.CONTROLLER),
)


# ── The journey ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class DestinationRow:
    """One place of the itinerary."""

    country: Annotated[Country, Chosen, Label(gettext_lazy("國家或地區"))]
    place: Annotated[str, Label(gettext_lazy("城市或機構"))] = ""


@dataclass(frozen=True)
class TravellerRow:
    """One person of the party."""

    name: Annotated[str, Label(gettext_lazy("姓名"))]
    title: Annotated[str, Label(gettext_lazy("職稱"))] = ""
    agency: Annotated[str, Label(gettext_lazy("服務機關"))] = ""


def itinerary_missing(trip: Any) -> str:
    """Before leaving, where to and who must be known."""
    if not trip.destinations.filter(dropped_on=None).exists():
        return str(_("尚未登錄前往地點。"))
    if not trip.travellers.filter(dropped_on=None).exists():
        return str(_("尚未登錄出國人員。"))
    return ""


def notice_missing(trip: Any) -> str:
    """Journeys to the mainland, Hong Kong or Macau are notified beforehand."""
    special = trip.destinations.filter(dropped_on=None).exclude(country__area=Area.OVERSEAS)
    if trip.notified_on is None and special.exists():
        return str(_("前往大陸或港澳地區須先登錄通報日。"))
    return ""


@process.move(
    BEFORE_REPORT,
    None,
    by=registrars | duties.officer,
    label=gettext_lazy("登錄行程與人員"),
    hint=gettext_lazy("團體出國一案登錄，報告由全體人員共同具名。"),
)
def list_party(
    trip: Trip,
    *,
    destinations: Annotated[list[DestinationRow], Label(gettext_lazy("前往地點"))],
    travellers: Annotated[list[TravellerRow], Label(gettext_lazy("出國人員"))],
) -> None:
    trip.step.add(*(Destination(trip=trip, country=row.country, place=row.place) for row in destinations))
    trip.step.add(
        *(Traveller(trip=trip, name=row.name, title=row.title, agency=row.agency) for row in travellers)
    )


@process.move(
    BEFORE_REPORT, None, by=registrars | duties.officer, label=gettext_lazy("刪除前往地點"), main=False
)
def drop_destination(
    trip: Trip,
    *,
    destination: Annotated[Destination, Chosen, Label(gettext_lazy("前往地點")), still_named(Destination)],
    reason: Reason,
) -> None:
    destination.dropped_on = trip.step.today
    trip.step.keep(destination)


@process.move(BEFORE_REPORT, None, by=registrars | duties.officer, label=gettext_lazy("人員退出"), main=False)
def drop_traveller(
    trip: Trip,
    *,
    traveller: Annotated[Traveller, Chosen, Label(gettext_lazy("出國人員")), still_named(Traveller)],
    reason: Reason,
) -> None:
    traveller.dropped_on = trip.step.today
    trip.step.keep(traveller)


@process.move(Stage.APPROVED, None, by=registrars, label=gettext_lazy("登錄赴陸港澳通報"), main=False)
def record_notice(trip: Trip, *, notified_on: date) -> None:
    trip.notified_on = notified_on


@process.move(
    Stage.APPROVED,
    Stage.TRAVELLING,
    by=registrars | duties.officer,
    label=gettext_lazy("登錄出國"),
    starts=(RETURN,),
    unless=(itinerary_missing, notice_missing),
)
def depart(trip: Trip, *, departed_on: date) -> None:
    if departed_on > trip.step.today:
        raise Refused(_("出國日不能晚於今天；尚未出國者請於出國後登錄。"))
    trip.departed_on = departed_on


@process.move(
    Stage.TRAVELLING,
    Stage.RETURNED,
    by=registrars | duties.officer,
    label=gettext_lazy("登錄返國"),
    stops=(RETURN,),
    starts=(REPORT,),
    hint=gettext_lazy("報告期限自返國日的次日起算。"),
    tells=(
        Tell(caretakers, gettext_lazy("{number}「{title}」已返國，請於期限內提出出國報告。"), "reminder"),
    ),
)
def come_back(trip: Trip, *, returned_on: date) -> None:
    if returned_on > trip.step.today:
        raise Refused(_("返國日不能晚於今天。"))
    trip.returned_on = returned_on


@process.move(
    Stage.RETURNED,
    Stage.REPORT_PENDING,
    by=registrars | duties.officer,
    label=gettext_lazy("指定主筆"),
    tells=(Tell(caretakers, gettext_lazy("{number}「{title}」已指定報告主筆。"), "assignment"),),
)
def name_author(
    trip: Trip,
    *,
    author: Annotated[
        Traveller,
        Chosen,
        Label(gettext_lazy("主筆"), help=gettext_lazy("由出國人員中指定")),
        still_named(Traveller),
    ],
) -> None:
    trip.author = author.name


# ── The report ──────────────────────────────────────────────────────────────────────────────────────

Report = Annotated[
    Evidence, Chosen, Label(gettext_lazy("報告檔案"), help=gettext_lazy("PDF或ODT")), Accept("pdf", "odt")
]
Copies = Annotated[int, Label(gettext_lazy("紙本份數"))]
Signed = Annotated[bool, Label(gettext_lazy("全體出國人員均已具名"))]


def hand_in(
    trip: Trip,
    report: Evidence,
    paper_copies: int,
    pages: int | None,
    signed: bool,
    note: str,
    parts: dict[str, bool],
) -> None:
    """One round of the report: checked against the sheet of its kind, then kept beside the earlier ones."""
    wanted = rules.PAPER_COPIES.at(trip.step.today)
    if paper_copies < wanted:
        raise Refused(
            _("紙本須繳%(wanted)s份，目前只有%(given)s份。") % {"wanted": wanted, "given": paper_copies}
        )
    if not signed:
        raise Refused(_("報告須由全體出國人員具名，團體出國亦同。"))
    words = {
        "has_purpose": _("目的"),
        "has_course": _("過程"),
        "has_findings": _("心得"),
        "has_suggestions": _("建議"),
    }
    missing = [word for name, word in words.items() if not parts[name]]
    if trip.report_kind == ReportKind.FULL and missing:
        raise Refused(_("自我檢核表：完整報告尚缺%(missing)s。") % {"missing": "、".join(missing)})
    trip.rounds += 1
    trip.report, trip.submitted_on = report, trip.step.today
    trip.step.add(
        Submission(
            trip=trip,
            number=trip.rounds,
            at=trip.step.at,
            by=trip.step.actor,
            report=report,
            paper_copies=paper_copies,
            pages=pages,
            signed=signed,
            note=note,
            **parts,
        )
    )


def file_unreadable(trip: Any) -> str:
    """What is entered in the register must open in ten years: PDF or ODF, whole and without a lock."""
    return check_pdf_or_odf(trip.report) if trip.report else str(_("尚無報告檔案。"))


@process.move(
    (Stage.RETURNED, Stage.REPORT_PENDING),
    Stage.SUBMITTED,
    by=writers,
    label=gettext_lazy("繳交報告"),
    stops=(REPORT,),
    starts=(REVIEW,),
    hint=gettext_lazy("附電子檔與紙本，並逐項自我檢核；其他類只須摘要表。"),
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」已繳交出國報告，請審查。")),),
)
def submit(
    trip: Trip,
    *,
    report: Report,
    paper_copies: Copies,
    abstract: Text,
    abstract_en: Text = "",
    pages: int | None = None,
    signed: Signed = False,
    has_purpose: bool = False,
    has_course: bool = False,
    has_findings: bool = False,
    has_suggestions: bool = False,
    has_annexes: bool = False,
    note: Annotated[str, Label(gettext_lazy("說明")), LONG] = "",
) -> None:
    parts = {
        "has_purpose": has_purpose,
        "has_course": has_course,
        "has_findings": has_findings,
        "has_suggestions": has_suggestions,
        "has_annexes": has_annexes,
    }
    hand_in(trip, report, paper_copies, pages, signed, note, parts)
    trip.abstract, trip.abstract_en = abstract, abstract_en


@process.move(Stage.SUBMITTED, Stage.REVIEWING, by=reviewers, label=gettext_lazy("受理審查"))
def take_up(trip: Trip) -> None:
    pass


@process.move(
    Stage.REVIEWING,
    Stage.REVISING,
    by=reviewers,
    label=gettext_lazy("退回修正"),
    stops=(REVIEW,),
    starts=(REVISION,),
    tells=(Tell(caretakers, gettext_lazy("{number}「{title}」的出國報告退回修正。"), "returned"),),
)
def send_back(trip: Trip, *, reason: Annotated[str, Label(gettext_lazy("應修正事項")), LONG]) -> None:
    trip.sent_back_on = trip.step.today


@process.move(
    Stage.REVISING,
    Stage.REVIEWING,
    by=writers,
    label=gettext_lazy("繳交修正報告"),
    stops=(REVISION,),
    starts=(REVIEW,),
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」已繳交修正後的出國報告，請審查。")),),
)
def resubmit(
    trip: Trip,
    *,
    report: Report,
    paper_copies: Copies,
    pages: int | None = None,
    signed: Signed = False,
    has_purpose: bool = False,
    has_course: bool = False,
    has_findings: bool = False,
    has_suggestions: bool = False,
    has_annexes: bool = False,
    note: Annotated[str, Label(gettext_lazy("修正說明")), LONG] = "",
) -> None:
    parts = {
        "has_purpose": has_purpose,
        "has_course": has_course,
        "has_findings": has_findings,
        "has_suggestions": has_suggestions,
        "has_annexes": has_annexes,
    }
    hand_in(trip, report, paper_copies, pages, signed, note, parts)


@process.move(
    Stage.REVIEWING,
    Stage.ACCEPTED,
    by=reviewers,
    label=gettext_lazy("審查通過"),
    stops=(REVIEW,),
    starts=(ENTRY,),
    tells=(Tell(caretakers, gettext_lazy("{number}「{title}」的出國報告審查通過，請於本月底前登錄。")),),
)
def accept(trip: Trip, *, note: Annotated[str, Label(gettext_lazy("審查意見")), LONG] = "") -> None:
    trip.accepted_on = trip.step.today


@process.move(
    Stage.ACCEPTED,
    Stage.REVISING,
    by=reviewers,
    label=gettext_lazy("撤回通過並退回修正"),
    stops=(ENTRY,),
    starts=(REVISION,),
    main=False,
    tells=(Tell(caretakers, gettext_lazy("{number}「{title}」的出國報告退回修正。"), "returned"),),
)
def reopen_review(trip: Trip, *, reason: Reason) -> None:
    trip.accepted_on, trip.sent_back_on = None, trip.step.today


# ── The register ────────────────────────────────────────────────────────────────────────────────────

Ground = Annotated[
    str,
    Label(
        gettext_lazy("限制公開依據"), help=gettext_lazy("限制公開者必填，例如政府資訊公開法第18條第1項第3款")
    ),
]


def disclose(trip: Trip, publicity: Publicity, ground: str) -> None:
    """Public, or withheld on a named ground (政府資訊公開法 §7, §18)."""
    if publicity == Publicity.WITHHELD and not ground.strip():
        raise Refused(_("限制公開須載明依據。"))
    trip.publicity = publicity
    trip.ground = ground.strip() if publicity == Publicity.WITHHELD else ""


@process.move(
    Stage.ACCEPTED,
    Stage.REGISTERED,
    by=registrars,
    label=gettext_lazy("登錄報告"),
    stops=(ENTRY,),
    unless=file_unreadable,
    hint=gettext_lazy("登錄後即列入公開的出國報告名冊；限制公開者只列出案名與依據。"),
)
def register(trip: Trip, *, url: str, publicity: Publicity, ground: Ground = "") -> None:
    trip.url, trip.registered_on = url, trip.step.today
    disclose(trip, publicity, ground)


@process.move(IN_REGISTER, None, by=registrars, label=gettext_lazy("變更公開方式"), main=False)
def change_publicity(trip: Trip, *, publicity: Publicity, reason: Reason, ground: Ground = "") -> None:
    disclose(trip, publicity, ground)


# ── Suggestions ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SuggestionRow:
    """One suggestion and the agency that should answer it."""

    text: Annotated[str, Label(gettext_lazy("建議內容")), LONG]
    addressee: Annotated[Agency, Chosen, Label(gettext_lazy("參辦機關"))]


def add_suggestion(trip: Trip, text: str, addressee: Agency, origin: Suggestion | None = None) -> Suggestion:
    """A numbered suggestion with its own clock, told to the controllers of its agency (L02)."""
    trip.suggested += 1
    row = Suggestion(
        trip=trip,
        number=trip.suggested,
        text=text,
        addressee=addressee,
        dispatched_on=trip.step.today,
        forwarded_from=origin,
    )
    trip.step.add(row)
    trip.step.begin(ANSWER, trip.step.today, str(row.number))
    trip.step.tell(
        holders(addressee.pk, Role.CONTROLLER),
        gettext_lazy("{number}「{title}」出國報告建議事項分請貴機關參辦，請於一個月內回復採行情形。"),
        "assignment",
    )
    return row


def has_suggestions(trip: Any) -> str:
    return str(_("本案有建議事項，須回復並彙整後結案。")) if trip.suggested else ""


def unanswered(trip: Any) -> str:
    """Every suggestion answered and the answers drawn together (guard of closing)."""
    left = trip.suggestions.filter(answered_on=None).count()
    if left:
        return str(_("尚有%(left)s項建議事項未回復。") % {"left": left})
    return "" if trip.consolidated_on else str(_("建議事項尚未彙整。"))


Suggestions = Annotated[list[SuggestionRow], Label(gettext_lazy("建議事項"))]


def send_out(trip: Trip, rows: list[SuggestionRow]) -> None:
    """Number the suggestions and send each to its agency."""
    if not rows:
        raise Refused(_("請至少填寫一項建議事項。"))
    trip.dispatched_on = trip.dispatched_on or trip.step.today
    for row in rows:
        add_suggestion(trip, row.text, row.addressee)


@process.move(
    Stage.REGISTERED,
    Stage.SUGGESTIONS_OUT,
    by=registrars | duties.officer,
    label=gettext_lazy("分送建議事項"),
    hint=gettext_lazy("逐項指定參辦機關；各項自分送日起一個月內回復。"),
)
def dispatch(trip: Trip, *, suggestions: Suggestions) -> None:
    send_out(trip, suggestions)


@process.move(
    (Stage.SUGGESTIONS_OUT, Stage.SUGGESTIONS_ANSWERED),
    Stage.SUGGESTIONS_OUT,
    by=registrars | duties.officer,
    label=gettext_lazy("補送建議事項"),
    main=False,
)
def dispatch_more(trip: Trip, *, suggestions: Suggestions) -> None:
    send_out(trip, suggestions)


def settle(
    trip: Trip,
    suggestion: Suggestion,
    answer: Answer,
    reason: str,
    promised_on: date | None,
    done_on: date | None,
) -> None:
    """Write an answer down; the first one stops the clock, later ones report what became of it."""
    today = trip.step.today
    if suggestion.answered_on is None:
        trip.answered += 1
        trip.step.end(ANSWER, str(suggestion.number))
        suggestion.answered_on = today
    else:
        suggestion.renewed_on = today
    suggestion.answer, suggestion.reason = answer, reason
    suggestion.promised_on, suggestion.done_on = promised_on, done_on
    suggestion.adopted_on = (suggestion.adopted_on or today) if answer in ADOPTED else None
    suggestion.answered_by = trip.step.actor
    if suggestion.pk:
        trip.step.keep(suggestion)


Reasoned = Annotated[str, Label(gettext_lazy("說明或理由")), LONG]
Promised = Annotated[date | None, Label(gettext_lazy("預定完成或續報日"))]
Done = Annotated[date | None, Label(gettext_lazy("完成日"))]


@process.move(
    Stage.SUGGESTIONS_OUT,
    (Stage.SUGGESTIONS_OUT, Stage.SUGGESTIONS_ANSWERED),
    by=answerer,
    label=gettext_lazy("回復採行情形"),
)
def answer(
    trip: Trip,
    *,
    suggestion: Annotated[Suggestion, Chosen, Label(gettext_lazy("建議事項")), Among(open_to_me)],
    result: Annotated[Answer, Label(gettext_lazy("採行情形"))],
    reason: Reasoned = "",
    promised_on: Promised = None,
    done_on: Done = None,
) -> None:
    if result == Answer.NOT_OURS:
        raise Refused(_("非本機關權責者，請以「移請其他機關」辦理。"))
    settle(trip, suggestion, result, reason, promised_on, done_on)
    trip.step.go(Stage.SUGGESTIONS_ANSWERED if trip.answered == trip.suggested else Stage.SUGGESTIONS_OUT)


@process.move(
    Stage.SUGGESTIONS_OUT, Stage.SUGGESTIONS_OUT, by=answerer, label=gettext_lazy("移請其他機關"), main=False
)
def forward(
    trip: Trip,
    *,
    suggestion: Annotated[Suggestion, Chosen, Label(gettext_lazy("建議事項")), Among(open_to_me)],
    to: Annotated[Agency, Chosen, Label(gettext_lazy("權責機關"))],
    reason: Reason,
) -> None:
    if to.pk == suggestion.addressee_id:
        raise Refused(_("不能移回原機關。"))
    settle(trip, suggestion, Answer.NOT_OURS, reason, None, None)
    add_suggestion(trip, suggestion.text, to, suggestion)


@process.move(ANSWERED, None, by=follower, label=gettext_lazy("續報辦理情形"), main=False)
def report_further(
    trip: Trip,
    *,
    suggestion: Annotated[Suggestion, Chosen, Label(gettext_lazy("建議事項")), Among(answered_by_us)],
    result: Annotated[Answer, Label(gettext_lazy("採行情形"))],
    reason: Reasoned = "",
    promised_on: Promised = None,
    done_on: Done = None,
) -> None:
    if result == Answer.NOT_OURS:
        raise Refused(_("已回復的建議事項不能再移轉。"))
    settle(trip, suggestion, result, reason, promised_on, done_on)


@process.move(
    Stage.SUGGESTIONS_ANSWERED,
    Stage.CONSOLIDATED,
    by=registrars | duties.officer,
    label=gettext_lazy("彙整並函送研考會"),
    tells=(
        Tell(
            lambda trip: rdec_controllers(), gettext_lazy("{number}「{title}」建議事項採行情形已彙整函送。")
        ),
    ),
)
def consolidate(
    trip: Trip, *, sent_letter: str, consolidation: Annotated[str, Label(gettext_lazy("彙整意見")), LONG] = ""
) -> None:
    trip.sent_letter, trip.consolidation = sent_letter, consolidation
    trip.consolidated_on = trip.step.today


def rdec_controllers() -> Iterable[Any]:
    return holders(None, Role.RDEC_CONTROLLER)


# ── The end ─────────────────────────────────────────────────────────────────────────────────────────


@process.move(
    Stage.CONSOLIDATED,
    Stage.CLOSED,
    by=duties.commission,
    label=gettext_lazy("結案"),
    closes=True,
    unless=unanswered,
)
def close(trip: Trip) -> None:
    pass


@process.move(
    Stage.REGISTERED,
    Stage.CLOSED,
    by=duties.commission | registrars,
    label=gettext_lazy("結案（無建議事項）"),
    closes=True,
    unless=has_suggestions,
    main=False,
)
def close_without_suggestions(trip: Trip) -> None:
    pass


@process.move(
    BEFORE_REPORT,
    Stage.CANCELLED,
    by=registrars | duties.commission,
    label=gettext_lazy("取消"),
    closes=True,
    main=False,
    hint=gettext_lazy("未成行或重複登錄者；已繳報告者不能取消。"),
)
def cancel(trip: Trip, *, reason: Reason) -> None:
    trip.cancelled_on = trip.step.today
