"""Who may know what: the duty that opens a person's data, by kind of case; accusations have their own."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..casework import duties
from ..casework.duties import Duty
from ..people.models import Role
from ..people.standing import standing
from .models import Identity

USUAL: Duty = (
    duties.officer
    | duties.agency(Role.MANAGER, Role.HEAD)
    | duties.chief
    | duties.everywhere(_("政風審計人員"), Role.AUDITOR)
)
"""The officer of the case, managers and head of its agency, heads of the commission, the auditor; each look
is logged. Controllers and the mayor see masks."""

CUSTODIANS: Duty = duties.everywhere(_("檢舉案件保管人（政風）"), Role.ETHICS)
"""Who alone opens sealed identities; nobody else learns that there is one."""

_by_kind: dict[str, Duty] = {}


def entrust(kind: str, duty: Duty) -> None:
    """A room's own word on who opens its petitioners' data, instead of USUAL."""
    _by_kind[kind] = duty


def duty_for(identity: Identity, kind: str) -> Duty:
    """The duty that opens this identity in a case of the kind."""
    return duty_of(kind, sealed=identity.sealed)


def duty_of(kind: str, *, sealed: bool) -> Duty:
    """The duty that opens the persons of a kind of case, of the sealed or of the others."""
    return CUSTODIANS if sealed else _by_kind.get(kind, USUAL)


def may_know(identity: Identity, user: Any) -> bool:
    """Whether the user may learn that this identity exists at all."""
    return not identity.sealed or standing(user).has(Role.ETHICS)
