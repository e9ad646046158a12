"""Receiving: the one door by which every channel brings a petition in.

Web, telephone, counter, letter, fax, e-mail, councillor and Open311 all call `receive`. The client's key
makes a retried submission the same case with the same access code; everything is written in one transaction.
"""

from __future__ import annotations

import hmac
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from yankao.counter.offers import plain_number
from yankao.kernel.bulk import at_once
from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.docket import CaseEvidence, Link, Security
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.notice import send
from yankao.kernel.people.agencies import commission
from yankao.kernel.people.models import Agency, District, Role, User, Village
from yankao.kernel.people.standing import Standing, holders, standing
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person

from . import notices
from . import process as way
from .models import (
    ORAL,
    Category,
    Channel,
    Complexity,
    Custodian,
    Kind,
    Language,
    Petition,
    ReadBack,
    Service,
)
from .places import village_of

KEY = re.compile(r"[!-~]{8,80}")
"""A client's key: 8 to 80 visible ASCII characters, so that nobody else's can be met by chance."""
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 10
LONGEST = {"content": 8000, "subject": 120, "place": 200, "reference": 80}
NOBODY = Person()
STRICT = (Security.OPEN, Security.AGENCY, Security.NAMED, Security.SECRET)


@dataclass(frozen=True)
class Received:
    """What the client hears: the case, its access code, and whether it is new."""

    petition: Petition
    code: str
    fresh: bool


@dataclass(frozen=True)
class Told:
    """What somebody brings. `petitioner` empty is an anonymous one; `agent` is who writes it down for a
    caller.

    `kind` None follows from what is told: the mayor's mailbox is named by its form, a service makes a
    dispatch.
    """

    channel: str
    content: str
    client_key: str
    kind: str | None = None
    subject: str = ""
    petitioner: Person = NOBODY
    category: Category | None = None
    service: Service | None = None
    place: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None
    district: District | None = None
    village: Village | None = None
    language: str = "zh-hant"
    nature: str = ""
    confidential: bool = False
    files: Sequence[Evidence] = ()
    agent: User | None = None
    read_back: str = ""
    reference: str = ""
    received_at: datetime | None = None
    entered_at: datetime | None = None
    """When it was put on record, where that is later than its receipt."""
    custodians: Sequence[User] = field(default=())
    number: str = ""
    complexity: str = str(Complexity.SIMPLE)
    security: str = ""
    """Of a case on record elsewhere: its number, how hard it is, and its class; never a lower one than the
    matter asks for.
    """
    read_back_at: datetime | None = None
    quiet: bool = False
    """Nobody is told: the petitioner heard of it when it first came in."""


def receive(told: Told, also: Callable[[Received], None] | None = None) -> Received:
    """Open the case, or give back the one this key opened before. Raises ValidationError by field.

    A sealed category makes the case and its petitioner known to the custodians of accusations alone. `also`
    writes what is kept together with the case, in its transaction; of a case met again, in one of its own.
    """
    _check(told)
    archive: Archive[Petition] = Archive(way.process, savepoint=False)
    petition = _drawn_up(told, archive)  # before the transaction: others write meanwhile
    done = Received(petition, code_of(told.client_key), True)
    try:
        with at_once():
            archive.write()
            if not told.quiet:
                notices.received(petition, done.code)
            if also is not None:
                also(done)
        return done
    except IntegrityError:
        # The same submission came before, or twice at once: its case is there.
        known = Petition.objects.select_related("case").filter(client_key=told.client_key).first()
        if known is None:
            raise
    done = Received(known, done.code, False)
    if also is not None:
        with transaction.atomic():
            also(done)
    return done


