"""匯入 Applications as drafts; they are given out in the same columns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.review import drafts
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile

from .process import process

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

IMPORTS = (
    Import(
        "subsidies", gettext_lazy("研究經費補助案"), PLANS,
        keep=drafts.keeps(process, PLANS, ("abstract", "method", "requested")), may=drafts.may_import,
        records=drafts.seen(process),
        example=("101", "雨水花園成效之研究", "水利局", "", "比較三處的滯洪成效。", "現地監測與訪談", "5000"),
    ),
)  # fmt: skip
