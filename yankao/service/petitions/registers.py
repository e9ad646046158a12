"""Categories, services and their limits: shipped as data (a migration writes them), read often, seldom
changed.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.span import parse_span

from .models import Category, Service, ServiceLimit

_FRESH = 10.0
_kept: tuple[float, dict[str, list[ServiceLimit]], dict[str, Service], dict[str, Category]] = (
    0.0,
    {},
    {},
    {},
)


def _table() -> tuple[dict[str, list[ServiceLimit]], dict[str, Service], dict[str, Category]]:
    global _kept
    if _kept[0] < time.monotonic():
        limits: dict[str, list[ServiceLimit]] = {}
        for row in ServiceLimit.objects.order_by("service_id", "valid_from"):
            limits.setdefault(row.service_id, []).append(row)
        categories = {one.pk: one for one in Category.objects.all()}
        services = {one.pk: one for one in Service.objects.all()}
        _kept = (time.monotonic() + _FRESH, limits, services, categories)
    return _kept[1:]


def forget() -> None:
    """Read the registers again at the next question."""
    global _kept
    _kept = (0.0, {}, {}, {})


def limit_at(service: str | None, day: date) -> ServiceLimit | None:
    """The limits of a service in force on the day; None for a service without any."""
    rows = _table()[0].get(service or "", [])
    return next(
        (
            row
            for row in reversed(rows)
            if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        ),
        None,
    )


def services() -> dict[str, Service]:
    """Every service by its code, in order."""
    return _table()[1]


def categories() -> dict[str, Category]:
    """Every category by its code, in order."""
    return _table()[2]


def sealed(category: Category | None) -> bool:
    """Whether cases of the category, or of one above it, are sealed always."""
    while category is not None:
        if category.sealed:
            return True
        category = categories().get(category.parent_id) if category.parent_id else None
    return False


def top_of(code: str | None) -> str:
    """The topmost category above a code, itself where none is above; empty for none."""
    known, found = categories(), code or ""
    while (one := known.get(found)) is not None and one.parent_id:
        found = one.parent_id
    return found


def family_of(code: str | None) -> list[str]:
    """Every category under the same topmost one: what may be one matter, however finely it was filed."""
    top = top_of(code)
    return [one for one in categories() if top_of(one) == top]


def offered(day: date) -> list[Service]:
    """The services one may ask for on the day."""
    return [one for one in services().values() if one.withdrawn_on is None or day < one.withdrawn_on]


def change_limit(
    actor: Any, service: Service, *, survey: str, safety: str, fix: str, since: date, basis: str
) -> ServiceLimit:
    """New limits of a service from a day on; those before end the day before. Raises ValueError with the
    sentence.
    """
    for text in (survey, fix, *([safety] if safety else [])):
        parse_span(text)
    if not basis.strip():
        raise ValueError(_("請填法令依據。"))
    with transaction.atomic():
        later = (
            ServiceLimit.objects.filter(service=service, valid_from__gt=since).order_by("valid_from").first()
        )
        ServiceLimit.objects.filter(service=service, valid_from__lt=since).exclude(valid_to__lt=since).update(
            valid_to=since - timedelta(days=1)
        )
        made, _created = ServiceLimit.objects.update_or_create(
            service=service,
            valid_from=since,
            defaults={
                "survey": survey,
                "safety": safety,
                "fix": fix,
                "legal_basis": basis,
                "valid_to": later.valid_from - timedelta(days=1) if later else None,
            },
        )
        ledger.note(
            "petitions.limit",
            f"service:{service.pk}",
            actor,
            survey=survey,
            safety=safety,
            fix=fix,
            since=since,
            basis=basis,
        )
    forget()
    return made