def _check(told: Told) -> None:
    faults: dict[str, str] = {}
    if not KEY.fullmatch(told.client_key):
        faults["client_key"] = _("表單已過期，請重新整理後再送出。")
    if not told.content.strip():
        faults["content"] = _("請寫出您要陳述的事情。")
    elif len(told.content) > LONGEST["content"]:
        faults["content"] = _("內容請在%s字以內。") % LONGEST["content"]
    if "\x00" in f"{told.content}{told.subject}{told.place}{told.reference}":
        faults["content"] = _("內容含有無法使用的字元。")
    for name in ("subject", "place", "reference"):
        if len(getattr(told, name)) > LONGEST[name]:
            faults[name] = _("請在%s字以內。") % LONGEST[name]
    if told.channel not in Channel.values:
        faults["channel"] = _("沒有這個受理管道。")
    if told.kind is not None and told.kind not in Kind.values:
        faults["kind"] = _("沒有這個案件類別。")
    if (
        told.kind == Kind.DISPATCH
        and told.service is None
        and not told.place.strip()
        and told.latitude is None
    ):
        faults["place"] = _("請說明地點，或在地圖上指出位置。")
    if not _on_earth(told):
        faults["latitude"] = _("經度與緯度要一起填，且在範圍內。")
    today = timezone.localdate()
    for name in ("category", "service"):
        row = getattr(told, name)
        if row is not None and row.withdrawn_on is not None and row.withdrawn_on <= today:
            faults[name] = _("這個項目已停用。")
    if told.read_back and told.read_back not in ReadBack.values:
        faults["read_back"] = _("沒有這種覆誦方式。")
    if told.agent is not None and not may_enter(told.agent):
        raise Refused(_("代為登錄由受理窗口辦理。"))
    if faults:
        raise ValidationError(faults)


def _on_earth(told: Told) -> bool:
    if told.latitude is None or told.longitude is None:
        return told.latitude is told.longitude
    return -90 <= told.latitude <= 90 and -180 <= told.longitude <= 180


def may_enter(user: Any) -> bool:
    """Whether the person may write down what somebody else says."""
    return _enters(standing(user))


@lru_cache(maxsize=8192)
def _enters(who: Standing) -> bool:
    case = way.process._case(None, timezone.now(), "-", None, None, None, None)
    return way.intake.falls_to(who, case)


def kind_of(told: Told) -> str:
    if told.kind is not None:
        return told.kind
    return Kind.DISPATCH if told.service is not None else Kind.PETITION


def security_of(told: Told) -> str:
    """Accusations are sealed always; others are confidential when the petitioner wishes it."""
    if way.accuses(told.category, told.nature):
        return Security.SECRET
    return Security.NAMED if told.confidential else Security.AGENCY


def title_of(kind: str, category: Category | None, service: Service | None, district: District | None) -> str:
    """What lists, notices and the ledger call the case: class, subject and district, never the citizen's own
    words.
    """
    subject = service.name if service else category.name if category else str(Kind(kind).label)
    return f"{subject}（{district.name}）" if district else subject


def _drawn_up(told: Told, archive: Archive[Petition]) -> Petition:
    """The case in memory, as the archive is going to write it."""
    at = told.received_at or timezone.now()
    kind, security = kind_of(told), max(security_of(told), told.security or Security.AGENCY, key=STRICT.index)
    category = told.category or (told.service.category if told.service else None)
    agency = _window(timezone.localtime(at).date())
    petition = archive.open(
        title=title_of(kind, category, told.service, told.district),
        agency=agency,
        on=at,
        number=told.number,
        actor=told.agent,
        district=told.district,
        security=str(security),
        kind=str(kind),
        channel=str(told.channel),
        nature=str(told.nature),
        complexity=str(told.complexity),
        language=Language.of(told.language),
        subject=_line(told.subject),
        content=told.content.strip(),
        category=category,
        service=told.service,
        danger=bool(told.service and told.service.danger),
        place=_line(told.place),
        longitude=told.longitude,
        latitude=told.latitude,
        village_id=told.village.pk if told.village else village_of(told.longitude, told.latitude),
        petitioner=_identity(told, security),
        received_at=at,
        client_key=told.client_key,
        reference=_line(told.reference),
        read_back=told.read_back,
        read_back_at=(told.read_back_at or at) if told.read_back else None,
        access=code_mark(code_of(told.client_key)),
    )
    docket: Any = petition.docket
    if petition.petitioner is not None:
        petition.petitioner.case = petition.case
        docket.first.append(petition.petitioner)
    for file in told.files:
        docket.evidence.append(CaseEvidence(case=petition.case, evidence=file, act="open", purpose="files"))
    if security != Security.AGENCY and told.agent is not None:
        docket.added.append(Custodian(petition=petition, user=told.agent, named_at=at, named_by=told.agent))
    if told.agent is not None and (told.channel not in ORAL or told.read_back or kind == Kind.DISPATCH):
        archive.move(petition, way.register, told.agent, max(at, told.entered_at or at))
    return petition


