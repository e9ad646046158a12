"""匯入 Applications as drafts; they are given out in the same columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import Subsidy

PLANS = Profile(
    title=gettext_lazy("研究經費補助案"),
    columns=(
        Column("year", ("年度", "Year"), parsing.whole, required=True, told=lambda one: one.year),
        Column("title", ("計畫名稱", "Title"), parsing.text, required=True),
        Column("agency", ("機關", "Agency"), cells.agency, required=True),
        Column("officer", ("申請人帳號", "Applicant's account"), cells.officer),
        Column("abstract", ("計畫摘要", "Abstract"), parsing.text, required=True),
        Column("method", ("研究方法", "Method"), parsing.text, required=True),
        Column("requested", ("申請金額", "Amount requested"), parsing.money, required=True),
    ),
    key=("year", "title", "agency"),
)
SAME = ("abstract", "method", "requested")


def keep_plan(actor: Any, values: Values) -> Subsidy:
    """Open a draft, or leave it alone when it is on record; a difference is refused."""
    found = (
        Subsidy.objects.filter(
            year=values["year"], case__title=values["title"], case__agency=values["agency"]
        )
        .select_related("case")
        .first()
    )
    if found is None:
        facts = {name: values[name] for name in ("year", *SAME)}
        return way.process.open(
            actor, title=values["title"], agency=values["agency"], officer=values["officer"], **facts
        )
    labels = {column.field: column.names[0] for column in PLANS.columns}
    for name in SAME:
        if getattr(found, name) != values[name]:
            sentence = _("%(number)s已登錄，這一欄不同；請在案件上更正。") % {"number": found.case.number}
            raise Refusal(sentence, labels[name], str(values[name]))
    return found


def seen_plans(user: Any) -> Iterable[Subsidy]:
    rows = Subsidy.objects.filter(way.process.sees.records(user)).select_related(
        "case__agency", "case__officer"
    )
    return rows.order_by("pk").iterator(chunk_size=500)


def may_import(user: Any) -> bool:
    """The commission and the contacts of the agencies, who apply for their colleagues."""
    return standing(user).has(*RDEC, Role.CONTROLLER)


IMPORTS = (
    Import(
        "subsidies", gettext_lazy("研究經費補助案"), PLANS, keep=keep_plan, may=may_import,
        records=seen_plans,
        example=("101", "雨水花園成效之研究", "水利局", "", "比較三處的滯洪成效。", "現地監測與訪談", "5000"),
    ),
)  # fmt: skip
