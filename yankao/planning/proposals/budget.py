"""年度經費 What the proposals of a year ask of each source, and what the ceilings still hold."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from yankao.kernel.money.ceilings import in_force
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import exceeded

from .models import Allowed, Cost, Proposal, Result

PURPOSE = "planning.proposals"


def by_proposal(model: Any, year: int) -> dict[int, dict[Source, Decimal]]:
    """元 of the plan year by source for every proposal of that year, of lines in force. One query."""
    found: dict[int, dict[Source, Decimal]] = defaultdict(dict)
    lines = model.objects.standing().filter(proposal__year=year, year=year)
    for pk, source, amount in lines.order_by().values_list("proposal_id", "source", "amount"):
        found[pk][Source(source)] = Decimal(amount)
    return found


def decided_by_source(year: int, day: date, besides: int = 0) -> dict[Source, Decimal]:
    """元 of the plan year decided by a day, by source; `besides` counts one proposal as decided, too."""
    decided = Q(year=year, central=False, decided_on__lte=day, decision__in=(Result.KEEP, Result.CUT)) | Q(
        pk=besides
    )
    wanted: dict[Source, Decimal] = defaultdict(Decimal)
    for model, cut in ((Cost, False), (Allowed, True)):
        counted = Proposal.objects.filter(decided, allowed_total__isnull=not cut)
        lines: Any = model.objects.standing().filter(proposal__in=counted.order_by().values("pk"), year=year)
        for source, amount in lines.order_by().values_list("source").annotate(total=Sum("amount")):
            wanted[Source(source)] += amount
    return dict(wanted)


def over_ceilings(year: int, day: date, besides: int = 0) -> dict[Source, Decimal]:
    """By how much what was decided by a day goes over the ceilings of that day, by source; none is known to
    go over where no ceiling was set.
    """
    ceilings = in_force(PURPOSE, year, day)
    return exceeded(decided_by_source(year, day, besides), ceilings) if ceilings else {}
