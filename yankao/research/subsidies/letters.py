"""研究經費補助的文書 Approval, rejection and the payment list of the grants (part K, L03)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import commission
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind

from .models import Outcome, Subsidy
from .process import Stage, process


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
