"""標示通報的檔案 Reports of wrong signs from a file: what it gives out comes back without loss.

A report on record already is left alone; one that differs comes back with the column that differs. Its
photographs are named by their SHA-256 and lie in the store of files already; the petition it is, by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.docket import Case, Link
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused as MoveRefused
from yankao.kernel.casework.process import visible
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.agencies import commission
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import Fault, SignReport
from .public import petition_of

DATES = ("opened_on", "checked_on", "assigned_on", "fixed_on", "closed_on")
"""In the order in which they come."""
TEXTS = ("number", "title", "place", "wording", "suggestion", "details", "approved_name", "code")


def _sound(values: Values) -> Iterable[tuple[str, str]]:
    for part in TEXTS:
        holder: Any = Case if part in ("number", "title") else SignReport
        most = holder._meta.get_field(part).max_length
        if len(values[part]) > most:
            yield part, _("最多%s字。") % most
    today, last = timezone.localdate(), values["opened_on"]
    for part in DATES:
        day = values[part]
        if day and day > today:
            yield part, _("日期不能晚於今天。")
        elif day and day < last:
            yield part, _("日期順序不合。")
        last = day or last
    if bool(values["keeper"]) != bool(values["assigned_on"]):
        yield "keeper", _("標示管理機關與交辦日應同時填寫。")
    if values["assigned_on"] and not values["approved_name"]:
        yield "approved_name", _("已交辦者須有應有的英文。")
    if values["fixed_on"] and not (values["assigned_on"] and values["answer"]):
        yield "fixed_on", _("已改善者須有交辦日及處理情形。")
    if values["dismissed"] and (values["assigned_on"] or not values["answer"]):
        yield "dismissed", _("不成立者不會交辦，並須有處理情形。")
    if values["dismissed"] and not (values["checked_on"] == values["closed_on"] is not None):
        yield "dismissed", _("不成立者，查證日即結案日。")
    if values["closed_on"] and not (values["fixed_on"] or values["dismissed"]):
        yield "closed_on", _("已結案者須有改善日，或為不成立。")


def _digest_of(name: str) -> Callable[[SignReport], str]:
    def told(report: SignReport) -> str:
        file = getattr(report, name)
        return file.sha256 if file else ""

    return told


PROFILE = Profile(
    title=gettext_lazy("雙語標示通報"),
    columns=(
        Column("number", ("案號", "Number"), parsing.text, required=True),
        Column("title", ("案名", "Title"), parsing.text, default=""),
        Column("place", ("地點", "Place"), parsing.text, required=True),
        Column("district", ("行政區", "District"), cells.district),
        Column("officer", ("承辦人", "Officer"), cells.officer),
        Column("fault", ("錯誤情形", "Fault"), parsing.among(Fault), required=True),
        Column("wording", ("標示上的文字", "Wording on the sign"), parsing.text, required=True),
        Column("suggestion", ("建議的英文", "Suggested English"), parsing.text, default=""),
        Column("details", ("補充說明", "Details"), parsing.text, default=""),
        Column("photo", ("照片", "Photograph"), parsing.text, default="", told=_digest_of("photo")),
        Column("opened_on", ("通報日", "Reported on"), parsing.day, required=True),
        Column("checked_on", ("查證日", "Checked on"), parsing.day),
        Column("approved_name", ("應有的英文", "Right English"), parsing.text, default=""),
        Column("keeper", ("標示管理機關", "Keeper of the sign"), cells.agency),
        Column("assigned_on", ("交辦日", "Assigned on"), parsing.day),
        Column("fixed_on", ("改善日", "Fixed on"), parsing.day),
        Column(
            "fixed_photo", ("改善後照片", "Photograph after"), parsing.text, default="",
            told=_digest_of("fixed_photo"),
        ),
        Column("answer", ("處理情形", "Answer"), parsing.text, default=""),
        Column(
            "dismissed", ("不成立", "Dismissed"), parsing.yes, default=False,
            told=lambda report: _("是") if report.dismissed_on else "",
        ),
        Column("closed_on", ("結案日", "Closed on"), parsing.day),
        Column("petition", ("陳情案號", "Petition"), parsing.text, default="", told=petition_of),
        Column("code", ("查詢碼", "Code"), parsing.text, default=""),
    ),
    check=_sound,
    key=("number",),
)  # fmt: skip


def keep(actor: Any, values: Values) -> SignReport:
    """Play the report as far as its dates go, or leave it alone when it is on record already."""
    known = SignReport.objects.select_related("case__officer", "case__district", "photo", "fixed_photo")
    found = known.filter(case__kind=way.process.kind, case__number=values["number"]).first()
    if found is not None:
        _refuse_difference(found, values)
        return found
    if Case.objects.filter(number=values["number"]).exists():
        raise Refusal(_("這個案號已由其他業務的案件使用。"), _label("number"), values["number"])
    if values["code"] and SignReport.objects.filter(code=values["code"]).exists():
        raise Refusal(_("這個查詢碼已屬另一件通報。"), _label("code"), values["code"])
    files = {name: _file(actor, name, values[name]) for name in ("photo", "fixed_photo")}
    petition = _petition(actor, values["petition"])
    try:
        with Archive(way.process) as archive:
            report = _play(archive, actor, values, files)
    except MoveRefused as refused:
        raise Refusal(str(refused)) from refused
    if petition is not None:
        Link.objects.get_or_create(source=petition, target=report.case, kind=Link.Kind.FOLLOWS)
    return report


def _label(field: str) -> str:
    return next(column.names[0] for column in PROFILE.columns if column.field == field)


def _file(actor: Any, name: str, digest: str) -> Evidence | None:
    """The photograph of that digest among the files of cases this person may know of."""
    if not digest:
        return None
    pictures = Evidence.objects.filter(sha256=digest.lower(), kind__in=("jpeg", "png"))
    found = pictures.filter(cases__case__in=Case.objects.filter(visible(actor))).order_by("pk").first()
    if found is None:
        raise Refusal(
            _("檔案庫沒有這張照片；照片不隨表格匯入，將此欄留空即可匯入其餘各欄。"), _label(name), digest
        )
    return found


def _petition(actor: Any, number: str) -> Case | None:
    if not number:
        return None
    petitions = Case.objects.filter(visible(actor), kind="service.petitions", number=number)
    found = petitions.first()
    if found is None:
        raise Refusal(_("沒有這件陳情，請先匯入陳情，或將此欄留空。"), _label("petition"), number)
    return found


def _play(
    archive: Archive[SignReport], actor: Any, values: Values, files: dict[str, Evidence | None]
) -> SignReport:
    on: date = values["opened_on"]
    facts = ("place", "fault", "wording", "suggestion", "details", "checked_on", "approved_name", "code")
    said = {} if values["fixed_on"] or values["dismissed"] else {"answer": values["answer"]}
    report = archive.open(
        title=values["title"] or values["place"],
        agency=commission(on),
        on=on,
        actor=actor,
        number=values["number"],
        officer=values["officer"],
        district=values["district"],
        photo=files["photo"],
        **{name: values[name] for name in facts},
        **said,
    )
    answer = values["answer"]
    if values["dismissed"]:
        archive.move(report, way.dismiss, actor, values["closed_on"], answer=answer)
    if values["assigned_on"]:
        archive.move(
            report, way.assign_keeper, actor, values["assigned_on"],
            keeper=values["keeper"], approved_name=values["approved_name"],
        )  # fmt: skip
    if values["fixed_on"]:
        archive.move(
            report, way.mend, actor, values["fixed_on"],
            fixed_on=values["fixed_on"], fixed_photo=files["fixed_photo"], answer=answer,
        )  # fmt: skip
        if values["closed_on"]:
            archive.move(report, way.close, actor, values["closed_on"])
    return report


def _refuse_difference(report: SignReport, values: Values) -> None:
    for column in PROFILE.columns:
        given = values[column.field]
        if column.told is not None:
            kept = column.told(report)
            kept = bool(kept) if column.field == "dismissed" else kept
        else:
            kept = getattr(report if hasattr(report, column.field) else report.case, column.field)
        blank_says_nothing = column.field in ("title", "code")
        if (kept or None) != (given or None) and not (blank_says_nothing and not given):
            shown = kept.isoformat() if isinstance(kept, date) else str(kept or _("（空白）"))
            sentence = _("%(number)s已登錄，這一欄現為「%(value)s」；不同者請在案件上更正。")
            told = {"number": report.case.number, "value": shown}
            raise Refusal(sentence % told, column.names[0], str(given or ""))


def may_import(user: Any) -> bool:
    """The commission keeps the list."""
    return standing(user).has(*RDEC)


IMPORTS = (
    Import(
        "reports",
        gettext_lazy("雙語標示通報"),
        PROFILE,
        keep=keep,
        may=may_import,
        records=lambda user: SignReport.objects.filter(way.process.sees.records(user))
        .select_related("case__officer", "case__district", "keeper", "photo", "fixed_photo")
        .order_by("pk"),
        example=(
            "誌115-00001", "", "蓮池潭步道解說牌", "左營區", "", "拼寫錯誤", "Lotus Pound", "Lotus Pond", "",
            "", "115/3/2", "115/3/4", "Lotus Pond", "觀光局", "115/3/4", "115/3/20", "", "已更換面板。", "",
            "115/3/23", "", "",
        ),
    ),
)  # fmt: skip
