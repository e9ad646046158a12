"""The way of a site from proposal to closing (I4.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Among, Chosen, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.docket import Security
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders

from . import rules
from .models import AccessPoint, Hotspot


class Stage(TextChoices):
    """階段"""

    PROPOSED = "proposed", gettext_lazy("已提案")
    APPROVED = "approved", gettext_lazy("已核定")
    OPEN = "open", gettext_lazy("已啟用")
    SUSPENDED = "suspended", gettext_lazy("暫停服務")
    CLOSED = "closed", gettext_lazy("已停用")
    REJECTED = "rejected", gettext_lazy("不予設置")


IN_USE = (Stage.OPEN, Stage.SUSPENDED)
hosts = duties.agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER)


def host(hotspot: Any) -> list[Any]:
    """Who looks after the site at its agency."""
    return [hotspot.case.officer, *holders(hotspot.case.agency_id, Role.CONTROLLER)]


def rdec_controllers(hotspot: Any, mark: str = "") -> Iterable[Any]:
    return holders(None, Role.RDEC_CONTROLLER)


REVIEW = Deadline(
    "review",
    gettext_lazy("熱點提案審查期限"),
    rules.REVIEW_TERM,
    counted_from=lambda hotspot: hotspot.case.opened_on,
    law=rules.OURS,
    remind=(3,),
    owed_by=rdec_controllers,
)

process = Process(
    Hotspot,
    kind="information.hotspots",
    stages=Stage,
    opens_at=Stage.PROPOSED,
    number="熱{roc}-{seq:04d}",
    sees=duties.anyone,
    opened_by=hosts | duties.commission,
    opens_with=(REVIEW,),
    security=Security.OPEN,
    path=(Stage.PROPOSED, Stage.APPROVED, Stage.OPEN, Stage.CLOSED),
    asks=("name_en", "setting", "address", "longitude", "latitude", "ssid"),
)


@dataclass(frozen=True)
class PointRow:
    """One access point by the name it gives in RADIUS."""

    name: Annotated[str, Label(gettext_lazy("基地台識別碼（NAS-Identifier）"))]


@process.move(
    Stage.PROPOSED,
    Stage.APPROVED,
    by=duties.commission,
    label=gettext_lazy("核定設置"),
    stops=(REVIEW,),
    tells=(Tell(host, gettext_lazy("{number}「{title}」的無線熱點已核定設置。")),),
)
def approve(hotspot: Hotspot) -> None:
    hotspot.approved_on = hotspot.step.today


@process.move(
    Stage.PROPOSED,
    Stage.REJECTED,
    by=duties.commission,
    label=gettext_lazy("不予設置"),
    stops=(REVIEW,),
    closes=True,
    main=False,
    tells=(Tell(host, gettext_lazy("{number}「{title}」的無線熱點不予設置。")),),
)
def reject(hotspot: Hotspot, *, reason: Reason) -> None:
    hotspot.rejected_on = hotspot.step.today


OpenedOn = Annotated[date, Label(gettext_lazy("啟用日"))]
Points = Annotated[list[PointRow], Label(gettext_lazy("基地台"))]


def _opened(hotspot: Hotspot, opened_on: date, points: list[PointRow]) -> None:
    if opened_on > hotspot.step.today:
        raise Refused(_("啟用日不能晚於今天。"))
    if not points:
        raise Refused(_("啟用的熱點至少要有一個基地台，否則收不到使用紀錄。"))
    hotspot.valid_from = opened_on
    hotspot.step.add(
        *(AccessPoint(hotspot=hotspot, name=row.name.strip(), valid_from=opened_on) for row in points)
    )


@process.move(Stage.APPROVED, Stage.OPEN, by=duties.commission | hosts, label=gettext_lazy("登錄啟用"))
def open_site(hotspot: Hotspot, *, opened_on: OpenedOn, points: Points) -> None:
    _opened(hotspot, opened_on, points)


@process.move(
    Stage.PROPOSED,
    Stage.OPEN,
    by=duties.commission,
    label=gettext_lazy("登錄既有熱點"),
    stops=(REVIEW,),
    main=False,
    hint=gettext_lazy("平台啟用前已設置者，依原啟用日登錄。"),
)
def enrol(hotspot: Hotspot, *, opened_on: OpenedOn, points: Points) -> None:
    hotspot.approved_on = opened_on
    _opened(hotspot, opened_on, points)


@process.move(IN_USE, None, by=duties.commission | hosts, label=gettext_lazy("增設基地台"), main=False)
def add_point(
    hotspot: Hotspot,
    *,
    point: Annotated[str, Label(gettext_lazy("基地台識別碼（NAS-Identifier）"))],
    since: Annotated[date, Label(gettext_lazy("使用起日"))],
) -> None:
    hotspot.step.add(AccessPoint(hotspot=hotspot, name=point.strip(), valid_from=since))


def standing_points(record: Any, user: Any) -> Any:
    return AccessPoint.objects.filter(hotspot=record, valid_to=None)


@process.move(IN_USE, None, by=duties.commission | hosts, label=gettext_lazy("撤除基地台"), main=False)
def drop_point(
    hotspot: Hotspot,
    *,
    point: Annotated[AccessPoint, Chosen, Label(gettext_lazy("基地台")), Among(standing_points)],
    until: Annotated[date, Label(gettext_lazy("使用迄日"))],
) -> None:
    point.valid_to = until
    hotspot.step.keep(point)


@process.move(
    Stage.OPEN, Stage.SUSPENDED, by=duties.commission | hosts, label=gettext_lazy("暫停服務"), main=False
)
def suspend(hotspot: Hotspot, *, reason: Reason) -> None:
    hotspot.suspended_on = hotspot.step.today


@process.move(Stage.SUSPENDED, Stage.OPEN, by=duties.commission | hosts, label=gettext_lazy("恢復服務"))
def resume(hotspot: Hotspot) -> None:
    hotspot.suspended_on = None


@process.move(
    IN_USE,
    Stage.CLOSED,
    by=duties.commission,
    label=gettext_lazy("停用"),
    closes=True,
    main=False,
    hint=gettext_lazy("停用後仍計入累計設置數；基地台一併終止。"),
)
def close(
    hotspot: Hotspot, *, closed_on: Annotated[date, Label(gettext_lazy("停用日"))], reason: Reason
) -> None:
    hotspot.valid_to = closed_on
    if hotspot.case_id is not None:
        for point in hotspot.access_points.filter(valid_to=None):
            point.valid_to = closed_on
            hotspot.step.keep(point)
