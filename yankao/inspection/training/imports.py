"""Files this room takes in and gives out in the same columns: courses, trainings, and who attended.

What is given out can be taken in by an empty installation, and comes out the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.audit import ledger
from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused as MoveRefused
from yankao.kernel.intake import Import
from yankao.kernel.people.cells import agency
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.session.models import Way
from yankao.kernel.session.roll import begins, name_key, reckon
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import Course, Presence, Seat, Sitting, Training


def keeps(user: Any) -> bool:
    """Who keeps the room's lists."""
    return standing(user).has(*RDEC, Role.INSPECTION_SECRETARY)


def hour(given: str) -> time:
    """09:00."""
    try:
        return way._time(given)
    except MoveRefused as refused:
        raise Refusal(str(refused)) from refused


def yes_no(value: bool) -> str:
    return _("是") if value else _("否")


# ── Courses ─────────────────────────────────────────────────────────────────────────────────────────

COURSES = Profile(
    title=gettext_lazy("課程"),
    columns=(
        Column("code", ("代碼", "Code"), parsing.text, required=True),
        Column("name", ("課程名稱", "Course"), parsing.text, required=True),
        Column("name_en", ("英文名稱", "English name"), parsing.text, default=""),
        Column("audience", ("對象", "Audience"), parsing.text, default=""),
        Column("faults", ("對應缺失編號", "Deficiency codes"), parsing.text, default=""),
        Column(
            "certified",
            ("核發證書", "Certificate"),
            parsing.yes,
            default=True,
            told=lambda one: yes_no(one.certified),
        ),
    ),
    key=("code",),
)


def keep_course(actor: Any, values: Values) -> None:
    """A course by its code; a known one is brought up to date."""
    facts = {name: values[name] for name in ("name", "name_en", "audience", "faults", "certified")}
    course = Course.objects.filter(code=values["code"]).first() or Course(code=values["code"])
    for name, value in facts.items():
        setattr(course, name, value)
    course.full_clean()
    course.save()


# ── Trainings that were held ────────────────────────────────────────────────────────────────────────

_SITTING = re.compile(r"(\S+) (\d{1,2}:\d\d)-(\d{1,2}:\d\d)(?:/(\d+))? ?@ ?(.+)")


def sittings(given: str) -> list[way.SittingRow]:
    """2012-04-30 09:00-17:00/60 @ 禮堂; the next one. The number is the recess in minutes."""
    rows = []
    for piece in re.split(r"[;；]\s*", given.strip()):
        found = _SITTING.fullmatch(piece.strip())
        if found is None:
            raise Refusal(
                _("看不懂場次「%(given)s」，請寫成101/4/30 09:00-17:00/60 @ 地點。") % {"given": piece}
            )
        rows.append(
            way.SittingRow(parsing.day(found[1]), found[2], found[3], found[5].strip(), int(found[4] or 0))
        )
    return rows


def _held_check(values: Values) -> Iterator[tuple[str, str]]:
    if values["held_on"] < max(row.held_on for row in values["sittings"]):
        yield "held_on", _("辦理完成日不能早於最後一場。")
    if values["closed_on"] and values["closed_on"] < values["held_on"]:
        yield "closed_on", _("日期順序不合。")


def days_told(one: Training) -> str:
    """The sittings as `sittings` reads them."""
    return "; ".join(
        f"{s.held_on.isoformat()} {s.starts_at:%H:%M}-{s.ends_at:%H:%M}/{s.recess} @ {s.place}"
        for s in one.sittings.all()
        if s.cancelled_on is None
    )


TRAININGS = Profile(
    title=gettext_lazy("已辦訓練班"),
    columns=(
        Column("number", ("訓練班編號", "Number"), parsing.text, required=True),
        Column(
            "course",
            ("課程代碼", "Course code"),
            parsing.text,
            required=True,
            told=lambda one: one.course.code,
        ),
        Column("title", ("名稱", "Title"), parsing.text, required=True),
        Column("agency", ("主辦機關", "Organiser"), agency, required=True),
        Column("partner", ("合辦單位", "Partner"), parsing.text, default=""),
        Column("lecturer", ("講師", "Lecturer"), parsing.text, default=""),
        Column("opened_on", ("立案日", "Opened on"), parsing.day, required=True),
        Column("sittings", ("場次", "Sittings"), sittings, required=True, told=days_told),
        Column("held_on", ("辦理完成日", "Held on"), parsing.day, required=True),
        Column("closed_on", ("結案日", "Closed on"), parsing.day),
        Column("lessons", ("檢討", "Lessons"), parsing.text, default=""),
    ),
    check=_held_check,
    key=("number",),
)


