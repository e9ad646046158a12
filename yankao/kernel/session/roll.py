"""出席 Who is on a session's roster, who signed in and out, and how long each was there.

A room names its tables in a `Roll`; signing in, hours and questionnaires work on any. Signing in is public:
whoever stands before the organiser's screen gives name and agency, and is told nothing about others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..audit import ledger
from ..casework.steps import Refused
from ..roc import half_up
from ..rules.values import Seed, declare
from .models import Way

DEFAULT = "平台預設值"
OPENS = declare("kernel.session.opens", int, gettext_lazy("開始前幾分鐘可簽到"), Seed("60", basis=DEFAULT))
GRACE = declare("kernel.session.grace", int, gettext_lazy("遲到早退寬限分鐘數"), Seed("10", basis=DEFAULT))
STAYS_OPEN = declare(
    "kernel.session.stays_open", int, gettext_lazy("結束後幾分鐘內可簽退"), Seed("60", basis=DEFAULT)
)


@dataclass(frozen=True)
class Roll:
    """The tables of one room's sessions: its name, the tables, and how both call the session they belong to.

    `walk_ins`: whether somebody not on the roster may sign in.
    """

    kind: str
    session: str
    sittings: type[Any]
    seats: type[Any]
    presences: type[Any]
    opinions: type[Any] | None = None
    walk_ins: bool = True

    def of(self, table: type[Any], session: Any) -> Any:
        """The rows of a table that belong to the session."""
        return table._default_manager.filter(**{self.session: session})

    def seats_of(self, session: Any) -> Any:
        """Who is expected or came: the roster without those withdrawn."""
        return self.of(self.seats, session).filter(withdrawn_on=None)

    def present(self, session: Any) -> Any:
        """The seats with at least one presence."""
        came = self.presences._default_manager.values("seat")
        return self.seats_of(session).filter(pk__in=came)


@dataclass(frozen=True)
class Signed:
    """What a sign-in did: `fresh` is false for a repetition, which changed nothing."""

    presence: Any
    fresh: bool


def name_key(name: str) -> str:
    """A name for comparison: width, case, spaces, dots and 台/臺 do not matter."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("台", "臺")
    return "".join(letter for letter in folded if letter.isalnum())


def begins(sitting: Any) -> datetime:
    """When the sitting starts, in the city's time."""
    return timezone.make_aware(datetime.combine(sitting.held_on, sitting.starts_at))


def ends(sitting: Any) -> datetime:
    return timezone.make_aware(datetime.combine(sitting.held_on, sitting.ends_at))


def shut(sitting: Any, at: datetime, way: str = Way.CODE) -> str:
    """Why nobody can sign in or out now, or an empty text. Only codes keep to the hours of the sitting."""
    if sitting.cancelled_on:
        return _("本場次已取消。")
    if sitting.closed_at:
        return _("本場次已結算，請洽主辦單位。")
    day = sitting.held_on
    if way != Way.CODE:
        return "" if timezone.localtime(at).date() == day else _("時間須在場次當日。")
    if at < begins(sitting) - timedelta(minutes=OPENS.at(day)):
        return _("尚未開放簽到。")
    if at > ends(sitting) + timedelta(minutes=STAYS_OPEN.at(day)):
        return _("簽到時間已過，請洽主辦單位。")
    return ""


def known_presence(roll: Roll, sitting: Any, *, name: str, agency: Any, number: str = "") -> Any:
    """The presence of a person at a sitting by name and agency, or None."""
    found = roll.presences._default_manager.filter(
        sitting=sitting, seat__agency=agency, seat__withdrawn_on=None
    ).select_related("seat")
    mine = [one for one in found if name_key(one.seat.name) == name_key(name)]
    if len(mine) > 1:
        mine = [one for one in mine if one.seat.number == number.strip()]
    return mine[0] if mine else None


def _seat(roll: Roll, session: Any, name: str, agency: Any, number: str, at: datetime) -> Any:
    """The seat of a person by name and agency, a new one for a walk-in."""
    key = name_key(name)
    if not key:
        raise Refused(_("請填姓名。"))
    mine = [seat for seat in roll.seats_of(session).filter(agency=agency) if name_key(seat.name) == key]
    if len(mine) > 1:
        mine = [seat for seat in mine if seat.number == number.strip()]
        if not mine:
            raise Refused(_("同機關有同名的學員，請再輸入通知上的報到號碼。"))
    if mine:
        return mine[0]
    if not roll.walk_ins:
        raise Refused(_("名單上沒有這個姓名與機關，請洽主辦單位。"))
    seat = roll.seats(name=name.strip(), agency=agency, walk_in=True, **{roll.session: session})
    seat.nominated_on = timezone.localtime(at).date()
    seat.full_clean()
    seat.save()
    return seat


