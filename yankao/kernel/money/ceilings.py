"""額度與法定預算 Ceilings and appropriations by their day: set by somebody, with a basis, in the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ..audit import ledger
from .models import Ceiling, Source


def in_force(purpose: str, year: int, day: date, kind: str = Ceiling.Kind.CEILING) -> dict[Source, Decimal]:
    """元 by source on a day: for each source the row that began last. One query."""
    rows = Ceiling.objects.filter(purpose=purpose, kind=kind, year=year, since__lte=day)
    return {
        Source(source): Decimal(amount)
        for source, amount in rows.order_by("since", "pk").values_list("source", "amount")
    }


def put(
    actor: Any,
    purpose: str,
    year: int,
    amounts: dict[Source, Decimal],
    *,
    since: date,
    basis: str,
    kind: str = Ceiling.Kind.CEILING,
) -> int:
    """New ceilings from a day; sources that do not differ are left alone. How many were changed.

    Whether the actor may is the room's question. Raises ValidationError by field.
    """
    if not basis.strip():
        raise ValidationError({"basis": _("請填額度的依據。")})
    now = in_force(purpose, year, since, kind)
    changed = {source: amount for source, amount in amounts.items() if now.get(source) != amount}
    with transaction.atomic():
        for source, amount in changed.items():
            row = Ceiling(
                purpose=purpose, kind=kind, year=year, source=source, amount=amount, since=since, basis=basis
            )
            row.full_clean(validate_unique=False, validate_constraints=False)
            if amount < 0:
                raise ValidationError({source.value: _("額度不可為負。")})
            Ceiling.objects.update_or_create(
                purpose=purpose, kind=kind, year=year, source=source, since=since,
                defaults={"amount": amount, "basis": basis},
            )  # fmt: skip
        if changed:
            said = {source.value: amount for source, amount in changed.items()}
            ledger.note("money.ceiling", f"ceiling:{purpose}:{year}", actor, kind=kind, since=since,
                        basis=basis, **said)  # fmt: skip
    return len(changed)
