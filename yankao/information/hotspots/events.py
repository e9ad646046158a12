"""Sites of the network are public buildings, stations and parks: other rooms find a place by their names."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from yankao.desk.jinja import english
from yankao.kernel.people.places import Place, named

from .models import Hotspot

MOST = 6


@named.hear
def places(words: str) -> list[Place]:
    """Open sites whose name or address holds the words."""
    rows = (
        Hotspot.objects.open_on(timezone.localdate())
        .filter(longitude__isnull=False)
        .filter(Q(case__title__contains=words) | Q(name_en__icontains=words) | Q(address__contains=words))
        .select_related("case")
        .order_by("case__title")[:MOST]
    )
    return [
        Place(
            f"{(one.name_en if english() else '') or one.case.title}（{one.address}）",
            float(one.longitude or 0), float(one.latitude or 0), one.case.district_id or "",
        )
        for one in rows
    ]  # fmt: skip
