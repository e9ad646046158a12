"""匯入 Reports as drafts and the list of reviewers; both are given out in the same columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.standing import standing
from yankao.kernel.review import drafts
from yankao.kernel.review.models import Reviewer
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Values

from .models import Category
from .process import process

PAPERS = Profile(
    title=gettext_lazy("自行研究報告"),
    columns=(
        Column("year", ("年度", "Year"), parsing.whole, required=True, told=lambda one: one.year),
        Column("title", ("題目", "Title"), parsing.text, required=True),
        Column("agency", ("機關", "Agency"), cells.agency, required=True),
        Column("officer", ("作者帳號", "Author's account"), cells.officer),
        Column("category", ("研究類別", "Category"), parsing.among(Category), required=True),
        Column("abstract", ("摘要", "Abstract"), parsing.text, required=True),
        Column("abstract_en", ("英文摘要", "English abstract"), parsing.text, default=""),
    ),
    key=("year", "title", "agency"),
)


def commission(user: Any) -> bool:
    return standing(user).has(*RDEC)


REVIEWERS = Profile(
    title=gettext_lazy("審查人員"),
    columns=(
        Column("name", ("姓名", "Name"), parsing.text, required=True),
        Column("employer", ("服務單位", "Place of work"), parsing.text, default=""),
        Column("agency", ("服務機關", "Agency"), cells.agency),
        Column("user", ("帳號", "Account"), cells.officer),
        Column("expertise", ("專長", "Expertise"), parsing.text, default=""),
        Column("valid_from", ("起聘日", "Term from"), parsing.day, required=True),
        Column("valid_to", ("迄日", "Term to"), parsing.day),
    ),
    key=("name", "employer", "valid_from"),
)


def keep_reviewer(actor: Any, values: Values) -> Reviewer:
    """A reviewer's term, by name, place of work and first day; the rest is brought up to the row."""
    known = {name: values[name] for name in ("name", "employer", "valid_from")}
    found = Reviewer.objects.filter(**known).first() or Reviewer(**known)
    told = {name: values[name] for name in ("agency", "user", "expertise", "valid_to")}
    if found.pk and all(getattr(found, name) == value for name, value in told.items()):
        return found
    for name, value in told.items():
        setattr(found, name, value)
    found.full_clean()
    found.save()
    ledger.note("review.reviewer", f"reviewer:{found.pk}", actor, name=found.name)
    return found


def seen_reviewers(user: Any) -> Iterable[Reviewer]:
    """For those who conduct reviews alone: who may judge tells a little of who does."""
    if not commission(user):
        return Reviewer.objects.none()
    return Reviewer.objects.select_related("agency", "user").order_by("name", "pk").iterator(chunk_size=500)


IMPORTS = (
    Import(
        "papers", gettext_lazy("自行研究報告"), PAPERS,
        keep=drafts.keeps(process, PAPERS, ("category", "abstract", "abstract_en")), may=drafts.may_import,
        records=drafts.seen(process),
        example=("101", "雨水下水道維護管理之研究", "水利局", "", "工程建設", "建立汰換優先順序。", ""),
    ),
    Import(
        "reviewers", gettext_lazy("審查人員"), REVIEWERS, keep=keep_reviewer, may=commission,
        records=seen_reviewers,
        example=("林教授", "國立大學公共事務研究所", "", "", "公共管理、統計", "101/1/1", ""),
    ),
)  # fmt: skip
