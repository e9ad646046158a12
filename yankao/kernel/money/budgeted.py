"""納入預算 What was put into a budget, to be carried out: any room tells it, that of control takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ..casework.models import Case, Link
from ..events import Event
from .split import Portion


@dataclass(frozen=True)
class Budgeted:
    """A plan of `year` with its money: `origin` is the case in which it was decided, told twice it is taken
    once; `document` the letter of the budget. `actor` must be one who may put plans under control.
    """

    actor: Any
    origin: Case
    year: int
    total: Decimal
    portions: tuple[Portion, ...]
    on: date
    document: str
    longitude: Decimal | None = None
    latitude: Decimal | None = None


budgeted: Event[Budgeted, Case | None] = Event("money.budgeted")


def hand_over(fact: Budgeted) -> Case | None:
    """Tell it; the case under control, following the one it came from, or None: nobody took it yet."""
    taken = next((case for case in budgeted.tell(fact) if case is not None), None)
    if taken is not None:
        Link.objects.get_or_create(source=taken, target=fact.origin, kind=Link.Kind.FOLLOWS)
    return taken
