"""文書 What the case page shows of letters: those issued about the case, and those that may be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.letters import receiving, register
from yankao.kernel.letters.declare import letters, of_room
from yankao.kernel.letters.models import Dispatch, Received

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


def received_state(one: Received) -> parts.Tag:
    """Where a letter that came in stands."""
    if one.done_on:
        return parts.Tag(_("已辦結"), "green")
    if one.due_at < timezone.now():
        return parts.Tag(_("逾期未辦"), "red", "late")
    return parts.Tag(_("辦理中"), "amber")


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


def sent_of(given: Opened, empty: frozenset[str] = frozenset()) -> list[Sent]:
    """The documents about the case that the person may know of; `empty` names what it has none of."""
    rows = []
    if "sent" not in empty and of_room(given.case.kind):
        rows = register.of_case(given.case, given.user)
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
    ] + ([] if "received" in empty else received_of(given))  # fmt: skip


def received_of(given: Opened) -> list[Sent]:
    """The letters that came in about the case and that the person may read."""
    return [
        Sent(
            one.title, _("收文%(number)s") % {"number": one.number}, reverse("desk:received", args=[one.pk]),
            format_short_date(one.received_on), received_state(one), [],
        )
        for one in receiving.of_case(given.case, given.user)
    ]  # fmt: skip


def first(user: Any) -> list[dict[str, Any]]:
    """First-screen item: letters of the own house past their term."""
    late = receiving.late(user).count()
    place = f"{reverse('desk:letters_received')}?state=late"
    return [{"label": _("收文逾期未辦"), "count": late, "url": place, "tone": "red"}] if late else []


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
