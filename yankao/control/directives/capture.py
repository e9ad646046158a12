"""現場錄案 Directives typed while they are said: one line each, who answers, until when, as it was said.

    請於汛期前完成清淤 ｜ 水利局、工務局 ｜ 6月底

The first agency answers, the others take part. Action items of other rooms come in by the same door.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import Case, Link
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused
from yankao.kernel.casework.schema import agencies_today
from yankao.kernel.likeness import nearest
from yankao.kernel.people.models import Agency
from yankao.kernel.people.standing import standing
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.session.actions import ActionItem, resolved
from yankao.kernel.span import due
from yankao.kernel.spoken import SpokenError, spoken_day

from . import rules
from .models import Class, CoOwner, Directive, Meeting
from .process import process

TITLE = 60
"""So many letters of a directive are its title."""
_SEPARATOR = re.compile(r"[|｜\t]")
_AND = re.compile(r"[、,，;；/／]\s*")


@dataclass(frozen=True)
class Said:
    """A directive as it was typed, understood."""

    text: str
    owner: Agency
    co_owners: tuple[Agency, ...] = ()
    due_on: date | None = None
    due_said: str = ""
    category: str = Class.ACTION


@dataclass(frozen=True)
class Alike:
    """An open directive that says nearly the same."""

    directive: Directive
    percent: int


@dataclass
class Agencies:
    """Agencies by what people call them: name, code, English name, or a beginning that is one's alone."""

    rows: list[Agency] = field(default_factory=lambda: list(agencies_today()))

    def find(self, given: str) -> Agency:
        name = given.strip().replace("台", "臺").casefold()
        exact = [
            one
            for one in self.rows
            if name in (self._plain(one.name), one.code.casefold(), one.name_en.casefold())
        ]
        found = exact or [one for one in self.rows if self._plain(one.name).startswith(name)]
        found = found or [one for one in self.rows if name in self._plain(one.name)]
        if not name or not found:
            raise Refused(_("沒有「%(given)s」這個機關。") % {"given": given.strip()})
        if len(found) > 1:
            names = "、".join(one.name for one in found[:4])
            raise Refused(
                _("「%(given)s」可能是%(names)s，請寫清楚。") % {"given": given.strip(), "names": names}
            )
        return found[0]

    @staticmethod
    def _plain(name: str) -> str:
        return name.replace("台", "臺").casefold()


def understood(
    text: str, owners: str, when: str, today: date, agencies: Agencies, category: str = Class.ACTION
) -> Said:
    """What the three pieces of a line mean. Raises ValidationError by field: text, owners, due."""
    wrong: dict[str, str] = {}
    found: list[Agency] = []
    if not text.strip():
        wrong["text"] = _("請填裁示內容。")
    try:
        found = [agencies.find(name) for name in _AND.split(owners.strip()) if name.strip()]
        if not found:
            wrong["owners"] = _("請填主責機關。")
    except Refused as refused:
        wrong["owners"] = str(refused)
    until = None
    if when.strip():
        try:
            until = spoken_day(when, today, office_calendar())
        except SpokenError:
            wrong["due"] = _("看不懂期限「%(given)s」，請寫成下週三、一個月內、6月底或115/12/31。") % {
                "given": when.strip()
            }
        else:
            if until < today:
                wrong["due"] = _("「%(given)s」是%(day)s，早於會議日。") % {
                    "given": when.strip(),
                    "day": until.isoformat(),
                }
    if wrong:
        raise ValidationError(wrong)
    first, *others = dict.fromkeys(found)
    return Said(text.strip(), first, tuple(others), until, when.strip()[:40], category)


def line(given: str, today: date, agencies: Agencies) -> Said:
    """A whole line: text ｜ owners ｜ due. Raises ValidationError by field."""
    pieces = [piece.strip() for piece in _SEPARATOR.split(given)]
    text, owners, when = [*pieces, "", ""][:3]
    return understood(text, owners, when, today, agencies)


def alike(text: str, day: date, *, apart_from: int | None = None) -> list[Alike]:
    """The open directives most like the text, the most alike first."""
    rows = Directive.objects.filter(case__closed_on=None).exclude(pk=apart_from)
    texts = list(rows.values_list("pk", "text"))
    found = nearest(text, texts, rules.LIKENESS.at(day) / 100)
    known = rows.select_related("case__agency").in_bulk([pk for pk, _share in found])
    return [Alike(known[pk], round(share * 100)) for pk, share in found]


def title_of(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= TITLE else plain[: TITLE - 1] + "…"


def record(actor: Any, meeting: Meeting, said: Said, *, key: str = "") -> Directive:
    """Keep a directive of the meeting under its next item number. Raises Refused."""
    with transaction.atomic():
        locked = Meeting.objects.select_for_update().get(pk=meeting.pk)
        if locked.cancelled_on:
            raise Refused(_("這次市政會議已取消。"))
        last = locked.directives.aggregate(last=Max("item_no"))["last"] or 0
        made = process.open(
            actor,
            title=title_of(said.text),
            agency=said.owner,
            opened_on=min(locked.held_on, timezone.localdate()),
            key=key,
            text=said.text,
            category=said.category,
            meeting=locked,
            item_no=last + 1,
            directed_on=locked.held_on,
            due_on=said.due_on,
            due_said=said.due_said,
        )
        _take_part(made, said.co_owners)
    return made


def _take_part(directive: Directive, agencies: Iterable[Agency]) -> None:
    for agency in agencies:
        CoOwner.objects.get_or_create(directive=directive, agency=agency)


def call_meeting(actor: Any, *, number: int, held_on: date, place: str = "") -> Meeting:
    """Call a city meeting; its minutes are due some days after."""
    if not standing(actor).has(*RDEC):
        raise Refused(_("市政會議由研考會登錄。"))
    with transaction.atomic():
        until = due(rules.MINUTES.at(held_on), held_on, office_calendar()).day
        title = _("第%(number)s次市政會議") % {"number": number}
        meeting = Meeting(number=number, held_on=held_on, place=place, title=title, minutes_due_on=until)
        meeting.full_clean()
        meeting.save()
        ledger.note("directives.meeting", f"meeting:{meeting.pk}", actor, number=number, held_on=held_on)
    return meeting


def send_minutes(actor: Any, meeting: Meeting, *, minutes_on: date) -> None:
    """The day the minutes went out."""
    if not standing(actor).has(*RDEC):
        raise Refused(_("市政會議由研考會登錄。"))
    with transaction.atomic():
        meeting.minutes_on = minutes_on
        meeting.full_clean()
        meeting.save()
        ledger.note("directives.minutes", f"meeting:{meeting.pk}", actor, minutes_on=minutes_on)


@resolved.hear
def take_up(item: ActionItem) -> Case | None:
    """An action item of another room's meeting becomes a directive; told again, it is the same one."""
    known = Directive.objects.filter(origin_key=item.key).select_related("case").first()
    if known is not None:
        return known.case
    with transaction.atomic():
        made = process.open(
            item.actor,
            title=title_of(item.text),
            agency=item.owner,
            opened_on=min(item.resolved_on, timezone.localdate()),
            text=item.text,
            category=Class.ACTION,
            source=item.meeting,
            origin_key=item.key,
            directed_on=item.resolved_on,
            due_on=item.due_on if item.due_on and item.due_on >= item.resolved_on else None,
        )
        _take_part(made, item.co_owners)
        if item.origin is not None:
            made.case.links_out.get_or_create(target=item.origin, kind=Link.Kind.CAUSED_BY)
    return made.case
