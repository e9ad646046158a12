"""The way of a business to its badge, and the badge's three years (R9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.span import Before, due

from . import rules
from .models import Assessment, Badge, Certification, Visit


class Stage(TextChoices):
    """階段"""

    APPLIED = "applied", gettext_lazy("已申請")
    COACHING = "coaching", gettext_lazy("輔導中")
    PASSED = "passed", gettext_lazy("評核及格")
    CERTIFIED = "certified", gettext_lazy("已認證")
    LAPSED = "lapsed", gettext_lazy("期滿失效")
    WITHDRAWN = "withdrawn", gettext_lazy("已撤銷")
    DROPPED = "dropped", gettext_lazy("已中止")


def rdec_controllers(badge: Any, mark: str = "") -> Iterable[Any]:
    """The commission looks after the badges of the whole city."""
    return holders(None, Role.RDEC_CONTROLLER)


def expiry(certified_on: date) -> date:
    """The last day of a badge, by the rule in force on the day of certification; it is not put off when it
    is a rest day.
    """
    span = rules.VALID_FOR.at(certified_on)
    assert not isinstance(span, Before)
    return due(span, certified_on, office_calendar(), roll=False).day


VALIDITY = Deadline(
    "validity",
    gettext_lazy("標章有效期間"),
    rules.VALID_FOR,
    counted_from="certified_on",
    law=rules.OURS,
    remind=(90, 30, 7),
    owed_by=rdec_controllers,
)

process = Process(
    Badge,
    kind="research.english.badges",
    stages=Stage,
    opens_at=Stage.APPLIED,
    number="標{roc}-{seq:04d}",
    sees=duties.agency() | duties.commission | duties.overseers,
    opened_by=duties.commission,
    path=(Stage.APPLIED, Stage.COACHING, Stage.PASSED, Stage.CERTIFIED),
    asks=("name_en", "sector", "address", "tax_no", "route", "contact", "phone"),
    amendable=("name_en", "sector", "address", "tax_no", "route", "contact", "phone"),
)


def tax_no_unsound(number: str) -> str:
    """Eight digits whose weighted digit sum is a multiple of five (統一編號檢查碼); blank is allowed."""
    if not number:
        return ""
    if len(number) != 8 or not (number.isascii() and number.isdigit()):
        return str(_("統一編號是8位數字。"))
    products = [int(digit) * weight for digit, weight in zip(number, (1, 2, 1, 2, 1, 2, 4, 1), strict=True)]
    total = sum(sum(divmod(one, 10)) for one in products)
    # The seventh digit 7 gives 28: ten, which counts as 1 or as 0.
    fits = total % 5 == 0 or (number[6] == "7" and (total + 1) % 5 == 0)
    return "" if fits else str(_("統一編號「%(number)s」的檢查碼不符。") % {"number": number})


def number_unsound(badge: Any) -> str:
    return tax_no_unsound(badge.tax_no)


@process.move(
    (Stage.APPLIED, Stage.COACHING, Stage.PASSED),
    Stage.COACHING,
    by=duties.commission,
    label=gettext_lazy("登錄輔導"),
    unless=number_unsound,
)
def coach(
    badge: Badge,
    *,
    visited_on: Annotated[date, Label(gettext_lazy("輔導日"))],
    coach: Annotated[str, Label(gettext_lazy("輔導人員"))],
    advice: Annotated[str, Label(gettext_lazy("輔導內容與建議")), LONG],
) -> None:
    if visited_on > badge.step.today:
        raise Refused(_("輔導日不能晚於今天。"))
    badge.visited_on = max(visited_on, badge.visited_on or visited_on)
    badge.visits_made += 1
    badge.step.add(Visit(badge=badge, on=visited_on, coach=coach, advice=advice))


Signs = Annotated[int, Label(gettext_lazy("標示與菜單（40）"))]
Staff = Annotated[int, Label(gettext_lazy("人員應對（30）"))]
Printed = Annotated[int, Label(gettext_lazy("文宣與收據（15）"))]
Web = Annotated[int, Label(gettext_lazy("網站與訂位（15）"))]
Remark = Annotated[str, Label(gettext_lazy("評語")), LONG]


def judged(badge: Badge, signs: int, staff: int, printed: int, web: int, note: str) -> bool:
    """Write the assessment down; whether it reaches the pass mark of the day."""
    most = ((signs, 40), (staff, 30), (printed, 15), (web, 15))
    if any(not 0 <= points <= highest for points, highest in most):
        raise Refused(_("各項分數不能低於0或超過配分（40、30、15、15）。"))
    today = badge.step.today
    badge.score = signs + staff + printed + web
    passed = badge.score >= rules.PASS_MARK.at(today)
    badge.step.add(
        Assessment(
            badge=badge, on=today, signs=signs, staff=staff, printed=printed, web=web, score=badge.score,
            passed=passed, note=note,
        )
    )  # fmt: skip
    return passed


@process.move(
    Stage.COACHING,
    (Stage.COACHING, Stage.PASSED),
    by=duties.commission,
    label=gettext_lazy("評核"),
    hint=gettext_lazy("總分達及格分數者可以認證，未達者繼續輔導。"),
)
def assess(
    badge: Badge, *, signs: Signs, staff: Staff, printed: Printed, web: Web, note: Remark = ""
) -> None:
    passed = judged(badge, signs, staff, printed, web, note)
    badge.step.go(Stage.PASSED if passed else Stage.COACHING)


def certify_on(badge: Badge, day: date, badge_no: str = "") -> None:
    """The badge holds from the day for the time of the rule; it keeps its number when renewed."""
    badge.certified_on, badge.expires_on = day, expiry(day)
    badge.first_certified_on = badge.first_certified_on or day
    badge.badge_no = badge_no or badge.badge_no
    end_certification(badge, day - timedelta(days=1))
    badge.step.add(Certification(badge=badge, valid_from=day, valid_to=badge.expires_on))


def end_certification(badge: Badge, last: date) -> None:
    """What still holds after `last` ends on it; while an archive plays, the rows are those added so far."""
    if badge.case_id is not None:
        rows = list(badge.certifications.filter(valid_from__lte=last, valid_to__gt=last))
    else:
        added = [row for row in badge.docket.added if isinstance(row, Certification)]
        rows = [row for row in added if row.holds_on(last) and row.valid_to != last]
    for row in rows:
        row.valid_to = last
        badge.step.keep(row)


Number = Annotated[str, Label(gettext_lazy("標章號碼"))]


@process.move(
    Stage.PASSED,
    Stage.CERTIFIED,
    by=duties.commission,
    label=gettext_lazy("認證並發給標章"),
    starts=(VALIDITY,),
)
def certify(badge: Badge, *, badge_no: Number) -> None:
    certify_on(badge, badge.step.today, badge_no)


@process.move(
    Stage.APPLIED,
    Stage.CERTIFIED,
    by=duties.commission,
    label=gettext_lazy("登錄既有標章"),
    starts=(VALIDITY,),
    main=False,
    unless=number_unsound,
    hint=gettext_lazy("平台啟用前已輔導並認證者，依原認證日登錄。"),
)
def enrol(
    badge: Badge,
    *,
    certified_on: Annotated[date, Label(gettext_lazy("認證日"))],
    badge_no: Number,
    visits_made: Annotated[int, Label(gettext_lazy("輔導次數"))] = 1,
    first_certified_on: Annotated[
        date | None, Label(gettext_lazy("首次認證日"), help=gettext_lazy("空白即認證日"))
    ] = None,
) -> None:
    if certified_on > badge.step.today:
        raise Refused(_("認證日不能晚於今天。"))
    if visits_made < 1:
        raise Refused(_("認證前至少輔導過1次。"))
    badge.visits_made = visits_made
    badge.first_certified_on = first_certified_on
    certify_on(badge, certified_on, badge_no)


@process.move(
    Stage.CERTIFIED,
    (Stage.CERTIFIED, Stage.COACHING),
    by=duties.commission,
    label=gettext_lazy("複評續證"),
    hint=gettext_lazy("及格者自今日起重新計算有效期間；不及格者回到輔導，原標章於期滿前仍有效。"),
)
def reassess(
    badge: Badge, *, signs: Signs, staff: Staff, printed: Printed, web: Web, note: Remark = ""
) -> None:
    if judged(badge, signs, staff, printed, web, note):
        certify_on(badge, badge.step.today)
        badge.step.begin(VALIDITY, badge.step.today)
        badge.step.go(Stage.CERTIFIED)
    else:
        badge.step.go(Stage.COACHING)


def still_valid(badge: Any) -> str:
    """A badge lapses after its last day."""
    from django.utils import timezone  # noqa: PLC0415

    if badge.expires_on is not None and badge.expires_on >= timezone.localdate():
        return str(_("標章仍在有效期間，期滿後才能登錄失效。"))
    return ""


@process.move(
    Stage.CERTIFIED,
    Stage.LAPSED,
    by=duties.commission,
    label=gettext_lazy("登錄期滿失效"),
    stops=(VALIDITY,),
    closes=True,
    unless=still_valid,
    main=False,
)
def lapse(badge: Badge) -> None:
    badge.lapsed_on = badge.step.today


@process.move(
    Stage.LAPSED,
    Stage.COACHING,
    by=duties.commission,
    label=gettext_lazy("重新申請"),
    reopens=True,
    hint=gettext_lazy("失效後再申請者，仍以同一業者計算。"),
)
def apply_again(badge: Badge) -> None:
    badge.lapsed_on = None


@process.move(
    Stage.CERTIFIED,
    Stage.WITHDRAWN,
    by=duties.chief | duties.commission,
    label=gettext_lazy("撤銷標章"),
    stops=(VALIDITY,),
    closes=True,
    main=False,
    tells=(Tell(rdec_controllers, gettext_lazy("{number}「{title}」的英語服務標章已撤銷。")),),
)
def withdraw(badge: Badge, *, reason: Reason) -> None:
    badge.withdrawn_on = badge.step.today
    end_certification(badge, badge.step.today - timedelta(days=1))


@process.move(
    (Stage.APPLIED, Stage.COACHING, Stage.PASSED),
    Stage.DROPPED,
    by=duties.commission,
    label=gettext_lazy("中止輔導"),
    closes=True,
    main=False,
)
def drop(badge: Badge, *, reason: Reason) -> None:
    badge.dropped_on = badge.step.today
