"""先期作業匯入 The cost form as agencies keep it in a spreadsheet: one row a year, a column for each source.

Rows of one plan number belong to one proposal; facts of the proposal stand on its first row and may be left
empty on the others. What does not sum in exact 元 comes back with the difference; a plan taken in twice
changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.duties import RDEC, prefixed
from yankao.kernel.casework.process import Refused as MoveRefused
from yankao.kernel.intake import Import
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import YearRow, year_rows
from yankao.kernel.people import cells
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Accepted, Column, Problem, Profile, Refusal, Refused, Values

from . import process as way
from .models import Answer, Checked, Kind, Proposal, Question

CHUNK = 200


@dataclass(frozen=True)
class Row:
    """A row to be written: a proposal and one year of its cost sheet; facts stand on the first."""

    proposal: Proposal
    year: YearRow
    first: bool


def _degrees(given: str) -> Decimal:
    value = parsing.decimal(given)
    if value != round(value, 6):
        raise Refusal(_("經緯度最多六位小數。"))
    return value


def _fact(name: str) -> Callable[[Row], Any]:
    def told(row: Row) -> Any:
        if not row.first:
            return ""
        label = getattr(row.proposal, f"get_{name}_display", None)
        value = getattr(row.proposal, name)
        if isinstance(value, bool):
            return _("是") if value else _("否")
        return str(label()) if label else "" if value is None else value

    return told


def _docket(name: str) -> Callable[[Row], Any]:
    def told(row: Row) -> Any:
        value = getattr(row.proposal.case, name)
        return "" if value is None or not row.first else cells.written(value)

    return told


def number_of(proposal: Proposal) -> str:
    """The agency's number of the plan, or that of the case where it has none."""
    return proposal.plan_no or proposal.case.number


ONCE: tuple[tuple[Column, bool], ...] = (
    (Column("title", ("計畫名稱", "Title"), parsing.text, told=_docket("title")), True),
    (Column("agency", ("主辦機關", "Agency"), cells.agency, told=_docket("agency")), True),
    (Column("officer", ("承辦人帳號", "Officer"), cells.officer, told=_docket("officer")), False),
    (Column("district", ("行政區", "District"), cells.district, told=_docket("district")), False),
    (Column("opened_on", ("立案日", "Opened on"), parsing.day,
            told=lambda row: row.proposal.case.opened_on if row.first else ""), False),
    (Column("kind", ("計畫類別", "Kind"), parsing.among(Kind), told=_fact("kind")), True),
    (Column("central", ("提送中央", "For the centre"), parsing.yes, told=_fact("central")), False),
    (Column("continuing", ("延續性計畫", "Continuing"), parsing.yes, told=_fact("continuing")), False),
    (Column("purpose", ("計畫目標與內容", "Purpose"), parsing.text, told=_fact("purpose")), True),
    (Column("mandate", ("交辦文號", "Mandate"), parsing.text, told=_fact("mandate")), False),
    (Column("place", ("實施地點", "Place"), parsing.text, told=_fact("place")), False),
    (Column("longitude", ("經度", "Longitude"), _degrees, told=_fact("longitude")), False),
    (Column("latitude", ("緯度", "Latitude"), _degrees, told=_fact("latitude")), False),
    (Column("goal", ("連結之施政目標", "Goal"), parsing.text, told=_fact("goal")), False),
    (Column("benefits", ("預期效益", "Benefits"), parsing.text, told=_fact("benefits")), False),
    (Column("risks", ("風險與因應", "Risks"), parsing.text, told=_fact("risks")), False),
    (Column("recurrent", ("每年營運維護經費", "Recurrent cost"), parsing.money, told=_fact("recurrent")),
     False),
    (Column("self_liquidating", ("自償率", "Self-liquidating ratio"), parsing.percent,
            told=_fact("self_liquidating")), False),
    (Column("agency_rank", ("機關排序", "Agency rank"), parsing.whole, told=_fact("agency_rank")), False),
    (Column("total", ("總經費", "Total"), parsing.money, told=_fact("total")), True),
)  # fmt: skip
"""Columns that stand once a proposal, and whether its first row must have them."""

SOURCES = {
    Source.CITY_GENERAL: ("市公務預算", "City budget"),
    Source.CENTRAL_GENERAL_GRANT: ("一般性補助款", "General grant"),
    Source.CITY_FUND: ("基金或附屬單位預算", "Funds"),
    Source.CENTRAL_GENERAL: ("中央公務預算", "Central budget"),
    Source.CENTRAL_SPECIAL: ("中央特別預算", "Central special budget"),
    Source.PRIVATE: ("民間投資", "Private investment"),
    Source.OTHER: ("其他來源", "Other sources"),
}


