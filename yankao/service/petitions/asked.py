"""受理話務中心的立案 What was asked by telephone or at the counter comes in by the door of every channel.

Which open reports lie near is told before, and the caller joins one of them as a citizen does.
"""

from __future__ import annotations

from datetime import date

from yankao.kernel.casework.asked import (
    Asked,
    Beside,
    Joining,
    Opened,
    Spot,
    asked,
    beside,
    joining,
    offered,
)
from yankao.kernel.casework.docket import Case

from . import near, registers
from .intake import Told, receive
from .models import Channel, ReadBack
from .telling import headline


@asked.hear
def take(fact: Asked) -> Opened:
    """The petition; told twice, it is one."""
    channel = Channel.COUNTER if fact.channel == Channel.COUNTER else Channel.PHONE
    found = receive(
        Told(
            channel=channel,
            content=fact.content,
            client_key=fact.key,
            petitioner=fact.person,
            service=registers.services().get(fact.service),
            place=fact.place,
            longitude=fact.longitude,
            latitude=fact.latitude,
            district=fact.district,
            language=fact.language,
            agent=fact.actor,
            read_back=str(ReadBack.READ) if fact.read_back else "",
        )
    )
    return Opened(found.petition.case, found.code)


@offered.hear
def services(day: date) -> list[tuple[str, str]]:
    """The services a crew is sent for."""
    return [(one.pk, str(one)) for one in registers.offered(day)]


@beside.hear
def around(spot: Spot) -> list[Beside]:
    """By the rule of the counter; where no point is known, those of the same road that have none either."""
    if spot.service not in registers.services():
        return []
    found = near.near(spot.service, *spot.point) if spot.point else []
    if not spot.point and spot.road and spot.district:
        found = near.on_road(spot.service, spot.district, spot.road)
    joined = near.joined([one.petition.pk for one in found])
    return [
        Beside(
            one.petition.pk, one.petition.case.number, str(one.petition.service), one.petition.place,
            one.metres, one.petition.received_at, headline(one.petition)[0], joined.get(one.petition.pk, 0),
        )
        for one in found
    ]  # fmt: skip


@joining.hear
def join(fact: Joining) -> Case:
    """The caller is one more with the same trouble."""
    case: Case = near.join(fact.case, fact.person, fact.key).case
    return case
