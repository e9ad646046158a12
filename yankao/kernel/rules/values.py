"""Rule values by effective date: declared in a room with their seeds, kept in the database, read by the day
they judge.

A room writes `LIMIT = declare("control.programme.lag_limit", Decimal, _("落後門檻"), Seed("5.00",
date(2011, 1, 1), "…"))`
and asks `LIMIT.at(day)`. The seeds are the values when the table holds none for the code, so a fresh
database already
judges rightly; a change of value is a new row from its day, never an edit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from ..audit import ledger
from ..span import Span, parse_span
from .models import Rule

_READ: dict[type, Callable[[str], Any]] = {Decimal: Decimal, int: int, str: str}


class NotInForce(LookupError):
    """A rule has no value that reaches back to a day; `str()` is the sentence."""


@dataclass(frozen=True)
class Seed:
    """A value in force from a day, as the product knows it at delivery."""

    value: str
    since: date = date(1900, 1, 1)
    basis: str = ""


@dataclass(frozen=True, eq=False)
class Declared[T]:
    """A rule of a room: its code, how its text is read, and its seeds (oldest first)."""

    code: str
    read: Callable[[str], T]
    label: Any
    seeds: tuple[Seed, ...]

    def at(self, day: date) -> T:
        """The value in force on `day`. Raises NotInForce when no value reaches back that far."""
        return self.read(self.row(day).value)

    def row(self, day: date) -> Seed:
        """The value in force with its day and its legal basis."""
        for since, until, seed in reversed(
            _table().get(self.code) or [(s.since, None, s) for s in self.seeds]
        ):
            if since <= day and (until is None or day <= until):
                return seed
        raise NotInForce(
            _("規則 %(code)s 在 %(day)s 尚無生效的值。") % {"code": self.code, "day": day.isoformat()}
        )


declared: dict[str, Declared[Any]] = {}


def declare[T](code: str, kind: Callable[[str], T] | type[T], label: Any, *seeds: Seed) -> Declared[T]:
    """Declare a rule. `kind` reads its text: Decimal, int, str, or a parser such as `parse_span`."""
    rule: Declared[T] = Declared(code, _READ.get(kind, kind), label, seeds)  # type: ignore[arg-type]
    declared[code] = rule
    return rule


def term(code: str, label: Any, *seeds: Seed) -> Declared[Span]:
    """A span of time that a rule sets: "3 months", "30 days"."""
    return declare(code, parse_span, label, *seeds)


# Rule values change a few times a year; every process reads the table again after this many seconds.
_FRESH = 10.0
_kept: tuple[float, dict[str, list[tuple[date, date | None, Seed]]]] = (0.0, {})


def _table() -> dict[str, list[tuple[date, date | None, Seed]]]:
    global _kept
    if _kept[0] < time.monotonic():
        table: dict[str, list[tuple[date, date | None, Seed]]] = {}
        for code, value, since, until, basis in Rule.objects.order_by("code", "valid_from").values_list(
            "code", "value", "valid_from", "valid_to", "legal_basis"
        ):
            table.setdefault(code, []).append((since, until, Seed(value, since, basis)))
        _kept = (time.monotonic() + _FRESH, table)
    return _kept[1]


def forget() -> None:
    """Read the table again at the next question (after a change, and between tests)."""
    global _kept
    _kept = (0.0, {})


def seed() -> int:
    """Write the seeds of every declared rule that the table does not know yet; how many rows were written."""
    known = set(Rule.objects.values_list("code", flat=True))
    rows = []
    for rule in declared.values():
        if rule.code in known:
            continue
        ends = [later.since - timedelta(days=1) for later in rule.seeds[1:]]
        for value, until in zip(rule.seeds, [*ends, None], strict=True):
            rows.append(
                Rule(
                    code=rule.code,
                    value=value.value,
                    valid_from=value.since,
                    valid_to=until,
                    legal_basis=value.basis,
                )
            )
    Rule.objects.bulk_create(rows)
    forget()
    return len(rows)


def change(actor: models.Model, code: str, value: str, since: date, basis: str) -> Rule:
    """A new value from `since`; the one before ends the day before. Refuses text the rule cannot read."""
    rule = declared[code]
    try:
        rule.read(value)
    except (ValueError, ArithmeticError) as error:
        raise ValueError(
            _("「%(value)s」不是%(rule)s可用的值。") % {"value": value, "rule": rule.label}
        ) from error
    with transaction.atomic():
        if not Rule.objects.filter(code=code).exists():
            seed()
        later = Rule.objects.filter(code=code, valid_from__gt=since).order_by("valid_from").first()
        Rule.objects.filter(code=code, valid_from__lt=since).filter(
            models.Q(valid_to=None) | models.Q(valid_to__gte=since)
        ).update(valid_to=since - timedelta(days=1))
        made, _created = Rule.objects.update_or_create(
            code=code,
            valid_from=since,
            defaults={
                "value": value,
                "legal_basis": basis,
                "valid_to": later.valid_from - timedelta(days=1) if later else None,
            },
        )
        ledger.note("rule.change", f"rule:{code}", actor, value=value, since=since, basis=basis)
    forget()
    return made