def keep_training(actor: Any, values: Values) -> None:
    """A training that was held elsewhere, played through its moves; attendance comes in its own file."""
    course = Course.objects.filter(code=values["course"]).first()
    if course is None:
        raise Refusal(_("沒有這個課程，請先匯入課程。"), "課程代碼", values["course"])
    known = Training.objects.filter(case__number=values["number"]).first()
    if known is not None:
        if known.course_id != course.pk or known.held_on != values["held_on"]:
            raise Refusal(_("這個編號已登錄，內容不同；更正請在案件上辦理。"), "訓練班編號", values["number"])
        return
    on: date = values["opened_on"]
    with Archive(way.process) as archive:
        one = archive.open(
            title=values["title"],
            agency=values["agency"],
            on=on,
            actor=actor,
            number=values["number"],
            course=course,
            partner=values["partner"],
            lecturer=values["lecturer"],
        )
        archive.move(one, way.schedule, actor, on, sittings=values["sittings"])
        assert one.starts_on
        archive.move(one, way.give_places, actor, on, nominate_by=one.starts_on, quotas=[])
        archive.move(one, way.send_invitations, actor, on)
        for sitting in way.sittings_of(one):
            sitting.closed_at = timezone.make_aware(datetime.combine(sitting.held_on, sitting.ends_at))
        archive.move(one, way.hold, actor, values["held_on"])
        if values["closed_on"]:
            archive.move(one, way.close, actor, values["closed_on"], lessons=values["lessons"] or _("匯入"))


def held(user: Any) -> Iterable[Training]:
    """The trainings that were held."""
    found = Training.objects.exclude(held_on=None).select_related("case__agency", "course")
    return found.prefetch_related("sittings").order_by("case__number")


# ── Who attended ────────────────────────────────────────────────────────────────────────────────────


def _attendance_check(values: Values) -> Iterator[tuple[str, str]]:
    if values["arrived"] and not values["held_on"]:
        yield "held_on", _("有簽到時間，須填日期。")
    if values["left"] and not values["arrived"]:
        yield "arrived", _("有簽退時間，須填簽到時間。")
    if values["left"] and values["arrived"] and values["left"] < values["arrived"]:
        yield "left", _("簽退不能早於簽到。")


ATTENDANCE = Profile(
    title=gettext_lazy("訓練出席"),
    columns=(
        Column("number", ("訓練班編號", "Number"), parsing.text, required=True, told=lambda one: one.number),
        Column("name", ("姓名", "Name"), parsing.text, required=True),
        Column("agency", ("機關", "Agency"), agency),
        Column("email", ("電子郵件", "E-mail"), parsing.text, default=""),
        Column(
            "walk_in",
            ("現場報名", "Walk-in"),
            parsing.yes,
            default=False,
            told=lambda one: yes_no(one.walk_in),
        ),
        Column("held_on", ("日期", "Date"), parsing.day),
        Column("arrived", ("簽到", "Signed in"), hour),
        Column("left", ("簽退", "Signed out"), hour),
    ),
    check=_attendance_check,
    key=("number", "name", "agency", "email", "held_on"),
)


def keep_attendance(actor: Any, values: Values) -> None:
    """A person of the roster, and when there are hours, the presence; known ones are left as they are."""
    training = Training.objects.filter(case__number=values["number"]).first()
    if training is None:
        raise Refusal(_("沒有這個訓練班。"), "訓練班編號", values["number"])
    email, key = values["email"].strip(), name_key(values["name"])
    mine = Seat.objects.filter(training=training, agency=values["agency"], email=email, withdrawn_on=None)
    seat = next((one for one in mine if name_key(one.name) == key), None)
    if seat is None:
        seat = Seat(
            training=training,
            name=values["name"],
            agency=values["agency"],
            email=email,
            walk_in=values["walk_in"],
            nominated_on=training.starts_on or training.case.opened_on,
        )
        _saved(seat)
    if not values["arrived"]:
        return
    sitting = Sitting.objects.filter(training=training, held_on=values["held_on"], cancelled_on=None).first()
    if sitting is None:
        raise Refusal(_("這一天沒有場次。"), "日期", values["held_on"].isoformat())
    arrived = _at(sitting, values["arrived"])
    left = _at(sitting, values["left"]) if values["left"] else None
    known = Presence.objects.filter(seat=seat, sitting=sitting).first()
    if known is not None:
        if (_minute(known.arrived_at), _minute(known.left_at)) != (arrived, left):
            raise Refusal(_("這位學員當日已有出席紀錄，時間不同。"), "姓名", values["name"])
        return
    row = Presence(seat=seat, sitting=sitting, arrived_at=arrived, left_at=left, way=Way.FILE, noted_by=actor)
    reckon(row, sitting)
    _saved(row)


