"""自行研究評獎的文書 Call, certificates, award list, payment list, the letter to who won nothing (L03)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.asks import Label
from yankao.kernel.casework.duties import commission
from yankao.kernel.letters.declare import Column, Content, Table, To, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.agencies import first_level
from yankao.kernel.review.models import Round

from . import rules
from .models import KIND, AwardGrade, Paper, Suggestion
from .process import Stage, process, reviewing


def not_awarded(paper: Any) -> str:
    """Only an announced award has a certificate."""
    return "" if paper.announced_on and paper.grade else _("公布獲獎的報告才有獎狀。")


def not_declined(paper: Any) -> str:
    return "" if paper.case.stage == Stage.NOT_AWARDED else _("公布未獲獎的報告才寄送這份通知。")


def not_payable(paper: Any) -> str:
    return "" if paper.case.stage == Stage.AWARDED else _("獎金已核發，或尚未公布獲獎。")


def seen(user: Any) -> QuerySet[Paper]:
    """The reports a person may know of, by number."""
    rows = Paper.objects.filter(process.sees.records(user)).select_related("case__agency", "round")
    return rows.order_by("-year", "case__number")


def awarded(user: Any) -> QuerySet[Paper]:
    return seen(user).filter(announced_on__isnull=False).exclude(grade="")


def payable(user: Any) -> QuerySet[Paper]:
    return seen(user).filter(case__stage=Stage.AWARDED)


def declined(user: Any) -> QuerySet[Paper]:
    return seen(user).filter(case__stage=Stage.NOT_AWARDED)


def authors_of(paper: Paper) -> list[str]:
    """The authors of the last submission, the greatest share first."""
    return list(paper.authors.filter(submission=paper.submissions).values_list("name", flat=True))


@letter(
    "research.papers.certificate", gettext_lazy("獎狀"), Kind.CERTIFICATE, Paper, by=commission,
    unless=not_awarded, among=awarded,
)  # fmt: skip
def certificate(paper: Paper) -> Content:
    names = _("、").join(authors_of(paper))
    return Content(
        to=[To(names, personal=True)],
        say={
            "names": names, "agency": paper.case.agency.name, "title": paper.case.title, "year": paper.year,
            "grade": paper.get_grade_display(),
        },
        vouches=[
            (gettext_lazy("研究報告"), paper.case.title),
            (gettext_lazy("獎勵等第"), paper.get_grade_display()),
            (gettext_lazy("獎狀字號"), paper.certificate_no),
        ],
    )  # fmt: skip


@letter(
    "research.papers.award_list", gettext_lazy("獲獎名單"), Kind.TABLE, Paper, by=commission, many=True,
    unless=not_awarded, among=awarded,
)  # fmt: skip
def award_list(papers: Sequence[Paper]) -> Content:
    rows = [
        (p.get_grade_display(), p.case.title, p.case.agency.name, _("、").join(authors_of(p)), p.prize)
        for p in sorted(papers, key=lambda one: (-one.prize, one.case.number))
    ]
    columns = (
        Column(gettext_lazy("等第"), 0.6), Column(gettext_lazy("題目"), 2.4),
        Column(gettext_lazy("機關"), 1.2),
        Column(gettext_lazy("作者"), 1.2), Column(gettext_lazy("獎金"), 0.9, "money"),
    )  # fmt: skip
    return Content(say={"rows": Table(columns, rows, total=True), "number": len(rows)})


@letter(
    "research.papers.payment", gettext_lazy("獎金核銷清冊"), Kind.PAYMENT, Paper, by=commission, many=True,
    unless=not_payable, among=payable,
)  # fmt: skip
def payment(papers: Sequence[Paper]) -> Content:
    """One line a report; the first author receives the prize for all."""
    rows = [
        (p.case.number, p.case.title, (authors_of(p) or [""])[0], p.get_grade_display(), p.prize, "")
        for p in sorted(papers, key=lambda one: (-one.prize, one.case.number))
    ]
    columns = (
        Column(gettext_lazy("案號"), 0.9), Column(gettext_lazy("題目"), 2.2),
        Column(gettext_lazy("受款人"), 0.8),
        Column(gettext_lazy("等第"), 0.6), Column(gettext_lazy("獎金"), 0.9, "money"),
        Column(gettext_lazy("簽章"), 0.9, "sign"),
    )  # fmt: skip
    return Content(say={"rows": Table(columns, rows, total=True)}, amount=sum(p.prize for p in papers))


@letter(
    "research.papers.decline", gettext_lazy("未獲獎通知函"), Kind.LETTER, Paper, by=commission,
    unless=not_declined, among=declined,
)  # fmt: skip
def decline(paper: Paper) -> Content:
    return Content(to=[paper.case.agency], say={"paper": paper, "number": paper.case.number})


def not_calling(round: Any) -> str:
    return "" if round.closes_on >= timezone.localdate() else _("本梯次已截止收件。")


@letter(
    "research.papers.call", gettext_lazy("徵件函"), Kind.LETTER, Round, by=commission, unless=not_calling,
    among=lambda user: Round.objects.filter(kind=KIND, closes_on__gte=timezone.localdate()),
)  # fmt: skip
def call(round: Round, *, contact: Annotated[str, Label(gettext_lazy("聯絡人及電話"))] = "") -> Content:
    """徵件函 To every first-level agency: the window, criteria, grades with their prizes."""
    day = round.opens_on
    grades = [
        (str(label), most, rules.PRIZES[code].at(day), least)
        for most, code, least in rules.QUOTAS.at(day).steps
        for label in (AwardGrade(code).label,)
    ]
    criteria = [(str(one.label), f"{one.weight.normalize():f}%") for one in reviewing.criteria_on(day)]
    return Content(
        to=list(first_level(timezone.localdate())),
        attachments=[_("研究報告格式說明")],
        say={
            "round": round,
            "basis": rules.GUIDE,
            "contact": contact,
            "grades": Table(
                (
                    Column(gettext_lazy("等第"), 1.0), Column(gettext_lazy("名額"), 0.8, "number"),
                    Column(gettext_lazy("獎金"), 1.0, "money"), Column(gettext_lazy("最低分數"), 0.9),
                ),
                grades,
            ),
            "criteria": Table(
                (Column(gettext_lazy("評審項目"), 2.4), Column(gettext_lazy("權重"))), criteria
            ),
        },
        title=_("函請提報%(round)s研究報告") % {"round": round},
    )  # fmt: skip


# ── Adoption (L02) ──────────────────────────────────────────────────────────────────────────────────


def not_asked(paper: Any) -> str:
    return "" if paper.suggestions.exists() else _("尚未函詢採行情形。")


def asked(user: Any) -> QuerySet[Paper]:
    return seen(user).filter(pk__in=Suggestion.objects.values("paper"))


@letter(
    "research.papers.inquiry", gettext_lazy("採行情形函詢函"), Kind.LETTER, Paper, by=commission,
    unless=not_asked, among=asked,
)  # fmt: skip
def inquiry(paper: Paper) -> Content:
    """函詢 To the agencies that have not answered, with the suggestions and until when."""
    rows = paper.suggestions.select_related("addressee")
    open_ones = [one for one in rows if one.answered_on is None] or list(rows)
    columns = (Column(gettext_lazy("建議內容"), 3.0), Column(gettext_lazy("參辦機關"), 1.2))
    return Content(
        to=list(dict.fromkeys(one.addressee for one in open_ones)),
        copies=[paper.case.agency],
        say={
            "paper": paper, "due_on": max(one.due_on for one in open_ones),
            "rows": Table(columns, [(one.text, str(one.addressee)) for one in open_ones]),
        },
    )  # fmt: skip


@letter(
    "research.papers.adoption_table", gettext_lazy("建議事項採行表"), Kind.TABLE, Paper, by=commission,
    many=True, unless=not_asked, among=asked,
)  # fmt: skip
def adoption_table(papers: Sequence[Paper]) -> Content:
    """建議事項採行表 Every suggestion with what its agency made of it."""
    columns = (
        Column(gettext_lazy("題目"), 1.6), Column(gettext_lazy("建議內容"), 2.4),
        Column(gettext_lazy("參辦機關"), 1.0), Column(gettext_lazy("採行情形"), 1.0),
        Column(gettext_lazy("說明或理由"), 1.8), Column(gettext_lazy("完成或續報日"), 0.9),
    )  # fmt: skip
    found = Suggestion.objects.filter(paper__in=papers).select_related("paper__case", "addressee")
    rows = [
        (
            one.paper.case.title, one.text, str(one.addressee),
            str(one.get_answer_display()) if one.answer else _("尚未回復"), one.reason,
            one.done_on or one.promised_on or "",
        )
        for one in found.order_by("paper__case__number", "pk")
    ]  # fmt: skip
    return Content(say={"rows": Table(columns, rows), "number": len(rows)})
