"""Crews outside: whose orders are whose, and what their telephones tell, taken once for each content.

A report bears the digest of its content; the digest is the acknowledgement and the key of the move, so that
a telephone without a network loses nothing and sending again doubles nothing. A step counts at the moment
it was taken outside. A report that its step has no more room for is kept with the sentence that refused it;
a picture that cannot serve is left out with its sentence, and the step is taken without it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.counter.maps import metres_between
from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.casework.duties import prefixed
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence import files
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.notice import send
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import holders
from yankao.kernel.rules.values import Seed, declare

from . import process as way
from .firms import firm_name
from .models import ContractorLink, FieldReport, Kind, Petition, Work

BELIEVED = declare(
    "service.petitions.field.believed", int, gettext_lazy("採信手機所記時間之時數"), Seed("24")
)
"""A step told later than so many hours after it was taken counts when it is told."""
LINK_DAYS = declare("service.petitions.field.link", int, gettext_lazy("承商連結最長有效日數"), Seed("90"))
PICTURES = ("jpeg", "png")
SIDES = {"before": gettext_lazy("施工前"), "after": gettext_lazy("施工後")}
BESIDE = 60.0
"""Metres within which two orders are one stop of the round."""

Act = FieldReport.Act
MOVES: dict[str, Any] = {
    Act.SET_OUT: way.set_out,
    Act.ARRIVE: way.arrive,
    Act.MAKE_SAFE: way.make_safe,
    Act.COMPLETE: way.complete,
}


@dataclass(frozen=True)
class Worker:
    """Who goes out: somebody of the city, or a contractor by a link."""

    user: Any = None
    link: ContractorLink | None = None

    @property
    def mark(self) -> str:
        """The name under which a telephone keeps this worker's reports: it tells nothing of them. A
        contractor's next link finds what was kept under the one before.
        """
        told = f"{self.link.agency_id}:{self.link.contractor}" if self.link else f"user:{self.user.pk}"
        return salted_hmac("yankao.field.worker", told, algorithm="sha256").hexdigest()[:16]

    def __str__(self) -> str:
        return str(self.link or self.user)


# ── Whose orders ────────────────────────────────────────────────────────────────────────────────────


def _sent_to() -> Subquery:
    """The contractor of the newest order of a case, "" for the city's own crew."""
    return Subquery(Work.objects.filter(petition=OuterRef("pk")).order_by("-number").values("contractor")[:1])


def _faults() -> QuerySet[Petition]:
    return Petition.objects.filter(kind=Kind.DISPATCH).select_related(
        "case__agency", "case__district", "service", "village"
    )


def orders(worker: Worker) -> QuerySet[Petition]:
    """What this worker has to do now, the most urgent first: a contractor exactly the orders sent to it; a
    crew its own, and those of its agency that nobody has yet.
    """
    rows = _faults().filter(case__stage__in=[str(one) for one in way.OUTSIDE]).alias(sent_to=_sent_to())
    if worker.link:
        rows = rows.filter(
            prefixed(way.PLAIN, "case__"), case__agency=worker.link.agency_id, sent_to=worker.link.contractor
        )
    else:
        own = Q(case__officer=worker.user) | Q(case__officer=None, sent_to="")
        rows = rows.filter(way.crews.records(worker.user), own)
    return rows.order_by("case__due_at", "pk")


def waiting(agencies: Iterable[int]) -> dict[tuple[int, str], int]:
    """How many orders each contractor of the agencies has now, by agency and name. One query."""
    rows = (
        Petition.objects.filter(
            prefixed(way.PLAIN, "case__"), kind=Kind.DISPATCH, case__agency__in=list(agencies),
            case__stage__in=[str(one) for one in way.OUTSIDE],
        )
        .annotate(sent_to=_sent_to())
        .exclude(sent_to="")
        .values_list("case__agency", "sent_to")
        .annotate(n=Count("pk"))
        .order_by()
    )  # fmt: skip
    return {(agency, name): n for agency, name, n in rows}


