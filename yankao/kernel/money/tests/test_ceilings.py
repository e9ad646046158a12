"""Ceilings count from their day; a later one replaces the one before and nothing is overwritten."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from yankao.kernel.audit.models import Entry

from ..ceilings import in_force, put
from ..models import Ceiling, Source

D = Decimal
PURPOSE = "planning.proposals"


def test_the_ceiling_of_a_day_is_the_one_that_began_last(cast: Any) -> None:
    put(cast.rdec_chief, PURPOSE, 102, {Source.CITY_GENERAL: D(500), Source.PRIVATE: D(9)},
        since=date(2012, 5, 1), basis="主計處101年5月函")  # fmt: skip
    changed = put(cast.rdec_chief, PURPOSE, 102, {Source.CITY_GENERAL: D(450), Source.PRIVATE: D(9)},
                  since=date(2012, 7, 1), basis="年度計畫及預算審核會議")  # fmt: skip
    assert changed == 1
    assert in_force(PURPOSE, 102, date(2012, 6, 30))[Source.CITY_GENERAL] == 500
    assert in_force(PURPOSE, 102, date(2012, 7, 1)) == {Source.CITY_GENERAL: D(450), Source.PRIVATE: D(9)}
    assert in_force(PURPOSE, 102, date(2012, 4, 30)) == {}
    assert in_force(PURPOSE, 103, date(2012, 7, 1)) == {}
    assert in_force(PURPOSE, 102, date(2012, 7, 1), Ceiling.Kind.APPROPRIATION) == {}
    assert Entry.objects.filter(act="money.ceiling").count() == 2


def test_a_ceiling_needs_a_basis_and_is_not_negative(cast: Any) -> None:
    for amounts, basis, field in (
        ({Source.PRIVATE: D(1)}, " ", "basis"),
        ({Source.PRIVATE: D(-1)}, "核定函", "private"),
    ):
        with pytest.raises(ValidationError) as refused:
            put(cast.rdec_chief, PURPOSE, 102, amounts, since=date(2012, 5, 1), basis=basis)
        assert list(refused.value.message_dict) == [field]
    assert not Ceiling.objects.exists()
