"""Keeping persons, showing them masked, and finding the same one again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from .. import bulk
from . import custody, keys, persons, sealing
from .models import Identity, Retention
from .persons import Person

NOBODY = Person()
"""What is shown where nobody is named, and of a sealed identity to everybody but its custodians."""


class Shredded(LookupError):
    """The person's data was destroyed when its time had come."""


def prepared(
    person: Person, *, case: Any = None, sealed: bool = False, retention: str = Retention.USUAL
) -> Identity:
    """An identity not yet saved, for a room that writes in bulk: `bulk.write(Identity, …)`."""
    ring = _ring(sealed)
    envelope = sealing.seal(person.written(), ring)
    return bulk.made(
        Identity, case_id=getattr(case, "pk", case), sealed=sealed,
        retention=Retention.ACCUSATION if sealed else retention,
        key_id=envelope.key_id, wrapped=envelope.wrapped, text=envelope.text, **_marks(person, ring),
    )  # fmt: skip


def keep(
    person: Person, *, case: Any = None, sealed: bool = False, retention: str = Retention.USUAL
) -> Identity | None:
    """Keep a person in the caller's transaction; None when nothing was told (anonymous)."""
    if not person:
        return None
    identity = prepared(person, case=case, sealed=sealed, retention=retention)
    identity.save(force_insert=True)
    return identity


def keep_all(rows: Iterable[tuple[Person, Any]], *, retention: str = Retention.USUAL) -> list[Identity]:
    """Keep many at once: (person, case or its id) each."""
    made = [prepared(person, case=case, retention=retention) for person, case in rows]
    bulk.write(Identity, made)
    return made


def attach(identity: Identity | None, case: Any) -> None:
    """Say to which case an identity belongs that was kept before its case had a number."""
    if identity is not None:
        identity.case = case
        Identity.objects.filter(pk=identity.pk, case=None).update(case=case)


def correct(identity: Identity, person: Person, *also: str) -> None:
    """Replace what is told of the person (個資法 §11: correction), under a new data key."""
    if identity.shredded_at:
        raise Shredded(_("這份個人資料已依保存年限銷毀。"))
    ring = _ring(identity.sealed)
    envelope = sealing.seal(person.written(), ring)
    changed: dict[str, object] = {
        "key_id": envelope.key_id, "wrapped": envelope.wrapped, "text": envelope.text,
    }  # fmt: skip
    changed |= _marks(person, ring)
    for name, value in changed.items():
        setattr(identity, name, value)
    identity.save(update_fields=[*changed, *also])


def seal_off(identity: Identity | None) -> None:
    """A case turned out to be an accusation: its person goes to the custodians' keys and marks, and is no
    longer found among the others."""
    if identity is None or identity.sealed or identity.shredded_at:
        return
    person = unsealed(identity)
    identity.sealed, identity.retention = True, Retention.ACCUSATION
    correct(identity, person, "sealed", "retention")


def copied(identity: Identity, case: Any, *, sealed: bool = False) -> Identity:
    """The same person for another case (one letter, several matters), not yet saved: an identity of its own,
    so that each case has its own custody and its own end. `sealed`: that case is an accusation."""
    closed = sealed or identity.sealed
    return prepared(unsealed(identity), case=case, sealed=closed, retention=identity.retention)


def unsealed(identity: Identity) -> Person:
    """The person, for the machine alone: addressing a message, printing a letter. What people's eyes see goes
    through `revealing.reveal`. Raises Shredded, sealing.Damaged or keys.KeyMissing.
    """
    envelope = identity.envelope
    if envelope is None:
        raise Shredded(_("這份個人資料已依保存年限銷毀。"))
    return Person.read(sealing.unseal(envelope))


def masked(identity: Identity | None, user: Any) -> Person:
    """The person as lists and pages show it. NOBODY for none, for one that is shredded, and for a sealed one
    unless `user` is its custodian: the three cannot be told apart.
    """
    if identity is None or identity.shredded_at or not custody.may_know(identity, user):
        return NOBODY
    return persons.masked(unsealed(identity))


def masked_all(identities: Iterable[Identity | None], user: Any) -> Mapping[int, Person]:
    """`masked` of each by its id; no query beyond the user's standing."""
    return {one.pk: masked(one, user) for one in identities if one is not None}


def same_person(person: Person, *, sealed: bool = False) -> QuerySet[Identity]:
    """Identities told with the same telephone, e-mail, ID number, or name and address. Accusations are found
    among accusations only, other cases among the others only.
    """
    return _sharing(_marks(person, _ring(sealed)), sealed)


def same_as(identity: Identity) -> QuerySet[Identity]:
    """The other identities of the same person, without opening any."""
    told = {name: getattr(identity, name) for name in MARKS}
    return _sharing(told, identity.sealed).exclude(pk=identity.pk)


def same_as_each(identities: Iterable[Identity | None]) -> dict[int, set[int]]:
    """Of each identity by its id, the ids of the others of the same person; one query for them all."""
    asked = [one for one in identities if one is not None]
    wanted = {mark for one in asked for name in MARKS if (mark := getattr(one, name))}
    if not wanted:
        return {one.pk: set() for one in asked}
    alike = Q()
    for name in MARKS:
        alike |= Q(**{f"{name}__in": wanted})
    told = list(Identity.objects.filter(alike).values_list("pk", "sealed", *MARKS))
    return {
        one.pk: {
            pk
            for pk, sealed, *marks in told
            if sealed == one.sealed and pk != one.pk and not _marks_of(one).isdisjoint(_told(*marks))
        }
        for one in asked
    }


def _marks_of(identity: Identity) -> set[tuple[str, str]]:
    return _told(*(getattr(identity, name) for name in MARKS))


def _told(phone: str | None, mobile: str | None, *others: str | None) -> set[tuple[str, str]]:
    """What is compared: a landline and a mobile as one kind."""
    named = [("phone", phone), ("phone", mobile), *zip(MARKS[2:], others, strict=True)]
    return {(name, mark) for name, mark in named if mark}


MARKS = ("phone_mark", "mobile_mark", "email_mark", "id_mark", "home_mark")


def _ring(sealed: bool) -> keys.Ring:
    return keys.ring(keys.SEALED if sealed else keys.ORDINARY)


def _marks(person: Person, ring: keys.Ring) -> dict[str, str | None]:
    """A landline and a mobile are marked alike: people write either into either field."""
    return {
        "phone_mark": sealing.mark(b"phone", persons.phone_form(person.phone), ring),
        "mobile_mark": sealing.mark(b"phone", persons.phone_form(person.mobile), ring),
        "email_mark": sealing.mark(b"email", persons.email_form(person.email), ring),
        "id_mark": sealing.mark(b"id", persons.id_form(person.id_number), ring),
        "home_mark": sealing.mark(b"home", persons.home_form(person.name, person.address), ring),
    }


def _sharing(marks: Mapping[str, str | None], sealed: bool) -> QuerySet[Identity]:
    phones = [mark for mark in (marks["phone_mark"], marks["mobile_mark"]) if mark]
    alike = Q(phone_mark__in=phones) | Q(mobile_mark__in=phones) if phones else Q(pk__in=())
    for name in ("email_mark", "id_mark", "home_mark"):
        if marks[name]:
            alike |= Q(**{name: marks[name]})
    return Identity.objects.filter(alike, sealed=sealed)