def _works(worker: Worker) -> Q:
    """The goings-out of this worker."""
    return Q(contractor=worker.link.contractor) if worker.link else Q(crew=worker.user)


def known(worker: Worker) -> QuerySet[Petition]:
    """What was ever this worker's: a report about it is taken in, be it late."""
    theirs = Exists(Work.objects.filter(_works(worker), petition=OuterRef("pk")))
    if worker.link:
        return _faults().filter(theirs, prefixed(way.PLAIN, "case__"), case__agency=worker.link.agency_id)
    return _faults().filter(Q(theirs) | way.crews.records(worker.user))


def done_today(worker: Worker) -> QuerySet[Petition]:
    """What this worker finished today, the latest first."""
    morning = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    finished = Work.objects.filter(_works(worker), petition=OuterRef("pk"), completed_at__gte=morning)
    return known(worker).filter(Exists(finished)).order_by("-completed_at")


def beside(rows: Sequence[Petition]) -> dict[int, list[int]]:
    """Of each order the places in the list of those close by: one stop, or the same fault told twice."""
    found: dict[int, list[int]] = {}
    points = [
        (place, one, (float(one.longitude), float(one.latitude)))
        for place, one in enumerate(rows, 1)
        if one.longitude is not None and one.latitude is not None
    ]
    for place, one, point in points:
        near = [other for other, _one, at in points if other != place and metres_between(point, at) <= BESIDE]
        if near:
            found[one.pk] = near
    return found


# ── Taking in a report ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Said:
    """What a telephone tells: which step, when it was taken, where, with which words and pictures."""

    act: str
    digest: str
    at: datetime
    text: str = ""
    found: bool = True
    longitude: Decimal | None = None
    latitude: Decimal | None = None
    within: int | None = None
    before: UploadedFile[bytes] | None = None
    after: UploadedFile[bytes] | None = None


def take(worker: Worker, petition: Petition, said: Said, *, keep: bool) -> FieldReport:
    """Take a report in; one with the same digest is taken once. `keep`: what the step refuses is kept with
    its sentence, and so is a step whose picture is not taken (a telephone tells later what cannot be asked
    again); else Refused or ValidationError comes back to who is at the form.
    """
    met = FieldReport.objects.filter(digest=said.digest).first()
    if met is not None:
        return met
    try:
        with transaction.atomic():
            return _taken(worker, petition, said, keep)
    except IntegrityError:  # the same report came twice at once
        met = FieldReport.objects.filter(digest=said.digest).first()
        if met is None:
            raise
        return met


def _taken(worker: Worker, petition: Petition, said: Said, keep: bool) -> FieldReport:
    now = timezone.now()
    pictures, faults = _pictures(said, worker, keep)
    before, after = (
        one if one and one.kind in PICTURES else None for one in (pictures[name] for name in SIDES)
    )
    given: dict[str, dict[str, Any]] = {
        Act.SET_OUT: {},
        Act.ARRIVE: {"before": before},
        Act.MAKE_SAFE: {"measure": said.text, "photo": before},
        Act.COMPLETE: {"done": said.text, "before": before, "after": after, "found": said.found},
    }
    refused = ""
    try:
        with transaction.atomic():
            MOVES[said.act].run(
                petition, worker.user, given[said.act], key=said.digest,
                at=_counts_at(petition, said.at, now),
            )  # fmt: skip
    except (Refused, ValidationError) as fault:
        if not keep:
            raise
        refused = " ".join(getattr(fault, "messages", None) or [str(fault)])
    row = FieldReport.objects.create(
        digest=said.digest, petition=petition, act=said.act, user=worker.user, link=worker.link,
        said_at=said.at, received_at=now, longitude=said.longitude, latitude=said.latitude,
        within=said.within, text=said.text, **pictures, refused=refused, left_out=" ".join(faults),
    )  # fmt: skip
    taken = () if refused else (before, after)
    CaseEvidence.objects.bulk_create(
        CaseEvidence(case=petition.case, evidence=one, act=said.act, purpose=name)
        for name, one in pictures.items()
        if one is not None and one not in taken
    )
    if refused:
        _tell_of(petition)
    elif worker.link:  # the step itself names nobody: who is no user of the city cannot stand in its ledger
        ledger.note(
            "petitions.field", f"case:{petition.pk}", None, link=worker.link.pk,
            contractor=worker.link.contractor, step=said.act, digest=said.digest,
        )  # fmt: skip
    return row


