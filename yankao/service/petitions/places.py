"""Where a case lies: the village of a point."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from yankao.desk import reference
from yankao.kernel.people.geography import village_at
from yankao.kernel.people.models import Village


def village_of(longitude: Decimal | None, latitude: Decimal | None) -> str | None:
    """The code of the village a point lies in; None without a point, and outside the city."""
    if longitude is None or latitude is None:
        return None
    code = village_at(float(longitude), float(latitude))
    return code if code in reference.villages() else None


def follows(petition: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A corrected position brings its village with it, unless the village itself is corrected."""
    moved = any(
        name in changes and changes[name] != getattr(petition, name) for name in ("longitude", "latitude")
    )
    named = "village" in changes and changes["village"] != petition.village
    if not moved or named:
        return {}
    point = [changes.get(name, getattr(petition, name)) for name in ("longitude", "latitude")]
    return {"village": Village.objects.filter(pk=village_of(*point) or "").first()}
