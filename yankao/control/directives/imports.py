"""Files this room takes in and gives out in the same columns: city meetings and directives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused as MoveRefused
from yankao.kernel.intake import Import
from yankao.kernel.people.cells import agency, written
from yankao.kernel.people.models import Agency
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .capture import title_of
from .models import Class, CoOwner, Directive, Disposition, Meeting


def may_import(user: Any) -> bool:
    """The commission keeps the list."""
    return standing(user).has(*RDEC)


def agencies(given: str) -> tuple[Agency, ...]:
    """Agencies apart by 、."""
    return tuple(agency(name) for name in given.replace("，", "、").split("、") if name.strip())


# ── Meetings ────────────────────────────────────────────────────────────────────────────────────────

MEETINGS = Profile(
    title=gettext_lazy("市政會議"),
    columns=(
        Column("number", ("會次", "Meeting"), parsing.whole, required=True),
        Column("held_on", ("日期", "Date"), parsing.day, required=True),
        Column("title", ("名稱", "Title"), parsing.text, required=True),
        Column("place", ("地點", "Place"), parsing.text, default=""),
        Column("minutes_due_on", ("紀錄期限", "Minutes due"), parsing.day),
        Column("minutes_on", ("紀錄發送日", "Minutes sent"), parsing.day),
    ),
    key=("number",),
)


def keep_meeting(actor: Any, values: Values) -> None:
    """A meeting by its number; one that is known must be the same."""
    facts = {column.field: values[column.field] for column in MEETINGS.columns}
    known = Meeting.objects.filter(number=values["number"]).first()
    if known is None:
        meeting = Meeting(**facts)
        try:
            meeting.full_clean()
        except ValidationError as error:
            raise Refusal(" ".join(error.messages)) from error
        meeting.save()
    elif known.held_on != values["held_on"]:
        raise Refusal(_("這個會次已登錄，日期不同。"), "會次", str(values["number"]))


# ── Directives ──────────────────────────────────────────────────────────────────────────────────────

ENDS = {Disposition.RELEASE: "released_on", Disposition.SELF_CONTROL: "self_controlled_on"}


def ended(one: Directive) -> str:
    """解除列管 or 自行列管 when it ended so."""
    for disposition, name in ENDS.items():
        if getattr(one, name):
            return str(disposition.label)
    return ""


def _check(values: Values) -> Iterator[tuple[str, str]]:
    if values["due_on"] and values["due_on"] < values["directed_on"]:
        yield "due_on", _("辦理期限不能早於裁示日。")
    last = values["directed_on"]
    for name in ("assigned_on", "accepted_on", "ended_on"):
        if values[name] and values[name] < last:
            yield name, _("日期順序不合。")
        last = values[name] or last
    if values["accepted_on"] and not values["assigned_on"]:
        yield "assigned_on", _("已受理者須有分派日。")
    if bool(values["ended"]) != bool(values["ended_in"]):
        yield "ended_in", _("解除列管或自行列管，須有決定的會次。")
    if values["ended"] and not values["accepted_on"]:
        yield "accepted_on", _("已解除者須有受理日。")


def _ended(given: str) -> str:
    return parsing.one_of({str(one): str(one.label) for one in ENDS})(given)


def meeting_number(one: Directive) -> int | None:
    return one.meeting.number if one.meeting else None


def owner_told(one: Directive) -> Any:
    return written(one.case.agency)


DIRECTIVES = Profile(
    title=gettext_lazy("裁示事項"),
    columns=(
        Column("number", ("案號", "Number"), parsing.text, required=True),
        Column("meeting", ("會次", "Meeting"), parsing.whole, told=meeting_number),
        Column("item_no", ("項次", "Item"), parsing.whole),
        Column("source", ("來源會議", "Other meeting"), parsing.text, default=""),
        Column("directed_on", ("裁示日", "Directed on"), parsing.day, required=True),
        Column("text", ("裁示內容", "Directive"), parsing.text, required=True),
        Column("category", ("裁示類別", "Class"), parsing.among(Class), default=Class.ACTION),
        Column("owner", ("主責機關", "Owner"), agency, required=True, told=owner_told),
        Column(
            "co_owners", ("協辦機關", "Co-owners"), agencies, default=(),
            told=lambda one: "、".join(str(written(row.agency)) for row in one.co_owners.all()),
        ),
        Column("due_on", ("辦理期限", "Due"), parsing.day),
        Column("due_said", ("期限原文", "Due as said"), parsing.text, default=""),
        Column("assigned_on", ("分派日", "Assigned on"), parsing.day),
        Column("accepted_on", ("受理日", "Accepted on"), parsing.day),
        Column("plan", ("辦理規劃", "Plan"), parsing.text, default=""),
        Column("ended", ("結果", "Outcome"), _ended, default="", told=ended),
        Column(
            "ended_in", ("決定會次", "Decided in"), parsing.whole,
            told=lambda one: one.decided_in.number if ended(one) else None,
        ),
        Column(
            "ended_on", ("決定日", "Decided on"), parsing.day,
            told=lambda one: one.released_on or one.self_controlled_on,
        ),
        Column(
            "note", ("會議決定", "Decision"), parsing.text, default="",
            told=lambda one: one.decision_note if ended(one) else "",
        ),
    ),
    check=_check,
    key=("number",),
)  # fmt: skip


def _meeting(number: int | None, column: str) -> Meeting | None:
    if number is None:
        return None
    found = Meeting.objects.filter(number=number).first()
    if found is None:
        raise Refusal(
            _("沒有第%(number)s次市政會議，請先匯入會議。") % {"number": number}, column, str(number)
        )
    return found


def keep_directive(actor: Any, values: Values) -> None:
    """A directive played through its moves as far as its dates go; monthly reports are not made up."""
    known = Directive.objects.filter(case__number=values["number"]).first()
    if known is not None:
        if known.text != values["text"] or known.directed_on != values["directed_on"]:
            raise Refusal(_("這個案號已登錄，內容不同；更正請在案件上辦理。"), "案號", values["number"])
        return
    meeting = _meeting(values["meeting"], "會次")
    if meeting is None and not values["source"]:
        raise Refusal(_("裁示須有市政會議或來源會議。"), "會次")
    try:
        with Archive(way.process) as archive:
            _play(archive, actor, values, meeting)
    except MoveRefused as refused:
        raise Refusal(str(refused)) from refused


def _play(archive: Archive[Directive], actor: Any, values: Values, meeting: Meeting | None) -> None:
    on: date = values["directed_on"]
    kept = ("item_no", "source", "directed_on", "text", "category", "due_on", "due_said")
    one = archive.open(
        title=title_of(values["text"]),
        agency=values["owner"],
        on=on,
        actor=actor,
        number=values["number"],
        meeting=meeting,
        **{name: values[name] for name in kept},
    )
    docket: Any = one.docket
    docket.added += [CoOwner(directive=one, agency=other) for other in values["co_owners"]]
    if values["assigned_on"]:
        archive.move(one, way.assign_owner, actor, values["assigned_on"])
    if values["accepted_on"]:
        archive.move(one, way.accept, actor, values["accepted_on"])
        if values["plan"] or values["ended"]:
            archive.move(one, way.begin, actor, values["accepted_on"], plan=values["plan"])
    if not values["ended"]:
        return
    decided = _meeting(values["ended_in"], "決定會次")
    assert decided
    # What was reported month by month elsewhere is not made up: the case goes where the meeting met it.
    one.case.stage = way.Stage.PROPOSED
    end = way.release if values["ended"] == Disposition.RELEASE else way.leave_to_owner
    archive.move(one, end, actor, decided.held_on, meeting=decided, note=values["note"])


def directives(user: Any) -> Iterable[Directive]:
    """Every directive that is not one with another."""
    found = Directive.objects.filter(merged_on=None).select_related("case__agency", "meeting", "decided_in")
    return found.prefetch_related("co_owners__agency").order_by("case__number")


IMPORTS = (
    Import(
        "meetings",
        MEETINGS.title,
        MEETINGS,
        keep=keep_meeting,
        may=may_import,
        records=lambda user: Meeting.objects.order_by("number"),
        example=("812", "115/11/24", "第812次市政會議", "市府第一會議室", "115/12/1", ""),
    ),
    Import(
        "directives",
        DIRECTIVES.title,
        DIRECTIVES,
        keep=keep_directive,
        may=may_import,
        records=directives,
        example=(
            "裁114-0001", "760", "1", "", "114/11/25", "請於年底前完成人行道改善。", "辦理類", "工務局",
            "交通局", "114/12/31", "年底", "114/11/26", "114/11/28", "", "", "", "", "",
        ),
    ),
)  # fmt: skip
