"""Signing up for messages while a case is under way: a mobile number for texts, a browser for push.

Who petitions in their own name hears as that person; of a case without a name somebody hears as one who
joined it, and stays nameless. Whoever hears may have it stop, one way or all: by the address in each letter,
or on the page of the case.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import Security
from yankao.kernel.outbox import devices
from yankao.kernel.outbox.models import Channel, Device
from yankao.kernel.vault import keeping, persons
from yankao.kernel.vault.models import Identity
from yankao.kernel.vault.persons import Person

from . import near
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
    return dict(heard(_known(petition))).get("sms", "")


def heard(identity: Identity | None) -> list[tuple[str, str]]:
    """By which ways somebody hears now: (channel, masked address; of browsers how many)."""
    if identity is None or identity.shredded_at:
        return []
    shown = persons.masked(keeping.unsealed(identity))
    browsers = Device.objects.filter(identity=identity, gone_at=None).count()
    found = {"email": shown.email, "sms": shown.mobile, "push": str(browsers) if browsers else ""}
    unwanted = identity.unwanted.split(",")
    return [
        (way, found[way])
        for way in Channel.values
        if found[way] and way not in unwanted and settings.MESSAGES.get(way)
    ]


def heard_here(petition: Petition) -> list[tuple[str, str]]:
    """By which ways whoever follows this case hears now."""
    return heard(_known(petition))


def refused_here(petition: Petition) -> list[str]:
    """Ways that were stopped and may be taken up again with what is on record. Texts and browsers are told
    anew instead.
    """
    identity = _known(petition)
    mail = identity is not None and identity.email_mark and "email" in identity.unwanted.split(",")
    return ["email"] if mail and settings.MESSAGES.get("email") else []


@transaction.atomic
def stop(identity: Identity, ways_: list[str]) -> None:
    """No more messages by these ways. Who only wanted to hear (who joined, or signed up for a nameless case)
    and hears by none any more is forgotten.
    """
    row = Subscriber.objects.filter(identity=identity).first()
    kept = Identity.objects.select_for_update().get(pk=identity.pk)
    told = {*kept.unwanted.split(","), *ways_} & set(Channel.values)
    identity.unwanted = kept.unwanted = ",".join(sorted(told))
    kept.save(update_fields=["unwanted"])
    ledger.note("petitions.stops", f"case:{kept.case_id}", None, by=",".join(sorted(ways_)))
    if row is not None and not heard(kept):
        near.leave(row)


def stop_here(petition: Petition, way: str) -> None:
    """Whoever follows this case hears no more by a way."""
    if (identity := _known(petition)) is not None:
        stop(identity, [way])


@transaction.atomic
def resume_here(petition: Petition, way: str) -> None:
    """Whoever follows this case hears by a way again."""
    identity = _known(petition)
    if identity is not None:
        _wanted(identity, way)
        ledger.note("petitions.hears", f"case:{petition.pk}", None, by=way)


def _wanted(identity: Identity, way: str) -> None:
    """What was stopped and is asked for again is told again."""
    if way in identity.unwanted.split(","):
        identity.unwanted = ",".join(one for one in identity.unwanted.split(",") if one != way)
        identity.save(update_fields=["unwanted"])


def _hearer(petition: Petition, person: Person) -> Identity:
    """The identity that hears, made when the case has none; in the caller's transaction."""
    known = _known(petition)
    if known is not None:
        return known
    identity = keeping.prepared(person, case=petition.case)
    identity.save(force_insert=True)
    Subscriber.objects.update_or_create(
        client_key=_key(petition),
        defaults={"petition": petition, "identity": identity, "at": timezone.now()},
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
    _wanted(identity, "sms")
    ledger.note("petitions.hears", f"case:{petition.pk}", None, by="sms")


@transaction.atomic
def by_push(petition: Petition, subscription: dict[str, Any]) -> None:
    """From now on this browser hears. Raises devices.NoDevice for what is no subscription we may use."""
    Petition.objects.select_for_update().get(pk=petition.pk)
    identity = _hearer(petition, Person(language=petition.language))
    devices.register(identity, subscription)
    _wanted(identity, "push")
    ledger.note("petitions.hears", f"case:{petition.pk}", None, by="push")
