"""Letters of every kind for the tests, about lost things."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from examples.lost_property.models import Find
from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import PERSONAL, Label
from yankao.kernel.letters.declare import Column, Content, Table, To, letter
from yankao.kernel.letters.kinds import Kind, Urgency


@letter(
    "tests.letters.reminder", "催辦函", Kind.LETTER, Find, by=duties.commission, languages=("zh-hant", "en"),
    among=lambda user: Find.objects.order_by("pk"),
)  # fmt: skip
def reminder(find: Find, *, until: Annotated[date, Label("期限")], note: str = "") -> Content:
    return Content(
        to=[find.case.agency], copies=["秘書處"], attachments=("明細表1份", "照片2張"),
        urgency=Urgency.URGENT,
        say={"find": find, "until": until, "note": note},
    )  # fmt: skip


@letter("tests.letters.meeting", "開會通知單", Kind.MEETING, Find, by=duties.commission)
def meeting(find: Find, *, place: str) -> Content:
    return Content(to=[find.case.agency], say={"find": find, "place": place})


@letter("tests.letters.award", "獎狀", Kind.CERTIFICATE, Find, by=duties.commission)
def award(find: Find, *, winner: Annotated[str, PERSONAL]) -> Content:
    return Content(
        to=[To(winner, personal=True)], say={"find": find, "winner": winner},
        vouches=[("姓名", winner), ("事由", "拾金不昧")],
    )  # fmt: skip


@letter("tests.letters.listing", "拾得物清冊", Kind.TABLE, Find, by=duties.commission, many=True)
def listing(finds: list[Find]) -> Content:
    rows = [(at, one.case.number, one.place, one.found_on) for at, one in enumerate(finds, 1)]
    columns = (Column("序", 0.5, "number"), Column("案號"), Column("地點", 2), Column("拾得日"))
    return Content(say={"rows": Table(columns, rows, caption="拾得物")})


@letter("tests.letters.payment", "獎金核銷清冊", Kind.PAYMENT, Find, by=duties.commission, many=True)
def payment(finds: list[Find], *, amount: int, due: int) -> Content:
    rows = [(at, one.case.number, amount, "") for at, one in enumerate(finds, 1)]
    columns = (
        Column("序", 0.5, "number"),
        Column("案號"),
        Column("金額（元）", 1, "money"),
        Column("簽章", 1, "sign"),
    )
    return Content(say={"rows": Table(columns, rows, total=True)}, amount=due)


@letter("tests.letters.slip", "領據", Kind.FORM, Find, by=duties.commission)
def slip(find: Find) -> Content:
    return Content(say={"find": find})
