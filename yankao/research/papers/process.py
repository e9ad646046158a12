"""The way of a report from the author's desk to the repository; the sealed part lies in the round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.asks import LONG, Accept, Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.duties import NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Agency, Role, User
from yankao.kernel.people.standing import Standing, holders, standing
from yankao.kernel.review import entries, rounds
from yankao.kernel.review.entries import agency_contact, controllers, not_told, round_decided
from yankao.kernel.review.models import Sheet
from yankao.kernel.review.rounds import Identity, Reviewing
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.span import due

from . import rules
from .models import KIND, Author, AwardGrade, Paper, Suggestion


class Stage(TextChoices):
    """階段 What everybody who sees the case may know: one stage stands for all of the sealed review."""

    DRAFT = "draft", gettext_lazy("撰寫中")
    SUBMITTED = "submitted", gettext_lazy("已送件")
    RETURNED = "returned", gettext_lazy("退回補正")
    FORM_CHECKED = "form_checked", gettext_lazy("形式審查通過")
    REVIEWING = "reviewing", gettext_lazy("評審中")
    AWARDED = "awarded", gettext_lazy("獲獎")
    NOT_AWARDED = "not_awarded", gettext_lazy("未獲獎")
    PAID = "paid", gettext_lazy("已核發")
    PUBLISHED = "published", gettext_lazy("已公開")
    WITHDRAWN = "withdrawn", gettext_lazy("已撤回")


BEFORE_RESULT = (Stage.DRAFT, Stage.SUBMITTED, Stage.RETURNED, Stage.FORM_CHECKED, Stage.REVIEWING)


# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────


def _own(who: Standing) -> Q:
    return Q(officer_id=who.user_id) if who.posts else NONE


def _addressed(*roles: Role) -> Any:
    def where(who: Standing) -> Q:
        agencies = tuple(who.agencies(*roles))
        if not agencies:
            return NONE
        return Q(pk__in=Suggestion.objects.filter(addressee_id__in=agencies).values("paper_id"))

    return where


ANSWERERS = (Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)
answerers = Duty(gettext_lazy("參辦機關"), _addressed(*ANSWERERS))
author = Duty(gettext_lazy("作者"), _own)
contact = duties.agency(Role.CONTROLLER, Role.MANAGER, Role.HEAD)
commission = duties.commission


MENDING = Deadline(
    "mending", gettext_lazy("補正期限"), rules.MENDING_TERM, counted_from="returned_on", law=rules.DEFAULT,
    remind=(3, 1),
)  # fmt: skip


def opened(paper: Paper) -> None:
    """A report belongs to the round of its year."""
    paper.round = entries.round_of(KIND, paper.year, _("%(year)s年度尚未開辦評獎。"))


process = Process(
    Paper, kind=KIND, stages=Stage, opens_at=Stage.DRAFT, number="自研{roc}-{seq:04d}",
    sees=author | contact | commission | duties.overseers | answerers,
    opened_by=duties.agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER) | commission,
    assigned_by=contact | commission,
    amended_by=author | commission,
    asks=("year", "category", "abstract", "abstract_en"),
    amendable=("category", "abstract", "abstract_en", "difference"),
    on_open=opened,
    path=(
        Stage.DRAFT, Stage.SUBMITTED, Stage.FORM_CHECKED, Stage.REVIEWING, Stage.AWARDED, Stage.PAID,
        Stage.PUBLISHED,
    ),
)  # fmt: skip


# ── Handing in and the check of the form ────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class AuthorRow:
    """One author."""

    name: Annotated[str, Label(gettext_lazy("姓名"))]
    share: Annotated[Decimal, Label(gettext_lazy("貢獻比例（%）"))]
    unit: Annotated[str, Label(gettext_lazy("服務單位"))] = ""
    title: Annotated[str, Label(gettext_lazy("職稱"))] = ""


Report = Annotated[Evidence, Chosen, Label(gettext_lazy("研究報告")), Accept("pdf", "odt", "docx")]
Copy = Annotated[
    Evidence, Chosen,
    Label(gettext_lazy("盲審稿"), help=gettext_lazy("內文不得出現作者與機關；檔案內的作者資料會去除")),
    Accept("pdf", "odt", "docx"),
]  # fmt: skip


def window_closed(paper: Any) -> str:
    return entries.window_closed(paper, Stage.DRAFT)


@process.move(
    (Stage.DRAFT, Stage.RETURNED), Stage.SUBMITTED, by=author | contact, label=gettext_lazy("送件"),
    stops=(MENDING,), unless=window_closed,
    hint=gettext_lazy("作者貢獻比例合計須為100%；送件前請先看頁面上的相近研究提示。"),
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」已送件，請辦理形式審查。"), "assignment"),),
)  # fmt: skip
def submit(
    paper: Paper, *, authors: Annotated[list[AuthorRow], Label(gettext_lazy("作者"))], manuscript: Report,
    blind_copy: Copy,
    declared: Annotated[bool, Label(gettext_lazy("聲明未曾獲獎，或已據實載明曾獲獎項"))] = False,
    earlier_award: str = "", difference: Annotated[str, LONG] = "",
) -> None:  # fmt: skip
    if not authors:
        raise Refused(_("請列出作者。"))
    if (shares := sum((row.share for row in authors), Decimal(0))) != 100:
        raise Refused(_("作者貢獻比例合計須為100%%，目前為%(sum)s%%。") % {"sum": f"{shares.normalize():f}"})
    if not declared:
        raise Refused(_("請聲明研究報告未曾獲獎，或據實載明曾獲獎項。"))
    paper.submissions += 1
    paper.step.add(
        *(
            Author(
                paper=paper,
                submission=paper.submissions,
                name=r.name,
                share=r.share,
                unit=r.unit,
                title=r.title,
            )
            for r in authors
        )
    )
    paper.manuscript, paper.blind_copy = manuscript, blind_copy
    paper.declared, paper.earlier_award, paper.difference = declared, earlier_award, difference
    paper.submitted_on = paper.submitted_on or paper.step.today


@process.move(
    Stage.SUBMITTED, Stage.RETURNED, by=commission, label=gettext_lazy("退回補正"), starts=(MENDING,),
    tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」形式審查未通過，請補正。"), "returned"),),
)  # fmt: skip
def send_back(paper: Paper, *, reason: Annotated[str, Label(gettext_lazy("應補正事項")), LONG]) -> None:
    paper.returned_on = paper.step.today


def names_of(paper: Paper) -> list[str]:
    """Whoever a blind copy must not name: the authors of the last submission and their agency."""
    authors = Author.objects.filter(paper=paper, submission=paper.submissions)
    return [*authors.values_list("name", flat=True), paper.case.agency.name]


def form_faults(paper: Any) -> str:
    return entries.form_faults(paper.blind_copy, names_of(paper))


@process.move(
    Stage.SUBMITTED, Stage.FORM_CHECKED, by=commission, label=gettext_lazy("形式審查通過"),
    unless=form_faults,
    hint=gettext_lazy("請核對摘要、作者比例、獲獎聲明與盲審稿。"),
)  # fmt: skip
def pass_form(paper: Paper) -> None:
    paper.checked_on = paper.step.today


@process.move(
    Stage.FORM_CHECKED, Stage.REVIEWING, by=commission, label=gettext_lazy("送審"), unless=round_decided,
    hint=gettext_lazy("以代號送審；此後分派、評分與決審均於評審梯次密封辦理。"),
)  # fmt: skip
def admit(paper: Paper) -> None:
    paper.admitted_on = paper.step.today
    paper.step.add(
        entries.admitted(
            paper, paper.step.actor, abstract=paper.abstract, category=paper.get_category_display()
        )
    )


@process.move(
    BEFORE_RESULT, Stage.WITHDRAWN, by=author | contact, label=gettext_lazy("撤回"), closes=True, main=False,
)  # fmt: skip
def withdraw(paper: Paper, *, reason: Reason) -> None:
    paper.withdrawn_on = paper.step.today
    entries.take_back(paper)


# ── The result ──────────────────────────────────────────────────────────────────────────────────────


@process.move(
    Stage.REVIEWING, Stage.AWARDED, by=commission, label=gettext_lazy("公布獲獎"), unless=not_told,
    main=False,
    tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」獲獎，請至平台查看。")),),
)  # fmt: skip
def award(
    paper: Paper, *, grade: AwardGrade, prize: Decimal, certificate_no: str, score: Decimal | None = None
) -> None:
    paper.announced_on, paper.grade, paper.prize, paper.score = paper.step.today, grade, prize, score
    paper.certificate_no = certificate_no


@process.move(
    Stage.REVIEWING, Stage.NOT_AWARDED, by=commission, label=gettext_lazy("公布未獲獎"), unless=not_told,
    closes=True, main=False,
    tells=(Tell(agency_contact, gettext_lazy("{number}「{title}」評審結果已公布，請至平台查看。")),),
)  # fmt: skip
def decline(paper: Paper, *, score: Decimal | None = None) -> None:
    paper.announced_on, paper.score = paper.step.today, score


def told(sheet: Sheet, actor: Any, at: datetime) -> None:
    """The announcement of one report: what the meeting decided becomes known to the case."""
    paper = Paper.objects.select_related("case").get(pk=sheet.case_id)
    result = next((line.result for line in rounds.lines_of([sheet]) if line.result is not None), None)
    if sheet.grade:
        given = {"grade": sheet.grade, "prize": sheet.amount, "score": result}
        number = f"研獎{paper.case.number.removeprefix('自研')}"
        award.run(paper, actor, {**given, "certificate_no": number}, at=at)
    else:
        decline.run(paper, actor, {"score": result}, at=at)


@process.move(
    Stage.AWARDED, Stage.PAID, by=commission, label=gettext_lazy("登錄核發獎金"),
    hint=gettext_lazy("會計完成付款後登錄；付款清冊在清單頁下載。"),
)  # fmt: skip
def pay(paper: Paper, *, paid_on: date, voucher: str = "") -> None:
    if paid_on > paper.step.today:
        raise Refused(_("核發日不能晚於今天。"))
    paper.paid_on, paper.voucher = paid_on, voucher


Open = Annotated[bool, Label(gettext_lazy("全文公開"), help=gettext_lazy("不勾選時只公開摘要"))]


@process.move(
    Stage.PAID, Stage.PUBLISHED, by=commission, label=gettext_lazy("公開於研究報告庫"), closes=True,
)  # fmt: skip
def publish(
    paper: Paper, *, file_open: Open = False
) -> None:  # fmt: skip
    paper.published_on, paper.file_open = paper.step.today, file_open


# ── What became of it ───────────────────────────────────────────────────────────────────────────────

WON = (Stage.AWARDED, Stage.PAID, Stage.PUBLISHED)
Concerned = Annotated[Agency, Label(gettext_lazy("參辦機關"))]


@dataclass(frozen=True)
class SuggestionRow:
    """One suggestion and the agency it concerns."""

    text: Annotated[str, Label(gettext_lazy("建議內容")), LONG]
    addressee: Concerned


@process.move(
    WON, None, by=commission, label=gettext_lazy("函詢採行情形"), main=False,
    hint=gettext_lazy("列出報告的建議與參辦機關；參辦機關的研考聯絡人會收到通知，並看得到本案。"),
)  # fmt: skip
def ask_adoption(
    paper: Paper, *, suggestions: Annotated[list[SuggestionRow], Label(gettext_lazy("採行建議"))]
) -> None:
    if not suggestions:
        raise Refused(_("請列出建議事項。"))
    step = paper.step
    until = due(rules.ADOPTION_TERM.at(step.today), step.today, office_calendar()).day
    for row in suggestions:
        step.add(
            Suggestion(
                paper=paper, text=row.text.strip(), addressee=row.addressee, asked_on=step.today, due_on=until
            )
        )
    for agency in {row.addressee.pk for row in suggestions}:
        words = gettext_lazy("{number}「{title}」的建議請貴機關回復採行情形。")
        step.tell(holders(agency, Role.CONTROLLER), words, "assignment")


def open_suggestions(record: Any, user: Any) -> Any:
    """The suggestions to this person's agency that wait for an answer, or for word after the promised day."""
    mine = Suggestion.objects.filter(paper=record, addressee_id__in=standing(user).agencies(*ANSWERERS))
    again = Q(answer__in=(Answer.PLANNED, Answer.PARTLY, Answer.UNDER_STUDY))
    return mine.filter(Q(answered_on=None) | again)