def _given_by(source: Source) -> Callable[[Row], Decimal]:
    return lambda row: row.year.given()[source]


PROFILE = Profile(
    title=gettext_lazy("先期作業計畫及分年經費"),
    columns=(
        Column("plan_no", ("機關計畫編號", "Plan no."), parsing.text, required=True,
               told=lambda row: number_of(row.proposal)),
        Column("year", ("計畫年度", "Plan year"), parsing.whole, required=True,
               told=lambda row: row.proposal.year),
        *(column for column, _needed in ONCE),
        Column("of", ("經費年度", "Cost year"), parsing.whole, required=True, told=lambda row: row.year.year),
        *(
            Column(source.value, SOURCES[source], parsing.money, default=Decimal(0), told=_given_by(source))
            for source in Source
        ),
        Column("sum", ("年度合計", "Year total"), parsing.money, required=True,
               told=lambda row: row.year.total),
    ),
    key=("plan_no", "year", "of"),
)  # fmt: skip

DESCRIBED = ("goal", "benefits", "risks", "recurrent", "self_liquidating")
OPENED = ("kind", "central", "continuing", "purpose", "mandate", "place", "longitude", "latitude")


def keep_all(actor: Any, rows: list[Accepted]) -> list[Refused]:
    """Every proposal from its rows, all of them or none; those of a refused proposal come back together."""
    plans: dict[tuple[str, int], list[Accepted]] = defaultdict(list)
    for row in rows:
        plans[row.values["plan_no"], row.values["year"]].append(row)
    back: list[Refused] = []
    for mine in plans.values():
        try:
            with transaction.atomic():
                _keep(actor, mine)
        except Refusal as refusal:
            back += _sent_back(mine, refusal.sentence, refusal.column)
        except MoveRefused as refused:
            back += _sent_back(mine, str(refused))
        except ValidationError as error:
            back += _sent_back(mine, " ".join(error.messages))
    return back


def _sent_back(rows: list[Accepted], sentence: str, column: str = "") -> list[Refused]:
    return [Refused(row.number, row.cells, (Problem(row.number, column, "", sentence),)) for row in rows]


def _facts(rows: list[Accepted]) -> Values:
    """The facts of a proposal from whichever row has them; two rows must not say different things."""
    found: Values = {}
    for column, needed in ONCE:
        told = [row.values[column.field] for row in rows if row.values[column.field] is not None]
        if any(one != told[0] for one in told[1:]):
            raise Refusal(_("同一計畫各列的「%s」不同。") % column.names[0], column.names[0])
        if needed and not told:
            raise Refusal(_("計畫的第一列須填「%s」。") % column.names[0], column.names[0])
        found[column.field] = told[0] if told else None
    return found


def _years(rows: list[Accepted]) -> list[YearRow]:
    return [
        YearRow(row.values["of"], row.values["sum"], **{s.value: row.values[s.value] for s in Source})
        for row in rows
    ]


def _keep(actor: Any, rows: list[Accepted]) -> None:
    facts, years = _facts(rows), _years(rows)
    plan_no, year = rows[0].values["plan_no"], rows[0].values["year"]
    named = Q(plan_no=plan_no) | Q(plan_no="", case__number=plan_no)
    known = Proposal.objects.filter(named, year=year).select_related("case").first()
    if known is not None:
        _same(known, facts, years)
        rows[0].values["notes"] = [_("「%s」已登錄，內容相同，未再新增。") % plan_no]
        return
    proposal = way.process.open(
        actor,
        title=facts["title"],
        agency=facts["agency"],
        officer=facts["officer"],
        district=facts["district"],
        opened_on=facts["opened_on"],
        year=year,
        plan_no=plan_no,
        **{name: facts[name] for name in OPENED if facts[name] is not None},
    )
    described = {name: facts[name] for name in DESCRIBED if facts[name] is not None}
    if described:
        way.describe.run(proposal, actor, {"benefits": "", **described})
    way.state_cost(proposal, actor, total=facts["total"], years=years)
    if facts["agency_rank"] is not None:
        way.rank_in_agency(proposal, actor, agency_rank=facts["agency_rank"])


