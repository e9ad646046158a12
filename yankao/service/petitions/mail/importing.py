"""`yankao import service.petitions mail PLACE`: the mails of a maildir, an mbox or single files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.intake import Import, Outcome
from yankao.kernel.sheets.intake import Problem, Profile, Refused
from yankao.kernel.sheets.sheet import SheetError

from .. import intake
from ..models import Incoming
from . import boxes, taking


class _Undo(Exception):
    """Leaves a dry run without a trace."""


def take_place(actor: Any, place: Path, dry: bool, progress: Callable[[int], None]) -> Outcome:
    """Take every mail that lies there; those that are no case come back with the reason, and wait in the
    list of mails.
    """
    outcome = Outcome(header=["Message-ID", str(Incoming._meta.get_field("state").verbose_name)])
    try:
        with transaction.atomic():
            for parcel in boxes.in_folder(place):
                outcome.read += 1
                _take(parcel, place, outcome)
                if not dry:
                    transaction.on_commit(parcel.done)
                progress(outcome.read)
            if dry:
                raise _Undo
    except _Undo:
        pass
    except boxes.BoxClosed as closed:
        raise SheetError(str(closed)) from closed
    return outcome


def _take(parcel: boxes.Parcel, place: Path, outcome: Outcome) -> None:
    taken = taking.take(parcel.raw, box=f"import:{place.name}")
    row, number = taken.row, outcome.read
    if not taken.fresh:
        outcome.notes.append(_("%(row)s：這封信先前已收，未重複收入。") % {"row": number})
    if row.state in (Incoming.State.OPENED, Incoming.State.ADDED) or not taken.fresh:
        outcome.kept += 1
        return
    words = f"{row.get_why_display()}{row.detail and f'（{row.detail}）'}"
    told = [row.message_id, str(row.get_state_display())]
    outcome.refused.append(Refused(number, told, (Problem(number, "", "", words),)))


MAIL = Import(
    "mail",
    gettext_lazy("電子郵件"),
    Profile(gettext_lazy("電子郵件"), ()),
    take_place=take_place,
    may=intake.may_enter,
)
