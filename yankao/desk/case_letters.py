"""文書 What the case page shows of letters: those issued about the case, and those that may be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.kernel.letters import register
from yankao.kernel.letters.declare import letters, of_room
from yankao.kernel.letters.models import Dispatch

from . import parts
from .jinja import format_short_date

if TYPE_CHECKING:
    from .case import Opened


def label_of(sent: Dispatch) -> str:
    """What its template is called; the register's own line when the room is no more."""
    known = letters.get(sent.code)
    return str(known.label) if known else sent.title


def state_of(sent: Dispatch) -> parts.Tag:
    return parts.Tag(_("已註銷"), "red") if sent.revoked_at else parts.Tag(_("仍有效"), "green")


@dataclass(frozen=True)
class Offer:
    """A letter the person may write about a case now, or why not."""

    label: str
    hint: str
    address: str
    sentence: str = ""


@dataclass(frozen=True)
class Sent:
    """A document of the case as its page lists it."""

    title: str
    label: str
    address: str
    day: str
    state: parts.Tag
    files: Sequence[parts.Link]


def sent_of(given: Opened) -> list[Sent]:
    """The documents about the case that the person may know of."""
    rows = register.of_case(given.case, given.user) if of_room(given.case.kind) else []
    return [
        Sent(
            one.number or one.title, label_of(one), reverse("desk:letter", args=[one.pk]),
            format_short_date(one.dated), state_of(one),
            [
                parts.Link(form.upper(), reverse("desk:letter_file", args=[one.pk, form]))
                for form in ("pdf", "odt", "ods")
                if getattr(one, f"{form}_id")
            ],
        )
        for one in rows
    ]  # fmt: skip


def offers_of(given: Opened) -> list[Offer]:
    """The room's letters that are this person's to write about this case."""
    found = []
    for one in of_room(given.case.kind):
        if one.many or not isinstance(given.record, one.about):
            continue
        if not one.by.held_by(given.user, given.case):
            continue
        place = reverse("desk:case_letter", args=[given.case.pk, one.name])
        found.append(Offer(str(one.label), str(one.hint), place, one.guarded(given.record)))
    return found
