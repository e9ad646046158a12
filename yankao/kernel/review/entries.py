"""送件 What a case goes through on its way into a round and out of it, the same for every room that reviews.

A room's record has `round`, `case` and `blind_copy`; guards answer with the sentence of refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ..casework.steps import Refused
from ..evidence.checks import Refused as NotTaken
from ..evidence.files import keep, open_bytes
from ..evidence.models import Evidence
from ..people.models import Role
from ..people.standing import holders
from . import blind
from .models import Round, Sheet
from .rounds import until


def round_of(kind: str, year: int, missing: str) -> Round:
    """The round of a year. Raises Refused with the room's sentence when none was opened."""
    found = Round.objects.filter(kind=kind, code=str(year)).first()
    if found is None:
        raise Refused(missing % {"year": year})
    return found


def window_closed(record: Any, draft: str) -> str:
    """A first submission comes within the round's window; one sent back may come later."""
    round = record.round
    if record.case.stage == draft and not round.opens_on <= timezone.localdate() <= round.closes_on:
        return _("%(round)s收件期間為%(window)s。") % {"round": round, "window": until(round)}
    return ""


def form_faults(copy: Evidence | None, names: Sequence[str]) -> str:
    """What a machine can see of the form: whether the copy can be cleaned, and whom its pages name."""
    if copy is None:
        return _("尚無盲審稿。")
    with open_bytes(copy) as file:
        data = file.read()
    try:
        clean = blind.stripped(data)
    except NotTaken as refused:
        return refused.sentence
    if found := blind.names_in(clean, names):
        return _("盲審稿內文出現%(names)s，請退回補正。") % {"names": _("、").join(found)}
    return ""


def round_decided(record: Any) -> str:
    """Nothing enters a round that has met."""
    return _("本年度決審會議已登錄，不能再送審。") if record.round.met_on else ""


def admitted(record: Any, actor: Any, **told: Any) -> Sheet:
    """The sheet of a case with the cleaned file, under a name that every copy has."""
    file: Evidence = record.blind_copy
    with open_bytes(file) as held:
        copy = keep(blind.stripped(held.read()), f"copy.{file.kind}", actor)
    return Sheet(round=record.round, case=record.case, title=record.case.title, copy=copy, **told)


def not_told(record: Any) -> str:
    """Results come from the announcement of the whole round and from nowhere else. Says the same before
    and after the meeting.
    """
    round = Round.objects.get(pk=record.round_id)
    return "" if round.revealed else _("結果於評審梯次一次公布，不能逐件登錄。")


def take_back(record: Any) -> None:
    """撤回 The case's sheet leaves the round with it."""
    for sheet in Sheet.objects.filter(case_id=record.case_id, withdrawn_on=None):
        sheet.withdrawn_on = record.step.today
        record.step.keep(sheet)


def controllers(record: Any) -> Iterable[Any]:
    return holders(None, Role.RDEC_CONTROLLER)


def agency_contact(record: Any) -> list[Any]:
    """Who handed it in, and the agency's contact for research."""
    return [record.case.officer, *holders(record.case.agency_id, Role.CONTROLLER)]