def none_open(paper: Any) -> str:
    again = Q(answer__in=(Answer.PLANNED, Answer.PARTLY, Answer.UNDER_STUDY))
    if Suggestion.objects.filter(Q(answered_on=None) | again, paper=paper).exists():
        return ""
    return _("沒有待回復的建議。")


@process.move(
    WON, None, by=answerers, label=gettext_lazy("回復採行情形"), unless=none_open, main=False,
    tells=(Tell(controllers, gettext_lazy("{number}「{title}」的建議已回復採行情形。")),),
)  # fmt: skip
def answer_adoption(
    paper: Paper,
    *,
    suggestion: Annotated[Suggestion, Chosen, Label(gettext_lazy("採行建議")), Among(open_suggestions)],
    answer: Annotated[Answer, Label(gettext_lazy("採行情形"))],
    reason: Annotated[str, Label(gettext_lazy("說明或理由")), LONG] = "",
    promised_on: Annotated[date | None, Label(gettext_lazy("預定完成或續報日"))] = None,
    done_on: Annotated[date | None, Label(gettext_lazy("完成日"))] = None,
) -> None:
    """What the agency makes of it; who adopts it later or still studies it answers again."""
    step = paper.step
    if answer in (Answer.PLANNED, Answer.UNDER_STUDY) and (not promised_on or promised_on <= step.today):
        raise ValidationError({"promised_on": _("請填今天以後的預定完成或續報日。")})
    if answer == Answer.DONE and (not done_on or done_on > step.today):
        raise ValidationError({"done_on": _("請填完成日，不能晚於今天。")})
    if answer in (Answer.NOT_ADOPTED, Answer.NOT_OURS) and not reason.strip():
        raise ValidationError({"reason": _("不採行或非本機關權責者，須說明理由。")})
    suggestion.answer, suggestion.reason = answer, reason.strip()
    suggestion.promised_on = promised_on if answer != Answer.DONE else None
    suggestion.done_on = done_on if answer == Answer.DONE else None
    suggestion.answered_on, suggestion.answered_by = step.today, step.actor
    step.keep(suggestion)


