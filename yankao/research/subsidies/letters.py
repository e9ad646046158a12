"""研究經費補助的文書 Call, approval, rejection, list of grants, payment list, certificate (part K, L03)."""

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
from .models import KIND, Outcome, Subsidy
from .process import Stage, process, reviewing


def not_approved(subsidy: Any) -> str:
    return "" if subsidy.outcome == Outcome.APPROVED else _("公布核予補助的案件才寄送這份通知。")


def not_rejected(subsidy: Any) -> str:
    return "" if subsidy.outcome == Outcome.REJECTED else _("公布未核予補助的案件才寄送這份通知。")


def not_delivered(subsidy: Any) -> str:
    return "" if subsidy.case.stage == Stage.DELIVERED else _("已繳報告、尚未核銷的案件才列入付款。")


def seen(user: Any) -> QuerySet[Subsidy]:
    """The applications a person may know of, by number."""
    rows = Subsidy.objects.filter(process.sees.records(user)).select_related("case__agency", "case__officer")
    return rows.order_by("-year", "case__number")


def approved(user: Any) -> QuerySet[Subsidy]:
    return seen(user).filter(outcome=Outcome.APPROVED)


def rejected(user: Any) -> QuerySet[Subsidy]:
    return seen(user).filter(outcome=Outcome.REJECTED)


def delivered(user: Any) -> QuerySet[Subsidy]:
    return seen(user).filter(case__stage=Stage.DELIVERED)


@letter(
    "research.subsidies.approval", gettext_lazy("核予補助通知函"), Kind.LETTER, Subsidy, by=commission,
    unless=not_approved, among=approved,
)  # fmt: skip
def approval(subsidy: Subsidy) -> Content:
    return Content(
        to=[subsidy.case.agency],
        say={"subsidy": subsidy, "number": subsidy.case.number, "amount": subsidy.amount},
    )


@letter(
    "research.subsidies.rejection", gettext_lazy("未核予補助通知函"), Kind.LETTER, Subsidy, by=commission,
    unless=not_rejected, among=rejected,
)  # fmt: skip
def rejection(subsidy: Subsidy) -> Content:
    return Content(to=[subsidy.case.agency], say={"subsidy": subsidy, "number": subsidy.case.number})


@letter(
    "research.subsidies.payment", gettext_lazy("補助核銷清冊"), Kind.PAYMENT, Subsidy, by=commission,
    many=True,
    unless=not_delivered, among=delivered,
)  # fmt: skip
def payment(subsidies: Sequence[Subsidy]) -> Content:
    """One line a plan, in the order of their numbers."""
    rows = [
        (one.case.number, one.case.title, str(one.case.officer or ""), one.amount, "")
        for one in sorted(subsidies, key=lambda one: one.case.number)
    ]
    columns = (
        Column(gettext_lazy("案號"), 0.9), Column(gettext_lazy("計畫名稱"), 2.2),
        Column(gettext_lazy("受款人"), 0.8), Column(gettext_lazy("核定金額"), 0.9, "money"),
        Column(gettext_lazy("簽章"), 0.9, "sign"),
    )  # fmt: skip
    return Content(say={"rows": Table(columns, rows, total=True)}, amount=sum(s.amount for s in subsidies))


@letter(
    "research.subsidies.grant_list", gettext_lazy("核定補助名單"), Kind.TABLE, Subsidy, by=commission,
    many=True, unless=not_approved, among=approved,
)  # fmt: skip
def grant_list(subsidies: Sequence[Subsidy]) -> Content:
    """What was granted to whom, in exact 元."""
    rows = [
        (one.case.number, one.case.title, one.case.agency.name, str(one.case.officer or ""), one.amount)
        for one in sorted(subsidies, key=lambda one: one.case.number)
    ]
    columns = (
        Column(gettext_lazy("案號"), 0.9), Column(gettext_lazy("計畫名稱"), 2.2),
        Column(gettext_lazy("機關"), 1.2), Column(gettext_lazy("申請人"), 0.8),
        Column(gettext_lazy("核定金額"), 0.9, "money"),
    )  # fmt: skip
    return Content(say={"rows": Table(columns, rows, total=True), "number": len(rows)})


def not_settled(subsidy: Any) -> str:
    return "" if subsidy.case.stage == Stage.SETTLED else _("報告繳交並核銷結案後才發給證明書。")


def settled(user: Any) -> QuerySet[Subsidy]:
    return seen(user).filter(case__stage=Stage.SETTLED)


@letter(
    "research.subsidies.certificate", gettext_lazy("研究完成證明書"), Kind.CERTIFICATE, Subsidy,
    by=commission, unless=not_settled, among=settled,
)  # fmt: skip
def certificate(subsidy: Subsidy) -> Content:
    """That the study which was granted was carried out and its report handed in."""
    name = str(subsidy.case.officer or subsidy.case.agency)
    return Content(
        to=[To(name, personal=True)],
        say={"name": name, "agency": subsidy.case.agency.name, "subsidy": subsidy},
        vouches=[
            (gettext_lazy("研究計畫"), subsidy.case.title),
            (gettext_lazy("補助年度"), subsidy.year),
            (gettext_lazy("報告繳交日"), subsidy.delivered_on),
        ],
    )


def not_calling(round: Any) -> str:
    return "" if round.closes_on >= timezone.localdate() else _("本梯次已截止收件。")


@letter(
    "research.subsidies.call", gettext_lazy("徵件函"), Kind.LETTER, Round, by=commission,
    unless=not_calling,
    among=lambda user: Round.objects.filter(kind=KIND, closes_on__gte=timezone.localdate()),
)  # fmt: skip
def call(round: Round, *, contact: Annotated[str, Label(gettext_lazy("聯絡人及電話"))] = "") -> Content:
    """徵件函 To every first-level agency: the window, the criteria and the money there is."""
    criteria = [
        (str(one.label), f"{one.weight.normalize():f}%") for one in reviewing.criteria_on(round.opens_on)
    ]
    columns = (Column(gettext_lazy("評審項目"), 2.4), Column(gettext_lazy("權重")))
    return Content(
        to=list(first_level(timezone.localdate())),
        say={
            "round": round, "basis": rules.GUIDE, "contact": contact, "criteria": Table(columns, criteria),
            "amount": round.appropriation,
        },
        title=_("函請申請%(round)s") % {"round": round},
    )  # fmt: skip