def _pictures(said: Said, worker: Worker, keep: bool) -> tuple[dict[str, Evidence | None], list[str]]:
    """The pictures of a report that could be kept, and the sentences about those no step can use."""
    found: dict[str, Evidence | None] = {}
    faults = []
    for name, side in SIDES.items():
        upload = getattr(said, name)
        try:
            found[name] = files.keep(upload, upload.name or "photo.jpg", worker.user) if upload else None
            if (one := found[name]) and one.kind not in PICTURES:
                raise ValidationError(_("照片請用JPEG或PNG。"))
        except ValidationError as fault:
            if not keep:
                raise
            found.setdefault(name, None)
            told = {"side": side, "why": " ".join(fault.messages)}
            faults.append(_("照片（%(side)s）未採用：%(why)s") % told)
    return found, faults


def _counts_at(petition: Petition, said_at: datetime, now: datetime) -> datetime:
    """The moment from which the step counts: the telephone's, never before the step before it nor later than
    now.
    """
    at = min(said_at, now)
    if now - at > timedelta(hours=BELIEVED.at(timezone.localdate())):
        at = now
    work = petition.works.order_by("-number").first()
    if work is None:
        return at
    steps = (work.dispatched_at, work.set_out_at, work.arrived_at, work.made_safe_at, work.completed_at)
    return max(at, *(one for one in steps if one is not None))


def _tell_of(petition: Petition) -> None:
    case = petition.case
    people = [case.officer] if case.officer else holders(case.agency_id, Role.CONTROLLER)
    text = gettext_lazy("{number}「{title}」有一筆現場回報未採用，請看案件頁。")
    send.to(people, kind="return", text=text, case=case)


def digest_of(told: bytes) -> str:
    """The digest by which a telephone and we name the same report."""
    return hashlib.sha256(told).hexdigest()


# ── Links of contractors ────────────────────────────────────────────────────────────────────────────


def secret_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(actor: Any, agency: Agency, contractor: str, expires_on: date) -> tuple[str, ContractorLink]:
    """A new link: its secret, which is shown once, and its row."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ContractorLink(
            agency=agency, contractor=firm_name(contractor), digest=secret_digest(token),
            made_by=actor, expires_on=expires_on,
        )  # fmt: skip
        row.full_clean()
        row.save(force_insert=True)
        ledger.note(
            "petitions.link.make", f"link:{row.pk}", actor, agency=agency.pk, contractor=row.contractor,
            expires_on=expires_on,
        )  # fmt: skip
    return token, row


def revoke_link(actor: Any, pk: int, agencies: QuerySet[Agency]) -> bool:
    """Take a link back for good; False when there was none to take back."""
    with transaction.atomic():
        rows = ContractorLink.objects.filter(pk=pk, agency__in=agencies, revoked_at=None)
        if not rows.update(revoked_at=timezone.now()):
            return False
        ledger.note("petitions.link.revoke", f"link:{pk}", actor)
    return True


def holding() -> QuerySet[ContractorLink]:
    """Links that open something today."""
    return ContractorLink.objects.filter(revoked_at=None, expires_on__gte=timezone.localdate())


def link_of(token: str) -> ContractorLink | None:
    """The link of a secret while it holds."""
    return holding().select_related("agency").filter(digest=secret_digest(token)).first()