def _saved(row: Any) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refusal(" ".join(error.messages)) from error
    row.save()


def _at(sitting: Sitting, given: time) -> datetime:
    return begins(sitting).replace(hour=given.hour, minute=given.minute)


def _minute(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment).replace(second=0, microsecond=0) if moment else None


@dataclass(frozen=True)
class Line:
    """A person of a roster at one sitting, or at none."""

    number: str
    name: str
    agency: Any
    email: str
    walk_in: bool
    held_on: date | None = None
    arrived: str = ""
    left: str = ""


def lines(training: Training | None = None) -> Iterator[Line]:
    """Every person of the roster with each presence; of one training, or of those that were held."""
    found = Seat.objects.filter(withdrawn_on=None)
    found = found.filter(training=training) if training else found.exclude(training__held_on=None)
    rows = found.select_related("training__case", "agency").prefetch_related("presences__sitting")
    for seat in rows.order_by("training__case__number", "agency__code", "pk"):
        line = Line(seat.training.case.number, seat.name, seat.agency, seat.email, seat.walk_in)
        came = sorted(seat.presences.all(), key=lambda one: one.sitting.held_on)
        for one in came:
            arrived, left = _clock(one.arrived_at), _clock(one.left_at)
            yield replace(line, held_on=one.sitting.held_on, arrived=arrived, left=left)
        if not came:
            yield line


# ── Test results ────────────────────────────────────────────────────────────────────────────────────

RESULTS = Profile(
    title=gettext_lazy("測驗成績"),
    columns=(
        Column("number", ("訓練班編號", "Number"), parsing.text, required=True,
               told=lambda one: one.training.case.number),
        Column("name", ("姓名", "Name"), parsing.text, required=True),
        Column("agency", ("機關", "Agency"), agency),
        Column("email", ("電子郵件", "E-mail"), parsing.text, default=""),
        Column("score", ("測驗成績", "Score"), parsing.decimal, required=True),
    ),
    key=("number", "name", "agency", "email"),
)  # fmt: skip


def keep_result(actor: Any, values: Values) -> None:
    """The score of somebody on the roster; a later file corrects it, and the ledger says that it did."""
    mine = Seat.objects.filter(
        training__case__number=values["number"], agency=values["agency"], email=values["email"].strip(),
        withdrawn_on=None,
    )  # fmt: skip
    key = name_key(values["name"])
    seat = next((one for one in mine.select_related("training") if name_key(one.name) == key), None)
    if seat is None:
        raise Refusal(_("這個訓練班的名單上沒有這位學員。"), "姓名", values["name"])
    if seat.score == values["score"]:
        return
    seat.score = values["score"]
    _saved(seat)
    # Who scored what is no matter of the ledger's; that a score of the training was kept is.
    ledger.note("training.result", f"case:{seat.training_id}", actor)


def results(user: Any) -> Iterable[Seat]:
    """Everybody with a score."""
    found = Seat.objects.filter(withdrawn_on=None, score__isnull=False)
    return found.select_related("training__case", "agency").order_by("training__case__number", "pk")


def attendance(user: Any) -> Iterable[Line]:
    """Who attended the trainings that were held."""
    return lines()


def _clock(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%H:%M}" if moment else ""


IMPORTS = (
    Import(
        "courses",
        COURSES.title,
        COURSES,
        keep=keep_course,
        may=keeps,
        records=lambda user: Course.objects.all(),
        example=("safety", "工地職業安全衛生", "Safety on site", "工地負責人", "5.14.01 5.14.03", "是"),
    ),
    Import(
        "trainings",
        TRAININGS.title,
        TRAININGS,
        keep=keep_training,
        may=keeps,
        records=held,
        example=(
            "訓114-0001", "safety", "114年工地職業安全衛生", "研究發展考核委員會", "", "外聘講師",
            "114/3/1", "114/4/10 09:00-17:00/60 @ 市府第一會議室", "114/4/11", "114/4/25", "學員反映良好",
        ),
    ),
    Import(
        "attendance",
        ATTENDANCE.title,
        ATTENDANCE,
        keep=keep_attendance,
        may=keeps,
        records=attendance,
        example=("訓114-0001", "王大同", "水利局", "", "否", "114/4/10", "08:50", "17:05"),
    ),
    Import(
        "results",
        RESULTS.title,
        RESULTS,
        keep=keep_result,
        may=keeps,
        records=results,
        example=("訓114-0001", "王大同", "水利局", "", "85"),
    ),
)  # fmt: skip
