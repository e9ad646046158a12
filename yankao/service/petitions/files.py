"""案件檔案 Petitions out into a table and in again without loss of what they were opened with.

There are two kinds: without persons, and with them. The second fills the personal columns only where the
vault lets this person look, and each look is logged for the petitioner to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.calendar import CalendarError
from yankao.kernel.casework.docket import Security
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.models import Village
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values
from yankao.kernel.vault import revealing
from yankao.kernel.vault.models import Purpose
from yankao.kernel.vault.persons import FIELDS, LABELS, Person

from . import intake, registers
from .models import Channel, Complexity, Kind, Language, Nature, Petition, ReadBack
from .process import process

CHUNK = 500
SAME = ("kind", "channel", "nature", "complexity", "subject", "content", "place", "reference", "received_at")
"""What a row and the case of its number must agree in."""


def _case(name: str) -> Callable[[Petition], Any]:
    return lambda petition: getattr(petition.case, name)


def _code(name: str) -> Callable[[Petition], str]:
    return lambda petition: getattr(petition, f"{name}_id") or ""


def _when(name: str) -> Callable[[Petition], str]:
    def told(petition: Petition) -> str:
        moment: datetime | None = getattr(petition, name)
        return timezone.localtime(moment).isoformat() if moment else ""

    return told


def _person(name: str) -> Callable[[Petition], str]:
    return lambda petition: str(getattr(petition.__dict__.get("told_person"), name, ""))


def moment(given: str) -> datetime:
    """2012-03-05T10:00:00+08:00; without a zone it is the city's time. Raises ValueError."""
    found = datetime.fromisoformat(given.strip())
    return found if found.tzinfo else timezone.make_aware(found)


def _category(given: str) -> Any:
    found = registers.categories().get(given.strip())
    if found is None:
        raise Refusal(_("沒有「%(given)s」這個案件分類代碼。") % {"given": given.strip()})
    return found


def _service(given: str) -> Any:
    found = registers.services().get(given.strip())
    if found is None:
        raise Refusal(_("沒有「%(given)s」這個服務項目代碼。") % {"given": given.strip()})
    return found


def _village(given: str) -> Village:
    found = Village.objects.filter(pk=given.strip()).first()
    if found is None:
        raise Refusal(_("沒有「%(given)s」這個里的代碼。") % {"given": given.strip()})
    return found


def _degrees(given: str) -> Decimal:
    return parsing.decimal(given).quantize(Decimal("0.000001"))


PLAIN = (
    Column("number", ("案號", "Case number"), parsing.text, required=True, told=_case("number")),
    Column("kind", ("案件類別", "Class"), parsing.among(Kind), required=True),
    Column("channel", ("受理管道", "Channel"), parsing.among(Channel), required=True),
    Column("received_at", ("受理時間", "Received"), moment, required=True, told=_when("received_at")),
    Column("security", ("安全等級", "Security class"), parsing.among(Security), default="",
           told=lambda one: one.case.get_security_display()),
    Column("nature", ("陳情事由", "Nature"), parsing.among(Nature), default=""),
    Column("category", ("案件分類", "Category"), _category, told=_code("category")),
    Column("service", ("服務項目", "Service"), _service, told=_code("service")),
    Column("complexity", ("難易別", "Complexity"), parsing.among(Complexity), default=Complexity.SIMPLE),
    Column("language", ("語言", "Language"), parsing.among(Language), default="zh-hant"),
    Column("subject", ("主旨", "Subject"), parsing.text, default=""),
    Column("content", ("陳情內容", "Content"), parsing.text, required=True),
    Column("place", ("地點", "Place"), parsing.text, default=""),
    Column("district", ("行政區", "District"), cells.district, told=lambda one: one.case.district_id or ""),
    Column("village", ("里", "Village"), _village, told=_code("village")),
    Column("longitude", ("經度", "Longitude"), _degrees),
    Column("latitude", ("緯度", "Latitude"), _degrees),
    Column("reference", ("來源文號", "Reference"), parsing.text, default=""),
    Column("read_back", ("覆誦確認", "Read back"), parsing.among(ReadBack), default=""),
    Column("read_back_at", ("覆誦時間", "Read back at"), moment, told=_when("read_back_at")),
)  # fmt: skip
ENGLISH = {
    "name": "Name", "phone": "Telephone", "mobile": "Mobile", "email": "E-mail", "address": "Address",
    "id_number": "ID number",
}  # fmt: skip
CHINESE = {
    "name": "姓名", "phone": "電話", "mobile": "手機", "email": "電子郵件", "address": "地址",
    "id_number": "身分證統一編號",
}  # fmt: skip
assert set(ENGLISH) == set(CHINESE) == set(FIELDS) == set(LABELS)
PERSONAL = tuple(
    Column(name, (CHINESE[name], ENGLISH[name]), parsing.text, default="", told=_person(name))
    for name in FIELDS
)


def petitions(user: Any, *, persons: bool) -> Iterator[Petition]:
    """Those this person may know of, oldest first; with `persons` each with whom the vault tells."""
    found = Petition.objects.filter(process.sees.records(user)).select_related("case", "petitioner__case")
    for one in found.order_by("pk").iterator(chunk_size=CHUNK):
        if persons and one.petitioner is not None and revealing.may_reveal(one.petitioner, user):
            one.__dict__["told_person"] = revealing.reveal(
                one.petitioner, actor=user, purpose=Purpose.TRANSFER, why=_("匯出案件檔案")
            )
        yield one


def keep(actor: Any, values: Values) -> None:
    """One petition as it was opened, under its own number; nobody is told of it again. The case of the number
    is left alone when it says the same, and the row comes back when it does not.
    """
    known = Petition.objects.filter(case__number=values["number"]).first()
    if known is not None:
        differing = [name for name in SAME if getattr(known, name) != values[name]]
        if differing:
            words = _("案號%(number)s已有案件而內容不同（%(names)s）。")
            heads = {column.field: column.names[0] for column in PLAIN}
            labels = "、".join(heads[name] for name in differing)
            raise Refusal(words % {"number": values["number"], "names": labels}, "number", values["number"])
        values["notes"] = [_("%s先前已在紀錄中，未再新增。") % values["number"]]
        return
    person = Person(**{name: values.get(name, "") for name in FIELDS}, language=values["language"])
    facts = {name: values[name] for name in (*_FACTS, "number")}
    told = intake.Told(**facts, client_key=f"file:{values['number']}", petitioner=person, quiet=True)
    try:
        intake.receive(told)
    except ValidationError as fault:
        raise Refusal(" ".join(fault.messages)) from None
    except CalendarError as missing:
        raise Refusal(str(missing), "received_at") from None


_FACTS = (
    "kind", "channel", "received_at", "security", "nature", "category", "service", "complexity", "language",
    "subject", "content", "place", "district", "village", "longitude", "latitude", "reference", "read_back",
    "read_back_at",
)  # fmt: skip
IMPORTS = (
    Import(
        "cases",
        gettext_lazy("陳情案件（不含個人資料）"),
        Profile(gettext_lazy("陳情案件"), PLAIN, key=("number",)),
        keep=keep,
        may=intake.may_enter,
        records=partial(petitions, persons=False),
    ),
    Import(
        "cases-with-persons",
        gettext_lazy("陳情案件（含陳情人，逐筆留存調閱紀錄）"),
        Profile(gettext_lazy("陳情案件"), (*PLAIN, *PERSONAL), key=("number",)),
        keep=keep,
        may=intake.may_enter,
        records=partial(petitions, persons=True),
    ),
)
