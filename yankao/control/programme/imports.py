"""列管資料匯入 Files this room takes in: items and monthly reports of the city, and programmes published
elsewhere.

No row is lost: it is kept, or comes back with its reason. A cell of a published programme that is no number
or date ("Exempt under Section …") is kept as text in the report's note and reported with its row, as are
broken characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.archive import Archive, at_noon
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import standing
from yankao.kernel.progress.cycles import first_of
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Accepted, Column, Problem, Profile, Refusal, Refused, Values

from . import process as way
from .models import LagCause, Level, Month, Programme, Project, month_text

PROFILES = Path(__file__).with_name("profiles")
CHUNK = 500
MILLION = Decimal(1_000_000)
LARGEST = Decimal("20000000")
"""The largest percentage a report can hold."""


def of_commission(user: Any) -> bool:
    """Whether the person holds a post of the commission."""
    return standing(user).has(*RDEC)


def of_owner(user: Any) -> bool:
    """Whether the person may report for some agency."""
    return of_commission(user) or standing(user).has(Role.OFFICER, Role.CONTROLLER)


# ── The city's own files ────────────────────────────────────────────────────────────────────────────


def _programme(given: str) -> Programme:
    found = (
        Programme.objects.filter(code=given.strip()).first()
        or Programme.objects.filter(name=given.strip()).first()
    )
    if found is None:
        raise Refusal(_("沒有「%(given)s」這個列管方案。") % {"given": given.strip()})
    return found


def _text(given: str) -> str:
    return parsing.text(given)


def _item_number(project: Project) -> str:
    return project.central_no or project.case.number


def _code(project: Project) -> str:
    return project.programme.code


PROJECTS = Profile(
    gettext_lazy("列管計畫"),
    (
        Column("central_no", ("中央案號", "案號", "Central number"), _text, required=True, told=_item_number),
        Column("title", ("計畫名稱", "案名", "Title"), _text, required=True),
        Column("programme", ("列管方案", "Programme"), _programme, required=True, told=_code),
        Column("agency", ("主辦機關", "機關", "Agency"), cells.agency, required=True),
        Column("year", ("年度", "Year"), parsing.whole, required=True),
        Column("budget", ("總經費", "經費", "Budget"), parsing.money, required=True),
        Column(
            "level",
            ("管制級別", "Level"),
            parsing.among(Level),
            default=Level.CITY,
        ),
        Column("source", ("列管依據", "Basis"), _text, default=""),
        Column("officer", ("承辦人帳號", "Officer"), cells.officer),
        Column("opened_on", ("選列日", "Opened"), parsing.day),
    ),
    key=("central_no", "programme"),
)


def keep_project(actor: Any, values: Values) -> None:
    """One item, opened as at the desk; an item already there under its central number is left alone and
    said so.
    """
    facts = {name: value for name, value in values.items() if name != "notes"}
    named = Q(central_no=facts["central_no"]) | Q(central_no="", case__number=facts["central_no"])
    if Project.objects.filter(named, programme=facts["programme"]).exists():
        values["notes"] = [_("「%s」已在列管中，未再新增。") % facts["central_no"]]
        return
    if facts["budget"] < 0:
        raise Refusal(_("總經費不可為負。"))
    way.process.open(actor, **facts)


def _month(given: str) -> date:
    """101-06, 101年6月, 2012-06 or any day of the month."""
    found = re.fullmatch(r"\s*(\d{2,4})\s*[-/年.]\s*(\d{1,2})\s*月?\s*", given)
    if not found:
        return first_of(parsing.day(given))
    year, month = int(found[1]), int(found[2])
    if not 1 <= month <= 12:
        raise Refusal(_("「%(given)s」不是月份，請寫成101-06或2012-06。") % {"given": given.strip()})
    return date(year if year > 1911 else year + 1911, month, 1)


def _case_number(month: Month) -> str:
    return month.project.case.number


def _written_month(month: Month) -> str:
    return f"{month.month:%Y-%m}"


MONTHS = Profile(
    gettext_lazy("月報"),
    (
        Column("number", ("案號", "中央案號", "Number"), _text, required=True, told=_case_number),
        Column("month", ("月份", "Month"), _month, required=True, told=_written_month),
        Column("actual", ("實際累計進度", "實際進度", "Actual"), parsing.percent, required=True),
        Column("allotted", ("累計分配數", "Allotted"), parsing.money, required=True),
        Column("paid", ("實支數", "Paid"), parsing.money, required=True),
        Column("payable", ("應付數", "Payable"), parsing.money, default=Decimal(0)),
        Column("prepaid", ("預付數", "Prepaid"), parsing.money, default=Decimal(0)),
        Column("reserved", ("保留數", "Reserved"), parsing.money, default=Decimal(0)),
        Column("surplus", ("節餘數", "Surplus"), parsing.money, default=Decimal(0)),
        Column("note", ("執行情形", "Note"), _text, default=""),
        Column("cause", ("落後原因", "Cause"), parsing.among(LagCause)),
        Column("reason", ("落後說明", "Reason"), _text, default=""),
        Column("measure", ("改善措施", "Measure"), _text, default=""),
        Column("recover_on", ("預定趕上日", "Recovery"), parsing.day),
    ),
    key=("number", "month"),
)


def keep_month(actor: Any, values: Values) -> None:
    """One monthly report, submitted as at the desk by the same rule; the same report a second time changes
    nothing.
    """
    facts = {name: value for name, value in values.items() if name != "notes"}
    number, first = facts.pop("number"), facts.pop("month")
    found = Project.objects.select_related("case", "programme")
    project = found.filter(case__number=number).first() or found.filter(central_no=number).first()
    if project is None:
        raise Refusal(_("沒有「%s」這個列管案。") % number, "number", number)
    month = project.months.filter(month=first).first()
    if month is None:
        raise Refusal(_("%s的月報尚未開放填報。") % month_text(first), "month", str(first))
    if month.submitted_at is not None:
        if all((getattr(month, name) or None) == (value or None) for name, value in facts.items()):
            values["notes"] = [_("%s的月報先前已送出，內容相同。") % month_text(first)]
            return
        raise Refusal(_("%s的月報已經送出，更正請退回或勘誤。") % month_text(first), "month", str(first))
    way.submit_month(project, actor, month=month, **facts)


# ── Programmes published elsewhere ──────────────────────────────────────────────────────────────────

_BROKEN = re.compile("[\x80-\x9f�Łł]")
_WITHHELD = re.compile(r"\W*(data )?(is )?exempt|withheld", re.IGNORECASE)
_PLAIN = re.compile(r"[-+−]?\d[\d,]*(\.\d+)?|[-+−]?\.\d+")


class Reader:
    """Reads the cells of one published row; what cannot be read is told and kept as text."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.told: list[str] = []
        self.kept: list[str] = []
        for name, text in values.items():
            if isinstance(text, str) and _WITHHELD.match(text):
                self.told.append(
                    _("「%(field)s」未公布，照原文保存：%(text)s")
                    % {"field": name, "text": " ".join(text.split())[:80]}
                )
        if any(_BROKEN.search(str(text)) for text in values.values() if isinstance(text, str)):
            self.told.append(_("有編碼毀損的字元，照原樣保存。"))

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "").strip()

    def _read[T](self, name: str, read: Callable[[str], T]) -> T | None:
        given = self.text(name)
        if not given:
            return None
        try:
            return read(given)
        except (ValueError, InvalidOperation):
            words = " ".join(given.split())[:300]
            self.kept.append(f"{name}: {words}")
            if not _WITHHELD.match(given):
                self.told.append(
                    _("「%(field)s」不是數字或日期，照原文保存：%(text)s")
                    % {"field": name, "text": words[:80]}
                )
            return None

    def number(self, name: str, scale: Decimal = Decimal(1)) -> Decimal | None:
        """An amount such as 450.37, £1.90m or 2,013.02, times `scale`, to whole units half up."""
        return self._read(name, lambda text: (_number(text) * scale).quantize(Decimal(1), ROUND_HALF_UP))

    def percent(self, name: str, shares: bool = True) -> Decimal | None:
        """A plain percentage, 12.5% or, where `shares`, 0.125 as a spreadsheet keeps it; to two decimals,
        half up.
        """

        def read(text: str) -> Decimal:
            marked = text.rstrip().endswith("%")
            value = _number(text.rstrip().removesuffix("%"))
            if not marked and shares:
                value *= 100
            if abs(value) > LARGEST:
                raise ValueError(text)
            return value.quantize(Decimal("0.01"), ROUND_HALF_UP)

        return self._read(name, read)

    def whole(self, name: str) -> int | None:
        return self._read(name, lambda text: int(_number(text)))

    def day(self, name: str) -> date | None:
        return self._read(name, _day)


