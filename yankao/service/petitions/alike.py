"""Cases that may be one: by what was written, where, and when; people decide whether they are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from yankao.kernel.likeness import likeness, pairs

from . import registers
from .models import Petition
from .people import same_person
from .process import process

LOOK_BACK = timedelta(days=60)
AROUND = Decimal("0.003")
"""Some three hundred metres in degrees."""
MOST = 200
SHOWN = 5
LOOKED_AT = 50
"""So many of a person's other cases are looked at for a repetition."""
FLOOR = 0.35
COMPARED = ("subject", "place", "content", "case__number", "case__title", "case__stage")
"""What is compared and shown of two hundred cases; the other columns of each stay where they are."""


def candidates(petition: Petition, user: Any) -> list[tuple[Petition, float]]:
    """Open cases of the last weeks this person may know of, near by or of the district, the most alike
    first.
    """
    rows = Petition.objects.filter(
        process.sees.records(user),
        case__closed_on=None,
        received_at__gte=petition.received_at - LOOK_BACK,
        received_at__lte=petition.received_at + LOOK_BACK,
    ).exclude(pk=petition.pk)
    if petition.category_id:
        rows = rows.filter(Q(category__in=registers.family_of(petition.category_id)) | Q(category=None))
    if petition.latitude is not None and petition.longitude is not None:
        rows = rows.filter(
            Q(latitude=None)
            | Q(
                latitude__range=(petition.latitude - AROUND, petition.latitude + AROUND),
                longitude__range=(petition.longitude - AROUND, petition.longitude + AROUND),
            )
        )
    elif petition.case.district_id:
        rows = rows.filter(Q(case__district=petition.case.district_id) | Q(case__district=None))
    own = pairs(_words(petition))
    near = rows.select_related("case").only(*COMPARED).order_by("-received_at")[:MOST]
    found = [(one, likeness(own, pairs(_words(one)))) for one in near]
    return sorted((one for one in found if one[1] >= FLOOR), key=lambda one: -one[1])[:SHOWN]


def _words(petition: Petition) -> str:
    return f"{petition.subject}{petition.place}{petition.content}"


def others(petition: Petition, user: Any) -> list[Petition]:
    """The same person's other cases this reader may know of, the newest first."""
    seen = same_person(petition).filter(process.sees.records(user))
    return list(seen.order_by("-received_at")[:LOOKED_AT])
