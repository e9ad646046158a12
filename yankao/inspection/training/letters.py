"""訓練文書 Certificates that can be verified; sign-in sheet, test results and minutes of a training (Q3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.letters.declare import Column, Content, Table, To, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.models import Role
from yankao.kernel.roc import half_up
from yankao.kernel.session.opinions import summary
from yankao.kernel.session.roll import hours, length

from . import rules
from .imports import keeps
from .models import ROLL, Seat, Training
from .process import organiser

CHINESE_AND_ENGLISH = ("zh-hant", "en")
keepers = duties.commission | duties.role(Role.INSPECTION_SECRETARY)


# ── Certificates ────────────────────────────────────────────────────────────────────────────────────


def not_earned(seat: Seat) -> str:
    """Why the participant has no certificate: the training, too little of it, or the test."""
    training = seat.training
    if not training.held_on:
        return _("訓練尚未登錄辦理完成，不能核發證書。")
    if not training.course.certified:
        return _("這個課程不核發證書。")
    least = rules.CERTIFIED_SHARE.at(training.held_on)
    if training.shares.get(seat.pk, 0) < least:
        return _("出席未達%(least)s%%，不核發證書。") % {"least": least}
    if training.tested and not passed(seat):
        return _("測驗未達%(least)s分，不核發證書。") % {"least": rules.PASS.at(training.held_on)}
    return ""


def passed(seat: Seat) -> bool:
    """Whether the test of the training was passed; nobody passes without a score."""
    day = seat.training.ends_on or seat.nominated_on
    return seat.score is not None and seat.score >= rules.PASS.at(day)


def on_rosters(user: Any) -> QuerySet[Seat]:
    """Who was there at trainings with certificates, the latest training first; for who keeps the rolls."""
    found = Seat.objects.filter(withdrawn_on=None, training__course__certified=True)
    found = found.exclude(training__held_on=None).filter(presences__isnull=False).distinct()
    if not keeps(user):
        return found.none()
    # One training object for all its seats: what is worked out of it is worked out once.
    near = ("training__case__agency", "training__course")
    return found.select_related("agency").prefetch_related(*near).order_by("-training__held_on", "pk")


@letter(
    "inspection.training.certificate", gettext_lazy("研習證書"), Kind.CERTIFICATE, Seat, by=keepers,
    unless=not_earned, among=on_rosters, of="training",
)  # fmt: skip
def certificate(seat: Seat) -> Content:
    """研習證書 Who learned what, for how many hours, between which days."""
    training = seat.training
    told = hours(training.minutes[seat.pk])
    return Content(
        to=[To(seat.name, personal=True)],
        say={"seat": seat, "training": training, "course": str(training.course), "hours": told},
        agency=training.case.agency if training.case.agency.is_commission else None,
        vouches=[
            (_("姓名"), seat.name),
            (_("課程"), str(training.course)),
            (_("期間"), f"{training.starts_on}～{training.ends_on}"),
            (_("時數"), str(told)),
        ],
    )


# ── Papers of one training ──────────────────────────────────────────────────────────────────────────


def seats(training: Training) -> list[Seat]:
    """The roster by agency, as it stands on paper."""
    found = ROLL.seats_of(training).select_related("agency")
    return list(found.order_by("agency__code", "pk"))


def nobody(training: Training) -> str:
    return "" if ROLL.seats_of(training).exists() else _("名單上還沒有學員。")


def _of(seat: Seat) -> str:
    return str(seat.agency) if seat.agency else _("（非市府機關）")


@letter(
    "inspection.training.sign_in_sheet", gettext_lazy("簽到簿"), Kind.FORM, Training, by=organiser,
    unless=nobody, sees=organiser, languages=CHINESE_AND_ENGLISH,
    hint=gettext_lazy("現場無法掃碼時使用；每場一頁。"),
)  # fmt: skip
def sign_in_sheet(training: Training) -> Content:
    """簽到簿 One table a sitting, with room for signing in and out."""
    columns = (
        Column(_("序號"), 0.5, "number"), Column(_("機關"), 1.6), Column(_("姓名"), 1.2),
        Column(_("簽到"), 1.4, "sign"), Column(_("簽退"), 1.4, "sign"),
    )  # fmt: skip
    rows = [(at, _of(seat), seat.name, "", "") for at, seat in enumerate(seats(training), 1)]
    tables = [
        {"when": one.held_on, "hours": f"{one.starts_at:%H:%M}–{one.ends_at:%H:%M}", "place": one.place}
        for one in training.sittings.filter(cancelled_on=None).order_by("held_on", "starts_at")
    ]
    said: dict[str, Any] = {"training": training, "sittings": tables}
    # The environment finds a table by its name on a line of its own: one name a sitting.
    said |= {f"table_{at}": Table(columns, rows, one["hours"]) for at, one in enumerate(tables)}
    return Content(say={**said, "sheets": [said[f"table_{at}"] for at in range(len(tables))]})


def not_tested(training: Training) -> str:
    return "" if training.tested else _("還沒有測驗成績；成績以「測驗成績」檔案匯入。")


@letter(
    "inspection.training.test_results", gettext_lazy("測驗成績冊"), Kind.TABLE, Training, by=organiser,
    unless=not_tested, sees=organiser, languages=CHINESE_AND_ENGLISH,
)  # fmt: skip
def test_results(training: Training) -> Content:
    """測驗成績冊 Everybody who came, with hours, share present, score and whether it suffices."""
    columns = (
        Column(_("序號"), 0.5, "number"), Column(_("機關"), 1.6), Column(_("姓名"), 1.2),
        Column(_("時數"), 0.7, "number"), Column(_("出席比率"), 0.8), Column(_("測驗成績"), 0.8, "number"),
        Column(_("結果"), 0.8),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for seat in (one for one in seats(training) if one.pk in training.minutes):
        seat.training = training
        word = _("合格") if passed(seat) else _("未到考") if seat.score is None else _("不合格")
        rows.append(
            (
                len(rows) + 1, _of(seat), seat.name, hours(training.minutes[seat.pk]),
                f"{training.shares.get(seat.pk, 0)}%",
                "" if seat.score is None else f"{seat.score.normalize():f}", word,
            )
        )  # fmt: skip
    return Content(say={"training": training, "results": Table(columns, rows), **_tested(training)})


def _tested(training: Training) -> dict[str, Any]:
    """How many sat the test and passed, and the mean of the scores."""
    sat = [seat for seat in seats(training) if seat.score is not None]
    for seat in sat:
        seat.training = training
    scores = [Decimal(seat.score or 0) for seat in sat]
    return {
        "sat": len(sat),
        "passed": sum(passed(seat) for seat in sat),
        "mean": half_up(sum(scores, Decimal(0)) / len(scores), 2) if scores else "",
        "least": rules.PASS.at(training.ends_on or training.case.opened_on),
    }


def not_held(training: Training) -> str:
    return "" if training.held_on else _("登錄辦理完成後才能製作訓練紀錄。")


@letter(
    "inspection.training.minutes", gettext_lazy("訓練紀錄"), Kind.FORM, Training, by=organiser,
    unless=not_held, languages=CHINESE_AND_ENGLISH,
)  # fmt: skip
def minutes(training: Training) -> Content:
    """訓練紀錄 What was taught when, how many came of which agency, what they thought; nobody by name."""
    days = (
        Column(_("日期"), 1.2), Column(_("時間"), 1.0), Column(_("地點"), 1.8),
        Column(_("時數"), 0.7, "number"), Column(_("到課人數"), 0.8, "number"),
    )  # fmt: skip
    held = training.sittings.filter(cancelled_on=None).order_by("held_on", "starts_at")
    rows = [
        (
            one.held_on, f"{one.starts_at:%H:%M}–{one.ends_at:%H:%M}", one.place, hours(length(one)),
            one.presences.count(),
        )
        for one in held
    ]  # fmt: skip
    came: dict[str, int] = {}
    for seat in seats(training):
        came[_of(seat)] = came.get(_of(seat), 0) + (seat.pk in training.minutes)
    agencies = (Column(_("機關"), 2.0), Column(_("學員人數"), 1.0, "number"))
    told = summary(ROLL, training)
    thought = (Column(_("問項"), 2.0), Column(_("平均（5分制）"), 1.0, "number"))
    return Content(
        say={
            "training": training,
            "course": str(training.course),
            "days": Table(days, rows, _("場次")),
            "agencies": Table(agencies, [row for row in came.items() if row[1]], _("各機關學員")),
            "people": sum(came.values()),
            "rate": told.rate,
            "thought": Table(thought, [(str(label), str(mean)) for label, mean in told.means], _("滿意度"))
            if told.means
            else "",
            **_tested(training),
        }
    )


__all__ = ["certificate", "minutes", "sign_in_sheet", "test_results"]