def _number(text: str) -> Decimal:
    body = re.sub(r"^([-+−(]?)[£ŁÂ�\x9c$]+", r"\1", text.strip())
    body = re.sub(r"\s*m(illion)?$", "", body, flags=re.IGNORECASE).replace(" ", "")
    if not _PLAIN.fullmatch(body):
        raise ValueError(text)
    return Decimal(body.replace(",", "").replace("−", "-"))


def _day(text: str) -> date:
    body = text.removesuffix("T00:00:00Z")
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(body, form).date()  # noqa: DTZ007  (a day, not a moment)
        except ValueError:
            continue
    raise ValueError(text)


class Published:
    """Takes rows of a programme published elsewhere into the archive: one item and one report a row."""

    def __init__(self, actor: Any, programme: Programme, agency_prefix: str) -> None:
        self.actor, self.programme, self.prefix = actor, programme, agency_prefix
        self.known = set(Project.objects.filter(programme=programme).values_list("central_no", flat=True))
        self.agencies = {a.code: a for a in Agency.objects.filter(code__startswith=f"{agency_prefix}-")}
        self.archive: Archive[Project] = Archive(way.process)

    def agency(self, name: str, code: str = "") -> Agency:
        """The publishing body; one not yet known is added under a code of its own."""
        mark = f"{self.prefix}-{code or re.sub(r'[^A-Za-z0-9]+', '', name)}"[:20]
        if mark not in self.agencies:
            self.agencies[mark], _made = Agency.objects.get_or_create(
                code=mark, defaults={"name": name[:80], "name_en": name[:120]}
            )
        return self.agencies[mark]

    def take(
        self,
        reader: Reader,
        *,
        key: str,
        title: str,
        agency: Agency,
        on: date,
        month: date,
        budget: Decimal | None,
        facts: dict[str, Any],
        report: dict[str, Any],
        reason: str = "",
    ) -> None:
        """Open, take over, open the month, keep what was published, and submit it unless it owes an
        explanation.
        """
        notes = reader.told
        if key in self.known:
            notes.append(_("先前已匯入，未再新增。"))
        else:
            self.known.add(key)
            if len(title) > 200:
                reader.kept.append(f"title: {title}")
            if budget is None or budget < 0:
                notes.append(_("未公布總經費，以零列計。"))
                budget = Decimal(0)
            self._play(reader, key, title[:200], agency, on, month, budget, facts, report, reason)
        reader.values["notes"] = notes

    def _play(
        self,
        reader: Reader,
        key: str,
        title: str,
        agency: Agency,
        on: date,
        month: date,
        budget: Decimal,
        facts: dict[str, Any],
        report: dict[str, Any],
        reason: str,
    ) -> None:
        play, by, at = self.archive.move, self.actor, at_noon(on)
        record = self.archive.open(
            title=title,
            agency=agency,
            on=at,
            actor=by,
            programme=self.programme,
            year=self.programme.year,
            central_no=key,
            budget=budget,
            **facts,
        )
        play(record, way.take_over, by, at, started_on=on, origin=self.programme.name)
        step = play(record, way.open_month, by, at, month=month)
        row = next(one for one in step.added if isinstance(one, Month))
        cause = LagCause.OTHER if reason else None
        note = "\n".join(reader.kept)
        play(record, way.save_month, by, at, month=row, cause=cause, reason=reason, note=note, **report)
        if way.explanation_faults(row):
            reader.told.append(_("差異超過門檻而沒有說明，存為待填報。"))
        else:
            play(record, way.send_month, by, at, month=row)


