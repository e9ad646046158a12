"""Splits of an amount by year and source: as rows of a move, as a matrix, and whether they sum exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..casework.asks import MONEY, Label
from .models import FundingLine, Source

ZERO = Decimal(0)


@dataclass
class Portion:
    """A row of a split: what one source gives in one year."""

    year: Annotated[int, Label(gettext_lazy("年度"))]
    source: Annotated[Source, Label(gettext_lazy("經費來源"))]
    amount: Annotated[Decimal, Label(gettext_lazy("金額（元）")), MONEY]


@dataclass
class YearRow:
    """A year of a split on one row: its total and what each source gives; the sources must sum to it."""

    year: Annotated[int, Label(gettext_lazy("年度"))]
    total: Annotated[Decimal, Label(gettext_lazy("年度合計")), MONEY]
    city_general: Annotated[Decimal, Label(Source.CITY_GENERAL.label), MONEY] = ZERO
    central_general_grant: Annotated[Decimal, Label(Source.CENTRAL_GENERAL_GRANT.label), MONEY] = ZERO
    city_fund: Annotated[Decimal, Label(Source.CITY_FUND.label), MONEY] = ZERO
    central_general: Annotated[Decimal, Label(Source.CENTRAL_GENERAL.label), MONEY] = ZERO
    central_special: Annotated[Decimal, Label(Source.CENTRAL_SPECIAL.label), MONEY] = ZERO
    private: Annotated[Decimal, Label(Source.PRIVATE.label), MONEY] = ZERO
    other: Annotated[Decimal, Label(Source.OTHER.label), MONEY] = ZERO

    def given(self) -> dict[Source, Decimal]:
        """元 by source, as written, zeros included."""
        return {source: Decimal(getattr(self, source.value)) for source in Source}


assert {f.name for f in fields(YearRow)} == {"year", "total", *Source.values}


def total_of(lines: Iterable[Portion | FundingLine]) -> Decimal:
    """Their exact sum."""
    return sum((Decimal(line.amount) for line in lines), ZERO)


def misfit(lines: Iterable[Portion | FundingLine], total: Decimal) -> str:
    """The sentence why lines do not sum to the total, or an empty one."""
    told = total_of(lines)
    if told == total:
        return ""
    return _("經費來源合計%(total)s元，與總經費%(budget)s元不符。") % {
        "total": f"{told:,}",
        "budget": f"{total:,}",
    }


def portions_of(rows: Sequence[YearRow]) -> list[Portion]:
    """The rows as portions, without zeros. Raises ValueError with the sentence of what does not sum."""
    seen: set[int] = set()
    found: list[Portion] = []
    for row in rows:
        given = row.given()
        if row.year in seen:
            raise ValueError(_("%(year)s年度重複，每一年度只能有一列。") % {"year": row.year})
        seen.add(row.year)
        for source, amount in given.items():
            if amount < 0 or amount != amount.to_integral_value():
                raise ValueError(
                    _("%(year)s年度%(source)s「%(amount)s」應為不小於0的整數元。")
                    % {"year": row.year, "source": source.label, "amount": amount}
                )
        told = sum(given.values(), ZERO)
        if told != row.total:
            raise ValueError(
                _("%(year)s年度各來源合計%(told)s元，與年度合計%(total)s元差%(gap)s元。")
                % {
                    "year": row.year,
                    "told": f"{told:,}",
                    "total": f"{row.total:,}",
                    "gap": f"{told - row.total:+,}",
                }
            )
        found += [Portion(row.year, source, amount) for source, amount in given.items() if amount]
    return found


def year_rows(lines: Iterable[Portion | FundingLine]) -> list[YearRow]:
    """Lines as one row a year, the years in order: what `portions_of` reads."""
    rows: dict[int, YearRow] = {}
    for line in lines:
        row = rows.setdefault(line.year, YearRow(line.year, ZERO))
        name = Source(line.source).value
        setattr(row, name, getattr(row, name) + Decimal(line.amount))
        row.total += Decimal(line.amount)
    return [rows[year] for year in sorted(rows)]


def by_source(lines: Iterable[Portion | FundingLine], year: int | None = None) -> dict[Source, Decimal]:
    """元 by source, of one year when one is named; sources without money do not occur."""
    found: dict[Source, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if year is None or line.year == year:
            found[Source(line.source)] += Decimal(line.amount)
    return dict(found)


def lay(
    step: Any,
    standing: Iterable[FundingLine],
    portions: Iterable[Portion],
    new: Callable[..., FundingLine],
    reason: str,
) -> None:
    """In a move: lines in force end today with the reason, new ones begin; `new` makes a line of the room."""
    for line in standing:
        if line.until is None:
            line.end(step.today, reason)
            step.keep(line)
    step.add(
        *(new(year=one.year, source=one.source, amount=one.amount, since=step.today) for one in portions)
    )


def exceeded(wanted: Mapping[Source, Decimal], ceilings: Mapping[Source, Decimal]) -> dict[Source, Decimal]:
    """By how many 元 each source goes over its ceiling; a source without one gives nothing."""
    over = {source: amount - ceilings.get(source, ZERO) for source, amount in wanted.items()}
    return {source: amount for source, amount in over.items() if amount > 0}
