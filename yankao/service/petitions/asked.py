"""受理話務中心的立案 What was asked by telephone or at the counter comes in by the door of every channel."""

from __future__ import annotations

from yankao.kernel.casework.asked import Asked, Opened, asked

from .intake import Told, receive
from .models import Channel, ReadBack


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
            place=fact.place,
            language=fact.language,
            agent=fact.actor,
            read_back=str(ReadBack.READ) if fact.read_back else "",
        )
    )
    return Opened(found.petition.case, found.code)