def _refused(row: Accepted, sentence: str) -> Refused:
    return Refused(row.number, row.cells, (Problem(row.number, "", "", sentence),))


def _each(rows: list[Accepted], taken: Published, take: Callable[[Values], None]) -> list[Refused]:
    """Every row through `take`; the archive is written at the end, and rows that broke a rule come back."""
    back = []
    for row in rows:
        try:
            take(row.values)
        except ValidationError as error:
            back.append(_refused(row, " ".join(error.messages)))
    taken.archive.write()
    return back


def _gmpp(year: int) -> dict[str, str]:
    """Field → header of one edition."""
    editions: dict[str, dict[str, str]] = json.loads((PROFILES / "uk_gmpp.json").read_text())["editions"]
    return editions[str(year)]


def gmpp_profile(year: int) -> Profile:
    """How an edition of the UK portfolio is read: every cell as text, judged afterwards."""
    columns = [
        Column(field, (header,), str, required=field in ("title", "department"), default="")
        for field, header in _gmpp(year).items()
    ]
    return Profile(f"UK GMPP {year}", tuple(columns), key=("title",), refuse_damaged=False)


def keep_gmpp(year: int, actor: Any, rows: list[Accepted]) -> list[Refused]:
    """One edition: the year's variance beyond 5 % either way owes a narrative."""
    programme, _made = Programme.objects.get_or_create(
        code=f"gmpp-{year}",
        defaults={
            "name": f"英國政府重大計畫{year}年版",
            "name_en": f"UK Government Major Projects Portfolio {year}",
            "year": year - 1911,
            "coordinator": "Infrastructure and Projects Authority",
            "cycle": Programme.Cycle.YEAR,
            "currency": "GBP",
            "explains_variance": True,
            "starts_on": date(year, 1, 1),
            "ends_on": date(year, 12, 31),
        },
    )
    taken = Published(actor, programme, "GMPP")

    def take(values: Values) -> None:
        cell = Reader(values)
        narrative = cell.text("narrative")
        for name in ("description", "commentary", "schedule", "whole_life_narrative"):
            if words := cell.text(name):
                cell.kept.append(f"{name}: {words}")
        starts, ends = cell.day("starts"), cell.day("ends")
        taken.take(
            cell,
            key=_key(year, cell.text("title")),
            title=" ".join(cell.text("title").split()),
            agency=taken.agency(cell.text("department")),
            on=date(year, 4, 1),
            month=date(year, 3, 1),
            budget=cell.number("whole_life", MILLION),
            facts={
                "published_rating": cell.text("rating")[:40],
                "published_from": starts,
                "planned_to": ends,
            },
            report={
                "baseline": cell.number("baseline", MILLION),
                "forecast": cell.number("forecast", MILLION),
                "variance": cell.percent("variance"),
            },
            reason=narrative,
        )

    return _each(rows, taken, take)