# ── Review ──────────────────────────────────────────────────────────────────────────────────────────


def identities(cases: Iterable[int]) -> dict[int, Identity]:
    """Who stands behind each report; three questions. Authors with an account in their agency are found by
    name."""
    rows = list(
        Case.objects.filter(pk__in=list(cases)).values_list("pk", "agency", "officer", "officer__name")
    )
    named: dict[int, set[str]] = defaultdict(set)
    for case, name in Author.objects.filter(paper__in=[row[0] for row in rows]).values_list("paper", "name"):
        named[case].add(name)
    wanted = {name for names in named.values() for name in names}
    agencies = {row[1] for row in rows}
    known: dict[tuple[str, int], set[int]] = defaultdict(set)
    people = User.objects.filter(name__in=wanted, posts__agency__in=agencies).values_list(
        "name", "posts__agency", "pk"
    )
    for name, agency, pk in people:
        known[name, agency].add(pk)
    found = {}
    for case, agency, officer, officer_name in rows:
        names = named[case] | ({officer_name} if officer_name else set())
        users = {officer} if officer else set()
        for name in names:
            users |= known.get((name, agency), set())
        found[case] = Identity(frozenset([agency]), frozenset(users), frozenset(names))
    return found


reviewing = Reviewing(
    KIND,
    words={
        "topic": gettext_lazy("研究主題與市政的關聯"),
        "method": gettext_lazy("研究方法與資料"),
        "use": gettext_lazy("研究發現與實用價值"),
    },
    grades=dict(AwardGrade.choices),
    identities=identities,
    announce=told,
    quotas=rules.QUOTAS,
    **rules.REVIEW,
    prize=lambda grade, day: rules.PRIZES[grade].at(day),
)
