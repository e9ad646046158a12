"""The way of a report from the counter to the mended sign (R9)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, Accept, Chosen, Label
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.duties import ALL, NONE, Duty
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import holders

from . import rules
from .models import SignReport


class Stage(TextChoices):
    """階段"""

    REPORTED = "reported", gettext_lazy("已通報")
    ASSIGNED = "assigned", gettext_lazy("已交辦")
    FIXED = "fixed", gettext_lazy("已改善")
    CLOSED = "closed", gettext_lazy("已結案")
    DISMISSED = "dismissed", gettext_lazy("不成立")


anybody = Duty(gettext_lazy("任何人"), lambda who: ALL)


def _kept_by(*roles: Role) -> Any:
    def where(who: Any) -> Q:
        agencies = who.agencies(*roles)
        return Q(signreport__keeper_id__in=agencies) if agencies else NONE

    return where


keeper = Duty(gettext_lazy("標示管理機關"), _kept_by())
menders = Duty(gettext_lazy("標示管理機關"), _kept_by(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD))


def rdec_controllers(report: Any, mark: str = "") -> Iterable[Any]:
    return holders(None, Role.RDEC_CONTROLLER)


def keepers(report: Any, mark: str = "") -> Iterable[Any]:
    """Who hears of a report at the agency that looks after the sign."""
    return holders(report.keeper_id, Role.CONTROLLER) if report.keeper_id else ()


CHECK = Deadline(
    "check",
    gettext_lazy("通報查證期限"),
    rules.CHECK_TERM,
    counted_from=lambda report: report.case.opened_on,
    law=rules.OURS,
    remind=(2,),
    owed_by=rdec_controllers,
)
FIX = Deadline(
    "fix",
    gettext_lazy("標示改善期限"),
    rules.FIX_TERM,
    counted_from="assigned_on",
    law=rules.OURS,
    remind=(7, 1),
    owed_by=keepers,
)


def give_code(report: Any) -> None:
    """What the citizen looks the report up by: nobody can guess it."""
    report.code = report.code or secrets.token_urlsafe(9)


process = Process(
    SignReport,
    kind="research.english.signs",
    stages=Stage,
    opens_at=Stage.REPORTED,
    number="誌{roc}-{seq:05d}",
    sees=duties.commission | duties.overseers | keeper,
    opened_by=anybody,
    opens_with=(CHECK,),
    path=(Stage.REPORTED, Stage.ASSIGNED, Stage.FIXED, Stage.CLOSED),
    asks=("place", "fault", "wording", "suggestion", "details", "photo"),
    amendable=("place", "fault", "approved_name", "answer"),
    on_open=give_code,
)

RightName = Annotated[
    str,
    Label(gettext_lazy("應有的英文"), help=gettext_lazy("核定譯名以譯名名冊為準；名冊未列者依譯寫原則")),
]


@process.move(
    (Stage.REPORTED, Stage.ASSIGNED),
    Stage.ASSIGNED,
    by=duties.commission,
    label=gettext_lazy("查證並交辦"),
    stops=(CHECK,),
    starts=(FIX,),
    tells=(Tell(keepers, gettext_lazy("{number}「{title}」請貴機關改善雙語標示。"), "assignment"),),
)
def assign_keeper(
    report: SignReport,
    *,
    keeper: Annotated[Agency, Chosen, Label(gettext_lazy("標示管理機關"))],
    approved_name: RightName,
) -> None:
    report.keeper, report.approved_name = keeper, approved_name
    report.checked_on = report.checked_on or report.step.today
    report.assigned_on = report.step.today


@process.move(
    Stage.ASSIGNED,
    Stage.FIXED,
    by=menders,
    label=gettext_lazy("登錄改善"),
    stops=(FIX,),
    tells=(Tell(rdec_controllers, gettext_lazy("{number}「{title}」的標示已改善，請確認。")),),
)
def mend(
    report: SignReport,
    *,
    fixed_on: Annotated[date, Label(gettext_lazy("改善日"))],
    fixed_photo: Annotated[Evidence | None, Label(gettext_lazy("改善後照片")), Accept("jpeg", "png")] = None,
    answer: Annotated[str, Label(gettext_lazy("處理情形")), LONG],
) -> None:
    if fixed_on > report.step.today:
        raise Refused(_("改善日不能晚於今天。"))
    report.fixed_on, report.fixed_photo, report.answer = fixed_on, fixed_photo, answer


@process.move(
    Stage.ASSIGNED,
    Stage.REPORTED,
    by=menders,
    label=gettext_lazy("非本機關管理，退回"),
    stops=(FIX,),
    starts=(CHECK,),
    main=False,
    tells=(
        Tell(
            rdec_controllers, gettext_lazy("{number}「{title}」的標示非該機關管理，請重新交辦。"), "returned"
        ),
    ),
)
def disown(report: SignReport, *, reason: Annotated[str, Label(gettext_lazy("理由")), LONG]) -> None:
    report.keeper = report.assigned_on = None


@process.move(
    Stage.FIXED,
    Stage.ASSIGNED,
    by=duties.commission,
    label=gettext_lazy("未改善，退回"),
    starts=(FIX,),
    main=False,
    tells=(Tell(keepers, gettext_lazy("{number}「{title}」的標示尚未改善，請續辦。"), "returned"),),
)
def send_back(report: SignReport, *, reason: Annotated[str, Label(gettext_lazy("理由")), LONG]) -> None:
    report.fixed_on, report.assigned_on = None, report.step.today


@process.move(Stage.FIXED, Stage.CLOSED, by=duties.commission, label=gettext_lazy("確認並結案"), closes=True)
def close(report: SignReport) -> None:
    pass


@process.move(
    Stage.REPORTED,
    Stage.DISMISSED,
    by=duties.commission,
    label=gettext_lazy("查證不成立"),
    stops=(CHECK,),
    closes=True,
    main=False,
)
def dismiss(
    report: SignReport,
    *,
    answer: Annotated[str, Label(gettext_lazy("說明"), help=gettext_lazy("通報人看得到")), LONG],
) -> None:
    report.checked_on = report.dismissed_on = report.step.today
    report.answer = answer
