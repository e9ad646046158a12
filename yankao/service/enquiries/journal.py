"""The journal of contacts: written at the desk, once for one key, and never changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from yankao.kernel.journal.declare import Journal, Row
from yankao.kernel.journal.models import Source
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from .models import Contact

NAME = "service.enquiries"
COLUMNS = (
    "day", "at", "channel", "outcome", "language", "article_id", "agency_id", "agent_id", "call_source_id",
    "call_id", "caller", "note", "case_id", "incident_id",
)  # fmt: skip
BLANK: Row = (date(1970, 1, 1), 0, "", "", "", None, None, None, None, "", "", "", None, None)


def _kept(one: Row, other: Row) -> Row:
    """What was written first stands: a contact is said once."""
    return other if one == BLANK else one if other == BLANK else min(one, other, key=str)


def keeper(user: Any) -> bool:
    return standing(user).has(Role.CALL_SUPERVISOR, Role.ADMIN)


contacts = Journal(NAME, _("諮詢紀錄"), Contact, COLUMNS, {}, _kept, BLANK, may=keeper)


def desk() -> Source:
    """The source of what is written at the desk."""
    found, _made = Source.objects.get_or_create(
        journal=NAME, code="desk", defaults={"name": "話務與服務台登錄", "format": "desk"}
    )
    return found