def _key(year: int, title: str) -> str:
    """A short stable key of a project that has no number: the year and a digest of its name."""
    from hashlib import sha256  # noqa: PLC0415

    return f"{year}-{sha256(title.encode()).hexdigest()[:16]}"


US = {
    "key": "Project ID",
    "title": "Project Name",
    "investment": "Investment Title",
    "agency": "Agency Name",
    "agency_code": "Agency Code",
    "description": "Project Description",
    "starts": "Start Date",
    "planned_to": "Planned Project Completion Date (B2)",
    "expected_to": "Projected/Actual Project Completion Date (B2)",
    "life": "Lifecycle Cost",
    "schedule_days": "Schedule Variance (in days)",
    "schedule": "Schedule Variance (%)",
    "variance": "Cost Variance (%)",
    "baseline": "Planned Cost ($ M)",
    "forecast": "Projected/Actual Cost ($ M)",
    "updated": "Updated Date",
}
US_PROFILE = Profile(
    "US IT Dashboard",
    tuple(
        Column(field, (header,), str, required=field in ("key", "agency"), default="")
        for field, header in US.items()
    ),
    key=("key",),
    refuse_damaged=False,
)


def keep_us(actor: Any, rows: list[Accepted]) -> list[Refused]:
    """US federal IT projects: published variances stand beside the computed ones; no narrative was asked
    there.
    """
    programme, _made = Programme.objects.get_or_create(
        code="us-it-dashboard",
        defaults={
            "name": "美國聯邦資訊計畫",
            "name_en": "US IT Dashboard",
            "year": 101,
            "cycle": Programme.Cycle.YEAR,
            "coordinator": "Office of Management and Budget",
            "currency": "USD",
            "variance_from": Programme.VarianceFrom.FORECAST,
            "starts_on": date(2011, 1, 1),
            "ends_on": date(2013, 12, 31),
        },
    )
    taken = Published(actor, programme, "USIT")

    def take(values: Values) -> None:
        cell = Reader(values)
        updated = cell._read("updated", lambda text: _day(text[:10])) or date(2012, 8, 31)
        if words := cell.text("description"):
            cell.kept.append(f"description: {words}")
        taken.take(
            cell,
            key=cell.text("key"),
            title=cell.text("title") or cell.text("investment"),
            agency=taken.agency(cell.text("agency"), cell.text("agency_code")),
            on=updated,
            month=first_of(updated),
            budget=cell.number("life", MILLION),
            facts={
                "source": cell.text("investment")[:120],
                "published_from": cell.day("starts"),
                "planned_to": cell.day("planned_to"),
                "expected_to": cell.day("expected_to"),
            },
            report={
                "baseline": cell.number("baseline", MILLION),
                "forecast": cell.number("forecast", MILLION),
                "variance": cell.percent("variance", shares=False),
                "schedule_days": cell.whole("schedule_days"),
                "schedule_variance": cell.percent("schedule", shares=False),
            },
        )

    return _each(rows, taken, take)


