"""對帳 A day of a source beside the same day of a second source."""

from __future__ import annotations

from datetime import date

from .declare import journal_of
from .models import Reconciliation, Source

EXAMPLES = 50


def reconcile(source: Source, second: Source, day: date) -> Reconciliation:
    """Compare the external ids of a day and keep the difference; done again, it is brought up to date."""
    ours, theirs = (
        set(
            journal_of(one)
            .model._default_manager.filter(source=one.keeper, day=day)
            .values_list("external_id", flat=True)
        )
        for one in (source, second)
    )
    missing, surplus = theirs - ours, ours - theirs
    examples = [*(f"+{name}" for name in sorted(missing)), *(f"-{name}" for name in sorted(surplus))]
    found, _made = Reconciliation.objects.update_or_create(
        source=source, second=second, day=day,
        defaults={
            "count": len(ours), "second_count": len(theirs), "missing": len(missing),
            "surplus": len(surplus), "examples": examples[:EXAMPLES],
        },
    )  # fmt: skip
    return found