def _same(known: Proposal, facts: Values, years: list[YearRow]) -> None:
    """Refuse a row that differs from what is on record, naming the column; some years of it may do."""
    for column, _needed in ONCE:
        name, given = column.field, facts[column.field]
        kept = getattr(known if hasattr(known, name) else known.case, name)
        if given is not None and given != kept:
            raise Refusal(
                _("「%(number)s」已登錄，「%(column)s」現為「%(kept)s」；不同者請在案件上更正。")
                % {"number": known.case.number, "column": column.names[0], "kept": kept},
                column.names[0],
            )
    on_file = {row.year: row for row in year_rows(known.costs.standing())}
    if any(on_file.get(row.year) != row for row in years):
        raise Refusal(_("「%s」已登錄，分年經費不同；請在案件上重新填報。") % known.case.number)


def may_import(user: Any) -> bool:
    """Those who may open a proposal for some agency."""
    return standing(user).has(*RDEC, Role.OFFICER, Role.CONTROLLER)


def on_record(user: Any) -> Iterator[Row]:
    """The proposals this person sees with their cost sheets in force; those withdrawn have no word here."""
    seen = Proposal.objects.filter(case__in=Case.objects.filter(way.process.visible(user)))
    found = (
        seen.filter(withdrawn_on=None, total__isnull=False)
        .select_related("case__agency", "case__officer", "case__district")
        .prefetch_related("costs")
        .order_by("pk")
    )
    for proposal in found.iterator(chunk_size=CHUNK):
        lines = [line for line in proposal.costs.all() if line.until is None]
        for place, year in enumerate(year_rows(lines)):
            yield Row(proposal, year, place == 0)


# ── The form check ──────────────────────────────────────────────────────────────────────────────────

ANSWERS = Profile(
    title=gettext_lazy("形式審查填答"),
    columns=(
        Column("plan_no", ("機關計畫編號", "Plan no."), parsing.text, required=True,
               told=lambda row: number_of(row.proposal)),
        Column("year", ("計畫年度", "Plan year"), parsing.whole, required=True,
               told=lambda row: row.proposal.year),
        Column("question", ("項目", "Question"), parsing.among(Question), required=True,
               told=lambda row: str(row.get_question_display())),
        Column("answer", ("填答", "Answer"), parsing.among(Answer), required=True,
               told=lambda row: str(row.get_answer_display())),
        Column("note", ("說明", "Note"), parsing.text, required=True),
    ),
    key=("plan_no", "year", "question"),
)  # fmt: skip


def keep_answer(actor: Any, values: Values) -> None:
    """What the agency says to one question; the same answer again changes nothing, another is a new one."""
    plan_no = values["plan_no"]
    named = Q(plan_no=plan_no) | Q(plan_no="", case__number=plan_no)
    proposal = Proposal.objects.filter(named, year=values["year"]).select_related("case").first()
    if proposal is None:
        raise Refusal(_("沒有這個計畫編號，請先匯入計畫。"), "機關計畫編號")
    latest = proposal.answers.filter(question=values["question"]).order_by("-pk").first()
    if latest is not None and (latest.answer, latest.note) == (values["answer"], values["note"]):
        return
    reply = way.Reply(Question(values["question"]), Answer(values["answer"]), values["note"])
    way.answer_form(proposal, actor, replies=[reply])


def answers_on_record(user: Any) -> Iterator[Checked]:
    """The newest answer to each question of the proposals this person sees."""
    seen = Proposal.objects.filter(prefixed(way.process.visible(user), "case__"), withdrawn_on=None)
    newest = Checked.objects.filter(proposal__in=seen).order_by().values("proposal", "question")
    rows = Checked.objects.filter(pk__in=newest.annotate(last=Max("pk")).values("last"))
    yield from rows.select_related("proposal__case").order_by("proposal", "pk").iterator(chunk_size=CHUNK)


IMPORTS = (
    Import(
        "proposals",
        gettext_lazy("先期作業計畫及分年經費"),
        PROFILE,
        keep_all=keep_all,
        may=may_import,
        records=on_record,
        example=(
            "WR-001", "116", "鹽埕區雨水下水道系統工程", "水利局", "", "鹽埕區", "", "公共建設計畫", "否",
            "否", "降低淹水風險", "", "七賢三路", "120.2840", "22.6240", "宜居城市", "減少淹水面積5公頃", "",
            "500000", "", "1", "80,000,000",
            "116", "60,000,000", "0", "0", "20,000,000", "0", "0", "0", "80,000,000",
        ),
    ),
    Import(
        "answers",
        ANSWERS.title,
        ANSWERS,
        keep=keep_answer,
        may=may_import,
        records=answers_on_record,
        example=("WR-001", "116", "用地取得", "已具備", "均為市有地"),
    ),
)  # fmt: skip