def sign_in(
    roll: Roll,
    sitting: Any,
    *,
    name: str,
    agency: Any,
    number: str = "",
    at: datetime,
    way: str,
    by: Any = None,
) -> Signed:
    """Keep that a person came. The same person again changes nothing. Raises Refused with the sentence."""
    session = getattr(sitting, roll.session)
    with transaction.atomic():
        sitting = roll.sittings._default_manager.select_for_update().get(pk=sitting.pk)
        if sentence := shut(sitting, at, way):
            raise Refused(sentence)
        seat = _seat(roll, session, name, agency, number, at)
        known = roll.presences._default_manager.filter(seat=seat, sitting=sitting).first()
        if known:
            return Signed(known, False)
        presence = roll.presences(seat=seat, sitting=sitting, arrived_at=at, way=way, noted_by=by)
        reckon(presence, sitting)
        presence.full_clean()
        presence.save()
        # Who came is no matter of the ledger's: it says that somebody signed in, and how.
        ledger.note("session.sign_in", f"case:{session.pk}", by, sitting=sitting.pk, way=way)
    return Signed(presence, True)


def sign_out(roll: Roll, presence: Any, *, at: datetime, way: str) -> None:
    """Keep when a person left; the last time given counts."""
    with transaction.atomic():
        sitting = roll.sittings._default_manager.select_for_update().get(pk=presence.sitting_id)
        if sentence := shut(sitting, at, way):
            raise Refused(sentence)
        if at < presence.arrived_at:
            raise Refused(_("簽退不能早於簽到。"))
        presence.left_at = at
        reckon(presence, sitting)
        presence.full_clean()
        presence.save()


def reckon(presence: Any, sitting: Any) -> None:
    """Work out minutes present, late and early. Without a sign-out nothing is counted yet.

    The recess is taken off those who stayed over the middle of the sitting.
    """
    first, last = begins(sitting), ends(sitting)
    presence.late_by = max(int((presence.arrived_at - first).total_seconds() // 60), 0)
    if presence.late_by <= GRACE.at(sitting.held_on):
        presence.late_by = 0
    presence.minutes = presence.early_by = 0
    if presence.left_at is None:
        return
    early = max(int((last - presence.left_at).total_seconds() // 60), 0)
    presence.early_by = early if early > GRACE.at(sitting.held_on) else 0
    came = first if not presence.late_by else presence.arrived_at
    left = last if not presence.early_by else presence.left_at
    minutes = max(int((left - came).total_seconds() // 60), 0)
    middle = first + (last - first) / 2
    if came <= middle <= left:
        minutes -= min(sitting.recess, minutes)
    presence.minutes = minutes


def close_roll(roll: Roll, sitting: Any, *, at: datetime, by: Any) -> int:
    """結算出席 Who signed in and not out stayed to the end; afterwards nobody signs any more. How many."""
    with transaction.atomic():
        sitting = roll.sittings._default_manager.select_for_update().get(pk=sitting.pk)
        if sitting.closed_at:
            return 0
        if at < ends(sitting):
            raise Refused(_("場次還沒有結束，不能結算出席。"))
        left = list(roll.presences._default_manager.filter(sitting=sitting, left_at=None))
        for presence in left:
            presence.left_at = max(ends(sitting), presence.arrived_at)
            reckon(presence, sitting)
        roll.presences._default_manager.bulk_update(left, ["left_at", "minutes", "late_by", "early_by"])
        sitting.closed_at = at
        sitting.save(update_fields=["closed_at"])
        session = getattr(sitting, roll.session)
        ledger.note("session.close_roll", f"case:{session.pk}", by, sitting=sitting.pk, stayed=len(left))
    return len(left)


def length(sitting: Any) -> int:
    """Minutes of a sitting without its recess."""
    return int(max((ends(sitting) - begins(sitting)).total_seconds() // 60 - sitting.recess, 0))


def hours(minutes: int) -> Decimal:
    """Minutes as hours, half up to one decimal."""
    return half_up(Decimal(minutes) / 60, 1)


def minutes_by_seat(roll: Roll, session: Any) -> dict[int, int]:
    """Minutes present of each seat that came, over all sittings."""
    rows = roll.presences._default_manager.filter(
        seat__in=roll.seats_of(session), sitting__cancelled_on=None
    ).values_list("seat_id", "minutes")
    found: dict[int, int] = {}
    for seat, minutes in rows:
        found[seat] = found.get(seat, 0) + minutes
    return found


def share_present(roll: Roll, session: Any) -> dict[int, Decimal]:
    """Each seat's minutes present as a percentage of what the sittings lasted."""
    whole = sum(length(sitting) for sitting in roll.of(roll.sittings, session).filter(cancelled_on=None))
    if not whole:
        return {}
    return {seat: half_up(Decimal(100 * n) / whole, 1) for seat, n in minutes_by_seat(roll, session).items()}


def over_quota(taken: int, added: Iterable[Any], seats: int) -> int:
    """By how many the nominations exceed the seats of an agency; 0 when they fit."""
    return max(taken + len(list(added)) - seats, 0)
