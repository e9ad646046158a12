"""Reports of the same fault near a place: shown before a citizen sends another, and joined by "me too"."""

from __future__ import annotations

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.counter.maps import METRES, metres_between
from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.vault import keeping, shredding
from yankao.kernel.vault.persons import Person

from . import intake, notices
from . import process as way
from .models import Petition, Subscriber

RADIUS = 250.0
"""Metres within which the same fault is taken to be perhaps the same case."""
SINCE = timedelta(days=60)
SHOWN = 5
HERE = 5
"""So near that a direction says nothing."""


@dataclass(frozen=True)
class Near:
    """An open report: no words of its reporter, only what, how far, since when and how far along. `metres`
    None: of the same road, how far nobody knows.
    """

    petition: Petition
    metres: int | None


def _open_of(service: str) -> QuerySet[Petition]:
    """Open reports of the service that may be joined; of confidential ones nobody hears."""
    return (
        Petition.objects.filter(
            service=service, received_at__gte=timezone.now() - SINCE, case__closed_on=None,
            case__security__in=("open", "agency"), merged_into=None,
        )
        .exclude(case__stage__in=[str(one) for one in (*way.ENDED, way.Stage.MERGED)])
        .select_related("case__district", "service")
    )  # fmt: skip


def near(service: str, longitude: float, latitude: float) -> list[Near]:
    """Open reports of the service around the point, the nearest first."""
    high = Decimal(str(round(RADIUS / METRES, 6)))
    wide = Decimal(str(round(RADIUS / METRES / math.cos(math.radians(latitude)), 6)))
    x, y = Decimal(str(longitude)), Decimal(str(latitude))
    rows = _open_of(service).filter(
        latitude__range=(y - high, y + high), longitude__range=(x - wide, x + wide)
    )
    found = [
        (
            metres_between((longitude, latitude), (float(one.longitude or 0), float(one.latitude or 0))),
            one,
        )
        for one in rows.order_by("-received_at")[:50]
    ]
    within = sorted((pair for pair in found if round(pair[0]) <= RADIUS), key=lambda pair: pair[0])
    return [Near(one, round(metres)) for metres, one in within[:SHOWN]]


def on_road(service: str, district: str, road: str) -> list[Near]:
    """Open reports of the service on a road of a district whose place is told in words alone, newest
    first.
    """
    rows = _open_of(service).filter(latitude=None, case__district=district, place__contains=road)
    return [Near(one, None) for one in rows.order_by("-received_at")[:SHOWN]]


def joined(keys: Sequence[int]) -> dict[int, int]:
    """How many others each of these reports has, by its key; those with none are left out."""
    rows = Subscriber.objects.filter(petition__in=keys).values("petition").order_by("petition")
    return {row["petition"]: row["n"] for row in rows.annotate(n=Count("pk"))}


def pictured(keys: Sequence[int]) -> set[int]:
    """Which of these reports came with a picture."""
    rows = CaseEvidence.objects.filter(case__in=keys, act="open", evidence__kind__in=("jpeg", "png"))
    return set(rows.values_list("case", flat=True))


def away(point: tuple[float, float] | None, petition: Petition, metres: int | None) -> str:
    """How far a report lies from a point, and in which direction; "" where nobody knows how far."""
    if metres is None:
        return ""
    words = _("約%(n)s公尺") % {"n": metres}
    if point is None or metres < HERE or petition.longitude is None or petition.latitude is None:
        return words
    east = (float(petition.longitude) - point[0]) * math.cos(math.radians(point[1]))
    turn = math.degrees(math.atan2(east, float(petition.latitude) - point[1]))
    ways = [
        _("北方"), _("東北方"), _("東方"), _("東南方"), _("南方"), _("西南方"), _("西方"), _("西北方")
    ]  # fmt: skip
    return _("%(way)s%(away)s") % {"way": ways[round(turn / 45) % 8], "away": words}


def join(pk: int, person: Person, client_key: str, files: Sequence[Evidence] = ()) -> Petition:
    """ "Me too": hear of every public step of a case that is open already, which takes the pictures along.
    The same key again joins once.
    """
    known = Subscriber.objects.select_related("petition__case").filter(client_key=client_key).first()
    if known is not None:
        return known.petition
    petition = Petition.objects.select_related("case").filter(pk=pk).first()
    if (
        petition is None
        or petition.case.closed_on is not None
        or petition.case.security not in ("open", "agency")
    ):
        raise ValidationError(_("那一件剛剛結案了，請改為另外通報。"))
    try:
        with transaction.atomic():
            identity = keeping.keep(person, case=petition.case)
            row = Subscriber.objects.create(
                petition=petition, identity=identity, at=timezone.now(), client_key=client_key
            )
            for file in files:
                CaseEvidence.objects.get_or_create(
                    case=petition.case, evidence=file, purpose="files", defaults={"act": "join"}
                )
            notices.joined(row, intake.code_of(client_key), person.language)
    except IntegrityError:  # the same submission came twice at once
        if not Subscriber.objects.filter(client_key=client_key).exists():
            raise
    return petition


def follower(number: str, code: str) -> Subscriber | None:
    """Who joined the case of a number, by the code they were given; None for a wrong pair. Who signed up on
    the page of a nameless case has its own code and no other.
    """
    petition = intake.by_number(number)
    if petition is None:
        return None
    plain = intake.plain_code(code)
    rows = Subscriber.objects.filter(petition=petition).exclude(client_key__startswith="follow:")
    return next(
        (one for one in rows if hmac.compare_digest(intake.code_of(one.client_key), plain)), None
    )  # fmt: skip


@transaction.atomic
def leave(row: Subscriber) -> None:
    """Who joined takes it back: they hear no more, and what they left to be reached is destroyed. That so
    many met with the same stays counted.
    """
    identity = row.identity
    if identity is None:
        return
    Subscriber.objects.filter(pk=row.pk).update(identity=None)
    row.identity = None
    shredding.withdraw(identity)
    ledger.note("petitions.leaves", f"case:{row.petition_id}", None, joined=row.pk)
