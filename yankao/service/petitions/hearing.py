"""Signing up for messages while a case is under way: a mobile number for texts, a browser for push.

Who petitions in their own name hears as that person; of a case without a name somebody hears as one who
joined it, and stays nameless.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import Security
from yankao.kernel.outbox import devices
from yankao.kernel.vault import keeping, persons
from yankao.kernel.vault.models import Identity
from yankao.kernel.vault.persons import Person

from .models import Petition, Subscriber


def ways(petition: Petition) -> set[str]:
    """By which ways one may sign up: "sms" and "push", where they are in use and would be heard."""
    if petition.case.closed_on is not None:
        return set()
    if petition.petitioner is None and petition.case.security not in (Security.OPEN, Security.AGENCY):
        return set()  # of these only who is named hears anything
    if petition.petitioner is not None and petition.petitioner.shredded_at:
        return set()
    return {name for name in ("sms", "push") if settings.MESSAGES.get(name)}


def _key(petition: Petition) -> str:
    return f"follow:{petition.pk}"


def _known(petition: Petition) -> Identity | None:
    """Who hears of the case here: its petitioner, else who signed up before."""
    if petition.petitioner is not None:
        return petition.petitioner
    row = Subscriber.objects.select_related("identity").filter(client_key=_key(petition)).first()
    return row.identity if row else None


def number_shown(petition: Petition) -> str:
    """The number that texts go to, masked; "" for none."""
    identity = _known(petition)
    if identity is None or identity.shredded_at:
        return ""
    return str(persons.masked(keeping.unsealed(identity)).mobile)


def _hearer(petition: Petition, person: Person) -> Identity:
    """The identity that hears, made when the case has none; in the caller's transaction."""
    known = _known(petition)
    if known is not None:
        return known
    identity = keeping.prepared(person, case=petition.case)
    identity.save(force_insert=True)
    Subscriber.objects.create(
        petition=petition, identity=identity, at=timezone.now(), client_key=_key(petition)
    )
    return identity


@transaction.atomic
def by_text(petition: Petition, mobile: str) -> None:
    """From now on texts go to this number; saying it twice changes nothing."""
    Petition.objects.select_for_update().get(pk=petition.pk)
    person = Person(mobile=mobile, language=petition.language)
    identity = _hearer(petition, person)
    told: dict[str, Any] = {name: getattr(keeping.unsealed(identity), name) for name in persons.FIELDS}
    if told["mobile"] != mobile:
        keeping.correct(identity, Person(**{**told, "mobile": mobile, "language": petition.language}))
    ledger.note("petitions.hears", f"case:{petition.pk}", None, by="sms")


@transaction.atomic
def by_push(petition: Petition, subscription: dict[str, Any]) -> None:
    """From now on this browser hears. Raises devices.NoDevice for what is no subscription we may use."""
    Petition.objects.select_for_update().get(pk=petition.pk)
    devices.register(_hearer(petition, Person(language=petition.language)), subscription)
    ledger.note("petitions.hears", f"case:{petition.pk}", None, by="push")