EDITIONS = range(2014, 2022)


def projects(user: Any) -> Iterator[Project]:
    """The items this person sees."""
    seen = Project.objects.filter(case__in=Case.objects.filter(way.process.visible(user)))
    found = seen.select_related("case__agency", "case__officer", "programme").order_by("pk")
    return found.iterator(chunk_size=CHUNK)


def months(user: Any) -> Iterator[Month]:
    """The reports handed in that this person sees; those published elsewhere without amounts are not ours."""
    seen = Month.objects.filter(project__case__in=Case.objects.filter(way.process.visible(user)))
    whole = Q(actual__isnull=False, allotted__isnull=False, paid__isnull=False)
    found = seen.filter(whole, submitted_at__isnull=False).select_related("project__case")
    return found.order_by("month", "pk").iterator(chunk_size=CHUNK)


IMPORTS = (
    Import(
        "projects",
        gettext_lazy("列管計畫"),
        PROJECTS,
        keep=keep_project,
        may=of_commission,
        records=projects,
        example=(
            "MK-0001",
            "那瑪夏區道路復建工程",
            "morakot",
            "工務局",
            "98",
            "12,000,000",
            "市列管",
            "",
            "",
            "99/1/15",
        ),
    ),
    Import(
        "months",
        gettext_lazy("月報"),
        MONTHS,
        keep=keep_month,
        may=of_owner,
        records=months,
        example=(
            "控101-0001",
            "101-06",
            "45.20",
            "12,000,000",
            "11,500,000",
            "0",
            "0",
            "0",
            "0",
            "依計畫辦理",
            "",
            "",
            "",
            "",
        ),
    ),
    *(
        Import(
            f"uk-gmpp-{year}",
            f"UK GMPP {year}",
            gmpp_profile(year),
            keep_all=partial(keep_gmpp, year),
            may=of_commission,
        )
        for year in EDITIONS
    ),
    Import("us-it-dashboard", "US IT Dashboard", US_PROFILE, keep_all=keep_us, may=of_commission),
)
