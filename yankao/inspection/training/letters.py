"""研習證書 The certificate of a training, with a code by which it can be verified."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.letters.declare import Content, To, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.models import Role
from yankao.kernel.session.roll import hours, minutes_by_seat, share_present

from . import rules
from .models import ROLL, Seat, Training


def not_earned(seat: Seat) -> str:
    """Why the participant has no certificate: the training, or too little of it."""
    training = seat.training
    if not training.held_on:
        return _("訓練尚未登錄辦理完成，不能核發證書。")
    if not training.course.certified:
        return _("這個課程不核發證書。")
    least = rules.CERTIFIED_SHARE.at(training.held_on)
    if share_present(ROLL, training).get(seat.pk, 0) < least:
        return _("出席未達%(least)s%%，不核發證書。") % {"least": least}
    return ""


@letter(
    "inspection.training.certificate",
    gettext_lazy("研習證書"),
    Kind.CERTIFICATE,
    Seat,
    by=duties.commission | duties.role(Role.INSPECTION_SECRETARY),
    unless=not_earned,
)
def certificate(seat: Seat) -> Content:
    """研習證書 Who learned what, for how many hours, between which days."""
    training = seat.training
    told = hours(minutes_by_seat(ROLL, training)[seat.pk])
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


def earned(training: Training) -> list[Seat]:
    """Who gets a certificate; asked once for the whole roster."""
    if not training.held_on or not training.course.certified:
        return []
    least = rules.CERTIFIED_SHARE.at(training.held_on)
    shares = share_present(ROLL, training)
    seats = ROLL.seats_of(training).select_related("agency", "training__case__agency", "training__course")
    return [seat for seat in seats.order_by("pk") if shares.get(seat.pk, 0) >= least]
