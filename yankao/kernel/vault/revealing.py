"""Looking at a person's data: by duty, for a purpose, and never unseen by the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ..audit import ledger
from ..casework.process import processes
from ..casework.steps import Refused
from . import custody, keeping
from .models import Identity, Purpose, Reveal
from .persons import FIELDS, Person


def may_reveal(identity: Identity | None, actor: Any) -> bool:
    """Whether `reveal` would open it for this person: for the button."""
    if identity is None or identity.shredded_at or identity.case is None:
        return False
    return _held(identity, actor)


def reveal(
    identity: Identity | None, *, actor: Any, purpose: str, why: str = "", fields: Sequence[str] = FIELDS
) -> Person:
    """The wanted fields of a person. The look is a line in the vault's own register and one in the ledger
    (which names neither person nor field), both in one transaction: without them nothing is shown.

    Refused with one and the same sentence for no identity, one of no case, one not the actor's, and a sealed
    one; ValueError for an unknown purpose or field; keeping.Shredded, sealing.Damaged, keys.KeyMissing.
    """
    wanted = [name for name in FIELDS if name in fields]
    if purpose not in Purpose.values or len(wanted) != len(set(fields)) or not wanted:
        raise ValueError("Unknown purpose or field")
    if identity is None or identity.case is None or not _held(identity, actor):
        raise Refused(_("這件案件沒有您可以調閱的個人資料。"))
    case = identity.case
    with transaction.atomic():
        person = keeping.unsealed(identity).only(wanted)
        line = Reveal.objects.create(
            identity=identity, case=case, actor=actor, purpose=purpose, why=" ".join(why.split())[:200],
            fields=",".join(wanted),
        )  # fmt: skip
        kept = {"reveal": line.pk, "purpose": str(purpose)}
        # A line in the case's own history would tell its readers that an accuser is named.
        about = None if identity.sealed else case.pk
        ledger.append(
            [
                ledger.Draft(
                    "vault.reveal", f"identity:{identity.pk}", timezone.now(), actor.pk, about, body=kept
                )
            ]
        )
    return person


def _held(identity: Identity, actor: Any) -> bool:
    """Nobody opens a person of a case they may not know of, whatever their post."""
    assert identity.case is not None
    case = identity.case
    process = processes.get(case.kind)
    sees = process is None or process.sees.held_by(actor, case)
    return sees and custody.duty_for(identity, case.kind).held_by(actor, case)


def looks(case: Any) -> QuerySet[Reveal]:
    """Who looked at the persons of a case, newest first: what the petitioner is shown."""
    return Reveal.objects.filter(case=case).select_related("actor").order_by("-at", "-pk")
