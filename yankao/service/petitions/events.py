"""What this room hears: a citizen told another room something that is a petition as well."""

from __future__ import annotations

from yankao.kernel.casework.concerns import Concern, concern
from yankao.kernel.casework.docket import Case

from . import registers
from .intake import Told, receive
from .models import Channel, Kind


@concern.hear
def take(fact: Concern) -> Case | None:
    """Received by the web without a name; told twice it is one petition."""
    received = receive(
        Told(
            channel=Channel.WEB, kind=Kind.PETITION, client_key=fact.key, subject=fact.subject,
            content=fact.content, category=registers.categories().get(fact.category), place=fact.place,
            district=fact.district, language=fact.language, files=fact.files,
        )
    )  # fmt: skip
    case: Case = received.petition.case
    return case