def _identity(told: Told, security: str) -> Any:
    if not told.petitioner:
        return None
    return keeping.prepared(told.petitioner, sealed=security == Security.SECRET)


_kept: tuple[float, Any, Agency | None] = (0.0, None, None)


def _window(day: Any) -> Agency:
    """The commission receives for the city until the case is assigned; asked of the table every ten
    seconds.
    """
    global _kept
    if _kept[2] is None or _kept[1] != day or _kept[0] < time.monotonic():
        _kept = (time.monotonic() + 10.0, day, commission(day))
    found = _kept[2]
    assert found is not None
    return found


def forget() -> None:
    """Ask for the commission again at the next receipt."""
    global _kept
    _kept = (0.0, None, None)


def _line(text: str) -> str:
    return " ".join(text.split())


# ── Access without an account ───────────────────────────────────────────────────────────────────────


def code_of(client_key: str) -> str:
    """The access code of a submission: the same for one sent twice, and kept nowhere."""
    digest = salted_hmac("yankao.petitions.code", client_key, algorithm="sha256").digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:CODE_LENGTH])


def code_mark(code: str) -> str:
    """What is kept of an access code: a keyed hash."""
    return salted_hmac("yankao.petitions.access", plain_code(code), algorithm="sha256").hexdigest()


def plain_code(code: str) -> str:
    """As one types it: small letters, full width, spaces and hyphens do not matter."""
    folded = unicodedata.normalize("NFKC", code).upper()
    return "".join(one for one in folded if one.isalnum())


def find(number: str, code: str) -> Petition | None:
    """The case of a number and its access code; None for a wrong pair, and it does not say which is wrong."""
    found = by_number(number)
    mark = found.access if found and found.access else code_mark("-")
    fits = hmac.compare_digest(mark, code_mark(code))
    return found if found is not None and found.access and fits else None


def by_number(number: str) -> Petition | None:
    """The case of a number as somebody types it."""
    found = Petition.objects.select_related("case__agency")
    return found.filter(case__number=plain_number(number)).first()


# ── One letter, several matters ─────────────────────────────────────────────────────────────────────


def split_off(
    petition: Petition, content: str, category: Category, place: int, actor: Any, at: datetime
) -> Petition:
    """A matter of a letter as a case of its own: same petitioner, channel and day of receipt, own number and
    clock. One that accuses somebody is sealed, whatever the letter was.
    """
    case = petition.case
    accused = way.accuses(category, petition.nature)
    person = keeping.copied(petition.petitioner, None, sealed=accused) if petition.petitioner else None
    key = f"split:{petition.pk}:{place}:{len(petition.parts.all())}"
    with Archive(way.process) as archive:
        part = archive.open(
            title=title_of(petition.kind, category, None, case.district),
            agency=_window(timezone.localtime(at).date()),
            on=at,
            actor=actor,
            district=case.district,
            security=str(Security.SECRET if accused else case.security),
            kind=petition.kind,
            channel=petition.channel,
            nature=petition.nature,
            language=petition.language,
            subject=petition.subject,
            content=content.strip(),
            category=category,
            complexity=str(Complexity.SIMPLE),
            place=petition.place,
            longitude=petition.longitude,
            latitude=petition.latitude,
            village=petition.village,
            petitioner=person,
            received_at=petition.received_at,
            client_key=key,
            access=petition.access,
            split_from=petition,
            read_back=petition.read_back,
            read_back_at=petition.read_back_at,
        )
        docket: Any = part.docket
        if person is not None:
            person.case = part.case
            docket.first.append(person)
        known = {row.user: row.named_by for row in petition.custodians.all()}
        if accused and case.security != Security.SECRET and actor is not None:
            known.setdefault(actor, actor)
        for user, named_by in known.items():
            docket.added.append(Custodian(petition=part, user=user, named_at=at, named_by=named_by))
        archive.move(part, way.register, actor, at).link(case, Link.Kind.SEE_ALSO)
    if accused:
        send.to(holders(None, Role.ETHICS), kind="assignment", case=part.case, text=way.SEALED_NOW)
    return part


__all__ = [
    "Received",
    "Told",
    "by_number",
    "code_mark",
    "code_of",
    "find",
    "kind_of",
    "may_enter",
    "receive",
    "split_off",
    "title_of",
]
